//! Bodies of the fuzz targets.
//!
//! Each takes any bytes and panics if something is wrong. `fuzz/` gives them to libFuzzer, which looks for bytes that reach
//! new code; the tests of this package give them the corpus in `fuzz/corpus/` and changes of it, on any toolchain.

mod actions;
mod boundary;
mod cli;
mod input;
mod layouts;
mod pure;

pub use actions::actions;
pub use boundary::boundary;
pub use cli::cli;
pub use layouts::layout;
pub use pure::{descriptor, footer, name, sddl};

/// A target: its name, as `fuzz/fuzz_targets/NAME.rs` and `fuzz/corpus/NAME` have it, and its body.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 8] = [
    ("actions", actions),
    ("boundary", boundary),
    ("cli", cli),
    ("descriptor", descriptor),
    ("footer", footer),
    ("layout", layout),
    ("name", name),
    ("sddl", sddl),
];

//! What each operation of Filemap costs, beside the raw system calls, in one table.
//!
//! The rows are data (`definitions/*.toml`). Both sides of a row run in turns, a millisecond each, on one processor, so
//! that whatever else the machine does hits both alike; the ratio is the median of the ratios of the single rounds.
//!
//! ```text
//! cargo run --release -p filemap-bench -- run                        # all rows, to standard output
//! cargo run --release -p filemap-bench -- run --filter open --calls  # with system calls (strace) per operation
//! cargo run --release -p filemap-bench --features rivals -- channels # items from process to process, with other libraries
//! cargo run --release -p filemap-bench --features rivals -- peers    # everything, beside all rivals; writes docs/PERFORMANCE.md
//! cargo bench -p filemap-bench                                       # the main rows in criterion, for profiling
//! ```

pub mod channels;
pub mod count;
pub mod definition;
pub mod gate;
pub mod holder;
pub mod inspect;
pub mod machine;
pub mod peers;
pub mod protocol;
pub mod raw;
pub mod rounds;
pub mod steps;
pub mod subject;
pub mod sync;
pub mod table;

/// The error of everything here: a sentence for the person who runs it.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

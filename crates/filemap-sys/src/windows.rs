//! Windows. Platform words live only below here.
//!
//! Functions that not every Windows has are looked up when they are first used, so that one program runs on all of them
//! ([`lookup`]).

pub mod clock;
pub mod console;
pub mod directory;
pub mod file;
pub mod handle;
pub mod inherited;
pub mod job;
pub mod lookup;
pub mod map;
pub mod placeholder;
pub mod private;
pub mod process;
pub mod section;
pub mod security;
pub mod sync;
pub mod text;
pub mod view;

//! One named object in two worlds: on Linux, and in a Wine prefix.
//!
//! *Memory* is not copied: either the Linux object's file is what a section in the prefix is made of, or the memory of a
//! section that a program in the prefix has made becomes a Linux object. *Events and mutexes* are two objects, one in
//! each world, which a pair of programs keeps as one: this process, and the helper `filemap-bridge-helper`, the same code
//! built for Windows, in the prefix. They talk over the helper's standard input and output ([`protocol`]).
//!
//! | what | who |
//! |---|---|
//! | [`helper`] | the helper's side: does what it is told, tells what happens |
//! | [`Remote`] | the helper as this process sees it |
//! | [`event`], [`mutex`] | the mirrors, one thread each |
//! | [`profile`] | names that well-known programs use, as data |

pub mod event;
pub mod helper;
pub mod mutex;
pub mod profile;
pub mod protocol;
mod remote;
mod watch;

pub use remote::Remote;

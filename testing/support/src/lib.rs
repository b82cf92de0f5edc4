//! What the tests of this project share.
//!
//! * [`skip!`]: a test that can't run here says so, out loud, and is counted.
//! * [`Watchdog`]: ends a hanging test with the stacks of all its threads.
//! * [`Role`]: runs a part of this test binary as a child process, talks to it, kills it.
//! * [`PrivateRoot`]: a tree of names on tmpfs that no other test sees.
//! * [`Wine`]: programs built for Windows, under Wine.
//! * [`wait_for`]: waits for what has no event to wait on.
//!
//! It depends on no crate of the project, so that every one of them can use it in its tests.

mod role;
mod root;
mod skip;
mod user;
mod wait;
mod watchdog;
mod wine;

pub use role::{Child, Peer, Role, play};
pub use root::{PrivateRoot, private_root};
pub use skip::{name_of, skipped};
pub use user::{is_root, other_uid, three_uids};
pub use wait::{patience, pause, wait_for};
pub use watchdog::Watchdog;
pub use wine::Wine;

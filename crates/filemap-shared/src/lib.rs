//! Pointers, heaps, queues and one common address in memory that processes share by name.
//!
//! A pointer in shared memory means nothing to another process, where the view lies elsewhere (KB125713). Two ways out:
//! store *offsets*, checked on every use; or have the object lie at *one address in every process*, which has to be agreed on.
//!
//! | you want | use |
//! |---|---|
//! | a pointer in shared memory | [`Rel`], [`RelSlice`], [`RelStr`], or their 32-bit forms |
//! | a structure that two programs agree on | [`derive(Shared)`](Shared), [`SharedBox`] |
//! | to change it together | [`SharedMutex`] |
//! | the latest value from one process to many | [`LatestWriter`], [`LatestReader`] |
//! | items from many to many | [`Queue`] |
//! | records from one to one | [`PipeSender`], [`PipeReceiver`] |
//! | memory that grows, a vector that grows | [`GrowableMapping`], [`AppendLog`] |
//! | to allocate and free | [`SharedHeap`] |
//! | plain addresses that hold everywhere | [`address::Arena`] |
//!
//! Whoever dies, wherever, wedges nobody, and a half-written thing is never seen. Whatever a peer scribbles, the answer is a value
//! or an [`Error`](filemap::Error). A process that is *stopped* (not dead) in the middle is waited for.
//!
//! This crate has no `unsafe`.
#![forbid(unsafe_code)]

pub mod address;
mod boxed;
mod growable;
mod heap;
mod latest;
mod member;
mod memory;
mod object;
mod queue;
mod rel;
mod shared;

// The derive macro names this crate by its outer name, here too.
extern crate self as filemap_shared;

pub use boxed::{MutexGuard, SharedBox, SharedMutex};
pub use filemap::core::shared::fingerprint::Fingerprint;
pub use filemap::core::shared::heap::Usage;
pub use filemap_shared_derive::Shared;
pub use growable::{AppendLog, GrowableMapping};
pub use heap::SharedHeap;
pub use latest::{LatestReader, LatestWriter};
pub use queue::{PipeReceiver, PipeSender, Queue};
pub use rel::{Rel, Rel32, RelSlice, RelSlice32, RelStr, RelStr32};
pub use shared::{Place, Shared};

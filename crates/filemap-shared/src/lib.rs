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
//! | items or records from many to many | [`Queue`], [`ByteQueue`] |
//! | items or records from one to one | [`ItemSender`], [`ItemReceiver`]; [`PipeSender`], [`PipeReceiver`] |
//! | memory that grows, a vector that grows | [`GrowableMapping`], [`AppendLog`] |
//! | to allocate and free, to find by name | [`SharedHeap`], [`HeapAllocator`] for collections |
//! | plain addresses that hold everywhere | [`address::Arena`] |
//!
//! Whoever dies, wherever, wedges nobody, and a half-written thing is never seen. Whatever a peer scribbles, the answer is a value
//! or an [`Error`](filemap::Error). A process that is *stopped* (not dead) in the middle is waited for: a minute
//! for the lock of a heap or an arena, then `WAIT_TIMEOUT` (258).
//!
//! Only the implementation of `Allocator` is `unsafe` here.

pub mod address;
#[cfg(feature = "allocator-api2")]
mod allocator;
mod boxed;
mod growable;
mod heap;
mod latest;
mod member;
mod memory;
mod mutex;
mod object;
mod pipe;
mod queue;
mod rel;
mod shared;
mod signal;

// The derive macro names this crate by its outer name, here too.
extern crate self as filemap_shared;

#[cfg(feature = "allocator-api2")]
pub use allocator::HeapAllocator;
pub use boxed::SharedBox;
pub use filemap::core::shared::fingerprint::Fingerprint;
pub use filemap::core::shared::heap::Usage;
pub use filemap_shared_derive::Shared;
pub use growable::{AppendLog, GrowableMapping};
pub use heap::SharedHeap;
pub use latest::{LatestReader, LatestWriter};
pub use mutex::{MutexGuard, SharedMutex};
pub use pipe::{ItemReceiver, ItemSender, PipeReceiver, PipeSender};
pub use queue::{ByteQueue, Either, Queue};
pub use rel::{Rel, Rel32, RelSlice, RelSlice32, RelStr, RelStr32};
pub use shared::{Place, Shared};

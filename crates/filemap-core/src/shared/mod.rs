//! Structures in memory that processes share, as pure code over alleged words (V-65 to V-79).
//!
//! Everything here works on a [`Words`]: memory that others write at any time and that is never believed. What it gives
//! is checked on every use; what is wrong is an error, never undefined. All changes are made so that a process may be
//! killed after any of its steps: tests run each structure over a memory that dies after the n-th store, for every n.
//!
//! * [`rel`]: offsets as pointers; [`fingerprint`]: layouts that two programs must agree on;
//! * [`birth`]: an object that is finished once, whoever dies over it; [`bell`]: sleeping until something has changed;
//! * [`lock`], [`journal`]: changes of many words that happen wholly or not at all;
//! * [`heap`]: allocate, free, names; [`log`], [`queue`], [`ring`], [`latest`]: items from process to process;
//! * [`ranges`], [`negotiate`]: one address in every process.

pub mod bell;
pub mod birth;
pub mod fingerprint;
pub mod heap;
pub mod journal;
pub mod latest;
pub mod lock;
pub mod log;
pub mod negotiate;
pub mod queue;
pub mod ranges;
pub mod rel;
pub mod ring;
mod words;

pub use words::{Members, NOBODY, Words, bytes_as_words, round_up};

//! What this process and the helper say to each other: a line of JSON each.

use serde::{Deserialize, Serialize};

/// An order for the helper. Orders have numbers, and so have their answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Order {
    /// Is there a section of this name, and how large is it? It is kept open and mapped.
    Adopt {
        /// Its name in the prefix.
        name: String,
    },
    /// Make a section of this name on a file, and keep it open.
    Map {
        /// Its name in the prefix.
        name: String,
        /// The file as the prefix sees it, such as `Z:\dev\shm\…`.
        file: String,
        /// Size in bytes.
        size: u64,
    },
    /// Create or open an event under this number.
    Event {
        /// What later orders call it.
        id: usize,
        /// Its name in the prefix.
        name: String,
        /// Manual reset, if it is created.
        manual: bool,
    },
    /// Create or open a mutex under this number.
    Mutex {
        /// What later orders call it.
        id: usize,
        /// Its name in the prefix.
        name: String,
    },
    /// Set an event.
    Set(usize),
    /// Reset an event.
    Reset(usize),
    /// Whether an event is set.
    IsSet(usize),
    /// Tell when the event is signalled; the wait takes it as waits do.
    Arm(usize),
    /// Don't any more.
    Disarm(usize),
    /// Own a mutex; the answer comes when it is owned.
    Lock(usize),
    /// Release it.
    Unlock(usize),
    /// End the thread that owns it without releasing it.
    Abandon(usize),
}

/// What the helper says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Say {
    /// The answer to the order of this number.
    Answer(u64, Result<Answer, Failed>),
    /// The armed event was signalled, and is not armed any more.
    Signalled(usize),
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Nothing to say.
    Done,
    /// Yes or no: exists, is set, was abandoned.
    Is(bool),
    /// A section: its size in bytes and where the helper has mapped it.
    Section {
        /// Size in bytes.
        size: u64,
        /// Address of the helper's view.
        address: u64,
    },
    /// An event: whether it existed, and whether it is reset by hand.
    Event {
        /// A program in the prefix had made it.
        existed: bool,
        /// Manual reset.
        manual: bool,
    },
}

/// A call in the prefix failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// The Win32 number.
    pub code: u32,
    /// The whole message.
    pub text: String,
}

//! The kinds of object that share one name space (O-1).

use core::fmt;

/// A kind of named object. The values are those in an object's file.
///
/// ```
/// use filemap_core::kind::Kind;
/// assert_eq!(Kind::Event.article_name(), "an event");
/// assert_eq!(Kind::from_u8(3), Some(Kind::Mutex));
/// assert_eq!(Kind::from_u8(0), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// A file mapping object, in the kernel's words a section.
    FileMapping = 1,
    /// An event.
    Event = 2,
    /// A mutex, in the kernel's words a mutant.
    Mutex = 3,
    /// A semaphore.
    Semaphore = 4,
    /// A waitable timer.
    WaitableTimer = 5,
    /// A job.
    Job = 6,
}

impl Kind {
    /// All kinds, in the order of their values.
    pub const ALL: [Kind; 6] = [
        Kind::FileMapping,
        Kind::Event,
        Kind::Mutex,
        Kind::Semaphore,
        Kind::WaitableTimer,
        Kind::Job,
    ];

    /// The kind with that value, or `None` for a value that no kind has.
    #[must_use]
    pub const fn from_u8(value: u8) -> Option<Kind> {
        match value {
            1 => Some(Kind::FileMapping),
            2 => Some(Kind::Event),
            3 => Some(Kind::Mutex),
            4 => Some(Kind::Semaphore),
            5 => Some(Kind::WaitableTimer),
            6 => Some(Kind::Job),
            _ => None,
        }
    }

    /// The name without article, as in "create event".
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Kind::FileMapping => "file mapping",
            Kind::Event => "event",
            Kind::Mutex => "mutex",
            Kind::Semaphore => "semaphore",
            Kind::WaitableTimer => "waitable timer",
            Kind::Job => "job",
        }
    }

    /// The name with its article, as in "a mutex has this name".
    #[must_use]
    pub const fn article_name(self) -> &'static str {
        match self {
            Kind::FileMapping => "a file mapping",
            Kind::Event => "an event",
            Kind::Mutex => "a mutex",
            Kind::Semaphore => "a semaphore",
            Kind::WaitableTimer => "a waitable timer",
            Kind::Job => "a job",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

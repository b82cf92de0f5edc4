//! The kinds of object that share one name space (O-1).

/// A kind of named object.
///
/// The numbers are written into object files; they never change. Source: win32 "Kernel Object Namespaces"; O-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// A file mapping object (section).
    FileMapping = 1,
    /// An event, manual or auto reset.
    Event = 2,
    /// A mutex (mutant).
    Mutex = 3,
    /// A semaphore.
    Semaphore = 4,
    /// A waitable timer.
    WaitableTimer = 5,
    /// A job.
    Job = 6,
}

impl Kind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Kind; 6] = [
        Kind::FileMapping,
        Kind::Event,
        Kind::Mutex,
        Kind::Semaphore,
        Kind::WaitableTimer,
        Kind::Job,
    ];

    /// The kind with this number in an object file, or `None`.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Kind> {
        match number {
            1 => Some(Kind::FileMapping),
            2 => Some(Kind::Event),
            3 => Some(Kind::Mutex),
            4 => Some(Kind::Semaphore),
            5 => Some(Kind::WaitableTimer),
            6 => Some(Kind::Job),
            _ => None,
        }
    }

    /// The name as Windows' documentation writes it, such as `file mapping`.
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

    /// The name with its article, for sentences: `an event`.
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

    /// The directory of its names where each kind has a name space of its own (P-31), such as `FileMappings`.
    #[must_use]
    pub const fn directory(self) -> &'static str {
        match self {
            Kind::FileMapping => "FileMappings",
            Kind::Event => "Events",
            Kind::Mutex => "Mutexes",
            Kind::Semaphore => "Semaphores",
            Kind::WaitableTimer => "WaitableTimers",
            Kind::Job => "Jobs",
        }
    }
}

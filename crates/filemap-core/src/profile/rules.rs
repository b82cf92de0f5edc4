//! The kinds of answer that a cell can hold. Each can say itself in words; documentation is made from that.

use crate::access::Page;
use crate::error::Win32Code;
use crate::kind::Kind;
use alloc::vec::Vec;
use core::fmt;

/// Declares an enum whose variants carry the words a table shows for them.
macro_rules! choices {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$vdoc:meta])* $variant:ident $(($code:ident))? => $words:literal; )* } )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $( $(#[$vdoc])* $variant $((choices!(@type $code)))?, )*
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $( $name::$variant $(($code))? => {
                        f.write_str($words)?;
                        $( write!(f, " ({})", $code)?; )?
                    } )*
                }
                Ok(())
            }
        }
    )* };
    (@type $code:ident) => { Win32Code };
}

choices! {
    /// A thing that a platform has or has not.
    Has {
        /// It has it.
        Yes => "yes";
        /// It has not.
        No => "no";
    }

    /// What becomes of a call.
    Answer {
        /// It is done.
        Works => "works";
        /// It fails with this number.
        Refused(code) => "refused";
    }

    /// What limits an object without a file (P-10).
    PagefileLimit {
        /// What `VirtualAlloc` could commit: memory and paging file.
        CommittableMemory => "memory that can be committed";
        /// RAM only; there is no paging file.
        PhysicalMemory => "physical memory";
    }

    /// What limits an object with a file, if the file has to grow (P-11).
    FileLimit {
        /// Free space on the disk.
        DiskSpace => "disk space";
        /// Free space on the disk and free virtual memory, because ordinary memory is allocated for the section.
        VirtualMemoryAndDiskSpace => "available virtual memory and disk space";
    }

    /// What a view must fit into (P-13).
    ViewSpace {
        /// The largest free block of the process's own address space.
        OwnAddressSpace => "largest free block of the process";
        /// The largest free block of an arena that all programs share; the views of all programs add up in it.
        SharedArena => "largest free block of an arena shared by all programs";
    }

    /// The high half of a 64-bit size or offset (P-15, P-16).
    HighHalf {
        /// It counts.
        Used => "used";
        /// It is not looked at and should be 0.
        Ignored => "ignored, should be 0";
    }

    /// A base address that is not a multiple of the allocation granularity (P-22).
    BaseAlignment {
        /// The call fails with this number.
        Refused(code) => "refused";
        /// The address is rounded down.
        RoundedDown => "rounded down";
        /// No function takes a base.
        NoFunction => "no function takes a base";
    }

    /// Which objects allow `FILE_MAP_COPY` views (P-24).
    CopyViews {
        /// Every object.
        AnyObject => "any object";
        /// Only an object created with `PAGE_WRITECOPY` and backed by a named file; others give this number.
        WritecopyObjectOfAFile(code) => "only PAGE_WRITECOPY objects of named files, else refused";
        /// None; the call fails with this number.
        NotSupported(code) => "not supported";
    }

    /// Who sees what is written to a copy-on-write view (P-25).
    WritecopyViews {
        /// Only the process that wrote: it gets its own copy of the page.
        Private => "private to the process that writes";
        /// Everybody with a copy-on-write view of the object; the file on disk stays as it is.
        SharedBetweenProcesses => "shared between processes, file unchanged";
        /// There are no such views.
        NotSupported => "no such views";
    }

    /// `FlushViewOfFile` with a length of 0 (P-29).
    FlushZero {
        /// Everything to the end of the view.
        ToTheEnd => "to the end of the view";
        /// The call fails with this number.
        Refused(code) => "refused";
    }

    /// What `Global\` and `Local\` are (P-30).
    Prefixes {
        /// Links to the global and to the session's own directory.
        Understood => "understood";
        /// Parts of a path that does not exist.
        Refused(code) => "refused";
        /// Ordinary characters of the name.
        NotSpecial => "ordinary characters";
    }

    /// What a backslash in a name is (N-12).
    Backslash {
        /// It separates the parts of a path.
        Separates => "separates prefix and name";
        /// It is not allowed in a name.
        Refused(code) => "not allowed";
        /// It is a character like others.
        Ordinary => "ordinary character";
    }

    /// Whether kinds of object share names (P-31).
    NameSpaces {
        /// One name space for all kinds.
        Shared => "one name space for all kinds";
        /// One for each kind.
        PerType => "one name space per kind";
    }

    /// Asking for a name that an object of another kind has (P-32).
    OtherKind {
        /// The call fails with this number.
        Refused(code) => "refused";
        /// The two do not know of each other.
        BothExist => "both exist";
    }

    /// How far a plain name reaches (P-33).
    NameScope {
        /// Everybody on the machine.
        Machine => "the machine";
        /// The session; services share the first user's.
        Session => "the session";
        /// The session; services have one of their own.
        SessionServicesApart => "the session, services apart";
    }

    /// What creating a file mapping in `Global\` from another session than 0 needs (P-35).
    GlobalPrivilege {
        /// SeCreateGlobalPrivilege.
        Needed => "SeCreateGlobalPrivilege";
        /// Nothing.
        NotNeeded => "nothing";
        /// There is no global directory apart from the only one.
        NoGlobal => "no Global directory";
    }

    /// What an empty name means to Create* (P-37).
    EmptyName {
        /// An object without a name.
        Unnamed => "unnamed object";
        /// A name like others.
        RealName => "a real name";
    }

    /// When a name ends (P-39).
    NameEnd {
        /// With the last handle; views do not keep it.
        LastHandle => "last handle closed";
        /// With the last handle and the last view.
        LastHandleAndView => "last handle closed and last view unmapped";
        /// When every process that opened it has closed it.
        UseCount => "use count 0: every process has closed it";
    }

    /// `CreateFileForMapping` (P-40).
    FileForMapping {
        /// There is no such function.
        Missing => "no such function";
        /// It is the way to open a file that will be mapped.
        Present => "present";
        /// It is there for old programs.
        Obsolete => "obsolete";
    }

    /// The function that a file handle must come from to be mapped (P-41).
    MappableHandles {
        /// `CreateFile`; there is no other.
        CreateFile => "CreateFile";
        /// `CreateFileForMapping` is told to be compulsory, `CreateFile` is accepted too.
        Either => "CreateFileForMapping (CreateFile accepted)";
    }

    /// An argument that a platform may not care for (P-43, P-50).
    Argument {
        /// It counts.
        Used => "used";
        /// It has no effect.
        Ignored => "ignored";
        /// It must be NULL; anything else fails with this number.
        MustBeNull(code) => "must be NULL";
        /// The function is not there.
        NoFunction => "no such function";
    }

    /// How a second process gets at an object by name (P-45).
    SecondProcess {
        /// `CreateFileMapping` or `OpenFileMapping`.
        CreateOrOpen => "CreateFileMapping or OpenFileMapping";
        /// `CreateFileMapping` with the same name gives the original object; there is no `OpenFileMapping`.
        CreateOnly => "CreateFileMapping";
    }

    /// How an object without a name is shared (P-47).
    UnnamedSharing {
        /// By inherited or duplicated handles.
        ByHandle => "inherited or duplicated handles";
        /// Not safely: one process may end it under the other. Give it a name and pass the name.
        NotSafe => "not safe, pass a name";
    }

    /// What .NET programs of the platform use (P-50).
    DotNet {
        /// Calls by P/Invoke.
        PInvoke => "P/Invoke";
        /// `MemoryMappedFile` from 4.0, P/Invoke before.
        MemoryMappedFile => "MemoryMappedFile from 4.0, P/Invoke before";
        /// There is no .NET Framework for it.
        NoFramework => "no framework";
    }

    /// What security descriptors do (P-60).
    Security {
        /// Every open is checked.
        Enforced => "enforced";
        /// They are accepted and have no effect.
        Ignored => "ignored";
        /// There are none: everybody may read and write.
        None => "none";
    }

    /// `DeleteFile` on a mapped file (P-61).
    DeleteMapped {
        /// The file is deleted, and its data lost.
        Succeeds => "succeeds, data is lost";
        /// The call fails with this number.
        Refused(code) => "refused";
        /// The name goes at once, the data with the last reference.
        NameGoes => "name goes, data stays until the last reference";
    }

    /// Views of `SEC_LARGE_PAGES` objects (P-65).
    LargePageViews {
        /// There are no large pages.
        NoLargePages => "no large pages";
        /// Always large; `FILE_MAP_LARGE_PAGES` is ignored.
        AlwaysLarge => "always large, flag ignored";
        /// Large if `FILE_MAP_LARGE_PAGES` asks for it.
        WhenAsked => "large with FILE_MAP_LARGE_PAGES";
    }

    /// What to tell somebody who wants one address in all processes (P-66).
    SameAddress {
        /// Nothing to gain: it is so anyway, but something else may hold a chosen address first.
        NoBenefit => "common anyway; a chosen address may be held by another component";
        /// Choose a fixed address early, or negotiate one (V-70 to V-79).
        TwoApproaches => "fixed address chosen early, or negotiation";
        /// No function takes a base.
        NoFunction => "no function takes a base";
    }
}

impl Answer {
    /// `Ok` if it works, else the number.
    ///
    /// # Errors
    /// The number that the platform gives.
    pub const fn check(self) -> Result<(), Win32Code> {
        match self {
            Answer::Works => Ok(()),
            Answer::Refused(code) => Err(code),
        }
    }
}

impl Has {
    /// Whether it has it.
    #[must_use]
    pub const fn yes(self) -> bool {
        matches!(self, Has::Yes)
    }
}

/// The largest view (P-13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewLimit {
    /// Most bytes, whatever is free.
    pub max: u64,
    /// What it must fit into.
    pub of: ViewSpace,
}

impl fmt::Display for ViewLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, at most {}", self.of, Bytes(self.max))
    }
}

/// Which protections make a file grow to the size of its mapping (P-14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// These make it grow.
    pub with: Page,
    /// The number that the others give.
    pub otherwise: Win32Code,
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "with {}; else refused ({})", self.with, self.otherwise)
    }
}

/// The addresses that a view may be asked for at (P-20).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaseRange {
    /// From `low` to below `end`; anything else fails with `code`.
    Between {
        /// Lowest address.
        low: u64,
        /// One past the highest.
        end: u64,
        /// The number for addresses outside.
        code: Win32Code,
    },
    /// Whatever the machine gives to programs; anything else fails with `code`.
    UserRange {
        /// The number for addresses outside.
        code: Win32Code,
    },
    /// No function takes a base.
    NoFunction,
}

impl fmt::Display for BaseRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BaseRange::Between { low, end, code } => {
                write!(f, "{} to {}, else refused ({code})", Bytes(*low), Bytes(*end))
            }
            BaseRange::UserRange { code } => write!(f, "the user range, else refused ({code})"),
            BaseRange::NoFunction => f.write_str("no function takes a base"),
        }
    }
}

/// Where views of one object are in different processes (P-23).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewAddress {
    /// Each process has its own address.
    Independent,
    /// The first view fixes one address for all processes, inside this range.
    SameEverywhere {
        /// Lowest address.
        low: u64,
        /// One past the highest.
        end: u64,
    },
}

impl fmt::Display for ViewAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ViewAddress::Independent => f.write_str("independent in each process"),
            ViewAddress::SameEverywhere { low, end } => {
                write!(f, "same in every process ({low:#x} to {end:#x})")
            }
        }
    }
}

/// A number that a platform gives, or that it has no occasion to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub Option<Win32Code>);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(code) => code.fmt(f),
            None => f.write_str("does not arise"),
        }
    }
}

/// A session number, or no sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session(pub Option<u32>);

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => number.fmt(f),
            None => f.write_str("no sessions"),
        }
    }
}

/// How often something may be done, or without a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub Option<u32>);

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => number.fmt(f),
            None => f.write_str("no limit"),
        }
    }
}

/// Bytes in the largest unit that shows them exactly.
struct Bytes(u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (shift, unit) in [(40, "TB"), (30, "GB"), (20, "MB")] {
            if self.0 != 0 && self.0.trailing_zeros() >= shift {
                return write!(f, "{} {unit}", self.0 >> shift);
            }
        }
        write!(f, "{:#x}", self.0)
    }
}

/// Declares a set of named bits with the values of the Windows headers.
macro_rules! sets {
    ($( $(#[$doc:meta])* $name:ident $prefix:literal { $( $(#[$bdoc:meta])* $bit:ident = $value:literal; )* } )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name(pub u32);

        impl $name {
            /// Nothing.
            pub const NONE: $name = $name(0);
            $( $(#[$bdoc])* pub const $bit: $name = $name($value); )*

            /// Both.
            #[must_use]
            pub const fn union(self, other: $name) -> $name {
                $name(self.0 | other.0)
            }

            /// Whether all bits of `bits` are in this set.
            #[must_use]
            pub const fn has(self, bits: u32) -> bool {
                self.0 & bits == bits
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let names: Vec<&str> = [$(($value, concat!($prefix, stringify!($bit)))),*]
                    .into_iter()
                    .filter(|(bit, _)| self.has(*bit))
                    .map(|(_, name)| name)
                    .collect();
                match names.is_empty() {
                    true => f.write_str("none"),
                    false => f.write_str(&names.join(", ")),
                }
            }
        }
    )* };
}

sets! {
    /// Kinds of named object (P-31, O-1).
    Kinds "" {
        /// Events.
        EVENT = 0x01;
        /// Semaphores.
        SEMAPHORE = 0x02;
        /// Mutexes.
        MUTEX = 0x04;
        /// File mappings.
        FILE_MAPPING = 0x08;
        /// Waitable timers.
        TIMER = 0x10;
        /// Jobs.
        JOB = 0x20;
    }

    /// Access that a file may be opened for (P-42).
    FileAccess "GENERIC_" {
        /// Read.
        READ = 0x8000_0000;
        /// Write.
        WRITE = 0x4000_0000;
    }
}

impl Kinds {
    /// The set of this one kind.
    #[must_use]
    pub const fn of(kind: Kind) -> Kinds {
        match kind {
            Kind::FileMapping => Kinds::FILE_MAPPING,
            Kind::Event => Kinds::EVENT,
            Kind::Mutex => Kinds::MUTEX,
            Kind::Semaphore => Kinds::SEMAPHORE,
            Kind::WaitableTimer => Kinds::TIMER,
            Kind::Job => Kinds::JOB,
        }
    }
}

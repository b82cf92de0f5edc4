//! The causes: each with its Win32 number, a plain sentence and a remedy. One table, so that the three can't drift.

use super::Win32Code;
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;

macro_rules! whys {
    ($(
        $(#[$doc:meta])*
        $name:ident $({ $($(#[$fdoc:meta])* $field:ident: $type:ty),* $(,)? })? => $code:ident, $cause:expr, $remedy:expr;
    )*) => {
        /// Why an operation failed.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Why {
            $($(#[$doc])* $name $({ $($(#[$fdoc])* $field: $type),* })?,)*
            /// A system call gave an error that has no better cause; the number is the closest Win32 one.
            System {
                /// The closest Win32 number.
                code: Win32Code,
                /// The system's own words.
                text: String,
            },
        }

        impl Why {
            /// The Win32 number that Windows 7 to 11 give for this cause.
            #[must_use]
            pub fn code(&self) -> Win32Code {
                match self {
                    $(Why::$name { .. } => Win32Code::$code,)*
                    Why::System { code, .. } => *code,
                }
            }

            /// The cause as one plain sentence, without a full stop.
            #[must_use]
            #[allow(unused_variables, reason = "not every cause tells every field")]
            pub fn cause(&self) -> Cow<'static, str> {
                match self {
                    $(Why::$name $({ $($field),* })? => $cause.into(),)*
                    Why::System { text, .. } => format!("the system refused: {text}").into(),
                }
            }

            /// What to do about it, without a full stop.
            #[must_use]
            #[allow(unused_variables, reason = "not every remedy needs every field")]
            pub fn remedy(&self) -> Cow<'static, str> {
                match self {
                    $(Why::$name $({ $($field),* })? => $remedy.into(),)*
                    Why::System { .. } => "see the man page of the system call".into(),
                }
            }
        }
    };
}

whys! {
    /// No object has the name in the directory that was looked in (O-9).
    NameNotFound => FILE_NOT_FOUND,
        "nobody holds an object of that name here",
        "start its creator first and keep a handle open there; check session, spelling and case, or use Global\\ if it lives in session 0";
    /// A component before the last does not exist (O-9, O-65).
    PathNotFound => PATH_NOT_FOUND,
        "the part before the backslash does not exist",
        r"write Global\, Local\ or Session\N\ exactly so, or no backslash at all";
    /// A leading backslash (O-65).
    NameBeginsWithBackslash => BAD_PATHNAME,
        "a name must not begin with a backslash", "drop it";
    /// An empty component (O-65).
    NameHasEmptyPart => INVALID_NAME,
        "the name has an empty part", r"write one backslash between prefix and name, and a name after it";
    /// More than 32,766 UTF-16 units (O-63).
    NameTooLong { #[doc = "Length in UTF-16 units."] units: usize } => INVALID_NAME,
        format!("the name has {units} UTF-16 units, 32766 are allowed"), "take a shorter name";
    /// The name does not fit the buffer of an A function (O-63).
    NameTooLongForAnsi { #[doc = "Length in characters."] chars: usize } => FILENAME_EXCED_RANGE,
        format!("the name has {chars} characters, 259 are allowed in the A functions"), "take a shorter name or the W function";
    /// The name ends inside a directory: `Global` alone (O-65).
    NameIsADirectory => INVALID_HANDLE,
        "this names a directory, not an object", "put a name after the prefix";
    /// Open without a name (O-8).
    NameMissing => INVALID_PARAMETER, "a name is needed to open an object", "give the name that the creator gave";
    /// An object of another kind has the name (O-3).
    NameHeldBy { #[doc = "The other kind, such as `mutex`."] kind: &'static str } => INVALID_HANDLE,
        format!("{kind} has this name; all kinds of object share one name space"),
        "take another name; a prefix by kind helps (EV_ for an event, FM_ for a file mapping)";
    /// The object exists, and the caller wanted to be its creator (O-67).
    NameExists => ALREADY_EXISTS,
        "somebody else created an object of that name before, with their size and security",
        "open it instead, or find out who holds it: a second instance or a squatter";
    /// The handle lacks a right (O-16, V-10).
    HandleLacks { #[doc = "The rights that are missing, by name."] rights: String } => ACCESS_DENIED,
        format!("the handle lacks {rights}"), "open the object with that access";
    /// The security descriptor does not grant everything that was asked for (A-41).
    AccessDenied { #[doc = "What was refused, by name."] missing: String } => ACCESS_DENIED,
        format!("the object exists, but {missing} may not be had by this caller"),
        "ask only for what is needed (FILE_MAP_READ, FILE_MAP_WRITE, not FILE_MAP_ALL_ACCESS), or let the creator set a DACL";
    /// An access mask of 0 (O-10).
    AccessMaskEmpty => ACCESS_DENIED, "the access mask is empty", "ask for FILE_MAP_READ or FILE_MAP_WRITE";
    /// Bits that mean nothing for this kind of object (O-10, O-11).
    AccessMaskInvalid { #[doc = "The offending bits."] bits: u32 } => ACCESS_DENIED,
        format!("the access mask has bits that this kind of object does not know: {bits:#x}"), "ask only for rights of this kind";
    /// A privilege is missing (1314).
    PrivilegeMissing { #[doc = "Its name."] privilege: &'static str } => PRIVILEGE_NOT_HELD,
        format!("the privilege {privilege} is not held"), "run with it, or do without what needs it";
    /// A new section in the global directory without the right to (N-41).
    GlobalCreation => ACCESS_DENIED,
        "creating a file mapping in Global\\ needs SeCreateGlobalPrivilege (here: root, or the group filemap-global) or session 0",
        "let a service create it and only open it, or use Local\\";
    /// Page protection is not one of the six (M-10).
    PageProtection { #[doc = "The value given."] value: u32 } => INVALID_PARAMETER,
        format!("{value:#x} is not one of the six page protections"),
        "use PAGE_READONLY, PAGE_READWRITE, PAGE_WRITECOPY, PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE or PAGE_EXECUTE_WRITECOPY";
    /// SEC_ flags that exclude each other (M-14).
    SectionFlags { #[doc = "The flags given."] value: u32 } => INVALID_PARAMETER,
        format!("these SEC_ flags do not go together: {value:#x}"), "see the table of SEC_ flags in CreateFileMapping; SEC_COMMIT alone is the default";
    /// Neither a file nor a size (M-21).
    SizeMissing => INVALID_PARAMETER, "shared memory needs a size", "give a size above 0";
    /// Size with bit 63 set (M-29, F-11).
    SizeNegative { #[doc = "The size in bytes."] size: u64 } => INVALID_PARAMETER,
        format!("{size} bytes is more than a size can be"), "give a smaller size";
    /// A size above what files can have (M-29, F-11).
    SizeTooLarge { #[doc = "The size in bytes."] size: u64 } => NOT_ENOUGH_MEMORY,
        format!("{size} bytes is more than this file system can hold"), "give a smaller size";
    /// SEC_LARGE_PAGES with a size that is not a multiple (M-14).
    SizeNotLargePages { #[doc = "The size in bytes."] size: u64, #[doc = "Large page size in bytes."] multiple: u64 } => INVALID_PARAMETER,
        format!("{size} bytes is not a multiple of the large page size {multiple}"), "round the size up";
    /// The file is empty and no size was given (M-23).
    FileEmpty => FILE_INVALID, "an empty file can't be mapped", "give a size with PAGE_READWRITE, or skip empty files";
    /// The file is shorter than the size and may not be grown (M-25).
    FileTooShort { #[doc = "Length of the file in bytes."] len: u64, #[doc = "The size asked for."] size: u64 } => NOT_ENOUGH_MEMORY,
        format!("the file has {len} bytes, {size} were asked for, and this protection may not grow it"),
        "ask size 0, set the file's length first (SetFilePointer and SetEndOfFile), or use PAGE_READWRITE";
    /// The handle is not a file that can be mapped (M-5).
    FileNotMappable { #[doc = "What it is, such as `a directory`."] what: &'static str } => BAD_EXE_FORMAT,
        format!("{what} can't be mapped"), "use an ordinary file";
    /// SEC_IMAGE on something that is no program (M-14).
    NotAnImage { #[doc = "What is wrong with it."] what: &'static str } => BAD_EXE_FORMAT,
        format!("SEC_IMAGE needs a program file: {what}"), "drop SEC_IMAGE";
    /// The file handle was opened without a right that the protection needs (M-12).
    FileLacks { #[doc = "The right, as in `GENERIC_WRITE`."] right: &'static str } => ACCESS_DENIED,
        format!("the file was opened without {right}, which this page protection needs"), "open the file with it, or take a weaker protection";
    /// Byte-range locks on the file (M-51).
    FileRegionLocked => LOCK_VIOLATION, "part of the file is locked by somebody", "release the lock and try again";
    /// The disk is full (M-24).
    DiskFull { #[doc = "Bytes asked for."] wanted: u64, #[doc = "Bytes free."] free: u64 } => DISK_FULL,
        format!("the file can't be grown: {wanted} bytes more are needed, {free} are free"), "free space on that disk, or map less";
    /// Memory can't be promised (M-30).
    CommitmentLimit { #[doc = "Bytes asked for."] wanted: u64, #[doc = "Bytes free."] free: u64, #[doc = "Where."] place: String } => COMMITMENT_LIMIT,
        format!("{wanted} bytes of memory were asked for, {place} has {free} free"),
        "ask less, use SEC_RESERVE and commit in steps, or make it larger (mount -o remount,size=…, docker --shm-size=…, or FILEMAP_ROOT on another tmpfs)";
    /// No file, or a handle of another kind (O-16).
    NotAHandle { #[doc = "The handle's value."] value: u64 } => INVALID_HANDLE,
        format!("{value:#x} is not a handle of this process"), "check for NULL returns; handles are per process and end with CloseHandle";
    /// A handle of another kind (O-16).
    WrongKindOfHandle { #[doc = "What it is."] kind: &'static str } => INVALID_HANDLE,
        format!("the handle belongs to {kind}"), "pass a handle of the right kind";
    /// Offset is not a multiple of the allocation granularity (V-3).
    OffsetAlignment { #[doc = "The offset in bytes."] offset: u64 } => MAPPED_ALIGNMENT,
        format!("offset {offset} is not a multiple of 65536"), "round it down and add the rest to the pointer";
    /// Base is not a multiple of the allocation granularity (V-32).
    BaseAlignment { #[doc = "The address."] base: u64 } => MAPPED_ALIGNMENT,
        format!("address {base:#x} is not a multiple of 65536"), "round it down";
    /// Base outside what programs may use (V-31).
    BaseOutOfRange { #[doc = "The address."] base: u64 } => INVALID_PARAMETER,
        format!("address {base:#x} is not usable by programs"), "let the system choose (no base)";
    /// Base taken (V-33).
    BaseOccupied { #[doc = "The address."] base: u64 } => INVALID_ADDRESS,
        format!("the range at {base:#x} is not entirely free; memory itself is not short"), "let the system choose, or look for a free range first (VirtualQuery)";
    /// No free range anywhere (V-35).
    NoAddressSpace { #[doc = "Length in bytes."] len: u64 } => NOT_ENOUGH_MEMORY,
        format!("no free address range of {len} bytes; memory itself is not short"), "map smaller pieces";
    /// The object's protection does not allow the view, though the handle has the right (V-12).
    ObjectTooWeak { #[doc = "Protection of the object."] object: &'static str, #[doc = "Protection of the view."] view: &'static str } => INVALID_PARAMETER,
        format!("the object was created with {object}, which does not allow a {view} view"), "create it with PAGE_READWRITE";
    /// Offset and length go beyond the object (V-4).
    ViewTooLarge { #[doc = "End of the view in bytes."] end: u64, #[doc = "Size of the object in bytes."] size: u64 } => ACCESS_DENIED,
        format!("the view would end at byte {end}, the object has {size} (not a permission problem)"),
        "use length 0 or ask the object for its size; it keeps the first creator's";
    /// Access flags of a view that mean nothing (MapViewOfFile).
    ViewFlags { #[doc = "The value given."] value: u32 } => INVALID_PARAMETER,
        format!("these view flags are not allowed: {value:#x}"), "use FILE_MAP_READ, FILE_MAP_WRITE, FILE_MAP_COPY, with FILE_MAP_EXECUTE if wanted";
    /// No view at the address (V-20, V-26).
    NotAView { #[doc = "The address."] address: u64 } => INVALID_ADDRESS,
        format!("there is no view at {address:#x}"), "unmapped twice? pass an address inside a view";
    /// Offset and length of a copy go beyond the view.
    OutOfView { #[doc = "End of the copy in bytes."] end: u64, #[doc = "Length of the view in bytes."] len: u64 } => INVALID_PARAMETER,
        format!("the copy would end at byte {end} of a view of {len}"), "copy less or map more";
    /// A word in a view that is not aligned.
    Misaligned { #[doc = "Offset in bytes."] offset: u64, #[doc = "Alignment in bytes."] align: usize } => INVALID_PARAMETER,
        format!("offset {offset} is not a multiple of {align}"), "align it";
    /// The view does not allow it (V-58).
    ViewIsReadOnly => NOACCESS, "the view can't be written", "map it with FILE_MAP_WRITE or FILE_MAP_COPY";
    /// The view does not allow reading.
    ViewHasNoAccess => NOACCESS, "the view can't be read", "map it with FILE_MAP_READ";
    /// Pages of a SEC_RESERVE object that nobody has committed (V-50).
    NotCommitted { #[doc = "Offset in bytes."] offset: u64 } => NOACCESS,
        format!("the page at byte {offset} is reserved, not committed"), "commit it first";
    /// Committing what is committed already (V-52).
    AlreadyCommitted => ACCESS_DENIED, "these pages are there already (not a permission problem)", "only SEC_RESERVE objects without a file can be committed";
    /// Committing past the end of the view (F-14).
    CommitOutOfView { #[doc = "End in bytes."] end: u64, #[doc = "Length of the view in bytes."] len: u64 } => INVALID_ADDRESS,
        format!("the range would end at byte {end} of a view of {len}"), "commit inside the view";
    /// Committed pages of a section never go back (V-51).
    CommitNeverShrinks => INVALID_PARAMETER, "committed pages of a file mapping can't be given back", "unmap every view and close every handle";
    /// VirtualProtect asks for more than view and object allow (V-54).
    ProtectionNotAllowed { #[doc = "The protection asked for."] wanted: &'static str } => INVALID_PARAMETER,
        format!("{wanted} goes beyond what view and object allow"), "map the view with that access";
    /// The memory behind the view is gone: truncated, disk error (V-57).
    InPage { #[doc = "Offset in the view in bytes."] offset: u64 } => SWAPERROR,
        format!("the memory at byte {offset} of the view is gone: somebody cut the file, or the disk failed"),
        "find out who truncated it; map it anew";
    /// The file is mapped and may not be cut (V-60).
    FileIsMapped => USER_MAPPED_FILE, "somebody has this file mapped, so it can't be cut", "unmap all views and close all mapping handles on it";
    /// Execute views on a noexec mount.
    NoExec { #[doc = "The place."] place: String } => ACCESS_DENIED,
        format!("{place} is mounted noexec, so nothing there can be executed"), "remount it with exec, or set FILEMAP_ROOT to another tmpfs";
    /// An object file that is not what it should be.
    Damaged { #[doc = "What is wrong with it."] what: String } => FILE_CORRUPT,
        format!("the object's file is damaged: {what}"), "remove that file once nobody needs it; `filemap doctor` looks closer";
    /// An object file of a later version.
    NewerVersion { #[doc = "Its layout version."] version: u32 } => REVISION_MISMATCH,
        format!("the object was made by another version of filemap (layout {version})"), "use the same version on both sides";
    /// The file of a disk-backed object is no longer where it was.
    BackingFileGone { #[doc = "Its path."] path: String } => FILE_INVALID,
        format!("the file behind the object, {path}, is not there any more or is another file now"), "open a handle to the file yourself and create a new mapping";
    /// The file behind the object can't be opened by this user.
    BackingFileDenied { #[doc = "Its path."] path: String } => ACCESS_DENIED,
        format!("the file behind the object, {path}, may not be opened by this user"), "grant access to the file";
    /// A directory of the tree that must not be trusted (O-67).
    TreeNotTrusted { #[doc = "The directory."] path: String, #[doc = "What is wrong with it."] what: String } => ACCESS_DENIED,
        format!("the directory {path} can't be trusted: {what}"), "remove it or mend its owner and mode; `filemap setup` does it for the system-wide tree";
    /// A directory of the tree that this user may not use.
    TreeDenied { #[doc = "The directory."] path: String } => ACCESS_DENIED,
        format!("the directory {path} may not be used by this user"), "let `filemap setup` (as root) make the tree, or set FILEMAP_ROOT to a directory of your own";
    /// The entry belongs to somebody else and can't be reaped.
    DeadEntryOfAnother { #[doc = "Owner's user number."] uid: u32 } => ACCESS_DENIED,
        format!("a dead object of user {uid} still has this name, and only that user or root can remove it"), "let that user or root run `filemap sweep`";
    /// Somebody holds the name in the middle of a step, for too long.
    NameBusy => BUSY, "another process stopped in the middle of creating or removing this name", "continue or end that process, then try again";
    /// Too many open files.
    TooManyHandles => TOO_MANY_OPEN_FILES, "this process has no file descriptor left", "close handles, or raise the limit (ulimit -n)";
    /// The system is out of something.
    SystemResources { #[doc = "What ran out."] what: &'static str } => NO_SYSTEM_RESOURCES,
        format!("the system has run out of {what}"), "close handles and views, or raise the limit";
    /// The descriptor is malformed.
    SecurityDescriptor { #[doc = "What is wrong with it."] what: String } => INVALID_SECURITY_DESCR,
        format!("the security descriptor is malformed: {what}"), "check the SDDL text";
    /// Only Linux or only Windows has it.
    NotSupported { #[doc = "What."] what: &'static str } => NOT_SUPPORTED,
        format!("{what} is not supported on this system"), "see PLATFORM.md";
    /// ReleaseMutex by a thread that does not own it, or more often than owned (Y-11).
    NotMutexOwner => NOT_OWNER, "this thread does not own the mutex", "release it in the thread that waited for it, once per wait";
    /// ReleaseSemaphore above the maximum (Y-21).
    SemaphoreFull { #[doc = "The maximum."] maximum: u32 } => TOO_MANY_POSTS,
        format!("the count would exceed the semaphore's maximum {maximum}; it is unchanged"), "release only what was waited for";
    /// A mutex owned too many times by its thread (Y-10).
    RecursionLimit => MUTANT_LIMIT_EXCEEDED, "the thread owns this mutex as often as one can", "release it once per wait";
    /// Number of objects in one wait (Y-31).
    WaitCount { #[doc = "How many were given."] count: usize } => INVALID_PARAMETER,
        format!("a wait takes 1 to 64 objects, not {count}"), "wait for groups in several threads";
    /// The same object twice in a wait for all (Y-31, F-6).
    WaitDuplicate { #[doc = "Position of the second one, from 0."] index: usize } => INVALID_PARAMETER,
        format!("object {index} of this wait for all is in the list already"), "name each object once";
    /// Somebody stopped in the middle of a change, or scribbled over the object's state.
    ObjectStuck => BUSY, "another process stopped in the middle of changing the object, or has damaged its state",
        "continue or end that process; close the object everywhere and create it anew";
    /// The thread's robust list can't be shared with the C library.
    RobustList { #[doc = "What is in the way."] what: &'static str } => NOT_SUPPORTED,
        format!("this C library's robust list can't carry our mutexes: {what}"), "use glibc on a 64-bit machine";
    /// More mutexes than the kernel looks through when a thread dies.
    TooManyMutexes => NO_SYSTEM_RESOURCES, "this thread owns 2000 mutexes, the kernel looks after no more when it dies", "release some";
    /// Any other wrong argument.
    Argument { #[doc = "What is wrong."] what: String } => INVALID_PARAMETER,
        what.clone(), "correct the argument";
    /// The place for the tree does not exist (FILEMAP_ROOT).
    TreeMissing { #[doc = "The directory."] path: String } => PATH_NOT_FOUND,
        format!("the directory {path} does not exist and can't be made, because the one above it is missing"),
        "make that one, or set FILEMAP_ROOT to a place that exists, best on a tmpfs";
    /// The file system of the tree can hold no more files, whatever their size.
    NoFilesLeft { #[doc = "The directory."] path: String } => NO_SYSTEM_RESOURCES,
        format!("the file system of {path} has memory left, but no file (inode)"),
        "close objects, let `filemap sweep` take dead ones away, or allow more files (mount -o remount,nr_inodes=…)";
    /// The file system of the tree can't do what objects need.
    TreeUnsuited { #[doc = "The directory."] path: String } => NOT_SUPPORTED,
        format!("the file system of {path} can't make files without a name (O_TMPFILE)"),
        "set FILEMAP_ROOT to a directory on a tmpfs";
    /// A structure of a revision that nobody knows (1305, F-17).
    UnknownRevision { #[doc = "Which structure."] what: &'static str, #[doc = "Its revision."] revision: u8 } => UNKNOWN_REVISION,
        format!("{what} has the unknown revision {revision}"), "pass a descriptor that InitializeSecurityDescriptor or the SDDL parser made; memory that was never set looks like this";
    /// The access control list is malformed (1336).
    AclMalformed { #[doc = "What is wrong with it."] what: String } => INVALID_ACL,
        format!("the access control list is malformed: {what}"), "build it with InitializeAcl and AddAccessAllowedAce, or from SDDL";
    /// The security identifier is malformed (1337).
    SidMalformed { #[doc = "What is wrong with it."] what: String } => INVALID_SID,
        format!("the security identifier is malformed: {what}"), "write it as S-1-5-32-544 or as a two-letter code such as BA";
    /// A text that is no SDDL (1336, 1337 or 1338 by the place of the mistake).
    Sddl { #[doc = "Byte position in the text."] at: usize, #[doc = "What is wrong there."] what: String } => INVALID_SECURITY_DESCR,
        format!("at byte {at} of the SDDL text: {what}"), "an example that works: D:(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x6;;;IU)";
    /// An owner that the token can't give (1307).
    OwnerNotAssignable { #[doc = "The owner asked for."] sid: String } => INVALID_OWNER,
        format!("{sid} can't be made owner by this caller"), "leave the owner out, or name the user or a group of the token that may own";
    /// A boundary holds a SID that its creator does not have (N-72).
    OutsideBoundary { #[doc = "What the token lacks."] missing: String } => ACCESS_DENIED,
        format!("the boundary needs {missing}, which the caller does not have"), "add only SIDs of the own token to the boundary, and no integrity label above the own level";
    /// The private name space exists (N-73).
    PrivateNamespaceExists => ALREADY_EXISTS,
        "a private name space with this boundary exists", "open it with OpenPrivateNamespace";
    /// No private name space has that boundary (N-73).
    PrivateNamespaceNotFound => PATH_NOT_FOUND,
        "no private name space with this boundary exists, or it was destroyed", "let its owner create it first; name, SIDs and integrity label of the boundary must all be the same";
    /// A backslash on a platform whose names have no parts (N-12).
    BackslashInName => INVALID_NAME, "this platform allows no backslash in a name",
        "leave the prefix out: there is one name space for all";
    /// A name that is longer than the platform's (P-36).
    NameTooLongForPlatform { #[doc = "Length in UTF-16 units."] units: usize, #[doc = "The most."] most: u32, #[doc = "The platform."] platform: &'static str } => INVALID_NAME,
        format!("the name has {units} UTF-16 units, {platform} allows {most}"), "take a shorter name";
    /// A function or kind of object that the platform does not have (P-31, P-40, P-45).
    NoSuchFunction { #[doc = "What is missing."] what: &'static str, #[doc = "The platform."] platform: &'static str } => PROC_NOT_FOUND,
        format!("{platform} has no {what}"), "use what that platform offers, or another FILEMAP_PLATFORM";
    /// A function that the platform has in name only (P-62).
    CallNotImplemented { #[doc = "The function."] what: &'static str, #[doc = "The platform."] platform: &'static str } => CALL_NOT_IMPLEMENTED,
        format!("{platform} does not implement {what}"), "use two calls, or another FILEMAP_PLATFORM";
    /// A page protection that the platform does not have (P-18).
    ProtectionNotThere { #[doc = "The value given."] value: u32, #[doc = "The platform."] platform: &'static str } => INVALID_PARAMETER,
        format!("{platform} has no objects with {}", crate::access::Page::from_bits_retain(*value)), "use PAGE_READONLY, PAGE_READWRITE or PAGE_WRITECOPY";
    /// SEC_ flags that the platform does not have (P-17).
    SectionFlagsNotThere { #[doc = "The value given."] value: u32, #[doc = "The platform."] platform: &'static str } => INVALID_PARAMETER,
        format!("{platform} does not know all of {}", crate::access::SectionFlags::from_bits_retain(*value)), "use SEC_COMMIT or SEC_RESERVE, or none";
    /// A read-only object without a file (P-50).
    ReadOnlyNeedsFile => INVALID_PARAMETER, "PAGE_READONLY needs a file here", "give a file, or use PAGE_READWRITE";
    /// A copy-on-write view of an object that allows none (P-24, V-13).
    CopyViewRefused { #[doc = "Protection of the object."] object: &'static str, #[doc = "The platform."] platform: &'static str } => INVALID_PARAMETER,
        format!("{platform} gives no FILE_MAP_COPY view of this {object} object"), "create it with PAGE_WRITECOPY and a named file (Windows 95), or map it with FILE_MAP_READ or FILE_MAP_WRITE";
    /// A view to be written of an object created read-only, on platforms that tell the object and not the handle (P-26).
    WriteViewOfReadOnlyObject { #[doc = "Protection of the object."] object: &'static str } => INVALID_PARAMETER,
        format!("the object was created with {object} and can't be written"), "create it with PAGE_READWRITE";
    /// Another base than the one where the object is in all processes (P-23, V-34).
    SecondBase { #[doc = "The address asked for."] base: u64, #[doc = "Where it is."] first: u64 } => INVALID_ADDRESS,
        format!("the object is mapped at {first:#x} in every process, so not at {base:#x}"), "ask for no base";
    /// The one address of the object is taken in this process (P-23, V-30).
    FixedBaseTaken { #[doc = "The address."] base: u64 } => INVALID_ADDRESS,
        format!("the object is at {base:#x} in every process, and something else of this process is there"), "map it earlier, or free that range";
    /// The shared arena has no room (P-13).
    ArenaFull { #[doc = "Length in bytes."] len: u64, #[doc = "Size of the arena in bytes."] arena: u64 } => NOT_ENOUGH_MEMORY,
        format!("the arena of {arena} bytes that all programs share has no free block of {len} bytes"), "unmap views in any program, or map smaller objects";
    /// An object larger than the memory that it takes on this platform (P-10, P-12).
    MemoryLimit { #[doc = "Size in bytes."] size: u64, #[doc = "Memory that could be had, in bytes."] available: u64, #[doc = "The platform."] platform: &'static str } => NOT_ENOUGH_MEMORY,
        format!("{platform} needs ordinary memory for all {size} bytes, {available} are available"), "map a smaller file, or use a platform that pages from the file";
    /// An address inside a view where only its base will do (P-27).
    NotTheBase { #[doc = "The address."] address: u64, #[doc = "The view's base."] base: u64 } => INVALID_ADDRESS,
        format!("{address:#x} lies inside the view at {base:#x}; this platform wants the base"), "pass the address that MapViewOfFile returned";
    /// FlushViewOfFile with length 0 where that is not allowed (P-29).
    FlushLengthMissing => INVALID_PARAMETER, "a length of 0 is not allowed here", "pass the length of the view";
    /// VirtualProtect without a place for the old protection (P-63).
    OldProtectionMissing => NOACCESS, "there is no place for the old protection", "pass a variable for it";
    /// An argument that must be NULL on this platform (P-43, P-50).
    MustBeNull { #[doc = "The argument."] argument: &'static str } => INVALID_PARAMETER,
        format!("{argument} must be NULL here"), "pass none";
    /// Access that CreateFileForMapping does not take (P-42).
    FileForMappingAccess { #[doc = "The bits that it does not take."] bits: u32 } => INVALID_PARAMETER,
        format!("CreateFileForMapping does not take the access {bits:#x} here"), "use GENERIC_READ, or GENERIC_WRITE with it from CE 2.10 on";
    /// The file was opened for mapping with GENERIC_WRITE before (P-44).
    SecondWriter => SHARING_VIOLATION, "the file is opened for mapping with GENERIC_WRITE already",
        "let one program open it; the others call CreateFileMapping with the object's name";
    /// Share modes of two opens exclude each other (P-43).
    NotShared => SHARING_VIOLATION, "another open of the file does not share it", "let the other program close it, or agree on share modes";
    /// DeleteFile on a mapped file (P-61, V-60).
    FileMappedDelete => ACCESS_DENIED, "the file is mapped, so it can't be deleted", "close all mapping handles and unmap all views of it";
    /// A null offset was followed (V-65).
    NullOffset => INVALID_ADDRESS, "the offset is null", "test it with is_null first, or treat it as the end of the list";
    /// An offset that leads out of the view (V-65): a peer has scribbled, or the two sides disagree.
    OffsetOutOfView { #[doc = "The offset in bytes."] offset: u64, #[doc = "Bytes that it should lead to."] len: u64, #[doc = "Length of the view in bytes."] view: u64 } => INVALID_ADDRESS,
        format!("offset {offset} with {len} bytes behind it leads out of the view of {view} bytes"),
        "the offset was never set, or somebody has written over it; map the whole object, and check both sides' definitions";
    /// An address that is not in the object (V-66).
    AddressOutOfView { #[doc = "The address."] address: u64, #[doc = "Where the object begins."] base: u64, #[doc = "Length in bytes."] len: u64 } => INVALID_ADDRESS,
        format!("address {address:#x} is not in the object at {base:#x} of {len} bytes"), "store only addresses of the object itself, and take them anew after a remapping";
    /// A list that does not end (V-65).
    CyclicList { #[doc = "How many elements were followed."] steps: u64 } => FILE_CORRUPT,
        format!("the list has more elements than fit into the object ({steps} were followed): it bites its own tail"),
        "somebody has written over the links; build the list anew";
    /// Text in shared memory that is not UTF-8.
    NotText { #[doc = "Offset of the text in bytes."] offset: u64 } => FILE_CORRUPT,
        format!("the bytes at offset {offset} are not UTF-8"), "read them as bytes, or write them through RelStr on the other side";
    /// Two programs were compiled from different definitions of a shared structure.
    LayoutMismatch { #[doc = "What this program wants."] wanted: String, #[doc = "What the object holds."] found: String } => REVISION_MISMATCH,
        format!("this program was compiled for {wanted}, the object holds {found}"),
        "compile both from the same definition, or give the changed structure a new name";
    /// The object was created but never finished: its maker has died or has not come yet.
    Unfinished => BUSY, "its creator has not finished it", "start the creator, or open it with an initial value so that this process may finish it";
    /// The heap has no block of that size.
    HeapFull { #[doc = "Bytes asked for."] wanted: u64, #[doc = "Bytes free, perhaps in pieces."] free: u64 } => NOT_ENOUGH_MEMORY,
        format!("the shared heap has no free block of {wanted} bytes ({free} are free in all)"), "free something, grow the heap, or create it larger";
    /// An address that the heap did not give out, or that was freed before.
    NotAllocated { #[doc = "The offset in bytes."] offset: u64 } => INVALID_ADDRESS,
        format!("offset {offset} is no block that the shared heap has given out"), "freed twice? free exactly what allocate returned";
    /// Another live process has a role that only one may have.
    RoleTaken { #[doc = "Which role."] role: &'static str } => BUSY,
        format!("another process is the {role} already"), "end it first: its role is free as soon as it is gone, however it ends";
    /// Nothing happened in time.
    NotInTime => WAIT_TIMEOUT, "nothing happened in the given time", "wait longer, or find out why the other side is slow";
    /// An item that is longer than the queue's cells.
    ItemTooLong { #[doc = "Bytes of the item."] len: u64, #[doc = "Most bytes."] most: u64 } => INVALID_PARAMETER,
        format!("an item of {len} bytes does not fit, {most} is the most"), "send it in pieces, or send the offset of a block in a shared heap";
    /// Nothing behind the end of what was reserved (V-51).
    GrownToTheEnd { #[doc = "Bytes asked for."] wanted: u64, #[doc = "Bytes reserved."] reserved: u64 } => NOT_ENOUGH_MEMORY,
        format!("{wanted} bytes are needed, {reserved} were reserved when the object was created"), "reserve more at creation: it costs address space only";
    /// The members found no address that is free in all of them (V-76).
    NoCommonAddress { #[doc = "Length in bytes."] len: u64, #[doc = "How many members there are."] members: usize } => INVALID_ADDRESS,
        format!("no range of {len} bytes is free at the same address in all {members} processes"), "use offsets, or a smaller object";
    /// Too many processes for one control object.
    TooManyMembers { #[doc = "The most."] most: usize } => NO_SYSTEM_RESOURCES,
        format!("{most} processes are members already"), "end one; its place is free at once";
    /// A section in the global directory whose owner could not have had the privilege to create it (N-41, O-67).
    GlobalOwner { #[doc = "The file's user number."] uid: u32 } => ACCESS_DENIED,
        format!("the object belongs to user {uid}, who may not create file mappings in Global\\: it may be a squatter's"),
        "let root end that program and run `filemap sweep`; or, if the user is trusted, add the user to the group filemap-global";
    /// The kernel lets only the owner of a file change its permissions (A-60).
    SecurityNotOwner { #[doc = "The file's user number."] uid: u32 } => ACCESS_DENIED,
        format!("the kernel lets only user {uid} and root change who may open this object"),
        "let that user or root change the descriptor; WRITE_DAC and WRITE_OWNER of others count in the library only";
    /// The descriptor does not fit the place that the object's file has for it.
    SecurityTooLong { #[doc = "Bytes needed."] needed: usize, #[doc = "Bytes there are."] room: usize } => NOT_SUPPORTED,
        format!("name, path and descriptor together take {needed} bytes, and an object that exists has room for {room}"),
        "use fewer ACEs (groups instead of users), or create the object anew with this descriptor";
    /// Another private name space has the alias in this process (N-71).
    AliasTaken { #[doc = "The alias."] alias: String } => ALREADY_EXISTS,
        format!("`{alias}` is the alias of another name space in this process"), "take another alias: it means something in this process only";
    /// The creator of a private name space is not inside its boundary (N-72, O-67).
    PrivateOwnerOutside { #[doc = "The directory's user number."] uid: u32, #[doc = "What that user lacks."] missing: String } => ACCESS_DENIED,
        format!("the private name space belongs to user {uid}, who is not in its boundary ({missing}): it may be a squatter's"),
        "remove its directory below Private/, or let root do it";
    /// The login policy for sessions, without a login session.
    NoLoginSession => INVALID_PARAMETER,
        "this process belongs to no login session (/proc/self/sessionid)", "log in, or set FILEMAP_SESSION to a number or leave it unset";
    /// A path leads to nothing.
    FileMissing => FILE_NOT_FOUND, "there is no such file", "check the path, or make the file first";
    /// A value in shared memory whose lock an owner died with.
    Poisoned => ABANDONED_WAIT_0, "an owner of the lock died with it, so the value may be half changed",
        "look at the value with lock_anyway, mend it and say so with mend";
    /// A file's permissions forbid what is wanted of it.
    FileDenied => ACCESS_DENIED, "this user may not open the file that way", "check its permissions, or ask for less (a protection that only reads)";
    /// A session's directory that belongs to another user (N-2, O-67).
    SessionOfAnother { #[doc = "The session."] session: u32, #[doc = "Its directory's user number."] uid: u32 } => ACCESS_DENIED,
        format!("session {session} belongs to user {uid}, and its names are for that user and for services"),
        "share through Global\\, or choose another FILEMAP_SESSION; a directory that a squatter made, root removes (Sessions/ in the tree)";
    /// What has the name may not even be looked at by this caller (A-60, I-29).
    EntryDenied { #[doc = "Whose it is."] user: String, #[doc = "Mode bits of its file."] mode: u32 } => ACCESS_DENIED,
        format!("it belongs to {user} (mode {mode:03o}), and this caller may not look into it"),
        "ask as that user, or as root: sudo filemap …";
    /// What changes the whole machine (N-90).
    NeedsRoot => ACCESS_DENIED, "only root may do this", "run it with sudo";
    /// What would take the ground from under objects that somebody has open.
    ObjectsInUse { #[doc = "How many."] count: usize, #[doc = "One of them, and who holds it."] one: String } => BUSY,
        match count {
            1 => format!("{one} is in use"),
            _ => format!("{count} objects are in use, {one} among them"),
        },
        "end the processes that hold them (see filemap ls), then try again";
    /// A process that there is not.
    NoProcess { #[doc = "Its number."] pid: u32 } => INVALID_PARAMETER,
        format!("there is no process {pid}"), "see ps -e for those that there are";
    /// A process that only its own user and root may look into.
    ProcessDenied { #[doc = "Its number."] pid: u32 } => ACCESS_DENIED,
        format!("process {pid} may not be looked into by this caller"), "ask as the user whose process it is, or as root";
    /// A program or library that a command needs is not there.
    Missing { #[doc = "What, and where it was looked for."] what: String, #[doc = "How it is got."] remedy: &'static str } => FILE_NOT_FOUND,
        what.clone(), *remedy;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_5_has_causes_with_different_remedies() {
        // E-3: access denied, view too large, already committed, Global creation.
        let fives = [
            Why::AccessMaskEmpty,
            Why::ViewTooLarge { end: 2, size: 1 },
            Why::AlreadyCommitted,
            Why::GlobalCreation,
        ];
        for (i, a) in fives.iter().enumerate() {
            assert_eq!(a.code(), Win32Code::ACCESS_DENIED);
            for b in &fives[i + 1..] {
                assert_ne!(a.remedy(), b.remedy());
            }
        }
    }
}

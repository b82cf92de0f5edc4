//! Kernel status numbers, their names, and the Win32 numbers that they become.

use crate::error::Win32Code;
use core::fmt;

/// A kernel status (`NTSTATUS`), as native functions and exception records carry it.
///
/// Several statuses become one Win32 number: the status is the better evidence of a cause (E-3).
///
/// ```
/// use filemap_core::error::Win32Code;
/// use filemap_core::explain::NtStatus;
/// assert_eq!(NtStatus(0xC000_001F).to_string(), "STATUS_INVALID_VIEW_SIZE, 0xC000001F");
/// assert_eq!(NtStatus::INVALID_VIEW_SIZE.win32(), Some(Win32Code::ACCESS_DENIED)); // misleading, and true (V-4)
/// assert!(NtStatus::of(Win32Code::ACCESS_DENIED).any(|status| status == NtStatus::ALREADY_COMMITTED));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NtStatus(pub u32);

macro_rules! statuses {
    ($($value:literal $name:ident => $($code:ident)?;)*) => {
        impl NtStatus {
            $(#[doc = concat!("`STATUS_", stringify!($name), "`, ", stringify!($value), ".")]
            pub const $name: NtStatus = NtStatus($value);)*

            /// Every status that this crate knows, in ascending order.
            pub const ALL: &'static [NtStatus] = &[$(NtStatus($value)),*];

            /// The name in `ntstatus.h`, or `None` for a status that is not in the list.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some(concat!("STATUS_", stringify!($name))),)*
                    _ => None,
                }
            }

            /// The Win32 number that `GetLastError` shows for it, or `None` if it never arrives there (E-4).
            #[must_use]
            pub const fn win32(self) -> Option<Win32Code> {
                match self.0 {
                    $($value => statuses!(@code $($code)?),)*
                    _ => None,
                }
            }
        }
    };
    (@code $code:ident) => { Some(Win32Code::$code) };
    (@code) => { None };
}

statuses! {
    0x0000_0102 TIMEOUT => WAIT_TIMEOUT;
    0x0000_0106 NOT_ALL_ASSIGNED => NOT_ALL_ASSIGNED;
    0x4000_0000 OBJECT_NAME_EXISTS => ALREADY_EXISTS;
    0x8000_0011 DEVICE_BUSY => BUSY;
    0xC000_0001 UNSUCCESSFUL => GEN_FAILURE;
    0xC000_0004 INFO_LENGTH_MISMATCH => BAD_LENGTH;
    0xC000_0005 ACCESS_VIOLATION => NOACCESS;
    0xC000_0006 IN_PAGE_ERROR => SWAPERROR;
    0xC000_0007 PAGEFILE_QUOTA => PAGEFILE_QUOTA;
    0xC000_0008 INVALID_HANDLE => INVALID_HANDLE;
    0xC000_000D INVALID_PARAMETER => INVALID_PARAMETER;
    0xC000_0011 END_OF_FILE => HANDLE_EOF;
    0xC000_0017 NO_MEMORY => NOT_ENOUGH_MEMORY;
    0xC000_0018 CONFLICTING_ADDRESSES => INVALID_ADDRESS;
    0xC000_0019 NOT_MAPPED_VIEW => INVALID_ADDRESS;
    0xC000_001D ILLEGAL_INSTRUCTION => ;
    0xC000_001F INVALID_VIEW_SIZE => ACCESS_DENIED;
    0xC000_0020 INVALID_FILE_FOR_SECTION => BAD_EXE_FORMAT;
    0xC000_0021 ALREADY_COMMITTED => ACCESS_DENIED;
    0xC000_0022 ACCESS_DENIED => ACCESS_DENIED;
    0xC000_0023 BUFFER_TOO_SMALL => INSUFFICIENT_BUFFER;
    0xC000_0024 OBJECT_TYPE_MISMATCH => INVALID_HANDLE;
    0xC000_0033 OBJECT_NAME_INVALID => INVALID_NAME;
    0xC000_0034 OBJECT_NAME_NOT_FOUND => FILE_NOT_FOUND;
    0xC000_0035 OBJECT_NAME_COLLISION => ALREADY_EXISTS;
    0xC000_003A OBJECT_PATH_NOT_FOUND => PATH_NOT_FOUND;
    0xC000_003B OBJECT_PATH_SYNTAX_BAD => BAD_PATHNAME;
    0xC000_0040 SECTION_TOO_BIG => NOT_ENOUGH_MEMORY;
    0xC000_0043 SHARING_VIOLATION => SHARING_VIOLATION;
    0xC000_0044 QUOTA_EXCEEDED => NOT_ENOUGH_QUOTA;
    0xC000_0045 INVALID_PAGE_PROTECTION => INVALID_PARAMETER;
    0xC000_0046 MUTANT_NOT_OWNED => NOT_OWNER;
    0xC000_0047 SEMAPHORE_LIMIT_EXCEEDED => TOO_MANY_POSTS;
    0xC000_004E SECTION_PROTECTION => INVALID_PARAMETER;
    0xC000_0054 FILE_LOCK_CONFLICT => LOCK_VIOLATION;
    0xC000_0058 UNKNOWN_REVISION => UNKNOWN_REVISION;
    0xC000_0059 REVISION_MISMATCH => REVISION_MISMATCH;
    0xC000_005A INVALID_OWNER => INVALID_OWNER;
    0xC000_005B INVALID_PRIMARY_GROUP => INVALID_PRIMARY_GROUP;
    0xC000_0061 PRIVILEGE_NOT_HELD => PRIVILEGE_NOT_HELD;
    0xC000_0073 NONE_MAPPED => NONE_MAPPED;
    0xC000_0077 INVALID_ACL => INVALID_ACL;
    0xC000_0078 INVALID_SID => INVALID_SID;
    0xC000_0079 INVALID_SECURITY_DESCR => INVALID_SECURITY_DESCR;
    0xC000_007A PROCEDURE_NOT_FOUND => PROC_NOT_FOUND;
    0xC000_007B INVALID_IMAGE_FORMAT => BAD_EXE_FORMAT;
    0xC000_007F DISK_FULL => DISK_FULL;
    0xC000_0087 SECTION_NOT_EXTENDED => OUTOFMEMORY;
    0xC000_0088 NOT_MAPPED_DATA => INVALID_ADDRESS;
    0xC000_0098 FILE_INVALID => FILE_INVALID;
    0xC000_009A INSUFFICIENT_RESOURCES => NO_SYSTEM_RESOURCES;
    0xC000_00A1 WORKING_SET_QUOTA => WORKING_SET_QUOTA;
    0xC000_00A2 MEDIA_WRITE_PROTECTED => WRITE_PROTECT;
    0xC000_00A5 BAD_IMPERSONATION_LEVEL => BAD_IMPERSONATION_LEVEL;
    0xC000_00BB NOT_SUPPORTED => NOT_SUPPORTED;
    0xC000_00EF INVALID_PARAMETER_1 => INVALID_PARAMETER;
    0xC000_00F0 INVALID_PARAMETER_2 => INVALID_PARAMETER;
    0xC000_00F1 INVALID_PARAMETER_3 => INVALID_PARAMETER;
    0xC000_00F2 INVALID_PARAMETER_4 => INVALID_PARAMETER;
    0xC000_00F3 INVALID_PARAMETER_5 => INVALID_PARAMETER;
    0xC000_00F4 INVALID_PARAMETER_6 => INVALID_PARAMETER;
    0xC000_00F5 INVALID_PARAMETER_7 => INVALID_PARAMETER;
    0xC000_00F6 INVALID_PARAMETER_8 => INVALID_PARAMETER;
    0xC000_00F7 INVALID_PARAMETER_9 => INVALID_PARAMETER;
    0xC000_00F8 INVALID_PARAMETER_10 => INVALID_PARAMETER;
    0xC000_00F9 INVALID_PARAMETER_11 => INVALID_PARAMETER;
    0xC000_00FA INVALID_PARAMETER_12 => INVALID_PARAMETER;
    0xC000_0102 FILE_CORRUPT_ERROR => FILE_CORRUPT;
    0xC000_0106 NAME_TOO_LONG => FILENAME_EXCED_RANGE;
    0xC000_011B INVALID_IMAGE_NE_FORMAT => BAD_EXE_FORMAT;
    0xC000_011C INVALID_IMAGE_LE_FORMAT => BAD_EXE_FORMAT;
    0xC000_011E MAPPED_FILE_SIZE_ZERO => FILE_INVALID;
    0xC000_011F TOO_MANY_OPENED_FILES => TOO_MANY_OPEN_FILES;
    0xC000_0121 CANNOT_DELETE => ACCESS_DENIED;
    0xC000_012C PAGEFILE_QUOTA_EXCEEDED => PAGEFILE_QUOTA;
    0xC000_012D COMMITMENT_LIMIT => COMMITMENT_LIMIT;
    0xC000_012F INVALID_IMAGE_NOT_MZ => BAD_EXE_FORMAT;
    0xC000_0130 INVALID_IMAGE_PROTECT => BAD_EXE_FORMAT;
    0xC000_0131 INVALID_IMAGE_WIN_16 => BAD_EXE_FORMAT;
    0xC000_014B PIPE_BROKEN => BROKEN_PIPE;
    0xC000_0185 IO_DEVICE_ERROR => IO_DEVICE;
    0xC000_0191 MUTANT_LIMIT_EXCEEDED => MUTANT_LIMIT_EXCEEDED;
    0xC000_0220 MAPPED_ALIGNMENT => MAPPED_ALIGNMENT;
    0xC000_0235 HANDLE_NOT_CLOSABLE => INVALID_HANDLE;
    0xC000_0243 USER_MAPPED_FILE => USER_MAPPED_FILE;
}

impl NtStatus {
    /// The status with this name, with or without `STATUS_`; upper or lower case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<NtStatus> {
        let short = |full: &'static str| full.strip_prefix("STATUS_").unwrap_or(full);
        Self::ALL.iter().copied().find(|status| {
            status
                .name()
                .is_some_and(|full| full.eq_ignore_ascii_case(name) || short(full).eq_ignore_ascii_case(name))
        })
    }

    /// Every known status that becomes this Win32 number.
    pub fn of(code: Win32Code) -> impl Iterator<Item = NtStatus> {
        Self::ALL
            .iter()
            .copied()
            .filter(move |status| status.win32() == Some(code))
    }
}

impl fmt::Display for NtStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name}, {:#010X}", self.0),
            None => write!(f, "NTSTATUS {:#010X}", self.0),
        }
    }
}

impl fmt::Debug for NtStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NtStatus({self})")
    }
}

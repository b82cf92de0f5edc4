//! Win32 error numbers and their names.

use core::fmt;

/// A Win32 error number, as `GetLastError` returns it.
///
/// A newtype with constants and not an enum: a system may answer with a number that this list does not have, and
/// it must keep its value. Source: Microsoft "System Error Codes"; `spec/errors.md`.
///
/// ```
/// use filemap_core::error::Win32Code;
/// assert_eq!(Win32Code::FILE_NOT_FOUND.to_string(), "ERROR_FILE_NOT_FOUND, 2");
/// assert_eq!(Win32Code::from_name("ERROR_ACCESS_DENIED"), Some(Win32Code(5)));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Win32Code(pub u32);

macro_rules! codes {
    ($($value:literal $name:ident;)*) => {
        impl Win32Code {
            $(#[doc = concat!("`ERROR_", stringify!($name), "`, ", stringify!($value), ".")]
            pub const $name: Win32Code = Win32Code($value);)*

            /// Every number that this crate knows, in ascending order.
            pub const ALL: &'static [Win32Code] = &[$(Win32Code($value)),*];

            /// The name in `winerror.h`, or `None` for a number that is not in the list.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    0 => Some("ERROR_SUCCESS"),
                    $($value => Some(concat!("ERROR_", stringify!($name))),)*
                    _ => None,
                }
            }
        }
    };
}

codes! {
    1 INVALID_FUNCTION;
    2 FILE_NOT_FOUND;
    3 PATH_NOT_FOUND;
    4 TOO_MANY_OPEN_FILES;
    5 ACCESS_DENIED;
    6 INVALID_HANDLE;
    7 ARENA_TRASHED;
    8 NOT_ENOUGH_MEMORY;
    11 BAD_FORMAT;
    12 INVALID_ACCESS;
    13 INVALID_DATA;
    14 OUTOFMEMORY;
    15 INVALID_DRIVE;
    17 NOT_SAME_DEVICE;
    18 NO_MORE_FILES;
    19 WRITE_PROTECT;
    21 NOT_READY;
    24 BAD_LENGTH;
    29 WRITE_FAULT;
    30 READ_FAULT;
    31 GEN_FAILURE;
    32 SHARING_VIOLATION;
    33 LOCK_VIOLATION;
    34 WRONG_DISK;
    36 SHARING_BUFFER_EXCEEDED;
    38 HANDLE_EOF;
    39 HANDLE_DISK_FULL;
    50 NOT_SUPPORTED;
    80 FILE_EXISTS;
    82 CANNOT_MAKE;
    87 INVALID_PARAMETER;
    109 BROKEN_PIPE;
    110 OPEN_FAILED;
    111 BUFFER_OVERFLOW;
    112 DISK_FULL;
    120 CALL_NOT_IMPLEMENTED;
    121 SEM_TIMEOUT;
    122 INSUFFICIENT_BUFFER;
    123 INVALID_NAME;
    126 MOD_NOT_FOUND;
    127 PROC_NOT_FOUND;
    128 WAIT_NO_CHILDREN;
    130 DIRECT_ACCESS_HANDLE;
    131 NEGATIVE_SEEK;
    132 SEEK_ON_DEVICE;
    145 DIR_NOT_EMPTY;
    158 NOT_LOCKED;
    161 BAD_PATHNAME;
    167 LOCK_FAILED;
    170 BUSY;
    183 ALREADY_EXISTS;
    193 BAD_EXE_FORMAT;
    203 ENVVAR_NOT_FOUND;
    206 FILENAME_EXCED_RANGE;
    220 FILE_CHECKED_OUT;
    230 BAD_PIPE;
    231 PIPE_BUSY;
    232 NO_DATA;
    233 PIPE_NOT_CONNECTED;
    234 MORE_DATA;
    258 WAIT_TIMEOUT;
    259 NO_MORE_ITEMS;
    267 DIRECTORY;
    288 NOT_OWNER;
    298 TOO_MANY_POSTS;
    299 PARTIAL_COPY;
    317 MR_MID_NOT_FOUND;
    487 INVALID_ADDRESS;
    534 ARITHMETIC_OVERFLOW;
    587 MUTANT_LIMIT_EXCEEDED;
    735 ABANDONED_WAIT_0;
    995 OPERATION_ABORTED;
    996 IO_INCOMPLETE;
    997 IO_PENDING;
    998 NOACCESS;
    999 SWAPERROR;
    1001 STACK_OVERFLOW;
    1004 INVALID_FLAGS;
    1006 FILE_INVALID;
    1113 NO_UNICODE_TRANSLATION;
    1114 DLL_INIT_FAILED;
    1117 IO_DEVICE;
    1130 NOT_ENOUGH_SERVER_MEMORY;
    1131 POSSIBLE_DEADLOCK;
    1132 MAPPED_ALIGNMENT;
    1167 DEVICE_NOT_CONNECTED;
    1168 NOT_FOUND;
    1223 CANCELLED;
    1224 USER_MAPPED_FILE;
    1292 IMPLEMENTATION_LIMIT;
    1300 NOT_ALL_ASSIGNED;
    1305 UNKNOWN_REVISION;
    1306 REVISION_MISMATCH;
    1307 INVALID_OWNER;
    1308 INVALID_PRIMARY_GROUP;
    1309 NO_IMPERSONATION_TOKEN;
    1314 PRIVILEGE_NOT_HELD;
    1326 LOGON_FAILURE;
    1332 NONE_MAPPED;
    1336 INVALID_ACL;
    1337 INVALID_SID;
    1338 INVALID_SECURITY_DESCR;
    1344 ALLOTTED_SPACE_EXCEEDED;
    1346 BAD_IMPERSONATION_LEVEL;
    1359 INTERNAL_ERROR;
    1392 FILE_CORRUPT;
    1393 DISK_CORRUPT;
    1450 NO_SYSTEM_RESOURCES;
    1453 WORKING_SET_QUOTA;
    1454 PAGEFILE_QUOTA;
    1455 COMMITMENT_LIMIT;
    1460 TIMEOUT;
    1656 NOT_SAME_OBJECT;
    1784 INVALID_USER_BUFFER;
    1815 RESOURCE_LANG_NOT_FOUND;
    1816 NOT_ENOUGH_QUOTA;
}

impl Win32Code {
    /// The number for a name of `winerror.h`, with or without `ERROR_`; upper or lower case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Win32Code> {
        Self::ALL.iter().copied().find(|code| {
            code.name().is_some_and(|full| {
                full.eq_ignore_ascii_case(name)
                    || full
                        .strip_prefix("ERROR_")
                        .is_some_and(|short| short.eq_ignore_ascii_case(name))
            })
        })
    }
}

impl fmt::Display for Win32Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name}, {}", self.0),
            None => write!(f, "Win32 error {}", self.0),
        }
    }
}

impl fmt::Debug for Win32Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Win32Code({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn the_list_is_ascending_and_every_number_has_a_name_that_leads_back() {
        assert!(Win32Code::ALL.windows(2).all(|pair| pair[0] < pair[1]));
        for code in Win32Code::ALL {
            assert_eq!(Win32Code::from_name(code.name().unwrap()), Some(*code));
        }
    }

    #[test]
    fn a_foreign_number_keeps_its_value() {
        assert_eq!(Win32Code(77_777).to_string(), "Win32 error 77777");
    }
}

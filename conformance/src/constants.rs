//! Windows' constants by name.

use filemap_core::error::Win32Code;

/// The constants that tables use. A test compares them with the C library's.
pub const CONSTANTS: &[(&str, u32)] = &[
    ("TRUE", 1),
    ("FALSE", 0),
    ("NULL", 0),
    ("INFINITE", 0xffff_ffff),
    ("PAGE_NOACCESS", 0x01),
    ("PAGE_READONLY", 0x02),
    ("PAGE_READWRITE", 0x04),
    ("PAGE_WRITECOPY", 0x08),
    ("PAGE_EXECUTE", 0x10),
    ("PAGE_EXECUTE_READ", 0x20),
    ("PAGE_EXECUTE_READWRITE", 0x40),
    ("PAGE_EXECUTE_WRITECOPY", 0x80),
    ("PAGE_GUARD", 0x100),
    ("PAGE_NOCACHE", 0x200),
    ("PAGE_WRITECOMBINE", 0x400),
    ("SEC_NO_CHANGE", 0x0040_0000),
    ("SEC_IMAGE", 0x0100_0000),
    ("SEC_RESERVE", 0x0400_0000),
    ("SEC_COMMIT", 0x0800_0000),
    ("SEC_NOCACHE", 0x1000_0000),
    ("SEC_WRITECOMBINE", 0x4000_0000),
    ("SEC_LARGE_PAGES", 0x8000_0000),
    ("FILE_MAP_COPY", 0x01),
    ("FILE_MAP_WRITE", 0x02),
    ("FILE_MAP_READ", 0x04),
    ("FILE_MAP_EXECUTE", 0x20),
    ("FILE_MAP_ALL_ACCESS", 0x000f_001f),
    ("FILE_MAP_RESERVE", 0x8000_0000),
    ("FILE_MAP_TARGETS_INVALID", 0x4000_0000),
    ("SECTION_QUERY", 0x01),
    ("SECTION_MAP_EXECUTE", 0x08),
    ("SECTION_EXTEND_SIZE", 0x10),
    ("MEM_COMMIT", 0x1000),
    ("MEM_RESERVE", 0x2000),
    ("MEM_DECOMMIT", 0x4000),
    ("MEM_RELEASE", 0x8000),
    ("MEM_FREE", 0x1_0000),
    ("MEM_PRIVATE", 0x2_0000),
    ("MEM_MAPPED", 0x4_0000),
    ("MEM_RESET", 0x8_0000),
    ("MEM_IMAGE", 0x0100_0000),
    ("DELETE", 0x1_0000),
    ("READ_CONTROL", 0x2_0000),
    ("WRITE_DAC", 0x4_0000),
    ("WRITE_OWNER", 0x8_0000),
    ("SYNCHRONIZE", 0x10_0000),
    ("ACCESS_SYSTEM_SECURITY", 0x0100_0000),
    ("MAXIMUM_ALLOWED", 0x0200_0000),
    ("GENERIC_READ", 0x8000_0000),
    ("GENERIC_WRITE", 0x4000_0000),
    ("GENERIC_EXECUTE", 0x2000_0000),
    ("GENERIC_ALL", 0x1000_0000),
    ("EVENT_MODIFY_STATE", 0x02),
    ("EVENT_ALL_ACCESS", 0x001f_0003),
    ("MUTEX_ALL_ACCESS", 0x001f_0001),
    ("SEMAPHORE_MODIFY_STATE", 0x02),
    ("SEMAPHORE_ALL_ACCESS", 0x001f_0003),
    ("TIMER_ALL_ACCESS", 0x001f_0003),
    ("TIMER_MODIFY_STATE", 0x02),
    ("JOB_OBJECT_ALL_ACCESS", 0x001f_001f),
    ("DUPLICATE_CLOSE_SOURCE", 0x01),
    ("DUPLICATE_SAME_ACCESS", 0x02),
    ("HANDLE_FLAG_INHERIT", 0x01),
    ("HANDLE_FLAG_PROTECT_FROM_CLOSE", 0x02),
    ("WAIT_OBJECT_0", 0),
    ("WAIT_ABANDONED", 0x80),
    ("WAIT_ABANDONED_0", 0x80),
    ("WAIT_TIMEOUT", 0x102),
    ("WAIT_FAILED", 0xffff_ffff),
    ("FILE_SHARE_READ", 0x01),
    ("FILE_SHARE_WRITE", 0x02),
    ("FILE_SHARE_DELETE", 0x04),
    ("CREATE_NEW", 1),
    ("CREATE_ALWAYS", 2),
    ("OPEN_EXISTING", 3),
    ("OPEN_ALWAYS", 4),
    ("TRUNCATE_EXISTING", 5),
];

/// The value of a number in decimal or 0x form, of a constant (errors too), or of several joined by `|`.
///
/// # Errors
/// What is no number and no constant.
pub fn number(text: &str) -> Result<u64, String> {
    text.split('|')
        .map(str::trim)
        .try_fold(0, |all, part| Ok(all | one(part)?))
}

fn one(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(&hex.replace('_', ""), 16).ok(),
        None => text.parse().ok(),
    };
    let constant = || {
        CONSTANTS
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, value)| u64::from(*value))
    };
    let error = || {
        let found = Win32Code::ALL.iter().find(|code| code.name() == Some(text));
        found.map(|code| u64::from(code.0))
    };
    parsed
        .or_else(constant)
        .or_else(error)
        .ok_or_else(|| format!("`{text}` is no number and no constant"))
}

//! Arguments that are accepted and do not mean what their author thinks.

use super::{Args, Call};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Something about the arguments that is worth a word, although it need not be the cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lint {
    /// A short name that stays the same, as in `page-constant`.
    pub id: &'static str,
    /// One sentence without a full stop.
    pub words: String,
    /// Where it is specified.
    pub clause: &'static str,
}

/// `PAGE_` constants by value, and what the same bits mean as access.
const PAGE_AS_ACCESS: [(u32, &str, &str); 8] = [
    (0x01, "PAGE_NOACCESS", "FILE_MAP_COPY"),
    (0x02, "PAGE_READONLY", "FILE_MAP_WRITE"),
    (0x04, "PAGE_READWRITE", "FILE_MAP_READ"),
    (0x08, "PAGE_WRITECOPY", "SECTION_MAP_EXECUTE"),
    (0x10, "PAGE_EXECUTE", "SECTION_EXTEND_SIZE"),
    (0x20, "PAGE_EXECUTE_READ", "FILE_MAP_EXECUTE"),
    (0x40, "PAGE_EXECUTE_READWRITE", "no right"),
    (0x80, "PAGE_EXECUTE_WRITECOPY", "no right"),
];

/// What is odd about the arguments of a call.
///
/// `written` is the text that the author wrote for the access, if it is known: only a name tells PAGE_READWRITE from
/// FILE_MAP_READ, for both are 4 (M-87).
///
/// ```
/// use filemap_core::explain::{Args, Call, lint};
/// let args = Args { access: Some(0x04), ..Args::default() };
/// let told = lint(Call::OpenFileMapping, &args, Some("PAGE_READWRITE"));
/// assert_eq!(told[0].id, "page-constant");
/// assert!(lint(Call::OpenFileMapping, &args, Some("FILE_MAP_READ")).is_empty());
/// ```
#[must_use]
pub fn lint(call: Call, args: &Args<'_>, written: Option<&str>) -> Vec<Lint> {
    let mut found = Vec::new();
    let mut say = |id, clause, words| found.push(Lint { id, words, clause });
    let takes_access = matches!(call, Call::OpenFileMapping | Call::MapViewOfFile);
    if takes_access && let Some(access) = args.access {
        let entry = PAGE_AS_ACCESS.iter().find(|(value, ..)| *value == access);
        let by_name = written.is_some_and(|text| text.to_ascii_uppercase().contains("PAGE_"));
        let by_value = matches!(access, 0x08 | 0x10 | 0x40 | 0x80); // no FILE_MAP_ constant has these
        if let Some((value, page, means)) = entry
            && (by_name || by_value)
        {
            let words = format!(
                "{value:#x} is {page}, a page protection; as access it means {means}: pass FILE_MAP_ constants"
            );
            say("page-constant", "M-87", words);
        }
        if call == Call::MapViewOfFile && access & 0x1 != 0 && access & 0x6 != 0 && access & 0xF_0000 == 0 {
            say(
                "copy-combined",
                "V-9",
                String::from(
                    "FILE_MAP_COPY counts only alone; with READ or WRITE the view is not copy-on-write, and WRITE writes through",
                ),
            );
        }
        if call == Call::OpenFileMapping && access == 0xF_001F {
            say(
                "all-access",
                "O-19",
                String::from(
                    "FILE_MAP_ALL_ACCESS also asks for DELETE, WRITE_DAC and WRITE_OWNER; FILE_MAP_READ | FILE_MAP_WRITE is enough to share",
                ),
            );
        }
    }
    if call == Call::CreateFileMapping
        && written.is_some_and(|text| text.to_ascii_uppercase().contains("FILE_MAP_"))
    {
        say(
            "access-constant",
            "M-10",
            String::from("flProtect takes PAGE_ constants, FILE_MAP_ constants are for views and opens"),
        );
    }
    if let Some(Some(name)) = args.name
        && let Some(rest) = name.strip_prefix(r"Session\")
    {
        say(
            "session-prefix",
            "N-10",
            format!(
                r"Session\ is the system's own prefix, and numbers change at logon: use Global\ for `{rest}`"
            ),
        );
    }
    found
}

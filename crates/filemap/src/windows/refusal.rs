//! The errors of the system with the causes and remedies of the tables.
//!
//! The number is always the system's own. The tables are asked afterwards what would give that number; if they know a
//! cause, it is told with its remedy, else the system's own words are.

use filemap_core::error::{Error, Op, Why, Win32Code};
use filemap_sys::SysError;

/// The error of `op` on `object` that a refused call stands for.
pub fn system(op: Op, object: &str, e: SysError) -> Error {
    explained(op, object, e, None)
}

/// The same with the cause that the tables suspect; it is believed if it gives the number that came.
pub(crate) fn explained(op: Op, object: &str, e: SysError, suspected: Option<Why>) -> Error {
    let code = Win32Code(e.errno as u32);
    let why = match suspected {
        Some(why) if why.code() == code => why,
        _ => cause(op, e),
    };
    Error::new(op, object, why).with_code(code)
}

/// The cause that a number stands for in an operation.
fn cause(op: Op, e: SysError) -> Why {
    let by_name = matches!(
        op,
        Op::CreateFileMapping | Op::OpenFileMapping | Op::Create(_) | Op::Open(_)
    );
    match Win32Code(e.errno as u32) {
        Win32Code::FILE_NOT_FOUND if by_name => Why::NameNotFound,
        Win32Code::PATH_NOT_FOUND if by_name => Why::PathNotFound,
        Win32Code::ALREADY_EXISTS if by_name => Why::NameExists,
        Win32Code::INVALID_HANDLE if by_name => Why::NameHeldBy {
            kind: "another kind of object",
        },
        Win32Code::ACCESS_DENIED if by_name => Why::AccessDenied {
            missing: "what was asked for".to_owned(),
        },
        Win32Code::INVALID_ADDRESS if op == Op::MapView => Why::System {
            code: Win32Code::INVALID_ADDRESS,
            text: "the address is not free, or no view can be there".to_owned(),
        },
        Win32Code::PROC_NOT_FOUND => Why::NoSuchFunction {
            what: e.call,
            platform: "this version of Windows",
        },
        _ => filemap_sys::os::sync::cause(e),
    }
}

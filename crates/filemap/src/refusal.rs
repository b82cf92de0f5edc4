//! What a system call's number means in Windows' terms.

use filemap_core::error::{Error, Op, Why, Win32Code};
use filemap_sys::SysError;
use filemap_sys::os::map::NoView;

/// The error of `op` on `object` that a refused system call stands for.
pub fn system(op: Op, object: &str, e: SysError) -> Error {
    Error::new(op, object, cause(e)).with_os(e.into())
}

/// The cause that a system call's number stands for, where no better one is known.
pub(crate) fn cause(e: SysError) -> Why {
    match e.errno {
        libc::EMFILE => Why::TooManyHandles,
        libc::ENFILE => Why::SystemResources { what: "open files" },
        libc::ENOLCK => Why::SystemResources { what: "file locks" },
        libc::ENOMEM => Why::SystemResources {
            what: "kernel memory",
        },
        libc::ENAMETOOLONG => Why::NameTooLongForAnsi { chars: 255 },
        errno => Why::System {
            code: closest(errno),
            text: std::io::Error::from_raw_os_error(errno).to_string(),
        },
    }
}

/// The closest Win32 number; `ERROR_GEN_FAILURE` (31) where none is close.
fn closest(errno: i32) -> Win32Code {
    match errno {
        libc::EACCES | libc::EPERM | libc::EROFS => Win32Code::ACCESS_DENIED,
        libc::ENOENT => Win32Code::FILE_NOT_FOUND,
        libc::ENOTDIR => Win32Code::PATH_NOT_FOUND,
        libc::EEXIST => Win32Code::ALREADY_EXISTS,
        libc::ENOSPC | libc::EDQUOT => Win32Code::DISK_FULL,
        libc::EINVAL => Win32Code::INVALID_PARAMETER,
        libc::EBADF => Win32Code::INVALID_HANDLE,
        libc::ETXTBSY => Win32Code::SHARING_VIOLATION,
        libc::EBUSY => Win32Code::BUSY,
        libc::EIO => Win32Code::IO_DEVICE,
        libc::EFBIG => Win32Code::NOT_ENOUGH_MEMORY,
        libc::ENOSYS | libc::EOPNOTSUPP => Win32Code::NOT_SUPPORTED,
        libc::EFAULT => Win32Code::NOACCESS,
        _ => Win32Code::GEN_FAILURE,
    }
}

/// The error of a view that did not come about.
pub(crate) fn no_view(object: &str, refused: NoView, len: u64, base: Option<u64>, place: &str) -> Error {
    let why = match refused {
        NoView::Occupied => Why::BaseOccupied {
            base: base.unwrap_or_default(),
        },
        NoView::NoSpace => Why::NoAddressSpace { len },
        NoView::NoExec => Why::NoExec {
            place: place.to_owned(),
        },
        NoView::System(e) => return system(Op::MapView, object, e),
    };
    Error::new(Op::MapView, object, why)
}

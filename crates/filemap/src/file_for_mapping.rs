//! `CreateFileForMapping` of Windows CE (P-40..P-48), and `DeleteFile` on files that are mapped (P-61).

use crate::namespace::Namespace;
use crate::refusal;
use crate::words::{
    Disposition, FILE_SHARE_READ, FILE_SHARE_WRITE, FileForMappingOptions, GENERIC_READ, GENERIC_WRITE,
};
use filemap_core::error::{Error, Op, Why, Win32Code};
use filemap_core::profile::{Argument, DeleteMapped, FileForMapping, Profile};
use filemap_sys::os::file::{self, Share, Sharing};
use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;

/// Opens a *disk file* to be mapped, as Windows CE programs do it (P-40). The name that processes meet by is the mapping
/// object's: only one of them opens the file for writing, the others call
/// [`create`](crate::FileMappingOptions::create) with that name and get the original object (P-44, P-45).
///
/// While the file that is returned, or a duplicate of it, is open, nobody else opens it for mapping with
/// [`GENERIC_WRITE`], and share modes hold among all who use this function.
///
/// # Errors
/// `ERROR_PROC_NOT_FOUND` (127) on platforms other than `ce`; `ERROR_INVALID_PARAMETER` (87) for security attributes or
/// access that it does not take; `ERROR_SHARING_VIOLATION` (32) for a second writer or a share mode in the way;
/// `ERROR_FILE_NOT_FOUND` (2), `ERROR_FILE_EXISTS` (80), `ERROR_ACCESS_DENIED` (5). Source: KB301242, CE reference pages.
///
/// ```
/// use filemap::{Disposition, FileForMappingOptions, GENERIC_READ, GENERIC_WRITE};
/// use filemap::{Namespace, Platform, create_file_for_mapping};
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let path = place.path().join("data");
/// let ce = Namespace::at(place.path()).with_platform(Platform::Ce);
/// let writing = FileForMappingOptions {
///     access: GENERIC_READ | GENERIC_WRITE,
///     share: 0,
///     security_is_null: true,
///     disposition: Disposition::OpenAlways,
///     template: 0,
/// };
/// let first = create_file_for_mapping(&ce, &path, &writing)?;
/// let second = create_file_for_mapping(&ce, &path, &writing).unwrap_err();
/// assert_eq!(second.code().0, 32); // only once with GENERIC_WRITE (P-44)
/// # drop(first);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "CreateFileForMapping")]
pub fn create_file_for_mapping(
    space: &Namespace,
    path: impl AsRef<Path>,
    options: &FileForMappingOptions,
) -> Result<File, Error> {
    let (profile, path) = (space.profile(), path.as_ref());
    let name = path.display().to_string();
    let failed = |why| Error::new(Op::Other("open a file for mapping"), name.clone(), why).on(profile);
    check(profile, options).map_err(failed)?;
    let (reads, writes) = (
        options.access & GENERIC_READ != 0,
        options.access & GENERIC_WRITE != 0,
    );
    let system = |e: std::io::Error| failed(cause(&e));
    if options.access == 0 {
        // Asks only: whether the file is there, its size and times.
        return match options.disposition {
            Disposition::OpenExisting => file::open_to_ask(path).map_err(|e| failed(refusal::cause(e))),
            _ => Err(failed(Why::FileForMappingAccess { bits: 0 })),
        };
    }
    let mut open = File::options();
    open.read(true).write(writes); // whoever maps it reads it
    match options.disposition {
        Disposition::CreateNew => open.create_new(true).write(true),
        Disposition::OpenAlways => open.create(writes),
        Disposition::CreateAlways => open.create(true).write(true),
        Disposition::OpenExisting | Disposition::TruncateExisting => &mut open,
    };
    let file = open.open(path).map_err(system)?;
    let sharing = match profile.file_for_mapping_share.is {
        Argument::Used => Sharing {
            reads,
            writes,
            share_reads: options.share & FILE_SHARE_READ != 0,
            share_writes: options.share & FILE_SHARE_WRITE != 0,
        },
        // GENERIC_READ implies sharing for reading, anything else no sharing.
        _ => Sharing {
            reads,
            writes,
            share_reads: reads && !writes,
            share_writes: false,
        },
    };
    let once = profile.writers_of_a_file.is.0 == Some(1) && writes;
    match file::share(file.as_fd(), sharing, once).map_err(|e| failed(refusal::cause(e)))? {
        Share::Granted => {}
        Share::SecondWriter => return Err(failed(Why::SecondWriter)),
        Share::Refused => return Err(failed(Why::NotShared)),
    }
    if matches!(
        options.disposition,
        Disposition::CreateAlways | Disposition::TruncateExisting
    ) {
        crate::set_end_of_file(&file, 0)?; // 1224 while somebody has it mapped
    }
    Ok(file)
}

fn check(profile: &Profile, options: &FileForMappingOptions) -> Result<(), Why> {
    if profile.file_for_mapping.is == FileForMapping::Missing {
        return Err(Why::NoSuchFunction {
            what: "CreateFileForMapping",
            platform: profile.title,
        });
    }
    if matches!(profile.file_for_mapping_security.is, Argument::MustBeNull(_)) && !options.security_is_null {
        return Err(Why::MustBeNull {
            argument: "lpSecurityAttributes",
        });
    }
    match options.access & !profile.file_for_mapping_access.is.0 {
        0 => Ok(()),
        bits => Err(Why::FileForMappingAccess { bits }),
    }
}

fn cause(e: &std::io::Error) -> Why {
    match e.kind() {
        std::io::ErrorKind::NotFound => Why::FileMissing,
        std::io::ErrorKind::PermissionDenied => Why::FileDenied,
        std::io::ErrorKind::AlreadyExists => Why::System {
            code: Win32Code::FILE_EXISTS,
            text: e.to_string(),
        },
        _ => refusal::cause(filemap_sys::SysError {
            call: "open",
            errno: e.raw_os_error().unwrap_or(0),
        }),
    }
}

/// Deletes a file as the platform of `space` does it while the file is mapped (P-61, V-60, V-61): NT refuses up to
/// Windows 8, later the name goes and views keep their memory; Windows 95 deletes it.
///
/// # Errors
/// `ERROR_ACCESS_DENIED` (5) if it is mapped, where that counts; `ERROR_FILE_NOT_FOUND` (2). Source: win32 `DeleteFileW`.
#[doc(alias = "DeleteFile")]
pub fn delete_file(space: &Namespace, path: impl AsRef<Path>) -> Result<(), Error> {
    let (profile, path) = (space.profile(), path.as_ref());
    let failed = |why| Error::new(Op::DeleteFile, path.display().to_string(), why).on(profile);
    if matches!(profile.delete_mapped_file.is, DeleteMapped::Refused(_))
        && let Ok(file) = File::open(path)
        && crate::is_mapped(&file)?
    {
        return Err(failed(Why::FileMappedDelete));
    }
    std::fs::remove_file(path).map_err(|e| failed(cause(&e)))
}

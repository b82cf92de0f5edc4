//! Giving a handle to another process: over a Unix socket, or to a child (O-22, O-24).
//!
//! What is passed is an open file description with a lock of its own: while it is under way the kernel holds it, so the
//! name lives on even if the sender ends at once.

// UNSAFETY: takes over descriptors that a parent left at agreed numbers.
#![expect(unsafe_code)]

use crate::mapping::FileMapping;
use crate::namespace::OpenDirectory;
use crate::object::{Object, footer_of, place_of};
use crate::refusal;
use filemap_core::access::FileMapAccess;
use filemap_core::error::{Error, Op, Why};
use filemap_core::kind::Kind;
use filemap_core::layout::Footer;
use filemap_sys::SysError;
use filemap_sys::os::tmpfs::OpenFor;
use filemap_sys::os::{ofd_lock, socket, tmpfs};
use std::ffi::CString;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;

/// First bytes of a passed handle.
const MAGIC: [u8; 4] = *b"FMH1";
/// The longest message that is read, in bytes.
const MOST: usize = 1 << 20;

impl FileMapping {
    /// Gives the process at the other end of `socket` a handle with `rights` (`DuplicateHandle` into another process); it
    /// takes it with [`FileMapping::receive`].
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) for rights that this handle lacks and the object does not grant; errors of the socket.
    pub fn send(&self, to: &UnixStream, rights: FileMapAccess) -> Result<(), Error> {
        let copy = self.duplicate(rights)?;
        let access = match rights.contains(FileMapAccess::WRITE) {
            true => OpenFor::Writing,
            false => OpenFor::Reading,
        };
        send_object(copy.object(), rights.bits(), access, to)
    }

    /// Takes a handle that another process has sent.
    ///
    /// The rights are at most what the passed descriptors allow; everything else the sender says is checked.
    ///
    /// # Errors
    /// `ERROR_INVALID_HANDLE` (6) if what came is no handle of a file mapping; 1392 for a damaged object; errors of the socket.
    #[track_caller]
    pub fn receive(from: &UnixStream) -> Result<FileMapping, Error> {
        let (object, rights) = receive_object(from, Kind::FileMapping)?;
        Ok(FileMapping::from_object(
            object,
            FileMapAccess::from_bits_truncate(rights),
            true,
        ))
    }

    /// What a child needs to know to take this inheritable handle (O-22): pass it on the command line or in the
    /// environment, and give it to [`FileMapping::inherited`] there. `None` if the handle is not inheritable.
    #[must_use]
    pub fn inheritance(&self) -> Option<String> {
        inheritance_of(self.object(), self.rights().bits())
    }

    /// Takes a handle that the parent left to this process; `text` is what [`FileMapping::inheritance`] gave there.
    ///
    /// # Errors
    /// `ERROR_INVALID_HANDLE` (6) if it is none.
    ///
    /// # Safety
    /// The descriptors whose numbers `text` contains belong to nobody else in this process, and this is called once for
    /// them.
    #[track_caller]
    pub unsafe fn inherited(text: &str) -> Result<FileMapping, Error> {
        // SAFETY: the caller's promise, passed on.
        let (object, rights) = unsafe { inherited_object(text, Kind::FileMapping) }?;
        Ok(FileMapping::from_object(
            object,
            FileMapAccess::from_bits_truncate(rights),
            true,
        ))
    }
}

/// Sends a handle to `object` with `rights`, open for `access`.
pub(crate) fn send_object(
    object: &Object,
    rights: u32,
    access: OpenFor,
    to: &UnixStream,
) -> Result<(), Error> {
    let failed = |e: SysError| refusal::system(Op::DuplicateHandle, object.full_name(), e);
    let io = |e: std::io::Error| {
        failed(SysError {
            call: "write",
            errno: e.raw_os_error().unwrap_or(0),
        })
    };
    // A description of its own, which the receiver alone will have: ours is only closed, never unlocked by hand.
    let own = object.with_own_description(Op::DuplicateHandle, access, true)?;
    own.note_rights(crate::security::AccessMask(rights));
    let (handle, data) = own.descriptors();
    let mut message = Vec::new();
    message.extend(rights.to_le_bytes());
    message.push(u8::from(handle.is_some()));
    let (directory, file_name) = match own.place() {
        Some((directory, name)) => (
            directory.path().to_string_lossy().into_owned(),
            name.to_string_lossy().into_owned(),
        ),
        None => (String::new(), String::new()),
    };
    for text in [
        own.full_name().as_bytes(),
        directory.as_bytes(),
        file_name.as_bytes(),
    ] {
        message.extend((text.len() as u32).to_le_bytes());
        message.extend(text);
    }
    if handle.is_none() {
        message.extend(own.footer().to_bytes());
    }
    let mut head = MAGIC.to_vec();
    head.extend((message.len() as u32).to_le_bytes());
    let files: Vec<_> = handle.into_iter().chain([data]).map(|f| f.as_fd()).collect();
    socket::send(to.as_fd(), &head, &files).map_err(failed)?;
    (&*to).write_all(&message).map_err(io)
}

/// Takes a handle to an object of `kind`, and its rights.
pub(crate) fn receive_object(from: &UnixStream, kind: Kind) -> Result<(Object, u32), Error> {
    let failed = |e: SysError| refusal::system(Op::DuplicateHandle, "", e);
    let io = |e: std::io::Error| {
        failed(SysError {
            call: "read",
            errno: e.raw_os_error().unwrap_or(0),
        })
    };
    let wrong = || Error::new(Op::DuplicateHandle, "", Why::NotAHandle { value: 0 });
    let mut head = [0; 8];
    let (got, files) = socket::receive(from.as_fd(), &mut head).map_err(failed)?;
    (&*from).read_exact(&mut head[got..]).map_err(io)?;
    let len = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
    if head[..4] != MAGIC || len > MOST || files.is_empty() {
        return Err(wrong());
    }
    let mut message = vec![0; len];
    (&*from).read_exact(&mut message).map_err(io)?;
    Message::parse(&message)
        .ok_or_else(wrong)?
        .into_object(files, false, kind)
}

/// What a child needs to know to take an inheritable handle; `None` if it is not inheritable.
pub(crate) fn inheritance_of(object: &Object, rights: u32) -> Option<String> {
    let (handle, data) = object.descriptors();
    let handle = handle.map_or(-1, |h| h.as_raw_fd());
    let inheritable = rustix::io::fcntl_getfd(data.as_fd()).ok()?.is_empty();
    let footer = match handle {
        -1 => hex(&object.footer().to_bytes()),
        _ => String::new(),
    };
    // A file that was made without a name does not tell its name in /proc, also when it has one later.
    let (directory, name) = match object.place() {
        Some((directory, name)) => {
            let path = directory.absolute_path();
            (hex(path.as_os_str().as_bytes()), hex(name.as_bytes()))
        }
        None => (String::new(), String::new()),
    };
    let data = data.as_raw_fd();
    inheritable.then(|| format!("{handle}:{data}:{rights:x}:{footer}:{directory}:{name}"))
}

/// Takes a handle to an object of `kind` that the parent left, and its rights.
///
/// # Safety
/// As for [`FileMapping::inherited`].
pub(crate) unsafe fn inherited_object(text: &str, kind: Kind) -> Result<(Object, u32), Error> {
    let wrong = || Error::new(Op::InheritHandle, text, Why::NotAHandle { value: 0 });
    let parts: Vec<&str> = text.split(':').collect();
    let [handle, data, rights, footer, directory, file_name] = parts[..] else {
        return Err(wrong());
    };
    let (Ok(handle), Ok(data)) = (handle.parse::<RawFd>(), data.parse::<RawFd>()) else {
        return Err(wrong());
    };
    let rights = u32::from_str_radix(rights, 16).map_err(|_| wrong())?;
    let is_open = |fd: RawFd| std::fs::symlink_metadata(format!("/proc/self/fd/{fd}")).is_ok();
    if handle == data || !is_open(data) || (handle != -1 && !is_open(handle)) {
        return Err(wrong());
    }
    let text = |digits| String::from_utf8(bytes_of(digits)?).ok();
    let (footer, directory, file_name) = match (bytes_of(footer), text(directory), text(file_name)) {
        (Some(footer), Some(directory), Some(file_name)) => (footer, directory, file_name),
        _ => return Err(wrong()),
    };
    let mut files = Vec::new();
    for fd in [handle, data].into_iter().filter(|fd| *fd != -1) {
        // SAFETY: open (checked), and nobody else's in this process: the caller's promise.
        files.push(unsafe { OwnedFd::from_raw_fd(fd) });
    }
    let named = handle != -1;
    let message = Message {
        rights,
        named,
        full_name: String::new(),
        directory,
        file_name,
        footer,
    };
    message.into_object(files, true, kind)
}

/// Bytes as hexadecimal digits, for texts that go through a command line or the environment.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// What [`hex`] has written; `None` for anything else.
fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let byte =
        |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok().filter(|p| p.len() == 2)?, 16).ok();
    pairs.map(byte).collect()
}

/// What the sender says of a handle.
struct Message {
    rights: u32,
    named: bool,
    full_name: String,
    directory: String,
    file_name: String,
    footer: Vec<u8>,
}

impl Message {
    fn parse(mut bytes: &[u8]) -> Option<Message> {
        let rights = u32::from_le_bytes(*bytes.split_off(..4)?.first_chunk()?);
        let named = bytes.split_off(..1)? == [1];
        let mut text = || {
            let len = u32::from_le_bytes(*bytes.split_off(..4)?.first_chunk()?) as usize;
            String::from_utf8(bytes.split_off(..len)?.to_vec()).ok()
        };
        let (full_name, directory, file_name) = (text()?, text()?, text()?);
        Some(Message {
            rights,
            named,
            full_name,
            directory,
            file_name,
            footer: bytes.to_vec(),
        })
    }

    fn into_object(self, files: Vec<OwnedFd>, inheritable: bool, kind: Kind) -> Result<(Object, u32), Error> {
        let failed = |why| Error::new(Op::DuplicateHandle, self.full_name.as_str(), why);
        let wrong = || failed(Why::NotAHandle { value: 0 });
        let mut files = files.into_iter();
        let handle = if self.named {
            Some(files.next().ok_or_else(wrong)?)
        } else {
            None
        };
        let data = files.next().ok_or_else(wrong)?;
        let stat = tmpfs::stat(data.as_fd()).map_err(|e| refusal::system(Op::DuplicateHandle, "", e))?;
        let footer = match &handle {
            Some(file) => footer_of(file).map_err(failed)?,
            None => {
                // An unnamed object's file is its data and its bitmap; the footer came with the message.
                let len = match () {
                    () if self.footer_is_of_disk_file() => 0,
                    () => stat.st_size as u64,
                };
                Footer::parse(&self.footer, len + self.footer.len() as u64).map_err(failed)?
            }
        };
        if footer.kind != kind {
            return Err(failed(Why::WrongKindOfHandle {
                kind: footer.kind.article_name(),
            }));
        }
        let needed = footer.data_len.saturating_add(footer.bitmap_len); // 0 for a disk file
        if !tmpfs::is_ordinary(&stat) || (stat.st_size as u64) < needed {
            return Err(failed(Why::Damaged {
                what: "its memory is shorter than it says".to_owned(),
            }));
        }
        let flags = rustix::fs::fcntl_getfl(&data).unwrap_or(rustix::fs::OFlags::RDONLY);
        let access = match flags.contains(rustix::fs::OFlags::RDWR) {
            true => OpenFor::Writing,
            false => OpenFor::Reading,
        };
        let rights = match access {
            OpenFor::Writing => self.rights,
            OpenFor::Reading => self.rights & !FileMapAccess::WRITE.bits(),
        };
        if let Some(handle) = &handle {
            // Whoever sent it may have lied about the lock; with it, the name can't go while we have the handle.
            let _ = ofd_lock::set(handle.as_fd(), ofd_lock::LIVE_BYTE, ofd_lock::Lock::Shared);
        }
        let place = self.place(handle.as_ref());
        let name = match self.full_name.is_empty() {
            true => String::from_utf8_lossy(&footer.name).into_owned(),
            false => self.full_name,
        };
        let object = Object::from_parts(handle, place, data, access, footer, &name, inheritable);
        Ok((object, rights))
    }

    /// An object with a disk file has no data in an object's file.
    fn footer_is_of_disk_file(&self) -> bool {
        Footer::parse(&self.footer, self.footer.len() as u64).is_ok_and(|footer| footer.data_in_file())
    }

    /// The directory and file name of the handle's file, if this process may look there and finds that very file.
    fn place(&self, handle: Option<&OwnedFd>) -> Option<(Arc<OpenDirectory>, CString)> {
        let handle = handle?;
        if self.directory.is_empty() {
            let path = std::fs::read_link(format!("/proc/self/fd/{}", handle.as_raw_fd())).ok()?;
            return place_of(handle, &path).map(|(directory, file_name)| (Arc::new(directory), file_name));
        }
        let file_name = CString::new(self.file_name.as_str()).ok()?;
        let directory = OpenDirectory::at(Path::new(&self.directory))?;
        let (named, own) = (
            tmpfs::stat_name(directory.file(), &file_name).ok()?,
            tmpfs::stat(handle.as_fd()).ok()?,
        );
        ((named.st_dev, named.st_ino) == (own.st_dev, own.st_ino)).then(|| (Arc::new(directory), file_name))
    }
}

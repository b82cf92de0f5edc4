//! What crosses the C boundary: pointers nobody has checked, results, panics.
//!
//! [`In`] and [`Out`] are pointers that a C caller gave. They are plain numbers to this crate. Bytes are copied from and to them
//! by code whose faults are values ([`filemap_sys::os::fault`]), also when another thread unmaps the memory in between.
//! Where another handler of SIGSEGV stands before ours, and might take such a fault for the program's, the kernel copies
//! instead (`process_vm_readv` and `process_vm_writev` on our own process) and reports `EFAULT`.
//! Measured for 8 bytes: 0.2 microseconds, nearly all of it the question whose handler stands first; the kernel's copy 1.7.

// UNSAFETY: copies, and asks the kernel to copy, from and to addresses that callers gave, and sets errno.
#![expect(unsafe_code)]

use crate::errhandlingapi::{last_error, set_last_error};
use filemap_core::error::Win32Code;
use filemap_sys::os::fault::{self, Standing};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// What exported functions return inside: the value, or the number that becomes the last error.
pub type Outcome<T> = Result<T, Win32Code>;

/// Runs the body of an exported function: a failure sets the last error and gives `failed`, a panic is 1359, and `errno`
/// ends as the last error.
pub fn guard<T>(failed: T, body: impl FnOnce() -> Outcome<T>) -> T {
    let result = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => value,
        Ok(Err(code)) => {
            set_last_error(code);
            failed
        }
        Err(_) => {
            set_last_error(Win32Code::INTERNAL_ERROR);
            failed
        }
    };
    leave_errno();
    result
}

/// Runs a body that returns its error number itself, as `GetSecurityInfo` does: 0 on success; the last error stays.
pub fn guard_status(body: impl FnOnce() -> Outcome<()>) -> u32 {
    let status = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => 0,
        Ok(Err(code)) => code.0,
        Err(_) => Win32Code::INTERNAL_ERROR.0,
    };
    leave_errno();
    status
}

/// Makes `errno` the last error: the last act of every exported function.
pub fn leave_errno() {
    set_errno(last_error().0 as i32);
}

/// Sets the C library's `errno` of this thread.
pub fn set_errno(number: i32) {
    // SAFETY: __errno_location returns the address of this thread's errno, valid for the life of the thread.
    unsafe { *libc::__errno_location() = number }
}

fn errno() -> i32 {
    // SAFETY: as in `set_errno`.
    unsafe { *libc::__errno_location() }
}

/// An address that a C caller gave to be read from.
#[repr(transparent)]
pub struct In<T> {
    address: usize,
    what: PhantomData<*const T>,
}

/// An address that a C caller gave to be written to.
#[repr(transparent)]
pub struct Out<T> {
    address: usize,
    what: PhantomData<*mut T>,
}

impl<T> Clone for In<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for In<T> {}
impl<T> Clone for Out<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Out<T> {}

impl<T> std::fmt::Debug for In<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "In({:#x})", self.address)
    }
}
impl<T> std::fmt::Debug for Out<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Out({:#x})", self.address)
    }
}

impl<T> In<T> {
    /// The address, to read `T`s from. Reading never faults, so any number will do.
    #[must_use]
    pub const fn at(address: usize) -> In<T> {
        In {
            address,
            what: PhantomData,
        }
    }

    /// The address of a value of our own.
    #[must_use]
    pub fn of(value: &T) -> In<T> {
        In::at(std::ptr::from_ref(value).addr())
    }

    /// The address.
    #[must_use]
    pub const fn address(self) -> usize {
        self.address
    }

    /// Whether it is NULL.
    #[must_use]
    pub const fn is_null(self) -> bool {
        self.address == 0
    }

    /// The same address, where something else is.
    #[must_use]
    pub const fn cast<U>(self) -> In<U> {
        In::at(self.address)
    }

    /// The address `count` values further.
    #[must_use]
    pub const fn add(self, count: usize) -> In<T> {
        In::at(self.address.wrapping_add(count.wrapping_mul(size_of::<T>())))
    }
}

impl<T: FromBytes + IntoBytes> In<T> {
    /// Copies the value there; it need not be aligned. Errors: 998.
    pub fn read(self) -> Outcome<T> {
        let mut value = T::new_zeroed();
        copy_in(self.address, value.as_mut_bytes())?;
        Ok(value)
    }

    /// Copies `count` values. Errors: 998, also if they can't be there because they would not fit into memory.
    pub fn read_many(self, count: usize) -> Outcome<Vec<T>> {
        let mut values = Vec::new();
        let mut at = self;
        while values.len() < count {
            // In pieces, so that a length out of thin air fails at the first missing page and not in the allocator.
            let piece = (count - values.len()).min(65_536 / size_of::<T>().max(1));
            let old = values.len();
            values.resize_with(old + piece, T::new_zeroed);
            copy_in(at.address, values[old..].as_mut_bytes())?;
            at = at.add(piece);
        }
        Ok(values)
    }
}

/// A character of a terminated string: `u8` or `u16`.
pub trait Unit: FromBytes + IntoBytes + Immutable + Copy + Eq + Default {}
impl Unit for u8 {}
impl Unit for u16 {}

impl<T: Unit> In<T> {
    /// Copies a terminated string without its terminator, at most `limit` units of it.
    ///
    /// Errors: 998 if memory ends before terminator and limit.
    pub fn read_string(self, limit: usize) -> Outcome<Vec<T>> {
        let mut units: Vec<T> = Vec::new();
        while units.len() < limit {
            let at = self.add(units.len());
            // Up to the end of the page, and no further: the next one may not be there.
            let in_page = (4096 - at.address % 4096) / size_of::<T>();
            let mut piece = vec![T::default(); in_page.clamp(1, 512).min(limit - units.len())];
            copy_in(at.address, piece.as_mut_bytes())?;
            match piece.iter().position(|unit| *unit == T::default()) {
                Some(end) => {
                    units.extend_from_slice(&piece[..end]);
                    return Ok(units);
                }
                None => units.extend_from_slice(&piece),
            }
        }
        Ok(units)
    }
}

impl<T> Out<T> {
    /// The address, to write `T`s to.
    ///
    /// # Safety
    /// If `address` is writable, nothing of this program that Rust holds a reference to may lie in the values written there.
    #[must_use]
    pub const unsafe fn at(address: usize) -> Out<T> {
        Out {
            address,
            what: PhantomData,
        }
    }

    /// The address of a value of our own, which stays borrowed for as long as the result is used.
    ///
    /// # Safety
    /// The result must not be written through after `value` is gone.
    #[must_use]
    pub unsafe fn of(value: &mut T) -> Out<T> {
        Out {
            address: std::ptr::from_mut(value).expose_provenance(),
            what: PhantomData,
        }
    }

    /// NULL.
    #[must_use]
    pub const fn null() -> Out<T> {
        Out {
            address: 0,
            what: PhantomData,
        }
    }

    /// The address.
    #[must_use]
    pub const fn address(self) -> usize {
        self.address
    }

    /// Whether it is NULL.
    #[must_use]
    pub const fn is_null(self) -> bool {
        self.address == 0
    }

    /// The same address, to be read from.
    #[must_use]
    pub const fn as_in(self) -> In<T> {
        In::at(self.address)
    }

    /// The same address, for something else. What may be written there is still what the caller gave.
    #[must_use]
    pub const fn cast<U>(self) -> Out<U> {
        Out {
            address: self.address,
            what: PhantomData,
        }
    }

    /// The address `count` values further.
    #[must_use]
    pub const fn add(self, count: usize) -> Out<T> {
        Out {
            address: self.address.wrapping_add(count.wrapping_mul(size_of::<T>())),
            what: PhantomData,
        }
    }
}

impl<T: IntoBytes + Immutable> Out<T> {
    /// Copies a value there; it need not be aligned. Errors: 998, and then nothing is written or only a part.
    pub fn write(self, value: &T) -> Outcome<()> {
        copy_out(self.address, value.as_bytes())
    }

    /// Copies a value there unless the pointer is NULL.
    pub fn write_if_wanted(self, value: &T) -> Outcome<()> {
        if self.is_null() { Ok(()) } else { self.write(value) }
    }

    /// Copies values there. Errors: as [`write`](Self::write).
    pub fn write_many(self, values: &[T]) -> Outcome<()>
    where
        T: Sized,
    {
        copy_out(self.address, values.as_bytes())
    }
}

impl<T: Unit> Out<T> {
    /// Copies a string and a terminator there.
    pub fn write_string(self, units: &[T]) -> Outcome<()> {
        let mut terminated = units.to_vec();
        terminated.push(T::default());
        self.write_many(&terminated)
    }

    /// The way of `GetTempPath`, `GetEnvironmentVariable` and others: with room for `size` units, writes text and terminator and
    /// gives the length; with less room gives the units needed, terminator included. Errors: 998.
    pub fn write_or_need(self, size: u32, units: &[T]) -> Outcome<u32> {
        let length = u32::try_from(units.len()).map_err(|_| Win32Code::FILENAME_EXCED_RANGE)?;
        if length >= size {
            return Ok(length + 1);
        }
        self.write_string(units)?;
        Ok(length)
    }
}

/// Whether `len` bytes at `address` can be read right now.
#[must_use]
pub fn readable(address: usize, len: usize) -> bool {
    every_page(address, len, |at| copy_in(at, &mut [0]).is_ok())
}

/// Whether `len` bytes at `address` can be written right now. Nothing is changed.
#[must_use]
pub fn writable(address: usize, len: usize) -> bool {
    every_page(address, len, page_is_writable)
}

/// Calls `probe` on one byte of every page in the range; `false` also if the range runs over the end of memory.
fn every_page(address: usize, len: usize, mut probe: impl FnMut(usize) -> bool) -> bool {
    if len == 0 {
        return true;
    }
    let Some(last) = address.checked_add(len - 1) else {
        return false;
    };
    let mut at = address;
    loop {
        if !probe(at) {
            return false;
        }
        match (at | 4095).checked_add(1) {
            Some(next) if next <= last => at = next,
            _ => return true,
        }
    }
}

/// Finds out by letting the kernel add 0 to a word there, atomically: `FUTEX_WAKE_OP`. Nothing else stores without changing.
fn page_is_writable(address: usize) -> bool {
    let word = address & !3;
    let unused = 0_u32;
    // FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, -2048): *word += 0, atomically, by the kernel. A waiter on that word would be woken
    // only if it held -2048, and waiters must expect that anyway.
    let add_nothing = 1 << 28 | 0x800;
    // SAFETY: FUTEX_WAKE_OP adds 0 to the aligned word, so no value changes whatever lives there; a bad address gives EFAULT.
    let result = unsafe {
        libc::syscall(
            libc::SYS_futex,
            &raw const unused,
            libc::FUTEX_WAKE_OP | libc::FUTEX_PRIVATE_FLAG,
            0,
            std::ptr::null::<libc::timespec>(),
            word,
            add_nothing,
        )
    };
    result >= 0
}

static NO_PROCESS_VM: AtomicBool = AtomicBool::new(false); // a sandbox refuses the system call: use a pipe

/// Whether a fault in a guarded copy comes to our handler first.
fn faults_are_ours() -> bool {
    matches!(fault::ensure_installed(), Ok(Standing::First))
}

fn copy_in(address: usize, to: &mut [u8]) -> Outcome<()> {
    if address.checked_add(to.len()).is_none() {
        return Err(Win32Code::NOACCESS);
    }
    if faults_are_ours() {
        let from = std::ptr::with_exposed_provenance(address);
        // SAFETY: `to` is ours and `from` is whatever the caller gave: the copy is machine code whose faults are errors, so it
        // asks nothing of those bytes. They don't overlap: nobody outside has the address of `to`.
        return unsafe { fault::copy_out(to.as_mut_ptr(), from, to.len()) }.map_err(|_| Win32Code::NOACCESS);
    }
    let mut done = 0;
    while done < to.len() {
        let at = address.checked_add(done).ok_or(Win32Code::NOACCESS)?;
        let rest = &mut to[done..];
        done += if NO_PROCESS_VM.load(Ordering::Relaxed) {
            pipe_in(at, rest)?
        } else {
            vm_in(at, rest)?
        };
    }
    Ok(())
}

fn copy_out(address: usize, from: &[u8]) -> Outcome<()> {
    if address.checked_add(from.len()).is_none() {
        return Err(Win32Code::NOACCESS);
    }
    if faults_are_ours() {
        let to = std::ptr::with_exposed_provenance_mut(address);
        // SAFETY: `from` is ours; `to` came as an output of an exported function (`Out` can be made in no other safe way), so no
        // Rust value is there that a reference exists to; faults are errors.
        return unsafe { fault::copy_in(to, from.as_ptr(), from.len()) }.map_err(|_| Win32Code::NOACCESS);
    }
    let mut done = 0;
    while done < from.len() {
        let at = address.checked_add(done).ok_or(Win32Code::NOACCESS)?;
        let rest = &from[done..];
        done += if NO_PROCESS_VM.load(Ordering::Relaxed) {
            pipe_out(at, rest)?
        } else {
            vm_out(at, rest)?
        };
    }
    Ok(())
}

fn vm_in(address: usize, to: &mut [u8]) -> Outcome<usize> {
    let local = libc::iovec {
        iov_base: to.as_mut_ptr().cast(),
        iov_len: to.len(),
    };
    let remote = libc::iovec {
        iov_base: std::ptr::without_provenance_mut(address),
        iov_len: to.len(),
    };
    // SAFETY: `local` is `to`, which is ours and writable for its length; `remote` is read by the kernel, which gives EFAULT if
    // it can't be; both descriptions outlive the call.
    let copied =
        unsafe { libc::process_vm_readv(libc::getpid(), &raw const local, 1, &raw const remote, 1, 0) };
    vm_result(copied, |_| pipe_in(address, to))
}

fn vm_out(address: usize, from: &[u8]) -> Outcome<usize> {
    let local = libc::iovec {
        iov_base: from.as_ptr().cast_mut().cast(),
        iov_len: from.len(),
    };
    let remote = libc::iovec {
        iov_base: std::ptr::without_provenance_mut(address),
        iov_len: from.len(),
    };
    // SAFETY: `local` is only read by this call; `remote` is what the caller of an exported function gave as an output (`Out` can
    // be made in no other safe way); the kernel gives EFAULT if it can't be written.
    let copied =
        unsafe { libc::process_vm_writev(libc::getpid(), &raw const local, 1, &raw const remote, 1, 0) };
    vm_result(copied, |_| pipe_out(address, from))
}

fn vm_result(copied: isize, other_way: impl FnOnce(()) -> Outcome<usize>) -> Outcome<usize> {
    match copied {
        1.. => Ok(copied as usize),
        0 => Err(Win32Code::NOACCESS),
        _ if matches!(errno(), libc::ENOSYS | libc::EPERM) => {
            NO_PROCESS_VM.store(true, Ordering::Relaxed);
            other_way(())
        }
        _ => Err(Win32Code::NOACCESS),
    }
}

/// A pipe that is closed again: both ends.
struct Pipe([i32; 2]);

impl Pipe {
    fn new() -> Outcome<Pipe> {
        let mut ends = [0; 2];
        // SAFETY: `ends` has room for the two descriptors.
        match unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC | libc::O_NONBLOCK) } {
            0 => Ok(Pipe(ends)),
            _ => Err(Win32Code::TOO_MANY_OPEN_FILES),
        }
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        for end in self.0 {
            // SAFETY: this value owns the descriptor and closes it once.
            unsafe { libc::close(end) };
        }
    }
}

fn pipe_in(address: usize, to: &mut [u8]) -> Outcome<usize> {
    let pipe = Pipe::new()?;
    let len = to.len().min(4096 - address % 4096);
    // SAFETY: the kernel reads at most `len` bytes at `address` and gives EFAULT if it can't.
    let put = unsafe { libc::write(pipe.0[1], std::ptr::without_provenance(address), len) };
    let Ok(put) = usize::try_from(put) else {
        return Err(Win32Code::NOACCESS);
    };
    // SAFETY: `put <= len <= to.len()` bytes go into `to`.
    let got = unsafe { libc::read(pipe.0[0], to.as_mut_ptr().cast(), put) };
    usize::try_from(got).map_err(|_| Win32Code::NOACCESS)
}

fn pipe_out(address: usize, from: &[u8]) -> Outcome<usize> {
    let pipe = Pipe::new()?;
    let len = from.len().min(4096 - address % 4096);
    // SAFETY: `len` bytes of `from` are read.
    let put = unsafe { libc::write(pipe.0[1], from.as_ptr().cast(), len) };
    let Ok(put) = usize::try_from(put) else {
        return Err(Win32Code::NOACCESS);
    };
    // SAFETY: as in `vm_out`: `address` came as an output; the kernel gives EFAULT if it can't be written.
    let got = unsafe { libc::read(pipe.0[0], std::ptr::without_provenance_mut(address), put) };
    usize::try_from(got).map_err(|_| Win32Code::NOACCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two pages, the second of which is `protection`, and the address where the second begins.
    fn two_pages(protection: i32) -> usize {
        // SAFETY: a fresh private mapping; mprotect changes only its second page. Leaked on purpose: tests are short.
        unsafe {
            let base = libc::mmap(
                std::ptr::null_mut(),
                8192,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            );
            assert_ne!(base, libc::MAP_FAILED);
            assert_eq!(libc::mprotect(base.byte_add(4096), 4096, protection), 0);
            base.addr() + 4096
        }
    }

    #[test]
    fn pointers_into_nowhere_give_998_and_not_a_fault() {
        for address in [0, 1, 8, 0xdead_beef, usize::MAX, usize::MAX - 3, 1 << 63] {
            assert_eq!(
                In::<u64>::at(address).read(),
                Err(Win32Code::NOACCESS),
                "{address:#x}"
            );
            assert_eq!(
                In::<u8>::at(address).read_string(100),
                Err(Win32Code::NOACCESS),
                "{address:#x}"
            );
            // SAFETY: none of these addresses can be written.
            let out = unsafe { Out::<u64>::at(address) };
            assert_eq!(out.write(&7), Err(Win32Code::NOACCESS), "{address:#x}");
            assert!(!readable(address, 1) && !writable(address, 1), "{address:#x}");
        }
    }

    #[test]
    fn an_unterminated_string_at_the_end_of_memory_gives_998_and_a_terminated_one_is_read() {
        let edge = two_pages(libc::PROT_NONE);
        // SAFETY: the page before `edge` belongs to this test.
        let last = unsafe { Out::<u8>::at(edge - 3) };
        last.write_many(b"abc").unwrap();
        assert_eq!(last.as_in().read_string(100), Err(Win32Code::NOACCESS));
        assert_eq!(last.as_in().read_string(3).unwrap(), b"abc");
        last.write_many(b"ab\0").unwrap();
        assert_eq!(last.as_in().read_string(100).unwrap(), b"ab");
        assert_eq!(
            In::<u16>::at(edge - 3).read_string(100),
            Err(Win32Code::NOACCESS),
            "unaligned, across the edge"
        );
    }

    #[test]
    fn a_read_only_page_is_readable_and_not_writable_and_probing_changes_nothing() {
        let edge = two_pages(libc::PROT_READ);
        assert!(readable(edge - 8, 16) && !writable(edge - 8, 16) && writable(edge - 8, 8));
        // SAFETY: the page before `edge` belongs to this test.
        let word = unsafe { Out::<u32>::at(edge - 4) };
        word.write(&0x1234_5678).unwrap();
        assert!(writable(edge - 3, 2));
        assert_eq!(word.as_in().read(), Ok(0x1234_5678));
        assert!(!readable(usize::MAX - 4, 8) && !readable(edge, 1 << 47) && readable(0, 0));
    }

    #[test]
    fn the_pipe_does_what_the_system_call_does_where_that_is_forbidden() {
        let edge = two_pages(libc::PROT_NONE);
        // SAFETY: the page before `edge` belongs to this test.
        assert_eq!(pipe_out(edge - 4, b"wxyz"), Ok(4));
        let mut back = [0; 4];
        assert_eq!(pipe_in(edge - 4, &mut back), Ok(4));
        assert_eq!(&back, b"wxyz");
        assert_eq!(pipe_in(edge, &mut back), Err(Win32Code::NOACCESS));
        assert_eq!(pipe_out(edge, b"x"), Err(Win32Code::NOACCESS));
    }

    #[test]
    fn a_panic_becomes_1359_and_errno_follows_the_last_error() {
        assert_eq!(
            guard(-1, || panic!("in a test: the message above is expected")),
            -1
        );
        assert_eq!(last_error(), Win32Code::INTERNAL_ERROR);
        assert_eq!(errno(), 1359);
        assert_eq!(guard(0, || Err(Win32Code::NOACCESS)), 0);
        assert_eq!(guard(0, || Ok(5)), 5);
        assert_eq!((last_error().0, errno()), (998, 998), "success leaves it alone");
        assert_eq!(guard_status(|| Err(Win32Code::ACCESS_DENIED)), 5);
        assert_eq!(last_error().0, 998);
    }
}

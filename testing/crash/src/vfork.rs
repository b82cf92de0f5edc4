//! A process that has called vfork(2): its child runs in its memory until that execs or ends, and has copies of its descriptors.
//!
//! The child here does neither until it is told to: longer than any real one, so that both can be looked at, and killed.

// UNSAFETY: clone(2) as vfork(2) calls it: a child in the same memory, on a stack of its own.
#![expect(unsafe_code, reason = "vfork")]

use filemap::{FileMapping, Mutex, Namespace};
use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::mpsc;

const STACK: usize = 64 << 10;

/// The object that the parent holds.
pub const HELD: &str = r"Local\held";
/// The mutex that it owns.
pub const OWNED: &str = r"Local\owned";

/// What the child needs: the ends of two pipes.
struct Ends {
    from: i32,
    to: i32,
}

/// In the child: says its number, and ends when it hears a byte, without exec. Calls nothing but system calls.
extern "C" fn child(ends: *mut libc::c_void) -> libc::c_int {
    // SAFETY: the parent waits in clone(2) until this has ended, so its `Ends` is there; the buffers are this function's own.
    unsafe {
        let ends = &*ends.cast::<Ends>();
        let me = libc::getpid();
        libc::write(ends.to, (&raw const me).cast(), size_of::<libc::pid_t>());
        let mut byte = 0_u8;
        libc::read(ends.from, (&raw mut byte).cast(), 1);
        libc::_exit(0)
    }
}

/// clone(2) as vfork(2) calls it; comes back when the child has ended.
fn vfork(ends: &mut Ends) -> i32 {
    let mut stack = vec![0_u128; STACK / 16];
    // SAFETY: one past the end of the stack, which grows down; aligned to 16.
    let top = unsafe { stack.as_mut_ptr().add(stack.len()) };
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    // SAFETY: CLONE_VFORK stops this thread until the child has ended, so stack and `ends` outlive it.
    unsafe { libc::clone(child, top.cast(), flags, (&raw mut *ends).cast()) }
}

/// Holds [`HELD`], owns [`OWNED`] by its first thread, and has a second thread in a vfork. Says the child's number; on a line
/// it looks at what it has, lets go, and says `done`.
///
/// # Panics
/// If a call fails that must not.
pub fn parent(root: &Path) {
    let space = Namespace::at(root).with_session(1);
    let held = FileMapping::options()
        .namespace(&space)
        .size(4096)
        .create(HELD)
        .expect("a section");
    let view = held.map().expect("a view");
    view.write(0, &7_u64).expect("written");
    let owned = Mutex::options().namespace(&space).create(OWNED).expect("a mutex");
    owned.wait(None).expect("owned");
    let (orders, tell) = (
        rustix::pipe::pipe().expect("a pipe"),
        rustix::pipe::pipe().expect("a pipe"),
    );
    let (done, is_done) = mpsc::channel();
    let mut ends = Ends {
        from: std::os::fd::AsRawFd::as_raw_fd(&orders.0),
        to: std::os::fd::AsRawFd::as_raw_fd(&tell.1),
    };
    std::thread::spawn(move || {
        let child = vfork(&mut ends);
        let _ = done.send(child);
    });
    let mut number = [0; 4];
    rustix::io::read(&tell.0, &mut number).expect("the child's number");
    println!("{}", i32::from_ne_bytes(number));
    std::io::stdout().flush().expect("somebody reads");
    let mut lines = std::io::stdin().lock().lines();
    let mut order = move || lines.next().and_then(Result::ok).unwrap_or_default();
    if order() == "end the child" {
        rustix::io::write(&orders.1, b"x").expect("it reads");
    }
    // It has ended, or was killed: this thread goes on.
    is_done
        .recv_timeout(filemap_testing::patience())
        .expect("vfork has come back");
    println!("back");
    std::io::stdout().flush().expect("somebody reads");
    order();
    assert_eq!(view.read::<u64>(0), Ok(7));
    owned.release().expect("still owned");
    println!("released");
    std::io::stdout().flush().expect("somebody reads");
    order();
}

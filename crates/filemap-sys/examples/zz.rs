#![allow(unsafe_code, missing_docs, clippy::all)]
use filemap_core::sync::*;
use filemap_sys::linux::futex;
use std::sync::atomic::AtomicU32;
use std::time::Instant;
fn main() {
    let p = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            4096,
            3,
            libc::MAP_SHARED | libc::MAP_ANON,
            -1,
            0,
        )
    } as *mut AtomicU32;
    for _ in 0..3 {
        let n = 1000000;
        let t = Instant::now();
        for _ in 0..n {
            unsafe {
                libc::syscall(libc::SYS_futex, p, 1, i32::MAX, 0usize, p, 0u32);
            }
        }
        println!("wake {}", t.elapsed().as_nanos() / n);
        let t = Instant::now();
        for _ in 0..n {
            let _ = futex::set_and_wake_all(p, 0);
        }
        println!("wake_op {}", t.elapsed().as_nanos() / n);
        let t = Instant::now();
        for _ in 0..n {
            unsafe {
                libc::syscall(libc::SYS_getppid);
            }
        }
        println!("getppid {}", t.elapsed().as_nanos() / n);
        let t = Instant::now();
        for _ in 0..n {
            let _ = futex::wait(
                futex::Word32 {
                    address: p,
                    expected: 1,
                    scope: futex::Scope::Shared,
                },
                futex::Until::Forever,
            );
        }
        println!("wait eagain {}", t.elapsed().as_nanos() / n);
        let t = Instant::now();
        for _ in 0..n {
            let mut m = Machine::<1>::new(Program::Any, 5, &[Kind::AutoEvent], 0, &[], false);
            let mut w = Word(0);
            let mut r = Reply::Nothing;
            let mut c = 0;
            loop {
                c += 1;
                match m.resume(r) {
                    Action::Load(_) => r = Reply::Word(w),
                    Action::Swap { from, to, .. } => {
                        r = Reply::Word(w);
                        if w == from {
                            w = to;
                        }
                    }
                    Action::SleepEach => {
                        w = Word::new(0, 1 | STAGED);
                        r = Reply::Slept { timed_out: false };
                    }
                    Action::Done(_) => break,
                    _ => r = Reply::Nothing,
                }
            }
            std::hint::black_box(c);
        }
        println!("machine {}", t.elapsed().as_nanos() / n);
    }
}

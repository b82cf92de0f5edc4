//! `conio.h`: one character from the terminal, or a byte of standard input where that is no terminal.

// UNSAFETY: exported names; terminal and stream calls of the C library.
#![expect(unsafe_code)]

use crate::boundary::{In, guard};
use crate::stdio::{put, standard_input, standard_output};
use filemap_core::error::Win32Code;
use std::sync::atomic::{AtomicI32, Ordering};

const NOTHING: i32 = i32::MIN;
static PUT_BACK: AtomicI32 = AtomicI32::new(NOTHING);

/// The terminal of standard input without line editing and echo, until dropped.
struct Raw(libc::termios);

impl Raw {
    fn enter() -> Option<Raw> {
        // SAFETY: a termios is plain numbers, for which zero is a value; tcgetattr fills it or fails (no terminal).
        unsafe {
            let mut old: libc::termios = std::mem::zeroed();
            if libc::tcgetattr(0, &raw mut old) != 0 {
                return None;
            }
            let mut raw = old;
            raw.c_lflag &= !(libc::ICANON | libc::ECHO); // ISIG stays: Ctrl-C ends the program
            raw.c_cc[libc::VMIN] = 1;
            raw.c_cc[libc::VTIME] = 0;
            (libc::tcsetattr(0, libc::TCSANOW, &raw const raw) == 0).then_some(Raw(old))
        }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // SAFETY: the settings are those that `enter` read.
        unsafe { libc::tcsetattr(0, libc::TCSANOW, &raw const self.0) };
    }
}

fn character() -> i32 {
    let back = PUT_BACK.swap(NOTHING, Ordering::Relaxed);
    if back != NOTHING {
        return back;
    }
    // A console shows a prompt without line end at once, so it must be out before we wait.
    // SAFETY: the standard streams are open or fail like any stream; `byte` has room for the one byte that is read.
    unsafe {
        libc::fflush(standard_output());
        match Raw::enter() {
            None => libc::fgetc(standard_input()),
            Some(_raw) => {
                let mut byte = 0_u8;
                match libc::read(0, (&raw mut byte).cast(), 1) {
                    1 => byte.into(),
                    _ => -1,
                }
            }
        }
    }
}

/// See `conio.h`.
#[unsafe(no_mangle)]
pub extern "C" fn _getch() -> i32 {
    guard(-1, || Ok(character()))
}

/// See `conio.h`.
#[unsafe(no_mangle)]
pub extern "C" fn _getche() -> i32 {
    guard(-1, || {
        let c = character();
        if let Ok(byte) = u8::try_from(c) {
            echo(&[byte]);
        }
        Ok(c)
    })
}

/// See `conio.h`.
#[unsafe(no_mangle)]
pub extern "C" fn _ungetch(c: i32) -> i32 {
    guard(-1, || {
        let kept = c != -1
            && PUT_BACK
                .compare_exchange(NOTHING, c, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        Ok(if kept { c } else { -1 })
    })
}

fn echo(bytes: &[u8]) -> bool {
    // SAFETY: standard output is open or fails like any stream.
    unsafe { put(standard_output(), bytes) && libc::fflush(standard_output()) == 0 }
}

/// See `conio.h`.
#[unsafe(no_mangle)]
pub extern "C" fn _putch(c: i32) -> i32 {
    guard(-1, || Ok(if echo(&[c as u8]) { c } else { -1 }))
}

/// See `conio.h`.
#[unsafe(no_mangle)]
pub extern "C" fn _cputs(string: In<u8>) -> i32 {
    guard(-1, || {
        if echo(&string.read_string(usize::MAX)?) {
            Ok(0)
        } else {
            Err(Win32Code::WRITE_FAULT)
        }
    })
}

/// See `conio.h`.
#[unsafe(no_mangle)]
pub extern "C" fn _kbhit() -> i32 {
    guard(0, || {
        if PUT_BACK.load(Ordering::Relaxed) != NOTHING {
            return Ok(1);
        }
        let _raw = Raw::enter();
        let mut poll = libc::pollfd {
            fd: 0,
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: one initialised entry, no waiting.
        Ok(i32::from(unsafe { libc::poll(&raw mut poll, 1, 0) } > 0))
    })
}

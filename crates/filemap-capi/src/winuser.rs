//! `winuser.h`: message boxes, on standard output.

// UNSAFETY: exported names.
#![expect(unsafe_code)]

use crate::boundary::{In, Outcome, guard};
use crate::constants::*;
use crate::handle_table::Handle;
use crate::stdio::{put, standard_output};
use crate::text::{read_a, read_w};

fn show(text: Outcome<Vec<u8>>, caption: Outcome<Vec<u8>>, kind: u32) -> Outcome<i32> {
    let line = [b"[", &caption?[..], b"] ", &text?[..], b"\n"].concat();
    // SAFETY: standard output is open, or refuses like any stream. A box has no reader to report that to.
    let _shown = unsafe {
        let shown = put(standard_output(), &line);
        libc::fflush(standard_output());
        shown
    };
    // Nobody presses a button: it is the default one.
    let buttons: &[i32] = match kind & 0xf {
        MB_ABORTRETRYIGNORE => &[IDABORT, IDRETRY, IDIGNORE],
        MB_YESNOCANCEL => &[IDYES, IDNO, IDCANCEL],
        MB_YESNO => &[IDYES, IDNO],
        MB_RETRYCANCEL => &[IDRETRY, IDCANCEL],
        MB_OKCANCEL => &[IDOK, IDCANCEL],
        _ => &[IDOK],
    };
    let default = (kind >> 8 & 0xf) as usize;
    Ok(buttons.get(default).copied().unwrap_or(buttons[0]))
}

/// See `winuser.h`.
#[unsafe(no_mangle)]
pub extern "C" fn MessageBoxA(window: Handle, text: In<u8>, caption: In<u8>, kind: u32) -> i32 {
    let _ = window;
    let or = |at: In<u8>, absent: &[u8]| {
        if at.is_null() {
            Ok(absent.to_vec())
        } else {
            read_a(at)
        }
    };
    guard(0, || show(or(text, b""), or(caption, b"Error"), kind))
}

/// See `winuser.h`.
#[unsafe(no_mangle)]
pub extern "C" fn MessageBoxW(window: Handle, text: In<u16>, caption: In<u16>, kind: u32) -> i32 {
    let _ = window;
    let or = |at: In<u16>, absent: &[u8]| {
        if at.is_null() {
            Ok(absent.to_vec())
        } else {
            read_w(at)
        }
    };
    guard(0, || show(or(text, b""), or(caption, b"Error"), kind))
}

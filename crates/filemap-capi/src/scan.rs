//! `filemap_crt.h`: formatted input by Microsoft's rules. The C library reads; the template is put into its words first.
//!
//! | Microsoft's | the C library's |
//! |---|---|
//! | `%ld` `%lu` `%lx` ...: 32 bits, or 64 if the argument is a C `long` of this system | `%d` or `%ld` ... |
//! | `%I64d`, `%I32d`, `%Id` | `%lld`, `%d`, `%zd` |
//! | `%hs`, `%hc` | `%s`, `%c` |
//! | `%S`, `%C`, `%ls`, `%ws`, `%l[`: 16-bit text | none: the call gives -1 and reads nothing |

// UNSAFETY: exported names; hands a C caller's pointers to the C library.
#![expect(unsafe_code)]
#![allow(
    clippy::missing_safety_doc,
    reason = "the contract of every function here is C's: live streams, terminated strings, a pointer for each conversion"
)]

use std::ffi::{CStr, c_char, c_int, c_void};

// A `va_list` parameter is one word that is passed on: its address where it has registers, else itself.
unsafe extern "C" {
    fn vsscanf(text: *const c_char, template: *const c_char, list: *mut c_void) -> c_int;
    fn vfscanf(stream: *mut libc::FILE, template: *const c_char, list: *mut c_void) -> c_int;
}

/// A template in the C library's words, terminated; `None` if it asks for 16-bit text. Bit n of `longs`: the argument of conversion
/// n points to eight bytes.
fn translate(template: &[u8], longs: u64) -> Option<Vec<u8>> {
    let mut longs = std::iter::successors(Some(longs), |bits| Some(bits >> 1)).map(|bits| bits & 1 == 1);
    let mut out = Vec::with_capacity(template.len() + 8);
    let mut rest = template;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        out.push(byte);
        if byte != b'%' {
            continue;
        }
        let from = out.len();
        while let [next @ (b'*' | b'0'..=b'9'), tail @ ..] = rest {
            out.push(*next);
            rest = tail;
        }
        let (size, tail): (&[u8], _) = match rest {
            [b'I', b'6', b'4', tail @ ..] => (b"ll", tail),
            [b'I', b'3', b'2', tail @ ..] => (b"", tail),
            [b'I', tail @ ..] => (b"z", tail),
            [b'l', b'l', tail @ ..] => (b"ll", tail),
            [b'h', b'h', tail @ ..] => (b"hh", tail),
            [size @ (b'l' | b'w' | b'h' | b'L' | b'z' | b'j' | b't'), tail @ ..] => {
                (std::slice::from_ref(size), tail)
            }
            tail => (b"", tail),
        };
        let conversion = tail.first().copied().unwrap_or(0);
        let takes_one = conversion != b'%' && !out[from..].contains(&b'*');
        let is_long = takes_one && longs.next() == Some(true);
        match (size, conversion) {
            (_, b'S' | b'C') | (b"l" | b"w" | b"ll", b's' | b'c' | b'[') => return None,
            (b"l", b'd' | b'i' | b'u' | b'o' | b'x' | b'X' | b'n') if is_long => out.extend(size),
            (b"l" | b"w", b'd' | b'i' | b'u' | b'o' | b'x' | b'X' | b'n' | b'p') => {}
            (b"h", b's' | b'c' | b'[') => {}
            _ => out.extend(size),
        }
        rest = tail;
        if conversion == 0 {
            continue;
        }
        out.push(conversion);
        rest = &rest[1..];
        if conversion == b'[' {
            // A bracket that comes first, or first after `^`, is one of the set.
            let caret = usize::from(rest.first() == Some(&b'^'));
            let first = caret + usize::from(rest.get(caret) == Some(&b']'));
            let end = rest.iter().skip(first).position(|byte| *byte == b']');
            let set = end.map_or(rest.len(), |end| first + end + 1);
            out.extend(&rest[..set]);
            rest = &rest[set..];
        }
    }
    out.push(0);
    Some(out)
}

/// See `filemap_crt.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_vsscanf(
    longs: u64,
    text: *const c_char,
    template: *const c_char,
    list: *mut c_void,
) -> i32 {
    // SAFETY: the caller gave terminated strings and a pointer for each conversion; ours is terminated too, and has the same
    // conversions in the same order.
    unsafe {
        match translate(CStr::from_ptr(template).to_bytes(), longs) {
            Some(ours) => vsscanf(text, ours.as_ptr().cast(), list),
            None => -1,
        }
    }
}

/// See `filemap_crt.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_vfscanf(
    longs: u64,
    stream: *mut libc::FILE,
    template: *const c_char,
    list: *mut c_void,
) -> i32 {
    // SAFETY: as in `fm_vsscanf`, with an open stream.
    unsafe {
        match translate(CStr::from_ptr(template).to_bytes(), longs) {
            Some(ours) => vfscanf(stream, ours.as_ptr().cast(), list),
            None => -1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::translate;

    #[test]
    fn templates_of_microsofts_are_put_into_the_c_librarys_words() {
        for (theirs, ours) in [
            ("%ld,%lu:%lx", "%d,%u:%x"),
            ("%I64d %I32u %Ix %lld", "%lld %u %zx %lld"),
            ("%*ld%5ld", "%*d%5d"),
            ("%lf %Lf %f %hd %hhu", "%lf %Lf %f %hd %hhu"),
            ("%hs %31s %c %%ld", "%s %31s %c %%ld"),
            ("%[]%ld]%ld %[^]l]x %h[a]", "%[]%ld]%d %[^]l]x %[a]"),
            ("100%", "100%"),
            ("%l", "%l"),
        ] {
            let mut want = ours.as_bytes().to_vec();
            want.push(0);
            assert_eq!(translate(theirs.as_bytes(), 0), Some(want), "{theirs}");
        }
        // The arguments of the second and of the fourth conversion are C longs.
        let mixed = translate(b"%ld %lu %% %*ld %lx %ln", 0b1010);
        assert_eq!(mixed.as_deref(), Some(&b"%d %lu %% %*d %x %ln\0"[..]));
        for wide in ["%S", "%ls", "%ws", "%C", "%lc", "%l[a]", "%hS"] {
            assert_eq!(translate(wide.as_bytes(), 0), None, "{wide}");
        }
    }
}

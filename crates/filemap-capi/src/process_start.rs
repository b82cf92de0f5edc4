//! What the process was started with: arguments, environment and command line, as the C programs' `main` variants want them.

// UNSAFETY: exported names; reads the arguments and environment that the C library keeps.
#![expect(unsafe_code)]

use crate::boundary::{In, Out, guard};
use crate::text::to_wide;
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;

/// A terminated 16-bit string that stays, by its address.
fn keep_wide(bytes: &[u8]) -> usize {
    let mut units = to_wide(bytes);
    units.push(0);
    Vec::leak(units).as_mut_ptr().expose_provenance()
}

fn keep(bytes: &[u8]) -> usize {
    Vec::leak([bytes, b"\0"].concat())
        .as_mut_ptr()
        .expose_provenance()
}

fn keep_table(mut addresses: Vec<usize>) -> Out<usize> {
    addresses.push(0);
    let table = Vec::leak(addresses).as_mut_ptr().expose_provenance();
    // SAFETY: the table was leaked for C to have; Rust keeps no reference to it.
    unsafe { Out::at(table) }
}

/// See `filemap_crt.h`. `argv` is what main got.
#[unsafe(no_mangle)]
pub extern "C" fn fm_wargv(argc: i32, argv: In<usize>) -> Out<usize> {
    guard(Out::null(), || {
        let pointers = argv.read_many(usize::try_from(argc).unwrap_or(0))?;
        let strings = pointers
            .into_iter()
            .map(|at| Ok(keep_wide(&In::<u8>::at(at).read_string(usize::MAX)?)));
        Ok(keep_table(strings.collect::<Result<_, _>>()?))
    })
}

/// See `filemap_crt.h`. The environment as it was at the first call.
#[unsafe(no_mangle)]
pub extern "C" fn fm_wenvp() -> Out<usize> {
    static TABLE: OnceLock<usize> = OnceLock::new();
    guard(Out::null(), || {
        let table = TABLE.get_or_init(|| {
            let line = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
                keep_wide(&[name.as_bytes(), b"=", value.as_bytes()].concat())
            };
            keep_table(std::env::vars_os().map(line).collect()).address()
        });
        // SAFETY: as in `keep_table`.
        Ok(unsafe { Out::at(*table) })
    })
}

/// The arguments of the process, from the kernel: they are there for C programs too, whose main is not Rust's.
fn arguments() -> Vec<Vec<u8>> {
    let all = std::fs::read("/proc/self/cmdline").unwrap_or_default();
    let all = all.strip_suffix(b"\0").unwrap_or(&all);
    all.split(|b| *b == 0).map(<[u8]>::to_vec).collect()
}

/// Quotes one argument so that Windows' rules give it back: quotation marks round blanks, backslashes doubled before a mark.
fn quoted(argument: &[u8]) -> Vec<u8> {
    if !argument.is_empty()
        && !argument
            .iter()
            .any(|b| matches!(b, b' ' | b'\t' | b'\n' | 0x0b | b'"'))
    {
        return argument.to_vec();
    }
    let mut out = vec![b'"'];
    let mut backslashes = 0;
    for &byte in argument {
        match byte {
            b'\\' => backslashes += 1,
            b'"' => {
                out.extend(std::iter::repeat_n(b'\\', backslashes + 1));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        out.push(byte);
    }
    out.extend(std::iter::repeat_n(b'\\', backslashes));
    out.push(b'"');
    out
}

/// The command line, and how much of it is the program's name with the blank after it.
fn own_command_line() -> (Vec<u8>, usize) {
    let all = arguments();
    let line = command_line(&all);
    let tail = all
        .first()
        .map_or(0, |program| (quoted(program).len() + 1).min(line.len()));
    (line, tail)
}

/// Arguments as one line.
pub(crate) fn command_line(arguments: &[Vec<u8>]) -> Vec<u8> {
    let quoted: Vec<Vec<u8>> = arguments.iter().map(|argument| quoted(argument)).collect();
    quoted.join(&b' ')
}

static LINE_A: OnceLock<(usize, usize)> = OnceLock::new();
static LINE_W: OnceLock<(usize, usize)> = OnceLock::new();

fn line_a() -> (usize, usize) {
    *LINE_A.get_or_init(|| {
        let (line, tail) = own_command_line();
        let at = keep(&line);
        (at, at + tail)
    })
}

fn line_w() -> (usize, usize) {
    *LINE_W.get_or_init(|| {
        let (line, tail) = own_command_line();
        let at = keep_wide(&line);
        (at, at + 2 * to_wide(&line[..tail]).len())
    })
}

/// See `processenv.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetCommandLineA() -> usize {
    guard(0, || Ok(line_a().0))
}

/// See `processenv.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetCommandLineW() -> usize {
    guard(0, || Ok(line_w().0))
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn filemap_winmain_line_a() -> usize {
    guard(0, || Ok(line_a().1))
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn filemap_winmain_line_w() -> usize {
    guard(0, || Ok(line_w().1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_quoted_so_that_windows_rules_give_them_back() {
        for (argument, want) in [
            ("plain", "plain"),
            ("", "\"\""),
            ("two words", "\"two words\""),
            (r#"say "hi""#, r#""say \"hi\"""#),
            (r"c:\dir with\", r#""c:\dir with\\""#),
            (r"c:\dir\", r"c:\dir\"),
        ] {
            assert_eq!(quoted(argument.as_bytes()), want.as_bytes(), "{argument}");
        }
    }
}

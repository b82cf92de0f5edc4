//! Windows paths to paths of this system.
//!
//! A path that begins with `/` is taken as it is. Anything else is a Windows path: `\\?\` is dropped, backslashes become slashes,
//! and a drive letter with a backslash behind it means the root directory. `NUL` is `/dev/null`, `CONIN$` and `CONOUT$` are `/dev/tty`.

/// The path for a system call, terminated. `windows` may have a terminator itself.
#[must_use]
pub fn system_path(windows: &[u8]) -> Vec<u8> {
    let text = windows.split(|b| *b == 0).next().unwrap_or_default();
    let mut path = if text.first() == Some(&b'/') {
        text.to_vec()
    } else {
        let rest = text
            .strip_prefix(br"\\?\")
            .or(text.strip_prefix(br"\\.\"))
            .unwrap_or(text);
        match rest {
            _ if rest.eq_ignore_ascii_case(b"nul") => b"/dev/null".to_vec(),
            _ if rest.eq_ignore_ascii_case(b"conin$") || rest.eq_ignore_ascii_case(b"conout$") => {
                b"/dev/tty".to_vec()
            }
            [letter, b':', tail @ ..]
                if letter.is_ascii_alphabetic() && matches!(tail.first(), Some(b'\\' | b'/')) =>
            {
                slashes(tail)
            }
            _ => slashes(rest),
        }
    };
    path.push(0);
    path
}

fn slashes(text: &[u8]) -> Vec<u8> {
    text.iter().map(|b| if *b == b'\\' { b'/' } else { *b }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_paths_lead_to_files_here_and_paths_of_the_system_are_left_alone() {
        for (windows, want) in [
            (r"C:\temp\a.txt", "/temp/a.txt"),
            (r"\\?\C:\temp\a", "/temp/a"),
            (r"data\a.bin", "data/a.bin"),
            ("/tmp/with\\backslash", "/tmp/with\\backslash"),
            ("c:relative", "c:relative"),
            ("NUL", "/dev/null"),
            ("", ""),
        ] {
            assert_eq!(
                system_path(windows.as_bytes()),
                [want.as_bytes(), b"\0"].concat(),
                "{windows}"
            );
        }
    }
}

//! Running other programs.

use crate::Result;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// The cargo that runs this.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root).stdin(Stdio::null());
    command
}

/// Standard output of a program that must succeed; its standard error is dropped.
pub(crate) fn output(directory: &Path, program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()?;
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout)?),
        false => Err(format!("{program} {}: {}", arguments.join(" "), output.status).into()),
    }
}

/// Whether a program starts and says that all is well.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Runs a program, shows what it prints as it comes, and gives all its lines and whether it succeeded.
///
/// Lines of its two outputs keep their order within each, not between them.
pub(crate) fn tee(command: &mut Command) -> Result<(Vec<String>, bool)> {
    println!("$ {}", shown(command));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (out, err) = (
        child.stdout.take().expect("piped"),
        child.stderr.take().expect("piped"),
    );
    let (mut lines, more) = std::thread::scope(|scope| {
        let err = scope.spawn(|| copy_lines(err, std::io::stderr()));
        (
            copy_lines(out, std::io::stdout()),
            err.join().expect("copying lines does not panic"),
        )
    });
    lines.extend(more);
    Ok((lines, child.wait()?.success()))
}

fn copy_lines(from: impl Read, mut to: impl Write) -> Vec<String> {
    let mut lines = Vec::new();
    for line in BufReader::new(from)
        .split(b'\n')
        .map_while(std::result::Result::ok)
    {
        let line = String::from_utf8_lossy(&line).into_owned();
        let _ = writeln!(to, "{line}"); // nobody may be reading; the lines still count
        lines.push(line);
    }
    lines
}

/// The command as a person would type it.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    std::iter::once(program)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_outputs_and_the_failure_of_a_program_are_seen() {
        let (mut lines, ok) = tee(Command::new("sh").args(["-c", "echo one; echo two >&2; exit 3"])).unwrap();
        lines.sort();
        assert_eq!((lines, ok), (vec!["one".to_owned(), "two".to_owned()], false));
    }

    #[test]
    fn a_program_that_is_not_there_does_not_succeed() {
        assert!(succeeds(&mut Command::new("true")));
        assert!(!succeeds(&mut Command::new("no-such-program-anywhere")));
    }
}

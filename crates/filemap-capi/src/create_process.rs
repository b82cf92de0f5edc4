//! Starting programs: the command line taken apart by Windows' rules, the program found, handles handed over (O-22).

// UNSAFETY: fork and exec.
#![expect(unsafe_code)]

use crate::boundary::Outcome;
use crate::file::{File, code_of_errno};
use crate::handle_table::{Handle, handles};
use crate::inheritance::{Parcel, VARIABLE};
use crate::path::system_path;
use crate::process::{Process, place_for_exit_code};
use filemap_core::error::Win32Code;
use std::collections::BTreeMap;
use std::ffi::{CString, OsString};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// What to start.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) application: Option<Vec<u8>>,
    pub(crate) command_line: Option<Vec<u8>>,
    pub(crate) inherit: bool,
    pub(crate) suspended: bool,
    pub(crate) new_group: bool,
    pub(crate) detached: bool,
    /// Lines `NAME=value`; the caller's own environment without it.
    pub(crate) environment: Option<Vec<Vec<u8>>>,
    pub(crate) directory: Option<Vec<u8>>,
    /// Standard input, output, error.
    pub(crate) standard: Option<[Handle; 3]>,
}

/// Takes a command line apart as the C library of Windows does: blanks separate, quotation marks hold together, backslashes
/// before a mark are halved.
pub(crate) fn arguments(line: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let mut at = 0;
    let blank = |b: u8| matches!(b, b' ' | b'\t' | b'\n' | 0x0b);
    // The program's name: a quoted part ends at the next mark, whatever stands before it.
    let mut program = Vec::new();
    let mut quoted = false;
    while let Some(&byte) = line.get(at) {
        match byte {
            b'"' => quoted = !quoted,
            _ if !quoted && blank(byte) => break,
            _ => program.push(byte),
        }
        at += 1;
    }
    all.push(program);
    loop {
        while line.get(at).is_some_and(|b| blank(*b)) {
            at += 1;
        }
        if at >= line.len() {
            return all;
        }
        let (mut argument, mut quoted) = (Vec::new(), false);
        while let Some(&byte) = line.get(at) {
            if byte == b'\\' {
                let run = line[at..].iter().take_while(|b| **b == b'\\').count();
                at += run;
                if line.get(at) == Some(&b'"') {
                    argument.extend(std::iter::repeat_n(b'\\', run / 2));
                    if run % 2 == 1 {
                        argument.push(b'"');
                        at += 1;
                    }
                } else {
                    argument.extend(std::iter::repeat_n(b'\\', run));
                }
                continue;
            }
            if byte == b'"' {
                if quoted && line.get(at + 1) == Some(&b'"') {
                    argument.push(b'"'); // two marks inside a quoted part are one
                    at += 1;
                } else {
                    quoted = !quoted;
                }
            } else if !quoted && blank(byte) {
                break;
            } else {
                argument.push(byte);
            }
            at += 1;
        }
        all.push(argument);
    }
}

/// A path of this system for a name of Windows, without a terminator.
fn local(name: &[u8]) -> PathBuf {
    let mut path = system_path(name);
    path.pop();
    PathBuf::from(OsString::from_vec(path))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// The file as named, or without the `.exe` that Windows' programs have and Linux' don't.
fn with_or_without_exe(path: &Path) -> Option<PathBuf> {
    let bytes = path.as_os_str().as_bytes();
    let stem = bytes
        .len()
        .checked_sub(4)
        .filter(|at| bytes[*at..].eq_ignore_ascii_case(b".exe"));
    let bare = stem.map(|at| PathBuf::from(OsString::from_vec(bytes[..at].to_vec())));
    [Some(path.to_owned()), bare]
        .into_iter()
        .flatten()
        .find(|path| is_program(path))
}

/// Finds a program as `CreateProcess` does: by a path as it is, by a name in the caller's directory, the current one, PATH.
fn find(name: &[u8], search: bool) -> Outcome<PathBuf> {
    let path = local(name);
    if path.as_os_str().is_empty() {
        return Err(Win32Code::PATH_NOT_FOUND);
    }
    let mut places = Vec::new();
    if search && path.components().count() == 1 && !path.is_absolute() {
        let own = std::env::current_exe().ok();
        places.extend(own.and_then(|own| own.parent().map(Path::to_owned)));
        places.push(PathBuf::from("."));
        places.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    } else {
        places.push(PathBuf::new());
    }
    let found = places
        .iter()
        .find_map(|place| with_or_without_exe(&place.join(&path)));
    match found {
        Some(found) => Ok(found),
        None if path.is_dir() => Err(Win32Code::ACCESS_DENIED),
        None if path.exists() => Err(Win32Code::BAD_EXE_FORMAT),
        None => match path.parent() {
            Some(dir) if !dir.as_os_str().is_empty() && !dir.is_dir() => Err(Win32Code::PATH_NOT_FOUND),
            _ => Err(Win32Code::FILE_NOT_FOUND),
        },
    }
}

fn terminated(bytes: Vec<u8>) -> Outcome<CString> {
    CString::new(bytes).map_err(|_| Win32Code::INVALID_PARAMETER)
}

fn environment(wanted: Option<Vec<Vec<u8>>>, parcel: &Parcel) -> Outcome<Vec<CString>> {
    let lines = wanted.unwrap_or_else(|| {
        let own = std::env::vars_os();
        own.map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes()].concat())
            .collect()
    });
    let mut all: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    for line in lines {
        // A name may begin with '=' on Windows (the directories of drives); Linux has no use for those.
        if let Some(at) = line.iter().position(|b| *b == b'=').filter(|at| *at > 0) {
            all.insert(line[..at].to_vec(), line[at + 1..].to_vec());
        }
    }
    all.insert(VARIABLE.into(), parcel.value().into_bytes());
    all.into_iter()
        .map(|(name, value)| terminated([name, b"=".to_vec(), value].concat()))
        .collect()
}

/// Everything that the child does between fork and exec, made ready before: it may not ask for memory then.
struct Ready<'a> {
    program: CString,
    arguments: Vec<*const libc::c_char>,
    environment: Vec<*const libc::c_char>,
    directory: Option<CString>,
    keep: Vec<i32>,
    standard: [i32; 3],
    report: i32,
    wanted: &'a Wanted,
}

impl Ready<'_> {
    /// Runs in the child; never comes back.
    ///
    /// # Safety
    /// The process is a child made by fork, and nothing but async-signal-safe calls may be made in it.
    unsafe fn run(&self) -> ! {
        // SAFETY: system calls on data that was made ready before the fork; all of them are async-signal-safe.
        unsafe {
            let mut set: libc::sigset_t = std::mem::zeroed();
            libc::sigemptyset(&raw mut set);
            libc::sigprocmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut());
            libc::signal(libc::SIGPIPE, libc::SIG_DFL);
            if self.wanted.detached {
                libc::setsid();
            } else if self.wanted.new_group {
                libc::setpgid(0, 0);
            }
            for (to, from) in self.standard.into_iter().enumerate() {
                if from >= 0 && libc::dup2(from, to as i32) < 0 {
                    self.give_up();
                }
            }
            for number in &self.keep {
                libc::fcntl(*number, libc::F_SETFD, 0);
            }
            if let Some(directory) = &self.directory
                && libc::chdir(directory.as_ptr()) != 0
            {
                self.give_up();
            }
            if self.wanted.suspended {
                libc::raise(libc::SIGSTOP);
            }
            libc::execve(
                self.program.as_ptr(),
                self.arguments.as_ptr(),
                self.environment.as_ptr(),
            );
            self.give_up()
        }
    }

    /// # Safety
    /// As for [`run`](Self::run).
    unsafe fn give_up(&self) -> ! {
        // SAFETY: four readable bytes; _exit runs no handlers.
        unsafe {
            let errno = *libc::__errno_location();
            libc::write(self.report, (&raw const errno).cast(), 4);
            libc::_exit(127)
        }
    }
}

fn pointers(strings: &[CString]) -> Vec<*const libc::c_char> {
    let ends = [std::ptr::null()];
    strings.iter().map(|s| s.as_ptr()).chain(ends).collect()
}

/// A pipe that no child keeps: reading end, writing end.
pub(crate) fn pipe() -> Outcome<[OwnedFd; 2]> {
    let mut ends = [0; 2];
    // SAFETY: room for two descriptors, which are ours afterwards.
    match unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } {
        // SAFETY: as above.
        0 => Ok(ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) })),
        _ => Err(Win32Code::TOO_MANY_OPEN_FILES),
    }
}

/// The descriptor above 2, so that giving the child its standard streams does not run over it.
fn above_standard(file: OwnedFd) -> Outcome<OwnedFd> {
    // SAFETY: a duplicate of an open descriptor, which is ours.
    match unsafe { libc::fcntl(file.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 3) } {
        // SAFETY: as above.
        number @ 0.. => Ok(unsafe { OwnedFd::from_raw_fd(number) }),
        _ => Err(Win32Code::TOO_MANY_OPEN_FILES),
    }
}

/// Starts the program. Errors: 2, 3, 4, 5, 6, 8, 87, 193, 267.
pub(crate) fn start(mut wanted: Wanted) -> Outcome<Process> {
    let line = wanted.command_line.take();
    let mut argv = match (&line, &wanted.application) {
        (Some(line), _) => arguments(line),
        (None, Some(application)) => vec![application.clone()],
        (None, None) => return Err(Win32Code::INVALID_PARAMETER),
    };
    let program = match &wanted.application {
        Some(application) => find(application, false)?,
        None => find(&argv[0], true)?,
    };
    if argv[0].is_empty() {
        argv[0] = program.as_os_str().as_bytes().to_vec();
    }
    let directory = match wanted.directory.take() {
        None => None,
        Some(directory) => {
            let path = local(&directory);
            if !path.is_dir() {
                return Err(Win32Code::DIRECTORY);
            }
            Some(terminated(path.into_os_string().into_vec())?)
        }
    };
    // A relative program is meant from here, not from the directory that the child begins in.
    let program = std::path::absolute(program).map_err(|_| Win32Code::PATH_NOT_FOUND)?;
    let said = above_standard(place_for_exit_code()?)?;
    let ours = said.try_clone().map_err(|_| Win32Code::TOO_MANY_OPEN_FILES)?;
    let inherited = if wanted.inherit {
        handles().inheritable()
    } else {
        Vec::new()
    };
    let parcel = Parcel::of(&inherited, said)?;
    let mut standard_files = Vec::new();
    let mut standard = [-1; 3];
    for (slot, handle) in standard
        .iter_mut()
        .zip(wanted.standard.unwrap_or([Handle::NULL; 3]))
    {
        if handle == Handle::NULL || handle == Handle::INVALID {
            continue;
        }
        let file = handles().object::<File>(handle, 0)?;
        let copy = file.descriptor().try_clone_to_owned();
        let copy = above_standard(copy.map_err(|_| Win32Code::TOO_MANY_OPEN_FILES)?)?;
        *slot = copy.as_raw_fd();
        standard_files.push(copy);
    }
    let [reader, writer] = pipe()?;
    let writer = above_standard(writer)?;
    let strings = argv.into_iter().map(terminated).collect::<Outcome<Vec<_>>>()?;
    let lines = environment(wanted.environment.take(), &parcel)?;
    let ready = Ready {
        program: terminated(program.into_os_string().into_vec())?,
        arguments: pointers(&strings),
        environment: pointers(&lines),
        directory,
        keep: parcel.numbers(),
        standard,
        report: writer.as_raw_fd(),
        wanted: &wanted,
    };
    // SAFETY: the child makes only async-signal-safe calls until exec, on data that is ready.
    let child = unsafe { libc::fork() };
    match child {
        // SAFETY: this is the child.
        0 => unsafe { ready.run() },
        1.. => {}
        _ => return Err(Win32Code::NOT_ENOUGH_MEMORY),
    }
    drop((writer, standard_files));
    let process = Process::of_child(child as u32, ours)?;
    let errno = if wanted.suspended {
        wait_until_stopped(child);
        None
    } else {
        read_errno(&reader)
    };
    drop(parcel);
    match errno {
        None => Ok(process),
        Some(errno) => {
            // SAFETY: a child of ours that has ended or is about to.
            unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
            Err(match errno {
                libc::ENOEXEC => Win32Code::BAD_EXE_FORMAT,
                errno => code_of_errno(errno),
            })
        }
    }
}

/// The number that the child could not be started with; `None` when exec has closed the pipe.
fn read_errno(reader: &OwnedFd) -> Option<i32> {
    let mut bytes = [0; 4];
    loop {
        // SAFETY: four writable bytes.
        let got = unsafe { libc::read(reader.as_raw_fd(), bytes.as_mut_ptr().cast(), 4) };
        match got {
            4 => return Some(i32::from_ne_bytes(bytes)),
            -1 if std::io::Error::last_os_error().raw_os_error() == Some(libc::EINTR) => {}
            _ => return None,
        }
    }
}

fn wait_until_stopped(child: i32) {
    // SAFETY: waits for a child of ours without reaping it; the kernel fills in our siginfo.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let flags = libc::WSTOPPED | libc::WEXITED | libc::WNOWAIT;
        while libc::waitid(libc::P_PID, child as libc::id_t, &raw mut info, flags) != 0
            && std::io::Error::last_os_error().raw_os_error() == Some(libc::EINTR)
        {}
    }
}

/// Lets a process run whose first thread was created suspended; gives the suspend count before.
pub(crate) fn resume(process: &Process) -> Outcome<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.id()));
    let state = stat
        .ok()
        .and_then(|stat| stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next()));
    match state {
        Some('T') => process.send(libc::SIGCONT).map(|()| 1),
        _ => Ok(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_come_apart_as_windows_takes_them_apart() {
        for (line, want) in [
            (r#"prog a b"#, &["prog", "a", "b"][..]),
            (
                r#""c:\my prog\p.exe" "a b" c"#,
                &[r"c:\my prog\p.exe", "a b", "c"],
            ),
            (r#"p "a\"b" \\x "c\\" d"#, &["p", "a\"b", r"\\x", r"c\", "d"]),
            (r#"p a\\\"b "" "#, &["p", r#"a\"b"#, ""]),
            (r#"p "a""b" c"#, &["p", "a\"b", "c"]),
            ("p\t\tx\n", &["p", "x"]),
            ("", &[""]),
        ] {
            let got = arguments(line.as_bytes());
            let got: Vec<_> = got.iter().map(|b| String::from_utf8_lossy(b)).collect();
            assert_eq!(got, want, "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_getcommandline_puts_together_comes_apart_again(arguments in proptest::collection::vec("[a \\\\\"\t]{0,6}", 0..5)) {
            let mut all = vec![b"prog".to_vec()];
            all.extend(arguments.iter().map(|a| a.as_bytes().to_vec()));
            let line = crate::process_start::command_line(&all);
            proptest::prop_assert_eq!(super::arguments(&line), all);
        }
    }
}

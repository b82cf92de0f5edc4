//! Rivals in programs of their own, which take their turns over a pipe. They are compiled when a run begins.

use crate::Result;
use crate::subject::Subject;
use rustix::thread::CpuSet;
use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

/// The files of the programs; all are written to the same directory.
const FILES: [(&str, &str); 5] = [
    ("driver.hpp", include_str!("programs/driver.hpp")),
    ("boost.cpp", include_str!("programs/boost.cpp")),
    ("qt.cpp", include_str!("programs/qt.cpp")),
    ("python.py", include_str!("programs/python.py")),
    ("wine.c", include_str!("programs/wine.c")),
];

/// Where Wine keeps what it needs; it stays from run to run, as making it takes long.
fn wine_prefix() -> Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("filemap-bench-wine"))
}

/// A program, waiting for requests.
#[derive(Debug)]
pub struct Driver {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// What it says of its version.
    pub version: String,
}

/// Runs a tool to its end; its words are the error.
fn tool(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|e| format!("{program}: {e}"))?;
    match output.status.success() {
        true => Ok(()),
        false => {
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            let first = words
                .lines()
                .find(|line| line.contains("error"))
                .unwrap_or("")
                .trim();
            Err(format!("{program} failed: {first}").into())
        }
    }
}

/// What `pkg-config` knows of Qt.
fn qt_flags(kind: &str) -> Result<Vec<String>> {
    let output = Command::new("pkg-config").args([kind, "Qt6Core"]).output();
    match output {
        Ok(output) if output.status.success() => Ok(String::from_utf8(output.stdout)?
            .split_whitespace()
            .map(str::to_owned)
            .collect()),
        Ok(_) => Err("pkg-config does not know Qt6Core".into()),
        Err(e) => Err(format!("pkg-config: {e}").into()),
    }
}

/// Compiles a source file beside it, and gives the command that starts it.
fn build(source: &str, directory: &Path) -> Result<Command> {
    for (name, text) in FILES {
        std::fs::write(directory.join(name), text)?;
    }
    let (source_path, program) = (
        directory.join(source),
        directory.join(format!("{source}.program")),
    );
    let cxx = || {
        let mut command = Command::new(std::env::var_os("CXX").unwrap_or_else(|| "c++".into()));
        command.args(["-O2", "-std=c++17", "-fPIC", "-pthread", "-o"]);
        command.arg(&program).arg(&source_path);
        command
    };
    match source {
        "boost.cpp" => tool(cxx().arg("-lrt"))?,
        "qt.cpp" => tool(cxx().args(qt_flags("--cflags")?).args(qt_flags("--libs")?))?,
        "python.py" => {
            let mut command = Command::new("python3");
            command.arg(source_path);
            return Ok(command);
        }
        _ => {
            tool(
                Command::new("x86_64-w64-mingw32-gcc")
                    .args(["-O2", "-o"])
                    .arg(program.with_extension("exe"))
                    .arg(&source_path),
            )?;
            return wine(&program.with_extension("exe"));
        }
    }
    Ok(Command::new(program))
}

/// The command that starts a Windows program.
fn wine(program: &Path) -> Result<Command> {
    let wine = ["/usr/lib/wine/wine64", "/usr/bin/wine64"]
        .into_iter()
        .find(|path| Path::new(path).is_file())
        .ok_or("there is no wine64")?;
    let prefix = wine_prefix()?;
    let base = || {
        let mut command = Command::new(wine);
        command
            .env("WINEPREFIX", &prefix)
            .env("WINEDEBUG", "-all")
            .env_remove("DISPLAY");
        command
    };
    if !prefix.join("system.reg").is_file() {
        std::fs::create_dir_all(&prefix)?;
        tool(base().args(["wineboot", "-i"]))?;
    }
    let mut command = base();
    command.arg(program);
    Ok(command)
}

impl Driver {
    /// Compiles and starts the program of this source file in `directory`.
    ///
    /// # Errors
    /// A tool or a library is missing.
    pub fn start(source: &str, directory: &Path) -> Result<Driver> {
        let mut child = build(source, directory)?
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let input = child.stdin.take().ok_or("a pipe")?;
        let output = BufReader::new(child.stdout.take().ok_or("a pipe")?);
        let mut driver = Driver {
            child,
            input,
            output,
            version: String::new(),
        };
        driver.version = driver.ask("version")?;
        Ok(driver)
    }

    /// One request, one answer.
    fn ask(&mut self, request: &str) -> Result<String> {
        writeln!(self.input, "{request}")?;
        self.input.flush()?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let line = line.trim_end();
        match line.split_once(' ') {
            Some(("no", why)) => Err(why.to_owned().into()),
            _ if line.is_empty() => Err("its program has ended".into()),
            _ => Ok(line.to_owned()),
        }
    }

    /// Puts the program, and what it will start, on these processors.
    fn stay_on(&self, processors: &CpuSet) -> Result<()> {
        let pid = rustix::process::Pid::from_child(&self.child);
        Ok(rustix::thread::sched_setaffinity(Some(pid), processors)?)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One operation of a driver.
pub struct Driven(Rc<RefCell<Driver>>);

impl Driven {
    /// Prepares the operation; `words` are `KEY=VALUE`.
    ///
    /// # Errors
    /// The rival has no such operation, or it failed: the reason.
    pub fn prepare(
        driver: &Rc<RefCell<Driver>>,
        operation: &str,
        words: &[(&str, String)],
        on: &CpuSet,
    ) -> Result<Driven> {
        let mut request = format!("prepare {operation}");
        for (key, value) in words {
            request.push_str(&format!(" {key}={value}"));
        }
        let mut open = driver.borrow_mut();
        open.stay_on(on)?;
        match open.ask(&request) {
            Ok(_) => Ok(Driven(Rc::clone(driver))),
            Err(e) => {
                let _ = open.ask("finish");
                Err(e)
            }
        }
    }
}

impl Subject for Driven {
    fn time(&mut self, times: u32) -> Result<Duration> {
        let answer = self.0.borrow_mut().ask(&format!("run {times}"))?;
        Ok(Duration::from_nanos(answer.parse()?))
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        let _ = self.0.borrow_mut().ask("finish");
    }
}

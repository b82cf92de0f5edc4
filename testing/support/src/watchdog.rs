//! The end of a test that hangs.

use crate::patience;
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::fd::AsFd;
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Ends the whole process if it is still armed when its time is up: message, stacks of all threads, SIGABRT.
///
/// A test that can block arms one first and keeps it to its end:
///
/// ```
/// let _watchdog = filemap_testing::watchdog!();
/// ```
///
/// The stacks come from `gdb` where it is installed; else the kernel's idea of what each thread waits for is shown.
#[must_use = "dropping the watchdog disarms it"]
pub struct Watchdog {
    disarmed: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

/// Arms a [`Watchdog`] with the name of the function around it and the usual [`patience`].
#[macro_export]
macro_rules! watchdog {
    () => {{
        fn here() {}
        $crate::Watchdog::arm(&$crate::name_of(&here), $crate::patience())
    }};
}

impl Watchdog {
    /// Arms a watchdog that gives `what`, the name of the test, `limit` from now.
    ///
    /// # Panics
    /// If no thread can be started.
    pub fn arm(what: &str, limit: Duration) -> Watchdog {
        let disarmed = Arc::new((Mutex::new(false), Condvar::new()));
        let thread = std::thread::Builder::new()
            .name("watchdog".into())
            .spawn({
                let (what, disarmed) = (what.to_owned(), Arc::clone(&disarmed));
                move || watch(&what, limit, &disarmed)
            })
            .expect("a thread for the watchdog");
        Watchdog {
            disarmed,
            thread: Some(thread),
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        *self.disarmed.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.disarmed.1.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // it never panics; a watchdog that did has nothing left to guard
        }
    }
}

fn watch(what: &str, limit: Duration, (disarmed, changed): &(Mutex<bool>, Condvar)) {
    let guard = disarmed.lock().unwrap_or_else(PoisonError::into_inner);
    let (guard, _) = changed
        .wait_timeout_while(guard, limit, |disarmed| !*disarmed)
        .unwrap_or_else(PoisonError::into_inner);
    if *guard {
        return;
    }
    let mut stderr = std::io::stderr();
    let _ = writeln!(
        stderr,
        "\nWATCHDOG: {what} (process {}) is not done after {limit:?}",
        std::process::id()
    );
    if !gdb(patience() / 4) {
        let _ = stderr.write_all(threads().as_bytes());
    }
    std::process::abort();
}

/// Lets gdb print the stacks to standard error; `false` if it isn't there or didn't come to an end within `limit`.
fn gdb(limit: Duration) -> bool {
    // Yama forbids a child to look into its parent unless that was said before; without Yama the call fails, and
    // nothing was forbidden.
    let _ = rustix::process::set_ptracer(rustix::process::PTracer::Any);
    let Ok(stderr) = std::io::stderr().as_fd().try_clone_to_owned() else {
        return false;
    };
    let Ok(mut gdb) = Command::new("gdb")
        .args(["-nx", "-batch", "-p", &std::process::id().to_string()])
        .args(["-ex", "set width 0", "-ex", "thread apply all backtrace 40"])
        .env_remove("DEBUGINFOD_URLS")
        .stdin(Stdio::null())
        .stdout(stderr)
        .stderr(Stdio::null())
        .spawn()
    else {
        return false;
    };
    let start = Instant::now();
    loop {
        match gdb.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if start.elapsed() < limit => std::thread::park_timeout(Duration::from_millis(20)),
            _ => {
                let _ = gdb.kill();
                let _ = gdb.wait();
                return false;
            }
        }
    }
}

/// What the kernel tells about each thread of this process: name, state, where in the kernel it waits. Source: proc(5).
fn threads() -> String {
    let mut text = String::from("threads (install gdb for stacks):\n");
    let tasks = std::fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten();
    for task in tasks {
        let read = |file: &str| std::fs::read_to_string(task.path().join(file)).unwrap_or_default();
        let state = read("status")
            .lines()
            .find_map(|l| l.strip_prefix("State:").map(str::trim).map(str::to_owned));
        let _ = writeln!(
            text,
            "  {} {}: {}, in {}, system call {}",
            task.file_name().to_string_lossy(),
            read("comm").trim(),
            state.unwrap_or_default(),
            read("wchan"),
            read("syscall").trim()
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watchdog_that_was_dropped_in_time_does_nothing() {
        drop(Watchdog::arm("a test that is quick", Duration::from_secs(3600)));
    }

    #[test]
    fn without_gdb_every_thread_is_listed_with_its_state() {
        let _other = Watchdog::arm("a second thread", Duration::from_secs(3600));
        // A new thread runs under its maker's name until it has given itself its own.
        crate::wait_for("the second thread to take its name", || {
            threads().contains("watchdog: ")
        });
        let text = threads();
        assert!(text.lines().count() >= 3, "{text}");
        assert!(
            text.lines().skip(1).all(|line| line.contains("system call")),
            "{text}"
        );
    }
}

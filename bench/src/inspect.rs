//! What looking at objects costs: the rows that the inspecting commands promise.
//!
//! Each row runs the command itself as a process of its own, so start-up, output and memory count.

// UNSAFETY: wait4(2), which tells what a child has used.
#![expect(unsafe_code)]

use crate::Result;
use filemap::inspect::Sweeper;
use filemap::{FileMapping, Namespace, SectionFlags};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A promise and what was measured.
#[derive(Clone, Debug)]
pub struct Row {
    /// What was done.
    pub what: String,
    /// What was measured, in words.
    pub measured: String,
    /// What was promised, in words.
    pub promised: &'static str,
    /// Whether it was kept.
    pub kept: bool,
}

/// What a process has used.
#[derive(Clone, Copy, Debug)]
struct Used {
    elapsed: Duration,
    processor: Duration,
    /// Bytes of memory at most.
    memory: u64,
}

fn run(command: &mut Command) -> Result<Used> {
    let start = Instant::now();
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut status = 0;
    // SAFETY: all zeroes is a valid `rusage`.
    let mut used: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: our own child, which nobody else waits for (the handle is only dropped); both places outlive the call.
    let waited = unsafe { libc::wait4(child.id().cast_signed(), &raw mut status, 0, &raw mut used) };
    let elapsed = start.elapsed();
    if waited < 0 || status != 0 {
        return Err(format!("{command:?} ended with status {status}").into());
    }
    let time =
        |t: libc::timeval| Duration::from_secs(t.tv_sec as u64) + Duration::from_micros(t.tv_usec as u64);
    Ok(Used {
        elapsed,
        processor: time(used.ru_utime) + time(used.ru_stime),
        memory: used.ru_maxrss as u64 * 1024,
    })
}

/// Processes that hold objects until they are dropped.
struct Holders(Vec<Child>);

impl Drop for Holders {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill(); // fails if it has ended already
        }
        for child in &mut self.0 {
            let _ = child.wait();
        }
    }
}

/// Starts `processes` of this program that hold `each` objects of their own, or all the same one.
fn holders(root: &Path, processes: usize, each: usize, same: bool) -> Result<Holders> {
    let me = std::env::current_exe()?;
    let mut holders = Holders(Vec::new());
    for n in 0..processes {
        let prefix = if same {
            "same".to_owned()
        } else {
            format!("object-{n}-")
        };
        let mut command = Command::new(&me);
        command.arg("hold-many").arg("--root").arg(root);
        command.args(["--prefix", &prefix, "--count", &each.to_string()]);
        holders
            .0
            .push(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?);
    }
    for child in &mut holders.0 {
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().ok_or("a pipe")?).read_line(&mut line)?;
        if line != "ready\n" {
            return Err("a holder did not become ready".into());
        }
    }
    Ok(holders)
}

/// The part of a holder: `count` objects, or one handle to `prefix` if it is one, until standard input ends.
pub fn hold_many(root: &Path, prefix: &str, count: usize) -> Result<()> {
    let space = Namespace::at(root).with_session(1);
    let mut held = Vec::new();
    for n in 0..count {
        let name = if count == 1 {
            prefix.to_owned()
        } else {
            format!("{prefix}{n}")
        };
        // Reserved memory takes none, so that only the looking is measured.
        let options = FileMapping::options().namespace(&space).size(65536);
        held.push(options.section_flags(SectionFlags::RESERVE).create(&name)?);
    }
    println!("ready");
    std::io::stdout().flush()?;
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Measures all rows with the command at `filemap`, in a tree below `root`.
pub fn measure(filemap: &Path, root: &Path) -> Result<Vec<Row>> {
    let command = || {
        let mut command = Command::new(filemap);
        command.env("FILEMAP_ROOT", root).env("FILEMAP_SESSION", "1");
        command
    };
    let mut rows = Vec::new();

    // Flat memory: nothing is kept of an object but its name and who holds it.
    const FEW: u64 = 1000;
    const MANY: u64 = 100_000;
    let some = holders(root, 1, FEW as usize, false)?;
    let small = run(command().arg("ls"))?;
    drop(some);
    let many = holders(root, 10, MANY as usize / 10, false)?;
    run(command().arg("ls"))?; // the caches are warm from here on
    let listed = (0..5)
        .map(|_| run(command().arg("ls")))
        .collect::<Result<Vec<Used>>>()?;
    let time = median(listed.iter().map(|used| used.elapsed).collect());
    let memory = listed.iter().map(|used| used.memory).max().unwrap_or(0);
    let each = memory.saturating_sub(small.memory) / (MANY - FEW);
    rows.push(Row {
        what: "ls of 100,000 objects".into(),
        measured: format!(
            "{}, {} KiB of memory: {each} bytes for each object more than 1,000",
            millis(time),
            memory / 1024,
        ),
        promised: "under 1 s, at most 64 bytes for each object",
        kept: time < Duration::from_secs(1) && each <= 64,
    });
    drop(many);
    run(command().arg("sweep"))?;

    let same = holders(root, 300, 1, true)?;
    run(command().args(["who", "same"]))?;
    let asked = (0..5)
        .map(|_| run(command().args(["who", "same"])))
        .collect::<Result<Vec<Used>>>()?;
    let time = median(asked.iter().map(|used| used.elapsed).collect());
    rows.push(Row {
        what: "who over 300 processes that hold it".into(),
        measured: millis(time),
        promised: "under 200 ms",
        kept: time < Duration::from_millis(200),
    });
    drop(same);
    run(command().arg("sweep"))?;

    let space = Namespace::at(root).with_session(1);
    let watched = FileMapping::options()
        .namespace(&space)
        .size(65536)
        .create("watched")?;
    let view = watched.map()?;
    let stop = std::sync::atomic::AtomicBool::new(false);
    let used = std::thread::scope(|scope| {
        scope.spawn(|| {
            // Something changes before every look.
            let mut n = 0u64;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                n += 1;
                let _ = view.write_at((n * 64 % 65536) as usize, &n.to_ne_bytes());
                pause(Duration::from_millis(10));
            }
        });
        let used = run(command().args(["watch", "watched", "--hz", "60", "--for", "5s"]));
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        used
    })?;
    let share = used.processor.as_secs_f64() / used.elapsed.as_secs_f64() * 100.0;
    rows.push(Row {
        what: "watch of 64 KiB at 60 Hz, all of which change".into(),
        measured: format!("{share:.2}% of a processor"),
        promised: "under 3%",
        kept: share < 3.0,
    });
    drop((view, watched));

    // Ten thousand objects whose holders are killed at once.
    let killed = holders(root, 10, 1000, false)?;
    let mut swept = 0;
    let mut sweeper = Sweeper::new(&space, &mut |_| ())?;
    let start = Instant::now();
    let mut first = None;
    drop(killed);
    let died = start.elapsed();
    while swept < 10_000 && start.elapsed() < Duration::from_secs(60) {
        let before = swept;
        sweeper.turn(&mut |_| swept += 1)?;
        if swept > 0 {
            first.get_or_insert_with(|| start.elapsed());
        }
        if swept == before {
            pause(Duration::from_millis(1));
        }
    }
    let time = start.elapsed();
    rows.push(Row {
        what: "10,000 objects whose holders are killed at once, reclaimed by the watching sweep".into(),
        measured: format!(
            "{} from the first kill to the last entry ({} for the kernel to end the processes)",
            millis(time),
            millis(died)
        ),
        promised: "under 1 s",
        kept: swept == 10_000 && time < Duration::from_secs(1),
    });

    // One holder that dies: from the kill to the entry's end.
    let mut delays = Vec::new();
    for _ in 0..20 {
        let mut one = holders(root, 1, 1, false)?;
        while sweeper_is_busy(&mut sweeper)? {}
        let mut gone = false;
        let start = Instant::now();
        one.0[0].kill()?;
        while !gone {
            sweeper.turn(&mut |_| gone = true)?;
        }
        delays.push(start.elapsed());
    }
    let time = median(delays);
    rows.push(Row {
        what: "one object whose holder is killed, reclaimed by the watching sweep".into(),
        measured: millis(time),
        promised: "within milliseconds",
        kept: time < Duration::from_millis(20),
    });
    Ok(rows)
}

fn sweeper_is_busy(sweeper: &mut Sweeper) -> Result<bool> {
    let mut something = false;
    sweeper.turn(&mut |_| something = true)?;
    Ok(something)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a pause is the purpose: something is to change at a rate"
)]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

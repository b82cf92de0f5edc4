//! Starts the workers, kills them, and has the stranger check.

use super::{Ledger, SLOTS, has, waits};
use crate::storm::Random;
use filemap::Namespace;
use filemap_testing::{patience, pause, private_root};
use rustix::process::{Pid, Signal};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

type Failure = Box<dyn std::error::Error>;

/// What to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// The program that plays worker and stranger: `PROGRAM worker ROOT SLOT SEED`, `PROGRAM stranger ROOT`.
    pub program: PathBuf,
    /// How many workers die.
    pub kills: u64,
    /// What the random choices depend on.
    pub seed: u64,
    /// After how many kills all die, and what is left is compared with the start.
    pub round: u64,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome {
    /// Workers that died by SIGKILL in the middle of their work.
    pub kills: u64,
    /// Promises that were checked, one by one, all kept.
    pub checks: u64,
    /// Calls that workers made.
    pub calls: u64,
    /// Workers that died inside a wait for all, and with all of it.
    pub in_wait_all: u64,
    /// Workers that died while they owned a mutex.
    pub owners: u64,
    /// Names that died with their only holder.
    pub names: u64,
    /// Times that the mutex of all was found abandoned.
    pub abandoned: u64,
    /// How long it took.
    pub took: Duration,
}

struct Attendant {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Attendant {
    fn start(program: &Path, root: &Path) -> Result<Attendant, Failure> {
        let mut process = Command::new(program)
            .arg("stranger")
            .arg(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (orders, answers) = (
            process.stdin.take().ok_or("no pipe")?,
            process.stdout.take().ok_or("no pipe")?,
        );
        let mut attendant = Attendant {
            process,
            orders,
            answers: BufReader::new(answers),
        };
        attendant.answer()?;
        Ok(attendant)
    }

    fn answer(&mut self) -> Result<u64, Failure> {
        let mut line = String::new();
        match self.answers.read_line(&mut line)? {
            0 => Err("the stranger found a broken promise, see above".into()),
            _ => Ok(line.trim().parse()?),
        }
    }

    fn order(&mut self, order: &str) -> Result<u64, Failure> {
        if writeln!(self.orders, "{order}").is_err() {
            return Err("the stranger found a broken promise, see above".into());
        }
        self.answer()
    }
}

impl Drop for Attendant {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Worker {
    process: Child,
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Worker {
    /// Kills it and waits until it is gone.
    fn die(&mut self) -> Result<(), Failure> {
        if let Some(status) = self.process.try_wait()? {
            return Err(format!("a worker saw a broken promise, see above: {status}").into());
        }
        self.process.kill()?;
        let status = self.process.wait()?;
        match status.signal() == Some(Signal::KILL.as_raw()) {
            true => Ok(()),
            false => Err(format!("a worker saw a broken promise, see above: {status}").into()),
        }
    }
}

/// Waits until `done`, as long as a test waits.
fn until(what: &str, mut done: impl FnMut() -> Result<bool, Failure>) -> Result<(), Failure> {
    let (mut waited, mut last) = (Duration::ZERO, Instant::now());
    while !done()? {
        // Between two looks at most a second counts: somebody may stop all of this for minutes, to measure something.
        waited += last.elapsed().min(Duration::from_secs(1));
        last = Instant::now();
        if waited > patience() {
            return Err(format!("hangs: waited {waited:?} for {what}").into());
        }
        pause(Duration::from_micros(100));
    }
    Ok(())
}

struct Soak<'a> {
    options: &'a Options,
    random: Random,
    root: &'a Path,
    ledger: Ledger,
    workers: Vec<Option<Worker>>,
    started: u64,
    outcome: Outcome,
}

impl Soak<'_> {
    fn start(&mut self, slot: usize) -> Result<(), Failure> {
        self.started += 1;
        let seed = (self.options.seed & 0xFFFF_FFFF) << 24 | self.started;
        let process = Command::new(&self.options.program)
            .arg("worker")
            .arg(self.root)
            .args([slot.to_string(), seed.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        self.workers[slot] = Some(Worker { process });
        Ok(())
    }

    /// Waits until the worker of a slot has made one more call; fails if it ended by itself.
    fn works(&mut self, slot: usize) -> Result<(), Failure> {
        let (ledger, worker) = (&self.ledger, &mut self.workers[slot]);
        let before = ledger.calls(slot).load(SeqCst);
        let worker = worker.as_mut().ok_or("no worker")?;
        until("a worker to make a call", || {
            if let Some(status) = worker.process.try_wait()? {
                return Err(format!("a worker saw a broken promise, see above: {status}").into());
            }
            Ok(ledger.calls(slot).load(SeqCst) != before)
        })
    }

    fn count(&mut self, slot: usize) {
        let ledger = &self.ledger;
        let outcome = &mut self.outcome;
        outcome.kills += 1;
        outcome.calls += ledger.calls(slot).load(SeqCst);
        let wait = ledger.waits(slot).load(SeqCst);
        outcome.in_wait_all += u64::from([waits::FOR_ALL, waits::HAS_ALL].contains(&wait));
        let owner = ledger.mutex(slot).load(SeqCst) == has::HELD || wait == waits::HAS_ALL;
        outcome.owners += u64::from(owner);
        let held = super::Kind::ALL
            .iter()
            .filter(|kind| ledger.name(slot, **kind).load(SeqCst) == has::HELD);
        outcome.names += held.count() as u64;
    }

    fn round(&mut self, stranger: &mut Attendant, workers: usize) -> Result<(), Failure> {
        for slot in 0..workers {
            self.start(slot)?;
        }
        let kills = self.options.round.min(self.options.kills - self.outcome.kills);
        for _ in 0..kills.saturating_sub(workers as u64) {
            let slot = self.random.below(workers);
            self.works(slot)?;
            // Up to 4 ms, short pauses as likely as long ones.
            let longest = 1 << self.random.below(13);
            pause(Duration::from_micros(self.random.below(longest) as u64));
            if self.random.below(4) == 0 {
                stranger.order(&format!("before {slot}"))?;
            }
            let mut worker = self.workers[slot].take().ok_or("no worker")?;
            worker.die()?;
            self.count(slot);
            stranger.order(&format!("after {slot} {}", worker.process.id()))?;
            self.start(slot)?;
        }
        // Nobody hangs: each makes another call; then all die.
        for slot in 0..workers {
            self.works(slot)?;
        }
        for slot in 0..workers {
            let mut worker = self.workers[slot].take().ok_or("no worker")?;
            worker.die()?;
            self.count(slot);
            stranger.order(&format!("after {slot} {}", worker.process.id()))?;
        }
        self.outcome.checks = stranger.order("all")?;
        match self.ledger.broken().load(SeqCst) {
            0 => Ok(()),
            n => Err(format!("{n} workers saw a broken promise, see above").into()),
        }
    }
}

/// Kills as many workers as `options` say; `Err` tells of a broken promise, a hang, or that the machine can't do it.
///
/// # Errors
/// Whatever went wrong, with the seed; details are on standard error.
pub fn run(options: &Options) -> Result<Outcome, Failure> {
    let start = Instant::now();
    let tree = private_root();
    let space = Namespace::at(tree.path()).with_session(1);
    let mut stranger = Attendant::start(&options.program, tree.path())?;
    let mut soak = Soak {
        options,
        random: Random::new(options.seed),
        root: tree.path(),
        ledger: Ledger::new(&space)?,
        workers: (0..SLOTS).map(|_| None).collect(),
        started: 0,
        outcome: Outcome::default(),
    };
    // With as many as ever in the first round, so that what is left after it is the most that may ever be left.
    let mut workers = SLOTS;
    while soak.outcome.kills < options.kills {
        let before = soak.outcome.kills;
        soak.round(&mut stranger, workers)
            .map_err(|e| format!("seed {}, {} kills: {e}", options.seed, soak.outcome.kills))?;
        if before / 1000 != soak.outcome.kills / 1000 {
            eprintln!(
                "{} kills, {:.0} s",
                soak.outcome.kills,
                start.elapsed().as_secs_f64()
            );
        }
        workers = 1 + soak.random.below(SLOTS);
    }
    soak.outcome.abandoned = soak.ledger.abandoned().load(SeqCst);
    soak.outcome.took = start.elapsed();
    if soak.outcome.abandoned > soak.outcome.kills {
        return Err("more abandonments than deaths".into());
    }
    Ok(soak.outcome)
}

/// Has this process die with the one that started it.
///
/// # Errors
/// If that one is gone already.
pub fn end_with_the_parent() -> std::io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // It died before?
    match rustix::process::getppid() {
        Some(parent) if parent != Pid::INIT => Ok(()),
        _ => Err(std::io::Error::other("the process that started this one is gone")),
    }
}

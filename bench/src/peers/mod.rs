//! Filemap beside its peers, all in one run: `filemap-bench peers`.
//!
//! Who takes part in what is data (`definitions/peers.toml`). For each operation and value every subject is set up, then all take
//! turns: each round has a turn of every subject, and each round another one begins. A subject's ratio is the median of its ratios
//! to the system calls *of the same round*, so that whatever else the machine does hits all alike. Rivals in other languages are
//! small programs (`programs/`), compiled when the run begins, that wait on a pipe for their turn and time it themselves.

pub mod definition;
pub mod driver;
pub mod locks;
pub mod own;
pub mod page;
pub mod plot;
mod primitives;
pub mod results;
#[cfg(feature = "rivals")]
mod rivals;
pub mod room;
pub mod scene;
pub mod trips;
pub mod waits;

use crate::Result;
use crate::machine::Machine;
use crate::rounds::calibrate;
use crate::subject::Subject;
use definition::{BASE, Definitions, OURS, Operation, Participant, shown};
use driver::{Driven, Driver};
use results::{Inspected, Line, Quartiles, Results, Skipped};
use rustix::thread::{CpuSet, sched_setaffinity};
use scene::Scene;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How much is measured.
#[derive(Clone, Debug)]
pub struct Amount {
    /// Only operations whose name contains one of these; all if there are none.
    pub only: Vec<String>,
    /// Only these subjects beside [`BASE`] and [`OURS`]; all if there are none.
    pub subjects: Vec<String>,
    /// The values marked as quick, and few rounds.
    pub quick: bool,
    /// Rounds of each operation and value, unless its time is over.
    pub rounds: u32,
    /// The time for each operation and value; three rounds are always made.
    pub time: Duration,
}

/// A side that takes part in the rounds.
struct Side {
    subject: String,
    run: Box<dyn Subject>,
    times: u32,
    ns: Vec<f64>,
}

/// Drivers that run, and why others don't.
struct Drivers {
    directory: tempfile::TempDir,
    known: BTreeMap<String, std::result::Result<Rc<RefCell<Driver>>, String>>,
}

impl Drivers {
    fn get(&mut self, subject: &Participant) -> Result<Rc<RefCell<Driver>>> {
        let directory = self.directory.path();
        let known = self.known.entry(subject.id.clone()).or_insert_with(|| {
            Driver::start(&subject.driver, directory)
                .map(|driver| Rc::new(RefCell::new(driver)))
                .map_err(|e| format!("{e}; install with: sudo apt-get install -y {}", subject.install))
        });
        known.clone().map_err(Into::into)
    }
}

/// One processor, or all.
fn set_of(processors: &[usize]) -> CpuSet {
    let mut set = CpuSet::new();
    processors.iter().for_each(|&processor| set.set(processor));
    set
}

/// Measures, and gives what was found. Says on standard error how far it is, and loudly what it skips.
///
/// # Errors
/// Filemap or the system calls failed: without them there is no table.
pub fn run(amount: &Amount) -> Result<Results> {
    let definitions = Definitions::read()?;
    let isolated = match room::isolate() {
        Ok(()) => true,
        Err(e) => {
            eprintln!("SKIPPED: a /dev/shm of this run's own, and what needs it: {e}; run as root");
            false
        }
    };
    let machine = Machine::here();
    let mut results = Results::new(machine);
    let mut drivers = Drivers {
        directory: tempfile::tempdir()?,
        known: BTreeMap::new(),
    };
    let all: Vec<usize> = (0..=scene::last_processor()?).collect();
    for operation in &definitions.operations {
        let asked = amount.only.is_empty() || amount.only.iter().any(|part| operation.id.contains(&**part));
        let values = if amount.quick {
            &operation.quick
        } else {
            &operation.values
        };
        if !asked || values.is_empty() {
            continue;
        }
        let on = match &*operation.processors {
            "all" => set_of(&all),
            _ => set_of(&all[all.len() - 1..]),
        };
        for &value in values {
            sched_setaffinity(None, &on)?;
            let heading = format!("{} {}", operation.id, shown(&operation.parameter, value));
            match Scene::new(operation, value, isolated) {
                Err(e) => results.skip(operation, value, "all", &e.to_string()),
                Ok(scene) => {
                    eprintln!("{heading}");
                    measure(
                        &definitions,
                        operation,
                        Rc::new(scene),
                        &on,
                        amount,
                        &mut drivers,
                        &mut results,
                    )?;
                }
            }
        }
    }
    for (id, driver) in &drivers.known {
        if let Ok(driver) = driver {
            results
                .versions
                .insert(id.clone(), driver.borrow().version.clone());
        }
    }
    Ok(results)
}

/// A subject's side, or why there is none.
fn side(
    subject: &Participant,
    operation: &Operation,
    scene: &Rc<Scene>,
    on: &CpuSet,
    drivers: &mut Drivers,
) -> Result<Box<dyn Subject>> {
    let none = || format!("{} has no such operation here", subject.name);
    let id = &*subject.id;
    if subject.driver == "rivals" && operation.id != "round-trip" {
        #[cfg(feature = "rivals")]
        return rivals::side(id, operation, scene)?.ok_or_else(|| none().into());
    }
    if subject.driver == "rivals" && cfg!(not(feature = "rivals")) {
        return Err("this program was built without it; build with: --features rivals".into());
    }
    if !matches!(&*subject.driver, "" | "rivals") {
        let words = [
            ("subject", id.to_owned()),
            ("name", scene.prefix.clone()),
            ("value", scene.value.to_string()),
            ("partner", scene.processors[1].to_string()),
        ];
        let driver = drivers.get(subject)?;
        return Ok(Box::new(Driven::prepare(&driver, &operation.id, &words, on)?));
    }
    let side = match &*operation.id {
        "lock" => locks::alone(id, scene)?,
        "contended-threads" => locks::crowd(id, scene, false)?,
        "contended-processes" => locks::crowd(id, scene, true)?,
        "round-trip" => trips::trip(id, scene)?,
        "event" | "semaphore" | "wait-any-limit" | "wait-any" | "wait-all" => {
            waits::side(id, &operation.id, scene)?
        }
        _ => own::side(id, operation, scene)?,
    };
    side.ok_or_else(|| none().into())
}

fn measure(
    definitions: &Definitions,
    operation: &Operation,
    scene: Rc<Scene>,
    on: &CpuSet,
    amount: &Amount,
    drivers: &mut Drivers,
    results: &mut Results,
) -> Result<()> {
    let value = scene.value;
    let turn = Duration::from_millis(operation.turn_ms);
    let mut sides = Vec::new();
    for subject in definitions.subjects_of(operation) {
        let wanted = amount.subjects.is_empty() || amount.subjects.contains(&subject.id);
        if !wanted && ![BASE, OURS].contains(&&*subject.id) {
            continue;
        }
        let made = side(subject, operation, &scene, on, drivers).and_then(|mut run| {
            let times = calibrate(&mut *run, turn)?;
            Ok((run, times))
        });
        match made {
            Ok((run, times)) => sides.push(Side {
                subject: subject.id.clone(),
                run,
                times,
                ns: Vec::new(),
            }),
            Err(e) if [BASE, OURS].contains(&&*subject.id) => {
                return Err(format!("{} {value}, {}: {e}", operation.id, subject.id).into());
            }
            Err(e) => results.skip(operation, value, &subject.id, &e.to_string()),
        }
    }
    let rounds = operation.rounds.unwrap_or(u32::MAX).min(amount.rounds);
    let (start, mut made) = (Instant::now(), 0);
    while made < rounds && (made < 3 || start.elapsed() < amount.time) {
        let count = sides.len();
        for i in 0..count {
            // Who comes first changes, so that nobody always finds the same one's leavings in the cache.
            let side = &mut sides[(i + made as usize) % count];
            let taken = side.run.time(side.times)?;
            side.ns.push(taken.as_nanos() as f64 / f64::from(side.times));
        }
        made += 1;
    }
    let of = |id: &str| {
        sides
            .iter()
            .find(|side| side.subject == id)
            .map(|side| side.ns.clone())
    };
    let (base, ours) = (of(BASE).ok_or("no base")?, of(OURS).ok_or("no Filemap")?);
    let ratio = |a: &[f64], b: &[f64]| Quartiles::of(a.iter().zip(b).map(|(a, b)| a / b).collect());
    for side in &sides {
        let line = Line {
            operation: operation.id.clone(),
            value,
            subject: side.subject.clone(),
            ns: Quartiles::of(side.ns.clone()),
            ratio: ratio(&side.ns, &base),
            filemap: ratio(&ours, &side.ns),
            rounds: made,
            date: results.machine.date.clone(),
        };
        eprintln!(
            "  {:<20} {:>14.0} ns {:>9.2}",
            line.subject, line.ns.median, line.ratio.median
        );
        results.lines.push(line);
    }
    Ok(())
}

/// The promises of the inspecting commands, with the command at `filemap`.
///
/// # Errors
/// A command failed.
pub fn inspect(filemap: &Path) -> Result<Vec<Inspected>> {
    let root = tempfile::tempdir_in("/dev/shm")?;
    let rows = crate::inspect::measure(filemap, root.path())?;
    let inspected = rows.into_iter().map(|row| Inspected {
        what: row.what,
        measured: row.measured,
        promised: row.promised.to_owned(),
        kept: row.kept,
    });
    Ok(inspected.collect())
}

impl Results {
    fn skip(&mut self, operation: &Operation, value: u64, subject: &str, why: &str) {
        let what = format!("{} {}", operation.id, shown(&operation.parameter, value));
        eprintln!("SKIPPED: {what}, {subject}: {why}");
        self.skipped.push(Skipped {
            operation: operation.id.clone(),
            value,
            subject: subject.to_owned(),
            why: why.to_owned(),
        });
    }
}

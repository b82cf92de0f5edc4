//! Four processes and one of each: a worker that takes jobs from a queue, logs what it has done, allocates results in a heap,
//! publishes how far it is, and counts under a lock.
//!
//! `cargo run -p filemap-shared --example telemetry` ends with `all as expected`.

use filemap::{FileMapping, FileMappingOptions, Namespace};
use filemap_shared::{
    AppendLog, ItemReceiver, ItemSender, LatestReader, LatestWriter, Queue, Rel, Shared, SharedHeap,
    SharedMutex,
};
use std::process::Command;
use zerocopy::{FromBytes, Immutable, IntoBytes};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
const WORKERS: u64 = 3;
const JOBS: u64 = 300;

/// A job; 0 ends the worker.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, Shared)]
#[repr(C)]
struct Job {
    number: u64,
}

/// A result in the heap; the results make a list.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, Shared)]
#[repr(C)]
struct Done {
    job: u64,
    square: u64,
    next: Rel<Done>,
}

/// How far a worker is.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, Shared)]
#[repr(C)]
struct Status {
    worker: u64,
    jobs: u64,
}

fn worker(options: &FileMappingOptions<'_>, number: u64) -> Result<()> {
    let jobs = Queue::<Job>::open(options, "jobs")?;
    let log = AppendLog::<Job>::open(options, "log")?;
    let heap = SharedHeap::open(options, "results")?;
    let total = SharedMutex::<u64>::open(options, "total")?;
    let none = Status {
        worker: number,
        jobs: 0,
    };
    let status = LatestWriter::create(options, &format!("status {number}"), &none)?;
    let mut goodbye = ItemSender::<Status>::open(options, &format!("goodbye {number}"))?;
    let list = heap.insert_named(&format!("list {number}"), &Rel::<Done>::NULL)?;
    let mut done = none;
    loop {
        let job = jobs.receive(None)?;
        if job.number == 0 {
            goodbye.send(&done, None)?;
            return Ok(());
        }
        let result = Done {
            job: job.number,
            square: job.number * job.number,
            next: list.get()?,
        };
        heap.insert_at(list, &result)?;
        log.append(&job)?;
        let guard = total.lock()?;
        guard.set(&(guard.get()? + result.square))?;
        drop(guard);
        done.jobs += 1;
        status.publish(&done)?;
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [root, number] = &arguments[..] {
        let space = Namespace::at(root);
        return worker(&FileMapping::options().namespace(&space), number.parse()?);
    }
    let place = tempfile::tempdir_in("/dev/shm")?;
    let space = Namespace::at(place.path());
    let options = FileMapping::options().namespace(&space);
    let jobs = Queue::<Job>::create(&options, "jobs", 16)?;
    let log = AppendLog::<Job>::create(&options, "log", 1_000_000)?;
    let heap = SharedHeap::create(&options, "results", 1 << 20)?;
    let total = SharedMutex::create(&options, "total", &0_u64)?;
    let (mut workers, mut goodbyes) = (Vec::new(), Vec::new());
    for number in 0..WORKERS {
        goodbyes.push(ItemReceiver::<Status>::create(
            &options,
            &format!("goodbye {number}"),
            4,
        )?);
        let program = std::env::current_exe()?;
        workers.push(
            Command::new(program)
                .arg(place.path())
                .arg(number.to_string())
                .spawn()?,
        );
    }
    for number in (1..=JOBS).chain(std::iter::repeat_n(0, WORKERS as usize)) {
        jobs.send(&Job { number }, None)?;
    }
    let mut squares: Vec<u64> = Vec::new();
    let mut jobs_done = 0;
    for (number, goodbye) in goodbyes.iter_mut().enumerate() {
        let last = goodbye.receive(None)?;
        println!("worker {} has done {} jobs", last.worker, last.jobs);
        jobs_done += last.jobs;
        // Its status is there as long as somebody holds the object: until the process has ended.
        if let Ok(status) = LatestReader::<Status>::open(&options, &format!("status {number}")) {
            assert_eq!(status.get()?.jobs, last.jobs);
        }
        let list = heap
            .find::<Rel<Done>>(&format!("list {number}"))?
            .ok_or("no list")?
            .get()?;
        for done in list.walk(heap.view(), |done| done.next) {
            let done = done?;
            assert_eq!(done.square, done.job * done.job);
            squares.push(done.square);
        }
    }
    for mut worker in workers {
        assert!(worker.wait()?.success());
    }
    squares.sort_unstable();
    assert!(squares.iter().copied().eq((1..=JOBS).map(|n| n * n)));
    assert_eq!(jobs_done, JOBS);
    assert_eq!(total.lock()?.get()?, squares.iter().sum::<u64>());
    assert_eq!(log.iter().count() as u64, JOBS);
    println!("all as expected");
    Ok(())
}

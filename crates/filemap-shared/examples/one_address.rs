//! How often eight processes get a view at one address: a fixed address against an agreement (KB125713; V-70 to V-79).
//!
//! `cargo run -p filemap-shared --example one_address [-- RUNS]` prints a table. Each process has a random share of its address
//! space taken before it tries, in 512 GiB pieces, another choice in each process and run; ASLR is as the system has it.
//! Approach 1 is one address, chosen once by a survey of eight idle processes of the same program.

use filemap::{FileMapping, Namespace, Placeholder};
use filemap_shared::address::{Arena, survey};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

const PROCESSES: u64 = 8;
const LEN: u64 = 1 << 30;
const PIECE: usize = 512 << 30;
const SHARES: [u64; 6] = [0, 1, 5, 10, 30, 50];

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A sequence of numbers that looks random enough: splitmix64.
fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn take(share: u64, mut seed: u64) -> Vec<Placeholder> {
    let pieces = (0..256_usize).filter(|_| next(&mut seed) % 100 < share);
    // What overlaps the program itself can't be had and is taken already.
    pieces
        .filter_map(|i| Placeholder::at(i * PIECE, PIECE).ok())
        .collect()
}

fn child(arguments: &[String]) -> Result<()> {
    let number = |i: usize| -> Result<u64> { Ok(arguments[i].parse()?) };
    let _taken = take(number(1)?, number(2)?);
    let (_held, _arena);
    let answer = match arguments[0].as_str() {
        "fixed" => {
            let base = number(3)?;
            _held = Placeholder::at(base as usize, LEN as usize).ok();
            _held.as_ref().map_or(0, |_| base)
        }
        "agree" => {
            let space = Namespace::at(&arguments[3]);
            let options = FileMapping::options()
                .namespace(&space)
                .section_flags(filemap::SectionFlags::RESERVE);
            // Nothing in the object points anywhere, so nothing has to follow when it moves.
            _arena = Arena::options(&options)
                .on_move(|_, _| Ok(()))
                .join("world", LEN)?;
            // All have joined before anybody is asked for the outcome: who comes late may have all move once more.
            let first = _arena.enter(Some(Duration::from_secs(60))).map(drop);
            println!("{}", if first.is_ok() { "joined" } else { "refused" });
            std::io::stdin().lock().read_line(&mut String::new())?;
            _arena
                .enter(Some(Duration::from_secs(60)))
                .map_or(0, |inside| inside.base())
        }
        _ => 0,
    };
    println!("{answer}");
    // The others may still be at it.
    std::io::stdin().lock().read_line(&mut String::new())?;
    Ok(())
}

struct Process(Child, BufReader<ChildStdout>);

impl Process {
    fn start(arguments: &[&str]) -> Result<Process> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("child")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let out = child.stdout.take().ok_or("no output")?;
        Ok(Process(child, BufReader::new(out)))
    }
    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.1.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
    fn go(&mut self) -> Result<()> {
        Ok(self.0.stdin.as_mut().ok_or("no input")?.write_all(b"go\n")?)
    }
    fn end(mut self) -> Result<()> {
        drop(self.0.stdin.take());
        self.0.wait()?;
        Ok(())
    }
}

/// Whether all got one address.
fn run(approach: &str, share: u64, seed: &mut u64, last: &str) -> Result<bool> {
    let mut all = Vec::new();
    for _ in 0..PROCESSES {
        let seed = next(seed).to_string();
        all.push(Process::start(&[approach, &share.to_string(), &seed, last])?);
    }
    if approach == "agree" {
        for process in &mut all {
            assert!(["joined", "refused"].contains(&process.line()?.as_str()));
        }
        for process in &mut all {
            process.go()?;
        }
    }
    let bases: Vec<u64> = all
        .iter_mut()
        .map(|p| Ok(p.line()?.parse()?))
        .collect::<Result<_>>()?;
    for process in all {
        process.end()?;
    }
    Ok(bases[0] != 0 && bases.iter().all(|base| *base == bases[0]))
}

/// An address that is free in eight idle processes of this program: the middle of the largest range.
fn chosen() -> Result<u64> {
    let mut idle = Vec::new();
    for _ in 0..PROCESSES {
        let mut process = Process::start(&["idle", "0", "0"])?;
        process.line()?;
        idle.push(process);
    }
    let pids: Vec<u32> = idle.iter().map(|p| p.0.id()).collect();
    let free = survey(&pids, LEN)?;
    let largest = free
        .iter()
        .max_by_key(|r| r.end - r.start)
        .ok_or("nothing is free")?;
    for process in idle {
        process.end()?;
    }
    Ok((largest.start + (largest.end - largest.start) / 2) & !0xFFFF)
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|a| a == "child") {
        return child(&arguments[1..]);
    }
    let runs: u32 = arguments.first().map_or(Ok(50), |n| n.parse())?;
    let base = chosen()?;
    let aslr = std::fs::read_to_string("/proc/sys/kernel/randomize_va_space")?;
    println!(
        "{PROCESSES} processes, {} MiB, {runs} runs a cell, randomize_va_space = {}",
        LEN >> 20,
        aslr.trim()
    );
    println!(
        "approach 1: {base:#x}, the middle of the largest range that a survey of {PROCESSES} idle processes found\n"
    );
    println!("| taken in each process | 1: a fixed address | 2: an agreement |");
    println!("|---|---|---|");
    let mut seed = 1;
    for share in SHARES {
        let mut won = [0_u32; 2];
        for _ in 0..runs {
            won[0] += u32::from(run("fixed", share, &mut seed, &base.to_string())?);
            let place = tempfile::tempdir_in("/dev/shm")?;
            let root = place.path().display().to_string();
            won[1] += u32::from(run("agree", share, &mut seed, &root)?);
        }
        let percent = |won: u32| f64::from(won) * 100.0 / f64::from(runs);
        println!(
            "| {share} % | {:.1} % | {:.1} % |",
            percent(won[0]),
            percent(won[1])
        );
    }
    Ok(())
}

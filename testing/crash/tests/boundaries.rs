//! SIGKILL at every boundary of every system call of every operation of every kind of object, with one to eight other
//! processes at work beside. O-40, O-42, O-52, Y-5, Y-12.
//!
//! Every boundary with `FILEMAP_BOUNDARIES=all` (`cargo xtask crash`); else every eighth, other ones for each operation.

#![cfg(target_arch = "x86_64")]

use filemap_crash_tests::play::Stage;
use filemap_crash_tests::trace::{Stop, name_of};
use filemap_crash_tests::victim::{Operation, operations};
use filemap_testing::{Watchdog, patience, skip};

const OTHERS: usize = 8;

/// Kills a victim at the boundary with this number; `None` if the operation had fewer, else where it was.
fn kill_at(stage: &Stage, operation: &Operation, number: usize) -> Option<String> {
    let mut victim = stage.victim(operation).expect("a victim");
    stage.work(1 + number % OTHERS, operation);
    let mut at = None;
    for _ in 0..=number {
        at = victim.traced.next_inside().expect("traced");
        if at.is_none() {
            break;
        }
    }
    let place = at.map(|stop| match stop {
        Stop::Entry(call) => format!("before {}", name_of(call)),
        Stop::Exit(call, result) => format!("after {} gave {result}", name_of(call)),
        Stop::Gone => panic!("{}: died by itself at {number}", operation.title()),
    });
    let bystander = victim.killed();
    stage.rest();
    let when = format!(
        "{}: killed {} (number {number})",
        operation.title(),
        place.as_deref().unwrap_or("at the end")
    );
    stage.check(operation, bystander, number, &when);
    place
}

#[test]
fn whoever_is_killed_at_any_boundary_of_a_system_call_leaves_nothing_half_done() {
    let all = std::env::var("FILEMAP_BOUNDARIES").is_ok_and(|v| v == "all");
    let _dog = Watchdog::arm("boundaries", patience() * if all { 10 } else { 2 });
    let stage = Stage::new(env!("CARGO_BIN_EXE_filemap-victim"), OTHERS);
    let operations = operations();
    match stage.victim(&operations[0]) {
        Ok(victim) => stage.check(&operations[0], victim.killed(), 0, "the first"),
        Err(e) => skip!("ptrace is forbidden here: {e}"),
    }
    let every = if all { 1 } else { 8 };
    let (mut kills, mut ends) = (0, 0);
    for (i, operation) in operations.iter().enumerate() {
        // The last one is at the end: others decide how many boundaries there are this time.
        let mut number = i % every;
        while kill_at(&stage, operation, number).is_some() {
            kills += 1;
            number += every;
        }
        ends += 1;
    }
    println!("{kills} deaths at boundaries of {ends} operations");
    assert!(ends == operations.len() && kills > 800 / every, "{kills}");
}

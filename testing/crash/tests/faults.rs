//! Every system call of every operation comes back with what a machine says that is short of something: EMFILE, ENFILE,
//! ENOMEM, ENOSPC, ENOLCK, and EINTR again and again. E-1, O-42, O-52.
//!
//! The operation must end with success or with an error that has a number of Windows; nothing may be leaked, and
//! the object stays good for others. Every call with `FILEMAP_FAULTS=all`; else every fifth.

#![cfg(target_arch = "x86_64")]

use filemap_crash_tests::play::Stage;
use filemap_crash_tests::soak::Kind;
use filemap_crash_tests::trace::{Stop, applies, name_of, shortages};
use filemap_crash_tests::victim::{Operation, operations};
use filemap_testing::{Watchdog, patience, skip};
use nix::errno::Errno;
use std::collections::BTreeMap;

/// How often a call is interrupted at most: without end, whoever begins anew would begin anew without end.
const INTERRUPTIONS: u32 = 50;

/// Codes of Windows that stand for a machine that is short of something.
fn is_proper(code: u32) -> bool {
    // NOT_ENOUGH_MEMORY, TOO_MANY_OPEN_FILES, OUTOFMEMORY, DISK_FULL, COMMITMENT_LIMIT, NO_SYSTEM_RESOURCES,
    // SHARING_BUFFER_EXCEEDED (locks)
    [8, 4, 14, 112, 1455, 1450, 36].contains(&code)
}

#[derive(Default)]
struct Results {
    injected: u32,
    successes: u32,
    errors: BTreeMap<(i32, String, u32), u32>,
    wrong: Vec<String>,
}

/// An operation that nobody disturbs: its calls, in order, and what it keeps: an owned mutex stays in memory (Y-14).
fn calls_of(stage: &Stage, operation: &Operation) -> (Vec<u64>, String) {
    let mut victim = stage.victim(operation).expect("a victim");
    let mut calls = Vec::new();
    while let Some(stop) = victim.traced.next_inside().expect("traced") {
        if let Stop::Entry(call) = stop {
            calls.push(call);
        }
    }
    let (_, leaked, bystander) = victim.ends();
    let owns = operation.kind == Kind::Mutex;
    let expected = leaked == "0 0" || owns && leaked == "0 1";
    assert!(expected, "{}: undisturbed, leaked {leaked}", operation.title());
    stage.check(operation, bystander, 0, &operation.title());
    (calls, leaked)
}

fn refuse(
    stage: &Stage,
    operation: &Operation,
    kept: &str,
    number: usize,
    errno: Errno,
    results: &mut Results,
) {
    let mut victim = stage.victim(operation).expect("a victim");
    let mut at = 0;
    let mut refused = None;
    while let Some(stop) = victim.traced.next_inside().expect("traced") {
        let Stop::Entry(call) = stop else {
            match stop {
                Stop::Gone => break,
                _ => continue,
            }
        };
        if at == number {
            // What else goes on here decides what a listing of /proc reads: another call, and nothing is refused.
            let arguments = victim.traced.arguments().expect("traced");
            if !shortages(call).contains(&errno) || !applies(call, arguments, errno) {
                break;
            }
            refused = Some(call);
            victim.traced.fail(errno as i32).expect("refused");
            // Interrupted again and again: every following call that signals may interrupt.
            let mut left = INTERRUPTIONS;
            while errno == Errno::EINTR && left > 0 {
                match victim.traced.next_inside().expect("traced") {
                    None => break,
                    Some(Stop::Entry(next)) if next == call => {
                        left -= 1;
                        victim.traced.fail(errno as i32).expect("refused");
                    }
                    Some(_) => break,
                }
            }
            break;
        }
        at += 1;
    }
    let call = refused.map_or_else(|| "nothing".to_owned(), name_of);
    let when = format!("{}: {call} (number {number}) gave {errno}", operation.title());
    let (result, leaked, bystander) = victim.ends();
    results.injected += u32::from(refused.is_some());
    // Where munmap itself is refused, the mapping stays.
    let unavoidable = call == "munmap" && leaked.starts_with("0 ");
    if leaked != "0 0" && leaked != kept && !unavoidable && !result.starts_with("died") {
        results
            .wrong
            .push(format!("{when}: leaked {leaked} (descriptors, mappings)"));
    }
    match result
        .split_once(' ')
        .map(|(code, text)| (code.parse::<u32>(), text))
    {
        None => results.successes += 1,
        Some((Ok(code), text)) => {
            // What isn't there stays so, whatever else went wrong.
            let expected =
                operation.name.contains("does not exist") || operation.name.starts_with("open a dead");
            if errno == Errno::EINTR && !(expected && code == 2) {
                results
                    .wrong
                    .push(format!("{when}: a signal is no error: {code} {text}"));
            }
            if !(is_proper(code) || expected && code == 2) {
                results
                    .wrong
                    .push(format!("{when}: not a number for that: {code} {text}"));
            }
            *results.errors.entry((errno as i32, call, code)).or_default() += 1;
        }
        Some((Err(_), _)) => results.wrong.push(format!("{when}: {result}")),
    }
    stage.check(operation, bystander, number, &when);
}

#[test]
fn whatever_a_machine_is_short_of_at_any_system_call_is_told_and_leaves_nothing_behind() {
    let all = std::env::var("FILEMAP_FAULTS").is_ok_and(|v| v == "all");
    let _dog = Watchdog::arm("faults", patience() * if all { 10 } else { 2 });
    let stage = Stage::new(env!("CARGO_BIN_EXE_filemap-victim"), 0);
    let operations = operations();
    match stage.victim(&operations[0]) {
        Ok(victim) => stage.check(&operations[0], victim.killed(), 0, "the first"),
        Err(e) => skip!("ptrace is forbidden here: {e}"),
    }
    let every = if all { 1 } else { 5 };
    let mut results = Results::default();
    let mut turn = 0;
    for operation in &operations {
        let (calls, kept) = calls_of(&stage, operation);
        // A listing reads all of /proc: hundreds of calls, a few of which are enough.
        let every = if calls.len() > 100 { 40 } else { every };
        for (number, call) in calls.into_iter().enumerate() {
            for errno in shortages(call) {
                turn += 1;
                if turn % every == 0 {
                    refuse(&stage, operation, &kept, number, *errno, &mut results);
                }
            }
        }
    }
    for ((errno, call, code), times) in &results.errors {
        println!(
            "{call} gave {:?}: error {code}, {times} times",
            Errno::from_raw(*errno)
        );
    }
    println!(
        "{} calls refused, {} did not matter",
        results.injected, results.successes
    );
    let wrong = &results.wrong;
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(results.injected > 1000 / every as u32, "{}", results.injected);
}

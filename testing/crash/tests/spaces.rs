//! The soak in short inside other name spaces of the kernel: process numbers that come again after three hundred
//! processes, another /proc, and clocks that are days ahead. O-40, O-42, Y-12, Y-25.

use filemap_testing::{Watchdog, is_root, patience, private_root, skip};
use std::process::{Command, Stdio};

/// Runs the soak under unshare(1) after a line of shell; `false` if name spaces can't be made here.
fn soak_in(space: &[&str], before: &str, kills: u32) -> bool {
    let unshare = |script: &str, arguments: &[&str]| {
        Command::new("unshare")
            .args(space)
            .args(["sh", "-ec", script, "sh", env!("CARGO_BIN_EXE_filemap-soak")])
            .args(arguments)
            .stdin(Stdio::null())
            .output()
    };
    if !unshare(before, &[]).is_ok_and(|output| output.status.success()) {
        return false;
    }
    // Not `exec`: whose parent has number 1 takes itself for an orphan.
    let script = format!("{before}\n\"$@\" || exit 1");
    let output = unshare(&script, &["--kills", &kills.to_string(), "--round", "100"]).expect("unshare");
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{text}");
    assert!(text.contains(&format!("{kills} kills, ")), "{text}");
    println!("{text}");
    true
}

#[test]
fn process_numbers_that_come_again_in_a_process_name_space_are_taken_for_nobody_else() {
    let _dog = Watchdog::arm("spaces", patience() * 2);
    // Since Linux 6.14 each process name space has its own largest number; the smallest that it may be is 301.
    let space = ["--pid", "--fork", "--kill-child", "--mount-proc"];
    let few = "old=$(cat /proc/sys/kernel/pid_max); [ $$ -lt 100 ]; uname -r | awk -F. '{exit !($1>6||$1==6&&$2>=14)}'; echo 310 > /proc/sys/kernel/pid_max";
    if !is_root() || !soak_in(&space, few, 350) {
        skip!("needs root with CAP_SYS_ADMIN, unshare, and Linux 6.14 for a pid_max of a name space's own");
    }
}

#[test]
fn a_process_number_that_comes_again_at_once_is_taken_for_nobody_else() {
    let _dog = Watchdog::arm("spaces", patience());
    let tree = private_root();
    let run = |script: &str| {
        Command::new("unshare")
            .args([
                "--pid",
                "--fork",
                "--kill-child",
                "--mount-proc",
                "sh",
                "-ec",
                script,
                "sh",
            ])
            .args([env!("CARGO_BIN_EXE_filemap-victim"), "numbers"])
            .arg(tree.path())
            .stdin(Stdio::null())
            .output()
    };
    let can = "[ $$ -lt 100 ]; echo 300 > /proc/sys/kernel/ns_last_pid";
    if !is_root() || !run(can).is_ok_and(|output| output.status.success()) {
        skip!("needs root with CAP_SYS_ADMIN, unshare, and a kernel with CONFIG_CHECKPOINT_RESTORE");
    }
    let output = run("\"$@\" || exit 1").expect("unshare"); // not `exec`, as above
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{text}");
    assert!(text.contains("50 numbers came again"), "{text}");
    println!("{text}");
}

#[test]
fn clocks_of_a_time_name_space_that_are_days_ahead_change_nothing() {
    let _dog = Watchdog::arm("spaces", patience() * 2);
    let space = [
        "--time",
        "--fork",
        "--kill-child",
        "--monotonic",
        "900000",
        "--boottime",
        "900000",
    ];
    if !is_root() || !soak_in(&space, "true", 100) {
        skip!("needs root with CAP_SYS_ADMIN and an unshare(1) with --time");
    }
}

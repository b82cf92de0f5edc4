//! `cargo xtask ci`: everything that must hold before a change lands.

use crate::tally::Tally;
use crate::{Result, counts, deps, lints, process, test, windows};
use std::cell::Cell;
use std::path::Path;
use std::time::Instant;

/// Runs every step, also after one failed, then the tests; their closing line is the last line.
pub(crate) fn run(root: &Path, options: &test::Options) -> Result<bool> {
    type Step<'a> = (&'a str, Box<dyn FnOnce() -> Result<bool> + 'a>);
    let cargo = |arguments: &'static [&'static str], variables: &'static [(&'static str, &'static str)]| {
        move || {
            Ok(process::tee(
                process::cargo(root)
                    .args(arguments)
                    .envs(variables.iter().copied()),
            )?
            .1)
        }
    };
    let other_targets = Cell::new(Tally::default());
    let steps: [Step<'_>; 7] = [
        ("formatting", Box::new(cargo(&["fmt", "--all", "--check"], &[]))),
        (
            "clippy",
            Box::new(cargo(
                &[
                    "clippy",
                    "--locked",
                    "--workspace",
                    "--all-targets",
                    "--",
                    "-D",
                    "warnings",
                ],
                &[],
            )),
        ),
        (
            "documentation",
            Box::new(cargo(
                &["doc", "--locked", "--workspace", "--no-deps"],
                &[("RUSTDOCFLAGS", "-D warnings")],
            )),
        ),
        ("dependencies", Box::new(|| deps::run(root))),
        ("lints", Box::new(|| lints::run(root))),
        (
            "other targets",
            Box::new(|| {
                other_targets.set(windows::checks(root, !options.no_install)?);
                Ok(other_targets.get().failed == 0)
            }),
        ),
        (
            "instructions and system calls of the hot paths",
            Box::new(|| counts::check(root, !options.no_install)),
        ),
    ];

    let mut failed = Vec::new();
    for (name, step) in steps {
        let start = Instant::now();
        println!("== {name}");
        let ok = step().unwrap_or_else(|e| {
            eprintln!("error: {e}");
            false
        });
        println!(
            "== {name}: {} after {:.0} s\n",
            if ok { "ok" } else { "FAILED" },
            start.elapsed().as_secs_f32()
        );
        if !ok {
            failed.push(name);
        }
    }
    if !failed.is_empty() {
        println!("== FAILED before the tests: {}\n", failed.join(", "));
    }
    // A target that could not be checked is a skip like any other.
    Ok(test::run(root, options, other_targets.get())? && failed.is_empty())
}

//! `filemap-differential serve` carries sequences out; `compare` feeds two of these.

use clap::{Parser, Subcommand};
use filemap_differential::{Pair, call, serve};
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

/// The same random calls on Linux and on Windows, compared.
#[derive(Parser)]
#[command(max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Carries out sequences from standard input
    Serve,
    /// Compares this system with the one that COMMAND is an executor of
    Compare {
        /// How many calls, made on both sides, to compare at least
        #[arg(long, default_value_t = 20_000)]
        calls: u64,
        /// Where the random numbers begin
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Where to put a case that differs, shrunk
        #[arg(long, value_name = "DIR")]
        corpus: Option<PathBuf>,
        /// The other executor, such as: wine64 filemap-differential.exe serve
        #[arg(last = true, required = true, value_name = "COMMAND")]
        command: Vec<String>,
    },
}

fn compare(calls: u64, seed: u64, corpus: Option<&Path>, command: &[String]) -> Result<bool, String> {
    let root = tempfile::tempdir().map_err(|e| e.to_string())?;
    let mut here = Command::new(std::env::current_exe().map_err(|e| e.to_string())?);
    here.arg("serve");
    here.env("FILEMAP_ROOT", root.path().join("tree"));
    here.env("FILEMAP_SESSION", "1"); // as a logged-on user's programs: `Local\` and `Global\` are two places
    let (program, arguments) = command.split_first().ok_or("no command")?;
    let mut there = Command::new(program);
    there.args(arguments);
    let pair = RefCell::new(Pair::start(here, there).map_err(|e| e.to_string())?);
    let start = Instant::now();
    let mut round = 0;
    while pair.borrow().calls < calls {
        round += 1;
        let mut numbers = [0; 32];
        numbers[..8].copy_from_slice(&seed.to_le_bytes());
        numbers[8..16].copy_from_slice(&u64::to_le_bytes(round));
        let config = Config {
            cases: 200,
            failure_persistence: None,
            max_shrink_iters: 20_000,
            ..Config::default()
        };
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &numbers));
        let outcome = runner.run(&call::strategy(), |calls| {
            match pair.borrow_mut().compare(&calls) {
                Ok(None) => Ok(()),
                Ok(Some(difference)) => {
                    Err(proptest::test_runner::TestCaseError::fail(difference.to_string()))
                }
                Err(e) => Err(proptest::test_runner::TestCaseError::fail(format!("broken: {e}"))),
            }
        });
        match outcome {
            Ok(()) => {}
            Err(TestError::Fail(why, calls)) => {
                println!("{why}");
                if let Some(corpus) = corpus {
                    let path = corpus.join(format!("seed{seed}-round{round}.json"));
                    let text = serde_json::to_string_pretty(&calls).map_err(|e| e.to_string())?;
                    std::fs::write(&path, text + "\n").map_err(|e| e.to_string())?;
                    println!("   kept as {}", path.display());
                }
                return Ok(false);
            }
            Err(TestError::Abort(why)) => return Err(why.to_string()),
        }
    }
    let (made, seconds) = (pair.borrow().calls, start.elapsed().as_secs_f64());
    println!("{made} calls compared in {seconds:.0} s, no difference");
    Ok(true)
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Serve => serve().map(|()| true).map_err(|e| e.to_string()),
        Task::Compare {
            calls,
            seed,
            corpus,
            command,
        } => compare(calls, seed, corpus.as_deref(), &command),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("error: {e}");
            ExitCode::from(2)
        }
    }
}

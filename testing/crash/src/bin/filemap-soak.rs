//! `filemap-soak --kills N --seed S`: see `filemap_crash_tests::soak`. `cargo xtask soak` builds and starts it.

use clap::{Parser, Subcommand};
use filemap::Namespace;
use filemap_crash_tests::soak;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

/// Kills workers at random moments, and has a stranger check the promises after each death.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    role: Option<Role>,
    /// How many die
    #[arg(long, default_value_t = 300)]
    kills: u64,
    /// What the random choices depend on; without it the time
    #[arg(long)]
    seed: Option<u64>,
    /// After how many all die, and what is left is compared with the start
    #[arg(long, default_value_t = 250)]
    round: u64,
}

#[derive(Subcommand)]
enum Role {
    /// Started by this program itself
    #[command(hide = true)]
    Worker { root: PathBuf, slot: usize, seed: u64 },
    /// Started by this program itself
    #[command(hide = true)]
    Stranger { root: PathBuf },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match &cli.role {
        Some(role) => match soak::end_with_the_parent() {
            Ok(()) => play(role),
            Err(e) => eprintln!("error: {e}"),
        },
        None => return master(&cli),
    }
    ExitCode::SUCCESS
}

fn play(role: &Role) {
    match role {
        Role::Worker { root, slot, seed } => soak::work(&Namespace::at(root).with_session(1), *slot, *seed),
        Role::Stranger { root } => soak::attend(&Namespace::at(root).with_session(1)),
    }
}

fn master(cli: &Cli) -> ExitCode {
    let now = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(1, |t| t.as_secs())
    };
    let options = soak::Options {
        program: "/proc/self/exe".into(),
        kills: cli.kills,
        seed: cli.seed.unwrap_or_else(now),
        round: cli.round.max(soak::SLOTS as u64 + 1),
    };
    println!("seed {}, {} kills", options.seed, options.kills);
    match soak::run(&options) {
        Ok(outcome) => {
            println!(
                "{} kills, {} promises checked and kept, {:.0} s; {} calls; died in or with a wait for all: {}, \
                 with a mutex: {}, with a name: {}; abandonments of the mutex of all: {}",
                outcome.kills,
                outcome.checks,
                outcome.took.as_secs_f64(),
                outcome.calls,
                outcome.in_wait_all,
                outcome.owners,
                outcome.names,
                outcome.abandoned
            );
            ExitCode::SUCCESS
        }
        Err(e) => {
            eprintln!("FAILED: {e}");
            ExitCode::FAILURE
        }
    }
}

//! Puts the tables to this host's systems: `filemap-conformance run`, `record`, `list`.

use clap::{Parser, Subcommand};
use filemap_conformance::run::{Outcome, Verdict, run};
use filemap_conformance::table::{Named, Row, directory, load};
use filemap_conformance::{Interface, System, actor};
use std::path::PathBuf;
use std::process::ExitCode;

/// Puts facts about Windows to the Rust interface, the C interface and Windows.
#[derive(Parser)]
#[command(bin_name = "filemap-conformance", max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Carry rows out and compare what comes of them
    Run(What),
    /// Carry rows out and print what comes of each call, as JSON
    Record(What),
    /// One process of a row: started by the others
    #[command(hide = true)]
    Actor {
        /// What it calls
        interface: String,
    },
}

#[derive(clap::Args)]
struct What {
    /// rust, c-ansi, c-unicode; all without it
    #[arg(long)]
    system: Vec<String>,
    /// Where the tables are
    #[arg(long, value_name = "DIR")]
    tables: Option<PathBuf>,
    /// Only tables or rows whose name has this in it, or that cite this clause
    #[arg(value_name = "WORD")]
    words: Vec<String>,
}

impl What {
    fn systems(&self) -> Result<Vec<System>, String> {
        let names = self.system.iter().map(|name| {
            let interface = Interface::named(name).ok_or_else(|| format!("no interface is called {name}"))?;
            Ok(System::here(interface))
        });
        match self.system.is_empty() {
            true => Ok(Interface::ALL.map(System::here).into()),
            false => names.collect(),
        }
    }

    fn wants(&self, table: &Named, row: &Row) -> bool {
        self.words.is_empty()
            || self.words.iter().any(|word| {
                table.name == *word || row.name.contains(word.as_str()) || row.clauses.contains(word)
            })
    }

    fn outcomes(&self) -> Result<Vec<(System, Vec<Outcome>)>, String> {
        let tables = load(&self.tables.clone().unwrap_or_else(directory))?;
        let program = std::env::current_exe().map_err(|e| format!("this program's own place: {e}"))?;
        let of = |system| {
            (
                system,
                run(&program, system, &tables, |table, row| self.wants(table, row)),
            )
        };
        Ok(self.systems()?.into_iter().map(of).collect())
    }
}

fn compare(what: &What) -> Result<bool, String> {
    let mut well = true;
    for (system, outcomes) in what.outcomes()? {
        let mut counts = [0; 4];
        for Outcome {
            table, row, verdict, ..
        } in &outcomes
        {
            let place = match verdict {
                Verdict::Passed => 0,
                Verdict::Failed(_) => 1,
                Verdict::KnownDifference(_) => 2,
                Verdict::Unsupported(_) => 3,
            };
            counts[place] += 1;
            if let Verdict::Failed(faults) = verdict {
                println!("FAILED on {system}: {table}: {row}");
                for fault in faults {
                    println!("    {fault}");
                }
            }
        }
        let [passed, failed, known, unsupported] = counts;
        println!(
            "{system}: {passed} passed, {failed} failed, {known} known differences, {unsupported} can't be written"
        );
        well &= failed == 0 && passed > 0;
    }
    Ok(well)
}

fn record(what: &What) -> Result<bool, String> {
    let all: Vec<_> = what
        .outcomes()?
        .into_iter()
        .map(|(system, rows)| (system.to_string(), rows))
        .collect();
    let text = serde_json::to_string_pretty(&all).map_err(|e| e.to_string())?;
    println!("{text}");
    Ok(true)
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Run(what) => compare(&what),
        Task::Record(what) => record(&what),
        Task::Actor { interface } => match Interface::named(&interface) {
            Some(interface) => actor::serve(interface).map(|()| true),
            None => Err(format!("no interface is called {interface}")),
        },
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

//! Measures Filemap beside the raw system calls; see the library's documentation.

use clap::{Parser, Subcommand, ValueEnum};
use filemap_bench::count::{self, Side};
use filemap_bench::machine::{self, Machine};
use filemap_bench::subject::{Scene, filemap_side, rival_side};
use filemap_bench::table::{Line, Report};
use filemap_bench::{Result, channels, definition, holder, inspect, rounds, sync};
use std::path::PathBuf;

#[derive(Parser)]
#[command(about = "What each operation of Filemap costs, beside the raw system calls")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures, and prints or writes the table
    Run {
        /// Only rows whose name contains this; may be given several times
        #[arg(long)]
        filter: Vec<String>,
        /// Write OUT.md and OUT.json (give the name without its ending) instead of printing
        #[arg(long)]
        out: Option<PathBuf>,
        /// Rounds per row; both sides run for about a millisecond in each
        #[arg(long, default_value_t = 201)]
        rounds: u32,
        /// Count system calls with strace
        #[arg(long)]
        calls: bool,
        /// Count instructions with valgrind, too
        #[arg(long)]
        instructions: bool,
        /// Let the scheduler choose the processor
        #[arg(long)]
        no_pin: bool,
    },
    /// Measures how items get from process to process, and prints or writes the table
    Channels {
        /// Write OUT.md and OUT.json (give the name without its ending) instead of printing
        #[arg(long)]
        out: Option<PathBuf>,
        /// Rounds per way and size
        #[arg(long, default_value_t = 21)]
        rounds: u32,
        /// Only sizes of this many bytes
        #[arg(long)]
        size: Option<usize>,
    },
    #[command(hide = true)]
    ChannelEnd { way: usize, size: usize, place: PathBuf },
    /// Lists the rows
    List,
    /// Measures what the inspecting commands promise: ls, who, watch, sweep --watch
    Inspect {
        /// The command [default: the one beside this program]
        #[arg(long)]
        filemap: Option<PathBuf>,
        /// A directory on a tmpfs for the objects; about 500 MiB are needed
        #[arg(long, default_value = "/dev/shm")]
        shm: PathBuf,
    },
    #[command(hide = true)]
    HoldMany {
        #[arg(long)]
        root: PathBuf,
        #[arg(long)]
        prefix: String,
        #[arg(long)]
        count: usize,
    },
    #[command(hide = true)]
    Once {
        id: String,
        side: SideArgument,
        times: u32,
    },
    #[command(hide = true)]
    Answer {
        #[arg(long)]
        root: PathBuf,
        #[arg(long)]
        semaphores: String,
        #[arg(long)]
        one_page: bool,
        #[arg(long)]
        processor: usize,
    },
    #[command(hide = true)]
    Hold {
        #[arg(long)]
        root: PathBuf,
        #[arg(long)]
        name: String,
        #[arg(long)]
        size: u64,
        #[arg(long)]
        handles: u32,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum SideArgument {
    Filemap,
    Rival,
}

/// Prints the text, or writes it and the numbers.
fn tell(out: Option<PathBuf>, markdown: &str, numbers: &impl serde::Serialize) -> Result<()> {
    match out {
        None => println!("{markdown}"),
        Some(out) => {
            std::fs::write(out.with_added_extension("md"), markdown)?;
            let json = serde_json::to_string_pretty(numbers)?;
            std::fs::write(out.with_added_extension("json"), json + "\n")?;
        }
    }
    Ok(())
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Run {
            filter,
            out,
            rounds,
            calls,
            instructions,
            no_pin,
        } => {
            let machine = Machine::here();
            if !no_pin {
                machine::stay_on_one_processor()?;
            }
            let mut lines = Vec::new();
            for row in definition::all()? {
                if !filter.is_empty() && !filter.iter().any(|part| row.id.contains(&**part)) {
                    continue;
                }
                // Rows whose single operation takes long get fewer rounds.
                let rounds = if row.size >= 8 << 20 {
                    rounds.div_ceil(4)
                } else {
                    rounds
                };
                let measured = rounds::measure(&row, rounds)?;
                let ratio = measured.ratio.median;
                eprintln!(
                    "{:<24} {:>12.0} ns {:>12.0} ns {ratio:>7.2}",
                    row.id, measured.filemap.median, measured.rival.median
                );
                // Names and holders change the kernel's work, not ours; large copies take minutes in valgrind.
                let worth_it = !row.id.starts_with("step-") && row.names == 0 && row.holders == 1;
                let instructions = instructions && row.size <= 1 << 16;
                let counted = match (calls || instructions) && worth_it {
                    true => Some([
                        count::count(&row.id, Side::Filemap, instructions)?,
                        count::count(&row.id, Side::Rival, instructions)?,
                    ]),
                    false => None,
                };
                lines.push(Line::new(row, measured, counted));
            }
            let report = Report { machine, lines };
            tell(out, &report.to_markdown(), &report)
        }
        Command::Channels { out, rounds, size } => {
            let report = channels::run(rounds, size)?;
            tell(out, &report.to_markdown(), &report)
        }
        Command::ChannelEnd { way, size, place } => channels::answer(way, &place, size),
        Command::HoldMany { root, prefix, count } => inspect::hold_many(&root, &prefix, count),
        Command::Inspect { filemap, shm } => {
            let beside = std::env::current_exe()?.with_file_name("filemap");
            let root = tempfile::tempdir_in(shm)?;
            let rows = inspect::measure(&filemap.unwrap_or(beside), root.path())?;
            println!("| what | measured | promised | kept |\n|---|---|---|---|");
            for row in &rows {
                let kept = if row.kept { "yes" } else { "NO" };
                println!("| {} | {} | {} | {kept} |", row.what, row.measured, row.promised);
            }
            if rows.iter().any(|row| !row.kept) {
                return Err("a promise was not kept".into());
            }
            Ok(())
        }
        Command::List => {
            for row in definition::all()? {
                println!("{:<24} {}", row.id, row.what);
            }
            Ok(())
        }
        Command::Once { id, side, times } => {
            let row = definition::by_id(&id)?;
            let scene = Scene::new(&row)?;
            let mut side = match side {
                SideArgument::Filemap => filemap_side(&row, &scene)?,
                SideArgument::Rival => rival_side(&row, &scene)?,
            };
            count::once(&mut *side, times)
        }
        Command::Answer {
            root,
            semaphores,
            one_page,
            processor,
        } => sync::answer(&root, &semaphores, one_page, processor),
        Command::Hold {
            root,
            name,
            size,
            handles,
        } => holder::hold(&root, &name, size, handles),
    }
}

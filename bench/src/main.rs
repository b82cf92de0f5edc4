//! Measures Filemap beside the raw system calls; see the library's documentation.

use clap::{Parser, Subcommand, ValueEnum};
use filemap_bench::count::{self, Side};
use filemap_bench::machine::{self, Machine};
use filemap_bench::peers::definition::Definitions;
use filemap_bench::peers::results::Results;
use filemap_bench::subject::{Scene, filemap_side, rival_side};
use filemap_bench::table::{Line, Report};
use filemap_bench::{Result, channels, definition, gate, holder, inspect, peers, rounds, sync};
use std::path::{Path, PathBuf};
use std::time::Duration;

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
    /// Measures Filemap beside its rivals and writes bench/results/peers.* and the tables of docs/PERFORMANCE.md
    ///
    /// Run it as root, in quiet, from the tree's root. What the machine lacks is skipped, with what to install.
    Peers {
        /// Only operations whose name contains this; may be given several times. The others keep their old numbers
        #[arg(long)]
        only: Vec<String>,
        /// Only these subjects beside system calls and Filemap; prints, and writes nothing
        #[arg(long)]
        subject: Vec<String>,
        /// A few values, a few rounds, seconds in all; prints, and writes nothing
        #[arg(long)]
        quick: bool,
        /// Rounds; all subjects have a turn in each
        #[arg(long, default_value_t = 31)]
        rounds: u32,
        /// Seconds for each operation and value
        #[arg(long, default_value_t = 3.5)]
        time: f64,
        /// Print the tables, and write nothing
        #[arg(long)]
        print: bool,
        /// The tree whose results and page are written
        #[arg(long, default_value = ".")]
        tree: PathBuf,
    },
    /// Counts instructions and system calls of the hot paths; fails where they are more than bench/counts.toml has
    Counts {
        /// The file
        #[arg(long, default_value = "bench/counts.toml")]
        baseline: PathBuf,
        /// What `rustc --version` says
        #[arg(long)]
        compiler: String,
        /// Write the file
        #[arg(long)]
        update: bool,
    },
    /// Writes docs/PERFORMANCE.md, bench/results/peers.md and the plots anew, from bench/results/peers.json
    Page {
        /// The tree
        #[arg(long, default_value = ".")]
        tree: PathBuf,
    },
    #[command(hide = true)]
    PeerAttach {
        #[arg(long)]
        root: PathBuf,
        #[arg(long)]
        posix: String,
        #[arg(long)]
        size: u64,
    },
    #[command(hide = true)]
    PeerAnswer {
        subject: String,
        processor: usize,
        place: PathBuf,
    },
    #[command(hide = true)]
    PeerWork {
        subject: String,
        workers: u32,
        place: PathBuf,
    },
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

/// Writes everything that is made from the results.
fn write_page(tree: &Path, results: &Results) -> Result<()> {
    let definitions = Definitions::read()?;
    let directory = tree.join("bench").join("results");
    std::fs::write(directory.join("peers.md"), results.to_markdown(&definitions))?;
    for operation in definitions.operations.iter().filter(|operation| operation.plot) {
        if let Some(svg) = peers::plot::of(&definitions, operation, results)? {
            std::fs::write(directory.join(peers::page::plot_name(operation)), svg)?;
        }
    }
    peers::page::write(&tree.join("docs").join("PERFORMANCE.md"), &definitions, results)
}

fn run_peers(amount: &peers::Amount, print: bool, tree: &Path) -> Result<()> {
    let inspect = amount.only.is_empty() || amount.only.iter().any(|part| "inspect".contains(&**part));
    let filemap = std::env::current_exe()?.with_file_name("filemap");
    // Before all else: what a child is told to have used at most contains what this process has by then.
    let mut inspected = Vec::new();
    if inspect && !amount.quick {
        match filemap.is_file() {
            true => inspected = peers::inspect(&filemap)?,
            false => {
                eprintln!("SKIPPED: the inspecting commands: build the command first: cargo build --release")
            }
        }
    }
    let mut results = peers::run(amount)?;
    results.inspected = inspected;
    if print || amount.quick || !amount.subjects.is_empty() {
        println!("{}", peers::page::generated(&Definitions::read()?, &results));
        return Ok(());
    }
    let path = tree.join("bench").join("results").join("peers.json");
    if path.is_file() {
        results = results.over(Results::read(&path)?);
    }
    std::fs::write(&path, serde_json::to_string_pretty(&results)? + "\n")?;
    write_page(tree, &results)
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
        Command::Peers {
            only,
            subject,
            quick,
            rounds,
            time,
            print,
            tree,
        } => {
            let amount = peers::Amount {
                only,
                subjects: subject,
                quick,
                rounds: if quick { 3 } else { rounds },
                time: Duration::from_secs_f64(time),
            };
            run_peers(&amount, print, &tree)
        }
        Command::Counts {
            baseline,
            compiler,
            update,
        } => match gate::run(&baseline, &compiler, update)? {
            true => Ok(()),
            false => Err("a hot path takes more than it did".into()),
        },
        Command::Page { tree } => {
            let results = Results::read(&tree.join("bench").join("results").join("peers.json"))?;
            write_page(&tree, &results)
        }
        Command::PeerAttach { root, posix, size } => peers::scene::stay_attached(&root, &posix, size),
        Command::PeerAnswer {
            subject,
            processor,
            place,
        } => peers::trips::answer(&subject, processor, &place),
        Command::PeerWork {
            subject,
            workers,
            place,
        } => peers::locks::work(&subject, workers, &place),
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

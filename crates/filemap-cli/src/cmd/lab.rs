//! `filemap lab`.

use crate::failure::{Failure, output, say};
use crate::ui::{json, terminal_width};
use filemap::core::profile;
use filemap::{Error, Op, Profile, Why};
use filemap_lab::{LabError, Row};
use std::io::{self, Write};
use std::process::ExitCode;

/// Measures every rule of every Windows with real processes, and compares with the table that this library goes by
///
/// Each row is done by processes of its own in a tree of names of its own; `measured` is what came of their calls. The
/// exit status is 1 if a row is not as expected, and such rows begin with NOT. As root, users are real users of this
/// machine; else one user plays all parts. On Windows the lab measures the platform that it is.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  filemap lab\n  filemap lab --only P-23 --platform win95,nt\n  filemap lab maartensmap"
)]
pub(crate) struct Lab {
    #[command(subcommand)]
    story: Option<Story>,
    /// Platforms to measure, such as win95 or xp-sp1 [default: all nine]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    platform: Vec<String>,
    /// Show these clauses only
    #[arg(long, value_name = "CLAUSE", value_delimiter = ',')]
    only: Vec<String>,
    /// One JSON array of rows: clause, platform, behaviour, expected, measured, ok
    #[arg(long, global = true)]
    json: bool,
}

#[derive(clap::Subcommand)]
enum Story {
    /// Replays a service and a user who look for `MaartensMap`: error 2, then error 5, on every Windows
    Maartensmap,
}

/// Windows has the rules of one platform only.
fn only_where_measured(profiles: &[&Profile]) -> Result<(), Error> {
    match profiles.iter().find(|profile| !filemap_lab::can_measure(profile)) {
        None => Ok(()),
        Some(other) => {
            let what = "measuring the rules of another Windows";
            Err(Error::new(
                Op::Other("measure"),
                other.name,
                Why::NotSupported { what },
            ))
        }
    }
}

impl Lab {
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let mut out = io::stdout().lock();
        let width = terminal_width().unwrap_or(filemap_lab::USUAL_WIDTH);
        let good = match self.story {
            Some(Story::Maartensmap) => {
                only_where_measured(&filemap_lab::all_profiles())?;
                let steps = filemap_lab::maartensmap().map_err(lab)?;
                match self.json {
                    true => json(&mut out, &steps)?,
                    false => write!(out, "{}", filemap_lab::steps_to_table(&steps, width)).map_err(output)?,
                }
                steps.iter().all(|step| step.ok)
            }
            None => {
                let rows = self.rows()?;
                match self.json {
                    true => json(&mut out, &rows)?,
                    false => {
                        write!(out, "{}", filemap_lab::to_table(&rows, width)).map_err(output)?;
                        write!(out, "{}", filemap_lab::summary(&rows)).map_err(output)?;
                    }
                }
                rows.iter().all(|row| row.ok)
            }
        };
        match good {
            true => Ok(ExitCode::SUCCESS),
            false => {
                say("not everything is as expected: see the lines that begin with NOT");
                Ok(ExitCode::FAILURE)
            }
        }
    }

    fn rows(&self) -> Result<Vec<Row>, Failure> {
        let named = |name: &String| {
            profile::named(name).map_err(|unknown| {
                let what = unknown.to_string();
                Error::new(Op::Other("measure"), name.as_str(), Why::Argument { what })
            })
        };
        let profiles: Vec<&'static Profile> = match self.platform.is_empty() {
            true => filemap_lab::default_profiles(),
            false => self.platform.iter().map(named).collect::<Result<_, _>>()?,
        };
        only_where_measured(&profiles)?;
        let wanted = |clause: &str| {
            self.only.is_empty() || self.only.iter().any(|only| only.eq_ignore_ascii_case(clause))
        };
        let rows = filemap_lab::rows_if(&profiles, wanted).map_err(lab)?;
        match rows.is_empty() {
            true => Err(Error::new(
                Op::Other("measure"),
                self.only.join(","),
                Why::Argument {
                    what: "the lab has no row for these clauses".to_owned(),
                },
            )
            .into()),
            false => Ok(rows),
        }
    }
}

fn lab(e: LabError) -> Failure {
    let what = e.to_string();
    Failure::Call(Error::new(Op::Other("run"), "the lab", Why::Argument { what }))
}

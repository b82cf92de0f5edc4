//! `filemap explain`.

use super::words::{Mask, number64, protection};
use crate::failure::{Failure, output};
use crate::ui::json;
use filemap::core::explain::{Args, Call, Likelihood, calls_near, explain, lint, parse};
use filemap::core::profile::named;
use filemap::{Error, Op, Why};
use serde::Serialize;
use std::io::{self, Write};
use std::process::ExitCode;

/// Says what an error number means: every cause, the likeliest first, each with what to do
///
/// The call and its arguments tell causes of one number apart: 5 may be about rights, a privilege, or a view that is too
/// long. Arguments are KEY=VALUE: name, session, platform, access, protect, size, exists, file-len, handle-access,
/// object-size, object-protect, offset, len, base, privilege.
#[derive(clap::Args)]
#[command(after_help = r"Examples:
  filemap explain 5
  filemap explain 5 --call MapViewOfFile offset=65536 len=65536 object-size=65536
  filemap explain ERROR_ACCESS_DENIED --call CreateFileMapping 'name=Global\frames' session=1
  filemap explain 0xC0000022 --json")]
pub(crate) struct Explain {
    /// Number, name, NTSTATUS or HRESULT: 5, 0x5, ERROR_ACCESS_DENIED, 0xC0000022, -2147024891
    #[arg(allow_hyphen_values = true)]
    number: String,
    /// The function that failed, as in MapViewOfFile
    #[arg(long, value_name = "FUNCTION")]
    call: Option<String>,
    /// What it was called with, as KEY=VALUE
    #[arg(value_name = "KEY=VALUE")]
    args: Vec<String>,
    /// One JSON object: number, name, causes, lints
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Answer {
    number: String,
    code: u32,
    call: Option<&'static str>,
    causes: Vec<Cause>,
    lints: Vec<Lint>,
}

#[derive(Serialize)]
struct Cause {
    id: &'static str,
    likelihood: &'static str,
    cause: &'static str,
    because: String,
    remedy: &'static str,
    clauses: &'static [&'static str],
}

#[derive(Serialize)]
struct Lint {
    id: &'static str,
    words: String,
    clause: &'static str,
}

/// The error of an argument of this command that makes no sense.
pub(crate) fn wrong(op: &'static str, object: &str, what: impl Into<String>) -> Failure {
    Failure::Call(Error::new(
        Op::Other(op),
        object,
        Why::Argument { what: what.into() },
    ))
}

impl Explain {
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let wrong = |what: String| wrong("explain", &self.number, what);
        let number = parse(&self.number).map_err(|e| wrong(e.to_string()))?;
        let call = match &self.call {
            None => None,
            Some(name) => Some(Call::from_name(name).ok_or_else(|| {
                let near = calls_near(name);
                let hint = if near.is_empty() {
                    String::new()
                } else {
                    format!("; did you mean {}?", near.join(" or "))
                };
                wrong(format!("`{name}` is no call that is explained here{hint}"))
            })?),
        };
        let mut args = Args::default();
        let mut written = None;
        for arg in &self.args {
            let (key, value) = arg
                .split_once('=')
                .ok_or_else(|| wrong(format!("`{arg}`: write KEY=VALUE")))?;
            let n = || number64(value).ok_or_else(|| wrong(format!("{key}: `{value}` is not a number")));
            let n32 = || {
                n().and_then(|n| {
                    n.try_into()
                        .map_err(|_| wrong(format!("{key}: {value} is too large")))
                })
            };
            let flag = || match value {
                "yes" | "true" | "1" => Ok(true),
                "no" | "false" | "0" => Ok(false),
                _ => Err(wrong(format!("{key}: write yes or no"))),
            };
            let mask = || Mask::parse(value).map_err(&wrong);
            match key {
                "name" => args.name = Some(Some(value)),
                "session" => args.session = Some(n32()?),
                "platform" => args.profile = Some(named(value).map_err(|e| wrong(e.to_string()))?),
                "privilege" => args.create_global = Some(flag()?),
                "access" => {
                    let mask = mask()?;
                    args.access = Some(mask.bits);
                    written = Some(mask.written);
                }
                "protect" => args.protect = Some(protection(value).map_err(&wrong)?),
                "size" => args.size = Some(n()?),
                "exists" => args.exists = Some(flag()?),
                "file" => args.has_file = Some(flag()?),
                "file-len" => args.file_len = Some(n()?),
                "handle-access" => args.handle_access = Some(mask()?.bits),
                "object-size" => args.object_size = Some(n()?),
                "object-protect" => args.object_protect = Some(protection(value).map_err(&wrong)?),
                "offset" => args.offset = Some(n()?),
                "len" => args.len = Some(n()?),
                "base" => args.base = Some(n()?),
                _ => {
                    return Err(wrong(format!(
                        "`{key}` is no argument that is known; see filemap explain --help"
                    )));
                }
            }
        }
        let lints = call
            .map(|call| lint(call, &args, written.as_deref()))
            .unwrap_or_default();
        let answer = Answer {
            number: number.to_string(),
            code: number.code.0,
            call: call.map(Call::name),
            causes: explain(number, call, &args)
                .into_iter()
                .map(|told| Cause {
                    id: told.cause.id,
                    likelihood: match told.likelihood {
                        Likelihood::Certain => "certain",
                        Likelihood::Likely => "likely",
                        Likelihood::Possible => "possible",
                        Likelihood::ElsewhereOnly => "of other calls",
                    },
                    cause: told.cause.words,
                    because: told.because,
                    remedy: told.cause.remedy,
                    clauses: told.cause.clauses,
                })
                .collect(),
            lints: lints
                .into_iter()
                .map(|l| Lint {
                    id: l.id,
                    words: l.words,
                    clause: l.clause,
                })
                .collect(),
        };
        let mut out = io::stdout().lock();
        if self.json {
            json(&mut out, &answer)?;
            return Ok(ExitCode::SUCCESS);
        }
        tell(&mut out, &answer).map_err(output)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn tell(out: &mut dyn Write, answer: &Answer) -> io::Result<()> {
    writeln!(out, "{}", answer.number)?;
    if answer.causes.is_empty() {
        writeln!(out, "  no call of the file mapping system gives this number")?;
    }
    for cause in &answer.causes {
        let because = if cause.because.is_empty() {
            String::new()
        } else {
            format!(": {}", cause.because)
        };
        writeln!(
            out,
            "  [{}] {}{}",
            cause.likelihood,
            cause.cause,
            filemap::Escaped(&because)
        )?;
        if !cause.remedy.is_empty() {
            writeln!(out, "      {}", cause.remedy)?;
        }
        writeln!(out, "      {}", cause.clauses.join(", "))?;
    }
    for lint in &answer.lints {
        writeln!(out, "  note: {} ({})", filemap::Escaped(&lint.words), lint.clause)?;
    }
    out.flush()
}

//! The tables: rows of calls with what comes of them. `README.md` describes the format.

use crate::System;
use crate::constants::number;
use crate::functions::{self, Function, Parameter, Returns};
use crate::value::{Place, Reference, Security, Value};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One file of rows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// What its rows are about.
    pub about: String,
    /// The rows.
    pub row: Vec<Row>,
}

/// A sequence of calls and what each of them gives.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The fact, as a sentence.
    pub name: String,
    /// The clauses of the specification that say so.
    pub clauses: Vec<String>,
    /// Where the fact comes from beside the specification.
    #[serde(default)]
    pub source: String,
    /// The platform whose rule it is; a host that has only its own leaves such a row out.
    pub platform: Option<String>,
    /// The session of each process; 0 if none is given. A host that can't choose leaves a row with sessions out.
    #[serde(default)]
    pub sessions: BTreeMap<String, u32>,
    /// Systems on which it can't be written, each with the reason.
    #[serde(default)]
    pub unsupported: BTreeMap<String, String>,
    /// Systems on which something else comes of it, each with the reason. The row fails there if it does not.
    #[serde(default)]
    pub differs: BTreeMap<String, String>,
    /// The calls, in order.
    pub steps: Vec<Step>,
}

/// One call, or the end of a process, or the end of a call that was started.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Who does it: a process, `A` by default, or a further thread of a process, as in `A/2`.
    #[serde(default = "first_process")]
    pub by: String,
    /// The function and its arguments, in the order of its prototype.
    pub call: Option<Vec<Argument>>,
    /// Don't wait until the call returns; a later `finish` does.
    #[serde(default)]
    pub start: bool,
    /// Wait until the call returns that this process or thread has started.
    pub finish: Option<String>,
    /// Kill this process without warning, and wait until it is gone.
    pub kill: Option<String>,
    /// Let this process end by itself, with everything open, and wait until it is gone.
    pub exit: Option<String>,
    /// End this thread (`A/2`) without releasing anything, and wait until it is gone.
    pub end_thread: Option<String>,
    /// The name that later arguments use for the result.
    #[serde(rename = "let")]
    pub bind: Option<String>,
    /// What it returns: `ok`, `failed`, or the value.
    pub gives: Option<Argument>,
    /// The last error after it; `unchanged` if it must not be touched.
    pub error: Option<Argument>,
    /// What it writes: name and value. A name that is missing here is not looked at.
    #[serde(default)]
    pub out: BTreeMap<String, Argument>,
}

fn first_process() -> String {
    "A".to_owned()
}

/// A value as it stands in a table.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Argument {
    /// A number.
    Number(i64),
    /// A constant, constants joined by `|`, the name of a result, or text: the parameter decides.
    Text(String),
    /// Several.
    List(Vec<Argument>),
}

impl Argument {
    /// The number that it says: itself, a number in text (0x...), or constants joined by `|`.
    ///
    /// # Errors
    /// The text, if it is none of these.
    pub fn as_number(&self) -> Result<u64, String> {
        match self {
            Argument::Number(number) => Ok(*number as u64),
            Argument::Text(text) => number(text),
            Argument::List(_) => Err(format!("{self:?} is not a number")),
        }
    }

    fn text(&self) -> Result<&str, String> {
        match self {
            Argument::Text(text) => Ok(text),
            other => Err(format!("{other:?} is not text")),
        }
    }
}

/// A table with the name of its file.
#[derive(Clone, Debug)]
pub struct Named {
    /// The name, without extension.
    pub name: String,
    /// Its rows.
    pub table: Table,
}

/// The directory of the tables in the source tree.
#[must_use]
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tables")
}

/// Reads every table of a directory, in the order of their names, and checks each row.
///
/// # Errors
/// What is wrong, with file and row.
pub fn load(directory: &Path) -> Result<Vec<Named>, String> {
    let entries = std::fs::read_dir(directory).map_err(|e| format!("{}: {e}", directory.display()))?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == "toml"));
    files.sort();
    let mut tables = Vec::new();
    for file in files {
        let name = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let text = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let table = parse(&text).map_err(|e| format!("{}: {e}", file.display()))?;
        tables.push(Named { name, table });
    }
    if tables.is_empty() {
        return Err(format!("{} has no tables", directory.display()));
    }
    Ok(tables)
}

/// A table from its text, every row checked.
///
/// # Errors
/// What is wrong, with the row.
pub fn parse(text: &str) -> Result<Table, String> {
    let table: Table = toml::from_str(text).map_err(|e| e.to_string())?;
    let mut names = std::collections::BTreeSet::new();
    for row in &table.row {
        row.check().map_err(|e| format!("row `{}`: {e}", row.name))?;
        if !names.insert(&row.name) {
            return Err(format!("two rows are called `{}`", row.name));
        }
    }
    Ok(table)
}

impl Row {
    /// Why it can't be written on this system, if that is so.
    #[must_use]
    pub fn unsupported_on(&self, system: System) -> Option<&str> {
        let found = self.unsupported.iter().find(|(key, _)| system.is_meant_by(key));
        found.map(|(_, why)| why.as_str())
    }

    /// Why something else comes of it on this system, if that is so.
    #[must_use]
    pub fn differs_on(&self, system: System) -> Option<&str> {
        let found = self.differs.iter().find(|(key, _)| system.is_meant_by(key));
        found.map(|(_, why)| why.as_str())
    }

    fn check(&self) -> Result<(), String> {
        if self.clauses.is_empty() {
            return Err("no clause".to_owned());
        }
        if !self.steps.iter().any(|step| step.call.is_some()) {
            return Err("nothing is called, so it can't fail".to_owned());
        }
        for key in self.unsupported.keys().chain(self.differs.keys()) {
            if !System::all().iter().any(|system| system.is_meant_by(key)) {
                return Err(format!("no system is called {key}"));
            }
        }
        let mut names = Vec::new();
        for (index, step) in self.steps.iter().enumerate() {
            step.check(&names)
                .map_err(|e| format!("step {}: {e}", index + 1))?;
            names.extend(step.bind.clone());
        }
        Ok(())
    }
}

/// What stands for the row's own parts in texts.
#[derive(Clone, Debug)]
pub struct Substitutions {
    /// For `{n}`: makes names of this run unlike all others.
    pub unique: String,
    /// For `{dir}`: a directory of the row's own, in the host's notation.
    pub directory: String,
}

impl Step {
    fn says_something(&self) -> bool {
        self.gives.is_some() || self.error.is_some() || !self.out.is_empty()
    }

    /// The function that it calls.
    ///
    /// # Errors
    /// Why there is none.
    pub fn function(&self) -> Result<&'static Function, String> {
        let name = self
            .call
            .as_ref()
            .and_then(|call| call.first())
            .ok_or("no function")?
            .text()?;
        functions::find(name).ok_or_else(|| format!("no function is called {name}"))
    }

    fn check(&self, names: &[String]) -> Result<(), String> {
        let kinds = [&self.finish, &self.kill, &self.exit, &self.end_thread];
        let others = kinds.iter().filter(|kind| kind.is_some()).count();
        if others + usize::from(self.call.is_some()) != 1 {
            return Err("exactly one of call, finish, kill, exit, end_thread".to_owned());
        }
        for argument in self
            .error
            .iter()
            .filter(|e| **e != Argument::Text("unchanged".to_owned()))
        {
            argument.as_number()?;
        }
        if self.finish.is_some() {
            return Ok(());
        }
        if self.call.is_none() {
            return match self.says_something() || self.bind.is_some() || self.start {
                true => Err("the end of a process gives nothing".to_owned()),
                false => Ok(()),
            };
        }
        let function = self.function()?;
        if self.start && self.says_something() {
            return Err("a started call gives nothing before it is finished".to_owned());
        }
        if self.gives == Some(Argument::Text("failed".to_owned())) {
            if function.returns == Returns::Nothing {
                return Err(format!("{} can't fail", function.name));
            }
            if self.error.is_none() {
                return Err("a failure has a last error".to_owned());
            }
        }
        for name in self.out.keys() {
            if !function.outs.contains(&name.as_str()) {
                return Err(format!("{} writes no {name}", function.name));
            }
        }
        let nothing = Substitutions {
            unique: String::new(),
            directory: String::new(),
        };
        for value in self.arguments(&nothing)? {
            for name in value.names() {
                if !names.iter().any(|known| known == name) {
                    return Err(format!("{name} is not a result of an earlier step"));
                }
            }
        }
        Ok(())
    }

    /// The arguments, as the function's parameters read them.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn arguments(&self, with: &Substitutions) -> Result<Vec<Value>, String> {
        let function = self.function()?;
        let given = self
            .call
            .as_deref()
            .unwrap_or_default()
            .get(1..)
            .unwrap_or_default();
        if given.len() != function.parameters.len() {
            let (given, wanted) = (given.len(), function.parameters.len());
            return Err(format!("{} takes {wanted} arguments, not {given}", function.name));
        }
        let pairs = given.iter().zip(function.parameters);
        pairs
            .map(|(argument, parameter)| value(argument, *parameter, with))
            .collect()
    }
}

fn reference(argument: &Argument) -> Result<Reference, String> {
    Ok(match argument {
        Argument::Number(number) => Reference::Number(*number as u64),
        Argument::Text(text) => match text.as_str() {
            "NULL" => Reference::Number(0),
            "INVALID_HANDLE_VALUE" => Reference::Number(u64::MAX),
            name => match name.split_once('+') {
                Some((name, more)) => Reference::Beside(name.to_owned(), number(more)?),
                None => Reference::Result(name.to_owned()),
            },
        },
        Argument::List(_) => return Err("several handles where one is needed".to_owned()),
    })
}

fn value(argument: &Argument, parameter: Parameter, with: &Substitutions) -> Result<Value, String> {
    let text = || -> Result<String, String> {
        let text = argument.text()?;
        Ok(text
            .replace("{n}", &with.unique)
            .replace("{dir}", &with.directory))
    };
    Ok(match parameter {
        Parameter::Handle => Value::Handle(reference(argument)?),
        Parameter::Handles => match argument {
            Argument::List(list) => Value::Handles(list.iter().map(reference).collect::<Result<_, _>>()?),
            one => return Err(format!("{one:?} is not a list of handles")),
        },
        Parameter::Number => Value::Number(argument.as_number()?),
        Parameter::Text => match argument.text()? {
            "NULL" => Value::Null,
            _ => Value::Text(text()?),
        },
        Parameter::Security => match argument.text()? {
            "NULL" => Value::Null,
            "inherit" => Value::Security(Security {
                inherit: true,
                sddl: None,
            }),
            sddl => Value::Security(Security {
                inherit: false,
                sddl: Some(sddl.to_owned()),
            }),
        },
        Parameter::Address => match argument {
            Argument::Number(number) => Value::Address(Place {
                of: None,
                offset: *number as u64,
            }),
            Argument::Text(text) => Value::Address(place(text)?),
            Argument::List(_) => return Err("several addresses where one is needed".to_owned()),
        },
        Parameter::Out => match argument.text()? {
            "NULL" => Value::Null,
            "out" => Value::Out,
            other => return Err(format!("{other} where `out` or `NULL` is needed")),
        },
    })
}

/// `NULL`, a number in text, `view`, `view+0x1000`, `view-1`.
fn place(text: &str) -> Result<Place, String> {
    if text == "NULL" {
        return Ok(Place { of: None, offset: 0 });
    }
    if let Ok(number) = number(text) {
        return Ok(Place {
            of: None,
            offset: number,
        });
    }
    let (name, offset) = match (text.split_once('+'), text.split_once('-')) {
        (Some((name, offset)), _) => (name, number(offset)?),
        (None, Some((name, offset))) => (name, number(offset)?.wrapping_neg()),
        (None, None) => (text, 0),
    };
    Ok(Place {
        of: Some(name.to_owned()),
        offset,
    })
}

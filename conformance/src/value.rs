//! What goes to a process that makes calls, and what comes back.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A handle: the result of an earlier call, or a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reference {
    /// This number.
    Number(u64),
    /// What the call gave that bound this name.
    Result(String),
    /// The same and some more: a number that is no handle, or hardly one.
    Beside(String, u64),
}

/// An address: some bytes behind what an earlier call gave, or a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The name of a view; none for a plain number.
    pub of: Option<String>,
    /// Bytes behind its first, or the whole address.
    pub offset: u64,
}

/// SECURITY_ATTRIBUTES.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Security {
    /// `bInheritHandle`.
    pub inherit: bool,
    /// The descriptor as SDDL text; none for NULL.
    pub sddl: Option<String>,
}

/// An argument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// NULL, for text, security attributes, and what a call writes.
    Null,
    /// A number, as wide as the parameter.
    Number(u64),
    /// Text.
    Text(String),
    /// A handle.
    Handle(Reference),
    /// An array of handles.
    Handles(Vec<Reference>),
    /// An address in the process.
    Address(Place),
    /// SECURITY_ATTRIBUTES.
    Security(Security),
    /// A place for what the call writes.
    Out,
}

impl Value {
    /// The results that it refers to.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let references: Vec<&str> = match self {
            Value::Handle(Reference::Result(name) | Reference::Beside(name, _)) => vec![name],
            Value::Handles(list) => {
                let names = list.iter().filter_map(|reference| match reference {
                    Reference::Result(name) | Reference::Beside(name, _) => Some(name.as_str()),
                    Reference::Number(_) => None,
                });
                names.collect()
            }
            Value::Address(place) => place.of.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        references.into_iter()
    }
}

/// What a process is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Order {
    /// Make this call in this thread (0 is the first) and bind the result.
    Call {
        /// The thread's number.
        thread: u32,
        /// The function.
        function: String,
        /// Its arguments.
        arguments: Vec<Value>,
        /// The name of the result.
        bind: Option<String>,
    },
    /// End this thread.
    EndThread(u32),
    /// End yourself, with everything open.
    Exit,
}

/// Something that a call wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Written {
    /// A number.
    Number(u64),
    /// Bytes, as text.
    Text(String),
}

/// What came of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// What it returned, as a 64-bit number.
    pub result: u64,
    /// Whether that means success.
    pub ok: bool,
    /// The last error, if the call has set it.
    pub error: Option<u32>,
    /// What it wrote.
    #[serde(default)]
    pub out: BTreeMap<String, Written>,
    /// A rule that holds for every call and did not for this one.
    pub broken: Option<String>,
    /// Why this system can't make such a call.
    pub unsupported: Option<String>,
}

impl Answer {
    /// A call that this system can't make.
    #[must_use]
    pub fn unsupported(why: impl Into<String>) -> Answer {
        Answer {
            unsupported: Some(why.into()),
            ..Answer::default()
        }
    }
}

/// What a process says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// The thread that answers.
    pub thread: u32,
    /// What came of its call.
    pub answer: Answer,
}

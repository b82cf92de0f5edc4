//! Every cause of every number, as data. The order inside one number is the order of the system's own checks (M-50,
//! V-37): if two causes are certain, the earlier one is the one that happened.

mod access;
mod arguments;
mod names;
mod resources;
mod views;

use super::args::Facts;
use super::{Call, NtStatus};
use crate::error::Win32Code;
use alloc::string::String;

/// One cause of one number.
#[derive(Clone, Copy)]
pub struct Cause {
    /// A short name that stays the same, as in `view-too-large`.
    pub id: &'static str,
    /// The Win32 number. For exceptions that no number stands for, the status itself.
    pub code: Win32Code,
    /// Kernel statuses that it comes from, the usual one first; empty if it is made in user mode.
    pub statuses: &'static [NtStatus],
    /// Calls that give it; empty if any may.
    pub calls: &'static [Call],
    /// The cause in plain words, without a full stop.
    pub words: &'static str,
    /// What to do about it, without a full stop; empty if nothing needs to be done.
    pub remedy: &'static str,
    /// Where it is specified.
    pub clauses: &'static [&'static str],
    /// How well it fits what is known.
    pub(super) fits: fn(&Facts<'_>) -> Judgement,
}

/// How well a cause fits what is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It cannot be this.
    Excluded,
    /// Nothing speaks for or against it.
    Possible,
    /// It looks like this; the sentence says why.
    Likely(String),
    /// It must have been this; the sentence says why.
    Certain(String),
}

/// Certain if the fact is known and true, excluded if it is known and false.
pub(super) fn decide(fact: Option<bool>, because: impl FnOnce() -> String) -> Judgement {
    match fact {
        Some(true) => Judgement::Certain(because()),
        Some(false) => Judgement::Excluded,
        None => Judgement::Possible,
    }
}

/// As [`decide`], but true makes it only likely.
pub(super) fn suspect(fact: Option<bool>, because: impl FnOnce() -> String) -> Judgement {
    match decide(fact, because) {
        Judgement::Certain(because) => Judgement::Likely(because),
        other => other,
    }
}

/// Nothing in the arguments speaks for or against it.
pub(super) fn always(_: &Facts<'_>) -> Judgement {
    Judgement::Possible
}

macro_rules! causes {
    ($name:ident; $($id:literal $code:ident [$($status:ident),*] $calls:expr;
        $words:literal; $remedy:literal; [$($clause:literal),*] $fits:expr;)*) => {
        pub(super) const $name: &[Cause] = &[$(Cause {
            id: $id,
            code: Win32Code::$code,
            statuses: &[$(NtStatus::$status),*],
            calls: $calls,
            words: $words,
            remedy: $remedy,
            clauses: &[$($clause),*],
            fits: $fits,
        },)*];
    };
}
use causes;

/// All causes.
pub(super) fn all() -> impl Iterator<Item = &'static Cause> {
    [
        arguments::ARGUMENTS,
        names::NAMES,
        names::SUCCESS,
        access::ACCESS,
        views::VIEWS,
        resources::RESOURCES,
        views::EXCEPTIONS,
    ]
    .into_iter()
    .flatten()
}

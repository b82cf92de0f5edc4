//! What an error number means, told from the call and its arguments.
//!
//! One number has many causes: 5 may be about rights, a privilege, or a view that is too long (E-3). [`parse`] reads a
//! number as people have it, [`explain`] gives its causes with the likeliest first, [`lint`] finds arguments that do
//! not mean what their author thinks. Nothing here asks a system: callers bring the facts.
//!
//! ```
//! use filemap_core::explain::{Args, Call, Likelihood, explain, parse};
//! let number = parse("0x5")?;
//! let args = Args { name: Some(Some(r"Global\MyFileMappingObject")), session: Some(1), ..Args::default() };
//! let told = explain(number, Some(Call::CreateFileMapping), &args);
//! assert_eq!((told[0].cause.id, told[0].likelihood), ("global-creation", Likelihood::Likely));
//! assert!(told[0].to_string().contains("SeCreateGlobalPrivilege"));
//! # Ok::<(), filemap_core::explain::ParseError>(())
//! ```

mod args;
mod call;
mod lint;
mod ntstatus;
mod parse;
mod table;
#[cfg(test)]
mod tests;

pub use args::{Args, FileKind, HandleKind};
pub use call::Call;
pub use lint::{Lint, lint};
pub use ntstatus::NtStatus;
pub use parse::{Number, ParseError, calls_near, parse};
pub use table::Cause;

use alloc::string::String;
use alloc::vec::Vec;
use args::Facts;
use core::fmt;
use table::Judgement;

/// How sure an explanation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likelihood {
    /// Other calls give the number for this cause, not the one that was named.
    ElsewhereOnly,
    /// Nothing speaks for or against it.
    Possible,
    /// What is known speaks for it.
    Likely,
    /// What is known leaves nothing else, unless an earlier explanation is certain too: then that one came first.
    Certain,
}

/// One cause that may be behind a number.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The cause: words, remedy, clauses.
    pub cause: &'static Cause,
    /// How sure it is.
    pub likelihood: Likelihood,
    /// Why it is thought to be this one, from the arguments; empty if it is only possible.
    pub because: String,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.cause.words)?;
        if !self.because.is_empty() {
            write!(f, ": {}", self.because)?;
        }
        if !self.cause.remedy.is_empty() {
            write!(f, "; {}", self.cause.remedy)?;
        }
        write!(f, " [{}]", self.cause.clauses.join(", "))
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cause")
            .field("id", &self.id)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

/// The causes of a number, the likeliest first.
///
/// Causes that the arguments rule out are left out, and so are those of other calls unless the call gives none for
/// this number at all. Empty only for a number that no call of the file mapping system gives.
#[must_use]
pub fn explain(number: impl Into<Number>, call: Option<Call>, args: &Args<'_>) -> Vec<Explanation> {
    let number = number.into();
    let facts = Facts { call, args };
    let fits_number = |cause: &&Cause| match number.status {
        Some(status) => cause.statuses.contains(&status),
        None => cause.code == number.code,
    };
    let fits_call =
        |cause: &Cause| call.is_none_or(|call| cause.calls.is_empty() || cause.calls.contains(&call));
    let mut causes: Vec<&'static Cause> = table::all().filter(fits_number).collect();
    if causes.is_empty() {
        // A status that no row names, but a Win32 number that rows are about.
        causes = table::all().filter(|cause| cause.code == number.code).collect();
    }
    let elsewhere = !causes.iter().any(|cause| fits_call(cause));
    let mut told: Vec<Explanation> = causes
        .into_iter()
        .filter(|cause| elsewhere || fits_call(cause))
        .filter_map(|cause| {
            let (likelihood, because) = match (cause.fits)(&facts) {
                _ if elsewhere => (Likelihood::ElsewhereOnly, String::new()),
                Judgement::Excluded => return None,
                Judgement::Possible => (Likelihood::Possible, String::new()),
                Judgement::Likely(because) => (Likelihood::Likely, because),
                Judgement::Certain(because) => (Likelihood::Certain, because),
            };
            Some(Explanation {
                cause,
                likelihood,
                because,
            })
        })
        .collect();
    // A stable sort: among equals the order of the table stays, which is the order of the system's checks.
    told.sort_by_key(|told| core::cmp::Reverse(told.likelihood));
    told
}

/// Every cause in the table, for documentation and completion.
pub fn causes() -> impl Iterator<Item = &'static Cause> {
    table::all()
}

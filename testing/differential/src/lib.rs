//! The same random calls on two systems, compared call by call.
//!
//! [`Call`] is one call of the library; [`strategy`](call::strategy) makes sequences of them. An [`Executor`] carries a
//! sequence out on the system that it runs on, with names and files of its own. [`Pair`] feeds one executor here and one on
//! Windows (under Wine) over pipes, both alive for as long as the comparison lasts, and [`compare`](Pair::compare) finds the
//! first call of which something else came. [`known`] says which calls are not made, because Wine is known to be wrong
//! about them; `conformance/tables` has a row for each.

pub mod call;
pub mod executor;
pub mod known;
pub mod pair;

pub use call::Call;
pub use executor::{Executor, Told, serve};
pub use pair::{Difference, Pair};

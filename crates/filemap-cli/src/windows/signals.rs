//! Waiting for the first of several things: Ctrl+C, the end of input, the end of a process, a time.

use crate::failure::io_error;
use filemap::sys::os::console;
use filemap::{Error, Event, Op, Reset, Wait, Waitable, wait_any};
use std::io::{self, BufRead};
use std::os::windows::io::BorrowedHandle;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// Requests of the console to end, caught from now on.
pub(crate) struct Signals {
    asked: BorrowedHandle<'static>,
}

/// What ended a wait.
pub(crate) enum End {
    /// The time was over.
    Time,
    /// The console asked to end: 2 for Ctrl+C, 15 for all else, as the signals of other systems are numbered.
    Signal(i32),
    /// Standard input ended, or a line came where one was waited for.
    Input,
    /// The watched handle is signalled.
    Other,
}

/// What standard input has to do with a wait.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Input {
    /// Not looked at.
    Ignored,
    /// The wait ends with it. Only a console or a pipe has an end to wait for.
    UntilEnd,
    /// The wait ends with the next line or the end, whatever it is.
    UntilLine,
    /// As `UntilLine` for a console or a pipe, else not looked at.
    UntilLineIfAny,
}

impl Signals {
    /// Catches Ctrl+C, Ctrl+Break and the closing of the console.
    pub(crate) fn catch() -> Result<Signals, Error> {
        let asked = console::catch_end().map_err(|e| {
            let what = "this process";
            filemap::system_error(Op::Other("catch signals of"), what, e)
        })?;
        Ok(Signals { asked })
    }

    /// What is signalled when the console asks to end, for waits together with objects.
    pub(crate) fn pipes(&self) -> Vec<BorrowedHandle<'_>> {
        vec![self.asked]
    }

    /// What the console has asked for.
    pub(crate) fn take(&self, _position: usize) -> Option<i32> {
        Some(number())
    }

    /// Goes on after a request that is somebody else's.
    pub(crate) fn forget(&self) {
        console::forget_end();
    }

    /// The first of: a request to end, the deadline, the input, the handle `other`.
    pub(crate) fn wait(
        &self,
        until: Option<Instant>,
        input: Input,
        other: Option<BorrowedHandle<'_>>,
    ) -> Result<End, Error> {
        let reads = match input {
            Input::Ignored => false,
            Input::UntilLine => true,
            Input::UntilEnd | Input::UntilLineIfAny => console::input_has_end(),
        };
        let line = match reads {
            true => Some(input_event(input == Input::UntilEnd)?),
            false => None,
        };
        let mut objects: Vec<&dyn Waitable> = vec![&self.asked];
        objects.extend(other.as_ref().map(|other| other as &dyn Waitable));
        objects.extend(line.as_deref().map(|line| line as &dyn Waitable));
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        Ok(match wait_any(&objects, left)? {
            Wait::TimedOut => End::Time,
            Wait::Object(0) | Wait::Abandoned(0) => End::Signal(number()),
            Wait::Object(1) | Wait::Abandoned(1) if other.is_some() => End::Other,
            Wait::Object(_) | Wait::Abandoned(_) => End::Input,
        })
    }
}

fn number() -> i32 {
    match console::which_end() {
        Some(0) => 2,
        _ => 15,
    }
}

/// An event that a thread sets when standard input has a line or, with `only_end`, at its end.
fn input_event(only_end: bool) -> Result<Arc<Event>, Error> {
    static END: OnceLock<Arc<Event>> = OnceLock::new();
    let failed = |e: io::Error| io_error(Op::Other("wait for"), "standard input", "ReadFile", &e);
    if only_end && let Some(end) = END.get() {
        return Ok(Arc::clone(end));
    }
    let event = Arc::new(Event::options().reset(Reset::Manual).create_unnamed()?);
    if only_end {
        let _ = END.set(Arc::clone(&event));
    }
    let told = Arc::clone(&event);
    std::thread::Builder::new()
        .spawn(move || {
            let mut line = Vec::new();
            let mut input = io::stdin().lock();
            while matches!(input.read_until(b'\n', &mut line), Ok(1..)) && only_end {
                line.clear();
            }
            let _ = told.set(); // nobody may be waiting any more
        })
        .map_err(failed)?;
    Ok(event)
}

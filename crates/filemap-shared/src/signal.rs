//! Named events that say what a bell says, for those who wait for several things at once.

use crate::memory::Memory;
use crate::object::{Object, SLICE};
use filemap::core::shared::Words;
use filemap::{Error, Event, EventOptions, FileMappingOptions, Wait, Waitable, Why, wait_any};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// An auto-reset event beside an object. It is set only after somebody has asked for it: a word in the object says so.
#[derive(Debug)]
pub(crate) struct Signal {
    options: EventOptions,
    name: String,
    event: OnceLock<Event>,
    word: u64,
}

/// How a wait for a signal or something else ended.
pub(crate) enum Heard<T> {
    Done(T),
    Other(Wait),
}

impl Signal {
    /// The event is `NAME~WHAT`; `word` is the offset of the word.
    pub(crate) fn new(options: &FileMappingOptions<'_>, name: &str, what: &str, word: u64) -> Signal {
        Signal {
            options: options.event(),
            name: format!("{name}~{what}"),
            event: OnceLock::new(),
            word,
        }
    }

    fn event(&self) -> Result<&Event, Error> {
        if let Some(event) = self.event.get() {
            return Ok(event);
        }
        let made = self.options.create(&self.name)?;
        // If another thread was faster, its handle is as good.
        Ok(self.event.get_or_init(|| made))
    }

    /// The event; from now on it is set by [`Signal::tell`], in whatever process.
    pub(crate) fn listen(&self, memory: &Memory) -> Result<&Event, Error> {
        let event = self.event()?;
        memory
            .store(self.word, 1)
            .map_err(memory.failed("listen for items of"))?;
        Ok(event)
    }

    /// Sets the event, if anybody has ever listened.
    pub(crate) fn tell(&self, memory: &Memory) -> Result<(), Why> {
        if memory.load(self.word)? != 0 {
            // What it tells of has happened already and is seen without it, only later.
            let _ = self.event().and_then(Event::set);
        }
        Ok(())
    }

    /// Waits until `attempt` gives something, one of `others` is signalled, or the time is over. Its argument is that of
    /// [`Object::wait`]. Somebody who died between a change and its signal delays this by [`SLICE`].
    pub(crate) fn wait<T>(
        &self,
        object: &Object,
        op: &'static str,
        others: &[&dyn Waitable],
        limit: Option<Duration>,
        mut attempt: impl FnMut(bool) -> Result<Option<T>, Why>,
    ) -> Result<Heard<T>, Error> {
        let memory = &object.memory;
        let mut objects: Vec<&dyn Waitable> = vec![self.listen(memory)?];
        objects.extend_from_slice(others);
        let started = Instant::now();
        loop {
            if let Some(done) = attempt(true).map_err(memory.failed(op))? {
                return Ok(Heard::Done(done));
            }
            let left = limit.map(|limit| limit.saturating_sub(started.elapsed()));
            match wait_any(&objects, Some(left.unwrap_or(SLICE).min(SLICE)))? {
                Wait::Object(0) | Wait::Abandoned(0) => {}
                Wait::Object(i) => return Ok(Heard::Other(Wait::Object(i - 1))),
                Wait::Abandoned(i) => return Ok(Heard::Other(Wait::Abandoned(i - 1))),
                Wait::TimedOut if left == Some(Duration::ZERO) => return Ok(Heard::Other(Wait::TimedOut)),
                Wait::TimedOut => {}
            }
        }
    }
}

//! A thread that waits for an event and can be told to stop.

use filemap::{Error, Event, Reset, Wait, wait_any};
use std::sync::Arc;
use std::thread::JoinHandle;

/// Waits for one event, again and again as it is armed.
pub(crate) struct Watch {
    event: Arc<Event>,
    stop: Arc<Event>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    pub(crate) fn new(event: Arc<Event>) -> Result<Watch, Error> {
        Ok(Watch {
            event,
            stop: Arc::new(Event::options().reset(Reset::Manual).create_unnamed()?),
            thread: None,
        })
    }

    /// Waits once; `signalled` is called when the event was signalled, not when the wait was stopped.
    pub(crate) fn arm(&mut self, signalled: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        self.disarm()?;
        self.stop.reset()?;
        let (event, stop) = (Arc::clone(&self.event), Arc::clone(&self.stop));
        self.thread = Some(std::thread::spawn(move || {
            if let Ok(Wait::Object(1)) = wait_any(&[&*stop, &*event], None) {
                signalled();
            }
        }));
        Ok(())
    }

    /// From now on `signalled` is not called any more; it may have been a moment ago.
    pub(crate) fn disarm(&mut self) -> Result<(), Error> {
        if let Some(thread) = self.thread.take() {
            self.stop.set()?;
            let _ = thread.join(); // it has nothing to give back
        }
        Ok(())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.disarm();
    }
}

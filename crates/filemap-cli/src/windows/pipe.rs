//! What a child prints, together with something to wait for: a thread reads, for pipes can't be waited for.

use filemap::{Event, Reset};
use std::io::{self, Read};
use std::os::windows::io::BorrowedHandle;
use std::process::ChildStdout;
use std::sync::{Arc, Mutex, PoisonError};

/// The pipe, its reader, and the event that is set while there is something to read or the end has come.
pub(crate) struct Pipe {
    unread: Arc<Mutex<Unread>>,
    event: Arc<Event>,
}

#[derive(Default)]
struct Unread {
    bytes: Vec<u8>,
    ended: bool,
}

impl Pipe {
    pub(crate) fn of(mut from: ChildStdout) -> io::Result<Pipe> {
        let event = Event::options().reset(Reset::Manual).create_unnamed();
        let event = Arc::new(event.map_err(io::Error::other)?);
        let unread = Arc::new(Mutex::new(Unread::default()));
        let pipe = Pipe {
            unread: Arc::clone(&unread),
            event: Arc::clone(&event),
        };
        std::thread::spawn(move || {
            let mut bytes = [0; 65536];
            loop {
                let got = from.read(&mut bytes).unwrap_or(0);
                let mut unread = unread.lock().unwrap_or_else(PoisonError::into_inner);
                unread.bytes.extend_from_slice(&bytes[..got]);
                unread.ended = got == 0;
                if event.set().is_err() || got == 0 {
                    return;
                }
            }
        });
        Ok(pipe)
    }

    /// What [`Signals::wait`](super::signals::Signals::wait) can wait for.
    pub(crate) fn ready(&self) -> BorrowedHandle<'_> {
        self.event.raw_handle()
    }

    pub(crate) fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut unread = self.unread.lock().unwrap_or_else(PoisonError::into_inner);
        let len = unread.bytes.len().min(bytes.len());
        bytes[..len].copy_from_slice(&unread.bytes[..len]);
        unread.bytes.drain(..len);
        if unread.bytes.is_empty() && !unread.ended {
            self.event.reset().map_err(io::Error::other)?;
        }
        Ok(len)
    }
}

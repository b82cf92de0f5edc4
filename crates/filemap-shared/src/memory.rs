//! A view as the structures of `filemap_core::shared` see it.

use filemap::core::shared::Words;
use filemap::core::shared::bell::{self, Bell};
use filemap::{Error, Op, View, Why};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

/// A view with its words.
#[derive(Debug)]
pub(crate) struct Memory {
    view: View,
    writable: bool,
}

fn place(at: u64) -> Result<usize, Why> {
    usize::try_from(at).map_err(|_| Why::OutOfView { end: at, len: 0 })
}

fn why(e: Error) -> Why {
    e.why().clone()
}

impl Memory {
    pub(crate) fn new(view: View) -> Memory {
        let writable = view.protection().allows().write;
        Memory { view, writable }
    }

    pub(crate) fn view(&self) -> &View {
        &self.view
    }

    pub(crate) fn is_writable(&self) -> bool {
        self.writable
    }

    /// The error of an operation on this object.
    pub(crate) fn failed(&self, op: &'static str) -> impl Fn(Why) -> Error {
        move |why| Error::new(Op::Other(op), self.view.name(), why)
    }

    /// The count of a bell: read it before looking at what it is rung for, sleep on it after.
    pub(crate) fn bell(&self, at: u64) -> Result<u32, Why> {
        match self.writable {
            true => bell::prepare(&self.bell_at(at)?),
            // A reader can't say that it sleeps: it looks again after each slice.
            false => self.view.read(place(at)?).map_err(why),
        }
    }

    /// Sleeps until the bell is rung or `limit` is over.
    pub(crate) fn sleep(&self, at: u64, bell: u32, limit: Duration) -> Result<(), Why> {
        self.view.wait_on_word(place(at)?, bell, limit).map_err(why)
    }
}

impl Words for Memory {
    fn size(&self) -> u64 {
        self.view.len() as u64
    }
    fn read(&self, at: u64, bytes: &mut [u8]) -> Result<(), Why> {
        self.view.read_at(place(at)?, bytes).map_err(why)
    }
    fn write(&self, at: u64, bytes: &[u8]) -> Result<(), Why> {
        self.view.write_at(place(at)?, bytes).map_err(why)
    }
    fn load(&self, at: u64) -> Result<u64, Why> {
        match self.writable {
            true => Ok(self.view.atomic_u64(place(at)?).map_err(why)?.load(SeqCst)),
            false if !at.is_multiple_of(8) => Err(Why::Misaligned { offset: at, align: 8 }),
            false => self.view.read(place(at)?).map_err(why),
        }
    }
    fn store(&self, at: u64, value: u64) -> Result<(), Why> {
        self.view
            .atomic_u64(place(at)?)
            .map_err(why)?
            .store(value, SeqCst);
        Ok(())
    }
    fn exchange(&self, at: u64, old: u64, new: u64) -> Result<u64, Why> {
        let word = self.view.atomic_u64(place(at)?).map_err(why)?;
        Ok(word
            .compare_exchange(old, new, SeqCst, SeqCst)
            .unwrap_or_else(|was| was))
    }
    fn add(&self, at: u64, amount: u64) -> Result<u64, Why> {
        Ok(self
            .view
            .atomic_u64(place(at)?)
            .map_err(why)?
            .fetch_add(amount, SeqCst))
    }
    fn ring(&self, at: u64) -> Result<(), Why> {
        bell::ring(&self.bell_at(at)?)
    }
}

/// The words of a bell in a view.
struct BellAt<'a> {
    view: &'a View,
    at: usize,
    flag: &'a AtomicU32,
}

impl Memory {
    fn bell_at(&self, at: u64) -> Result<BellAt<'_>, Why> {
        let (view, at) = (&self.view, place(at)?);
        let flag = view.atomic_u32(at.saturating_add(4)).map_err(why)?;
        Ok(BellAt { view, at, flag })
    }
}

impl Bell for BellAt<'_> {
    fn count(&self) -> Result<u32, Why> {
        Ok(self.view.atomic_u32(self.at).map_err(why)?.load(SeqCst))
    }
    fn count_one(&self) -> Result<(), Why> {
        self.view.atomic_u32(self.at).map_err(why)?.fetch_add(1, SeqCst);
        Ok(())
    }
    fn flag(&self) -> Result<bool, Why> {
        Ok(self.flag.load(SeqCst) != 0)
    }
    fn set_flag(&self, sleeps: bool) -> Result<(), Why> {
        self.flag.store(sleeps.into(), SeqCst);
        Ok(())
    }
    fn wake(&self) -> Result<(), Why> {
        self.view.wake_word(self.at).map_err(why)
    }
}

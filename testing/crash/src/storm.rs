//! Random work on a few names by many processes, with the promises checked all the time, until somebody kills them.

use filemap::list;
use filemap::{FileMapAccess, FileMapping, Namespace, View, Win32Code};
use filemap_testing::Peer;
use std::sync::atomic::Ordering::SeqCst;

/// The names that everybody works on: few, so that they meet.
pub const NAMES: [&str; 3] = [r"Local\a", r"Local\b", r"Local\c"];
/// A worker says that it is alive after so many calls.
pub const CALLS_PER_LINE: usize = 32;
/// Word that only the creator of an object writes: its token, once.
const TOKEN: usize = 0;
/// Word that everybody adds to.
const COUNT: usize = 8;

/// Random numbers (xorshift64*): the same for the same seed, so that a run can be repeated as far as the kernel lets it.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Numbers of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % end
    }
}

/// A handle of a worker, and what it knows of the object.
struct Held {
    handle: FileMapping,
    view: View,
    token: u64,
}

/// One process of the storm: works until it is killed or the test is gone.
///
/// # Panics
/// If a promise is broken; that ends the process and with it the storm.
pub fn work(peer: &mut Peer) {
    let root = peer.receive().expect("the tree");
    let seed = peer.receive().and_then(|s| s.parse().ok()).expect("a seed");
    let mut worker = Worker {
        space: Namespace::at(root).with_session(1),
        random: Random::new(seed),
        held: [const { None }; NAMES.len()],
        tokens: seed << 32,
    };
    loop {
        for _ in 0..CALLS_PER_LINE {
            worker.call();
        }
        peer.send("alive");
    }
}

struct Worker {
    space: Namespace,
    random: Random,
    held: [Option<Held>; NAMES.len()],
    /// The last token given; no two processes share the upper half.
    tokens: u64,
}

impl Worker {
    fn call(&mut self) {
        let which = self.random.below(NAMES.len());
        match self.random.below(8) {
            0 | 1 => self.create(which),
            2 => self.open(which, FileMapAccess::READ | FileMapAccess::WRITE),
            3 => self.open(which, FileMapAccess::READ),
            4 => self.inherit(which),
            5 => {
                list::sweep(&self.space).expect("a sweep never fails");
            }
            _ => self.held[which] = None,
        }
    }

    fn create(&mut self, which: usize) {
        let size = 4096 << (self.random.below(2) * 8); // with and without looking first
        let made = FileMapping::options()
            .namespace(&self.space)
            .size(size)
            .create(NAMES[which])
            .unwrap_or_else(|e| panic!("create: {e}"));
        let view = made.map().expect("a view");
        if made.already_existed() {
            return self.found(which, made, view);
        }
        assert!(
            self.held[which].is_none(),
            "{} was created anew while this process held it",
            NAMES[which]
        );
        self.tokens += 1;
        let before = view.atomic_u64(TOKEN).expect("a word").swap(self.tokens, SeqCst);
        assert_eq!(before, 0, "a created object had been somebody else's");
        self.keep(which, made, view, self.tokens);
    }

    fn open(&mut self, which: usize, access: FileMapAccess) {
        let opened = FileMapping::options()
            .namespace(&self.space)
            .access(access)
            .open(NAMES[which]);
        match opened {
            Ok(opened) => {
                let view = opened.map().expect("a view");
                self.found(which, opened, view);
            }
            Err(e) => {
                assert_eq!(e.code(), Win32Code::FILE_NOT_FOUND, "open: {e}");
                assert!(
                    self.held[which].is_none(),
                    "{} was lost while this process held it: {e}",
                    NAMES[which]
                );
            }
        }
    }

    /// An object that exists: if this process holds one of that name, it is the same.
    fn found(&mut self, which: usize, handle: FileMapping, view: View) {
        let token = view.read::<u64>(TOKEN).expect("a word");
        if let Some(known) = &self.held[which] {
            assert!(
                known.handle.is_same_object(&handle),
                "{} is two objects",
                NAMES[which]
            );
            let now = known.view.read::<u64>(TOKEN).expect("a word");
            // The creator writes its token after others can open the object.
            assert!(token == 0 || token == now, "two views of one object differ");
            assert!(
                known.token == 0 || known.token == now,
                "an object has changed its creator"
            );
        }
        // Half of the time the new handle takes the old one's place, else it goes again.
        if self.held[which].is_none() || self.random.below(2) == 0 {
            self.keep(which, handle, view, token);
        }
    }

    fn keep(&mut self, which: usize, handle: FileMapping, view: View, token: u64) {
        if handle.rights().contains(FileMapAccess::WRITE) {
            view.atomic_u64(COUNT).expect("a word").fetch_add(1, SeqCst);
        }
        self.held[which] = Some(Held { handle, view, token });
    }

    /// Makes a held handle inheritable: it is closed in another way, then.
    fn inherit(&mut self, which: usize) {
        if let Some(Held { handle, view, token }) = self.held[which].take() {
            let handle = handle
                .set_inherit(filemap::Inherit::Yes)
                .expect("made inheritable");
            self.held[which] = Some(Held { handle, view, token });
        }
    }
}

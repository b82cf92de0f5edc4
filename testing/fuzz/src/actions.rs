//! Any sequence of calls of the whole interface, beside a model that knows only names, handles and values.

use crate::input::Input;
use filemap::{
    Event, FileMapping, Mutex, Namespace, Reset, Semaphore, View, Wait, Waitable, wait_all, wait_any,
};
use filemap_testing::{PrivateRoot, private_root};
use std::cell::OnceCell;
use std::time::Duration;

const NOW: Option<Duration> = Some(Duration::ZERO);
const NAMES: usize = 3;
const PLACES: usize = 5;
const SIZES: [u64; 4] = [1, 4096, 70_000, 1 << 20];

thread_local! {
    static ROOT: OnceCell<PrivateRoot> = const { OnceCell::new() };
}

/// What an object is, in the model.
#[derive(Clone, Debug)]
enum State {
    Section { len: u64, word: u64 },
    Event { manual: bool, set: bool },
    Mutex { owned: u32 },
    Semaphore { count: u32, maximum: u32 },
}

impl State {
    fn sort(&self) -> usize {
        match self {
            State::Section { .. } => 0,
            State::Event { .. } => 1,
            State::Mutex { .. } => 2,
            State::Semaphore { .. } => 3,
        }
    }
}

/// An object of the model: its name, what it is, and how many handles it has. Views keep the memory, not the name (O-40).
#[derive(Debug)]
struct Modelled {
    name: Option<usize>,
    state: State,
    handles: usize,
}

enum Real {
    Section(FileMapping),
    Event(Event),
    Mutex(Mutex),
    Semaphore(Semaphore),
}

impl Real {
    fn waitable(&self) -> Option<&dyn Waitable> {
        match self {
            Real::Section(_) => None,
            Real::Event(object) => Some(object),
            Real::Mutex(object) => Some(object),
            Real::Semaphore(object) => Some(object),
        }
    }
}

struct Held {
    real: Real,
    object: usize,
}

struct World {
    space: Namespace,
    objects: Vec<Modelled>,
    handles: [Option<Held>; PLACES],
    views: [Option<(View, usize)>; 3],
}

/// Does what the bytes say, and compares each answer with the model's.
///
/// # Panics
/// If one differs.
pub fn actions(data: &[u8]) {
    ROOT.with(|root| {
        let root = root.get_or_init(private_root);
        let mut world = World {
            space: Namespace::at(root.path()).with_session(1),
            objects: Vec::new(),
            handles: [const { None }; PLACES],
            views: [const { None }; 3],
        };
        let mut input = Input(data);
        for _ in 0..200 {
            if input.is_empty() {
                break;
            }
            world.act(&mut input);
        }
        world.ends();
    });
}

fn code<T>(result: Result<T, filemap::Error>) -> Result<T, u32> {
    result.map_err(|e| e.code().0)
}

impl World {
    fn act(&mut self, input: &mut Input<'_>) {
        let (what, place) = (input.below(12), input.below(PLACES));
        match what {
            0 | 1 => self.create(input, place),
            2 => self.open(input, place),
            3 | 4 => self.close(place),
            5 => self.map(input, place),
            6 => self.write(input),
            7 => self.signal(input, place),
            8 | 9 => self.wait(place),
            10 => self.wait_for_several(input),
            _ => {
                self.views[input.below(3)] = None;
            }
        }
    }

    fn live(&self, name: usize) -> Option<usize> {
        self.objects
            .iter()
            .position(|object| object.name == Some(name) && object.handles > 0)
    }

    fn create(&mut self, input: &mut Input<'_>, place: usize) {
        let (sort, name) = (input.below(4), input.below(NAMES + 1));
        let text = format!(r"Local\n{name}");
        let name = (name < NAMES).then_some(name);
        let (a, b) = (u32::from(input.byte()), u32::from(input.byte()));
        let size = SIZES[a as usize % SIZES.len()];
        let space = &self.space;
        let made = match sort {
            0 => {
                let options = FileMapping::options().namespace(space).size(size);
                let made = match name {
                    Some(_) => options.create(&text),
                    None => options.create_unnamed(),
                };
                made.map(|made| (made.already_existed(), Real::Section(made)))
            }
            1 => {
                let reset = if a & 1 == 0 { Reset::Auto } else { Reset::Manual };
                let mut options = Event::options().namespace(space).reset(reset);
                if a & 2 != 0 {
                    options = options.initially_set();
                }
                let made = match name {
                    Some(_) => options.create(&text),
                    None => options.create_unnamed(),
                };
                made.map(|made| (made.already_existed(), Real::Event(made)))
            }
            2 => {
                let mut options = Mutex::options().namespace(space);
                if a & 1 != 0 {
                    options = options.initially_owned();
                }
                let made = match name {
                    Some(_) => options.create(&text),
                    None => options.create_unnamed(),
                };
                made.map(|made| (made.already_existed(), Real::Mutex(made)))
            }
            _ => {
                let options = Semaphore::options().namespace(space).initial(a).maximum(b);
                let made = match name {
                    Some(_) => options.create(&text),
                    None => options.create_unnamed(),
                };
                made.map(|made| (made.already_existed(), Real::Semaphore(made)))
            }
        };
        let made = code(made);
        if sort == 3 && (b == 0 || a > b) {
            assert_eq!(made.err(), Some(87), "semaphore {a} of {b}");
            return;
        }
        let state = match sort {
            0 => State::Section {
                len: size.next_multiple_of(4096),
                word: 0,
            },
            1 => State::Event {
                manual: a & 1 != 0,
                set: a & 2 != 0,
            },
            2 => State::Mutex { owned: a & 1 },
            _ => State::Semaphore { count: a, maximum: b },
        };
        let known = name.and_then(|name| self.live(name));
        match (known, made) {
            (Some(known), Err(error)) => {
                assert_ne!(self.objects[known].state.sort(), sort, "{text}: {error}");
                assert_eq!(error, 6, "{text}: another kind");
            }
            (Some(known), Ok((existed, real))) => {
                assert_eq!(
                    self.objects[known].state.sort(),
                    sort,
                    "{text} is of another kind"
                );
                assert!(existed, "{text} was made anew while it was held");
                self.keep(place, real, known);
            }
            (None, made) => {
                let (existed, real) = made.unwrap_or_else(|e| panic!("create {text}: {e}"));
                assert!(!existed, "a dead {text} was opened");
                self.objects.push(Modelled {
                    name,
                    state,
                    handles: 0,
                });
                self.keep(place, real, self.objects.len() - 1);
            }
        }
    }

    fn open(&mut self, input: &mut Input<'_>, place: usize) {
        let (sort, name) = (input.below(4), input.below(NAMES));
        let text = format!(r"Local\n{name}");
        let space = &self.space;
        let opened = code(match sort {
            0 => FileMapping::options()
                .namespace(space)
                .open(&text)
                .map(Real::Section),
            1 => Event::options().namespace(space).open(&text).map(Real::Event),
            2 => Mutex::options().namespace(space).open(&text).map(Real::Mutex),
            _ => Semaphore::options()
                .namespace(space)
                .open(&text)
                .map(Real::Semaphore),
        });
        match (self.live(name), opened) {
            (None, opened) => assert_eq!(opened.err(), Some(2), "{text} is dead"),
            (Some(known), Ok(real)) => {
                assert_eq!(
                    self.objects[known].state.sort(),
                    sort,
                    "{text} is of another kind"
                );
                self.keep(place, real, known);
            }
            (Some(known), Err(error)) => {
                assert_ne!(self.objects[known].state.sort(), sort, "{text}: {error}");
                assert_eq!(error, 6, "{text}: another kind");
            }
        }
    }

    fn keep(&mut self, place: usize, real: Real, object: usize) {
        self.objects[object].handles += 1;
        if let (Real::Section(section), State::Section { len, .. }) = (&real, &self.objects[object].state) {
            assert_eq!(section.len().next_multiple_of(4096), *len);
        }
        self.close(place);
        self.handles[place] = Some(Held { real, object });
    }

    fn close(&mut self, place: usize) {
        if let Some(Held { real, object }) = self.handles[place].take() {
            // A mutex that this thread owns would stay owned: given back, so that the model is simple.
            let last = self.objects[object].handles == 1;
            if let (Real::Mutex(mutex), State::Mutex { owned }) = (&real, &mut self.objects[object].state)
                && last
            {
                for _ in 0..std::mem::take(owned) {
                    mutex.release().expect("owned");
                }
            }
            drop(real);
            self.objects[object].handles -= 1;
        }
    }

    fn map(&mut self, input: &mut Input<'_>, place: usize) {
        if let Some(Held {
            real: Real::Section(section),
            object,
        }) = &self.handles[place]
        {
            let view = section
                .map()
                .unwrap_or_else(|e| panic!("a view of what is committed: {e}"));
            self.views[input.below(3)] = Some((view, *object));
        }
    }

    fn write(&mut self, input: &mut Input<'_>) {
        let (which, value) = (input.below(3), u64::from(input.byte()));
        if let Some((view, object)) = &self.views[which]
            && let State::Section { word, len } = &mut self.objects[*object].state
        {
            assert_eq!(
                view.read::<u64>(0),
                Ok(*word),
                "what was written through any view is seen through all"
            );
            view.write(0, &value).expect("inside");
            *word = value;
            assert!(view.read::<u64>(*len as usize).is_err(), "behind the end");
        }
    }

    fn signal(&mut self, input: &mut Input<'_>, place: usize) {
        let choice = input.byte();
        let Some(Held { real, object }) = &self.handles[place] else {
            return;
        };
        match (real, &mut self.objects[*object].state) {
            (Real::Event(event), State::Event { set, .. }) => {
                *set = choice & 1 == 0;
                if *set { event.set() } else { event.reset() }.expect("all rights");
                assert_eq!(event.is_set(), *set);
            }
            (Real::Mutex(mutex), State::Mutex { owned }) => {
                let released = code(mutex.release());
                assert_eq!(released, if *owned > 0 { Ok(()) } else { Err(288) });
                *owned = owned.saturating_sub(1);
            }
            (Real::Semaphore(semaphore), State::Semaphore { count, maximum }) => {
                let by = u32::from(choice);
                let released = code(semaphore.release(by));
                match by {
                    0 => assert_eq!(released, Err(87)),
                    _ if *count + by > *maximum => assert_eq!(released, Err(298)),
                    _ => {
                        assert_eq!(released, Ok(*count), "the count before");
                        *count += by;
                    }
                }
                assert_eq!(semaphore.count(), *count);
            }
            _ => {}
        }
    }

    fn signalled(&self, object: usize) -> bool {
        match self.objects[object].state {
            State::Section { .. } => false,
            State::Event { set, .. } => set,
            State::Mutex { .. } => true, // this thread may own it again
            State::Semaphore { count, .. } => count > 0,
        }
    }

    fn take(&mut self, object: usize) {
        match &mut self.objects[object].state {
            State::Section { .. } => {}
            State::Event { manual, set } => *set &= *manual,
            State::Mutex { owned } => *owned += 1,
            State::Semaphore { count, .. } => *count -= 1,
        }
    }

    fn wait(&mut self, place: usize) {
        let Some(Held { real, object }) = &self.handles[place] else {
            return;
        };
        let (object, Some(waitable)) = (*object, real.waitable()) else {
            return;
        };
        let waited = wait_any(&[waitable], NOW).expect("all rights");
        let expected = if self.signalled(object) {
            Wait::Object(0)
        } else {
            Wait::TimedOut
        };
        assert_eq!(waited, expected);
        if expected == Wait::Object(0) {
            self.take(object);
        }
    }

    fn wait_for_several(&mut self, input: &mut Input<'_>) {
        let all = input.byte() & 1 == 0;
        let chosen = input.byte();
        let places = (0..PLACES).filter(|place| chosen & 1 << place != 0);
        let (objects, waitables): (Vec<usize>, Vec<&dyn Waitable>) = places
            .filter_map(|place| self.handles[place].as_ref())
            .filter_map(|held| held.real.waitable().map(|waitable| (held.object, waitable)))
            .unzip();
        let twice = (1..objects.len()).any(|i| objects[..i].contains(&objects[i]));
        let waited = code(match all {
            true => wait_all(&waitables, NOW),
            false => wait_any(&waitables, NOW),
        });
        if objects.is_empty() || all && twice {
            assert_eq!(waited, Err(87), "{objects:?}");
            return;
        }
        let first = objects.iter().position(|object| self.signalled(*object));
        let taken = match all {
            true if objects.iter().all(|object| self.signalled(*object)) => objects,
            true => Vec::new(),
            false => first.map(|i| objects[i]).into_iter().collect(),
        };
        let expected = match (taken.is_empty(), all) {
            (true, _) => Wait::TimedOut,
            (false, true) => Wait::Object(0),
            (false, false) => Wait::Object(first.unwrap_or(0)),
        };
        assert_eq!(waited, Ok(expected), "all: {all}");
        for object in taken {
            self.take(object);
        }
    }

    /// Closes everything: then nothing is left, not even in the file system.
    fn ends(mut self) {
        (0..PLACES).for_each(|place| self.close(place));
        let names = filemap::list::list(&self.space).expect("listed");
        assert!(
            names.objects.is_empty() && names.dead.is_empty() && names.oddities.is_empty(),
            "left: {names:?}"
        );
    }
}

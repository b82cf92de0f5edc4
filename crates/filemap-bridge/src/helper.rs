//! The helper's side. It uses nothing but the library, so the very same program is a helper on Linux, too.

use crate::protocol::{Answer, Failed, Order, Say};
use crate::watch::Watch;
use filemap::{Error, Event, FileMapAccess, FileMapping, Mutex, Page, Reset, View, Wait};
use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

/// What the helper keeps open.
#[derive(Default)]
struct Kept {
    sections: Vec<(FileMapping, View)>,
    events: HashMap<usize, (Arc<Event>, Watch)>,
    mutexes: HashMap<usize, Owner>,
}

/// The thread that owns a mutex when it is owned, for ownership is a thread's.
struct Owner {
    mutex: Arc<Mutex>,
    orders: Option<Sender<(Task, Then)>>,
}

enum Task {
    Lock,
    Unlock,
    Abandon,
}

type Then = Box<dyn FnOnce(Result<Answer, Failed>) + Send>;

fn failed(e: &Error) -> Failed {
    Failed {
        code: e.code().0,
        text: e.to_string(),
    }
}

fn nothing(what: usize) -> Failed {
    Failed {
        code: 87,
        text: format!("there is no object {what}"),
    }
}

fn say(say: &Say) {
    let mut out = io::stdout().lock();
    // If nobody listens, the end of standard input comes next.
    let _ = serde_json::to_writer(&mut out, say)
        .map_err(io::Error::from)
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush());
}

impl Owner {
    fn new(mutex: Mutex) -> Owner {
        Owner {
            mutex: Arc::new(mutex),
            orders: None,
        }
    }

    fn ask(&mut self, task: Task, then: Then) {
        let mutex = &self.mutex;
        let orders = self.orders.get_or_insert_with(|| {
            let (orders, todo) = channel();
            let mutex = Arc::clone(mutex);
            std::thread::spawn(move || own(&mutex, &todo));
            orders
        });
        let ends = matches!(task, Task::Abandon);
        let _ = orders.send((task, then)); // the thread lives as long as the sender
        if ends {
            self.orders = None;
        }
    }
}

fn own(mutex: &Mutex, todo: &Receiver<(Task, Then)>) {
    for (task, then) in todo {
        match task {
            Task::Lock => then(match mutex.wait(None) {
                Ok(waited) => Ok(Answer::Is(matches!(waited, Wait::Abandoned(_)))),
                Err(e) => Err(failed(&e)),
            }),
            Task::Unlock => then(mutex.release().map(|()| Answer::Done).map_err(|e| failed(&e))),
            // What this thread owns is abandoned with its end.
            Task::Abandon => return then(Ok(Answer::Done)),
        }
    }
}

impl Kept {
    fn carry_out(&mut self, order: Order, number: u64) -> Option<Result<Answer, Failed>> {
        Some(match order {
            Order::Adopt { name } => self.adopt(&name).map_err(|e| failed(&e)),
            Order::Map { name, file, size } => self.map(&name, &file, size),
            Order::Event { id, name, manual } => self.event(id, &name, manual).map_err(|e| failed(&e)),
            Order::Mutex { id, name } => Mutex::options()
                .create(&name)
                .map(|mutex| {
                    let existed = mutex.already_existed();
                    self.mutexes.insert(id, Owner::new(mutex));
                    Answer::Is(existed)
                })
                .map_err(|e| failed(&e)),
            Order::Set(id) => self.with_event(id, |event| event.set().map(|()| Answer::Done)),
            Order::Reset(id) => self.with_event(id, |event| event.reset().map(|()| Answer::Done)),
            Order::IsSet(id) => self.with_event(id, |event| Ok(Answer::Is(event.is_set()))),
            Order::Arm(id) => match self.events.get_mut(&id) {
                Some((_, watch)) => watch
                    .arm(move || say(&Say::Signalled(id)))
                    .map(|()| Answer::Done)
                    .map_err(|e| failed(&e)),
                None => Err(nothing(id)),
            },
            Order::Disarm(id) => match self.events.get_mut(&id) {
                Some((_, watch)) => watch.disarm().map(|()| Answer::Done).map_err(|e| failed(&e)),
                None => Err(nothing(id)),
            },
            Order::Lock(id) => return self.owner(id, Task::Lock, number),
            Order::Unlock(id) => return self.owner(id, Task::Unlock, number),
            Order::Abandon(id) => return self.owner(id, Task::Abandon, number),
        })
    }

    fn owner(&mut self, id: usize, task: Task, number: u64) -> Option<Result<Answer, Failed>> {
        match self.mutexes.get_mut(&id) {
            None => Some(Err(nothing(id))),
            Some(owner) => {
                owner.ask(task, Box::new(move |answer| say(&Say::Answer(number, answer))));
                None // the thread answers
            }
        }
    }

    fn with_event(
        &self,
        id: usize,
        action: impl FnOnce(&Event) -> Result<Answer, Error>,
    ) -> Result<Answer, Failed> {
        match self.events.get(&id) {
            Some((event, _)) => action(event).map_err(|e| failed(&e)),
            None => Err(nothing(id)),
        }
    }

    fn adopt(&mut self, name: &str) -> Result<Answer, Error> {
        // Reading and writing if that is granted, else reading.
        let open = |access: FileMapAccess| FileMapping::options().access(access).open(name);
        let section =
            open(FileMapAccess::READ | FileMapAccess::WRITE).or_else(|_| open(FileMapAccess::READ))?;
        self.keep(section)
    }

    fn map(&mut self, name: &str, file: &str, size: u64) -> Result<Answer, Failed> {
        let file = filemap::open_file_for(file, Page::READWRITE).map_err(|e| Failed {
            code: e.raw_os_error().unwrap_or(0) as u32,
            text: format!("the prefix can't open {file}: {e}; does its drive Z: lead to /?"),
        })?;
        let made = FileMapping::options().file(&file).size(size).create_new(name);
        made.and_then(|section| self.keep(section))
            .map_err(|e| failed(&e))
    }

    fn keep(&mut self, section: FileMapping) -> Result<Answer, Error> {
        let view = section.map()?;
        let answer = Answer::Section {
            size: section.len(),
            address: view.as_ptr().addr() as u64,
        };
        // The page is there from the first touch on, and with it the mapping in the kernel's lists.
        view.read_at(0, &mut [0])?;
        self.sections.push((section, view));
        Ok(answer)
    }

    fn event(&mut self, id: usize, name: &str, manual: bool) -> Result<Answer, Error> {
        let reset = if manual { Reset::Manual } else { Reset::Auto };
        let event = Arc::new(Event::options().reset(reset).create(name)?);
        let answer = Answer::Event {
            existed: event.already_existed(),
            manual: event.reset_kind() == Reset::Manual,
        };
        let watch = Watch::new(Arc::clone(&event))?;
        self.events.insert(id, (event, watch));
        Ok(answer)
    }
}

/// Does what standard input says until it ends, and lets go of everything then.
///
/// # Errors
/// Of reading.
pub fn serve() -> io::Result<()> {
    let mut kept = Kept::default();
    for line in io::stdin().lock().lines() {
        let (number, order): (u64, Order) = serde_json::from_str(&line?)?;
        if let Some(answer) = kept.carry_out(order, number) {
            say(&Say::Answer(number, answer));
        }
    }
    Ok(())
}

//! The helper as this process sees it.

use crate::protocol::{Answer, Failed, Order, Say};
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A running helper. Ends with this value: its standard input is closed then.
#[derive(Clone)]
pub struct Remote(Arc<Inner>);

struct Inner {
    child: Mutex<Child>,
    to: Mutex<Option<ChildStdin>>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    next: u64,
    waiting: HashMap<u64, Sender<Result<Answer, Failed>>>,
    signalled: HashMap<usize, Box<dyn FnOnce() + Send>>,
    ended: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn gone() -> Failed {
    Failed {
        code: 109,
        text: "the helper in the prefix has ended".to_owned(),
    }
}

impl Remote {
    /// Starts the helper with this command, such as `wine filemap-bridge-helper.exe`.
    ///
    /// # Errors
    /// If it can't be started.
    pub fn start(command: &mut Command) -> io::Result<Remote> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (to, from) = (child.stdin.take(), child.stdout.take());
        let from = BufReader::new(from.ok_or(io::ErrorKind::BrokenPipe)?);
        let state = Arc::new(Mutex::new(State::default()));
        let hears = Arc::clone(&state);
        std::thread::spawn(move || {
            for line in from.lines().map_while(Result::ok) {
                match serde_json::from_str(&line) {
                    Ok(Say::Answer(number, answer)) => {
                        if let Some(who) = lock(&hears).waiting.remove(&number) {
                            let _ = who.send(answer); // nobody waits for it any more
                        }
                    }
                    Ok(Say::Signalled(id)) => {
                        let told = lock(&hears).signalled.remove(&id);
                        if let Some(told) = told {
                            told();
                        }
                    }
                    Err(_) => {} // Wine's own words
                }
            }
            let mut state = lock(&hears);
            state.ended = true;
            state.waiting.clear(); // whoever waits is told that the helper is gone
        });
        Ok(Remote(Arc::new(Inner {
            child: Mutex::new(child),
            to: Mutex::new(to),
            state,
        })))
    }

    /// Process number of what was started.
    #[must_use]
    pub fn id(&self) -> u32 {
        lock(&self.0.child).id()
    }

    /// Whether it has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        lock(&self.0.state).ended
    }

    /// Sends an order; the answer comes through the receiver.
    ///
    /// # Errors
    /// 109 if the helper has ended.
    pub fn begin(&self, order: &Order) -> Result<Receiver<Result<Answer, Failed>>, Failed> {
        let (who, answer) = channel();
        let number = {
            let mut state = lock(&self.0.state);
            if state.ended {
                return Err(gone());
            }
            state.next += 1;
            let number = state.next;
            state.waiting.insert(number, who);
            number
        };
        let mut line = serde_json::to_vec(&(number, order)).map_err(|_| gone())?;
        line.push(b'\n');
        let mut to = lock(&self.0.to);
        let to = to.as_mut().ok_or_else(gone)?;
        to.write_all(&line)
            .and_then(|()| to.flush())
            .map_err(|_| gone())?;
        Ok(answer)
    }

    /// Sends an order and waits for the answer.
    ///
    /// # Errors
    /// What failed in the prefix; 109 if the helper has ended.
    pub fn ask(&self, order: &Order) -> Result<Answer, Failed> {
        self.begin(order)?.recv().unwrap_or_else(|_| Err(gone()))
    }

    /// Arms an event in the prefix; `signalled` is called once when it is signalled.
    ///
    /// # Errors
    /// As [`Remote::ask`].
    pub fn arm(&self, id: usize, signalled: impl FnOnce() + Send + 'static) -> Result<(), Failed> {
        lock(&self.0.state).signalled.insert(id, Box::new(signalled));
        self.ask(&Order::Arm(id)).map(drop)
    }

    /// Disarms it. What was signalled before has been told by then.
    ///
    /// # Errors
    /// As [`Remote::ask`].
    pub fn disarm(&self, id: usize) -> Result<(), Failed> {
        self.ask(&Order::Disarm(id))?;
        lock(&self.0.state).signalled.remove(&id);
        Ok(())
    }

    /// Lets the helper go and waits until it has ended.
    pub fn end(&self) {
        lock(&self.0.to).take();
        let _ = lock(&self.0.child).wait();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        lock(&self.to).take();
        let _ = lock(&self.child).wait();
    }
}

//! The side of a process that makes calls: orders come on standard input, answers go to standard output, one line each.

use crate::Interface;
use crate::rust_api::RustApi;
use crate::value::{Answer, Order, Report, Value};
use crate::win32::Win32;
use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

/// Makes calls.
enum Caller {
    Rust(RustApi),
    Win32(Win32),
}

impl Caller {
    fn call(&self, function: &str, arguments: &[Value], bind: Option<&str>) -> Answer {
        match self {
            Caller::Rust(system) => system.call(function, arguments, bind),
            Caller::Win32(system) => system.call(function, arguments, bind),
        }
    }
}

/// A call for a thread.
type Call = (String, Vec<Value>, Option<String>);

struct Thread {
    calls: Sender<Call>,
    thread: JoinHandle<()>,
}

/// Carries out what standard input says until it ends. Never returns before that.
///
/// # Errors
/// What is wrong with an order.
pub fn serve(interface: Interface) -> Result<(), String> {
    let caller = Arc::new(match interface {
        Interface::Rust => Caller::Rust(RustApi::default()),
        Interface::CAnsi => Caller::Win32(Win32::new(false)),
        Interface::CUnicode => Caller::Win32(Win32::new(true)),
    });
    let mut threads: HashMap<u32, Thread> = HashMap::new();
    // The runner waits for a first line, whatever it says.
    writeln!(std::io::stdout(), "up").map_err(|e| e.to_string())?;
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|e| e.to_string())?;
        match serde_json::from_str(&line).map_err(|e| format!("{line}: {e}"))? {
            Order::Call {
                thread,
                function,
                arguments,
                bind,
            } => {
                let to = threads
                    .entry(thread)
                    .or_insert_with(|| start(thread, Arc::clone(&caller)));
                to.calls
                    .send((function, arguments, bind))
                    .map_err(|e| e.to_string())?;
            }
            Order::EndThread(number) => {
                if let Some(Thread { calls, thread }) = threads.remove(&number) {
                    drop(calls);
                    thread.join().map_err(|_| "a thread has panicked")?;
                }
                tell(
                    number,
                    Answer {
                        ok: true,
                        ..Answer::default()
                    },
                );
            }
            // No destructor runs: everything is open when the process ends.
            Order::Exit => std::process::exit(0),
        }
    }
    std::process::exit(0)
}

fn start(number: u32, caller: Arc<Caller>) -> Thread {
    let (calls, orders) = channel::<Call>();
    let thread = std::thread::spawn(move || {
        for (function, arguments, bind) in orders {
            tell(number, caller.call(&function, &arguments, bind.as_deref()));
        }
    });
    Thread { calls, thread }
}

fn tell(thread: u32, answer: Answer) {
    let line = serde_json::to_string(&Report { thread, answer }).unwrap_or_default();
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}"); // nobody is left to tell if it fails
    let _ = out.flush();
}

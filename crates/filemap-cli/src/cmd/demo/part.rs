//! The server and the client of the demo: a process that does what the demo asks, one line of JSON for each question and
//! each answer.

use super::process::{Answer, Ask, Ran, Slot};
use super::ring::{Ring, Run};
use crate::Place;
use crate::failure::{Failure, output, say};
use crate::sample::{self, Held, Server, Times, timed};
use filemap::{FileMapping, Namespace, Page, ProcessHandle, View};
use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;

/// What a part holds of one object.
#[derive(Default)]
struct Holding {
    mapping: Option<FileMapping>,
    view: Option<View>,
}

/// Answers until there are no more questions; ends with the demo, however that ends.
pub(crate) fn play(place: &Place) -> Result<ExitCode, Failure> {
    crate::system::be_a_part();
    let space = place.namespace()?;
    let mut holdings: HashMap<Slot, Holding> = HashMap::new();
    let mut ring = None;
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let ask: Ask = match serde_json::from_str(&line) {
            Ok(ask) => ask,
            Err(e) => {
                say(&format!("this subcommand is for `filemap demo` only: {e}"));
                return Ok(ExitCode::from(2));
            }
        };
        let mut answer = Answer::default();
        let mut times = Times::new();
        let mut lines = Vec::new();
        let answered = match ring_answer(&ask, &space, &mut ring) {
            Some(Ok(ran)) => {
                answer.ring = ran;
                Ok(Vec::new())
            }
            Some(Err(e)) => Err(e.into()),
            None => answer_to(ask, &space, &mut holdings, &mut lines, &mut times),
        };
        match answered {
            Ok(bytes) => answer.bytes = bytes,
            Err(Failure::Call(e)) => answer.error = Some((e.code().0, e.to_string())),
            Err(Failure::NobodyReads) => break,
        }
        answer.lines = String::from_utf8_lossy(&lines)
            .lines()
            .map(str::to_owned)
            .collect();
        answer.times = times
            .into_iter()
            .map(|(what, took)| (what.to_owned(), took.as_nanos() as u64))
            .collect();
        let text = serde_json::to_string(&answer).map_err(|e| output(e.into()))?;
        let mut out = io::stdout().lock();
        writeln!(out, "{text}")
            .and_then(|()| out.flush())
            .map_err(output)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What has to do with the ring; `None` if the question is another.
fn ring_answer(
    ask: &Ask,
    space: &Namespace,
    ring: &mut Option<Ring>,
) -> Option<Result<Option<Ran>, filemap::Error>> {
    let mut run = |partner: u32, run: &dyn Fn(&Ring, &ProcessHandle) -> Result<Run, filemap::Error>| {
        let partner = ProcessHandle::open(partner)?;
        let ring = match ring {
            Some(ring) => ring,
            None => ring.insert(Ring::open(space)?),
        };
        let run = run(ring, &partner)?;
        Ok(Some(Ran {
            messages: run.messages,
            wrong: run.wrong,
            alone: run.alone,
            nanoseconds: run.took.as_nanos() as u64,
        }))
    };
    Some(match *ask {
        Ask::MakeRing => {
            *ring = None; // its names go first
            Ring::create(space).map(|made| {
                *ring = Some(made);
                None
            })
        }
        Ask::CloseRing => {
            *ring = None;
            Ok(None)
        }
        Ask::Produce { messages, partner } => run(partner, &|ring, partner| ring.produce(messages, partner)),
        Ask::Consume { messages, partner } => run(partner, &|ring, partner| ring.consume(messages, partner)),
        _ => return None,
    })
}

fn answer_to(
    ask: Ask,
    space: &Namespace,
    holdings: &mut HashMap<Slot, Holding>,
    lines: &mut Vec<u8>,
    times: &mut Times,
) -> Result<Vec<u8>, Failure> {
    let mut hold = |slot: Slot, mapping: FileMapping, view: View| {
        let (mapping, view) = (Some(mapping), Some(view));
        holdings.insert(slot, Holding { mapping, view });
    };
    match ask {
        Ask::MakeRing | Ask::CloseRing | Ask::Produce { .. } | Ask::Consume { .. } => {} // in `ring_answer`
        Ask::Serve { name, text } => {
            let server = Server {
                space,
                name: &name,
                size: sample::SIZE,
                text: &text,
                only_new: true,
            };
            let Held { mapping, view } = server.start(lines, times)?;
            hold(Slot::Memory, mapping, view);
        }
        Ask::Client { name } => {
            let Held { mapping, view } = sample::start_client(space, &name, lines, times)?;
            hold(Slot::Memory, mapping, view);
        }
        Ask::Create { name } => {
            let options = FileMapping::options().namespace(space).size(sample::SIZE);
            let mapping = timed(times, "create", || options.create_new(&name))?;
            let view = timed(times, "map", || mapping.map())?;
            hold(Slot::Memory, mapping, view);
        }
        Ask::CreateOnFile { name, path } => {
            let file = filemap::open_file_for(&path, Page::READWRITE).map_err(crate::failure::on_file(
                "open file",
                &path,
                "open",
            ))?;
            let options = FileMapping::options().namespace(space).file(&file);
            let mapping = timed(times, "create on a file", || options.create_new(&name))?;
            let view = timed(times, "map", || mapping.map())?;
            hold(Slot::File, mapping, view);
        }
        Ask::OpenFile { name } => {
            let options = FileMapping::options().namespace(space);
            let mapping = timed(times, "open on a file", || options.open(&name))?;
            let view = timed(times, "map", || mapping.map())?;
            hold(Slot::File, mapping, view);
        }
        Ask::Write { slot, offset, bytes } => {
            let view = view_of(holdings, slot)?;
            timed(times, "write", || view.write_at(offset, &bytes))?;
        }
        Ask::Read { slot, offset, len } => {
            let view = view_of(holdings, slot)?;
            let len = len.min(view.len().saturating_sub(offset));
            return Ok(timed(times, "read", || view.to_vec(offset, len))?);
        }
        Ask::Flush { slot } => {
            let view = view_of(holdings, slot)?;
            timed(times, "flush to the disk", || match view.sync() {
                // Who has not opened the file can hand changes on to it, but not wait for the disk.
                Err(e) if matches!(e.why(), filemap::Why::NotSupported { .. }) => view.flush(0, 0),
                other => other,
            })?;
        }
        Ask::CloseHandle { slot } => {
            if let Some(mapping) = holdings.get_mut(&slot).and_then(|held| held.mapping.take()) {
                timed(times, "close", || mapping.close())?;
            }
        }
        Ask::Unmap { slot } => {
            if let Some(view) = holdings.get_mut(&slot).and_then(|held| held.view.take()) {
                timed(times, "unmap", || view.unmap());
            }
        }
    }
    Ok(Vec::new())
}

fn view_of(holdings: &HashMap<Slot, Holding>, slot: Slot) -> Result<&View, Failure> {
    let view = holdings.get(&slot).and_then(|held| held.view.as_ref());
    view.ok_or_else(|| {
        let why = filemap::Why::NotAView { address: 0 };
        Failure::Call(filemap::Error::new(
            filemap::Op::Other("use"),
            "the demo's view",
            why,
        ))
    })
}

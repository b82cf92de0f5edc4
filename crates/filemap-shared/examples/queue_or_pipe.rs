//! Items of 64 bytes from process to process: the queue and the pipe of this crate beside the system's pipe.
//!
//! `cargo run --release -p filemap-shared --example queue_or_pipe` prints a table of medians of interleaved rounds.

use filemap::{FileMapping, Namespace};
use filemap_shared::{PipeReceiver, PipeSender, Queue};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

type Item = [u64; 8];
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
const ROUNDS: usize = 15;
const TRIPS: u32 = 2_000;
const STREAM: u32 = 50_000;
const WAYS: [&str; 3] = [
    "the system's pipe",
    "filemap-shared Queue",
    "filemap-shared pipe of records",
];

type Send<'a> = Box<dyn FnMut(&Item) -> Result<()> + 'a>;
type Receive<'a> = Box<dyn FnMut() -> Result<Item> + 'a>;

/// One end: sends and receives items.
struct End<'a> {
    send: Send<'a>,
    receive: Receive<'a>,
}

fn to_item(bytes: &[u8]) -> Result<Item> {
    let mut item = [0; 8];
    for (word, bytes) in item.iter_mut().zip(bytes.chunks_exact(8)) {
        *word = u64::from_ne_bytes(bytes.try_into()?);
    }
    Ok(item)
}

fn to_bytes(item: &Item) -> Vec<u8> {
    item.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

fn shared(way: usize, root: &str, names: [&'static str; 2]) -> Result<End<'static>> {
    let space = Namespace::at(root);
    let options = FileMapping::options().namespace(&space);
    Ok(match way {
        1 => {
            let (out, back) = (
                Queue::<Item>::create(&options, names[0], 64)?,
                Queue::<Item>::create(&options, names[1], 64)?,
            );
            End {
                send: Box::new(move |item| Ok(out.send(item, None)?)),
                receive: Box::new(move || Ok(back.receive(None)?)),
            }
        }
        _ => {
            let mut out = PipeSender::create(&options, names[0], 64 * 72)?;
            let mut back = PipeReceiver::create(&options, names[1], 64 * 72)?;
            End {
                send: Box::new(move |item| Ok(out.send(&to_bytes(item), None)?)),
                receive: Box::new(move || to_item(&back.receive(None)?)),
            }
        }
    })
}

fn system<'a>(mut out: impl Write + 'a, mut back: impl Read + 'a) -> End<'a> {
    End {
        send: Box::new(move |item| Ok(out.write_all(&to_bytes(item))?)),
        receive: Box::new(move || {
            let mut bytes = [0; 64];
            back.read_exact(&mut bytes)?;
            to_item(&bytes)
        }),
    }
}

/// Answers each item, or only the last one of a stream; 0 ends it.
fn answer(mut end: End<'_>) -> Result<()> {
    loop {
        let item = (end.receive)()?;
        match item[0] {
            0 => return Ok(()),
            1 => (end.send)(&item)?,
            _ => {}
        }
    }
}

/// Nanoseconds a round trip, and a streamed item.
fn measure(end: &mut End<'_>) -> Result<[f64; 2]> {
    let started = Instant::now();
    for _ in 0..TRIPS {
        (end.send)(&[1; 8])?;
        (end.receive)()?;
    }
    let trip = started.elapsed().as_nanos() as f64 / f64::from(TRIPS);
    let started = Instant::now();
    for _ in 1..STREAM {
        (end.send)(&[2; 8])?;
    }
    (end.send)(&[1; 8])?;
    (end.receive)()?;
    Ok([trip, started.elapsed().as_nanos() as f64 / f64::from(STREAM)])
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [way, root] = &arguments[..] {
        let way = way.parse()?;
        if way == 0 {
            return answer(system(std::io::stdout(), std::io::stdin()));
        }
        let end = shared(way, root, ["back", "out"])?;
        println!("ready");
        return answer(end);
    }
    let mut results: [[Vec<f64>; 2]; 3] = Default::default();
    for _ in 0..ROUNDS {
        for (way, result) in results.iter_mut().enumerate() {
            let place = tempfile::tempdir_in("/dev/shm")?;
            let root = place.path().display().to_string();
            let mut child = Command::new(std::env::current_exe()?)
                .args([&way.to_string(), &root])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()?;
            let (input, output) = (
                child.stdin.take().ok_or("no input")?,
                child.stdout.take().ok_or("no output")?,
            );
            let mut output = BufReader::new(output);
            let mut end = match way {
                0 => system(input, output),
                _ => {
                    output.read_line(&mut String::new())?;
                    shared(way, &root, ["out", "back"])?
                }
            };
            for (all, one) in result.iter_mut().zip(measure(&mut end)?) {
                all.push(one);
            }
            (end.send)(&[0; 8])?;
            child.wait()?;
        }
    }
    println!("| 64 bytes, two processes | round trip, us | a streamed item, us |");
    println!("|---|---|---|");
    for (name, result) in WAYS.iter().zip(&mut results) {
        let [trip, item] = result.each_mut().map(|all| {
            all.sort_by(f64::total_cmp);
            all[all.len() / 2] / 1000.0
        });
        println!("| {name} | {trip:.2} | {item:.3} |");
    }
    Ok(())
}

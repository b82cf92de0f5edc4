//! The ways: memory, the system's pipe, those of `filemap-shared`, and the rivals.

use super::{Amount, End, Pipes, ROOM, boost};
use crate::Result;
use crate::holder::space;
use filemap::FileMapping;
use filemap_shared::{ByteQueue, ItemReceiver, ItemSender, PipeReceiver, PipeSender, Queue, Shared};
use std::hint::black_box;
use std::io::{Read, Write};
use std::path::Path;
use std::time::Instant;

type Open = fn(&Path, usize, Pipes) -> Result<End<'static>>;
type Alone = fn(usize, Amount) -> Result<[f64; 2]>;

/// A way to get an item from here to there.
pub struct Way {
    /// In words.
    pub name: &'static str,
    /// Makes the parent's end, with pipes to the child.
    pub parent: Open,
    /// Makes the child's.
    pub child: Open,
    /// Measures by itself, without the two ends.
    pub alone: Option<Alone>,
}

const fn two(name: &'static str, parent: Open, child: Open) -> Way {
    Way {
        name,
        parent,
        child,
        alone: None,
    }
}

const fn one(name: &'static str, alone: Alone) -> Way {
    Way {
        name,
        parent: nothing,
        child: nothing,
        alone: Some(alone),
    }
}

/// All of them; the first two are what others are measured against.
pub const WAYS: &[Way] = &[
    one("memcpy in and out, one process", copies),
    two("pipe(2)", pipe, pipe),
    two(
        "filemap-shared ItemSender (one to one, typed)",
        items_parent,
        items_child,
    ),
    two(
        "filemap-shared PipeSender (one to one, bytes)",
        bytes_parent,
        bytes_child,
    ),
    two(
        "filemap-shared Queue (many to many, typed)",
        queue_parent,
        queue_child,
    ),
    two(
        "filemap-shared ByteQueue (many to many, bytes)",
        byte_queue_parent,
        byte_queue_child,
    ),
    one("Boost message_queue", boost::run),
    #[cfg(feature = "rivals")]
    two(
        "ipc-channel bytes",
        super::rivals::ipc_parent,
        super::rivals::ipc_child,
    ),
    #[cfg(feature = "rivals")]
    two(
        "iceoryx2 publish-subscribe, woken by its event",
        super::rivals::ice_woken_parent,
        super::rivals::ice_woken_child,
    ),
    #[cfg(feature = "rivals")]
    two(
        "iceoryx2 publish-subscribe, polled without rest",
        super::rivals::ice_polled_parent,
        super::rivals::ice_polled_child,
    ),
];

fn nothing(_: &Path, _: usize, _: Pipes) -> Result<End<'static>> {
    Err("it has no ends".into())
}

/// A round trip is two copies in and two out; a streamed item, one of each.
fn copies(size: usize, amount: Amount) -> Result<[f64; 2]> {
    let (item, mut back) = (vec![1_u8; size], vec![0_u8; size]);
    let mut room = vec![0_u8; size * ROOM];
    let mut copy = |n: u32| {
        let started = Instant::now();
        for i in 0..n as usize {
            let place = &mut room[i % ROOM * size..][..size];
            black_box(&mut *place).copy_from_slice(black_box(&item));
            black_box(&mut back).copy_from_slice(black_box(place));
        }
        started.elapsed().as_nanos() as f64
    };
    let trip = copy(amount.trips * 2) / f64::from(amount.trips);
    Ok([trip, copy(amount.stream) / f64::from(amount.stream)])
}

fn pipe(_: &Path, _: usize, pipes: Pipes) -> Result<End<'static>> {
    let Pipes { mut out, mut back } = pipes;
    Ok(End {
        send: Box::new(move |item| {
            out.write_all(item)?;
            Ok(out.flush()?)
        }),
        receive: Box::new(move |item| Ok(back.read_exact(item)?)),
    })
}

fn say(pipes: &mut Pipes) -> Result<()> {
    pipes.out.write_all(b"ready\n")?;
    Ok(pipes.out.flush()?)
}

fn hear(pipes: &mut Pipes) -> Result<()> {
    let mut line = String::new();
    pipes.back.read_line(&mut line)?;
    match &*line {
        "ready\n" => Ok(()),
        _ => Err("the other process did not get ready".into()),
    }
}

/// Who makes the objects says so; the names are those of the parent's directions.
fn made(child: bool, mut pipes: Pipes, ends: impl FnOnce() -> Result<End<'static>>) -> Result<End<'static>> {
    if child {
        let ends = ends()?;
        say(&mut pipes)?;
        return Ok(ends);
    }
    hear(&mut pipes)?;
    // The child's standard output stays open until it ends.
    let mut ends = ends()?;
    let receive = std::mem::replace(&mut ends.receive, Box::new(|_| Ok(())));
    let mut receive = receive;
    ends.receive = Box::new(move |item| {
        let _open = &pipes;
        receive(item)
    });
    Ok(ends)
}

/// Names of the directions as the caller sees them.
fn names(child: bool) -> [&'static str; 2] {
    match child {
        true => ["back", "out"],
        false => ["out", "back"],
    }
}

fn items<T: Shared + 'static>(place: &Path, pipes: Pipes, child: bool) -> Result<End<'static>> {
    let space = space(place);
    let [out, back] = names(child);
    made(child, pipes, move || {
        let options = FileMapping::options().namespace(&space);
        let mut out = ItemSender::<T>::create(&options, out, ROOM as u64)?;
        let mut back = ItemReceiver::<T>::create(&options, back, ROOM as u64)?;
        Ok(End {
            send: Box::new(move |item| Ok(out.send(&T::read_from_bytes(item).map_err(|_| "size")?, None)?)),
            receive: Box::new(move |item| {
                item.copy_from_slice(back.receive(None)?.as_bytes());
                Ok(())
            }),
        })
    })
}

fn queue<T: Shared + 'static>(place: &Path, pipes: Pipes, child: bool) -> Result<End<'static>> {
    let space = space(place);
    let [out, back] = names(child);
    made(child, pipes, move || {
        let options = FileMapping::options().namespace(&space);
        let out = Queue::<T>::create(&options, out, ROOM as u64)?;
        let back = Queue::<T>::create(&options, back, ROOM as u64)?;
        Ok(End {
            send: Box::new(move |item| Ok(out.send(&T::read_from_bytes(item).map_err(|_| "size")?, None)?)),
            receive: Box::new(move |item| {
                item.copy_from_slice(back.receive(None)?.as_bytes());
                Ok(())
            }),
        })
    })
}

fn bytes(place: &Path, size: usize, pipes: Pipes, child: bool) -> Result<End<'static>> {
    let space = space(place);
    let [out, back] = names(child);
    made(child, pipes, move || {
        let options = FileMapping::options().namespace(&space);
        let room = (ROOM * (size + 8)) as u64;
        let mut out = PipeSender::create(&options, out, room)?;
        let mut back = PipeReceiver::create(&options, back, room)?;
        Ok(End {
            send: Box::new(move |item| Ok(out.send(item, None)?)),
            receive: Box::new(move |item| {
                item.copy_from_slice(&back.receive(None)?);
                Ok(())
            }),
        })
    })
}

fn byte_queue(place: &Path, size: usize, pipes: Pipes, child: bool) -> Result<End<'static>> {
    let space = space(place);
    let [out, back] = names(child);
    made(child, pipes, move || {
        let options = FileMapping::options().namespace(&space);
        let out = ByteQueue::create(&options, out, ROOM as u64, size as u64)?;
        let back = ByteQueue::create(&options, back, ROOM as u64, size as u64)?;
        Ok(End {
            send: Box::new(move |item| Ok(out.send(item, None)?)),
            receive: Box::new(move |item| {
                item.copy_from_slice(&back.receive(None)?);
                Ok(())
            }),
        })
    })
}

macro_rules! sized {
    ($function:ident, $place:ident, $size:ident, $pipes:ident, $child:literal) => {
        match $size {
            64 => $function::<[u64; 8]>($place, $pipes, $child),
            1024 => $function::<[u64; 128]>($place, $pipes, $child),
            8192 => $function::<[u64; 1024]>($place, $pipes, $child),
            _ => Err("no typed item has this size".into()),
        }
    };
}

fn items_parent(place: &Path, size: usize, pipes: Pipes) -> Result<End<'static>> {
    sized!(items, place, size, pipes, false)
}

fn items_child(place: &Path, size: usize, pipes: Pipes) -> Result<End<'static>> {
    sized!(items, place, size, pipes, true)
}

fn queue_parent(place: &Path, size: usize, pipes: Pipes) -> Result<End<'static>> {
    sized!(queue, place, size, pipes, false)
}

fn queue_child(place: &Path, size: usize, pipes: Pipes) -> Result<End<'static>> {
    sized!(queue, place, size, pipes, true)
}

fn bytes_parent(place: &Path, size: usize, pipes: Pipes) -> Result<End<'static>> {
    bytes(place, size, pipes, false)
}

fn bytes_child(place: &Path, size: usize, pipes: Pipes) -> Result<End<'static>> {
    bytes(place, size, pipes, true)
}

fn byte_queue_parent(place: &Path, size: usize, pipes: Pipes) -> Result<End<'static>> {
    byte_queue(place, size, pipes, false)
}

fn byte_queue_child(place: &Path, size: usize, pipes: Pipes) -> Result<End<'static>> {
    byte_queue(place, size, pipes, true)
}

//! ipc-channel and iceoryx2.

use super::{End, Pipes, ROOM};
use crate::Result;
use iceoryx2::port::listener::Listener;
use iceoryx2::prelude::*;
use ipc_channel::ipc::{IpcBytesReceiver, IpcBytesSender, IpcOneShotServer, IpcSender, bytes_channel};
use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Duration;

type Ends = (IpcBytesSender, IpcBytesReceiver);

fn ipc_end(sender: IpcBytesSender, receiver: IpcBytesReceiver, pipes: Pipes) -> End<'static> {
    End {
        send: Box::new(move |item| Ok(sender.send(item)?)),
        receive: Box::new(move |item| {
            let _open = &pipes;
            item.copy_from_slice(&receiver.recv().map_err(|e| format!("{e:?}"))?);
            Ok(())
        }),
    }
}

/// The parent serves a name; the child sends its ends of both channels there.
pub(super) fn ipc_parent(_: &Path, _: usize, mut pipes: Pipes) -> Result<End<'static>> {
    let (server, name) = IpcOneShotServer::<Ends>::new()?;
    writeln!(pipes.out, "{name}")?;
    pipes.out.flush()?;
    let (_, (sender, receiver)) = server.accept().map_err(|e| format!("{e:?}"))?;
    Ok(ipc_end(sender, receiver, pipes))
}

pub(super) fn ipc_child(_: &Path, _: usize, mut pipes: Pipes) -> Result<End<'static>> {
    let mut name = String::new();
    pipes.back.read_line(&mut name)?;
    let (to_child, from_parent) = bytes_channel()?;
    let (to_parent, from_child) = bytes_channel()?;
    IpcSender::connect(name.trim_end().to_owned())?
        .send((to_child, from_child))
        .map_err(|e| format!("{e:?}"))?;
    Ok(ipc_end(to_parent, from_parent, pipes))
}

fn wait_for(listener: &Option<Listener<ipc::Service>>) -> Result<()> {
    match listener {
        Some(listener) => {
            // The time limit covers an event that came before the listener was known.
            listener
                .timed_wait(|_| (), Duration::from_millis(20))
                .map_err(|e| format!("{e:?}"))?;
        }
        None => std::hint::spin_loop(),
    }
    Ok(())
}

/// Two services, one for each direction; with an event beside each if the receiver sleeps.
fn ice(place: &Path, size: usize, mut pipes: Pipes, child: bool, woken: bool) -> Result<End<'static>> {
    set_log_level(LogLevel::Fatal);
    let unique = place
        .file_name()
        .and_then(|n| n.to_str())
        .ok_or("a place without a name")?;
    let node = NodeBuilder::new().create::<ipc::Service>()?;
    let names = match child {
        true => ["back", "out"],
        false => ["out", "back"],
    };
    let [out, back] = names.map(|name| format!("filemap-bench/{unique}/{name}"));
    let service = |name: &str| -> Result<_> {
        Ok(node
            .service_builder(&name.try_into()?)
            .publish_subscribe::<[u8]>()
            .payload_alignment(Alignment::new(8).ok_or("an alignment")?)
            .enable_safe_overflow(false)
            .subscriber_max_buffer_size(ROOM)
            .history_size(0)
            .max_publishers(1)
            .max_subscribers(1)
            .open_or_create()?)
    };
    let publisher = service(&out)?
        .publisher_builder()
        .initial_max_slice_len(size)
        .backpressure_strategy(BackpressureStrategy::RetryUntilDelivered)
        .create()?;
    let subscriber = service(&back)?.subscriber_builder().buffer_size(ROOM).create()?;
    let event = |name: &str| -> Result<_> {
        let name = format!("{name}/event");
        Ok(node
            .service_builder(&name.as_str().try_into()?)
            .event()
            .open_or_create()?)
    };
    let (mut notifier, mut listener) = (None, None);
    if woken {
        notifier = Some(event(&out)?.notifier_builder().create()?);
        listener = Some(event(&back)?.listener_builder().create()?);
    }
    // Each sends only when the other one's ends are there.
    pipes.out.write_all(b"ready\n")?;
    pipes.out.flush()?;
    pipes.back.read_line(&mut String::new())?;
    Ok(End {
        send: Box::new(move |item| {
            let sample = publisher.loan_slice_uninit(item.len())?;
            sample.write_from_slice(item).send()?;
            if let Some(notifier) = &notifier {
                notifier.notify()?;
            }
            Ok(())
        }),
        receive: Box::new(move |item| {
            let _open = (&pipes, &node);
            loop {
                if let Some(sample) = subscriber.receive()? {
                    item.copy_from_slice(&sample);
                    return Ok(());
                }
                wait_for(&listener)?;
            }
        }),
    })
}

pub(super) fn ice_woken_parent(place: &Path, size: usize, pipes: Pipes) -> Result<End<'static>> {
    ice(place, size, pipes, false, true)
}

pub(super) fn ice_woken_child(place: &Path, size: usize, pipes: Pipes) -> Result<End<'static>> {
    ice(place, size, pipes, true, true)
}

pub(super) fn ice_polled_parent(place: &Path, size: usize, pipes: Pipes) -> Result<End<'static>> {
    ice(place, size, pipes, false, false)
}

pub(super) fn ice_polled_child(place: &Path, size: usize, pipes: Pipes) -> Result<End<'static>> {
    ice(place, size, pipes, true, false)
}

//! shared_memory and iceoryx2.

// UNSAFETY: shared_memory gives a raw pointer and nothing else.
#![expect(
    unsafe_code,
    reason = "the rival's interface is a raw pointer; argued at each block"
)]

use super::definition::Operation;
use super::scene::Scene;
use super::trips::{DIRECTIONS, Step};
use crate::Result;
use crate::subject::{Subject, Whole};
use iceoryx2::prelude::*;
use shared_memory::{Shmem, ShmemConf};
use std::hint::black_box;
use std::path::Path;
use std::rc::Rc;

fn boxed(body: impl FnMut() -> Result<()> + 'static) -> Option<Box<dyn Subject>> {
    Some(Box::new(Whole(body)))
}

/// The subject's side; `None` if it has none here.
///
/// # Errors
/// It can't be set up.
pub(super) fn side(
    subject: &str,
    operation: &Operation,
    scene: &Rc<Scene>,
) -> Result<Option<Box<dyn Subject>>> {
    match subject {
        "shared_memory" => shared_memory_side(operation, scene),
        "iceoryx2" => iceoryx2_side(operation, scene),
        _ => Ok(None),
    }
}

fn touch(memory: &Shmem) {
    // SAFETY: mapped for writing, at least a page; volatile, so that other writers are no matter.
    unsafe { memory.as_ptr().write_volatile(1) };
}

fn shared_memory_side(operation: &Operation, scene: &Rc<Scene>) -> Result<Option<Box<dyn Subject>>> {
    let size = scene.value as usize;
    let name = format!("/{}", scene.prefix);
    let new = format!("{name}.shared_memory");
    Ok(match &*operation.id {
        "create" => boxed(move || {
            touch(&ShmemConf::new().os_id(&new).size(size).create()?);
            Ok(())
        }),
        "open" | "names" | "attached" => boxed(move || {
            touch(&ShmemConf::new().os_id(&name).open()?);
            Ok(())
        }),
        "copy-in" | "copy-out" => {
            let memory = ShmemConf::new().os_id(&name).open()?;
            let mut bytes = vec![1u8; size];
            match &*operation.id {
                "copy-in" => boxed(move || {
                    // SAFETY: the object has as many bytes; the sides take turns in one thread, so nobody writes meanwhile.
                    unsafe {
                        memory
                            .as_ptr()
                            .copy_from_nonoverlapping(black_box(&bytes).as_ptr(), size)
                    };
                    Ok(())
                }),
                _ => boxed(move || {
                    // SAFETY: as above.
                    unsafe { memory.as_ptr().copy_to_nonoverlapping(bytes.as_mut_ptr(), size) };
                    black_box(&mut bytes);
                    Ok(())
                }),
            }
        }
        _ => None,
    })
}

fn node() -> Result<Node<ipc::Service>> {
    set_log_level(LogLevel::Fatal);
    Ok(NodeBuilder::new().create::<ipc::Service>()?)
}

fn iceoryx2_side(operation: &Operation, scene: &Rc<Scene>) -> Result<Option<Box<dyn Subject>>> {
    // A service has no memory before it has a publisher, so its size plays no part.
    if scene.value != 4096 {
        return Ok(None);
    }
    let name = format!("{}/service", scene.prefix);
    let node = node()?;
    Ok(match &*operation.id {
        "create" => boxed(move || {
            let builder = node.service_builder(&name.as_str().try_into()?);
            drop(builder.publish_subscribe::<[u8]>().create()?);
            Ok(())
        }),
        "open" => {
            let first = self::node()?;
            let held = first
                .service_builder(&name.as_str().try_into()?)
                .publish_subscribe::<[u8]>()
                .create()?;
            boxed(move || {
                let _open = (&first, &held);
                let builder = node.service_builder(&name.as_str().try_into()?);
                drop(builder.publish_subscribe::<[u8]>().open()?);
                Ok(())
            })
        }
        _ => None,
    })
}

/// The two halves of one direction of a round trip. Each end makes only the port that it needs: the parent signals by the first
/// direction and waits on the second, its partner the other way round.
pub(super) fn direction(place: &Path, name: &str, parent: bool) -> Result<[Step; 2]> {
    let unique = place
        .file_name()
        .and_then(|n| n.to_str())
        .ok_or("a place without a name")?;
    let node = node()?;
    let event = node
        .service_builder(&format!("{unique}/{name}").as_str().try_into()?)
        .event()
        .open_or_create()?;
    let refuse = || -> Step { Box::new(|| Err("this end has no such port".into())) };
    match (name == DIRECTIONS[0]) == parent {
        true => {
            let notifier = event.notifier_builder().create()?;
            Ok([
                Box::new(move || {
                    let _open = &node;
                    notifier.notify()?;
                    Ok(())
                }),
                refuse(),
            ])
        }
        false => {
            let listener = event.listener_builder().create()?;
            Ok([
                refuse(),
                Box::new(move || {
                    let _open = &node;
                    let mut woken = false;
                    while !woken {
                        listener
                            .blocking_wait(|_| woken = true)
                            .map_err(|e| format!("{e:?}"))?;
                    }
                    Ok(())
                }),
            ])
        }
    }
}

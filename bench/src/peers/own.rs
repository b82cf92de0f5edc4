//! Operations on objects, for the subjects that run in this process.

use super::definition::Operation;
use super::scene::{NAME, Scene};
use crate::Result;
use crate::raw::{self, Mapping};
use crate::subject::{Subject, Whole};
use filemap::{FileMapping, FileMappingOptions, SectionFlags};
use std::hint::black_box;
use std::os::fd::AsFd;
use std::rc::Rc;

/// Bytes from one touched place to the next.
const PAGE: usize = 4096;

fn boxed(body: impl FnMut() -> Result<()> + 'static) -> Option<Box<dyn Subject>> {
    Some(Box::new(Whole(body)))
}

/// The subject's side; `None` if it is not one of these.
///
/// # Errors
/// It can't be set up.
pub fn side(subject: &str, operation: &Operation, scene: &Rc<Scene>) -> Result<Option<Box<dyn Subject>>> {
    match subject {
        "raw" | "raw-allocate" | "raw-huge" => raw_side(subject, operation, scene),
        "filemap" | "filemap-reserve" | "filemap-large" => filemap_side(subject, operation, scene),
        _ => Ok(None),
    }
}

fn raw_side(subject: &str, operation: &Operation, scene: &Rc<Scene>) -> Result<Option<Box<dyn Subject>>> {
    let scene = Rc::clone(scene);
    let size = scene.value;
    let (allocate, huge) = (subject == "raw-allocate", subject == "raw-huge");
    let name = scene.posix_name("");
    Ok(match &*operation.id {
        "create" | "fill" | "fill-huge" => {
            let all = operation.id != "create";
            boxed(move || {
                let (file, name) = scene.create()?;
                match allocate {
                    true => raw::allocate(file.as_fd(), size)?,
                    false => raw::set_len(file.as_fd(), size)?,
                }
                let mapping = Mapping::new(file.as_fd(), size as usize)?;
                if huge {
                    mapping.ask_for_huge_pages()?;
                }
                match all {
                    true => mapping.touch_all(),
                    false => mapping.touch(),
                }
                drop(mapping);
                drop(file);
                scene.remove(&name)
            })
        }
        "open" | "names" | "attached" => {
            boxed(move || Ok(raw::open_map_close(|| raw::shm_open(&name, false), true)?))
        }
        "map" => {
            let file = raw::shm_open(&name, false)?;
            boxed(move || {
                Mapping::new(file.as_fd(), size as usize)?.touch();
                Ok(())
            })
        }
        "copy-in" | "copy-out" => {
            let mapping = Mapping::new(raw::shm_open(&name, false)?.as_fd(), size.max(4096) as usize)?;
            let mut bytes = vec![1u8; size as usize];
            match &*operation.id {
                "copy-in" => boxed(move || {
                    mapping.copy_in(black_box(&bytes));
                    Ok(())
                }),
                _ => boxed(move || {
                    mapping.copy_out(&mut bytes);
                    black_box(&mut bytes);
                    Ok(())
                }),
            }
        }
        _ => None,
    })
}

fn filemap_side(subject: &str, operation: &Operation, scene: &Rc<Scene>) -> Result<Option<Box<dyn Subject>>> {
    let size = scene.value;
    let options: FileMappingOptions<'static> = FileMapping::options().namespace(&scene.space).size(size);
    let reserve = subject == "filemap-reserve";
    let options = match subject {
        "filemap-reserve" => options.section_flags(SectionFlags::RESERVE),
        "filemap-large" => options.section_flags(SectionFlags::COMMIT | SectionFlags::LARGE_PAGES),
        _ => options,
    };
    Ok(match &*operation.id {
        "create" | "fill" | "fill-huge" => {
            let touched = if operation.id == "create" {
                1
            } else {
                size as usize
            };
            boxed(move || {
                let mapping = options.create_new("new")?;
                let view = mapping.map()?;
                if reserve {
                    view.commit(0, touched)?;
                }
                touch(&view, touched)?;
                drop(view);
                drop(mapping);
                Ok(())
            })
        }
        "open" | "names" | "attached" => boxed(move || {
            let mapping = options.open(NAME)?;
            let view = mapping.map()?;
            touch(&view, 1)?;
            drop(view);
            drop(mapping);
            Ok(())
        }),
        "map" => {
            let mapping = options.open(NAME)?;
            boxed(move || {
                let view = mapping.map()?;
                touch(&view, 1)?;
                drop(view);
                Ok(())
            })
        }
        "copy-in" => {
            let view = options.open(NAME)?.map()?;
            let bytes = vec![1u8; size as usize];
            boxed(move || Ok(view.write_at(0, black_box(&bytes))?))
        }
        "copy-out" => {
            let view = options.open(NAME)?.map()?;
            let mut bytes = vec![1u8; size as usize];
            boxed(move || {
                view.read_at(0, &mut bytes)?;
                black_box(&mut bytes);
                Ok(())
            })
        }
        _ => None,
    })
}

/// Writes to every page of the first `len` bytes.
fn touch(view: &filemap::View, len: usize) -> Result<()> {
    for at in (0..len).step_by(PAGE) {
        view.write::<u8>(at, &1)?;
    }
    Ok(())
}

//! The two sides of a row: Filemap, and the rival in system calls.

use crate::definition::Row;
use crate::holder::{self, Holder};
use crate::raw::{self, Mapping};
use crate::{Result, protocol, steps, sync};
use filemap::{FileMapping, FileMappingOptions, Namespace, SectionFlags, View};
use std::cell::RefCell;
use std::ffi::CString;
use std::hint::black_box;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Operations that a definition can name, besides those of [`crate::steps`].
pub const OPERATIONS: [&str; 9] = [
    "open-protocol",
    "create-protocol",
    "open",
    "create",
    "map",
    "close",
    "close-last",
    "copy-in",
    "copy-out",
];

/// Handles that are closed in one go where only the closing is timed.
const GROUP: u32 = 8;

/// Something that can be timed.
pub trait Subject {
    /// Runs it `times` times and gives the time taken.
    ///
    /// # Errors
    /// The operation failed: the measurement is void.
    fn time(&mut self, times: u32) -> Result<Duration>;
}

/// A closure that is the operation.
pub struct Whole<F>(pub F);

impl<F: FnMut() -> Result<()>> Subject for Whole<F> {
    fn time(&mut self, times: u32) -> Result<Duration> {
        let start = Instant::now();
        for _ in 0..times {
            (self.0)()?;
        }
        Ok(start.elapsed())
    }
}

/// Closures of which only the second one is the operation; the first makes what it uses up, `GROUP` at a time.
struct Consuming<T, M, U> {
    make: M,
    use_up: U,
    ready: Vec<T>,
}

impl<T, M: FnMut(u32) -> Result<T>, U: FnMut(T) -> Result<()>> Subject for Consuming<T, M, U> {
    fn time(&mut self, times: u32) -> Result<Duration> {
        let mut total = Duration::ZERO;
        let mut left = times;
        while left > 0 {
            let group = left.min(GROUP);
            for i in 0..group {
                self.ready.push((self.make)(i)?);
            }
            let start = Instant::now();
            for one in self.ready.drain(..) {
                (self.use_up)(one)?;
            }
            total += start.elapsed();
            left -= group;
        }
        Ok(total)
    }
}

/// What a row needs while it runs: a tree of its own, the process that holds the object, the rival's name.
pub struct Scene {
    root: tempfile::TempDir,
    space: Namespace,
    raw_name: CString,
    /// What both sides copy from and to: where two buffers of some megabytes lie in memory makes more of a difference to the
    /// cache than who copies.
    bytes: Rc<RefCell<Vec<u8>>>,
    _raw: Option<RawName>,
    _holder: Option<Holder>,
}

/// A name of shm_open(3), removed in the end.
struct RawName(CString);

impl Drop for RawName {
    fn drop(&mut self) {
        let _ = raw::shm_unlink(&self.0);
    }
}

/// Name of the object.
pub(crate) const NAME: &str = "object";

impl Scene {
    /// Sets up what `row` needs.
    ///
    /// # Errors
    /// No room, no rights, or no child process.
    pub fn new(row: &Row) -> Result<Scene> {
        let root = tempfile::Builder::new()
            .prefix("filemap-bench-")
            .tempdir_in("/dev/shm")?;
        let space = holder::space(root.path());
        let file_name = root.path().file_name().unwrap_or_default().to_string_lossy();
        let raw_name = CString::new(format!("/{file_name}.raw"))?;
        let existing = matches!(
            &*row.operation,
            "open" | "open-protocol" | "map" | "close" | "copy-in" | "copy-out"
        );
        let (mut raw_object, mut child) = (None, None);
        if existing {
            let file = raw::shm_open(&raw_name, true)?;
            raw_object = Some(RawName(raw_name.clone()));
            raw::set_len(file.as_fd(), row.size)?;
            Mapping::new(file.as_fd(), row.size as usize)?.touch();
            child = Some(Holder::start(root.path(), NAME, row.size, row.holders)?);
        }
        let scene = Scene {
            root,
            space,
            raw_name,
            bytes: Rc::new(RefCell::new(match row.operation.starts_with("copy-") {
                true => vec![1; row.size as usize],
                false => Vec::new(),
            })),
            _raw: raw_object,
            _holder: child,
        };
        if row.names > 0 {
            scene.fill(row)?;
        }
        Ok(scene)
    }

    /// The directory of the objects.
    fn objects(&self) -> PathBuf {
        self.root.path().join("Sessions").join("1")
    }

    fn rivals(&self) -> PathBuf {
        self.root.path().join("rivals")
    }

    /// Files beside the object, and as many beside the rival's. They are no objects, so the sweep at the first use of the
    /// directory leaves them; to the kernel's lookup a name is a name.
    fn fill(&self, row: &Row) -> Result<()> {
        std::fs::create_dir(self.rivals())?;
        for directory in [self.objects(), self.rivals()] {
            for i in 0..row.names {
                std::fs::File::create(directory.join(format!("other name {i}")))?;
            }
        }
        std::fs::File::create(self.rivals().join(NAME))?.set_len(row.size)?;
        Ok(())
    }

    fn root(&self) -> &Path {
        self.root.path()
    }
}

fn open_options<'a>(scene: &Scene, row: &Row) -> FileMappingOptions<'a> {
    let options = FileMapping::options().namespace(&scene.space).size(row.size);
    match row.reserve {
        true => options.section_flags(SectionFlags::RESERVE),
        false => options,
    }
}

fn touch(view: &View) -> Result<()> {
    Ok(view.write::<u64>(0, &1)?)
}

/// Filemap's side of a row.
///
/// # Errors
/// An unknown operation, or one that can't be set up.
pub fn filemap_side(row: &Row, scene: &Scene) -> Result<Box<dyn Subject>> {
    let options = open_options(scene, row);
    let touched = row.touch;
    Ok(match &*row.operation {
        "open" => Box::new(Whole(move || {
            let mapping = options.open(NAME)?;
            let view = mapping.map()?;
            if touched {
                touch(&view)?;
            }
            drop(view);
            drop(mapping);
            Ok(())
        })),
        "create" => Box::new(Whole(move || {
            let mapping = options.create(NAME)?;
            let view = mapping.map()?;
            if touched {
                touch(&view)?;
            }
            drop(view);
            drop(mapping);
            Ok(())
        })),
        "map" => {
            let mapping = options.open(NAME)?;
            Box::new(Whole(move || {
                let view = mapping.map()?;
                if touched {
                    touch(&view)?;
                }
                drop(view);
                Ok(())
            }))
        }
        "close" => Box::new(Consuming {
            make: move |_| Ok(options.open(NAME)?),
            use_up: |mapping: FileMapping| Ok(mapping.close()?),
            ready: Vec::new(),
        }),
        "close-last" => Box::new(Consuming {
            make: move |i| Ok(options.create(&format!("{NAME} {i}"))?),
            use_up: |mapping: FileMapping| Ok(mapping.close()?),
            ready: Vec::new(),
        }),
        "copy-in" => {
            let view = options.open(NAME)?.map()?;
            let bytes = Rc::clone(&scene.bytes);
            Box::new(Whole(move || Ok(view.write_at(0, black_box(&bytes.borrow()))?)))
        }
        "copy-out" => {
            let view = options.open(NAME)?.map()?;
            let bytes = Rc::clone(&scene.bytes);
            Box::new(Whole(move || {
                let mut bytes = bytes.borrow_mut();
                view.read_at(0, &mut bytes)?;
                black_box(&mut *bytes);
                Ok(())
            }))
        }
        "open-protocol" => protocol::open(&scene.objects())?,
        "create-protocol" => protocol::create(scene.root())?,
        sync if sync.starts_with("sync-") => sync::filemap_side(sync, &scene.space, scene.root())?,
        step => steps::step(step, &scene.root().join("step"))?,
    })
}

/// The rival's side of a row.
///
/// # Errors
/// An unknown operation, or one that can't be set up.
pub fn rival_side(row: &Row, scene: &Scene) -> Result<Box<dyn Subject>> {
    let name = scene.raw_name.clone();
    let (size, touched, allocate) = (row.size, row.touch, row.allocate);
    let create = move |name: &CString| -> Result<OwnedFd> {
        let file = raw::shm_open(name, true)?;
        match allocate {
            true => raw::allocate(file.as_fd(), size)?,
            false => raw::set_len(file.as_fd(), size)?,
        }
        Ok(file)
    };
    Ok(match &*row.operation {
        "open" if row.names > 0 => {
            let path = CString::new(scene.rivals().join(NAME).into_os_string().into_encoded_bytes())?;
            Box::new(Whole(move || {
                Ok(raw::open_map_close(|| raw::open(&path), touched)?)
            }))
        }
        "open" | "open-protocol" => Box::new(Whole(move || {
            Ok(raw::open_map_close(|| raw::shm_open(&name, false), touched)?)
        })),
        "create" | "create-protocol" => Box::new(Whole(move || {
            let file = create(&name)?;
            let mapping = Mapping::new(file.as_fd(), size as usize)?;
            if touched {
                mapping.touch();
            }
            drop(mapping);
            drop(file);
            Ok(raw::shm_unlink(&name)?)
        })),
        "map" => {
            let file = raw::shm_open(&name, false)?;
            Box::new(Whole(move || {
                let mapping = Mapping::new(file.as_fd(), size as usize)?;
                if touched {
                    mapping.touch();
                }
                drop(mapping);
                Ok(())
            }))
        }
        "close" => Box::new(Consuming {
            make: move |_| Ok(raw::shm_open(&name, false)?),
            use_up: |file: OwnedFd| {
                drop(file);
                Ok(())
            },
            ready: Vec::new(),
        }),
        "close-last" => {
            let names = (0..GROUP)
                .map(|i| CString::new(format!("{}{i}", name.to_string_lossy())))
                .collect::<std::result::Result<Vec<_>, _>>()?;
            let make = move |i: u32| {
                let name = names[i as usize].clone();
                Ok((create(&name)?, name))
            };
            Box::new(Consuming {
                make,
                use_up: |(file, name): (OwnedFd, CString)| {
                    drop(file);
                    Ok(raw::shm_unlink(&name)?)
                },
                ready: Vec::new(),
            })
        }
        "copy-in" | "copy-out" => {
            // The same object, so that both sides meet the same pages of memory.
            let path = CString::new(scene.objects().join(NAME).into_os_string().into_encoded_bytes())?;
            let mapping = Mapping::new(raw::open(&path)?.as_fd(), size as usize)?;
            let bytes = Rc::clone(&scene.bytes);
            match &*row.operation {
                "copy-in" => Box::new(Whole(move || {
                    mapping.copy_in(black_box(&bytes.borrow()));
                    Ok(())
                })),
                _ => Box::new(Whole(move || {
                    let mut bytes = bytes.borrow_mut();
                    mapping.copy_out(&mut bytes);
                    black_box(&mut *bytes);
                    Ok(())
                })),
            }
        }
        sync if sync.starts_with("sync-") => sync::rival_side(sync, &name, scene.root())?,
        _ => Box::new(Whole(|| {
            raw::getppid();
            Ok(())
        })),
    })
}

//! What an operation needs while it is measured: a place, the objects, other names, other processes.

use super::definition::Operation;
use super::room::Mount;
use crate::raw::{self, Mapping};
use crate::{Result, holder};
use filemap::{FileMapping, Namespace};
use std::ffi::CString;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Name of Filemap's object.
pub(super) const NAME: &str = "object";
/// Without a /dev/shm of its own a run makes no more names than this.
const NAMES_AMONG_OTHERS: u64 = 10_000;

/// A place for one operation and value.
pub struct Scene {
    /// The parameter's value.
    pub value: u64,
    /// Filemap's name space in it.
    pub space: Namespace,
    /// What names of shm_open(3), sem_open(3) and the like begin with; no slash.
    pub prefix: String,
    /// The processor of this process, and that of its partner.
    pub processors: [usize; 2],
    attached: Vec<Child>,
    others: Vec<PathBuf>,
    on_a_mount: bool,
    _mount: Option<Mount>,
    root: tempfile::TempDir,
}

impl Scene {
    /// Sets up the place.
    ///
    /// # Errors
    /// No room, no rights, or no child process: the reason why this value is skipped.
    pub fn new(operation: &Operation, value: u64, isolated: bool) -> Result<Scene> {
        let root = tempfile::Builder::new()
            .prefix("filemap-bench-")
            .tempdir_in("/dev/shm")?;
        let mount = match &operation.mount {
            Some(options) if isolated => Some(Mount::new(root.path(), options)?),
            Some(_) => return Err("it needs a tmpfs of its own: run as root".into()),
            None => None,
        };
        let prefix = root.path().file_name().ok_or("a name")?.to_string_lossy();
        let mut scene = Scene {
            value,
            space: holder::space(root.path()),
            prefix: format!("{prefix}.object"),
            processors: processors(operation, value)?,
            attached: Vec::new(),
            others: Vec::new(),
            on_a_mount: mount.is_some(),
            _mount: mount,
            root,
        };
        let size = match &*operation.id {
            "open" | "map" | "copy-in" | "copy-out" => value.max(4096),
            "names" | "attached" => 4096,
            _ => return Ok(scene),
        };
        let file = raw::shm_open(&scene.posix_name(""), true)?;
        raw::set_len(file.as_fd(), size)?;
        Mapping::new(file.as_fd(), size as usize)?.touch();
        scene.attach(if operation.id == "attached" { value } else { 1 }, size)?;
        if operation.id == "names" {
            scene.fill(isolated)?;
        }
        Ok(scene)
    }

    /// The directory of everything that is not found by a name of shm_open(3).
    #[must_use]
    pub fn place(&self) -> &Path {
        self.root.path()
    }

    /// A name for shm_open(3).
    #[must_use]
    pub fn posix_name(&self, suffix: &str) -> CString {
        CString::new(format!("/{}{suffix}", self.prefix)).unwrap_or_default() // no NUL in it
    }

    /// A new object without Filemap, where Filemap's would lie.
    ///
    /// # Errors
    /// shm_open(3)'s.
    pub fn create(&self) -> Result<(OwnedFd, CString)> {
        if !self.on_a_mount {
            let name = self.posix_name(".new");
            return Ok((raw::shm_open(&name, true)?, name));
        }
        let path = CString::new(self.place().join("new").into_os_string().into_encoded_bytes())?;
        Ok((raw::open_new(&path)?, path))
    }

    /// Takes away the name that [`Scene::create`] gave.
    ///
    /// # Errors
    /// unlink(2)'s.
    pub fn remove(&self, name: &CString) -> Result<()> {
        match self.on_a_mount {
            false => raw::shm_unlink(name)?,
            true => std::fs::remove_file(name.to_str()?)?,
        }
        Ok(())
    }

    fn attach(&mut self, processes: u64, size: u64) -> Result<()> {
        // Two pipes for each.
        filemap_sys::os::process::raise_descriptor_limit();
        for number in 0..processes {
            let child = Command::new(std::env::current_exe()?)
                .args([
                    "peer-attach",
                    "--posix",
                    &self.prefix,
                    "--size",
                    &size.to_string(),
                ])
                .arg("--root")
                .arg(self.place())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()?;
            self.attached.push(child);
            // The first one makes the object. Of the others some get ready at once.
            let first_not_ready = match number {
                0 => 0,
                n if n % 8 == 7 || n + 1 == processes => (n - n % 8).max(1) as usize,
                _ => continue,
            };
            for child in &mut self.attached[first_not_ready..] {
                ready(child)?;
            }
        }
        Ok(())
    }

    /// Files beside Filemap's object, and as many beside the others' in /dev/shm. They are no objects, so the sweep at the first
    /// use of the directory leaves them; to the kernel's lookup a name is a name.
    fn fill(&mut self, isolated: bool) -> Result<()> {
        if !isolated && self.value > NAMES_AMONG_OTHERS {
            return Err("so many names need a /dev/shm of their own: run as root".into());
        }
        let beside = self.place().join("Sessions").join("1");
        let room = rustix::fs::statvfs("/dev/shm")?.f_favail;
        if room < self.value * 2 + 1000 {
            return Err(format!("/dev/shm has room for {room} more names only").into());
        }
        for i in 0..self.value {
            std::fs::File::create(beside.join(format!("other name {i}")))?;
            let other = Path::new("/dev/shm").join(format!("{}-{i}", self.prefix));
            std::fs::File::create(&other)?;
            self.others.push(other);
        }
        Ok(())
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        for child in &mut self.attached {
            drop(child.stdin.take()); // the end of its input is the child's sign to go
        }
        for child in &mut self.attached {
            let _ = child.wait();
        }
        for other in &self.others {
            let _ = std::fs::remove_file(other);
        }
        let _ = raw::shm_unlink(&self.posix_name(""));
    }
}

/// Waits until a child has said that it is ready.
pub(super) fn ready(child: &mut Child) -> Result<()> {
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().ok_or("a pipe")?).read_line(&mut line)?;
    match &*line {
        "ready\n" => Ok(()),
        _ => Err("another process of the measurement did not get ready".into()),
    }
}

/// Says so.
pub(super) fn say_ready() -> Result<()> {
    println!("ready");
    Ok(std::io::stdout().flush()?)
}

/// The processor of this process and that of its partner.
fn processors(operation: &Operation, value: u64) -> Result<[usize; 2]> {
    let last = last_processor()?;
    match operation.parameter == "processors" && value > 1 {
        false => Ok([last, last]),
        true if last == 0 => Err("it needs two processors".into()),
        true => Ok([last, 0]),
    }
}

/// The highest number of a processor.
pub(super) fn last_processor() -> Result<usize> {
    let online = std::fs::read_to_string("/sys/devices/system/cpu/online")?;
    Ok(online.trim().rsplit(['-', ',']).next().unwrap_or("0").parse()?)
}

/// What an attached process does: it has both objects open and mapped until its input ends.
///
/// # Errors
/// One of them can't be opened.
pub fn stay_attached(root: &Path, posix: &str, size: u64) -> Result<()> {
    let options = FileMapping::options();
    let mapping = options.namespace(&holder::space(root)).size(size).create(NAME)?;
    let view = mapping.map()?;
    let name = CString::new(format!("/{posix}"))?;
    let file = raw::shm_open(&name, false)?;
    let other = Mapping::new(file.as_fd(), size as usize)?;
    say_ready()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    drop((view, mapping, other, file));
    Ok(())
}

//! `filemap setup`.

use super::explain::wrong;
use crate::Place;
use crate::failure::{Failure, io_error, on_file, output};
use crate::ui::json;
use filemap::{Error, GLOBAL_GROUP, Namespace, Op, TREE, Why, list};
use serde::Serialize;
use std::fmt;
use std::fs::{self, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Where the tree that all users share is.
const ROOT: &str = "dev/shm/filemap";
/// The services that take away what dies: of the system and of each user.
const SYSTEM_UNIT: &str = "etc/systemd/system/filemap-sweep.service";
const USER_UNIT: &str = "etc/systemd/user/filemap-sweep.service";
/// Where systemd looks for what to start.
const SYSTEM_WANTS: &str = "etc/systemd/system/multi-user.target.wants/filemap-sweep.service";
const USER_WANTS: &str = "etc/systemd/user/default.target.wants/filemap-sweep.service";
/// Where systemd-tmpfiles reads what to make at boot.
const TMPFILES: &str = "etc/tmpfiles.d/filemap.conf";

/// Makes the tree of names that all users share, now and at each boot, the group that may create Global objects, and the
/// services that reclaim what killed processes leave
///
/// Needs root. Where there is systemd, `filemap sweep --watch` becomes a service of the system and of each user. What is so
/// already is left alone, so it can be run again at any time. Without it everything works within one user. Members of the group filemap-global may create file mappings in Global\: usermod -aG filemap-global USER.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  filemap setup --dry-run\n  filemap setup --dry-run --json\n  filemap setup --undo --dry-run"
)]
pub(crate) struct Setup {
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Take it all away again; refused while somebody holds an object in the tree
    #[arg(long)]
    undo: bool,
    /// Work in an image of a system below this directory
    #[arg(long, value_name = "DIR", default_value = "/", value_parser = absolute)]
    prefix: PathBuf,
    /// One JSON object with the steps
    #[arg(long)]
    json: bool,
}

/// The tools that setup runs want paths from the root.
fn absolute(path: &str) -> std::io::Result<PathBuf> {
    std::path::absolute(path)
}

#[derive(Serialize)]
struct Answer {
    dry_run: bool,
    steps: Vec<Done>,
}

#[derive(Serialize)]
struct Done {
    what: String,
    action: &'static str,
}

/// One thing that setup makes.
pub(crate) enum Step {
    Group { prefix: PathBuf },
    Directory { path: PathBuf, mode: u32 },
    File { path: PathBuf, text: String },
    Link { path: PathBuf, target: PathBuf },
}

/// How a step stands.
pub(crate) enum State {
    Done,
    Missing,
    /// Ours, with another mode.
    Mode(u32),
    Wrong(String),
}

impl State {
    /// What is wrong, if something that is there is wrong.
    pub(crate) fn wrong(&self) -> Option<String> {
        match self {
            State::Done | State::Missing => None,
            State::Mode(mode) => Some(format!("its mode is {mode:o}")),
            State::Wrong(what) => Some(what.clone()),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Group { .. } => write!(f, "group {GLOBAL_GROUP}"),
            Step::Directory { path, mode } => write!(f, "directory {} (root, {mode:o})", path.display()),
            Step::File { path, .. } => write!(f, "file {}", path.display()),
            Step::Link { path, target } => write!(f, "link {} to {}", path.display(), target.display()),
        }
    }
}

/// What setup makes in the system below `prefix`, in order.
pub(crate) fn steps(prefix: &Path) -> Vec<Step> {
    let mut steps = vec![Step::Group {
        prefix: prefix.to_owned(),
    }];
    let mut text = String::from(
        "# Made by `filemap setup`: the tree of names that all users share. See tmpfiles.d(5).\n",
    );
    let below = TREE
        .iter()
        .map(|directory| (format!("{ROOT}/{directory}"), 0o1777));
    for (path, mode) in [(ROOT.to_owned(), 0o755)].into_iter().chain(below) {
        text.push_str(&format!("d /{path} {mode:04o} root root -\n"));
        steps.push(Step::Directory {
            path: prefix.join(&path),
            mode,
        });
    }
    steps.push(Step::File {
        path: prefix.join(TMPFILES),
        text,
    });
    if has_systemd(prefix) {
        steps.extend(units(prefix));
    }
    steps
}

fn has_systemd(prefix: &Path) -> bool {
    [
        "run/systemd/system",
        "etc/systemd/system",
        "usr/lib/systemd/system",
    ]
    .iter()
    .any(|dir| prefix.join(dir).is_dir())
}

fn units(prefix: &Path) -> Vec<Step> {
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("/usr/bin/filemap"));
    let program = program
        .strip_prefix(prefix)
        .map_or(program.clone(), |below| Path::new("/").join(below));
    let unit = |path: &str, text: String| Step::File {
        path: prefix.join(path),
        text,
    };
    let link = |path: &str| Step::Link {
        path: prefix.join(path),
        target: PathBuf::from("../filemap-sweep.service"),
    };
    vec![
        unit(SYSTEM_UNIT, unit_text(&program, Manager::System)),
        link(SYSTEM_WANTS),
        unit(USER_UNIT, unit_text(&program, Manager::User)),
        link(USER_WANTS),
    ]
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Manager {
    System,
    User,
}

/// A program's path as the first word of ExecStart=. Source: systemd.service(5), "Command lines".
fn in_exec_line(program: &Path) -> String {
    let path = program.display().to_string().replace('%', "%%");
    let plain = path
        .chars()
        .all(|c| !c.is_whitespace() && !matches!(c, '"' | '\'' | '\\' | '$' | ';'));
    match plain {
        true => path,
        false => format!(
            "\"{}\"",
            path.replace('\\', r"\\").replace('"', "\\\"").replace('$', "$$")
        ),
    }
}

/// The service's unit. Source: systemd.service(5), systemd.exec(5).
fn unit_text(program: &Path, manager: Manager) -> String {
    let watchdog = super::sweep::WATCHDOG.as_secs();
    let (of_whom, target) = match manager {
        Manager::System => ("", "multi-user.target"),
        Manager::User => (" of this user", "default.target"),
    };
    let mut text = format!(
        "# Made by `filemap setup`.\n\
         [Unit]\n\
         Description=Reclaims the memory of Filemap objects{of_whom} whose holders have ended\n\
         Documentation=man:filemap-sweep(1)\n\
         \n\
         [Service]\n\
         Type=notify\n\
         ExecStart={} sweep --watch\n\
         Restart=on-failure\n\
         WatchdogSec={watchdog}\n\
         NoNewPrivileges=yes\n\
         LockPersonality=yes\n\
         MemoryDenyWriteExecute=yes\n\
         RestrictAddressFamilies=AF_UNIX\n\
         RestrictNamespaces=yes\n\
         RestrictRealtime=yes\n\
         RestrictSUIDSGID=yes\n\
         SystemCallArchitectures=native\n\
         SystemCallFilter=@system-service\n\
         SystemCallErrorNumber=EPERM\n\
         UMask=0077\n",
        in_exec_line(program)
    );
    if manager == Manager::System {
        // A program in somebody's home or in /tmp, as cargo installs it, could not be started without those.
        let is_below = |dirs: &[&str]| dirs.iter().any(|dir| program.starts_with(dir));
        let home = if is_below(&["/home", "/root", "/run/user"]) {
            "read-only"
        } else {
            "yes"
        };
        let private_tmp = if is_below(&["/tmp", "/var/tmp"]) {
            "no"
        } else {
            "yes"
        };
        // Other users' directories and files are looked into and removed; nothing else of the system is touched.
        text.push_str(&format!(
            "CapabilityBoundingSet=CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER\n\
             DevicePolicy=closed\n\
             PrivateNetwork=yes\n\
             PrivateTmp={private_tmp}\n\
             ProtectClock=yes\n\
             ProtectControlGroups=yes\n\
             ProtectHome={home}\n\
             ProtectHostname=yes\n\
             ProtectKernelLogs=yes\n\
             ProtectKernelModules=yes\n\
             ProtectKernelTunables=yes\n\
             ProtectSystem=strict\n\
             ReadWritePaths=/dev/shm\n",
        ));
    }
    text.push_str(&format!("\n[Install]\nWantedBy={target}\n"));
    text
}

impl Step {
    /// Whether it belongs to the services that sweep, and not to the tree.
    pub(crate) fn is_of_the_service(&self) -> bool {
        match self {
            Step::Group { .. } | Step::Directory { .. } => false,
            Step::File { path, .. } => !path.ends_with(TMPFILES),
            Step::Link { .. } => true,
        }
    }

    pub(crate) fn state(&self) -> State {
        match self {
            Step::Group { prefix } => match fs::read_to_string(prefix.join("etc/group")) {
                Ok(table)
                    if table
                        .lines()
                        .any(|line| line.split(':').next() == Some(GLOBAL_GROUP)) =>
                {
                    State::Done
                }
                _ => State::Missing,
            },
            Step::Directory { path, mode } => match fs::symlink_metadata(path) {
                Err(_) => State::Missing,
                Ok(meta) if !meta.is_dir() => State::Wrong("it is no directory".into()),
                Ok(meta) if meta.uid() != 0 => State::Wrong(format!("it belongs to user {}", meta.uid())),
                Ok(meta) if meta.mode() & 0o7777 != *mode => State::Mode(meta.mode() & 0o7777),
                Ok(_) => State::Done,
            },
            Step::File { path, text } => match fs::read_to_string(path) {
                Ok(found) if found == *text => State::Done,
                Ok(_) => State::Wrong("it says something else".into()),
                Err(e) if e.kind() == ErrorKind::NotFound => State::Missing,
                Err(e) => State::Wrong(e.to_string()),
            },
            Step::Link { path, target } => match fs::read_link(path) {
                Ok(found) if found == *target => State::Done,
                Ok(found) => State::Wrong(format!("it leads to {}", found.display())),
                Err(e) if e.kind() == ErrorKind::NotFound => State::Missing,
                Err(_) => State::Wrong("it is no link".into()),
            },
        }
    }

    fn make(&self, state: &State) -> Result<(), Failure> {
        match self {
            Step::Group { prefix } => run(prefix, "groupadd", &["--system", GLOBAL_GROUP]),
            Step::Directory { path, mode } => {
                let failed = |call| on_file("make directory", path, call);
                if matches!(state, State::Wrong(_)) {
                    // A stranger\'s directory, with whatever he put into it, is set aside and not adopted.
                    let aside = path.with_extension(format!("suspect-{}", std::process::id()));
                    fs::rename(path, aside).map_err(failed("rename"))?;
                }
                match fs::DirBuilder::new().mode(0o700).create(path) {
                    Err(e) if e.kind() != ErrorKind::AlreadyExists => return Err(failed("mkdir")(e)),
                    _ => {}
                }
                // Not through a link that somebody put there meanwhile.
                let dir = rustix::fs::open(
                    path,
                    rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::NOFOLLOW,
                    rustix::fs::Mode::empty(),
                )
                .map_err(|e| failed("open")(e.into()))?;
                let dir = fs::File::from(dir);
                if dir.metadata().map_err(failed("fstat"))?.uid() != 0 {
                    return Err(failed("open")(io::Error::from(ErrorKind::PermissionDenied)));
                }
                dir.set_permissions(Permissions::from_mode(*mode))
                    .map_err(failed("fchmod"))
            }
            Step::File { path, text } => {
                let parent = path.parent().unwrap_or(path);
                fs::create_dir_all(parent).map_err(on_file("make directory", parent, "mkdir"))?;
                // Complete or not at all: systemd-tmpfiles may read at any time.
                let write = || -> io::Result<()> {
                    let mut file = tempfile::NamedTempFile::new_in(parent)?;
                    file.write_all(text.as_bytes())?;
                    file.as_file().set_permissions(Permissions::from_mode(0o644))?;
                    file.persist(path)?;
                    Ok(())
                };
                write().map_err(on_file("write", path, "write"))
            }
            Step::Link { path, target } => {
                let parent = path.parent().unwrap_or(path);
                fs::create_dir_all(parent).map_err(on_file("make directory", parent, "mkdir"))?;
                if matches!(state, State::Wrong(_)) {
                    fs::remove_file(path).map_err(on_file("remove", path, "unlink"))?;
                }
                std::os::unix::fs::symlink(target, path).map_err(on_file("make link", path, "symlink"))
            }
        }
    }

    fn unmake(&self) -> Result<(), Failure> {
        match self {
            Step::Group { prefix } => run(prefix, "groupdel", &[GLOBAL_GROUP]),
            Step::Directory { path, .. } => {
                fs::remove_dir_all(path).map_err(on_file("remove", path, "rmdir"))
            }
            Step::File { path, .. } | Step::Link { path, .. } => {
                fs::remove_file(path).map_err(on_file("remove", path, "unlink"))
            }
        }
    }
}

/// Runs a tool of the passwd suite, which knows how to change the account files.
fn run(prefix: &Path, tool: &'static str, args: &[&str]) -> Result<(), Failure> {
    let mut command = Command::new(tool);
    if prefix != Path::new("/") && tool != "systemctl" {
        command.arg("--prefix").arg(prefix);
    }
    let ran = command.args(args).output();
    let ran = ran.map_err(|e| Failure::Call(io_error(Op::Other("run"), tool, "execve", &e)))?;
    match ran.status.success() {
        true => Ok(()),
        false => Err(wrong(
            "run",
            tool,
            format!("{} ({})", String::from_utf8_lossy(&ran.stderr).trim(), ran.status),
        )),
    }
}

impl Setup {
    pub(crate) fn run(&self, _place: &Place) -> Result<ExitCode, Failure> {
        if !self.dry_run && !rustix::process::geteuid().is_root() {
            let what = match self.undo {
                true => "undo the setup of",
                false => "set up",
            };
            let e = Error::new(Op::Other(what), self.prefix.display().to_string(), Why::NeedsRoot);
            return Err(Failure::Call(e));
        }
        let mut steps = steps(&self.prefix);
        if self.undo {
            self.refuse_if_live()?;
            steps.reverse();
        }
        let mut done = Vec::new();
        let is_running =
            self.prefix == Path::new("/") && Path::new("/run/systemd/system").is_dir() && !self.dry_run;
        if self.undo && is_running {
            // It may not run; then there is nothing to stop.
            let _ = Command::new("systemctl")
                .args(["stop", "filemap-sweep.service"])
                .output();
        }
        for step in &steps {
            let state = step.state();
            let action = match (&state, self.undo) {
                (State::Done, false) => "already so",
                (State::Missing, false) => "make",
                (State::Mode(_) | State::Wrong(_), false) => "mend",
                (State::Missing, true) => "not there",
                (_, true) => "remove",
            };
            let what = match state.wrong() {
                Some(what) => format!("{step}: {what}"),
                None => step.to_string(),
            };
            match action {
                "make" | "mend" if !self.dry_run => step.make(&state)?,
                "remove" if !self.dry_run => step.unmake()?,
                _ => {}
            }
            done.push(Done { what, action });
        }
        if is_running {
            run(&self.prefix, "systemctl", &["daemon-reload"])?;
            if !self.undo {
                run(&self.prefix, "systemctl", &["restart", "filemap-sweep.service"])?;
            }
        }
        let answer = Answer {
            dry_run: self.dry_run,
            steps: done,
        };
        let mut out = io::stdout().lock();
        if self.json {
            json(&mut out, &answer)?;
            return Ok(ExitCode::SUCCESS);
        }
        let would = if self.dry_run { "would " } else { "" };
        for Done { what, action } in &answer.steps {
            let line = match *action {
                "already so" | "not there" => format!("{what}: {action}"),
                action => format!("{would}{action} {what}"),
            };
            writeln!(out, "{}", filemap::Escaped(&line)).map_err(output)?;
        }
        if !self.undo && !self.dry_run {
            writeln!(
                out,
                "who may create Global\\ objects: usermod -aG {GLOBAL_GROUP} USER"
            )
            .map_err(output)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn refuse_if_live(&self) -> Result<(), Failure> {
        let root = self.prefix.join(ROOT);
        if !root.is_dir() {
            return Ok(());
        }
        let live = list::list(&Namespace::at(&root))?.objects;
        match live.first() {
            None => Ok(()),
            Some(object) => {
                let holders: Vec<_> = object.holders.iter().map(ToString::to_string).collect();
                let why = Why::ObjectsInUse {
                    count: live.len(),
                    one: format!(
                        r"{}\{} of process {}",
                        object.directory.kernel_path(),
                        object.name,
                        holders.join(", ")
                    ),
                };
                let op = Op::Other("undo the setup of");
                Err(Failure::Call(Error::new(op, root.display().to_string(), why)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_can_start_a_program_that_is_in_a_home() {
        let unit = |program: &str| unit_text(Path::new(program), Manager::System);
        assert!(unit("/usr/bin/filemap").contains("\nProtectHome=yes\n"));
        assert!(unit("/usr/bin/filemap").contains("\nPrivateTmp=yes\n"));
        assert!(unit("/run/user/1000/filemap").contains("\nProtectHome=read-only\n"));
        assert!(unit("/tmp/filemap").contains("\nPrivateTmp=no\n"));
    }

    #[test]
    fn a_program_s_path_is_one_word_for_systemd_whatever_is_in_it() {
        let word = |path: &str| in_exec_line(Path::new(path));
        assert_eq!(word("/usr/bin/filemap"), "/usr/bin/filemap");
        assert_eq!(word("/opt/my tools/filemap"), "\"/opt/my tools/filemap\"");
        assert_eq!(word("/opt/100%/filemap"), "/opt/100%%/filemap");
        assert_eq!(word(r#"/a"b\c$d/x"#), r#""/a\"b\\c$$d/x""#);
    }
}

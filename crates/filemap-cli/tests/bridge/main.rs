//! `filemap bridge`: a program in a Wine prefix that behaves like a game, and a native reader.
//!
//! Needs Wine, mingw-w64 and the helper built for Windows: `cargo xtask test` and `cargo xtask windows` see to it.

use filemap::{Event, FileMapping, Mutex, Namespace, View, Wait};
use filemap_testing::Wine;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};
use std::time::Duration;

/// Words of the game's memory.
const SAMPLES: usize = 0;
const COMMAND: usize = 4;
const ECHO: usize = 8;
const ANNOUNCED: usize = 12;
const STOP: usize = 16;
const COUNT: usize = 32;
const TWICE: usize = 36;
const ABANDONED: usize = 40;
const TORN: usize = 44;

/// What the tests need, and a directory of their own.
struct World {
    wine: Wine,
    helper: PathBuf,
    game: PathBuf,
    tree: filemap_testing::PrivateRoot,
    space: Namespace,
    /// What names of this test end with.
    unique: String,
}

impl World {
    fn new(test: &str) -> Result<World, String> {
        let wine = Wine::find()?;
        let helper = wine.built("filemap-bridge-helper.exe")?;
        let tree = filemap_testing::private_root();
        let game = tree.path().with_extension("exe");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bridge/game.c");
        let compiled = Command::new("x86_64-w64-mingw32-gcc")
            .args(["-O1", "-Wall", "-Werror", "-o"])
            .args([&game, &source])
            .status();
        match compiled {
            Ok(status) if status.success() => {}
            Ok(status) => panic!("the game does not compile: {status}"),
            Err(_) => return Err("needs mingw: apt-get install gcc-mingw-w64-x86-64-posix".to_owned()),
        }
        Ok(World {
            wine,
            helper,
            game,
            // As a logged-on user's programs, like those in the prefix.
            space: Namespace::at(tree.path()).with_session(1),
            tree,
            unique: format!("{test}{}", std::process::id()),
        })
    }

    fn name(&self, what: &str) -> String {
        format!(r"Local\{what}-{}", self.unique)
    }

    fn game(&self) -> Child {
        let mut game = self
            .wine
            .command(&self.game)
            .args(["map", "data", "command", "mutex"].map(|what| self.name(what)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(game.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "running");
        game
    }

    fn bridge(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_filemap"));
        command
            .args(["bridge", "--prefix"])
            .arg(&self.wine.prefix)
            .arg("--helper")
            .arg(&self.helper)
            .args(arguments)
            .env("FILEMAP_ROOT", self.tree.path())
            .env("FILEMAP_SESSION", "1")
            .env_remove("DISPLAY");
        command
    }

    /// A bridge that shares the game's objects until its input ends.
    fn start(&self, more: &[&str]) -> Bridge {
        let (map, data) = (self.name("map"), self.name("data"));
        let (command, mutex) = (self.name("command"), self.name("mutex"));
        let mut arguments = vec![
            "--map", &map, "--event", &data, "--event", &command, "--mutex", &mutex,
        ];
        arguments.extend(more);
        let mut bridge = self
            .bridge(&arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(bridge.stderr.take().unwrap());
        let mut lines = String::new();
        while !lines.contains("is one mutex in both worlds") {
            let before = lines.len();
            said.read_line(&mut lines).unwrap();
            assert_ne!(lines.len(), before, "the bridge ended: {lines}");
        }
        Bridge {
            child: bridge,
            said,
            lines,
        }
    }

    /// A native command owns the mutex, and is killed.
    fn kill_an_owner_of_the_mutex(&self) {
        let mut owner = Command::new(env!("CARGO_BIN_EXE_filemap"))
            .args(["mutex", "run", &self.name("mutex"), "--"])
            .args(["sh", "-c", "echo owned; cat"])
            .env("FILEMAP_ROOT", self.tree.path())
            .env("FILEMAP_SESSION", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(owner.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "owned");
        owner.kill().unwrap();
        owner.wait().unwrap(); // what it ran ends with its input
    }

    fn native(&self) -> Native {
        let options = FileMapping::options().namespace(&self.space);
        let mapping = options.open(&self.name("map")).unwrap();
        Native {
            view: mapping.map().unwrap(),
            data: Event::options()
                .namespace(&self.space)
                .open(&self.name("data"))
                .unwrap(),
            command: Event::options()
                .namespace(&self.space)
                .open(&self.name("command"))
                .unwrap(),
            mutex: Mutex::options()
                .namespace(&self.space)
                .open(&self.name("mutex"))
                .unwrap(),
            _mapping: mapping,
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.game);
    }
}

struct Bridge {
    child: Child,
    said: BufReader<ChildStderr>,
    lines: String,
}

impl Bridge {
    /// Its helper is killed: it ends by itself, and says why.
    fn said_when_its_helper_was_killed(&mut self) -> String {
        let pid = self.child.id();
        // The helper is the child that has the helper's name in its command line: Wine changes the line as it starts.
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
        let is_helper = |pid: &&str| {
            std::fs::read_to_string(format!("/proc/{pid}/cmdline"))
                .is_ok_and(|line| line.contains("filemap-bridge-helper"))
        };
        let helper = children.split_whitespace().find(is_helper).unwrap();
        assert!(
            Command::new("kill")
                .args(["-KILL", helper])
                .status()
                .unwrap()
                .success()
        );
        let mut text = String::new();
        self.said.read_to_string(&mut text).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(1), "{text}");
        text
    }

    /// Lets it end as its users do.
    fn end(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A native program that uses the game's objects and knows nothing of Wine.
struct Native {
    _mapping: FileMapping,
    view: View,
    data: Event,
    command: Event,
    mutex: Mutex,
}

impl Native {
    fn word(&self, offset: usize) -> u32 {
        self.view.atomic_u32(offset).unwrap().load(Acquire)
    }

    fn set(&self, offset: usize, value: u32) {
        self.view.atomic_u32(offset).unwrap().store(value, Release);
    }

    /// Waits for new data until `enough`; each wait is for the game's event. A game that is gone gives no more.
    fn until(&self, what: &str, enough: impl Fn() -> bool) {
        let mut waits = 0;
        while !enough() {
            let waited = self.data.wait(Some(Duration::from_secs(60))).unwrap();
            assert_eq!(waited, Wait::Object(0), "{what}: the game's event comes through");
            waits += 1;
            assert!(waits < 100_000, "{what}: it never comes");
        }
    }

    fn until_new_samples(&self, how_many: u32) {
        let from = self.word(SAMPLES);
        self.until("samples", || self.word(SAMPLES) >= from + how_many);
    }

    /// Both directions: memory both ways, events both ways, the mutex contended.
    fn plays_with_the_game(&self, round: u32) {
        self.until_new_samples(5);
        self.set(COMMAND, 1000 + round);
        self.until("the echo", || self.word(ECHO) == 1000 + round);
        let announced = self.word(ANNOUNCED);
        self.command.set().unwrap();
        self.until("the command's event", || self.word(ANNOUNCED) > announced);
        for _ in 0..5 {
            let guard = self.mutex.lock().unwrap();
            if guard.was_abandoned() {
                self.set(TWICE, self.word(COUNT) * 2);
            }
            assert_eq!(
                self.word(TWICE),
                self.word(COUNT) * 2,
                "whoever owns the mutex sees whole changes"
            );
            let count = self.view.atomic_u32(COUNT).unwrap().fetch_add(1, AcqRel) + 1;
            std::thread::yield_now();
            self.set(TWICE, count * 2);
        }
        assert_eq!(self.word(TORN), 0, "the game has never seen half a change");
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

macro_rules! world {
    ($test:literal) => {
        match World::new($test) {
            Ok(world) => world,
            Err(why) => filemap_testing::skip!("{why}"),
        }
    };
}

#[test]
fn a_game_that_starts_after_the_bridge_finds_the_linux_objects() {
    let world = world!("after");
    let bridge = world.start(&["--size", "2048"]);
    assert!(bridge.lines.contains("new, 4096 bytes"), "{}", bridge.lines);
    let native = world.native();
    let mut game = world.game();
    native.plays_with_the_game(1);
    // Killed at random, started again: the memory and what is in it stay.
    for round in 2..5 {
        let samples = native.word(SAMPLES);
        game.kill().unwrap();
        game.wait().unwrap();
        assert!(native.word(SAMPLES) >= samples);
        game = world.game();
        native.plays_with_the_game(round);
    }
    native.set(STOP, 1);
    assert!(game.wait().unwrap().success());
    bridge.end();
}

#[test]
fn a_game_that_was_there_before_the_bridge_is_found_with_its_size() {
    let world = world!("before");
    let mut game = world.game();
    let bridge = world.start(&[]);
    assert!(
        bridge.lines.contains("the prefix's, 4096 bytes"),
        "{}",
        bridge.lines
    );
    let native = world.native();
    native.plays_with_the_game(1);
    // The bridge is killed: what is mapped stays, in both worlds; a new bridge finds everything again.
    drop(bridge);
    native.set(COMMAND, 77);
    drop(native);
    let bridge = world.start(&[]);
    let native = world.native();
    native.plays_with_the_game(2);
    native.set(STOP, 1);
    assert!(game.wait().unwrap().success());
    bridge.end();
}

#[test]
fn a_native_owner_of_the_mutex_who_dies_is_told_to_the_game_and_the_other_way_round() {
    let world = world!("dies");
    let bridge = world.start(&["--size", "2048"]);
    let native = world.native();
    let mut game = world.game();
    native.until_new_samples(3);
    // A thread that ends while it owns the mutex has abandoned it.
    std::thread::scope(|scope| {
        scope.spawn(|| std::mem::forget(native.mutex.lock().unwrap()));
    });
    native.until("the game is told", || native.word(ABANDONED) > 0);
    native.plays_with_the_game(1);
    native.set(STOP, 1);
    assert!(game.wait().unwrap().success());
    bridge.end();
}

/// Numbers that look like chance, the same for the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as u32 % end
    }
}

/// Game, bridge, helper and a native owner of the mutex are killed without warning, in an order and at moments that chance
/// picks; the others go on, and whoever is started again finds the same memory. FILEMAP_BRIDGE_KILLS says how many, and
/// FILEMAP_SEED where chance begins.
#[test]
fn whoever_is_killed_at_random_the_others_go_on_with_the_same_memory() {
    let world = world!("random");
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let kills = number("FILEMAP_BRIDGE_KILLS").unwrap_or(8);
    let seed = number("FILEMAP_SEED").unwrap_or(u64::from(std::process::id()) | 1);
    println!("seed {seed}");
    let mut chance = Chance(seed);
    let mut bridge = world.start(&["--size", "2048"]);
    let native = world.native();
    let mut game = world.game();
    for round in 0..kills {
        native.until_new_samples(1 + chance.below(20));
        // Each victim has its turn in the first four rounds.
        let victim = if round < 4 { round as u32 } else { chance.below(4) };
        let samples = native.word(SAMPLES);
        match victim {
            0 => {
                game.kill().unwrap();
                game.wait().unwrap();
                game = world.game();
            }
            1 => {
                drop(bridge); // killed
                bridge = world.start(&[]);
                assert!(bridge.lines.contains("still, 4096 bytes"), "{}", bridge.lines);
            }
            2 => {
                let abandoned = native.word(ABANDONED); // he may be told before we know that the owner has ended
                world.kill_an_owner_of_the_mutex();
                native.until("the game is told", || native.word(ABANDONED) > abandoned);
            }
            _ => {
                assert!(
                    bridge
                        .said_when_its_helper_was_killed()
                        .contains("before its time")
                );
                bridge = world.start(&[]);
            }
        }
        assert!(
            native.word(SAMPLES) >= samples,
            "round {round}: the memory is the same"
        );
        native.plays_with_the_game(100 + round as u32);
    }
    native.set(STOP, 1);
    assert!(game.wait().unwrap().success());
    bridge.end();
}

#[test]
fn the_bridge_starts_a_program_itself_and_ends_with_it() {
    let world = world!("itself");
    let map = world.name("map");
    let output = world
        .bridge(&["--map", &map, "--size", "64KiB", "--"])
        .arg(env!("CARGO_BIN_EXE_filemap"))
        .args(["read", &map, "--len", "4"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(output.stdout, [0; 4]);
}

#[test]
fn running_sections_are_shown_with_their_programs() {
    let world = world!("scan");
    let mut game = world.game();
    let output = world.bridge(&["--scan"]).output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let name = world.game.file_name().unwrap().to_string_lossy().into_owned();
    let line = shown.lines().find(|line| line.contains(&name));
    game.kill().unwrap();
    game.wait().unwrap();
    let pid = game.id().to_string();
    assert!(
        line.is_some_and(|line| line.contains(&pid) && line.contains("4096")),
        "{shown}"
    );
}

#[test]
fn what_is_wrong_is_said_plainly_with_what_to_do() {
    let world = world!("wrong");
    let map = world.name("map");
    let empty = world.tree.path().with_extension("empty");
    std::fs::create_dir_all(&empty).unwrap();
    let says = |command: &mut Command, wanted: &str| {
        let output = command.stdin(Stdio::null()).output().unwrap();
        let text = said(&output);
        assert!(
            !output.status.success() && text.contains(wanted),
            "{wanted}: {text}"
        );
    };
    says(&mut world.bridge(&[]), "nothing to share");
    says(&mut world.bridge(&["--map", &map]), "it needs --size");
    says(
        world.bridge(&["--map", &map]).args(["--wine", "/no/such/wine"]),
        "there is no such program",
    );
    says(
        &mut world.bridge(&["--profile", "no-such-game"]),
        "--list-profiles",
    );
    let mut command = Command::new(env!("CARGO_BIN_EXE_filemap"));
    let with = |command: &mut Command, prefix: &Path, helper: &Path| {
        command
            .args(["bridge", "--map", "x", "--size", "4096", "--prefix"])
            .arg(prefix);
        command.arg("--helper").arg(helper);
    };
    with(&mut command, &empty, &world.helper);
    says(&mut command, "this is no Wine prefix");
    let mut registry = std::fs::File::create(empty.join("system.reg")).unwrap();
    registry
        .write_all(b"WINE REGISTRY Version 2\n#arch=win32\n")
        .unwrap();
    says(&mut command, "32-bit programs only");
    let mut command = Command::new(env!("CARGO_BIN_EXE_filemap"));
    with(&mut command, &world.wine.prefix, Path::new("/no/such/helper.exe"));
    says(&mut command, "cargo xtask windows");
    // The object is smaller than what is asked for, on either side; both sides have one.
    let options = FileMapping::options().namespace(&world.space);
    let small = options.clone().size(4096).create(&map).unwrap();
    says(
        &mut world.bridge(&["--map", &map, "--size", "8192"]),
        "has 4096 bytes, 8192 were asked for",
    );
    let mut game = world.game();
    says(
        &mut world.bridge(&["--map", &map]),
        "two memories can't become one",
    );
    drop(small);
    // The name belongs to another kind of object, in the prefix.
    let mutex = world.name("mutex");
    says(
        &mut world.bridge(&["--map", &mutex, "--size", "4096"]),
        "another kind of object has this name",
    );
    game.kill().unwrap();
    game.wait().unwrap();
    std::fs::remove_dir_all(&empty).unwrap();
}

#[test]
fn the_profiles_are_listed() {
    let mut out = String::new();
    Command::new(env!("CARGO_BIN_EXE_filemap"))
        .args(["bridge", "--list-profiles"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
        .stdout
        .unwrap()
        .read_to_string(&mut out)
        .unwrap();
    assert!(
        out.contains(r"Local\acpmf_physics") && out.contains(r"Local\IRSDKDataValidEvent"),
        "{out}"
    );
}

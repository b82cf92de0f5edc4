//! Programs of the shape that people port, built from sources that use only Windows headers, and run against each other.

mod support;

use filemap_testing::{PrivateRoot, private_root, skip, wait_for, watchdog};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use support::{Mode, installed, root, run};

/// A directory with the installed library and what was built against it, and a tree of names of its own.
struct Place {
    dir: tempfile::TempDir,
    names: PrivateRoot,
}

impl Place {
    fn new() -> Place {
        let dir = tempfile::tempdir().unwrap();
        installed(dir.path());
        Place {
            dir,
            names: private_root(),
        }
    }

    fn source(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Builds a source into a program named after it.
    fn build(&self, mode: Mode, source: &Path) -> PathBuf {
        let program = self.dir.path().join(source.file_stem().unwrap());
        run(mode
            .command()
            .arg(source)
            .arg("-o")
            .arg(&program)
            .arg("-L")
            .arg(self.dir.path())
            .arg(format!("-Wl,-rpath,{}", self.dir.path().display()))
            .arg("-lfilemap"));
        program
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env("FILEMAP_ROOT", self.names.path())
            .env("FILEMAP_SESSION", "0")
            .env("LD_LIBRARY_PATH", self.dir.path());
        command
    }

    fn output(&self, program: &Path, arguments: &[&str]) -> String {
        let output = run(self.command(program).args(arguments).stdin(Stdio::null()));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts a program that says something and then waits for a key; what it said up to the line that begins with `last`.
    fn start(&self, mut command: Command, last: &str) -> (Running, String) {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut running = Running { child, out };
        let mut said = String::new();
        loop {
            let mut line = String::new();
            assert!(
                running.out.read_line(&mut line).unwrap() > 0,
                "it ended before it said {last:?}: {said}"
            );
            said += &line;
            if line.starts_with(last) {
                return (running, said);
            }
        }
    }
}

/// A program that waits for a key.
struct Running {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Running {
    /// Presses ENTER; the program must end well. What it said since.
    fn enter(mut self) -> String {
        self.child.stdin.take().unwrap().write_all(b"\n").unwrap();
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        assert!(self.child.wait().unwrap().success(), "{rest}");
        rest
    }
}

const fn mode(compiler: &'static str, standard: &'static str, unicode: bool, short_wchar: bool) -> Mode {
    Mode {
        compiler,
        standard,
        unicode,
        short_wchar,
    }
}

fn program(name: &str) -> PathBuf {
    root().join("tests/programs").join(name)
}

/// The two programs of the seed, as they stand there.
fn programs_of_seed() -> Option<[String; 2]> {
    let seeds = std::env::var_os("FILEMAP_SEEDS").map_or(root().join("../../../shared/seeds"), PathBuf::from);
    let names = std::fs::read_dir(seeds).ok()?;
    let found = names
        .flatten()
        .find(|entry| entry.file_name().to_string_lossy().starts_with("001_"))?;
    let text = std::fs::read_to_string(found.path()).unwrap();
    let mut programs = text.split("#include <windows.h>").skip(1).map(|rest| {
        let (body, _) = rest
            .split_once("\n}")
            .expect("a program ends with a brace at the margin");
        format!("#include <windows.h>{body}\n}}\n")
    });
    Some([programs.next()?, programs.next()?])
}

// M-60, M-61, M-62
#[test]
fn the_two_programs_of_the_seed_meet_unmodified() {
    let _watchdog = watchdog!();
    let Some([first, second]) = programs_of_seed() else {
        skip!("the seeds are not here: set FILEMAP_SEEDS to their directory");
    };
    for mode in [
        mode("gcc", "gnu17", false, false),
        mode("gcc", "c11", true, false),
        mode("gcc", "gnu89", true, true),
        mode("clang", "gnu17", true, false),
    ] {
        let place = Place::new();
        let first = place.build(mode, &place.source("first.c", &first));
        let second = place.build(mode, &place.source("second.c", &second));
        let mut server = place
            .command(first)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // The first one says nothing; the second one finds the name when it is there, and the text a moment later.
        let mut said = String::new();
        wait_for("the second program to find what the first has written", || {
            let output = place.command(&second).output().unwrap();
            said = String::from_utf8(output.stdout).unwrap();
            let found = output.status.success() && said != "[Process2] \n";
            assert!(
                found || said == "[Process2] \n" || said.contains("Could not open file mapping object (2)"),
                "{mode:?}: {said}"
            );
            found
        });
        assert_eq!(said, "[Process2] Message from first process.\n", "{mode:?}");
        server.stdin.take().unwrap().write_all(b"k").unwrap();
        assert!(server.wait().unwrap().success());
        let output = place.command(&second).output().unwrap();
        assert_eq!(
            String::from_utf8(output.stdout).unwrap(),
            "Could not open file mapping object (2).\n",
            "{mode:?}: the name went with the first process (O-40)"
        );
        assert_eq!(output.status.code(), Some(1));
    }
}

// M-60
#[test]
fn programs_like_those_of_the_seed_meet_in_c_and_cxx() {
    let _watchdog = watchdog!();
    for mode in [
        mode("gcc", "gnu17", true, false),
        mode("clang", "c99", false, false),
        mode("g++", "c++17", true, false),
        mode("clang++", "c++20", false, false),
    ] {
        let place = Place::new();
        let extension = if mode.compiler.ends_with("++") { "cpp" } else { "c" };
        let build = |name: &str| {
            let text = std::fs::read_to_string(program(&format!("{name}.c"))).unwrap();
            place.build(mode, &place.source(&format!("{name}.{extension}"), &text))
        };
        let (first, second) = (build("first"), build("second"));
        let (server, _) = place.start(place.command(first), "ready");
        let said = place.output(&second, &[]);
        assert!(
            said.contains("A word from the first program."),
            "{mode:?}: {said}"
        );
        server.enter();
    }
}

const SERVER_SAYS: &str = "The file mapping (Local\\SampleMap) is created\nThe file view is mapped\nThis message is written to the \
                           view:\n\"Message from the first process.\"\n";
const CLIENT_SAYS: &str = "The file mapping (Local\\SampleMap) is opened\nThe file view is mapped\nRead from the file \
                           mapping:\n\"Message from the first process.\"\nPress ENTER to clean up resources and quit";

// M-63
#[test]
fn the_file_mapping_server_and_client_say_what_the_sample_says() {
    let _watchdog = watchdog!();
    for mode in [
        mode("gcc", "gnu17", true, true),
        mode("clang", "gnu89", true, true),
    ] {
        let place = Place::new();
        let server = place.build(mode, &program("server.c"));
        let client = place.build(mode, &program("client.c"));
        // A pipe gets what a program says when it ends, or a line at a time if it is asked to.
        let mut by_line = place.command("stdbuf");
        by_line.arg("-oL").arg(server);
        let (running, said) = place.start(by_line, "\"Message");
        assert_eq!(said, SERVER_SAYS, "{mode:?}");
        let output = run(place.command(&client).stdin(Stdio::null()));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), CLIENT_SAYS, "{mode:?}");
        running.enter();
        let said = String::from_utf8(place.command(client).output().unwrap().stdout).unwrap();
        assert_eq!(said, "OpenFileMapping failed w/err 0x00000002\n", "{mode:?}");
    }
}

#[test]
fn a_server_and_a_client_in_cxx_meet() {
    let _watchdog = watchdog!();
    for mode in [
        mode("g++", "c++11", false, false),
        mode("clang++", "c++20", true, false),
    ] {
        let place = Place::new();
        let server = place.build(mode, &program("server.cpp"));
        let client = place.build(mode, &program("client.cpp"));
        let (running, _) = place.start(place.command(server), "The file view is mapped");
        // It writes its text after that line: the client looks again until it is there.
        let mut said = String::new();
        wait_for("the text of the server", || {
            said = place.output(&client, &[]);
            said.contains("Hi from C++")
        });
        running.enter();
    }
}

// P-40 to P-45
#[test]
fn a_program_of_windows_ce_maps_a_file() {
    let _watchdog = watchdog!();
    for mode in [
        mode("gcc", "gnu17", true, false),
        mode("clang", "c99", false, false),
    ] {
        let place = Place::new();
        let built = place.build(mode, &program("ce.c"));
        let file = place.source("data.bin", "A file of the device.");
        let said = place.output(&built, &[file.to_str().unwrap()]);
        assert_eq!(said, "again: 1\n21 bytes, first 65\n", "{mode:?}");
    }
}

// V-65, V-67
#[test]
fn programs_with_based_pointers_share_a_list_at_different_addresses() {
    let _watchdog = watchdog!();
    for mode in [
        mode("gcc", "gnu17", true, false),
        mode("clang", "c99", false, false),
        mode("g++", "c++11", false, false),
    ] {
        let place = Place::new();
        let text = std::fs::read_to_string(program("based.c")).unwrap();
        let extension = if mode.compiler == "g++" { "cpp" } else { "c" };
        let built = place.build(mode, &place.source(&format!("based.{extension}"), &text));
        let (maker, made) = place.start(place.command(&built), "made");
        let found = place.output(&built, &["reader"]);
        let told = |line: &str| {
            let (sum, address) = line.trim().split_once(" at ").unwrap();
            (sum.split_once(' ').unwrap().1.to_owned(), address.to_owned())
        };
        let ((made, there), (found, here)) = (told(&made), told(&found));
        assert_eq!((made.as_str(), found.as_str()), ("55", "55"), "{mode:?}");
        assert_ne!(there, here, "{mode:?}: two addresses, or nothing is shown");
        assert_eq!(maker.enter(), "now 100\n", "{mode:?}");
    }
}

// N-60 to N-62, A-20: the story of seed 000, with one user on both sides
#[test]
fn a_service_and_a_user_program_meet_in_the_global_name_space() {
    let _watchdog = watchdog!();
    for mode in [
        mode("gcc", "gnu17", false, false),
        mode("clang", "c11", true, false),
    ] {
        let place = Place::new();
        let service = place.build(mode, &program("service.c"));
        let user = place.build(mode, &program("user.c"));
        let (running, _) = place.start(place.command(service), "ready");
        let said = place.output(&user, &[]);
        assert!(said.ends_with("counter 3\n"), "{mode:?}: {said}");
        running.enter();
    }
}

// N-60 to N-66, A-20: the story of seed 000, with a service in session 0 and a user in a session of his own
#[test]
fn a_user_of_another_session_meets_2_and_5_and_then_the_service() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let _watchdog = watchdog!();
    let Some(uid) = filemap_testing::other_uid() else {
        skip!("needs root, to become another user");
    };
    let place = Place::new();
    // A tree as `filemap setup` makes it for all users of a machine; programs and library that they can read.
    let open = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    open(place.dir.path(), 0o755);
    open(place.names.path(), 0o755);
    for directory in ["Global", "Sessions", "Private"] {
        let path = place.names.path().join(directory);
        std::fs::create_dir(&path).unwrap();
        open(&path, 0o1777);
    }
    for name in ["libfilemap.so", "libfilemap.so.0"] {
        let link = place.dir.path().join(name);
        std::fs::remove_file(&link).unwrap();
        std::fs::copy(support::library(), &link).unwrap();
        open(&link, 0o755);
    }
    let mode = mode("gcc", "gnu17", false, false);
    let service = place.build(mode, &program("service.c"));
    let user = place.build(mode, &program("user.c"));
    let (running, _) = place.start(place.command(service), "ready");
    let output = run(place
        .command(user)
        .env("FILEMAP_SESSION", "1")
        .stdin(Stdio::null())
        .current_dir("/")
        .uid(uid)
        .gid(uid));
    let said = String::from_utf8(output.stdout).unwrap();
    let starts: Vec<_> = said.lines().filter_map(|line| line.split_once(": ")).collect();
    let number = |text: &str| text.split(' ').next().unwrap().to_owned();
    let told: Vec<_> = starts.iter().map(|(what, why)| (*what, number(why))).collect();
    let (two, five) = ("2".to_owned(), "5".to_owned());
    assert_eq!(
        told,
        [("AcceptanceMap", two), ("FILE_MAP_ALL_ACCESS", five)],
        "{said}"
    );
    assert!(said.ends_with("counter 3\n"), "{said}");
    running.enter();
}

/// `mcs` and `mono`, installed if that is possible here.
fn mono() -> bool {
    let there = || {
        ["mcs", "mono"].into_iter().all(|tool| {
            Command::new(tool)
                .arg("--version")
                .stdout(Stdio::null())
                .status()
                .is_ok()
        })
    };
    there()
        || (Command::new("apt-get")
            .args([
                "install",
                "-y",
                "--no-install-recommends",
                "mono-mcs",
                "mono-runtime",
            ])
            .stdin(Stdio::null())
            .output()
            .is_ok_and(|output| output.status.success())
            && there())
}

/// Builds both programs and runs them, with what `prepare` puts beside them and sets in their environment.
fn dotnet_pair(prepare: impl Fn(&Path, &Path), environment: impl Fn(&mut Command, &Path)) {
    let place = Place::new();
    let library = place.dir.path().join("libfilemap.so");
    let build = |name: &str| {
        let built = place.dir.path().join(format!("{name}.exe"));
        run(Command::new("mcs")
            .arg("-out:".to_owned() + built.to_str().unwrap())
            .arg(program(&format!("{name}.cs"))));
        prepare(&built, &library);
        built
    };
    let (server, client) = (build("server"), build("client"));
    let mono = |program: &Path| {
        let mut command = place.command("mono");
        command.arg(program);
        environment(&mut command, place.dir.path());
        command
    };
    let (running, said) = place.start(mono(&server), "\"Message");
    assert_eq!(
        said,
        "The file mapping (Local\\SampleMap) is created, last error 0\nonce more: last error 183\nThe file view is mapped\nThis \
         message is written to the view:\n\"Message from the first process.\"\n",
        "F-18"
    );
    let output = run(mono(&client).stdin(Stdio::null()));
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "nobody's: 0, last error 2\nThe file mapping (Local\\SampleMap) is opened\nThe file view is mapped\nRead from the file \
         mapping:\n\"Message from the first process.\"\n[client] done\n"
    );
    running.enter();
}

// P-50, F-18
#[test]
fn dotnet_programs_find_the_library_through_a_dllmap() {
    let _watchdog = watchdog!();
    if !mono() {
        skip!("Mono is not here: apt-get install --no-install-recommends mono-mcs mono-runtime");
    }
    let prepare = |program: &Path, library: &Path| {
        let map = |dll: &str| format!("<dllmap dll=\"i:{dll}\" target=\"{}\"/>", library.display());
        let (kernel, user) = (map("kernel32.dll"), map("user32.dll"));
        let text = format!("<configuration>{kernel}{user}</configuration>");
        std::fs::write(format!("{}.config", program.display()), text).unwrap();
    };
    dotnet_pair(prepare, |_, _| {});
}

// P-50, F-18
#[test]
fn dotnet_programs_find_the_library_by_the_name_that_they_import() {
    let _watchdog = watchdog!();
    if !mono() {
        skip!("Mono is not here: apt-get install --no-install-recommends mono-mcs mono-runtime");
    }
    let prepare = |program: &Path, library: &Path| {
        for name in ["libkernel32.so", "libKernel32.so", "libuser32.so"] {
            let link = program.with_file_name(name);
            if !link.exists() {
                std::os::unix::fs::symlink(library, link).unwrap();
            }
        }
        // Debian's own configuration claims kernel32.dll for Mono itself; this one claims nothing.
        std::fs::write(program.with_file_name("mono.config"), "<configuration/>").unwrap();
    };
    dotnet_pair(prepare, |command, dir| {
        command.env("MONO_CONFIG", dir.join("mono.config"));
    });
}

// P-50, F-18
#[test]
fn dotnet_programs_find_a_preloaded_library_without_any_configuration() {
    let _watchdog = watchdog!();
    if !mono() {
        skip!("Mono is not here: apt-get install --no-install-recommends mono-mcs mono-runtime");
    }
    let prepare = |program: &Path, library: &Path| {
        let link = program.with_file_name("libuser32.so");
        if !link.exists() {
            std::os::unix::fs::symlink(library, link).unwrap();
        }
    };
    dotnet_pair(prepare, |command, dir| {
        command.env("LD_PRELOAD", dir.join("libfilemap.so"));
    });
}

//! The C side of offsets (V-65, V-67): compiled by the system's compilers, and run.

use filemap::{FileMapping, Namespace};
use filemap_shared::{Rel, RelStr, Shared, SharedBox};
use filemap_testing::{private_root, skip};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// A program in C, and the directory that it lives in.
struct Program {
    path: PathBuf,
    _place: tempfile::TempDir,
}

fn is_missing(compiler: &str) -> bool {
    Command::new(compiler).arg("--version").output().is_err()
}

fn built(compiler: &str, source: &str, arguments: &[&str]) -> Program {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("program");
    let status = Command::new(compiler)
        .args(arguments)
        .args(["-Wall", "-Wextra", "-Werror", "-I"])
        .arg(here.join("../filemap-capi/include"))
        .arg(here.join("examples/c").join(source))
        .arg("-o")
        .arg(&path)
        .status()
        .unwrap();
    assert!(status.success(), "{compiler} refuses {source}");
    Program { path, _place: place }
}

// V-67
#[test]
fn a_list_of_based_pointers_in_c_is_the_same_at_two_addresses_and_refuses_wild_ones() {
    if is_missing("cc") {
        skip!("there is no C compiler here");
    }
    let program = built("cc", "bpointer.c", &["-std=c11"]);
    let output = Command::new(&program.path).output().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    assert_eq!(output.stdout, b"0 + 1 + 2 + 3 + 4 = 10, at two addresses\n");
}

#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, Shared)]
#[repr(C)]
struct Node {
    value: u64,
    next: Rel<Node>,
}

#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, Shared)]
#[repr(C)]
#[shared(version = 3)]
struct List {
    first: Rel<Node>,
    text: RelStr,
    nodes: [Node; 8],
}

// V-65: C and Rust agree on layout, offsets and fingerprint, or say that they don't.
#[test]
fn c_and_rust_share_a_list_and_a_program_of_another_definition_is_told_so() {
    if is_missing("cc") || is_missing("c++") {
        skip!("there are no C and C++ compilers here");
    }
    let root = private_root();
    let space = Namespace::at(root.path());
    let options = FileMapping::options().namespace(&space);
    let list = SharedBox::create(&options, "list", &List::default()).unwrap();
    let nodes = list.place().nodes().offset();
    let node = |i: u64| Rel::<Node>::new(nodes + i * size_of::<Node>() as u64).unwrap();
    let view = list.view();
    node(0)
        .set(
            view,
            &Node {
                value: 7,
                next: Rel::NULL,
            },
        )
        .unwrap();
    node(1)
        .set(
            view,
            &Node {
                value: 8,
                next: node(0),
            },
        )
        .unwrap();
    list.place().first().set(&node(1)).unwrap();
    let text = RelStr::write(view, nodes + 7 * 16, "from Rust").unwrap();
    list.place().text().set(&text).unwrap();

    // A program that was given the descriptor, as DuplicateHandle does.
    let mapping = options.open("list").unwrap();
    let file = format!(
        "/proc/{}/fd/{}",
        std::process::id(),
        mapping.data_descriptor().as_raw_fd()
    );
    let run = |program: &Program| {
        let output = Command::new(&program.path).arg(&file).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    for (compiler, standard) in [("cc", "-std=gnu11"), ("c++", "-std=gnu++17")] {
        let language: &[&str] = match compiler {
            "cc" => &[standard],
            _ => &[standard, "-x", "c++"],
        };
        let before = list.place().first().get().unwrap();
        let agrees = built(compiler, "layout.c", language);
        let sum: u64 = before.walk(view, |n| n.next).map(|n| n.unwrap().value).sum();
        assert_eq!(
            run(&agrees),
            (Some(0), format!("{sum} from Rust\n")),
            "{compiler}"
        );
        let added = list.place().first().get().unwrap().get(view).unwrap();
        assert_eq!((added.value, added.next), (100, before), "{compiler}");
        let other = built(
            compiler,
            "layout.c",
            &[language, &["-DOTHER_DEFINITION"]].concat(),
        );
        assert_eq!(run(&other), (Some(1), "1306\n".to_owned()), "{compiler}");
    }
    // What C says of what is no shared object, and of one that nobody has finished.
    let (garbage, zeroes) = (options.clone().size(4096), options.clone().size(4096));
    let agrees = built("cc", "layout.c", &["-std=gnu11"]);
    for (mapping, value, error) in [
        (garbage.create("garbage").unwrap(), 0xAA, "170\n"),
        (zeroes.create("zeroes").unwrap(), 0, "170\n"),
    ] {
        mapping.map().unwrap().fill_at(0, value, 4096).unwrap();
        let file = format!(
            "/proc/{}/fd/{}",
            std::process::id(),
            mapping.data_descriptor().as_raw_fd()
        );
        let output = Command::new(&agrees.path).arg(&file).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), error);
    }
}

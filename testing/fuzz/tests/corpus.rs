//! The corpus of every fuzz target, and changes of each of its inputs, on any toolchain. `cargo xtask fuzz` looks further.

use filemap_fuzz_targets::TARGETS;
use filemap_testing::{private_root, role, watchdog};
use std::path::{Path, PathBuf};

/// Changes of each input: more with `FILEMAP_FUZZ_CHANGES`.
fn changes() -> u64 {
    let text = std::env::var("FILEMAP_FUZZ_CHANGES").unwrap_or_default();
    text.parse().unwrap_or(60)
}

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&directory)
        .unwrap_or_else(|e| panic!("{}: {e}", directory.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    let read = |path: PathBuf| {
        let bytes = std::fs::read(&path).expect("an input");
        (path, bytes)
    };
    paths.into_iter().map(read).collect()
}

/// Bytes changed, taken out, put in, doubled.
fn changed(bytes: &[u8], mut random: u64) -> Vec<u8> {
    let mut next = move |end: usize| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % end.max(1)
    };
    let mut bytes = bytes.to_vec();
    for _ in 0..=next(4) {
        let at = next(bytes.len());
        match next(5) {
            0 if !bytes.is_empty() => bytes[at] = next(256) as u8,
            1 if !bytes.is_empty() => bytes[at] ^= 1 << next(8),
            2 if !bytes.is_empty() => drop(bytes.remove(at)),
            3 => bytes.insert(at, next(256) as u8),
            _ => bytes.extend_from_within(at.min(bytes.len())..),
        }
        bytes.truncate(4096);
    }
    bytes
}

fn replay(name: &str) {
    let _dog = watchdog!();
    let (_, body) = TARGETS
        .iter()
        .find(|(target, _)| *target == name)
        .expect("a target");
    let inputs = corpus(name);
    assert!(inputs.len() >= 3, "a corpus of {}", inputs.len());
    for (path, bytes) in &inputs {
        println!("{}", path.display());
        body(bytes);
        for n in 0..changes() {
            let input = changed(bytes, n * 977 + bytes.len() as u64);
            let caught = std::panic::catch_unwind(|| body(&input));
            assert!(caught.is_ok(), "{} changed into {input:?}", path.display());
        }
    }
}

filemap_testing::roles! {
    /// Replays a target in a process with a tree, or a command, of its own: the variable is read once.
    fn apart(peer: &mut Peer) {
        let name = peer.receive().expect("a target");
        replay(&name);
        peer.send("replayed");
    }
}

fn replay_apart(name: &str, variable: &str, value: &Path) {
    let _dog = watchdog!();
    let mut child = role!(apart).env(variable, value).start();
    child.send(name);
    assert_eq!(child.receive().as_deref(), Some("replayed"), "{name}");
}

#[test]
fn names_of_any_bytes_lead_to_file_names_and_back() {
    replay("name");
}

#[test]
fn footers_of_any_bytes_are_refused_or_fit_their_file() {
    replay("footer");
}

#[test]
fn descriptors_in_text_of_any_bytes_are_refused_or_the_same_when_written() {
    replay("sddl");
}

#[test]
fn descriptors_of_any_bytes_are_refused_or_the_same_when_written() {
    replay("descriptor");
}

#[test]
fn layouts_of_any_text_over_any_bytes_show_something() {
    replay("layout");
}

#[test]
fn any_sequence_of_calls_does_what_the_model_does() {
    replay("actions");
}

#[test]
fn c_functions_survive_any_text_structure_and_number() {
    let root = private_root();
    replay_apart("boundary", "FILEMAP_ROOT", root.path());
}

#[test]
fn every_target_has_a_corpus_and_a_file_for_the_fuzzer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    for (name, _) in TARGETS {
        assert!(corpus(name).len() >= 3, "{name}");
        assert!(
            root.join("fuzz_targets").join(format!("{name}.rs")).is_file(),
            "{name}"
        );
    }
}

//! What exists, by the names that lead to it (N-5, O-40).

use filemap::{FileMapping, Namespace, list};
use filemap_testing::private_root;

// N-2, N-5, N-10
#[test]
fn objects_are_listed_by_the_name_that_leads_the_caller_to_them() {
    let root = private_root();
    let space = |session| {
        Namespace::at(root.path())
            .with_session(session)
            .with_global_privilege(true)
    };
    let create = |session, name: &str| {
        FileMapping::options()
            .namespace(&space(session))
            .size(4096)
            .create(name)
            .unwrap()
    };
    let _held = [
        create(1, r"Local\a"),
        create(1, "b"),
        create(1, r"Global\c"),
        create(0, "d"),
        create(0, r"Local\e"),
        create(2, r"Local\f"),
    ];
    let names = |session| -> Vec<String> {
        let space = space(session);
        list::list(&space)
            .unwrap()
            .objects
            .iter()
            .map(|o| o.name_for(&space))
            .collect()
    };
    assert_eq!(
        names(1),
        [
            r"Global\c",
            r"Global\d",
            r"Global\e",
            r"Local\a",
            r"Local\b",
            r"Session\2\f"
        ]
    );
    assert_eq!(
        names(0),
        [
            r"Global\c",
            r"Global\d",
            r"Global\e",
            r"Session\1\a",
            r"Session\1\b",
            r"Session\2\f"
        ]
    );
    for session in [0, 1, 2] {
        for name in names(session) {
            assert!(
                FileMapping::options()
                    .namespace(&space(session))
                    .open(&name)
                    .is_ok(),
                "{session}: {name}"
            );
        }
    }
}

// O-40
#[test]
fn a_sweep_takes_dead_entries_and_leaves_live_ones_and_foreign_files() {
    let root = private_root();
    let space = Namespace::at(root.path()).with_session(1);
    let live = FileMapping::options()
        .namespace(&space)
        .size(4096)
        .create("live")
        .unwrap();
    let directory = root.path().join("Sessions/1");
    // A dead entry is an object's file that nobody has locked: a copy of the live one's.
    std::fs::copy(directory.join("live"), directory.join("dead")).unwrap();
    std::fs::write(directory.join("notes.txt"), b"somebody's notes").unwrap();
    let listing = list::list(&space).unwrap();
    assert_eq!(
        (listing.objects.len(), listing.dead.len(), listing.oddities.len()),
        (1, 1, 1)
    );
    let swept = list::sweep(&space).unwrap();
    assert_eq!((swept.removed, swept.live, swept.kept), (1, 1, 1));
    assert!(swept.bytes >= 4096);
    assert!(!directory.join("dead").exists() && directory.join("notes.txt").exists());
    drop(live);
}

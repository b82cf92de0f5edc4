//! Sessions: N-1..N-5, N-10, N-11, N-30..N-34, N-90, N-92, and what an error 2 tells (N-69, I-10).

use crate::common::{self, SharedTree};
use filemap::{FileMapping, Namespace};
use filemap_testing::private_root;

filemap_testing::roles! {
    /// A user who does what the test says.
    fn actor(peer: &mut Peer) { common::act(peer) }

    /// Says which session the environment leads to.
    fn asks_for_its_session(peer: &mut Peer) {
        match Namespace::from_environment() {
            Ok(space) => peer.send(&format!("session {}", space.session())),
            Err(e) => peer.send(&format!("{} {e}", e.code().0)),
        }
    }
}

#[test]
fn each_user_has_a_session_and_root_is_in_session_0_n2_n3_n90() {
    let [ann, bob, _] = users!();
    let tree = SharedTree::new();
    let (mut user_a, mut user_b) = (user!(tree, ann), user!(tree, bob));
    user_a.expect(r"create Local\a", "ok f0007");
    user_a.expect("open a 4", "ok 4"); // plain is Local (N-10)
    user_a.expect(r"open Session\61001\a 4", "ok 4"); // one object by any spelling (N-5)
    let told = user_b.expect("open a 4", "2");
    assert!(
        !told.contains("61001"),
        "where Ann's objects are is not for Bob to know (N-69): {told}"
    );
    user_b.expect(r"open Session\61001\a 4", "5"); // the session's directory is its user's
    let root = tree.space();
    assert_eq!(root.session(), 0);
    // Session 0's own directory is the global one (N-2).
    let _made = FileMapping::options()
        .namespace(&root)
        .size(1)
        .sddl("D:(A;;0x4;;;WD)")
        .create("plain")
        .unwrap();
    user_b.expect(r"open Global\plain 4", "ok 4");
    let told = user_b.expect("open plain 4", "2");
    assert!(told.contains(r"open Global\plain"), "{told}");
}

#[test]
fn the_session_is_chosen_by_number_or_by_login_and_nothing_else_n32_n90() {
    let root = private_root();
    let ask = |value: &str| {
        let mut role = filemap_testing::role!(asks_for_its_session).env("FILEMAP_ROOT", root.path());
        role = role.env("FILEMAP_SESSION", value);
        role.start().receive().unwrap()
    };
    assert_eq!(ask("7"), "session 7");
    assert_eq!(ask(""), ask(&tree_default()));
    assert!(ask("seven").starts_with("87 "));
    assert!(ask("-1").starts_with("87 "));
    // The audit session, if this process belongs to one.
    let audit = std::fs::read_to_string("/proc/self/sessionid").unwrap_or_default();
    match audit.trim().parse::<u32>() {
        Ok(id) if id != u32::MAX => assert_eq!(ask("login"), format!("session {id}")),
        _ => assert!(ask("login").starts_with("87 ") && ask("login").contains("/proc/self/sessionid")),
    }
}

fn tree_default() -> String {
    Namespace::of_user().session().to_string()
}

#[test]
fn an_error_2_tells_other_sessions_kinds_and_spellings_n69_i10() {
    let root = private_root();
    let space = Namespace::at(root.path())
        .with_session(1)
        .with_global_privilege(true);
    let options = || FileMapping::options().namespace(&space).size(1);
    let other = space.with_session(2);
    let _theirs = FileMapping::options()
        .namespace(&other)
        .size(1)
        .create("theirs")
        .unwrap();
    let _global = options().create(r"Global\service").unwrap();
    let _here = options().create("Frames").unwrap();
    let _event = filemap::Event::options()
        .namespace(&other)
        .create("event")
        .unwrap();
    let note = |name: &str| options().open(name).unwrap_err().note().to_owned();
    assert!(note("theirs").contains("session 2"));
    assert!(note("service").contains(r"open Global\service"));
    assert!(note("frames").contains("`Frames`") && note("frames").contains("case"));
    assert!(
        note("event").contains("session 2 (an event)"),
        "its kind is told where it is another"
    );
    assert_eq!(note("nothing"), "");
}

#[test]
fn a_dead_entry_that_may_not_be_read_is_error_2_and_not_5_o9_a62() {
    let [ann, bob, _] = users!();
    let tree = SharedTree::new();
    let mut user_a = user!(tree, ann);
    let mut user_b = user!(tree, bob);
    user_a.expect(r"squat Global\x D:", "ok f0007");
    user_b.expect(r"open Global\x 4", "5"); // somebody holds it, and lets nobody in
    user_a.0.kill();
    user_b.expect(r"open Global\x 4", "2");
    let told = user_b.expect(r"squat Global\x D:", "5"); // to take its name is another matter: only its owner can
    assert!(told.contains("dead object of user 61001"), "{told}");
}

/// What everybody may open.
const FOR_ALL: &str = "D:(A;;GA;;;WD)";

// N-30, N-31, N-33, N-34, N-92, P-33, P-34: the table of sessions by version, with a service and two users who are
// different users of the machine.
#[test]
fn services_and_users_meet_by_plain_names_where_that_windows_lets_them() {
    let [ann, bob, _] = users!();
    for (platform, [first, second]) in [
        ("nt351", [true, true]),
        ("nt4", [true, true]),
        ("nt4-tse", [true, false]), // N-34
        ("win2000", [true, false]),
        ("xp-sp1", [true, false]),
        ("xp", [true, false]), // N-30, N-33
        ("server2003", [true, false]),
        ("vista", [false, false]), // N-31
        ("win7", [false, false]),
        ("nt", [false, false]),
    ] {
        let tree = SharedTree::new();
        let service = tree
            .space()
            .with_profile(filemap::core::profile::named(platform).unwrap())
            .with_session(0);
        let options = || FileMapping::options().namespace(&service).size(4096);
        let _held = options().sddl(FOR_ALL).create("MaartensMap").unwrap();
        for (nth, uid, meet) in [(0, ann, first), (1, bob, second)] {
            let mut user = user!(tree, uid, platform, format!("logon:{nth}"));
            let code = if meet { "ok 6" } else { "2" };
            let told = user.expect("open MaartensMap 6", code);
            if !meet {
                assert!(told.contains(r"open Global\MaartensMap"), "{platform}: {told}");
                user.expect(r"open Global\MaartensMap 6", "ok 6");
            }
            // And the other way round: whether services see the user's names.
            user.expect(&format!("create of-user-{nth} {FOR_ALL}"), "ok");
            let seen = options().open(&format!("of-user-{nth}"));
            assert_eq!(
                seen.map_or_else(|e| e.code().0, |_| 0),
                if meet { 0 } else { 2 },
                "{platform}, user {nth}"
            );
        }
        // The two users see each other's plain names only where there are no sessions.
        let mut other = user!(tree, bob, platform, "logon:1");
        other.expect(&format!("create at-second {FOR_ALL}"), "ok");
        let mut user = user!(tree, ann, platform, "logon:0");
        let code = if first && second { "ok 6" } else { "2" };
        user.expect("open at-second 6", code);
    }
}

#[test]
fn who_logs_on_again_is_in_another_session_and_finds_nothing_of_the_old_one_n32() {
    let [ann, ..] = users!();
    let tree = SharedTree::new();
    let mut before = user!(tree, ann, "nt", "logon:0");
    before.expect("create plain", "ok");
    let mut after = user!(tree, ann, "nt", "logon:1");
    let told = after.expect("open plain 4", "2");
    assert!(
        told.contains("session 1"),
        "told where it is, for it is her own: {told}"
    );
    after.expect(r"open Session\1\plain 4", "ok 4");
}

#[test]
fn two_consoles_of_one_session_meet_by_local_without_any_privilege_n11() {
    let [ann, ..] = users!();
    let tree = SharedTree::new();
    let (mut first, mut second) = (user!(tree, ann), user!(tree, ann));
    first.expect(r"create Local\SampleMap", "ok f0007");
    first.expect(r"create Global\SampleMap", "5"); // she has no privilege
    second.expect(r"open Local\SampleMap 6", "ok 6");
}

#[test]
fn the_recommended_design_is_a_service_with_a_dacl_and_users_who_only_open_n47_a23() {
    let [ann, bob, _] = users!();
    let tree = SharedTree::new();
    let _service = FileMapping::options()
        .namespace(&tree.space())
        .size(4096)
        .sddl("D:(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x0006;;;IU)")
        .create(r"Global\MaartensMap")
        .unwrap();
    for uid in [ann, bob] {
        let mut user = user!(tree, uid);
        user.expect(r"open Global\MaartensMap 6", "ok 6");
        user.expect("write both", "ok"); // both ways
        user.expect(r"open Global\MaartensMap F001F", "5");
        user.expect(r"create Global\Mine", "5");
    }
}

// N-2, F-3: the name is good, the session is not.
#[test]
fn a_session_that_does_not_exist_is_error_3_and_anothers_is_5_and_nothing_is_created() {
    let [ann, bob, _] = users!();
    let tree = SharedTree::new();
    let (mut user_a, mut user_b) = (user!(tree, ann), user!(tree, bob));
    user_b.expect("create here", "ok");
    for call in ["open", "create", "make-event"] {
        let last = if call == "open" { " 4" } else { "" };
        let mut tell = |name: &str, code: &str| user_a.expect(&format!("{call} {name}{last}"), code);
        let told = tell(r"Session\99\x", "3");
        assert!(told.contains("at byte 8 of the name"), "{told}");
        assert!(
            told.contains("there is no session 99; there are 0, 61002"),
            "{told}"
        );
        for (name, at) in [(r"Session\abc\x", 8), (r"Session\007\x", 8), (r"Sessions\1\x", 0)] {
            let told = tell(name, "3");
            assert!(told.contains(&format!("at byte {at} of the name: `")), "{told}");
        }
        let told = tell(r"Session\61002\x", "5");
        assert!(told.contains("session 61002 belongs to user 61002"), "{told}");
    }
    let made: Vec<_> = std::fs::read_dir(tree.path().join("Sessions")).unwrap().collect();
    assert_eq!(made.len(), 1, "only that of who has created something: {made:?}");
}

// P-31, P-46, P-60: as root makes the tree, users of Windows CE meet whoever they are.
#[test]
fn names_of_windows_ce_belong_to_the_machine_and_not_to_a_user() {
    let [ann, bob, _] = users!();
    let tree = SharedTree::new();
    let (mut ann, mut bob) = (user!(tree, ann, "ce", "1"), user!(tree, bob, "ce", "2"));
    ann.expect("create device", "ok");
    ann.expect("write hers", "ok");
    bob.expect("create device", "ok");
    bob.expect("write his", "ok"); // nothing protects it
    bob.expect("make-event device", "ok"); // a name space for each kind
    bob.expect("open device 4", "127"); // there is no OpenFileMapping (P-45)
}

// P-23, V-30, P-60: the arena is one for all users.
#[test]
fn an_object_of_windows_95_is_at_one_address_for_users_too() {
    let [ann, bob, _] = users!();
    let tree = SharedTree::new();
    let (mut ann, mut bob) = (user!(tree, ann, "win95", ""), user!(tree, bob, "win95", ""));
    ann.expect("create first", "ok");
    let first = ann.expect("map", "ok");
    ann.expect("create second", "ok");
    let second = ann.expect("map", "ok");
    assert_ne!(first, second);
    bob.expect("open second 6", "ok 6");
    assert_eq!(bob.expect("map", "ok"), second);
    bob.expect("open first 6", "ok 6");
    assert_eq!(bob.expect("map", "ok"), first);
}

//! Sessions: N-1..N-5, N-10, N-31, N-32, N-90, and what an error 2 tells (N-69, I-10).

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
    user_b.expect("open a 4", "2");
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

//! Private name spaces across users: N-70..N-76, O-67.

use crate::common::{self, SharedTree};
use filemap::security::Sid;
use filemap::{BoundaryDescriptor, FileMapping, PrivateNamespace};
use filemap_testing::private_root;
use std::fs;

filemap_testing::roles! {
    /// A user who does what the test says.
    fn actor(peer: &mut Peer) { common::act(peer) }
}

fn entries(tree: &SharedTree) -> usize {
    fs::read_dir(tree.path().join("Private")).unwrap().count()
}

#[test]
fn two_users_meet_by_a_boundary_under_aliases_of_their_own_n70_n71_n72() {
    let [ann, bob, carl] = users!();
    let tree = SharedTree::new();
    let (mut ann, mut bob, mut carl) = (user!(tree, ann), user!(tree, bob), user!(tree, carl));
    // Ann is inside her boundary; the descriptor of the name space lets Bob in and create, and Carl not.
    let sid = Sid::unix_user(61_001);
    let sddl = format!("D:(A;;GA;;;{sid})(A;;GRGW;;;{})", Sid::unix_user(61_002));
    ann.expect(&format!("make-space farm=render/{sid} {sddl}"), "ok");
    ann.expect(r"create farm\frames D:(A;;0x6;;;WD)", "ok f0007");
    bob.expect(&format!("enter theirs=render/{sid}"), "ok"); // he is outside the boundary: that is no matter
    bob.expect(r"open theirs\frames 6", "ok 6");
    bob.expect(r"open farm\frames 6", "3"); // the alias is Ann's (N-71)
    bob.expect(r"create theirs\answer D:(A;;0x6;;;WD)", "ok f0007");
    ann.expect(r"open farm\answer 6", "ok 6");
    let told = carl.expect(&format!("enter mine=render/{sid}"), "5");
    assert!(told.contains("DIRECTORY_TRAVERSE"), "{told}");
    // Around the library: the kernel refuses him too (A-60).
    let private = fs::read_dir(tree.path().join("Private"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    carl.expect(&format!("raw r {}/frames", private.display()), "errno 13");
    // Another boundary, name or SIDs, is another name space.
    bob.expect(&format!("enter other=rendering/{sid}"), "3");
    bob.expect("enter other=render/", "3");
}

#[test]
fn creating_needs_every_sid_and_no_privilege_n72_n73_n75() {
    let [ann, bob, _] = users!();
    let tree = SharedTree::new();
    let (mut ann, mut bob) = (user!(tree, ann), user!(tree, bob));
    let told = bob.expect(&format!("make-space a=b/{},WD", Sid::unix_user(61_001)), "5");
    assert!(told.contains("Linux user 61001"), "{told}");
    assert_eq!(entries(&tree), 0, "nothing was created");
    ann.expect(
        &format!("make-space a=b/{},WD D:(A;;GA;;;WD)", Sid::unix_user(61_001)),
        "ok",
    );
    ann.expect(
        &format!("make-space again=b/WD,{}", Sid::unix_user(61_001)),
        "183",
    ); // the order of SIDs is no matter
    ann.expect(r"create a\x", "ok f0007"); // no SeCreateGlobalPrivilege
    ann.expect(&format!("enter second=b/{},WD", Sid::unix_user(61_001)), "ok"); // a second alias is allowed
    ann.expect(r"open second\x 6", "ok 6");
    ann.expect("make-space a=c/WD", "183"); // the alias is taken in this process
    ann.expect("make-space Global=c/WD", "87");
    ann.expect(r"make-space x\y=c/WD", "87");
}

#[test]
fn a_name_space_goes_with_its_last_handle_and_objects_stay_with_theirs_n74() {
    let [ann, bob, _] = users!();
    let tree = SharedTree::new();
    let (mut user_a, mut user_b) = (user!(tree, ann), user!(tree, bob));
    user_a.expect("make-space a=b/WD D:(A;;GA;;;WD)", "ok");
    user_a.expect(r"create a\x D:(A;;GA;;;WD)", "ok f0007");
    user_b.expect("enter a=b/WD", "ok");
    user_b.expect(r"open a\x 6", "ok 6");
    // Destroyed: nobody opens it any more, the boundary is free, and who has a handle keeps it.
    user_a.expect("destroy", "ok");
    user!(tree, 61_003).expect("enter a=b/WD", "3");
    user_b.expect("write still", "ok");
    user_a.expect("make-space a=b/WD D:(A;;GA;;;WD)", "ok");
    user_a.expect(r"open a\x 6", "2"); // a new one, and empty
    user_b.expect("leave", "ok");
    user_a.expect("leave", "ok");
    user_b.expect("enter a=b/WD", "3");
    user_a.expect("close", "ok");
    user_b.expect("close", "ok");
    user_a.expect("make-space a=b/WD", "ok"); // sweeps what the objects left
    user_a.expect("leave", "ok");
    assert_eq!(entries(&tree), 0);
}

#[test]
fn a_dead_creator_leaves_nothing_in_the_way_n74() {
    let [ann, bob, _] = users!();
    let tree = SharedTree::new();
    let mut user_a = user!(tree, ann);
    user_a.expect("make-space a=b/WD D:(A;;GA;;;WD)", "ok");
    user_a.expect(r"create a\x", "ok f0007");
    user_a.0.kill();
    let mut user_b = user!(tree, bob);
    user_b.expect("enter a=b/WD", "3");
    // Another user can't take it away in a sticky directory, and is told whose it is.
    let told = user_b.expect("make-space a=b/WD", "5");
    assert!(told.contains("61001") && told.contains("dead"), "{told}");
    let mut user_a = user!(tree, ann);
    user_a.expect("make-space a=b/WD D:(A;;GA;;;WD)", "ok");
    user_a.expect(r"open a\x 6", "2");
    user_b.expect("enter a=b/WD", "ok");
}

#[test]
fn a_squatter_outside_the_boundary_is_not_believed_o67() {
    let [ann, bob, _] = users!();
    let tree = SharedTree::new();
    let sid = Sid::unix_user(ann);
    // Bob makes a space of his own and gives its directory the name that Ann's boundary has.
    let mut user_b = user!(tree, bob);
    user_b.expect("make-space a=b/WD D:(A;;GA;;;WD)", "ok");
    let private = tree.path().join("Private");
    let made = fs::read_dir(&private).unwrap().next().unwrap().unwrap().path();
    let mut hers = BoundaryDescriptor::new("hers", 0).unwrap();
    hers.add_sid(sid).unwrap();
    fs::rename(made, private.join(hers.directory_name())).unwrap();
    let mut user_a = user!(tree, ann);
    // Its description says what it is: another boundary.
    user_a.expect(&format!("enter a=hers/{sid}"), "3");
    // With a description that lies, its owner gives it away.
    let description = private.join(hers.directory_name()).join(".namespace");
    let mut bytes = fs::read(&description).unwrap();
    let old = u32::from_le_bytes(bytes[8..12].try_into().unwrap()) as usize;
    let new = hers.to_bytes();
    bytes.splice(
        8..12 + old,
        (new.len() as u32).to_le_bytes().into_iter().chain(new),
    );
    fs::write(&description, bytes).unwrap();
    let told = user_a.expect(&format!("enter a=hers/{sid}"), "5");
    assert!(told.contains("user 61002") && told.contains("boundary"), "{told}");
    user_a.expect(&format!("make-space a=hers/{sid}"), "5");
}

#[test]
fn an_alias_belongs_to_one_process_and_not_to_its_children_n76() {
    let root = private_root();
    let space = filemap::Namespace::at(root.path()).with_session(1);
    let mut boundary = BoundaryDescriptor::new("b", 0).unwrap();
    boundary.add_sid(Sid::EVERYONE).unwrap();
    let farm = PrivateNamespace::options()
        .namespace(&space)
        .create(&boundary, "n76")
        .unwrap();
    let _object = FileMapping::options()
        .namespace(&space)
        .size(1)
        .create(r"n76\x")
        .unwrap();
    let mut child = filemap_testing::role!(actor)
        .env("FILEMAP_ROOT", root.path())
        .env("FILEMAP_SESSION", "1")
        .start();
    child.send(r"open n76\x 4");
    assert!(child.receive().unwrap().starts_with("3 "));
    child.send("enter n76=b/WD");
    child.expect("ok");
    child.send(r"open n76\x 4");
    child.expect("ok 4");
    assert_eq!(
        FileMapping::options()
            .namespace(&space)
            .open(r"n76\Local\x")
            .unwrap_err()
            .code()
            .0,
        3
    );
    assert_eq!(
        FileMapping::options()
            .namespace(&space)
            .open(r"n76\")
            .unwrap_err()
            .code()
            .0,
        123
    );
    child.send("leave");
    child.expect("ok");
    farm.close();
    assert_eq!(
        FileMapping::options()
            .namespace(&space)
            .open(r"n76\x")
            .unwrap_err()
            .code()
            .0,
        3
    );
}

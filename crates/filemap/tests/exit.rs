//! A program that ends without closing its handles leaves no entry behind (O-17, O-40).

use filemap::{FileMapping, Inherit, Namespace};
use filemap_testing::{private_root, role, roles};

roles! {
    /// Creates and opens, and exits without closing anything.
    fn forgets(peer: &mut Peer) {
        let space = Namespace::from_environment().unwrap();
        let options = FileMapping::options().namespace(&space).size(4096);
        for name in ["a", "b", "c"] {
            std::mem::forget(options.create(name).unwrap());
        }
        std::mem::forget(options.open("theirs").unwrap());
        let left = options.inherit(Inherit::Yes).create("inheritable").unwrap();
        std::mem::forget(left);
        peer.send("ready");
        peer.receive();
        std::process::exit(7);
    }
}

// O-40
#[test]
fn exit_without_closing_leaves_only_what_others_hold() {
    let root = private_root();
    let space = Namespace::at(root.path());
    let options = FileMapping::options().namespace(&space).size(4096);
    let theirs = options.create("theirs").unwrap();
    let mut child = role!(forgets).env("FILEMAP_ROOT", root.path()).start();
    child.expect("ready");
    assert!(options.open("a").is_ok());
    child.send("go");
    assert_eq!(child.ended().0.code(), Some(7));
    let listing = filemap::list::list(&space).unwrap();
    let names: Vec<&str> = listing.objects.iter().map(|o| o.name.as_str()).collect();
    assert_eq!(names, ["theirs"], "a handle of ours is not touched");
    let dead: Vec<_> = listing.dead.iter().filter_map(|p| p.file_name()).collect();
    assert_eq!(
        dead,
        ["inheritable"],
        "its description might have been a child's: the next comer takes it"
    );
    assert_eq!(options.open("inheritable").unwrap_err().code().0, 2);
    assert!(filemap::list::list(&space).unwrap().dead.is_empty());
    drop(theirs);
}

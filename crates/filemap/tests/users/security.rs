//! Security with real users: A-1..A-10, A-20..A-23, A-41..A-45, A-60..A-62, N-41, N-43, O-7, O-15, O-26, O-67.

use crate::common::{self, SharedTree};
use filemap::security::{SecurityDescriptor, SecurityInformation, Sid};
use filemap::{FileMapAccess, FileMapping};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

filemap_testing::roles! {
    /// A user who does what the test says.
    fn actor(peer: &mut Peer) { common::act(peer) }
}

#[test]
fn a_stranger_gets_5_from_the_library_and_eacces_from_the_kernel_a60_a62() {
    let [ann, bob, _] = users!();
    let tree = SharedTree::new();
    let name = r"Global\frames";
    let sddl = format!("D:(A;;GA;;;SY)(A;;0x6;;;{})", Sid::unix_user(ann));
    let service = FileMapping::options()
        .namespace(&tree.space())
        .size(4096)
        .sddl(&sddl)
        .create(name)
        .unwrap();
    let (mut ann, mut bob) = (user!(tree, ann), user!(tree, bob));
    let file = tree.global("frames").display().to_string();
    ann.expect(r"open Global\frames 6", "ok 6");
    ann.expect("write hello", "ok");
    assert_eq!(service.map().unwrap().to_vec(0, 5).unwrap(), b"hello");
    // The one whom the DACL does not name: 5 from the library, EACCES from the kernel.
    let told = bob.expect(r"open Global\frames 4", "5");
    assert!(
        told.contains("the kernel refused") && told.contains("DACL"),
        "{told}"
    );
    bob.expect(&format!("raw r {file}"), "errno 13");
    bob.expect(&format!("raw rw {file}"), "errno 13");
    // ALL_ACCESS is more than the DACL grants: 5, and the error says what would work (A-20, A-21, I-11).
    let told = ann.expect(r"open Global\frames F001F", "5");
    assert!(
        told.contains("no ACE of the DACL grants") && told.contains("SECTION_MAP_WRITE | SECTION_MAP_READ"),
        "{told}"
    );
    ann.expect(r"create Global\frames", "5");
}

#[test]
fn reading_can_be_granted_alone_and_the_kernel_keeps_writers_out_a23_a60() {
    let [ann, ..] = users!();
    let tree = SharedTree::new();
    let _service = FileMapping::options()
        .namespace(&tree.space())
        .size(4096)
        .sddl("D:(A;;GA;;;SY)(A;;0x4;;;AU)")
        .create(r"Global\frames")
        .unwrap();
    let mut ann = user!(tree, ann);
    let file = tree.global("frames").display().to_string();
    ann.expect(r"open Global\frames 4", "ok 4");
    ann.expect("write x", "5");
    ann.expect(r"open Global\frames 2", "5");
    ann.expect(&format!("raw r {file}"), "ok");
    ann.expect(&format!("raw rw {file}"), "errno 13");
    ann.expect("duplicate 6", "5"); // O-26: more rights ask the descriptor
    ann.expect("duplicate 4", "ok 4");
}

// A-60: a read-only descriptor is no way to a writable one.
#[test]
fn a_reader_who_opens_its_descriptors_anew_by_proc_gets_no_more_and_others_nothing_a60() {
    let [ann, bob, _] = users!();
    let tree = SharedTree::new();
    let options = || FileMapping::options().namespace(&tree.space()).size(4096);
    let reads = format!("D:(A;;GA;;;SY)(A;;0x4;;;{})", Sid::unix_user(ann));
    let named = options().sddl(&reads).create(r"Global\frames").unwrap();
    let unnamed = options().sddl(&reads).create_unnamed().unwrap();
    let (mut ann, mut bob) = (user!(tree, ann), user!(tree, bob));
    let pid = ann.0.pid();

    ann.expect(r"open Global\frames 4", "ok 4");
    assert_eq!(ann.does("reopen r self"), "ok 1 opened, 0 refused");
    assert_eq!(ann.does("reopen rw self"), "ok 0 opened, 1 refused");
    // Somebody else may not even look (ptrace_may_access).
    assert_eq!(bob.does(&format!("reopen r {pid}")), "errno 13");
    ann.expect("close", "ok");
    drop(named);

    // An unnamed object, whose file lies in no directory that could keep others out.
    let socket = tree.path().join("socket");
    let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o777)).unwrap();
    let sent = std::thread::scope(|scope| {
        let sender = scope.spawn(|| {
            let (stream, _) = listener.accept().unwrap();
            unnamed.send(&stream, FileMapAccess::READ)
        });
        ann.expect(&format!("receive {}", socket.display()), "ok 4");
        sender.join().unwrap()
    });
    sent.unwrap();
    assert_eq!(ann.does("reopen r self"), "ok 1 opened, 0 refused");
    assert_eq!(ann.does("reopen rw self"), "ok 0 opened, 1 refused");
    assert_eq!(bob.does(&format!("reopen r {pid}")), "errno 13");
    // What was given may be given on as it is, and no more (O-26).
    ann.expect("duplicate 4", "ok 4");
    ann.expect("duplicate 6", "5");
    ann.expect("close", "ok");

    // One that nobody else may open has a reader all the same, if he was given a handle; its way back in is closed.
    let closed = options().create_unnamed().unwrap();
    std::thread::scope(|scope| {
        let sender = scope.spawn(|| {
            let (stream, _) = listener.accept().unwrap();
            closed.send(&stream, FileMapAccess::READ).unwrap();
        });
        ann.expect(&format!("receive {}", socket.display()), "ok 4");
        sender.join().unwrap();
    });
    assert_eq!(ann.does("reopen r self"), "ok 0 opened, 1 refused");
    ann.expect("map", "ok");
    ann.expect("duplicate 4", "ok 4");
    // Granted later, it works later.
    closed
        .set_security(SecurityInformation::DACL, &"D:(A;;0x6;;;WD)".parse().unwrap())
        .unwrap();
    assert_eq!(ann.does("reopen rw self"), "ok 1 opened, 0 refused");
}

#[test]
fn the_default_descriptor_lets_nobody_else_in_a2_a3_a22() {
    let [ann, bob, _] = users!();
    let tree = SharedTree::new();
    let service = FileMapping::options()
        .namespace(&tree.space())
        .size(4096)
        .create(r"Global\a")
        .unwrap();
    let all = SecurityInformation::OWNER | SecurityInformation::GROUP | SecurityInformation::DACL;
    // F-17: a new object has an owner, a group and a DACL, also if nobody gave one; A-2, A-10.
    assert_eq!(
        service.security(all).unwrap().to_string(),
        "O:BAG:SYD:(A;;0xf001f;;;SY)(A;;0x2000d;;;BA)"
    );
    assert_eq!(fs::metadata(tree.global("a")).unwrap().mode() & 0o777, 0o600);
    // A-22: SYSTEM everything; a standard user nothing.
    let again = FileMapping::options()
        .namespace(&tree.space())
        .access(FileMapAccess::ALL_ACCESS);
    assert_eq!(
        again.open(r"Global\a").unwrap().rights(),
        FileMapAccess::ALL_ACCESS
    );
    for uid in [ann, bob] {
        let mut user = user!(tree, uid);
        for mask in ["4", "2", "F001F"] {
            user.expect(&format!(r"open Global\a {mask}"), "5");
        }
    }
}

#[test]
fn null_and_empty_dacls_are_everybody_and_nobody_a4_a6() {
    let [ann, bob, _] = users!();
    let tree = SharedTree::new();
    let options = || FileMapping::options().namespace(&tree.space()).size(4096);
    let _null = options()
        .sddl("D:NO_ACCESS_CONTROL")
        .create(r"Global\null")
        .unwrap();
    let empty = options().sddl("D:").create(r"Global\empty").unwrap();
    assert_eq!(
        empty.rights().bits(),
        0xF0007,
        "the creator's handle asks no DACL (A-4)"
    );
    let mut ann = user!(tree, ann);
    ann.expect(r"open Global\null F001F", "ok f001f");
    ann.expect("dacl D:(A;;GA;;;SY)", "5"); // the library would let him; the file is root's (A-60: delegation)
    ann.expect(r"open Global\empty 4", "5");
    // Root is refused by the library, though the kernel can't.
    assert_eq!(
        options()
            .raw_access(4)
            .open(r"Global\empty")
            .unwrap_err()
            .code()
            .0,
        5
    );
    // The owner of an object that nobody may open reads and changes its DACL (A-3).
    let mut bob = user!(tree, bob);
    bob.expect(r"squat Local\own D:", "ok f0007");
    bob.expect(r"open Local\own 4", "5");
    bob.expect(r"open Local\own 60000", "ok 60000");
    bob.expect("dacl D:(A;;0x4;;;WD)", "ok");
    bob.expect(r"open Local\own 4", "ok 4");
}

#[test]
fn a_changed_dacl_counts_for_later_opens_and_for_the_kernel_a7_o15() {
    let [ann, bob, _] = users!();
    let tree = SharedTree::new();
    let service = FileMapping::options()
        .namespace(&tree.space())
        .size(4096)
        .sddl(&format!("D:(A;;GA;;;SY)(A;;0x6;;;{})", Sid::unix_user(ann)))
        .create(r"Global\a")
        .unwrap();
    let file = tree.global("a").display().to_string();
    let (mut user_a, mut user_b) = (user!(tree, ann), user!(tree, bob));
    user_a.expect(r"open Global\a 6", "ok 6");
    user_b.expect(r"open Global\a 4", "5");
    let new: SecurityDescriptor = format!("D:(A;;GA;;;SY)(A;;0x4;;;{})", Sid::unix_user(bob))
        .parse()
        .unwrap();
    service.set_security(SecurityInformation::DACL, &new).unwrap();
    user_b.expect(r"open Global\a 4", "ok 4");
    user_b.expect(&format!("raw rw {file}"), "errno 13");
    user_a.expect("write still", "ok"); // handles keep what they were granted
    user_a.expect(r"open Global\a 4", "5");
    user_a.expect(&format!("raw r {file}"), "errno 13");
    // A handle without WRITE_DAC changes nothing.
    let told = user_b.expect("dacl D:NO_ACCESS_CONTROL", "5");
    assert!(told.contains("lacks WRITE_DAC"), "{told}");
    // An ACL that is no longer needed goes, and the mode says everything again.
    service
        .set_security(SecurityInformation::DACL, &"D:(A;;GA;;;SY)".parse().unwrap())
        .unwrap();
    assert_eq!(fs::metadata(tree.global("a")).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn maximum_allowed_is_what_is_granted_a43() {
    let [ann, bob, carl] = users!();
    let tree = SharedTree::new();
    let sddl = format!(
        "D:(A;;GA;;;SY)(A;;0x6;;;{})(A;;GR;;;{})",
        Sid::unix_user(ann),
        Sid::unix_user(bob)
    );
    let _service = FileMapping::options()
        .namespace(&tree.space())
        .size(4096)
        .sddl(&sddl)
        .create(r"Global\a")
        .unwrap();
    user!(tree, ann).expect(r"open Global\a 2000000", "ok 6");
    user!(tree, bob).expect(r"open Global\a 2000000", "ok 20005");
    user!(tree, carl).expect(r"open Global\a 2000000", "5");
    user!(tree, bob).expect(r"open Global\a 2000002", "5"); // what is asked for beside it must be granted
    let own = FileMapping::options()
        .namespace(&tree.space())
        .raw_access(0x0200_0000)
        .open(r"Global\a")
        .unwrap();
    assert_eq!(own.rights(), FileMapAccess::ALL_ACCESS);
}

#[test]
fn an_owner_in_the_descriptor_gets_the_file_from_root_a1_a3() {
    let [ann, ..] = users!();
    let tree = SharedTree::new();
    let space = tree.space().with_session(7);
    let sddl = format!("O:{0}D:(A;;GA;;;{0})(A;;GA;;;SY)", Sid::unix_user(ann));
    let _made = FileMapping::options()
        .namespace(&space)
        .size(4096)
        .sddl(&sddl)
        .create(r"Local\hers")
        .unwrap();
    let file = fs::metadata(tree.path().join("Sessions/7/hers")).unwrap();
    assert_eq!((file.uid(), file.mode() & 0o777), (ann, 0o600));
    // In Global only root and those with the privilege are believed: the file stays root's, and an ACL lets her in.
    let _made = FileMapping::options()
        .namespace(&space)
        .size(4096)
        .sddl(&sddl)
        .create(r"Global\hers")
        .unwrap();
    assert_eq!(fs::metadata(tree.global("hers")).unwrap().uid(), 0);
    let mut ann = user!(tree, ann);
    ann.expect(r"open Global\hers F001F", "ok f001f");
    // A user can't give an object to another (1307).
    ann.expect(r"create Local\x O:SYD:(A;;GA;;;WD)", "1307");
    assert!(!tree.path().join("Sessions/61001/x").exists());
}

#[test]
fn malformed_sddl_names_the_position_and_creates_nothing_a30_a31_a34() {
    let tree = SharedTree::new();
    let rows = [
        ("D:(A;;GA;;;XX)", "byte 11"),
        ("D:(A;;GA;;;SY", "byte"),
        ("D:(A;;QQ;;;SY)", "byte 6"),
        ("nonsense", "byte 0"),
    ];
    for (sddl, at) in rows {
        let file = tempfile::tempfile().unwrap();
        let options = FileMapping::options()
            .namespace(&tree.space())
            .size(4096)
            .file(&file)
            .sddl(sddl);
        let told = options.create(r"Global\x").unwrap_err();
        assert!([1336, 1337, 1338].contains(&told.code().0), "{told}");
        assert!(
            told.to_string().contains(at) && told.to_string().contains(r"create file mapping Global\x"),
            "{told}"
        );
        assert!(!tree.global("x").exists());
        assert_eq!(file.metadata().unwrap().len(), 0, "the file was not grown");
    }
    let garbage = FileMapping::options()
        .namespace(&tree.space())
        .size(4096)
        .raw_security(&[0xAA; 64]);
    assert_eq!(garbage.create(r"Global\x").unwrap_err().code().0, 1305, "F-17");
}

#[test]
fn a_squatter_in_global_is_not_believed_n41_o67() {
    let [ann, bob, _] = users!();
    let tree = SharedTree::new();
    let (mut bad, mut bob) = (user!(tree, ann), user!(tree, bob));
    bad.expect(r"create Global\service", "5"); // the library refuses (N-41); who goes around it gets this far:
    bad.expect(r"squat Global\service D:(A;;GA;;;WD)", "ok f0007");
    let told = bob.expect(r"open Global\service 6", "5");
    assert!(told.contains("user 61001") && told.contains("squatter"), "{told}");
    let service = FileMapping::options()
        .namespace(&tree.space())
        .size(4096)
        .create(r"Global\service");
    assert!(
        service.unwrap_err().to_string().contains("squatter"),
        "nor does the service take it for its own"
    );
    // Root ends it, and the name is free at once.
    bad.0.kill();
    let service = FileMapping::options()
        .namespace(&tree.space())
        .size(4096)
        .create_new(r"Global\service")
        .unwrap();
    assert!(!service.already_existed());
}

// N-41, N-45, P-35, O-67: on those platforms nobody needs a privilege; who opens on another does not take their word for it.
#[test]
fn a_squatter_who_claims_an_older_windows_is_not_believed() {
    let [ann, bob, _] = users!();
    for platform in ["win95", "nt4", "win2000-sp3", "xp"] {
        let tree = SharedTree::new();
        let mut bad = user!(tree, ann, platform, "logon:0");
        bad.expect("create service D:(A;;GA;;;WD)", "ok");
        let service = FileMapping::options().namespace(&tree.space()).size(4096);
        let told = service.create(r"Global\service").unwrap_err().to_string();
        assert!(told.contains("squatter"), "{platform}: {told}");
        let mut bob = user!(tree, bob);
        let told = bob.expect(r"open Global\service 6", "5");
        assert!(told.contains("squatter"), "{platform}: {told}");
    }
}

#[test]
fn opening_in_global_needs_no_privilege_and_events_kinds_share_the_directory_n43() {
    let [ann, ..] = users!();
    let tree = SharedTree::new();
    let _service = FileMapping::options()
        .namespace(&tree.space())
        .size(4096)
        .sddl("D:(A;;GA;;;WD)")
        .create(r"Global\a")
        .unwrap();
    let mut ann = user!(tree, ann);
    ann.expect(r"open Global\a 6", "ok 6");
    ann.expect(r"create Global\a", "ok f0007"); // it exists: no privilege is needed, its DACL decides
    ann.expect(r"create Global\b", "5");
    assert!(!tree.global("b").exists());
}

#[test]
fn symbolic_links_devices_and_swapped_directories_lead_nowhere_o67() {
    let [ann, bob, _] = users!();
    let tree = SharedTree::new();
    let secret = tree.path().join("secret");
    fs::write(&secret, [7; 8192]).unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o666)).unwrap();
    // A link in place of an object: neither opened nor written, by anybody.
    symlink(&secret, tree.global("link")).unwrap();
    let options = || FileMapping::options().namespace(&tree.space()).size(4096);
    assert_eq!(options().open(r"Global\link").unwrap_err().code().0, 1392);
    assert_eq!(options().create(r"Global\link").unwrap_err().code().0, 1392);
    assert_eq!(fs::read(&secret).unwrap(), [7; 8192]);
    // A stranger's directory, and a link, in place of one's own session directory.
    let sessions = tree.path().join("Sessions");
    fs::create_dir(sessions.join(ann.to_string())).unwrap();
    std::os::unix::fs::chown(sessions.join(ann.to_string()), Some(bob), None).unwrap();
    let told = user!(tree, ann).expect(r"create Local\a", "5");
    assert!(told.contains("belongs to user 61002"), "{told}");
    symlink(tree.path().join("Global"), sessions.join(bob.to_string())).unwrap();
    let told = user!(tree, bob).expect(r"create Local\a", "5");
    assert!(told.contains("symbolic link"), "{told}");
    // Global itself open to replacement of names by everybody.
    let mut carl = user!(tree, 61_003);
    fs::set_permissions(tree.path().join("Global"), fs::Permissions::from_mode(0o777)).unwrap();
    let told = carl.expect(r"open Global\a 4", "5");
    assert!(told.contains("others may write"), "{told}");
}

#[test]
fn a_reader_never_sees_half_a_changed_descriptor_a7() {
    let tree = SharedTree::new();
    let options = || FileMapping::options().namespace(&tree.space()).size(4096);
    let made = options().sddl("D:(A;;GA;;;SY)").create(r"Local\a").unwrap();
    let long: String = (0..60)
        .map(|n| format!("(A;;0x4;;;{})", Sid::unix_user(70_000 + n)))
        .collect();
    let texts = ["D:(A;;GA;;;SY)".to_owned(), format!("D:(A;;GA;;;SY){long}")];
    let sds = texts.map(|text| text.parse::<SecurityDescriptor>().unwrap());
    std::thread::scope(|threads| {
        let writers: Vec<_> = (0..2)
            .map(|_| {
                let (made, sds) = (&made, &sds);
                threads.spawn(move || {
                    for n in 0..300 {
                        made.set_security(SecurityInformation::DACL, &sds[n % 2]).unwrap();
                    }
                })
            })
            .collect();
        while writers.iter().any(|writer| !writer.is_finished()) {
            let dacl = options().open(r"Local\a").unwrap();
            let handle = options()
                .access(FileMapAccess::ALL_ACCESS)
                .open(r"Local\a")
                .unwrap();
            let seen = handle.security(SecurityInformation::DACL).unwrap();
            let lens = sds.each_ref().map(|sd| sd.dacl.list().unwrap().aces.len());
            assert!(lens.contains(&seen.dacl.list().unwrap().aces.len()));
            drop(dacl);
        }
    });
}

#[test]
fn a_descriptor_that_does_not_fit_an_object_that_exists_is_refused_whole_a7() {
    let tree = SharedTree::new();
    let options = || FileMapping::options().namespace(&tree.space()).size(4096);
    let many: String = (0..200)
        .map(|n| format!("(A;;0x4;;;{})", Sid::unix_user(70_000 + n)))
        .collect();
    let sd: SecurityDescriptor = format!("D:(A;;GA;;;SY){many}").parse().unwrap();
    let made = options().create(r"Local\a").unwrap();
    let told = made.set_security(SecurityInformation::DACL, &sd).unwrap_err();
    assert_eq!(told.code().0, 50, "{told}");
    assert!(
        options()
            .access(FileMapAccess::ALL_ACCESS)
            .open(r"Local\a")
            .is_ok(),
        "nothing has changed"
    );
    // At creation there is room for it.
    let made = options().security(&sd).create(r"Local\b").unwrap();
    assert_eq!(
        made.security(SecurityInformation::DACL)
            .unwrap()
            .dacl
            .list()
            .unwrap()
            .aces
            .len(),
        201
    );
}

#[test]
fn unnamed_objects_have_a_descriptor_too_a2_o26() {
    let tree = SharedTree::new();
    let made = FileMapping::options()
        .namespace(&tree.space())
        .size(4096)
        .sddl("D:(A;;0x4;;;WD)")
        .create_unnamed()
        .unwrap();
    let reader = made.duplicate(FileMapAccess::READ).unwrap();
    assert_eq!(
        reader.duplicate(FileMapAccess::WRITE).unwrap_err().code().0,
        5,
        "the descriptor grants reading"
    );
    made.set_security(SecurityInformation::DACL, &"D:(A;;0x6;;;WD)".parse().unwrap())
        .unwrap();
    assert!(reader.duplicate(FileMapAccess::WRITE).is_ok());
    assert_eq!(
        reader.security(SecurityInformation::DACL).unwrap_err().code().0,
        5,
        "no READ_CONTROL"
    );
}

#[test]
fn a_given_descriptor_is_ignored_where_the_object_exists_o4_a5() {
    let tree = SharedTree::new();
    let options = || FileMapping::options().namespace(&tree.space()).size(4096);
    let first = options().sddl("D:(A;;GA;;;SY)").create(r"Local\a").unwrap();
    let second = options().sddl("D:(A;;0x4;;;WD)").create(r"Local\a").unwrap();
    let dacl = |m: &FileMapping| m.security(SecurityInformation::DACL).unwrap().to_string();
    assert_eq!(dacl(&second), dacl(&first));
    // A blank one counts as none given (A-5).
    let blank = options()
        .security(&SecurityDescriptor::default())
        .create(r"Local\b")
        .unwrap();
    assert_eq!(dacl(&blank), "D:(A;;0xf001f;;;SY)(A;;0x2000d;;;BA)");
}

#[test]
fn synchronisation_objects_ask_their_descriptors_too_a41_a60_n42_o3() {
    use filemap::{AccessMask, Event, Mutex};
    let [ann, ..] = users!();
    let tree = SharedTree::new();
    let space = tree.space();
    let sddl = format!("D:(A;;GA;;;SY)(A;;0x100000;;;{})", Sid::unix_user(ann));
    let made = Event::options()
        .namespace(&space)
        .sddl(&sddl)
        .create(r"Global\event")
        .unwrap();
    let mut ann = user!(tree, ann);
    ann.expect(r"event Global\event 100000", "ok 100000");
    let told = ann.expect(r"event Global\event 100002", "5"); // she may wait, not set
    assert!(told.contains("EVENT_MODIFY_STATE"), "{told}");
    ann.expect(r"event Global\event 2000000", "ok 100000"); // MAXIMUM_ALLOWED
    let dacl = SecurityInformation::DACL;
    made.set_security(dacl, &"D:(A;;GA;;;SY)".parse().unwrap())
        .unwrap();
    ann.expect(r"event Global\event 100000", "5");
    let file = tree.global("event").display().to_string();
    ann.expect(&format!("raw r {file}"), "errno 13");
    // More rights for a duplicate ask the descriptor (O-26); it is the creator's default one here.
    let waiter = Mutex::options()
        .namespace(&space)
        .create(r"Global\mutex")
        .unwrap();
    let weak = waiter.duplicate(AccessMask::SYNCHRONIZE).unwrap();
    assert!(weak.duplicate(AccessMask::READ_CONTROL).is_ok());
    assert_eq!(weak.security(dacl).unwrap_err().code().0, 5);
    // Events need no privilege in Global (N-42), and share names with mappings (O-3).
    ann.expect(r"make-event Global\hers", "ok");
    ann.expect(r"create Global\hers", "6");
    let bad = Event::options()
        .namespace(&space)
        .sddl("D:(A;;GA;;;XX)")
        .create(r"Global\bad")
        .unwrap_err();
    assert!(
        bad.to_string().contains("byte 11") && !tree.global("bad").exists(),
        "{bad}"
    );
}

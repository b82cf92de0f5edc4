//! Hostile and damaged trees: every case gives the documented number and a sentence, and touches nobody's files.
//! Clauses O-60..O-67, V-57, V-63; DESIGN §2, §3, §4.

use filemap::{Error, FileMapAccess, FileMapping, Namespace, Page, SectionFlags, Win32Code, list};
use filemap_testing::{PrivateRoot, private_root, watchdog};
use rustix::fs::{CWD, FileType, Mode};
use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::SeqCst;

const NAME: &str = r"Local\X";
const PAGE: u64 = 4096;

struct Stage {
    root: PrivateRoot,
    space: Namespace,
}

fn stage() -> Stage {
    let root = private_root();
    let space = Namespace::at(root.path()).with_session(1);
    let stage = Stage { root, space };
    drop(stage.create()); // makes the directories
    stage
}

impl Stage {
    fn options(&self) -> filemap::FileMappingOptions<'static> {
        FileMapping::options().namespace(&self.space)
    }

    /// An object with a footer.
    fn create(&self) -> FileMapping {
        let options = self
            .options()
            .section_flags(SectionFlags::COMMIT | SectionFlags::NOCACHE);
        options.size(PAGE).create_new(NAME).expect("created")
    }

    /// One whose file's length says all.
    fn create_plain(&self) -> FileMapping {
        let object = self.options().size(PAGE).create_new(NAME).expect("created");
        let meta = fs::metadata(self.entry()).expect("its file");
        assert_eq!((meta.mode() & 0o7777, meta.len()), (0o1600, PAGE));
        object
    }

    fn open(&self) -> Result<FileMapping, Error> {
        self.options().open(NAME)
    }

    fn directory(&self) -> PathBuf {
        self.root.path().join("Sessions").join("1")
    }

    /// Where the file of the object is.
    fn entry(&self) -> PathBuf {
        self.directory().join("X")
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory()).expect("a directory");
        let name = |e: std::io::Result<fs::DirEntry>| e.expect("an entry").file_name().into_string();
        let mut files: Vec<_> = entries.map(|e| name(e).expect("UTF-8")).collect();
        files.sort();
        files
    }

    /// A dead entry: whole, and nobody holds it.
    fn leave_dead(&self) {
        self.kill(self.create());
    }

    /// As if all its holders had been killed.
    fn kill(&self, object: FileMapping) {
        let aside = self.root.path().join("aside");
        object
            .map()
            .and_then(|v| v.write_at(0, b"dead"))
            .expect("written");
        fs::hard_link(self.entry(), &aside).expect("a second name");
        drop(object);
        fs::rename(aside, self.entry()).expect("the first name again");
    }

    /// Opens, opens for reading, creates small and large, sweeps and lists, and has every error looked at.
    #[track_caller]
    fn all_refuse(&self, code: Win32Code, words: &str, case: &str) {
        let errors = [
            ("open", self.open()),
            ("read", self.options().access(FileMapAccess::READ).open(NAME)),
            ("create", self.options().size(PAGE).create(NAME)),
            ("create large", self.options().size(1 << 20).create(NAME)),
            (
                "create read-only",
                self.options().size(PAGE).protection(Page::READONLY).create(NAME),
            ),
        ];
        for (what, result) in errors {
            let error = result.expect_err(&format!("{case}, {what}"));
            says(&error, code, words, &format!("{case}, {what}"));
        }
    }
}

/// An error has the number and the words, names the object, and has a remedy.
#[track_caller]
fn says(error: &Error, code: Win32Code, words: &str, case: &str) {
    let text = error.to_string();
    assert_eq!(error.code(), code, "{case}: {text}");
    assert!(text.contains(words), "{case}: {text:?} lacks {words:?}");
    assert!(text.contains(r"Local\X: "), "{case}: {text}");
    assert!(
        !text.contains("the system refused"),
        "{case}: a bare system error: {text}"
    );
}

/// Everything about a file that a foreign write would change.
fn snapshot(path: &Path) -> (u64, u32, u64, i64, i64, Option<Vec<u8>>) {
    let meta = fs::symlink_metadata(path).expect("it is there");
    let bytes = meta.is_file().then(|| fs::read(path).expect("readable"));
    (
        meta.ino(),
        meta.mode(),
        meta.nlink(),
        meta.mtime(),
        meta.mtime_nsec(),
        bytes,
    )
}

/// Bytes that look like nothing, the same in every run.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..len).map(|_| next()).collect()
}

/// Changes to an object's file, with what the next comer is told.
type Damage = (&'static str, fn(&Path), Win32Code, &'static str);

const DAMAGES: &[Damage] = &[
    (
        "random bytes",
        |p| fs::write(p, noise(3 * 4096)).expect("written"),
        Win32Code::FILE_CORRUPT,
        "no",
    ),
    (
        "random bytes, no whole pages",
        |p| fs::write(p, noise(5000)).expect("written"),
        Win32Code::FILE_CORRUPT,
        "no",
    ),
    (
        "an empty file",
        |p| fs::write(p, []).expect("written"),
        Win32Code::FILE_CORRUPT,
        "no",
    ),
    ("cut to its data", |p| cut(p, PAGE), Win32Code::FILE_CORRUPT, "no"),
    (
        "cut inside its footer",
        |p| cut(p, PAGE + 10),
        Win32Code::FILE_CORRUPT,
        "no",
    ),
    (
        "grown by a page",
        |p| cut(p, 3 * PAGE),
        Win32Code::FILE_CORRUPT,
        "no",
    ),
    (
        "grown to the sky",
        |p| cut(p, 1 << 50),
        Win32Code::FILE_CORRUPT,
        "no",
    ),
];

/// Damages that leave the magic bytes: to be told from damage, or taken away when nobody holds the file.
const FOOTERS: &[Damage] = &[
    (
        "a newer version",
        |p| patch(p, PAGE + 8, &[2]),
        Win32Code::REVISION_MISMATCH,
        "version",
    ),
    (
        "an unknown kind",
        |p| patch(p, PAGE + 16, &[99]),
        Win32Code::FILE_CORRUPT,
        "kind",
    ),
    (
        "a huge footer",
        |p| patch(p, PAGE + 56, &[0xFF; 4]),
        Win32Code::FILE_CORRUPT,
        "footer claims",
    ),
    (
        "a footer longer than the file",
        |p| patch(p, PAGE + 56, &(16 * 4096_u32).to_le_bytes()),
        Win32Code::FILE_CORRUPT,
        "footer",
    ),
    (
        "data longer than the file",
        |p| patch(p, PAGE + 40, &[0, 0, 0, 0, 1]),
        Win32Code::FILE_CORRUPT,
        "length",
    ),
    (
        "another size",
        |p| patch(p, PAGE + 32, &[1]),
        Win32Code::FILE_CORRUPT,
        "checksum",
    ),
    (
        "noise in its strings",
        |p| patch(p, PAGE + 144, &noise(3000)),
        Win32Code::FILE_CORRUPT,
        "",
    ),
];

/// What hands can do to the file of a plain object so that it is none any more.
const PLAIN: &[Damage] = &[
    (
        "random bytes, no whole pages",
        |p| fs::write(p, noise(5000)).expect("written"),
        Win32Code::FILE_CORRUPT,
        "5000 bytes are not the length",
    ),
    (
        "an empty file",
        |p| cut(p, 0),
        Win32Code::FILE_CORRUPT,
        "0 bytes are not the length",
    ),
    (
        "no bitmap behind it",
        |p| cut(p, PAGE + 1),
        Win32Code::FILE_CORRUPT,
        "4097 bytes are not the length",
    ),
    (
        "grown to the sky",
        |p| cut(p, (1 << 50) + 9),
        Win32Code::FILE_CORRUPT,
        "are not the length",
    ),
    (
        "its mark taken away",
        |p| fs::set_permissions(p, fs::Permissions::from_mode(0o600)).expect("its mode"),
        Win32Code::FILE_CORRUPT,
        "footer",
    ),
];

fn cut(path: &Path, len: u64) {
    let file = File::options().write(true).open(path).expect("opened");
    file.set_len(len).expect("cut or grown");
}

fn patch(path: &Path, offset: u64, bytes: &[u8]) {
    let file = File::options().write(true).open(path).expect("opened");
    file.write_all_at(bytes, offset).expect("patched");
}

#[test]
fn a_file_without_a_footer_is_told_and_never_touched_or_removed() {
    let _watchdog = watchdog!();
    for (case, damage, code, words) in DAMAGES {
        let stage = stage();
        stage.leave_dead();
        damage(&stage.entry());
        if *case != "grown to the sky" {
            let before = snapshot(&stage.entry());
            stage.all_refuse(*code, words, case);
            assert_eq!(snapshot(&stage.entry()), before, "{case}: somebody wrote to it");
        }
        stage.all_refuse(*code, words, case);
        let swept = list::sweep(&stage.space).expect("a sweep goes on");
        assert_eq!((swept.removed, swept.kept), (0, 1), "{case}");
        let listing = list::list(&stage.space).expect("a listing goes on");
        assert_eq!(listing.oddities.len(), 1, "{case}");
        assert_eq!(stage.files(), ["X"], "{case}: it is not ours to remove");
    }
}

#[test]
fn an_object_that_is_damaged_while_somebody_holds_it_is_told_and_its_holder_lives() {
    let _watchdog = watchdog!();
    let footed = DAMAGES.iter().chain(FOOTERS).map(|damage| (false, damage));
    for (plain, (case, damage, code, words)) in footed.chain(PLAIN.iter().map(|damage| (true, damage))) {
        let stage = stage();
        let holder = match plain {
            true => stage.create_plain(),
            false => stage.create(),
        };
        let view = holder.map().expect("a view");
        damage(&stage.entry());
        stage.all_refuse(*code, words, case);
        assert_eq!(
            list::list(&stage.space).expect("a listing").oddities.len(),
            1,
            "{case}"
        );
        let swept = list::sweep(&stage.space).expect("a sweep goes on");
        assert_eq!((swept.removed, swept.live), (0, 1), "{case}");
        // Either the bytes, or error 999; never a dead process.
        match view.write_at(0, b"still") {
            Ok(()) => assert_eq!(view.to_vec(0, 5).as_deref(), Ok(&b"still"[..]), "{case}"),
            Err(e) => assert_eq!(e.code(), Win32Code::SWAPERROR, "{case}: {e}"),
        }
        drop(holder);
        assert_eq!(
            stage.files(),
            [""; 0],
            "{case}: its holder knows that it is an object, and removes it"
        );
    }
}

// O-40, O-52
#[test]
fn a_file_that_its_maker_did_not_finish_is_taken_away_like_any_dead_entry() {
    let _watchdog = watchdog!();
    for len in [0, PAGE, 2 * PAGE] {
        let stage = stage();
        stage.kill(stage.create_plain());
        // What a creator that is killed in the middle leaves: its mark, and zeroes at most.
        cut(&stage.entry(), 0);
        cut(&stage.entry(), len);
        assert_eq!(
            list::list(&stage.space).expect("a listing").dead.len(),
            1,
            "{len}"
        );
        let error = stage.open().expect_err("no object");
        assert_eq!(error.code(), Win32Code::FILE_NOT_FOUND, "{len}: {error}");
        assert_eq!(stage.files(), [""; 0], "{len}");
    }
}

#[test]
fn a_dead_entry_with_a_damaged_footer_or_length_is_taken_away_like_any_dead_entry() {
    let _watchdog = watchdog!();
    let footed = FOOTERS.iter().map(|damage| (false, damage));
    let plain = PLAIN.iter().filter(|(case, ..)| *case != "its mark taken away");
    for (plain, (case, damage, ..)) in footed.chain(plain.map(|damage| (true, damage))) {
        let stage = stage();
        for round in 0..2 {
            match plain {
                true => stage.kill(stage.create_plain()),
                false => stage.leave_dead(),
            }
            damage(&stage.entry());
            match round {
                0 => {
                    let error = stage.open().expect_err(case);
                    assert_eq!(error.code(), Win32Code::FILE_NOT_FOUND, "{case}: {error}");
                }
                _ => {
                    let made = stage.options().size(PAGE).create(NAME).expect(case);
                    assert!(!made.already_existed(), "{case}");
                    assert_eq!(
                        made.map().and_then(|v| v.to_vec(0, 4)).as_deref(),
                        Ok(&[0; 4][..]),
                        "{case}"
                    );
                }
            }
            assert_eq!(stage.files(), [""; 0], "{case}");
        }
    }
}

#[test]
fn what_is_no_file_in_an_objects_place_is_told_and_left_alone() {
    let _watchdog = watchdog!();
    type Put = fn(&Stage);
    let cases: &[(&str, Put)] = &[
        ("a directory", |s| fs::create_dir(s.entry()).expect("made")),
        ("a FIFO", |s| {
            let mode = Mode::from_raw_mode(0o600);
            rustix::fs::mknodat(CWD, s.entry(), FileType::Fifo, mode, 0).expect("made");
        }),
        ("a socket", |s| {
            drop(UnixListener::bind(s.entry()).expect("bound"))
        }),
        ("a link to nowhere", |s| {
            symlink("nowhere", s.entry()).expect("made")
        }),
        ("a link to a directory", |s| {
            symlink(s.root.path(), s.entry()).expect("made")
        }),
        ("a link to itself", |s| {
            symlink(s.entry(), s.entry()).expect("made")
        }),
    ];
    for (case, put) in cases {
        let stage = stage();
        put(&stage);
        let before = snapshot(&stage.entry());
        stage.all_refuse(Win32Code::FILE_CORRUPT, "is no object of filemap", case);
        assert_eq!(list::sweep(&stage.space).expect("swept").kept, 1, "{case}");
        assert_eq!(
            list::list(&stage.space).expect("listed").oddities.len(),
            1,
            "{case}"
        );
        assert_eq!(snapshot(&stage.entry()), before, "{case}");
    }
}

#[test]
fn a_link_to_a_real_object_is_not_followed_whether_that_is_live_or_dead() {
    let _watchdog = watchdog!();
    for live in [true, false] {
        let (stage, other) = (stage(), stage());
        other.leave_dead();
        let holder = live.then(|| {
            fs::remove_file(other.entry()).expect("the dead one");
            other.create()
        });
        symlink(other.entry(), stage.entry()).expect("made");
        let before = snapshot(&other.entry());
        stage.all_refuse(Win32Code::FILE_CORRUPT, "is no object of filemap", "a link");
        assert_eq!(list::sweep(&stage.space).expect("swept").kept, 1);
        assert_eq!(snapshot(&other.entry()), before, "live {live}");
        drop(holder);
        assert_eq!(stage.files(), ["X"]);
    }
}

#[test]
fn a_disk_file_that_is_named_by_a_hostile_footer_is_opened_only_if_it_is_the_very_file() {
    let stage = stage();
    let path = stage.root.path().join("data");
    fs::write(&path, [1; 8192]).expect("a file");
    let file = filemap::open_file_for(&path, Page::READWRITE).expect("opened");
    let holder = stage.options().file(&file).create_new(NAME).expect("created");
    drop(file);
    // Another file takes the place of the one that was mapped.
    let victim = stage.root.path().join("victim");
    fs::write(&victim, [2; 8192]).expect("a file");
    fs::rename(&victim, &path).expect("in its place");
    let opened = stage.open().expect("through the creator, who lives");
    assert_eq!(opened.map().and_then(|v| v.to_vec(0, 1)).as_deref(), Ok(&[1][..]));
    opened.map().and_then(|v| v.write_at(0, &[3])).expect("written");
    assert_eq!(
        fs::read(&path).expect("read"),
        [2; 8192],
        "the other file is untouched"
    );
    drop(holder);
}

// O-52: somebody with rights on the file itself can take its name; that makes two objects, and each keeps its own.
#[test]
fn an_object_whose_file_was_removed_by_hand_never_takes_a_later_ones_name_away() {
    let _watchdog = watchdog!();
    type Away = fn(&Stage);
    let cases: &[(&str, Away)] = &[
        ("rm", |s| fs::remove_file(s.entry()).expect("removed")),
        ("mv", |s| {
            fs::rename(s.entry(), s.directory().join("Y")).expect("renamed")
        }),
    ];
    for (case, away) in cases {
        for opener_closes_last in [false, true] {
            let stage = stage();
            let mut old = stage.create();
            if opener_closes_last {
                old = stage.open().expect("opened");
            }
            let view = old.map().expect("a view");
            away(&stage);
            assert_eq!(
                stage.open().expect_err(case).code(),
                Win32Code::FILE_NOT_FOUND,
                "{case}"
            );
            let new = stage.create();
            old.close().expect("closed");
            view.write_at(0, b"old").expect("the memory stays");
            let found = stage
                .open()
                .unwrap_or_else(|e| panic!("{case}: the new object lost its name: {e}"));
            assert!(found.is_same_object(&new), "{case}");
            drop((new, found));
            let _ = list::sweep(&stage.space).expect("swept");
            assert_eq!(stage.files(), [""; 0], "{case}");
        }
    }
}

#[test]
fn an_object_with_a_second_name_by_hard_link_is_one_object_under_both() {
    let stage = stage();
    let holder = stage.create();
    fs::hard_link(stage.entry(), stage.directory().join("Y")).expect("linked");
    let other = stage.options().open(r"Local\Y").expect("it is held");
    assert!(other.is_same_object(&holder));
    drop((holder, other));
    // Whoever closes last removes the name that it knows; the other one is dead, and swept.
    let _ = list::sweep(&stage.space).expect("swept");
    assert_eq!(stage.files(), [""; 0]);
}

#[test]
fn a_directory_that_is_removed_while_in_use_is_made_anew() {
    let _watchdog = watchdog!();
    for whole_tree in [false, true] {
        let stage = stage();
        let old = stage.create();
        let view = old.map().expect("a view");
        let gone = if whole_tree {
            stage.root.path().to_owned()
        } else {
            stage.directory()
        };
        fs::remove_dir_all(&gone).expect("removed");
        assert_eq!(
            stage.open().expect_err("its name is gone").code(),
            Win32Code::FILE_NOT_FOUND
        );
        let new = stage.create();
        view.write_at(0, b"old").expect("the memory stays");
        assert_eq!(new.map().and_then(|v| v.to_vec(0, 3)).as_deref(), Ok(&[0; 3][..]));
        old.close().expect("closed");
        assert!(stage.open().expect("the new one").is_same_object(&new));
        new.close().expect("closed");
        assert_eq!(stage.files(), [""; 0]);
        let large = stage.options().size(1 << 20).create(NAME).expect("created");
        fs::remove_dir_all(stage.directory()).expect("removed");
        let again = stage.options().size(1 << 20).create(NAME).expect("created");
        assert!(!again.already_existed());
        drop((large, again));
    }
}

// V-57, V-63
#[test]
fn a_peer_that_cuts_the_file_costs_an_error_999_and_no_process() {
    let _watchdog = watchdog!();
    for sections in [SectionFlags::COMMIT, SectionFlags::RESERVE] {
        let stage = stage();
        let holder = stage
            .options()
            .size(4 * PAGE)
            .section_flags(sections)
            .create_new(NAME)
            .expect("created");
        let view = holder.map().expect("a view");
        if sections == SectionFlags::RESERVE {
            view.commit(0, 2 * PAGE as usize).expect("committed");
        }
        view.write_at(0, b"here").expect("written");
        cut(&stage.entry(), 0);
        for error in [
            view.read_at(0, &mut [0; 8]).expect_err("gone"),
            view.write_at(PAGE as usize, b"x").expect_err("gone"),
            view.fill_at(0, 1, 8192).expect_err("gone"),
        ] {
            assert!(
                matches!(error.code(), Win32Code::SWAPERROR | Win32Code::NOACCESS),
                "{sections:?}: {error}"
            );
        }
        if sections == SectionFlags::COMMIT {
            let word = view.atomic_u32(64).expect("a word");
            assert_eq!(word.fetch_add(1, SeqCst), 0, "private zeroes from now on");
            let lost = view.check().expect_err("it knows");
            assert_eq!(lost.code(), Win32Code::SWAPERROR, "{lost}");
        } else {
            let error = view.commit(2 * PAGE as usize, 1).expect_err("the bitmap is gone");
            assert_eq!(error.code(), Win32Code::SWAPERROR, "{error}");
            let second = holder.map().expect("addresses are there");
            assert!(second.read_at(0, &mut [0]).is_err());
            assert_eq!(
                fs::metadata(stage.entry()).expect("there").len(),
                0,
                "nobody has grown it"
            );
        }
        drop(view);
        holder.close().expect("closed");
        assert_eq!(stage.files(), [""; 0], "{sections:?}");
    }
}

#[test]
fn copies_go_on_while_a_peer_cuts_and_grows_the_file_all_the_time() {
    let _watchdog = watchdog!();
    let stage = stage();
    let holder = stage.options().size(16 * PAGE).create_new(NAME).expect("created");
    let view = holder.map().expect("a view");
    let entry = File::options().write(true).open(stage.entry()).expect("opened");
    let len = 17 * PAGE;
    let (mut failed, mut done) = (0, 0);
    let cutting = std::sync::atomic::AtomicBool::new(true);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..2000 {
                entry.set_len(round % 17 * PAGE).expect("cut");
                entry.set_len(len).expect("grown");
            }
            cutting.store(false, SeqCst);
        });
        let mut bytes = vec![0; 16 * PAGE as usize];
        while cutting.load(SeqCst) {
            for result in [view.read_at(0, &mut bytes), view.write_at(0, &bytes)] {
                match result {
                    Ok(()) => done += 1,
                    Err(e) => {
                        assert_eq!(e.code(), Win32Code::SWAPERROR, "{e}");
                        failed += 1;
                    }
                }
            }
        }
    });
    assert!(failed + done > 0);
    view.write_at(0, b"whole again")
        .expect("nothing is lost for copies");
}

// DESIGN §4: a directory is used only if its owner and mode are right.
#[test]
fn a_tree_that_others_may_write_into_is_not_used() {
    for part in ["", "Sessions", "Sessions/1"] {
        let stage = stage();
        let path = stage.root.path().join(part);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).expect("own directory");
        let fresh = Namespace::at(stage.root.path()).with_session(1);
        for result in [
            FileMapping::options().namespace(&fresh).size(PAGE).create(NAME),
            FileMapping::options().namespace(&fresh).open(NAME),
        ] {
            let error = result.expect_err("not trusted");
            says(
                &error,
                Win32Code::ACCESS_DENIED,
                "others may write into it (mode 777)",
                part,
            );
            assert!(
                error
                    .to_string()
                    .contains(path.to_str().expect("UTF-8").trim_end_matches('/')),
                "{error}"
            );
        }
        // Sticky is good enough: nobody can remove another's entries.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o1777)).expect("own directory");
        FileMapping::options()
            .namespace(&fresh)
            .size(PAGE)
            .create(NAME)
            .expect("trusted");
    }
}

#[test]
fn a_tree_behind_a_symbolic_link_is_not_used() {
    for part in ["Sessions", "Sessions/1"] {
        let (stage, elsewhere) = (stage(), stage());
        let path = stage.root.path().join(part);
        fs::remove_dir_all(&path).expect("removed");
        symlink(elsewhere.root.path().join(part), &path).expect("made");
        let fresh = Namespace::at(stage.root.path()).with_session(1);
        let error = FileMapping::options()
            .namespace(&fresh)
            .size(PAGE)
            .create(NAME)
            .expect_err("a link");
        says(&error, Win32Code::ACCESS_DENIED, "symbolic link", part);
        assert_eq!(elsewhere.files(), [""; 0]);
    }
    let stage = stage();
    let link = private_root();
    let link = link.path().join("link");
    symlink(stage.root.path(), &link).expect("made");
    let through = Namespace::at(&link).with_session(1);
    let error = FileMapping::options()
        .namespace(&through)
        .size(PAGE)
        .create(NAME)
        .expect_err("a link");
    says(
        &error,
        Win32Code::ACCESS_DENIED,
        "symbolic link",
        "the root itself",
    );
}

#[test]
fn a_tree_in_a_place_that_does_not_exist_is_told_by_its_path() {
    let root = private_root();
    let missing = root.path().join("no").join("such");
    let space = Namespace::at(&missing).with_session(1);
    let error = FileMapping::options()
        .namespace(&space)
        .size(PAGE)
        .create(NAME)
        .expect_err("no place");
    says(
        &error,
        Win32Code::PATH_NOT_FOUND,
        missing.to_str().expect("UTF-8"),
        "create",
    );
    let error = FileMapping::options()
        .namespace(&space)
        .open(NAME)
        .expect_err("no object");
    says(&error, Win32Code::FILE_NOT_FOUND, "nobody holds", "open");
    // A place on which nothing can be made, and one that is a file.
    let file = root.path().join("file");
    fs::write(&file, "notes").expect("a file");
    for place in [file.clone(), file.join("below")] {
        let space = Namespace::at(&place).with_session(1);
        for result in [
            FileMapping::options().namespace(&space).size(PAGE).create(NAME),
            FileMapping::options().namespace(&space).open(NAME),
        ] {
            let error = result.expect_err("no directory");
            says(
                &error,
                Win32Code::ACCESS_DENIED,
                "it is no directory",
                &place.display().to_string(),
            );
        }
    }
    assert_eq!(fs::read(&file).expect("read"), b"notes");
}

#[test]
fn a_place_in_which_nobody_can_make_anything_is_told_by_its_path() {
    let space = Namespace::at("/proc/self/filemap").with_session(1);
    let error = FileMapping::options()
        .namespace(&space)
        .size(PAGE)
        .create(NAME)
        .expect_err("no place");
    says(&error, Win32Code::PATH_NOT_FOUND, "/proc/self/filemap", "create");
}

// O-60, O-62, O-65
#[test]
fn odd_names_lead_each_to_its_own_object_and_come_back_in_a_listing() {
    let stage = stage();
    let names = [
        "a/b",
        "a%b",
        "a%2Fb",
        "%",
        "%25",
        "%#",
        ".",
        "..",
        "...",
        ".hidden",
        "a:b",
        "*",
        "?",
        " ",
        "  ",
        "a b ",
        " a",
        "\u{1}",
        "\u{7f}",
        "\n",
        "\r\n",
        "\t",
        "\u{1b}[2J",
        "\u{202e}",
        "\u{feff}",
        "\u{fffe}",
        "\u{ffff}",
        "\u{10ffff}",
        "ä",
        "a\u{308}",
        "Ä",
        "日本語",
        "🦀",
        "X",
        "x",
        "-rf",
        "~",
        "$HOME",
        "`id`",
        "'",
        "\"",
        "a\u{85}b",
        "CON",
        "nul.txt",
    ];
    let make = |name: &&str| {
        let made = stage
            .options()
            .size(PAGE)
            .create_new(name)
            .unwrap_or_else(|e| panic!("{name:?}: {e}"));
        made.map()
            .and_then(|v| v.write_at(0, format!("{name}\0").as_bytes()))
            .expect("written");
        made
    };
    let handles: Vec<_> = names.iter().map(make).collect();
    assert_eq!(stage.files().len(), names.len());
    assert!(
        stage
            .files()
            .iter()
            .all(|f| !f.starts_with('.') && !f.contains(|c: char| c.is_ascii_control()))
    );
    for (name, handle) in names.iter().zip(&handles) {
        let opened = stage
            .options()
            .open(&format!(r"Local\{name}"))
            .unwrap_or_else(|e| panic!("{name:?}: {e}"));
        assert!(opened.is_same_object(handle), "{name:?}");
        let text = opened
            .map()
            .and_then(|v| v.to_vec(0, name.len() + 1))
            .expect("read");
        assert_eq!(text, format!("{name}\0").as_bytes(), "{name:?}");
    }
    let mut listed: Vec<_> = list::list(&stage.space)
        .expect("listed")
        .objects
        .into_iter()
        .map(|o| o.name)
        .collect();
    let mut expected = names.map(str::to_owned);
    listed.sort();
    expected.sort();
    assert_eq!(listed, expected);
    drop(handles);
    assert_eq!(stage.files(), [""; 0]);
}

// O-63
#[test]
fn the_longest_names_work_and_longer_ones_give_123() {
    let stage = stage();
    for (unit, units) in [("n", 1), ("ä", 1), ("語", 1), ("🦀", 2)] {
        let prefix = r"Local\".len();
        for total in [200, 255 + prefix, 256 + prefix, 260 + prefix, 32_766] {
            let name = format!(r"Local\{}", unit.repeat((total - prefix) / units));
            let case = format!("{unit} {total}");
            let made = stage
                .options()
                .size(PAGE)
                .create_new(&name)
                .unwrap_or_else(|e| panic!("{case}: {e}"));
            let other = name.clone(); // the same characters elsewhere in memory
            assert!(
                stage.options().open(&other).expect(&case).is_same_object(&made),
                "{case}"
            );
            let listing = list::list(&stage.space).expect("listed");
            assert_eq!(listing.objects.len(), 1, "{case}: {:?}", listing.oddities);
            assert_eq!(listing.objects[0].name, name[prefix..], "{case}");
            let mut shorter = name.clone();
            shorter.pop();
            assert_eq!(
                stage.options().open(&shorter).expect_err(&case).code(),
                Win32Code::FILE_NOT_FOUND
            );
        }
        let long = unit.repeat(32_768 / units);
        let error = stage.options().size(PAGE).create(&long).expect_err("too long");
        assert_eq!(error.code(), Win32Code::INVALID_NAME, "{}", error.why().cause());
        assert_eq!(stage.files(), [""; 0]);
    }
}

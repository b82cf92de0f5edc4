//! Every platform through the real engine: P-10..P-66 and the clauses that they come from.

use filemap::core::profile;
use filemap::{
    Disposition, Event, FILE_SHARE_READ, FileForMappingOptions, FileMapping, FileMappingOptions,
    GENERIC_READ, GENERIC_WRITE, Inherit, Namespace, Page, Platform, SectionFlags, Semaphore, View,
    WaitableTimer, create_file_for_mapping, delete_file,
};
use filemap_testing::{Child, PrivateRoot, private_root, role, roles};
use std::cell::Cell;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

const GB: usize = 1 << 30;
const ARENA: std::ops::Range<usize> = 2 * GB..3 * GB;

/// The tests of this file have trees of their own, yet under `cargo test` one address space and one table of descriptors:
/// places in the arena and below 2 GB are the process's, and a child that one test is just starting has, until it runs its
/// program, copies of what the others lock. So they go one after the other.
static THIS_PROCESS: Mutex<()> = Mutex::new(());

thread_local! {
    static IS_MINE: Cell<bool> = const { Cell::new(false) };
}

struct Alone(MutexGuard<'static, ()>);

impl Alone {
    /// Waits until no other test runs; `None` if this test is alone already, for it may have several places.
    fn in_this_process() -> Option<Alone> {
        (!IS_MINE.replace(true)).then(|| Alone(THIS_PROCESS.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        let _held = &self.0;
        IS_MINE.set(false);
    }
}

struct Place {
    root: PrivateRoot,
    space: Namespace,
    _alone: Option<Alone>,
}

impl Place {
    fn new(platform: Platform) -> Place {
        Place::with(platform.name())
    }

    fn with(name: &str) -> Place {
        let alone = Alone::in_this_process();
        let root = private_root();
        let profile = profile::named(name).unwrap();
        let space = Namespace::at(root.path()).with_profile(profile);
        Place {
            root,
            space,
            _alone: alone,
        }
    }

    fn options<'a>(&self) -> FileMappingOptions<'a> {
        FileMapping::options().namespace(&self.space)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn file(&self, name: &str, len: usize) -> File {
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.path(name))
            .unwrap();
        file.write_all_at(&vec![b'd'; len], 0).unwrap();
        file
    }

    /// Another process on the same platform in the same tree.
    fn neighbour(&self) -> Child {
        role!(neighbour)
            .env("FILEMAP_ROOT", self.root.path())
            .env("FILEMAP_PLATFORM", self.space.profile().name)
            .start()
    }
}

fn code<T>(result: Result<T, filemap::Error>) -> u32 {
    result.map_or_else(|e| e.code().0, |_| 0)
}

fn everywhere(check: impl Fn(Platform, &Place)) {
    for platform in Platform::ALL {
        check(platform, &Place::new(platform));
    }
}

roles! {
    /// Holds the object `shared` as it is told: `create`, `open`, `map FLAGS [BASE]`, `read`, `write TEXT`, `close`, `unmap`.
    fn neighbour(peer: &mut Peer) {
        let mut mapping: Option<FileMapping> = None;
        let mut views: Vec<View> = Vec::new();
        let mut file = None;
        while let Some(line) = peer.receive() {
            let words: Vec<&str> = line.split(' ').collect();
            let number = |i: usize| words.get(i).map(|w: &&str| u64::from_str_radix(w, 16).unwrap());
            let answer = match words[0] {
                "create" | "create-copy" => {
                    let mut options = FileMapping::options().size(0x2_0000);
                    if words[0] == "create-copy" {
                        file = Some(File::open(words[1]).unwrap());
                        options = options.size(0).protection(Page::WRITECOPY).file(file.as_ref().unwrap());
                    }
                    options.create("shared").map(|made| {
                        let existed = made.already_existed();
                        mapping = Some(made);
                        format!("existed {existed}")
                    })
                }
                "open" => FileMapping::options().raw_access(4).open("shared").map(|opened| {
                    mapping = Some(opened);
                    "opened".to_owned()
                }),
                "map" => {
                    let mut view = mapping.as_ref().unwrap().view().access(number(1).unwrap() as u32);
                    if let Some(base) = number(2) {
                        view = view.base(base as usize);
                    }
                    view.map().map(|view| {
                        let at = view.as_ptr().addr();
                        views.push(view);
                        format!("{at:x}")
                    })
                }
                "read" => views.last().unwrap().to_vec(0, 4).map(|b| String::from_utf8(b).unwrap()),
                "write" => views.last().unwrap().write_at(0, words[1].as_bytes()).map(|()| "written".to_owned()),
                "close" => mapping.take().unwrap().close().map(|()| "closed".to_owned()),
                "unmap" => {
                    views.pop();
                    Ok("unmapped".to_owned())
                }
                other => panic!("{other}?"),
            };
            peer.send(&answer.unwrap_or_else(|e| format!("error {}", e.code().0)));
        }
        drop(file);
    }
}

fn ask(child: &mut Child, line: &str) -> String {
    child.send(line);
    child.receive().expect("an answer")
}

// P-23, V-30, V-34
#[test]
fn an_object_of_windows_95_is_at_one_address_in_every_process() {
    for platform in [Platform::Win95, Platform::Win32s] {
        let place = Place::new(platform);
        let mapping = place.options().size(0x2_0000).create("shared").unwrap();
        let view = mapping.map().unwrap();
        let at = view.as_ptr().addr();
        assert!(ARENA.contains(&at), "P-23/{platform}: {at:#x}");
        view.write_at(0, b"here").unwrap();
        let mut other = place.neighbour();
        assert_eq!(ask(&mut other, "open"), "opened");
        assert_eq!(ask(&mut other, "map 4"), format!("{at:x}"), "V-30/{platform}");
        assert_eq!(ask(&mut other, "read"), "here");
        let elsewhere = format!("map 4 {:x}", at + 0x10_0000);
        assert_eq!(ask(&mut other, &elsewhere), "error 487", "V-34/{platform}");
        assert_eq!(ask(&mut other, &format!("map 4 {at:x}")), format!("{at:x}"));
        // A view that begins inside lies inside.
        let inside = mapping.view().offset(0x1_0000).map().unwrap();
        assert_eq!(inside.as_ptr().addr(), at + 0x1_0000);
        // Another object never lies there.
        let second = place.options().size(0x1_0000).create_unnamed().unwrap();
        let second = second.map().unwrap();
        assert!(!(at..at + 0x2_0000).contains(&second.as_ptr().addr()));
    }
}

// P-23, V-30
#[test]
fn the_first_view_may_choose_the_address_and_it_is_free_again_after_a_death() {
    let place = Place::new(Platform::Win95);
    let wanted = 0x9000_0000usize;
    let mut other = place.neighbour();
    ask(&mut other, "create");
    assert_eq!(ask(&mut other, &format!("map 4 {wanted:x}")), "90000000");
    let mapping = place.options().open("shared").unwrap();
    assert_eq!(mapping.map().unwrap().as_ptr().addr(), wanted);
    let stranger = place.options().size(4096).create_unnamed().unwrap();
    assert_eq!(
        code(stranger.view().base(wanted).map()),
        8,
        "P-21/win95: taken by another object"
    );
    other.kill();
    drop(mapping);
    assert_eq!(
        stranger.view().base(wanted).map().unwrap().as_ptr().addr(),
        wanted
    );
}

// P-30, V-30
#[test]
fn an_address_that_is_taken_in_this_process_is_487_where_it_is_prescribed() {
    let place = Place::new(Platform::Win95);
    let mut other = place.neighbour();
    ask(&mut other, "create");
    let at = usize::from_str_radix(&ask(&mut other, "map 4"), 16).unwrap();
    let nt = Namespace::at(place.root.path());
    let blocker = FileMapping::options()
        .namespace(&nt)
        .size(4096)
        .create_unnamed()
        .unwrap();
    let blocker = blocker.view().base(at).map().unwrap();
    let mapping = place.options().open("shared").unwrap();
    assert_eq!(code(mapping.map()), 487);
    drop(blocker);
    assert_eq!(mapping.map().unwrap().as_ptr().addr(), at);
}

// P-13
#[test]
fn the_views_of_all_programs_of_windows_95_fit_into_one_gigabyte() {
    let place = Place::new(Platform::Win95);
    let big = place
        .options()
        .size(0x3000_0000)
        .section_flags(SectionFlags::RESERVE)
        .create_unnamed()
        .unwrap();
    let view = big.map().unwrap();
    let mut other = place.neighbour();
    ask(&mut other, "create");
    assert_ne!(ask(&mut other, "map 4"), "error 8");
    let second = place
        .options()
        .size(0x1000_0000)
        .section_flags(SectionFlags::RESERVE)
        .create_unnamed()
        .unwrap();
    assert_eq!(code(second.map()), 8, "the other program's view counts");
    assert_eq!(
        code(
            place
                .options()
                .size(0x4001_0000)
                .section_flags(SectionFlags::RESERVE)
                .create_unnamed()
                .unwrap()
                .map()
        ),
        8
    );
    assert_eq!(ask(&mut other, "unmap"), "unmapped");
    assert!(second.map().is_ok());
    drop(view);
}

// P-25, V-43, V-13, V-40
#[test]
fn copy_on_write_is_shared_on_windows_95_and_private_on_nt() {
    for (platform, seen) in [
        (Platform::Win95, "copy"),
        (Platform::Nt4, "dddd"),
        (Platform::Nt, "dddd"),
    ] {
        let place = Place::new(platform);
        let file = place.file("data", 8192);
        let mapping = place
            .options()
            .file(&file)
            .protection(Page::WRITECOPY)
            .create("shared")
            .unwrap();
        let view = mapping.view().access(1).map().unwrap();
        let mut other = place.neighbour();
        assert_eq!(
            ask(
                &mut other,
                &format!("create-copy {}", place.path("data").display())
            ),
            "existed true"
        );
        assert_ne!(ask(&mut other, "map 1"), "error 87");
        view.write_at(0, b"copy").unwrap();
        assert_eq!(ask(&mut other, "read"), seen, "P-25/{platform}");
        ask(&mut other, "write back");
        let mine = view.to_vec(0, 4).unwrap();
        assert_eq!(mine == b"back", platform == Platform::Win95, "V-43/{platform}");
        let mut disk = [0; 4];
        file.read_exact_at(&mut disk, 0).unwrap();
        assert_eq!(&disk, b"dddd", "the file stays as it is");
    }
}

// P-24, V-13
#[test]
fn copy_views_need_what_the_platform_says() {
    everywhere(|platform, place| {
        let memory = place.options().size(4096).create_unnamed().unwrap();
        let wanted = match platform {
            Platform::Win95 | Platform::Win32s | Platform::Ce => 87,
            _ => 0,
        };
        assert_eq!(code(memory.view().access(1).map()), wanted, "P-24/{platform}");
    });
}

// P-26, V-11
#[test]
fn a_write_view_of_a_read_only_object_has_the_platforms_number() {
    everywhere(|platform, place| {
        let file = place.file("data", 100);
        let mapping = place
            .options()
            .file(&file)
            .protection(Page::READONLY)
            .create_unnamed()
            .unwrap();
        let wanted = match platform {
            Platform::Win95 | Platform::Win32s => 87,
            _ => 5,
        };
        assert_eq!(code(mapping.view().access(2).map()), wanted, "P-26/{platform}");
    });
}

// P-14, M-24, M-25
#[test]
fn files_grow_as_the_platform_lets_them() {
    everywhere(|platform, place| {
        let grown = |protect, size: u64| {
            let file = place.file("data", 100);
            let made = place
                .options()
                .file(&file)
                .protection(protect)
                .size(size)
                .create_unnamed();
            let len = file.metadata().unwrap().len();
            file.set_len(100).unwrap();
            (code(made), len)
        };
        assert_eq!(grown(Page::READWRITE, 5000), (0, 5000), "P-14/{platform}");
        assert_eq!(grown(Page::READONLY, 5000), (8, 100), "P-14/{platform}");
        let wanted = match platform {
            Platform::Win95 | Platform::Win32s => (0, 5000),
            Platform::Ce => (87, 100),
            _ => (8, 100),
        };
        assert_eq!(grown(Page::WRITECOPY, 5000), wanted, "P-14/{platform}");
    });
}

// P-10, P-12
#[test]
fn win32s_needs_memory_for_all_of_a_file_and_ce_has_only_ram() {
    everywhere(|platform, place| {
        let file = place.file("data", 100);
        let huge = 1 << 50;
        file.set_len(huge).unwrap();
        let made = place
            .options()
            .file(&file)
            .protection(Page::READONLY)
            .create_unnamed();
        let wanted = if platform == Platform::Win32s { 8 } else { 0 };
        assert_eq!(code(made), wanted, "P-12/{platform}");
    });
    let ce = Place::new(Platform::Ce);
    let huge = ce
        .options()
        .size(1 << 50)
        .section_flags(SectionFlags::RESERVE)
        .create_unnamed();
    assert_eq!(code(huge), 8, "P-10/ce: physical memory");
    let nt = Place::new(Platform::Nt);
    let huge = nt
        .options()
        .size(1 << 42)
        .section_flags(SectionFlags::RESERVE)
        .create_unnamed();
    assert_eq!(code(huge), 0, "P-10/nt: reserving takes none");
}

// P-15, P-16, P-17, P-18, P-19, P-50
#[test]
fn arguments_of_creation_are_those_of_the_platform() {
    everywhere(|platform, place| {
        let old = matches!(platform, Platform::Win95 | Platform::Win32s);
        // A file with holes: 4 GB of memory are more than CE may have (P-10).
        let file = place.file("holes", 100);
        file.set_len((1 << 32) + 8192).unwrap();
        let high = place
            .options()
            .file(&file)
            .protection(Page::READONLY)
            .size((1 << 32) + 4096);
        let len = high.create_unnamed().unwrap().len();
        assert_eq!(len, if old { 4096 } else { (1 << 32) + 4096 }, "P-15/{platform}");
        if !old && platform != Platform::Ce {
            let object = high.create_unnamed().unwrap();
            assert_eq!(
                object.view().offset(1 << 32).map().unwrap().len(),
                4096,
                "P-16/{platform}"
            );
        } else if old {
            let object = place.options().size(0x2_0000).create_unnamed().unwrap();
            let view = object.view().offset((1 << 32) + 0x1_0000).map().unwrap();
            assert_eq!(view.offset(), 0x1_0000, "P-16/{platform}");
        }
        let flags = |flags| code(place.options().size(4096).section_flags(flags).create_unnamed());
        let nocache = if old || platform == Platform::Ce { 87 } else { 0 };
        assert_eq!(
            flags(SectionFlags::NOCACHE | SectionFlags::COMMIT),
            nocache,
            "P-17/{platform}"
        );
        let combine = match platform {
            Platform::Vista | Platform::Nt => 0,
            _ => 87,
        };
        assert_eq!(
            flags(SectionFlags::WRITECOMBINE | SectionFlags::COMMIT),
            combine,
            "P-17/{platform}"
        );
        let protect = |page| code(place.options().size(4096).protection(page).create_unnamed());
        let execute = match platform {
            Platform::Xp | Platform::Vista | Platform::Nt => 0,
            _ => 87,
        };
        assert_eq!(protect(Page::EXECUTE_READWRITE), execute, "P-18/{platform}");
        let writecopy = match platform {
            Platform::Vista | Platform::Nt => 0,
            _ => 87,
        };
        assert_eq!(protect(Page::EXECUTE_WRITECOPY), writecopy, "P-18/{platform}");
        assert_eq!(
            protect(Page::NOACCESS),
            if old { 0 } else { 87 },
            "P-19/{platform}"
        );
        let ce = platform == Platform::Ce;
        assert_eq!(
            protect(Page::READONLY),
            if ce { 87 } else { 0 },
            "P-50/{platform}"
        );
        let inherits = place.options().size(4096).inherit(Inherit::Yes).create_unnamed();
        assert_eq!(code(inherits), if ce { 87 } else { 0 }, "P-50/{platform}");
    });
    let first = Place::with("vista-rtm");
    let refused = first
        .options()
        .size(4096)
        .protection(Page::EXECUTE_WRITECOPY)
        .create_unnamed();
    assert_eq!(code(refused), 87, "P-18/vista without service pack");
}

// M-12
#[test]
fn a_missing_right_of_the_file_has_the_platforms_number() {
    everywhere(|platform, place| {
        place.file("data", 100);
        let reading = File::open(place.path("data")).unwrap();
        let made = place.options().file(&reading).create_unnamed();
        let old = matches!(platform, Platform::Win95 | Platform::Win32s);
        assert_eq!(code(made), if old { 87 } else { 5 }, "M-12/{platform}");
    });
}

// P-20, P-21, P-22, V-31..V-33
#[test]
fn bases_are_placed_refused_or_rounded_as_the_platform_does() {
    everywhere(|platform, place| {
        let object = place.options().size(0x2_0000).create_unnamed().unwrap();
        let at = |base: usize| code(object.view().len(0x1_0000).base(base).map());
        match platform {
            Platform::Ce => assert_eq!(at(0x5000_0000), 127, "P-20/ce: no function takes a base"),
            Platform::Win95 | Platform::Win32s => {
                assert_eq!(at(GB), 487, "P-20/{platform}");
                assert_eq!(at(3 * GB), 487, "P-20/{platform}");
                let view = object.view().base(0xA000_1234).map().unwrap();
                assert_eq!(view.as_ptr().addr(), 0xA000_0000, "P-22/{platform}: rounded down");
                let second = place.options().size(4096).create_unnamed().unwrap();
                assert_eq!(code(second.view().base(0xA000_0000).map()), 8, "P-21/{platform}");
            }
            Platform::Nt => {
                assert_eq!(at(0), 87, "P-20/nt");
                assert_eq!(at(0x1_0000_1000), 1132, "P-22/nt");
                let view = object.map().unwrap();
                assert_eq!(at(view.as_ptr().addr()), 487, "P-21/nt");
            }
            _ => {
                assert_eq!(at(2 * GB), 87, "P-20/{platform}");
                assert_eq!(at(2 * GB - 0x8000), 87, "V-31/{platform}: range before alignment");
                assert_eq!(at(0x6000_1000), 1132, "P-22/{platform}");
                let view = object.map().unwrap();
                let base = view.as_ptr().addr();
                assert!(
                    base + 0x2_0000 <= 2 * GB,
                    "P-20/{platform}: {base:#x} is below 2 GB"
                );
                assert!(base.is_multiple_of(0x1_0000), "V-7");
                let occupied = if platform == Platform::Nt351 { 8 } else { 487 };
                assert_eq!(at(base), occupied, "P-21/{platform}");
                assert_eq!(at(GB / 2), 0, "P-20/{platform}");
            }
        }
    });
}

// P-13
#[test]
fn a_view_of_a_32_bit_platform_has_less_than_two_gigabytes() {
    for platform in [Platform::Nt4, Platform::Xp, Platform::Nt] {
        let place = Place::new(platform);
        let object = place
            .options()
            .size(3 << 30)
            .section_flags(SectionFlags::RESERVE)
            .create_unnamed()
            .unwrap();
        let wanted = if platform == Platform::Nt { 0 } else { 8 };
        assert_eq!(code(object.map()), wanted, "P-13/{platform}");
        assert_eq!(
            code(object.view().offset(2 << 30).len(GB as u64).map()),
            0,
            "P-13/{platform}: in pieces"
        );
    }
}

// P-27, V-20
#[test]
fn unmapping_inside_a_view_works_on_nt_only() {
    everywhere(|platform, place| {
        let object = place.options().size(0x2_0000).create_unnamed().unwrap();
        let view = object.map().unwrap();
        let base = view.as_ptr().addr();
        let exact = matches!(platform, Platform::Win95 | Platform::Win32s | Platform::Ce);
        match view.unmap_at(base + 4196) {
            Ok(()) => assert!(!exact, "P-27/{platform}"),
            Err(back) => {
                let (view, e) = *back;
                assert!(exact, "P-27/{platform}");
                assert_eq!(e.code().0, 487);
                assert!(view.unmap_at(base).is_ok());
            }
        }
        // The same by address, as the C functions name views.
        let address = filemap::views::keep(object.map().unwrap()).addr();
        let inside = code(filemap::views::unmap(address + 4196));
        assert_eq!(inside, if exact { 487 } else { 0 }, "P-27/{platform}");
        assert_eq!(
            code(filemap::views::unmap(address)),
            if exact { 0 } else { 487 },
            "V-20/{platform}"
        );
    });
}

// P-23, V-20
#[test]
fn two_views_at_one_address_are_unmapped_one_by_one() {
    let place = Place::new(Platform::Win95);
    let object = place.options().size(4096).create_unnamed().unwrap();
    let first = filemap::views::keep(object.view().map().unwrap());
    let second = filemap::views::keep(object.map().unwrap());
    assert_eq!(first, second);
    filemap::views::unmap(first.addr()).unwrap();
    let view = filemap::views::at(first.addr()).expect("the other view");
    view.to_vec(0, 4).unwrap();
    drop(view);
    filemap::views::unmap(first.addr()).unwrap();
    assert_eq!(code(filemap::views::unmap(first.addr())), 487);
}

// P-23, V-58
#[test]
fn views_at_one_address_keep_their_own_access_in_safe_code() {
    let place = Place::new(Platform::Win95);
    let object = place.options().size(4096).create_unnamed().unwrap();
    let reading = object.view().access(4).map().unwrap();
    let writing = object.view().access(2).map().unwrap();
    writing.write_at(0, b"text").unwrap();
    assert_eq!(reading.to_vec(0, 4).unwrap(), b"text");
    assert_eq!(code(reading.write_at(0, b"x")), 998);
}

// P-28, P-63, V-55, V-56
#[test]
fn protecting_a_view_is_refused_on_windows_95() {
    everywhere(|platform, place| {
        let object = place.options().size(4096).create_unnamed().unwrap();
        let view = object.map().unwrap();
        let old = matches!(platform, Platform::Win95 | Platform::Win32s);
        let changed = code(view.protect(0, 4096, Page::READONLY));
        assert_eq!(changed, if old { 87 } else { 0 }, "P-28/{platform}");
        let without = code(view.protect_into(0, 4096, Page::READONLY, None));
        assert_eq!(
            without,
            if old { 87 } else { 998 },
            "P-63/{platform}: NULL is no matter on 95"
        );
    });
}

// P-29, V-28
#[test]
fn flushing_nothing_means_all_except_on_ce() {
    everywhere(|platform, place| {
        let file = place.file("data", 5000);
        let view = place
            .options()
            .file(&file)
            .create_unnamed()
            .unwrap()
            .map()
            .unwrap();
        view.write_at(0, b"w").unwrap();
        let ce = platform == Platform::Ce;
        assert_eq!(code(view.flush(0, 0)), if ce { 87 } else { 0 }, "P-29/{platform}");
        assert_eq!(code(view.flush(0, 5000)), 0, "V-25/{platform}");
    });
}

// P-64, V-50
#[test]
fn reserved_pages_have_the_protection_that_the_platform_shows() {
    everywhere(|platform, place| {
        let object = place
            .options()
            .size(0x1_0000)
            .section_flags(SectionFlags::RESERVE)
            .create_unnamed()
            .unwrap();
        let view = object.map().unwrap();
        let wanted = match platform {
            Platform::Win95 | Platform::Win32s => Page::NOACCESS,
            _ => Page::empty(),
        };
        assert_eq!(view.query(0).unwrap().protect, wanted, "P-64/{platform}");
        view.commit(0, 4096).unwrap();
        view.write_at(0, b"ok").unwrap();
    });
}

// P-30, P-33, P-36, P-37, N-12
#[test]
fn names_lead_where_the_platform_leads_them() {
    everywhere(|platform, place| {
        let create = |name: &str| code(place.options().size(4096).create(name));
        let prefixed = match platform {
            Platform::Win95 | Platform::Win32s => 123,
            Platform::Nt351 | Platform::Nt4 => 3,
            _ => 0,
        };
        assert_eq!(create(r"Local\x"), prefixed, "P-30/{platform}");
        let long = "n".repeat(261);
        let short = matches!(platform, Platform::Win95 | Platform::Win32s | Platform::Ce);
        assert_eq!(create(&long), if short { 123 } else { 0 }, "P-36/{platform}");
        let object = place.options().size(4096).create("plain").unwrap();
        let seen = place.space.with_session(7);
        let seen = FileMapping::options()
            .namespace(&seen)
            .size(4096)
            .create("plain")
            .unwrap();
        let machine = platform.profile().first_user_session.is.0.is_none();
        assert_eq!(
            seen.already_existed(),
            machine,
            "P-33/{platform}: another session"
        );
        drop(object);
        let empty = place.options().size(4096).create("").unwrap();
        let again = place.options().size(4096).create("").unwrap();
        assert_eq!(
            again.already_existed(),
            platform == Platform::Ce,
            "P-37/{platform}"
        );
        assert!(empty.map().is_ok());
    });
}

// P-31, P-32
#[test]
fn kinds_share_names_except_on_ce() {
    everywhere(|platform, place| {
        let _event = Event::options().namespace(&place.space).create("name").unwrap();
        let wanted = if platform == Platform::Ce { 0 } else { 6 };
        assert_eq!(
            code(place.options().size(4096).create("name")),
            wanted,
            "P-32/{platform}"
        );
        let timer = code(WaitableTimer::options().namespace(&place.space).create("t"));
        let timers = !matches!(
            platform,
            Platform::Win95 | Platform::Win32s | Platform::Nt351 | Platform::Ce
        );
        assert_eq!(timer, if timers { 0 } else { 127 }, "P-31/{platform}");
    });
    let ce = Place::new(Platform::Ce);
    let _event = Event::options().namespace(&ce.space).create("name").unwrap();
    let made = ce.options().size(4096).create("name").unwrap();
    assert!(!made.already_existed(), "both exist");
    let directories: Vec<_> = filemap::list::list(&ce.space).unwrap().objects;
    assert_eq!(directories.len(), 2, "{directories:?}");
}

// P-62
#[test]
fn signalling_and_waiting_in_one_call_came_with_nt_4() {
    everywhere(|platform, place| {
        let signalled = Semaphore::options()
            .namespace(&place.space)
            .maximum(9)
            .create("s")
            .unwrap();
        let waited = Event::options()
            .namespace(&place.space)
            .initially_set()
            .create("e")
            .unwrap();
        let old = matches!(
            platform,
            Platform::Win95 | Platform::Win32s | Platform::Nt351 | Platform::Ce
        );
        let done = code(filemap::signal_and_wait(&signalled, &waited, None));
        assert_eq!(done, if old { 120 } else { 0 }, "P-62/{platform}");
        assert_eq!(
            signalled.count(),
            u32::from(!old),
            "P-62/{platform}: nothing is half done"
        );
    });
}

// P-34, N-30, N-31, N-92, P-35, N-41
#[test]
fn the_first_user_is_in_session_0_up_to_xp_and_in_1_since_vista() {
    for (platform, first) in [
        (Platform::Win2000, 0),
        (Platform::Xp, 0),
        (Platform::Vista, 1),
        (Platform::Nt, 1),
    ] {
        let place = Place::new(platform);
        let service = place.options().namespace(&place.space.with_session(0)).size(4096);
        let _held = service.create("MaartensMap").unwrap();
        for (nth, found) in [(0, first == 0), (1, false)] {
            let user = place.space.with_logon(nth);
            assert_eq!(user.session(), first + nth, "P-34/{platform}");
            let opened = FileMapping::options().namespace(&user).open("MaartensMap");
            assert_eq!(code(opened), if found { 0 } else { 2 }, "N-61/{platform}");
            let global = FileMapping::options()
                .namespace(&user)
                .open(r"Global\MaartensMap");
            assert_eq!(code(global), 0, "N-63/{platform}");
        }
    }
    for (name, wanted) in [
        ("win2000-sp3", 0),
        ("win2000", 5),
        ("xp-sp1", 0),
        ("xp", 5),
        ("vista", 5),
        ("nt", 5),
    ] {
        let place = Place::with(name);
        let user = place.space.with_session(3).with_global_privilege(false);
        let made = FileMapping::options()
            .namespace(&user)
            .size(4096)
            .create(r"Global\X");
        assert_eq!(code(made), wanted, "P-35/{name}");
        let console = place.space.with_session(0).with_global_privilege(false);
        let made = FileMapping::options()
            .namespace(&console)
            .size(4096)
            .create(r"Global\Y");
        assert_eq!(code(made), 0, "N-45/{name}");
    }
}

// P-39, O-44, O-40
#[test]
fn a_view_keeps_the_name_on_windows_95_only() {
    for platform in Platform::ALL {
        let place = Place::new(platform);
        let mut other = place.neighbour();
        ask(&mut other, "create");
        assert_ne!(ask(&mut other, "map 4"), "error 87");
        assert_eq!(ask(&mut other, "close"), "closed");
        let kept = matches!(platform, Platform::Win95 | Platform::Win32s);
        let again = place.options().size(4096).create("shared").unwrap();
        assert_eq!(again.already_existed(), kept, "P-39/{platform}");
        drop(again);
        assert_eq!(ask(&mut other, "unmap"), "unmapped");
        let last = place.options().size(4096).create("shared").unwrap();
        assert!(
            !last.already_existed(),
            "P-39/{platform}: nothing keeps it any more"
        );
    }
}

// P-39, O-44: a killed process keeps no name, however many views it had
#[test]
fn a_name_that_views_keep_goes_with_a_killed_process() {
    let place = Place::new(Platform::Win95);
    let mut other = place.neighbour();
    ask(&mut other, "create");
    ask(&mut other, "map 4");
    ask(&mut other, "close");
    assert!(place.options().open("shared").is_ok());
    other.kill();
    assert_eq!(code(place.options().open("shared")), 2);
}

fn reading() -> FileForMappingOptions {
    FileForMappingOptions {
        access: GENERIC_READ,
        share: FILE_SHARE_READ,
        security_is_null: true,
        disposition: Disposition::OpenExisting,
        template: 0,
    }
}

// P-40..P-43
#[test]
fn files_are_opened_for_mapping_on_ce_only_and_with_its_arguments() {
    everywhere(|platform, place| {
        place.file("data", 100);
        let opened = code(create_file_for_mapping(
            &place.space,
            place.path("data"),
            &reading(),
        ));
        assert_eq!(
            opened,
            if platform == Platform::Ce { 0 } else { 127 },
            "P-40/{platform}"
        );
    });
    let ce = Place::new(Platform::Ce);
    ce.file("data", 100);
    let with = |change: fn(&mut FileForMappingOptions)| {
        let mut options = reading();
        change(&mut options);
        create_file_for_mapping(&ce.space, ce.path("data"), &options)
    };
    assert_eq!(
        code(with(|o| o.security_is_null = false)),
        87,
        "P-43: must be NULL"
    );
    assert_eq!(code(with(|o| o.template = 42)), 0, "P-43: ignored");
    assert_eq!(code(with(|o| o.access = 0)), 0, "P-42: to ask only");
    assert_eq!(code(with(|o| o.access |= 0x2000_0000)), 87, "P-42");
    assert_eq!(code(with(|o| o.disposition = Disposition::CreateNew)), 80);
    let missing = create_file_for_mapping(&ce.space, ce.path("none"), &reading());
    assert_eq!(code(missing), 2);
    let alone = with(|o| o.share = 0).unwrap();
    assert_eq!(code(with(|_| {})), 32, "P-43: the share mode counts up to CE 5");
    drop(alone);
    assert_eq!(code(with(|_| {})), 0, "P-43: closed");
    let old = Place::with("ce-2.0");
    old.file("data", 100);
    let writing = FileForMappingOptions {
        access: GENERIC_READ | GENERIC_WRITE,
        ..reading()
    };
    assert_eq!(
        code(create_file_for_mapping(&old.space, old.path("data"), &writing)),
        87,
        "P-42: read-only before 2.10"
    );
}

// P-43
#[test]
fn ce_6_takes_the_share_mode_from_the_access() {
    let ce = Place::with("ce-6");
    ce.file("data", 100);
    let nothing_shared = FileForMappingOptions {
        share: 0,
        ..reading()
    };
    let first = create_file_for_mapping(&ce.space, ce.path("data"), &nothing_shared).unwrap();
    assert_eq!(
        code(create_file_for_mapping(
            &ce.space,
            ce.path("data"),
            &nothing_shared
        )),
        0
    );
    drop(first);
}

// P-44, P-45, P-46, P-48
#[test]
fn one_program_of_ce_opens_the_file_and_the_others_create_by_name() {
    let ce = Place::new(Platform::Ce);
    ce.file("data", 100);
    let writing = FileForMappingOptions {
        access: GENERIC_READ | GENERIC_WRITE,
        share: FILE_SHARE_READ | filemap::FILE_SHARE_WRITE,
        ..reading()
    };
    let file = create_file_for_mapping(&ce.space, ce.path("data"), &writing).unwrap();
    assert_eq!(
        code(create_file_for_mapping(&ce.space, ce.path("data"), &writing)),
        32,
        "P-44"
    );
    let mapping = ce.options().file(&file).create("shared").unwrap();
    let mut other = ce.neighbour();
    assert_eq!(
        ask(&mut other, "open"),
        "error 127",
        "P-45: there is no OpenFileMapping"
    );
    assert_eq!(
        ask(&mut other, "create"),
        "existed true",
        "P-45, P-46: the original object"
    );
    assert_ne!(ask(&mut other, "map 6"), "error 5");
    assert_eq!(ask(&mut other, "read"), "dddd", "P-49");
    // P-48: the object stays until the last process has closed it.
    drop((mapping, file));
    let again = ce.options().size(4096).create("shared").unwrap();
    assert!(again.already_existed(), "P-48");
    drop(again);
    ask(&mut other, "close");
    assert!(
        !ce.options()
            .size(4096)
            .create("shared")
            .unwrap()
            .already_existed(),
        "P-48: use count 0"
    );
}

// P-61, V-60, V-61
#[test]
fn deleting_a_mapped_file_is_refused_up_to_windows_8() {
    for (name, wanted) in [
        ("win32s", 0),
        ("win95", 0),
        ("nt351", 5),
        ("nt4", 5),
        ("win2000", 5),
        ("xp", 5),
        ("vista", 5),
        ("win7", 5),
        ("nt", 0),
        ("ce", 5),
    ] {
        let place = Place::with(name);
        let file = place.file("data", 100);
        let mapping = place.options().file(&file).create_unnamed().unwrap();
        assert_eq!(
            code(delete_file(&place.space, place.path("data"))),
            wanted,
            "P-61/{name}"
        );
        let view = mapping.map().unwrap();
        drop((mapping, file));
        if wanted == 5 {
            assert_eq!(
                code(delete_file(&place.space, place.path("data"))),
                5,
                "V-60/{name}: a view is enough"
            );
            drop(view);
            assert_eq!(
                code(delete_file(&place.space, place.path("data"))),
                0,
                "V-60/{name}: nobody has it"
            );
        }
        assert!(!place.path("data").exists());
    }
}

// P-60
#[test]
fn everybody_may_use_an_object_where_there_is_no_security() {
    use std::os::unix::fs::PermissionsExt;
    everywhere(|platform, place| {
        let _object = place.options().size(4096).create("shared").unwrap();
        let path = &filemap::list::list(&place.space).unwrap().objects[0].path;
        let mode = path.metadata().unwrap().permissions().mode() & 0o777;
        let open = matches!(platform, Platform::Win95 | Platform::Win32s | Platform::Ce);
        assert_eq!(mode, if open { 0o666 } else { 0o600 }, "P-60/{platform}");
    });
}

// Objects keep the rules that they were made under, whoever opens them.
#[test]
fn an_object_of_windows_95_keeps_its_address_for_programs_of_nt() {
    let place = Place::new(Platform::Win95);
    let object = place.options().size(4096).create("shared").unwrap();
    let view = object.map().unwrap();
    let nt = place.space.with_platform(Platform::Nt);
    let opened = FileMapping::options()
        .namespace(&nt)
        .open(r"Global\shared")
        .unwrap();
    assert_eq!(opened.profile().platform, Platform::Win95);
    assert_eq!(opened.map().unwrap().as_ptr(), view.as_ptr());
}

// Bad input: an unknown platform is told with what there is, and nothing is created.
#[test]
fn an_unknown_platform_in_the_environment_is_87() {
    let _alone = Alone::in_this_process();
    let root = private_root();
    let mut child = role!(says_what_current_is)
        .env("FILEMAP_ROOT", root.path())
        .env("FILEMAP_PLATFORM", "os/2")
        .start();
    let said = child.receive().unwrap();
    assert!(
        said.starts_with("87 ") && said.contains("win32s, win95, nt351"),
        "{said}"
    );
    assert!(!root.path().join("Global").exists() && !root.path().join("Sessions").exists());
    for (session, wanted) in [
        ("nonsense", "87 "),
        ("logon:0", "ok 0"),
        ("logon:2", "ok 2"),
        ("7", "ok 7"),
    ] {
        let mut child = role!(says_what_current_is)
            .env("FILEMAP_ROOT", root.path())
            .env("FILEMAP_PLATFORM", "xp")
            .env("FILEMAP_SESSION", session)
            .start();
        let said = child.receive().unwrap();
        assert!(said.starts_with(wanted), "{session}: {said}");
    }
}

roles! {
    fn says_what_current_is(peer: &mut Peer) {
        peer.send(&match FileMapping::options().size(4096).create("x") {
            Ok(_) => format!("ok {}", Namespace::current().unwrap().session()),
            Err(e) => format!("{} {e}", e.code().0),
        });
    }
}

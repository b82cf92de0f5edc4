//! SEC_RESERVE: pages open when somebody commits them (V-50, V-51, V-82, F-14).
//
// UNSAFETY: maps, cuts and touches memory as programs and strangers do.

use super::common::{Mapped, PAGE, RW, cut, memory};
use filemap_sys::os::fault::{CopyError, FaultKind, kernel};
use rustix::mm::{MapFlags, ProtFlags};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

const PAGES: usize = 256;
const NONE: ProtFlags = ProtFlags::empty();

/// An object of 256 pages and its commit bitmap, both as a peer would map them.
struct Object {
    data: std::os::fd::OwnedFd,
    bits: std::os::fd::OwnedFd,
    bitmap: Mapped,
}

impl Object {
    fn new() -> Object {
        let (data, bits) = (memory(PAGES * PAGE), memory(PAGE));
        let bitmap = Mapped::new(&bits, PAGE, RW);
        Object { data, bits, bitmap }
    }

    fn view(&self) -> Mapped {
        Mapped::new(self.data.as_fd(), PAGES * PAGE, NONE)
    }

    fn commit(&self, page: usize) {
        self.bitmap
            .word64(page / 64 * 8)
            .fetch_or(1 << (page % 64), SeqCst);
    }
}

fn violation<T: std::fmt::Debug>(result: Result<T, CopyError>) -> usize {
    match result {
        Err(CopyError::Fault {
            offset: Some(at),
            fault,
        }) if fault.kind == FaultKind::AccessViolation => at,
        other => panic!("expected an access violation, got {other:?}"),
    }
}

// V-50, V-51
#[test]
fn a_page_that_another_thread_commits_opens_when_it_is_touched() {
    let object = Object::new();
    let mapped = object.view();
    let view = mapped.reserve(RW, &object.bitmap, PAGES, 0);
    assert_eq!(violation(view.load::<u32>(3 * PAGE)), 3 * PAGE);
    assert!(!view.is_committed(3 * PAGE));
    std::thread::scope(|scope| scope.spawn(|| object.commit(3)).join()).unwrap();
    assert!(view.is_committed(3 * PAGE) && !view.is_committed(4 * PAGE));
    mapped.word(3 * PAGE).store(42, SeqCst);
    assert_eq!(view.load::<u32>(3 * PAGE), Ok(42));
    assert_eq!(
        violation(view.write_at(4 * PAGE - 2, b"over")),
        4 * PAGE,
        "the next page is still reserved"
    );
    assert_eq!(
        violation(view.load::<u8>(2 * PAGE)),
        2 * PAGE,
        "and so is the one before"
    );
    assert_eq!(view.lost(), None);
}

// V-51: "every view in every process"
#[test]
fn a_commit_is_seen_by_every_view_with_its_own_protection_and_at_its_own_offset() {
    let object = Object::new();
    let (writer, reader) = (object.view(), object.view());
    let writing = writer.reserve(RW, &object.bitmap, PAGES, 0);
    let reading = reader.reserve(ProtFlags::READ, &object.bitmap, PAGES, 0);
    object.commit(100);
    writing.store(100 * PAGE, 5_u64).unwrap();
    assert_eq!(reading.load::<u64>(100 * PAGE), Ok(5));
    assert_eq!(
        violation(reading.store(100 * PAGE, 6_u64)),
        100 * PAGE,
        "V-58: a read-only view stays so"
    );
    drop(reading);
    // A view of the object from page 64 on: bit 100 is its page 36.
    let later = Mapped::with(
        object.data.as_fd(),
        64 * PAGE,
        (PAGES - 64) * PAGE,
        NONE,
        MapFlags::SHARED,
    );
    let view = later.reserve(RW, &object.bitmap, PAGES, 64);
    assert!(!view.is_committed(0) && view.is_committed(36 * PAGE));
    assert_eq!(violation(view.load::<u64>(35 * PAGE)), 35 * PAGE);
    assert_eq!(view.load::<u64>(36 * PAGE), Ok(5));
}

#[test]
fn copies_over_many_pages_open_them_as_they_go() {
    let object = Object::new();
    let mapped = object.view();
    let view = mapped.reserve(RW, &object.bitmap, PAGES, 0);
    (0..200).for_each(|page| object.commit(page));
    let data: Vec<u8> = (0..200 * PAGE).map(|i| (i / 7) as u8).collect();
    view.write_at(0, &data).unwrap();
    let mut back = vec![0; data.len()];
    view.read_at(0, &mut back).unwrap();
    assert!(back == data);
    assert_eq!(violation(view.read_at(0, &mut vec![0; 201 * PAGE])), 200 * PAGE);
}

#[test]
fn the_kernels_copies_open_committed_pages_too() {
    let object = Object::new();
    let mapped = object.view();
    let view = mapped.reserve(RW, &object.bitmap, PAGES, 0);
    object.commit(0);
    object.commit(1);
    // SAFETY: 16 bytes of the view and of an array.
    unsafe { kernel::copy_in(mapped.word(PAGE).as_ptr().cast(), [7; 16].as_ptr(), 16) }.unwrap();
    assert_eq!(view.load::<u8>(PAGE + 15), Ok(7));
    let mut out = [0; 16];
    // SAFETY: 16 bytes of the view and of an array.
    let fault = unsafe { kernel::copy_out(out.as_mut_ptr(), mapped.word(2 * PAGE - 8).as_ptr().cast(), 16) };
    assert_eq!(
        fault.unwrap_err().offset_in(view.start(), view.len()),
        Some(2 * PAGE)
    );
}

#[test]
fn sync_committed_opens_everything_there_is_and_names_the_first_gap() {
    let object = Object::new();
    let mapped = object.view();
    let view = mapped.reserve(RW, &object.bitmap, PAGES, 0);
    for page in [0, 1, 2, 5, 6, 255] {
        object.commit(page);
    }
    assert_eq!(view.sync_committed(0..PAGES * PAGE).unwrap(), Some(3 * PAGE));
    assert_eq!(view.sync_committed(PAGE..3 * PAGE).unwrap(), None);
    assert_eq!(view.sync_committed(3 * PAGE..3 * PAGE).unwrap(), None);
    assert_eq!(
        view.sync_committed(0..PAGES * PAGE + 1)
            .unwrap_err()
            .raw_os_error(),
        Some(libc::EINVAL)
    );
    // The kernel itself gets EFAULT from a reserved page, and no fault handler helps it.
    let out = memory(0);
    let write = |page: usize| {
        // SAFETY: a page of the mapping; the kernel checks it.
        let written = unsafe {
            libc::write(
                std::os::fd::AsRawFd::as_raw_fd(&out),
                mapped.word(page * PAGE).as_ptr().cast(),
                PAGE,
            )
        };
        if written < 0 {
            std::io::Error::last_os_error().raw_os_error().unwrap() as isize
        } else {
            written
        }
    };
    assert_eq!(write(255), PAGE as isize);
    assert_eq!(write(5), PAGE as isize);
    assert_eq!(write(4), libc::EFAULT as isize);
}

// V-54: what VirtualProtect did stays
#[test]
fn the_handler_keeps_a_protection_that_was_set_before_the_commit() {
    let object = Object::new();
    let mapped = object.view();
    let view = mapped.reserve(RW, &object.bitmap, PAGES, 0);
    view.protect(PAGE..2 * PAGE, ProtFlags::READ).unwrap();
    view.protect(2 * PAGE..3 * PAGE, NONE).unwrap();
    (0..4).for_each(|page| object.commit(page));
    assert_eq!(view.store(0, 1_u8), Ok(()));
    assert_eq!(view.store(3 * PAGE, 1_u8), Ok(()));
    assert_eq!(view.load::<u8>(PAGE), Ok(0));
    assert_eq!(violation(view.store(PAGE, 1_u8)), PAGE);
    assert_eq!(violation(view.load::<u8>(2 * PAGE)), 2 * PAGE);
    assert_eq!(view.sync_committed(0..4 * PAGE).unwrap(), None);
    assert_eq!(
        violation(view.load::<u8>(2 * PAGE)),
        2 * PAGE,
        "sync keeps it, too"
    );
    assert_eq!(view.protection_at(PAGE), Some(ProtFlags::READ));
    assert_eq!(view.protection_at(0), Some(RW));
    assert_eq!(view.protection_at(PAGES * PAGE), None);
    view.protect(PAGE..3 * PAGE, RW).unwrap();
    assert_eq!(
        (view.store(PAGE, 1_u8), view.store(2 * PAGE, 1_u8)),
        (Ok(()), Ok(()))
    );
}

// V-54, on a view whose pages are all committed
#[test]
fn protecting_pages_of_an_ordinary_view_is_kept_when_a_page_is_lost() {
    let file = memory(3 * PAGE);
    let mapped = Mapped::new(&file, 3 * PAGE, RW);
    let view = mapped.register(None);
    view.protect(PAGE..2 * PAGE, ProtFlags::READ).unwrap();
    assert_eq!(violation(view.store(PAGE, 1_u8)), PAGE);
    cut(&file, 0);
    assert_eq!(mapped.word(PAGE).load(SeqCst), 0, "replaced by zeroes");
    assert_eq!(violation(view.store(PAGE, 1_u8)), PAGE, "still read-only");
    mapped.word(0).store(1, SeqCst);
    assert_eq!(view.lost().map(|lost| lost.pages), Some(2));
}

#[test]
fn whoever_protects_last_wins_against_handlers_that_open_pages_meanwhile() {
    let object = Object::new();
    for round in 0..300 {
        let mapped = object.view();
        let view = mapped.reserve(RW, &object.bitmap, PAGES, 0);
        (0..8).for_each(|page| object.commit(page));
        let last = if round % 2 == 0 { ProtFlags::READ } else { NONE };
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for page in 0..2 {
                let (view, done) = (&view, &done);
                scope.spawn(move || {
                    while !done.load(SeqCst) {
                        let _either = view.store(page * PAGE, 1_u8);
                    }
                });
            }
            view.protect(0..8 * PAGE, RW).unwrap();
            view.protect(0..8 * PAGE, NONE).unwrap();
            view.protect(0..8 * PAGE, last).unwrap();
            done.store(true, SeqCst);
        });
        for page in 0..8 {
            assert_eq!(violation(view.store(page * PAGE, 1_u8)), page * PAGE);
            assert_eq!(
                view.load::<u8>(page * PAGE).is_ok(),
                last == ProtFlags::READ,
                "round {round}, page {page}"
            );
        }
    }
}

#[test]
fn a_hostile_bitmap_opens_nothing_but_pages_of_the_view() {
    let object = Object::new();
    let mapped = Mapped::new(object.data.as_fd(), 8 * PAGE, NONE);
    let beside = Mapped::new(object.data.as_fd(), 8 * PAGE, NONE);
    let view = mapped.reserve(RW, &object.bitmap, 6, 0);
    for word in 0..PAGE / 8 {
        object.bitmap.word64(word * 8).store(u64::MAX, SeqCst);
    }
    assert_eq!(view.store(5 * PAGE, 1_u8), Ok(()));
    assert_eq!(
        violation(view.store(6 * PAGE, 1_u8)),
        6 * PAGE,
        "the bitmap has 6 bits"
    );
    assert_eq!(view.sync_committed(0..8 * PAGE).unwrap(), Some(6 * PAGE));
    let other = beside.register(None);
    assert_eq!(violation(other.load::<u8>(0)), 0);
}

#[test]
fn a_bitmap_that_is_cut_counts_as_not_committed() {
    let object = Object::new();
    let mapped = object.view();
    let view = mapped.reserve(RW, &object.bitmap, PAGES, 0);
    object.commit(0);
    object.commit(1);
    assert_eq!(view.load::<u8>(0), Ok(0));
    cut(&object.bits, 0);
    assert!(!view.is_committed(0));
    assert_eq!(violation(view.load::<u8>(9 * PAGE)), 9 * PAGE);
    assert_eq!(view.load::<u8>(0), Ok(0), "what is open stays open");
}

#[test]
fn a_committed_page_of_a_cut_object_is_an_in_page_error() {
    let object = Object::new();
    let mapped = object.view();
    let view = mapped.reserve(RW, &object.bitmap, PAGES, 0);
    object.commit(10);
    cut(&object.data, PAGE);
    let Err(CopyError::Fault {
        offset: Some(at),
        fault,
    }) = view.load::<u8>(10 * PAGE)
    else {
        panic!("must fault")
    };
    assert_eq!((at, fault.kind), (10 * PAGE, FaultKind::InPage));
    assert_eq!(mapped.word(10 * PAGE).load(SeqCst), 0);
    assert_eq!(view.lost().map(|lost| lost.first_offset), Some(10 * PAGE as u64));
}

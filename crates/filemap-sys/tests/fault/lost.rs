//! Direct access to memory that is gone: the page becomes zeroes, and the library can tell.
//
// UNSAFETY: maps, cuts and touches memory as programs and strangers do.

use super::common::{Mapped, PAGE, RW, cut, memory};
use filemap_sys::os::fault::{FaultPolicy, Kind, Lost, Region, register};
use rustix::mm::ProtFlags;
use std::sync::Barrier;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

// V-57, V-63
#[test]
fn an_atomic_behind_the_cut_reads_zero_and_the_view_knows_what_it_lost() {
    let file = memory(4 * PAGE);
    let mapped = Mapped::new(&file, 4 * PAGE, RW);
    let view = mapped.register(Some(FaultPolicy::Replace));
    mapped.word(2 * PAGE).store(7, SeqCst);
    assert_eq!(view.lost(), None);
    cut(&file, PAGE);
    assert_eq!(mapped.word(2 * PAGE).load(SeqCst), 0);
    assert_eq!(
        view.lost(),
        Some(Lost {
            pages: 1,
            first_offset: 2 * PAGE as u64
        })
    );
    mapped.word(PAGE + 8).store(3, SeqCst);
    assert_eq!(mapped.word(PAGE + 8).load(SeqCst), 3);
    assert_eq!(
        view.lost(),
        Some(Lost {
            pages: 2,
            first_offset: 2 * PAGE as u64
        })
    );
    assert_eq!(
        view.load::<u32>(PAGE + 8),
        Ok(3),
        "a copy sees what this process sees"
    );
    assert!(
        view.load::<u32>(3 * PAGE).is_err(),
        "a page that nobody touched is still gone"
    );
    cut(&file, 4 * PAGE);
    assert_eq!(
        mapped.word(PAGE + 8).load(SeqCst),
        3,
        "it stays private when the file grows again"
    );
}

#[test]
fn a_new_view_in_an_old_slot_has_lost_nothing() {
    let file = memory(PAGE);
    for _ in 0..3 {
        let fresh = Mapped::new(&file, 2 * PAGE, RW);
        let view = fresh.register(None);
        assert_eq!(view.lost(), None);
        assert_eq!(fresh.word(PAGE).load(SeqCst), 0);
        assert_eq!(view.lost().map(|lost| lost.pages), Some(1));
    }
}

#[test]
fn threads_that_meet_on_a_lost_page_lose_no_write_and_it_counts_once() {
    const THREADS: usize = 4;
    for _ in 0..200 {
        let file = memory(PAGE);
        let mapped = Mapped::new(&file, 2 * PAGE, RW);
        let view = mapped.register(None);
        let together = Barrier::new(THREADS);
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let (mapped, together) = (&mapped, &together);
                scope.spawn(move || {
                    together.wait();
                    mapped.word(PAGE + thread * 4).store(thread as u32 + 1, SeqCst);
                });
            }
        });
        for thread in 0..THREADS {
            assert_eq!(mapped.word(PAGE + thread * 4).load(SeqCst), thread as u32 + 1);
        }
        assert_eq!(
            view.lost(),
            Some(Lost {
                pages: 1,
                first_offset: PAGE as u64
            })
        );
    }
}

#[test]
fn a_lost_page_of_a_read_only_view_stays_read_only() {
    let file = memory(PAGE);
    let mapped = Mapped::new(&file, 2 * PAGE, ProtFlags::READ);
    let region = Region {
        protection: ProtFlags::READ,
        ..mapped.region(RW, Kind::Committed)
    };
    // SAFETY: dropped before the mapping; no references.
    let view = unsafe { register(region) }.unwrap();
    assert_eq!(mapped.word(PAGE).load(Relaxed), 0);
    assert!(view.store(PAGE, 1_u32).is_err());
    assert_eq!(view.lost().map(|lost| lost.pages), Some(1));
}

#[test]
fn a_view_ends_with_its_last_page_also_if_its_length_is_not_a_multiple() {
    let file = memory(PAGE);
    let mapped = Mapped::new(&file, 2 * PAGE, RW);
    let region = Region {
        len: PAGE + 10,
        ..mapped.region(RW, Kind::Committed)
    };
    // SAFETY: dropped before the mapping; no references.
    let view = unsafe { register(region) }.unwrap();
    assert_eq!(
        mapped.word(2 * PAGE - 4).load(Relaxed),
        0,
        "behind the length, in the page"
    );
    assert_eq!(
        view.lost(),
        Some(Lost {
            pages: 1,
            first_offset: PAGE as u64
        })
    );
}

#[test]
fn a_region_that_makes_no_sense_is_refused() {
    let file = memory(PAGE);
    let mapped = Mapped::new(&file, PAGE, RW);
    let good = mapped.region(RW, Kind::Committed);
    for bad in [
        Region { len: 0, ..good },
        Region {
            len: usize::MAX,
            ..good
        },
        Region { page_size: 0, ..good },
        Region {
            page_size: 3000,
            ..good
        },
        Region {
            start: mapped.start.wrapping_add(1),
            ..good
        },
    ] {
        // SAFETY: refused, so nothing is promised.
        let error = unsafe { register(bad) }.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EINVAL), "{bad:?}");
    }
}

#[test]
fn thousands_of_views_are_found_each() {
    let file = memory(PAGE);
    let views: Vec<_> = (0..3000)
        .map(|_| {
            let mapped = Mapped::new(&file, 2 * PAGE, RW);
            let view = mapped.register(None);
            (view, mapped) // in this order: the registration is dropped first
        })
        .collect();
    for (view, mapped) in views.iter().step_by(97) {
        assert_eq!(mapped.word(PAGE).load(Relaxed), 0);
        assert_eq!(view.lost().map(|lost| lost.pages), Some(1));
    }
    assert_eq!(
        views.iter().filter(|(view, _)| view.lost().is_some()).count(),
        3000_usize.div_ceil(97)
    );
}

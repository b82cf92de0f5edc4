//! Guarded copies and words.
//
// UNSAFETY: maps, cuts and touches memory as programs and strangers do.

use super::common::{Mapped, PAGE, RW, cut, memory};
use filemap_sys::os::fault::{self, CopyError, Fault, FaultKind, kernel};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mprotect};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

const LENGTHS: [usize; 24] = [
    1,
    2,
    3,
    4,
    5,
    7,
    8,
    9,
    15,
    16,
    17,
    31,
    32,
    33,
    63,
    64,
    65,
    127,
    128,
    129,
    1000,
    5000,
    70_000,
    (16 << 20) + 77,
];

fn pattern(len: usize) -> Vec<u8> {
    (0..len as u64)
        .map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u8)
        .collect()
}

#[test]
fn copies_of_every_length_and_alignment_move_exactly_their_bytes() {
    const EDGE: usize = 80;
    let lengths = (0..300).chain([
        511,
        4096,
        5003,
        65_536,
        1 << 20,
        (16 << 20) - 1,
        16 << 20,
        (16 << 20) + 77,
    ]);
    for len in lengths {
        let aligns: &[(usize, usize)] = if len < 300 {
            &[
                (0, 0),
                (1, 0),
                (0, 3),
                (7, 9),
                (16, 31),
                (33, 32),
                (63, 1),
                (64, 64),
            ]
        } else {
            &[(0, 0), (5, 48)]
        };
        for &(from, to) in aligns {
            let src = pattern(from + len);
            let mut dst = vec![0xEE; to + len + EDGE];
            // SAFETY: both vectors hold the ranges and are different allocations.
            unsafe { fault::copy_out(dst.as_mut_ptr().add(to), src.as_ptr().add(from), len) }.unwrap();
            assert!(
                dst[to..to + len] == src[from..],
                "{len} bytes from {from} to {to}"
            );
            let untouched = dst[..to].iter().chain(&dst[to + len..]).all(|&byte| byte == 0xEE);
            assert!(
                untouched,
                "{len} bytes from {from} to {to}: something else was written"
            );
        }
    }
}

#[test]
fn fill_sets_exactly_its_bytes() {
    for len in [0, 1, 2, 15, 16, 17, 31, 32, 33, 100, 4096, 10_001] {
        let mut bytes = vec![1_u8; len + 40];
        // SAFETY: inside the vector.
        unsafe { fault::fill(bytes.as_mut_ptr().add(20), 0xAB, len) }.unwrap();
        assert!(bytes[20..20 + len].iter().all(|&byte| byte == 0xAB));
        assert!(
            bytes[..20]
                .iter()
                .chain(&bytes[20 + len..])
                .all(|&byte| byte == 1)
        );
    }
}

// V-57, V-63
#[test]
fn a_copy_out_of_a_cut_file_is_an_in_page_error_behind_the_cut_for_every_length() {
    let file = memory(PAGE);
    let len = PAGE + (17 << 20);
    let mapped = Mapped::new(&file, len, RW);
    let view = mapped.register(None);
    for length in LENGTHS {
        for before in [0, 1, length / 2, length - 1]
            .into_iter()
            .filter(|&before| before <= PAGE && before < length)
        {
            let mut bytes = vec![0; length];
            let offset = PAGE - before;
            let error = view.read_at(offset, &mut bytes).unwrap_err();
            let CopyError::Fault {
                offset: Some(at),
                fault,
            } = error
            else {
                panic!("{error:?}")
            };
            assert_eq!(
                fault.kind,
                FaultKind::InPage,
                "{length} bytes, {before} before the cut"
            );
            assert!(
                (PAGE..offset + length).contains(&at),
                "{length} bytes at {offset}: fault at {at}"
            );
            assert_eq!(fault.address, mapped.start.addr() + at);
        }
    }
    assert_eq!(view.lost(), None, "copies replace nothing");
}

// V-57
#[test]
fn a_copy_into_a_cut_file_and_a_fill_are_in_page_errors_for_every_length() {
    let file = memory(PAGE);
    let mapped = Mapped::new(&file, PAGE + (17 << 20), RW);
    let view = mapped.register(None);
    for length in LENGTHS {
        let offset = PAGE - (length / 2).min(PAGE);
        for error in [
            view.write_at(offset, &pattern(length)),
            view.fill_at(offset, 1, length),
        ] {
            let Err(CopyError::Fault {
                offset: Some(at),
                fault,
            }) = error
            else {
                panic!("{length}: {error:?}")
            };
            assert_eq!(fault.kind, FaultKind::InPage);
            assert!(
                (PAGE..offset + length).contains(&at),
                "{length} bytes at {offset}: fault at {at}"
            );
        }
    }
}

#[test]
fn words_are_loaded_and_stored_whole_and_a_cut_makes_them_in_page_errors() {
    let file = memory(2 * PAGE);
    let mapped = Mapped::new(&file, 2 * PAGE, RW);
    let view = mapped.register(None);
    view.store(0, 0x11_u8).unwrap();
    view.store(2, 0x2233_u16).unwrap();
    view.store(4, 0x4455_6677_u32).unwrap();
    view.store(8, 0x8899_AABB_CCDD_EEFF_u64).unwrap();
    assert_eq!(view.load::<u8>(0), Ok(0x11));
    assert_eq!(view.load::<u16>(2), Ok(0x2233));
    assert_eq!(view.load::<u32>(4), Ok(0x4455_6677));
    assert_eq!(view.load::<u64>(8), Ok(0x8899_AABB_CCDD_EEFF));
    cut(&file, PAGE);
    let gone = |offset: usize| {
        let fault = Fault {
            address: mapped.start.addr() + offset,
            kind: FaultKind::InPage,
        };
        CopyError::Fault {
            offset: Some(offset),
            fault,
        }
    };
    assert_eq!(view.load::<u8>(PAGE + 1), Err(gone(PAGE + 1)));
    assert_eq!(view.load::<u16>(PAGE + 2), Err(gone(PAGE + 2)));
    assert_eq!(view.load::<u32>(PAGE + 4), Err(gone(PAGE + 4)));
    assert_eq!(view.load::<u64>(PAGE + 8), Err(gone(PAGE + 8)));
    assert_eq!(view.store(PAGE + 1, 1_u8), Err(gone(PAGE + 1)));
    assert_eq!(view.store(PAGE + 2, 1_u16), Err(gone(PAGE + 2)));
    assert_eq!(view.store(PAGE + 4, 1_u32), Err(gone(PAGE + 4)));
    assert_eq!(view.store(PAGE + 8, 1_u64), Err(gone(PAGE + 8)));
}

// V-58
#[test]
fn writing_to_a_read_only_view_is_an_access_violation_and_not_an_in_page_error() {
    let file = memory(PAGE);
    let mapped = Mapped::new(&file, PAGE, ProtFlags::READ);
    let view = mapped.register(None);
    let error = view.write_at(100, b"no").unwrap_err();
    let CopyError::Fault {
        offset: Some(100),
        fault,
    } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(fault.kind, FaultKind::AccessViolation);
    assert_eq!(fault.kind.exception_code(), Some(0xC000_0005)); // E-4
    assert_eq!(view.load::<u8>(100), Ok(0));
}

#[test]
fn a_copy_beyond_the_view_copies_nothing() {
    let file = memory(PAGE);
    let mapped = Mapped::new(&file, PAGE, RW);
    let view = mapped.register(None);
    let beyond = CopyError::OutOfView {
        end: PAGE as u64 + 1,
        len: PAGE as u64,
    };
    assert_eq!(view.write_at(PAGE - 1, b"ab"), Err(beyond));
    assert_eq!(view.load::<u8>(PAGE - 1), Ok(0));
    assert_eq!(
        view.read_at(usize::MAX, &mut [0; 2]),
        Err(CopyError::OutOfView {
            end: u64::MAX,
            len: PAGE as u64
        })
    );
    assert_eq!(view.read_at(PAGE, &mut []), Ok(()));
}

#[test]
fn a_fault_in_the_callers_buffer_is_told_apart() {
    let file = memory(PAGE);
    let mapped = Mapped::new(&file, PAGE, RW);
    let view = mapped.register(None);
    let closed = Mapped::new(&file, PAGE, ProtFlags::empty());
    // SAFETY: no Rust value lives in either range; faults are what is tested.
    let fault = unsafe { fault::copy_out(closed.start, mapped.start, 32) }.unwrap_err();
    assert_eq!(fault.offset_in(view.start(), view.len()), None);
    assert_eq!(fault.offset_in(closed.start, PAGE), Some(0));
    assert_eq!(fault.kind, FaultKind::AccessViolation);
}

#[test]
fn copies_while_a_peer_thread_closes_the_page_end_well_or_with_an_access_violation() {
    let file = memory(16 * PAGE);
    let mapped = Mapped::new(&file, 16 * PAGE, RW);
    let view = mapped.register(None);
    let done = AtomicBool::new(false);
    let mapped = &mapped;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                for flags in [MprotectFlags::empty(), MprotectFlags::READ | MprotectFlags::WRITE] {
                    // SAFETY: pages of the test's mapping, without references.
                    unsafe { mprotect(mapped.word(8 * PAGE).as_ptr().cast(), 4 * PAGE, flags) }.unwrap();
                }
            }
        });
        let (mut well, mut failed) = (0, 0);
        let mut bytes = vec![0; 16 * PAGE];
        while well < 20 || failed < 20 {
            match view.read_at(0, &mut bytes) {
                Ok(()) => well += 1,
                Err(CopyError::Fault {
                    offset: Some(at),
                    fault,
                }) => {
                    assert_eq!(fault.kind, FaultKind::AccessViolation);
                    assert!((8 * PAGE..12 * PAGE).contains(&at));
                    failed += 1;
                }
                Err(error) => panic!("{error:?}"),
            }
        }
        done.store(true, Relaxed);
    });
}

#[test]
fn several_threads_fault_at_once_and_each_gets_its_own_address() {
    let file = memory(PAGE);
    let mapped = Mapped::new(&file, 64 * PAGE, RW);
    let view = mapped.register(None);
    std::thread::scope(|scope| {
        for thread in 1..9 {
            let view = &view;
            scope.spawn(move || {
                for round in 0..500 {
                    let offset = (1 + (thread * 7 + round) % 63) * PAGE + thread * 8;
                    let Err(CopyError::Fault {
                        offset: Some(at),
                        fault,
                    }) = view.load::<u64>(offset)
                    else {
                        panic!("must fault")
                    };
                    assert_eq!((at, fault.kind), (offset, FaultKind::InPage));
                }
            });
        }
    });
}

#[test]
fn a_fault_leaves_errno_alone() {
    let file = memory(PAGE);
    let mapped = Mapped::new(&file, 2 * PAGE, RW);
    let view = mapped.register(None);
    // SAFETY: this thread's errno.
    unsafe { *libc::__errno_location() = 77 };
    let failed = view.load::<u32>(PAGE).is_err();
    let replaced = mapped.word(PAGE).load(Relaxed);
    // SAFETY: this thread's errno.
    let errno = unsafe { *libc::__errno_location() };
    assert_eq!((failed, replaced, errno), (true, 0, 77));
}

#[test]
fn a_private_view_of_a_cut_file_faults_like_a_shared_one_and_keeps_nothing() {
    let file = memory(2 * PAGE);
    let mapped = Mapped::with(&file, 0, 2 * PAGE, RW, MapFlags::PRIVATE);
    let view = mapped.register(None);
    view.write_at(PAGE, b"mine").unwrap(); // V-40
    cut(&file, PAGE);
    // Linux drops private copies of pages behind the cut, too.
    assert!(matches!(
        view.load::<u32>(PAGE),
        Err(CopyError::Fault {
            offset: Some(PAGE),
            ..
        })
    ));
    assert_eq!(view.load::<u32>(0), Ok(0));
}

// DESIGN 5: unnamed sections are sealed
#[test]
fn a_sealed_memory_file_can_not_be_cut_under_a_view() {
    let file = memfd_create("sealed", MemfdFlags::ALLOW_SEALING | MemfdFlags::CLOEXEC).unwrap();
    ftruncate(&file, 2 * PAGE as u64).unwrap();
    fcntl_add_seals(&file, SealFlags::SHRINK).unwrap();
    let mapped = Mapped::new(&file, 2 * PAGE, RW);
    let view = mapped.register(None);
    assert_eq!(ftruncate(&file, PAGE as u64), Err(rustix::io::Errno::PERM));
    assert_eq!(view.load::<u8>(PAGE), Ok(0));
}

#[test]
fn the_kernels_copies_need_no_handler_and_stop_at_the_cut() {
    let file = memory(PAGE);
    let mapped = Mapped::new(&file, 2 * PAGE, RW);
    let data = pattern(PAGE);
    let mut back = vec![0; PAGE];
    // SAFETY: the mapping and the vectors are as long as said, and apart.
    unsafe {
        kernel::copy_in(mapped.start, data.as_ptr(), PAGE).unwrap();
        kernel::copy_out(back.as_mut_ptr(), mapped.start, PAGE).unwrap();
        assert!(back == data);
        kernel::fill(mapped.start.add(1), 9, PAGE - 2).unwrap();
        kernel::copy_out(back.as_mut_ptr(), mapped.start, PAGE).unwrap();
    }
    assert!(
        back[1..PAGE - 1].iter().all(|&byte| byte == 9)
            && back[0] == data[0]
            && back[PAGE - 1] == data[PAGE - 1]
    );
    // SAFETY: as above; the second half of the source is behind the end of the file.
    let fault =
        unsafe { kernel::copy_out(back.as_mut_ptr(), mapped.start.add(PAGE - 100), 200) }.unwrap_err();
    assert_eq!(
        fault,
        Fault {
            address: mapped.start.addr() + PAGE,
            kind: FaultKind::Unknown
        }
    );
}

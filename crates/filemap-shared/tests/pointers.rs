//! Offsets, layouts, growth: what they give and what they refuse (V-50, V-51, V-65 to V-67).

use filemap::{FileMapAccess, FileMapping, Namespace, View};
use filemap_shared::*;
use filemap_testing::{private_root, watchdog};
use std::time::Duration;
use zerocopy::{FromBytes, Immutable, IntoBytes};

#[derive(Clone, Copy, Debug, Default, PartialEq, FromBytes, IntoBytes, Immutable, Shared)]
#[repr(C)]
struct Node {
    value: u64,
    next: Rel<Node>,
}

/// The same with other fields, as another program might have it.
mod other {
    use super::*;
    #[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, Shared)]
    #[repr(C)]
    pub(crate) struct Node {
        value: f64,
        next: Rel<Node>,
    }
    pub(crate) mod renamed {
        use super::super::*;
        #[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, Shared)]
        #[repr(C)]
        pub(crate) struct Node {
            weight: u64,
            next: Rel<Node>,
        }
    }
    pub(crate) mod versioned {
        use super::super::*;
        #[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, Shared)]
        #[repr(C)]
        #[shared(version = 2)]
        pub(crate) struct Node {
            value: u64,
            next: Rel<Node>,
        }
    }
    pub(crate) mod same {
        use super::super::*;
        #[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, Shared)]
        #[repr(C)]
        pub(crate) struct Node {
            value: u64,
            next: Rel<Node>,
        }
    }
}

fn two_views() -> (FileMapping, View, View) {
    let mapping = FileMapping::options().size(65_536).create_unnamed().unwrap();
    let (a, b) = (mapping.map().unwrap(), mapping.map().unwrap());
    (mapping, a, b)
}

// V-65, V-67
#[test]
fn an_offset_leads_to_the_same_thing_wherever_the_view_lies() {
    let (_mapping, a, b) = two_views();
    assert_ne!(a.as_ptr(), b.as_ptr());
    let mut head = Rel::NULL;
    for i in 0..100 {
        let place = Place::at(&a, 64 + i * 16).unwrap();
        place.set(&Node { value: i, next: head }).unwrap();
        head = place.rel().unwrap();
    }
    let values: Vec<u64> = head.walk(&b, |n| n.next).map(|n| n.unwrap().value).collect();
    assert!(values.iter().copied().eq((0..100).rev()));
    // The 32-bit form, and fields as places.
    let short = Rel32::<Node>::new(head.offset()).unwrap();
    short
        .place(&b)
        .unwrap()
        .value()
        .atomic()
        .unwrap()
        .store(7, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(head.get(&a).unwrap().value, 7);
    assert_eq!(Rel32::<Node>::new(1 << 32), None);
}

// V-65
#[test]
fn null_misaligned_outside_and_endless_are_errors() {
    let (_mapping, view, _) = two_views();
    let code = |rel: Rel<Node>| rel.get(&view).unwrap_err().code().0;
    assert_eq!(code(Rel::NULL), 487);
    for outside in [65_536, 65_528, u64::MAX - 7, 1 << 63, !15_u64] {
        assert_eq!(code(Rel::new(outside).unwrap()), 487, "{outside:#x}");
    }
    for misaligned in [1, 7, 65_535, u64::MAX] {
        assert_eq!(code(Rel::new(misaligned).unwrap()), 87, "{misaligned:#x}");
    }
    // A list that bites its own tail.
    let (a, b) = (Rel::<Node>::new(64).unwrap(), Rel::<Node>::new(128).unwrap());
    a.set(&view, &Node { value: 1, next: b }).unwrap();
    b.set(&view, &Node { value: 2, next: a }).unwrap();
    let last = a.walk(&view, |n| n.next).last().unwrap().unwrap_err();
    assert_eq!(last.code().0, 1392);
    // A list that leads out ends with its error.
    b.set(
        &view,
        &Node {
            value: 2,
            next: Rel::new(1 << 40).unwrap(),
        },
    )
    .unwrap();
    let all: Vec<_> = a.walk(&view, |n| n.next).collect();
    assert_eq!(all.len(), 3);
    assert_eq!(all[2].as_ref().unwrap_err().code().0, 487);
}

// V-65
#[test]
fn slices_and_texts_are_checked_whatever_they_claim() {
    let (_mapping, view, other) = two_views();
    let text = RelStr::write(&view, 1000, "Grüße aus dem anderen Prozeß").unwrap();
    assert_eq!(text.get(&other).unwrap(), "Grüße aus dem anderen Prozeß");
    view.write_at(1002, &[0xFF]).unwrap();
    assert_eq!(text.get(&other).unwrap_err().code().0, 1392);
    assert_eq!(RelStr::default().get(&view).unwrap(), "");
    for (offset, len) in [(1, u64::MAX), (65_530, 7), (u64::MAX, 1), (u64::MAX, u64::MAX)] {
        assert_eq!(
            RelStr::new(offset, len).unwrap().get(&view).unwrap_err().code().0,
            487
        );
        assert_eq!(
            RelSlice::<u8>::new(offset, len)
                .unwrap()
                .to_vec(&view)
                .unwrap_err()
                .code()
                .0,
            487
        );
    }
    assert!(RelSlice::<u64>::new(0, 1).is_none());
    let numbers = RelSlice32::<u32>::new(2000, 3).unwrap();
    for i in 0..3 {
        numbers.place(&view, i).unwrap().set(&(i as u32 * 11)).unwrap();
    }
    assert_eq!(numbers.to_vec(&other).unwrap(), [0, 11, 22]);
    assert_eq!(numbers.place(&view, 3).unwrap_err().code().0, 487);
}

// V-65: two programs that were compiled from different definitions
#[test]
fn a_layout_has_a_fingerprint_and_another_one_is_refused_by_name() {
    assert_eq!(Node::FINGERPRINT, other::same::Node::FINGERPRINT);
    for different in [
        other::Node::FINGERPRINT,
        other::renamed::Node::FINGERPRINT,
        other::versioned::Node::FINGERPRINT,
        <[u64; 2]>::FINGERPRINT,
    ] {
        assert_ne!(Node::FINGERPRINT, different);
    }
    let root = private_root();
    let space = Namespace::at(root.path());
    let options = FileMapping::options().namespace(&space);
    let _made = SharedBox::create(&options, "node", &Node::default()).unwrap();
    assert!(SharedBox::<other::same::Node>::open(&options, "node").is_ok());
    let refused = SharedBox::<other::Node>::open(&options, "node").unwrap_err();
    assert_eq!(refused.code().0, 1306);
    assert!(refused.to_string().contains("box of Node"), "{refused}");
    // Another kind of object with the same items, and one that is none.
    assert_eq!(Queue::<Node>::open(&options, "node").unwrap_err().code().0, 1306);
    let plain = options.clone().size(4096).create("plain").unwrap();
    plain.map().unwrap().fill_at(0, 0xAA, 4096).unwrap();
    let never = SharedBox::<Node>::open(&options, "plain").unwrap_err();
    assert!([170, 1392].contains(&never.code().0), "{never}");
}

// V-52
#[test]
fn an_object_that_is_committed_already_is_no_growable_one() {
    let root = private_root();
    let space = Namespace::at(root.path());
    let options = FileMapping::options().namespace(&space);
    let plain = options.clone().size(65_536).create("plain").unwrap();
    let refused = GrowableMapping::create(&options, "plain", 65_536).and_then(|grows| grows.grow_to(60_000));
    assert_eq!(
        refused.unwrap_err().code().0,
        5,
        "as VirtualAlloc of committed pages"
    );
    assert_eq!(
        plain.map().unwrap().commit(0, 4096).unwrap_err().code().0,
        5,
        "V-52"
    );
    // V-66: what one process's pointer means, another can't know; a pointer's bits as an offset are refused.
    let view = plain.map().unwrap();
    let address = Rel::<Node>::new(view.as_ptr() as u64).unwrap();
    assert_eq!(address.get(&view).unwrap_err().code().0, 487);
}

// V-50, V-51
#[test]
fn memory_grows_for_everybody_at_once_and_never_shrinks() {
    let _watchdog = watchdog!();
    let root = private_root();
    let space = Namespace::at(root.path());
    let options = FileMapping::options().namespace(&space);
    // Four times what the machine has: address space only.
    let machine = std::fs::read_to_string("/proc/meminfo").unwrap();
    let total = machine.lines().next().unwrap().split_whitespace().nth(1).unwrap();
    let too_much = total.parse::<u64>().unwrap() * 1024 * 4;
    let ours = GrowableMapping::create(&options, "grows", 2 * too_much).unwrap();
    let read_only = options.clone().access(FileMapAccess::READ);
    let reader = GrowableMapping::open(&read_only, "grows").unwrap();
    assert_eq!(reader.len().unwrap(), 0);
    let start = ours.start() as usize;
    assert_eq!(
        ours.view().write_at(start, b"x").unwrap_err().code().0,
        998,
        "V-50"
    );
    let waiting = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| reader.wait_for_growth(0, None).unwrap());
        ours.grow_to(5000).unwrap();
        waiting.join().unwrap()
    });
    assert_eq!(waiting, 8192);
    ours.view().write_at(start + 4999, b"x").unwrap();
    assert_eq!(reader.view().to_vec(start + 4999, 1).unwrap(), b"x");
    ours.grow_to(100).unwrap();
    assert_eq!(reader.len().unwrap(), 8192, "V-51");
    assert_eq!(ours.view().decommit().unwrap_err().code().0, 87, "V-51");
    // Too much for the machine, too much for the reservation.
    assert_eq!(ours.grow_to(too_much).unwrap_err().code().0, 1455);
    assert_eq!(ours.grow_to(2 * too_much + 4096).unwrap_err().code().0, 8);
    assert_eq!(
        reader.len().unwrap(),
        8192,
        "a growth that failed changes nothing"
    );
    assert_eq!(
        reader.grow_to(100_000).unwrap_err().code().0,
        5,
        "opened for reading"
    );
    let late = reader
        .wait_for_growth(8192, Some(Duration::from_millis(1)))
        .unwrap_err();
    assert_eq!(late.code().0, 258);
}

// V-51
#[test]
fn a_log_grows_through_many_steps_and_says_when_it_is_full() {
    let root = private_root();
    let space = Namespace::at(root.path());
    let options = FileMapping::options().namespace(&space);
    let log = AppendLog::<u64>::create(&options, "log", 50_000).unwrap();
    let reader = AppendLog::<u64>::open(&options.clone().access(FileMapAccess::READ), "log").unwrap();
    let mut count = 0;
    let full = loop {
        match log.append(&(count * 3)) {
            Ok(index) => assert_eq!(index, count),
            Err(e) => break e,
        }
        count += 1;
    };
    assert_eq!(full.code().0, 8);
    assert!(count >= 50_000, "{count}");
    assert_eq!(reader.claimed().unwrap(), count);
    assert!(
        reader
            .iter()
            .map(|item| item.unwrap())
            .eq((0..count).map(|i| i * 3))
    );
    assert_eq!(reader.get(u64::MAX).unwrap(), None);
    assert_eq!(reader.append(&1).unwrap_err().code().0, 998, "read-only");
}

#[test]
fn one_writer_at_a_time_and_readers_never_see_half_a_value() {
    let _watchdog = watchdog!();
    let root = private_root();
    let space = Namespace::at(root.path());
    let options = FileMapping::options().namespace(&space);
    let writer = LatestWriter::create(&options, "latest", &[0_u64; 32]).unwrap();
    let second = LatestWriter::create(&options, "latest", &[0_u64; 32]).unwrap_err();
    assert_eq!(second.code().0, 170);
    let read_only = options.clone().access(FileMapAccess::READ);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let reader = LatestReader::<[u64; 32]>::open(&read_only, "latest").unwrap();
            let mut last = 0;
            while last < 2000 {
                let value = reader.get().unwrap();
                assert!(value.iter().all(|v| *v == value[0]), "{value:?}");
                assert!(value[0] >= last);
                last = value[0];
            }
        });
        for i in 1.. {
            writer.publish(&[i; 32]).unwrap();
            if reader.is_finished() {
                break;
            }
        }
    });
    let reader = LatestReader::<[u64; 32]>::open(&read_only, "latest").unwrap();
    let (_, number) = reader.get_with_number().unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| reader.wait_for_change(number, None).unwrap());
        writer.publish(&[9; 32]).unwrap();
        assert_eq!(waiting.join().unwrap().0, [9; 32]);
    });
    drop(writer);
    assert!(LatestWriter::create(&options, "latest", &[0_u64; 32]).is_ok());
}

#[test]
fn a_heap_keeps_types_apart_and_refuses_what_it_did_not_give() {
    let root = private_root();
    let space = Namespace::at(root.path());
    let options = FileMapping::options().namespace(&space);
    let heap = SharedHeap::create(&options, "heap", 100_000).unwrap();
    heap.insert_named("answer", &42_u64).unwrap();
    assert_eq!(heap.insert_named("answer", &1_u64).unwrap().get().unwrap(), 42);
    assert_eq!(heap.find::<f64>("answer").unwrap_err().code().0, 1306);
    assert!(heap.find::<u64>("question").unwrap().is_none());
    let block = heap.allocate(100, 64).unwrap();
    assert!(block.offset().is_multiple_of(64));
    heap.free(block).unwrap();
    assert_eq!(heap.free(block).unwrap_err().code().0, 487);
    assert_eq!(heap.allocate(1 << 30, 16).unwrap_err().code().0, 8);
    assert_eq!(heap.names().unwrap(), ["answer"]);
    // A heap scribbled over by a peer.
    heap.view().fill_at(300, 0xA5, 4096).unwrap();
    assert_eq!(heap.verify().unwrap_err().code().0, 1392);
}

//! Real processes, killed in the middle of work on shared structures: nobody is wedged, nothing half made is seen.
// UNSAFETY: a heap as an allocator of collections needs the caller's word that nobody else writes to its blocks.
#![expect(unsafe_code)]

use filemap::{Event, FileMapping, Namespace, Wait};
use filemap_shared::{
    AppendLog, ByteQueue, Either, ItemReceiver, ItemSender, LatestReader, LatestWriter, PipeReceiver,
    PipeSender, Place, Queue, Rel, SharedHeap, SharedMutex,
};
use filemap_testing::{PrivateRoot, Role, private_root, role, roles, watchdog};
use std::time::Duration;

const LONG: Option<Duration> = Some(Duration::from_secs(100));
type Item = [u64; 16];

fn item(i: u64) -> Item {
    [i; 16]
}

roles! {
    /// Allocates, inserts, frees, names, for ever.
    fn churns(peer: &mut Peer) {
        let space = Namespace::from_environment().unwrap();
        let heap = SharedHeap::open(&FileMapping::options().namespace(&space), "heap").unwrap();
        let slot = heap.insert_named(&format!("slot {}", std::process::id()), &Rel::<Item>::NULL).unwrap();
        peer.send("working");
        for i in 0.. {
            heap.insert_at(slot, &item(i)).unwrap();
            heap.insert_named("shared", &i).unwrap();
            heap.free_at(slot).unwrap();
            heap.remove("shared").unwrap();
        }
    }

    /// Has collections grow and shrink in the heap, for ever.
    fn collects(peer: &mut Peer) {
        let space = Namespace::from_environment().unwrap();
        let heap = SharedHeap::open(&FileMapping::options().namespace(&space), "heap").unwrap();
        // SAFETY: the other processes write to the blocks of their own collections only.
        let inside = unsafe { heap.allocator() };
        peer.send("working");
        loop {
            let mut list = allocator_api2::vec::Vec::new_in(inside);
            let mut map = hashbrown::HashMap::<u64, u64, hashbrown::DefaultHashBuilder, _>::new_in(inside);
            for i in 0..1000 {
                list.push(allocator_api2::boxed::Box::new_in(i, inside));
                map.insert(i, i);
            }
            assert!(list.iter().all(|i| map[&**i] == **i));
        }
    }

    /// Sends records of bytes and items, for ever.
    fn sends_both(peer: &mut Peer) {
        let space = Namespace::from_environment().unwrap();
        let options = FileMapping::options().namespace(&space);
        let records = ByteQueue::open(&options, "records").unwrap();
        let mut items = ItemSender::<Item>::open(&options, "items").unwrap();
        peer.send("working");
        for i in 0.. {
            let len = i % 300;
            records.send(&vec![(len % 251) as u8; len], None).unwrap();
            items.send(&item(i as u64), None).unwrap();
        }
    }

    /// Sends, for ever.
    fn produces(peer: &mut Peer) {
        let space = Namespace::from_environment().unwrap();
        let queue = Queue::<Item>::open(&FileMapping::options().namespace(&space), "queue").unwrap();
        peer.send("working");
        for i in 0.. {
            queue.send(&item(i), None).unwrap();
        }
    }

    /// Receives, for ever.
    fn consumes(peer: &mut Peer) {
        let space = Namespace::from_environment().unwrap();
        let queue = Queue::<Item>::open(&FileMapping::options().namespace(&space), "queue").unwrap();
        peer.send("working");
        loop {
            let got = queue.receive(None).unwrap();
            assert_eq!(got, item(got[0]));
        }
    }

    /// Appends, for ever.
    fn appends(peer: &mut Peer) {
        let space = Namespace::from_environment().unwrap();
        let log = AppendLog::<Item>::open(&FileMapping::options().namespace(&space), "log").unwrap();
        peer.send("working");
        for i in 0.. {
            log.append(&item(i)).unwrap();
        }
    }

    /// Publishes, for ever.
    fn publishes(peer: &mut Peer) {
        let space = Namespace::from_environment().unwrap();
        let writer = LatestWriter::create(&FileMapping::options().namespace(&space), "latest", &item(0)).unwrap();
        peer.send("working");
        for i in 0.. {
            writer.publish(&item(i)).unwrap();
        }
    }

    /// Sends records of many lengths through a pipe, for ever.
    fn pipes(peer: &mut Peer) {
        let space = Namespace::from_environment().unwrap();
        let mut sender = PipeSender::open(&FileMapping::options().namespace(&space), "pipe").unwrap();
        peer.send("working");
        for i in 0.. {
            sender.send(&vec![i as u8; i % 300], None).unwrap();
        }
    }

    /// Takes the lock, changes half of the value, and waits for its end.
    fn dies_with_the_lock(peer: &mut Peer) {
        let space = Namespace::from_environment().unwrap();
        let mutex = SharedMutex::<[u64; 2]>::open(&FileMapping::options().namespace(&space), "mutex").unwrap();
        let guard = mutex.lock().unwrap();
        guard.set(&[1, 0]).unwrap();
        peer.send("working");
        peer.receive();
    }
}

/// Starts the role, lets it work for a while that is different each time, and kills it.
fn killed(role: Role, root: &PrivateRoot, turns: u32, work: &mut dyn FnMut()) {
    let mut child = role.env("FILEMAP_ROOT", root.path()).start();
    child.expect("working");
    for _ in 0..turns {
        work();
    }
    child.kill();
}

const ROUNDS: u32 = 25;

#[test]
fn processes_killed_while_they_use_the_heap_never_corrupt_it() {
    let _watchdog = watchdog!();
    let root = private_root();
    let space = Namespace::at(root.path());
    let heap = SharedHeap::create(&FileMapping::options().namespace(&space), "heap", 1 << 20).unwrap();
    for round in 0..ROUNDS {
        let mut mine = None;
        killed(role!(churns), &root, 20 + round * 3, &mut || {
            // Both at once: the lock changes hands all the time.
            if let Some(old) = mine.take() {
                heap.free(old).unwrap();
            }
            mine = Some(heap.insert(&item(7)).unwrap());
        });
        heap.free(mine.unwrap()).unwrap();
        let usage = heap.verify().unwrap();
        let names = heap.names().unwrap();
        let live: u64 = names
            .iter()
            .filter(|name| name.starts_with("slot"))
            .map(|name| heap.find::<Rel<Item>>(name).unwrap().unwrap())
            .map(|slot: Place<'_, Rel<Item>>| u64::from(!slot.get().unwrap().is_null()))
            .sum();
        assert_eq!(
            usage.blocks,
            names.len() as u64 + live,
            "round {round}: nothing leaks"
        );
    }
}

#[test]
fn producers_and_consumers_that_are_killed_never_wedge_the_queue() {
    let _watchdog = watchdog!();
    let root = private_root();
    let space = Namespace::at(root.path());
    let queue = Queue::<Item>::create(&FileMapping::options().namespace(&space), "queue", 4).unwrap();
    for round in 0..ROUNDS {
        killed(role!(produces), &root, 30 + round, &mut || {
            let got = queue.receive(LONG).unwrap();
            assert_eq!(got, item(got[0]), "whole");
        });
        while queue.try_receive().unwrap().is_some() {}
        killed(role!(consumes), &root, 30 + round, &mut || {
            queue.send(&item(5), LONG).unwrap()
        });
        while queue.try_receive().unwrap().is_some() {}
        for i in 0..4 {
            assert!(
                queue.try_send(&item(i)).unwrap(),
                "all four cells are free again, round {round}"
            );
        }
        assert!(!queue.try_send(&item(9)).unwrap());
        for i in 0..4 {
            assert_eq!(queue.try_receive().unwrap(), Some(item(i)));
        }
    }
}

// V-51
#[test]
fn writers_that_are_killed_leave_whole_items_or_holes_in_the_log() {
    let _watchdog = watchdog!();
    let root = private_root();
    let space = Namespace::at(root.path());
    let log =
        AppendLog::<Item>::create(&FileMapping::options().namespace(&space), "log", 10_000_000).unwrap();
    let mut seen = 0;
    for round in 0..ROUNDS {
        let mut other = role!(appends).env("FILEMAP_ROOT", root.path()).start();
        other.expect("working");
        killed(role!(appends), &root, 20 + round, &mut || {
            log.append(&item(1)).unwrap();
        });
        other.kill();
        let end = log.claimed().unwrap();
        for index in seen..end {
            if let Some(got) = log.wait_for(index, LONG).unwrap() {
                assert_eq!(got, item(got[0]));
            }
        }
        seen = end;
    }
    // The last one may have died between its claim and the count of claims.
    let next = log.append(&item(3)).unwrap();
    assert!(next == seen || next == seen + 1, "{next} after {seen}");
}

#[test]
fn a_writer_that_is_killed_leaves_the_last_whole_value_and_its_role() {
    let _watchdog = watchdog!();
    let root = private_root();
    let space = Namespace::at(root.path());
    let options = FileMapping::options().namespace(&space);
    let writer = LatestWriter::create(&options, "latest", &item(0)).unwrap();
    let reader = LatestReader::<Item>::open(&options, "latest").unwrap();
    drop(writer);
    for round in 0..ROUNDS {
        killed(role!(publishes), &root, 100 + round, &mut || {
            let got = reader.get().unwrap();
            assert_eq!(got, item(got[0]));
        });
        let got = reader.get().unwrap();
        assert_eq!(got, item(got[0]));
    }
}

#[test]
fn a_pipe_whose_sender_is_killed_shows_whole_records_and_takes_a_new_sender() {
    let _watchdog = watchdog!();
    let root = private_root();
    let space = Namespace::at(root.path());
    let options = FileMapping::options().namespace(&space);
    let mut receiver = PipeReceiver::create(&options, "pipe", 4096).unwrap();
    for round in 0..ROUNDS {
        let mut next = 0;
        let mut check = |record: Vec<u8>| {
            assert_eq!(record, vec![next as u8; next % 300]);
            next += 1;
        };
        killed(role!(pipes), &root, 50 + round, &mut || {
            check(receiver.receive(LONG).unwrap())
        });
        while let Some(record) = receiver.try_receive().unwrap() {
            check(record);
        }
        assert!(!receiver.is_connected().unwrap());
    }
    let refused = PipeReceiver::open(&options, "pipe").unwrap_err();
    assert_eq!(refused.code().0, 170, "one receiver at a time");
}

// V-79, Y-12
#[test]
fn the_lock_of_a_killed_owner_is_poisoned_with_the_data_still_there_on_purpose() {
    let _watchdog = watchdog!();
    let root = private_root();
    let space = Namespace::at(root.path());
    let mutex = SharedMutex::create(&FileMapping::options().namespace(&space), "mutex", &[0_u64, 0]).unwrap();
    let mut child = role!(dies_with_the_lock).env("FILEMAP_ROOT", root.path()).start();
    child.expect("working");
    let refused = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| mutex.lock().map(drop).unwrap_err());
        child.kill();
        waiting.join().unwrap()
    });
    assert_eq!(refused.code().0, 735, "ERROR_ABANDONED_WAIT_0: {refused}");
    // It stays so, for everybody, until somebody has mended the value.
    assert_eq!(mutex.lock().unwrap_err().code().0, 735);
    assert_eq!(
        mutex.lock_for(Duration::from_secs(100)).unwrap_err().code().0,
        735
    );
    let guard = mutex.lock_anyway().unwrap();
    assert!(guard.is_abandoned());
    assert_eq!(guard.get().unwrap(), [1, 0], "half changed");
    guard.set(&[1, 1]).unwrap();
    guard.mend().unwrap();
    assert!(!guard.is_abandoned());
    drop(guard);
    assert_eq!(mutex.lock().unwrap().get().unwrap(), [1, 1]);
}

#[test]
fn a_lock_that_a_live_process_has_is_waited_for_no_longer_than_told() {
    let _watchdog = watchdog!();
    let root = private_root();
    let space = Namespace::at(root.path());
    let mutex = SharedMutex::create(&FileMapping::options().namespace(&space), "mutex", &[0_u64, 0]).unwrap();
    let mut child = role!(dies_with_the_lock).env("FILEMAP_ROOT", root.path()).start();
    child.expect("working");
    assert_eq!(
        mutex.lock_for(Duration::from_millis(1)).unwrap_err().code().0,
        258
    );
    child.kill();
}

#[test]
fn processes_killed_while_collections_allocate_never_corrupt_the_heap() {
    let _watchdog = watchdog!();
    let root = private_root();
    let space = Namespace::at(root.path());
    let heap = SharedHeap::create(&FileMapping::options().namespace(&space), "heap", 64 << 20).unwrap();
    // SAFETY: the other processes write to the blocks of their own collections only.
    let inside = unsafe { heap.allocator() };
    let mut ours = hashbrown::HashMap::<u64, [u64; 4], hashbrown::DefaultHashBuilder, _>::new_in(inside);
    let mut next = 0;
    for round in 0..ROUNDS {
        killed(role!(collects), &root, 20 + round * 3, &mut || {
            ours.insert(next, [next; 4]);
            next += 1;
        });
        heap.verify().unwrap();
        assert!((0..next).all(|i| ours.get(&i) == Some(&[i; 4])));
    }
}

#[test]
fn a_queue_of_bytes_and_a_pipe_of_items_survive_killed_producers() {
    let _watchdog = watchdog!();
    let root = private_root();
    let space = Namespace::at(root.path());
    let options = FileMapping::options().namespace(&space);
    let records = ByteQueue::create(&options, "records", 16, 300).unwrap();
    let mut items = ItemReceiver::<Item>::create(&options, "items", 16).unwrap();
    for round in 0..ROUNDS {
        killed(role!(sends_both), &root, 30 + round, &mut || {
            let record = records.receive(LONG).unwrap();
            assert!(
                record.iter().all(|byte| usize::from(*byte) == record.len() % 251),
                "half written"
            );
            let got = items.receive(LONG).unwrap();
            assert_eq!(got, item(got[0]));
        });
        while items.try_receive().unwrap().is_some() {}
        while records.try_receive().unwrap().is_some() {}
    }
    assert!(records.try_send(&[1; 300]).unwrap());
    assert_eq!(records.receive(LONG).unwrap(), [1; 300]);
}

#[test]
fn a_process_that_waits_for_a_queue_and_an_event_at_once_gets_both() {
    let _watchdog = watchdog!();
    let root = private_root();
    let space = Namespace::at(root.path());
    let options = FileMapping::options().namespace(&space);
    let queue = Queue::<Item>::create(&options, "queue", 8).unwrap();
    let stop = Event::options().namespace(&space).create("stop").unwrap();
    let mut child = role!(produces).env("FILEMAP_ROOT", root.path()).start();
    child.expect("working");
    for i in 0..500 {
        assert_eq!(
            queue.receive_or(&[&stop], LONG).unwrap(),
            Either::Done(item(i)),
            "in order, none lost"
        );
    }
    child.kill();
    while queue.try_receive().unwrap().is_some() {}
    let short = Some(Duration::from_millis(1));
    assert_eq!(
        queue.receive_or(&[&stop], short).unwrap(),
        Either::Other(Wait::TimedOut)
    );
    stop.set().unwrap();
    assert_eq!(
        queue.receive_or(&[&stop], LONG).unwrap(),
        Either::Other(Wait::Object(0))
    );
    // And back-pressure: a full queue, and the order to stop.
    while queue.try_send(&item(1)).unwrap() {}
    assert_eq!(
        queue.send_or(&item(1), &[&stop], short).unwrap(),
        Either::Other(Wait::TimedOut)
    );
    stop.set().unwrap();
    assert_eq!(
        queue.send_or(&item(1), &[&stop], LONG).unwrap(),
        Either::Other(Wait::Object(0))
    );
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| queue.send_or(&item(2), &[&stop], LONG).unwrap());
        assert_eq!(queue.receive(LONG).unwrap(), item(1));
        assert_eq!(sending.join().unwrap(), Either::Done(()));
    });
}

//! A peer with write access scribbles over shared structures, at random and on purpose: every answer is a value or an error, within
//! bounded time, never a crash (V-65).

use filemap::{FileMapping, FileMappingOptions, Namespace, View};
use filemap_shared::*;
use filemap_testing::{private_root, watchdog};
use proptest::prelude::*;
use std::time::Duration;
use zerocopy::{FromBytes, Immutable, IntoBytes};

const SHORT: Option<Duration> = Some(Duration::ZERO);

#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, Shared)]
#[repr(C)]
struct Node {
    next: Rel<Node>,
    short: Rel32<Node>,
    few: RelSlice32<u16>,
    padding: u32,
    text: RelStr,
    many: RelSlice<Node>,
}

/// Words that hurt more than others: small numbers, ends, and what is there already, a little changed.
fn word() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..600_u64,
        any::<u64>(),
        Just(u64::MAX),
        (0..64_u32).prop_map(|n| 1 << n),
        (0..64_u32, 0..64_u64).prop_map(|(n, less)| (1_u64 << n).wrapping_sub(less)),
    ]
}

/// Where and what.
fn scribbles() -> impl Strategy<Value = Vec<(usize, u64)>> {
    proptest::collection::vec((0..100_usize, word()), 1..12)
}

/// Writes each word into the first 100 words of the part that `from` begins.
fn scribble(view: &View, from: usize, scribbles: &[(usize, u64)]) {
    for (at, word) in scribbles {
        let at = from + at * 8;
        if at + 8 <= view.len() {
            view.write(at, word).unwrap();
        }
    }
}

/// A second view of an object, as a peer has it.
fn peer(options: &FileMappingOptions<'_>, name: &str) -> View {
    options.open(name).unwrap().map().unwrap()
}

/// What was said is of no interest, only that it was.
fn any_answer<T>(answer: Result<T, filemap::Error>) {
    if let Err(e) = answer {
        assert!(e.code().0 != 0 && !e.to_string().is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pointers_with_any_bits_lead_to_a_place_in_the_view_or_to_an_error(words in proptest::collection::vec(word(), 512), at in 1..500_u64) {
        let mapping = FileMapping::options().size(4096).create_unnamed().unwrap();
        let view = mapping.map().unwrap();
        for (i, word) in words.iter().enumerate() {
            view.write(i * 8, word).unwrap();
        }
        let head = Rel::<Node>::new(at * 8).unwrap();
        let mut steps = 0;
        for node in head.walk(&view, |node| node.next) {
            steps += 1;
            let Ok(node) = node else { break };
            any_answer(node.short.get(&view));
            any_answer(node.few.to_vec(&view));
            any_answer(node.text.get(&view));
            any_answer(node.many.place(&view, 3).and_then(|place| place.get()));
            any_answer(node.many.to_vec(&view));
        }
        prop_assert!(steps <= 4096 / size_of::<Node>() + 1, "{steps}");
    }

    #[test]
    fn objects_with_a_scribbled_head_open_or_say_why_not(scribbles in scribbles()) {
        let _watchdog = watchdog!();
        let root = private_root();
        let space = Namespace::at(root.path());
        let options = FileMapping::options().namespace(&space);
        let made = SharedBox::create(&options, "object", &7_u64).unwrap();
        // A word that names a live member as the owner of the lock, or as the maker, is waited for: a minute, ten seconds.
        let names_somebody = |(at, word): &(usize, u64)| [1, 4].contains(at) && *word < 30;
        let scribbles: Vec<_> = scribbles.into_iter().map(|(at, word)| (at % 32, word)).filter(|one| !names_somebody(one)).collect();
        scribble(made.view(), 0, &scribbles);
        any_answer(SharedBox::<u64>::open(&options, "object"));
        any_answer(SharedBox::create(&options, "object", &8_u64));
        any_answer(SharedMutex::<u64>::open(&options, "object").and_then(|mutex| mutex.lock().map(drop)));
        any_answer(Queue::<u64>::open(&options, "object"));
        any_answer(ByteQueue::open(&options, "object"));
        any_answer(PipeReceiver::open(&options, "object"));
        any_answer(ItemSender::<u64>::open(&options, "object"));
        any_answer(LatestReader::<u64>::open(&options, "object"));
        any_answer(SharedHeap::open(&options, "object").and_then(|heap| heap.verify()));
        any_answer(GrowableMapping::open(&options, "object"));
        any_answer(AppendLog::<u64>::open(&options, "object"));
    }

    #[test]
    fn queues_and_pipes_under_a_scribbling_peer_answer(scribbles in scribbles(), steps in proptest::collection::vec(0..4, 1..20)) {
        let _watchdog = watchdog!();
        let root = private_root();
        let space = Namespace::at(root.path());
        let options = FileMapping::options().namespace(&space);
        let queue = Queue::<[u64; 3]>::create(&options, "queue", 4).unwrap();
        let bytes = ByteQueue::create(&options, "bytes", 4, 40).unwrap();
        let mut sender = PipeSender::create(&options, "pipe", 200).unwrap();
        let mut receiver = PipeReceiver::open(&options, "pipe").unwrap();
        let mut items = ItemSender::<[u64; 3]>::create(&options, "items", 4).unwrap();
        let mut item_receiver = ItemReceiver::<[u64; 3]>::open(&options, "items").unwrap();
        for step in &steps {
            if *step == 3 {
                for name in ["queue", "bytes", "pipe", "items"] {
                    scribble(&peer(&options, name), 256, &scribbles);
                }
            }
            any_answer(queue.try_send(&[1; 3]));
            any_answer(queue.send(&[1; 3], SHORT));
            any_answer(bytes.try_send(b"some bytes"));
            any_answer(sender.try_send(b"some bytes"));
            any_answer(items.try_send(&[1; 3]));
            if *step != 0 {
                any_answer(queue.try_receive());
                any_answer(queue.receive(SHORT));
                any_answer(bytes.try_receive());
                any_answer(receiver.try_receive());
                any_answer(receiver.is_connected());
                any_answer(item_receiver.try_receive());
            }
        }
    }

    #[test]
    fn a_heap_under_a_scribbling_peer_answers_and_never_gives_out_what_lies_outside(scribbles in scribbles(), from in prop_oneof![Just(256_usize), Just(800), Just(1200), Just(2700)]) {
        let _watchdog = watchdog!();
        let root = private_root();
        let space = Namespace::at(root.path());
        let options = FileMapping::options().namespace(&space);
        let heap = SharedHeap::create(&options, "heap", 8192).unwrap();
        let slot = heap.insert_named("slot", &Rel::<Node>::NULL).unwrap();
        let blocks: Vec<_> = (0..8).map(|i| heap.allocate(i * 30, 16).unwrap()).collect();
        for block in blocks.iter().step_by(2) {
            heap.free(*block).unwrap();
        }
        scribble(&peer(&options, "heap"), from, &scribbles);
        for len in [1, 100, 4000] {
            if let Ok(block) = heap.allocate(len, 16) {
                prop_assert!(block.offset() + len <= heap.view().len() as u64);
            }
        }
        any_answer(heap.insert_at(slot, &Node::default()));
        any_answer(heap.free_at(slot));
        any_answer(heap.insert_named("other", &1_u64));
        any_answer(heap.find::<u64>("other"));
        any_answer(heap.find::<Rel<Node>>("slot"));
        any_answer(heap.names());
        any_answer(heap.remove("slot"));
        for block in blocks {
            any_answer(heap.free(block));
        }
        any_answer(heap.verify());
    }

    #[test]
    fn growing_memory_logs_and_latest_values_under_a_scribbling_peer_answer(scribbles in scribbles()) {
        let _watchdog = watchdog!();
        let root = private_root();
        let space = Namespace::at(root.path());
        let options = FileMapping::options().namespace(&space);
        let grows = GrowableMapping::create(&options, "grows", 1 << 20).unwrap();
        grows.grow_to(10_000).unwrap();
        let log = AppendLog::<u64>::create(&options, "log", 1000).unwrap();
        log.append(&5).unwrap();
        let writer = LatestWriter::create(&options, "latest", &[1_u64; 9]).unwrap();
        let reader = LatestReader::<[u64; 9]>::open(&options, "latest").unwrap();
        scribble(&peer(&options, "grows"), 256, &scribbles);
        scribble(&peer(&options, "log"), 256, &scribbles);
        scribble(&peer(&options, "log"), 4096, &scribbles);
        scribble(&peer(&options, "latest"), 256, &scribbles);
        any_answer(grows.len());
        any_answer(grows.grow_to(200_000));
        // Whatever the count says: what `grow_to` promised is there.
        grows.view().write_at(grows.start() as usize + 199_999, b"x").unwrap();
        any_answer(grows.wait_for_growth(1 << 19, SHORT));
        any_answer(log.claimed());
        any_answer(log.append(&6));
        any_answer(log.get(0));
        any_answer(log.get(u64::MAX));
        any_answer(log.wait_for(0, SHORT));
        any_answer(log.wait_for(u64::MAX, SHORT));
        prop_assert!(log.iter().take(200_000).count() < 200_000);
        any_answer(reader.get_with_number());
        any_answer(reader.wait_for_change(0, SHORT));
        any_answer(writer.publish(&[2; 9]));
    }
}

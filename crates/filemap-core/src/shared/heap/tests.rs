use super::*;
use crate::shared::words::fake::{KILLED, Memory};
use proptest::prelude::*;
use std::collections::BTreeMap;

const LEN: u64 = OVERHEAD + 4096;

fn heap_in(memory: &Memory) -> Heap<'_, Memory> {
    let heap = Heap::new(memory, 0);
    heap.format(LEN).unwrap();
    heap
}

#[test]
fn what_is_freed_can_be_allocated_again_and_neighbours_grow_together() {
    let memory = Memory::new(LEN);
    let heap = heap_in(&memory);
    let empty = heap.verify().unwrap();
    let blocks: Vec<u64> = (1..20).map(|i| heap.allocate(i * 8, 16, None).unwrap()).collect();
    for (i, block) in blocks.iter().enumerate() {
        assert!(heap.capacity(*block).unwrap() >= (i as u64 + 1) * 8 && block.is_multiple_of(16));
    }
    for block in blocks.iter().step_by(2).chain(blocks.iter().skip(1).step_by(2)) {
        heap.free(*block, None).unwrap();
        heap.verify().unwrap();
    }
    assert_eq!(heap.verify().unwrap(), empty);
    assert!(heap.allocate(4000, 16, None).is_ok(), "one block again");
}

#[test]
fn large_alignments_are_kept() {
    let memory = Memory::new(LEN);
    let heap = heap_in(&memory);
    for align in [16, 32, 64, 256, 1024] {
        let at = heap.allocate(40, align, None).unwrap();
        assert!(at.is_multiple_of(align), "{at} for {align}");
        heap.verify().unwrap();
    }
    assert!(matches!(heap.allocate(8, 48, None), Err(Why::Argument { .. })));
}

#[test]
fn a_second_free_and_a_foreign_offset_are_errors() {
    let memory = Memory::new(LEN);
    let heap = heap_in(&memory);
    let [a, b, c] = [40, 40, 40].map(|len| heap.allocate(len, 16, None).unwrap());
    for block in [a, b] {
        heap.free(block, None).unwrap();
        assert_eq!(heap.free(block, None), Err(Why::NotAllocated { offset: block }));
    }
    for wrong in [0, 8, 16, c + 1, c + 16, LEN, LEN - 16, u64::MAX, u64::MAX - 8] {
        assert_eq!(
            heap.free(wrong, None),
            Err(Why::NotAllocated { offset: wrong }),
            "{wrong}"
        );
    }
    heap.verify().unwrap();
}

#[test]
fn a_full_heap_says_what_is_free_and_goes_on() {
    let memory = Memory::new(LEN);
    let heap = heap_in(&memory);
    for wanted in [5000, u64::MAX, u64::MAX - 15, 1 << 47] {
        assert!(
            matches!(
                heap.allocate(wanted, 16, None),
                Err(Why::HeapFull { free: 4000.., .. })
            ),
            "{wanted}"
        );
    }
    assert!(heap.allocate(100, 16, None).is_ok());
}

#[test]
fn names_are_found_until_they_are_removed() {
    let memory = Memory::new(LEN);
    let heap = heap_in(&memory);
    let empty = heap.usage().unwrap();
    for i in 0..20 {
        let name = format!("entry {i}");
        let place = heap.insert_named(&name, name.as_bytes()).unwrap().unwrap();
        assert_eq!(heap.insert_named(&name, b"other").unwrap(), Err(place.clone()));
        assert_eq!(heap.find(&name).unwrap(), Some(place.clone()));
        let mut bytes = vec![0; (place.end - place.start) as usize];
        memory.read(place.start, &mut bytes).unwrap();
        assert_eq!(bytes, name.as_bytes());
    }
    assert_eq!(heap.names().unwrap().len(), 20);
    heap.verify().unwrap();
    for i in 0..20 {
        assert!(heap.remove(&format!("entry {i}")).unwrap());
        assert_eq!(heap.find(&format!("entry {i}")).unwrap(), None);
    }
    assert!(!heap.remove("entry 0").unwrap());
    assert_eq!(heap.verify().unwrap(), empty);
}

#[test]
fn it_grows_and_what_was_there_stays() {
    let memory = Memory::new(LEN + 4096);
    let heap = heap_in(&memory);
    let kept = heap.insert(b"kept", None).unwrap();
    assert!(heap.allocate(6000, 16, None).is_err());
    heap.grow_to(LEN + 4096).unwrap();
    let usage = heap.verify().unwrap();
    assert_eq!(usage.total, 8192 - 16);
    heap.allocate(6000, 16, None).unwrap();
    assert!(heap.grow_to(LEN).is_err(), "V-51: never smaller");
    assert!(heap.capacity(kept).is_ok());
}

/// One of everything that changes a heap.
fn act(heap: &Heap<'_, Memory>, slot: u64, what: usize) -> Result<(), Why> {
    match what {
        0 => heap.allocate(100, 16, Some(slot)).map(drop),
        1 => heap.allocate(100, 256, Some(slot)).map(drop),
        2 => heap.insert(&[0xAB; 200], Some(slot)).map(drop),
        3 => heap.free(heap.words.load(slot)?, Some(slot)),
        4 => heap.insert_named("new name", &[0xCD; 50]).map(drop),
        5 => heap.remove("old name").map(drop),
        _ => heap.grow_to(LEN + 2048),
    }
}

#[test]
fn a_process_killed_at_any_step_of_any_change_never_corrupts_the_heap() {
    let mut deaths = 0;
    for what in 0..7 {
        for death in 0.. {
            let memory = Memory::new(LEN + 2048);
            let heap = heap_in(&memory);
            // Holes and neighbours of all kinds.
            let root = heap.insert(&[0; 16], None).unwrap();
            let blocks: Vec<u64> = (0..6).map(|_| heap.allocate(64, 16, None).unwrap()).collect();
            heap.insert_named("old name", b"old").unwrap().unwrap();
            if what == 3 {
                heap.allocate(100, 16, Some(root)).unwrap();
            }
            for block in blocks.iter().step_by(2) {
                heap.free(*block, None).unwrap();
            }
            let before = heap.verify().unwrap();
            memory.kill_after(death);
            let done = act(&heap, root, what);
            memory.reborn();
            heap.recover().unwrap();
            let after = heap
                .verify()
                .unwrap_or_else(|e| panic!("change {what}, death {death}: {e:?}"));
            let led_to = memory.load(root).unwrap();
            // Nothing leaks: the block count agrees with what the slot and the names say.
            let expected = match what {
                0..=2 => before.blocks + u64::from(led_to != 0),
                3 => before.blocks - u64::from(led_to == 0),
                4 => before.blocks + u64::from(heap.find("new name").unwrap().is_some()),
                5 => before.blocks - u64::from(heap.find("old name").unwrap().is_none()),
                _ => before.blocks,
            };
            assert_eq!(after.blocks, expected, "change {what}, death {death}");
            if what == 2 && led_to != 0 {
                let mut bytes = [0; 200];
                memory.read(led_to, &mut bytes).unwrap();
                assert_eq!(
                    bytes, [0xAB; 200],
                    "change {what}, death {death}: never half filled"
                );
            }
            if let Some(place) = heap.find("new name").unwrap() {
                let mut bytes = [0; 50];
                memory.read(place.start, &mut bytes).unwrap();
                assert_eq!(bytes, [0xCD; 50]);
            }
            match done {
                Ok(()) => break,
                Err(e) => assert_eq!(e, KILLED, "change {what}"),
            }
            deaths += 1;
        }
    }
    assert!(deaths > 100, "only {deaths} deaths");
}

proptest! {
    #[test]
    fn random_use_agrees_with_a_model(steps in proptest::collection::vec((0..3_u8, 1..400_u64, 0..20_usize), 1..120)) {
        let memory = Memory::new(LEN);
        let heap = heap_in(&memory);
        let mut live: BTreeMap<u64, u64> = BTreeMap::new();
        for (what, len, which) in steps {
            if what < 2 {
                if let Ok(at) = heap.allocate(len, 16, None) {
                    for (other, other_len) in &live {
                        prop_assert!(at + len <= *other || other + other_len <= at, "blocks overlap");
                    }
                    memory.write(at, &std::vec![0xFF; len as usize]).unwrap();
                    live.insert(at, len);
                }
            } else if let Some(at) = live.keys().nth(which).copied() {
                heap.free(at, None).unwrap();
                live.remove(&at);
            }
            prop_assert_eq!(heap.verify().unwrap().blocks, live.len() as u64);
        }
    }

    #[test]
    fn scribbles_give_errors_or_answers_but_no_panic_and_no_endless_walk(
        scribbles in proptest::collection::vec((0..(LEN / 8) as usize, prop_oneof![any::<u64>(), 0..LEN, (0..LEN).prop_map(|n| TAG | n), (0..LEN).prop_map(|n| TAG | n & !15 | 1)]), 1..6),
    ) {
        let memory = Memory::new(LEN);
        let heap = heap_in(&memory);
        let root = heap.insert(&[0; 16], None).unwrap();
        let blocks: Vec<u64> = (0..6).map(|_| heap.allocate(64, 16, None).unwrap()).collect();
        heap.insert_named("name", b"x").unwrap().unwrap();
        heap.free(blocks[1], None).unwrap();
        heap.free(blocks[4], None).unwrap();
        let mut words = memory.bytes();
        for (at, value) in scribbles {
            words[at] = value;
        }
        memory.set_bytes(words);
        let _ = heap.recover();
        let _ = heap.verify();
        let _ = heap.find("name");
        let _ = heap.allocate(100, 16, Some(root));
        let _ = heap.insert_named("other", &[1; 30]);
        let _ = heap.remove("name");
        for block in blocks {
            let _ = heap.free(block, None);
        }
    }
}

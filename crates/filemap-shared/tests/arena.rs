//! One address in eight real processes, with ranges taken and members killed at every step (V-72 to V-79).

use filemap::{FileMapping, Namespace, Placeholder, Platform};
use filemap_shared::address::{Addr, Arena, free_ranges, survey};
use filemap_shared::{Place, Shared};
use filemap_testing::{Child, private_root, role, roles, skip, wait_for, watchdog};
use std::os::unix::process::ExitStatusExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::Duration;
use zerocopy::{FromBytes, Immutable, IntoBytes};

const LEN: u64 = 16 << 20;
const NODES: u64 = 10;

#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, Shared)]
#[repr(C)]
struct Node {
    value: u64,
    next: Addr<Node>,
}

fn node_at(i: u64) -> u64 {
    64 + i * size_of::<Node>() as u64
}

/// Offsets of all pointers in the object.
fn pointers() -> impl Iterator<Item = u64> {
    std::iter::once(0).chain((0..NODES).map(|i| node_at(i) + 8))
}

/// One step nearer to death, if somebody has ordered it.
fn count_down(left: &AtomicI64) {
    if left.fetch_sub(1, SeqCst) == 1 {
        let me = rustix::process::getpid();
        rustix::process::kill_process(me, rustix::process::Signal::KILL).unwrap();
        loop {
            std::thread::park(); // the signal is on its way
        }
    }
}

/// The base, and the values that the addresses in the object lead to.
fn walk_here(arena: &Arena) -> String {
    let inside = match arena.enter(None) {
        Ok(inside) => inside,
        Err(e) => return format!("error {}", e.code().0),
    };
    let view = inside.view();
    let mut at: Addr<Node> = view.read(0).unwrap();
    let mut values = Vec::new();
    while !at.is_null() {
        let node = at.place(view).unwrap().get().unwrap();
        values.push(node.value.to_string());
        at = node.next;
    }
    format!("{:x} {}", inside.base(), values.join(","))
}

roles! {
    /// Takes ranges, joins, and does what it is told.
    fn member(peer: &mut Peer) {
        let taken = std::env::var("TAKEN").unwrap_or_default();
        let _taken: Vec<Placeholder> = taken
            .split(',')
            .filter(|t| !t.is_empty())
            .filter_map(|t| Placeholder::at(usize::from_str_radix(t, 16).unwrap(), LEN as usize).ok())
            .collect();
        let left = Arc::new(AtomicI64::new(std::env::var("DIE_AFTER").map_or(0, |n| n.parse().unwrap())));
        let space = Namespace::from_environment().unwrap();
        let options = FileMapping::options().namespace(&space);
        let (steps, moves) = (Arc::clone(&left), Arc::clone(&left));
        let mut joining = Arena::options(&options)
            .on_step(move |_| count_down(&steps))
            .on_move(move |view, movement| {
                for at in pointers() {
                    count_down(&moves);
                    let old: u64 = view.read(at as usize)?;
                    view.write(at as usize, &movement.pointer(old))?;
                }
                Ok(())
            });
        if let Ok(address) = std::env::var("PREFER") {
            joining = joining.prefer(u64::from_str_radix(&address, 16).unwrap());
        }
        let arena = joining.join("world", LEN).unwrap();
        if std::env::var_os("WALK").is_some() {
            peer.send(&walk_here(&arena));
        }
        while let Some(order) = peer.receive() {
            match order.split_once(' ').unwrap_or((&order, "")) {
                ("arm", n) => {
                    left.store(n.parse().unwrap(), SeqCst);
                    peer.send("armed");
                }
                ("make", _) => {
                    let inside = arena.enter(None).unwrap();
                    let view = inside.view();
                    for i in 0..NODES {
                        let next = if i == 0 { Addr::NULL } else { Addr::new(inside.base() + node_at(i - 1)) };
                        Place::at(view, node_at(i)).unwrap().set(&Node { value: i, next }).unwrap();
                    }
                    view.write(0, &Addr::<Node>::new(inside.base() + node_at(NODES - 1))).unwrap();
                    peer.send("made");
                }
                ("walk", _) => peer.send(&walk_here(&arena)),
                _ => break,
            }
        }
    }
}

roles! {
    /// Opens an object of Windows 95 and follows plain addresses in it.
    fn on_95(peer: &mut Peer) {
        let space = Namespace::from_environment().unwrap().with_platform(Platform::Win95);
        let mapping = FileMapping::options().namespace(&space).open("shared").unwrap();
        let view = mapping.map().unwrap();
        let mut values = Vec::new();
        let mut at: Addr<Node> = view.read(0).unwrap();
        while !at.is_null() {
            let node = at.place(&view).unwrap().get().unwrap();
            values.push(node.value.to_string());
            at = node.next;
        }
        peer.send(&format!("{:x} {}", view.as_ptr().addr(), values.join(",")));
        peer.receive();
    }
}

const WHOLE: &str = "9,8,7,6,5,4,3,2,1,0";

fn walk(child: &mut Child) -> String {
    child.send("walk");
    child.receive().expect("an answer")
}

/// Whether the system gives each process another layout, without which a common address is no art.
fn is_randomised() -> bool {
    let setting = std::fs::read_to_string("/proc/sys/kernel/randomize_va_space");
    let personality = std::fs::read_to_string("/proc/self/personality").unwrap_or_default();
    // ADDR_NO_RANDOMIZE is 0x40000.
    let bits = u32::from_str_radix(personality.trim(), 16).unwrap_or(0);
    setting.is_ok_and(|setting| setting.trim() == "2") && bits & 0x4_0000 == 0
}

/// What all of them say: at first some may still be where they were, in the end it must be the same.
fn walk_all(children: &mut [Child], what: &str) -> u64 {
    let mut answers: Vec<String> = Vec::new();
    wait_for(what, || {
        answers = children.iter_mut().map(walk).collect();
        answers.iter().all(|answer| {
            assert!(answer.ends_with(WHOLE), "{what}: {answers:?}");
            *answer == answers[0]
        })
    });
    let (base, values) = answers[0].split_once(' ').unwrap();
    assert_eq!(values, WHOLE, "{what}");
    u64::from_str_radix(base, 16).unwrap()
}

// V-72, V-75, V-76
#[test]
fn eight_processes_with_ranges_taken_agree_on_one_address() {
    let _watchdog = watchdog!();
    if !is_randomised() {
        skip!("address space layout randomization is off");
    }
    let root = private_root();
    // A place that is free here is free in the children, as they are the same program, nearly always.
    let here = survey(&[std::process::id()], 1 << 30).unwrap();
    let middle = here.iter().max_by_key(|r| r.end - r.start).unwrap();
    let wanted = (middle.start + (middle.end - middle.start) / 3) & !0xFFFF;
    let mut children: Vec<Child> = (0..8_u64)
        .map(|i| {
            // Each takes the wanted place's neighbourhood at another spot, the fourth the place itself.
            let taken = match i {
                3 => format!("{wanted:x}"),
                i => format!("{:x}", wanted + (i + 1) * LEN),
            };
            role!(member)
                .env("FILEMAP_ROOT", root.path())
                .env("TAKEN", taken)
                .env("PREFER", format!("{wanted:x}"))
                .start()
        })
        .collect();
    children[0].send("make");
    children[0].expect("made");
    let base = walk_all(&mut children, "eight");
    assert_ne!(base, wanted, "it was taken in one of them");
    // Whoever comes later is at the same address (V-74).
    let mut late = role!(member).env("FILEMAP_ROOT", root.path()).start();
    assert_eq!(walk(&mut late), format!("{base:x} {WHOLE}"));
}

// V-74, V-77, V-78, V-79
#[test]
fn a_newcomer_for_whom_all_must_move_may_be_killed_at_any_step() {
    let _watchdog = watchdog!();
    let root = private_root();
    let start = |taken: &str, die_after: i64| {
        role!(member)
            .env("FILEMAP_ROOT", root.path())
            .env("TAKEN", taken)
            .env("DIE_AFTER", die_after.to_string())
            .env(if die_after > 0 { "WALK" } else { "WALK_NOT" }, "1")
            .start()
    };
    let mut group: Vec<Child> = (0..7).map(|_| start("", 0)).collect();
    group[0].send("make");
    group[0].expect("made");
    let first = walk_all(&mut group, "before");
    let (mut base, mut deaths, mut moves) = (first, 0, 0);
    for die_after in 1..200 {
        let mut newcomer = start(&format!("{base:x}"), die_after);
        let answer = newcomer.receive();
        match answer {
            Some(answer) => {
                assert!(answer.ends_with(WHOLE), "step {die_after}: {answer}");
                newcomer.kill();
            }
            None => {
                assert_eq!(newcomer.ended().0.signal(), Some(9), "step {die_after}");
                deaths += 1;
            }
        }
        let now = walk_all(&mut group, &format!("death at step {die_after}"));
        moves += u32::from(now != base);
        let survived = now != base && deaths + 1 < die_after && die_after > 40;
        base = now;
        if survived {
            break;
        }
    }
    assert!(deaths > 15 && moves > 3, "{deaths} deaths, {moves} moves");
}

// V-78, V-79
#[test]
fn an_old_member_may_be_killed_at_any_step_of_a_move_even_between_two_pointers() {
    let _watchdog = watchdog!();
    let root = private_root();
    let start = |taken: &str| {
        role!(member)
            .env("FILEMAP_ROOT", root.path())
            .env("TAKEN", taken)
            .start()
    };
    // With the victim and the newcomer, eight.
    let mut group: Vec<Child> = (0..6).map(|_| start("")).collect();
    group[0].send("make");
    group[0].expect("made");
    let mut base = walk_all(&mut group, "before");
    let (mut deaths, mut moves) = (0, 0);
    for die_after in 1..60 {
        // The one to die and another, who is there to be moved for.
        let mut victim = start("");
        assert_eq!(walk(&mut victim), format!("{base:x} {WHOLE}"));
        victim.send(&format!("arm {die_after}"));
        victim.expect("armed");
        let mut newcomer = start(&format!("{base:x}"));
        let answer = walk(&mut newcomer);
        assert!(answer.ends_with(WHOLE), "step {die_after}: {answer}");
        let now = walk_all(&mut group, &format!("death at step {die_after}"));
        assert_ne!(now, base, "the newcomer could not have joined otherwise");
        moves += 1;
        base = now;
        // Dead, or with the others: what it did shows in what they say.
        let status = std::fs::read_to_string(format!("/proc/{}/stat", victim.pid())).unwrap();
        match status
            .rsplit_once(") ")
            .is_some_and(|(_, rest)| rest.starts_with(['Z', 'X']))
        {
            true => deaths += 1,
            false => victim.kill(),
        }
        newcomer.kill();
    }
    assert!(deaths > 15 && moves > 15, "{deaths} deaths, {moves} moves");
}

// V-71, V-74
#[test]
fn a_survey_of_several_processes_gives_only_what_is_free_in_all() {
    let root = private_root();
    let here = free_ranges(None, 1 << 30).unwrap();
    let middle = here.iter().max_by_key(|r| r.end - r.start).unwrap();
    let taken = (middle.start + (middle.end - middle.start) / 2) & !0xFFFF;
    let mut child = role!(member)
        .env("FILEMAP_ROOT", root.path())
        .env("TAKEN", format!("{taken:x}"))
        .start();
    child.send("make"); // so that it has taken the range
    child.expect("made");
    let common = survey(&[std::process::id(), child.pid()], LEN).unwrap();
    assert!(!common.is_empty());
    assert!(common.iter().all(|r| r.end <= taken || taken + LEN <= r.start));
    let gone = survey(&[u32::MAX - 1], LEN).unwrap_err();
    assert_eq!(gone.code().0, 87);
    assert_eq!(survey(&[], LEN).unwrap_err().code().0, 87);
}

#[test]
fn an_arena_alone_waits_no_longer_than_it_is_told_and_leaves_in_order() {
    let root = private_root();
    let space = Namespace::at(root.path());
    let options = FileMapping::options().namespace(&space);
    for _ in 0..3 {
        let arena = Arena::options(&options).join("alone", LEN).unwrap();
        let inside = arena.enter(Some(Duration::from_secs(100))).unwrap();
        assert!(inside.base().is_multiple_of(65_536));
        // V-66: an address outside is an error.
        let outside = Addr::<u64>::new(inside.base() + LEN);
        assert_eq!(outside.place(inside.view()).unwrap_err().code().0, 487);
        assert_eq!(
            Addr::<u64>::new(inside.base() + 1)
                .place(inside.view())
                .unwrap_err()
                .code()
                .0,
            87
        );
        assert_eq!(Addr::<u64>::NULL.place(inside.view()).unwrap_err().code().0, 487);
    }
}

// P-23: what has to be negotiated on NT is there from the start on 95.
#[test]
fn on_windows_95_plain_addresses_lead_to_the_same_thing_in_every_process() {
    let _watchdog = watchdog!();
    let root = private_root();
    let space = Namespace::at(root.path()).with_platform(Platform::Win95);
    let mapping = FileMapping::options()
        .namespace(&space)
        .size(65_536)
        .create("shared")
        .unwrap();
    let view = mapping.map().unwrap();
    let base = view.as_ptr() as u64;
    for i in 0..NODES {
        let next = match i {
            0 => Addr::NULL,
            i => Addr::new(base + node_at(i - 1)),
        };
        Place::at(&view, node_at(i))
            .unwrap()
            .set(&Node { value: i, next })
            .unwrap();
    }
    view.write(0, &Addr::<Node>::new(base + node_at(NODES - 1)))
        .unwrap();
    for _ in 0..3 {
        let mut other = role!(on_95).env("FILEMAP_ROOT", root.path()).start();
        assert_eq!(other.receive().unwrap(), format!("{base:x} {WHOLE}"));
    }
}

// V-73: the control object is used by offsets, and what a peer has scribbled there is an answer.
#[test]
fn a_scribbled_control_object_is_an_error_and_nobody_hangs() {
    let _watchdog = watchdog!();
    let root = private_root();
    let space = Namespace::at(root.path());
    let options = FileMapping::options().namespace(&space);
    let mut failures = 0;
    for (i, word) in [0, 1, 7, 1 << 20, u64::MAX, 0xAAAA_AAAA_AAAA_AAAA]
        .into_iter()
        .enumerate()
    {
        for at in (256..1400).step_by(72) {
            let name = format!("world {i} {at}");
            let arena = Arena::options(&options).join(&name, 65_536).unwrap();
            drop(arena.enter(None).unwrap());
            let peer = options.open(&format!("{name}~address")).unwrap().map().unwrap();
            for at in (at..at + 72).step_by(8) {
                peer.write(at, &word).unwrap();
            }
            let second = Arena::options(&options).join(&name, 65_536).unwrap();
            let soon = Some(Duration::from_millis(5));
            match second.enter(soon) {
                Ok(inside) => assert!(inside.base().is_multiple_of(65_536)),
                Err(e) => {
                    assert!([258, 487, 1392].contains(&e.code().0), "{e}");
                    failures += 1;
                }
            }
            // A negotiation in words that nobody wrote may be asked for.
            let _ = second.renegotiate();
        }
    }
    assert!(failures > 10, "{failures}");
}

//! Every interleaving of two and three members, with deaths between any two turns and places that are taken meanwhile.

use super::*;
use std::collections::{HashSet, VecDeque};

const G: u64 = 0x1_0000;
/// Places 1 to 4; 0 is null.
const PLACES: u64 = 4;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Process {
    alive: bool,
    own: Own,
    /// Places that are taken by something else, a bit each.
    taken: u8,
    /// What it was told last and has done.
    last: Option<Act>,
    joined: bool,
    /// What it thinks of the outcome.
    outcome: Option<Act>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    control: Control,
    processes: Vec<Process>,
    /// The pointers in the object: the base that each leads to.
    pointers: [u64; 2],
    deaths: u8,
    grabs: u8,
}

fn is_free(process: &Process, base: u64) -> bool {
    process.taken & (1 << (base / G)) == 0 && process.own.mapped != base && process.own.reserved != base
}

impl World {
    fn new(taken: &[u8], if_taken: IfTaken) -> World {
        let process = |(i, taken): (usize, &u8)| Process {
            alive: true,
            own: Own {
                member: i as u32 + 1,
                if_taken,
                reserved: 0,
                mapped: 0,
            },
            taken: *taken,
            last: None,
            joined: false,
            outcome: None,
        };
        World {
            control: Control::new(G),
            processes: taken.iter().enumerate().map(process).collect(),
            pointers: [0; 2],
            deaths: 0,
            grabs: 0,
        }
    }

    /// One turn of a process under the lock, and what it does to itself after. `dies_moving`: killed after the first pointer.
    fn turn(&mut self, who: usize, dies_moving: bool) {
        let alive: Vec<u32> = self
            .processes
            .iter()
            .filter(|p| p.alive)
            .map(|p| p.own.member)
            .collect();
        let control = &mut self.control;
        let process = &mut self.processes[who];
        let own = process.own;
        control.bury(|member| alive.contains(&member));
        if !process.joined {
            process.joined = control.join(own.member);
        }
        match process.last.take() {
            Some(Act::Publish) => {
                let free = (1..=PLACES)
                    .map(|n| n * G)
                    .filter(|base| is_free(process, *base))
                    .map(|b| b..b + G);
                publish(control, &own, free.collect());
            }
            Some(Act::Reserve(base)) => vote(control, &own, base),
            Some(Act::Map(_)) => mapped(control, &own),
            _ => {}
        }
        let act = step(control, &own, &[]);
        process.outcome = None;
        match act {
            Act::Reserve(base) => {
                process.own.reserved = 0;
                if process.own.mapped != base && is_free(process, base) {
                    process.own.reserved = base;
                }
            }
            Act::Release => process.own.reserved = 0,
            Act::Map(base) => {
                assert_eq!(process.own.reserved, base, "only over an own reservation (V-77)");
                process.own.mapped = base;
                process.own.reserved = 0;
            }
            Act::MovePointers(to) => {
                assert!(control.pointers.contains(&to), "written before it is begun");
                for (i, pointer) in self.pointers.iter_mut().enumerate() {
                    assert!(
                        *pointer == 0 || control.pointers.contains(pointer),
                        "a pointer nobody would move"
                    );
                    if *pointer != 0 {
                        *pointer = to;
                    }
                    if dies_moving && i == 0 {
                        process.alive = false;
                        return;
                    }
                }
                moved(control);
            }
            Act::Done | Act::NoPlace => process.outcome = Some(act),
            Act::Again | Act::Wait | Act::Publish => {}
        }
        // The first who is done makes pointers.
        if act == Act::Done && self.pointers[0] == 0 {
            self.pointers = [process.own.mapped; 2];
        }
        process.last = Some(act);
    }

    fn next(&self, most_deaths: u8, most_grabs: u8) -> Vec<World> {
        let mut all = Vec::new();
        for who in (0..self.processes.len()).filter(|who| self.processes[*who].alive) {
            let mut turn = self.clone();
            turn.turn(who, false);
            all.push(turn);
            if self.deaths < most_deaths {
                let mut dies = self.clone();
                dies.deaths += 1;
                dies.processes[who].alive = false;
                dies.processes[who].own.mapped = 0;
                dies.processes[who].own.reserved = 0;
                all.push(dies);
                let mut half = self.clone();
                half.deaths += 1;
                half.turn(who, true);
                if !half.processes[who].alive {
                    half.processes[who].own.mapped = 0;
                    all.push(half);
                }
            }
            if self.grabs < most_grabs {
                for base in (1..=PLACES)
                    .map(|n| n * G)
                    .filter(|base| is_free(&self.processes[who], *base))
                {
                    let mut grab = self.clone();
                    grab.grabs += 1;
                    grab.processes[who].taken |= 1 << (base / G);
                    all.push(grab);
                }
            }
        }
        all
    }

    fn check(&self) {
        let done: Vec<u64> = self
            .processes
            .iter()
            .filter(|p| p.alive && p.outcome == Some(Act::Done) && self.control.phase == Phase::Settled)
            .map(|p| p.own.mapped)
            .collect();
        if let Some(first) = done.first() {
            assert!(
                done.iter().all(|base| base == first),
                "two settled places: {self:#?}"
            );
            assert_eq!(self.control.base, *first);
            assert!(
                self.pointers.iter().all(|p| *p == 0 || p == first),
                "a pointer leads elsewhere: {self:#?}"
            );
        }
        for process in self.processes.iter().filter(|p| p.alive && p.own.mapped != 0) {
            assert_eq!(
                process.taken & (1 << (process.own.mapped / G)),
                0,
                "mapped over something else"
            );
        }
    }

    /// Whoever is alive comes to an end that all agree on, if nobody else dies.
    fn check_progress(&self) {
        let mut world = self.clone();
        let mut quiet = 0;
        for round in 0.. {
            assert!(round < 100, "no end: {world:#?}");
            let before = world.clone();
            for who in 0..world.processes.len() {
                if world.processes[who].alive {
                    world.turn(who, false);
                    world.check();
                }
            }
            quiet = if before == world { quiet + 1 } else { 0 };
            if quiet == 2 {
                break;
            }
        }
        for process in world.processes.iter().filter(|p| p.alive) {
            assert!(
                process.outcome.is_some(),
                "a member without an outcome: {world:#?}"
            );
            assert_eq!(process.own.reserved, 0, "a reservation is left: {world:#?}");
            let has_place = process.outcome == Some(Act::Done);
            assert_eq!(
                has_place,
                process.own.mapped == world.control.base && world.control.base != 0
            );
        }
    }
}

/// Explores everything from `start`; gives the number of states.
fn explore(start: World, most_deaths: u8, most_grabs: u8) -> usize {
    let (mut seen, mut left) = (HashSet::new(), VecDeque::from([start]));
    while let Some(world) = left.pop_front() {
        if !seen.insert(world.clone()) {
            continue;
        }
        world.check();
        world.check_progress();
        left.extend(world.next(most_deaths, most_grabs));
    }
    seen.len()
}

// V-73 to V-79
#[test]
fn two_members_agree_in_every_interleaving_with_two_deaths_and_a_place_taken_meanwhile() {
    let mut states = 0;
    for taken in [[0, 0], [0b00010, 0b00100], [0b01110, 0b00000], [0b00110, 0b11000]] {
        for if_taken in [IfTaken::Fail, IfTaken::Renegotiate] {
            states += explore(World::new(&taken, if_taken), 2, 1);
        }
    }
    assert!(states > 5_000, "{states}");
}

// V-73 to V-79
#[test]
fn three_members_agree_in_every_interleaving_with_a_death_anywhere() {
    let mut states = 0;
    for (taken, if_taken) in [
        ([0b00010, 0b00100, 0b01000], IfTaken::Renegotiate),
        ([0b01110, 0b10000, 0], IfTaken::Renegotiate),
        ([0, 0, 0b00010], IfTaken::Fail),
    ] {
        states += explore(World::new(&taken, if_taken), 1, 0);
    }
    assert!(states > 5_000, "{states}");
}

fn settle(world: &mut World, who: &[usize]) {
    for _ in 0..30 {
        for who in who {
            world.turn(*who, false);
        }
    }
}

// V-74
#[test]
fn a_latecomer_takes_the_place_or_leaves_or_has_all_move() {
    for (if_taken, moves) in [(IfTaken::Fail, false), (IfTaken::Renegotiate, true)] {
        let mut world = World::new(&[0, 0, 0], if_taken);
        settle(&mut world, &[0, 1]);
        let first = world.control.base;
        assert_ne!(first, 0);
        world.processes[2].taken = 1 << (first / G);
        settle(&mut world, &[0, 1, 2]);
        world.check();
        assert_eq!(world.control.generation, if moves { 2 } else { 1 });
        assert_eq!(
            world.processes[2].outcome,
            Some(if moves { Act::Done } else { Act::NoPlace })
        );
        assert_eq!(world.control.base != first, moves);
        assert!(world.pointers.iter().all(|p| *p == world.control.base));
    }
}

// V-76
#[test]
fn without_a_common_place_all_keep_what_they_had() {
    let mut world = World::new(&[0b11100, 0b11100, 0b00010], IfTaken::Renegotiate);
    settle(&mut world, &[0, 1]);
    assert_eq!(world.control.base, G);
    settle(&mut world, &[0, 1, 2]);
    assert_eq!((world.control.base, world.control.generation), (G, 1));
    assert_eq!(world.processes[2].outcome, Some(Act::NoPlace));
    assert_eq!(world.processes[0].outcome, Some(Act::Done));
    let mut hopeless = World::new(&[0b10110, 0b01110, 0b11010], IfTaken::Renegotiate);
    settle(&mut hopeless, &[0, 1, 2]);
    assert!(hopeless.processes.iter().all(|p| p.outcome == Some(Act::NoPlace)));
}

// V-70, V-75
#[test]
fn the_preferred_address_is_tried_first() {
    let mut control = Control::new(G);
    let own = Own {
        member: 1,
        if_taken: IfTaken::Fail,
        reserved: 0,
        mapped: 0,
    };
    assert!(control.join(1));
    while step(&mut control, &own, &[]) == Act::Again {}
    publish(&mut control, &own, std::iter::once(G..9 * G).collect());
    let act = loop {
        match step(&mut control, &own, &[100 * G, 3 * G]) {
            Act::Again => {}
            act => break act,
        }
    };
    assert_eq!(act, Act::Reserve(3 * G));
}

#[test]
fn places_that_are_kept_for_old_pointers_never_overlap_the_new_one() {
    let mut control = Control::new(4 * G);
    control.pointers = [8 * G].into();
    control.members = [Entry {
        member: 1,
        free: std::iter::once(6 * G..15 * G).collect(),
        ..Entry::default()
    }]
    .into();
    control.propose(&[10 * G]);
    for base in &control.candidates {
        assert!(*base == 8 * G || base.abs_diff(8 * G) >= 4 * G, "{base:#x}");
    }
    assert_eq!(control.candidates[0], 8 * G);
}

//! Every interleaving of small programs of synchronisation calls, with deaths between any two actions.
//!
//! The same [`Machine`]s that `filemap-sys` drives run here on a model of shared memory and of the kernel: futex
//! sleep and wake, `FUTEX_WAKE_OP`, the robust list of a dying thread (list entries one by one, then the pending one,
//! one sleeper woken per word, any sleeper, also one that is dying itself and takes the wake to the grave).
//! What is promised is checked in every final state; how many states there were is printed.

use filemap_core::sync::{
    Action, Kind, Machine, OWNED, OWNER_DIED, Outcome, Program, Reply, Signal, TID, WAITERS, Word, pass_on,
};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

const N: usize = 3;

/// A call of a script: what, on which objects of the world.
#[derive(Clone, Debug)]
struct Call {
    program: Program,
    objects: Vec<usize>,
    /// May run into its time limit at any moment.
    limited: bool,
}

fn any(objects: &[usize]) -> Call {
    Call {
        program: Program::Any,
        objects: objects.to_vec(),
        limited: false,
    }
}
fn all(objects: &[usize]) -> Call {
    Call {
        program: Program::All,
        objects: objects.to_vec(),
        limited: false,
    }
}
fn sig(object: usize, what: Signal) -> Call {
    Call {
        program: Program::Signal(what),
        objects: vec![object],
        limited: false,
    }
}
fn watch(objects: &[usize]) -> Call {
    Call {
        program: Program::Watch,
        objects: objects.to_vec(),
        limited: false,
    }
}
fn limited(mut call: Call) -> Call {
    call.limited = true;
    call
}

struct Plan {
    kinds: Vec<Kind>,
    initial: Vec<u32>,
    scripts: Vec<Vec<Call>>,
    kills: u8,
    /// Flaws to put in, in order to see that the explorer finds what they break.
    flaw: Flaw,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    /// Linux before 6.3: a dead thread's pending word wakes nobody if the kernel has marked its owner dead.
    OldKernel,
    /// The release of a word and the wake of its sleepers are two steps that a death can divide.
    ReleaseThenWake,
    /// No robust list.
    NotRobust,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Status {
    Running,
    /// In a futex queue, on these objects (bit set).
    Sleeping(u8),
    /// Killed; steps of the kernel's exit path done so far. Still queued on these objects until the first.
    Dying {
        queued: u8,
        step: u8,
    },
    Dead,
    Finished,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Proc {
    pc: usize,
    machine: Option<Machine<N>>,
    next: Option<Action>,
    status: Status,
    pending: Option<u8>,
    list: Vec<u8>,
    owns: u8,
    /// The kernel's one wake for these words went to a sentry thread of this process, which has the word pending
    /// until the wake is passed on: if the process dies before, the sentry's death wakes the next.
    resend: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    words: Vec<Word>,
    procs: Vec<Proc>,
    kills: u8,
    /// The mutex must be reported abandoned to whoever gets it next.
    abandoned: u8,
    released: [u8; N],
    taken: [u8; N],
    deaths_with: u8,
}

struct Explorer<'a> {
    plan: &'a Plan,
    visited: HashSet<u64>,
    finals: usize,
    outcomes: HashSet<(usize, usize, Outcome)>,
}

fn tid(p: usize) -> u32 {
    p as u32 + 1
}

impl World {
    fn new(plan: &Plan) -> World {
        let words = plan
            .kinds
            .iter()
            .zip(&plan.initial)
            .map(|(kind, n)| kind.initial(*n))
            .collect();
        let mut released = [0; N];
        for (i, n) in plan.initial.iter().enumerate() {
            released[i] = *n as u8;
        }
        let mut world = World {
            words,
            procs: vec![
                Proc {
                    pc: 0,
                    machine: None,
                    next: None,
                    status: Status::Running,
                    pending: None,
                    list: vec![],
                    owns: 0,
                    resend: 0,
                };
                plan.scripts.len()
            ],
            kills: plan.kills,
            abandoned: 0,
            released,
            taken: [0; N],
            deaths_with: 0,
        };
        for p in 0..plan.scripts.len() {
            world.begin_call(plan, p);
        }
        world
    }

    fn begin_call(&mut self, plan: &Plan, p: usize) {
        let owns = self.procs[p].owns;
        let Some(call) = plan.scripts[p].get(self.procs[p].pc) else {
            assert_eq!(
                self.procs[p].pending, None,
                "a finished thread has nothing pending"
            );
            // A thread that ends while it owns something dies like any other (Y-12).
            self.procs[p].machine = None;
            self.procs[p].next = None;
            self.procs[p].status = match owns {
                0 => Status::Finished,
                _ => {
                    self.note_death(plan, p);
                    Status::Dying { queued: 0, step: 0 }
                }
            };
            return;
        };
        let kinds: Vec<Kind> = call.objects.iter().map(|o| plan.kinds[*o]).collect();
        let mine = call
            .objects
            .iter()
            .enumerate()
            .fold(0, |m, (i, o)| m | u64::from(owns >> o & 1) << i);
        // Everybody locks in the order of the world's numbers.
        let mut order: Vec<u8> = (0..call.objects.len() as u8).collect();
        order.sort_by_key(|i| call.objects[usize::from(*i)]);
        let mut machine = Machine::new(call.program, tid(p), &kinds, mine, &order, false);
        let next = machine.resume(Reply::Nothing);
        self.procs[p].machine = Some(machine);
        self.procs[p].next = Some(next);
    }

    /// What the dead owes to the living, decided by what it really had when it died.
    fn note_death(&mut self, plan: &Plan, p: usize) {
        self.deaths_with += 1;
        for (o, word) in self.words.iter().enumerate() {
            if plan.kinds[o] == Kind::Mutex && word.owner() == tid(p) && word.state() & OWNED != 0 {
                self.abandoned |= 1 << o;
            }
        }
    }

    fn wake_all(&mut self, o: usize) {
        for q in 0..self.procs.len() {
            if let Status::Sleeping(on) = self.procs[q].status
                && on >> o & 1 != 0
            {
                self.wake(q);
            }
        }
    }

    fn wake(&mut self, q: usize) {
        self.procs[q].status = Status::Running;
        self.reply(q, Reply::Slept { timed_out: false });
    }

    /// The kernel wakes one who is queued on `o`: one world per choice.
    fn wake_one(self, plan: &Plan, o: usize) -> Vec<World> {
        let mut worlds = vec![];
        for q in 0..self.procs.len() {
            match self.procs[q].status {
                Status::Sleeping(on) if on >> o & 1 != 0 => {
                    let mut world = self.clone();
                    if plan.kinds[o] == Kind::Mutex && self.procs[q].pending != Some(o as u8) {
                        world.procs[q].resend |= 1 << o;
                    }
                    world.wake(q);
                    worlds.push(world);
                }
                Status::Dying { queued, step } if queued >> o & 1 != 0 => {
                    let mut world = self.clone();
                    world.procs[q].status = Status::Dying { queued: 0, step };
                    if plan.kinds[o] == Kind::Mutex && self.procs[q].pending != Some(o as u8) {
                        world.procs[q].resend |= 1 << o;
                    }
                    worlds.push(world);
                }
                _ => {}
            }
        }
        if worlds.is_empty() { vec![self] } else { worlds }
    }

    fn reply(&mut self, p: usize, reply: Reply) {
        let next = self.procs[p].machine.as_mut().unwrap().resume(reply);
        self.procs[p].next = Some(next);
    }
}

impl Explorer<'_> {
    fn run(plan: &Plan) -> (usize, usize, HashSet<(usize, usize, Outcome)>) {
        let mut explorer = Explorer {
            plan,
            visited: HashSet::new(),
            finals: 0,
            outcomes: HashSet::new(),
        };
        let mut todo = vec![World::new(plan)];
        while let Some(world) = todo.pop() {
            let mut hasher = DefaultHasher::new();
            world.hash(&mut hasher);
            if !explorer.visited.insert(hasher.finish()) {
                continue;
            }
            let before = todo.len();
            for p in 0..world.procs.len() {
                explorer.steps(&world, p, &mut todo);
            }
            if todo.len() == before {
                explorer.finals += 1;
                explorer.check_final(&world);
            }
            // Deaths are extra: a state without other steps is final, and dying sleepers are explored from it too.
            if world.kills > 0 {
                for p in 0..world.procs.len() {
                    let queued = match world.procs[p].status {
                        Status::Running => 0,
                        Status::Sleeping(on) => on,
                        _ => continue,
                    };
                    let mut next = world.clone();
                    next.kills -= 1;
                    next.note_death(plan, p);
                    next.procs[p].machine = None;
                    next.procs[p].next = None;
                    next.procs[p].status = Status::Dying { queued, step: 0 };
                    todo.push(next);
                }
            }
        }
        (explorer.visited.len(), explorer.finals, explorer.outcomes)
    }

    fn steps(&mut self, world: &World, p: usize, todo: &mut Vec<World>) {
        let me = &world.procs[p];
        match me.status {
            Status::Running => self.act(world.clone(), p, todo),
            Status::Sleeping(_) => {
                if self.plan.scripts[p][me.pc].limited {
                    let mut next = world.clone();
                    next.procs[p].status = Status::Running;
                    next.reply(p, Reply::Slept { timed_out: true });
                    todo.push(next);
                }
            }
            Status::Dying { step: 0, .. } => {
                let mut next = world.clone();
                next.procs[p].status = Status::Dying { queued: 0, step: 1 };
                todo.push(next);
            }
            Status::Dying { step: 1, queued } => {
                let mut next = world.clone();
                if !next.procs[p].list.is_empty() {
                    let o = usize::from(next.procs[p].list.remove(0));
                    if me.pending == Some(o as u8) {
                        todo.push(next);
                        return;
                    }
                    todo.extend(self.bury(next, p, o));
                } else if let Some(o) = next.procs[p].pending.take() {
                    let o = usize::from(o);
                    let forgotten = self.plan.flaw == Flaw::OldKernel && next.words[o].lock() != 0;
                    if next.words[o].owner() == 0 && !forgotten {
                        todo.extend(next.wake_one(self.plan, o));
                    } else {
                        todo.extend(self.bury(next, p, o));
                    }
                } else if next.procs[p].resend != 0 {
                    let o = next.procs[p].resend.trailing_zeros() as usize;
                    next.procs[p].resend &= !(1 << o);
                    todo.extend(match next.words[o].owner() {
                        0 => next.wake_one(self.plan, o),
                        _ => vec![next],
                    });
                } else {
                    next.procs[p].status = Status::Dead;
                    todo.push(next);
                }
                let _ = queued;
            }
            Status::Dying { .. } | Status::Dead | Status::Finished => {}
        }
    }

    /// `handle_futex_death` for a word that may be the dead thread's.
    fn bury(&self, mut world: World, p: usize, o: usize) -> Vec<World> {
        let word = world.words[o];
        if word.lock() & TID != tid(p) || self.plan.flaw == Flaw::NotRobust {
            return vec![world];
        }
        world.words[o] = word.with_lock(word.lock() & WAITERS | OWNER_DIED);
        match word.has_waiters() {
            true => world.wake_one(self.plan, o),
            false => vec![world],
        }
    }

    fn act(&mut self, mut world: World, p: usize, todo: &mut Vec<World>) {
        let call = &self.plan.scripts[p][world.procs[p].pc];
        let at = |i: usize| call.objects[i];
        let action = world.procs[p].next.unwrap();
        let mut reply = Reply::Nothing;
        match action {
            Action::Load(i) => {
                let o = at(i);
                if pass_on(self.plan.kinds[o], world.words[o], tid(p)).is_none() {
                    world.procs[p].resend &= !(1 << o);
                }
                reply = Reply::Word(world.words[o]);
            }
            Action::Swap { object, from, to } => {
                let word = &mut world.words[at(object)];
                reply = Reply::Word(*word);
                if *word == from {
                    if to.owner() == tid(p) {
                        let covered = world.procs[p].pending == Some(at(object) as u8);
                        assert!(covered, "a lock half is only taken while pending: {action:?}");
                    }
                    *word = to;
                }
            }
            Action::Pending(i) => world.procs[p].pending = i.map(|i| at(i) as u8),
            Action::Insert(i) => world.procs[p].list.insert(0, at(i) as u8),
            Action::Remove(i) => world.procs[p].list.retain(|o| usize::from(*o) != at(i)),
            Action::Release { object, lock } => {
                let o = at(object);
                assert_eq!(world.words[o].owner(), tid(p), "only the holder releases");
                assert_eq!(world.procs[p].pending, Some(o as u8), "and is covered meanwhile");
                world.words[o] = world.words[o].with_lock(lock);
                world.procs[p].resend &= !(1 << o);
                if self.plan.flaw == Flaw::ReleaseThenWake && world.kills > 0 {
                    let mut divided = world.clone();
                    divided.kills = 0;
                    divided.procs[p].pending = None;
                    divided.note_death(self.plan, p);
                    divided.procs[p].machine = None;
                    divided.procs[p].next = None;
                    divided.procs[p].status = Status::Dying { queued: 0, step: 0 };
                    todo.push(divided);
                }
                world.wake_all(o);
            }
            Action::Wake(i) => {
                assert_eq!(world.procs[p].pending, Some(at(i) as u8), "the wake is covered");
                world.wake_all(at(i));
            }
            Action::SleepOne { object, lock, .. } => {
                let o = at(object);
                assert_eq!(world.procs[p].pending, Some(o as u8), "a sleeper is covered");
                if world.words[o].lock() == lock {
                    world.procs[p].status = Status::Sleeping(1 << o);
                    todo.push(world);
                    return;
                }
                reply = Reply::Slept { timed_out: false };
            }
            Action::SleepEach => {
                let machine = world.procs[p].machine.as_ref().unwrap();
                assert_eq!(world.procs[p].pending, Some(at(machine.guard()) as u8));
                let same = machine
                    .expected()
                    .iter()
                    .enumerate()
                    .all(|(i, lock)| world.words[at(i)].lock() == *lock);
                if same {
                    let on = call.objects.iter().fold(0, |on, o| on | 1 << o);
                    world.procs[p].status = Status::Sleeping(on);
                    todo.push(world);
                    return;
                }
                reply = Reply::Slept { timed_out: false };
            }
            Action::Commit => {
                let machine = world.procs[p].machine.as_ref().unwrap();
                let news: Vec<Option<u32>> = (0..call.objects.len()).map(|i| machine.commit(i)).collect();
                for (i, new) in news.into_iter().enumerate() {
                    let Some(new) = new else { continue };
                    let o = at(i);
                    let word = world.words[o];
                    // Y-33: at this moment all of them are signalled and nobody else can change them.
                    assert_eq!(word.owner(), tid(p));
                    let unlocked = word.with_lock(if world.abandoned >> o & 1 != 0 {
                        OWNER_DIED
                    } else {
                        0
                    });
                    assert_eq!(self.plan.kinds[o].is_signalled(unlocked), Some(true));
                    world.words[o] = word.with_state(new);
                }
            }
            Action::Edit(_) => {}
            Action::Done(outcome) => {
                self.done(&mut world, p, call, outcome);
                world.procs[p].pc += 1;
                world.begin_call(self.plan, p);
                todo.push(world);
                return;
            }
        }
        world.reply(p, reply);
        todo.push(world);
    }

    fn done(&mut self, world: &mut World, p: usize, call: &Call, outcome: Outcome) {
        self.outcomes.insert((p, world.procs[p].pc, outcome));
        if call.program == Program::Watch {
            return; // nothing is taken
        }
        let got: Vec<(usize, Option<bool>)> = match outcome {
            Outcome::Object { index, abandoned } => vec![(call.objects[index], Some(abandoned))],
            Outcome::All { abandoned } => {
                let told = abandoned.is_some();
                let really = call.objects.iter().any(|o| world.abandoned >> o & 1 != 0);
                assert_eq!(told, really, "Y-12 in a wait for all");
                for o in &call.objects {
                    world.abandoned &= !(1 << o);
                }
                call.objects.iter().map(|o| (*o, None)).collect()
            }
            Outcome::Signalled { .. } => {
                let o = call.objects[0];
                match call.program {
                    Program::Signal(Signal::Unlock) => world.procs[p].owns &= !(1 << o),
                    Program::Signal(Signal::Release(n)) => world.released[o] += n as u8,
                    Program::Signal(Signal::Set) => world.released[o] += 1,
                    _ => {}
                }
                return;
            }
            Outcome::TimedOut => {
                assert!(call.limited);
                return;
            }
            Outcome::TooManyPosts => return,
            Outcome::NotOwner | Outcome::Stuck | Outcome::Refused => {
                panic!("{outcome:?} without a scribbler")
            }
        };
        for (o, told) in got {
            world.taken[o] += 1;
            if self.plan.kinds[o] == Kind::Mutex {
                assert_eq!(
                    world.words[o].owner(),
                    tid(p),
                    "an owner that is told so is in the word"
                );
                if let Some(told) = told {
                    assert_eq!(told, world.abandoned >> o & 1 != 0, "Y-12: told exactly once");
                    world.abandoned &= !(1 << o);
                }
                world.procs[p].owns |= 1 << o;
            }
        }
    }

    fn check_final(&self, world: &World) {
        for (p, me) in world.procs.iter().enumerate() {
            let Status::Sleeping(_) = me.status else {
                assert!(matches!(me.status, Status::Dead | Status::Finished), "{world:#?}");
                continue;
            };
            let call = &self.plan.scripts[p][me.pc];
            let free = |o: &usize| {
                let word = world.words[*o];
                if word.owner() != 0 {
                    let owner = world.procs[word.owner() as usize - 1].status;
                    assert!(
                        !matches!(owner, Status::Dead | Status::Finished),
                        "owned by the dead: {world:#?}"
                    );
                }
                self.plan.kinds[*o].is_signalled(word) == Some(true)
            };
            let lost = match call.program {
                Program::Any | Program::Watch => call.objects.iter().any(free),
                Program::All => call.objects.iter().all(free),
                _ => true,
            };
            assert!(
                !lost,
                "process {p} sleeps for ever though it could go on: {world:?}"
            );
        }
        for (o, kind) in self.plan.kinds.iter().enumerate() {
            let word = world.words[o];
            if let Kind::Semaphore { .. } = kind {
                let left =
                    i32::from(world.released[o]) - i32::from(world.taken[o]) - kind.settle(word) as i32;
                let deaths = i32::from(world.deaths_with);
                assert!(left.abs() <= 2 * deaths, "units made or lost: {world:#?}");
            }
            self.stranger_can_use(*kind, word);
        }
    }

    /// After all that, a newcomer finds the object in working order.
    fn stranger_can_use(&self, kind: Kind, word: Word) {
        let mut word = word;
        if word.owner() != 0 {
            return; // owned by somebody alive: `check_final` has looked
        }
        if kind != Kind::Mutex {
            let what = match kind {
                Kind::Semaphore { .. } => Signal::Release(1),
                _ => Signal::Set,
            };
            let outcome = solo(
                Machine::<1>::new(Program::Signal(what), 9, &[kind], 0, &[], false),
                &mut word,
            );
            assert!(matches!(
                outcome,
                Outcome::Signalled { .. } | Outcome::TooManyPosts
            ));
        }
        let outcome = solo(
            Machine::<1>::new(Program::Any, 9, &[kind], 0, &[], true),
            &mut word,
        );
        assert!(matches!(outcome, Outcome::Object { index: 0, .. }), "{outcome:?}");
    }
}

fn solo(mut machine: Machine<1>, word: &mut Word) -> Outcome {
    let mut reply = Reply::Nothing;
    for _ in 0..100 {
        match machine.resume(reply) {
            Action::Load(_) => reply = Reply::Word(*word),
            Action::Swap { from, to, .. } => {
                reply = Reply::Word(*word);
                if *word == from {
                    *word = to;
                }
            }
            Action::Release { lock, .. } => {
                *word = word.with_lock(lock);
                reply = Reply::Nothing;
            }
            Action::Done(outcome) => return outcome,
            Action::SleepOne { .. } | Action::SleepEach => panic!("a newcomer would sleep on {word:?}"),
            _ => reply = Reply::Nothing,
        }
    }
    panic!("no end on {word:?}")
}

fn explore(name: &str, plan: Plan) -> HashSet<(usize, usize, Outcome)> {
    let (states, finals, outcomes) = Explorer::run(&plan);
    println!("{name}: {states} states, {finals} final");
    assert!(finals > 0);
    outcomes
}

fn gets(outcomes: &HashSet<(usize, usize, Outcome)>, p: usize, pc: usize, outcome: Outcome) {
    assert!(
        outcomes.contains(&(p, pc, outcome)),
        "{outcome:?} of call {pc} of process {p} never happened"
    );
}

const UNLOCK: Signal = Signal::Unlock;

#[test]
fn three_processes_and_one_mutex_lose_no_wake_and_tell_each_abandonment_once() {
    // Y-10, Y-12: any of them may die anywhere, two of them in one run.
    let script = || vec![any(&[0]), sig(0, UNLOCK)];
    let outcomes = explore(
        "mutex",
        Plan {
            kinds: vec![Kind::Mutex],
            initial: vec![0],
            scripts: vec![script(), script(), script()],
            kills: 2,
            flaw: Flaw::None,
        },
    );
    gets(
        &outcomes,
        2,
        0,
        Outcome::Object {
            index: 0,
            abandoned: true,
        },
    );
    gets(
        &outcomes,
        2,
        0,
        Outcome::Object {
            index: 0,
            abandoned: false,
        },
    );
}

#[test]
fn a_thread_that_ends_with_a_mutex_abandons_it() {
    // Y-12: ordinary end of the thread, no kill.
    let outcomes = explore(
        "thread end",
        Plan {
            kinds: vec![Kind::Mutex],
            initial: vec![0],
            scripts: vec![
                vec![any(&[0])],
                vec![any(&[0]), sig(0, UNLOCK)],
                vec![limited(any(&[0]))],
            ],
            kills: 0,
            flaw: Flaw::None,
        },
    );
    gets(
        &outcomes,
        1,
        0,
        Outcome::Object {
            index: 0,
            abandoned: true,
        },
    );
}

#[test]
fn an_auto_reset_event_lets_one_go_per_set_whoever_dies() {
    // Y-1, Y-5: setter, two waiters, two deaths.
    explore(
        "auto event",
        Plan {
            kinds: vec![Kind::AutoEvent],
            initial: vec![0],
            scripts: vec![
                vec![sig(0, Signal::Set), sig(0, Signal::Set)],
                vec![any(&[0])],
                vec![any(&[0])],
            ],
            kills: 2,
            flaw: Flaw::None,
        },
    );
}

#[test]
fn a_manual_reset_event_lets_all_go_and_resets() {
    explore(
        "manual event",
        Plan {
            kinds: vec![Kind::ManualEvent],
            initial: vec![0],
            scripts: vec![
                vec![sig(0, Signal::Set), sig(0, Signal::Reset), sig(0, Signal::Set)],
                vec![any(&[0])],
                vec![limited(any(&[0]))],
            ],
            kills: 2,
            flaw: Flaw::None,
        },
    );
}

#[test]
fn a_pulse_lets_sleepers_go_and_leaves_the_event_reset() {
    // Y-6
    for kind in [Kind::ManualEvent, Kind::AutoEvent] {
        let outcomes = explore(
            "pulse",
            Plan {
                kinds: vec![kind],
                initial: vec![0],
                scripts: vec![
                    vec![sig(0, Signal::Pulse)],
                    vec![limited(any(&[0]))],
                    vec![limited(any(&[0]))],
                ],
                kills: 1,
                flaw: Flaw::None,
            },
        );
        gets(
            &outcomes,
            1,
            0,
            Outcome::Object {
                index: 0,
                abandoned: false,
            },
        );
        gets(&outcomes, 1, 0, Outcome::TimedOut);
    }
}

#[test]
fn a_semaphore_neither_makes_nor_loses_units() {
    // Y-20, Y-21: a dead holder's units are gone, nothing else.
    explore(
        "semaphore",
        Plan {
            kinds: vec![Kind::Semaphore { maximum: 3 }],
            initial: vec![1],
            scripts: vec![
                vec![any(&[0]), sig(0, Signal::Release(2))],
                vec![any(&[0])],
                vec![any(&[0])],
            ],
            kills: 2,
            flaw: Flaw::None,
        },
    );
}

#[test]
fn a_wait_for_any_takes_the_lowest_and_passes_on_what_it_does_not_take() {
    // Y-33: an event and a mutex; the other waiters of the mutex must not starve.
    let outcomes = explore(
        "any",
        Plan {
            kinds: vec![Kind::AutoEvent, Kind::Mutex],
            initial: vec![0, 0],
            scripts: vec![
                vec![any(&[1]), sig(0, Signal::Set)], // ends with the mutex: abandoned
                vec![any(&[0, 1])],
                vec![any(&[1]), sig(1, UNLOCK)],
            ],
            kills: 1,
            flaw: Flaw::None,
        },
    );
    gets(
        &outcomes,
        1,
        0,
        Outcome::Object {
            index: 0,
            abandoned: false,
        },
    );
    gets(
        &outcomes,
        1,
        0,
        Outcome::Object {
            index: 1,
            abandoned: true,
        },
    );
}

#[test]
fn a_wait_for_any_of_two_mutexes_is_told_of_both_owners_deaths() {
    let outcomes = explore(
        "any of two mutexes",
        Plan {
            kinds: vec![Kind::Mutex, Kind::Mutex],
            initial: vec![0, 0],
            scripts: vec![vec![any(&[0]), any(&[1])], vec![any(&[0, 1])], vec![any(&[1, 0])]],
            kills: 1,
            flaw: Flaw::None,
        },
    );
    gets(
        &outcomes,
        1,
        0,
        Outcome::Object {
            index: 0,
            abandoned: true,
        },
    );
    gets(
        &outcomes,
        1,
        0,
        Outcome::Object {
            index: 1,
            abandoned: true,
        },
    );
}

#[test]
fn a_wait_for_all_takes_all_or_nothing_whoever_dies() {
    // Y-33: event, mutex and semaphore change together.
    let outcomes = explore(
        "all",
        Plan {
            kinds: vec![Kind::AutoEvent, Kind::Mutex],
            initial: vec![0, 0],
            scripts: vec![
                vec![all(&[0, 1]), sig(1, UNLOCK)],
                vec![sig(0, Signal::Set)],
                vec![any(&[1]), sig(1, UNLOCK), limited(any(&[0]))],
            ],
            kills: 1,
            flaw: Flaw::None,
        },
    );
    gets(&outcomes, 0, 0, Outcome::All { abandoned: None });
    gets(&outcomes, 0, 0, Outcome::All { abandoned: Some(1) });
}

#[test]
fn two_waits_for_all_in_opposite_order_do_not_block_each_other() {
    explore(
        "all against all",
        Plan {
            kinds: vec![Kind::AutoEvent, Kind::Semaphore { maximum: 2 }],
            initial: vec![1, 1],
            scripts: vec![
                vec![all(&[0, 1]), sig(0, Signal::Set), sig(1, Signal::Release(1))],
                vec![all(&[1, 0]), sig(1, Signal::Release(1)), sig(0, Signal::Set)],
            ],
            kills: 1,
            flaw: Flaw::None,
        },
    );
}

fn mutex_with(flaw: Flaw) {
    let script = || vec![any(&[0]), sig(0, UNLOCK)];
    let scripts = vec![script(), script(), script()];
    let plan = Plan {
        kinds: vec![Kind::Mutex],
        initial: vec![0],
        scripts,
        kills: 2,
        flaw,
    };
    explore("flawed", plan);
}

#[test]
#[should_panic(expected = "sleeps for ever")]
fn the_explorer_finds_the_wake_that_kernels_before_6_3_forget() {
    mutex_with(Flaw::OldKernel);
}

#[test]
#[should_panic(expected = "sleeps for ever")]
fn the_explorer_finds_a_release_that_a_death_divides_from_its_wake() {
    mutex_with(Flaw::ReleaseThenWake);
}

#[test]
#[should_panic(expected = "owned by the dead")]
fn the_explorer_finds_owners_that_nobody_buries() {
    mutex_with(Flaw::NotRobust);
}

#[test]
fn two_setters_of_an_auto_reset_event_with_a_single_sleeper_survive_two_deaths() {
    // The cheaper way to wake a single sleeper, against its competitors.
    explore(
        "two setters",
        Plan {
            kinds: vec![Kind::AutoEvent],
            initial: vec![0],
            scripts: vec![
                vec![sig(0, Signal::Set), sig(0, Signal::Reset), sig(0, Signal::Set)],
                vec![sig(0, Signal::Set)],
                vec![limited(any(&[0])), any(&[0])],
            ],
            kills: 2,
            flaw: Flaw::None,
        },
    );
}

#[test]
fn a_setter_that_dies_while_a_wait_for_all_has_the_event_frozen_loses_nobody() {
    explore(
        "setter against all",
        Plan {
            kinds: vec![Kind::AutoEvent, Kind::Semaphore { maximum: 2 }],
            initial: vec![0, 1],
            scripts: vec![
                vec![sig(0, Signal::Set), sig(0, Signal::Set)],
                vec![all(&[0, 1])],
                vec![any(&[0])],
            ],
            kills: 2,
            flaw: Flaw::None,
        },
    );
}

#[test]
fn who_watches_for_others_is_woken_takes_nothing_and_passes_everything_on() {
    // The thread that wakes tasks: it watches, then a task of its process looks, then it watches again (Y-33, Y-12).
    for kinds in [
        [Kind::AutoEvent, Kind::Mutex],
        [Kind::Semaphore { maximum: 2 }, Kind::ManualEvent],
    ] {
        let first = match kinds[0] {
            Kind::AutoEvent => Signal::Set,
            _ => Signal::Release(1),
        };
        let mut other = vec![limited(any(&[1])), sig(0, first)]; // ends with the mutex: abandoned
        if kinds[1] == Kind::ManualEvent {
            other = vec![sig(1, Signal::Set), sig(1, Signal::Reset), sig(0, first)];
        }
        let outcomes = explore(
            "watch",
            Plan {
                kinds: kinds.to_vec(),
                initial: vec![0, 0],
                scripts: vec![
                    other,
                    vec![watch(&[0, 1]), limited(any(&[0, 1]))],
                    vec![any(&[0])],
                ],
                kills: 1,
                flaw: Flaw::None,
            },
        );
        for index in 0..2 {
            let abandoned = false;
            gets(&outcomes, 1, 0, Outcome::Object { index, abandoned });
        }
    }
}

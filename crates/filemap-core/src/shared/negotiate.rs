//! One address in every process, by agreement (V-72 to V-79), as a pure state machine.
//!
//! ```text
//!            join, or a member asks                 all have said what is free
//!  IDLE ───────────────────────────► PROPOSE ─────────────────────────────────► VOTE ◄─┐ a no: next candidate
//!    ▲                                  ▲                                        │ │ └──┘
//!    │ ABORT: none left                 │ join where the base is taken           │ │ all say yes
//!    └──────────────────────────────────┼────────────────────────────────────────┘ ▼
//!                                    SETTLED ◄── pointers moved, generation + 1 ── COMMIT (all map)
//! ```
//!
//! [`step`] is called by a member that holds the control object's lock, as often as it says [`Act::Again`]; it gives the
//! next state of the whole, and what the member has to do to its own address space, whose outcome goes into the next call.
//! There is no coordinator who could die: whoever holds the lock and finds a phase complete starts the next one. Dead
//! members are taken off the list by whoever calls next. The new state is written in one indivisible step by the caller,
//! so a death leaves the state before or after.
//!
//! A round of VOTE that fails leaves a place that the members had before as it was; only COMMIT moves anybody.

pub mod codec;

use super::NOBODY;
use super::ranges::{intersection, places};
use alloc::vec::Vec;
use core::ops::Range;

/// Most members of one object.
pub const MOST_MEMBERS: usize = 32;
/// Most free ranges that one member publishes.
pub const MOST_RANGES: usize = 128;
/// Most places that pointers may lead to at once.
pub const MOST_OLD: usize = 8;
/// Most candidates of one negotiation.
pub const MOST_CANDIDATES: usize = 16;

/// How far a negotiation is (V-73).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Nobody is here, or the last negotiation found no place: everybody uses offsets.
    #[default]
    Idle,
    /// Members say which ranges are free.
    Propose,
    /// Members reserve the candidate and vote.
    Vote,
    /// Members put the view where they have reserved.
    Commit,
    /// The view is at `base` in every member.
    Settled,
}

/// What a member says of a candidate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Vote {
    /// Nothing yet.
    #[default]
    None,
    /// It is reserved.
    Yes,
    /// It is taken.
    No,
}

/// One process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Its number.
    pub member: u32,
    /// The epoch that its free ranges are of.
    pub published: u64,
    /// What it says of the candidate.
    pub vote: Vote,
    /// Where its view is; 0 if it has none.
    pub mapped: u64,
    /// Its free ranges, if they are of this epoch.
    pub free: Vec<Range<u64>>,
}

/// The control object's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Control {
    /// Counts negotiations.
    pub epoch: u64,
    /// How far this one is.
    pub phase: Phase,
    /// The candidate, or the agreed base.
    pub base: u64,
    /// The base that was settled last; 0 if none ever was.
    pub settled: u64,
    /// Places that pointers in the object may lead to: the settled one; two or more only while pointers are moved, or if
    /// everybody died over that.
    pub pointers: Vec<u64>,
    /// Length of the view in bytes.
    pub len: u64,
    /// Counts moves of the view; readers compare it (V-78).
    pub generation: u64,
    /// The next candidate to try.
    pub next_candidate: usize,
    /// What is to be tried in this epoch.
    pub candidates: Vec<u64>,
    /// Everybody.
    pub members: Vec<Entry>,
}

/// What a newcomer does if the agreed base is taken in its process (V-74).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IfTaken {
    /// Leave, with 487.
    Fail,
    /// Start again, with everybody.
    Renegotiate,
}

/// What a member knows of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Own {
    /// Its number.
    pub member: u32,
    /// What it does as a newcomer.
    pub if_taken: IfTaken,
    /// The place that it holds reserved; 0 for none.
    pub reserved: u64,
    /// The place where its view is; 0 for none.
    pub mapped: u64,
}

/// What the member does next, to its own address space or with others' help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Call again.
    Again,
    /// Sleep until somebody changes the control object, and look for dead members now and then.
    Wait,
    /// Find the free ranges of the own process and call [`publish`].
    Publish,
    /// Try to reserve this place (giving back what is reserved elsewhere), then call [`vote`].
    Reserve(u64),
    /// Give back what is reserved, then call again.
    Release,
    /// Take the view away from where it is, if it is anywhere, put it over what is reserved here, then call [`mapped`].
    Map(u64),
    /// The caller alone, holding the lock, and after the state was written: move every pointer that leads to one of
    /// [`Control::pointers`] to this place, then call [`moved`]. Doing it again after a death does no harm.
    MovePointers(u64),
    /// The view is in its place.
    Done,
    /// No common place: the caller, a newcomer, leaves (487), or everybody uses offsets.
    NoPlace,
}

impl Control {
    /// An object of `len` bytes that nobody has joined.
    #[must_use]
    pub fn new(len: u64) -> Control {
        Control {
            len,
            ..Control::default()
        }
    }

    /// The member's entry.
    #[must_use]
    pub fn entry(&self, member: u32) -> Option<&Entry> {
        self.members.iter().find(|entry| entry.member == member)
    }

    fn entry_mut(&mut self, member: u32) -> Option<&mut Entry> {
        self.members.iter_mut().find(|entry| entry.member == member)
    }

    /// Adds a member; `false` if there are too many.
    pub fn join(&mut self, member: u32) -> bool {
        if self.entry(member).is_some() {
            return true;
        }
        if self.members.len() >= MOST_MEMBERS || member == NOBODY {
            return false;
        }
        self.members.push(Entry {
            member,
            ..Entry::default()
        });
        // Who is not settled starts again, so that the newcomer's ranges count (V-74).
        if !matches!(self.phase, Phase::Settled | Phase::Commit) {
            self.restart();
        }
        true
    }

    /// Takes a member off the list.
    pub fn leave(&mut self, member: u32) {
        self.members.retain(|entry| entry.member != member);
    }

    /// Takes members off the list that are not alive (V-79); `true` if there were any.
    pub fn bury(&mut self, mut is_alive: impl FnMut(u32) -> bool) -> bool {
        let before = self.members.len();
        self.members.retain(|entry| is_alive(entry.member));
        self.members.len() != before
    }

    /// Asks for a new negotiation; `false` while a decided one is being carried out.
    pub fn renegotiate(&mut self) -> bool {
        let may = self.phase != Phase::Commit;
        if may {
            self.restart();
        }
        may
    }

    fn restart(&mut self) {
        self.epoch += 1;
        self.phase = Phase::Propose;
        self.candidates.clear();
        for entry in &mut self.members {
            entry.vote = Vote::None;
            entry.free.clear();
        }
    }

    /// All have published: makes the list of candidates (V-75). What overlaps the old place without being it is left out, so
    /// that moving pointers twice does no harm (V-78).
    fn propose(&mut self, preferred: &[u64]) {
        let mut common: Option<Vec<Range<u64>>> = None;
        for entry in &self.members {
            common = Some(match common {
                None => entry.free.clone(),
                Some(common) => intersection(&common, &entry.free, self.len),
            });
        }
        let common = common.unwrap_or_default();
        let is_common = |base: u64| {
            let end = base.checked_add(self.len);
            end.is_some_and(|end| common.iter().any(|r| r.start <= base && end <= r.end))
        };
        let old = &self.pointers;
        let is_apart = |base: u64| {
            old.iter()
                .all(|old| base == *old || base.abs_diff(*old) >= self.len)
        };
        let is_possible =
            |base: u64| base != 0 && is_apart(base) && (old.len() < MOST_OLD || old.contains(&base));
        let mut candidates: Vec<u64> = Vec::new();
        // The place of before first, then what is preferred.
        let wanted = old
            .iter()
            .chain(preferred)
            .copied()
            .filter(|base| is_common(*base));
        for base in wanted.chain(places(&common, self.len, MOST_CANDIDATES)) {
            if is_possible(base) && !candidates.contains(&base) {
                candidates.push(base);
            }
        }
        candidates.truncate(MOST_CANDIDATES);
        self.candidates = candidates;
        self.next_candidate = 0;
    }

    fn next_round(&mut self) {
        for entry in &mut self.members {
            entry.vote = Vote::None;
        }
        match self.candidates.get(self.next_candidate).copied() {
            Some(base) => {
                self.base = base;
                self.next_candidate += 1;
                self.phase = Phase::Vote;
            }
            // None left (V-76): who was settled stays settled where it was.
            None => {
                self.base = self.settled;
                let somebody = self.base != 0 && self.members.iter().any(|m| m.mapped == self.base);
                self.phase = if somebody { Phase::Settled } else { Phase::Idle };
            }
        }
    }
}

/// The member's ranges of this epoch; a place where it has the object mapped already counts as free.
pub fn publish(control: &mut Control, own: &Own, mut free: Vec<Range<u64>>) {
    let (epoch, len) = (control.epoch, control.len);
    for held in [own.mapped, own.reserved].into_iter().filter(|base| *base != 0) {
        free.push(held..held.saturating_add(len));
    }
    free.sort_by_key(|range| range.start);
    // Neighbours become one range, so that the intersection finds what spans both.
    let mut joined: Vec<Range<u64>> = Vec::new();
    for range in free {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    // The largest are kept, in ascending order.
    while joined.len() > MOST_RANGES {
        let keep = own.mapped;
        let smallest = joined
            .iter()
            .enumerate()
            .filter(|(_, range)| !range.contains(&keep))
            .min_by_key(|(_, range)| range.end - range.start);
        match smallest {
            Some((index, _)) => drop(joined.remove(index)),
            None => joined.truncate(MOST_RANGES),
        }
    }
    if let Some(entry) = control.entry_mut(own.member) {
        entry.free = joined;
        entry.published = epoch;
        entry.mapped = own.mapped;
    }
}

/// What the member says of the candidate `base`; a vote on another candidate than the present one counts nothing.
pub fn vote(control: &mut Control, own: &Own, base: u64) {
    if matches!(control.phase, Phase::Vote | Phase::Settled) && control.base == base {
        let held = own.reserved == base || own.mapped == base;
        if let Some(entry) = control.entry_mut(own.member) {
            entry.vote = if held { Vote::Yes } else { Vote::No };
        }
    }
}

/// The member's view is at `own.mapped` now.
pub fn mapped(control: &mut Control, own: &Own) {
    if let Some(entry) = control.entry_mut(own.member) {
        entry.mapped = own.mapped;
    }
}

/// The pointers lead to the base now.
pub fn moved(control: &mut Control) {
    if control.phase == Phase::Commit {
        control.settled = control.base;
        control.pointers = [control.base].into();
        control.generation += 1;
        control.phase = Phase::Settled;
    }
}

/// One step of the member `own`: changes the state, and says what the member does. `preferred` are addresses to try first,
/// such as the fixed one of approach 1 (V-70). The caller has taken dead members off the list ([`Control::bury`]).
pub fn step(control: &mut Control, own: &Own, preferred: &[u64]) -> Act {
    let Some(entry) = control.entry(own.member) else {
        return match own.reserved {
            0 => Act::NoPlace,
            _ => Act::Release,
        };
    };
    match control.phase {
        Phase::Idle if control.epoch == 0 || entry.published != control.epoch => {
            control.restart();
            Act::Again
        }
        Phase::Idle => match own.reserved {
            0 => Act::NoPlace,
            _ => Act::Release,
        },
        Phase::Propose if entry.published != control.epoch => Act::Publish,
        Phase::Propose => {
            if control.members.iter().all(|m| m.published == control.epoch) {
                control.propose(preferred);
                control.next_round();
                return Act::Again;
            }
            Act::Wait
        }
        Phase::Vote if entry.vote == Vote::None => Act::Reserve(control.base),
        Phase::Vote => {
            let votes = || control.members.iter().map(|m| m.vote);
            if votes().any(|vote| vote == Vote::No) {
                control.next_round();
                return Act::Again;
            }
            if votes().all(|vote| vote == Vote::Yes) {
                control.phase = Phase::Commit;
                return Act::Again;
            }
            Act::Wait
        }
        // Nobody who has voted is left to carry it out.
        Phase::Commit if control.members.iter().all(|m| m.vote != Vote::Yes) => {
            control.restart();
            Act::Again
        }
        // Somebody who came after the vote was decided: as if it came a moment later.
        Phase::Commit if entry.vote != Vote::Yes => Act::Wait,
        Phase::Commit if own.mapped != control.base => Act::Map(control.base),
        Phase::Commit if entry.mapped != control.base => {
            mapped(control, own);
            Act::Again
        }
        Phase::Commit => {
            let mut voters = control.members.iter().filter(|m| m.vote == Vote::Yes);
            if !voters.all(|m| m.mapped == control.base) {
                return Act::Wait;
            }
            if !control.pointers.contains(&control.base) && !control.pointers.is_empty() {
                control.pointers.push(control.base);
            }
            match control.pointers.len() {
                0 | 1 => {
                    moved(control);
                    Act::Again
                }
                _ => Act::MovePointers(control.base),
            }
        }
        Phase::Settled if own.mapped == control.base => match own.reserved {
            0 => {
                mapped(control, own);
                Act::Done
            }
            _ => Act::Release,
        },
        // A newcomer (V-74): the whole group's place, or none.
        Phase::Settled if own.reserved == control.base && own.mapped == 0 => Act::Map(control.base),
        Phase::Settled => match (entry.vote, own.if_taken) {
            (Vote::None, _) if entry.published != control.epoch => Act::Reserve(control.base),
            // It was part of a negotiation that found nothing for it, or its place is taken and it may not ask for another.
            (_, IfTaken::Fail) => leave_without(control, own),
            _ if entry.published == control.epoch => leave_without(control, own),
            _ => {
                control.restart();
                Act::Again
            }
        },
    }
}

fn leave_without(control: &mut Control, own: &Own) -> Act {
    match own.reserved {
        0 => {
            control.leave(own.member);
            Act::NoPlace
        }
        _ => Act::Release,
    }
}

#[cfg(test)]
mod tests;

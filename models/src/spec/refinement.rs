//! Refinement as a claim: of a step, and of many steps that have most of their parts in common.

use super::{Machine, Mapping, State};
use crate::quorum::Quorum;
use crate::system::claim::{Check, Judge, Moment, Parts, Refinement};
use crate::system::{LocalOf, Step};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;
use std::sync::Arc;

/// Each step of the protocol is one of the machine, or none.
pub const fn refines<M: Mapping>() -> Check<M::Actor, M::Ghost> {
    Check::Refines(&To::<M>(PhantomData))
}

/// The refinement that a mapping shows.
struct To<M>(PhantomData<fn() -> M>);

impl<M: Mapping> Refinement<M::Actor, M::Ghost> for To<M> {
    fn allows(&self, step: &Step<'_, M::Actor, M::Ghost>) -> bool {
        let state = |participants: &[Arc<LocalOf<M::Actor>>], ghost| State {
            own: participants.iter().map(|it| M::own(it)).collect(),
            shared: M::shared(ghost),
        };
        let before = state(step.before, step.ghost_before);
        let after = state(step.after, step.ghost_after);
        M::Machine::allows(&before, &after, step.quorum)
    }

    fn judge(&self) -> Box<dyn Judge<M::Actor, M::Ghost>> {
        Box::new(Remembering::<M> {
            own: Mapped::default(),
            shared: Mapped::default(),
            allowed: Vec::new(),
            key: Vec::new(),
        })
    }
}

/// Remembers what each part is mapped to, and which steps are allowed.
struct Remembering<M: Mapping> {
    own: Mapped<<M::Machine as Machine>::Own>,
    shared: Mapped<<M::Machine as Machine>::Shared>,
    /// Steps that are allowed, [`REMEMBERED`] at most, each in the place that its hash gives: one that
    /// another takes the place of is judged again.
    allowed: Vec<u32>,
    /// The step at work: one more than the mover, what it has after, what is shared before and after, and
    /// what each has before.
    key: Vec<u32>,
}

type Hasher = rustc_hash::FxBuildHasher;

/// Values that numbered parts are mapped to, each once.
struct Mapped<V> {
    /// For each part the value it is mapped to.
    of: Vec<u32>,
    numbers: HashMap<V, u32, Hasher>,
    values: Vec<V>,
}

/// It is not known yet what the part is mapped to.
const UNKNOWN: u32 = u32::MAX;

impl<V> Default for Mapped<V> {
    fn default() -> Self {
        Mapped {
            of: Vec::new(),
            numbers: HashMap::default(),
            values: Vec::new(),
        }
    }
}

impl<V: Clone + Eq + Hash> Mapped<V> {
    /// The number of the value that a part is mapped to.
    fn number(&mut self, part: u32, map: impl FnOnce() -> V) -> u32 {
        let part = part as usize;
        if self.of.len() <= part {
            self.of.resize(part + 1, UNKNOWN);
        }
        if self.of[part] == UNKNOWN {
            let (next, value) = (self.values.len() as u32, map());
            let values = &mut self.values;
            let number = self.numbers.entry(value).or_insert_with_key(|value| {
                values.push(value.clone());
                next
            });
            self.of[part] = *number;
        }
        self.of[part]
    }

    fn value(&self, number: u32) -> &V {
        &self.values[number as usize]
    }
}

impl<M: Mapping> Judge<M::Actor, M::Ghost> for Remembering<M> {
    fn allows(
        &mut self,
        mover: usize,
        (before, after): (&Moment<'_>, &Moment<'_>),
        parts: &dyn Parts<M::Actor, M::Ghost>,
    ) -> bool {
        let own = |mapped: &mut Mapped<_>, moment: &Moment<'_>, position| {
            let number = (moment.participant)(position);
            mapped.number(number, || M::own(parts.participant(number)))
        };
        let mut shared = |number| {
            self.shared
                .number(number, || M::shared(parts.ghost(number)))
        };
        let [shared_before, shared_after] = [before.ghost, after.ghost].map(&mut shared);
        let moved = own(&mut self.own, before, mover);
        let moved_to = own(&mut self.own, after, mover);
        let is_own = shared_before == shared_after;
        let enabled =
            |own: &Mapped<_>| M::Machine::is_always_enabled(own.value(moved), own.value(moved_to));
        if is_own && (moved == moved_to || enabled(&self.own)) {
            return true;
        }
        self.key.clear();
        self.key
            .extend([mover as u32 + 1, moved_to, shared_before, shared_after]);
        for position in 0..parts.participants() {
            self.key.push(own(&mut self.own, before, position));
        }
        let len = self.key.len();
        self.allowed.resize(REMEMBERED * len, 0);
        let place = Hasher::default().hash_one(&self.key) as usize % REMEMBERED * len;
        if self.allowed[place..place + len] == self.key[..] {
            return true;
        }
        let is_allowed = self.is_allowed(parts.quorum());
        if is_allowed {
            self.allowed[place..place + len].copy_from_slice(&self.key);
        }
        is_allowed
    }
}

/// How many steps are remembered.
const REMEMBERED: usize = 1 << 16;

impl<M: Mapping> Remembering<M> {
    /// Whether the step of the key is one of the machine.
    fn is_allowed(&self, quorum: &Quorum) -> bool {
        let [mover, moved_to, shared_before, shared_after] = self.key[..FIRST] else {
            unreachable!("a key begins with what is shared")
        };
        let all = self.key[FIRST..]
            .iter()
            .map(|it| self.own.value(*it).clone());
        let before = State {
            own: all.collect(),
            shared: self.shared.value(shared_before).clone(),
        };
        let mut after = State {
            shared: self.shared.value(shared_after).clone(),
            ..before.clone()
        };
        after.own[mover as usize - 1] = self.own.value(moved_to).clone();
        M::Machine::allows(&before, &after, quorum)
    }
}

/// Where a key names what the first participant has.
const FIRST: usize = 4;

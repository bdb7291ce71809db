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

/// How many steps are remembered. So few in tests that many take the place of another.
const REMEMBERED: usize = if cfg!(test) { 1 << 4 } else { 1 << 16 };

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::{Channels, Environment, System};
    use ::stateright::actor::{Actor, Id, Out};

    /// Holds a number.
    #[derive(Clone)]
    struct Holder(u8);

    impl Actor for Holder {
        type Msg = ();
        type Timer = ();
        type State = u8;
        type Storage = ();
        type Random = ();

        fn on_start(&self, _: Id, _: &Option<()>, _: &mut Out<Self>) -> u8 {
            self.0
        }
    }

    /// Allows every other step or so, by all that it sees of it.
    struct Whimsical;

    impl Machine for Whimsical {
        type Own = u8;
        type Shared = u8;
        type Action = (State<u8, u8>, State<u8, u8>);

        fn difference(before: &State<u8, u8>, after: &State<u8, u8>) -> Vec<Self::Action> {
            vec![(before.clone(), after.clone())]
        }

        fn is_enabled(_: &State<u8, u8>, (before, after): &Self::Action, _: &Quorum) -> bool {
            let all = before.own.iter().chain(&after.own);
            let all = all.chain([&before.shared, &after.shared]);
            let mixed = all.fold(7_u32, |mixed, it| (mixed + u32::from(*it)) * 31 % 101);
            mixed.is_multiple_of(2)
        }

        fn take(state: &mut State<u8, u8>, (_, after): Self::Action) {
            *state = after;
        }
    }

    /// Two numbers are one value each: 0 and 1, 2 and 3, and so on.
    struct Halving;

    impl Mapping for Halving {
        type Actor = Holder;
        type Ghost = u8;
        type Machine = Whimsical;

        fn own(holder: &LocalOf<Holder>) -> u8 {
            holder.up().expect("nobody crashes") / 2
        }

        fn shared(ghost: &u8) -> u8 {
            ghost / 2
        }
    }

    const NUMBERS: [u8; 6] = [0, 1, 2, 3, 4, 5];

    /// Each part is what its number says.
    struct Numbers {
        holders: Vec<Arc<LocalOf<Holder>>>,
        quorum: Quorum,
    }

    impl Parts<Holder, u8> for Numbers {
        fn participant(&self, number: u32) -> &LocalOf<Holder> {
            &self.holders[number as usize]
        }

        fn ghost(&self, number: u32) -> &u8 {
            &NUMBERS[number as usize]
        }

        fn participants(&self) -> usize {
            2
        }

        fn quorum(&self) -> &Quorum {
            &self.quorum
        }
    }

    /// Every step of one of two participants between six values each, with six ghosts.
    fn steps() -> impl Iterator<Item = (usize, [u32; 2], u32, [u32; 2])> {
        let all = || 0..NUMBERS.len() as u32;
        let before = all().flat_map(move |one| all().map(move |other| [one, other]));
        let moved = before
            .flat_map(move |before| all().flat_map(move |to| [(0, before, to), (1, before, to)]));
        moved.flat_map(move |(mover, before, to)| {
            let ghosts = all().flat_map(move |old| all().map(move |new| [old, new]));
            ghosts.map(move |ghosts| (mover, before, to, ghosts))
        })
    }

    #[test]
    fn what_is_remembered_is_what_the_machine_says() {
        let holders = NUMBERS.map(Holder).to_vec();
        let environment = Environment::default();
        let system = System::new(holders, Channels::once(), environment, 0_u8);
        let parts = Numbers {
            holders: system.initial_state().locals,
            quorum: Quorum::majority(0..2),
        };
        let Check::Refines(refinement) = refines::<Halving>() else {
            unreachable!("it refines")
        };
        let mut judge = refinement.judge();
        let mut seen = [0, 0];
        for (mover, before, to, ghosts) in steps().chain(steps()) {
            let mut after = before;
            after[mover] = to;
            let state = |parts: [u32; 2], ghost: u32| State {
                own: parts.map(|number| number as u8 / 2).to_vec(),
                shared: ghost as u8 / 2,
            };
            let (old, new) = (state(before, ghosts[0]), state(after, ghosts[1]));
            let is_allowed = old == new || Whimsical::allows(&old, &new, &parts.quorum);
            let old = Moment {
                participant: &|position| before[position],
                ghost: ghosts[0],
            };
            let new = Moment {
                participant: &|position| after[position],
                ghost: ghosts[1],
            };
            let said = judge.allows(mover, (&old, &new), &parts);
            assert_eq!(said, is_allowed, "{mover} {before:?} {to} {ghosts:?}");
            seen[usize::from(is_allowed)] += 1;
        }
        assert!(seen.iter().all(|times| 1_000 < *times), "{seen:?}");
    }
}

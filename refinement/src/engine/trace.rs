//! A path of a system, and what replaying it shows. No message is dropped as dead in a replay, so
//! that what is shown never rests on a reduction.

use super::panics::caught;
use super::search::Counterexample;
use super::start::start;
use quorate_models::script;
use quorate_models::system::{ActionOf, Class, GhostState, Participant, StateOf, System};
use stateright::Model;

/// Actions, one after the other, from the start of a system.
pub struct Trace<A: Participant> {
    /// The actions.
    pub actions: Vec<ActionOf<A>>,
    /// The actions from this one on are done again and again, as in [`Counterexample`].
    pub loop_start: Option<usize>,
}

impl<A: Participant> Trace<A> {
    /// The states that a system goes through, its start included. They end before the first action
    /// that is not possible or changes nothing.
    pub fn replay<G: GhostState>(&self, system: &System<A, G>) -> Vec<StateOf<A, G>> {
        let mut states = vec![system.start_state()];
        for action in &self.actions {
            let state = states.last().expect("a system has a start");
            let next = position(system, state, action).and_then(|_| system.after(state, action));
            match next {
                Some(next) => states.push(next),
                None => break,
            }
        }
        states
    }

    /// The trace in words, and where Stateright's Explorer shows it.
    ///
    /// # Panics
    ///
    /// If it is not a path of the system.
    pub fn counterexample<G: GhostState>(&self, system: &System<A, G>) -> Counterexample {
        if self.actions.is_empty() && self.loop_start.is_none() {
            // The start itself may be what panics.
            return Counterexample::start();
        }
        let mut address = "0".to_owned();
        let mut state = system.start_state();
        for (number, action) in self.actions.iter().enumerate() {
            let index = position(system, &state, action).expect("a path of the system");
            // The address opens the end of the stem.
            if self.loop_start.is_none_or(|start| number < start) {
                address += &format!("/{index}");
            }
            // The last step may be one that panics.
            if number + 1 < self.actions.len() {
                let next = system.after(&state, action);
                state = next.expect("a path of the system");
            }
        }
        let steps = self
            .actions
            .iter()
            .map(|action| system.format_action(action))
            .collect();
        Counterexample {
            steps,
            loop_start: self.loop_start,
            address,
            script: Some(self.script()),
        }
    }

    /// The same trace where no message is dropped as dead: in the good period such messages arrive, to no
    /// effect, before an action that waits until nothing is left to do.
    pub(super) fn unreduced<G: GhostState>(self, system: &System<A, G>) -> Self {
        let Ok(mut state) = start(system) else {
            return self;
        };
        let (mut actions, mut loop_start) = (Vec::new(), None);
        for (number, action) in self.actions.into_iter().enumerate() {
            if self.loop_start == Some(number) {
                loop_start = Some(actions.len());
            }
            while position(system, &state, &action).is_none()
                && let Some((discard, next)) = discarded(system, &state)
            {
                actions.push(discard);
                state = next;
            }
            // The last step may be one that panics.
            if let Ok(Some(next)) = caught(|| system.after(&state, &action)) {
                state = next;
            }
            actions.push(action);
        }
        let at_the_end = self.loop_start.map(|_| actions.len());
        Trace {
            actions,
            loop_start: loop_start.or(at_the_end),
        }
    }

    /// The trace as the verbs of a script.
    fn script(&self) -> String {
        let Some(start) = self.loop_start else {
            return script::render(&self.actions);
        };
        let (stem, round) = self.actions.split_at(start);
        let stem = script::render(stem);
        if round.is_empty() {
            return stem + "# Nothing more is possible that must be done.\n";
        }
        let round = script::render(round);
        format!("{stem}# From here on the same steps are done again and again.\n{round}")
    }

    /// The first step, counted from 1, at which two systems diverge on this trace: one of them cannot
    /// take it, or takes it to another state. `None` if they do not.
    pub fn divergence<G: GhostState>(
        &self,
        one: &System<A, G>,
        other: &System<A, G>,
    ) -> Option<usize> {
        let (one, other) = (self.replay(one), self.replay(other));
        let differ = one.iter().zip(&other).position(|(one, other)| one != other);
        differ.or_else(|| (one.len() != other.len()).then(|| one.len().min(other.len())))
    }
}

/// The first message that can arrive to no effect, and the state after that.
fn discarded<A: Participant, G: GhostState>(
    system: &System<A, G>,
    state: &StateOf<A, G>,
) -> Option<(ActionOf<A>, StateOf<A, G>)> {
    let mut possible = Vec::new();
    system.actions(state, &mut possible);
    let mut discards = possible
        .into_iter()
        .filter(|action| action.class() == Class::Discard);
    discards.find_map(|discard| Some((discard.clone(), system.after(state, &discard)?)))
}

/// Where an action stands among those that are possible. Stateright's Explorer counts actions that
/// change nothing, too.
fn position<A: Participant, G: GhostState>(
    system: &System<A, G>,
    state: &StateOf<A, G>,
    action: &ActionOf<A>,
) -> Option<usize> {
    let mut possible = Vec::new();
    system.actions(state, &mut possible);
    possible.iter().position(|other| other == action)
}

//! A path of a system, and what replaying it shows. No message is dropped as dead in a replay, so
//! that what is shown never rests on a reduction.

use super::search::Counterexample;
use quorate_models::script;
use quorate_models::system::{ActionOf, GhostState, Participant, StateOf, System};
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
            address += &format!("/{index}");
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

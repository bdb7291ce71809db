//! Extended virtual synchrony alone: small instances of it, in which no clause is ever violated.

use quorate_models::quorum::Quorum;
use quorate_models::spec::Machine;
use quorate_models::spec::virtual_synchrony::history::{Clause, Event, History, Name, Sent};
use quorate_models::spec::virtual_synchrony::{Action, End, Rings, State, VirtualSynchrony};
use quorate_refinement::engine::{Options, Progress, Verdict, explore_model};
use stateright::{Model, Property};
use std::collections::{BTreeSet, HashSet};

/// The first ring, with all processors.
const FIRST: Name = (1, 0);

/// So many processors in one ring, who send so many messages, the first of them safe, and go to rings of
/// numbers up to the last; the first so many of them may fail.
struct Bounded {
    processors: usize,
    messages: u64,
    last: u64,
    failing: usize,
}

fn quorum() -> Quorum {
    Quorum::majority(0..2)
}

/// Every set of these.
fn subsets<T: Copy + Ord>(of: impl IntoIterator<Item = T>) -> Vec<BTreeSet<T>> {
    of.into_iter().fold(vec![BTreeSet::new()], |sets, one| {
        let with = sets
            .iter()
            .map(|set| set.iter().copied().chain([one]).collect());
        let with: Vec<BTreeSet<T>> = with.collect();
        [sets, with].concat()
    })
}

impl Bounded {
    /// Every action that has a place, also one that the machine does not take.
    fn candidates(&self, state: &State) -> Vec<Action> {
        let history = &state.shared.history;
        let mut actions = Vec::new();
        for (processor, name) in &history.at {
            let ring = &history.rings[name];
            let next = ring.messages.keys().next_back().map_or(1, |last| last + 1);
            let sent = history.sent.len() as u64;
            if sent < self.messages {
                let stay = &ring.stays[processor];
                let own = ring
                    .messages
                    .iter()
                    .filter(|(_, it)| it.sender == *processor);
                let own = own.map(|(seq, _)| *seq);
                let message = Sent {
                    sender: *processor,
                    safe: sent == 0,
                    command: sent.to_string().as_str().into(),
                    before: stay.regular.iter().copied().chain(own).collect(),
                };
                actions.push(Action::Order(*processor, next, message));
            }
            let places: Vec<u64> = ring.messages.keys().copied().collect();
            actions.extend(places.iter().map(|seq| Action::Deliver(*processor, *seq)));
            let members = subsets(0..self.processors);
            for number in 2..=self.last {
                for together in members.iter().filter(|it| !it.is_empty()) {
                    let name = (number, *together.first().expect("it is not empty"));
                    let together: Vec<usize> = together.iter().copied().collect();
                    actions.push(Action::Install(*processor, name, together.clone()));
                    actions.extend(subsets(places.clone()).into_iter().map(|after| {
                        let regular = ring.stays[processor].regular.clone();
                        let after = after.difference(&regular).copied().collect();
                        let end = End {
                            together: together.clone(),
                            regular,
                            after,
                        };
                        Action::Close(*processor, name, end)
                    }));
                }
                if *processor < self.failing {
                    actions.push(Action::Fail(*processor, (number, *processor)));
                }
            }
        }
        actions
    }
}

impl Model for Bounded {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut history = History::default();
        for processor in 0..self.processors {
            let members = (0..self.processors).collect();
            let ring = FIRST;
            history.observe(processor, Event::Regular { ring, members });
        }
        vec![State {
            own: vec![],
            shared: Rings::of(&history),
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let all = self.candidates(state).into_iter();
        actions.extend(all.filter(|it| VirtualSynchrony::is_enabled(state, it, &quorum())));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut after = state.clone();
        VirtualSynchrony::take(&mut after, action);
        Some(after)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("No Clause Is Violated", |_, state: &State| {
                state.shared.history.violated.is_empty()
            }),
            Property::sometimes("Two Have Gone the Same Way", |_, state: &State| {
                let mut rings = state.shared.history.rings.values();
                rings.any(|ring| {
                    let closed = ring.stays.values().filter(|stay| stay.transition.is_some());
                    1 < closed.count() && !ring.messages.is_empty()
                })
            }),
        ]
    }
}

fn holds(bounded: &Bounded) {
    let report = explore_model(bounded, &Options::default(), &Progress::default());
    let report = report.expect("nothing is eventual");
    assert_eq!(report.verdict(), Verdict::Holds, "{:?}", report.findings);
}

#[test]
fn no_clause_is_violated() {
    holds(&Bounded {
        processors: 2,
        messages: 2,
        last: 2,
        failing: 2,
    });
    holds(&Bounded {
        processors: 2,
        messages: 1,
        last: 3,
        failing: 2,
    });
}

/// Of three processors one may fail: with all of them the search takes minutes.
#[test]
fn no_clause_is_violated_among_three() {
    holds(&Bounded {
        processors: 3,
        messages: 1,
        last: 2,
        failing: 1,
    });
}

/// Each step of the machine is found by what it changes.
#[test]
fn what_has_changed_tells_the_action() {
    let bounded = Bounded {
        processors: 2,
        messages: 1,
        last: 2,
        failing: 2,
    };
    let mut states = bounded.init_states();
    let mut known: Vec<State> = states.clone();
    while let Some(state) = states.pop() {
        let mut actions = Vec::new();
        bounded.actions(&state, &mut actions);
        for action in actions {
            let after = bounded
                .next_state(&state, action.clone())
                .expect("it is taken");
            let found = VirtualSynchrony::difference(&state, &after);
            assert_eq!(found, [action]);
            assert!(VirtualSynchrony::allows(&state, &after, &quorum()));
            if !known.contains(&after) {
                known.push(after.clone());
                states.push(after);
            }
        }
    }
    assert!(100 < known.len(), "{}", known.len());
}

/// Actions that are not enabled violate each clause but 1.3: actions deliver only messages that were sent.
#[test]
fn what_is_not_enabled_violates_every_clause() {
    let bounded = Bounded {
        processors: 2,
        messages: 2,
        last: 2,
        failing: 2,
    };
    let mut states = bounded.init_states();
    let mut known: HashSet<State> = states.iter().cloned().collect();
    let mut violated = BTreeSet::new();
    while let Some(state) = states.pop() {
        for action in bounded.candidates(&state) {
            let is_step = VirtualSynchrony::is_enabled(&state, &action, &quorum());
            let after = bounded.next_state(&state, action).expect("it is taken");
            violated.extend(after.shared.history.violated.clone());
            if is_step && known.insert(after.clone()) {
                states.push(after);
            }
        }
    }
    let all = [
        Clause::Once,
        Clause::Membership,
        Clause::Cuts,
        Clause::Agreement,
        Clause::SelfDelivery,
        Clause::FailureAtomicity,
        Clause::Causality,
        Clause::Order,
        Clause::Holes,
        Clause::Safe,
        Clause::SafeIsInstalled,
    ];
    let missing: Vec<Clause> = all
        .into_iter()
        .filter(|it| !violated.contains(it))
        .collect();
    assert_eq!(missing, []);
}

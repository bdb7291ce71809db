//! The abstract machines alone: what they imply, without any protocol.

use quorate_models::quorum::Quorum;
use quorate_models::spec::Machine;
use quorate_models::spec::total_order::{self, Known, TotalOrder};
use quorate_models::spec::voting::{Acceptor, Action, Ballot, Ballots, Decided, State, Voting};
use quorate_refinement::engine::{Options, Progress, Report, Verdict, explore_model};
use stateright::{Model, Property};
use std::collections::BTreeMap;

const ACCEPTORS: usize = 3;

fn quorum() -> Quorum {
    Quorum::majority(0..ACCEPTORS)
}

/// Voting, in so many ballots, for one position.
struct Bounded {
    ballots: Ballot,
    /// An acceptor that has gone on to a later ballot does not count where one begins.
    compares_all: bool,
}

impl Bounded {
    fn may(&self, state: &State, action: &Action) -> bool {
        let mut seen = state.clone();
        if let (Action::Begin(ballot, _), true) = (action, self.compares_all) {
            let gone = seen.own.iter_mut().filter(|it| *ballot < it.promised);
            gone.for_each(|acceptor| acceptor.promised = 0);
        }
        Voting::is_enabled(&seen, action, &quorum())
    }
}

/// Nothing else can be decided than what is.
fn agrees(state: &State) -> bool {
    let mut undecided = state.clone();
    undecided.shared.decided.clear();
    let accepted = state.own.iter().map(|acceptor| &acceptor.accepted);
    let mut accepted = accepted.filter(|values| !values.is_empty());
    accepted.all(|values| {
        let decide = Action::Decide(values[0], values.clone());
        let may_be = Voting::is_enabled(&undecided, &decide, &quorum());
        let decided = state.shared.decided.first();
        !may_be || decided.is_none_or(|decided| decided.proposed == values[0])
    })
}

impl Model for Bounded {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            own: vec![Acceptor::default(); ACCEPTORS],
            shared: Ballots::default(),
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let mut all = Vec::new();
        for ballot in 1..=self.ballots {
            for id in 0..ACCEPTORS {
                all.extend([
                    Action::Promise(id, ballot),
                    Action::Begin(ballot, id),
                    Action::Accept(id, vec![ballot], (ballot, 1)),
                ]);
            }
            all.push(Action::Decide(ballot, vec![ballot]));
        }
        // One position is filled once.
        let is_open =
            |it: &Action| !matches!(it, Action::Decide(..)) || state.shared.decided.is_empty();
        actions.extend(
            all.into_iter()
                .filter(|it| is_open(it) && self.may(state, it)),
        );
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        Voting::take(&mut next, action.clone());
        if next == *state {
            return None;
        }
        assert_eq!(
            Voting::difference(state, &next),
            std::slice::from_ref(&action)
        );
        for (old, new) in state
            .own
            .iter()
            .zip(&next.own)
            .filter(|(old, new)| old != new)
        {
            let promises = matches!(action, Action::Promise(..));
            assert_eq!(Voting::is_always_enabled(old, new), promises);
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("Agreement", |_, state: &State| agrees(state)),
            Property::sometimes("A Value Is Decided Late", |it: &Self, state: &State| {
                state
                    .shared
                    .decided
                    .iter()
                    .any(|value| value.by == it.ballots)
            }),
        ]
    }
}

fn searched(ballots: Ballot, compares_all: bool) -> Report {
    let model = Bounded {
        ballots,
        compares_all,
    };
    let report = explore_model(&model, &Options::default(), &Progress::default());
    let report = report.expect("no claim about what happens in the end");
    assert_eq!(report.findings[1].verdict, Verdict::Holds);
    report
}

#[test]
fn voting_agrees_where_everyone_who_counts_is_compared() {
    for ballots in 1..=3 {
        let report = searched(ballots, true);
        assert_eq!(report.findings[0].verdict, Verdict::Holds, "{ballots}");
    }
}

/// Raft's disks do not tell in which term an entry was accepted. So the machine does not compare a server
/// that has gone on; this is true of Raft, and too little to imply agreement.
#[test]
fn voting_alone_does_not_agree_in_three_ballots() {
    assert_eq!(searched(2, false).findings[0].verdict, Verdict::Holds);
    let report = searched(3, false);
    let counterexample = report.findings[0].counterexample.as_ref();
    assert_eq!(counterexample.map(|it| it.steps.len()), Some(12));
}

#[test]
fn a_step_that_no_action_explains_is_refused() {
    let acceptor = |accepted: &[Ballot]| Acceptor::new(2, accepted.to_vec());
    let before = State {
        own: vec![acceptor(&[1]), acceptor(&[1]), acceptor(&[])],
        shared: Ballots {
            proposers: BTreeMap::from([(1, 0), (2, 1)]),
            decided: vec![],
        },
    };
    let allows = |change: fn(&mut State)| {
        let mut after = before.clone();
        change(&mut after);
        Voting::allows(&before, &after, &quorum())
    };
    assert!(allows(|_| ()));
    assert!(allows(|after| after.own[2].promised = 3));
    assert!(allows(|after| after.own[1] = Acceptor::new(2, vec![1, 2])));
    // Several writes become durable at once: what was accepted in a ballot, and a promise after it.
    let mut later = before.clone();
    later.own[1] = Acceptor::new(2, vec![]);
    let mut earlier = later.clone();
    earlier.own[0] = Acceptor::default();
    assert!(Voting::allows(&earlier, &later, &quorum()));
    let refused: [fn(&mut State); 11] = [
        // Nobody goes back.
        |after| after.own[2].promised = 1,
        // A ballot begins with promises, and once.
        |after| after.shared.proposers.extend([(3, 2)]),
        |after| after.shared.proposers.extend([(2, 2)]),
        |after| after.shared.proposers.retain(|ballot, _| *ballot != 1),
        // Nothing is accepted of a ballot that has not begun.
        |after| after.own[2] = Acceptor::new(2, vec![1, 3]),
        // A value has one sequence before it.
        |after| after.own[2] = Acceptor::new(2, vec![2, 1]),
        // Nor is it accepted in a ballot that was not promised, or for more values than there are.
        |after| after.own[2].rank = (3, 0),
        |after| after.own[2].rank = (2, 1),
        // A quorum decides, in the ballot of its proposer, and for good.
        |after| after.shared.decided = vec![Decided { proposed: 2, by: 2 }],
        |after| after.shared.decided = vec![Decided { proposed: 1, by: 2 }],
        |after| after.shared.decided = vec![Decided { proposed: 1, by: 1 }],
    ];
    for (number, change) in refused.into_iter().enumerate() {
        assert!(!allows(change), "{number}");
    }
}

#[test]
fn total_order_refuses_what_is_out_of_order() {
    let known = |values: &str| Known {
        first: 0,
        values: values.chars().collect(),
    };
    let before = total_order::State {
        own: vec![known("a"), known("")],
        shared: vec!['a', 'b'],
    };
    let allows = |decided: &str, learned: [&str; 2]| {
        let after = total_order::State {
            own: learned.map(known).to_vec(),
            shared: decided.chars().collect(),
        };
        TotalOrder::allows(&before, &after, &quorum())
    };
    for (decided, learned) in [
        ("ab", ["a", ""]),
        ("ab", ["ab", "a"]),
        ("abc", ["abc", ""]),
        ("ab", ["", ""]),
    ] {
        assert!(allows(decided, learned), "{decided} {learned:?}");
    }
    for (decided, learned) in [
        ("a", ["a", ""]),
        ("ac", ["a", ""]),
        ("ab", ["a", "b"]),
        ("ab", ["b", ""]),
        ("ab", ["abc", ""]),
        ("abc", ["abd", ""]),
    ] {
        assert!(!allows(decided, learned), "{decided} {learned:?}");
    }
}

/// Of the values before the first that it still knows, a learner knows what they have come to.
#[test]
fn total_order_lets_a_learner_forget_what_values_were() {
    let known = |first, values: &str| Known {
        first,
        values: values.chars().collect(),
    };
    let allows = |before, after| {
        let state = |own| total_order::State {
            own: vec![own],
            shared: vec!['a', 'b', 'c'],
        };
        TotalOrder::allows(&state(before), &state(after), &quorum())
    };
    assert!(allows(known(0, "ab"), known(1, "b")));
    assert!(allows(known(0, "a"), known(2, "c")));
    assert!(allows(known(1, "b"), known(1, "")));
    assert!(allows(known(1, "b"), known(0, "")));
    assert!(!allows(known(1, "b"), known(1, "c")));
    assert!(!allows(known(1, "b"), known(0, "ab")));
    assert!(!allows(known(0, "ab"), known(4, "")));
    assert!(!allows(known(0, "abc"), known(1, "b")));
    assert!(!allows(known(0, "ab"), known(1, "")));
}

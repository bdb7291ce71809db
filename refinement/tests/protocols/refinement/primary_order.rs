//! Primary order alone: small instances of it, every step of which is one of total order.

use quorate_models::quorum::Quorum;
use quorate_models::spec::Machine;
use quorate_models::spec::primary_order::{
    Action, Epoch, Name, Primaries, Primary, PrimaryOrder, State, ordered,
};
use quorate_models::spec::total_order::{Known, TotalOrder};
use quorate_refinement::engine::{Options, Progress, Verdict, explore_model};
use stateright::{Model, Property};

const EPOCHS: Epoch = 3;
/// Values in a sequence, at most.
const LENGTH: usize = 3;

fn quorum() -> Quorum {
    Quorum::majority(0..3)
}

/// Every sequence of names, those among them that no machine ever has.
fn sequences() -> Vec<Vec<Name>> {
    let names = (1..=EPOCHS).flat_map(|epoch| [(epoch, 1), (epoch, 2)]);
    let names: Vec<Name> = names.collect();
    let mut all = vec![vec![]];
    let mut longest = all.clone();
    for _ in 0..LENGTH {
        let longer = longest.iter().flat_map(|sequence| {
            let extended = |name: &Name| sequence.iter().copied().chain([*name]).collect();
            names.iter().map(extended)
        });
        longest = longer.collect();
        all.extend(longest.clone());
    }
    all
}

struct Bounded(Vec<Vec<Name>>);

impl Model for Bounded {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            own: vec![Known::default()],
            shared: Primaries::default(),
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let begins = |initial: &Vec<Name>| {
            let primary = Primary {
                primary: 0,
                initial: initial.clone(),
            };
            (1..=EPOCHS).map(move |epoch| Action::Begin(epoch, primary.clone()))
        };
        let commits = self.0.iter().cloned().map(Action::Commit);
        let all = self.0.iter().flat_map(begins).chain(commits);
        actions.extend(all.filter(|it| PrimaryOrder::is_enabled(state, it, &quorum())));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        PrimaryOrder::take(&mut next, action.clone());
        assert_eq!(PrimaryOrder::difference(state, &next), [action]);
        assert!(TotalOrder::allows(
            &ordered(state),
            &ordered(&next),
            &quorum()
        ));
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("Primary Order", |_, state: &State| {
                let committed = &state.shared.committed;
                let mut pairs = committed.windows(2);
                let follows = |one: Name, next: Name| match one.0 == next.0 {
                    true => next.1 == one.1 + 1,
                    false => one.0 < next.0 && next.1 == 1,
                };
                pairs.all(|pair| follows(pair[0], pair[1]))
            }),
            Property::sometimes("An Epoch Begins Late", |_, state: &State| {
                let epochs = &state.shared.epochs;
                let first = epochs.values().next();
                epochs.len() == 2
                    && epochs.values().all(|it| it.initial.is_empty())
                    && first.is_some()
                    && state.shared.committed.first() == Some(&(2, 1))
            }),
            Property::sometimes("A Later Epoch Commits", |_, state: &State| {
                let committed = &state.shared.committed;
                committed.len() == LENGTH && committed[0].0 < committed[LENGTH - 1].0
            }),
        ]
    }
}

#[test]
fn primary_order_is_total_order() {
    let model = Bounded(sequences());
    let report = explore_model(&model, &Options::default(), &Progress::default());
    let report = report.expect("no claim about what happens in the end");
    for finding in &report.findings {
        assert_eq!(finding.verdict, Verdict::Holds, "{}", finding.claim.name);
    }
}

#[test]
fn a_step_that_no_primary_takes_is_refused() {
    let primary = |initial: &[Name]| Primary {
        primary: 0,
        initial: initial.to_vec(),
    };
    let before = State {
        own: vec![Known::default()],
        shared: Primaries {
            epochs: [(1, primary(&[])), (3, primary(&[(1, 1)]))].into(),
            committed: vec![(1, 1)],
        },
    };
    let allows = |change: &dyn Fn(&mut Primaries)| {
        let mut after = before.clone();
        change(&mut after.shared);
        PrimaryOrder::allows(&before, &after, &quorum())
    };
    let begins = |epoch, initial: &[Name]| {
        allows(&|after| {
            after.epochs.insert(epoch, primary(initial));
        })
    };
    // It may be late, and then it may lack what is committed.
    assert!(begins(4, &[(1, 1)]) && begins(4, &[(1, 1), (3, 1)]) && begins(2, &[]));
    // It follows what is committed, begins once, and has values of epochs that have begun, in their order.
    assert!(!begins(4, &[]) && !begins(3, &[(1, 1), (1, 2)]) && !begins(1, &[(1, 1)]));
    assert!(!begins(4, &[(1, 1), (2, 1)]) && !begins(4, &[(1, 1), (3, 2)]));
    assert!(!begins(4, &[(1, 1), (4, 1)]) && !begins(4, &[(1, 1), (1, 2), (3, 1)]));
    let commits = |values: &[Name]| allows(&|after| after.committed = values.to_vec());
    assert!(commits(&[(1, 1), (3, 1)]) && commits(&[(1, 1), (3, 1), (3, 2)]));
    // The committed sequence grows, without a gap, and by nothing that a later epoch lacks.
    assert!(!commits(&[]) && !commits(&[(1, 1), (3, 2)]) && !commits(&[(1, 1), (1, 2)]));
    assert!(!commits(&[(3, 1)]));
}

//! Values that panic where they are compared, hashed, copied or shown end the search like any other
//! panic, whatever searches.

use quorate_models::system::{Channels, Environment, System, Timeouts};
use quorate_refinement::engine::stateright::check;
use quorate_refinement::engine::{
    ModelError, Options, Progress, Report, StopReason, Verdict, explore, explore_model,
};
use stateright::actor::{Actor, Id, Out, model_timeout};
use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The function that panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    Clone,
    Compare,
    Hash,
    Show,
}

/// A number that panics in one act, once it has grown.
#[derive(PartialOrd, Eq, Ord)]
struct Brittle(u8, Act);

impl Brittle {
    fn act(&self, act: Act) {
        assert!(self.0 < 2 || self.1 != act, "broken");
    }
}

impl Clone for Brittle {
    fn clone(&self) -> Self {
        self.act(Act::Clone);
        Brittle(self.0, self.1)
    }
}

impl PartialEq for Brittle {
    fn eq(&self, other: &Self) -> bool {
        self.act(Act::Compare);
        self.0 == other.0
    }
}

/// By hand, for the panic alone.
impl Hash for Brittle {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.act(Act::Hash);
        self.0.hash(state);
    }
}

impl fmt::Debug for Brittle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.act(Act::Show);
        self.0.fmt(f)
    }
}

/// An actor that counts, and sends what it has counted.
#[derive(Clone)]
struct Counter(Act);

impl Actor for Counter {
    type Msg = Brittle;
    type State = Brittle;
    type Timer = ();
    type Random = ();
    type Storage = Brittle;

    fn on_start(&self, _: Id, _: &Option<Brittle>, out: &mut Out<Self>) -> Brittle {
        out.set_timer((), model_timeout());
        Brittle(0, self.0)
    }

    fn on_msg(&self, _: Id, state: &mut Cow<'_, Brittle>, _: Id, _: Brittle, _: &mut Out<Self>) {
        *state = Cow::Owned(Brittle((state.0 + 1) % 4, self.0));
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<'_, Brittle>, (): &(), out: &mut Out<Self>) {
        let next = || Brittle((state.0 + 1) % 4, self.0);
        out.save(next());
        out.send(Id::from(1 - usize::from(id)), next());
        out.set_timer((), model_timeout());
        *state = Cow::Owned(next());
    }
}

fn ends_with_the_panic(act: Act, report: &Report) {
    let said = (report.stopped, report.verdict());
    assert_eq!(
        said,
        (Some(StopReason::ModelError), Verdict::Inconclusive),
        "{act:?}"
    );
    match &report.error {
        Some(ModelError::Panic { message, .. }) => {
            assert!(message.starts_with("broken"), "{message}")
        }
        other => panic!("{act:?}: {other:?}"),
    }
}

#[test]
fn values_that_panic() {
    for act in [Act::Clone, Act::Compare, Act::Hash, Act::Show] {
        let budgets = Environment {
            timeouts: vec![Timeouts::shared((), [0, 1], 3)],
            ..Environment::default()
        };
        let actors = vec![Counter(act), Counter(act)];
        let environment = budgets;
        let system = Arc::new(System::new(actors, Channels::once(), environment, ()));
        for threads in [1, 2] {
            let options = Options {
                threads,
                ..Options::default()
            };
            let report = explore(&system, &options, &Progress::default());
            ends_with_the_panic(act, &report);
            if act != Act::Show {
                // Whole states are not shown.
                let report = explore_model(&*system, &options, &Progress::default());
                ends_with_the_panic(act, &report.expect("it can be judged"));
            }
        }
        if matches!(act, Act::Clone | Act::Hash) {
            // Stateright's checker shows nothing, and compares nothing but hashes.
            ends_with_the_panic(act, &check(&system, &Options::default(), &Arc::default()));
        }
    }
}

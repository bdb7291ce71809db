//! The check and the audit, with a machine of a few lines that keeps something out of its snapshot.

use quorate_models::system::{Channels, Environment, System, Timeouts};
use quorate_raft_rs::audit::audit;
use quorate_raft_rs::ledger::{Ledger, UNFAITHFUL};
use quorate_raft_rs::node::{Kind, Node};
use quorate_raft_rs::sans_io::{Input, InputOf, Output, OutputOf, SansIo};
use quorate_refinement::engine::{ModelError, Options, Progress, explore};
use std::sync::Arc;

/// Counts two kinds of timeouts; what it does when asked may depend on what its snapshot leaves out.
struct Counter {
    asked: fn(&Counts) -> usize,
    /// Whether what is shown is hidden, too.
    showing_hides: bool,
}

#[derive(Clone, Debug, Default)]
struct Counts {
    shown: usize,
    hidden: usize,
    outputs: usize,
}

impl SansIo for Counter {
    type Live = Counts;
    type Snapshot = usize;
    type Message = usize;
    type Request = ();
    type Timer = &'static str;
    type Disk = ();
    type Answer = ();

    fn timers(&self) -> Vec<&'static str> {
        vec!["Ask", "Hide", "Show"]
    }

    fn start(&self, _: usize, _: Option<&()>) -> Counts {
        Counts::default()
    }

    fn take_apart(&self, live: &Counts) -> usize {
        live.shown
    }

    fn put_together(&self, _: usize, shown: &usize) -> Counts {
        Counts {
            shown: *shown,
            ..Counts::default()
        }
    }

    fn feed(&self, live: &mut Counts, input: &InputOf<Self>) {
        match input {
            Input::Timer("Show") => {
                live.shown += 1;
                live.hidden += usize::from(self.showing_hides);
            }
            Input::Timer("Hide") => live.hidden += 1,
            Input::Timer(_) => live.outputs = (self.asked)(live),
            Input::Message(..) | Input::Request(()) | Input::Durable => {}
        }
    }

    fn drain(&self, live: &mut Counts) -> Vec<OutputOf<Self>> {
        let outputs = std::mem::take(&mut live.outputs);
        (0..outputs).map(|number| Output::Send(1, number)).collect()
    }
}

/// Searches a counter beside a silent one: the error, and how many pairs the audit finds to differ.
fn searched(asked: fn(&Counts) -> usize, checks: bool) -> (Option<String>, usize) {
    let showing_hides = false;
    of(
        Counter {
            asked,
            showing_hides,
        },
        checks,
    )
}

fn searched_where_showing_hides(asked: fn(&Counts) -> usize) -> (Option<String>, usize) {
    let showing_hides = true;
    of(
        Counter {
            asked,
            showing_hides,
        },
        true,
    )
}

fn of(machine: Counter, checks: bool) -> (Option<String>, usize) {
    let machine = Arc::new(machine);
    let ledger = Arc::new(match checks {
        true => Ledger::new(2),
        false => Ledger::of_audit_alone(2),
    });
    let node = Node {
        machine: Arc::clone(&machine),
        kind: Kind::Rebuilt(Arc::clone(&ledger)),
    };
    let environment = Environment {
        timeouts: ["Ask", "Hide", "Show"]
            .map(|timer| Timeouts::shared(timer, [0], 2))
            .to_vec(),
        ..Environment::default()
    };
    let system = System::new(vec![node.clone(), node], Channels::once(), environment, ());
    let report = explore(&Arc::new(system), &Options::default(), &Progress::default());
    let error = report.error.map(|error| match error {
        ModelError::Panic { message, .. } => message,
        other => other.to_string(),
    });
    (error, audit(&*machine, &ledger, 2).differ)
}

#[test]
fn what_is_told_is_believed() {
    let asked = |counts: &Counts| counts.shown;
    assert_eq!(searched(asked, true), (None, 0));
    assert_eq!(searched(asked, false), (None, 0));
}

/// A hidden timeout changes nothing that is seen, so that the search drops it; the audit does not.
#[test]
fn the_audit_notices_what_an_ignored_input_leaves_behind() {
    let asked = |counts: &Counts| counts.hidden;
    let (error, differ) = searched(asked, false);
    assert_eq!(error, None);
    assert!(0 < differ);
    let (error, differ) = searched(asked, true);
    assert_eq!(
        error, None,
        "the check knows one way, without the hidden timeout"
    );
    assert!(0 < differ);
}

#[test]
fn the_check_notices_what_every_way_leaves_behind() {
    let asked = |counts: &Counts| counts.hidden;
    let (error, _) = searched_where_showing_hides(asked);
    let error = error.expect("the two differ");
    assert!(error.starts_with(UNFAITHFUL), "{error}");
}

#[test]
fn a_panic_of_both_is_the_machines_own() {
    let asked = |counts: &Counts| {
        assert_eq!(counts.shown, 0, "it is not to be asked then");
        0
    };
    let (error, _) = searched(asked, true);
    let error = error.expect("it panics");
    assert!(error.contains("it is not to be asked then"), "{error}");
    assert!(!error.contains(UNFAITHFUL), "{error}");
}

#[test]
fn a_panic_of_one_is_a_difference() {
    let asked = |counts: &Counts| {
        assert_eq!(counts.hidden, 0);
        0
    };
    let (error, _) = searched_where_showing_hides(asked);
    let error = error.expect("one of the two panics");
    assert!(error.starts_with(UNFAITHFUL), "{error}");
}

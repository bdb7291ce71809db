//! A claim that says what it reads is judged as one that reads everything, wherever it is made: as
//! an invariant, as a witness, as a boundary. The findings do not depend on the number of
//! threads, and their paths are as short as those that Stateright's checker finds.

use crate::found;
use crate::graph::difference;
use crate::searched;
use crate::table::{Emits, Reaction, Table, any_table};
use ::stateright::actor::Id;
use proptest::collection::vec;
use proptest::prelude::*;
use quorate_models::quorum::Quorum;
use quorate_models::system::claim::{Check, Claim, Condition, Kind};
use quorate_models::system::{Channels, Envelope, Environment, Hook, LocalOf, System, Timeouts};
use quorate_refinement::engine::{Finding, Limits, Options, Report, Verdict, stateright};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A limit for systems of any size.
pub const ENOUGH: usize = 500;

type On = Condition<Table, u8>;

/// Something that is seldom so, and that it is not so.
struct Rare {
    name: &'static str,
    is: On,
    is_not: On,
}

macro_rules! rare {
    ($($kind:ident |$($argument:ident),*| $is:expr;)*) => {
        vec![$(Rare {
            name: stringify!($kind),
            is: Condition::$kind(|$($argument),*| $is),
            is_not: Condition::$kind(|$($argument),*| !$is),
        }),*]
    };
}

/// One of each kind; each reads all that it can.
fn rare() -> Vec<Rare> {
    rare! {
        Ghost |seen| *seen == 3;
        Each |seat, seen| at(seat.local) + *seen == 4 && usize::from(seat.id) != 0;
        Pair |one, other| at(one.local) + at(other.local) == 1 && one.local.timers > other.local.timers;
        PairGhost |one, other, seen| at(one.local) + at(other.local) == *seen && one.local.timers > other.local.timers;
        FlightGhost |flight, seen| flight.sender.map(at) == Some(1) && *seen == 2 * *flight.msg + 1;
        Flight |flight| flight.sender.map(at) == Some(1) && flight.receiver.map(at) == Some(*flight.msg);
        Quorum |seat, seen| (at(seat.local) == *seen % 2) == (usize::from(seat.id) < 2) && seat.local.timers.len() == 1;
        Cluster |locals, seen| locals.iter().map(|local| at(local)).sum::<u8>() == seen + 2;
    }
}

/// A participant's state; 2 if it is down.
pub fn at(local: &LocalOf<Table>) -> u8 {
    local.up().copied().unwrap_or(2)
}

/// The same condition, on whole states.
fn unscoped(condition: On, quorum: Quorum, somewhere: bool) -> On {
    Condition::State(Arc::new(move |state| {
        if somewhere {
            condition.somewhere(state, &quorum)
        } else {
            condition.everywhere(state, &quorum)
        }
    }))
}

pub fn claim(name: &str, check: Check<Table, u8>) -> Claim<Table, u8> {
    Claim {
        name: name.to_owned().leak(),
        source: "ours",
        witness: None,
        check,
    }
}

/// Each condition as an invariant and as a witness, first with its scope and then without; and two
/// claims about steps.
fn claims(quorum: &Quorum) -> Vec<Claim<Table, u8>> {
    let mut claims = Vec::new();
    for Rare { name, is, is_not } in rare() {
        let (never, once) = (format!("{name} never"), format!("{name} once"));
        claims.push(claim(&never, Check::Invariant(is_not.clone())));
        claims.push(claim(&once, Check::Witness(is.clone())));
        let (never, once) = (never + ", unscoped", once + ", unscoped");
        claims.push(claim(
            &never,
            Check::Invariant(unscoped(is_not, quorum.clone(), false)),
        ));
        claims.push(claim(
            &once,
            Check::Witness(unscoped(is, quorum.clone(), true)),
        ));
    }
    let moved = Check::Move(|moved| at(moved.after) != 1 || moved.after.timers.len() < 2);
    let step = Check::Step {
        when: |moved| moved.before.state != moved.after.state,
        holds: |step| step.before[0].timers == step.after[2].timers || *step.ghost_before == 0,
    };
    claims.extend([claim("Move", moved), claim("Step", step)]);
    claims
}

/// A generated system, before it is one.
#[derive(Clone, Debug)]
pub struct Plan {
    actors: Vec<Table>,
    channels: usize,
    budgeted: bool,
    lossy: bool,
    crashes: u8,
    quorum: Quorum,
}

/// Quorums of all participants, and of some.
fn any_quorum() -> impl Strategy<Value = Quorum> {
    let ids = |ids: &[usize]| ids.iter().copied().map(Id::from).collect();
    prop_oneof![
        2 => Just(Quorum::majority(0..3)),
        1 => Just(Quorum::majority(0..1)),
        1 => Just(Quorum::Joint(ids(&[0, 1]), ids(&[1, 2]))),
        1 => Just(Quorum::Component(ids(&[0, 2]))),
    ]
}

pub fn any_plan() -> impl Strategy<Value = Plan> {
    (
        vec(any_table(3), 3),
        0_usize..5,
        any::<[bool; 2]>(),
        0_u8..=2,
        any_quorum(),
    )
        .prop_map(
            |(actors, channels, [budgeted, lossy], crashes, quorum)| Plan {
                actors,
                channels,
                budgeted,
                lossy,
                crashes,
                quorum,
            },
        )
}

impl Plan {
    pub fn system(&self, within_boundary: On) -> System<Table, u8> {
        let channels = [
            Channels::once(),
            Channels::for_ever(),
            Channels::ordered(),
            Channels::multiset(),
            Channels::duplicating(),
        ];
        let environment = if self.budgeted {
            Environment {
                timeouts: vec![Timeouts::shared(0, 0..3, 3), Timeouts::unlimited(1, 0..2)],
                crashes: self.crashes,
                losses: u8::from(self.lossy),
                duplicates: 1,
                ..Environment::default()
            }
        } else {
            Environment::stateright(self.lossy, self.crashes.into())
        };
        let channels = channels[self.channels];
        let mut system = System::new(self.actors.clone(), channels, environment, 0);
        system.boundary = Some(within_boundary).filter(|_| !self.budgeted);
        system.quorum = self.quorum.clone();
        system.ghost.hook = Hook::Observe {
            when: |moved| moved.before.state != moved.after.state,
            extend: |moved, seen| {
                let state = moved.after.up().copied().unwrap_or(2);
                (state != *seen).then_some((2 * seen + state + usize::from(moved.id) as u8) % 5)
            },
        };
        system
    }

    fn judged(&self) -> Arc<System<Table, u8>> {
        let mut system = self.system(Condition::Ghost(|_| true));
        system.claims = claims(&self.quorum);
        Arc::new(system)
    }
}

/// For each claim how often it was found to fail, or seen, in random systems.
fn tally(found: &RefCell<BTreeMap<&'static str, usize>>, report: &Report) {
    for Finding { claim, verdict, .. } in &report.findings {
        let decided = (claim.kind == Kind::Witness) == (*verdict == Verdict::Holds);
        *found.borrow_mut().entry(claim.name).or_default() += usize::from(decided);
    }
}

pub fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

#[test]
fn a_claim_without_its_scope_is_found_to_fail_in_the_same_place() {
    let found = RefCell::default();
    proptest!(config(300), |(plan in any_plan())| {
        let report = searched(&plan.judged(), Some(ENOUGH), 1);
        tally(&found, &report);
        let result = |finding: &Finding| (finding.verdict, finding.counterexample.clone());
        let scopes = 4 * rare().len();
        for of_one_kind in report.findings[..scopes].chunks(4) {
            let [never, once, all_never, all_once] = of_one_kind else { unreachable!() };
            let name = never.claim.name;
            prop_assert_eq!(result(never), result(all_never), "{}", name);
            prop_assert_eq!(result(once), result(all_once), "{}", name);
        }
    });
    // Not one of them is idle, nor does any fail at every start.
    for (claim, times) in found.into_inner() {
        assert!((30..300).contains(&times), "{claim}: {times}");
    }
}

#[test]
fn a_boundary_without_its_scope_cuts_the_same() {
    let sizes = RefCell::new(Vec::new());
    proptest!(config(200), |(plan in any_plan(), kind in 0..rare().len())| {
        let plan = Plan { budgeted: false, ..plan };
        let boundary = rare().swap_remove(kind).is_not;
        let ours = found(plan.system(boundary.clone()), ENOUGH, Clone::clone);
        let unscoped = unscoped(boundary, plan.quorum.clone(), false);
        let theirs = found(plan.system(unscoped), ENOUGH, Clone::clone);
        prop_assert_eq!(difference(&ours, &theirs), None);
        sizes.borrow_mut().push(ours.states.len());
    });
    let mut sizes = sizes.into_inner();
    sizes.sort_unstable();
    assert!(20 < sizes[sizes.len() / 2], "{sizes:?}");
}

#[test]
fn counterexamples_are_as_short_as_those_of_stateright_s_checker() {
    proptest!(config(40), |(plan in any_plan())| {
        let system = plan.judged();
        for (number, finding) in searched(&system, Some(ENOUGH), 2).findings.iter().enumerate() {
            let Some(counterexample) = &finding.counterexample else { continue };
            let trace = stateright::shortest(&system, number, Limits::default());
            let shortest = trace.expect("there is no limit").expect("it is violated");
            let lengths = (counterexample.steps.len(), shortest.actions.len());
            prop_assert_eq!(lengths.0, lengths.1, "{}", finding.claim.name);
        }
    });
}

/// Many actors with a timer each; an actor whose timer fires tells the first one.
pub fn many(actors: usize) -> System<Table, u8> {
    let nothing = || Reaction {
        becomes: None,
        emits: Vec::new(),
    };
    let ring = Reaction {
        becomes: Some(1),
        emits: vec![Emits::Send(0, 1)],
    };
    let start = Reaction {
        becomes: None,
        emits: vec![Emits::Set(0)],
    };
    let unheard = || vec![vec![nothing(), nothing()]; 2];
    let table = Table {
        on_start: vec![start, nothing(), nothing()],
        on_msg: unheard(),
        on_timeout: vec![vec![ring, nothing()], vec![nothing(), nothing()]],
        on_random: unheard(),
    };
    let budgets = Environment {
        timeouts: vec![Timeouts::shared(0, 0..actors, 1)],
        ..Environment::default()
    };
    let environment = budgets;
    System::new(vec![table; actors], Channels::once(), environment, 0)
}

#[test]
fn claims_about_two_of_many_participants_are_judged() {
    let mut system = many(200);
    let pair = Condition::Pair(|one, other| {
        let ids = [one.id, other.id].map(usize::from);
        ids != [5, 199] || at(other.local) == 0
    });
    system.claims = vec![claim("Pair", Check::Invariant(pair))];
    let report = searched(&Arc::new(system), Some(ENOUGH), 1);
    assert_eq!((report.states, report.verdict()), (201, Verdict::Violated));
}

#[test]
fn messages_from_strangers_and_to_strangers_are_judged() {
    let mut system = many(2);
    system.environment = Environment::stateright(false, 0);
    for (src, dst) in [(7, 0), (0, 7)] {
        let (src, dst, msg) = (Id::from(src), Id::from(dst), 0);
        let envelope = Envelope { src, dst, msg };
        system.network.send(&system.channels, envelope);
    }
    let from = Condition::Flight(|flight| flight.sender.is_none());
    let to = Condition::Flight(|flight| flight.receiver.is_none());
    system.claims = vec![
        claim("From Strangers", Check::Witness(from)),
        claim("To Strangers", Check::Witness(to)),
    ];
    let report = searched(&Arc::new(system), Some(ENOUGH), 1);
    assert_eq!(report.verdict(), Verdict::Holds, "{:?}", report.findings);
}

#[test]
fn a_majority_of_more_participants_than_a_byte_counts() {
    let mut system = many(300);
    let everyone = Condition::Quorum(|_, _| true);
    let few = Condition::Quorum(|seat, _| usize::from(seat.id) < 150);
    system.claims = vec![
        claim("Everyone", Check::Invariant(everyone)),
        claim("Few", Check::Witness(few)),
    ];
    let report = searched(&Arc::new(system), Some(ENOUGH), 1);
    assert_eq!((report.states, report.error), (301, None));
    let verdicts = report.findings.iter().map(|finding| finding.verdict);
    assert!(verdicts.eq([Verdict::Holds, Verdict::Violated]));
}

/// The reports of both checkers on a system that makes so many claims.
fn claiming(claims: usize) -> [Report; 2] {
    let mut system = many(2);
    let nothing = || Check::Witness(Condition::Ghost(|_| true));
    let name = |number: usize| format!("Nothing {number}");
    let claims = (0..claims).map(|number| claim(&name(number), nothing()));
    system.claims = claims.collect();
    let system = Arc::new(system);
    let second = stateright::check(&system, &Options::default(), &Arc::default());
    [searched(&system, None, 1), second]
}

#[test]
fn more_claims_than_can_be_judged_are_refused() {
    for report in claiming(128) {
        assert_eq!(
            (report.error.clone(), report.verdict()),
            (None, Verdict::Holds)
        );
    }
    for report in claiming(129) {
        assert_eq!(report.verdict(), Verdict::Inconclusive);
        let error = report.error.expect("it is refused").to_string();
        assert!(error.contains("at most 128 claims, not 129"), "{error}");
    }
}

/// A claim of each kind that holds, or that is violated by the first step of anyone.
fn of_each_kind(holds: bool) -> Vec<Check<Table, u8>> {
    let conditions: Vec<On> = if holds {
        vec![
            Condition::Ghost(|_| true),
            Condition::Each(|_, _| true),
            Condition::Pair(|_, _| true),
            Condition::PairGhost(|_, _, _| true),
            Condition::Flight(|_| true),
            Condition::FlightGhost(|_, _| true),
            Condition::Quorum(|_, _| true),
            Condition::Cluster(|_, _| true),
            Condition::State(Arc::new(|_| true)),
        ]
    } else {
        vec![
            Condition::Ghost(|seen| *seen == 0),
            Condition::Each(|seat, _| at(seat.local) == 0),
            Condition::Pair(|one, other| at(one.local) == at(other.local)),
            Condition::PairGhost(|_, _, seen| *seen == 0),
            Condition::Flight(|_| false),
            Condition::FlightGhost(|_, seen| *seen == 0),
            Condition::Quorum(|seat, _| at(seat.local) == 0),
            Condition::Cluster(|locals, _| locals.iter().all(|local| at(local) == 0)),
            Condition::State(Arc::new(|state| state.network.iter().count() == 0)),
        ]
    };
    let mut checks: Vec<_> = conditions.into_iter().map(Check::Invariant).collect();
    checks.extend(if holds {
        [
            Check::Move(|_| true),
            Check::Step {
                when: |_| true,
                holds: |_| true,
            },
        ]
    } else {
        [
            Check::Move(|moved| at(moved.after) == 0),
            Check::Step {
                when: |moved| at(moved.after) == 1,
                holds: |step| at(&step.after[0]) == at(&step.after[1]),
            },
        ]
    });
    checks
}

#[test]
fn a_hundred_claims_of_all_kinds_are_judged() {
    let mut system = many(2);
    system.ghost.hook = Hook::Observe {
        when: |moved| at(moved.after) == 1,
        extend: |_, _| Some(1),
    };
    let holding = (0..).flat_map(|_| of_each_kind(true)).take(32);
    let violated = (0..).flat_map(|_| of_each_kind(false)).take(68);
    let checks = holding.chain(violated).enumerate();
    let claims = checks.map(|(number, check)| claim(&format!("Claim {number}"), check));
    system.claims = claims.collect();
    let system = Arc::new(system);
    let second = stateright::check(&system, &Options::default(), &Arc::default());
    for report in [
        searched(&system, None, 1),
        searched(&system, None, 2),
        second,
    ] {
        assert_eq!(report.error, None);
        let found = report.findings.iter().map(|finding| {
            let way = finding.counterexample.as_ref();
            (finding.verdict, way.map(|way| way.steps.len()))
        });
        let found: Vec<_> = found.collect();
        assert_eq!(found[..32], [(Verdict::Holds, None); 32]);
        assert_eq!(found[32..], [(Verdict::Violated, Some(1)); 68]);
    }
}

//! Generated systems, before they are ones.

use crate::naive::{Kind, Naive, is_below_4, parity, part};
use crate::table::{Table, any_number, any_table};
use proptest::collection::vec;
use proptest::prelude::*;
use quorate_models::session::{End, Sessions, Side};
use quorate_models::system::{
    Action, Beside, Channel, Channels, Class, Clock, Environment, GhostState, Last, Links, Move,
    Participant, Period, Restart, Stable, System, Timeouts, Total, Writes,
};
use std::fmt::Debug;

/// Every kind.
pub const KINDS: [Kind; 12] = [
    Kind::Once,
    Kind::ForEver,
    Kind::Ordered,
    Kind::Multiset,
    Kind::Duplicating,
    Kind::Newest,
    Kind::Lanes,
    Kind::EvenOrdered,
    Kind::EvenForEver,
    Kind::Sessions,
    Kind::SessionsAndOnce,
    Kind::SessionsAndNewest,
];

/// An actor of which a system knows its sessions.
pub trait InSessions: Participant + Clone {
    /// The message that closes one, and the peers with whom there is one.
    const SESSIONS: Sessions<Self>;
}

impl InSessions for Table {
    const SESSIONS: Sessions<Self> = Sessions {
        close: |side| 2 + u8::from(side == Side::Opener),
        // With everyone, itself and a stranger among them; on one side with one of them.
        open: |state| {
            let ends = End::all(4).filter(|end| end.index() != 1);
            ends.filter(|_| *state == 1).collect()
        },
    };
}

/// Channels of a kind.
pub fn channels<Msg: Debug>(kind: Kind) -> Channels<Msg> {
    match kind {
        Kind::Once => Channels::once(),
        Kind::ForEver => Channels::for_ever(),
        Kind::Ordered => Channels::ordered(),
        Kind::Multiset => Channels::multiset(),
        Kind::Duplicating => Channels::duplicating(),
        Kind::Newest => Channels::all(|msg| Channel::Newest(parity(msg)), &["newest"]),
        Kind::Lanes => Channels::all(|msg| Channel::Ordered(parity(msg)), &["lanes"]),
        Kind::EvenOrdered => {
            let of = |msg: &Msg| match parity(msg) {
                0 => Channel::Ordered(0),
                _ => Channel::Once,
            };
            Channels::all(of, &["ordered", "once"])
        }
        Kind::EvenForEver => {
            let of = |msg: &Msg| match parity(msg) {
                0 => Channel::ForEver,
                _ => Channel::Newest(0),
            };
            Channels::all(of, &["for ever", "newest"])
        }
        Kind::Sessions => Channels::all(|msg| Channel::Session(part(msg)), &["session"]),
        Kind::SessionsAndOnce => {
            let of = |msg: &Msg| match is_below_4(msg) {
                true => Channel::Session(part(msg)),
                false => Channel::Once,
            };
            Channels::all(of, &["session", "once"])
        }
        Kind::SessionsAndNewest => {
            let of = |msg: &Msg| match is_below_4(msg) {
                true => Channel::Session(part(msg)),
                false => Channel::Newest(0),
            };
            Channels::all(of, &["session", "newest"])
        }
    }
}

/// A system of these actors.
pub fn system<A: InSessions, G: GhostState>(
    actors: &[A],
    kind: Kind,
    environment: Environment<A>,
    ghost: G,
) -> System<A, G> {
    System {
        sessions: kind.has_sessions().then_some(A::SESSIONS),
        ..System::new(actors.to_vec(), channels(kind), environment, ghost)
    }
}

/// The same, as the reference.
pub fn naive<A: InSessions>(actors: &[A], kind: Kind, environment: Environment<A>) -> Naive<A> {
    Naive {
        actors: actors.to_vec(),
        kind,
        sessions: kind.has_sessions().then_some(A::SESSIONS),
        environment,
    }
}

/// A pool of timeouts, before it is one.
#[derive(Clone, Debug)]
pub struct Pool {
    pub timer: u8,
    /// Whether the other timer is in it, too.
    pub both: bool,
    /// Their owners.
    pub of: Vec<usize>,
    /// How often they fire.
    pub times: Option<u8>,
    /// Whether only in state 1.
    pub guarded: bool,
    /// Whether only during a partition.
    pub while_cut: bool,
}

/// A generated system, before it is one.
#[derive(Clone, Debug)]
pub struct Plan {
    pub actors: Vec<Table>,
    pub kind: usize,
    pub pools: Vec<Pool>,
    /// Crashes, losses, duplicates.
    pub faults: (u8, u8, u8),
    pub restart: Restart,
    pub synced: bool,
    pub requests: Vec<u8>,
    /// Of each request; anybody where nobody is named.
    pub takers: Vec<Vec<usize>>,
    pub links: Links,
    /// Which events, by position, and how often.
    pub totals: Vec<(usize, u8)>,
    pub period: Option<PeriodPlan>,
}

/// How a good period begins, and what happens in it.
#[derive(Clone, Debug)]
pub struct PeriodPlan {
    pub begins: Vec<Stable<u8>>,
    pub clocks: Vec<Clock<u8>>,
    /// Whether requests arrive in it.
    pub requests: bool,
    pub any_age: bool,
    /// Which timers fire beside which messages, by position, with a delay.
    pub delay: Option<usize>,
    /// Which messages arrive last, by position.
    pub last: Option<usize>,
}

/// Which timers fire beside which messages.
pub const BESIDE: [Beside<Table>; 4] = [
    |_, _| true,
    |timer, msg| timer % 2 == msg % 2,
    |timer, _| *timer == 0,
    |timer, msg| *timer == 1 && *msg != 0,
];

/// Which messages arrive last.
pub const LAST: [Last<Table>; 2] = [
    Last {
        name: "odd ones",
        is: |msg| msg % 2 == 1,
    },
    Last {
        name: "zeros",
        is: |msg| *msg == 0,
    },
];

/// An event, and how often it happens in a step.
type Event = (&'static str, fn(&Move<'_, Table>) -> u8);

/// Events whose number is limited.
pub const EVENTS: [Event; 5] = [
    ("ones", |moved| {
        let [before, after] = [moved.before, moved.after].map(|local| local.up() == Some(&1));
        u8::from(!before && after)
    }),
    ("deliveries of 0", |moved| {
        u8::from(matches!(moved.action, Action::Deliver(envelope) if envelope.msg == 0))
    }),
    ("timeouts and crashes", |moved| {
        let class = moved.action.class();
        u8::from(matches!(
            class,
            Class::Timeout | Class::Crash | Class::Restart
        ))
    }),
    ("writes", |moved| {
        let [before, after] = [moved.before, moved.after].map(|local| local.outbox.pending().len());
        after.saturating_sub(before) as u8
    }),
    ("armed timers", |moved| {
        let [before, after] = [moved.before, moved.after].map(|local| local.timers.len());
        after.saturating_sub(before) as u8
    }),
];

fn any_restart() -> impl Strategy<Value = Restart> {
    prop_oneof![
        Just(Restart::AtOnce),
        Just(Restart::Later),
        Just(Restart::Never)
    ]
}

/// Any system of two tables.
pub fn any_plan() -> impl Strategy<Value = Plan> {
    any_plan_of(vec(any_table(2), 2), 2)
}

/// Any system of these tables, so many, without links that break, totals and a good period.
pub fn any_plan_of(
    actors: impl Strategy<Value = Vec<Table>>,
    count: usize,
) -> impl Strategy<Value = Plan> {
    let pool = (
        (any_number(), any::<bool>()),
        vec(0..count, 1..=count),
        proptest::option::of(1_u8..=2),
        any::<bool>(),
    );
    let pool = pool.prop_map(|((timer, both), of, times, guarded)| Pool {
        timer,
        both,
        of,
        times,
        guarded,
        while_cut: false,
    });
    (
        actors,
        0..KINDS.len(),
        vec(pool, 0..=3),
        (0_u8..=2, 0_u8..=2, 0_u8..=2),
        (any_restart(), any::<bool>()),
        vec((any_number(), vec(0..count, 0..=1)), 0..=2),
    )
        .prop_map(
            |(actors, kind, pools, faults, (restart, synced), requests)| Plan {
                actors,
                kind,
                pools,
                faults,
                restart,
                synced,
                requests: requests.iter().map(|(request, _)| *request).collect(),
                takers: requests.into_iter().map(|(_, takers)| takers).collect(),
                links: Links::default(),
                totals: Vec::new(),
                period: None,
            },
        )
}

impl Plan {
    /// The environment of the tables.
    pub fn environment(&self) -> Environment<Table> {
        let (crashes, losses, duplicates) = self.faults;
        let pool = |plan: &Pool| {
            let mut pool = Timeouts::unlimited(plan.timer, plan.of.iter().copied());
            (pool.times, pool.while_cut) = (plan.times, plan.while_cut);
            if plan.both {
                pool = pool.and(1 - plan.timer);
            }
            if plan.guarded {
                pool = pool.when(|state| *state == 1);
            }
            pool
        };
        Environment {
            timeouts: self.pools.iter().map(pool).collect(),
            crashes,
            restart: self.restart,
            losses,
            duplicates,
            writes: if self.synced {
                Writes::Synced
            } else {
                Writes::Atomic
            },
            requests: self.requests.clone(),
            takers: self.takers.clone(),
            links: self.links.clone(),
            totals: self.totals.iter().map(total).collect(),
            period: self.period.clone().map(period),
            ..Environment::default()
        }
    }
}

fn total((event, times): &(usize, u8)) -> Total<Table> {
    let (name, count) = EVENTS[*event];
    Total {
        name,
        times: *times,
        count,
    }
}

fn period(plan: PeriodPlan) -> Period<Table> {
    Period {
        requests: plan.requests,
        any_age: plan.any_age,
        delay: plan.delay.map(|number| BESIDE[number]),
        last: plan.last.map(|number| LAST[number]),
        ..Period::new(plan.begins, &plan.clocks)
    }
}

//! Finite systems of sessions alone: two ends, one of which opens sessions; each says a few things in each
//! session, and closes it at any time. Messages get lost, are repeated and reordered for ever, or until a
//! good period begins.

mod claims;
mod period;
mod speaker;

pub use speaker::{Item, Speaker, Speech, Talk};

use super::rules::Rules;
use super::state::StateOf;
use super::{Config, Fifo, Timer, marks};
use crate::coverage::{self, Mark};
use crate::protocol::{self, ClaimOf, MutantFacts, Profile, Protocol, Shortest};
use crate::script::header::{Header, HeaderError};
use crate::session::Side;
use crate::system::{
    Badge, Channels, Clock, Environment, Ghost, Hook, Period, Restart, Stable, Timeouts,
};
use claims::Past;

/// The sessions of two ends, as a protocol.
#[derive(Clone, Copy, Debug)]
pub struct Ends;

/// The messages of the ends.
#[derive(Clone, Copy, Debug)]
pub struct Saying {
    /// How many things each says in a session.
    pub messages: u8,
    /// Frames on their way at once, at most.
    pub window: Option<usize>,
    /// How many things are in a frame, at most.
    pub per_frame: usize,
}

/// So many things, each at once in a frame of its own.
fn saying(messages: u8) -> Saying {
    Saying {
        messages,
        window: None,
        per_frame: 1,
    }
}

/// So many things, two in a frame, so many frames at a time.
fn windows(messages: u8, window: usize) -> Saying {
    Saying {
        window: Some(window),
        per_frame: 2,
        ..saying(messages)
    }
}

/// Sessions with a bug.
pub type Mutant = protocol::Mutant<Ends>;

/// Two ends.
pub type Configuration = protocol::Configuration<Ends>;

impl Protocol for Ends {
    type Actor = Fifo<Speaker>;
    type Ghost = Past;
    type Config = Saying;
    type Rules = Rules;

    const NAME: &'static str = "fifo";
    const CLAIMS: &'static [ClaimOf<Self>] = claims::CLAIMS;
    const CONFIGURATIONS: &'static [Configuration] = CONFIGURATIONS;
    const MUTANTS: &'static [Mutant] = MUTANTS;
    const ROWS: &'static [Mark] = <marks::Row as coverage::Row>::ALL;
    const TIMERS: &'static [Timer<Speech>] = &[
        Timer::Inner(Speech::Open),
        Timer::Inner(Speech::Say),
        Timer::Inner(Speech::Close),
        RESENDS[0],
        RESENDS[1],
    ];
    const CLOCKS: &'static [Clock<Timer<Speech>>] = &CLOCKS;
    const CHANNELS: Channels<super::frame::Frame<Item>> = Channels::for_ever();
    const BADGE: Option<Badge<Fifo<Speaker>>> =
        Some(|state: &StateOf<Speaker>| match state.inner().talk {
            Some(_) => "in a session".to_owned(),
            None => "alone".to_owned(),
        });
    const RESULTS: &'static str = include_str!("../../results/fifo.toml");

    fn actors(saying: &Saying, rules: &Rules) -> Vec<Fifo<Speaker>> {
        let end = |opens| Fifo {
            inner: Speaker {
                messages: saying.messages,
                opens,
            },
            part: Item::part,
            sessions: speaker::SESSIONS,
            config: Config {
                window: saying.window,
                messages_per_frame: saying.per_frame,
                ..Config::unlimited()
            },
            rules: *rules,
        };
        vec![end(true), end(false)]
    }

    fn ghost() -> Ghost<Fifo<Speaker>, Past> {
        Ghost {
            initial: Past::default(),
            hook: Hook::Observe {
                when: Past::grows,
                extend: Past::observe,
            },
        }
    }

    /// An end that closes a session says so once. If the close is lost, the other end may stay in the
    /// session, alone.
    fn is_made(claim: &ClaimOf<Self>, configuration: &Configuration) -> bool {
        let period = (configuration.environment)().period;
        let mut begins = period.iter().flat_map(|period| &period.begins);
        claim.name != period::ON_CLOSES || !begins.any(Stable::loses)
    }

    fn settings(header: &mut Header<'_>) -> Result<Saying, HeaderError> {
        Ok(saying(header.number_within("messages", 2, 0..=9)? as u8))
    }

    fn request(name: &str) -> super::frame::Frame<Item> {
        unreachable!("nobody asks for {name}: nothing is requested of an end")
    }
}

/// Ends that have a good period.
const fn live(
    name: &'static str,
    about: &'static str,
    config: fn() -> Saying,
    environment: fn() -> Environment<Fifo<Speaker>>,
) -> Configuration {
    Configuration {
        channels: Channels::once(),
        ..Configuration::usual(name, about, &[], config, environment)
    }
}

const CONFIGURATIONS: &[Configuration] = &[
    Configuration::usual(
        "in-order",
        "each end says three things in one session",
        &[],
        || saying(3),
        || environment(1, 0),
    ),
    Configuration {
        profile: Profile::Deep,
        ..Configuration::usual(
            "window",
            "each end says three things in one session, two in a frame, one frame at a time",
            &["Two Messages Are Heard"],
            || windows(3, 1),
            || environment(2, 1),
        )
    },
    Configuration::usual(
        "closes",
        "two sessions, in which each end says two things; either end closes them",
        &["A Later Session Is There"],
        || saying(2),
        || environment(2, 2),
    ),
    Configuration::usual(
        "resend",
        "what was not taken is sent again, or what is in flight is lost",
        &["A Later Session Is There"],
        || saying(1),
        || resending(None, environment(2, 1)),
    ),
    Configuration::usual(
        "crash",
        "three sessions; either end closes one, and either crashes",
        &["A Later Session Is There", "An End Has Started Again"],
        || saying(1),
        || Environment {
            crashes: 1,
            restart: Restart::AtOnce,
            ..environment(3, 1)
        },
    ),
    Configuration::usual(
        "resend-window",
        "as resend, in one session, two things in a frame, two frames at a time",
        &[],
        || windows(2, 2),
        || resending(None, environment(1, 1)),
    ),
    live(
        "live",
        "two things in a frame, one frame at a time; either end closes the session",
        || windows(2, 1),
        || good(None, vec![Stable::of(0..2)]),
    ),
    live(
        "live-loss",
        "as live, two frames at a time; what is in flight when the good period begins is lost, or not",
        || windows(3, 2),
        || {
            good(
                Some(1),
                vec![Stable::of(0..2), Stable::of(0..2).losing_all()],
            )
        },
    ),
];

/// Who sends again what was not taken: the end that opens sessions, and the other one.
const RESENDS: [Timer<Speech>; 2] = [
    Timer::Resend {
        peer: 1,
        side: Side::Opener,
    },
    Timer::Resend {
        peer: 0,
        side: Side::Acceptor,
    },
];

/// How timers run in the good period, in which nothing more is said.
const CLOCKS: [Clock<Timer<Speech>>; 2] = [after_a_tick(RESENDS[0]), after_a_tick(RESENDS[1])];

const fn after_a_tick(timer: Timer<Speech>) -> Clock<Timer<Speech>> {
    Clock {
        timer,
        min: 1,
        max: 1,
    }
}

/// One session. Messages that were not taken are sent again, before the good period so many times.
fn good(resends: Option<u8>, begins: Vec<Stable<Timer<Speech>>>) -> Environment<Fifo<Speaker>> {
    Environment {
        period: Some(Period::new(begins, &CLOCKS)),
        ..resending(resends, environment(1, 1))
    }
}

/// An environment in which what was not taken is sent again, so many times.
fn resending(
    times: Option<u8>,
    environment: Environment<Fifo<Speaker>>,
) -> Environment<Fifo<Speaker>> {
    let resends = Timeouts {
        times,
        timers: RESENDS.to_vec(),
        ..Timeouts::unlimited(RESENDS[0], 0..2)
    };
    Environment {
        timeouts: [environment.timeouts, vec![resends]].concat(),
        ..environment
    }
}

/// So many times a session is opened, and so many times an end closes one.
fn environment(opens: u8, closes: u8) -> Environment<Fifo<Speaker>> {
    let inner = Timer::Inner;
    Environment {
        timeouts: vec![
            Timeouts::shared(inner(Speech::Open), 0..1, opens),
            Timeouts::unlimited(inner(Speech::Say), 0..2),
            Timeouts::shared(inner(Speech::Close), 0..2, closes),
        ],
        ..Environment::default()
    }
}

/// Every mutant.
const MUTANTS: &[Mutant] = &[
    Mutant {
        facts: MutantFacts::new(
            "sessions-have-one-number",
            "a session has the number of the one before it",
            "ours",
            ("closes", "Messages Come in Order"),
            Shortest::path(9, 6),
        ),
        mutate: |rules| rules.next_session = |_| 1,
    },
    Mutant {
        facts: MutantFacts::new(
            "last-session-is-forgotten",
            "a session that is over may begin again",
            "ours",
            ("closes", "A Session Begins Once"),
            Shortest::path(6, 6),
        ),
        mutate: |rules| rules.is_over = |_, _| false,
    },
    Mutant {
        facts: MutantFacts::new(
            "gaps-are-taken",
            "a message is taken although one before it is missing",
            "ours",
            ("in-order", "Messages Come in Order"),
            Shortest::path(7, 7),
        ),
        mutate: |rules| rules.is_next = |taken, number| taken < number,
    },
    Mutant {
        facts: MutantFacts::new(
            "repeats-are-taken",
            "a message is taken again",
            "ours",
            ("in-order", "Messages Come in Order"),
            Shortest::path(7, 7),
        )
        .also(&["Refines Session"]),
        mutate: |rules| rules.is_next = |taken, number| number <= taken + 1,
    },
    Mutant {
        facts: MutantFacts::new(
            "any-session-is-the-one",
            "a frame belongs to whatever session is there",
            "ours",
            ("closes", "Messages Come in Order"),
            Shortest::path(10, 10),
        ),
        mutate: |rules| rules.belongs = |_, _| true,
    },
    Mutant {
        facts: MutantFacts::new(
            "boot-is-not-counted",
            "an end that starts again has the boot that it had",
            "ours",
            ("crash", "A Session Begins Once"),
            Shortest::path(6, 5),
        ),
        mutate: |rules| rules.next_boot = |_| 1,
    },
    Mutant {
        facts: MutantFacts::new(
            "any-boot-is-the-one",
            "a frame for an earlier boot of the acceptor is for this one",
            "ours",
            ("crash", "A Session Begins Once"),
            Shortest::path(6, 6),
        ),
        mutate: |rules| rules.is_for_boot = |_, _| true,
    },
    Mutant {
        facts: MutantFacts::new(
            "acknowledges-the-next",
            "the next message is acknowledged, too",
            "ours",
            ("in-order", "What Is Acknowledged Was Taken"),
            Shortest::path(6, 5),
        ),
        mutate: |rules| rules.acknowledges = |taken| taken + 1,
    },
    Mutant {
        facts: MutantFacts::new(
            "acknowledges-nothing",
            "no acknowledgement says that something was taken",
            "ours",
            ("live", "What Is Said Is Heard"),
            Shortest::lasso(5, 4, 5),
        ),
        mutate: |rules| rules.acknowledges = |_| 0,
    },
    Mutant {
        facts: MutantFacts::new(
            "window-stays-full",
            "a frame counts in the window although its messages were taken",
            "ours",
            ("live", "What Is Said Is Heard"),
            Shortest::lasso(7, 0, 7),
        ),
        mutate: |rules| rules.is_on_its_way = |_, _| true,
    },
    Mutant {
        facts: MutantFacts::new(
            "sends-once",
            "what was lost is never sent again",
            "ours",
            ("live-loss", "What Is Said Is Heard"),
            Shortest::lasso(4, 2, 6),
        ),
        mutate: |rules| rules.sends_again = |_| false,
    },
    Mutant {
        facts: MutantFacts::new(
            "closes-in-silence",
            "who closes a session does not say so",
            "ours",
            ("live", "A Close Is Heard"),
            Shortest::lasso(7, 0, 4),
        ),
        mutate: |rules| rules.tells_of_close = |_| false,
    },
];

//! Dropping dead messages loses nothing: the same situations of the servers are reached with and
//! without it. The explorer checks each delivery that this rests on in every search; here the
//! conclusion is compared, in small clusters.

use quorate_models::protocol::Protocol;
use quorate_models::raft::Raft;
use quorate_models::raft::config::{Config, Refusals};
use quorate_models::raft::ghost::{Past, ghost};
use quorate_models::raft::message::Message;
use quorate_models::raft::rules::Rules;
use quorate_models::raft::server::{Server, Timer};
use quorate_models::system::{
    Channels, Environment, IsDead, LocalOf, Remaining, Restart, StateOf, System, Timeouts, Writes,
};
use stateright::Model;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

type Cluster = System<Server, Past>;

/// The part of a state that a reduction must not lose: everything but the messages in flight.
type Situation = (Vec<Arc<LocalOf<Server>>>, Remaining, Past);

/// Every reachable situation, and the number of states.
fn situations(system: &Cluster) -> (HashSet<Situation>, usize) {
    let mut seen: HashSet<StateOf<Server, Past>> = system.init_states().into_iter().collect();
    let mut queue: VecDeque<_> = seen.iter().cloned().collect();
    let mut situations = HashSet::new();
    while let Some(state) = queue.pop_front() {
        for next in system.next_states(&state) {
            if seen.insert(next.clone()) {
                queue.push_back(next);
            }
        }
        situations.insert((state.locals, state.remaining, state.ghost));
    }
    (situations, seen.len())
}

fn cluster(
    config: &Config,
    rules: Rules,
    channels: Channels<Message>,
    environment: Environment<Server>,
    is_dead: Option<IsDead<Server>>,
) -> Cluster {
    let servers = (0..config.servers)
        .map(|_| Server {
            config: config.clone(),
            rules,
        })
        .collect();
    let mut system = System::new(servers, channels, environment, Past::default());
    system.ghost = ghost();
    system.is_dead = is_dead;
    system
}

/// The reduction as the configurations use it.
fn declared() -> IsDead<Server> {
    Raft::configuration("election")
        .system(None)
        .is_dead
        .expect("the reduction is on in every configuration")
}

fn loses_nothing(
    config: &Config,
    rules: Rules,
    channels: fn() -> Channels<Message>,
    budgets: fn() -> Environment<Server>,
) {
    let with = situations(&cluster(
        config,
        rules,
        channels(),
        budgets(),
        Some(declared()),
    ));
    let without = situations(&cluster(config, rules, channels(), budgets(), None));
    println!(
        "{} states with it, {} without: {config:?}",
        with.1, without.1
    );
    assert!(with.1 < without.1, "nothing is dropped in {config:?}");
    assert!(
        with.0 == without.0,
        "{} of {} situations",
        with.0.len(),
        without.0.len()
    );
}

fn servers(refusals: Refusals) -> Config {
    Config {
        refusals,
        entries_per_message: usize::MAX,
        bytes_per_message: usize::MAX,
        window: 1,
        pre_vote: false,
        check_quorum: false,
        ..Config::production(3)
    }
}

fn elections(times: u8) -> Vec<Timeouts<Server>> {
    vec![Timeouts::shared(Timer::Election, 0..2, times)]
}

fn commands(names: &[&str]) -> Vec<Message> {
    names
        .iter()
        .map(|name| Message::ClientRequest((*name).into()))
        .collect()
}

/// With PreVote, and with CheckQuorum.
fn with_leases(refusals: Refusals) {
    let rules = Rules::default();
    for (pre_vote, check_quorum) in [(true, false), (false, true)] {
        let config = Config {
            no_op: false,
            pre_vote,
            check_quorum,
            ..servers(refusals)
        };
        loses_nothing(&config, rules, Channels::once, || Environment {
            timeouts: vec![
                Timeouts::shared(Timer::Election, 0..2, 2),
                Timeouts::shared(Timer::Lease, 0..2, 1),
            ],
            ..Environment::default()
        });
    }
}

fn in_every_scenario(refusals: Refusals) {
    let rules = Rules::default();
    with_leases(refusals);
    loses_nothing(&servers(refusals), rules, Channels::once, || Environment {
        timeouts: elections(2),
        ..Environment::default()
    });
    loses_nothing(&servers(refusals), rules, Channels::for_ever, || {
        Environment {
            timeouts: elections(2),
            ..Environment::default()
        }
    });
    let pipelined = Config {
        entries_per_message: 1,
        window: 2,
        ..servers(refusals)
    };
    loses_nothing(&pipelined, rules, Channels::once, || Environment {
        timeouts: elections(1),
        duplicates: 1,
        requests: commands(&["a"]),
        ..Environment::default()
    });
    let without_no_op = Config {
        no_op: false,
        ..servers(refusals)
    };
    loses_nothing(&without_no_op, rules, Channels::once, || Environment {
        timeouts: elections(2),
        crashes: 1,
        restart: Restart::AtOnce,
        ..Environment::default()
    });
    // Two elections: what is on disk may be of an earlier term than what is in memory.
    loses_nothing(&without_no_op, rules, Channels::once, || Environment {
        timeouts: elections(2),
        crashes: 1,
        restart: Restart::Later,
        writes: Writes::Synced,
        ..Environment::default()
    });
}

#[test]
fn nothing_is_lost_when_refusals_are_silent() {
    in_every_scenario(Refusals::Silent);
}

/// The comparison can fail: the rule of silent refusals is wrong where stale terms are answered,
/// because the answer raises the candidate's term.
#[test]
fn a_wrong_reduction_is_found() {
    let silent: IsDead<Server> = |server, local, envelope| {
        let config = Config {
            refusals: Refusals::Silent,
            ..server.config.clone()
        };
        declared()(
            &Server {
                config,
                rules: server.rules,
            },
            local,
            envelope,
        )
    };
    let config = servers(Refusals::StaleTerm);
    let budgets = || Environment {
        timeouts: elections(2),
        ..Environment::default()
    };
    let build = |is_dead| {
        situations(&cluster(
            &config,
            Rules::default(),
            Channels::once(),
            budgets(),
            is_dead,
        ))
    };
    let (with, without) = (build(Some(silent)), build(None));
    assert!(with.0.is_subset(&without.0) && with.0 != without.0);
}

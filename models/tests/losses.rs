//! A message that is never delivered is as good as lost: every state that servers come to with losses,
//! they come to without, also where heartbeats send again. So `raft::features` says of what is not
//! searched with losses.

use quorate_models::protocol::Protocol;
use quorate_models::raft::Raft;
use quorate_models::raft::config::{Config, Refusals};
use quorate_models::raft::ghost::{Past, ghost};
use quorate_models::raft::message::Message;
use quorate_models::raft::server::{Server, Timer};
use quorate_models::system::{
    Channels, Environment, LocalOf, Remaining, StateOf, System, Timeouts,
};
use stateright::Model;
use std::collections::HashSet;
use std::sync::Arc;

/// Everything but the messages in flight, and the losses and crashes that are left.
type Situation = (Vec<Arc<LocalOf<Server>>>, Remaining, Past);

/// Every reachable situation, and the number of states.
fn situations(config: &Config, budgets: Environment<Server>) -> (HashSet<Situation>, usize) {
    let server = Server::new(config.clone());
    let servers = vec![server; config.servers];
    let environment = budgets;
    let mut system = System::new(servers, Channels::once(), environment, Past::default());
    system.ghost = ghost();
    system.is_dead = Raft::configuration("election").system(None).is_dead;
    let mut queue = system.init_states();
    let mut seen: HashSet<StateOf<Server, Past>> = queue.iter().cloned().collect();
    let mut situations = HashSet::new();
    while let Some(state) = queue.pop() {
        let next = system.next_states(&state).into_iter();
        queue.extend(next.filter(|next| seen.insert(next.clone())));
        let budget = Remaining {
            losses: 0,
            crashes: 0,
            ..state.remaining
        };
        situations.insert((state.locals, budget, state.ghost));
    }
    (situations, seen.len())
}

fn cluster(servers: usize, refusals: Refusals) -> Config {
    Config {
        no_op: false,
        refusals,
        entries_per_message: 1,
        window: 2,
        pre_vote: false,
        check_quorum: false,
        ..Config::production(servers)
    }
}

/// The first server leads and sends again; with two elections, it may be deposed.
fn budgets(elections: usize, requests: &[&str]) -> Environment<Server> {
    let elections = (0..elections).map(|of| Timeouts::shared(Timer::Election, [of], 1));
    let heartbeats = Timeouts::shared(Timer::Heartbeat, [0], 2);
    let requests = requests.iter();
    Environment {
        timeouts: elections.chain([heartbeats]).collect(),
        requests: requests
            .map(|name| Message::ClientRequest((*name).into()))
            .collect(),
        ..Environment::default()
    }
}

#[test]
fn a_loss_leads_to_no_other_situation() {
    for (config, elections, requests) in [
        (cluster(3, Refusals::StaleTerm), 2, &[][..]),
        (cluster(3, Refusals::Silent), 1, &["a"][..]),
        (cluster(4, Refusals::Silent), 1, &[][..]),
    ] {
        let lossy = Environment {
            losses: 1,
            ..budgets(elections, requests)
        };
        let with = situations(&config, lossy);
        let without = situations(&config, budgets(elections, requests));
        assert!(without.1 < with.1, "nothing is lost in {config:?}");
        assert!(with.0 == without.0, "{config:?}");
    }
}

/// The comparison can fail: a crash does lead to others.
#[test]
fn a_crash_leads_to_other_situations() {
    let config = cluster(3, Refusals::Silent);
    let crashing = Environment {
        crashes: 1,
        ..budgets(1, &["a"])
    };
    let with = situations(&config, crashing).0;
    let without = situations(&config, budgets(1, &["a"])).0;
    assert!(without.is_subset(&with) && without != with);
}

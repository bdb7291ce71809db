//! The checked Raft server in an `ActorModel`.
//!
//! An `ActorModel` has no budgets, steps or participants' moves. So terms end at a boundary, history is
//! what messages tell, and of the claims seven are made, none of them about steps.

use super::{Rival, SharedClaim, claims};
use quorate_models::quorum::is_quorum;
use quorate_models::raft::config::Refusals;
use quorate_models::raft::ghost::{Committed, Past};
use quorate_models::raft::log::Index;
use quorate_models::raft::message::{AppendEntries, Message};
use quorate_models::raft::properties as raft;
use quorate_models::raft::server::Timer;
use quorate_models::raft::state::{Persistent, State, Term};
use quorate_models::raft::{Config, Server};
use quorate_models::system::claim::Condition;
use quorate_models::system::{LocalOf, System};
use stateright::actor::{Actor, ActorModel, Command, Envelope, Id, Network, Out};
use std::borrow::Cow;

const SERVERS: usize = 3;
/// Elections end with this term.
const LAST_TERM: Term = Term(2);

/// A server whose heartbeats are never due. An `ActorModel` lets every armed timer fire, for ever.
#[derive(Clone)]
pub struct Patient(Server);

impl Patient {
    /// Does what the server does, but for arming that timer.
    fn run<T>(out: &mut Out<Self>, handler: impl FnOnce(&mut Out<Server>) -> T) -> T {
        let mut asked = Out::new();
        let result = handler(&mut asked);
        let is_heard = |command: &_| !matches!(command, Command::SetTimer(Timer::Heartbeat, _));
        let mut heard: Out<Self> = asked.into_iter().filter(is_heard).collect();
        out.append(&mut heard);
        result
    }
}

impl Actor for Patient {
    type Msg = Message;
    type State = State;
    type Timer = Timer;
    type Random = ();
    type Storage = Persistent;

    fn on_start(&self, id: Id, stored: &Option<Persistent>, out: &mut Out<Self>) -> State {
        Self::run(out, |out| self.0.on_start(id, stored, out))
    }

    fn on_msg(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        message: Message,
        out: &mut Out<Self>,
    ) {
        Self::run(out, |out| self.0.on_msg(id, state, src, message, out));
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<'_, State>, timer: &Timer, out: &mut Out<Self>) {
        Self::run(out, |out| self.0.on_timeout(id, state, timer, out));
    }
}

/// The leaders and commits that messages tell of.
fn told(history: &Past, envelope: Envelope<&Message>) -> Option<Past> {
    let Message::AppendEntries(m) = envelope.msg else {
        return None;
    };
    let mut grown = history.clone();
    grown.leaders.entry(m.term).or_insert(envelope.src);
    let next = |history: &Past| Index(0).plus(history.committed.len() + 1);
    while let Some(term) = term_at(m, next(&grown)).filter(|_| next(&grown) <= m.commit) {
        grown.committed.push(Committed { term, by: m.term });
    }
    (grown != *history).then_some(grown)
}

/// The term of an entry, if the message tells it.
fn term_at(message: &AppendEntries, index: Index) -> Option<Term> {
    if index == message.prev.index {
        return Some(message.prev.term);
    }
    let after = index.0.checked_sub(message.prev.index.0 + 1)?;
    message.entries.get(after as usize).map(|entry| entry.term)
}

/// Three servers, two terms and a command.
pub struct Raft;

impl Rival for Raft {
    type Actor = Patient;
    type Ghost = Past;

    const NAME: &'static str = "raft";
    const STATES: usize = 1_670_348;
    const TRANSITIONS: usize = 3_800_677;

    fn model() -> ActorModel<Patient, (), Past> {
        let config = Config {
            refusals: Refusals::Silent,
            window: 1,
            pre_vote: false,
            check_quorum: false,
            ..Config::production(SERVERS)
        };
        let request = Envelope {
            src: Id::from(SERVERS),
            dst: Id::from(0),
            msg: Message::ClientRequest("a".into()),
        };
        ActorModel::new((), Past::default())
            .actors((0..SERVERS).map(|_| Patient(Server::new(config.clone()))))
            .init_network(Network::new_unordered_nonduplicating([request]))
            .record_msg_out(|(), history, envelope| told(history, envelope))
            .within_boundary(|(), whole| whole.actor_states.iter().all(|state| is_inside(state)))
    }

    fn system() -> System<Patient, Past> {
        let boundary = Condition::Each(|seat, _| seat.up().is_none_or(is_inside));
        System {
            boundary: Some(boundary),
            ..System::stateright(Self::model())
        }
    }

    fn claims() -> Vec<SharedClaim<Patient, Past>> {
        claims! {
            always "Election Safety": each |id, state, history| {
                raft::election_safety(id, state, history)
            }
            always "Log Matching": pair |one, other| raft::log_matching(one.log(), other.log())
            always "Leader Completeness": each |_, state, history| {
                raft::leader_completeness(state, history)
            }
            always "State Machine Safety": each |_, state, history| {
                raft::state_machine_safety(state, history)
            }
            always "Quorum Holds Commits": quorum |disk, history| {
                raft::holds_commits(disk, history)
            }
            always "Durable before Visible": flight |dst, message, disk, receiver| {
                raft::durable_before_visible(dst, message, disk, receiver)
            }
            always "No Server Stops": each |_, state, _| raft::runs(state)
            sometimes "A Leader Is Elected": each |_, state, _| state.is_leader()
            sometimes "Two Leaders Coexist": pair |one, other| {
                one.is_leader() && other.is_leader()
            }
            sometimes "Logs Diverge": pair |one, other| raft::logs_diverge(one.log(), other.log())
            sometimes "A Leader Follows a Commit": each |_, state, history| {
                raft::leads_after_a_commit(state, history)
            }
            sometimes "Two Servers Commit": pair |one, other| {
                Index(0) < one.commit_index.min(other.commit_index)
            }
            sometimes "A Vote Is in Flight": flight |_, message, _, _| {
                matches!(message, Message::RequestVoteResponse(m) if m.granted)
            }
        }
    }
}

fn is_inside(state: &State) -> bool {
    state.term() <= LAST_TERM
}

fn up(local: &LocalOf<Patient>) -> &State {
    local.up().expect("nobody is ever down")
}

fn stored_or_blank(stored: Option<&Persistent>) -> Cow<'_, Persistent> {
    stored.map_or_else(Cow::default, Cow::Borrowed)
}

//! The claims, and the witnesses that they are not vacuous.

use super::ghost::Past;
use super::{RaftCrate, Server};
use crate::node::Said;
use crate::raft_rs::snapshot::{Disk, Logged, Snapshot};
use crate::raft_rs::wire::Wire;
use crate::raft_rs::{Request, Timer, id_of};
use quorate_models::protocol::{ClaimOf, Configuration};
use quorate_models::system::Action;
use quorate_models::system::claim::Condition::{Each, Flight, Ghost, Pair};
use quorate_models::system::claim::{self, Check, Claim};
use raft::eraftpb::MessageType;
use stateright::actor::Id;

type Seat<'a> = claim::Seat<'a, Server>;

/// Every claim, and every witness.
pub const CLAIMS: &[ClaimOf<RaftCrate>] = &[
    Claim::new(
        "Election Safety",
        "Raft §5.2, Fig. 3",
        "A Leader Is Elected",
        Check::Invariant(Each(|seat, past| {
            up(seat).is_none_or(|it| !it.leads() || past.leaders.get(&it.term) == Some(&seat.id))
        })),
    ),
    Claim::new(
        LOG_MATCHING,
        "Raft §5.3, Fig. 3",
        "Logs Diverge",
        Check::Invariant(Pair(|one, other| both(one, other).is_none_or(logs_match))),
    ),
    Claim::new(
        "Leader Completeness",
        "Raft §5.4, Fig. 3",
        "A Leader Follows a Commit",
        Check::Invariant(Each(|seat, past| {
            up(seat).is_none_or(|it| !it.leads() || holds_earlier(it, past))
        })),
    ),
    Claim::new(
        "State Machine Safety",
        "Raft §5.4.3, Fig. 3",
        "Two Servers Commit",
        Check::Invariant(Each(|seat, past| {
            up(seat).is_none_or(|it| commits_the_same(it, past))
        })),
    ),
    Claim::new(
        "Durable before Visible",
        "Raft Fig. 2",
        "A Vote Is in Flight",
        Check::Invariant(Flight(|flight| {
            let disk = flight.sender.and_then(|local| local.storage.clone());
            peer(flight.msg).is_none_or(|it| is_durable(it, flight.dst, &disk.unwrap_or_default()))
        })),
    ),
    Claim::new(
        LINEARIZABLE_READS,
        "Raft thesis §6.4",
        READ_IS_ANSWERED,
        Check::Invariant(Each(|seat, past| {
            let told = seat.up().into_iter().flat_map(|state| &state.told);
            let floor = |context: &str| past.asked.get(context).copied().unwrap_or_default();
            told.into_iter()
                .all(|answer| floor(&answer.context) <= answer.index)
        })),
    ),
    Claim::witness(
        "A Leader Is Elected",
        Each(|seat, _| up(seat).is_some_and(Snapshot::leads)),
    ),
    Claim::witness(
        "Logs Diverge",
        Pair(|one, other| both(one, other).is_some_and(diverge)),
    ),
    Claim::witness(
        "A Leader Follows a Commit",
        Each(|seat, past| {
            let is_earlier = |term| past.committed.iter().any(|entry| entry.by < term);
            up(seat).is_some_and(|it| it.leads() && is_earlier(it.term))
        }),
    ),
    Claim::witness(
        "Two Servers Commit",
        Pair(|one, other| both(one, other).is_some_and(|(a, b)| 0 < a.commit.min(b.commit))),
    ),
    Claim::witness(
        "A Vote Is in Flight",
        Flight(|flight| peer(flight.msg).is_some_and(is_vote)),
    ),
    Claim::witness(
        READ_IS_ANSWERED,
        Each(|seat, _| seat.up().is_some_and(|state| !state.told.is_empty())),
    ),
    Claim::witness(
        "A Command Is Committed",
        Each(|seat, _| {
            let mut committed = up(seat)
                .into_iter()
                .flat_map(|it| &it.log[..it.commit as usize]);
            committed.any(|entry| !entry.data.is_empty())
        }),
    ),
    Claim::witness(
        "A Second Term Begins",
        Ghost(|past| past.leaders.keys().any(|it| 1 < *it)),
    ),
    Claim::witness(
        "A Write Is Pending",
        Each(|seat, _| !seat.local.outbox.is_empty()),
    ),
    Claim {
        name: "A Leader Steps Down",
        source: "ours",
        witness: None,
        check: Check::StepWitness {
            when: |moved| matches!(moved.action, Action::Timeout(_, Timer::CheckQuorum)),
            shows: |step| step.moved.after.up().is_some_and(|it| !it.machine.leads()),
        },
    },
    Claim {
        name: "A Server Starts Again",
        source: "ours",
        witness: None,
        check: Check::StepWitness {
            when: |moved| matches!(moved.action, Action::Restart { .. }),
            shows: |step| step.moved.after.storage.is_some(),
        },
    },
];

const LOG_MATCHING: &str = "Log Matching";
const LINEARIZABLE_READS: &str = "Linearizable Reads";
const READ_IS_ANSWERED: &str = "A Read Is Answered";

/// A claim about reads is made where there are some. After an election that is given, logs do not diverge.
pub fn is_made(claim: &ClaimOf<RaftCrate>, configuration: &Configuration<RaftCrate>) -> bool {
    let environment = (configuration.environment)();
    let is_read = |message: &_| matches!(message, Said::Client(Request::Read(_)));
    match claim.name {
        LINEARIZABLE_READS => environment.requests.iter().any(is_read),
        LOG_MATCHING => configuration.seed.is_none(),
        _ => true,
    }
}

fn up<'a>(seat: Seat<'a>) -> Option<&'a Snapshot> {
    seat.up().map(|state| &state.machine)
}

fn both<'a>(one: Seat<'a>, other: Seat<'a>) -> Option<(&'a Snapshot, &'a Snapshot)> {
    Some((up(one)?, up(other)?))
}

fn peer(message: &Said<Wire, Request>) -> Option<&Wire> {
    match message {
        Said::Peer(wire) => Some(wire),
        Said::Client(_) | Said::Durable => None,
    }
}

/// If two logs contain an entry with the same index and term, then they are identical up to it.
fn logs_match((one, other): (&Snapshot, &Snapshot)) -> bool {
    let pairs = || one.log.iter().zip(&other.log);
    let last = pairs().rposition(|(one, other)| one.term == other.term);
    let shared = last.map_or(0, |last| last + 1);
    pairs().take(shared).all(|(one, other)| one == other)
}

/// Two logs have different entries at some index.
fn diverge((one, other): (&Snapshot, &Snapshot)) -> bool {
    one.log
        .iter()
        .zip(&other.log)
        .any(|(one, other)| one != other)
}

/// A leader's log holds every entry that was committed in an earlier term.
fn holds_earlier(leader: &Snapshot, past: &Past) -> bool {
    let term = |entry: &Logged| entry.term;
    let held = |index: usize| leader.log.get(index).map(term);
    let mut committed = past.committed.iter().enumerate();
    committed.all(|(index, entry)| leader.term <= entry.by || held(index) == Some(entry.term))
}

/// No two servers ever commit different entries at the same index.
fn commits_the_same(server: &Snapshot, past: &Past) -> bool {
    let committed = server.log.iter().take(server.commit as usize);
    let mut pairs = committed.zip(&past.committed);
    pairs.all(|(own, known)| own.term == known.term)
}

fn is_vote(wire: &Wire) -> bool {
    let message = wire.decode();
    message.get_msg_type() == MessageType::MsgRequestVoteResponse && !message.reject
}

/// The sender's disk has all that a message reveals of the sender: its term, its vote, its entries.
fn is_durable(wire: &Wire, receiver: Id, disk: &Disk) -> bool {
    let message = wire.decode();
    let kind = message.get_msg_type();
    // These speak of a term that may never begin.
    let asks = [
        MessageType::MsgRequestPreVote,
        MessageType::MsgRequestPreVoteResponse,
    ];
    if asks.contains(&kind) || message.term < disk.term {
        return true;
    }
    let speaks_true = match kind {
        MessageType::MsgRequestVoteResponse if !message.reject => {
            disk.vote == id_of(receiver.into())
        }
        MessageType::MsgAppendResponse if !message.reject => message.index <= disk.log.len() as u64,
        _ => true,
    };
    message.term == disk.term && speaks_true
}

//! A drained node as a value, and what is on its disk.

use super::wire::Wire;
use super::{Live, server_of, text};
use raft::eraftpb::{Entry, EntryType, HardState};
use raft::storage::MemStorage;
use raft::{Inflights, Progress, ProgressState, RawNode, StateRole};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Everything that the future of a node depends on.
///
/// Not in it, and why: `prev_ss`, `prev_hs`, `commit_since_index` and the unstable part are told by the
/// rest, because the node is drained (`has_ready` is asked); `max_number` is a label; `records` are
/// [`writes`](Self::writes); `heartbeat_elapsed` and the randomised timeout are read by ticks only;
/// `uncommitted_state` is read only if the uncommitted size has a limit.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Snapshot {
    /// `term`.
    pub term: u64,
    /// `vote`.
    pub vote: u64,
    /// The log, also what of it is not durable yet.
    pub log: Vec<Logged>,
    /// `raft_log.committed`.
    pub commit: u64,
    /// `raft_log.persisted`.
    pub persisted: u64,
    /// `raft_log.applied`.
    pub applied: u64,
    /// `state`.
    pub role: Role,
    /// `leader_id`.
    pub leader: u64,
    /// `lead_transferee`.
    pub transferee: Option<u64>,
    /// `pending_conf_index`.
    pub pending_conf: u64,
    /// `pending_request_snapshot`.
    pub request_snapshot: u64,
    /// `election_elapsed`.
    pub elapsed: usize,
    /// `prs`, by id. Only a leader reads it, and it is reset when a leader begins; tidy snapshots of
    /// others have none.
    pub progress: BTreeMap<u64, Peer>,
    /// `prs().votes()`. Only a candidate reads them, and they are reset when it begins; tidy snapshots of
    /// others have none.
    pub votes: BTreeMap<u64, bool>,
    /// `read_only`: the reads that wait, in order.
    pub reads: Vec<Read>,
    /// For each write that is not durable: index and term of the last entry that it writes.
    pub writes: Vec<Option<(u64, u64)>>,
}

/// An entry. Its index is its position, from 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Logged {
    /// Its term.
    pub term: u64,
    /// Its data.
    pub data: Vec<u8>,
}

/// `StateRole`, which has no hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// A follower.
    Follower,
    /// A candidate.
    Candidate,
    /// A leader.
    Leader,
    /// A candidate that asks whether it may be one.
    PreCandidate,
}

/// `Progress`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Peer {
    /// `matched`.
    pub matched: u64,
    /// `next_idx`.
    pub next: u64,
    /// `state`.
    pub pace: Pace,
    /// `paused`.
    pub paused: bool,
    /// `pending_snapshot`.
    pub pending_snapshot: u64,
    /// `pending_request_snapshot`.
    pub request_snapshot: u64,
    /// `recent_active`.
    pub recent_active: bool,
    /// `ins`: the indices of what is on its way.
    pub window: Vec<u64>,
    /// `commit_group_id`.
    pub group: u64,
    /// `committed_index`, which the crate writes and never reads; 0 in tidy snapshots.
    pub committed: u64,
}

/// `ProgressState`, which has no hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pace {
    /// One message at a time.
    Probe,
    /// Many.
    Replicate,
    /// A snapshot.
    Snapshot,
}

/// A read that waits for its quorum: `ReadIndexStatus`, with its context.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Read {
    /// The context.
    pub context: Vec<u8>,
    /// The index with which it is to be answered.
    pub index: u64,
    /// The request.
    pub request: Wire,
    /// The servers that have acknowledged it.
    pub acks: BTreeSet<u64>,
}

/// The content of the disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Disk {
    /// The term.
    pub term: u64,
    /// The vote of that term; 0 for none.
    pub vote: u64,
    /// The index up to which entries are known to be committed.
    pub commit: u64,
    /// The log.
    pub log: Vec<Logged>,
}

impl Disk {
    /// The record that has to be on the disk of a node.
    pub fn of(node: &RawNode<MemStorage>) -> Self {
        let raft = &node.raft;
        Disk {
            term: raft.term,
            vote: raft.vote,
            commit: raft.raft_log.committed,
            log: log_of(node),
        }
    }

    /// The first three fields, as the crate knows them.
    pub fn hard_state(&self) -> HardState {
        HardState {
            term: self.term,
            vote: self.vote,
            commit: self.commit,
            ..HardState::default()
        }
    }

    /// The log, as the crate knows it.
    pub fn entries(&self) -> Vec<Entry> {
        let entry = |(logged, index): (&Logged, u64)| Entry {
            term: logged.term,
            index,
            data: logged.data.clone().into(),
            ..Entry::default()
        };
        self.log.iter().zip(1..).map(entry).collect()
    }
}

fn log_of(node: &RawNode<MemStorage>) -> Vec<Logged> {
    let logged = |entry: Entry| {
        let is_plain = entry.get_entry_type() == EntryType::EntryNormal;
        assert!(
            is_plain && entry.context.is_empty(),
            "an entry of another kind"
        );
        Logged {
            term: entry.term,
            data: entry.data.to_vec(),
        }
    };
    let all = node.raft.raft_log.all_entries();
    all.into_iter().map(logged).collect()
}

impl Snapshot {
    /// Takes a node apart.
    ///
    /// # Panics
    ///
    /// If it is not drained.
    pub fn of(live: &Live, tidy: bool) -> Self {
        let Live { node, writes } = live;
        let raft = &node.raft;
        let is_drained = !node.has_ready() && raft.heartbeat_elapsed() == 0;
        assert!(is_drained, "a node is taken apart before it is drained");
        let role = Role::of(raft.state);
        let last = raft.raft_log.last_index();
        let leads = role == Role::Leader || !tidy;
        let asks = matches!(role, Role::Candidate | Role::PreCandidate) || !tidy;
        let peer = |it: &Progress| Peer::of(it, last, tidy);
        let progress = raft.prs().iter().filter(|_| leads);
        let votes = raft.prs().votes().iter().filter(|_| asks);
        Snapshot {
            term: raft.term,
            vote: raft.vote,
            log: log_of(node),
            commit: raft.raft_log.committed,
            persisted: raft.raft_log.persisted,
            applied: raft.raft_log.applied,
            role,
            leader: raft.leader_id,
            transferee: raft.lead_transferee,
            pending_conf: raft.pending_conf_index,
            request_snapshot: raft.pending_request_snapshot,
            elapsed: raft.election_elapsed,
            progress: progress.map(|(id, it)| (*id, peer(it))).collect(),
            votes: votes.map(|(id, vote)| (*id, *vote)).collect(),
            reads: reads_of(node),
            writes: writes.iter().map(|write| write.last).collect(),
        }
    }

    /// Whether it leads.
    pub fn leads(&self) -> bool {
        self.role == Role::Leader
    }
}

fn reads_of(node: &RawNode<MemStorage>) -> Vec<Read> {
    let reads = &node.raft.read_only;
    assert_eq!(reads.read_index_queue.len(), reads.pending_read_index.len());
    let read = |context: &Vec<u8>| {
        let status = &reads.pending_read_index[context];
        Read {
            context: context.clone(),
            index: status.index,
            request: Wire::of(&status.req),
            acks: status.acks.iter().copied().collect(),
        }
    };
    reads.read_index_queue.iter().map(read).collect()
}

impl Role {
    fn of(role: StateRole) -> Self {
        match role {
            StateRole::Follower => Role::Follower,
            StateRole::Candidate => Role::Candidate,
            StateRole::Leader => Role::Leader,
            StateRole::PreCandidate => Role::PreCandidate,
        }
    }
}

impl Peer {
    fn of(progress: &Progress, last: u64, tidy: bool) -> Self {
        Peer {
            matched: progress.matched,
            next: progress.next_idx,
            pace: match progress.state {
                ProgressState::Probe => Pace::Probe,
                ProgressState::Replicate => Pace::Replicate,
                ProgressState::Snapshot => Pace::Snapshot,
            },
            paused: progress.paused,
            pending_snapshot: progress.pending_snapshot,
            request_snapshot: progress.pending_request_snapshot,
            recent_active: progress.recent_active,
            window: window_of(&progress.ins, last),
            group: progress.commit_group_id,
            committed: if tidy { 0 } else { progress.committed_index },
        }
    }
}

/// The indices in a window. Nothing tells them, but each is freed when everything up to it is.
fn window_of(window: &Inflights, last: u64) -> Vec<u64> {
    let mut window = window.clone();
    let mut found = Vec::new();
    for index in 0..=last {
        let before = window.count();
        window.free_to(index);
        found.extend((window.count()..before).map(|_| index));
    }
    assert_eq!(window.count(), 0, "an index after the log is on its way");
    found
}

/// One line: what a reader of a script wants to know.
impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entry = |(logged, index): (&Logged, usize)| match text(&logged.data) {
            data if data.is_empty() => format!("{index}@{}", logged.term),
            data => format!("{index}@{}:{data}", logged.term),
        };
        let log: Vec<String> = self.log.iter().zip(1..).map(entry).collect();
        let Snapshot { role, term, .. } = self;
        write!(
            f,
            "{role:?} t{term} [{}] commit {}",
            log.join(" "),
            self.commit
        )?;
        if self.vote != 0 {
            write!(f, " voted for {}", server_of(self.vote))?;
        }
        if self.persisted < self.log.len() as u64 {
            write!(f, " durable {}", self.persisted)?;
        }
        for Read {
            context,
            index,
            acks,
            ..
        } in &self.reads
        {
            let acks: Vec<String> = acks.iter().map(|id| server_of(*id).to_string()).collect();
            write!(
                f,
                " read {} at {index} heard by {}",
                text(context),
                acks.join(",")
            )?;
        }
        Ok(())
    }
}

//! The decisions that Raft's safety argument leans on, each a pure function; and those without which
//! it would not go on.
//!
//! A handler asks its [`Rules`] and then acts. [`Rules::default`] is Raft; a
//! [mutant](super::mutants) is Raft with one rule exchanged.

use super::log::{Entry, EntryId, Index, Log};
use super::message::{AppendResult, Message};
use super::state::{Persistent, Role, Term, Transfer};
use crate::quorum::{is_quorum, reached_by_quorum};
use crate::replica::Command;
use stateright::actor::Id;
use std::collections::VecDeque;

/// One function a decision.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Raft §5.4.1: whether a candidate whose log ends with the first entry is at least as
    /// up-to-date as a voter whose log ends with the second.
    pub is_up_to_date: fn(EntryId, EntryId) -> bool,
    /// Raft §5.2: adds a vote to those received; each server counts once, however often its answer
    /// arrives.
    pub count_vote: fn(&mut Vec<Id>, Id),
    /// Raft §5.2: whether so many votes, of so many servers, elect a leader: a majority.
    pub elects: fn(usize, usize) -> bool,
    /// The match index with which a new leader begins, given its commit index. Raft Fig. 2,
    /// `matchIndex`: "initialized to 0".
    pub first_match: fn(Index) -> Index,
    /// The entries that a leader appends for a client's command: the command alone, once.
    pub appended: fn(&Command) -> Vec<Command>,
    /// Raft §5.3: whether the follower's log agrees with the leader's at `prev`.
    pub matches: fn(&Log, EntryId) -> bool,
    /// Raft Fig. 2, AppendEntries 3 and 4: the log after storing the entries that follow `prev`.
    /// An entry is removed only if one of the new entries conflicts with it.
    pub merge: fn(&Log, Index, &[Entry]) -> Log,
    /// The index that a follower acknowledges, given the last entry of the message and of its log:
    /// only entries that the message verified.
    pub acknowledge: fn(Index, Index) -> Index,
    /// Raft Fig. 2, AppendEntries 5: the commit index of a follower, given the present one,
    /// `leaderCommit`, the last new entry and the last entry of its log.
    pub follower_commit: fn(Index, Index, Index, Index) -> Index,
    /// Raft §5.3: the index up to which enough servers hold a leader's log, given how far each of
    /// them holds it: a majority.
    pub held: fn(&[Index]) -> Index,
    /// Raft §5.4.2: whether a leader may commit an entry of the first term by counting replicas
    /// while it leads the second.
    pub may_commit: fn(Term, Term) -> bool,
    /// The index up to which an answer says that the follower's log agrees with the leader's.
    pub accepted: fn(&AppendResult) -> Option<Index>,
    /// The match index after an acknowledgement: it never decreases.
    pub advance: fn(Index, Index) -> Index,
    /// The match index and the next index of a follower that is sent entries again, given its match
    /// index and the last index of each message in flight: entries that were not acknowledged may not be
    /// there.
    pub rewound: fn(Index, &VecDeque<Index>) -> (Index, Index),
    /// Raft §5.1: whether a vote of the first term is too old for a candidate in the second.
    pub is_stale_vote: fn(Term, Term) -> bool,
    /// Raft §5.1: whether an acknowledgement of the first term is too old for a leader in the
    /// second.
    pub is_stale_acknowledgement: fn(Term, Term) -> bool,
    /// The index at which a leader puts a new entry, given its last index and its commit index.
    pub next_slot: fn(Index, Index) -> Index,
    /// The record that a server finds when it restarts.
    pub restore: fn(&Option<Persistent>) -> Persistent,
    /// The writes that take the disk from the first record to the second: one.
    pub writes: fn(&Persistent, &Persistent) -> Vec<Persistent>,
    /// Raft thesis §10.2.1: whether a message may leave before the record that its handler changed
    /// is durable, given whether term and vote are as before. A leader's entries may: it counts
    /// itself only once they are.
    pub leaves_before_save: fn(&Message, bool) -> bool,
    /// Whether a timer is armed where it should be: always.
    pub arms: fn(Arming) -> bool,
    /// Whether unanswered messages are sent again at a heartbeat, given whether there are any since the
    /// last one.
    pub sends_again: fn(bool) -> bool,
    /// Raft §8: whether a new leader appends an empty entry, given whether it is configured to.
    pub begins_with_no_op: fn(bool) -> bool,
    /// Raft Fig. 2, AppendEntries 5: whether a follower heeds `leaderCommit` in a message with so many
    /// entries: in any, heartbeats included.
    pub heeds_commit: fn(usize) -> bool,
    /// Raft §5.3: the next index after a rejection, given the present one and the one that the hint
    /// leads to.
    pub next_probe: fn(Index, Index) -> Index,
    /// Raft Fig. 2, `votedFor`: the vote in a new term, given the one in the term before: none.
    pub vote_in_new_term: fn(Option<Id>) -> Option<Id>,
    /// Raft §5.2: whether a server in this role hears the leader of its own term. A candidate does, and
    /// follows it.
    pub hears_leader: fn(&Role) -> bool,
    /// Raft thesis §9.6: whether a server asks who would vote for it before it campaigns, given whether it
    /// is configured to, its term, and whether its leader has told it to campaign: then it does not.
    pub asks_first: fn(bool, Term, bool) -> bool,
    /// The term of the answer to a pre-vote, given whether it is granted, the term of the question and the
    /// own one: a grant is known by the question, a refusal tells who lags behind.
    pub pre_vote_term: fn(bool, Term, Term) -> Term,
    /// Raft thesis §4.2.3: whether a server gives no vote, given whether it leads or has just heard its
    /// leader, and whether the candidate has been told by that leader to campaign.
    pub keeps_leader: fn(bool, bool) -> bool,
    /// Raft thesis §6.2: whether a leader that has heard so many, of so many servers, goes on: a majority.
    pub keeps_leading: fn(usize, usize) -> bool,
    /// Raft thesis §3.10: whether a leader takes commands, given how far its transfer is.
    pub takes_commands: fn(Transfer) -> bool,
    /// Raft thesis §3.10: whether a follower may take a leader's place, given the index up to
    /// which it has the log and the leader's last index: with the whole log.
    pub may_take_over: fn(Index, Index) -> bool,
    /// Whether a follower campaigns that is told to in the first term while it is in the second.
    pub heeds_timeout_now: fn(Term, Term) -> bool,
    /// The votes that a candidate has before it asks, given the leader that has told it to campaign: none.
    pub first_votes: fn(Option<Id>) -> Vec<Id>,
    /// Raft thesis §3.10: a leader's transfer after the shortest election timeout: it is given up.
    pub outlasted: fn(Transfer) -> Transfer,
}

/// Where a timer is armed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arming {
    /// A candidate waits for votes.
    CandidateWaits,
    /// A voter gives its candidate time to win.
    VoteIsGiven,
    /// A follower has heard its leader.
    LeaderIsHeard,
    /// A leader that is deposed waits for the next one.
    LeaderIsDeposed,
    /// A leader has sent heartbeats.
    LeaderBeats,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            is_up_to_date: |candidate, voter| voter <= candidate,
            count_vote: |votes, voter| {
                if let Err(position) = votes.binary_search(&voter) {
                    votes.insert(position, voter);
                }
            },
            elects: is_quorum,
            first_match: |_| Index(0),
            appended: |command| vec![command.clone()],
            matches: |log, prev| log.contains(prev),
            merge,
            acknowledge: |last_new, _| last_new,
            follower_commit: |commit, leader, last_new, _| commit.max(leader.min(last_new)),
            held: |positions| reached_by_quorum(positions.iter().copied()),
            may_commit: |entry, current| entry == current,
            accepted: |result| match result {
                AppendResult::Accepted { matched } => Some(*matched),
                AppendResult::Rejected { .. } => None,
            },
            advance: |matched, acknowledged| matched.max(acknowledged),
            rewound: |matched, _| (matched, matched.next()),
            is_stale_vote: |message, current| message < current,
            is_stale_acknowledgement: |message, current| message < current,
            next_slot: |last, _| last.next(),
            restore: |stored| stored.clone().unwrap_or_default(),
            writes: |_, after| vec![after.clone()],
            leaves_before_save: |message, same_vote| {
                same_vote && matches!(message, Message::AppendEntries(_))
            },
            arms: |_| true,
            sends_again: |stalled| stalled,
            begins_with_no_op: |configured| configured,
            heeds_commit: |_| true,
            next_probe: |_, hinted| hinted,
            vote_in_new_term: |_| None,
            hears_leader: |_| true,
            asks_first: |configured, _, is_told| configured && !is_told,
            pre_vote_term: |granted, asked, own| if granted { asked } else { own },
            keeps_leader: |has_lease, is_told| has_lease && !is_told,
            keeps_leading: is_quorum,
            takes_commands: |transfer| transfer == Transfer::Unasked,
            may_take_over: |matched, last| matched == last,
            heeds_timeout_now: |told, own| told == own,
            first_votes: |_| Vec::new(),
            outlasted: |_| Transfer::Unasked,
        }
    }
}

fn merge(log: &Log, prev: Index, entries: &[Entry]) -> Log {
    let mut merged = log.clone();
    let mut index = prev;
    for entry in entries {
        index = index.next();
        if merged.term_at(index) == Some(entry.term) {
            continue;
        }
        merged.truncate_after(index.prev());
        merged.append(entry.clone());
    }
    merged
}

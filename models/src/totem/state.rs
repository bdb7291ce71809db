//! The state of a processor.

use super::flow::Flow;
use super::log::{Component, Log};
use super::message::{CommitToken, Content, Message, Regular, Token};
use super::store::Store;
use serde::{Deserialize, Serialize};
use stateright::actor::Id;
use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;

/// A ring. Its number is larger than those of all rings that its members were in before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RingId {
    /// Its number. Paper: *ring sequence number*.
    pub number: u64,
    /// The processor that has formed it: its member with the lowest id.
    pub representative: Id,
}

impl fmt::Debug for RingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", usize::from(self.representative), self.number)
    }
}

/// The record of a processor on stable storage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Persistent {
    /// The largest number of a ring that it has agreed to.
    pub number: u64,
    /// Its log; empty where none is kept.
    pub log: Log,
}

/// A processor.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// The record on stable storage, or on its way there.
    pub persistent: Persistent,
    /// The ring that it is in, or has agreed to. Paper: *my_ring_id*.
    pub ring: RingId,
    /// The largest number of a ring that it has heard of. Paper: *max_ring_seq*.
    pub number_max: u64,
    /// Everyone considered for the next ring. Paper: *proc_set*.
    pub procs: BTreeSet<Id>,
    /// Those of them who have failed. Paper: *fail_set*.
    pub fails: BTreeSet<Id>,
    /// The ring that was installed last.
    pub installed: Installed,
    /// Messages that the application wants to send, and that have no place yet.
    pub queue: VecDeque<Content>,
    /// The state that a failed recovery leaves to the next: none.
    pub left: Termination,
    /// Its phase.
    pub phase: Phase,
    /// The role of its ring for the log, where one is kept.
    pub component: Option<Box<Component>>,
}

/// The phase of a processor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// It orders and delivers messages in the ring that is installed.
    Operational {
        /// The token, while nobody has anything to send: the representative holds it.
        held: Option<Token>,
    },
    /// It looks for others.
    Gather {
        /// Those who look for the same, as far as it has heard.
        consensus: BTreeSet<Id>,
    },
    /// It has agreed to a ring and waits for the others.
    Commit {
        /// The token that it has sent last, to be sent again.
        sent: Option<CommitToken>,
        /// The members of the ring.
        members: Vec<Id>,
    },
    /// It exchanges the messages of its old ring with those who come from there, too.
    Recovery(Box<Recovery>),
    /// It has left, and takes part in nothing until it starts again.
    Gone,
}

/// A ring that was installed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Installed {
    /// The ring.
    pub ring: Ring,
    /// Up to where its messages were delivered.
    pub delivered: u64,
    /// The processors whose messages are to be delivered, even if others are missing before them. Extended
    /// virtual synchrony: *obligation set*.
    pub obligation: BTreeSet<Id>,
}

/// A ring, as a member sees it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ring {
    /// Its name.
    pub id: RingId,
    /// Its members, in their order.
    pub members: Vec<Id>,
    /// Its messages.
    pub store: Store,
    /// Its knowledge from the token.
    pub turn: Turn,
}

/// The knowledge of a member from the token.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Turn {
    /// The last hop at which it came here. Paper: *my_token_seq*.
    pub hop: Option<u64>,
    /// Its aru, as it came. Paper: *last_token_aru*.
    pub aru: u64,
    /// Up to where everyone has everything.
    pub safe: u64,
    /// Its own part in what the token sums up.
    pub flow: Flow,
    /// Visits in a row at which the token's aru did not rise, because one member holds it down; as many as
    /// are too many are as good as more. Paper: *my_aru_count*.
    pub stalled: u16,
    /// The token that was sent last, to be sent again.
    pub sent: Option<Box<Message>>,
}

/// The recovery of an old ring in a new one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Recovery {
    /// The new ring.
    pub ring: Ring,
    /// Those who come from the same old ring.
    pub together: BTreeSet<Id>,
    /// The processors whose messages they will have to deliver.
    pub obligation: BTreeSet<Id>,
    /// Up to where one of them has delivered the old ring.
    pub delivered: u64,
    /// The messages of the old ring that are to be sent again.
    pub queue: VecDeque<Arc<Regular>>,
    /// Whether it has sent the first regular token of the ring.
    pub begun: bool,
    /// How far it is from its end.
    pub termination: Termination,
}

/// How far a recovery is from its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Termination {
    /// Visits in a row at which nobody had anything to send again; 3 are as good as more. Paper:
    /// *retrans_flg_count*.
    pub clear: u8,
    /// Where the recovery's messages end. Paper: *install_seq*.
    pub end: u64,
    /// Visits in a row at which everyone seemed to have them all. Paper: *aru_count*.
    pub complete: u8,
    /// Whether this processor has set the token's flag. Paper: *my_set_retrans_flg*.
    pub has_set: bool,
}

impl State {
    /// Whether it orders messages in a ring.
    pub fn is_operational(&self) -> bool {
        matches!(self.phase, Phase::Operational { .. })
    }

    /// Whether it has left.
    pub fn is_gone(&self) -> bool {
        self.phase == Phase::Gone
    }

    /// The members of the ring that it is in or has agreed to; none while it looks for others, or has left.
    pub fn members(&self) -> &[Id] {
        match &self.phase {
            Phase::Operational { .. } => &self.installed.ring.members,
            Phase::Gather { .. } | Phase::Gone => &[],
            Phase::Commit { members, .. } => members,
            Phase::Recovery(recovery) => &recovery.ring.members,
        }
    }

    /// Whether it has agreed to a ring since the last one was installed.
    pub fn has_left(&self) -> bool {
        self.ring != self.installed.ring.id
    }

    /// Whether something of a member is of a ring before this one, and says nothing.
    pub fn is_past(&self, member: Id, ring: RingId) -> bool {
        self.members().contains(&member) && ring.number < self.ring.number
    }

    /// Those with whom it would form a ring.
    pub fn candidates(&self) -> BTreeSet<Id> {
        self.procs.difference(&self.fails).copied().collect()
    }

    /// Its description in pictures.
    pub fn badge(&self) -> String {
        let ring = self.ring;
        match self.phase {
            Phase::Operational { .. } => format!("ring {ring:?}"),
            Phase::Gather { .. } => "gathers".to_owned(),
            Phase::Commit { .. } => format!("commits {ring:?}"),
            Phase::Recovery(_) => format!("recovers {ring:?}"),
            Phase::Gone => "has left".to_owned(),
        }
    }
}

impl Ring {
    /// A ring as it begins.
    pub fn new(id: RingId, members: Vec<Id>) -> Self {
        Ring {
            id,
            members,
            store: Store::default(),
            turn: Turn::default(),
        }
    }

    /// The member after this one.
    pub fn successor(&self, id: Id) -> Id {
        successor(&self.members, id)
    }
}

/// The member after this one.
pub fn successor(members: &[Id], id: Id) -> Id {
    let next = members.iter().copied().find(|member| id < *member);
    next.unwrap_or(members[0])
}

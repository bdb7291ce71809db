//! Voting: acceptors promise ballots and accept values in them; values that a quorum has accepted are
//! decided. After Lamport's specification of that name, for sequences of values.
//!
//! A value is named by its position and by the ballot in which it was proposed.
//!
//! The machine does not remember in which ballot a value was accepted, or what an acceptor had accepted
//! when it promised. So it compares nothing with an acceptor that has gone on to a later ballot, and
//! with three acceptors and three ballots it gets to decide two values at one position. It says *how*
//! a step may come about; that nothing decided differs is what [total order](super::total_order) says
//! of the same steps.

use super::Machine;
use crate::quorum::Quorum;
use std::collections::BTreeMap;

/// The machine.
pub struct Voting;

/// The number of a ballot. 0 is before the first.
pub type Ballot = u64;

/// Its variables. Acceptors are named by their positions.
pub type State = super::State<Acceptor, Ballots>;

/// The variables of an acceptor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Acceptor {
    /// The latest ballot that it has promised. It takes part in none before it any more.
    pub promised: Ballot,
    /// The values that it has accepted: at each position, the ballot in which the value was proposed.
    pub accepted: Vec<Ballot>,
    /// How far it has got with that.
    pub rank: Rank,
}

/// The rank by which acceptors are compared where a ballot begins: the last ballot in which one has accepted,
/// as far as the protocol knows; then how many values it has.
pub type Rank = (Ballot, usize);

/// The variables of all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ballots {
    /// The ballots that have begun, and who proposes in each.
    pub proposers: BTreeMap<Ballot, usize>,
    /// The decided values.
    pub decided: Vec<Decided>,
}

/// A value that is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decided {
    /// The ballot in which it was proposed.
    pub proposed: Ballot,
    /// The ballot in which it was decided.
    pub by: Ballot,
}

/// The actions of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// An acceptor promises a later ballot.
    Promise(usize, Ballot),
    /// A ballot begins, with its proposer.
    Begin(Ballot, usize),
    /// An acceptor accepts in the ballot that it has promised: its accepted values then, and how far it has
    /// got.
    Accept(usize, Vec<Ballot>, Rank),
    /// Values are decided in a ballot, after those that are decided already.
    Decide(Ballot, Vec<Ballot>),
}

impl Machine for Voting {
    type Own = Acceptor;
    type Shared = Ballots;
    type Action = Action;

    fn difference(before: &State, after: &State) -> Vec<Action> {
        let (old, new) = (&before.shared, &after.shared);
        let [mut promises, mut acceptances] = [const { Vec::new() }; 2];
        for (acceptor, (old, now)) in before.own.iter().zip(&after.own).enumerate() {
            if now.promised < old.promised {
                continue;
            }
            let accepts = (&old.accepted, old.rank) != (&now.accepted, now.rank);
            let ballot = match accepts {
                true => after.accepts_in(acceptor, old),
                false => now.promised,
            };
            let promise = |from, to| (from < to).then_some(Action::Promise(acceptor, to));
            promises.extend(promise(old.promised, ballot));
            if accepts {
                acceptances.push(Action::Accept(acceptor, now.accepted.clone(), now.rank));
            }
            acceptances.extend(promise(ballot, now.promised));
        }
        let proposers = new.proposers.iter();
        let begun = proposers.filter(|(ballot, _)| !old.proposers.contains_key(ballot));
        let begins = begun.map(|(ballot, proposer)| Action::Begin(*ballot, *proposer));
        let more = new.decided.strip_prefix(&old.decided[..]);
        let decides = more.and_then(|more| {
            let values = more.iter().map(|value| value.proposed).collect();
            Some(Action::Decide(more.last()?.by, values))
        });
        promises
            .into_iter()
            .chain(begins)
            .chain(acceptances)
            .chain(decides)
            .collect()
    }

    fn is_enabled(state: &State, action: &Action, quorum: &Quorum) -> bool {
        match action {
            Action::Promise(acceptor, ballot) => state.own[*acceptor].promised < *ballot,
            Action::Begin(ballot, proposer) => state.may_begin(*ballot, *proposer, quorum),
            Action::Accept(acceptor, values, rank) => state.may_accept(*acceptor, values, *rank),
            Action::Decide(ballot, values) => state.may_decide(*ballot, values, quorum),
        }
    }

    /// A promise.
    fn is_always_enabled(before: &Acceptor, after: &Acceptor) -> bool {
        let accepts = (&before.accepted, before.rank) != (&after.accepted, after.rank);
        before.promised < after.promised && !accepts
    }

    fn take(state: &mut State, action: Action) {
        match action {
            Action::Promise(acceptor, ballot) => state.own[acceptor].promised = ballot,
            Action::Begin(ballot, proposer) => {
                state.shared.proposers.insert(ballot, proposer);
            }
            Action::Accept(acceptor, values, rank) => {
                let own = &mut state.own[acceptor];
                (own.accepted, own.rank) = (values, rank);
            }
            Action::Decide(by, values) => {
                let decided = values.into_iter().map(|proposed| Decided { proposed, by });
                state.shared.decided.extend(decided);
            }
        }
    }
}

impl State {
    /// The ballot in which an acceptor has accepted what it has now. It may have promised more since:
    /// several writes may become durable at once.
    fn accepts_in(&self, acceptor: usize, before: &Acceptor) -> Ballot {
        let Acceptor {
            promised,
            accepted,
            rank,
        } = &self.own[acceptor];
        if before.promised == *promised {
            return *promised;
        }
        let proposers = &self.shared.proposers;
        let begun = proposers.range(before.promised..=*promised);
        let mut begun = begun.rev().map(|(ballot, _)| *ballot);
        let mut then = self.clone();
        let found = begun.find(|ballot| {
            then.own[acceptor] = Acceptor {
                promised: *ballot,
                ..before.clone()
            };
            then.may_accept(acceptor, accepted, *rank)
        });
        found.unwrap_or(*promised)
    }

    /// A ballot begins once, with the promises of a quorum, none of which has accepted more than its
    /// proposer. A member that has promised a later ballot is not compared.
    fn may_begin(&self, ballot: Ballot, proposer: usize, quorum: &Quorum) -> bool {
        let rank = self.own[proposer].rank;
        !self.shared.proposers.contains_key(&ballot)
            && self.own[proposer].promised == ballot
            && quorum.is_in(|id| {
                let acceptor = usize::from(id);
                let promised = self.own[acceptor].promised;
                let is_behind = self.own[acceptor].rank <= rank;
                ballot < promised || ballot == promised && is_behind
            })
    }

    /// An acceptor accepts in a ballot that has begun. It keeps what was proposed in this ballot, and
    /// where two have accepted one value, they have accepted the same before it: its name says which
    /// sequence it ends.
    fn may_accept(&self, acceptor: usize, values: &[Ballot], rank: Rank) -> bool {
        let ballot = self.own[acceptor].promised;
        let Some(proposer) = self.shared.proposers.get(&ballot) else {
            return false;
        };
        let old = &self.own[acceptor].accepted;
        let mut own = (0..old.len()).filter(|position| old[*position] == ballot);
        let keeps = own.all(|position| values.get(position) == Some(&ballot));
        let begun = values
            .iter()
            .all(|proposed| self.shared.proposers.contains_key(proposed));
        let others = self.own.iter().enumerate();
        let mut others = others.filter(|(other, _)| *other != acceptor);
        keeps
            && begun
            && values.is_sorted()
            && values.last().is_none_or(|last| *last <= ballot)
            && rank.0 <= ballot
            && rank.1 == values.len()
            && others.all(|(_, other)| agree(&other.accepted, values))
            && (self.own[*proposer].promised != ballot
                || self.comes_from(*proposer, acceptor, values))
    }

    /// An acceptor takes over from earlier ballots only values that the proposer has; values of this ballot
    /// follow all that the proposer has of earlier ones. The proposer itself keeps what it has.
    fn comes_from(&self, proposer: usize, acceptor: usize, values: &[Ballot]) -> bool {
        let (old, proposed) = (&self.own[acceptor].accepted, &self.own[proposer].accepted);
        let ballot = self.own[acceptor].promised;
        let earlier = |values: &[Ballot]| values.partition_point(|value| *value < ballot);
        let (taken, whole) = (earlier(values), earlier(proposed));
        let is_new = |position: &usize| old.get(*position) != Some(&values[*position]);
        let mut new = (0..taken).filter(is_new);
        (acceptor != proposer || values.starts_with(old))
            && new.all(|position| proposed.get(position) == Some(&values[position]))
            && (taken == values.len() || values[..taken] == proposed[..whole])
    }

    /// A ballot decides, while its proposer is in it, a sequence that ends with a value of its own, and
    /// that a quorum has accepted whole.
    fn may_decide(&self, ballot: Ballot, values: &[Ballot], quorum: &Quorum) -> bool {
        let decided = self.shared.decided.iter().map(|value| value.proposed);
        let whole: Vec<Ballot> = decided.chain(values.iter().copied()).collect();
        let proposer = self.shared.proposers.get(&ballot);
        proposer.is_some_and(|proposer| self.own[*proposer].promised == ballot)
            && values.last() == Some(&ballot)
            && quorum.is_in(|id| self.own[usize::from(id)].accepted.starts_with(&whole))
    }
}

impl Acceptor {
    /// An acceptor of a protocol that knows no later ballot in which it has accepted than that of its last
    /// value.
    pub fn new(promised: Ballot, accepted: Vec<Ballot>) -> Self {
        let rank = (accepted.last().copied().unwrap_or(0), accepted.len());
        Acceptor {
            promised,
            accepted,
            rank,
        }
    }
}

/// Where two have the same value, they have the same before it.
fn agree(one: &[Ballot], other: &[Ballot]) -> bool {
    let same = one.iter().zip(other).rposition(|(one, other)| one == other);
    same.is_none_or(|last| one[..last] == other[..last])
}

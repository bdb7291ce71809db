//! The decisions that safety or liveness leans on, each in a function. A [mutant](super::mutants) exchanges
//! one.

use super::message::{Entry, Report, Service, Token};
use super::processor::Timer;
use super::state::{RingId, Termination};
use crate::quorum::is_quorum;
use stateright::actor::Id;
use std::collections::BTreeSet;

/// The ring that a processor comes from, and its members.
pub type OldRing<'a> = (RingId, &'a [Id]);

/// The decisions.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The number with which a processor starts, given the one on its disk: one more, so that no ring that
    /// it was in has its name.
    pub next_boot: fn(u64) -> u64,
    /// The number that a processor writes when it agrees to a ring, given the one on its disk and the
    /// ring's: the ring's.
    pub stored: fn(u64, u64) -> u64,
    /// Whether a token's hop is new, given the last one and how hops are counted.
    pub is_new: fn(u64, Option<u64>, Option<u64>) -> bool,
    /// Whether a message is of the ring that a processor is in: the same number, and the same
    /// representative.
    pub is_of: fn(RingId, RingId) -> bool,
    /// The place of the next message, given the last place that is taken: the one after it.
    pub next_place: fn(u64) -> u64,
    /// Up to where everyone has everything, given the aru of a token and of the one before: up to the
    /// smaller one.
    pub safe: fn(u64, u64) -> u64,
    /// Up to where messages may be discarded, given the same two, and what was delivered.
    pub discards: fn((u64, u64), u64) -> u64,
    /// The aru of the first token of a ring: nobody has anything yet.
    pub first_aru: fn() -> u64,
    /// Whether a processor sets the aru of a token to its own, which is given: it lowers it, or has lowered
    /// it last, or nobody has.
    pub sets_aru: fn(u64, &Token, Id) -> bool,
    /// Whether a place is still asked for, given the place, and up to where everyone has everything: only
    /// after that.
    pub is_asked_for: fn(u64, u64) -> bool,
    /// The processor that counts as deaf, given the one that holds down the aru of a token for too long, and
    /// this one: the former, unless it is the latter.
    pub deaf: fn(Option<Id>, Id) -> Option<Id>,
    /// How many messages a window leaves, given its size and how many were sent in the last rotation: as
    /// many as are missing to its size.
    pub window_left: fn(usize, usize) -> usize,
    /// How many messages a share of the window is, given how many it comes to: one at least.
    pub least_share: fn(usize) -> usize,
    /// How many messages a visit adds to the sum of the token, given how many were sent at it: as many.
    pub counted: fn(usize) -> usize,
    /// Whether a timer is armed: each is.
    pub arms: fn(Timer) -> bool,
    /// Whether the loss of a token is expected later because one comes that has been here: no.
    pub repeating_postpones_loss: fn() -> bool,
    /// Whether the loss of a token is expected later because the token is sent again: no.
    pub resending_postpones_loss: fn() -> bool,
    /// Whether a token of the ring that was agreed to last is served while a processor looks for others: no.
    pub serves_late: fn() -> bool,
    /// Up to where a processor asks for what it misses, given the last place that it holds, and the last one
    /// that is taken, which the token tells: up to that.
    pub asks_up_to: fn(u64, u64) -> u64,
    /// Whether a Join is heeded in a ring in whose sets the processor has failed: no.
    pub heeds_exclusion: fn() -> bool,
    /// Whether a processor agrees to a ring of these members, given those with whom it would form one: if
    /// they are the same.
    pub is_agreed: fn(&BTreeSet<Id>, &[Id]) -> bool,
    /// Whether a Join that tells nothing new ends a ring: yes, its sender waits.
    pub heeds_less: fn() -> bool,
    /// Whether a Join of a member is of the time before a ring was agreed to, given the numbers of both.
    pub is_before: fn(u64, u64) -> bool,
    /// Those who agree when the sets of a processor change, given those who did before, and itself: itself
    /// alone.
    pub still_agree: fn(&BTreeSet<Id>, Id) -> BTreeSet<Id>,
    /// The last ring that a processor knows of after its formation has failed, given that ring and the
    /// installed one: that ring.
    pub last_known: fn(RingId, RingId) -> RingId,
    /// Whether so many members are enough for a ring: any number.
    pub is_enough: fn(usize) -> bool,
    /// Whether a commit token that is back from its second rotation begins the recovery, given whether the
    /// recovery has begun: once.
    pub begins: fn(bool) -> bool,
    /// The processor that forms a ring, given those considered, and those of them who have failed: the one
    /// with the lowest id of all others.
    pub representative: fn(&BTreeSet<Id>, &BTreeSet<Id>) -> Option<Id>,
    /// Whether a processor for whom another takes this one to have failed has failed in turn: yes.
    pub fails_in_turn: fn() -> bool,
    /// Whether a processor that leaves agrees to a ring of those who hear of it, in the place of having
    /// failed: no.
    pub leaver_agrees: fn() -> bool,
    /// Whether a member of a new ring, of two the first, goes there together with the second, given the first
    /// one's entry, and the old ring of the second with its members: the rings are the same.
    pub is_together: fn((Id, Id), &Entry, OldRing<'_>) -> bool,
    /// From where on the old ring is exchanged, given up to where each of those together has it: from the
    /// least.
    pub exchanged_from: fn(&[u64]) -> u64,
    /// The processors whose messages are to be delivered, given those together, and those they were obliged
    /// to before: the union.
    pub obligation: fn(&BTreeSet<Id>, &BTreeSet<Id>) -> BTreeSet<Id>,
    /// Whether a processor takes on its obligation, given whether it has all that the others recover: then.
    pub is_obliging: fn(bool) -> bool,
    /// The processors whose messages it is obliged to deliver from then on, also if this recovery fails,
    /// given those together, and those whose messages this recovery delivers: the latter.
    pub taken_on: fn(&BTreeSet<Id>, &BTreeSet<Id>) -> BTreeSet<Id>,
    /// The state that a failed recovery leaves to the next one: none.
    pub left: fn(&Termination) -> Termination,
    /// Whether a message of the old ring need not be sent again once another member has done so: yes.
    pub prunes: fn() -> bool,
    /// Whether the messages that a recovery has exchanged are kept if it fails: yes.
    pub keeps_recovered: fn() -> bool,
    /// Whether a recovered message is taken into the old ring, given its ring and the old one: if it is of
    /// that ring.
    pub takes: fn(RingId, RingId) -> bool,
    /// Whether the flag of the token is cleared by a processor that has nothing to send again, given whether
    /// it has set the flag: by that one alone.
    pub clears: fn(bool) -> bool,
    /// Whether a processor that has cleared the flag still counts as the one that has set it: no.
    pub has_set_still: fn() -> bool,
    /// Visits without the flag that still count at a visit with it, given those before: none.
    pub still_clear: fn(u8) -> u8,
    /// Visits in a row without the flag after which nobody has anything to send again: 2.
    pub clear_visits: u8,
    /// Whether a recovery is over: everyone seemed to have everything at 2 visits in a row.
    pub is_over: fn(&Termination) -> bool,
    /// Whether everyone seems to have everything, given up to where this processor has, the token's aru,
    /// and where the messages end: by the token's.
    pub is_complete: fn(u64, u64, u64) -> bool,
    /// The first place that is delivered when a ring ends, given up to where it was delivered: the next.
    pub first_left: fn(u64) -> u64,
    /// Whether a message is delivered while the old ring still counts, given its place, up to where one of
    /// those together has delivered, and its service.
    pub is_regular: fn(u64, u64, Service) -> bool,
    /// Whether a message after a gap is delivered, given its sender, this processor, and whose messages are
    /// to be delivered: those alone.
    pub is_obliged: fn(Id, Id, &BTreeSet<Id>) -> bool,
    /// Whether messages of the application are sent while a ring is recovered: no.
    pub sends_in_recovery: fn() -> bool,
    /// Whether messages are sent at the very visit at which a ring is installed: no.
    pub sends_at_install: fn() -> bool,
    /// Whether so many members of so many processors are a quorum: more than half.
    pub is_primary: fn(usize, usize) -> bool,
    /// By what logs are compared: by the primary component, and then by their lengths.
    pub rank: fn(&Report) -> (u64, u64),
    /// The number of the component whose log a processor has that has taken over that of a ring, given the
    /// number before and the ring's: the ring's.
    pub accepted: fn(u64, u64) -> u64,
    /// Up to which message of the ring the log is decided, given the safe line, and what was delivered: up
    /// to the safe line.
    pub decided: fn(u64, u64) -> u64,
}

/// The decisions of the protocol.
const TOTEM: Rules = Rules {
    next_boot: |number| number + 1,
    stored: |_, number| number,
    is_new,
    is_of: |one, other| one == other,
    next_place: |last| last + 1,
    safe: std::cmp::min,
    discards: |(now, before), delivered| now.min(before).min(delivered),
    first_aru: || 0,
    sets_aru,
    is_asked_for: |seq, everyone| everyone < seq,
    deaf: |owner, id| owner.filter(|owner| *owner != id),
    window_left: usize::saturating_sub,
    least_share: |share| share.max(1),
    counted: |sent| sent,
    arms: |_| true,
    repeating_postpones_loss: || false,
    resending_postpones_loss: || false,
    serves_late: || false,
    asks_up_to: |_, taken| taken,
    heeds_exclusion: || false,
    is_agreed: |candidates, members| candidates.iter().eq(members),
    heeds_less: || true,
    is_before: |number, ring| number < ring,
    still_agree: |_, id| BTreeSet::from([id]),
    last_known: |agreed, _| agreed,
    is_enough: |_| true,
    begins: |begun| !begun,
    representative: |procs, fails| procs.difference(fails).next().copied(),
    fails_in_turn: || true,
    leaver_agrees: || false,
    is_together: |_, entry, (ring, _)| entry.ring == ring,
    exchanged_from: |arus| arus.iter().copied().min().unwrap_or_default(),
    obligation: |together, before| together | before,
    is_obliging: |is_assured| is_assured,
    taken_on: |_, obligation| obligation.clone(),
    left: |_| Termination::default(),
    prunes: || true,
    keeps_recovered: || true,
    takes: |ring, old| ring == old,
    clears: |has_set| has_set,
    has_set_still: || false,
    still_clear: |_| 0,
    clear_visits: 2,
    is_over: |termination| 2 <= termination.complete,
    is_complete: |_, aru, end| end <= aru,
    first_left: |delivered| delivered + 1,
    is_regular: |seq, delivered, service| seq <= delivered || service == Service::Agreed,
    is_obliged: |sender, _, obligation| obligation.contains(&sender),
    sends_in_recovery: || false,
    sends_at_install: || false,
    is_primary: is_quorum,
    rank: |report| (report.accepted, report.len),
    accepted: |_, ring| ring,
    decided: |safe, _| safe,
};

impl Default for Rules {
    fn default() -> Self {
        TOTEM
    }
}

/// Where hops are counted in a circle, a token that is sent again has the hop of the last one.
fn is_new(hop: u64, last: Option<u64>, hops: Option<u64>) -> bool {
    match (last, hops) {
        (None, _) | (_, Some(1)) => true,
        (Some(last), None) => last < hop,
        (Some(last), Some(_)) => last != hop,
    }
}

fn sets_aru(own: u64, token: &Token, id: Id) -> bool {
    own < token.aru || token.aru_by.is_none_or(|owner| owner == id)
}

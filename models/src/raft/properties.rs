//! The promises of Raft, and the witnesses that they are put to the test.

mod period;
mod promises;
#[cfg(test)]
mod tests;
mod witnesses;

use super::ghost::Past;
use super::refinement::{ToTotalOrder, ToVoting};
use super::server::Server;
use super::state::{Persistent, State};
use crate::spec::refines;
use crate::system::claim::Condition::{Each, Flight, Ghost, Pair, Quorum};
use crate::system::claim::{self, Check, Condition};
use crate::system::{Action, LocalOf, Move};
use period::*;
use promises::{
    a_leader_commits, a_settled_leader_stays, a_target_campaigns, commit_evidence, disk_is_memory,
    leader_append_only, match_is_true, no_command_during_transfer, nothing_goes_back,
    one_vote_per_term, target_begins_next_term, target_has_log, terms_ascend, validity,
};
pub use promises::{
    durable_before_visible, election_safety, holds_commits, leader_completeness, log_matching,
    runs, state_machine_safety,
};
use std::borrow::Cow;
use witnesses::*;
pub use witnesses::{leads_after_a_commit, logs_diverge};

/// A claim about a cluster.
pub type Claim = claim::Claim<Server, Past>;
type Seat<'a> = claim::Seat<'a, Server>;
type InFlight<'a> = claim::Flight<'a, Server>;

const fn invariant(
    name: &'static str,
    source: &'static str,
    witness: &'static str,
    condition: Condition<Server, Past>,
) -> Claim {
    Claim::new(name, source, witness, Check::Invariant(condition))
}

/// The claims whose premise is a command.
pub(super) const ON_COMMANDS: &[&str] = &[
    "Leader Append-Only",
    "Validity",
    "A Settled Leader Commits",
    "Committed within 4 Ticks",
];

/// The bounds where messages take up to a tick; the others are claimed where they take no time.
pub(super) const ON_DELAY: &[&str] = &["A Leader within 7 Ticks", "Converged within 10 Ticks"];

/// The bounds where there are leases; the others are claimed where there are none.
pub(super) const ON_LEASES: &[&str] = &["A Leader within 10 Ticks", "At Most Seven Elections"];

/// What is claimed where a leader is asked to transfer its leadership.
pub(super) const ON_TRANSFERS: &[&str] = &[
    "No Command during a Transfer",
    "The Target Begins the Next Term",
    "The Target Has the Log",
    "A Transfer Ends",
];

/// What is claimed where that is all that happens: nothing is lost, and nobody is down.
pub(super) const ON_TRANSFERS_ALONE: &[&str] = &["A Leader without a Tick"];

/// What is claimed where a settled leader is beside outsiders alone.
pub(super) const BESIDE_OUTSIDERS: &[&str] = &["A Settled Leader Stays"];

/// The premises that are not reached there: of a second term, and of votes.
pub(super) const OF_MORE_TERMS: &[&str] = &[
    "A Second Term Begins",
    "Logs Diverge",
    "A Leader Follows a Commit",
    "A Vote Is in Flight",
    "A Log Has Two Terms",
];

/// The claims whose premise is an entry of any kind.
pub(super) const ON_ENTRIES: &[&str] = &[
    "Logs Converge",
    "Logs Can Converge",
    "Converged within 8 Ticks",
    "Converged within 10 Ticks",
];

/// Every claim. A configuration makes those whose premise it reaches.
pub const CLAIMS: &[Claim] = &[
    invariant(
        "Election Safety",
        "Raft §5.2, Fig. 3",
        "A Leader Is Elected",
        Each(|seat, past| up(seat, |state| election_safety(seat.id, state, past))),
    ),
    Claim::new(
        "One Vote per Term",
        "Raft §5.2, Fig. 2",
        "A Server Votes for Another",
        Check::Move(one_vote_per_term),
    ),
    Claim::new(
        "Leader Append-Only",
        "Raft §5.3, Fig. 3",
        "A Leader Holds a Command",
        Check::Move(leader_append_only),
    ),
    invariant(
        "Log Matching",
        "Raft §5.3, Fig. 3",
        "Logs Diverge",
        Pair(|one, other| {
            both_up(one, other).is_none_or(|(one, other)| log_matching(one.log(), other.log()))
        }),
    ),
    invariant(
        "Leader Completeness",
        "Raft §5.4, Fig. 3",
        "A Leader Follows a Commit",
        Each(|seat, past| up(seat, |state| leader_completeness(state, past))),
    ),
    invariant(
        "State Machine Safety",
        "Raft §5.4.3, Fig. 3",
        "Two Servers Commit",
        Each(|seat, past| up(seat, |state| state_machine_safety(state, past))),
    ),
    invariant(
        "Quorum Holds Commits",
        "ours, after Raft §5.3 and §5.4",
        "An Entry Is Committed",
        Quorum(|seat, past| holds_commits(&durable(seat.local), past)),
    ),
    invariant(
        "Match Is True",
        "Raft Fig. 2, State",
        "A Match Is Known",
        Pair(match_is_true),
    ),
    invariant(
        "Disk Is Memory",
        "Raft Fig. 2, State",
        "A Log Is on Disk",
        Each(|seat, _| disk_is_memory(seat.local)),
    ),
    invariant(
        "Terms Ascend",
        "Raft thesis App. B",
        "A Log Has Two Terms",
        Each(|seat, _| terms_ascend(seat)),
    ),
    invariant(
        "Validity",
        "ours, after consensus' validity",
        "A Command Is Committed",
        Each(|seat, past| up(seat, |state| validity(state, past))),
    ),
    Claim::new(
        "Nothing Goes Back",
        "Raft Fig. 2",
        "A Second Term Begins",
        Check::Move(nothing_goes_back),
    ),
    invariant(
        "Durable before Visible",
        "Raft Fig. 2; Raft thesis §3.8",
        "A Vote Is in Flight",
        Flight(|flight| {
            let disk = flight.sender.map(durable).unwrap_or_default();
            let receiver = flight.receiver.and_then(|local| local.up());
            durable_before_visible(flight.dst, flight.msg, &disk, receiver)
        }),
    ),
    Claim::new(
        "A Settled Leader Stays",
        "Raft thesis §4.2.3, §9.6",
        "An Outsider Asks",
        Check::Move(a_settled_leader_stays),
    ),
    Claim::new(
        "No Command during a Transfer",
        "Raft thesis §3.10",
        "A Leader Transfers",
        Check::Move(no_command_during_transfer),
    ),
    Claim::new(
        "The Target Begins the Next Term",
        "Raft thesis §3.10",
        "A Follower Is Told to Campaign",
        Check::Move(target_begins_next_term),
    ),
    Claim::new(
        "The Target Has the Log",
        "Raft thesis §3.10",
        "A Follower Is Told to Campaign",
        Check::Step {
            when: a_target_campaigns,
            holds: target_has_log,
        },
    ),
    Claim::new(
        "Commit Evidence",
        "Raft Fig. 2, §5.4.2",
        "An Entry Is Committed",
        Check::Step {
            when: a_leader_commits,
            holds: commit_evidence,
        },
    ),
    Claim::new(
        "Refines Voting",
        "ours, after Lamport's Voting",
        "A Leader Is Elected",
        refines::<ToVoting>(),
    ),
    Claim::new(
        "Refines Total Order",
        "ours, after Raft §5.4.3",
        "An Entry Is Committed",
        refines::<ToTotalOrder>(),
    ),
    invariant(
        "No Server Stops",
        "ours",
        "A Leader Is Elected",
        Each(|seat, _| up(seat, runs)),
    ),
    Claim::witness("A Leader Is Elected", Each(a_leader_is_elected)),
    Claim::witness(
        "A Server Votes for Another",
        Each(a_server_votes_for_another),
    ),
    Claim::witness("A Vote Is Split", Pair(a_vote_is_split)),
    Claim::witness("A Second Term Begins", Each(a_second_term_begins)),
    Claim::witness("Two Leaders Coexist", Pair(two_leaders_coexist)),
    Claim::witness("A Leader Holds a Command", Each(a_leader_holds_a_command)),
    Claim::witness(
        "Logs Diverge",
        Pair(|one, other| {
            both_up(one, other).is_some_and(|(one, other)| logs_diverge(one.log(), other.log()))
        }),
    ),
    Claim::witness(
        "A Leader Follows a Commit",
        Each(|seat, past| {
            seat.up()
                .is_some_and(|state| leads_after_a_commit(state, past))
        }),
    ),
    Claim::witness("An Entry Is Committed", Ghost(an_entry_is_committed)),
    Claim::witness("Two Servers Commit", Pair(two_servers_commit)),
    Claim::witness(
        "An Earlier Term's Entry Is Committed",
        Ghost(an_earlier_terms_entry_is_committed),
    ),
    Claim::witness("A Vote Is in Flight", Flight(a_vote_is_in_flight)),
    Claim::witness("A Write Is Pending", Each(a_write_is_pending)),
    Claim::witness("A Window Is Full", Each(a_window_is_full)),
    Claim::witness("A Refusal Is in Flight", Flight(a_refusal_is_in_flight)),
    Claim::witness("A Follower Rejects", Flight(a_follower_rejects)),
    Claim::witness("A Server Is Down", Each(a_server_is_down)),
    Claim::witness(
        "A Server with a Log Is Down",
        Each(a_server_with_a_log_is_down),
    ),
    Claim::witness("A Leader Sends Again", Each(a_leader_sends_again)),
    Claim::witness("A Batch Is in Flight", Flight(a_batch_is_in_flight)),
    Claim::witness(
        "An Acknowledgement Is in Flight",
        Flight(an_acknowledgement_is_in_flight),
    ),
    Claim::witness("A Match Is Known", Each(a_match_is_known)),
    Claim::witness("A Log Is on Disk", Each(a_log_is_on_disk)),
    Claim::witness("A Log Has Two Terms", Each(a_log_has_two_terms)),
    Claim::witness("A Command Is Committed", Each(a_command_is_committed)),
    Claim::witness("A Message Is Full", Flight(a_message_is_full)),
    Claim::witness("An Outsider Asks", Flight(an_outsider_asks)),
    Claim::witness("A Pre-Vote Is Granted", Flight(a_pre_vote_is_granted)),
    Claim::witness("A Leader Steps Down", Each(a_leader_steps_down)),
    Claim::witness("A Leader Transfers", Each(a_leader_transfers)),
    Claim::witness(
        "A Follower Is Told to Campaign",
        Flight(a_follower_is_told_to_campaign),
    ),
    Claim::witness("Leadership Is Transferred", Pair(leadership_is_transferred)),
    Claim {
        name: "A Transfer Is Given Up",
        source: "ours",
        witness: None,
        check: Check::StepWitness {
            when: a_transfer_is_given_up,
            shows: |_| true,
        },
    },
    A_LEADER_IS_ALWAYS_ELECTED,
    A_LEADER_SETTLES,
    A_SETTLED_LEADER_COMMITS,
    LOGS_CONVERGE,
    A_LEADER_CAN_SETTLE,
    LOGS_CAN_CONVERGE,
    A_LEADER_WITHIN_6_TICKS,
    CONVERGED_WITHIN_8_TICKS,
    COMMITTED_WITHIN_4_TICKS,
    A_LEADER_WITHIN_7_TICKS,
    CONVERGED_WITHIN_10_TICKS,
    AT_MOST_FOUR_ELECTIONS,
    A_LEADER_WITHIN_10_TICKS,
    AT_MOST_SEVEN_ELECTIONS,
    A_TRANSFER_ENDS,
    A_LEADER_WITHOUT_A_TICK,
    A_TRANSFER,
    NO_LEADER,
    NOT_CONVERGED,
    A_SPLIT_VOTE,
    DIVERGED_LOGS,
    AN_OLD_MESSAGE,
    A_SETTLED_COMMAND,
];

/// The server's state, if it leads its term.
fn leader<'a>(seat: Seat<'a>) -> Option<&'a State> {
    seat.up().filter(|state| state.is_leader())
}

/// Whether something holds of a server, if it is up.
fn up(seat: Seat<'_>, holds: impl Fn(&State) -> bool) -> bool {
    seat.up().is_none_or(holds)
}

/// Two servers that are up.
fn both_up<'a>(one: Seat<'a>, other: Seat<'a>) -> Option<(&'a State, &'a State)> {
    Some((one.up()?, other.up()?))
}

/// The record of a server on disk.
fn durable(local: &LocalOf<Server>) -> Cow<'_, Persistent> {
    let stored = local.storage.as_ref();
    stored.map_or_else(Cow::default, Cow::Borrowed)
}

/// The server that took the step, before and after, if it was up all the time.
fn ran_on<'a>(step: &Move<'a, Server>) -> Option<(&'a State, &'a State)> {
    if matches!(step.action, Action::Restart { .. }) {
        None
    } else {
        Some((step.before.up()?, step.after.up()?))
    }
}

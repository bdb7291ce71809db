//! Messages that can never matter again.

use super::Server;
use crate::node::Said;
use crate::raft_rs::snapshot::{Disk, Role};
use quorate_models::system::{Envelope, LocalOf};
use raft::eraftpb::{Message, MessageType};
use stateright::actor::Actor;

/// Whether delivering a message to this server is a no-op now and for ever after: it is of an earlier
/// term, or a vote for a server that is no candidate in that term. With `check_quorum` or `pre_vote`, the
/// crate answers messages of earlier terms.
///
/// The delivery must be a no-op for the server as it is, and for every record that a crash may bring back.
/// The explorer checks it.
pub fn is_dead(
    server: &Server,
    local: &LocalOf<Server>,
    envelope: &Envelope<<Server as Actor>::Msg>,
) -> bool {
    let settings = server.machine.settings;
    let Said::Peer(wire) = &envelope.msg else {
        return false;
    };
    if settings.check_quorum || settings.pre_vote {
        return false;
    }
    let message = wire.decode();
    let is_vote = message.get_msg_type() == MessageType::MsgRequestVoteResponse;
    let blank = Disk::default();
    let stored = local.storage.as_ref().unwrap_or(&blank);
    let pending = local.outbox.pending().map(|write| &write.storage);
    let mut records = std::iter::once(stored).chain(pending);
    records.all(|disk| is_dead_in(&message, disk.term, is_vote))
        && local.up().is_none_or(|state| {
            let asks = state.machine.role == Role::Candidate;
            is_dead_in(&message, state.machine.term, is_vote && !asks)
        })
}

/// To a server in this term, which takes the votes of the term or does not.
fn is_dead_in(message: &Message, term: u64, takes_no_votes: bool) -> bool {
    message.term != 0 && (message.term < term || takes_no_votes && message.term == term)
}

//! The messages that a server can have sent to another. A model sends no others; a node drops all others.

use super::log::{EntryId, Index};
use super::message::{AppendResult, Message};
use super::state::Term;

/// Terms are counted in blocks of 2^40. A block does not go by while a server is away: at a thousand
/// elections a second that takes 34 years. So one message cannot use the terms up.
const BLOCK: u32 = 40;

impl Message {
    /// Whether a server can have sent this to another in this term. The entries of a log are of no later
    /// term than the message that speaks of them.
    pub fn is_possible(&self, receiver: Term) -> bool {
        let term = self.term();
        let is_entry = |entry: EntryId| entry.term <= term && is_index(entry.index);
        let is_near = term.0 >> BLOCK <= (receiver.0 >> BLOCK) + 1;
        is_near
            && match self {
                Message::RequestVote(vote) => is_entry(vote.last),
                Message::PreVote(vote) => is_entry(vote.last),
                Message::RequestVoteResponse(_)
                | Message::PreVoteResponse(_)
                | Message::TimeoutNow(_) => true,
                Message::AppendEntries(append) => {
                    let mut entries = append.entries.iter();
                    is_entry(append.prev)
                        && is_index(append.commit)
                        && entries.all(|entry| entry.term <= term)
                }
                Message::AppendEntriesResponse(response) => match response.result {
                    AppendResult::Accepted { matched } => is_index(matched),
                    AppendResult::Rejected { prev, hint } => is_index(prev) && is_entry(hint),
                },
                Message::ClientRequest(_) | Message::Transfer | Message::NotLeader { .. } => false,
            }
    }
}

/// Logs are shorter than half of what an index can count. So sums of an index and a length do not overflow.
fn is_index(index: Index) -> bool {
    index.0 < u64::MAX / 2
}

//! A node is put together from its snapshot, by what the crate offers in public.

use super::snapshot::{Disk, Pace, Peer, Role, Snapshot};
use super::{Live, RaftRs, Write, id_of};
use raft::eraftpb::Entry;
use raft::storage::MemStorage;
use raft::{Progress, ProgressState, RawNode, StateRole};

/// A node with this snapshot.
pub fn rebuild(machine: &RaftRs, server: usize, snapshot: &Snapshot) -> Live {
    let disk = Disk {
        term: snapshot.term,
        vote: snapshot.vote,
        commit: snapshot.commit,
        log: snapshot.log.clone(),
    };
    let mut node = machine.node(server, &disk, snapshot.applied);
    let raft = &mut node.raft;
    raft.raft_log.persisted = snapshot.persisted;
    raft.state = match snapshot.role {
        Role::Follower => StateRole::Follower,
        Role::Candidate => StateRole::Candidate,
        Role::Leader => StateRole::Leader,
        Role::PreCandidate => StateRole::PreCandidate,
    };
    raft.leader_id = snapshot.leader;
    raft.lead_transferee = snapshot.transferee;
    raft.pending_conf_index = snapshot.pending_conf;
    raft.pending_request_snapshot = snapshot.request_snapshot;
    raft.election_elapsed = snapshot.elapsed;
    for (id, peer) in &snapshot.progress {
        peer.put_into(raft.mut_prs().get_mut(*id).expect("a voter"));
    }
    for (id, vote) in &snapshot.votes {
        raft.mut_prs().record_vote(*id, *vote);
    }
    for read in &snapshot.reads {
        let request = read.request.decode();
        raft.read_only
            .add_request(read.index, request, id_of(server));
        for id in &read.acks {
            raft.read_only.recv_ack(*id, &read.context);
        }
    }
    // Nothing is new but role and leader, which count as told from now on.
    let ready = node.ready();
    node.advance(ready);
    let writes = snapshot.writes.iter();
    let writes = writes.map(|last| issue(&mut node, *last)).collect();
    node.raft.raft_log.unstable.offset = snapshot.log.len() as u64 + 1;
    Live { node, writes }
}

/// Has the node issue a write that ends with this entry, and not hear of it. The content of the entry does
/// not matter: the entry may be gone from the log already, and nobody sees the write itself.
fn issue(node: &mut RawNode<MemStorage>, last: Option<(u64, u64)>) -> Write {
    if let Some((index, term)) = last {
        let unstable = &mut node.raft.raft_log.unstable;
        unstable.offset = index;
        unstable.entries = vec![Entry {
            index,
            term,
            ..Entry::default()
        }];
    }
    let ready = node.ready();
    let number = ready.number();
    node.advance_append_async(ready);
    Write { number, last }
}

impl Peer {
    fn put_into(&self, progress: &mut Progress) {
        progress.matched = self.matched;
        progress.next_idx = self.next;
        progress.state = match self.pace {
            Pace::Probe => ProgressState::Probe,
            Pace::Replicate => ProgressState::Replicate,
            Pace::Snapshot => ProgressState::Snapshot,
        };
        progress.paused = self.paused;
        progress.pending_snapshot = self.pending_snapshot;
        progress.pending_request_snapshot = self.request_snapshot;
        progress.recent_active = self.recent_active;
        progress.ins.reset();
        self.window
            .iter()
            .for_each(|index| progress.ins.add(*index));
        progress.commit_group_id = self.group;
        progress.committed_index = self.committed;
    }
}

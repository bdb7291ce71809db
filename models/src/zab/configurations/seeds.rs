//! The first steps of configurations.

/// Three servers have accepted epoch 1, of which 0 alone has a transaction; all look for a leader.
macro_rules! proposed {
    () => {
        "
timeout 0 Lead
timeout 1 Follow(0)
timeout 2 Follow(0)
deliver 1->0 FollowerInfo
deliver 2->0 FollowerInfo
deliver 0->1 LeaderInfo
deliver 0->2 LeaderInfo
deliver 1->0 AckEpoch
deliver 2->0 AckEpoch
deliver 0->1 NewLeader
deliver 0->2 NewLeader
deliver 1->0 AckNewLeader
deliver 2->0 AckNewLeader
request 0
timeout 1 GiveUp
timeout 2 GiveUp
timeout 0 GiveUp
"
    };
}

/// Three of five servers have accepted epoch 1, of which 0 alone has a transaction; all look for a leader.
pub(super) const PROPOSED: &str = proposed!();

/// Three servers have accepted epoch 1; 0 and 1 have delivered a transaction, which 2 lacks; all look for a
/// leader.
pub(super) const DELIVERED: &str = "
timeout 0 Lead
timeout 1 Follow(0)
timeout 2 Follow(0)
deliver 1->0 FollowerInfo
sync 0
deliver 2->0 FollowerInfo
deliver 0->1 LeaderInfo
sync 1
deliver 0->2 LeaderInfo
sync 2
deliver 1->0 AckEpoch
sync 0
deliver 2->0 AckEpoch
deliver 0->1 NewLeader
sync 1
deliver 0->2 NewLeader
sync 2
deliver 1->0 AckNewLeader
deliver 2->0 AckNewLeader
timeout 2 GiveUp
request 0
sync 0
deliver 0->1 UpToDate
deliver 0->1 Proposal
sync 1
deliver 1->0 Ack
timeout 0 GiveUp
deliver 0->1 Commit
deliver 0->1 Close by leader
";

/// All have accepted epoch 1, of which 0 alone has a transaction; 1 and 2 have accepted epoch 2, of which 1
/// alone has one; all look for a leader.
pub(super) const ABANDONED: &str = concat!(
    proposed!(),
    "timeout 1 Lead
timeout 2 Follow(1)
deliver 2->1 FollowerInfo
deliver 1->2 LeaderInfo
deliver 2->1 AckEpoch
deliver 1->2 NewLeader
deliver 2->1 AckNewLeader
request 1
timeout 2 GiveUp
timeout 1 GiveUp
"
);

/// Two servers have delivered a transaction, and 0 has a snapshot of it; 2 knows nothing; all look for a
/// leader.
pub(super) const COMPACTED: &str = "
timeout 0 Lead
timeout 1 Follow(0)
deliver 1->0 FollowerInfo
deliver 0->1 LeaderInfo
deliver 1->0 AckEpoch
deliver 0->1 NewLeader
deliver 1->0 AckNewLeader
request 0
deliver 0->1 UpToDate
deliver 0->1 Proposal
deliver 1->0 Ack
request 0
timeout 0 GiveUp
deliver 0->1 Commit
deliver 0->1 Close by leader
";

/// Of five servers 0, 2 and 3 have accepted epoch 1, of which 0 and 2 have a transaction; 3 has won epoch 2,
/// which 1 and 4 have promised; all look for a leader.
pub(super) const HELD: &str = "
timeout 0 Lead
timeout 2 Follow(0)
timeout 3 Follow(0)
deliver 2->0 FollowerInfo
deliver 3->0 FollowerInfo
deliver 0->2 LeaderInfo
deliver 0->3 LeaderInfo
deliver 2->0 AckEpoch
deliver 3->0 AckEpoch
deliver 0->2 NewLeader
deliver 0->3 NewLeader
deliver 2->0 AckNewLeader
deliver 3->0 AckNewLeader
timeout 3 GiveUp
deliver 3->0 Close by follower
request 0
deliver 0->2 UpToDate
deliver 0->2 Proposal
timeout 2 GiveUp
timeout 0 GiveUp
timeout 3 Lead
timeout 1 Follow(3)
timeout 4 Follow(3)
deliver 1->3 FollowerInfo
deliver 4->3 FollowerInfo
deliver 3->1 LeaderInfo
deliver 3->4 LeaderInfo
deliver 1->3 AckEpoch
deliver 4->3 AckEpoch
timeout 1 GiveUp
timeout 4 GiveUp
timeout 3 GiveUp
";

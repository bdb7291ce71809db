//! The steps before some searches start, as the verbs of a [script](crate::script).

/// All are in one ring.
pub(super) const TWO: &str = "deliver all within 0,1";
pub(super) const THREE: &str = "deliver all within 0,1,2";
pub(super) const FOUR: &str = "deliver all within 0,1,2,3";

/// The same, and no Join is on its way any more.
pub(super) const THREE_QUIET: &str = "
deliver all within 0,1,2
lose all within 0,1,2";

/// Three have heard of each other, where no ring may be formed: the Joins that would lead to one are in
/// flight.
pub(super) const HEARD: &str = THREE;

/// All are in one ring, where writes take time.
pub(super) const TWO_SYNCED: &str = "
sync 0
sync 1
deliver all within 0,1
sync 0
deliver all within 0,1
sync 1
deliver all within 0,1";

/// Two are in a ring, and the third is alone.
pub(super) const TWO_AND_ONE: &str = "
cut 0,1 | 2
deliver all within 0,1
heal 0,1 | 2";

/// Each is alone in a ring.
pub(super) const THREE_ALONE: &str = "lose all within 0,1,2";

/// Two are in a ring, and two in another.
pub(super) const TWO_AND_TWO: &str = "
cut 0,1 | 2,3
deliver all within 0,1
deliver all within 2,3
heal 0,1 | 2,3";

/// Processor 1 has sent a message after one of 0; the steps before that are given. 0 is gone; 2 has the
/// second message, and forms a ring with 1.
macro_rules! obliged {
    ($before:literal) => {
        concat!(
            "
deliver all within 0,1,2
request 0
deliver 0->1 Token
",
            $before,
            "deliver 1->2 Token
deliver 2->0 Token
request 1
deliver 0->1 Token
cut 0 | 1,2
deliver 1->2 Regular
timeout 1 Loss
deliver 1->2 Join number 13
deliver 2->1 Join number 13
timeout 1 Consensus"
        )
    };
}

/// Nobody else has the message of 0.
pub(super) const OBLIGED: &str = obliged!("");

/// 1 had the message of 0 before it sent its own.
pub(super) const FOLLOWED: &str = obliged!("deliver 0->1 Regular\n");

/// As `FOLLOWED`, of four: 3 lacks the second message.
pub(super) const REPLACING: &str = "
deliver all within 0,1,2,3
request 0
deliver 0->1 Token
deliver 0->1 Regular
deliver 1->2 Token
deliver 2->3 Token
deliver 3->0 Token
request 1
deliver 0->1 Token
cut 0 | 1,2,3
deliver 1->2 Regular
timeout 1 Loss
deliver 1->2 Join {0,1,2,3} fails {} number 17
deliver 2->1 Join {0,1,2,3} fails {} number 17
timeout 1 Consensus";

/// All are in one ring, and have a safe message of 0. Then 0 and 1 go on without 2, and it without them.
pub(super) const PARTED: &str = "
deliver all within 0,1,2
request 0
deliver 0->1 Token
deliver 1->2 Token
deliver 2->0 Token
deliver 0->1 Regular
deliver 0->2 Regular
cut 0,1 | 2
timeout 2 Loss
timeout 2 Consensus
timeout 0 Loss
deliver 0->1 Join number 13
deliver 1->0 Join number 13
timeout 0 Consensus
deliver all within 0,1
heal 0,1 | 2";

/// Of four, three have sent a message each, and those after them have it; the steps after that are given.
macro_rules! three_have_sent {
    ($after:literal) => {
        concat!(
            "
deliver all within 0,1,2,3
request 1
request 2
request 3
deliver 1->0 Wake
deliver 0->1 Token
deliver 1->2 Regular
deliver 1->2 Token
deliver 1->3 Regular
deliver 2->3 Regular
deliver 2->3 Token
",
            $after
        )
    };
}

/// Of four, three have sent a message each, which reached some. The first recovery has failed after one of
/// them has set the flag; the second is about to begin.
pub(super) const FLAGGED: &str = three_have_sent!(
    "deliver 2->1 Regular
lose all within 0,1,2,3 but Token
timeout 0 Loss
deliver all within 0,1,2,3 but Recovered at most 20
deliver 1->0 Recovered
lose all within 0,1,2,3 but Token,Join,Commit
timeout 0 Loss
lose all within 0,1,2,3 but Recovered,Join,Commit
deliver all within 0,1,2,3 but Recovered,Token"
);

/// Of four, three have sent a message each, which those after them have. In the first recovery, 2 has set the
/// flag; then 0 is gone, who has had least. The second one, of the others, is about to begin.
pub(super) const FLAGGED_AND_CUT: &str = three_have_sent!(
    "lose all within 0,1,2,3
timeout 0 Loss
deliver all within 0,1,2,3 but Token,Recovered
deliver 0->1 Token
deliver 1->2 Token
cut 0 | 1,2,3
lose all within 1,2,3
timeout 1 Loss
deliver all within 1,2,3
timeout 1 Consensus
deliver all within 1,2,3 but Token,Recovered"
);

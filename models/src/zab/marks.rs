//! The transition table: every row that a handler goes through, by number and name.
//!
//! Some complete configuration goes through each of them, and the searches count how often. A row that
//! none goes through says why.

crate::rows! {
    /// A row of Zab's transition table.
    pub enum Row {
        /// A server starts, with what is on its disk.
        T02Starts: "Zab, Phase 0";
        /// A server looks for a leader, with nothing but what is on its disk.
        T03Looks: "Zab, Phase 0";
        /// A change is saved, and messages that reveal it are sent after that.
        SavesBeforeSending: "Zab f.1.2, f.2.1, f.3.1";
        /// A leader's proposals leave while they are written.
        SendsWhileWriting: "ZooKeeper";

        /// A round of an election begins: the server votes for itself.
        T03BeginsRound: "ZooKeeper, FastLeaderElection";
        /// Nothing was heard: the vote is told again.
        T04NotifiesAgain: "ZooKeeper, FastLeaderElection";
        /// A vote is counted.
        T05Counts: "ZooKeeper, FastLeaderElection";
        /// A vote is better, or of a later round: the server changes its own.
        T05VotesForBetter: "ZooKeeper, FastLeaderElection";
        /// A vote is of an earlier round: the server tells its own.
        T05RoundIsOld: "ZooKeeper, FastLeaderElection";
        /// A server that has a leader says so, and this decides nothing.
        T05Hears: "ZooKeeper, FastLeaderElection";
        /// A quorum votes alike, and no better vote has come.
        T07Decides: "ZooKeeper, finalizeWait";
        /// A quorum has a leader: the server follows it, or leads as they say.
        T08Joins: "ZooKeeper, FastLeaderElection";
        /// A server that has a leader tells one that looks for one.
        T09Answers: "ZooKeeper, FastLeaderElection";
        /// A notification comes to a server that asks no more.
        T09NobodyAsks: "ZooKeeper, FastLeaderElection";

        /// A server begins to lead.
        T20Leads: "Zab, Phase 0";
        /// FOLLOWERINFO arrives, and a quorum is not complete.
        T21aConnects: "Zab l.1.1";
        /// With this FOLLOWERINFO a quorum is complete: the leader chooses an epoch and offers it.
        T21bOffersEpoch: "Zab l.1.1";
        /// FOLLOWERINFO arrives when the epoch is chosen: it is offered.
        T21cOffersEpochAgain: "Zab l.3.3";
        /// A follower has promised the last epoch that there is: the leader gives up.
        T21dNoEpochIsLeft: "Zab l.1.1",
            unreached: "an epoch is a number of 32 bits, and a search begins with the first";
        /// ACKEPOCH without a promise is not counted.
        T22aIsNotCounted: "ZooKeeper, epoch −1";
        /// The follower knows more than the leader, which gives up.
        T22bAbandons: "Zab 1.0";
        /// ACKEPOCH is counted, and a quorum is not complete.
        T22cCountsPromise: "Zab l.1.2";
        /// With this ACKEPOCH a quorum is complete: the leader has won the epoch.
        T22cWinsEpoch: "Zab l.1.2, l.2.1";
        /// ACKEPOCH arrives when the epoch is won.
        T23Promises: "Zab l.3.3";
        /// The follower's history is the beginning of the leader's.
        SendsDiff: "ZooKeeper, DIFF";
        /// The follower's history has what the leader's has not.
        SendsTrunc: "ZooKeeper, TRUNC";
        /// The follower lacks what the leader holds no more: a snapshot.
        SendsSnap: "ZooKeeper, SNAP";
        /// A history is handed over in several messages.
        SendsInParts: "ZooKeeper";
        /// ACK of NEWLEADER arrives, and a quorum is not complete.
        T24aCountsAcceptance: "Zab l.2.2";
        /// With this ACK of NEWLEADER a quorum is complete: the history is committed as a whole.
        T24aEstablishes: "Zab l.2.2";
        /// ACK of NEWLEADER arrives when the leader broadcasts.
        T24bFollowerJoins: "Zab l.3.4";
        /// A client asks, and the leader proposes.
        T25Proposes: "Zab l.3.1";
        /// A client asks a server that is no established leader.
        ClientIsSentOn: "ours";
        /// A follower passes a request on, and the leader proposes.
        T25ProposesForwarded: "ZooKeeper, REQUEST";
        /// There is no number for another transaction: the leader gives up.
        T29CounterIsExhausted: "ZOOKEEPER-1277";
        /// ACK arrives.
        T26CountsAck: "Zab l.3.2";
        /// The leader's own proposal is durable: it counts itself.
        T26CountsItself: "Zab l.3.2";
        /// The leader's message to itself is of an earlier leadership, or is known.
        OwnAckIsOld: "ours";
        /// A quorum has more of the history: it is committed.
        T27Commits: "Zab l.3.2";
        /// The leader asks its followers whether they are there. They are a quorum.
        T28Pings: "ZooKeeper, PING";
        /// The leader asks, and too few are left: it will give up.
        T28HasNoQuorum: "ZooKeeper, syncLimit";
        /// A follower has answered.
        T33Hears: "ZooKeeper, PING";
        /// A leader asks a quorum about a linearizable read.
        T32AsksQuorum: "ours, after Raft §8";
        /// A leader is asked for a read that need not wait for a quorum.
        T32Syncs: "ZooKeeper, SYNC";
        /// A read may show what is delivered by now: the leader says so.
        T32Answers: "ZooKeeper, SYNC";
        /// The leader gives up: it does not hear from a quorum.
        T29LeaderGivesUp: "Zab, Phase 3";
        /// A follower has closed its session.
        T30FollowerLeaves: "Zab, Phase 3";
        /// The leader closes the session of a follower that it does not hear from.
        T30DropsFollower: "ZooKeeper, syncLimit";

        /// A server follows another one.
        T40Follows: "Zab f.1.1";
        /// FOLLOWERINFO to a server whose election is not over: it waits.
        T41ComesEarly: "ZooKeeper";
        /// FOLLOWERINFO to a server that does not lead: it closes the session.
        T41Refuses: "ZooKeeper";
        /// The epoch that is offered is before one that was promised: the follower leaves.
        T42aEpochIsOld: "Zab f.1.2";
        /// The follower promises the epoch.
        T42bPromises: "Zab f.1.2";
        /// The follower has promised the epoch before.
        T42cHasPromised: "ZooKeeper, epoch −1";
        /// A part of the history is handed over.
        T44Stages: "ZooKeeper";
        /// The follower keeps its history.
        T43aKeeps: "ZooKeeper, DIFF";
        /// The follower drops the end of its history.
        T43bTruncates: "ZooKeeper, TRUNC";
        /// A snapshot takes the place of the follower's history.
        T43cReplaces: "ZooKeeper, SNAP";
        /// The follower has accepted NEWLEADER.
        T46Accepts: "Zab f.2.1";
        /// A proposal arrives between NEWLEADER and UPTODATE.
        T47Appends: "Zab f.3.1";
        /// UPTODATE arrives: the follower delivers.
        T48Delivers: "Zab f.2.2";
        /// A proposal arrives.
        T50Appends: "Zab f.3.1";
        /// COMMIT arrives.
        T51Delivers: "Zab f.3.2";
        /// PING arrives, and is answered.
        T52Answers: "ZooKeeper, PING";
        /// A client asks a follower, which passes it on.
        T55Forwards: "ZooKeeper, REQUEST";
        /// A reader asks a follower, which asks its leader.
        T55AsksLeader: "ZooKeeper, SYNC";
        /// A read may show what the follower has delivered by now.
        T56Reads: "ZooKeeper, SYNC";
        /// The follower leaves: it does not hear from the leader.
        T53FollowerGivesUp: "Zab, Phase 3";
        /// The leader has closed the session.
        T54LeaderLeaves: "Zab, Phase 3";

        /// A snapshot takes the place of the transactions that it stands for.
        T57Compacts: "ZooKeeper, snapCount";
        /// A snapshot of less than there is one of, or of what was not delivered in this role.
        T57IsOld: "ours";

        /// A server is told to stop, and closes its sessions.
        T58Leaves: "ZooKeeper, Leader.shutdown";

        /// A second close: two servers followed each other, and one refused the other before it left.
        CloseIsOld: "ours";
        /// A message came that cannot come.
        Stops: "ours",
            unreached: "a violation of No Server Stops";
        /// A server that has stopped hears nothing.
        NobodyListens: "ours",
            unreached: "a violation of No Server Stops";
        /// A server is told to ask elsewhere.
        ServerIsNoClient: "ours",
            unreached: "no such event: NotLeader and Readable are sent to clients only";
        /// A timer fires that is not armed in this role.
        TimerIsOld: "ours",
            unreached: "no such event: a role disarms the timers of the role before it";
    }
}

/// The rows that a handler took.
pub(super) type Rows = crate::coverage::Rows<Row>;

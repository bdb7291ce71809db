//! The transition table: every row that a handler goes through, by name.
//!
//! Some complete configuration goes through each of them, and the searches count how often. A row
//! that none goes through says why; those are of three kinds.
//!
//! - *Stopped*: the server has seen that safety is lost. No Server Stops says that this never
//!   happens, and is judged in every configuration.
//! - *No such event*: the environment has no cause for it, or its timer is not armed there.
//! - *Dead*: the message can never matter again, and is dropped as soon as that is so
//!   (`dead.rs`). The row is gone through in thought, where the explorer checks that the message does
//!   nothing.

crate::rows! {
    /// A row of Raft's transition table.
    pub enum Row {
        /// A server starts with nothing on disk.
        StartsEmpty: "Raft Fig. 2, State";
        /// A server starts with the record that it finds on disk.
        StartsFromRecord: "Raft Fig. 2, State";
        /// A change is saved, and messages that reveal it are sent after that.
        SavesBeforeSending: "Raft Fig. 2, State";
        /// A leader's entries leave while they are written.
        SendsWhileWriting: "Raft thesis §10.2.1";

        /// A message of a higher term, or silence: a leader is one no longer.
        LeaderIsDeposed: "Raft §5.1";
        /// A message of a higher term: a candidate gives up.
        CandidateGivesUp: "Raft §5.1";
        /// A message of a higher term: a follower enters it.
        FollowerEntersTerm: "Raft §5.1";
        /// Another candidate was elected in this very term: a candidate follows it.
        CandidateFollows: "Raft §5.2";
        /// The first that is heard of this term's leader.
        LeaderIsHeard: "Raft §5.2";

        /// A follower hears no leader in time and campaigns.
        FollowerCampaigns: "Raft §5.2";
        /// A candidate does not win in time, and campaigns again.
        CandidateCampaignsAgain: "Raft §5.2";
        /// A leader or a stopped server does not campaign.
        NobodyCampaigns: "Raft §5.2",
            unreached: "no such event: the election timer is armed in followers and candidates only";
        /// There is no term to campaign in.
        TermsAreExhausted: "ours",
            unreached: "stopped: terms begin at 0 and grow by 1, and no run has 2⁶⁴ − 1 elections";

        /// A server asks who would vote for it before it campaigns.
        ServerAsks: "Raft thesis §9.6";
        /// A term that has begun is asked about: refused.
        PreCandidateIsLate: "Raft thesis §9.6";
        /// The leader leads, or has just been heard: nobody else is given a vote.
        LeaderIsKept: "Raft thesis §4.2.3";
        /// The pre-candidate is up to date: it would be given the vote.
        PreVoteIsGranted: "Raft thesis §9.6";
        /// The pre-candidate's log is behind: refused.
        PreCandidateIsBehind: "Raft thesis §9.6";
        /// A refused pre-vote is answered.
        PreVoteRefusalIsSent: "Raft thesis §9.6";
        /// A refusal tells its term at most.
        PreVoteIsRefused: "Raft thesis §9.6";
        /// A grant of a term that is not the next one counts for nothing.
        PreVoteIsStale: "Raft thesis §9.6",
            unreached: "dead: a grant of a term that has begun";
        /// Only a pre-candidate needs pre-votes.
        PreVoteIsNotNeeded: "Raft thesis §9.6";
        /// A pre-vote is counted, and more are needed.
        PreVoteIsCounted: "Raft thesis §9.6";
        /// Another copy of a pre-vote does not count.
        PreVoteIsKnown: "Raft thesis §9.6";
        /// With this pre-vote the pre-candidate could win: it campaigns.
        PreCandidateCampaigns: "Raft thesis §9.6";
        /// The leader is heard by one who asked whether it could take its place.
        PreCandidateFollows: "Raft thesis §9.6";

        /// A follower has not heard its leader for the shortest election timeout.
        LeaseEnds: "Raft thesis §4.2.3";
        /// A leader has heard a majority, and goes on.
        MajorityIsHeard: "Raft thesis §6.2";
        /// A leader has not heard a majority, and steps down.
        MajorityIsSilent: "Raft thesis §6.2";
        /// Only leaders, and followers that have heard theirs, have a lease.
        NobodyHasLease: "Raft thesis §4.2.3",
            unreached: "no such event: the timer is armed where there is a lease only";

        /// A server that does not lead, leads nobody, or transfers already is asked to transfer.
        NothingToTransfer: "Raft thesis §3.10";
        /// A leader is asked to transfer: it takes no more commands.
        TransferIsAsked: "Raft thesis §3.10";
        /// A client asks a leader that transfers: it is named the target, if there is one.
        TransferTakesNoCommand: "Raft thesis §3.10";
        /// A follower has the whole log: it is told to campaign.
        TargetIsTold: "Raft thesis §3.10";
        /// A heartbeat finds that the target has not won yet: it is told again.
        TargetIsToldAgain: "Raft thesis §3.10";
        /// The shortest election timeout is over, and the leader still leads: it takes commands again.
        TransferIsGivenUp: "Raft thesis §3.10";
        /// A follower is told to campaign, and does.
        TargetCampaigns: "Raft thesis §3.10";
        /// A server is told to campaign in another term, or no follower any more.
        TimeoutNowIsLate: "Raft thesis §3.10";
        /// The candidate has been told by the leader: leases do not keep that leader.
        LeaseGivesWay: "Raft thesis §3.10, §4.2.3";

        /// A vote for an earlier term is asked for: refused.
        CandidateIsStale: "Raft Fig. 2, RequestVote 1";
        /// The vote is free and the candidate is up to date: it is given.
        VoteIsGiven: "Raft Fig. 2, RequestVote 2";
        /// The same candidate asks again: the same answer is given.
        VoteIsRepeated: "Raft Fig. 2, RequestVote 2";
        /// The vote is free and the candidate's log is behind: refused.
        CandidateIsBehind: "Raft §5.4.1";
        /// Another candidate has the vote: refused.
        VoteIsGone: "Raft §5.2";
        /// A refused vote is answered.
        RefusalIsSent: "Raft Fig. 2, RequestVote 1";

        /// A vote of an earlier term counts for nothing.
        VoteIsStale: "Raft §5.1";
        /// A refusal counts for nothing.
        VoteIsRefused: "Raft §5.2";
        /// Only a candidate needs votes.
        VoteIsNotNeeded: "Raft §5.2";
        /// A vote is counted, and more are needed.
        VoteIsCounted: "Raft §5.2";
        /// Another copy of a vote does not count.
        VoteIsKnown: "Raft §5.2",
            unreached: "dead: a vote that has been counted";
        /// With this vote the candidate is elected, and begins its term with an empty entry.
        LeadsWithNoOp: "Raft §5.2, §8";
        /// With this vote the candidate is elected, and begins its term with what it has.
        LeadsWithoutNoOp: "Raft §5.2";

        /// A leader appends a client's command.
        CommandIsAppended: "Raft §5.3";
        /// A follower names the leader, as far as it knows.
        ClientIsSentOn: "Raft §8";
        /// A candidate knows no leader.
        ClientIsSentAway: "Raft §8";
        /// A server is told to ask elsewhere.
        ServerIsNoClient: "Raft §8",
            unreached: "no such event: NotLeader is sent to clients only";

        /// Nothing more is sent until the probe is answered.
        ProbeIsAwaited: "Raft §5.3";
        /// A probe is sent, with the entries that follow.
        ProbeIsSent: "Raft §5.3";
        /// Entries are sent ahead.
        EntriesAreSent: "Raft §5.3; Raft thesis §10.2.1";
        /// Entries wait, because so many messages are unanswered.
        WindowIsFull: "Raft thesis §10.2.1";
        /// Entries wait, because so many fit into a message.
        MessageIsFull: "Raft §5.3";
        /// Entries wait, because so many bytes fit into a message.
        MessageIsLarge: "Raft §5.3";

        /// A leader's heartbeat.
        HeartbeatIsSent: "Raft §5.2";
        /// A heartbeat finds something unanswered for the first time.
        AnswerIsLate: "Raft §5.3";
        /// A heartbeat finds a probe unanswered for the second time: it is repeated.
        ProbeIsRepeated: "Raft §5.3";
        /// A heartbeat finds entries unanswered for the second time: they are sent again.
        EntriesAreSentAgain: "Raft §5.3";
        /// Only leaders send heartbeats.
        NobodyBeats: "Raft §5.2",
            unreached: "no such event: the heartbeat timer is armed in leaders only";

        /// An answer to a message of an earlier term.
        AnswerIsStale: "Raft §5.1";
        /// An answer to a server that no longer leads.
        AnswerIsNotNeeded: "Raft §5.2";
        /// The leader's own entries are durable: it counts itself.
        OwnLogIsDurable: "Raft thesis §10.2.1";
        /// A follower acknowledges less than is known of it: it stays known.
        AcknowledgementIsOld: "Raft Fig. 2, State";
        /// A follower acknowledges more than was known of it.
        MatchGrows: "Raft §5.3";
        /// The answer to a heartbeat tells nothing of the probe.
        HeartbeatIsAnswered: "Raft §5.2";
        /// The logs agree at the probe: entries are sent ahead from there.
        ProbeIsAccepted: "Raft §5.3";
        /// The acknowledged entries, of those sent ahead, are not in flight any more.
        EntriesAreAccepted: "Raft §5.3";
        /// A follower acknowledges entries that the leader does not have.
        AcknowledgedBeyondLog: "ours",
            unreached: "stopped: a violation of No Server Stops";
        /// A rejection of what has been accepted since.
        RejectionIsOld: "Raft §5.3",
            unreached: "dead: a rejection at or below the match index";
        /// A rejection of another probe than the one that is out.
        RejectionIsOfAnother: "Raft §5.3";
        /// The logs do not agree at the probe: the next one goes where they may.
        ProbeIsRejected: "Raft §5.3";
        /// Entries that were sent ahead are rejected: back to a probe.
        EntriesAreRejected: "Raft §5.3";

        /// A majority holds an entry of the leader's term: it commits, with all before it.
        CommitAdvances: "Raft §5.3, §5.4.2";
        /// A majority holds an entry of an earlier term only: that decides nothing.
        CommitIsWithheld: "Raft §5.4.2, Fig. 8";

        /// The message of a leader of an earlier term is answered with the current one.
        StaleLeaderIsTold: "Raft Fig. 2, AppendEntries 1";
        /// The message of a leader of an earlier term is ignored.
        StaleLeaderIsIgnored: "Raft Fig. 2, AppendEntries 1";
        /// A leader hears another one of its own term.
        TwoLeadersInOneTerm: "Raft Fig. 3",
            unreached: "stopped: a violation of No Server Stops";
        /// The log ends before the entries begin: rejected, with a hint.
        LogIsTooShort: "Raft Fig. 2, AppendEntries 2";
        /// Another entry is there before the new ones: rejected, with a hint.
        LogConflicts: "Raft Fig. 2, AppendEntries 2";
        /// The log agrees and has all of the entries already, or there are none.
        NothingIsNew: "Raft Fig. 2, AppendEntries 3";
        /// The log agrees, has all of the entries, and others after them that are kept.
        TailIsKept: "Raft Fig. 2, AppendEntries 3";
        /// New entries are appended to the log as it is.
        EntriesAreStored: "Raft Fig. 2, AppendEntries 4";
        /// Entries that conflict with the new ones are dropped for them.
        ConflictIsDropped: "Raft Fig. 2, AppendEntries 3";
        /// New entries conflict with what is committed.
        ConflictBelowCommit: "Raft Fig. 3",
            unreached: "stopped: a violation of No Server Stops";
        /// The follower commits what its leader has committed.
        FollowerCommits: "Raft Fig. 2, AppendEntries 5";
        /// The leader has committed more than this message verifies: the rest waits.
        CommitIsUnverified: "Raft Fig. 2, AppendEntries 5";
        /// The log lacks entries that are committed.
        CommitBeyondLog: "ours",
            unreached: "stopped: a violation of No Server Stops";

        /// A server that has stopped hears nothing.
        NobodyListens: "ours",
            unreached: "stopped: a violation of No Server Stops";
    }
}

/// The rows that a handler took.
pub(super) type Rows = crate::coverage::Rows<Row>;

//! The transition table: every row that a handler goes through, by number and name.
//!
//! O stands for Operational, G for Gather, C for Commit, R for Recovery.

crate::rows! {
    /// A row of Totem's transition table.
    pub enum Row {
        /// A processor starts, alone, with a number that no ring of it had.
        B1Starts: "corosync, 3675dace";
        /// A number is saved before anything is sent that rests on it.
        SavesBeforeSending: "Totem, 5";
        /// A message of the ring leaves while it is being written here.
        SendsWhileWriting: "ours";

        /// The token comes: the processor sends again what is missing, and sends its own.
        O1Visit: "Totem, 4";
        /// The token of a ring in which nobody has anything to send is held by the representative.
        O1Holds: "corosync, hold";
        /// A member holds the token's aru down for too long: it receives nothing, and has failed.
        O1LeavesDeaf: "Totem, 4";
        /// The token is not of this ring, or has been here.
        O2IsNotNew: "Totem, 4";
        /// A message of the ring comes.
        O3Receives: "Totem, 4";
        /// It was here before.
        O4IsThere: "Totem, 4";
        /// A message of a foreign ring comes: its sender is considered for a new ring.
        O5IsForeign: "Totem, 5";
        /// A message of a foreign ring comes, and nothing follows from it.
        O5IsIgnored: "corosync";
        /// In this Join the processor has failed.
        O6IsExcluded: "corosync, cfbb021e";
        /// This Join is of the time when this ring was formed.
        O7IsOld: "corosync";
        /// A Join comes: the processor looks for others, too.
        O8Joins: "corosync, d9914003";
        /// The commit token comes to a processor that does not wait for it.
        O9IsNotExpected: "Totem, 5";
        /// A ring is announced that this processor is in.
        O10IsOwn: "corosync";
        /// A ring is announced that a member was in before.
        O10IsPast: "ours";
        /// A foreign ring is announced: its representative is considered for a new ring.
        O11IsForeign: "corosync";
        /// Someone waits for the token that the representative holds.
        O12Wakes: "corosync, hold cancel";
        /// Someone waits for a token that is not held here.
        O12IsNotHeld: "corosync, hold cancel";
        /// The token is lost.
        O13Loses: "Totem, 5";
        /// A token is sent again.
        O14Resends: "Totem, 4";
        /// The representative announces its ring.
        O15Announces: "corosync, merge detect";
        /// The application has something to send.
        O16Queues: "Totem, 4";
        /// The application has something to send, and the representative holds the token.
        O16Sends: "corosync, hold cancel";
        /// The application has something to send, and the representative is told.
        O16Wakes: "corosync, hold cancel";
        /// The token was held long enough.
        O18Releases: "corosync, hold";
        /// The application is about to stop: the processor leaves.
        O17Leaves: "corosync, Leave";
        /// Something comes to a processor that has left.
        O17IsGone: "corosync, Leave";
        /// A member leaves, or one who is considered: it has failed.
        J6Leaves: "corosync, e45bbcc9";
        /// Someone leaves who is neither, or a member has left a ring before this one.
        J6IsNotHere: "corosync, Leave";

        /// A processor looks for others.
        G0Gathers: "Totem, 5";
        /// A token comes to a processor that looks for others.
        G1IsLate: "corosync, d99fba72";
        /// A message of the old ring comes late.
        G2Receives: "Totem, 5";
        /// A message of another ring comes, from someone who is considered already.
        G4IsKnown: "Totem, 5";
        /// A Join of someone who looks for the same.
        J1Agrees: "Totem, 5";
        /// A Join of someone who considers fewer.
        J2KnowsLess: "Totem, 5";
        /// A Join of someone who has failed.
        J3HasFailed: "Totem, 5";
        /// A Join of someone for whom this processor has failed: it has failed in turn.
        J4FailsInTurn: "Totem, 5";
        /// A Join of someone who considers others.
        J5Considers: "Totem, 5";
        /// All agree, and the processor with the lowest id forms the ring.
        G5Forms: "Totem, 5";
        /// The commit token of the ring that this processor looks for.
        G6Commits: "Totem, 5";
        /// Another commit token.
        G7IsAnother: "Totem, 5";
        /// A Join is sent again.
        G9JoinsAgain: "Totem, 5";
        /// Those who do not agree have failed.
        G10Fails: "Totem, 5";
        /// All agree, and the commit token does not come.
        G11Waits: "Totem, 5";

        /// The commit token comes the second time.
        C1Recovers: "Totem, 5";
        /// Another commit token, or the same once more.
        C2IsAnother: "Totem, 5";
        /// A Join of a member that has left this ring: it does not come about.
        C3IsOver: "corosync, f127cb97";
        /// Another Join.
        C4IsOld: "Totem, 5";
        /// Anything else.
        C6IsLate: "Totem, 5";
        /// A commit token is sent again.
        C8Resends: "corosync";

        /// The token comes: what is left of the old ring is sent again.
        R1Visit: "Totem, 5";
        /// Another token.
        R2IsNotNew: "Totem, 5";
        /// A message of the old ring comes again.
        R3Receives: "Totem, 5";
        /// Another message.
        R4IsLate: "Totem, 5";
        /// A commit token that nobody waits for.
        R8IsLate: "Totem, 5";
        /// The commit token comes the third time: the representative sends the first regular token.
        R9Begins: "Totem, 5";
        /// The recovery fails. The messages that it has exchanged are kept.
        R11Fails: "Totem, 5";
        /// Everyone has everything: the ring is installed.
        R15Installs: "Totem, 5";

        /// A ring without a quorum is installed: the log is not told what is sent in it.
        LHasNoQuorum: "EVS, primary component";
        /// A ring with a quorum is installed: its members tell what they have.
        LReports: "EVS, primary component";
        /// A member tells what it has.
        LHears: "Paxos, 1b";
        /// The member whose log all take over sends what others lack.
        LSends: "Paxos, 2a";
        /// Entries come that somebody lacks.
        LTakes: "Paxos, 2a";
        /// A command comes before all logs are equal.
        LWaits: "ours";
        /// All logs are equal: the ring is the primary component.
        LEstablishes: "Paxos, 2b";
        /// A command comes in the primary component.
        LAppends: "Paxos, 2b";
        /// Commands that all of the ring have written are decided.
        LDecides: "EVS, safe delivery";
        /// A client's command is refused where there is no primary component.
        LRefuses: "EVS, primary component";
        /// More was decided than the log of the ring has.
        LStops: "ours", unreached: "something decided is lost then, and nothing is";
        /// A message comes that is not for the log, or too late for it.
        LIgnores: "EVS, primary component";

        /// A message is asked for, and sent again.
        SendsAgain: "Totem, 4";
        /// Someone has asked for what everyone has: the request is forgotten.
        ForgetsRequest: "ours";
        /// A message is missing, and asked for.
        AsksFor: "Totem, 4";
        /// Messages are discarded: everyone has them.
        Discards: "Totem, 4";
        /// A message is sent.
        Sends: "Totem, 4";
        /// A message is delivered.
        Delivers: "Totem, 4";
        /// A message is delivered in the transitional configuration.
        DeliversInTransition: "Totem, 5";
        /// A message is delivered although one before it is missing: its sender did not have that.
        DeliversPastGap: "Totem, 5";
        /// A message after a gap is dropped: it may depend on what is missing.
        DropsPastGap: "Totem, 5";
        /// A message comes that is for an application, or for a client.
        IsNoApplication: "ours", unreached: "no application says so";
    }
}

/// The rows that a handler took.
pub type Rows = crate::coverage::Rows<Row>;

//! The rows of sessions: every one that a handler takes.

crate::rows! {
    /// A row of what sessions go through.
    pub enum Row {
        /// A boot begins, and its number is on the disk.
        Boots: "ours";
        /// A message of no session is sent.
        SendsPlain: "ours",
            unreached: "the actor that is searched alone has none; see zab_on_fifo";
        /// A message of no session arrives.
        HearsPlain: "ours",
            unreached: "the actor that is searched alone has none; see zab_on_fifo";
        /// The opener asks for a session.
        Opens: "TCP, SYN";
        /// The acceptor agrees, and names its boot.
        Agrees: "TCP, SYN-ACK";
        /// The opener hears so.
        IsAgreed: "TCP, SYN-ACK";
        /// The session was agreed before, or is over.
        AgreedBefore: "ours";
        /// The actor inside says something.
        Says: "ours";
        /// The actor inside speaks in a session that is over.
        SaysInVain: "ours",
            unreached: "the actor that is searched alone knows when its session is over; see zab_on_fifo";
        /// A message waits until the session is agreed.
        WaitsForAgreement: "ours";
        /// A message waits until an earlier one was taken.
        WaitsForWindow: "TCP, window";
        /// A message is sent.
        Transmits: "ours";
        /// Messages that were not taken are sent again.
        SendsAgain: "TCP, retransmission";
        /// A session begins.
        Accepts: "ours";
        /// Another session of the peer begins: the one before is over.
        AcceptsAnother: "ours";
        /// Something of a session that is over: the sender is told.
        IsOver: "TCP, RST";
        /// Not the first message of a session that has not begun.
        BeginIsMissing: "ours";
        /// A message is the next one.
        Takes: "ours";
        /// A message was taken before, or one before it is missing.
        IsNotNext: "ours";
        /// The actor inside closes the session at a message, and others follow it.
        IsClosedMeanwhile: "ours",
            unreached: "no such event where each message has a frame of its own";
        /// The other side has taken more.
        IsTaken: "TCP, ACK";
        /// That was known, or is of another session.
        AckIsOld: "ours";
        /// The actor inside closes a session.
        Closes: "ours";
        /// The session that it closes is over already.
        ClosesInVain: "ours",
            unreached: "the actor that is searched alone knows when its session is over; see zab_on_fifo";
        /// The other side has closed the session.
        IsReset: "TCP, RST";
        /// A session is closed that is not there.
        ResetIsOld: "ours";
    }
}

/// The rows that a handler took.
pub(super) type Rows = crate::coverage::Rows<Row>;

//! The counters of a running node, for its operators.

use crate::request::{DatagramStatus, JournalStatus, SyncStatus};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use strum::VariantArray;

/// Why a datagram was not accepted or not sent, or a snapshot not taken.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error, VariantArray,
)]
pub enum Reject {
    /// Empty, and not from where the doorbell of this node is rung.
    #[error("doorbell of another")]
    Doorbell,
    /// Shorter than a frame's header.
    #[error("truncated")]
    Truncated,
    /// Longer than any frame.
    #[error("oversized")]
    Oversized,
    /// Not a frame of Quorate.
    #[error("bad magic")]
    Magic,
    /// A frame of another version.
    #[error("wrong version")]
    Version,
    /// A frame of another cluster.
    #[error("wrong cluster")]
    Cluster,
    /// Damaged on the way.
    #[error("bad checksum")]
    Checksum,
    /// A frame without a seal, where there are keys.
    #[error("not authenticated")]
    Unsealed,
    /// A sealed frame, where there are no keys.
    #[error("authenticated, no key here")]
    Sealed,
    /// Sealed with a key of another cluster.
    #[error("other key")]
    OtherKey,
    /// Damaged or forged.
    #[error("bad tag")]
    Tag,
    /// Sealed for somebody else.
    #[error("for another receiver")]
    Misdirected,
    /// Sealed by or for an earlier incarnation.
    #[error("earlier incarnation")]
    Stale,
    /// Heard already, or too late to know.
    #[error("replayed")]
    Replayed,
    /// An answer to a client that has been forgotten was not sent.
    #[error("unknown client")]
    UnknownClient,
    /// A frame of no known kind.
    #[error("unknown kind")]
    PacketKind,
    /// A peer's frame from an address that is no other node's.
    #[error("not a peer")]
    NotAPeer,
    /// A peer's frame that was made for another list of nodes, or for another protocol.
    #[error("other list of nodes")]
    OtherList,
    /// A client's frame from a peer, or an answer to a client.
    #[error("wrong kind for its source")]
    WrongKind,
    /// The payload is not a message.
    #[error("undecodable")]
    Undecodable,
    /// A message that no node can have sent to another.
    #[error("impossible")]
    Impossible,
    /// A message that fits no frame was not sent.
    #[error("too large to send")]
    TooLargeToSend,
    /// A snapshot of the service that this version cannot decode.
    #[error("undecodable snapshot")]
    Snapshot,
}

/// Counts of a running node, which only grow, and the state of its journal.
#[derive(Debug)]
pub struct Counters {
    start: Instant,
    rejects: [AtomicU64; Reject::VARIANTS.len()],
    doorbells: AtomicU64,
    heard: AtomicU64,
    sent: AtomicU64,
    syncs: AtomicU64,
    journal: Mutex<Option<Journal>>,
}

/// A journal that is open.
#[derive(Debug)]
struct Journal {
    bytes: u64,
    /// The end of the last sync, and how long it took.
    last_sync: Option<(Instant, Duration)>,
}

impl Default for Counters {
    fn default() -> Self {
        Counters {
            start: Instant::now(),
            rejects: Default::default(),
            doorbells: AtomicU64::default(),
            heard: AtomicU64::default(),
            sent: AtomicU64::default(),
            syncs: AtomicU64::default(),
            journal: Mutex::default(),
        }
    }
}

impl Counters {
    /// Something was rejected.
    pub fn reject(&self, reason: Reject) {
        self.rejects[reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// The doorbell rang.
    pub fn doorbell(&self) {
        self.doorbells.fetch_add(1, Ordering::Relaxed);
    }

    /// How often the doorbell rang.
    pub fn doorbells(&self) -> u64 {
        self.doorbells.load(Ordering::Relaxed)
    }

    /// A datagram has come.
    pub fn hear(&self) {
        self.heard.fetch_add(1, Ordering::Relaxed);
    }

    /// So many datagrams are sent.
    pub fn send(&self, datagrams: usize) {
        self.sent.fetch_add(datagrams as u64, Ordering::Relaxed);
    }

    /// Datagrams so far.
    pub fn datagrams(&self) -> DatagramStatus {
        DatagramStatus {
            heard: self.heard.load(Ordering::Relaxed),
            sent: self.sent.load(Ordering::Relaxed),
        }
    }

    /// The time since the start.
    pub fn uptime(&self) -> Duration {
        self.start.elapsed()
    }

    /// The journal has so many bytes now, after a sync that took so long, if there was one.
    pub fn journal_is(&self, bytes: u64, took: Option<Duration>) {
        let last_sync = took.map(|took| (Instant::now(), took));
        self.syncs
            .fetch_add(last_sync.is_some().into(), Ordering::Relaxed);
        *self.open_journal() = Some(Journal { bytes, last_sync });
    }

    /// The journal, once it is open.
    pub fn journal(&self) -> Option<JournalStatus> {
        let journal = self.open_journal();
        journal.as_ref().map(|journal| JournalStatus {
            bytes: journal.bytes,
            syncs: self.syncs.load(Ordering::Relaxed),
            last_sync: journal.last_sync.map(|(end, took)| SyncStatus {
                ago_ms: end.elapsed().as_millis() as u64,
                took_us: took.as_micros() as u64,
            }),
        })
    }

    fn open_journal(&self) -> MutexGuard<'_, Option<Journal>> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rejects by reason.
    pub fn rejected(&self) -> BTreeMap<String, u64> {
        let count = |reason: Reject| self.rejects[reason as usize].load(Ordering::Relaxed);
        let reasons = Reject::VARIANTS.iter();
        reasons
            .map(|reason| (reason.to_string(), count(*reason)))
            .collect()
    }
}

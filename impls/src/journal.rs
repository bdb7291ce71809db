//! The journal: the changes of an actor's record, in order, on a disk.
//!
//! # Format
//!
//! ```text
//! 0      header   magic, version, cluster, node, salt, digest of the list of nodes, checksum
//! 512    mark     length and number of changes that were synced, checksum
//! 1024   mark     the same; the two are written in turn
//! 1536   groups   length, checksum (of length, number and changes), number of the first change,
//!                 then each change with its length
//! ```
//!
//! A group is what one sync makes durable. It is one checksummed whole, written at once after the
//! group before it was synced, so a crash leaves it whole, torn or missing, with nothing valid
//! behind it. After each sync, and before anyone hears of it, a mark is written (not synced: the
//! next sync carries it along).
//!
//! # What can be told apart
//!
//! - *A process killed*: the operating system keeps every write, marks included. Everything
//!   acknowledged lies below the newest mark.
//! - *Power lost*: the newest mark may be missing, but the one before it was synced together with
//!   the last group. The last synced group itself is whole, for it was synced. Behind it, at most
//!   one torn group; nothing of it was acknowledged, so it is cut.
//! - *Damage*: an unreadable group below the mark, or before a valid group, was synced once; so
//!   the node refuses to start. So does a file that is shorter than the mark says: a lost tail is
//!   never taken for an earlier past. One damaged mark is replaced by the other, which is older by
//!   one group: the groups themselves are then still whole. Damage to both at once is refused.
//!
//! Opening does *not* detect that a disk has lost, behind our back, both the last synced group and the
//! mark that was written after it: that looks like a power loss before the sync.

mod directory;
pub mod format;
#[cfg(test)]
pub(crate) mod tests;
mod thread;

pub use directory::{Directory, DirectoryError, lock};
pub use thread::DiskThread;

use crate::disk::Disk;
use crate::refused::remedy;
use format::{Damage, Identity, SyncMark, blank, body_len, decode, encode_group, encode_mark};
use std::io;

/// A log of changes that become durable in the order in which they were appended.
pub trait ChangeLog {
    /// Hands over a change, without waiting.
    fn append(&self, change: Vec<u8>);

    /// How many of the changes handed over are durable. Never decreases.
    fn durable(&self) -> u64;
}

/// A journal that can be appended to.
#[derive(Debug)]
pub struct Journal<D> {
    disk: D,
    salt: u64,
    synced: SyncMark,
    slot: usize,
}

/// Why a journal cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its content cannot be trusted.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// The disk failed.
    #[error("journal cannot be read and synced; {}, then start again", remedy(.0))]
    Disk(#[from] io::Error),
}

impl OpenError {
    /// Whether the journal is sound, and of another node or cluster.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            OpenError::Damage(Damage::Identity { .. } | Damage::List)
        )
    }
}

impl<D: Disk> Journal<D> {
    /// Makes a blank file a journal without changes.
    ///
    /// # Errors
    ///
    /// When the disk fails.
    pub fn create(disk: &mut D, identity: Identity, salt: u64) -> io::Result<()> {
        disk.write_at(0, &blank(identity, salt))?;
        disk.sync()
    }

    /// Reads a journal: its changes, oldest first, and the journal, ready for more.
    ///
    /// # Errors
    ///
    /// When the content is not everything that was synced, or when the disk fails.
    pub fn open(mut disk: D, identity: Identity) -> Result<(Self, Vec<Vec<u8>>), OpenError> {
        let bytes = disk.read()?;
        let content = decode(&bytes, identity)?;
        if content.end < bytes.len() as u64 {
            disk.truncate(content.end)?;
        }
        let mut journal = Journal {
            disk,
            salt: content.salt,
            synced: SyncMark {
                end: content.end,
                changes: content.changes.len() as u64,
            },
            slot: 0,
        };
        // The bytes behind the newest mark may not have been synced, and the actor will act on them. After
        // a sync that failed, the system may have dropped them from its list of bytes that have yet to reach
        // the disk; then a second sync alone proves nothing. So they are written once more.
        if content.synced.end < content.end {
            let doubtful = &bytes[content.synced.end as usize..content.end as usize];
            journal.disk.write_at(content.synced.end, doubtful)?;
        }
        journal.disk.sync()?;
        journal.write_mark()?;
        journal.write_mark()?;
        Ok((journal, content.changes))
    }

    /// Bytes of the file.
    pub fn bytes(&self) -> u64 {
        self.synced.end
    }

    /// Appends changes as one group. When it returns, they are durable.
    ///
    /// # Errors
    ///
    /// When the disk fails, or the changes have 4 GiB or more. The journal must not be used again.
    pub fn append(&mut self, changes: &[Vec<u8>]) -> io::Result<()> {
        if body_len(changes).is_none() {
            return Err(io::Error::other("a change has 4 GiB or more"));
        }
        let group = encode_group(self.salt, self.synced.changes + 1, changes);
        self.disk.write_at(self.synced.end, &group)?;
        self.disk.sync()?;
        self.synced.end += group.len() as u64;
        self.synced.changes += changes.len() as u64;
        self.write_mark()
    }

    fn write_mark(&mut self) -> io::Result<()> {
        let (offset, mark) = encode_mark(self.salt, self.slot, self.synced);
        self.slot = 1 - self.slot;
        self.disk.write_at(offset, &mark)
    }
}

//! The disk thread: appends what it is given, one group for everything that arrived during the
//! last sync.

use super::{ChangeLog, Journal};
use crate::bell::Ring;
use crate::counters::Counters;
use crate::disk::Disk;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes of a group after which the next change waits for the next group.
const GROUP_BYTES_MAX: usize = 1 << 20;

/// A journal on a thread of its own. Appending returns at once; when a group is durable, its
/// number is published, then the bell rings. The size of the journal and its last sync are told to the
/// counters.
#[derive(Clone, Debug)]
pub struct DiskThread {
    work: Sender<Work>,
    durable: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Work {
    Append(Vec<u8>),
    /// Say so when everything before this is durable.
    Finish(Sender<()>),
}

impl DiskThread {
    /// Starts the thread. `fail` is called once, with the error, when the disk fails; nothing is
    /// written after that.
    pub fn start<D: Disk>(
        mut journal: Journal<D>,
        bell: impl Ring,
        counters: Arc<Counters>,
        fail: impl FnOnce(io::Error) + Send + 'static,
    ) -> Self {
        let (work, inbox) = channel();
        let durable = Arc::new(AtomicU64::new(0));
        let published = durable.clone();
        counters.journal_is(journal.bytes(), None);
        let run = move || {
            let mut append = |group: &[Vec<u8>]| {
                let begun = Instant::now();
                journal.append(group)?;
                counters.journal_is(journal.bytes(), Some(begun.elapsed()));
                published.fetch_add(group.len() as u64, Ordering::Release);
                bell.ring();
                Ok(())
            };
            if let Err(error) = serve(&inbox, &mut append) {
                fail(error);
            }
        };
        thread::Builder::new()
            .name("disk".to_owned())
            .spawn(run)
            .expect("a thread can be started");
        DiskThread { work, durable }
    }

    /// Returns when everything appended before is durable, or the disk has failed; or after `limit`, and
    /// then false.
    pub fn finish(&self, limit: Duration) -> bool {
        let (done, finished) = channel();
        // Otherwise the thread has ended, and has called `fail`.
        let is_sent = self.work.send(Work::Finish(done)).is_ok();
        !is_sent || finished.recv_timeout(limit) != Err(RecvTimeoutError::Timeout)
    }
}

fn serve(
    inbox: &Receiver<Work>,
    append: &mut impl FnMut(&[Vec<u8>]) -> io::Result<()>,
) -> io::Result<()> {
    while let Ok(first) = inbox.recv() {
        let mut group = Vec::new();
        let mut finished = Vec::new();
        let mut bytes = 0;
        let mut next = Some(first);
        while let Some(work) = next {
            match work {
                Work::Append(change) => {
                    bytes += change.len();
                    group.push(change);
                }
                Work::Finish(done) => finished.push(done),
            }
            next = (bytes < GROUP_BYTES_MAX)
                .then(|| inbox.try_recv().ok())
                .flatten();
        }
        if !group.is_empty() {
            append(&group)?;
        }
        for done in finished {
            // The caller may have given up waiting.
            let _ = done.send(());
        }
    }
    Ok(())
}

impl ChangeLog for DiskThread {
    fn append(&self, change: Vec<u8>) {
        // An error means that the disk has failed: nothing is published any more, so nothing that
        // waits for this change is ever released.
        let _ = self.work.send(Work::Append(change));
    }

    fn durable(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }
}

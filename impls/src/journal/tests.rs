use super::format::{Damage, GROUPS, Identity, LOST, digest};
use super::{ChangeLog, Directory, DirectoryError, DiskThread, Journal, OpenError};
use crate::bell::Ring;
use crate::disk::Disk;
use crate::disk::memory::{Bytes, Memory};
use proptest::prelude::*;
use std::io;
use std::net::SocketAddrV4;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const ME: Identity = Identity {
    cluster: 7,
    node: 1,
    list: 5,
};
/// Longer than anything takes that happens at all.
const PATIENCE: Duration = Duration::from_secs(60);
const SALT: u64 = 0x5a17_5a17_5a17_5a17;

fn blank() -> Memory {
    let mut disk = Memory::default();
    Journal::create(&mut disk, ME, SALT).unwrap();
    disk
}

fn open(bytes: &[u8]) -> Result<Vec<Vec<u8>>, OpenError> {
    Journal::open(Memory::holding(bytes), ME).map(|(_, changes)| changes)
}

fn change(number: usize) -> Vec<u8> {
    vec![number as u8; number % 5]
}

/// A journal of three groups with six changes, all synced.
fn small() -> (Vec<u8>, Vec<Vec<u8>>) {
    let (mut journal, found) = Journal::open(blank(), ME).unwrap();
    assert_eq!(found, Vec::<Vec<u8>>::new());
    let changes: Vec<_> = (1..=6).map(change).collect();
    journal.append(&changes[..1]).unwrap();
    journal.append(&changes[1..4]).unwrap();
    journal.append(&changes[4..]).unwrap();
    (journal.disk.seen(), changes)
}

#[test]
fn what_was_appended_is_found_and_can_be_continued() {
    let (bytes, mut changes) = small();
    let (mut journal, found) = Journal::open(Memory::holding(&bytes), ME).unwrap();
    assert_eq!(found, changes);
    journal.append(&[change(7)]).unwrap();
    changes.push(change(7));
    assert_eq!(open(&journal.disk.seen()).unwrap(), changes);
}

#[test]
fn every_flipped_bit_is_refused_or_harmless() {
    let (bytes, changes) = small();
    let mut refused = 0;
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        match open(&flipped) {
            Ok(found) => assert_eq!(found, changes, "byte {} bit {}", bit / 8, bit % 8),
            Err(_) => refused += 1,
        }
    }
    // All of the header and all of the groups; the marks stand in for each other.
    assert_eq!(refused, 8 * (44 + bytes.len() - GROUPS));
}

#[test]
fn every_cut_is_refused() {
    let (bytes, _) = small();
    for len in 0..bytes.len() {
        assert!(open(&bytes[..len]).is_err(), "length {len}");
    }
}

#[test]
fn a_torn_tail_is_cut_and_forgotten() {
    let (bytes, mut changes) = small();
    let mut journal = Journal::open(Memory::holding(&bytes), ME).unwrap().0;
    journal.append(&[vec![1; 40]]).unwrap();
    let torn = [
        &bytes[..],
        &journal.disk.seen()[bytes.len()..bytes.len() + 30],
    ]
    .concat();
    let (mut journal, found) = Journal::open(Memory::holding(&torn), ME).unwrap();
    assert_eq!(found, changes);
    assert_eq!(journal.disk.seen().len(), bytes.len());
    journal.append(&[change(7)]).unwrap();
    changes.push(change(7));
    assert_eq!(open(&journal.disk.seen()).unwrap(), changes);
}

#[test]
fn damage_before_a_valid_group_is_refused_even_beyond_the_mark() {
    let (mut bytes, _) = small();
    let before = bytes.len();
    let mut journal = Journal::open(Memory::holding(&bytes), ME).unwrap().0;
    journal.append(&[vec![1; 40]]).unwrap();
    journal.append(&[vec![2; 40]]).unwrap();
    // The groups are there, but the marks are those of before.
    bytes.extend(&journal.disk.seen()[before..]);
    bytes[before + 20] ^= 1;
    let error = open(&bytes).unwrap_err();
    let within = |error| matches!(error, OpenError::Damage(Damage::Within { offset, .. }) if offset == before);
    assert!(within(error));
}

#[test]
fn who_has_lost_a_journal_is_told_what_is_possible_still() {
    for possible in [
        "leave this node down",
        "must not come back under its id",
        "no other can take its place",
        "each started with `quorate node`, serve while a majority of all is up",
        "if none is left, read what those that still run have with `--consistency local`",
        "make a new cluster",
    ] {
        assert!(LOST.contains(possible), "{possible}: {LOST}");
    }
    let (mut bytes, _) = small();
    bytes.truncate(GROUPS - 1);
    assert!(open(&bytes).unwrap_err().to_string().ends_with(LOST));
    let folder = tempfile::tempdir().unwrap();
    let blank = Directory::open(folder.path(), ME, false).unwrap_err();
    assert!(blank.to_string().ends_with(LOST), "{blank}");
}

#[test]
fn the_journal_of_another_node_is_refused() {
    let (bytes, _) = small();
    let other = Identity {
        cluster: 7,
        node: 2,
        list: 5,
    };
    let error = Journal::open(Memory::holding(&bytes), other).unwrap_err();
    assert_eq!(
        error.to_string(),
        "journal belongs to node 1 of cluster 7, expected node 2 of cluster 7; give the --data of \
         this node"
    );
}

#[test]
fn a_journal_of_another_list_or_protocol_is_refused() {
    let address = |port| SocketAddrV4::new([127, 0, 0, 1].into(), port);
    let lists = [
        vec![address(1), address(2), address(3)],
        vec![address(2), address(1), address(3)],
        vec![address(1), address(2), address(4)],
        vec![address(1), address(2)],
    ];
    let mut digests: Vec<u32> = lists.iter().map(|list| digest("raft", list)).collect();
    digests.push(digest("zab", &lists[0]));
    let other = Identity {
        list: digests[0],
        ..ME
    };
    let error = Journal::open(blank(), other).unwrap_err();
    assert!(matches!(error, OpenError::Damage(Damage::List)), "{error}");
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), lists.len() + 1);
}

#[test]
fn a_journal_of_the_first_version_is_named() {
    let mut bytes = blank().seen();
    bytes[8] = 1;
    let checksum = crc32fast::hash(&bytes[..36]).to_le_bytes();
    bytes[36..40].copy_from_slice(&checksum);
    let error = open(&bytes).unwrap_err().to_string();
    assert!(error.contains("format version 1, expected 3"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Power fails during some append, at each of its steps. The node starts again, with all that
    /// was acknowledged and at most what was on its way.
    #[test]
    fn a_loss_of_power_keeps_what_was_synced(
        groups in prop::collection::vec(prop::collection::vec(0..700usize, 1..4), 1..6),
        sectors in any::<u64>(), longer in any::<bool>(), is_marked in any::<bool>(),
    ) {
        let (mut journal, _) = Journal::open(blank(), ME).unwrap();
        let mut acknowledged = Vec::new();
        let (last, before) = groups.split_last().unwrap();
        let changes = |group: &[usize]| -> Vec<Vec<u8>> {
            group.iter().map(|len| vec![*len as u8; *len]).collect()
        };
        for group in before {
            journal.append(&changes(group)).unwrap();
            acknowledged.extend(changes(group));
        }
        let synced = journal.disk.bytes().synced.clone();
        let marked = journal.disk.seen();
        journal.append(&changes(last)).unwrap();
        // Back to before the sync of the last group, with the mark of the one before or without.
        let mut crashed = Bytes { seen: journal.disk.bytes().synced.clone(), synced };
        if is_marked {
            crashed.seen[..GROUPS].copy_from_slice(&marked[..GROUPS]);
        }
        let bytes = crashed.lose_power(|sector| sectors >> (sector % 64) & 1 == 1, longer);
        let found = open(&bytes).unwrap();
        let all = [acknowledged.clone(), changes(last)].concat();
        prop_assert!(found == acknowledged || found == all);
        // And once the sync has returned, without its mark: nothing of it may be missing.
        prop_assert_eq!(open(&journal.disk.bytes().synced).unwrap(), all);
    }
}

/// A disk whose syncs wait until they are told how to end.
struct Gate {
    entered: Sender<usize>,
    results: Receiver<io::Result<()>>,
    written: usize,
}

impl Disk for Gate {
    fn read(&mut self) -> io::Result<Vec<u8>> {
        Ok(blank().seen())
    }

    fn write_at(&mut self, offset: u64, _: &[u8]) -> io::Result<()> {
        self.written += usize::from(GROUPS as u64 <= offset);
        Ok(())
    }

    fn truncate(&mut self, _: u64) -> io::Result<()> {
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.entered.send(self.written).unwrap();
        self.results.recv().unwrap()
    }
}

#[derive(Clone)]
struct Rings(Sender<()>);

impl Ring for Rings {
    fn ring(&self) {
        self.0.send(()).unwrap();
    }
}

/// A journal on a [`Gate`].
pub(crate) struct Threaded {
    pub(crate) disk: DiskThread,
    /// A sync has begun, after so many writes.
    pub(crate) entered: Receiver<usize>,
    /// Ends a sync.
    pub(crate) results: Sender<io::Result<()>>,
    pub(crate) rings: Receiver<()>,
    failure: Arc<Mutex<Option<String>>>,
}

pub(crate) fn threaded() -> Threaded {
    let (entered_in, entered) = channel();
    let (results, results_out) = channel();
    let (ring, rings) = channel();
    let failure = Arc::new(Mutex::new(None));
    results.send(Ok(())).unwrap();
    let gate = Gate {
        entered: entered_in,
        results: results_out,
        written: 0,
    };
    let (journal, _) = Journal::open(gate, ME).unwrap();
    entered.recv().unwrap();
    let failed = failure.clone();
    let disk = DiskThread::start(journal, Rings(ring), Arc::default(), move |error| {
        *failed.lock().unwrap() = Some(error.to_string());
    });
    Threaded {
        disk,
        entered,
        results,
        rings,
        failure,
    }
}

#[test]
fn what_arrives_during_a_sync_is_the_next_group() {
    let Threaded {
        disk,
        entered,
        results,
        rings,
        failure: _,
    } = threaded();
    disk.append(vec![0]);
    assert_eq!(entered.recv(), Ok(1));
    for number in 1..=100 {
        disk.append(vec![number]);
    }
    assert_eq!(disk.durable(), 0);
    results.send(Ok(())).unwrap();
    rings.recv().unwrap();
    assert_eq!(disk.durable(), 1);
    assert_eq!(entered.recv(), Ok(2));
    results.send(Ok(())).unwrap();
    rings.recv().unwrap();
    assert_eq!(disk.durable(), 101);
}

#[test]
fn a_disk_that_hangs_keeps_nobody_from_ending() {
    let Threaded {
        disk,
        entered,
        results,
        rings: _rings,
        failure: _,
    } = threaded();
    disk.append(vec![0]);
    assert_eq!(entered.recv(), Ok(1));
    assert!(!disk.finish(Duration::ZERO));
    results.send(Ok(())).unwrap();
    assert!(disk.finish(PATIENCE));
}

#[test]
fn a_failed_sync_is_reported_and_nothing_is_published() {
    let Threaded {
        disk,
        entered,
        results,
        rings,
        failure,
    } = threaded();
    disk.append(vec![0]);
    assert_eq!(entered.recv(), Ok(1));
    results
        .send(Err(io::Error::other("the disk is on fire")))
        .unwrap();
    drop(results);
    disk.append(vec![1]);
    assert!(disk.finish(PATIENCE));
    assert_eq!(rings.recv().ok(), None);
    assert_eq!(disk.durable(), 0);
    assert_eq!(
        failure.lock().unwrap().as_deref(),
        Some("the disk is on fire")
    );
}

#[test]
fn finishing_waits_for_all_that_was_appended() {
    let Threaded {
        disk,
        results,
        entered: _entered,
        rings: _rings,
        ..
    } = threaded();
    for _ in 0..4 {
        results.send(Ok(())).unwrap();
    }
    for number in 0..3 {
        disk.append(vec![number]);
    }
    assert!(disk.finish(PATIENCE));
    assert_eq!(disk.durable(), 3);
}

#[test]
fn a_directory_is_made_on_request_only_and_used_by_one_node_at_a_time() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("node");
    let open = |init| Directory::open(&path, ME, init);
    assert!(matches!(open(false), Err(DirectoryError::Blank(_))));
    assert!(!path.exists());
    let directory = open(true).unwrap();
    assert!(matches!(open(false), Err(DirectoryError::Locked(_))));
    assert!(matches!(open(true), Err(DirectoryError::Locked(_))));
    let (mut journal, changes) = directory.open_journal(ME).unwrap();
    assert_eq!(changes, Vec::<Vec<u8>>::new());
    journal.append(&[change(3)]).unwrap();
    drop((journal, directory));
    assert!(matches!(open(true), Err(DirectoryError::NotBlank(_))));
    let directory = open(false).unwrap();
    assert_eq!(directory.open_journal(ME).unwrap().1, [change(3)]);
}

/// A disk on which a sync fails once. As Linux does, it then takes what it could not write for
/// written: a later sync writes what was written since, and no more.
#[derive(Clone)]
struct Forgetful {
    disk: Memory,
    fails: bool,
    unwritten: Vec<(usize, usize)>,
}

impl Disk for Forgetful {
    fn read(&mut self) -> io::Result<Vec<u8>> {
        self.disk.read()
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.unwritten.push((offset as usize, bytes.len()));
        self.disk.write_at(offset, bytes)
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.disk.truncate(len)
    }

    fn sync(&mut self) -> io::Result<()> {
        let unwritten = std::mem::take(&mut self.unwritten);
        if std::mem::take(&mut self.fails) {
            return Err(io::Error::other("write-back failed"));
        }
        let mut bytes = self.disk.bytes();
        let Bytes { seen, synced } = &mut *bytes;
        synced.resize(seen.len(), 0);
        for (offset, len) in unwritten {
            synced[offset..offset + len].copy_from_slice(&seen[offset..offset + len]);
        }
        Ok(())
    }
}

#[test]
fn what_is_found_after_a_failed_sync_is_durable() {
    let disk = Forgetful {
        disk: blank(),
        fails: false,
        unwritten: Vec::new(),
    };
    let (mut journal, _) = Journal::open(disk, ME).unwrap();
    journal.append(&[change(1)]).unwrap();
    journal.disk.fails = true;
    journal.append(&[change(2)]).unwrap_err();

    let (journal, found) = Journal::open(journal.disk, ME).unwrap();
    assert_eq!(found, [change(1), change(2)]);
    let after_a_loss_of_power = journal.disk.disk.bytes().synced.clone();
    assert_eq!(open(&after_a_loss_of_power).unwrap(), found);
}

/// Nobody reads what it would be cut to.
#[test]
fn a_change_whose_length_cannot_be_told_is_not_written() {
    let (mut journal, _) = Journal::open(blank(), ME).unwrap();
    let before = journal.bytes();
    journal.append(&[vec![0; u32::MAX as usize]]).unwrap_err();
    assert_eq!(journal.bytes(), before);
}

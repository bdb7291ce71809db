//! One hostile journal: what must be true of any bytes.

use quorate::disk::memory::Memory;
use quorate::journal::ChangeLog;
use quorate::journal::Journal;
use quorate::journal::format::{
    GROUPS, Identity, SyncMark, blank, encode_group, encode_mark, sealed,
};
use quorate::layers::Layer;
use quorate::layers::durable::Durable;
use quorate_models::input::Input;
use quorate_models::raft::{Config, Server};
use stateright::actor::Id;

/// The node whose journal it is said to be.
pub const ME: Identity = Identity {
    cluster: 7,
    node: 1,
    list: 5,
};
/// The salt of its checksums.
pub const SALT: u64 = 0x5a17_5a17_5a17_5a17;

/// Reads bytes as a journal, as the groups of a sound journal, as their content under sound
/// checksums, and as a list of damages to a sound journal.
///
/// # Panics
///
/// If what is read is not read again, or cannot be continued.
pub fn check(bytes: &[u8]) {
    recover(bytes);
    recover(&[&blank(ME, SALT), bytes].concat());
    recover(&with_sound_checksums(bytes));
    recover(&damaged(sound(), bytes));
}

/// A journal of three groups with four changes, all synced.
pub fn sound() -> Vec<u8> {
    let disk = Memory::holding(&blank(ME, SALT));
    let (mut journal, _) = Journal::open(disk.clone(), ME).expect("a blank journal is sound");
    // A term, no vote, the whole log kept, and no entry.
    let change = |term: u8| vec![term, 0, 0, 0];
    for group in [vec![change(1)], vec![change(2), change(3)], vec![change(4)]] {
        journal.append(&group).expect("memory does not fail");
    }
    disk.seen()
}

/// Groups, marks and changes whose checksums are right, whatever they say. The first byte of a
/// piece tells its kind, the second its length.
fn with_sound_checksums(mut bytes: &[u8]) -> Vec<u8> {
    let mut journal = blank(ME, SALT);
    let mut changes = 0;
    while let [kind, len, rest @ ..] = bytes {
        let (piece, rest) = rest.split_at(usize::from(*len).min(rest.len()));
        bytes = rest;
        match kind % 4 {
            0 => {
                journal.extend(encode_group(SALT, changes + 1, &[piece.to_vec()]));
                changes += 1;
            }
            1 => journal.extend(sealed(SALT, piece)),
            2 => {
                let first = (changes + 1).to_le_bytes();
                journal.extend(sealed(SALT, &[&first, piece].concat()));
            }
            _ => {
                let number = |at: usize| {
                    let bytes = piece.get(at..at + 8).and_then(|it| it.try_into().ok());
                    bytes.map_or(0, u64::from_le_bytes)
                };
                let (end, changes) = (number(0), number(8));
                let (at, mark) =
                    encode_mark(SALT, usize::from(kind / 4 % 2), SyncMark { end, changes });
                journal[at as usize..][..mark.len()].copy_from_slice(&mark);
            }
        }
    }
    journal
}

/// A journal after damages of four bytes each: a kind, a place, a value.
fn damaged(mut journal: Vec<u8>, damages: &[u8]) -> Vec<u8> {
    for damage in damages.chunks_exact(4) {
        let [kind, high, low, value] = damage else {
            unreachable!("the chunks have four bytes")
        };
        let place = usize::from(u16::from_be_bytes([*high, *low])) % (journal.len() + 1);
        match kind % 4 {
            0 if place < journal.len() => journal[place] ^= value,
            1 => journal.truncate(place),
            2 => journal.insert(place, *value),
            _ => journal.extend_from_within(place.min(GROUPS.min(journal.len()))..place),
        }
    }
    journal
}

/// Opens a journal as a node does, and goes on with it.
fn recover(bytes: &[u8]) {
    let disk = Memory::holding(bytes);
    let (mut journal, changes) = match Journal::open(disk.clone(), ME) {
        Ok(opened) => opened,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let read = || Journal::open(disk.clone(), ME).map(|(_, changes)| changes);
    assert_eq!(read().expect("it is read again"), changes);
    journal
        .append(&[b"more".to_vec()])
        .expect("memory does not fail");
    let more = read().expect("it is continued");
    assert_eq!(more.split_last(), Some((&b"more".to_vec(), &changes[..])));
    if let Ok(server) = Durable::recover(Server::new(Config::production(3)), &changes, Nowhere) {
        let mut state = server.initial();
        server.step(Id::from(1), &mut state, Input::Start(None));
    }
}

/// A log that keeps nothing, for a server that is only started.
struct Nowhere;

impl ChangeLog for Nowhere {
    fn append(&self, _change: Vec<u8>) {}

    fn durable(&self) -> u64 {
        0
    }
}

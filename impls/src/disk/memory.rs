//! A disk in memory, for tests: those of this package, and the fuzzer.

use super::Disk;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

const SECTOR: usize = 512;

/// A disk that outlives the process on it: a clone is the same disk. Bytes that are not synced may
/// be lost with the power, sector by sector.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<Bytes>>);

/// The two contents of a disk.
#[derive(Clone, Debug, Default)]
pub struct Bytes {
    /// The bytes that a process sees.
    pub seen: Vec<u8>,
    /// The bytes that are certain to survive.
    pub synced: Vec<u8>,
}

impl Memory {
    /// A disk with a content that is synced.
    pub fn holding(bytes: &[u8]) -> Self {
        let bytes = Bytes {
            seen: bytes.to_vec(),
            synced: bytes.to_vec(),
        };
        Memory(Arc::new(Mutex::new(bytes)))
    }

    /// Both contents.
    ///
    /// # Panics
    ///
    /// If a thread has panicked while it held them.
    pub fn bytes(&self) -> MutexGuard<'_, Bytes> {
        self.0.lock().unwrap()
    }

    /// The bytes that a process sees.
    pub fn seen(&self) -> Vec<u8> {
        self.bytes().seen.clone()
    }
}

impl Bytes {
    /// The power fails: each sector is as it was synced or as it was written, and so is the
    /// length.
    pub fn lose_power(&self, written: impl Fn(usize) -> bool, longer: bool) -> Vec<u8> {
        let len = if longer {
            self.seen.len()
        } else {
            self.synced.len()
        };
        let byte = |offset: usize| {
            let from = if written(offset / SECTOR) {
                &self.seen
            } else {
                &self.synced
            };
            from.get(offset).copied().unwrap_or(0)
        };
        (0..len).map(byte).collect()
    }
}

impl Disk for Memory {
    fn read(&mut self) -> io::Result<Vec<u8>> {
        Ok(self.seen())
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let seen = &mut self.bytes().seen;
        let range = offset as usize..offset as usize + bytes.len();
        seen.resize(seen.len().max(range.end), 0);
        seen[range].copy_from_slice(bytes);
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.bytes().seen.truncate(len as usize);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut bytes = self.bytes();
        bytes.synced = bytes.seen.clone();
        Ok(())
    }
}

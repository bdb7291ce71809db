//! The disk under a journal, as narrow as the journal needs it, so that a simulated one fits too.

pub mod memory;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// One file. Written bytes are visible at once and durable after the next `sync`.
pub trait Disk: Send + 'static {
    /// The whole content.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    fn read(&mut self) -> io::Result<Vec<u8>>;

    /// Overwrites or extends the content from `offset` on.
    ///
    /// # Errors
    ///
    /// When not all bytes could be written.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Cuts the content to `len` bytes.
    ///
    /// # Errors
    ///
    /// When the length cannot be changed.
    fn truncate(&mut self, len: u64) -> io::Result<()>;

    /// Returns when everything written so far survives a loss of power.
    ///
    /// # Errors
    ///
    /// When the disk cannot promise that. Bytes written since the last sync are then in doubt for
    /// good: a second sync that succeeds proves nothing.
    fn sync(&mut self) -> io::Result<()>;
}

impl Disk for File {
    fn read(&mut self) -> io::Result<Vec<u8>> {
        let len = usize::try_from(self.metadata()?.len()).map_err(io::Error::other)?;
        let mut bytes = vec![0; len];
        self.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.write_all_at(bytes, offset)
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

//! The directory of one node: locked while the node runs, made only on request.

use super::format::{Identity, LOST};
use super::{Journal, OpenError};
use crate::incarnation;
use crate::private;
use crate::refused::{is_usage, remedy};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// A node's directory, locked until this is dropped.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    _lock: File,
}

/// Why a directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// Another process holds the lock.
    #[error("directory {} is in use by another node; end that one, or give another --data", .0.display())]
    Locked(PathBuf),
    /// There is nothing to start from.
    #[error(
        "directory {} holds no journal; a new node needs --init, and if this one has lost its journal, {LOST}",
        .0.display()
    )]
    Blank(PathBuf),
    /// There is something to start from.
    #[error("directory {} already holds a journal; leave out --init to start from it", .0.display())]
    NotBlank(PathBuf),
    /// The journal cannot be used.
    #[error("{}", path.display())]
    Journal {
        /// The journal.
        path: PathBuf,
        /// The error in it.
        source: OpenError,
    },
    /// The file system refused.
    #[error("{}: {error}; {}, then start again", path.display(), remedy(error))]
    Io {
        /// The file that was to be opened or written.
        path: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
}

impl DirectoryError {
    /// The error of the system about a file.
    pub fn io(path: &Path, error: io::Error) -> Self {
        DirectoryError::Io {
            path: path.to_owned(),
            error,
        }
    }

    /// Whether the directory could be used if something else were asked for, or at another time.
    pub fn is_usage(&self) -> bool {
        match self {
            DirectoryError::Locked(_) | DirectoryError::Blank(_) => true,
            DirectoryError::NotBlank(_) => true,
            DirectoryError::Journal { source, .. } => source.is_usage(),
            DirectoryError::Io { error, .. } => is_usage(error),
        }
    }
}

impl Directory {
    /// Locks the directory, and makes it with a blank journal if `init`.
    ///
    /// # Errors
    ///
    /// When it is in use, when it is blank and `init` is false, or the other way round.
    pub fn open(path: &Path, identity: Identity, init: bool) -> Result<Self, DirectoryError> {
        if init {
            private::folder(path).map_err(|error| DirectoryError::io(path, error))?;
        } else if !path.is_dir() {
            return Err(DirectoryError::Blank(path.to_owned()));
        }
        let directory = Directory {
            path: path.to_owned(),
            _lock: lock(path)?,
        };
        match (directory.journal().exists(), init) {
            (false, true) => directory
                .create_journal(identity)
                .map_err(|error| DirectoryError::io(path, error))?,
            (false, false) => return Err(DirectoryError::Blank(path.to_owned())),
            (true, true) => return Err(DirectoryError::NotBlank(path.to_owned())),
            (true, false) => {}
        }
        Ok(directory)
    }

    /// Opens the journal: its changes, oldest first, and the journal, ready for more.
    ///
    /// # Errors
    ///
    /// When the journal is damaged, or cannot be read.
    pub fn open_journal(
        &self,
        identity: Identity,
    ) -> Result<(Journal<File>, Vec<Vec<u8>>), DirectoryError> {
        let path = self.journal();
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(|error| DirectoryError::io(&path, error))?;
        Journal::open(file, identity).map_err(|source| DirectoryError::Journal { path, source })
    }

    /// Begins a life of the node: its number, higher than that of any before.
    ///
    /// # Errors
    ///
    /// When it cannot be kept.
    pub fn incarnation(&self) -> Result<u64, DirectoryError> {
        incarnation::begin(&self.path).map_err(|error| DirectoryError::io(&self.path, error))
    }

    /// The file of the journal.
    pub fn journal(&self) -> PathBuf {
        self.path.join("journal")
    }

    /// A crash in between leaves a directory without a journal, which is still blank.
    fn create_journal(&self, identity: Identity) -> io::Result<()> {
        let unfinished = self.path.join("journal.new");
        let mut file = private::options()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&unfinished)?;
        Journal::create(&mut file, identity, rand::random())?;
        fs::rename(&unfinished, self.journal())?;
        File::open(&self.path)?.sync_all()?;
        match self.path.canonicalize()?.parent() {
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    }
}

/// Locks a directory until the file is dropped.
///
/// # Errors
///
/// When it is locked already, or cannot be opened.
pub fn lock(directory: &Path) -> Result<File, DirectoryError> {
    let file = File::open(directory).map_err(|error| DirectoryError::io(directory, error))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(Errno::WOULDBLOCK) => Err(DirectoryError::Locked(directory.to_owned())),
        Err(error) => Err(DirectoryError::io(directory, error.into())),
    }
}

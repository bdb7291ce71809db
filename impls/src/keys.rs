//! The keys of a cluster, and the files that hold them.
//!
//! A cluster has one secret, in the file `cluster.key` of its nodes. All other keys follow from it: the one
//! that nodes share, and one for each client, in the file `client.key` that the client is given. Nobody
//! can find the secret or another key from a client's key.

use crate::names::quoted;
use crate::private;
use crate::refused::{is_usage, remedy};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Bytes of a key.
const KEY_BYTES: usize = 32;
/// The number of the client of `client.key` beside a new `cluster.key`.
pub const FIRST_CLIENT: u64 = 1;
/// The numbers of clients are below this: the first bit tells clients from nodes in a frame.
pub const CLIENTS_MAX: u64 = 1 << 63;
/// No key file is longer, in bytes.
const FILE_BYTES_MAX: u64 = 1024;

/// The purposes of the keys that follow from a cluster's secret.
const NODES: &str = "quorate 2026 frames between nodes";
const CLIENTS: &str = "quorate 2026 keys of clients";
/// A text whose tag names the key. No frame and no number of a client is it.
const NAME: &[u8] = b"name of a key";

/// A secret key. It is never printed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Key {
    bytes: [u8; KEY_BYTES],
    name: [u8; 4],
}

impl Key {
    fn new(bytes: [u8; KEY_BYTES]) -> Self {
        let [a, b, c, d, ..] = *blake3::keyed_hash(&bytes, NAME).as_bytes();
        let name = [a, b, c, d];
        Key { bytes, name }
    }

    /// The tag of a text that is in two parts.
    pub fn tag(&self, head: &[u8], body: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.bytes);
        hasher.update(head).update(body).finalize()
    }

    /// Four bytes that name the key and tell nothing else of it.
    pub fn name(&self) -> [u8; 4] {
        self.name
    }

    fn derived(&self, purpose: &str) -> Key {
        Key::new(blake3::derive_key(purpose, &self.bytes))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(secret)")
    }
}

/// The secret of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterKey(Key);

/// The keys of a node: that of nodes, and what all keys of clients follow from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NodeKeys {
    /// The key of frames between nodes.
    pub nodes: Key,
    clients: Key,
}

/// The key of a client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientKey {
    /// The number of the client, below [`CLIENTS_MAX`].
    pub number: u64,
    /// The key of frames between the client and nodes.
    pub key: Key,
}

impl ClusterKey {
    /// A new secret.
    pub fn random() -> Self {
        ClusterKey(Key::new(rand::random()))
    }

    /// The keys of its nodes.
    pub fn of_nodes(&self) -> NodeKeys {
        NodeKeys {
            nodes: self.0.derived(NODES),
            clients: self.0.derived(CLIENTS),
        }
    }

    /// The key of a client.
    pub fn of_client(&self, number: u64) -> ClientKey {
        let key = self.of_nodes().of_client(number);
        ClientKey { number, key }
    }
}

impl NodeKeys {
    /// The key of a client.
    pub fn of_client(&self, number: u64) -> Key {
        Key::new(*self.clients.tag(&number.to_le_bytes(), &[]).as_bytes())
    }
}

/// What is in a key file: a word that says what it is, numbers, and the key.
trait KeyFile: Sized {
    /// The name of such a file.
    const FILE: &'static str;
    /// What it begins with.
    const WORD: &'static str;
    /// What follows the word, for a complaint.
    const REST: &'static str;

    fn parse(words: &[&str]) -> Option<Self>;
    fn text(&self) -> String;
}

impl KeyFile for ClusterKey {
    const FILE: &'static str = "cluster.key";
    const WORD: &'static str = "quorate-cluster-key";
    const REST: &'static str = "64 hexadecimal digits";

    fn parse(words: &[&str]) -> Option<Self> {
        match words {
            [key] => Some(ClusterKey(from_hex(key)?)),
            _ => None,
        }
    }

    fn text(&self) -> String {
        to_hex(&self.0)
    }
}

impl KeyFile for ClientKey {
    const FILE: &'static str = "client.key";
    const WORD: &'static str = "quorate-client-key";
    const REST: &'static str = "the client's number and 64 hexadecimal digits";

    fn parse(words: &[&str]) -> Option<Self> {
        let [number, key] = words else { return None };
        let number = number.parse().ok().filter(|number| *number < CLIENTS_MAX)?;
        let key = from_hex(key)?;
        Some(ClientKey { number, key })
    }

    fn text(&self) -> String {
        format!("{} {}", self.number, to_hex(&self.key))
    }
}

fn to_hex(key: &Key) -> String {
    key.bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Key> {
    let is_hex = text.len() == 2 * KEY_BYTES && text.bytes().all(|it| it.is_ascii_hexdigit());
    let digits = is_hex.then_some(text)?;
    let byte = |index: usize| u8::from_str_radix(&digits[2 * index..2 * index + 2], 16);
    let bytes = (0..KEY_BYTES).map(byte).collect::<Result<Vec<_>, _>>();
    bytes.ok()?.try_into().ok().map(Key::new)
}

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It is not there.
    #[error(
        "{}: there is no such file; `keys` in the cluster's file names the folder, copy the key there from where \
         the cluster was made, or make new keys for all with `quorate keys`", .0.display()
    )]
    Missing(PathBuf),
    /// Others than its owner can read it.
    #[error("{}: others can read it (mode {mode:03o}), run: chmod 600 {}", path.display(), quoted(path))]
    NotPrivate {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It is no such key.
    #[error("{}: expected one line, `{word}` and {rest}, found {found}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What it is to begin with.
        word: &'static str,
        /// What is to follow.
        rest: &'static str,
        /// What is there, without the secret.
        found: String,
    },
    /// There is one already.
    #[error("{} is there already: who has it would be locked out; give another folder", .0.display())]
    Exists(PathBuf),
    /// The file system refused.
    #[error("{}: {error}; {}", path.display(), remedy(error))]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
}

impl KeyError {
    /// Whether it is the user's to mend.
    pub fn is_usage(&self) -> bool {
        match self {
            KeyError::Io { error, .. } => is_usage(error),
            _ => true,
        }
    }
}

/// Reads the secret of a cluster from a folder.
///
/// # Errors
///
/// When there is none, when others can read it, or when it is no such key.
pub fn read_cluster_key(folder: &Path) -> Result<ClusterKey, KeyError> {
    read(folder)
}

/// Reads the key of a client from a folder.
///
/// # Errors
///
/// When there is none, when others can read it, or when it is no such key.
pub fn read_client_key(folder: &Path) -> Result<ClientKey, KeyError> {
    read(folder)
}

/// Makes that a folder has the secret of a cluster and the key of a client. The secret that is there stays.
///
/// # Errors
///
/// When there is a client's key alone, which may be of another cluster, when a file is no key, or when the
/// file system refuses.
pub fn provide_keys(folder: &Path) -> Result<(), KeyError> {
    let client = folder.join(ClientKey::FILE);
    let key = match read_cluster_key(folder) {
        Err(KeyError::Missing(_)) if client.exists() => return Err(KeyError::Exists(client)),
        Err(KeyError::Missing(_)) => {
            let key = ClusterKey::random();
            private::folder(folder).map_err(|error| KeyError::Io {
                path: folder.to_owned(),
                error,
            })?;
            write(folder.join(ClusterKey::FILE), &key)?;
            key
        }
        found => found?,
    };
    match client.exists() {
        true => Ok(()),
        false => write(client, &key.of_client(FIRST_CLIENT)),
    }
}

/// Writes keys of a new cluster into a folder.
///
/// # Errors
///
/// When there are some already, or when the file system refuses.
pub fn make_keys(folder: &Path) -> Result<(), KeyError> {
    let mut files = [ClusterKey::FILE, ClientKey::FILE]
        .map(|it| folder.join(it))
        .into_iter();
    match files.find(|it| it.exists()) {
        Some(there) => Err(KeyError::Exists(there)),
        None => provide_keys(folder),
    }
}

/// Writes the key of one more client beside the secret of its cluster, and gives the file.
///
/// # Errors
///
/// When there is no secret, when that client has one already, or when the file system refuses.
pub fn make_client_key(folder: &Path, number: u64) -> Result<PathBuf, KeyError> {
    let key = read_cluster_key(folder)?.of_client(number);
    let path = folder.join(format!("client-{number}.key"));
    if path.exists() {
        return Err(KeyError::Exists(path));
    }
    write(path.clone(), &key)?;
    Ok(path)
}

fn write<K: KeyFile>(path: PathBuf, key: &K) -> Result<(), KeyError> {
    let text = format!("{} {}\n", K::WORD, key.text());
    private::write(&path, &text).map_err(|error| KeyError::Io { path, error })
}

fn read<K: KeyFile>(folder: &Path) -> Result<K, KeyError> {
    let path = folder.join(K::FILE);
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => KeyError::Missing(folder.join(K::FILE)),
        _ => KeyError::Io {
            path: folder.join(K::FILE),
            error,
        },
    };
    let file = File::open(&path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyError::NotPrivate { path, mode });
    }
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    let text = String::from_utf8_lossy(&bytes);
    let words: Vec<&str> = text.split_whitespace().collect();
    let parsed = match words.as_slice() {
        [word, rest @ ..] if *word == K::WORD => K::parse(rest),
        _ => None,
    };
    parsed.ok_or_else(|| KeyError::Malformed {
        path,
        word: K::WORD,
        rest: K::REST,
        found: described(&words),
    })
}

/// What a file has in the place of a key, without anything that may be secret.
fn described(words: &[&str]) -> String {
    let [word, rest @ ..] = words else {
        return "nothing".to_owned();
    };
    match [ClusterKey::WORD, ClientKey::WORD].contains(word) {
        true => {
            let digits = rest.last().map_or(0, |it| it.chars().count());
            let words = rest.len();
            format!("`{word}` and {words} words, the last of {digits} characters")
        }
        false => "something else".to_owned(),
    }
}

#[cfg(test)]
mod tests;

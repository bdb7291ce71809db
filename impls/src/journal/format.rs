//! The bytes of a journal: how they are laid out, and what a given content proves.

use std::net::SocketAddrV4;

/// First bytes of every journal.
const MAGIC: &[u8; 8] = b"QUORATEJ";
/// Version of the layout below.
const VERSION: u32 = 3;
/// Header and marks lie in sectors of their own: a torn write of one leaves the others whole.
const SECTOR: usize = 512;
/// Magic, version, cluster, node, salt and digest, before their checksum.
const HEADER: usize = 8 + 4 + 8 + 8 + 8 + 4;
/// Where the groups begin.
pub const GROUPS: usize = 3 * SECTOR;
/// Length, checksum and number of the first change, before the changes of a group.
const GROUP_HEADER: usize = 4 + 4 + 8;

/// The owner of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The cluster, as in its configuration file.
    pub cluster: u64,
    /// The index of the node in the cluster.
    pub node: u64,
    /// The digest of the protocol and of the addresses of all nodes, in their order.
    pub list: u32,
}

/// A digest of the protocol and of the list of nodes, as all of them must have it.
pub fn digest(protocol: &str, list: &[SocketAddrV4]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(protocol.as_bytes());
    for address in list {
        hasher.update(&address.ip().octets());
        hasher.update(&address.port().to_le_bytes());
    }
    hasher.finalize()
}

/// Whether these are the bytes of a journal in which nothing is.
pub fn is_blank(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC) && bytes.len() <= GROUPS
}

/// Everything up to here was synced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SyncMark {
    /// Length of the journal in bytes.
    pub end: u64,
    /// Number of changes in it.
    pub changes: u64,
}

/// The content of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Distinguishes this journal's checksums from those of any other bytes.
    pub salt: u64,
    /// The changes, oldest first.
    pub changes: Vec<Vec<u8>>,
    /// The newest mark: everything up to it was synced.
    pub synced: SyncMark,
    /// Where the last whole group ends. Bytes after it were never synced.
    pub end: u64,
}

/// The advice for a node that has lost its promises.
pub const LOST: &str = "leave this node down: it must not come back under its id, and no other can take its \
     place; the others, each started with `quorate node`, serve while a majority of all is up; if none is \
     left, read what those that still run have with `--consistency local`, and make a new cluster";

/// Why a journal must not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The file cannot hold a header.
    #[error("journal has {found} bytes, expected at least {GROUPS}; {LOST}")]
    Short {
        /// Length of the file.
        found: usize,
    },
    /// The file does not begin as a journal does.
    #[error("header is damaged, or this is no journal; {LOST}")]
    Header,
    /// The layout is not ours.
    #[error(
        "journal has format version {found}, expected {VERSION}; run the quorate that wrote it"
    )]
    Version {
        /// Version in the file.
        found: u32,
    },
    /// The journal of another node.
    #[error(
        "journal belongs to node {} of cluster {}, expected node {} of cluster {}; give the --data \
         of this node",
        found.node, found.cluster, expected.node, expected.cluster
    )]
    Identity {
        /// The owner that wrote it.
        found: Identity,
        /// The owner that wants to read it.
        expected: Identity,
    },
    /// The journal of this node, in another cluster than that of the file.
    #[error(
        "journal was made for another list of nodes, or for another protocol; give this node the file that it \
         was made with: nodes cannot be added, removed, exchanged or moved, and a new node in the place of \
         one that is lost may lose what was acknowledged"
    )]
    List,
    /// Neither mark can be read.
    #[error("both marks of what was synced are damaged; {LOST}")]
    Marks,
    /// The file is shorter than what was synced.
    #[error("journal ends at byte {found}, but was synced up to byte {synced}; {LOST}")]
    Cut {
        /// Where it ends.
        found: usize,
        /// Where it must end at least.
        synced: u64,
    },
    /// A group cannot be read although it was synced.
    #[error("journal is damaged at byte {offset}, which was synced; {LOST}")]
    Synced {
        /// Where the group begins.
        offset: usize,
    },
    /// A group cannot be read, but a later one can: it was not torn by a crash.
    #[error("journal is damaged at byte {offset}, before a valid group at byte {valid}; {LOST}")]
    Within {
        /// Where the damaged group begins.
        offset: usize,
        /// Where the valid one begins.
        valid: usize,
    },
}

/// The bytes of a journal without changes, marks included.
pub fn blank(identity: Identity, salt: u64) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(VERSION.to_le_bytes());
    for number in [identity.cluster, identity.node, salt] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(identity.list.to_le_bytes());
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes.resize(GROUPS, 0);
    let mark = SyncMark {
        end: GROUPS as u64,
        changes: 0,
    };
    for slot in [0, 1] {
        let (offset, mark) = encode_mark(salt, slot, mark);
        bytes[offset as usize..][..mark.len()].copy_from_slice(&mark);
    }
    bytes
}

/// A mark, and the offset of the slot (0 or 1) where it belongs.
pub fn encode_mark(salt: u64, slot: usize, mark: SyncMark) -> (u64, Vec<u8>) {
    let mut bytes = mark.end.to_le_bytes().to_vec();
    bytes.extend(mark.changes.to_le_bytes());
    bytes.extend(checksum(salt, &bytes).to_le_bytes());
    ((SECTOR * (1 + slot)) as u64, bytes)
}

/// How long the body of a group of these changes is, if a group can tell that.
pub fn body_len(changes: &[Vec<u8>]) -> Option<u32> {
    let bytes: usize = changes.iter().map(|change| 4 + change.len()).sum();
    u32::try_from(8 + bytes).ok()
}

/// The changes that are written and synced together; `first` is the number of the first, from 1.
pub fn encode_group(salt: u64, first: u64, changes: &[Vec<u8>]) -> Vec<u8> {
    let mut body = first.to_le_bytes().to_vec();
    for change in changes {
        body.extend((change.len() as u32).to_le_bytes());
        body.extend(change);
    }
    sealed(salt, &body)
}

/// A group with this body: the number of its first change, and its changes, each with its length.
pub fn sealed(salt: u64, body: &[u8]) -> Vec<u8> {
    let mut bytes = (body.len() as u32).to_le_bytes().to_vec();
    bytes.extend([0; 4]);
    bytes.extend(body);
    let crc = group_checksum(salt, &bytes);
    bytes[4..8].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// The content of the bytes, or why they must not be used.
///
/// # Errors
///
/// [`Damage`], unless the content is everything that was synced, and perhaps more.
pub fn decode(bytes: &[u8], identity: Identity) -> Result<Content, Damage> {
    let salt = decode_header(bytes, identity)?;
    let synced = [0, 1]
        .into_iter()
        .filter_map(|slot| decode_mark(bytes, salt, slot))
        .max()
        .ok_or(Damage::Marks)?;
    let mut changes = Vec::new();
    let mut offset = GROUPS;
    while offset < bytes.len() {
        let Some((group, len)) = decode_group(&bytes[offset..], salt, changes.len() as u64 + 1)
        else {
            break;
        };
        changes.extend(group);
        offset += len;
    }
    if offset == bytes.len() && (offset as u64) < synced.end {
        return Err(Damage::Cut {
            found: offset,
            synced: synced.end,
        });
    }
    if (offset as u64) < synced.end {
        return Err(Damage::Synced { offset });
    }
    if let Some(valid) = later_group(bytes, offset, salt, changes.len() as u64) {
        return Err(Damage::Within { offset, valid });
    }
    Ok(Content {
        salt,
        changes,
        synced,
        end: offset as u64,
    })
}

fn decode_header(bytes: &[u8], expected: Identity) -> Result<u64, Damage> {
    if bytes.len() < GROUPS {
        return Err(Damage::Short { found: bytes.len() });
    }
    let version = number_u32(bytes, 8);
    // The first version had no digest; that of the second left the protocol out.
    let sealed = if version == 1 { HEADER - 4 } else { HEADER };
    let is_sound = crc32fast::hash(&bytes[..sealed]) == number_u32(bytes, sealed);
    if !bytes.starts_with(MAGIC) || !is_sound {
        return Err(Damage::Header);
    }
    if version != VERSION {
        return Err(Damage::Version { found: version });
    }
    let found = Identity {
        cluster: number_u64(bytes, 12),
        node: number_u64(bytes, 20),
        list: number_u32(bytes, 36),
    };
    if (found.cluster, found.node) != (expected.cluster, expected.node) {
        return Err(Damage::Identity { found, expected });
    }
    if found.list != expected.list {
        return Err(Damage::List);
    }
    Ok(number_u64(bytes, 28))
}

fn decode_mark(bytes: &[u8], salt: u64, slot: usize) -> Option<SyncMark> {
    let bytes = &bytes[SECTOR * (1 + slot)..][..20];
    (checksum(salt, &bytes[..16]) == number_u32(bytes, 16)).then(|| SyncMark {
        end: number_u64(bytes, 0),
        changes: number_u64(bytes, 8),
    })
}

/// The changes of the group at the beginning of `bytes`, and its length, if it is whole.
fn decode_group(bytes: &[u8], salt: u64, first: u64) -> Option<(Vec<Vec<u8>>, usize)> {
    let body = number_u32(bytes.get(..8)?, 0) as usize;
    let bytes = bytes.get(..body.checked_add(8)?)?;
    if bytes.len() < GROUP_HEADER || number_u64(bytes, 8) != first {
        return None;
    }
    if group_checksum(salt, bytes) != number_u32(bytes, 4) {
        return None;
    }
    let mut changes = Vec::new();
    let mut rest = &bytes[GROUP_HEADER..];
    while !rest.is_empty() {
        let len = number_u32(rest.get(..4)?, 0) as usize;
        changes.push(rest.get(4..4 + len)?.to_vec());
        rest = &rest[4 + len..];
    }
    Some((changes, bytes.len()))
}

/// Where a whole group begins behind the unreadable one at `offset`, if anywhere.
fn later_group(bytes: &[u8], offset: usize, salt: u64, changes: u64) -> Option<usize> {
    // Every change takes at least a length, so later numbers than this cannot be on the way.
    let plausible = changes + 1..=changes + 1 + bytes.len() as u64;
    (offset + 1..bytes.len()).find(|start| {
        let rest = &bytes[*start..];
        GROUP_HEADER <= rest.len() && {
            let first = number_u64(rest, 8);
            plausible.contains(&first) && decode_group(rest, salt, first).is_some()
        }
    })
}

/// The salt makes bytes that a client stored inside a change, or that an earlier file left on the
/// disk, no group of this journal.
fn checksum(salt: u64, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&salt.to_le_bytes());
    hasher.update(bytes);
    hasher.finalize()
}

/// Covers length, number and changes: everything but the checksum itself.
fn group_checksum(salt: u64, group: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&salt.to_le_bytes());
    hasher.update(&group[..4]);
    hasher.update(&group[8..]);
    hasher.finalize()
}

fn number_u32(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(bytes[offset..][..4].try_into().expect("four bytes"))
}

fn number_u64(bytes: &[u8], offset: usize) -> u64 {
    u64::from_le_bytes(bytes[offset..][..8].try_into().expect("eight bytes"))
}

//! Frames: what a datagram of Quorate looks like, where there are no keys. With keys it is
//! [sealed](super::seal).
//!
//! ```text
//! magic (4)  version (1)  kind (1)  cluster (8)  checksum of all the rest (4)  payload (postcard)
//! ```

use crate::counters::Reject;

/// Bytes of a frame, at most. It fits one datagram on loopback.
pub const FRAME_BYTES_MAX: usize = 60 * 1024;
/// Bytes before the payload.
const HEADER: usize = 18;
/// What a frame that is not sealed begins with.
pub const MAGIC: &[u8; 4] = b"QRTE";
const VERSION: u8 = 5;

/// The kinds of sender and receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketKind {
    /// A node to a node.
    Peer = 1,
    /// A client to a node: one request or several.
    Request = 2,
    /// A node to a client: one reply or several.
    Reply = 3,
    /// A client asks a node how it is.
    Probe = 4,
    /// A node tells a client how it is.
    Report = 5,
    /// A node to one that has another list of nodes.
    Refusal = 6,
    /// Anyone to anyone, where there are keys: which incarnation the sender has.
    Greeting = 7,
}

impl PacketKind {
    /// The kind of this number.
    pub fn new(number: u8) -> Option<Self> {
        Some(match number {
            1 => PacketKind::Peer,
            2 => PacketKind::Request,
            3 => PacketKind::Reply,
            4 => PacketKind::Probe,
            5 => PacketKind::Report,
            6 => PacketKind::Refusal,
            7 => PacketKind::Greeting,
            _ => return None,
        })
    }
}

/// A frame with this payload, or `None` if it would be too large.
pub fn encode(cluster: u64, kind: PacketKind, payload: &[u8]) -> Option<Vec<u8>> {
    if FRAME_BYTES_MAX < HEADER + payload.len() {
        return None;
    }
    let mut frame = Vec::with_capacity(HEADER + payload.len());
    frame.extend(MAGIC);
    frame.extend([VERSION, kind as u8]);
    frame.extend(cluster.to_le_bytes());
    frame.extend([0; 4]);
    frame.extend(payload);
    let crc = checksum(&frame);
    frame[14..HEADER].copy_from_slice(&crc.to_le_bytes());
    Some(frame)
}

/// The kind and payload of a frame.
///
/// # Errors
///
/// The reason why it is not one of this cluster's.
pub fn decode(cluster: u64, frame: &[u8]) -> Result<(PacketKind, &[u8]), Reject> {
    if frame.len() < HEADER {
        return Err(Reject::Truncated);
    }
    if FRAME_BYTES_MAX < frame.len() {
        return Err(Reject::Oversized);
    }
    if frame.starts_with(super::seal::MAGIC) {
        return Err(Reject::Sealed);
    }
    if !frame.starts_with(MAGIC) {
        return Err(Reject::Magic);
    }
    if frame[4] != VERSION {
        return Err(Reject::Version);
    }
    if frame[6..14] != cluster.to_le_bytes() {
        return Err(Reject::Cluster);
    }
    if frame[14..HEADER] != checksum(frame).to_le_bytes() {
        return Err(Reject::Checksum);
    }
    let kind = PacketKind::new(frame[5]).ok_or(Reject::PacketKind)?;
    Ok((kind, &frame[HEADER..]))
}

fn checksum(frame: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&frame[..14]);
    hasher.update(&frame[HEADER..]);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CLUSTER: u64 = 7;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn garbage_is_rejected(
            genuine in 0..=5usize, mut bytes in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let start = [&MAGIC[..], &[VERSION]].concat();
            bytes.splice(..0, start[..genuine].iter().copied());
            prop_assert!(decode(CLUSTER, &bytes).is_err());
        }

        #[test]
        fn what_was_encoded_is_decoded(payload in prop::collection::vec(any::<u8>(), 0..2000)) {
            let frame = encode(CLUSTER, PacketKind::Request, &payload).unwrap();
            prop_assert_eq!(decode(CLUSTER, &frame), Ok((PacketKind::Request, &payload[..])));
            prop_assert_eq!(decode(CLUSTER + 1, &frame), Err(Reject::Cluster));
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_rejected() {
        let frame = encode(CLUSTER, PacketKind::Peer, b"payload").unwrap();
        for bit in 0..frame.len() * 8 {
            let mut flipped = frame.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(CLUSTER, &flipped).is_err(), "bit {bit}");
        }
        for len in 0..frame.len() {
            assert!(decode(CLUSTER, &frame[..len]).is_err(), "length {len}");
        }
    }

    #[test]
    fn a_frame_that_would_not_fit_is_not_made() {
        let largest = vec![0; FRAME_BYTES_MAX - HEADER];
        let frame = encode(CLUSTER, PacketKind::Peer, &largest).unwrap();
        assert!(decode(CLUSTER, &frame).is_ok());
        assert_eq!(
            encode(CLUSTER, PacketKind::Peer, &vec![0; largest.len() + 1]),
            None
        );
        assert_eq!(
            decode(CLUSTER, &vec![0; frame.len() + 1]),
            Err(Reject::Oversized)
        );
    }
}

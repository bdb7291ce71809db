//! Several requests of a client, or several replies to it, in one datagram: one after the other.

use crate::counters::Reject;
use serde::{Serialize, de::DeserializeOwned};

/// Bytes of values that share a datagram, at most: with the frame it is no longer than a packet of
/// Ethernet. A longer value has a datagram of its own.
const BYTES_MAX: usize = 1200;
/// Values that share a datagram, at most: what a node does for one of them is bounded.
const VALUES_MAX: usize = 64;

/// Values that are to share a datagram.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    values: usize,
}

impl Batch {
    /// Adds a value, encoded. If it does not fit, what was there before is given, to be sent, and the value
    /// is the first of what comes next.
    pub fn add(&mut self, value: &[u8]) -> Option<Vec<u8>> {
        let is_long = BYTES_MAX < self.bytes.len() + value.len() || VALUES_MAX <= self.values;
        let full = is_long.then(|| self.take()).flatten();
        self.bytes.extend(value);
        self.values += 1;
        full
    }

    /// What is there, if something is.
    pub fn take(&mut self) -> Option<Vec<u8>> {
        let Batch { bytes, values } = std::mem::take(self);
        (values != 0).then_some(bytes)
    }
}

/// These values, however long they are.
pub fn of<T: Serialize>(values: &[T]) -> Vec<u8> {
    let extended = |bytes, value| postcard::to_extend(value, bytes);
    let bytes = values.iter().try_fold(Vec::new(), extended);
    bytes.expect("a message can be encoded")
}

/// The values in a datagram.
///
/// # Errors
///
/// When there is none, something else, or more than may share one.
pub fn values<T: DeserializeOwned>(bytes: &[u8]) -> Result<Vec<T>, Reject> {
    let (mut values, mut rest) = (Vec::new(), bytes);
    while values.is_empty() || !rest.is_empty() {
        let (value, more) = postcard::take_from_bytes(rest).map_err(|_| Reject::Undecodable)?;
        values.push(value);
        let is_alone = more.is_empty() && values.len() == 1;
        let shares = bytes.len() <= BYTES_MAX && values.len() <= VALUES_MAX;
        if more.len() == rest.len() || !is_alone && !shares {
            return Err(Reject::Undecodable);
        }
        rest = more;
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded<T: Serialize>(value: T) -> Vec<u8> {
        of(&[value])
    }

    #[test]
    fn what_is_added_is_there_in_order_and_no_batch_is_too_long() {
        let words: Vec<String> = (0..200).map(|length| "x".repeat(length * 10)).collect();
        let words = [words, vec![String::new(); 200]].concat();
        let (mut batches, mut batch) = (Vec::new(), Batch::default());
        for word in &words {
            batches.extend(batch.add(&encoded(word)));
        }
        batches.extend(batch.take());
        assert_eq!(batch.take(), None);
        let found: Vec<Vec<String>> = batches.iter().map(|it| values(it).unwrap()).collect();
        for (batch, found) in batches.iter().zip(&found) {
            let shares = batch.len() <= BYTES_MAX && found.len() <= VALUES_MAX;
            assert!(shares || found.len() == 1);
        }
        assert!(found.iter().any(|it| it.len() == VALUES_MAX));
        assert_eq!(found.concat(), words);
    }

    #[test]
    fn half_a_value_too_many_and_none_are_refused() {
        let two = of(&[1_u64 << 40, 1 << 50]);
        assert_eq!(values::<u64>(&two).unwrap(), [1 << 40, 1 << 50]);
        for wrong in [&two[..two.len() - 1], &[]] {
            assert_eq!(values::<u64>(wrong), Err(Reject::Undecodable));
        }
        assert_eq!(values::<u8>(&[7; VALUES_MAX]).unwrap().len(), VALUES_MAX);
        assert_eq!(values::<u8>(&[7; VALUES_MAX + 1]), Err(Reject::Undecodable));
        let long = "x".repeat(BYTES_MAX);
        assert_eq!(values::<String>(&encoded(&long)).unwrap(), [&*long]);
        assert_eq!(
            values::<String>(&of(&[&*long, ""])),
            Err(Reject::Undecodable)
        );
        // Values without a byte would never end.
        assert_eq!(values::<()>(&two), Err(Reject::Undecodable));
    }
}

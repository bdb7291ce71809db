//! Several requests of a client's sessions, or several replies, in one datagram: one after the other.

use crate::counters::Reject;
use serde::{Serialize, de::DeserializeOwned};

/// Bytes of values that share a datagram, at most: it passes everywhere in one piece. A longer value has one of
/// its own.
pub const BATCH_BYTES_MAX: usize = 1200;

/// Adds a value to a batch. If it does not fit, what the batch was before is given, to be sent, and it is the
/// first of the next one.
pub fn add(batch: &mut Vec<u8>, value: &impl Serialize) -> Option<Vec<u8>> {
    let bytes = postcard::to_stdvec(value).expect("a message can be encoded");
    let is_full = !batch.is_empty() && BATCH_BYTES_MAX < batch.len() + bytes.len();
    let full = is_full.then(|| std::mem::take(batch));
    batch.extend(bytes);
    full
}

/// A batch of all these values, however long it is.
pub fn of<T: Serialize>(values: &[T]) -> Vec<u8> {
    let extended = |batch, value| postcard::to_extend(value, batch);
    let batch = values.iter().try_fold(Vec::new(), extended);
    batch.expect("a message can be encoded")
}

/// The values of a batch.
///
/// # Errors
///
/// When there is none, or something else.
pub fn values<T: DeserializeOwned>(mut batch: &[u8]) -> Result<Vec<T>, Reject> {
    let mut values = Vec::new();
    while !batch.is_empty() || values.is_empty() {
        let (value, rest) = postcard::take_from_bytes(batch).map_err(|_| Reject::Undecodable)?;
        if rest.len() == batch.len() {
            return Err(Reject::Undecodable);
        }
        values.push(value);
        batch = rest;
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_there_in_order_and_no_batch_is_too_long() {
        let mut batches = Vec::new();
        let mut batch = Vec::new();
        let words: Vec<String> = (0..100).map(|length| "x".repeat(length * 20)).collect();
        for word in &words {
            batches.extend(add(&mut batch, word));
        }
        batches.push(batch);
        let lone = |batch: &[u8]| values::<String>(batch).unwrap().len() == 1;
        assert!(
            batches
                .iter()
                .all(|it| it.len() <= BATCH_BYTES_MAX || lone(it))
        );
        assert!(batches.len() < words.len(), "some share a batch");
        let found = batches.iter().flat_map(|it| values::<String>(it).unwrap());
        assert_eq!(found.collect::<Vec<_>>(), words);
    }

    #[test]
    fn half_a_value_and_none_are_refused() {
        let mut batch = Vec::new();
        for value in [1_u64 << 40, 1 << 50] {
            assert_eq!(add(&mut batch, &value), None);
        }
        assert_eq!(values::<u64>(&batch).unwrap(), [1 << 40, 1 << 50]);
        batch.pop();
        for wrong in [&batch[..], &[]] {
            assert_eq!(values::<u64>(wrong), Err(Reject::Undecodable));
            // Values without a byte would never end.
            assert_eq!(values::<()>(wrong), Err(Reject::Undecodable));
        }
    }
}

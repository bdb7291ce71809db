//! Bytes that a protocol passes on unseen, encoded as one piece: by default serde goes through them one by
//! one.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_bytes::{ByteBuf, Bytes};
use std::sync::Arc;

/// Encodes them.
///
/// # Errors
///
/// Those of the format.
pub fn serialize<B: AsRef<[u8]> + ?Sized, S: Serializer>(
    bytes: &Arc<B>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    Bytes::new((**bytes).as_ref()).serialize(serializer)
}

/// Decodes them.
///
/// # Errors
///
/// Those of the format.
pub fn deserialize<'de, B: ?Sized, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Arc<B>, D::Error>
where
    Arc<B>: From<Vec<u8>>,
{
    let bytes = ByteBuf::deserialize(deserializer)?;
    Ok(bytes.into_vec().into())
}

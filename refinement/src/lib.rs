//! The engines that judge the protocols.
//!
//! [`engine`] searches a finite system and says what it found, and how sure that is. The abstract
//! specifications and the mappings to them belong here too; they are not written yet.

pub mod engine;

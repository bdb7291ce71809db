//! The engines that judge the protocols.
//!
//! [`engine`] searches a finite system and says what it found, and how sure that is: it knows no
//! protocol. [`evidence`] holds what is found in the protocols of the catalog: pinned results, and
//! what became of each mutant. The abstract specifications and the mappings to them belong here
//! too; they are not written yet.

pub mod engine;
pub mod evidence;

//! The machines that Totem refines.

use super::ghost::Past;
use super::processor::Processor;
use crate::spec::Mapping;
use crate::spec::virtual_synchrony::{Rings, VirtualSynchrony};
use crate::system::LocalOf;

/// Totem as extended virtual synchrony: what processors tell their applications. It is not judged where there
/// may be a good period (`live-*`, `livelock*`), since no ghost is kept there, nor where a log is kept
/// (`log-*`), since the log is told in the place of the application.
pub struct ToVirtualSynchrony;

impl Mapping for ToVirtualSynchrony {
    type Actor = Processor;
    type Ghost = Past;
    type Machine = VirtualSynchrony;

    fn own(_: &LocalOf<Processor>) {}

    fn shared(past: &Past) -> Rings {
        Rings::of(&past.history)
    }
}

//! The machines that Totem refines.

use super::ghost::Past;
use super::processor::Processor;
use crate::spec::Mapping;
use crate::spec::virtual_synchrony::{Rings, VirtualSynchrony};
use crate::system::LocalOf;

/// Totem as extended virtual synchrony: what processors tell their applications.
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

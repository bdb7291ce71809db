//! What Totem refines.

use super::processor::Processor;
use crate::spec::Mapping;
use crate::spec::virtual_synchrony::history::History;
use crate::spec::virtual_synchrony::{Rings, VirtualSynchrony};
use crate::system::LocalOf;

/// Totem as extended virtual synchrony: what processors tell their applications.
pub struct ToVirtualSynchrony;

impl Mapping for ToVirtualSynchrony {
    type Actor = Processor;
    type Ghost = History;
    type Machine = VirtualSynchrony;

    fn own(_: &LocalOf<Processor>) {}

    fn shared(history: &History) -> Rings {
        Rings::of(history)
    }
}

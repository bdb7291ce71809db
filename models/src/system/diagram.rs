//! A path of a system as a sequence diagram.

use super::{ActionOf, History, Participant, StateOf, System};
use stateright::Path;

impl<A: Participant, G: History> System<A, G> {
    /// The diagram as SVG.
    pub(super) fn draw(&self, _path: Path<StateOf<A, G>, ActionOf<A>>) -> String {
        String::new()
    }
}

//! A path of a system as a sequence diagram: time runs down, one action a row.
//!
//! A message leaves where it enters the network: when a write holds it back, at the sync. The heights of
//! the rows, and so their places, are known only at the end: a [`story`] fills the rows of a [`drawing`],
//! and the drawing gives each row its place.

mod caption;
mod drawing;
mod legend;
mod story;
mod svg;

pub use caption::{Caption, End};

use super::{ActionOf, GhostState, Participant, StateOf, System};
use stateright::Path;
use story::Story;

impl<A: Participant, G: GhostState> System<A, G> {
    /// The sequence diagram of a path, as SVG.
    pub fn picture(&self, path: Path<StateOf<A, G>, ActionOf<A>>, caption: &Caption) -> String {
        let path = path.into_vec();
        let mut story = Story::begin(self.channels, &path[0].0.network, self.actors.len());
        story.live::<A, G>(self.badge, 0, &path[0].0);
        for (row, steps) in (1..).zip(path.windows(2)) {
            let (action, after) = (&steps[0].1, &steps[1].0);
            let action = action.as_ref().expect("only the last state has no action");
            story.act(row, action);
            story.post(row, action, &after.network);
            story.live::<A, G>(self.badge, row, after);
        }
        if self.rename.is_some() {
            story.tell_renaming();
        }
        let names = self.actors.iter().enumerate();
        let names = names.map(|(id, actor)| format!("{id} {}", actor.name()));
        let drawing = story.end(path.len() - 1, &caption.end);
        drawing.svg(&names.collect::<Vec<_>>(), caption)
    }
}

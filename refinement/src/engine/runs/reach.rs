//! Whether a goal stays within reach.

use super::States;
use super::source::Source;
use super::sweep::leading;

/// The states from which no way leads to a goal, as far as that is known; and whether it is known of all
/// others that some way does. `None` if the search was ended.
pub fn can_reach(source: &dyn Source, goal: &States) -> Option<(States, bool)> {
    let inside = source.inside();
    let mut known = goal.and(inside);
    source.open().iter().for_each(|open| {
        known.add(open);
    });
    let reaching = leading(source, inside, &known, &|_, _| false)?;
    let is_known = source.open().without(goal).is_empty();
    Some((inside.without(&reaching), is_known))
}

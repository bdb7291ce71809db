//! The path of a script as a picture.

use quorate_models::catalog::{Builder, Visitor, scenario};
use quorate_models::script::{self, Script, ScriptError};
use quorate_models::system::claim::{Claim, ClaimSet, Kind};
use quorate_models::system::{ActionOf, Caption, End, GhostState, Participant, StateOf, System};
use stateright::{Model, Path};

/// Draws the path of a script. The caption is made of the number of its steps, and of the claims that
/// its last step violates, and those before did not.
pub fn draw(
    script: &Script,
    caption: impl FnOnce(usize, &[&str]) -> Caption,
) -> Result<String, ScriptError> {
    let verbs = &script.verbs;
    let drawn = scenario(&script.header, Drawing { verbs, caption });
    drawn.map_err(|error| script.header_error(error))?
}

/// Where something happens, as a script's header says it.
pub fn place(header: &str) -> String {
    header.replace(" mutant=", " with mutant ")
}

/// The mark of the step that violates what is told.
pub fn violated() -> End {
    End::Violated("violated here".to_owned())
}

struct Drawing<'a, C> {
    verbs: &'a str,
    caption: C,
}

impl<C: FnOnce(usize, &[&str]) -> Caption> Visitor for Drawing<'_, C> {
    type Output = Result<String, ScriptError>;

    fn visit<A: Participant, G: GhostState>(self, build: Builder<'_, A, G>) -> Self::Output {
        let system = build(None);
        let actions = script::actions(&system, self.verbs)?;
        let start = system.init_states().remove(0);
        let path = Path::from_actions(&system, start, &actions).expect("a path of the system");
        let violated = violated_at_end(&system, &path.clone().into_vec());
        let caption = (self.caption)(actions.len(), &violated);
        Ok(system.picture(path, &caption))
    }
}

/// A path, and the action that leads on from each of its states.
type Steps<A, G> = [(StateOf<A, G>, Option<ActionOf<A>>)];

/// The claims that the last step of a path violates, and those before did not.
fn violated_at_end<A: Participant, G: GhostState>(
    system: &System<A, G>,
    path: &Steps<A, G>,
) -> Vec<&'static str> {
    let violated = |steps: &Steps<A, G>| {
        let decided = match steps {
            [.., (before, Some(action)), (after, _)] => system.decided_by(before, action, after),
            _ => ClaimSet::EMPTY,
        };
        let last = steps.last();
        let claims = system.claims.iter().enumerate();
        let is_violated = |(number, claim): (usize, &Claim<A, G>)| {
            let in_state =
                last.is_some_and(|(state, _)| claim.is_decided_in(state, &system.quorum));
            let is_decided = decided.contains(number) || in_state;
            (is_decided && claim.kind() != Kind::Witness).then_some(claim.name)
        };
        claims.filter_map(is_violated).collect::<Vec<_>>()
    };
    let before = violated(&path[..path.len() - 1]);
    let mut violated = violated(path);
    violated.retain(|claim| !before.contains(claim));
    violated
}

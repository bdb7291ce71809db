//! Stateright's Explorer for a system, with the shown states judged.
//!
//! The page lists properties beside each state, by what Stateright's own search has found. That
//! search has not run, so that the page would say *Safety holds* in the very state that violates.
//! Here each step says which claims it violates, each state says which are violated in it, and the
//! list is taken away.

use super::panics::caught;
use super::reached::{Reached, step};
use quorate_models::system::claim::{Claim, Kind};
use quorate_models::system::{ActionOf, Caption, End, GhostState, Participant, StateOf, System};
use stateright::{Model, Path, Property};
use std::net::SocketAddr;

/// Takes away what the page says of Stateright's own search: its status, its button, and the list
/// of properties. The page puts the picture into its document, and so this, too.
const TAKE_AWAY: &str = "<style>nav > .heading-with-controls, nav > .heading-with-controls + ul, \
                         nav > h3, nav > h3 + ul { display: none }</style>";

/// Serves Stateright's Explorer for a system, in which each step names the claims that it violates,
/// and the claim of the number `shown` where it is first seen. No message is dropped as dead, so
/// that the addresses of [traces](super::Trace) lead where they say. Does not return.
///
/// # Panics
///
/// If the address cannot be bound; try that before.
pub fn serve<A: Participant, G: GhostState>(
    mut system: System<A, G>,
    shown: Option<usize>,
    address: SocketAddr,
) {
    system.is_dead = None;
    Page { system, shown }.checker().serve(address);
}

/// A system, as the page shows it.
struct Page<A: Participant, G: GhostState> {
    system: System<A, G>,
    /// A witness that is announced, too.
    shown: Option<usize>,
}

/// An action, and a word on where it leads.
#[derive(Clone, Debug, PartialEq)]
struct Announced<Action> {
    action: Action,
    announcement: Option<String>,
}

impl<A: Participant, G: GhostState> Page<A, G> {
    /// The state after an action, or the message of a panic there.
    fn step(
        &self,
        state: &StateOf<A, G>,
        action: &ActionOf<A>,
    ) -> Result<Option<Reached<StateOf<A, G>>>, String> {
        caught(|| step(&self.system, state, action))
    }

    /// The state after an action, unless something panics there.
    fn next(&self, state: &StateOf<A, G>, action: &ActionOf<A>) -> Option<Reached<StateOf<A, G>>> {
        self.step(state, action).ok().flatten()
    }

    /// The announcement of an action: the claims that it violates, and the witness that it shows.
    fn announcement(&self, state: &StateOf<A, G>, action: &ActionOf<A>) -> Option<String> {
        let next = match self.step(state, action) {
            Ok(step) => step?,
            Err(message) => return Some(format!("PANICS: {message}")),
        };
        let before = self.remarks(&Reached::start(state.clone()));
        let mut remarks = self.remarks(&next);
        remarks.retain(|remark| !before.contains(remark));
        (!remarks.is_empty()).then(|| remarks.join(", "))
    }

    /// The claims that are violated in a state or by the step to it, and the witness that is seen
    /// there.
    fn remarks(&self, Reached { state, decided }: &Reached<StateOf<A, G>>) -> Vec<String> {
        let claims = self.system.claims.iter().enumerate();
        let remark = |(number, claim): (usize, &Claim<A, G>)| {
            let in_state = match caught(|| claim.is_decided_in(state, &self.system.quorum)) {
                Ok(in_state) => in_state,
                Err(message) => return Some(format!("{} PANICS: {message}", claim.name)),
            };
            let is_decided = in_state || decided.contains(number);
            match claim.kind() {
                _ if !is_decided => None,
                Kind::Witness if self.shown != Some(number) => None,
                Kind::Witness => Some(format!("SHOWS {}", claim.name)),
                _ => Some(format!("VIOLATES {}", claim.name)),
            }
        };
        claims.filter_map(remark).collect()
    }
}

impl<A: Participant, G: GhostState> Model for Page<A, G> {
    type State = StateOf<A, G>;
    type Action = Announced<ActionOf<A>>;

    fn init_states(&self) -> Vec<Self::State> {
        self.system.init_states()
    }

    fn actions(&self, state: &Self::State, actions: &mut Vec<Self::Action>) {
        let mut possible = Vec::new();
        self.system.actions(state, &mut possible);
        actions.extend(possible.into_iter().map(|action| Announced {
            announcement: self.announcement(state, &action),
            action,
        }));
    }

    fn next_state(&self, state: &Self::State, action: Self::Action) -> Option<Self::State> {
        let reached = self.next(state, &action.action)?;
        Some(reached.state)
    }

    fn format_action(&self, action: &Self::Action) -> String {
        let words = self.system.format_action(&action.action);
        match &action.announcement {
            Some(announcement) => format!("{words} ⚠ {announcement}"),
            None => words,
        }
    }

    fn format_step(&self, state: &Self::State, action: Self::Action) -> Option<String> {
        self.next(state, &action.action)?;
        self.system.format_step(state, action.action)
    }

    fn as_svg(&self, path: Path<Self::State, Self::Action>) -> Option<String> {
        let steps = path.into_vec();
        let start = steps.first()?.0.clone();
        let last_step = steps.iter().rev().nth(1);
        let reached = last_step.and_then(|(before, by)| self.next(before, &by.as_ref()?.action));
        let shown = reached.unwrap_or_else(|| Reached::start(start.clone()));
        let remarks = self.remarks(&shown).join(", ");
        let actions = steps.into_iter().filter_map(|(_, action)| action);
        let actions: Vec<_> = actions.map(|announced| announced.action).collect();
        let path = Path::from_actions(&self.system, start, &actions)?;
        let end = match &*remarks {
            "" => End::Open,
            seen if !seen.contains("VIOLATES") && !seen.contains("PANICS") => {
                End::Seen(remarks.clone())
            }
            _ => End::Violated(remarks.clone()),
        };
        let caption = Caption {
            end,
            ..Caption::default()
        };
        let remarks = match &*remarks {
            "" => String::new(),
            remarks => format!("<h3>This state {}</h3>", escaped(remarks)),
        };
        Some(remarks + &self.system.picture(path, &caption) + TAKE_AWAY)
    }

    /// One, as the page demands: nothing that could be said to hold. The page does not show it.
    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::sometimes("a violated claim", |page, state| {
            let mut claims = page.system.claims.iter();
            claims.any(|claim| {
                claim.kind() != Kind::Witness && claim.is_decided_in(state, &page.system.quorum)
            })
        })]
    }

    fn within_boundary(&self, state: &Self::State) -> bool {
        self.system.within_boundary(state)
    }
}

/// A text as HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate_models::durable::contract::{Effect, Puppet, Strings};
    use quorate_models::system::claim::Check;
    use quorate_models::system::{Channels, Environment};

    /// A puppet that is asked to tell itself a number, and claims about steps.
    fn page(shown: Option<usize>) -> Page<Puppet, ()> {
        let environment = Environment {
            requests: vec![Strings::Pull(vec![Effect::Tell(1)]); 2],
            ..Environment::default()
        };
        let mut system = System::new(vec![Puppet], Channels::once(), environment, ());
        let claim = |name, check| Claim {
            name,
            source: "ours",
            witness: None,
            check,
        };
        system.claims = vec![
            claim("Silence", Check::Move(|_| false)),
            claim(
                "The First Number",
                Check::StepWitness {
                    when: |_| true,
                    shows: |step| step.before[0].up() == Some(&vec![]),
                },
            ),
        ];
        Page { system, shown }
    }

    #[test]
    fn claims_about_steps_are_announced_on_each_step() {
        for (shown, announced) in [
            (
                Some(1),
                [
                    "VIOLATES Silence, SHOWS The First Number",
                    "VIOLATES Silence",
                ],
            ),
            (None, ["VIOLATES Silence"; 2]),
        ] {
            let page = page(shown);
            let mut state = page.init_states().remove(0);
            let start = state.clone();
            let mut path = Vec::new();
            for announced in announced {
                let mut actions = Vec::new();
                page.actions(&state, &mut actions);
                let [action] = &actions[..] else {
                    panic!("{actions:?}")
                };
                assert_eq!(action.announcement.as_deref(), Some(announced));
                let step = page.format_step(&state, action.clone()).expect("a step");
                assert!(step.contains("this step violates Silence"), "{step}");
                state = page.next_state(&state, action.clone()).expect("a step");
                path.push(action.clone());
                let picture = page.as_svg(Path::from_actions(&page, start.clone(), &path).unwrap());
                let remark = format!("<h3>This state {announced}</h3>");
                let picture = picture.expect("a picture");
                let mark = format!("class='mark red'>{announced}</text>");
                let is_told = picture.contains(&remark) && picture.contains(&mark);
                assert!(is_told, "{remark} {picture}");
            }
        }
    }
}

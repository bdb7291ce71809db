//! A reduction that loses anything is reported as broken, whoever broke it, and the search without
//! it has the last word.

mod claims;
mod effects;
mod random;
mod reached;
mod second_search;
mod several;

use crate::toy::{Handlers, Toy};
use quorate_models::system::claim::{Check, Claim};
use quorate_models::system::{
    Channels, Environment, GhostState, Participant, Restart, System, Timeouts,
};
use quorate_refinement::engine::{Options, Progress, Report, explore};
use stateright::actor::{Id, Out, model_timeout};
use std::borrow::Cow;
use std::sync::Arc;

/// The reaction of a door that is open, or not, to a key.
type OnKey = fn(bool, &mut Cow<'_, u8>, &mut Out<Toy>);

/// Two doors, whose state is 1 if they are open. The first sends a key to the second whenever its timer
/// fires, and the second, closed at first, opens when its timer fires. The test says how a door reacts to
/// a key.
struct Door {
    on_key: OnKey,
}

impl Handlers for Door {
    fn on_start(&self, _: Id, storage: &Option<u8>, out: &mut Out<Toy>) -> u8 {
        out.set_timer((), model_timeout());
        storage.unwrap_or(0)
    }

    fn on_msg(&self, _: Id, open: &mut Cow<'_, u8>, _: Id, _: u8, out: &mut Out<Toy>) {
        (self.on_key)(**open == 1, open, out);
    }

    fn on_timeout(&self, id: Id, open: &mut Cow<'_, u8>, out: &mut Out<Toy>) {
        match usize::from(id) {
            0 => out.send(Id::from(1), 7),
            _ => *open.to_mut() = 1,
        }
    }
}

/// A door on which keys are dead once they are said to be, with a claim that fails if it is locked
/// for ever: its state has no word for that, so it sends a message.
fn doors(on_key: OnKey) -> System<Toy, u8> {
    let timeouts = vec![Timeouts::shared((), [0], 2), Timeouts::shared((), [1], 1)];
    let budgets = Environment {
        timeouts,
        crashes: 1,
        restart: Restart::Later,
        ..Environment::default()
    };
    let environment = budgets;
    let mut system = System::new(
        vec![Toy::new(Door { on_key }); 2],
        Channels::once(),
        environment,
        0,
    );
    system.is_dead = Some(|_, local, _| local.up() != Some(&1));
    system
}

fn searched<A: Participant, G: GhostState>(system: System<A, G>) -> Report {
    explore(&Arc::new(system), &Options::default(), &Progress::default())
}

fn broken(report: &Report) -> Option<&str> {
    let reduction = report.reduction.as_ref().expect("there is a reduction");
    let broken = reduction.broken.as_ref()?;
    Some(&broken.effect)
}

fn claim<A: Participant, G: GhostState>(check: Check<A, G>) -> Claim<A, G> {
    Claim {
        name: "A Claim",
        source: "ours",
        witness: None,
        check,
    }
}

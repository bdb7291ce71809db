//! Each of several messages that are dropped at once counts.

use super::{broken, searched};
use crate::toy::{Handlers, Toy};
use quorate_models::script;
use quorate_models::system::{Channels, Environment, IsDead, System, Timeouts};
use stateright::actor::{Id, Out, model_timeout};
use std::borrow::Cow;

/// When its timer fires, the first of two locks sends the second all keys, and the second turns.
/// Then, and not before, one of the keys turns it back. Its state is 1 if it has turned.
struct Lock {
    fits: u8,
}

const KEYS: [u8; 3] = [0, 1, 2];

impl Handlers for Lock {
    fn on_start(&self, _: Id, _: &Option<u8>, out: &mut Out<Toy>) -> u8 {
        out.set_timer((), model_timeout());
        0
    }

    fn on_msg(&self, _: Id, turned: &mut Cow<'_, u8>, _: Id, key: u8, _: &mut Out<Toy>) {
        if **turned == 1 && key == self.fits {
            *turned.to_mut() = 0;
        }
    }

    fn on_timeout(&self, id: Id, turned: &mut Cow<'_, u8>, out: &mut Out<Toy>) {
        match usize::from(id) {
            0 => KEYS.into_iter().for_each(|key| out.send(Id::from(1), key)),
            _ => *turned.to_mut() = 1,
        }
    }
}

#[test]
fn each_of_several_messages_that_are_dropped_at_once_counts() {
    let where_turned: IsDead<Toy> = |_, local, _| local.up() == Some(&1);
    // They are dropped as they are sent, by the seed, and where the receiver turns.
    let ways: [(&str, IsDead<Toy>); 3] = [
        ("", |_, _, _| true),
        ("timeout 0", |_, _, _| true),
        ("timeout 0", where_turned),
    ];
    let broken_by = |fits, (seed, is_dead): (&str, IsDead<Toy>)| {
        let environment = Environment {
            timeouts: vec![Timeouts::shared((), [0], 1), Timeouts::shared((), [1], 1)],
            ..Environment::default()
        };
        let mut system = System::new(
            vec![Toy::new(Lock { fits }); 2],
            Channels::once(),
            environment,
            0,
        );
        system.seed = Some(script::seed(seed));
        system.is_dead = Some(is_dead);
        broken(&searched(system)).map(str::to_owned)
    };
    for (number, way) in ways.into_iter().enumerate() {
        for key in KEYS {
            let effect = broken_by(key, way);
            let effect = effect.as_deref();
            assert_eq!(
                effect,
                Some("the receiver changes"),
                "way {number}, key {key}"
            );
        }
        assert_eq!(broken_by(3, way), None, "way {number}");
    }
}

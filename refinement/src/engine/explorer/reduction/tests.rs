//! A dropped message that is noted is passed on to every later local state, and delivered once in each.

use super::super::table::RowId;
use super::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeSet;

/// Something that a reduction is told, or asked.
#[derive(Clone, Copy, Debug)]
enum Call {
    /// At a slot, in a local state, this message is dropped.
    Drop(usize, LocalId, MessageId),
    /// At a slot, a local transition leads from one local state to another.
    Step(usize, LocalId, LocalId),
    /// Asks which deliveries are due.
    Due,
}

fn any_call() -> impl Strategy<Value = Call> {
    (0..5, 0_usize..2, 0_u32..5, 0_u32..5).prop_map(|(kind, slot, one, other)| match kind {
        0 => Call::Drop(slot, one, other),
        1..4 => Call::Step(slot, one, other),
        _ => Call::Due,
    })
}

/// Messages by slot and local state.
type There = BTreeSet<(usize, LocalId, MessageId)>;

/// Passes messages on along every step, until none is new.
fn passed_on(mut there: There, calls: &[Call]) -> There {
    loop {
        let before = there.len();
        for observation in calls {
            if let Call::Step(slot, from, to) = *observation {
                let at = there.range((slot, from, 0)..=(slot, from, MessageId::MAX));
                let to: Vec<_> = at.map(|(_, _, message)| (slot, to, *message)).collect();
                there.extend(to);
            }
        }
        if there.len() == before {
            return there;
        }
    }
}

fn dropped(calls: &[Call]) -> There {
    let drops = calls.iter().filter_map(|observation| match *observation {
        Call::Drop(slot, local, message) => Some((slot, local, message)),
        _ => None,
    });
    drops.collect()
}

#[test]
fn each_message_is_due_once_wherever_steps_lead_from_a_drop() {
    let config = ProptestConfig {
        cases: 500,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    };
    proptest!(config, |(mut calls in vec(any_call(), 0..60))| {
        calls.push(Call::Due);
        let (mut reduction, mut delivered) = (Reduction::new(2), There::new());
        for (position, observation) in calls.iter().enumerate() {
            match *observation {
                Call::Drop(slot, local, message) => {
                    reduction.drop(slot, local, message, Goal::row(position as RowId));
                }
                Call::Step(slot, from, to) => reduction.step(slot, from, to),
                Call::Due => {
                    for Deliveries { slot, local, messages } in reduction.due() {
                        for message in messages {
                            prop_assert!(delivered.insert((slot, local, message)));
                        }
                    }
                    let earlier = &calls[..position];
                    prop_assert_eq!(&delivered, &passed_on(dropped(earlier), earlier));
                }
            }
        }
        let messages = dropped(&calls).into_iter();
        let messages: BTreeSet<_> = messages.map(|(slot, _, message)| (slot, message)).collect();
        prop_assert_eq!(reduction.dropped(), messages.len());
        for (slot, local, message) in delivered {
            let origin = reduction.origin(slot, local, message).0.row as usize;
            let drop = dropped(&calls[origin..=origin]);
            prop_assert!(passed_on(drop, &calls).contains(&(slot, local, message)));
        }
    });
}

#[test]
fn a_set_of_many_numbers_keeps_each() {
    let numbers = [0, 1, 62, 63, 64, 65, 127, 128, 129, 300];
    let (mut set, mut all, mut fresh) = (Bits::default(), Bits::default(), Bits::default());
    for number in numbers {
        assert!(set.insert(number));
        assert!(!set.insert(number));
    }
    assert_eq!(set.iter().collect::<Vec<_>>(), numbers);
    all.insert(64);
    all.take(&set, &mut fresh);
    assert_eq!(all.iter().collect::<Vec<_>>(), numbers);
    let new = numbers.iter().copied().filter(|number| *number != 64);
    assert_eq!(fresh.iter().collect::<Vec<_>>(), new.collect::<Vec<_>>());
    let mut nothing = Bits::default();
    all.take(&set, &mut nothing);
    assert!(nothing.is_empty());
}

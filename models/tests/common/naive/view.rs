//! States of the system under test, seen as states of the reference, and participants the other way.

use super::{Naive, Node, NodeOf, World, WorldOf};
use quorate_models::durable::{Outbox, Pending};
use quorate_models::system::{ActionOf, LocalOf, Move, Participant, StateOf};
use std::sync::Arc;

impl<A: Participant> Naive<A> {
    /// The projection to a state of this system of one of the system under test.
    pub fn world<G>(state: &StateOf<A, G>) -> WorldOf<A> {
        let wire = state.network.with_ages();
        let wire = wire.map(|(e, is_new)| (e.src, e.dst, e.msg.clone(), u8::from(!is_new)));
        let mut wire: Vec<_> = wire.collect();
        wire.sort_by_key(|(src, dst, ..)| (*src, *dst));
        let last = state.network.last.as_deref();
        let last = last.map(|e| (e.src, e.dst, e.msg.clone()));
        let remaining = &state.remaining;
        World {
            nodes: state.locals.iter().map(|local| Self::node(local)).collect(),
            wire,
            last,
            timeouts: remaining.timeouts.clone(),
            crashes: remaining.crashes,
            losses: remaining.losses,
            duplicates: remaining.duplicates,
            requests: remaining.requests,
            cuts: remaining.cuts,
            heals: remaining.heals,
            cut: remaining.broken.iter().copied().collect(),
            totals: remaining.totals.clone(),
            good: remaining.good.clone(),
        }
    }

    fn node(local: &LocalOf<A>) -> NodeOf<A> {
        assert_eq!(local.crashed, local.state.is_none(), "down without a state");
        let write =
            |write: &Pending<A::Storage, A::Msg>| (write.storage.clone(), write.held.clone());
        let timers = local.timers.iter();
        Node {
            state: local.state.as_deref().cloned(),
            timers: timers.map(|(timer, age)| (timer.clone(), *age)).collect(),
            choices: local.choices.clone().into_iter().collect(),
            disk: local.storage.clone(),
            writes: local.outbox.pending().map(write).collect(),
        }
    }

    fn local(node: &NodeOf<A>) -> LocalOf<A> {
        let mut outbox = Outbox::new();
        for (record, behind) in node.writes.clone() {
            outbox.save(record);
            for (dst, msg) in behind {
                assert_eq!(outbox.send(dst, msg), None, "it is held");
            }
        }
        LocalOf::<A> {
            state: node.state.clone().map(Arc::new),
            crashed: node.state.is_none(),
            gone: false,
            timers: node.timers.iter().cloned().collect(),
            choices: node.choices.iter().cloned().collect(),
            storage: node.disk.clone(),
            outbox,
        }
    }

    /// Takes what happened at a participant from what is left of it.
    pub(super) fn spend_totals(
        &self,
        before: &WorldOf<A>,
        after: &mut WorldOf<A>,
        action: &ActionOf<A>,
    ) -> Option<()> {
        let Some(id) = action.actor().filter(|_| after.good.is_empty()) else {
            return Some(());
        };
        let [was, is] = [before, &*after].map(|world| Self::local(&world.nodes[usize::from(id)]));
        let moved = Move {
            id,
            action,
            before: &was,
            after: &is,
        };
        for (total, left) in self.environment.totals.iter().zip(&mut after.totals) {
            let happened = (total.count)(&moved);
            if *left < happened {
                return None;
            }
            *left -= happened;
        }
        Some(())
    }
}

//! The installation of a ring: the old ring's messages are delivered, those of which everyone there has been
//! assured in the old configuration, the others in a transitional one, of those who go on together.

use super::marks::{Row, Rows};
use super::message::{Body, Configuration, Message, Regular, application};
use super::processor::{Processor, Timer};
use super::state::{Installed, Phase, Recovery, State};
use stateright::actor::{Id, Out};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Processor {
    /// Installs the ring that was recovered.
    pub(super) fn install(&self, id: Id, state: &mut State, out: &mut Out<Self>) -> Rows {
        let operational = Phase::Operational { held: None };
        let Phase::Recovery(recovery) = std::mem::replace(&mut state.phase, operational) else {
            return Rows::NONE;
        };
        self.take_recovered(state, &recovery);
        let rows = self.deliver_old(id, state, &recovery, out);
        let Recovery {
            ring, termination, ..
        } = *recovery;
        let (name, members) = (ring.id, ring.members.clone());
        state.procs = members.iter().copied().collect();
        state.fails = BTreeSet::new();
        state.installed = Installed {
            ring,
            delivered: termination.end,
            obligation: BTreeSet::new(),
        };
        let changed = Configuration::Regular {
            ring: name,
            members,
        };
        out.send(application(), Message::Changed(changed));
        if name.representative == id {
            self.arm(Timer::Merge, out);
        }
        Row::R15Installs | rows
    }

    /// Delivers what is left of the old ring, and tells of the transitional configuration.
    fn deliver_old(&self, id: Id, state: &State, recovery: &Recovery, out: &mut Out<Self>) -> Rows {
        let mut rows = Rows::NONE;
        let old = &state.installed.ring;
        let mut next = (self.rules.first_left)(state.installed.delivered);
        let is_regular = |regular: &Arc<Regular>| match &regular.body {
            Body::Application(content) => {
                (self.rules.is_regular)(regular.seq, recovery.delivered, content.service)
            }
            Body::Copy(_) => true,
        };
        while let Some(regular) = old.store.get(next).filter(|it| is_regular(it)) {
            out.send(application(), Message::Delivered(regular.clone()));
            rows |= Row::Delivers;
            next += 1;
        }
        let changed = Configuration::Transitional {
            old: old.id,
            new: recovery.ring.id,
            members: recovery.together.iter().copied().collect(),
        };
        out.send(application(), Message::Changed(changed));
        let mut has_gap = false;
        for regular in old.store.after(next - 1) {
            let Body::Application(content) = &regular.body else {
                continue;
            };
            has_gap |= regular.seq != next;
            next = regular.seq + 1;
            if has_gap && !(self.rules.is_obliged)(content.sender, id, &recovery.obligation) {
                rows |= Row::DropsPastGap;
                continue;
            }
            out.send(application(), Message::Delivered(regular.clone()));
            rows |= match has_gap {
                true => Row::DeliversPastGap,
                false => Row::DeliversInTransition,
            };
        }
        rows
    }
}

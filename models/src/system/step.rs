//! One step of a system: which actions are possible, and what they do.

use super::environment::{Budgets, Environment, Restart, Writes};
use super::ghost::{Hook, Step};
use super::{Action, ActionOf, Envelope, History, LocalOf, Participant, StateOf, System};
use crate::property::Judge;
use stateright::actor::{Command, Id, Out, is_no_op};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

impl<A: Participant, G: History> System<A, G> {
    /// The state in which every actor has just started, before the seed.
    pub(super) fn initial_state(&self) -> StateOf<A, G> {
        let mut state = StateOf::<A, G> {
            locals: self
                .actors
                .iter()
                .map(|_| Arc::new(LocalOf::<A>::blank()))
                .collect(),
            network: self.network.clone(),
            budget: self.environment.full(),
            ghost: self.ghost.initial.clone(),
            broken: 0,
        };
        for index in 0..self.actors.len() {
            self.start(&mut state, Id::from(index));
        }
        self.drop_dead_messages(&mut state);
        state
    }

    /// Every action that the environment allows, whether or not it changes anything.
    pub(super) fn possible(&self, state: &StateOf<A, G>, actions: &mut Vec<ActionOf<A>>) {
        match &self.environment {
            Environment::Budgets(budgets) => self.possible_within(budgets, state, actions),
            Environment::Stateright {
                lossy, max_crashes, ..
            } => {
                self.possible_in_stateright(*lossy, *max_crashes, state, actions);
            }
        }
        for (index, local) in state.locals.iter().enumerate() {
            let id = Id::from(index);
            if local.crashed {
                actions.push(Action::Recover(id));
            }
            for (key, choices) in &local.choices {
                for random in choices {
                    let (key, random) = (key.clone(), random.clone());
                    actions.push(Action::SelectRandom { id, key, random });
                }
            }
        }
        actions.sort_unstable();
    }

    fn possible_within(
        &self,
        budgets: &Budgets<A>,
        state: &StateOf<A, G>,
        actions: &mut Vec<ActionOf<A>>,
    ) {
        for envelope in state.network.deliverable() {
            let up = self
                .local(state, envelope.dst)
                .is_some_and(|local| !local.crashed);
            if up {
                actions.push(Action::Deliver(envelope.to_cloned_msg()));
            }
            if up && 0 < state.budget.duplicates {
                actions.push(Action::Duplicate(envelope.to_cloned_msg()));
            }
            if 0 < state.budget.losses {
                actions.push(Action::Drop(envelope.to_cloned_msg()));
            }
        }
        let request = budgets.requests.get(usize::from(state.budget.requests));
        for (index, local) in state
            .locals
            .iter()
            .enumerate()
            .filter(|(_, local)| !local.crashed)
        {
            let id = Id::from(index);
            actions.extend(request.map(|message| Action::Request(id, message.clone())));
            for timer in &local.timers {
                let pool = budgets.pool(id, timer);
                if pool.is_some_and(|pool| state.budget.timeouts[pool] != Some(0)) {
                    actions.push(Action::Timeout(id, timer.clone()));
                }
            }
            let pending = local.outbox.pending().len();
            if 0 < pending {
                actions.push(Action::Sync(id));
            }
            if 0 < state.budget.crashes {
                actions.extend((0..=pending).map(|kept| match budgets.restart {
                    Restart::AtOnce => Action::Restart { id, kept },
                    Restart::Later => Action::Crash { id, kept },
                }));
            }
        }
    }

    fn possible_in_stateright(
        &self,
        lossy: bool,
        max_crashes: usize,
        state: &StateOf<A, G>,
        actions: &mut Vec<ActionOf<A>>,
    ) {
        for envelope in state.network.deliverable() {
            if lossy {
                actions.push(Action::Drop(envelope.to_cloned_msg()));
            }
            if self
                .local(state, envelope.dst)
                .is_some_and(|local| !local.crashed)
            {
                actions.push(Action::Deliver(envelope.to_cloned_msg()));
            }
        }
        let crashed = state.locals.iter().filter(|local| local.crashed).count();
        for (index, local) in state.locals.iter().enumerate() {
            let id = Id::from(index);
            actions.extend(
                local
                    .timers
                    .iter()
                    .map(|timer| Action::Timeout(id, timer.clone())),
            );
            if !local.crashed && crashed < max_crashes {
                actions.push(Action::Crash { id, kept: 0 });
            }
        }
    }

    fn local<'a>(&self, state: &'a StateOf<A, G>, id: Id) -> Option<&'a Arc<LocalOf<A>>> {
        state.locals.get(usize::from(id))
    }

    /// The state after an action, or `None` if the action changes nothing.
    pub(super) fn after(
        &self,
        before: &StateOf<A, G>,
        action: &ActionOf<A>,
    ) -> Option<StateOf<A, G>> {
        let mut after = self.acted(before, action)?;
        self.drop_dead_messages(&mut after);
        let step = Step {
            before: &before.locals,
            action,
            after: &after.locals,
            ghost: &before.ghost,
        };
        let mut broken = 0;
        for (bit, stated) in self.stated.iter().enumerate() {
            if let Judge::Step(holds) = stated.judge
                && !holds(&step)
            {
                broken |= 1 << bit;
            }
        }
        let observed = match &self.ghost.hook {
            Hook::Observe(observe) => observe(&step),
            _ => None,
        };
        after.broken = broken;
        if let Some(ghost) = observed {
            after.ghost = ghost;
        }
        Some(after)
    }

    fn acted(&self, before: &StateOf<A, G>, action: &ActionOf<A>) -> Option<StateOf<A, G>> {
        match action {
            Action::Deliver(envelope) => self.deliver(before, envelope, false),
            Action::Duplicate(envelope) => self.deliver(before, envelope, true),
            Action::Drop(envelope) => {
                let mut after = before.clone();
                after.network.drop(envelope);
                after.budget.losses = after.budget.losses.saturating_sub(1);
                Some(after)
            }
            Action::Request(id, message) => self.request(before, *id, message),
            Action::Timeout(id, timer) => self.time_out(before, *id, timer),
            Action::Sync(id) => Some(self.sync(before, *id)),
            Action::Crash { id, kept } => Some(self.crash(before, *id, *kept)),
            Action::Recover(id) => {
                let mut after = before.clone();
                self.start(&mut after, *id);
                Some(after)
            }
            Action::Restart { id, kept } => {
                let mut after = self.crash(before, *id, *kept);
                self.start(&mut after, *id);
                Some(after)
            }
            Action::SelectRandom { id, key, random } => {
                let handled = self.handle(before, *id, |actor, state, out| {
                    actor.on_random(*id, state, random, out);
                })?;
                let mut after = before.clone();
                let mut local = handled.local;
                local.choices.remove(key);
                self.settle(&mut after, *id, local, handled.out);
                Some(after)
            }
        }
    }

    fn deliver(
        &self,
        before: &StateOf<A, G>,
        envelope: &Envelope<A::Msg>,
        keep: bool,
    ) -> Option<StateOf<A, G>> {
        let Envelope { src, dst, msg } = envelope;
        let handled = self.handle(before, *dst, |actor, state, out| {
            actor.on_msg(*dst, state, *src, msg.clone(), out);
        })?;
        if handled.is_no_op && self.network.ignores_no_ops() {
            return None;
        }
        let mut after = before.clone();
        if keep {
            after.budget.duplicates -= 1;
        } else {
            after.network.deliver(envelope);
        }
        if let Hook::Record { incoming, .. } = &self.ghost.hook
            && let Some(ghost) = incoming(
                &before.ghost,
                Envelope {
                    src: *src,
                    dst: *dst,
                    msg,
                },
            )
        {
            after.ghost = ghost;
        }
        self.settle(&mut after, *dst, handled.local, handled.out);
        Some(after)
    }

    fn request(&self, before: &StateOf<A, G>, id: Id, message: &A::Msg) -> Option<StateOf<A, G>> {
        let client = Id::from(self.actors.len());
        let handled = self.handle(before, id, |actor, state, out| {
            actor.on_msg(id, state, client, message.clone(), out);
        })?;
        let only_answers = |command: &_| matches!(command, Command::Send(dst, _) if *dst == client);
        if handled.unchanged && handled.out.iter().all(only_answers) {
            return None;
        }
        let mut after = before.clone();
        after.budget.requests += 1;
        self.settle(&mut after, id, handled.local, handled.out);
        Some(after)
    }

    fn time_out(&self, before: &StateOf<A, G>, id: Id, timer: &A::Timer) -> Option<StateOf<A, G>> {
        let handled = self.handle(before, id, |actor, state, out| {
            actor.on_timeout(id, state, timer, out);
        })?;
        let only_rearmed = |command: &_| matches!(command, Command::SetTimer(t, _) if t == timer);
        if handled.unchanged && handled.out.len() == 1 && handled.out.iter().all(only_rearmed) {
            return None;
        }
        let mut after = before.clone();
        if let Environment::Budgets(budgets) = &self.environment
            && let Some(pool) = budgets.pool(id, timer)
            && let Some(left) = &mut after.budget.timeouts[pool]
        {
            *left -= 1;
        }
        let mut local = handled.local;
        local.timers.remove(timer);
        self.settle(&mut after, id, local, handled.out);
        Some(after)
    }

    fn sync(&self, before: &StateOf<A, G>, id: Id) -> StateOf<A, G> {
        let mut after = before.clone();
        let mut local = (*before.locals[usize::from(id)]).clone();
        let write = local
            .outbox
            .synced()
            .expect("only a pending write can be synced");
        local.storage = Some(write.storage);
        let sends = write
            .held
            .into_iter()
            .map(|(dst, msg)| Command::Send(dst, msg));
        // What is released leaves now, even if another write is pending.
        let later = std::mem::take(&mut local.outbox);
        let inbox = self.perform(&mut after, id, &mut local, sends.collect());
        local.outbox = later;
        self.settle_inbox(&mut after, id, local, inbox);
        after
    }

    fn crash(&self, before: &StateOf<A, G>, id: Id, kept: usize) -> StateOf<A, G> {
        let mut after = before.clone();
        let mut local = (*before.locals[usize::from(id)]).clone();
        local.timers.clear();
        local.choices.clear();
        local.crashed = true;
        if let Environment::Budgets(_) = self.environment {
            after.budget.crashes -= 1;
            local.state = None;
            if let Some(storage) = std::mem::take(&mut local.outbox).crash(kept) {
                local.storage = Some(storage);
            }
        }
        after.locals[usize::from(id)] = Arc::new(local);
        after
    }

    fn start(&self, state: &mut StateOf<A, G>, id: Id) {
        let index = usize::from(id);
        let mut local = (*state.locals[index]).clone();
        let mut out = Out::new();
        let started = self.actors[index].on_start(id, &local.storage, &mut out);
        local.state = Some(Arc::new(started));
        local.crashed = false;
        self.settle(state, id, local, out);
    }

    /// Runs a handler of a participant that is up.
    fn handle(
        &self,
        before: &StateOf<A, G>,
        id: Id,
        handler: impl FnOnce(&A, &mut Cow<'_, A::State>, &mut Out<A>),
    ) -> Option<Handled<A>> {
        let local = self.local(before, id)?;
        let mut state = Cow::Borrowed(local.state.as_deref()?);
        let mut out = Out::new();
        handler(&self.actors[usize::from(id)], &mut state, &mut out);
        let is_no_op = is_no_op(&state, &out);
        let mut local = (**local).clone();
        let unchanged = match state {
            Cow::Borrowed(_) => true,
            Cow::Owned(state) => {
                local.state = Some(Arc::new(state));
                false
            }
        };
        Some(Handled {
            local,
            out,
            is_no_op,
            unchanged,
        })
    }

    /// Performs what a handler asked for, and lets the participant hear what it told itself.
    fn settle(&self, state: &mut StateOf<A, G>, id: Id, mut local: LocalOf<A>, out: Out<A>) {
        let inbox = self.perform(state, id, &mut local, out);
        self.settle_inbox(state, id, local, inbox);
    }

    fn settle_inbox(
        &self,
        state: &mut StateOf<A, G>,
        id: Id,
        mut local: LocalOf<A>,
        mut inbox: VecDeque<A::Msg>,
    ) {
        while let Some(message) = inbox.pop_front() {
            let mut actor_state = Cow::Owned(local.state.as_deref().expect("it is up").clone());
            let mut out = Out::new();
            self.actors[usize::from(id)].on_msg(id, &mut actor_state, id, message, &mut out);
            local.state = Some(Arc::new(actor_state.into_owned()));
            inbox.extend(self.perform(state, id, &mut local, out));
        }
        state.locals[usize::from(id)] = Arc::new(local);
    }

    /// Performs commands. Gives back what the participant told itself and may hear now.
    fn perform(
        &self,
        state: &mut StateOf<A, G>,
        id: Id,
        local: &mut LocalOf<A>,
        out: Out<A>,
    ) -> VecDeque<A::Msg> {
        let synced = match &self.environment {
            Environment::Budgets(budgets) => budgets.writes == Writes::Synced,
            Environment::Stateright { .. } => false,
        };
        let mut inbox = VecDeque::new();
        for command in out {
            match command {
                Command::Send(dst, msg) => {
                    if let Some((dst, msg)) = local.outbox.send(dst, msg) {
                        self.send(state, Envelope { src: id, dst, msg }, &mut inbox);
                    }
                }
                Command::Save(storage) if synced => local.outbox.save(storage),
                Command::Save(storage) => local.storage = Some(storage),
                Command::SetTimer(timer, _) => _ = local.timers.insert(timer),
                Command::CancelTimer(timer) => _ = local.timers.remove(&timer),
                Command::ChooseRandom(key, choices) if choices.is_empty() => {
                    local.choices.remove(&key);
                }
                Command::ChooseRandom(key, choices) => _ = local.choices.insert(key, choices),
            }
        }
        inbox
    }

    fn send(
        &self,
        state: &mut StateOf<A, G>,
        envelope: Envelope<A::Msg>,
        inbox: &mut VecDeque<A::Msg>,
    ) {
        if let Hook::Record { outgoing, .. } = &self.ghost.hook {
            let Envelope { src, dst, msg } = &envelope;
            let seen = Envelope {
                src: *src,
                dst: *dst,
                msg,
            };
            if let Some(ghost) = outgoing(&state.ghost, seen) {
                state.ghost = ghost;
            }
        }
        match self.environment {
            Environment::Stateright { .. } => state.network.send(envelope),
            Environment::Budgets(_) if envelope.src == envelope.dst => {
                inbox.push_back(envelope.msg)
            }
            // What is sent to a client leaves the system.
            Environment::Budgets(_) if self.actors.len() <= usize::from(envelope.dst) => {}
            Environment::Budgets(_) => state.network.send(envelope),
        }
    }

    fn drop_dead_messages(&self, state: &mut StateOf<A, G>) {
        if let Some(is_dead) = self.is_dead {
            let locals = &state.locals;
            state.network.retain(|envelope| {
                let receiver = usize::from(envelope.dst);
                let Some(local) = locals.get(receiver) else {
                    return true;
                };
                !is_dead(&self.actors[receiver], local, envelope)
            });
        }
    }
}

/// What a handler did.
struct Handled<A: Participant> {
    local: LocalOf<A>,
    out: Out<A>,
    /// Stateright's test: the state is still borrowed and nothing was emitted.
    is_no_op: bool,
    /// The state is still borrowed.
    unchanged: bool,
}

//! Actions that concern everyone, and are nobody's step: partitions, the good period and its ticks.

use super::channel::Envelope;
use super::environment::{Assumption, Beside, Cost, Crossing, Period, Stable};
use super::{Action, ActionOf, GhostState, LocalOf, Participant, StateOf, System};
use crate::session::End;
use stateright::actor::Id;
use std::sync::Arc;

impl<A: Participant, G: GhostState> System<A, G> {
    /// Whether an action of everyone may happen in a state, if it can be paid for.
    pub(super) fn may_happen(&self, state: &StateOf<A, G>, action: &ActionOf<A>) -> bool {
        let local = |id: &Id| &*state.locals[usize::from(*id)];
        match action {
            Action::Stabilise(stable) => stable.good().iter().all(|id| !local(id).crashed),
            Action::Tick => {
                let mut good = state.remaining.good.iter();
                let waits = self.environment.assumes(Assumption::TicksWait);
                let arrives = |id: &Id| waits && state.network.is_any_aged_to(*id);
                (!waits || self.is_quiet(state))
                    && good.all(|id| !self.is_overdue(local(id)) && !arrives(id))
            }
            _ => true,
        }
    }

    /// The forms of an action of everyone in a state: the good period may begin with timers of any age.
    pub(super) fn forms(&self, state: &StateOf<A, G>, action: ActionOf<A>) -> Vec<ActionOf<A>> {
        let Action::Stabilise(stable) = action else {
            return vec![action];
        };
        let mut forms = vec![stable.clone()];
        for id in stable.good() {
            let aged = self.of_any_age(&state.locals[usize::from(*id)]);
            let with = |form: Stable<A::Timer>| {
                let aged = aged.iter();
                aged.map(move |local| form.clone().aged(*id, &local.timers))
            };
            forms = forms.into_iter().flat_map(with).collect();
        }
        forms.into_iter().map(Action::Stabilise).collect()
    }

    /// The forms of a participant when the good period begins: its timers are of any age, where they may
    /// be.
    pub fn of_any_age(&self, local: &LocalOf<A>) -> Vec<LocalOf<A>> {
        let mut all = vec![local.clone()];
        let period = self.period().filter(|period| period.any_age);
        for timer in local.timers.keys() {
            let clock = period.and_then(|period| period.clock(timer));
            let oldest = clock.map_or(0, |clock| clock.max);
            let with = |local: LocalOf<A>| {
                (0..=oldest).map(move |age| {
                    let mut local = local.clone();
                    local.timers.insert(timer.clone(), age);
                    local
                })
            };
            all = all.into_iter().flat_map(with).collect();
        }
        all
    }

    /// Whether nothing is left to do for those who are good; with a delay, nothing but messages.
    fn is_quiet(&self, state: &StateOf<A, G>) -> bool {
        let mut good = state.remaining.good.iter();
        let delay = self.delay().is_some();
        good.all(|id| {
            let has_mail = !delay && state.network.is_any_to(*id);
            !has_mail && !self.is_busy(&state.locals[usize::from(*id)])
        })
    }

    /// Whether timers wait at this cost, for something that is left to do.
    pub(super) fn timers_wait(&self, state: &StateOf<A, G>, cost: Cost) -> bool {
        let clock = match cost {
            Cost::Due => None,
            Cost::DueBeside(clock) => Some(clock),
            _ => return false,
        };
        let good = &state.remaining.good;
        let mut mail = state.network.iter().filter(|it| good.contains(&it.dst));
        self.environment.assumes(Assumption::TimersWait)
            && (!self.is_quiet(state)
                || clock.is_some_and(|clock| mail.any(|it| self.keeps_waiting(clock, it.msg))))
    }

    /// Whether a message in flight keeps the timers from firing that have the clock with this position.
    pub fn keeps_waiting(&self, clock: usize, message: &A::Msg) -> bool {
        let period = self.period();
        let beside = period.and_then(|it| Some((&it.clocks.get(clock)?.timer, it.delay?)));
        beside.is_some_and(|(timer, beside)| !beside(timer, message))
    }

    /// Whether a message waits, at this cost, for others that can be delivered to its receiver: in the
    /// good period some arrive last. Where others stay in flight, they wait for ever.
    pub fn waits_for<'m>(
        &self,
        mut others: impl Iterator<Item = &'m A::Msg>,
        (message, cost): (&A::Msg, Cost),
    ) -> bool
    where
        A::Msg: 'm,
    {
        let last = self.period().and_then(|period| period.last);
        let last = last.filter(|last| cost == Cost::Good && (last.is)(message));
        last.is_some_and(|last| others.any(|other| !(last.is)(other)))
    }

    /// Whether a participant has a write that is not durable, or a choice to make.
    pub fn is_busy(&self, local: &LocalOf<A>) -> bool {
        !local.outbox.is_empty() || !local.choices.is_empty()
    }

    /// Whether a timer of a participant fires before the next tick.
    pub fn is_overdue(&self, local: &LocalOf<A>) -> bool {
        let timers_run = self.environment.assumes(Assumption::TimersRun);
        timers_run
            && local.timers.iter().any(|(timer, age)| {
                let clock = self.period().and_then(|period| period.clock(timer));
                clock.is_some_and(|clock| clock.max <= *age)
            })
    }

    pub(super) fn period(&self) -> Option<&Period<A>> {
        self.environment.period.as_ref()
    }

    /// Which timers fire beside which messages, if messages take up to a tick in the good period.
    pub fn delay(&self) -> Option<Beside<A>> {
        self.period()?.delay
    }

    /// A participant after an action of everyone; `None` if nothing changes.
    pub fn local_after_everyone(
        &self,
        action: &ActionOf<A>,
        id: Id,
        local: &LocalOf<A>,
    ) -> Option<LocalOf<A>> {
        let after = match action {
            Action::Stabilise(stable) if !stable.good().contains(&id) => LocalOf::<A>::gone(),
            Action::Stabilise(stable) => {
                let mut after = local.clone();
                for (timer, age) in &mut after.timers {
                    *age = stable.age(id, timer);
                }
                after
            }
            Action::Tick => {
                let mut after = local.clone();
                for (timer, age) in &mut after.timers {
                    let clock = self.period()?.clock(timer);
                    // It is past its maximum only where it is not assumed that timers run.
                    let grows = clock.is_some_and(|clock| *age < clock.max);
                    *age += u8::from(grows);
                }
                after
            }
            _ => return None,
        };
        (after != *local).then_some(after)
    }

    /// Whether a message that is in flight stays there in an action of everyone.
    pub fn stays(&self, action: &ActionOf<A>, envelope: &Envelope<A::Msg>) -> bool {
        let Envelope { src, dst, msg } = envelope;
        let in_session = || (self.channels.of)(msg).part().is_some();
        match action {
            Action::Cut(partition) => {
                let keeps = self.environment.links.crossing == Crossing::Kept;
                keeps || !partition.severs(*src, *dst) || in_session()
            }
            Action::Stabilise(stable) => stable.good().contains(dst) && !stable.loses(),
            _ => true,
        }
    }

    /// The closes that are in flight to a participant after an action of everyone that breaks
    /// sessions, given whether anything was in flight to an end of one there.
    pub fn broken_sessions(
        &self,
        action: &ActionOf<A>,
        dst: Id,
        local: Option<&LocalOf<A>>,
        has_mail: impl Fn(End) -> bool,
    ) -> Vec<Envelope<A::Msg>> {
        let (Some(sessions), Action::Stabilise(stable)) = (&self.sessions, action) else {
            return Vec::new();
        };
        if !stable.loses() || !stable.good().contains(&dst) {
            return Vec::new();
        }
        let open = local.and_then(LocalOf::<A>::up).map(sessions.open);
        let is_open = |end: &End| open.as_ref().is_some_and(|open| open.contains(end));
        let is_good = |end: &End| end.peer != dst && stable.good().contains(&end.peer);
        let ends = End::all(self.actors.len()).filter(is_good);
        let broken = ends.filter(|end| is_open(end) || has_mail(*end));
        let close = |end: End| Envelope {
            src: end.peer,
            dst,
            msg: (sessions.close)(end.side.other()),
        };
        broken.map(close).collect()
    }

    /// The state after an action of everyone; `None` if nothing changes.
    pub(super) fn after_everyone(
        &self,
        before: &StateOf<A, G>,
        action: &ActionOf<A>,
    ) -> Option<StateOf<A, G>> {
        let cost = self.environment.cost(&before.remaining, action);
        let mut after = before.clone();
        after.remaining = self.environment.charge(&before.remaining, cost)?;
        after
            .network
            .retain(|envelope| self.stays(action, envelope));
        for (index, local) in before.locals.iter().enumerate() {
            let id = Id::from(index);
            if let Some(changed) = self.local_after_everyone(action, id, local) {
                after.locals[index] = Arc::new(changed);
            }
            let has_mail = |end| before.network.waiting(&self.channels, end, id).any;
            for close in self.broken_sessions(action, id, Some(local), has_mail) {
                after.network.send(&self.channels, close);
            }
        }
        if *action == Action::Tick && self.delay().is_some() {
            for id in &before.remaining.good {
                after.network.age(&self.channels, *id);
            }
        }
        // Where timers need not run, time may pass that nobody notices.
        let is_same = after.locals == before.locals && after.network == before.network;
        let is_noticed = !is_same || *action != Action::Tick;
        (is_noticed || !self.environment.assumes(Assumption::TimersRun)).then_some(after)
    }
}

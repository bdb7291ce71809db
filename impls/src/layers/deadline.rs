//! Timers: the deadlines of an actor, kept by ourselves.
//!
//! Stateright's `spawn` panics when a timer's deadline falls exactly on now (a read timeout of
//! zero), so this layer never arms one there. It keeps the deadlines, and after every event it
//! runs those that have passed; a [`Clock`] rings the [`Doorbell`] when the next one has.

use super::{Doorbell, Inner};
use stateright::actor::{Actor, Command as Output, Id, Out};
use std::borrow::Cow;
use std::ops::Range;
use std::time::{Duration, Instant};

/// Where time comes from.
pub trait Clock {
    /// The time.
    fn now(&self) -> Instant;

    /// A random duration in the range; its start, if it is empty.
    fn draw(&self, range: Range<Duration>) -> Duration;

    /// Rings the doorbell at this time, instead of any time given before.
    fn ring_at(&self, next: Option<Instant>);
}

/// An actor whose timers are deadlines.
#[derive(Clone, Debug)]
pub struct Deadline<A, C> {
    actor: A,
    clock: C,
}

/// The state of the actor inside, and when its timers fire.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Timed<S: Clone + 'static, T> {
    /// The state of the actor inside.
    pub actor: Inner<S>,
    deadlines: Deadlines<T>,
}

/// When timers fire. At most one deadline for each timer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Deadlines<T>(Vec<(Instant, T)>);

impl<T: PartialEq + Clone> Deadlines<T> {
    /// Fires the timer at this time, and at no other.
    pub fn set(&mut self, timer: T, at: Instant) {
        self.cancel(&timer);
        self.0.push((at, timer));
    }

    /// Does not fire the timer.
    pub fn cancel(&mut self, timer: &T) {
        self.0.retain(|(_, armed)| armed != timer);
    }

    /// The timers whose deadline has passed, earliest first. They stay armed.
    pub fn due(&self, now: Instant) -> Vec<T> {
        let mut due: Vec<_> = self.0.iter().filter(|(at, _)| *at <= now).collect();
        due.sort_by_key(|(at, _)| *at);
        due.into_iter().map(|(_, timer)| timer.clone()).collect()
    }

    /// Disarms the timer if its deadline has passed, and says whether it had.
    pub fn take(&mut self, timer: &T, now: Instant) -> bool {
        let armed = self.0.len();
        self.0.retain(|(at, other)| other != timer || now < *at);
        self.0.len() < armed
    }

    /// The earliest deadline.
    pub fn next(&self) -> Option<Instant> {
        self.0.iter().map(|(at, _)| *at).min()
    }
}

impl<A: Actor<Random = Doorbell, Storage = (), State: 'static>, C: Clock> Deadline<A, C> {
    /// An actor whose timers run by this clock.
    pub fn new(actor: A, clock: C) -> Self {
        Deadline { actor, clock }
    }

    /// Runs a handler, then what is due. In this order, because a message that has arrived before
    /// its time-out was noticed has arrived in time.
    fn run(
        &self,
        id: Id,
        timed: &mut Timed<A::State, A::Timer>,
        out: &mut Out<Self>,
        handler: impl FnOnce(&A, &mut Cow<'_, A::State>, &mut Out<A>),
    ) {
        let now = self.clock.now();
        let before = timed.deadlines.next();
        let mut handled = Out::new();
        handler(&self.actor, &mut timed.actor, &mut handled);
        self.perform(now, &mut timed.deadlines, handled, out);
        for timer in timed.deadlines.due(now) {
            // An earlier one may have set or cancelled it.
            if timed.deadlines.take(&timer, now) {
                let mut handled = Out::new();
                self.actor
                    .on_timeout(id, &mut timed.actor, &timer, &mut handled);
                self.perform(now, &mut timed.deadlines, handled, out);
            }
        }
        if timed.deadlines.next() != before {
            self.clock.ring_at(timed.deadlines.next());
        }
    }

    fn perform(
        &self,
        now: Instant,
        deadlines: &mut Deadlines<A::Timer>,
        handled: Out<A>,
        out: &mut Out<Self>,
    ) {
        for output in handled {
            match output {
                Output::SetTimer(timer, range) => {
                    deadlines.set(timer, now + self.clock.draw(range));
                }
                Output::CancelTimer(timer) => deadlines.cancel(&timer),
                Output::Send(recipient, message) => out.send(recipient, message),
                Output::ChooseRandom(key, choices) => out.choose_random(key, choices),
                Output::Save(()) => {}
            }
        }
    }
}

impl<A: Actor<Random = Doorbell, Storage = (), State: 'static>, C: Clock> Actor for Deadline<A, C> {
    type Msg = A::Msg;
    type Timer = ();
    type State = Timed<A::State, A::Timer>;
    type Storage = ();
    type Random = Doorbell;

    fn on_start(&self, id: Id, storage: &Option<()>, out: &mut Out<Self>) -> Self::State {
        let mut started = Out::new();
        let mut timed = Timed {
            actor: Cow::Owned(self.actor.on_start(id, storage, &mut started)),
            deadlines: Deadlines(Vec::new()),
        };
        self.perform(self.clock.now(), &mut timed.deadlines, started, out);
        self.clock.ring_at(timed.deadlines.next());
        timed
    }

    fn on_msg(
        &self,
        id: Id,
        timed: &mut Cow<'_, Self::State>,
        src: Id,
        message: A::Msg,
        out: &mut Out<Self>,
    ) {
        self.run(id, timed.to_mut(), out, |actor, state, out| {
            actor.on_msg(id, state, src, message, out);
        });
    }

    fn on_random(
        &self,
        id: Id,
        timed: &mut Cow<'_, Self::State>,
        doorbell: &Doorbell,
        out: &mut Out<Self>,
    ) {
        self.run(id, timed.to_mut(), out, |actor, state, out| {
            actor.on_random(id, state, doorbell, out);
        });
    }
}

#[cfg(test)]
mod tests;

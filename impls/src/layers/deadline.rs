//! Timers: the deadlines of an actor, kept by ourselves.
//!
//! Stateright's `spawn` panics when a timer's deadline falls exactly on now (a read timeout of
//! zero), so this layer never arms one there. It keeps the deadlines; a [`Clock`] rings the [`Doorbell`]
//! when the next one has passed.
//!
//! A message that waits while a deadline passes has arrived in time, and may put the deadline off. So a
//! timer that is due rings once more, and is judged when that arrives: what waited was before it.

use super::{Doorbell, InputOf, Layer, Outputs};
use quorate_models::input::Input;
use stateright::actor::{Command as Output, Id};
use std::convert::Infallible;
use std::ops::Range;
use std::time::Duration;

/// Where time comes from. All times are durations since the start.
pub trait Clock {
    /// The time since the start.
    fn now(&self) -> Duration;

    /// A random duration in the range; its start, if it is empty.
    fn draw(&self, range: Range<Duration>) -> Duration;

    /// Rings the doorbell at this time, instead of any time given before.
    fn ring_at(&self, next: Option<Duration>);
}

/// A layer that keeps the timers of the layer inside.
#[derive(Clone, Debug)]
pub struct Deadline<L, C> {
    inner: L,
    clock: C,
}

/// The state of the layer inside, and when its timers fire.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Timed<S, T> {
    inner: S,
    deadlines: Deadlines<T>,
    /// The number of the last doorbell rung here.
    rung: u64,
    /// When that was, if it has not arrived.
    asked: Option<Duration>,
}

/// When timers fire. At most one deadline for each timer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Deadlines<T>(Vec<(Duration, T)>);

impl<T: PartialEq + Clone> Deadlines<T> {
    /// Fires the timer at this time, and at no other.
    pub fn set(&mut self, timer: T, at: Duration) {
        self.cancel(&timer);
        self.0.push((at, timer));
    }

    /// Does not fire the timer.
    pub fn cancel(&mut self, timer: &T) {
        self.0.retain(|(_, armed)| armed != timer);
    }

    /// The timers whose deadline has passed, earliest first. They stay armed.
    pub fn due(&self, now: Duration) -> Vec<T> {
        let mut due: Vec<_> = self.0.iter().filter(|(at, _)| *at <= now).collect();
        due.sort_by_key(|(at, _)| *at);
        due.into_iter().map(|(_, timer)| timer.clone()).collect()
    }

    /// Disarms the timer if its deadline has passed, and says whether it had.
    pub fn take(&mut self, timer: &T, now: Duration) -> bool {
        let armed = self.0.len();
        self.0.retain(|(at, other)| other != timer || now < *at);
        self.0.len() < armed
    }

    /// The earliest deadline.
    pub fn next(&self) -> Option<Duration> {
        self.0.iter().map(|(at, _)| *at).min()
    }
}

impl<L: Layer<Random = Doorbell, Storage = ()>, C: Clock> Deadline<L, C> {
    /// Runs the timers of a layer by this clock.
    pub fn new(inner: L, clock: C) -> Self {
        Deadline { inner, clock }
    }

    /// Hands an input to the layer inside.
    fn pass(
        &self,
        id: Id,
        timed: &mut Timed<L::State, L::Timer>,
        input: InputOf<L>,
        out: &mut Outputs<Self>,
    ) {
        for output in self.inner.step(id, &mut timed.inner, input) {
            match output {
                Output::SetTimer(timer, range) => {
                    // However long the handler took, what it waits for from now on has all its time.
                    let at = self.clock.now() + self.clock.draw(range);
                    timed.deadlines.set(timer, at);
                }
                Output::CancelTimer(timer) => timed.deadlines.cancel(&timer),
                Output::Send(recipient, message) => out.push(Output::Send(recipient, message)),
                Output::ChooseRandom(key, choices) => {
                    out.push(Output::ChooseRandom(key, choices));
                }
                Output::Save(()) => {}
            }
        }
    }

    /// Runs the timers that are due, but for those that an earlier one has set or cancelled.
    fn fire(
        &self,
        id: Id,
        now: Duration,
        timed: &mut Timed<L::State, L::Timer>,
        out: &mut Outputs<Self>,
    ) {
        for timer in timed.deadlines.due(now) {
            if timed.deadlines.take(&timer, now) {
                self.pass(id, timed, Input::Timeout(timer), out);
            }
        }
    }

    /// Rings if a timer is due, or again if that may have been lost: the clock goes on to ring.
    fn ask(
        &self,
        timed: &mut Timed<L::State, L::Timer>,
        is_outside: bool,
        out: &mut Outputs<Self>,
    ) {
        let now = self.clock.now();
        if timed.deadlines.next().is_none_or(|next| now < next) {
            return;
        }
        if timed.asked.is_none() {
            timed.rung += 1;
            timed.asked = Some(now);
        } else if !is_outside {
            return;
        }
        let bell = Doorbell(timed.rung);
        out.push(Output::ChooseRandom("timers".to_owned(), vec![bell]));
    }
}

impl<L: Layer<Random = Doorbell, Storage = ()>, C: Clock> Layer for Deadline<L, C> {
    type Msg = L::Msg;
    type Timer = Infallible;
    type Random = Doorbell;
    type Storage = ();
    type State = Timed<L::State, L::Timer>;

    fn initial(&self) -> Self::State {
        Timed {
            inner: self.inner.initial(),
            deadlines: Deadlines(Vec::new()),
            rung: 0,
            asked: None,
        }
    }

    fn step(&self, id: Id, timed: &mut Self::State, input: InputOf<Self>) -> Outputs<Self> {
        let before = timed.deadlines.next();
        let mut out = Vec::new();
        let bell = match input {
            Input::Choice(Doorbell(number)) => Some(number),
            _ => None,
        };
        let rung = timed.asked.take_if(|_| bell == Some(timed.rung));
        let input = match input {
            Input::Start(none) => Input::Start(none),
            Input::Message(src, message) => Input::Message(src, message),
            Input::Choice(bell) => Input::Choice(bell),
            Input::Timeout(never) => match never {},
        };
        self.pass(id, timed, input, &mut out);
        if let Some(rung) = rung {
            self.fire(id, rung, timed, &mut out);
        }
        self.ask(timed, bell == Some(0), &mut out);
        if timed.deadlines.next() != before {
            self.clock.ring_at(timed.deadlines.next());
        }
        out
    }
}

#[cfg(test)]
mod tests;

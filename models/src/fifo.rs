//! Sessions over datagrams that get lost, repeated and reordered: an actor around any actor whose messages
//! belong to [sessions](crate::session).
//!
//! Read in this order: [`frame`] (what is sent), [`state`], [`rules`], then this file (the actor),
//! `opening`, `line` and `closing` (what becomes of a session), and [`ends`] (what is checked of it alone).
//!
//! A session has a name: the opener's boot, which is on its disk, and the number of the session in it. It
//! belongs to one boot of the acceptor, which tells it when the session is opened. So what is left in
//! flight of an earlier session, or of an earlier life of either, belongs to no session that is there.
//! In a session messages are numbered; each side takes the next one and no other, tells how many it has
//! taken, and sends the rest again. After a side has closed a session, it answers messages of the session
//! with a reset.
//!
//! | There | Here | Why |
//! |---|---|---|
//! | TCP: a close is seen when the connection breaks | a reset, again whenever something of the session arrives | nothing else ends |
//! | TCP: the first packet may carry data | data after the acceptor's answer alone | a first packet that arrives again after the acceptor's restart would open the session again |

mod closing;
pub mod ends;
pub mod frame;
mod line;
pub mod marks;
mod opening;
mod record;
mod replica;
pub mod rules;
pub mod state;

use crate::session::{End, Part, Sessions, Side};
use frame::Frame;
use marks::{Row, Rows};
use rules::Rules;
use state::{Line, State, StateOf, Stored};
use stateright::actor::{Actor, Command as Output, Id, Out};
use std::borrow::Cow;
use std::fmt::{self, Debug};
use std::time::Duration;

/// An actor in sessions.
pub struct Fifo<A: Actor> {
    /// The actor inside.
    pub inner: A,
    /// The effect of its messages on their sessions.
    pub part: fn(&A::Msg) -> Option<Part>,
    /// Its sessions.
    pub sessions: Sessions<A>,
    /// How much is sent.
    pub config: Config<A::Msg>,
    /// The decisions that the sessions lean on.
    pub rules: Rules,
}

/// How much is sent. The checked systems send each message at once, in a frame of its own.
pub struct Config<Msg> {
    /// Frames of a session in one direction whose arrival is not known, at most; no limit if `None`.
    pub window: Option<usize>,
    /// Messages in a frame, at most.
    pub messages_per_frame: usize,
    /// Bytes of messages in a frame, at most; one message always fits.
    pub bytes_per_frame: usize,
    /// About how many bytes a message takes.
    pub bytes: fn(&Msg) -> usize,
    /// How long until what was not taken is sent again.
    pub resend: Duration,
}

/// The timers of an actor in sessions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer<T> {
    /// Its own.
    Inner(T),
    /// Sends again what was not taken in a session. Armed while there is such. Each session has its own, so
    /// that one that is busy does not put off another in which something was lost.
    Resend {
        /// The participant at the other end.
        peer: usize,
        /// On which side of the session it is itself.
        side: Side,
    },
}

impl<A: Actor<Storage: Default>> Fifo<A> {
    /// Hands an input to the actor inside, and does what it says.
    fn pass(
        &self,
        id: Id,
        state: &mut Cow<'_, StateOf<A>>,
        out: &mut Out<Self>,
        handler: impl FnOnce(&A, &mut Cow<'_, A::State>, &mut Out<A>),
    ) -> Rows {
        let mut said = Out::new();
        match state {
            Cow::Borrowed(state_before) => {
                let mut inner = Cow::Borrowed(state_before.inner());
                handler(&self.inner, &mut inner, &mut said);
                if let Cow::Owned(inner) = inner {
                    state.to_mut().inner = Some(inner);
                }
            }
            Cow::Owned(state) => {
                let inner = state.inner.take().expect("it is there between two inputs");
                let mut inner = Cow::Owned(inner);
                handler(&self.inner, &mut inner, &mut said);
                state.inner = Some(inner.into_owned());
            }
        }
        self.perform(id, state, said, out)
    }

    /// Does what the actor inside says.
    fn perform(
        &self,
        id: Id,
        state: &mut Cow<'_, StateOf<A>>,
        said: Out<A>,
        out: &mut Out<Self>,
    ) -> Rows {
        let mut rows = Rows::NONE;
        for output in said {
            match output {
                Output::Send(dst, msg) => rows |= self.send(state, (id, dst), msg, out),
                Output::SetTimer(timer, range) => out.set_timer(Timer::Inner(timer), range),
                Output::CancelTimer(timer) => out.cancel_timer(Timer::Inner(timer)),
                Output::Save(inner) => {
                    let boot = state.boot;
                    out.save(Stored { boot, inner });
                }
                Output::ChooseRandom(key, choices) => out.choose_random(key, choices),
            }
        }
        rows
    }

    fn send(
        &self,
        state: &mut Cow<'_, StateOf<A>>,
        (id, dst): (Id, Id),
        msg: A::Msg,
        out: &mut Out<Self>,
    ) -> Rows {
        let part = (self.part)(&msg);
        match part.filter(|_| dst != id) {
            // A message to oneself touches no network.
            None => {
                out.send(dst, Frame::Plain(msg));
                Row::SendsPlain.into()
            }
            Some(Part::Open) => self.open(state.to_mut(), dst, msg, out),
            Some(Part::Data(side)) => self.say(state, dst, side, msg, out),
            Some(Part::Close(side)) => self.close(state, dst, side, out),
        }
    }

    fn on_frame(
        &self,
        id: Id,
        state: &mut Cow<'_, StateOf<A>>,
        src: Id,
        frame: Frame<A::Msg>,
        out: &mut Out<Self>,
    ) -> Rows {
        match frame {
            Frame::Plain(msg) => {
                let hear = |actor: &A, state: &mut Cow<'_, A::State>, out: &mut Out<A>| {
                    actor.on_msg(id, state, src, msg, out);
                };
                Row::HearsPlain | self.pass(id, state, out, hear)
            }
            Frame::Syn { session } => {
                let boot = state.boot;
                out.send(src, Frame::SynAck { session, boot });
                Row::Agrees.into()
            }
            Frame::SynAck { session, boot } => self.on_agreed(state, src, session, boot, out),
            Frame::Data(data) => self.on_data(id, state, src, data, out),
            Frame::Ack { of, taken } => self.on_ack(state, src, of, taken, out),
            Frame::Reset { session, by } => self.on_reset(id, state, src, (session, by), out),
        }
    }

    /// Tells the actor inside that the other side has closed a session.
    fn tell_closed(
        &self,
        id: Id,
        state: &mut Cow<'_, StateOf<A>>,
        (src, by): (Id, Side),
        out: &mut Out<Self>,
    ) -> Rows {
        let close = (self.sessions.close)(by);
        self.pass(id, state, out, |actor, state, out| {
            actor.on_msg(id, state, src, close, out);
        })
    }

    /// From now on it takes the whole time until what was not taken is sent again, if there is such.
    fn arm(&self, line: &Line<A::Msg>, end: End, out: &mut Out<Self>) {
        if line.waits() {
            let resend = self.config.resend;
            out.set_timer(Timer::resend(end), resend..resend);
        } else {
            out.cancel_timer(Timer::resend(end));
        }
    }
}

impl<A: Actor<Storage: Default>> Actor for Fifo<A> {
    type Msg = Frame<A::Msg>;
    type Timer = Timer<A::Timer>;
    type State = StateOf<A>;
    type Storage = Stored<A::Storage>;
    type Random = A::Random;

    /// A boot begins: its number is on the disk before anything is sent.
    fn on_start(
        &self,
        id: Id,
        stored: &Option<Stored<A::Storage>>,
        out: &mut Out<Self>,
    ) -> StateOf<A> {
        let stored = stored.clone().unwrap_or_default();
        let boot = (self.rules.next_boot)(stored.boot);
        let inner = stored.inner;
        let mut said = Out::new();
        let started = self.inner.on_start(id, &Some(inner.clone()), &mut said);
        out.save(Stored { boot, inner });
        let mut state = Cow::Owned(State::new(boot, started));
        (Row::Boots | self.perform(id, &mut state, said, out)).record();
        state.into_owned()
    }

    fn on_msg(
        &self,
        id: Id,
        state: &mut Cow<'_, StateOf<A>>,
        src: Id,
        frame: Frame<A::Msg>,
        out: &mut Out<Self>,
    ) {
        self.on_frame(id, state, src, frame, out).record();
    }

    fn on_timeout(
        &self,
        id: Id,
        state: &mut Cow<'_, StateOf<A>>,
        timer: &Timer<A::Timer>,
        out: &mut Out<Self>,
    ) {
        let rows = match timer {
            Timer::Resend { peer, side } => {
                let (peer, side) = (Id::from(*peer), *side);
                self.on_resend(state, End { peer, side }, out)
            }
            Timer::Inner(timer) => self.pass(id, state, out, |actor, state, out| {
                actor.on_timeout(id, state, timer, out);
            }),
        };
        rows.record();
    }

    fn on_random(
        &self,
        id: Id,
        state: &mut Cow<'_, StateOf<A>>,
        random: &A::Random,
        out: &mut Out<Self>,
    ) {
        let rows = self.pass(id, state, out, |actor, state, out| {
            actor.on_random(id, state, random, out);
        });
        rows.record();
    }

    fn name(&self) -> String {
        self.inner.name()
    }
}

impl<A: Actor + Clone> Clone for Fifo<A> {
    fn clone(&self) -> Self {
        Fifo {
            inner: self.inner.clone(),
            part: self.part,
            sessions: self.sessions,
            config: self.config,
            rules: self.rules,
        }
    }
}

/// Sessions are named as the state names them: to whom they were opened, or from whom.
impl<T: Debug> Debug for Timer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Timer::Inner(timer) => write!(f, "Inner({timer:?})"),
            Timer::Resend { peer, side } => match side {
                Side::Opener => write!(f, "ResendTo({peer})"),
                Side::Acceptor => write!(f, "ResendFrom({peer})"),
            },
        }
    }
}

impl<T> Timer<T> {
    /// The one of a session.
    fn resend(end: End) -> Self {
        let End { peer, side } = end;
        let peer = usize::from(peer);
        Timer::Resend { peer, side }
    }
}

impl<Msg> Config<Msg> {
    /// Each message at once, in a frame of its own.
    pub fn unlimited() -> Self {
        Config {
            window: None,
            messages_per_frame: 1,
            bytes_per_frame: usize::MAX,
            bytes: |_| 0,
            resend: Duration::ZERO,
        }
    }
}

impl<Msg> Clone for Config<Msg> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Msg> Copy for Config<Msg> {}

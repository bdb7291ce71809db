//! The actor: routes each event to its handler, and saves before it sends.

use super::config::Config;
use super::log::Component;
use super::marks::{Row, Rows};
use super::message::{Configuration, Message, Payload, application};
use super::rules::Rules;
use super::state::{Installed, Persistent, Phase, Ring, RingId, State, Termination};
use crate::durable::{SavesFirst, save_before_sending};
use stateright::actor::{Actor, Id, Out};
use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

/// A processor.
#[derive(Clone, Debug)]
pub struct Processor {
    /// The parameters that the processors agree on.
    pub config: Config,
    /// The decisions that safety leans on.
    pub rules: Rules,
}

/// The timers of a processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// The token is lost. Armed in a ring, unless the token is held here; and while all agree on a ring
    /// whose commit token does not come.
    Loss,
    /// The token that was sent last is sent again. Armed in a ring, after it was sent.
    Resend,
    /// A Join is sent again. Armed while a processor looks for others.
    Join,
    /// Those who do not agree have failed. Armed while a processor looks for others.
    Consensus,
    /// The ring is announced. Armed at its representative.
    Merge,
    /// The token that is held is sent round. Armed while it is held.
    Hold,
}

/// Every timer.
pub(super) const TIMERS: [Timer; 6] = [
    Timer::Loss,
    Timer::Resend,
    Timer::Join,
    Timer::Consensus,
    Timer::Merge,
    Timer::Hold,
];

impl Processor {
    /// A processor.
    pub fn new(config: Config) -> Self {
        let rules = Rules::default();
        Processor { config, rules }
    }

    /// Arms a timer.
    pub(super) fn arm(&self, timer: Timer, out: &mut Out<Self>) {
        if (self.rules.arms)(timer) {
            let after = self.after(timer);
            out.set_timer(timer, after..after);
        }
    }

    /// Sends a message to every other processor.
    pub(super) fn multicast(&self, id: Id, message: Message, out: &mut Out<Self>) {
        let others = (0..self.config.processors).map(Id::from);
        for other in others.filter(|other| *other != id) {
            out.send(other, message.clone());
        }
    }

    fn after(&self, timer: Timer) -> Duration {
        let timing = &self.config.timing;
        match timer {
            Timer::Loss => timing.loss,
            Timer::Resend => timing.resend,
            Timer::Join => timing.join,
            Timer::Consensus => timing.consensus,
            Timer::Merge => timing.merge,
            Timer::Hold => timing.hold,
        }
    }

    fn on_message(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        message: Message,
        out: &mut Out<Self>,
    ) -> Rows {
        if state.is_gone() {
            return self.on_late(src, message, out);
        }
        match message {
            Message::Regular(regular) => self.on_regular(id, state, src, regular, out),
            Message::Token(token) => self.on_token(id, state, token, out),
            Message::Join {
                procs,
                fails,
                number,
            } => self.on_join(id, state, src, (procs, fails, number), out),
            Message::Commit(token) => self.on_commit(id, state, token, out),
            Message::Merge(ring) => self.on_merge(id, state, src, ring, out),
            Message::Wake(ring) => self.on_wake(id, state, ring, out),
            Message::Request(service, command) => match self.config.keeps_log {
                true => self.propose(id, state, src, command, out),
                false => self.submit(id, state, (service, Payload::Opaque(command)), out),
            },
            Message::Leave => self.leave(id, state.to_mut(), out),
            Message::Originated(_)
            | Message::Delivered(_)
            | Message::Changed(_)
            | Message::NotPrimary
            | Message::Decided(_) => Row::IsNoApplication.into(),
        }
    }

    /// Saves before it sends; the log hears what the application would.
    fn handle(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        out: &mut Out<Self>,
        handler: impl FnOnce(&mut Cow<'_, State>, &mut Out<Self>) -> Rows,
    ) {
        save_before_sending(self, state, out, |state, out| {
            let rows = handler(state, out);
            match self.config.keeps_log {
                true => rows | self.tell_log(id, state, out),
                false => rows,
            }
        })
        .record();
    }

    /// A processor starts alone, and looks for others.
    fn start(&self, id: Id, state: &mut State, out: &mut Out<Self>) -> Rows {
        state.persistent.number = state.ring.number;
        let (ring, members) = (state.ring, vec![id]);
        let changed = Message::Changed(Configuration::Regular { ring, members });
        out.send(application(), changed);
        Row::B1Starts | self.gather(id, state, out) | self.try_form(id, state, out)
    }
}

impl SavesFirst for Processor {
    type Row = Row;
    const SAVES_BEFORE_SENDING: Row = Row::SavesBeforeSending;
    const SENDS_WHILE_WRITING: Row = Row::SendsWhileWriting;

    fn record(state: &State) -> &Persistent {
        &state.persistent
    }

    fn writes(&self, _: &Persistent, after: &Persistent) -> Vec<Persistent> {
        vec![after.clone()]
    }

    /// A message with a place in the ring may be written here and at its receivers at the same time: nothing
    /// rests on that before the token has gone round, which waits.
    fn leaves_before_save(
        &self,
        before: &Persistent,
        after: &Persistent,
        message: &Message,
    ) -> bool {
        before.number == after.number && matches!(message, Message::Regular(_))
    }
}

impl Actor for Processor {
    type Msg = Message;
    type Timer = Timer;
    type State = State;
    type Storage = Persistent;
    type Random = ();

    fn on_start(&self, id: Id, stored: &Option<Persistent>, out: &mut Out<Self>) -> State {
        let persistent = stored.clone().unwrap_or_default();
        let component = Component::new(persistent.log.decided);
        let component = self.config.keeps_log.then(|| Box::new(component));
        let ring = RingId {
            number: (self.rules.next_boot)(persistent.number),
            representative: id,
        };
        let mut state = Cow::Owned(State {
            persistent,
            ring,
            number_max: ring.number,
            procs: BTreeSet::from([id]),
            fails: BTreeSet::new(),
            installed: Installed {
                ring: Ring::new(ring, vec![id]),
                delivered: 0,
                obligation: BTreeSet::new(),
            },
            queue: VecDeque::new(),
            left: Termination::default(),
            phase: Phase::Operational { held: None },
            component,
        });
        self.handle(id, &mut state, out, |state, out| {
            self.start(id, state.to_mut(), out)
        });
        state.into_owned()
    }

    fn on_msg(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        message: Message,
        out: &mut Out<Self>,
    ) {
        self.handle(id, state, out, |state, out| {
            self.on_message(id, state, src, message, out)
        });
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<'_, State>, timer: &Timer, out: &mut Out<Self>) {
        self.handle(id, state, out, |state, out| match timer {
            Timer::Loss => self.on_loss(id, state.to_mut(), out),
            Timer::Resend => self.on_resend(id, state, out),
            Timer::Join => self.on_join_timeout(id, state, out),
            Timer::Consensus => self.on_consensus(id, state.to_mut(), out),
            Timer::Merge => self.on_merge_timeout(id, state, out),
            Timer::Hold => self.on_hold(id, state, out),
        });
    }

    fn name(&self) -> String {
        "Processor".to_owned()
    }
}

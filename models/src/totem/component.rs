//! The primary component: a ring with a quorum makes the logs of its members equal, and then grows them, in
//! its order; in a ring without one nothing is taken. A command that all of a ring have is decided.
//!
//! A processor tells the log all that it tells its application. The log gets a message as *agreed*, and
//! writes it before the token goes on; so where the token says that everyone has it, everyone has written it.

use super::log::{Exchange, Log, Plan, Stage, shared};
use super::marks::{Row, Rows};
use super::message::application;
use super::message::{Body, Configuration, Content, Decided, Message, Payload, Regular, Service};
use super::processor::Processor;
use super::state::{RingId, State};
use crate::replica::Command;
use stateright::actor::{Command as Output, Id, Out};
use std::borrow::Cow;
use std::collections::VecDeque;

impl Processor {
    /// A client has a command.
    pub(super) fn propose(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        client: Id,
        command: Command,
        out: &mut Out<Self>,
    ) -> Rows {
        if !state.component.as_ref().is_some_and(|it| it.is_primary()) {
            out.send(client, Message::NotPrimary);
            return Row::LRefuses.into();
        }
        let commands = Payload::Commands(vec![command]);
        self.submit(id, state, (Service::Agreed, commands), out)
    }

    /// Tells the log what the application is told.
    pub(super) fn tell_log(&self, id: Id, state: &mut Cow<'_, State>, out: &mut Out<Self>) -> Rows {
        let mut rows = Rows::NONE;
        loop {
            let is_told = |output: &Output<_, _, _, _>| match output {
                Output::Send(dst, _) => *dst == application(),
                _ => false,
            };
            let said = std::mem::replace(out, Out::new());
            let (told, others): (Vec<_>, Vec<_>) = said.into_iter().partition(is_told);
            out.append::<Self>(&mut others.into_iter().collect());
            if told.is_empty() {
                break;
            }
            for output in told {
                if let Output::Send(_, message) = output {
                    rows |= self.on_told(id, state, message, out);
                }
            }
        }
        rows | self.decide(state, out)
    }

    fn on_told(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        message: Message,
        out: &mut Out<Self>,
    ) -> Rows {
        match message {
            Message::Changed(Configuration::Regular { ring, members }) => {
                self.on_ring(id, state.to_mut(), ring, members)
            }
            Message::Changed(Configuration::Transitional { .. }) => {
                set(state.to_mut(), Stage::Minority);
                Rows::NONE
            }
            Message::Delivered(regular) => match &regular.body {
                Body::Application(content) => self.on_content(id, state, &regular, content, out),
                Body::Copy(_) => Rows::NONE,
            },
            _ => Rows::NONE,
        }
    }

    /// A ring is installed. If it has a quorum, its members tell what they have.
    fn on_ring(&self, id: Id, state: &mut State, ring: RingId, members: Vec<Id>) -> Rows {
        let is_command = |content: &Content| matches!(content.payload, Payload::Commands(_));
        state.queue.retain(is_command);
        if !(self.rules.is_primary)(members.len(), self.config.processors) {
            set(state, Stage::Minority);
            return Row::LHasNoQuorum.into();
        }
        let decided = state.component.as_ref().map_or(0, |it| it.decided);
        state.queue.push_front(Content {
            sender: id,
            service: Service::Agreed,
            payload: Payload::Report(state.persistent.log.report(decided)),
        });
        set(state, Stage::Exchange(Exchange::new(ring, members)));
        Row::LReports.into()
    }

    /// The next message of the ring.
    fn on_content(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        regular: &Regular,
        content: &Content,
        out: &mut Out<Self>,
    ) -> Rows {
        let now = state.to_mut();
        let Some(component) = &mut now.component else {
            return Rows::NONE;
        };
        match (&mut component.stage, &content.payload) {
            (Stage::Exchange(exchange), Payload::Report(report)) => {
                exchange.reports.insert(content.sender, *report);
                let plan = exchange.plan(self.rules.rank);
                Row::LHears
                    | plan.map_or(Rows::NONE, |plan| {
                        self.take_over(id, state, regular, plan, out)
                    })
            }
            (Stage::Exchange(exchange), Payload::Entries(commands)) => {
                exchange.entries.extend(commands.iter().cloned());
                let plan = exchange.plan(self.rules.rank);
                Row::LTakes | plan.map_or(Rows::NONE, |plan| self.establish(id, now, regular, plan))
            }
            (Stage::Exchange(exchange), Payload::Commands(commands)) => {
                exchange.waiting.extend(commands.iter().cloned());
                Row::LWaits.into()
            }
            (Stage::Primary { undecided, .. }, Payload::Commands(commands)) => {
                let log = &mut now.persistent.log;
                log.commands.extend(commands.iter().cloned());
                log.decided = component.decided;
                undecided.push_back((regular.seq, log.len()));
                Row::LAppends.into()
            }
            _ => Row::LIgnores.into(),
        }
    }

    /// Everyone has told what it has: the member whose log all take over sends what others lack.
    fn take_over(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        regular: &Regular,
        plan: Plan,
        out: &mut Out<Self>,
    ) -> Rows {
        if plan.missing() == 0 {
            return self.establish(id, state.to_mut(), regular, plan);
        }
        let mut rows = Rows::NONE;
        if plan.source == id {
            rows |= Row::LSends;
            for entries in self.chunks(&state.persistent.log, plan.common) {
                let entries = Payload::Entries(entries);
                rows |= self.submit(id, state, (Service::Agreed, entries), out);
            }
        }
        rows
    }

    /// The log after a position, in messages.
    fn chunks(&self, log: &Log, position: u64) -> Vec<Vec<Command>> {
        let (mut chunks, mut room) = (Vec::<Vec<Command>>::new(), 0);
        for command in log.after(position) {
            let bytes = command.0.len();
            match chunks.last_mut() {
                Some(chunk) if bytes <= room => {
                    chunk.push(command.clone());
                    room -= bytes;
                }
                _ => {
                    chunks.push(vec![command.clone()]);
                    room = self.config.bytes_per_message.saturating_sub(bytes);
                }
            }
        }
        chunks
    }

    /// If all is there, the log is that of the ring, as one write.
    fn establish(&self, id: Id, state: &mut State, regular: &Regular, plan: Plan) -> Rows {
        let Some(component) = &mut state.component else {
            return Rows::NONE;
        };
        let Stage::Exchange(exchange) = &mut component.stage else {
            return Rows::NONE;
        };
        if (exchange.entries.len() as u64) < plan.missing() {
            return Rows::NONE;
        }
        if plan.best.len < component.decided {
            component.stage = Stage::Stopped {
                decided: component.decided,
                len: plan.best.len,
            };
            return Row::LStops.into();
        }
        let log = &mut state.persistent.log;
        let own = shared(&exchange.reports[&id], &plan.best);
        log.commands.truncate(own as usize);
        let lacked = exchange
            .entries
            .drain(..)
            .skip((own - plan.common) as usize);
        log.commands.extend(lacked);
        log.commands.extend(exchange.waiting.drain(..));
        log.accepted = (self.rules.accepted)(log.accepted, exchange.ring.number);
        log.decided = component.decided;
        component.stage = Stage::Primary {
            ring: exchange.ring,
            members: exchange.members.clone(),
            undecided: VecDeque::from([(regular.seq, log.len())]),
        };
        Row::LEstablishes.into()
    }

    /// Commands that all of the ring have are decided.
    fn decide(&self, state: &mut Cow<'_, State>, out: &mut Out<Self>) -> Rows {
        let installed = &state.installed;
        let decided = (self.rules.decided)(installed.ring.turn.safe, installed.delivered);
        let Some(component) = &state.component else {
            return Rows::NONE;
        };
        let Stage::Primary {
            ring, undecided, ..
        } = &component.stage
        else {
            return Rows::NONE;
        };
        let known = undecided.iter().take_while(|(seq, _)| *seq <= decided);
        let known = known.count();
        if known == 0 {
            return Rows::NONE;
        }
        let number = ring.number;
        let now = state.to_mut();
        let Some(component) = &mut now.component else {
            return Rows::NONE;
        };
        let Stage::Primary { undecided, .. } = &mut component.stage else {
            return Rows::NONE;
        };
        let (before, len) = (component.decided, undecided[known - 1].1);
        undecided.drain(..known);
        component.decided = len;
        let commands = now.persistent.log.after(before);
        for (position, command) in (before + 1..=len).zip(commands) {
            let command = command.clone();
            let decided = Decided {
                ring: number,
                position,
                command,
            };
            out.send(application(), Message::Decided(decided));
        }
        Row::LDecides.into()
    }
}

/// Sets the stage, unless the processor has stopped: that is for good.
fn set(state: &mut State, stage: Stage) {
    if let Some(component) = &mut state.component
        && !matches!(component.stage, Stage::Stopped { .. })
    {
        component.stage = stage;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replica::Replica;
    use crate::totem::config::Config;
    use crate::totem::message::Report;
    use stateright::actor::Actor;

    /// Chunks hold what fits into a message, and a command that does not has one of its own.
    #[test]
    fn a_log_is_sent_in_messages() {
        let processor = Processor::new(Config {
            bytes_per_message: 4,
            ..Config::new(2)
        });
        let commands = ["a", "bb", "ccc", "ddddd", "e"].map(Command::from);
        let log = Log {
            commands: commands.iter().cloned().collect(),
            ..Log::default()
        };
        let [a, bb, ccc, ddddd, e] = commands;
        let chunks = [
            vec![a, bb.clone()],
            vec![ccc.clone()],
            vec![ddddd.clone()],
            vec![e.clone()],
        ];
        assert_eq!(processor.chunks(&log, 0), chunks);
        let rest = [vec![bb], vec![ccc], vec![ddddd], vec![e]];
        assert_eq!(processor.chunks(&log, 1), rest);
        assert!(processor.chunks(&log, 5).is_empty());
    }

    /// Two of three come without their journals, and their log is the ring's.
    #[test]
    fn who_knows_more_to_be_decided_than_the_ring_has_stops() {
        let processor = Processor::new(Config {
            keeps_log: true,
            ..Config::new(3)
        });
        let (id, members) = (Id::from(0), (0..3).map(Id::from).collect::<Vec<_>>());
        let mut state = processor.on_start(id, &None, &mut Out::new());
        state
            .persistent
            .log
            .commands
            .extend(["a", "b"].map(Command::from));
        let lost = Report {
            accepted: 9,
            len: 1,
            decided: 0,
        };
        let own = state.persistent.log.report(2);
        let ring = RingId {
            number: 13,
            representative: id,
        };
        let mut exchange = Exchange::new(ring, members.clone());
        exchange.reports = members.into_iter().zip([own, lost, lost]).collect();
        exchange.entries = vec!["c".into()];
        let plan = exchange.plan(processor.rules.rank).expect("all have told");
        state.component.as_mut().expect("a log is kept").decided = 2;
        set(&mut state, Stage::Exchange(exchange));
        let content = Content {
            sender: id,
            service: Service::Agreed,
            payload: Payload::Entries(Vec::new()),
        };
        let regular = Regular {
            ring,
            seq: 1,
            body: Body::Application(content),
        };
        assert_eq!(
            processor.establish(id, &mut state, &regular, plan),
            Row::LStops.into()
        );
        let why = Processor::stopped(&state).expect("it has stopped");
        assert!(
            why.starts_with("2 commands are decided here, and the log of the ring has 1"),
            "{why}"
        );
        // For good.
        set(&mut state, Stage::Minority);
        assert!(Processor::stopped(&state).is_some());
        assert_eq!(state.persistent.log.len(), 2);
    }
}

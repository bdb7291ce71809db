//! The facts known on the way along a path, and their drawing.

use super::caption::End;
use super::drawing::{Drawing, OUTSIDE, Point};
use crate::system::{
    Action, Badge, Channels, Class, Envelope, GhostState, Network, Participant, StateOf,
};
use stateright::actor::Id;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;

/// From a lifeline to the head of what is still in flight, in columns.
const STUB: f64 = 0.11;

/// The facts known on the way along a path.
pub(super) struct Story<Msg> {
    drawing: Drawing,
    channels: Channels<Msg>,
    participants: usize,
    /// The row in which each message in flight was sent, for every copy.
    sent: BTreeMap<Envelope<Msg>, VecDeque<usize>>,
    /// For each participant, whether it is down, and since when.
    down: Vec<(bool, usize)>,
    /// For each participant, since when writes have been pending.
    writing: Vec<Option<usize>>,
    /// For each participant, the badge that it had last; none while it is down.
    badges: Vec<Option<String>>,
    /// The good participants, and since when they are good.
    good: (Vec<Id>, usize),
    ticks: usize,
}

impl<Msg: Ord + Clone + Debug> Story<Msg> {
    pub(super) fn begin(
        channels: Channels<Msg>,
        network: &Network<Msg>,
        participants: usize,
    ) -> Self {
        let in_row_0 = |copies| VecDeque::from(vec![0; copies]);
        Story {
            drawing: Drawing::default(),
            channels,
            participants,
            sent: copies(network)
                .into_iter()
                .map(|(envelope, copies)| (envelope, in_row_0(copies)))
                .collect(),
            down: vec![(false, 0); participants],
            writing: vec![None; participants],
            badges: vec![None; participants],
            good: (Vec::new(), 0),
            ticks: 0,
        }
    }

    /// Draws an action.
    pub(super) fn act<Timer, Random>(&mut self, row: usize, action: &Action<Msg, Timer, Random>)
    where
        Timer: Debug,
        Random: Debug,
    {
        let symbol = action.class().symbol();
        self.drawing.explain(symbol);
        match action {
            Action::Deliver(envelope) | Action::Duplicate(envelope) | Action::Discard(envelope) => {
                self.arrow(symbol, envelope, 1.0, row, &action.remark());
            }
            Action::Lose(envelope) => {
                let end = self.arrow(symbol, envelope, 0.6, row, &action.remark());
                self.drawing.shape("cross", end);
            }
            Action::Request(id, _) => {
                let (client, end) = (Point::new(OUTSIDE, row), self.place(*id, row));
                self.drawing.line(symbol, client, end);
                self.drawing.label(client, -1.0, "faint", "client");
                self.drawing.label(end, 1.0, "", &action.remark());
            }
            Action::Timeout(id, _)
            | Action::Sync(id)
            | Action::Crash { id, .. }
            | Action::Recover(id)
            | Action::Restart { id, .. }
            | Action::SelectRandom { id, .. } => {
                let place = self.place(*id, row);
                self.drawing.shape(symbol, place);
                self.drawing.label(place, 1.0, "", &action.remark());
                if action.class() == Class::Restart {
                    let start = self.drawing.line_below(row, 14.0);
                    self.drawing.explain("start");
                    self.drawing.shape("start", place.below(start + 6.0));
                }
            }
            Action::Stabilise(stable) => {
                self.good = (stable.good().to_vec(), row);
                self.drawing.banner(symbol, row, action.remark());
            }
            Action::Tick => {
                self.ticks += 1;
                let text = format!("{} {}", action.remark(), self.ticks);
                self.drawing.banner(symbol, row, text);
            }
            Action::Cut(_) | Action::Heal(_) => {
                self.drawing.banner(symbol, row, action.remark());
            }
        }
    }

    /// The way of a message from its sending to this row, or a part of the way. Gives its end.
    fn arrow(
        &mut self,
        class: &'static str,
        envelope: &Envelope<Msg>,
        part: f64,
        row: usize,
        text: &str,
    ) -> Point {
        let sent = self.sent.get(envelope).and_then(|rows| rows.front());
        let from = self.place(envelope.src, sent.copied().unwrap_or(0));
        let way = self.place(envelope.dst, row).column - from.column;
        let end = Point::new(from.column + part * way, row);
        self.drawing.line(class, from, end);
        // Beyond the head of the arrow, where it cannot hide the label.
        self.drawing
            .label(end, if way < 0.0 { -1.0 } else { 1.0 }, "", text);
        end
    }

    /// Keeps account of the messages in flight.
    pub(super) fn post<Timer, Random>(
        &mut self,
        row: usize,
        action: &Action<Msg, Timer, Random>,
        after: &Network<Msg>,
    ) {
        let stays = |envelope: &Envelope<Msg>| (self.channels.of)(&envelope.msg).repeats();
        let taken = match action {
            Action::Deliver(envelope) if !stays(envelope) => Some(envelope),
            Action::Lose(envelope) | Action::Discard(envelope) => Some(envelope),
            _ => None,
        };
        if let Some(rows) = taken.and_then(|envelope| self.sent.get_mut(envelope)) {
            rows.pop_front();
        }
        let after = copies(after);
        self.sent.retain(|envelope, _| after.contains_key(envelope));
        for (envelope, copies) in after {
            self.sent.entry(envelope).or_default().resize(copies, row);
        }
    }

    /// Says that the states of the good period have canonical names, if it has begun.
    pub(super) fn tell_renaming(&mut self) {
        if !self.good.0.is_empty() {
            self.drawing.explain("renamed");
        }
    }

    /// Keeps account of the participants that are up, their descriptions and pending writes, in the state
    /// after a row.
    pub(super) fn live<A: Participant<Msg = Msg>, G: GhostState>(
        &mut self,
        badge: Option<Badge<A>>,
        row: usize,
        state: &StateOf<A, G>,
    ) {
        for (index, local) in state.locals.iter().enumerate() {
            if local.crashed != self.down[index].0 {
                self.draw_lifeline(index, row);
                self.down[index] = (local.crashed, row);
            }
            match (self.writing[index], local.outbox.is_empty()) {
                (None, false) => self.writing[index] = Some(row),
                (Some(_), true) => self.draw_writing(index, row),
                _ => {}
            }
            let text = match local.up() {
                _ if local.gone => Some("gone".to_owned()),
                up => badge.and_then(|badge| up.map(badge)),
            };
            if let Some(text) = text.as_ref().filter(|_| text != self.badges[index]) {
                self.drawing.badge(index, row, text);
            }
            self.badges[index] = text;
        }
    }

    fn draw_lifeline(&mut self, index: usize, until: usize) {
        let (is_down, since) = self.down[index];
        let class = if is_down { "down" } else { "up" };
        if is_down {
            self.drawing.explain(class);
        }
        let ends = [since, until].map(|row| Point::new(index as f64, row));
        self.drawing.line(class, ends[0], ends[1]);
    }

    fn draw_writing(&mut self, index: usize, until: usize) {
        if let Some(since) = self.writing[index].take() {
            self.drawing.explain("writing");
            let ends = [since, until].map(|row| Point::new(index as f64, row));
            self.drawing.line("writing", ends[0], ends[1]);
        }
    }

    /// Draws what goes on beyond the last row, and what is marked there.
    pub(super) fn end(mut self, last: usize, end: &End) -> Drawing {
        self.draw_in_flight();
        match end {
            End::Open => {}
            End::Violated(text) => self.drawing.band("violated", last, text),
            End::Seen(text) => self.drawing.band("seen", last, text),
            End::Loop(start) if *start < last => {
                self.drawing.bracket(*start + 1, last);
            }
            End::Loop(_) => {
                let text = "for ever: nothing more must happen";
                self.drawing.band("violated", last, text);
            }
        }
        let beyond = last + 1;
        for index in 0..self.participants {
            self.draw_lifeline(index, beyond);
            self.draw_writing(index, beyond);
        }
        let (good, since) = std::mem::take(&mut self.good);
        for id in good {
            self.drawing
                .stripe(self.place(id, since), self.place(id, beyond));
        }
        self.drawing.ends(beyond);
        self.drawing
    }

    /// Draws messages that are still in flight where they were sent: one to many receivers once.
    fn draw_in_flight(&mut self) {
        let mut receivers: BTreeMap<(usize, Id, Msg), Vec<Id>> = BTreeMap::new();
        for (envelope, rows) in std::mem::take(&mut self.sent) {
            for row in rows {
                let of = (row, envelope.src, envelope.msg.clone());
                receivers.entry(of).or_default().push(envelope.dst);
            }
        }
        for ((row, src, msg), receivers) in receivers {
            self.drawing.explain("in-flight");
            let is_left = receivers.iter().all(|dst| *dst < src);
            let side = if is_left { -1.0 } else { 1.0 };
            let below = self.drawing.line_below(row, 15.0);
            let from = self.place(src, row).below(below);
            let end = from.beside(STUB * side).below(7.0);
            self.drawing.line("in-flight", from, end);
            let names = receivers.into_iter().map(|id| usize::from(id).to_string());
            let names: Vec<String> = names.collect();
            let text = format!("to {}: {msg:?}", names.join(", "));
            self.drawing.label(end.below(6.0), side, "faint", &text);
        }
    }

    /// Where a participant is in a row. Strangers are to the right.
    fn place(&self, id: Id, row: usize) -> Point {
        let column = usize::from(id).min(self.participants);
        Point::new(column as f64, row)
    }
}

/// The messages in flight, each with its number.
fn copies<Msg: Ord + Clone>(network: &Network<Msg>) -> BTreeMap<Envelope<Msg>, usize> {
    let mut copies = BTreeMap::new();
    for envelope in network.iter() {
        *copies.entry(envelope.to_cloned_msg()).or_default() += 1;
    }
    copies
}

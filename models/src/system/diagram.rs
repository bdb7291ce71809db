//! A path of a system as a sequence diagram: time runs down, one action a row.
//!
//! A message leaves where it enters the network: when a write holds it back, at the sync.

mod svg;

use super::{
    Action, ActionOf, Channels, Class, Envelope, GhostState, Network, Participant, StateOf, System,
};
use stateright::Path;
use stateright::actor::Id;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;
use svg::{Drawing, OUTSIDE, Point};

impl<A: Participant, G: GhostState> System<A, G> {
    /// The diagram as SVG.
    pub(super) fn draw(&self, path: Path<StateOf<A, G>, ActionOf<A>>) -> String {
        let path = path.into_vec();
        let mut story = Story::begin(self.channels, &path[0].0.network, self.actors.len());
        story.live::<A, G>(0, &path[0].0);
        for (row, steps) in (1..).zip(path.windows(2)) {
            let (action, after) = (&steps[0].1, &steps[1].0);
            let action = action.as_ref().expect("only the last state has no action");
            story.act(row, action);
            story.post(row, action, &after.network);
            story.live::<A, G>(row, after);
        }
        let names = self.actors.iter().enumerate();
        let names = names.map(|(id, actor)| format!("{id} {}", actor.name()));
        story
            .end(path.len())
            .svg(&names.collect::<Vec<_>>(), path.len())
    }
}

/// What is known on the way along a path.
struct Story<Msg> {
    drawing: Drawing,
    channels: Channels<Msg>,
    participants: usize,
    /// The row in which each message in flight was sent, for every copy.
    sent: BTreeMap<Envelope<Msg>, VecDeque<usize>>,
    /// For each participant, whether it is down, and since when.
    down: Vec<(bool, usize)>,
    /// For each participant, since when writes have been pending.
    writing: Vec<Option<usize>>,
}

impl<Msg: Ord + Clone + Debug> Story<Msg> {
    fn begin(channels: Channels<Msg>, network: &Network<Msg>, participants: usize) -> Self {
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
        }
    }

    /// Draws an action.
    fn act<Timer, Random>(&mut self, row: usize, action: &Action<Msg, Timer, Random>)
    where
        Timer: Debug,
        Random: Debug,
    {
        let symbol = action.class().symbol();
        match action {
            Action::Deliver(envelope) | Action::Duplicate(envelope) | Action::Discard(envelope) => {
                self.arrow(symbol, envelope, 1.0, row, &action.remark());
            }
            Action::Lose(envelope) => {
                let end = self.arrow(symbol, envelope, 0.6, row, &action.remark());
                self.drawing.shape("cross", end);
            }
            Action::Request(id, _) => {
                let end = self.place(*id, row);
                let client = (OUTSIDE, end.1);
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
                    self.drawing.shape("start", (place.0, place.1 + 0.4));
                }
            }
            Action::Cut(_) | Action::Heal(_) | Action::Stabilise(_) | Action::Tick => {
                let last = self.participants.saturating_sub(1) as f64;
                let (from, to) = ((OUTSIDE, row as f64), (last - OUTSIDE, row as f64));
                self.drawing.line(symbol, from, to);
                self.drawing.label(from, 1.0, "", &action.remark());
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
        let way = self.place(envelope.dst, row).0 - from.0;
        let end = (from.0 + part * way, row as f64);
        self.drawing.line(class, from, end);
        // Beyond the head of the arrow, where it cannot hide the label.
        self.drawing
            .label(end, if way < 0.0 { -1.0 } else { 1.0 }, "", text);
        end
    }

    /// Keeps account of the messages in flight.
    fn post<Timer, Random>(
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

    /// Keeps account of who is up and whose writes are pending, in the state after a row.
    fn live<A: Participant<Msg = Msg>, G>(&mut self, row: usize, state: &StateOf<A, G>) {
        for (index, local) in state.locals.iter().enumerate() {
            if local.crashed != self.down[index].0 {
                self.draw_timeline(index, row);
                self.down[index] = (local.crashed, row);
            }
            match (self.writing[index], local.outbox.is_empty()) {
                (None, false) => self.writing[index] = Some(row),
                (Some(_), true) => self.draw_writing(index, row),
                _ => {}
            }
        }
    }

    fn draw_timeline(&mut self, index: usize, until: usize) {
        let (is_down, since) = self.down[index];
        let class = if is_down { "down" } else { "up" };
        let (column, until) = (index as f64, until as f64);
        self.drawing
            .line(class, (column, since as f64), (column, until));
    }

    fn draw_writing(&mut self, index: usize, until: usize) {
        if let Some(since) = self.writing[index].take() {
            let (column, until) = (index as f64, until as f64);
            self.drawing
                .line("writing", (column, since as f64), (column, until));
        }
    }

    /// Draws what goes on beyond the last row.
    fn end(mut self, rows: usize) -> Drawing {
        for index in 0..self.participants {
            self.draw_timeline(index, rows);
            self.draw_writing(index, rows);
        }
        let mut stubs: BTreeMap<(Id, usize, bool), usize> = BTreeMap::new();
        for (envelope, rows) in std::mem::take(&mut self.sent) {
            for row in rows {
                let (from, to) = (self.place(envelope.src, row), self.place(envelope.dst, row));
                let side = if to.0 < from.0 { -1.0 } else { 1.0 };
                let above = stubs.entry((envelope.src, row, to.0 < from.0)).or_default();
                let end = (from.0 + 0.12 * side, from.1 + 0.5 + 0.36 * *above as f64);
                *above += 1;
                self.drawing.line("in-flight", from, end);
                let text = format!("to {}: {:?}", usize::from(envelope.dst), envelope.msg);
                self.drawing.label(end, side, "faint", &text);
            }
        }
        self.drawing
    }

    /// Where a participant is in a row. Strangers are to the right.
    fn place(&self, id: Id, row: usize) -> Point {
        let column = usize::from(id).min(self.participants);
        (column as f64, row as f64)
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

//! Computing what is not remembered yet: what a cell can do, what it becomes when something is sent
//! to it, how history grows.
//!
//! While states are expanded the memory is only read; what is missing is noted as a [`Need`].
//! Then all needs are met: computed side by side, and stored one after the other, in the order in
//! which they were noted. So names are the same in every run.

use super::deed::{Deed, Made};
use super::expand::Goal;
use super::intern::{NONE, Name};
use super::panics::caught;
use super::parts::{Happening, Move, Parts};
use quorate_models::system::{self, Envelope, Fate, History, Hook, Participant, Remaining};
use stateright::actor::Id;

/// Something that is not remembered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Need {
    /// What a cell can do, spending this (a position among [`Memo::spends`](super::parts::Memo)).
    Moves { seat: u32, cell: Name, spend: u32 },
    /// What a cell becomes.
    Sent { seat: u32, cell: Name, bundle: Name },
    /// What a history becomes.
    History { event: Name, history: Name },
    /// What a budget allows.
    Remaining { budget: Name },
}

/// What was needed.
pub(super) enum Met<A: Participant, G> {
    Moves(Vec<Done<A>>),
    /// That is computed where it is stored: it takes no longer than to hand it over.
    Sent,
    /// `None` if it stays as it is.
    History(Option<G>),
    Remaining(Vec<(u32, Remaining)>),
}

/// What happens to a cell, before anything is named.
pub(super) struct Done<A: Participant> {
    happening: Happening<A>,
    made: Made<A>,
    /// The cell afterwards, but for what is sent to it; its first name is still to come.
    cell: Vec<Name>,
    /// Messages of the cell that are dead afterwards.
    dropped: Vec<Name>,
}

/// What a cell becomes when a bundle is sent to it, before anything is named.
struct Sent {
    cell: Vec<Name>,
    /// Messages of the bundle that are dead on arrival.
    dropped: Vec<Name>,
}

impl<A: Participant, G: History> Parts<A, G> {
    /// Computes what is needed.
    pub(super) fn meet(&self, need: Need) -> Met<A, G> {
        match need {
            Need::Moves { seat, cell, spend } => {
                Met::Moves(self.moves(seat as usize, cell, spend as usize))
            }
            Need::Sent { .. } => Met::Sent,
            Need::History { event, history } => Met::History(self.told(event, history)),
            Need::Remaining { budget } => {
                let budget = &self.budgets[budget];
                let spends = self.memo.spends.iter().enumerate();
                let left = spends.filter_map(|(position, spend)| {
                    let left = self.system.environment.after(budget, *spend)?;
                    Some((position as u32, left))
                });
                Met::Remaining(left.collect())
            }
        }
    }

    fn moves(&self, seat: usize, cell: Name, spend: usize) -> Vec<Done<A>> {
        let happenings = self.happenings(seat, cell, self.memo.spends[spend]);
        let done = happenings.map(|happening| {
            let act = || self.act_in(seat, cell, &happening);
            let panicked = |panic| (Made::Panicked(panic), vec![NONE], Vec::new());
            let (made, cell, dropped) = caught(act).unwrap_or_else(panicked);
            Done {
                happening,
                made,
                cell,
                dropped,
            }
        });
        done.collect()
    }

    /// What happens to a participant makes of it, and of the messages in flight to it: those that
    /// stay, and those that are dropped as dead.
    fn act_in(
        &self,
        seat: usize,
        cell: Name,
        happening: &Happening<A>,
    ) -> (Made<A>, Vec<Name>, Vec<Name>) {
        let words = &self.seats[seat].cells[cell];
        let (heard, removed) = self.heard(words, happening);
        let made = self.make(seat, words[0], happening, heard);
        let mut left = words.to_vec();
        if let Some(position) = removed {
            left.remove(position);
        }
        let after = match &made {
            Made::Known(known) => known
                .map(|deed| self.memo.deeds[deed as usize].local)
                .filter(|_| !matches!(happening, Happening::Message(Fate::Drop, _)))
                .map(|local| &*self.locals[local]),
            Made::New(effect) => effect.after.as_ref(),
            Made::Nothing(_) | Made::Panicked(_) => None,
        };
        let mut dropped = Vec::new();
        if let Some(after) = after.filter(|_| self.is_dead.is_some()) {
            let mut place = 0..;
            left.retain(|word| {
                let dead = place.next() != Some(0) && self.is_dead(seat, after, *word);
                if dead {
                    dropped.push(*word);
                }
                !dead
            });
        }
        (made, left, dropped)
    }

    /// The message that is delivered to a cell, and the place of that which leaves it.
    fn heard(&self, words: &[Name], happening: &Happening<A>) -> (Name, Option<usize>) {
        let Happening::Message(fate, message) = happening else {
            return (NONE, None);
        };
        let mut messages = words[1..].iter();
        let place = messages.position(|word| word == message).map(|it| it + 1);
        let forgets = !self.travel(*message).channel.repeats();
        match fate {
            Fate::Deliver => (*message, place.filter(|_| forgets)),
            Fate::Duplicate => (*message, None),
            Fate::Drop => (NONE, place),
        }
    }

    /// What a cell becomes when a bundle is sent to it.
    fn sent(&self, seat: usize, cell: Name, bundle: Name) -> Sent {
        let (words, bundle) = (&self.seats[seat].cells[cell], &self.bundles[bundle]);
        let mut after = Vec::with_capacity(words.len() + bundle.len());
        after.extend_from_slice(words);
        let mut dropped = Vec::new();
        if seat < self.layout.participants {
            let local = self.local(seat, cell);
            for message in bundle {
                if self.is_dead(seat, local, *message) {
                    self.replace(&mut after, *message);
                    dropped.push(*message);
                } else {
                    self.put(&mut after, *message);
                }
            }
        } else {
            if bundle[0] != NONE {
                after[0] = bundle[0];
            }
            for message in &bundle[1..] {
                self.put(&mut after, *message);
            }
        }
        Sent {
            cell: after,
            dropped,
        }
    }

    /// A history after an event.
    fn told(&self, event: Name, history: Name) -> Option<G> {
        let history = &self.histories[history];
        match &self.system.ghost.hook {
            Hook::Nothing => None,
            Hook::Observe { extend, .. } => {
                let observed = &self.observed[event as usize];
                let moved = system::Move {
                    id: Id::from(observed.seat),
                    action: &self.actions[observed.action],
                    before: &self.locals[observed.before],
                    after: &self.locals[observed.after],
                };
                extend(&moved, history)
            }
            hook @ (Hook::Output(_) | Hook::Record { .. }) => {
                let by_reference = |message: Name| {
                    let Envelope { src, dst, msg } = &*self.messages[message];
                    let (src, dst) = (*src, *dst);
                    Envelope { src, dst, msg }
                };
                let exchange = &self.exchanges[event];
                let mut grown = match (hook, exchange[0]) {
                    (_, NONE) => None,
                    (Hook::Record { incoming, .. }, heard) => {
                        incoming(history, by_reference(heard))
                    }
                    _ => None,
                };
                for said in &exchange[1..] {
                    let present = grown.as_ref().unwrap_or(history);
                    grown = self.system.told(present, by_reference(*said)).or(grown);
                }
                grown
            }
        }
    }

    /// The first deed that leads from one row to another.
    pub(super) fn step(&self, from: &[Name], to: &[Name]) -> Option<Name> {
        let allowed = self.memo.budgets[self.layout.budget_of(from) as usize].as_ref()?;
        for seat in 0..self.layout.seats {
            let cell = from[seat];
            for (spend, left) in allowed {
                for next in self.moves_of(seat, cell, *spend as usize) {
                    if self.after(from, seat, *left, next).as_deref() == Some(to) {
                        return Some(next.deed);
                    }
                }
            }
        }
        None
    }

    /// The row after a move, as far as it is known.
    fn after(&self, row: &[Name], seat: usize, left: Name, next: &Move) -> Option<Vec<Name>> {
        let mut after = row.to_vec();
        after[seat] = next.cell;
        if let Some(column) = self.layout.budget {
            after[column] = left;
        }
        let deed = &self.memo.deeds[next.deed as usize];
        for (seat, bundle) in self.memo.sends_of(deed) {
            let cell = &mut after[*seat as usize];
            *cell = self.seats[*seat as usize].after(*cell, *bundle)?;
        }
        let history = &mut after[self.layout.history];
        *history = self.grown(*history, deed.event)?;
        Some(after)
    }

    /// The messages that a deed puts in flight.
    pub(super) fn sent_by(&self, deed: &Deed) -> impl Iterator<Item = &Envelope<A::Msg>> {
        let bundles = self.memo.sends_of(deed).iter();
        let names = bundles.flat_map(|(seat, bundle)| {
            // To nobody, the first name is that of the message that is delivered.
            let first = usize::from(*seat as usize == self.layout.participants);
            &self.bundles[*bundle][first..]
        });
        names.map(|name| &*self.messages[*name])
    }

    /// What a cell can do, as far as that is known.
    fn moves_of(&self, seat: usize, cell: Name, spend: usize) -> &[Move] {
        let (start, end) = self.seats[seat].moves[cell as usize * self.memo.spends.len() + spend];
        self.memo
            .moves
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }

    /// Remembers what was needed, and what was dropped on the way to this goal.
    ///
    /// # Errors
    ///
    /// What a panic said.
    pub(super) fn store(&mut self, need: Need, goal: Goal, met: Met<A, G>) -> Result<(), String> {
        match (need, met) {
            (Need::Moves { seat, cell, spend }, Met::Moves(done)) => {
                let start = self.memo.moves.len() as u32;
                for done in done {
                    if let Some(next) = self.name_move(seat as usize, cell, goal, done) {
                        self.memo.moves.push(next);
                    }
                }
                let place = cell as usize * self.memo.spends.len() + spend as usize;
                let end = self.memo.moves.len() as u32;
                self.seats[seat as usize].moves[place] = (start, end);
            }
            (Need::Sent { seat, cell, bundle }, Met::Sent) => {
                let seat = seat as usize;
                let sent = caught(|| self.sent(seat, cell, bundle))?;
                let after = self.name_cell(seat, &sent.cell);
                for message in &sent.dropped {
                    self.reduction.drop(seat, sent.cell[0], *message, goal);
                }
                self.seats[seat].remember(cell, bundle, after);
            }
            (Need::History { event, history }, Met::History(grown)) => {
                let after = match grown {
                    Some(grown) => self.histories.insert(grown).0,
                    None => history,
                };
                self.remember(event, history, after);
            }
            (Need::Remaining { budget }, Met::Remaining(left)) => {
                let name = |(spend, left)| (spend, self.name_budget(left));
                let left = left.into_iter().map(name).collect();
                self.memo.budgets[budget as usize] = Some(left);
            }
            _ => unreachable!("a need is met by what it needs"),
        }
        Ok(())
    }

    /// The move, unless nothing happens.
    fn name_move(&mut self, seat: usize, cell: Name, goal: Goal, done: Done<A>) -> Option<Move> {
        let first = self.seats[seat].cells[cell][0];
        let deed = self.name_deed(seat, first, &done.happening, done.made)?;
        let mut words = done.cell;
        let local = self.memo.deeds[deed as usize].local;
        words[0] = local;
        for message in done.dropped {
            let step = Some(deed);
            self.reduction
                .drop(seat, local, message, Goal { step, ..goal });
        }
        let cell = self.name_cell(seat, &words);
        Some(Move { cell, deed })
    }
}

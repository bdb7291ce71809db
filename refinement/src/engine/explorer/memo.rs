//! Computing what is not remembered yet: what a cell can do, what it becomes when something is sent
//! to it, how history grows.
//!
//! While states are expanded the memory is only read; what is missing is noted as a [`Need`].
//! Then all needs are met: computed side by side, and stored one after the other, in the order in
//! which they were noted. So names are the same in every run.

use super::Flaw;
use super::coverage::{Kind, label};
use super::expand::StepRef;
use super::intern::{NONE, Name};
use super::parts::{Cell, Move, Observed, Parts, StepClaims};
use quorate_models::property::Judge;
use quorate_models::system::{
    self, Action, ActionOf, Budget, Envelope, History, Hook, LocalOf, LocalStep, Network,
    Participant,
};
use stateright::actor::Id;
use std::iter::once;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

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
    Budget { budget: Name },
}

/// What was needed.
pub(super) enum Met<A: Participant, G> {
    Moves(Vec<Done<A>>),
    Sent(Cell),
    /// `None` if it stays as it is.
    History(Option<G>),
    Budget(Vec<(u8, Budget)>),
}

/// What an action does to a cell, before anything is named.
pub(super) struct Done<A: Participant> {
    action: usize,
    kind: Kind,
    effect: Result<Effect<A>, String>,
}

struct Effect<A: Participant> {
    /// `None` if no participant moves.
    after: Option<LocalOf<A>>,
    /// What stays in flight to the cell.
    messages: Vec<Name>,
    /// The message that is delivered.
    heard: Name,
    said: Vec<Envelope<A::Msg>>,
    claims: StepClaims,
    /// What the participant did, if history looks at it.
    observed: Option<ActionOf<A>>,
}

impl<A: Participant, G: History> Parts<A, G> {
    /// Computes what is needed.
    pub(super) fn meet(&self, need: Need) -> Met<A, G> {
        match need {
            Need::Moves { seat, cell, spend } => {
                Met::Moves(self.moves(seat as usize, cell, spend as usize))
            }
            Need::Sent { seat, cell, bundle } => Met::Sent(self.sent(seat as usize, cell, bundle)),
            Need::History { event, history } => Met::History(self.told(event, history)),
            Need::Budget { budget } => {
                let budget = &self.budgets[budget];
                let spends = self.memo.spends.iter().enumerate();
                let left = spends.filter_map(|(position, spend)| {
                    let left = self.system.environment.after(budget, *spend)?;
                    Some((position as u8, left))
                });
                Met::Budget(left.collect())
            }
        }
    }

    fn moves(&self, seat: usize, cell: Name, spend: usize) -> Vec<Done<A>> {
        let spend = self.memo.spends[spend];
        let actions = self.actions(seat, cell, spend);
        let done = actions.iter().enumerate().filter_map(|(position, action)| {
            let act = || self.act(seat, cell, action);
            let (effect, marks) = (catch_unwind(AssertUnwindSafe(act)), 0);
            let effect = match effect {
                Ok(effect) => Ok(effect?),
                Err(panic) => Err(super::panic_message(&*panic)),
            };
            let kind = Kind {
                label: label(action),
                marks,
            };
            Some(Done {
                action: position,
                kind,
                effect,
            })
        });
        done.collect()
    }

    /// What an action does to the messages in flight to the cell: which it delivers, and which
    /// stay.
    fn hear(&self, seat: usize, cell: Name, action: &ActionOf<A>) -> (Name, Vec<Name>) {
        let mut messages = self.seats[seat].cells[cell][1..].to_vec();
        let position = |envelope: &Envelope<A::Msg>| {
            let mut names = messages.iter();
            let position = names.position(|name| *self.messages[*name] == *envelope);
            position.expect("a message of the cell")
        };
        let forgets = !matches!(
            self.system.network,
            Network::ForEver(_) | Network::Duplicating { .. }
        );
        let (heard, removed) = match action {
            Action::Deliver(envelope) => {
                let position = position(envelope);
                (messages[position], forgets.then_some(position))
            }
            Action::Duplicate(envelope) => (messages[position(envelope)], None),
            Action::Drop(envelope) => (NONE, Some(position(envelope))),
            _ => (NONE, None),
        };
        removed.map(|position| messages.remove(position));
        (heard, messages)
    }

    fn act(&self, seat: usize, cell: Name, action: &ActionOf<A>) -> Option<Effect<A>> {
        let (heard, messages) = self.hear(seat, cell, action);
        let mut effect = Effect {
            after: None,
            messages,
            heard,
            said: Vec::new(),
            claims: StepClaims::default(),
            observed: None,
        };
        if action.actor().is_none() {
            return Some(effect);
        }
        let id = Id::from(seat);
        let before = self.local(seat, cell);
        let LocalStep { after, said } = self.system.local_step(id, before, action)?;
        let moved = system::Move {
            id,
            action,
            before,
            after: &after,
        };
        effect.claims = self.claims(&moved);
        if let Hook::Observe { when, .. } = &self.system.ghost.hook {
            effect.observed = when(&moved).then(|| action.clone());
        }
        effect
            .messages
            .retain(|message| !self.is_dead(seat, &after, *message));
        effect.said = said;
        effect.after = Some(after);
        Some(effect)
    }

    fn claims(&self, moved: &system::Move<'_, A>) -> StepClaims {
        let mut claims = StepClaims::default();
        for (bit, stated) in self.system.stated.iter().enumerate() {
            match stated.judge {
                Judge::Move(holds) => claims.broken |= u32::from(!holds(moved)) << bit,
                Judge::Step { when, .. } => claims.conditional |= u32::from(when(moved)) << bit,
                Judge::Invariant(_) | Judge::Witness(_) => {}
            }
        }
        claims
    }

    fn sent(&self, seat: usize, cell: Name, bundle: Name) -> Cell {
        let words = &self.seats[seat].cells[cell];
        let (mut first, mut messages) = (words[0], words[1..].to_vec());
        let bundle = &self.bundles[bundle];
        if seat < self.layout.participants {
            let local = self.local(seat, cell);
            for message in bundle {
                if !self.is_dead(seat, local, *message) {
                    self.put(&mut messages, *message);
                }
            }
        } else {
            if bundle[0] != NONE {
                first = bundle[0];
            }
            for message in &bundle[1..] {
                self.put(&mut messages, *message);
            }
        }
        messages.insert(0, first);
        messages.into()
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
                    action: &observed.action,
                    before: &self.locals[observed.before],
                    after: &self.locals[observed.after],
                };
                extend(&moved, history)
            }
            Hook::Record { incoming, outgoing } => {
                let by_reference = |message: Name| {
                    let Envelope { src, dst, msg } = &*self.messages[message];
                    let (src, dst) = (*src, *dst);
                    Envelope { src, dst, msg }
                };
                let exchange = &self.exchanges[event];
                let heard = exchange[0];
                let mut grown = (heard != NONE)
                    .then(|| incoming(history, by_reference(heard)))
                    .flatten();
                for said in &exchange[1..] {
                    let next = outgoing(grown.as_ref().unwrap_or(history), by_reference(*said));
                    grown = next.or(grown);
                }
                grown
            }
        }
    }

    /// The first step from one row to another.
    pub(super) fn step(&self, from: &[Name], to: &[Name]) -> Option<StepRef> {
        let allowed = self.memo.budgets[self.layout.budget_of(from) as usize].as_ref()?;
        for seat in 0..self.layout.seats {
            let cell = from[seat];
            for (spend, left) in allowed {
                let spend = usize::from(*spend);
                for next in self.moves_of(seat, cell, spend) {
                    if self.after(from, seat, *left, next).as_deref() == Some(to) {
                        let action = next.action;
                        return Some(StepRef {
                            seat,
                            cell,
                            spend,
                            action,
                        });
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
        let sends = next.sends as usize..next.sends as usize + usize::from(next.sent);
        for (seat, bundle) in &self.memo.sends[sends] {
            let cell = &mut after[*seat as usize];
            *cell = self.seats[*seat as usize].after(*cell, *bundle)?;
        }
        if next.event != NONE {
            let history = &mut after[self.layout.history];
            *history = self.grown(*history, next.event)?;
        }
        Some(after)
    }

    /// What a cell can do, as far as that is known.
    pub(super) fn moves_of(&self, seat: usize, cell: Name, spend: usize) -> &[Move] {
        let (start, end) = self.seats[seat].moves[cell as usize * self.memo.spends.len() + spend];
        self.memo
            .moves
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }

    /// Remembers what was needed.
    ///
    /// # Errors
    ///
    /// If two values of a user's type are equal and hash differently.
    pub(super) fn store(&mut self, need: Need, met: Met<A, G>) -> Result<(), Flaw> {
        match (need, met) {
            (Need::Moves { seat, cell, spend }, Met::Moves(done)) => {
                let start = self.memo.moves.len() as u32;
                for done in done {
                    let next = self.name_move(seat, cell, done)?;
                    self.memo.moves.push(next);
                }
                let place = cell as usize * self.memo.spends.len() + spend as usize;
                let end = self.memo.moves.len() as u32;
                self.seats[seat as usize].moves[place] = (start, end);
            }
            (Need::Sent { seat, cell, bundle }, Met::Sent(words)) => {
                let after = self.name_cell(seat as usize, words);
                self.seats[seat as usize].remember(cell, bundle, after);
            }
            (Need::History { event, history }, Met::History(grown)) => {
                let after = match grown {
                    Some(grown) => self.histories.insert_checked(grown)?.0,
                    None => history,
                };
                self.remember(event, history, after);
            }
            (Need::Budget { budget }, Met::Budget(left)) => {
                let name = |(spend, left)| (spend, self.name_budget(left));
                let left = left.into_iter().map(name).collect();
                self.memo.budgets[budget as usize] = Some(left);
            }
            _ => unreachable!("a need is met by what it needs"),
        }
        Ok(())
    }

    fn name_move(&mut self, seat: u32, cell: Name, done: Done<A>) -> Result<Move, Flaw> {
        let number = self.memo.moves.len() as u32;
        let kind = self.memo.kinds.insert(done.kind).0;
        let action = u16::try_from(done.action).expect("no cell has so many actions");
        let sends = self.memo.sends.len() as u32;
        let mut next = Move {
            cell,
            local: self.seats[seat as usize].facts[cell as usize].local,
            event: NONE,
            sends,
            sent: 0,
            special: false,
            action,
            kind,
        };
        let effect = match done.effect {
            Ok(effect) => effect,
            Err(panic) => {
                self.memo.panics.insert(number, panic);
                next.special = true;
                return Ok(next);
            }
        };
        let local = match effect.after {
            Some(after) => self.locals.insert_checked(Arc::new(after))?.0,
            None => self.seats[seat as usize].cells[cell][0],
        };
        next.local = local;
        let words = once(local).chain(effect.messages);
        next.cell = self.name_cell(seat as usize, words.collect());
        let said = self.send(effect.heard, effect.said)?;
        next.sent = u8::try_from(self.memo.sends.len() as u32 - sends).expect("few seats");
        if let Some(action) = effect.observed {
            next.event = self.observed.len() as Name;
            let before = self.seats[seat as usize].facts[cell as usize].local;
            let (seat, after) = (seat as usize, local);
            self.observed.push(Observed {
                seat,
                action,
                before,
                after,
            });
        } else if self.records() && (effect.heard != NONE || !said.is_empty()) {
            let exchange = once(effect.heard).chain(said);
            next.event = self.exchanges.insert(exchange.collect()).0;
        }
        let claims = effect.claims;
        if claims.broken | claims.conditional != 0 {
            self.memo.judged.insert(number, claims);
            next.special = true;
        }
        Ok(next)
    }

    /// Names what is said and bundles what leaves, by receiver. Gives everything that is said.
    fn send(&mut self, heard: Name, said: Vec<Envelope<A::Msg>>) -> Result<Vec<Name>, Flaw> {
        let participants = self.layout.participants;
        let mut names = Vec::new();
        let mut bundles: Vec<(usize, Vec<Name>)> = Vec::new();
        if matches!(self.system.network, Network::Duplicating { .. }) && heard != NONE {
            bundles.push((participants, vec![heard]));
        }
        for envelope in said {
            let leaves = self.system.leaves(&envelope);
            if !leaves && !self.records() {
                continue;
            }
            let seat = usize::from(envelope.dst).min(participants);
            let message = self.messages.insert_checked(Arc::new(envelope))?.0;
            names.push(message);
            if !leaves {
                continue;
            }
            match bundles.iter_mut().find(|(known, _)| *known == seat) {
                Some((_, bundle)) => bundle.push(message),
                None if seat == participants => bundles.push((seat, vec![NONE, message])),
                None => bundles.push((seat, vec![message])),
            }
        }
        for (seat, bundle) in bundles {
            let bundle = self.bundles.insert(bundle.into()).0;
            self.memo.sends.push((seat as u32, bundle));
        }
        Ok(names)
    }
}

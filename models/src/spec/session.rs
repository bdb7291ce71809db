//! Sessions: one opens them, the other accepts each at most once and in their order; each hears what the
//! other says in them, one thing after the other; each leaves by itself.
//!
//! The machine implies that the messages heard in a session are a prefix of those said in it, and that no
//! session comes back. It says nothing of messages to an end that is in no session.

use super::Machine;
use crate::quorum::Quorum;
use crate::session::Side;
use std::collections::BTreeMap;

/// The machine.
pub struct Session;

/// Its variables: the session that each end is in, and what has happened.
pub type State = super::State<Option<Talk>, Sessions>;

/// The session that an end is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Talk {
    /// Its label.
    pub label: u8,
    /// On which side the end is.
    pub side: Side,
    /// How many things it has heard.
    pub heard: u8,
}

/// The past.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sessions {
    /// How many things the opener and the acceptor have said in each session.
    pub said: BTreeMap<u8, [u8; 2]>,
    /// The sessions that were accepted, in their order.
    pub accepted: Vec<u8>,
}

/// The actions of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// An end leaves its session.
    Leave(usize),
    /// An end opens a session, and says the first thing in it.
    Open(usize, u8),
    /// An end accepts a session, and hears the first thing in it.
    Accept(usize, u8),
    /// An end says one thing more.
    Say(usize),
    /// An end hears one thing more.
    Hear(usize),
}

impl Machine for Session {
    type Own = Option<Talk>;
    type Shared = Sessions;
    type Action = Action;

    fn difference(before: &State, after: &State) -> Vec<Action> {
        let mut actions = Vec::new();
        for (end, (old, new)) in before.own.iter().zip(&after.own).enumerate() {
            let same = |old: &&Talk| new.is_some_and(|new| new.label == old.label);
            let stays = old.as_ref().filter(same);
            if stays.is_none() {
                actions.extend(old.map(|_| Action::Leave(end)));
                actions.extend(new.map(|talk| match talk.side {
                    Side::Opener => Action::Open(end, talk.label),
                    Side::Acceptor => Action::Accept(end, talk.label),
                }));
            }
            let Some(Talk { label, side, heard }) = *new else {
                continue;
            };
            let is_opened = stays.is_none() && side == Side::Opener;
            let said_before = said(before, label)[side as usize].max(u8::from(is_opened));
            let said = said_before..said(after, label)[side as usize];
            let heard = stays.map_or(begun(label, side).heard, |talk| talk.heard)..heard;
            actions.extend(said.map(|_| Action::Say(end)));
            actions.extend(heard.map(|_| Action::Hear(end)));
        }
        actions
    }

    fn is_enabled(state: &State, action: &Action, _: &Quorum) -> bool {
        match *action {
            Action::Leave(end) | Action::Say(end) => state.own[end].is_some(),
            Action::Open(end, label) => {
                state.own[end].is_none() && !state.shared.said.contains_key(&label)
            }
            Action::Accept(end, label) => {
                let last = state.shared.accepted.last();
                state.own[end].is_none()
                    && 0 < said(state, label)[Side::Opener as usize]
                    && last.is_none_or(|last| *last < label)
            }
            Action::Hear(end) => state.own[end].is_some_and(|talk| {
                let there = said(state, talk.label)[talk.side.other() as usize];
                talk.heard < there
            }),
        }
    }

    fn take(state: &mut State, action: Action) {
        match action {
            Action::Leave(end) => state.own[end] = None,
            Action::Open(end, label) => {
                state.own[end] = Some(begun(label, Side::Opener));
                state.shared.said.insert(label, [1, 0]);
            }
            Action::Accept(end, label) => {
                state.own[end] = Some(begun(label, Side::Acceptor));
                state.shared.accepted.push(label);
            }
            Action::Say(end) => {
                let Some(talk) = state.own[end] else { return };
                let said = state.shared.said.entry(talk.label).or_default();
                said[talk.side as usize] += 1;
            }
            Action::Hear(end) => {
                if let Some(talk) = &mut state.own[end] {
                    talk.heard += 1;
                }
            }
        }
    }
}

fn said(state: &State, label: u8) -> [u8; 2] {
    state.shared.said.get(&label).copied().unwrap_or_default()
}

/// A session as it begins: an acceptor has heard that it was opened.
fn begun(label: u8, side: Side) -> Talk {
    let heard = u8::from(side == Side::Acceptor);
    Talk { label, side, heard }
}

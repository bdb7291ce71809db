//! Messages, and how they travel.

use super::{Naive, WorldOf};
use quorate_models::session::{End, Part, Side};
use quorate_models::system::channel::everyone;
use quorate_models::system::{Crossing, Envelope, Participant};
use stateright::actor::Id;
use std::collections::VecDeque;

impl<A: Participant> Naive<A> {
    /// A participant says something: it leaves, or waits behind a write. A close waits for nothing.
    pub(super) fn say(
        &self,
        world: &mut WorldOf<A>,
        src: Id,
        dst: Id,
        msg: A::Msg,
        told: &mut VecDeque<A::Msg>,
    ) {
        let closes = self.kind.part(&msg).is_some_and(Part::closes) && dst != src;
        match world.nodes[usize::from(src)].writes.last_mut() {
            Some((_, behind)) if !closes => behind.push((dst, msg)),
            _ => self.leave(world, src, dst, msg, told),
        }
    }

    /// A message is free to go: to oneself, to everyone else, to a participant or to a stranger.
    pub(super) fn leave(
        &self,
        world: &mut WorldOf<A>,
        src: Id,
        dst: Id,
        msg: A::Msg,
        told: &mut VecDeque<A::Msg>,
    ) {
        if dst == src {
            told.push_back(msg);
            return;
        }
        let is_everyone = dst == everyone();
        let receivers = if is_everyone {
            self.others(src)
        } else {
            vec![dst]
        };
        for peer in receivers {
            if let Some(Part::Close(side)) = self.kind.part(&msg) {
                self.forget(world, src, End { peer, side });
            }
            if usize::from(peer) < self.actors.len() {
                self.go(world, src, peer, &msg);
            }
        }
    }

    /// Every participant but one.
    pub(super) fn others(&self, one: Id) -> Vec<Id> {
        let all = (0..self.actors.len()).map(Id::from);
        all.filter(|other| *other != one).collect()
    }

    /// A message to one other participant leaves.
    pub(super) fn go(&self, world: &mut WorldOf<A>, src: Id, dst: Id, msg: &A::Msg) {
        let is_gone = !world.good.is_empty() && !world.good.contains(&dst);
        let goes = match self.kind.part(msg) {
            Some(part) => self.change_session(world, src, dst, part),
            None => {
                self.environment.links.crossing == Crossing::Kept
                    || !self.is_severed(world, src, dst)
            }
        };
        if goes && !is_gone {
            self.put(world, src, dst, msg.clone(), 0);
        }
    }

    /// Changes the lane back as a message of a session goes from one to another; gives whether the message
    /// goes on its way.
    fn change_session(&self, world: &mut WorldOf<A>, src: Id, dst: Id, part: Part) -> bool {
        let (peer, side) = (dst, part.side());
        let mut back = self.lane(world, End { peer, side }, src);
        let is_close = |it: &(A::Msg, u8)| self.kind.part(&it.0).is_some_and(Part::closes);
        let first = back.iter().position(is_close);
        let last = back.iter().rposition(is_close);
        match (part, first, last) {
            (Part::Data(_), first, _) => return first.is_none(),
            (Part::Open, _, Some(last)) => drop(back.drain(..=last)),
            (Part::Open, ..) => return true,
            (Part::Close(_), Some(first), _) => drop(back.drain(..=first)),
            (Part::Close(_), ..) => back.clear(),
        }
        world.wire.retain(|it| {
            (it.0, it.1) != (dst, src) || self.side(&it.2) != Some(part.side().other())
        });
        for (msg, age) in back {
            self.put(world, dst, src, msg, age);
        }
        part == Part::Open || first.is_none()
    }

    /// On which side of a session the sender of a message is.
    fn side(&self, msg: &A::Msg) -> Option<Side> {
        self.kind.part(msg).map(Part::side)
    }

    /// The messages in flight to someone's end of a session.
    pub(super) fn lane(&self, world: &WorldOf<A>, end: End, id: Id) -> Vec<(A::Msg, u8)> {
        let mut lane = world.wire.clone();
        let its = Some(end.side.other());
        lane.retain(|it| (it.0, it.1) == (end.peer, id) && self.side(&it.2) == its);
        lane.into_iter()
            .map(|(_, _, msg, age)| (msg, age))
            .collect()
    }

    /// A participant forgets the messages of a session that it holds back. A message for everyone is for the
    /// others then.
    pub(super) fn forget(&self, world: &mut WorldOf<A>, id: Id, end: End) {
        let peer = end.peer;
        let others = self.others(id);
        for (_, behind) in &mut world.nodes[usize::from(id)].writes {
            let mut kept = Vec::new();
            for (dst, msg) in behind.drain(..) {
                let in_session = self.side(&msg) == Some(end.side);
                if in_session && dst == everyone() && others.contains(&peer) {
                    let rest = others.iter().filter(|other| **other != peer);
                    kept.extend(rest.map(|other| (*other, msg.clone())));
                } else if !in_session || dst != peer {
                    kept.push((dst, msg));
                }
            }
            *behind = kept;
        }
    }

    /// Puts a message of some age on the wire, unless it is there.
    pub(super) fn put(&self, world: &mut WorldOf<A>, src: Id, dst: Id, msg: A::Msg, age: u8) {
        let (kind, lane) = (self.kind, self.kind.lane(&msg));
        let is_same = |it: &(Id, Id, A::Msg, u8)| (it.0, it.1) == (src, dst) && it.2 == msg;
        let counts_copies = kind == super::Kind::Multiset;
        if lane.is_none() && !counts_copies && world.wire.iter().any(is_same) {
            return;
        }
        world
            .wire
            .retain(|it| (it.0, it.1) != (src, dst) || !kind.replaces(&msg, &it.2));
        world.wire.push((src, dst, msg, age));
        self.sort(world);
    }

    /// The oldest copy of a message comes first.
    pub(super) fn sort(&self, world: &mut WorldOf<A>) {
        let kind = self.kind;
        // Stable.
        world.wire.sort_by(|one, other| {
            let (lane, other_lane) = (kind.lane(&one.2), kind.lane(&other.2));
            let by_lane = (one.0, one.1, lane).cmp(&(other.0, other.1, other_lane));
            let by_message = || (other.3, &one.2).cmp(&(one.3, &other.2));
            match lane {
                None => by_lane.then_with(by_message),
                Some(_) => by_lane,
            }
        });
    }

    /// Whether a partition that is there breaks a link.
    pub(super) fn is_severed(&self, world: &WorldOf<A>, src: Id, dst: Id) -> bool {
        let partitions = &self.environment.links.partitions;
        world
            .cut
            .iter()
            .any(|number| partitions[*number].severs(src, dst))
    }

    /// Takes one copy of a message off the wire.
    pub(super) fn take_off_the_wire(
        world: &mut WorldOf<A>,
        Envelope { src, dst, msg }: &Envelope<A::Msg>,
    ) {
        let same = |m: &(Id, Id, A::Msg, u8)| (m.0, m.1) == (*src, *dst) && m.2 == *msg;
        let position = world.wire.iter().position(same).expect("in flight");
        world.wire.remove(position);
    }

    /// The first of each lane, and each distinct message that is in none.
    pub(super) fn next_on_the_wire(&self, world: &WorldOf<A>) -> Vec<Envelope<A::Msg>> {
        let mut next: Vec<Envelope<A::Msg>> = Vec::new();
        for (src, dst, msg, _) in world.wire.clone() {
            let hidden = next.iter().any(|earlier| {
                let lane = self.kind.lane(&msg);
                let same_lane = lane.is_some() && self.kind.lane(&earlier.msg) == lane;
                (earlier.src, earlier.dst) == (src, dst) && (same_lane || earlier.msg == msg)
            });
            if !hidden {
                next.push(Envelope { src, dst, msg });
            }
        }
        next
    }
}

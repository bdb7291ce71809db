//! The good period.

use super::{Naive, Node, WorldOf};
use quorate_models::session::End;
use quorate_models::system::{Action, ActionOf, Clock, Participant, Stable};
use stateright::actor::Id;

impl<A: Participant> Naive<A> {
    /// The ways in which the good period may begin now.
    pub(super) fn beginnings(&self, world: &WorldOf<A>) -> Vec<Stable<A::Timer>> {
        let period = self.environment.period.as_ref();
        let mut begins = period.map_or(Vec::new(), |period| period.begins.clone());
        begins.retain(|stable| {
            let mut good = stable.good().iter();
            good.all(|id| world.nodes[usize::from(*id)].state.is_some())
        });
        if period.is_some_and(|period| period.any_age) {
            return begins
                .iter()
                .flat_map(|it| self.of_any_age(world, it))
                .collect();
        }
        begins
    }

    /// A way to begin, with timers of any age.
    fn of_any_age(&self, world: &WorldOf<A>, stable: &Stable<A::Timer>) -> Vec<Stable<A::Timer>> {
        let mut begins = vec![stable.clone()];
        for id in stable.good() {
            for (timer, _) in &world.nodes[usize::from(*id)].timers {
                let mut aged = Vec::new();
                for stable in begins {
                    let max = self.clock(timer).map_or(0, |clock| clock.max);
                    for age in 0..=max {
                        let timers = [(timer.clone(), age)].into();
                        aged.push(stable.clone().aged(*id, &timers));
                    }
                }
                begins = aged;
            }
        }
        begins
    }

    /// The good period begins.
    pub(super) fn stabilise(&self, world: &mut WorldOf<A>, stable: &Stable<A::Timer>) {
        let good = stable.good().to_vec();
        let closes = self.broken_sessions(world, &good);
        let period = self.environment.period.as_ref().expect("there is one");
        for left in &mut world.timeouts {
            *left = Some(0);
        }
        for left in &mut world.totals {
            *left = 0;
        }
        (world.crashes, world.losses, world.duplicates) = (0, 0, 0);
        (world.cuts, world.heals, world.cut) = (0, 0, Vec::new());
        if !period.requests {
            world.requests = self.environment.requests.len();
        }
        for (index, node) in world.nodes.iter_mut().enumerate() {
            if !good.contains(&Id::from(index)) {
                *node = Node::blank();
            }
            for (timer, age) in &mut node.timers {
                *age = stable.age(Id::from(index), timer);
            }
        }
        world
            .wire
            .retain(|(_, dst, ..)| good.contains(dst) && !stable.loses());
        world.good = good;
        if stable.loses() {
            for (src, dst, close) in closes {
                self.put(world, src, dst, close, 0);
            }
        }
    }

    /// The closes that stand in mailboxes when all is lost.
    fn broken_sessions(&self, world: &WorldOf<A>, good: &[Id]) -> Vec<(Id, Id, A::Msg)> {
        let mut closes = Vec::new();
        let Some(sessions) = &self.sessions else {
            return closes;
        };
        for id in good.iter().copied() {
            let state = world.nodes[usize::from(id)].state.as_ref();
            let open = (sessions.open)(state.expect("who is good is up"));
            let ends = End::all(self.actors.len());
            for end in ends.filter(|end| end.peer != id && good.contains(&end.peer)) {
                if open.contains(&end) || !self.lane(world, end, id).is_empty() {
                    closes.push((end.peer, id, (sessions.close)(end.side.other())));
                }
            }
        }
        closes
    }

    /// Nobody has anything left to do.
    fn is_idle(world: &WorldOf<A>) -> bool {
        let is_idle = |id: &Id| {
            let node = &world.nodes[usize::from(*id)];
            node.writes.is_empty() && node.choices.is_empty()
        };
        world.good.iter().all(is_idle)
    }

    /// The messages on their way, each with its age.
    fn mail(world: &WorldOf<A>) -> Vec<(A::Msg, u8)> {
        let arrives = |it: &&(Id, Id, A::Msg, u8)| world.good.contains(&it.1);
        let mail = world.wire.iter().filter(arrives);
        mail.map(|(_, _, msg, age)| (msg.clone(), *age)).collect()
    }

    fn clock(&self, timer: &A::Timer) -> Option<&Clock<A::Timer>> {
        let period = self.environment.period.as_ref()?;
        period.clocks.iter().find(|clock| clock.timer == *timer)
    }

    /// Which messages arrive last.
    fn last(&self) -> Option<fn(&A::Msg) -> bool> {
        let period = self.environment.period.as_ref()?;
        Some(period.last?.is)
    }

    /// The possible steps in the good period.
    pub(super) fn good_actions(&self, world: &WorldOf<A>) -> Vec<ActionOf<A>> {
        let mut actions = Vec::new();
        let next = self.next_on_the_wire(world);
        for envelope in next.clone() {
            let is_last = |msg: &A::Msg| self.last().is_some_and(|last| last(msg));
            let mut others = next.iter().filter(|other| other.dst == envelope.dst);
            let waits = is_last(&envelope.msg) && others.any(|other| !is_last(&other.msg));
            if world.good.contains(&envelope.dst) && !waits {
                actions.push(Action::Deliver(envelope.clone()));
                actions.push(Action::Discard(envelope));
            }
        }
        let period = self.environment.period.as_ref().expect("it has begun");
        for id in world.good.iter().copied() {
            if period.requests {
                actions.extend(self.next_request(world, id));
            }
            actions.extend(self.own_actions(world, id));
        }
        if Self::is_idle(world) {
            actions.extend(self.timely_actions(world));
        }
        actions
    }

    /// Timeouts between their minimum and their maximum, and the tick, unless one is overdue; both where
    /// messages on their way allow it.
    fn timely_actions(&self, world: &WorldOf<A>) -> Vec<ActionOf<A>> {
        let mut actions = Vec::new();
        let mail = Self::mail(world);
        let delay = self.environment.period.as_ref().and_then(|it| it.delay);
        let mut may_tick = match delay {
            None => mail.is_empty(),
            Some(_) => mail.iter().all(|(_, age)| *age == 0),
        };
        let may_fire = |timer: &A::Timer| match delay {
            None => mail.is_empty(),
            Some(beside) => mail.iter().all(|(msg, _)| beside(timer, msg)),
        };
        for id in world.good.iter().copied() {
            for (timer, age) in &world.nodes[usize::from(id)].timers {
                if let Some(clock) = self.clock(timer) {
                    may_tick &= *age < clock.max;
                    if clock.min <= *age && may_fire(timer) {
                        actions.push(Action::Timeout(id, timer.clone()));
                    }
                }
            }
        }
        if may_tick {
            actions.push(Action::Tick);
        }
        actions
    }

    /// Time passes.
    pub(super) fn tick(&self, world: &mut WorldOf<A>) -> Option<()> {
        let before = world.clone();
        for node in &mut world.nodes {
            for (timer, age) in &mut node.timers {
                *age += u8::from(self.clock(timer).is_some());
            }
        }
        if self
            .environment
            .period
            .as_ref()
            .is_some_and(|it| it.delay.is_some())
        {
            for (_, _, _, age) in world
                .wire
                .iter_mut()
                .filter(|it| before.good.contains(&it.1))
            {
                *age = 1;
            }
            self.sort(world);
        }
        (before != *world).then_some(())
    }
}

impl<S, M, T, R, D> Node<S, M, T, R, D> {
    /// A participant that never started, or is gone.
    pub(super) fn blank() -> Self {
        Node {
            state: None,
            timers: Vec::new(),
            choices: Vec::new(),
            disk: None,
            writes: Vec::new(),
        }
    }
}

//! Fast leader election: servers tell each other whom they vote for, and change to a better vote, until a
//! quorum votes for the same one. ZooKeeper, FastLeaderElection.
//!
//! No safety leans on it: an elected server must still be followed by a quorum that knows no more.

use super::config::Timing;
use super::marks::{Row, Rows};
use super::message::Message;
use super::poll::{Activity, Poll, Vote, Word};
use super::server::{Server, Timer};
use super::state::{Epoch, Role, State};
use crate::quorum::is_quorum;
use crate::session::Side;
use stateright::actor::{Id, Out};
use std::borrow::Cow;

impl Server {
    /// A round begins: the server votes for itself.
    pub(super) fn begin_round(&self, id: Id, state: &mut State, out: &mut Out<Self>) -> Rows {
        let round = state.poll.as_ref().map_or(0, |poll| poll.round);
        let vote = self.own_vote(id, state);
        state.poll = Some(Poll::new(round.saturating_add(1), vote));
        self.notify(id, state, out);
        Row::T03BeginsRound | self.count_votes(id, state, out)
    }

    /// A server votes for itself at first.
    fn own_vote(&self, id: Id, state: &State) -> Vote {
        Vote {
            epoch: state.persistent.current_epoch,
            last: state.history().last(),
            leader: (self.rules.first_vote)(id, self.config.servers),
        }
    }

    /// Tells everyone the vote, and again when nothing is heard.
    fn notify(&self, id: Id, state: &State, out: &mut Out<Self>) {
        for peer in self.config.peers(id) {
            self.answer(state, peer, out);
        }
        if (self.rules.arms)(Timer::Notify) {
            out.set_timer(Timer::Notify, Timing::exactly(self.config.timing.notify));
        }
    }

    /// Tells one server what this one does, and whom it votes or has voted for.
    fn answer(&self, state: &State, peer: Id, out: &mut Out<Self>) {
        let Some(poll) = &state.poll else { return };
        let word = Word {
            activity: state.activity(),
            round: poll.round,
            vote: poll.vote,
        };
        out.send(peer, Message::Notification(word));
    }

    /// Nothing was heard for a while.
    pub(super) fn on_notify(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        out: &mut Out<Self>,
    ) -> Rows {
        if state.role != Role::Looking {
            return Row::TimerIsOld.into();
        }
        self.notify(id, state, out);
        Row::T04NotifiesAgain.into()
    }

    /// A server says what it does, and whom it votes for.
    pub(super) fn on_notification(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        word: Word,
        out: &mut Out<Self>,
    ) -> Rows {
        let asks = word.activity == Activity::Looking;
        match state.role {
            Role::Looking if state.poll.is_some() => {}
            Role::Following { .. } | Role::Leading(_) if asks => {
                self.answer(state, src, out);
                return Row::T09Answers.into();
            }
            _ => return Row::T09NobodyAsks.into(),
        }
        match asks {
            true => self.on_vote(id, state, src, word, out),
            false => self.on_news(id, state.to_mut(), src, word, out),
        }
    }

    /// A server that looks for a leader, too, votes.
    fn on_vote(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        word: Word,
        out: &mut Out<Self>,
    ) -> Rows {
        let Some((round, vote)) = state.poll.as_ref().map(|poll| (poll.round, poll.vote)) else {
            return Row::T09NobodyAsks.into();
        };
        if word.round < round {
            self.answer(state, src, out);
            return Row::T05RoundIsOld.into();
        }
        let state = state.to_mut();
        let begins = round < word.round;
        let own = match begins {
            true => self.own_vote(id, state),
            false => vote,
        };
        let better = match (self.rules.is_better)(word.vote, own) {
            true => word.vote,
            false => own,
        };
        let Some(poll) = &mut state.poll else {
            unreachable!("it takes part in an election")
        };
        if begins {
            poll.heard
                .retain(|_, word| word.activity != Activity::Looking);
        }
        poll.round = word.round;
        poll.vote = better;
        poll.heard.insert(src, word);
        let mut rows = Rows::from(Row::T05Counts);
        if begins || better != vote {
            rows = Row::T05VotesForBetter.into();
            self.notify(id, state, out);
        }
        rows | self.count_votes(id, state, out)
    }

    /// Once a quorum votes alike, waits for a better vote; stops waiting when the quorum is lost.
    fn count_votes(&self, id: Id, state: &mut State, out: &mut Out<Self>) -> Rows {
        let Some(poll) = &mut state.poll else {
            return Rows::NONE;
        };
        let agrees = is_quorum(1 + poll.alike(), self.config.servers);
        if agrees && self.config.servers == 1 {
            return self.decide(id, state, id, out);
        }
        if agrees != poll.waits {
            poll.waits = agrees;
            match agrees {
                true => out.set_timer(
                    Timer::Finalize,
                    Timing::exactly(self.config.timing.finalize),
                ),
                false => out.cancel_timer(Timer::Finalize),
            }
        }
        Rows::NONE
    }

    /// No better vote came. ZooKeeper, finalizeWait.
    pub(super) fn on_finalize(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        out: &mut Out<Self>,
    ) -> Rows {
        let poll = state.poll.as_ref();
        let poll = poll.filter(|poll| poll.waits && state.role == Role::Looking);
        let Some(leader) = poll.map(|poll| poll.vote.leader) else {
            return Row::TimerIsOld.into();
        };
        Row::T07Decides | self.decide(id, state.to_mut(), leader, out)
    }

    /// A server that has a leader says so: a server that leads, and that a quorum follows, is the leader.
    ///
    /// ZooKeeper compares the epochs of these votes, too. Here a present leader is to be followed, by
    /// whatever votes it was elected.
    fn on_news(&self, id: Id, state: &mut State, src: Id, word: Word, out: &mut Out<Self>) -> Rows {
        let Some(poll) = &mut state.poll else {
            return Row::T09NobodyAsks.into();
        };
        poll.heard.insert(src, word);
        let leader = word.vote.leader;
        let has_own_vote = poll.vote.leader == leader && poll.round == word.round;
        let supporters = poll.supporters(leader) + usize::from(has_own_vote);
        let is_elected = match leader == id {
            true => poll.round == word.round,
            false => (self.rules.leads)(poll, leader),
        };
        if !is_elected || !is_quorum(supporters, self.config.servers) {
            return Row::T05Hears | self.count_votes(id, state, out);
        }
        (poll.round, poll.vote) = (poll.round.max(word.round), word.vote);
        Row::T08Joins | self.decide(id, state, leader, out)
    }

    /// The election is over. Servers that have asked this one to lead them meanwhile have an answer.
    fn decide(&self, id: Id, state: &mut State, leader: Id, out: &mut Out<Self>) -> Rows {
        out.cancel_timer(Timer::Notify);
        out.cancel_timer(Timer::Finalize);
        let early = state.poll.as_mut().map(Poll::end).unwrap_or_default();
        if leader != id {
            for follower in early.into_keys() {
                out.send(follower, Message::Close(Side::Acceptor));
            }
            return self.follow(state, leader, out);
        }
        let mut rows = self.lead(id, state, out);
        for (follower, accepted) in early {
            rows |= self.connect(id, state, follower, accepted, out);
        }
        rows
    }
}

impl State {
    /// FOLLOWERINFO to a server that still looks for a leader waits for the end of its election. Gives
    /// whether there is one.
    pub(super) fn waits_for_election(&mut self, src: Id, accepted: Epoch) -> bool {
        let poll = self.poll.as_mut().filter(|_| self.role == Role::Looking);
        poll.map(|poll| poll.early.insert(src, accepted)).is_some()
    }
}

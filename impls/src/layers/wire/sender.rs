//! The datagrams of what is sent in one step. Replies to one client share datagrams.

use super::batch::{self, Batch};
use super::{Datagram, Members};
use crate::counters::{Counters, Reject};
use crate::layers::frame::PacketKind;
use crate::layers::seal::node::Seal;
use crate::request::Packet;
use serde::Serialize;
use stateright::actor::{Command as Output, Id};
use std::collections::BTreeMap;

/// What is sent in one step. What fits no frame is counted.
pub struct Sender<'a, O> {
    members: &'a Members,
    seal: Option<&'a mut Seal>,
    counters: &'a Counters,
    sent: Vec<O>,
    /// To each client, those that are not in a datagram yet.
    replies: BTreeMap<Id, Batch>,
}

impl<'a, T, C, S> Sender<'a, Output<Datagram, T, C, S>> {
    pub fn new(members: &'a Members, seal: Option<&'a mut Seal>, counters: &'a Counters) -> Self {
        Sender {
            members,
            seal,
            counters,
            sent: Vec::new(),
            replies: BTreeMap::new(),
        }
    }

    pub fn send<M: Serialize>(&mut self, recipient: Id, packet: &Packet<M>) {
        if let Packet::Replies(replies) = packet {
            for reply in replies {
                let batch = self.replies.entry(recipient).or_default();
                if let Some(full) = batch.add(&batch::of(&[reply])) {
                    self.reply(recipient, &full);
                }
            }
            return;
        }
        for receiver in self.members.receivers(recipient) {
            let seal = self.seal.as_deref_mut();
            let encoded = self.members.encode(seal, receiver, packet);
            self.put(encoded);
        }
    }

    fn reply(&mut self, client: Id, batch: &[u8]) {
        let seal = self.seal.as_deref_mut();
        let encoded = self.members.frame(seal, client, PacketKind::Reply, batch);
        self.put(encoded);
    }

    fn put(&mut self, encoded: Result<(Id, Vec<u8>), Reject>) {
        match encoded {
            Ok((address, bytes)) => self.sent.push(Output::Send(address, Datagram(bytes))),
            Err(reason) => self.counters.reject(reason),
        }
    }

    /// All datagrams, with the replies that are left.
    pub fn end(mut self) -> Vec<Output<Datagram, T, C, S>> {
        for (client, mut batch) in std::mem::take(&mut self.replies) {
            if let Some(rest) = batch.take() {
                self.reply(client, &rest);
            }
        }
        self.sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::frame;
    use crate::request::{Answer, Reply};
    use std::net::SocketAddrV4;

    #[test]
    fn replies_to_one_client_share_a_datagram() {
        let address = |port| SocketAddrV4::new([127, 0, 0, 1].into(), port);
        let members = Members::new((7, "raft"), vec![address(1)], 0);
        let counters = Counters::default();
        let mut sender: Sender<'_, Output<Datagram, (), (), ()>> =
            Sender::new(&members, None, &counters);
        let reply = |client| Reply {
            client,
            number: 1,
            answer: Answer::Expired,
        };
        for (port, client) in [(5, 50), (6, 60), (5, 51), (5, 52)] {
            let told = Packet::<()>::Replies(vec![reply(client)]);
            sender.send(Id::from(address(port)), &told);
        }
        let mut told = Vec::new();
        for output in sender.end() {
            let Output::Send(recipient, Datagram(bytes)) = output else {
                panic!("unexpected {output:?}")
            };
            let (kind, payload) = frame::decode(7, &bytes).unwrap();
            assert_eq!(kind, PacketKind::Reply);
            told.push((recipient, batch::values(payload).unwrap()));
        }
        let expected = [
            (Id::from(address(5)), [50, 51, 52].map(reply).to_vec()),
            (Id::from(address(6)), vec![reply(60)]),
        ];
        assert_eq!(told, expected);
    }
}

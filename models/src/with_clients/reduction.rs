//! Messages that can never matter again: the protocol's own, and late replies.

use super::actor::{Packet, ServerOrClient, State, Stored, Timer};
use super::{ActorOf, Served};
use crate::durable::Outbox;
use crate::protocol::{MessageOf, Protocol};
use crate::system::{Envelope, Local, LocalOf};
use stateright::actor::Actor;
use std::sync::Arc;

/// The record on the disk of a participant.
type StorageOf<P> = Stored<<<P as Protocol>::Actor as Actor>::Storage>;

/// Whether delivering a message is a no-op now and for ever after.
pub(super) fn is_dead<P: Served>(
    actor: &ActorOf<P>,
    local: &LocalOf<ActorOf<P>>,
    envelope: &Envelope<Packet<MessageOf<P>>>,
) -> bool {
    match (actor, &envelope.msg) {
        (ServerOrClient::Server(server), Packet::Peer(message)) => {
            P::IS_DEAD.is_some_and(|is_dead| {
                let envelope = Envelope {
                    src: envelope.src,
                    dst: envelope.dst,
                    msg: message.clone(),
                };
                is_dead(&server.replica, &replica::<P>(local), &envelope)
            })
        }
        // A client numbers its requests, the number that it takes for itself grows, and it has one open at
        // most.
        (ServerOrClient::Client(_), Packet::Reply(reply)) => {
            local.up().and_then(State::client).is_some_and(|client| {
                let begun = (client.client(), client.begun());
                let replied = (reply.client, reply.number);
                replied < begun || client.open().is_none() && replied == begun
            })
        }
        _ => false,
    }
}

/// A server without its service.
fn replica<P: Served>(local: &LocalOf<ActorOf<P>>) -> LocalOf<P::Actor> {
    let state = local.state.as_deref().and_then(State::server);
    let timers = local.timers.iter().filter_map(|(timer, age)| match timer {
        Timer::Peer(timer) => Some((timer.clone(), *age)),
        Timer::Silence => None,
    });
    let record = |stored: &StorageOf<P>| match stored {
        Stored::Server(record) => Some(record.clone()),
        Stored::Client => None,
    };
    let mut outbox = Outbox::new();
    for write in local.outbox.pending() {
        if let Some(record) = record(&write.storage) {
            outbox.save(record);
        }
        for (receiver, packet) in &write.held {
            if let Packet::Peer(message) = packet {
                _ = outbox.send(*receiver, message.clone());
            }
        }
    }
    Local {
        state: state.map(|served| Arc::new(served.replica.clone())),
        crashed: local.crashed,
        gone: local.gone,
        timers: timers.collect(),
        choices: local.choices.clone(),
        storage: local.storage.as_ref().and_then(record),
        outbox,
    }
}

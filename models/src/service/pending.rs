//! The requests that wait for an answer.
//!
//! A client's address goes no further than this: the protocol sees a *ticket* in its place, an id
//! that is issued once and means nothing to any other node.

use stateright::actor::Id;
use std::collections::BTreeMap;

/// Client and number of a request.
pub type RequestId = (u64, u64);

/// Tickets are above every socket address that an id can stand for.
const FIRST_TICKET: usize = 1 << 48;

/// The requests that a node has proposed or asked about, and not answered yet. Volatile: a client that
/// hears nothing asks again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PendingRequests<Operation> {
    limit: usize,
    issued: usize,
    /// Whether a ticket has been issued for a read: others may hold it then.
    lent: bool,
    tickets: BTreeMap<Id, RequestId>,
    requests: BTreeMap<RequestId, Waiter<Operation>>,
}

/// The latest ticket of a request, and where its client is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Waiter<Operation> {
    ticket: Id,
    address: Id,
    generation: u64,
    /// The operation, if it is a read that is not ordered.
    reads: Option<Operation>,
}

impl<Operation> PendingRequests<Operation> {
    /// Nobody waits. At most `limit` will: those who wait longest are then forgotten.
    pub fn new(limit: usize) -> Self {
        PendingRequests {
            limit,
            issued: 0,
            lent: false,
            tickets: BTreeMap::new(),
            requests: BTreeMap::new(),
        }
    }

    /// A client waits for the answer to a request: the ticket under which to propose it in this
    /// generation, or to ask about it, if it is a read that is not ordered. It stands in for any ticket
    /// issued for the request before, and for the client's earlier requests.
    pub fn enter(
        &mut self,
        request: RequestId,
        reads: Option<Operation>,
        address: Id,
        generation: u64,
    ) -> Id {
        let (client, number) = request;
        let earlier: Vec<RequestId> = self
            .requests
            .range((client, 0)..=(client, number))
            .map(|(id, _)| *id)
            .collect();
        for id in earlier {
            self.leave(id);
        }
        if self.tickets.len() == self.limit
            && let Some((_, oldest)) = self.tickets.pop_first()
        {
            self.requests.remove(&oldest);
        }
        let ticket = Id::from(FIRST_TICKET + self.issued);
        self.issued += 1;
        self.lent |= reads.is_some();
        self.tickets.insert(ticket, request);
        self.requests.insert(
            request,
            Waiter {
                ticket,
                address,
                generation,
                reads,
            },
        );
        ticket
    }

    /// Whether a request waits here that was proposed in this generation. If so, its answer goes to
    /// this address from now on. Without a generation, nobody knows whether it was lost on its way.
    pub fn rebind(&mut self, request: RequestId, address: Id, generation: Option<u64>) -> bool {
        let proposed = self.requests.get_mut(&request);
        let proposed = proposed.filter(|place| Some(place.generation) == generation);
        proposed.map(|place| place.address = address).is_some()
    }

    /// The request is answered: where its client is, if it waits here.
    pub fn leave(&mut self, request: RequestId) -> Option<Id> {
        let place = self.requests.remove(&request)?;
        self.tickets.remove(&place.ticket);
        Some(place.address)
    }

    /// The requests that wait, in their order.
    pub fn waiting(&self) -> impl Iterator<Item = RequestId> {
        self.requests.keys().copied()
    }

    /// The reader of this ticket need not wait any longer: its request, where its client is, and what it
    /// reads.
    pub fn read(&mut self, ticket: Id) -> Option<(RequestId, Id, Operation)> {
        let request = *self.tickets.get(&ticket)?;
        let reads = self.requests.get_mut(&request)?.reads.take()?;
        Some((request, self.leave(request)?, reads))
    }

    /// Issues tickets anew from the first, in the order in which they were issued. Where nobody else holds
    /// one, nobody can tell: how many were issued before is then no part of a state.
    pub fn renumber(&mut self) {
        if self.lent {
            return;
        }
        let tickets = std::mem::take(&mut self.tickets).into_values();
        for (issued, request) in tickets.enumerate() {
            let ticket = Id::from(FIRST_TICKET + issued);
            self.tickets.insert(ticket, request);
            self.requests
                .entry(request)
                .and_modify(|it| it.ticket = ticket);
        }
        self.issued = self.tickets.len();
    }

    /// The proposal under this ticket is refused: its request, and where its client is, unless
    /// another ticket stands in for it.
    pub fn refuse(&mut self, ticket: Id) -> Option<(RequestId, Id)> {
        let request = *self.tickets.get(&ticket)?;
        Some((request, self.leave(request)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: usize = 1000;
    const THERE: usize = 1001;

    #[test]
    fn an_answer_goes_to_where_the_client_was_last() {
        let mut pending = PendingRequests::<()>::new(10);
        let first = pending.enter((1, 1), None, Id::from(HERE), 1);
        let second = pending.enter((1, 1), None, Id::from(THERE), 1);
        assert_ne!(first, second);
        assert_eq!(pending.refuse(first), None);
        assert_eq!(pending.leave((1, 1)), Some(Id::from(THERE)));
        assert_eq!(pending.leave((1, 1)), None);
        assert_eq!(pending.refuse(second), None);
    }

    #[test]
    fn a_later_request_of_the_client_ends_the_wait_for_an_earlier() {
        let mut pending = PendingRequests::<()>::new(10);
        let first = pending.enter((1, 1), None, Id::from(HERE), 1);
        let other = pending.enter((2, 1), None, Id::from(HERE), 1);
        let second = pending.enter((1, 2), None, Id::from(HERE), 1);
        assert_eq!(pending.refuse(first), None);
        assert_eq!(pending.refuse(second), Some(((1, 2), Id::from(HERE))));
        assert_eq!(pending.refuse(other), Some(((2, 1), Id::from(HERE))));
    }

    #[test]
    fn a_request_that_waits_is_not_proposed_again_in_its_generation() {
        let mut pending = PendingRequests::<()>::new(10);
        pending.enter((1, 1), None, Id::from(HERE), 1);
        assert!(!pending.rebind((1, 1), Id::from(THERE), Some(2)));
        assert!(!pending.rebind((1, 2), Id::from(THERE), Some(1)));
        assert!(!pending.rebind((1, 1), Id::from(THERE), None));
        assert!(pending.rebind((1, 1), Id::from(THERE), Some(1)));
        assert_eq!(pending.leave((1, 1)), Some(Id::from(THERE)));
    }

    #[test]
    fn renumbered_tickets_stand_for_the_same_requests_in_the_same_order() {
        let mut pending = PendingRequests::<()>::new(2);
        for client in [3, 2, 1] {
            pending.enter((client, 1), None, Id::from(HERE), 1);
        }
        pending.renumber();
        let mut fresh = PendingRequests::<()>::new(2);
        let first = fresh.enter((2, 1), None, Id::from(HERE), 1);
        fresh.enter((1, 1), None, Id::from(HERE), 1);
        assert_eq!(pending, fresh);
        assert_eq!(pending.waiting().collect::<Vec<_>>(), [(1, 1), (2, 1)]);
        assert_eq!(pending.refuse(first), Some(((2, 1), Id::from(HERE))));
    }

    #[test]
    fn beyond_the_limit_the_longest_wait_is_forgotten() {
        let mut pending = PendingRequests::<()>::new(2);
        for client in 1..=3 {
            pending.enter((client, 1), None, Id::from(HERE), 1);
        }
        assert_eq!(pending.leave((1, 1)), None);
        assert_eq!(pending.leave((2, 1)), Some(Id::from(HERE)));
        assert_eq!(pending.leave((3, 1)), Some(Id::from(HERE)));
        assert_eq!(
            pending,
            PendingRequests {
                issued: 3,
                ..PendingRequests::<()>::new(2)
            }
        );
    }

    #[test]
    fn a_read_has_its_answer_under_its_last_ticket_and_tickets_that_travel_are_not_issued_again() {
        let mut pending = PendingRequests::new(2);
        let first = pending.enter((1, 1), Some("k"), Id::from(HERE), 1);
        let second = pending.enter((1, 1), Some("k"), Id::from(THERE), 1);
        assert_eq!(pending.read(first), None);
        pending.renumber();
        assert_eq!(pending.read(second), Some(((1, 1), Id::from(THERE), "k")));
        assert_eq!(pending.read(second), None);
        let write = pending.enter((1, 2), None, Id::from(HERE), 1);
        assert!(second < write);
        assert_eq!(pending.read(write), None);
        assert_eq!(pending.leave((1, 2)), Some(Id::from(HERE)));
    }
}

//! What an ensemble agrees on.

use stateright::actor::Id;

/// The parameters of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Number of servers. Their ids are `0..servers`.
    pub servers: usize,
}

impl Config {
    /// The other servers, as one of them sees them.
    pub fn peers(&self, id: Id) -> impl Iterator<Item = Id> + use<> {
        let all = (0..self.servers).map(Id::from);
        all.filter(move |peer| *peer != id)
    }
}

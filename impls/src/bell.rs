//! The doorbell: an empty datagram that a node sends to itself.
//!
//! [`spawn`](stateright::actor::spawn) wakes an actor for datagrams only, so that is how the clock
//! and the disk wake theirs. They publish first what there is to be seen and ring then. A ring
//! that is lost because the socket's buffer is full does little harm: the datagrams in the buffer are
//! handled after it, and with each that it accepts the node looks at what is due. An empty datagram from
//! anywhere else is none.

use std::io;
use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::sync::Arc;

/// Something that makes the node look at what is due.
pub trait Ring: Clone + Send + 'static {
    /// Wakes the node, now or soon.
    fn ring(&self);
}

/// The bell of a node at an address.
#[derive(Clone, Debug)]
pub struct Bell {
    socket: Arc<UdpSocket>,
    node: SocketAddrV4,
}

impl Bell {
    /// A bell for the node at this address.
    ///
    /// # Errors
    ///
    /// When no socket can be opened.
    pub fn new(node: SocketAddrV4) -> io::Result<Self> {
        let socket = Arc::new(UdpSocket::bind((*node.ip(), 0))?);
        Ok(Bell { socket, node })
    }

    /// Where its datagrams come from.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn address(&self) -> io::Result<SocketAddrV4> {
        match self.socket.local_addr()? {
            SocketAddr::V4(address) => Ok(address),
            SocketAddr::V6(_) => unreachable!("bound to an IPv4 address"),
        }
    }
}

impl Ring for Bell {
    fn ring(&self) {
        // A ring that fails is like one that is lost.
        let _ = self.socket.send_to(&[], self.node);
    }
}

//! Room for the datagrams that wait for a node.
//!
//! [`spawn`](stateright::actor::spawn) keeps its socket to itself, and the buffer that Linux gives
//! it by default holds 256 small datagrams. More than that arrive while a busy node waits for a
//! processor. The others are lost, messages of its peers among them, and come again only after a
//! timeout. So the process looks for the socket among its own descriptors.

use std::io;
use std::net::SocketAddrV4;

/// Bytes to ask for. The system grants `net.core.rmem_max` at most.
#[cfg(target_os = "linux")]
const BYTES: usize = 8 << 20;

/// Enlarges the receive buffer of the socket of this process that is bound to an address, if there
/// is one.
///
/// # Errors
///
/// When the system does not let the process look at its descriptors. Other systems than Linux do
/// not.
#[cfg(target_os = "linux")]
pub fn enlarge(address: SocketAddrV4) -> io::Result<()> {
    use rustix::net::sockopt::set_socket_recv_buffer_size;
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
    use std::fs;
    use std::net::{SocketAddr, UdpSocket};

    let this = pidfd_open(getpid(), PidfdFlags::empty())?;
    for entry in fs::read_dir("/proc/self/fd")? {
        let name = entry?.file_name();
        let Some(number) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // A copy of the descriptor. It may have been closed since it was listed.
        let Ok(copy) = pidfd_getfd(&this, number, PidfdGetfdFlags::empty()) else {
            continue;
        };
        let socket = UdpSocket::from(copy);
        if socket.local_addr().ok() == Some(SocketAddr::V4(address)) {
            set_socket_recv_buffer_size(&socket, BYTES)?;
        }
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
#[allow(missing_docs, reason = "as above")]
pub fn enlarge(_: SocketAddrV4) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::net::{SocketAddr, UdpSocket};

    /// More datagrams than fit by default, and no more than fit where the system grants the least.
    const BURST: usize = 400;

    #[test]
    fn a_burst_of_datagrams_waits_for_its_reader() {
        let reader = UdpSocket::bind("127.0.0.1:0").unwrap();
        reader.set_nonblocking(true).unwrap();
        let SocketAddr::V4(address) = reader.local_addr().unwrap() else {
            unreachable!("bound to an IPv4 address")
        };
        match enlarge(address) {
            // A container may forbid it: then the node runs on with what it has.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return,
            enlarged => enlarged.unwrap(),
        }
        let writer = UdpSocket::bind("127.0.0.1:0").unwrap();
        for _ in 0..BURST {
            writer.send_to(b"request", address).unwrap();
        }
        let mut buffer = [0; 16];
        let read = std::iter::from_fn(|| reader.recv_from(&mut buffer).ok());
        assert_eq!(read.count(), BURST);
    }
}

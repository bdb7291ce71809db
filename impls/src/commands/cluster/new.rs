//! A cluster that is not there yet: its ports, its journals, and last its file.

use super::{Args, Usage};
use anyhow::{Context, Result, bail};
use quorate::config::ClusterConfig;
use quorate::journal::Directory;
use quorate::journal::format::{GROUPS, Identity, digest, is_blank};
use quorate::keys;
use quorate::private;
use rand::RngExt;
use std::fs::{self, File};
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Systems give sockets without a port of their own, such as those of clients, others than these: Linux
/// from 32768 on, other systems from 49152 on. So a node finds its port free when it starts again.
const PORTS: Range<u16> = 10_000..32_768;
/// Ports that are tried for each node.
const ATTEMPTS: usize = 100;

/// The folder of the keys, beside the file.
const KEYS: &str = "keys";

/// The folder of a node.
pub fn folder(data: &Path, id: usize) -> PathBuf {
    data.join(format!("node-{id}"))
}

/// Makes a new cluster. Its file comes last: while it is not there no node has run, so that a start which
/// was interrupted is begun anew.
pub fn make(args: &Args, data: &Path, file: &Path) -> Result<ClusterConfig> {
    // TOML numbers have 63 bits and a sign.
    let number = rand::random::<u64>() >> 1;
    remove_unused(data, file)?;
    let mut config = ClusterConfig::new(number, args.protocol, free_addresses(args.nodes.into())?);
    keys::provide_keys(&data.join(KEYS))?;
    config.keys = Some(KEYS.into());
    for id in 0..config.nodes.len() {
        let identity = Identity {
            cluster: number,
            node: id as u64,
            list: digest(config.protocol.name(), &config.nodes),
        };
        Directory::open(&folder(data, id), identity, true)?;
    }
    private::write(file, &config.to_toml())
        .with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(ClusterConfig::read(file)?)
}

/// Removes the journals that a start made which was interrupted: nothing is in them. Other files are left
/// alone, and so are all if one journal has something in it.
fn remove_unused(data: &Path, file: &Path) -> Result<()> {
    let mut unused = Vec::new();
    for entry in fs::read_dir(data)? {
        let entry = entry?;
        let is_node = entry.file_name().to_string_lossy().starts_with("node-");
        let journal = entry.path().join("journal");
        if !is_node || !journal.exists() {
            continue;
        }
        let mut start = Vec::new();
        let opened = File::open(&journal)?;
        opened.take(GROUPS as u64 + 1).read_to_end(&mut start)?;
        if !is_blank(&start) {
            let (journal, file) = (journal.display(), file.display());
            let told = format!(
                "{journal} is of a cluster whose {file} is gone; put it back, or give another --data"
            );
            return Err(Usage(told).into());
        }
        unused.push(journal);
    }
    for journal in unused {
        fs::remove_file(&journal)?;
    }
    Ok(())
}

/// Addresses that are free now.
fn free_addresses(count: usize) -> Result<Vec<SocketAddrV4>> {
    let mut sockets: Vec<(UdpSocket, SocketAddrV4)> = Vec::new();
    for _ in 0..count * ATTEMPTS {
        if sockets.len() == count {
            break;
        }
        let port = rand::rng().random_range(PORTS);
        let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
        sockets.extend(UdpSocket::bind(address).map(|socket| (socket, address)));
    }
    if sockets.len() < count {
        bail!("no port is free among {PORTS:?} on 127.0.0.1");
    }
    Ok(sockets.into_iter().map(|(_, address)| address).collect())
}

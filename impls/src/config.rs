//! The cluster's configuration file.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::net::SocketAddrV4;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// What all nodes and clients of a cluster must agree on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The number of the cluster, drawn at random when it is made. It is in every frame and in
    /// every journal, so that clusters are not mixed up.
    pub cluster: u64,
    /// The protocol that the nodes run.
    pub protocol: Protocol,
    /// The addresses of the nodes; the position of an address is the id of its node.
    pub nodes: Vec<SocketAddrV4>,
    /// How long timers run.
    #[serde(default)]
    pub timing: Timing,
}

/// The protocols that a node can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Protocol {
    /// Raft.
    Raft,
}

/// Timers, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timing {
    /// A follower that hears no leader for this long stands for election, at the earliest.
    pub election_ms_min: u64,
    /// The same, at the latest.
    pub election_ms_max: u64,
    /// Time between two heartbeats of a leader.
    pub heartbeat_ms: u64,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not a configuration.
    #[error("{}, line {line}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
        /// What was found and what was expected.
        message: String,
    },
    /// The file says what cannot be.
    #[error("{}: {problem}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: Problem,
    },
}

/// What is wrong with a well-formed configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No node at all.
    #[error("the list of nodes is empty")]
    NoNodes,
    /// One address for two nodes.
    #[error("address {0} is given to two nodes")]
    Twice(SocketAddrV4),
    /// An address that cannot be reached.
    #[error("address {0} has port 0, which nobody can reach")]
    NoPort(SocketAddrV4),
    /// An address outside this machine.
    #[error(
        "address {0} is not a loopback address (127.0.0.0/8): frames are not authenticated yet, so \
         anyone on a network could pose as a node"
    )]
    NotLoopback(SocketAddrV4),
    /// Timers that cannot work.
    #[error(
        "timing needs 0 < heartbeat_ms < election_ms_min <= election_ms_max, found {0}, {1} and {2}"
    )]
    Timing(u64, u64, u64),
}

impl Config {
    /// Reads a configuration and checks it.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or used.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let config: Config = toml::from_str(&text).map_err(|error| {
            let before = error.span().map_or(0, |span| span.start);
            ConfigError::Syntax {
                path: path.to_owned(),
                line: 1 + text[..before].matches('\n').count(),
                message: error.message().replace('\n', " "),
            }
        })?;
        config.validate().map_err(|problem| ConfigError::Invalid {
            path: path.to_owned(),
            problem,
        })?;
        Ok(config)
    }

    /// Whether a cluster can run like this.
    ///
    /// # Errors
    ///
    /// The first problem found.
    pub fn validate(&self) -> Result<(), Problem> {
        if self.nodes.is_empty() {
            return Err(Problem::NoNodes);
        }
        let mut seen = BTreeSet::new();
        for address in &self.nodes {
            if !address.ip().is_loopback() {
                return Err(Problem::NotLoopback(*address));
            }
            if address.port() == 0 {
                return Err(Problem::NoPort(*address));
            }
            if !seen.insert(address) {
                return Err(Problem::Twice(*address));
            }
        }
        let Timing {
            election_ms_min,
            election_ms_max,
            heartbeat_ms,
        } = self.timing;
        let ordered = 0 < heartbeat_ms
            && heartbeat_ms < election_ms_min
            && election_ms_min <= election_ms_max;
        if !ordered {
            return Err(Problem::Timing(
                heartbeat_ms,
                election_ms_min,
                election_ms_max,
            ));
        }
        Ok(())
    }

    /// The configuration as the text of a file.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a configuration is made of numbers and short texts")
    }
}

impl Timing {
    /// The election timeout is drawn from this range.
    pub fn election(&self) -> std::ops::Range<Duration> {
        Duration::from_millis(self.election_ms_min)..Duration::from_millis(self.election_ms_max)
    }

    /// The time between two heartbeats.
    pub fn heartbeat(&self) -> Duration {
        Duration::from_millis(self.heartbeat_ms)
    }
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            election_ms_min: 150,
            election_ms_max: 300,
            heartbeat_ms: 40,
        }
    }
}

/// A protocol that nodes cannot run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown protocol `{0}`, expected `raft`")]
pub struct UnknownProtocol(String);

impl FromStr for Protocol {
    type Err = UnknownProtocol;

    fn from_str(name: &str) -> Result<Self, UnknownProtocol> {
        match name {
            "raft" => Ok(Protocol::Raft),
            _ => Err(UnknownProtocol(name.to_owned())),
        }
    }
}

impl TryFrom<String> for Protocol {
    type Error = UnknownProtocol;

    fn try_from(name: String) -> Result<Self, UnknownProtocol> {
        name.parse()
    }
}

impl From<Protocol> for String {
    fn from(protocol: Protocol) -> String {
        protocol.to_string()
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Protocol::Raft => "raft",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        let address = |port| SocketAddrV4::new([127, 0, 0, 1].into(), port);
        Config {
            cluster: 5,
            protocol: Protocol::Raft,
            nodes: vec![address(1), address(2)],
            timing: Timing::default(),
        }
    }

    fn read(text: &str) -> Result<Config, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, text).unwrap();
        let name = format!("{}", file.path().display());
        Config::read(file.path()).map_err(|error| error.to_string().replace(&name, "FILE"))
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(read(&config().to_toml()), Ok(config()));
    }

    #[test]
    fn each_mistake_has_its_sentence() {
        let good = config().to_toml();
        let sentence = |found: &str, put: &str| read(&good.replace(found, put)).unwrap_err();
        assert_eq!(
            sentence("\"raft\"", "\"paxos\""),
            "FILE, line 2: unknown protocol `paxos`, expected `raft`"
        );
        assert!(sentence("127.0.0.1:2", "192.168.0.1:2").contains("not a loopback address"));
        assert!(sentence("127.0.0.1:2", "127.0.0.1:1").contains("given to two nodes"));
        assert!(sentence("127.0.0.1:2", "127.0.0.1:0").contains("port 0"));
        assert!(
            sentence("heartbeat_ms = 40", "heartbeat_ms = 150").contains("found 150, 150 and 300")
        );
        assert!(sentence("cluster = 5", "cluster = ").starts_with("FILE, line 1: "));
        assert!(sentence("cluster = 5", "clusters = 5").contains("unknown field `clusters`"));
    }
}

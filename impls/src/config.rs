//! The cluster's configuration file, with a table for each protocol.

pub mod raft;

use crate::names::{nearest, unknown};
use raft::{Raft, Unordered};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::net::SocketAddrV4;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use toml::de::DeTable;

/// What all nodes and clients of a cluster must agree on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterConfig {
    /// The number of the cluster, drawn at random when it is made. It is in every frame and in
    /// every journal, so that clusters are not mixed up.
    pub cluster: u64,
    /// The protocol that the nodes run.
    pub protocol: NodeProtocol,
    /// The addresses of the nodes; the position of an address is the id of its node.
    #[serde(deserialize_with = "addresses")]
    pub nodes: Vec<SocketAddrV4>,
    /// What Raft is run with.
    #[serde(default)]
    pub raft: Raft,
}

fn addresses<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<SocketAddrV4>, D::Error> {
    let texts = Vec::<String>::deserialize(source)?;
    let address = |text: &String| {
        let expected = "expected an address and a port, such as 127.0.0.1:7001";
        let parsed = text.parse();
        parsed.map_err(|_| D::Error::custom(format!("invalid address `{text}`; {expected}")))
    };
    texts.iter().map(address).collect()
}

/// The protocols that a node can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum NodeProtocol {
    /// Raft.
    Raft,
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
    /// Well-formed but invalid.
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
    #[error(transparent)]
    Raft(#[from] Unordered),
}

impl ClusterConfig {
    /// A cluster that runs its protocol by default settings.
    pub fn new(cluster: u64, protocol: NodeProtocol, nodes: Vec<SocketAddrV4>) -> Self {
        ClusterConfig {
            cluster,
            protocol,
            nodes,
            raft: Raft::default(),
        }
    }

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
        let config =
            ClusterConfig::parse(&text).map_err(|(before, message)| ConfigError::Syntax {
                path: path.to_owned(),
                line: 1 + text[..before].matches('\n').count(),
                message,
            })?;
        config.validate().map_err(|problem| ConfigError::Invalid {
            path: path.to_owned(),
            problem,
        })?;
        Ok(config)
    }

    /// Reads the text of a file; or where it is wrong, in bytes, and why.
    fn parse(text: &str) -> Result<Self, (usize, String)> {
        let located = |error: toml::de::Error| {
            let before = error.span().map_or(0, |span| span.start);
            (before, error.message().replace('\n', " "))
        };
        let found = DeTable::parse(text).map_err(located)?;
        let sample = ClusterConfig::new(0, NodeProtocol::Raft, Vec::new());
        let known = toml::Table::try_from(sample).expect("it is a table");
        match unknown_name(found.get_ref(), &known, "") {
            Some(mistake) => Err(mistake),
            None => toml::from_str(text).map_err(located),
        }
    }

    /// Whether a cluster can run like this.
    ///
    /// # Errors
    ///
    /// The first problem found.
    pub fn validate(&self) -> Result<(), Problem> {
        validate_nodes(&self.nodes)?;
        match self.protocol {
            NodeProtocol::Raft => Ok(self.raft.validate()?),
        }
    }

    /// The configuration as the text of a file.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a configuration is made of numbers and short texts")
    }
}

/// Whether these can be the addresses of a cluster.
///
/// # Errors
///
/// The first problem found.
pub fn validate_nodes(nodes: &[SocketAddrV4]) -> Result<(), Problem> {
    if nodes.is_empty() {
        return Err(Problem::NoNodes);
    }
    let mut seen = BTreeSet::new();
    for address in nodes {
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
    Ok(())
}

/// The first name of a table that is not among the known ones: where it is, and what to say.
fn unknown_name(found: &DeTable<'_>, known: &toml::Table, place: &str) -> Option<(usize, String)> {
    let mistake = |name: &str, is_table: bool| match known.get(name) {
        Some(_) => None,
        None => {
            let kind = if is_table { "table" } else { "key" };
            let choices = known
                .iter()
                .filter(|(_, value)| value.is_table() == is_table);
            let choices: Vec<String> = choices.map(|(name, _)| name.clone()).collect();
            let near = nearest(name, &choices);
            Some(unknown(&format!("{kind}{place}"), name, &near, &choices))
        }
    };
    let mistakes = found.iter().filter_map(|(name, value)| {
        let table = value.get_ref().as_table();
        let text = name.get_ref();
        if let Some(message) = mistake(text, table.is_some()) {
            return Some((name.span().start, message));
        }
        let known = known.get(text.as_ref())?.as_table()?;
        unknown_name(table?, known, &format!(" of [{text}]"))
    });
    mistakes.min()
}

/// A protocol that nodes cannot run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnknownProtocol(String);

impl FromStr for NodeProtocol {
    type Err = UnknownProtocol;

    fn from_str(name: &str) -> Result<Self, UnknownProtocol> {
        match name {
            "raft" => Ok(NodeProtocol::Raft),
            _ => {
                let choices = ["raft".to_owned()];
                let near = nearest(name, &choices);
                let message = unknown("protocol", name, &near, &choices);
                Err(UnknownProtocol(message))
            }
        }
    }
}

impl TryFrom<String> for NodeProtocol {
    type Error = UnknownProtocol;

    fn try_from(name: String) -> Result<Self, UnknownProtocol> {
        name.parse()
    }
}

impl From<NodeProtocol> for String {
    fn from(protocol: NodeProtocol) -> String {
        protocol.to_string()
    }
}

impl fmt::Display for NodeProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NodeProtocol::Raft => "raft",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> ClusterConfig {
        let address = |port| SocketAddrV4::new([127, 0, 0, 1].into(), port);
        ClusterConfig::new(5, NodeProtocol::Raft, vec![address(1), address(2)])
    }

    fn read(text: &str) -> Result<ClusterConfig, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, text).unwrap();
        let name = format!("{}", file.path().display());
        ClusterConfig::read(file.path()).map_err(|error| error.to_string().replace(&name, "FILE"))
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
            "FILE, line 2: unknown protocol `paxos`; expected: raft"
        );
        assert!(sentence("127.0.0.1:2", "192.168.0.1:2").contains("not a loopback address"));
        assert!(sentence("127.0.0.1:2", "127.0.0.1:1").contains("given to two nodes"));
        assert!(sentence("127.0.0.1:2", "127.0.0.1:0").contains("port 0"));
        assert_eq!(
            sentence("127.0.0.1:2", "localhost:2"),
            "FILE, line 3: invalid address `localhost:2`; expected an address and a port, such as \
             127.0.0.1:7001"
        );
        assert!(
            sentence("heartbeat_ms = 40", "heartbeat_ms = 150").contains("found 150, 150 and 300")
        );
        assert!(sentence("cluster = 5", "cluster = ").starts_with("FILE, line 1: "));
    }

    #[test]
    fn an_unknown_name_leads_to_the_nearest() {
        let good = config().to_toml();
        let sentence = |found: &str, put: &str| read(&good.replace(found, put)).unwrap_err();
        assert_eq!(
            sentence("cluster = 5", "clusters = 5"),
            "FILE, line 1: unknown key `clusters`; did you mean `cluster`?"
        );
        assert_eq!(
            sentence("cluster = 5", "age = 5"),
            "FILE, line 1: unknown key `age`; expected: cluster, nodes, protocol"
        );
        assert_eq!(
            sentence("[raft]", "[rafft]"),
            "FILE, line 5: unknown table `rafft`; did you mean `raft`?"
        );
        assert_eq!(
            sentence("[raft]", "[timing]"),
            "FILE, line 5: unknown table `timing`; expected: raft"
        );
        assert_eq!(
            sentence("heartbeat_ms", "heartbeat"),
            "FILE, line 8: unknown key of [raft] `heartbeat`; did you mean `heartbeat_ms`?"
        );
    }

    #[test]
    fn the_sample_of_the_readme_can_be_read() {
        let readme = include_str!("../../README.md");
        let (_, sample) = readme.split_once("```toml\n").expect("there is a sample");
        let (sample, _) = sample.split_once("```").expect("it ends");
        let found = read(sample).unwrap();
        assert_eq!(found.raft, Raft::default());
        assert_eq!(found.nodes.len(), 3);
    }
}

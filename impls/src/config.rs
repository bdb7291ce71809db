//! The cluster's configuration file, with a table for each protocol.

pub mod raft;
pub mod totem;
pub mod zab;

use crate::keys::{ClientKey, KeyError, read_client_key};
use crate::names::{nearest, unknown};
use crate::refused::is_usage;
use quorate_models::replica::Replica;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::net::SocketAddrV4;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use toml::de::DeTable;

/// The settings of the nodes of a protocol: a table of the file, in the module of its name.
pub trait Table: Default + Serialize + DeserializeOwned {
    /// A node of the protocol.
    type Node: NodeActor;

    /// Whether nodes can run with it; otherwise what is wrong.
    ///
    /// # Errors
    ///
    /// When they cannot.
    fn validate(&self) -> Result<(), String>;

    /// After how many deliveries a service says what they have come to; never, if the protocol keeps all.
    fn snapshot_every(&self) -> Option<u64> {
        None
    }

    /// A node of a cluster of so many.
    fn node(&self, nodes: usize) -> Self::Node;
}

/// An actor that [`node::run`](crate::node::run) runs.
pub trait NodeActor:
    Replica<Msg: Serialize + DeserializeOwned + Send, Storage: Send, State: 'static> + Send + 'static
{
}

impl<A> NodeActor for A where
    A: Replica<Msg: Serialize + DeserializeOwned + Send, Storage: Send, State: 'static>
        + Send
        + 'static
{
}

/// Something that is done with a node of any protocol.
pub trait NodeVisitor {
    /// Its result.
    type Output;

    /// Does it.
    fn visit<A: NodeActor>(self, actor: A, snapshot_every: Option<u64>) -> Self::Output;
}

/// The one list of protocols that nodes run: the module with the protocol's [`Table`], which names
/// both, the protocol and the table of the file.
macro_rules! node_protocols {
    ($($(#[doc = $about:literal])+ $id:ident: $module:ident;)*) => {
        /// The protocols that a node can run.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum NodeProtocol {
            $($(#[doc = $about])+ $id,)*
        }

        impl NodeProtocol {
            /// Every one.
            pub const ALL: &[NodeProtocol] = &[$(NodeProtocol::$id),*];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self {
                    $(NodeProtocol::$id => stringify!($module),)*
                }
            }

            /// Its word for a generation.
            pub fn generation(self) -> &'static str {
                match self {
                    $(NodeProtocol::$id => <<$module::Settings as Table>::Node as Replica>::GENERATION,)*
                }
            }
        }

        /// The parameters that all nodes and clients of a cluster must agree on.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub struct ClusterConfig {
            /// The number of the cluster, drawn at random when it is made. It is in every frame and
            /// in every journal, so that clusters are not mixed up.
            pub cluster: u64,
            /// The protocol that the nodes run.
            pub protocol: NodeProtocol,
            /// The addresses of the nodes; the position of an address is the id of its node.
            #[serde(deserialize_with = "addresses")]
            pub nodes: Vec<SocketAddrV4>,
            /// Where the node that reads this file reaches each node, if something lies between them: a
            /// proxy, for example. The only thing in which the files of nodes may differ.
            #[serde(default, deserialize_with = "some_addresses")]
            #[serde(skip_serializing_if = "Option::is_none")]
            pub via: Option<Vec<SocketAddrV4>>,
            /// The folder of the keys, from the folder of this file, if frames are authenticated: nodes
            /// read `cluster.key` in it, and clients `client.key`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub keys: Option<PathBuf>,
            $(
                #[doc = concat!("The table `[", stringify!($module), "]`, if it is there.")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $module: Option<$module::Settings>,
            )*
        }

        impl ClusterConfig {
            /// A cluster without a node, with the tables of these protocols by default settings.
            fn empty(cluster: u64, protocol: NodeProtocol, tables: &[NodeProtocol]) -> Self {
                ClusterConfig {
                    cluster,
                    protocol,
                    nodes: Vec::new(),
                    via: None,
                    keys: None,
                    $($module: tables.contains(&NodeProtocol::$id).then(Default::default),)*
                }
            }

            /// Whether the table of the protocol can be used; otherwise what is wrong.
            fn validate_table(&self) -> Result<(), String> {
                match self.protocol {
                    $(NodeProtocol::$id => self.$module.unwrap_or_default().validate(),)*
                }
            }

            /// Does something with a node of the cluster.
            pub fn visit<V: NodeVisitor>(&self, visitor: V) -> V::Output {
                let nodes = self.nodes.len();
                match self.protocol {
                    $(NodeProtocol::$id => {
                        let table = self.$module.unwrap_or_default();
                        visitor.visit(table.node(nodes), table.snapshot_every())
                    })*
                }
            }
        }
    };
}

node_protocols! {
    /// Raft.
    Raft: raft;
    /// Totem.
    Totem: totem;
    /// Zab.
    Zab: zab;
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

fn some_addresses<'de, D: Deserializer<'de>>(
    source: D,
) -> Result<Option<Vec<SocketAddrV4>>, D::Error> {
    addresses(source).map(Some)
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The file is not a configuration.
    #[error("{}, line {line}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
        /// The text found and the text expected.
        message: String,
    },
    /// Well-formed but invalid.
    #[error("{}: {problem}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The problem.
        problem: Problem,
    },
}

/// A problem of a well-formed configuration.
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
    /// An address outside this machine, without keys.
    #[error(
        "address {0} is not a loopback address (127.0.0.0/8), and without keys anyone on a network could \
         pose as a node: make keys with `quorate keys DIR`, and name that folder here, keys = \"DIR\""
    )]
    NotLoopback(SocketAddrV4),
    /// An address of nobody, or of many.
    #[error("address {0} is not the address of one machine")]
    NoMachine(SocketAddrV4),
    /// A way to fewer or more nodes than there are.
    #[error("via has {found} addresses, expected one for each of {expected} nodes, in their order")]
    Via {
        /// How many addresses it has.
        found: usize,
        /// How many nodes there are.
        expected: usize,
    },
    /// The protocol's settings cannot work.
    #[error("{0}")]
    Table(String),
}

impl ConfigError {
    /// Whether it is the user's to mend.
    pub fn is_usage(&self) -> bool {
        match self {
            ConfigError::Unreadable { source, .. } => is_usage(source),
            ConfigError::Syntax { .. } | ConfigError::Invalid { .. } => true,
        }
    }
}

impl ClusterConfig {
    /// A cluster that runs its protocol by default settings.
    pub fn new(cluster: u64, protocol: NodeProtocol, nodes: Vec<SocketAddrV4>) -> Self {
        ClusterConfig {
            nodes,
            ..ClusterConfig::empty(cluster, protocol, &[protocol])
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
        let mut config =
            ClusterConfig::parse(&text).map_err(|(before, message)| ConfigError::Syntax {
                path: path.to_owned(),
                line: 1 + text[..before].matches('\n').count(),
                message,
            })?;
        config.validate().map_err(|problem| ConfigError::Invalid {
            path: path.to_owned(),
            problem,
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        config.keys = config.keys.map(|keys| folder.join(keys));
        Ok(config)
    }

    /// The key of the client that reads this file, if the cluster has keys.
    ///
    /// # Errors
    ///
    /// When it cannot be used.
    pub fn client_key(&self) -> Result<Option<ClientKey>, KeyError> {
        self.keys.as_deref().map(read_client_key).transpose()
    }

    /// Reads the text of a file; or where it is wrong, in bytes, and why.
    fn parse(text: &str) -> Result<Self, (usize, String)> {
        let located = |error: toml::de::Error| {
            let before = error.span().map_or(0, |span| span.start);
            (before, error.message().replace('\n', " "))
        };
        let found = DeTable::parse(text).map_err(located)?;
        let sample = ClusterConfig {
            via: Some(Vec::new()),
            keys: Some(PathBuf::new()),
            ..ClusterConfig::empty(0, NodeProtocol::ALL[0], NodeProtocol::ALL)
        };
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
        let has_keys = self.keys.is_some();
        validate_nodes(&self.nodes, has_keys)?;
        if let Some(via) = &self.via {
            let (found, expected) = (via.len(), self.nodes.len());
            if found != expected {
                return Err(Problem::Via { found, expected });
            }
            validate_nodes(via, has_keys)?;
        }
        self.validate_table().map_err(Problem::Table)
    }

    /// The configuration as the text of a file.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a configuration is made of numbers and short texts")
    }
}

/// Whether these can be the addresses of a cluster, which has keys or not.
///
/// # Errors
///
/// The first problem found.
pub fn validate_nodes(nodes: &[SocketAddrV4], has_keys: bool) -> Result<(), Problem> {
    if nodes.is_empty() {
        return Err(Problem::NoNodes);
    }
    let mut seen = BTreeSet::new();
    for address in nodes {
        let ip = address.ip();
        if ip.is_unspecified() || ip.is_multicast() || ip.is_broadcast() {
            return Err(Problem::NoMachine(*address));
        }
        if !ip.is_loopback() && !has_keys {
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

impl NodeProtocol {
    /// The names of all, for a sentence.
    pub fn names() -> String {
        let names: Vec<&str> = NodeProtocol::ALL.iter().map(|it| it.name()).collect();
        names.join(" or ")
    }
}

impl FromStr for NodeProtocol {
    type Err = UnknownProtocol;

    fn from_str(name: &str) -> Result<Self, UnknownProtocol> {
        let mut all = NodeProtocol::ALL.iter();
        let found = all.find(|protocol| protocol.name() == name).copied();
        found.ok_or_else(|| {
            let all = NodeProtocol::ALL.iter();
            let choices: Vec<String> = all.map(|it| it.name().to_owned()).collect();
            let near = nearest(name, &choices);
            UnknownProtocol(unknown("protocol", name, &near, &choices))
        })
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
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;

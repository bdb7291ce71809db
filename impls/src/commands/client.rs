//! `quorate client`: one request to a cluster, or a load of them.

mod bench;
mod facts;

use super::tables::table;
use crate::output::say;
use anyhow::Result;
use clap::Subcommand;
use comfy_table::Table;
use quorate::client::link::{Link, LinkError};
use quorate::client::port::PortError;
use quorate::complaint::complain;
use quorate::config::ClusterConfig;
use quorate::machine::{Operation, Outcome};
use quorate::request::{Answer, NodeStatus};
use quorate_models::quorum::is_quorum;
use quorate_models::replica::Consistency;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// The operation failed: no such key, or not the expected value.
const FAILED: u8 = 1;
/// Whether the operation was executed is not known.
const UNKNOWN: u8 = 3;

/// How a value is swapped.
const SWAPS: &str = "\
Examples:
  quorate client --config cluster.toml cas city Porto --expect Lisbon
      # Lisbon becomes Porto
  quorate client --config cluster.toml cas city Lisbon
      # Lisbon, if there is no city yet";

/// A node that does not answer `status` in this time is down.
const LOOK: Duration = Duration::from_secs(1);

/// Which cluster, and what to ask.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The cluster's configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Give up after this many milliseconds (1 to 60000); `status` gives up after a second at the latest
    #[arg(long, global = true, value_name = "MS", default_value_t = 5000,
          value_parser = clap::value_parser!(u64).range(1..=60_000))]
    timeout_ms: u64,
    /// Print one JSON object a line, and nothing else
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Clone, Debug, Subcommand)]
enum Verb {
    /// Store a value
    Put {
        /// The key
        key: String,
        /// The value
        value: String,
    },
    /// Print the value of a key; fails if there is none
    Get {
        /// The key
        key: String,
        /// How recent the value must be
        #[arg(long, value_enum, default_value = "linearizable")]
        consistency: Shows,
    },
    /// Remove a key; fails if there is none
    Delete {
        /// The key
        key: String,
    },
    /// Store a value if the present one is as expected; fails otherwise
    #[command(after_help = SWAPS)]
    Cas {
        /// The key
        key: String,
        /// The new value
        #[arg(value_name = "NEW")]
        value: String,
        /// The present value; without this, there must be none
        #[arg(long, value_name = "OLD")]
        expect: Option<String>,
    },
    /// Show each node's status; fails if no majority of them serves
    Status,
    /// Store values under `bench-0`, `bench-1`, … as fast as the cluster can, and print latencies
    Bench(bench::Args),
}

/// How recent a value must be.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Shows {
    /// All that was answered before
    Linearizable,
    /// All that the leader has committed; less if a deposed one answers. Raft, Totem: as linearizable
    Synced,
    /// All that the asked node has executed, however old that is
    Local,
}

impl From<Shows> for Consistency {
    fn from(shows: Shows) -> Self {
        match shows {
            Shows::Linearizable => Consistency::Linearizable,
            Shows::Synced => Consistency::Synced,
            Shows::Local => Consistency::Local,
        }
    }
}

/// Asks, and prints the answer.
pub fn run(args: &Args) -> Result<ExitCode> {
    let config = ClusterConfig::read(&args.config)?;
    let limit = Duration::from_millis(args.timeout_ms);
    let link = Link::new(config.cluster, config.nodes.clone())?;
    let mut link = link.with_key(config.client_key()?);
    let operation = match args.verb.clone() {
        Verb::Put { key, value } => Operation::Put { key, value },
        Verb::Get { key, consistency } => Operation::Get {
            key,
            consistency: consistency.into(),
        },
        Verb::Delete { key } => Operation::Delete { key },
        Verb::Cas { key, value, expect } => Operation::Cas {
            key,
            expected: expect,
            value,
        },
        Verb::Bench(load) => return bench::run(&load, &config, limit, args.json),
        Verb::Status => {
            let generation = config.protocol.generation();
            return status(generation, &mut link, limit, args.json);
        }
    };
    let told = match link.execute(operation, limit) {
        Ok(answer) => CliAnswer::from(answer),
        Err(error @ LinkError::Unknown(_)) => CliAnswer::new(UNKNOWN, "unknown", error.to_string()),
        Err(error @ LinkError::Port(PortError::TooLarge { .. })) => {
            CliAnswer::new(FAILED, "refused", error.to_string())
        }
        Err(error) => return Err(error.into()),
    };
    if told.code == UNKNOWN && !args.json {
        hint(&link);
    }
    if args.json {
        say!("{}", json!({"result": told.result, "value": told.value}));
    }
    match (told.code, args.json) {
        (0, false) => say!("{}", told.text),
        (code, _) if code != 0 => complain(told.text),
        _ => {}
    }
    Ok(ExitCode::from(told.code))
}

/// Nodes do not answer to a key that is not theirs, and only their logs tell that from a node that is down.
fn hint(link: &Link) {
    if link.is_unanswered() {
        complain(
            "no node has answered to client.key: is it a key of this cluster, and do nodes run?",
        );
    }
}

/// An answer, as it is told.
struct CliAnswer {
    code: u8,
    result: &'static str,
    text: String,
    value: Value,
}

impl CliAnswer {
    fn new(code: u8, result: &'static str, text: impl Into<String>) -> Self {
        CliAnswer {
            code,
            result,
            text: text.into(),
            value: Value::Null,
        }
    }

    fn with_value(self, value: Option<String>) -> Self {
        CliAnswer {
            value: value.into(),
            ..self
        }
    }
}

impl From<Answer> for CliAnswer {
    fn from(answer: Answer) -> Self {
        let outcome = match answer {
            Answer::Done(outcome) | Answer::Read(outcome) => outcome,
            Answer::TooLarge { found, limit } => {
                let text = format!("request has {found} bytes, expected at most {limit}");
                return CliAnswer::new(FAILED, "refused", text);
            }
            Answer::Expired => {
                let text = "the cluster no longer remembers this client, so whether the request was \
                     executed is unknown; read the value before you ask again";
                return CliAnswer::new(UNKNOWN, "unknown", text);
            }
            Answer::Elsewhere { .. } => {
                let text = "the answer does not fit the request";
                return CliAnswer::new(UNKNOWN, "unknown", text);
            }
        };
        match outcome {
            Outcome::Stored => CliAnswer::new(0, "stored", "stored"),
            Outcome::Found(Some(value)) => {
                CliAnswer::new(0, "found", value.clone()).with_value(Some(value))
            }
            Outcome::Found(None) => CliAnswer::new(FAILED, "missing", "no such key"),
            Outcome::Deleted(true) => CliAnswer::new(0, "deleted", "deleted"),
            Outcome::Deleted(false) => CliAnswer::new(FAILED, "missing", "no such key"),
            Outcome::Mismatch(found) => {
                let text = match &found {
                    Some(value) => format!("not swapped, the value is {value:?}"),
                    None => "not swapped, there is no such key".to_owned(),
                };
                CliAnswer::new(FAILED, "mismatch", text).with_value(found)
            }
        }
    }
}

/// Fails if no majority serves; whether one does is unknown if no node answers.
fn status(generation: &str, link: &mut Link, limit: Duration, json: bool) -> Result<ExitCode> {
    let found = link.status(limit.min(LOOK))?;
    if json {
        for (node, status) in found.iter().enumerate() {
            match status {
                Some(status) => say!("{}", status_json(generation, status)?),
                None => say!("{}", json!({"node": node, "role": null})),
            }
        }
    } else {
        say!("{}", status_table(generation, &found));
        for status in found.iter().flatten() {
            say!("node {}: {}", status.node, facts::of(status).join("; "));
        }
    }
    if !json {
        hint(link);
    }
    let is_silent = found.iter().all(Option::is_none);
    Ok(ExitCode::from(match has_quorum(&found) {
        true => 0,
        false if is_silent => UNKNOWN,
        false => FAILED,
    }))
}

/// Whether a majority of the nodes serves in one generation.
pub fn has_quorum(found: &[Option<NodeStatus>]) -> bool {
    let serving = || found.iter().flatten().filter(|status| status.serves);
    serving().any(|status| {
        let alike = serving().filter(|other| other.generation == status.generation);
        is_quorum(alike.count(), found.len())
    })
}

/// The status as a JSON object; its generation by the protocol's word.
fn status_json(generation: &str, status: &NodeStatus) -> serde_json::Result<Value> {
    let mut object = serde_json::to_value(status)?;
    let number = object["generation"].take();
    if let Value::Object(fields) = &mut object {
        fields.remove("generation");
        fields.insert(generation.to_owned(), number);
    }
    Ok(object)
}

fn status_table(generation: &str, found: &[Option<NodeStatus>]) -> Table {
    let mut table = table([
        "node", "role", generation, "leader", "commit", "last", "applied", "keys", "rejected",
    ]);
    for (node, status) in found.iter().enumerate() {
        table.add_row(match status {
            Some(status) => status_row(status),
            None => vec![node.to_string(), "no answer".to_owned()],
        });
    }
    table
}

fn status_row(status: &NodeStatus) -> Vec<String> {
    let rejected = status.rejected.iter().filter(|(_, count)| **count != 0);
    let rejected: Vec<String> = rejected
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    let numbers = [status.commit, status.last, status.applied];
    let mut row = vec![
        status.node.to_string(),
        status.role.clone(),
        status.generation.to_string(),
        status
            .leader
            .map_or("-".to_owned(), |leader| leader.to_string()),
    ];
    row.extend(numbers.map(|number| number.to_string()));
    row.push(status.keys.to_string());
    row.push(match rejected.is_empty() {
        true => "-".to_owned(),
        false => rejected.join(", "),
    });
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_is_forgotten_is_told_what_to_do_next() {
        let told = CliAnswer::from(Answer::Expired);
        let next =
            "whether the request was executed is unknown; read the value before you ask again";
        assert!(told.code == UNKNOWN && told.text.ends_with(next));
    }
}

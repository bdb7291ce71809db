//! The text format of Prometheus, 0.0.4: of each metric what it means, its type, and its samples.

use crate::commands::client::has_quorum;
use quorate::request::{FollowerStatus, NodeStatus};
use std::fmt::{Display, Write};

/// The page that Prometheus reads.
#[derive(Debug)]
pub struct Page(pub String);

/// A number of each node, if it has it, and what it is.
struct Metric {
    name: &'static str,
    kind: &'static str,
    about: &'static str,
    number: fn(&NodeStatus) -> Option<f64>,
}

const fn gauge(
    name: &'static str,
    about: &'static str,
    number: fn(&NodeStatus) -> Option<f64>,
) -> Metric {
    Metric {
        name,
        kind: "gauge",
        about,
        number,
    }
}

const fn counter(
    name: &'static str,
    about: &'static str,
    number: fn(&NodeStatus) -> Option<f64>,
) -> Metric {
    Metric {
        kind: "counter",
        ..gauge(name, about, number)
    }
}

/// What each node that answers tells.
const METRICS: &[Metric] = &[
    gauge(
        "quorate_serves",
        "Whether the node belongs to those that serve clients, as far as it knows.",
        |it| Some(f64::from(u8::from(it.serves))),
    ),
    gauge(
        "quorate_commit_position",
        "Positions known to be committed.",
        |it| Some(it.commit as f64),
    ),
    gauge(
        "quorate_last_position",
        "Positions held, committed or not.",
        |it| Some(it.last as f64),
    ),
    gauge(
        "quorate_applied_position",
        "Deliveries applied to the store.",
        |it| Some(it.applied as f64),
    ),
    gauge("quorate_keys", "Keys in the store.", |it| {
        Some(it.keys as f64)
    }),
    gauge("quorate_journal_bytes", "Bytes of the journal.", |it| {
        Some(it.journal.as_ref()?.bytes as f64)
    }),
    gauge(
        "quorate_journal_last_sync_ago_seconds",
        "Seconds since the last sync of the journal.",
        |it| Some(it.journal.as_ref()?.last_sync.as_ref()?.ago_ms as f64 / 1e3),
    ),
    gauge(
        "quorate_journal_last_sync_took_seconds",
        "Seconds that the last sync of the journal took, with the write before it.",
        |it| Some(it.journal.as_ref()?.last_sync.as_ref()?.took_us as f64 / 1e6),
    ),
    gauge(
        "quorate_uptime_seconds",
        "Seconds since the node has started.",
        |it| Some(it.uptime_s as f64),
    ),
    counter(
        "quorate_journal_syncs_total",
        "Syncs of the journal.",
        |it| Some(it.journal.as_ref()?.syncs as f64),
    ),
    counter(
        "quorate_doorbells_total",
        "Rings of the node's doorbell.",
        |it| Some(it.doorbells as f64),
    ),
    counter(
        "quorate_datagrams_heard_total",
        "Datagrams that have come to the node, rings of its doorbell among them.",
        |it| Some(it.datagrams.heard as f64),
    ),
    counter(
        "quorate_datagrams_sent_total",
        "Datagrams that the node has sent, but for rings of its doorbell by its clock and its disk.",
        |it| Some(it.datagrams.sent as f64),
    ),
];

/// A number of each follower that a leader has heard, and what it is.
type OfFollower = (&'static str, &'static str, fn(&FollowerStatus) -> u64);

const OF_FOLLOWERS: &[OfFollower] = &[
    (
        "quorate_follower_acknowledged_position",
        "Positions on the follower's disk, as its leader has heard.",
        |it| it.acknowledged,
    ),
    (
        "quorate_follower_missing_positions",
        "Positions of the leader that the follower has not acknowledged.",
        |it| it.missing,
    ),
];

/// The page, given the protocol's word for a generation and what each node has answered, if it has.
pub fn page(generation: &str, found: &[Option<NodeStatus>]) -> Page {
    let mut page = Page(String::new());
    let about = format!("Whether a majority of the nodes serves in one {generation}.");
    page.head("quorate_quorum", "gauge", &about);
    page.sample("quorate_quorum", &[], u64::from(has_quorum(found)));
    page.head("quorate_up", "gauge", "Whether the node answers.");
    for (node, status) in found.iter().enumerate() {
        page.sample(
            "quorate_up",
            &[("node", &node)],
            u64::from(status.is_some()),
        );
    }
    let nodes = || found.iter().flatten();
    page.head("quorate_role", "gauge", "The role of the node, which is 1.");
    for status in nodes() {
        let labels: [(&str, &dyn Display); 2] = [("node", &status.node), ("role", &status.role)];
        page.sample("quorate_role", &labels, 1);
    }
    let name = format!("quorate_{generation}");
    page.head(&name, "gauge", &format!("The {generation} of the node."));
    for status in nodes() {
        page.sample(&name, &[("node", &status.node)], status.generation);
    }
    for metric in METRICS {
        page.head(metric.name, metric.kind, metric.about);
        for status in nodes() {
            if let Some(number) = (metric.number)(status) {
                page.sample(metric.name, &[("node", &status.node)], number);
            }
        }
    }
    page.followers(nodes());
    let name = "quorate_rejected_datagrams_total";
    page.head(name, "counter", "Datagrams rejected, by reason.");
    for status in nodes() {
        for (reason, count) in &status.rejected {
            let labels: [(&str, &dyn Display); 2] = [("node", &status.node), ("reason", reason)];
            page.sample(name, &labels, *count);
        }
    }
    page
}

impl Page {
    fn head(&mut self, name: &str, kind: &str, about: &str) {
        self.line(format_args!("# HELP {name} {about}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    fn followers<'a>(&mut self, nodes: impl Iterator<Item = &'a NodeStatus> + Clone) {
        for (name, about, number) in OF_FOLLOWERS {
            self.head(name, "gauge", about);
            for status in nodes.clone() {
                for (follower, progress) in &status.followers {
                    let labels: [(&str, &dyn Display); 2] =
                        [("node", &status.node), ("follower", follower)];
                    if let Some(progress) = progress {
                        self.sample(name, &labels, number(progress));
                    }
                }
            }
        }
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &dyn Display)], number: impl Display) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(label, value)| format!("{label}=\"{}\"", escaped(&value.to_string())))
            .collect();
        match labels.is_empty() {
            true => self.line(format_args!("{name} {number}")),
            false => self.line(format_args!("{name}{{{}}} {number}", labels.join(","))),
        }
    }

    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{text}").expect("a string takes any text");
    }
}

/// The value of a label.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::request::{DatagramStatus, JournalStatus, SyncStatus};

    fn status(node: usize) -> NodeStatus {
        let progress = FollowerStatus {
            acknowledged: 3,
            missing: 1,
        };
        NodeStatus {
            node,
            pid: 1234,
            role: "leader".to_owned(),
            generation: 7,
            leader: Some(node),
            serves: true,
            commit: 3,
            last: 4,
            applied: 3,
            followers: [(1, Some(progress)), (3, None)].into(),
            details: [].into(),
            keys: 2,
            journal: Some(JournalStatus {
                bytes: 4608,
                syncs: 3,
                last_sync: Some(SyncStatus {
                    ago_ms: 20,
                    took_us: 3400,
                }),
            }),
            uptime_s: 60,
            doorbells: 5,
            datagrams: DatagramStatus {
                heard: 40,
                sent: 30,
            },
            rejected: [("other \"list\"\n".to_owned(), 9)].into(),
        }
    }

    #[test]
    fn each_sample_follows_its_type() {
        let Page(text) = page("term", &[Some(status(0)), None, Some(status(2))]);
        let mut described = "";
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                described = rest.split(' ').next().unwrap();
            } else if !line.starts_with('#') {
                let name = line.split(['{', ' ']).next().unwrap();
                assert_eq!(name, described, "{line}");
            }
        }
    }

    #[test]
    fn a_node_that_is_silent_is_down_and_tells_nothing_else() {
        let Page(text) = page("term", &[Some(status(0)), None, Some(status(2))]);
        let of_1: Vec<&str> = text
            .lines()
            .filter(|line| line.contains("node=\"1\""))
            .collect();
        assert_eq!(of_1, ["quorate_up{node=\"1\"} 0"]);
        assert!(text.contains("\nquorate_quorum 1\n"), "{text}");
        let Page(text) = page("term", &[Some(status(0)), None, None]);
        assert!(text.contains("\nquorate_quorum 0\n"), "{text}");
    }

    #[test]
    fn a_journal_and_the_followers_that_were_heard_are_told() {
        let Page(text) = page("term", &[Some(status(0))]);
        for line in [
            "quorate_journal_bytes{node=\"0\"} 4608",
            "quorate_journal_syncs_total{node=\"0\"} 3",
            "quorate_datagrams_heard_total{node=\"0\"} 40",
            "quorate_datagrams_sent_total{node=\"0\"} 30",
            "quorate_journal_last_sync_ago_seconds{node=\"0\"} 0.02",
            "quorate_journal_last_sync_took_seconds{node=\"0\"} 0.0034",
            "quorate_follower_acknowledged_position{node=\"0\",follower=\"1\"} 3",
            "quorate_follower_missing_positions{node=\"0\",follower=\"1\"} 1",
        ] {
            assert!(text.lines().any(|it| it == line), "{line}: {text}");
        }
        assert!(!text.contains("follower=\"3\""), "{text}");
    }

    #[test]
    fn a_label_is_escaped() {
        let Page(text) = page("term", &[Some(status(0))]);
        let line = r#"quorate_rejected_datagrams_total{node="0",reason="other \"list\"\n"} 9"#;
        assert!(text.lines().any(|it| it == line), "{text}");
    }
}

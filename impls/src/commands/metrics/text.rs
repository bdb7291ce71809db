//! The text format of Prometheus, 0.0.4: of each metric what it means, its type, and its samples.

use crate::commands::client::has_quorum;
use quorate::request::NodeStatus;
use std::fmt::{Display, Write};

/// The page that Prometheus reads.
#[derive(Debug)]
pub struct Page(pub String);

/// A number of each node, and what it is.
type Metric = (
    &'static str,
    &'static str,
    &'static str,
    fn(&NodeStatus) -> u64,
);

/// What each node that answers tells.
const METRICS: &[Metric] = &[
    (
        "quorate_serves",
        "gauge",
        "Whether the node belongs to those that serve clients, as far as it knows.",
        |it| u64::from(it.serves),
    ),
    (
        "quorate_generation",
        "gauge",
        "Raft's term, ZAB's epoch, the number of Totem's ring.",
        |it| it.term,
    ),
    (
        "quorate_committed_position",
        "gauge",
        "Positions known to be committed.",
        |it| it.commit,
    ),
    (
        "quorate_last_position",
        "gauge",
        "Positions held, committed or not.",
        |it| it.last,
    ),
    (
        "quorate_applied_position",
        "gauge",
        "Deliveries applied to the store.",
        |it| it.applied,
    ),
    ("quorate_keys", "gauge", "Keys in the store.", |it| {
        it.keys as u64
    }),
    (
        "quorate_uptime_seconds",
        "gauge",
        "Seconds since the node has started.",
        |it| it.uptime_s,
    ),
    (
        "quorate_doorbells_total",
        "counter",
        "Rings of the node's doorbell.",
        |it| it.doorbells,
    ),
];

/// The page, given what each node has answered, if it has.
pub fn page(found: &[Option<NodeStatus>]) -> Page {
    let mut page = Page(String::new());
    let about = "Whether a majority of the nodes serves in one generation.";
    page.head("quorate_quorum", "gauge", about);
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
    for (name, kind, about, number) in METRICS {
        page.head(name, kind, about);
        for status in nodes() {
            page.sample(name, &[("node", &status.node)], number(status));
        }
    }
    let name = "quorate_rejected_datagrams_total";
    page.head(name, "counter", "Datagrams rejected, by reason.");
    for status in nodes() {
        for (reason, count) in &status.rejects {
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

    fn sample(&mut self, name: &str, labels: &[(&str, &dyn Display)], number: u64) {
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

    fn status(node: usize) -> NodeStatus {
        NodeStatus {
            node,
            role: "leader".to_owned(),
            term: 7,
            leader: Some(node),
            serves: true,
            commit: 3,
            last: 4,
            applied: 3,
            details: [].into(),
            keys: 2,
            uptime_s: 60,
            doorbells: 5,
            rejects: [("other \"list\"\n".to_owned(), 9)].into(),
        }
    }

    #[test]
    fn each_sample_follows_its_type() {
        let Page(text) = page(&[Some(status(0)), None, Some(status(2))]);
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
        let Page(text) = page(&[Some(status(0)), None, Some(status(2))]);
        let of_1: Vec<&str> = text
            .lines()
            .filter(|line| line.contains("node=\"1\""))
            .collect();
        assert_eq!(of_1, ["quorate_up{node=\"1\"} 0"]);
        assert!(text.contains("\nquorate_quorum 1\n"), "{text}");
        let Page(text) = page(&[Some(status(0)), None, None]);
        assert!(text.contains("\nquorate_quorum 0\n"), "{text}");
    }

    #[test]
    fn a_label_is_escaped() {
        let Page(text) = page(&[Some(status(0))]);
        let line = r#"quorate_rejected_datagrams_total{node="0",reason="other \"list\"\n"} 9"#;
        assert!(text.lines().any(|it| it == line), "{text}");
    }
}

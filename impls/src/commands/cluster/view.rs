//! What is seen of a cluster: one line for each node, no wider than the terminal.

use console::Term;
use quorate::request::NodeStatus;
use std::io::{self, Write};
use std::process::ExitStatus;

/// Columns of a terminal that does not tell them.
const WIDTH: usize = 80;

/// How a node is.
#[derive(Clone, Debug)]
pub enum Node {
    /// It answers.
    Answers(Box<NodeStatus>),
    /// This process is it, and does not answer.
    Silent(u32),
    /// No process is it any more. How the last one has ended, where that is known.
    Down(Option<ExitStatus>),
}

impl Node {
    fn answer(&self) -> Option<&NodeStatus> {
        match self {
            Node::Answers(status) => Some(status),
            _ => None,
        }
    }
}

/// A line for each node. Where it would be too wide, columns are left out from the right, whole, so that no
/// number is taken for a smaller one.
pub fn lines(nodes: &[Node], generation: &str, width: Option<usize>) -> Vec<String> {
    let missing = |id| missing(id, nodes);
    let line = |(id, node)| fitted(&columns(id, node, generation, missing(id)), width);
    nodes.iter().enumerate().map(line).collect()
}

fn columns(id: usize, node: &Node, generation: &str, missing: String) -> Vec<String> {
    let pid = match node {
        Node::Answers(status) => status.pid.to_string(),
        Node::Silent(pid) => pid.to_string(),
        Node::Down(_) => "-".to_owned(),
    };
    let mut columns = vec![format!("node {id} "), format!("pid {pid:<7}")];
    columns.extend(match node {
        Node::Answers(status) => vec![
            format!("{:<9}", status.role),
            format!("{generation} {:<3}", status.generation),
            format!("commit {:<7}", status.commit),
            format!("missing {missing:<7}"),
            format!("keys {}", status.keys),
        ],
        Node::Silent(_) => vec!["no answer".to_owned()],
        Node::Down(None) => vec!["down".to_owned()],
        Node::Down(Some(exit)) => vec!["down".to_owned(), format!("({exit})")],
    });
    columns
}

/// As many of the columns as there is room for; of the first one, what there is room for.
fn fitted(columns: &[String], width: Option<usize>) -> String {
    let line = |count: usize| columns[..count].join(" ").trim_end().to_owned();
    let width = width.unwrap_or(usize::MAX);
    let fits = |count: &usize| line(*count).chars().count() <= width;
    let count = (1..=columns.len()).rev().find(fits).unwrap_or(1);
    line(count).chars().take(width).collect()
}

/// The positions that a node is known to lack of those of its leader, where there is one.
fn missing(id: usize, nodes: &[Node]) -> String {
    let answers = nodes.iter().filter_map(Node::answer);
    let leaders = answers.filter(|it| !it.followers.is_empty());
    let missing = match leaders.max_by_key(|it| it.generation) {
        Some(leader) if leader.node == id => Some(0),
        Some(leader) => {
            let progress = leader.followers.get(&id).and_then(Option::as_ref);
            progress.map(|it| it.missing)
        }
        None => None,
    };
    missing.map_or("-".to_owned(), |missing| missing.to_string())
}

/// Standard output, with the lines that are shown last and may change.
#[derive(Debug)]
pub struct Screen {
    terminal: Term,
    shown: Vec<String>,
}

impl Screen {
    /// One on which nothing is shown yet.
    pub fn new() -> Self {
        Screen {
            terminal: Term::stdout(),
            shown: Vec::new(),
        }
    }

    /// The columns that there are now, where it is a terminal.
    pub fn width(&self) -> Option<usize> {
        let size = self.terminal.size_checked();
        let columns = size.map_or(WIDTH, |(_, columns)| columns.into());
        self.terminal.is_term().then_some(columns)
    }

    /// Shows lines that stay, and below them those in the place of the ones shown before. Where that fails,
    /// nobody looks; the nodes run on.
    pub fn show(&mut self, stay: &[String], lines: Vec<String>) {
        let text = match self.terminal.is_term() {
            true => over(self.shown.len(), stay, &lines),
            false => changed(&self.shown, stay, &lines),
        };
        let mut out = io::stdout().lock();
        _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        self.shown = lines;
    }
}

/// What a terminal is sent: it goes up by so many lines, and clears them.
fn over(shown: usize, stay: &[String], lines: &[String]) -> String {
    let up = match shown {
        0 => String::new(),
        _ => format!("\x1b[{shown}A\x1b[J"),
    };
    up + &text(stay.iter().chain(lines))
}

/// What a pipe is sent: the lines that are new.
fn changed(shown: &[String], stay: &[String], lines: &[String]) -> String {
    let is_new = |(id, line): &(usize, &String)| shown.get(*id) != Some(*line);
    let new = lines
        .iter()
        .enumerate()
        .filter(is_new)
        .map(|(_, line)| line);
    text(stay.iter().chain(new))
}

fn text<'a>(lines: impl Iterator<Item = &'a String>) -> String {
    lines.map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::request::{DatagramStatus, FollowerStatus};
    use std::os::unix::process::ExitStatusExt;

    /// A node whose numbers are as long as they can be.
    fn huge(node: usize) -> NodeStatus {
        let progress = FollowerStatus {
            acknowledged: u64::MAX,
            missing: u64::MAX,
        };
        NodeStatus {
            node,
            pid: u32::MAX,
            role: "synchronizing".to_owned(),
            generation: u64::MAX,
            leader: None,
            serves: true,
            commit: u64::MAX,
            last: u64::MAX,
            applied: u64::MAX,
            followers: [(1, Some(progress))].into(),
            details: [].into(),
            keys: usize::MAX,
            journal: None,
            uptime_s: u64::MAX,
            doorbells: u64::MAX,
            datagrams: DatagramStatus {
                heard: u64::MAX,
                sent: u64::MAX,
            },
            rejected: [].into(),
        }
    }

    fn seen(width: Option<usize>) -> Vec<String> {
        let mut follower = huge(1);
        follower.followers.clear();
        let killed = ExitStatus::from_raw(9);
        let nodes = [
            Node::Answers(huge(0).into()),
            Node::Answers(follower.into()),
            Node::Silent(1234),
            Node::Down(Some(killed)),
            Node::Down(None),
        ];
        lines(&nodes, "epoch", width)
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_no_number_is_cut() {
        let whole = seen(None);
        for width in [1, 20, 40, 80, 200] {
            for (line, whole) in seen(Some(width)).iter().zip(&whole) {
                assert!(line.chars().count() <= width, "{width}: {line}");
                let rest = whole.strip_prefix(line.as_str()).expect("it is the start");
                let is_column = rest.is_empty() || rest.starts_with(' ');
                assert!(is_column || width == 1, "{width}: {line}");
            }
        }
        assert_eq!(seen(Some(200)), whole);
        let row = |width, node: usize| seen(Some(width)).swap_remove(node);
        assert_eq!(row(20, 0), "node 0");
        assert_eq!(row(40, 0), "node 0  pid 4294967295 synchronizing");
        assert_eq!(
            row(80, 1),
            "node 1  pid 4294967295 synchronizing epoch 18446744073709551615"
        );
        let all = "commit 18446744073709551615 missing 18446744073709551615 keys ";
        assert!(row(200, 1).contains(all), "{whole:?}");
    }

    #[test]
    fn a_process_is_named_that_is_there() {
        let [.., silent, killed, ended] = &seen(None)[..] else {
            unreachable!("there are five")
        };
        assert_eq!(silent, "node 2  pid 1234    no answer");
        assert_eq!(killed, "node 3  pid -       down (signal: 9 (SIGKILL))");
        assert_eq!(ended, "node 4  pid -       down");
    }

    #[test]
    fn a_terminal_writes_over_what_may_change_and_a_pipe_tells_what_is_new() {
        let of = |lines: &[&str]| lines.iter().map(|&it| it.to_owned()).collect::<Vec<_>>();
        let (shown, lines) = (of(&["a", "b"]), of(&["a", "c"]));
        assert_eq!(over(0, &[], &shown), "a\nb\n");
        assert_eq!(over(2, &of(&["told"]), &lines), "\x1b[2A\x1b[Jtold\na\nc\n");
        assert_eq!(changed(&[], &[], &shown), "a\nb\n");
        assert_eq!(changed(&shown, &of(&["told"]), &lines), "told\nc\n");
    }
}

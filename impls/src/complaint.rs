//! Standard error, which may go away at any time.

use console::Term;
use std::fmt::Display;
use std::io::{Write, stderr};
use textwrap::{Options, WordSplitter};

/// How every complaint begins.
const START: &str = "quorate: ";

/// Columns where there is no terminal that has its own number.
const WIDTH: usize = 80;

/// Prints a sentence that begins with the name of this program, as wide as the terminal at most. One
/// that cannot be printed is lost, and nothing else is: `eprintln!` would panic.
pub fn complain(text: impl Display) {
    let terminal = Term::stderr().size_checked();
    let width = terminal.map_or(WIDTH, |(_, columns)| columns.into());
    let options = Options::new(width)
        .subsequent_indent("  ")
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation);
    let lines = textwrap::fill(&format!("{START}{text}"), options);
    let _ = writeln!(stderr(), "{lines}");
}

/// The last complaint in what a process has printed, as one line, or else the last line.
pub fn last_complaint(printed: &str) -> String {
    let lines: Vec<&str> = printed.lines().collect();
    let start = lines.iter().rposition(|line| line.starts_with(START));
    let start = start.unwrap_or(lines.len().saturating_sub(1));
    let words = lines[start..]
        .iter()
        .flat_map(|line| line.split_whitespace());
    let text = words.collect::<Vec<_>>().join(" ");
    text.strip_prefix(START).unwrap_or(&text).to_owned()
}

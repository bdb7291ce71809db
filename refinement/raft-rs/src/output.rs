//! Standard output, which may go away at any time.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write, stderr, stdout};
use std::process;

/// The exit code that a shell reports of a process that wrote to a closed pipe.
const PIPE_CLOSED: i32 = 128 + 13;

/// The width of what is printed.
const COLUMNS: usize = 80;

/// Prints a line. If nobody reads any more, the process ends quietly; if it cannot be written, it
/// ends with a message.
pub fn line(text: Arguments<'_>) {
    match writeln!(stdout(), "{text}") {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => process::exit(PIPE_CLOSED),
        Err(error) => {
            complain(&format!("standard output cannot be written: {error}"));
            process::exit(crate::INTERNAL_ERROR.into());
        }
    }
}

/// Prints a complaint. If nobody reads it, nothing can be done about that.
pub fn complain(text: &str) {
    _ = writeln!(stderr(), "error: {text}");
}

/// A number with its digits in groups of three.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups: Vec<String> = groups
        .map(|it| String::from_utf8_lossy(it).into_owned())
        .collect();
    groups.join(",")
}

/// A paragraph, broken into lines that begin with an indent.
pub fn paragraph(text: &str, indent: &str) -> String {
    let options = textwrap::Options::new(COLUMNS)
        .initial_indent(indent)
        .subsequent_indent(indent)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::fill(text, options)
}

/// Prints a line as [`line`] does, formatted as `println!` does.
macro_rules! say {
    () => { $crate::output::line(format_args!("")) };
    ($($text:tt)*) => { $crate::output::line(format_args!($($text)*)) };
}

pub(crate) use say;

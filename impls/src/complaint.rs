//! Standard error, which may go away at any time.

use std::fmt::Display;
use std::io::{Write, stderr};

/// Prints a line that begins with the name of this program. A line that cannot be printed is lost,
/// and nothing else is: `eprintln!` would panic.
pub fn complain(text: impl Display) {
    let _ = writeln!(stderr(), "quorate: {text}");
}

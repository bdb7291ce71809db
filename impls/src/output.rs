//! Standard output, which may go away at any time.

use quorate::complaint::complain;
use std::fmt::Arguments;
use std::io::{ErrorKind, Write, stdout};
use std::process;

/// The exit code that a shell reports of a process that wrote to a closed pipe.
const PIPE_CLOSED: i32 = 128 + 13;

/// Prints a line. If nobody reads any more, the process ends quietly; if it cannot be written, it
/// ends with a message.
pub fn line(text: Arguments<'_>) {
    match writeln!(stdout(), "{text}") {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => process::exit(PIPE_CLOSED),
        Err(error) => {
            complain(format_args!("standard output cannot be written: {error}"));
            process::exit(crate::INTERNAL_ERROR.into());
        }
    }
}

/// Prints a line as [`line`] does, formatted as `println!` does.
macro_rules! say {
    () => { $crate::output::line(format_args!("")) };
    ($($text:tt)*) => { $crate::output::line(format_args!($($text)*)) };
}

pub(crate) use say;

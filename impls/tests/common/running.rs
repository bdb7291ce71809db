//! A `quorate cluster` that runs.

#![allow(dead_code, reason = "each test uses its part")]

use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

/// It is killed when this is dropped.
pub struct Running {
    process: Child,
    lines: Option<Lines<BufReader<ChildStdout>>>,
    /// What it has printed, as far as that was read.
    pub printed: Vec<String>,
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Running {
            process,
            lines: Some(lines),
            printed: Vec::new(),
        }
    }

    /// Waits until it has introduced itself: each node answers then. Lines of nodes before that are of nodes
    /// that may still load.
    pub fn is_up(&mut self) {
        self.line(|line| line == "Ctrl-C ends all nodes.");
    }

    /// Waits for such a line, and gives it.
    pub fn line(&mut self, is_it: impl Fn(&str) -> bool) -> String {
        let lines = self.lines.as_mut().expect("its output is open");
        for line in lines.map(Result::unwrap) {
            self.printed.push(line.clone());
            if is_it(&line) {
                return line;
            }
        }
        panic!("it has ended, and printed {:?}", self.printed)
    }

    /// Nobody reads what it prints any more, which ends nothing.
    pub fn close_output(&mut self) {
        self.lines = None;
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    /// Its exit code, when it has ended. A signal that it does not handle gives none.
    pub fn exit(&mut self) -> Option<i32> {
        self.process.wait().unwrap().code()
    }

    /// Ends it as Ctrl-C does.
    pub fn end(mut self) {
        self.signal(Signal::INT);
        assert_eq!(self.exit(), Some(0));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

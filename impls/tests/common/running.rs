//! A `quorate cluster` that runs.

#![allow(dead_code, reason = "each test uses its part")]

use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use crate::cluster::{PATIENCE, eventually, exited};

/// It is killed when this is dropped.
pub struct Running {
    process: Child,
    /// Its lines, until its output is closed.
    lines: Receiver<String>,
    /// The lines that were read.
    pub printed: Vec<String>,
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap()).lines();
        let (sender, lines) = channel();
        // It ends with the output, or at the next line after nobody reads it any more.
        thread::spawn(move || {
            for line in output.map(Result::unwrap) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Running {
            process,
            lines,
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
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                panic!("no such line: {:?}", self.printed)
            };
            self.printed.push(line.clone());
            if is_it(&line) {
                return line;
            }
        }
    }

    /// Nobody reads its output any more, which ends nothing.
    pub fn close_output(&mut self) {
        self.lines = channel().1;
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    /// Its exit code, when it has ended. A signal that it does not handle gives none.
    pub fn exit(&mut self) -> Option<i32> {
        eventually("it ends", || exited(&mut self.process)).code()
    }

    /// Its standard error, where that is piped, when it has ended.
    pub fn complaints(&mut self) -> String {
        let mut text = String::new();
        let errors = self.process.stderr.as_mut().expect("it is piped");
        errors.read_to_string(&mut text).unwrap();
        text
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

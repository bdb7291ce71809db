//! A protocol of its own in this workspace's mould: `cargo run -p quorate --example primary`.
//!
//! [`log`] is the protocol. [`checked`] says what is checked of it. [`example::run`] searches its finite
//! systems, finds its mutants, follows its scripts, and has three nodes serve a client on UDP.

mod checked;
mod log;

use checked::Primary;
use log::{Node, Rules};
use quorate::example;
use std::process::ExitCode;

/// The scripts of the example.
const SCRIPTS: &[&str] = &[concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/examples/primary/lost_append.txt"
)];

fn main() -> ExitCode {
    let node = |nodes| Node {
        nodes,
        rules: Rules::default(),
    };
    example::run::<Primary>(node, SCRIPTS)
}

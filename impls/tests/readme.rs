//! The numbers in the sentences of README.md are those of the code. Its tables have a test beside
//! the pinned results.

use quorate::layers::service::SUBMISSION_BYTES_MAX;
use quorate::machine::CLIENTS_MAX;
use quorate_models::catalog::Entry;
use quorate_models::protocol::{Profile, Protocol};
use quorate_models::raft::{Config, Raft};
use quorate_refinement::engine::explorer::UNREDUCED_STATES_MAX;
use quorate_refinement::evidence::pinned;
use std::path::Path;

fn says(sentence: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(file).expect("README.md is readable");
    let words: Vec<&str> = readme.split_whitespace().collect();
    assert!(
        words.join(" ").contains(sentence),
        "README.md does not say: {sentence}"
    );
}

fn grouped(number: usize) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", grouped(number / 1000), number % 1000),
    }
}

fn millions(number: usize) -> String {
    format!("{} million", (number + 500_000) / 1_000_000)
}

/// A small number in a sentence.
fn word(number: usize) -> &'static str {
    ["none", "one", "two", "three", "four", "five", "six"][number]
}

#[test]
fn the_usual_configurations_have_so_many_states() {
    let results = pinned::all().expect("the results are readable");
    let usual = Entry::of(Profile::Usual);
    let states = usual.map(|entry| results[&entry.path()].states).sum();
    says(&format!(
        "to their end, {} states in about",
        millions(states)
    ));
}

#[test]
fn a_broken_reduction_is_given_up_for_so_many_states() {
    says(&format!(
        "without dropping any, up to {} states.",
        millions(UNREDUCED_STATES_MAX)
    ));
}

#[test]
fn nodes_send_further_ahead_than_is_searched() {
    let node = Config::production(3);
    says(&format!(
        "sends up to {} entries a message and {} messages ahead;",
        node.entries_per_message,
        word(node.window)
    ));
    let configurations = Raft::configurations().into_iter();
    let searched = configurations.map(|it| (it.config)().window).max();
    let searched = searched.expect("there are configurations");
    assert!(searched < node.window);
    says(&format!("; searched are at most {} ahead,", word(searched)));
}

#[test]
fn so_many_clients_are_remembered() {
    says(&format!(
        "the last replies of {} clients",
        grouped(CLIENTS_MAX)
    ));
    says(&format!(
        "remembered (up to {} KiB each)",
        SUBMISSION_BYTES_MAX / 1024
    ));
}

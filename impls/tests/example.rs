//! The example is checked, mutated and run. `cargo test` builds it with the tests; with `--test`,
//! `cargo build -p quorate --example primary` comes first.

use std::path::PathBuf;
use std::process::Command;

/// The program of an example. It stands in a folder beside this test.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    let profile = test.ancestors().nth(2).expect("target/PROFILE/deps/TEST");
    profile.join("examples").join(name)
}

#[test]
fn the_example_holds_and_its_nodes_answer() {
    let mut program = Command::new(example("primary"));
    let output = program
        .output()
        .expect("cargo build -p quorate --example primary");
    let shown = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown}{complaint}");
    for line in [
        "  195797 states, 28 steps deep",
        "  855 states, 13 steps deep",
        "  primary/repeats mutant=takes-repeats",
        "lost_append.txt: as expected",
        "three nodes run at",
        "node 0 was killed, and started again",
        "Delete { key: \"city\" }: Done(Deleted(true))",
    ] {
        assert!(shown.contains(line), "{line:?} is not in:\n{shown}");
    }
}

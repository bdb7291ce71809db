//! The example is checked, mutated and run. `cargo test` builds it with the tests; with `--test`,
//! `cargo build -p quorate --example primary` comes first.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The program of an example. It stands in a folder beside this test, and is not older than its sources.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    let profile = test.ancestors().nth(2).expect("target/PROFILE/deps/TEST");
    let program = profile.join("examples").join(name);
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name);
    let sources = fs::read_dir(sources).expect("a folder");
    let sources = sources.map(|file| changed(&file.expect("a file").path()));
    let build =
        format!("missing, or older than its sources: cargo build -p quorate --example {name}");
    assert!(
        program.exists() && sources.max() <= Some(changed(&program)),
        "{build}"
    );
    program
}

fn changed(file: &Path) -> SystemTime {
    let metadata = fs::metadata(file).and_then(|metadata| metadata.modified());
    metadata.expect("a file knows when it was changed")
}

#[test]
fn the_example_holds_and_its_nodes_answer() {
    let mut program = Command::new(example("primary"));
    let output = program.output().expect("the example starts");
    let shown = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown}{complaint}");
    for line in [
        "  195797 states, 28 steps deep",
        "  855 states, 13 steps deep",
        "  15472 states, 18 steps deep",
        "  primary/repeats mutant=takes-repeats",
        "lost_append.txt: as expected",
        "three nodes run at",
        "node 2 was killed, and started again",
        "Delete { key: \"city\" }: Done(Deleted(true))",
    ] {
        assert!(shown.contains(line), "{line:?} is not in:\n{shown}");
    }
}

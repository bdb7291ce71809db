//! A person edits a handler of Raft: `quorate check` finds a violation, or finds that the edited
//! handler does not ignore the messages that the search drops as dead.
//!
//! One copy of the workspace holds every edit; an environment variable says which of them is made.

use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Says which edit is made.
const VARIABLE: &str = "QUORATE_EDIT";

/// The content of a copy of the workspace.
const SOURCES: [&str; 6] = [
    "Cargo.toml",
    "Cargo.lock",
    "models",
    "refinement",
    "impls",
    "benches",
];

/// An expression of a handler that is exchanged.
struct Edit {
    /// The mistake that this makes.
    name: &'static str,
    /// The file below `models/src/raft`.
    file: &'static str,
    /// The expression; it occurs once there.
    find: &'static str,
    /// The expression in its place.
    replace: &'static str,
    /// Where it is found out.
    configuration: &'static str,
    /// Whether a message that was dropped as dead turns out not to be.
    broken: bool,
    /// The claim that is violated, if any is: exit code 1, else 4.
    violated: Option<&'static str>,
}

const EDITS: &[Edit] = &[
    // Messages that are dead to Raft and not to these: without the check of the reduction, everything
    // holds of all but the last.
    Edit {
        name: "refusal-counts-as-vote",
        file: "election.rs",
        find: "!response.granted",
        replace: "false",
        configuration: "raft/election-replies",
        broken: true,
        violated: Some("Refines Voting"),
    },
    Edit {
        name: "votes-of-earlier-terms-count",
        file: "election.rs",
        find: "(self.rules.is_stale_vote)(response.term, state.term())",
        replace: "false",
        configuration: "raft/election",
        broken: true,
        violated: Some("Refines Voting"),
    },
    Edit {
        name: "repeated-vote-counts",
        file: "rules.rs",
        find: "votes.binary_search(&voter)",
        replace: "Err(votes.len())",
        configuration: "raft/vote-counting",
        broken: true,
        violated: Some("Refines Voting"),
    },
    Edit {
        name: "late-acknowledgement-lowers-match",
        file: "rules.rs",
        find: "matched.max(acknowledged)",
        replace: "acknowledged",
        configuration: "raft/pipelining",
        broken: true,
        violated: Some("Nothing Goes Back"),
    },
    Edit {
        name: "late-rejection-moves-next-below-match",
        file: "leader.rs",
        find: "return Row::RejectionIsOld.into()",
        replace: "(Row::RejectionIsOld, prev)",
        configuration: "raft/repeats",
        broken: true,
        violated: Some("Nothing Goes Back"),
    },
    Edit {
        name: "deposed-leader-is-followed",
        file: "follower.rs",
        find: "request.term < state.term()",
        replace: "false",
        configuration: "raft/late-answers",
        broken: true,
        violated: Some("Refines Voting"),
    },
    Edit {
        name: "earlier-request-gets-vote-of-this-term",
        file: "election.rs",
        find: "(Row::CandidateIsStale, false)",
        replace: "(Row::CandidateIsStale, true)",
        configuration: "raft/vote-counting",
        broken: true,
        violated: Some("Durable before Visible"),
    },
    Edit {
        name: "second-vote-in-a-term",
        file: "election.rs",
        find: "(Row::VoteIsGone, false)",
        replace: "(Row::VoteIsGone, true)",
        configuration: "raft/vote-counting",
        broken: true,
        violated: Some("Durable before Visible"),
    },
    Edit {
        name: "vote-makes-anyone-lead",
        file: "election.rs",
        find: "return rows | Row::VoteIsNotNeeded",
        replace: "return rows | self.become_leader(id, state.to_mut(), out)",
        configuration: "raft/vote-counting",
        broken: true,
        violated: Some("Nothing Goes Back"),
    },
    Edit {
        name: "acknowledgements-of-earlier-terms-count",
        file: "leader.rs",
        find: "(self.rules.is_stale_acknowledgement)(response.term, state.term())",
        replace: "matches!(response.result, AppendResult::Rejected { .. })
                && response.term < state.term()",
        configuration: "raft/late-answers",
        broken: true,
        violated: Some("Commit Evidence"),
    },
    Edit {
        name: "rejections-of-earlier-terms-count",
        file: "leader.rs",
        find: "return rows | Row::AnswerIsStale",
        replace: "if matches!(response.result, AppendResult::Accepted { .. }) {
                return rows | Row::AnswerIsStale;
            }",
        configuration: "raft/late-answers",
        broken: true,
        violated: None,
    },
    Edit {
        name: "answer-to-deposed-leader-commits",
        file: "leader.rs",
        find: "return rows | Row::AnswerIsNotNeeded",
        replace: "let last = state.log().last_index();
            state.to_mut().commit_index = last;
            return rows",
        configuration: "raft/repeats",
        broken: true,
        violated: Some("Refines Voting"),
    },
    // Found out in what is searched anyway.
    Edit {
        name: "higher-term-leaves-role-and-vote",
        file: "election.rs",
        find: "self.become_follower(state.to_mut(), term, leader, out)",
        replace: "{
                state.to_mut().persistent.current_term = term;
                Rows::NONE
            }",
        configuration: "raft/election-five",
        broken: false,
        violated: Some("Refines Voting"),
    },
    Edit {
        name: "votes-are-not-saved",
        file: "server.rs",
        find: "(self.rules.writes)(before, after)",
        replace: "if after.log == before.log { Vec::new() } else { vec![after.clone()] }",
        configuration: "raft/vote-counting",
        broken: false,
        violated: Some("Durable before Visible"),
    },
    Edit {
        name: "log-is-never-cut",
        file: "log.rs",
        find: "self.0.truncate(index.0 as usize)",
        replace: "_ = index",
        configuration: "raft/late-answers",
        broken: false,
        violated: Some("Refines Voting"),
    },
    Edit {
        name: "term-of-previous-entry-is-not-compared",
        file: "log.rs",
        find: "self.term_at(id.index) == Some(id.term)",
        replace: "self.term_at(id.index).is_some()",
        configuration: "raft/late-answers",
        broken: false,
        violated: Some("Durable before Visible"),
    },
];

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Copies a file or a folder, and removes what is not there any more. A file that is the same already
/// is left alone, so that cargo builds only what changed.
fn copy(from: &Path, to: &Path, change: &dyn Fn(&Path, String) -> String) {
    if from.is_dir() {
        fs::create_dir_all(to).expect("a folder for the copy");
        for entry in fs::read_dir(to).expect("a folder of the copy") {
            let old = entry.expect("an entry");
            if !from.join(old.file_name()).exists() {
                remove(&old.path());
            }
        }
        for entry in fs::read_dir(from).expect("a folder of the workspace") {
            let name = entry.expect("an entry").file_name();
            if name == "target" {
                continue;
            }
            copy(&from.join(&name), &to.join(&name), change);
        }
        return;
    }
    let text = change(from, read(from));
    if fs::read_to_string(to).ok().as_ref() != Some(&text) {
        fs::write(to, text).expect("the copy can be written");
    }
}

fn remove(path: &Path) {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    removed.expect("what is gone from the workspace goes from the copy");
}

/// The text of a file with each of its edits beside the expression that it replaces.
fn with_edits(path: &Path, mut text: String) -> String {
    let is_here = |edit: &&Edit| path.ends_with(Path::new("models/src/raft").join(edit.file));
    for Edit {
        name,
        find,
        replace,
        ..
    } in EDITS.iter().filter(is_here)
    {
        assert!(
            text.matches(find).count() == 1,
            "edit {name} no longer applies: adapt it in impls/tests/edits.rs, so that `{find}` \
             occurs once in {}",
            path.display()
        );
        let either = format!(
            "(if std::env::var_os({VARIABLE:?}).is_some_and(|it| it == {name:?}) \
             {{ {replace} }} else {{ {find} }})"
        );
        text = text.replace(find, &either);
    }
    if path.ends_with("impls/Cargo.toml") {
        // A name of its own: it must not take the place of the binary that other tests run.
        text += "\n[[bin]]\nname = \"quorate-edits\"\npath = \"src/main.rs\"\n";
    }
    text
}

/// Builds the binary that holds every edit.
fn build() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let target = temporary.parent().expect("a target directory");
    let sources = temporary.join("edits");
    fs::create_dir_all(&sources).expect("a folder for the copy");
    for name in SOURCES {
        copy(&workspace.join(name), &sources.join(name), &with_edits);
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(&sources)
        .args(["build", "-p", "quorate", "--bin", "quorate-edits"])
        .args(["--offline", "--locked"])
        .env("CARGO_TARGET_DIR", target);
    // Another profile than that of the workspace, so that neither takes the other's place there. Optimising
    // takes longer than these small searches.
    for package in ["quorate-models", "quorate-refinement", "quorate"] {
        let quick = format!("profile.dev.package.{package}.opt-level = 0");
        cargo.args(["--config", &quick]);
    }
    let built = cargo.output().expect("cargo runs");
    assert!(
        built.status.success(),
        "an edit does not compile: adapt it in impls/tests/edits.rs\n{}",
        String::from_utf8_lossy(&built.stderr)
    );
    target.join(format!("debug/quorate-edits{EXE_SUFFIX}"))
}

/// The exit code of a check and what it says, without line breaks.
fn check(binary: &Path, configuration: &str, edit: Option<&str>) -> (Option<i32>, String) {
    let output = Command::new(binary)
        .args(["check", configuration])
        .env(VARIABLE, edit.unwrap_or_default())
        .output()
        .expect("the binary runs");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    let words: Vec<_> = said.split_whitespace().collect();
    (output.status.code(), words.join(" "))
}

#[test]
fn every_edit_of_a_handler_is_found_out() {
    let binary = build();
    for configuration in ["raft/vote-counting", "raft/late-answers"] {
        let (code, said) = check(&binary, configuration, None);
        assert_eq!(code, Some(0), "without an edit: {said}");
    }
    let mut survivors = Vec::new();
    for edit in EDITS {
        let Edit {
            name,
            configuration,
            broken,
            violated,
            ..
        } = *edit;
        let (code, said) = check(&binary, configuration, Some(name));
        let is_violated = violated
            .is_none_or(|claim| said.contains(&format!("VIOLATED: {claim} in {configuration}")));
        let is_broken = said.contains(&format!("{configuration}: the reduction is broken"));
        let expected = if violated.is_some() { 1 } else { 4 };
        if (code, is_violated, is_broken) != (Some(expected), true, broken) {
            survivors.push(format!("{name}: exit code {code:?}: {said}"));
        }
    }
    assert!(survivors.is_empty(), "{}", survivors.join("\n\n"));
}

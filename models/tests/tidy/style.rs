//! Files that one can read in one sitting.

use super::sources::{files, read};

const LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 100;
const COMMENT_WIDTH_MAX: usize = 110;
const DOCUMENT_WIDTH_MAX: usize = 120;

/// The sign of a section.
const SIGN: char = '\u{a7}';

/// Fails with the files that break a rule.
fn none(found: Vec<(String, String)>) {
    let found = found
        .iter()
        .map(|(path, mistake)| format!("{path}: {mistake}"));
    let found: Vec<String> = found.collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_file_has_five_hundred_lines_at_most() {
    let counted = files("", ".rs")
        .into_iter()
        .map(|source| (source.text.lines().count(), source));
    let long = counted.filter(|(lines, _)| LINES_MAX < *lines);
    none(
        long.map(|(lines, it)| (it.path, format!("{lines} lines")))
            .collect(),
    );
}

/// Clippy counts the lines of functions; every package asks it to.
#[test]
fn a_function_has_a_hundred_lines_at_most() {
    let has = |path: &str, line: &str| read(path).text.lines().any(|found| found == line);
    assert!(has("Cargo.toml", "too_many_lines = \"warn\""));
    let clippy = read("clippy.toml").text;
    let threshold = clippy
        .lines()
        .find_map(|line| line.strip_prefix("too-many-lines-threshold = "));
    let threshold: usize = threshold.expect("a threshold").parse().expect("a number");
    assert!(threshold <= FUNCTION_LINES_MAX);
    for package in ["models", "refinement", "impls", "benches"] {
        let manifest = read(&format!("{package}/Cargo.toml")).text;
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{package} has lints of its own"
        );
    }
    for source in files("", ".rs") {
        let lint = ["clippy::", "too_many_lines"].concat();
        assert!(
            !source.text.contains(&lint),
            "{} allows long functions",
            source.path
        );
    }
}

/// A table of a manifest, without its header.
fn table<'a>(manifest: &'a str, name: &str) -> Vec<&'a str> {
    let lines = manifest
        .lines()
        .skip_while(|line| *line != format!("[{name}]"));
    let table = lines.skip(1).take_while(|line| !line.is_empty());
    table.collect()
}

/// A package outside the workspace cannot inherit from it.
#[test]
fn what_stands_apart_has_the_lints_and_profiles_of_the_workspace() {
    let [here, apart] = ["Cargo.toml", "refinement/raft-rs/Cargo.toml"].map(read);
    for (name, of_apart) in [
        ("workspace.lints.rust", "lints.rust"),
        ("workspace.lints.clippy", "lints.clippy"),
        ("profile.dev", "profile.dev"),
        ("profile.release", "profile.release"),
    ] {
        let expected = table(&here.text, name);
        assert!(!expected.is_empty(), "{name}");
        assert_eq!(table(&apart.text, of_apart), expected, "{of_apart}");
    }
}

/// The lines that are wider, apart from the rows of tables.
fn wide(ending: &str, max: usize, is_meant: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let mut wide = Vec::new();
    for source in files("", ending) {
        for (line, number) in source.text.lines().zip(1..) {
            let text = line.trim_start().trim_start_matches(['/', '!', ' ']);
            let width = line.chars().count();
            if max < width && is_meant(line.trim_start()) && !text.starts_with('|') {
                wide.push((
                    source.path.clone(),
                    format!("line {number} has {width} characters"),
                ));
            }
        }
    }
    wide
}

#[test]
fn comments_and_documents_are_narrow() {
    none(wide(".rs", COMMENT_WIDTH_MAX, |line| {
        line.starts_with("//")
    }));
    none(wide(".md", DOCUMENT_WIDTH_MAX, |_| true));
}

#[test]
fn a_module_stands_beside_its_folder() {
    for source in files("", ".rs") {
        let is_inside = source.path.ends_with(&["/mod", ".rs"].concat());
        assert!(
            !is_inside,
            "{} should be named as its folder, and stand beside it",
            source.path
        );
    }
}

/// The work, the sign, the number: see `a_reference_names_its_work`. A list names its work once.
#[test]
fn references_have_one_grammar() {
    let mut mistakes = Vec::new();
    for source in files("", ".rs").into_iter().chain(files("", ".md")) {
        let text = joined(&source.text);
        for (at, _) in text.match_indices(SIGN) {
            let (before, after) = (&text[..at], &text[at + SIGN.len_utf8()..]);
            let number = after
                .split(|c: char| !c.is_alphanumeric() && c != '.')
                .next();
            let number = number.unwrap_or_default().trim_end_matches('.');
            let is_numbered = !number.is_empty() && number.split('.').all(is_section);
            if !is_numbered || !is_named(before) {
                let from = before
                    .char_indices()
                    .rev()
                    .nth(20)
                    .map_or(0, |(from, _)| from);
                let end = after
                    .char_indices()
                    .nth(10)
                    .map_or(after.len(), |(end, _)| end);
                mistakes.push(format!(
                    "{}: `{}{SIGN}{}`",
                    source.path,
                    &before[from..],
                    &after[..end]
                ));
            }
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

/// A text whose sentences are not parted by the ends and beginnings of its lines.
fn joined(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| line.trim_start().trim_start_matches(['/', '!', ' ']));
    lines.collect::<Vec<_>>().join(" ")
}

fn is_section(part: &str) -> bool {
    !part.is_empty() && (part.bytes().all(|b| b.is_ascii_digit()) || part == "n")
}

/// Whether a work is named before the sign of a section, or another place in it.
fn is_named(before: &str) -> bool {
    let works = [
        "Raft ",
        "Raft thesis ",
        "Paxos Made Simple ",
        "Zab ",
        "Totem ",
    ];
    let lists = [", ", " and "];
    if works.iter().any(|work| before.ends_with(work)) {
        return true;
    }
    let list = lists.iter().find_map(|list| before.strip_suffix(list));
    let last = list.and_then(|before| before.rsplit([';', '|', '(']).next());
    last.is_some_and(|last| last.contains(SIGN) || last.contains("Fig. "))
}

#[test]
fn a_reference_names_its_work() {
    for sound in [
        "Raft ",
        "Raft thesis ",
        "Raft \u{a7}5.3, ",
        "after Raft \u{a7}5.3 and ",
        "Raft Fig. 2, ",
    ] {
        assert!(is_named(sound), "{sound}");
    }
    for wrong in ["", "see ", "thesis ", "Ongaro ", "of ", "Raft \u{a7}5.3; "] {
        assert!(!is_named(wrong), "{wrong}");
    }
}

//! The documents for readers: their length, and what they name.

use super::sources::{read, root};

/// Documents in which every path is one from the root of the workspace.
const DOCUMENTS: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "RESULTS.md",
];

const ARCHITECTURE_LINES_MAX: usize = 150;

/// Three screens of fifty lines.
const README_LINES_MAX: usize = 150;
const README_COLUMNS: usize = 100;

/// The words of a text in code marks, but not those in blocks of code.
fn quoted(text: &str) -> Vec<&str> {
    let prose = text.split("```").step_by(2);
    let quoted = prose.flat_map(|prose| prose.split('`').skip(1).step_by(2));
    quoted.collect()
}

/// Whether a quotation is the path of a file or a folder of the workspace, and no pattern.
fn is_path(quoted: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let packages = ["models/", "refinement/", "impls/", "benches/"];
    let is_named = !quoted.contains("NAME");
    is_named && quoted.chars().all(is_plain) && packages.iter().any(|it| quoted.starts_with(it))
}

#[test]
fn what_documents_name_is_there() {
    let mut paths = 0;
    for document in DOCUMENTS {
        let text = read(document).text;
        for path in quoted(&text).into_iter().filter(|it| is_path(it)) {
            assert!(root().join(path).exists(), "{document} names {path}");
            paths += 1;
        }
    }
    assert!(30 < paths);
}

/// A row of the table of what is absent names a file and the test in it.
#[test]
fn what_is_absent_is_kept_by_a_test() {
    let text = read("ARCHITECTURE.md").text;
    let (_, table) = text
        .split_once("| absent | kept by |\n")
        .expect("the table");
    let rows = table
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with('|'));
    let mut kept = 0;
    for row in rows {
        let (file, test) = match quoted(row).as_slice() {
            [.., file, test] => (*file, *test),
            _ => panic!("{row} names no file and no test"),
        };
        let test_starts = format!("fn {test}(");
        assert!(
            read(file).text.contains(&test_starts),
            "{file} has no {test}"
        );
        kept += 1;
    }
    assert!(0 < kept);
}

/// The explorer keeps state rows; a transition table has table rows.
#[test]
fn a_row_is_a_states_or_a_tables() {
    let text = read("ARCHITECTURE.md").text.to_lowercase();
    let is_between = |c: char| !c.is_alphanumeric() && c != '_';
    let words: Vec<&str> = text.split(is_between).filter(|it| !it.is_empty()).collect();
    let mut kinds = [0, 0];
    for pair in words
        .windows(2)
        .filter(|pair| ["row", "rows"].contains(&pair[1]))
    {
        let kind = ["state", "table"].iter().position(|kind| *kind == pair[0]);
        let kind = kind.unwrap_or_else(|| panic!("{} {} is no known kind", pair[0], pair[1]));
        kinds[kind] += 1;
    }
    assert!(kinds.iter().all(|count| 0 < *count), "{kinds:?}");
}

/// A word of the glossary has one meaning: one entry, and no other word of it means the same.
#[test]
fn a_word_of_the_glossary_has_one_meaning() {
    let text = read("ARCHITECTURE.md").text;
    let (_, table) = text.split_once("| word | meaning |\n").expect("the table");
    let entries = table.lines().skip(1).filter_map(|line| {
        let (words, meaning) = line.strip_prefix("| ")?.split_once(" | ")?;
        Some((words.split(", "), meaning))
    });
    let mut known = Vec::new();
    for (words, meaning) in entries {
        known.extend(words.map(|word| (word, meaning)));
    }
    for (number, (word, _)) in known.iter().enumerate() {
        let again = known[..number].iter().any(|(before, _)| before == word);
        assert!(!again, "{word} has two entries");
    }
    let meaning = |word| {
        let found = known.iter().find(|(known, _)| *known == word);
        found
            .unwrap_or_else(|| panic!("{word} is not in the glossary"))
            .1
    };
    // Either is judged, but a claim holds always, and a witness once.
    assert!(
        !meaning("claim").contains("witness"),
        "{}",
        meaning("claim")
    );
    assert!(
        !meaning("witness").starts_with("a claim"),
        "{}",
        meaning("witness")
    );
}

#[test]
fn the_architecture_has_a_hundred_and_fifty_lines_at_most() {
    let lines = read("ARCHITECTURE.md").text.lines().count();
    assert!(lines <= ARCHITECTURE_LINES_MAX, "{lines} lines");
}

#[test]
fn the_readme_fits_three_screens() {
    let text = read("README.md").text;
    let lines = text
        .lines()
        .map(|line| line.chars().count().div_ceil(README_COLUMNS).max(1));
    let lines: usize = lines.sum();
    assert!(lines <= README_LINES_MAX, "{lines} lines on the screen");
}

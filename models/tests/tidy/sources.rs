//! The files of the workspace, and what their code imports.

use std::fs;
use std::path::{Path, PathBuf};

/// A file, by its path from the root of the workspace.
pub struct Source {
    pub path: String,
    pub text: String,
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A file of the workspace.
pub fn read(path: &str) -> Source {
    let text = fs::read_to_string(root().join(path));
    let text = text.unwrap_or_else(|error| panic!("{path}: {error}"));
    let path = path.to_owned();
    Source { path, text }
}

/// The files below a folder whose names end so, sorted. Hidden and built files are left out.
pub fn files(folder: &str, ending: &str) -> Vec<Source> {
    let mut found = Vec::new();
    collect(folder, ending, &mut found);
    assert!(
        !found.is_empty(),
        "there is no {ending} file below {folder:?}"
    );
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn collect(folder: &str, ending: &str, found: &mut Vec<Source>) {
    let entries = fs::read_dir(root().join(folder));
    for entry in entries.unwrap_or_else(|error| panic!("{folder}: {error}")) {
        let entry = entry.expect("a folder can be listed");
        let name = entry.file_name().into_string().expect("names are UTF-8");
        let path = if folder.is_empty() {
            name.clone()
        } else {
            format!("{folder}/{name}")
        };
        let is_folder = entry.file_type().expect("a file has a type").is_dir();
        if is_folder && !name.starts_with('.') && name != "target" {
            collect(&path, ending, found);
        } else if !is_folder && name.ends_with(ending) {
            found.push(read(&path));
        }
    }
}

impl Source {
    /// The code without comments and without a test module at the end.
    pub fn code(&self) -> String {
        let lines = self.text.lines().map(|line| match line.split_once("//") {
            Some((code, _)) if !code.contains('"') => code,
            _ => line,
        });
        let code = lines.collect::<Vec<_>>().join("\n");
        let end = code.find("#[cfg(test)]\nmod tests {");
        code[..end.unwrap_or(code.len())].to_owned()
    }

    /// Its module in its package: `["system", "state"]` for `models/src/system/state.rs`.
    pub fn module(&self) -> Vec<String> {
        let (_, inside) = self.path.split_once("/src/").expect("a file of a library");
        let names = inside.trim_end_matches(".rs").split('/').map(str::to_owned);
        names
            .filter(|name| name != "lib" && name != "main")
            .collect()
    }

    /// The names of its own package in its code, each as a path from the root of the package.
    pub fn imports(&self) -> Vec<Vec<String>> {
        let code = self.code();
        let module = self.module();
        let mut found = Vec::new();
        let mut rest = code.as_str();
        while let Some(at) = ["crate::", "super::"]
            .iter()
            .filter_map(|it| rest.find(it))
            .min()
        {
            let before = rest[..at].chars().next_back();
            let mut base = module.clone();
            let mut path = &rest[at..];
            rest = &rest[at + "crate::".len()..];
            if before.is_some_and(|c| c.is_alphanumeric() || "_$:".contains(c)) {
                continue;
            }
            while let Some(above) = path.strip_prefix("super::") {
                base.pop();
                path = above;
                rest = above;
            }
            if let Some(below) = path.strip_prefix("crate::") {
                base.clear();
                path = below;
            }
            let tails = leaves(path).into_iter();
            found.extend(tails.map(|tail| [base.clone(), tail].concat()));
        }
        found
    }
}

/// The paths that begin here: one, or those in braces.
fn leaves(text: &str) -> Vec<Vec<String>> {
    let Some(braced) = text.strip_prefix('{') else {
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
        let (name, rest) = text.split_at(end.unwrap_or(text.len()));
        let below = rest.strip_prefix("::").map(leaves);
        let below = below.unwrap_or_else(|| vec![Vec::new()]);
        let name = name.to_owned();
        return below
            .into_iter()
            .map(|tail| [vec![name.clone()], tail].concat())
            .collect();
    };
    let mut depth = 0;
    let mut starts = vec![0];
    for (at, c) in braced.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => starts.push(at + 1),
            _ => {}
        }
    }
    let leaf = |start: &usize| leaves(braced[*start..].trim_start());
    starts.iter().flat_map(leaf).collect()
}

#[test]
fn imports_are_found_wherever_they_stand() {
    let text = "\
use crate::{a::B, c::{d, E}, f};
use super::super::g::H; // crate::no
fn i() -> super::J { $crate::no(); crate::k::l() }
#[cfg(test)]
mod tests {
    use crate::no;
}
";
    let path = "models/src/m/n/o.rs".to_owned();
    let text = text.to_owned();
    let found = Source { path, text }.imports();
    let found: Vec<String> = found.iter().map(|path| path.join("::")).collect();
    assert_eq!(
        found,
        ["a::B", "c::d", "c::E", "f", "m::g::H", "m::n::J", "k::l"]
    );
}

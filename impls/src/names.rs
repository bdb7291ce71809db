//! Names: those that are unknown, and what is near them; those of files, as a shell reads them.

use std::path::Path;
use strsim::osa_distance;

/// A path, as a shell reads it.
pub fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let quoted = shlex::try_quote(&path).expect("no path has a byte 0");
    quoted.into_owned()
}

/// Up to three choices that are spelled almost like a name, the nearest first. The part before a
/// slash may be left out.
pub fn nearest(name: &str, choices: &[String]) -> Vec<String> {
    let name = name.to_lowercase();
    let distance = |choice: &String| {
        let choice = choice.to_lowercase();
        let end = choice.rsplit('/').next().unwrap_or_default();
        osa_distance(&name, &choice).min(osa_distance(&name, end))
    };
    let most = (name.chars().count() / 3).clamp(1, 3);
    let mut near: Vec<(usize, &String)> = choices.iter().map(|it| (distance(it), it)).collect();
    near.retain(|(distance, _)| *distance <= most);
    near.sort_by_key(|(distance, _)| *distance);
    let near = near.into_iter().take(3);
    near.map(|(_, choice)| choice.clone()).collect()
}

/// Says that a name is unknown, and which ones are near, or, if none is, which ones there are.
pub fn unknown(kind: &str, name: &str, near: &[String], choices: &[String]) -> String {
    match near {
        [] => format!("unknown {kind} `{name}`; expected: {}", choices.join(", ")),
        near => format!(
            "unknown {kind} `{name}`; did you mean `{}`?",
            near.join("`, `")
        ),
    }
}

//! Names that the packages and their parts must not know.

use super::sources::{Source, files, read};
use quorate_models::catalog::ProtocolId;
use std::collections::BTreeSet;

/// Packages, from the one that knows none to the one that knows all.
const PACKAGES: [(&str, &str); 4] = [
    ("models", "quorate-models"),
    ("refinement", "quorate-refinement"),
    ("impls", "quorate"),
    ("benches", "quorate-benches"),
];

/// The names of a protocol that the running node uses: its actor, and the parameters it starts with.
const NODE_KNOWS: &[(&str, &str)] = &[
    ("impls/src/config/raft.rs", "quorate_models::raft"),
    ("impls/src/config/raft.rs", "raft::Config"),
    ("impls/src/config/raft.rs", "raft::Config::production"),
    ("impls/src/config/raft.rs", "raft::Server"),
    ("impls/src/config/raft.rs", "raft::Server::new"),
    ("impls/src/config/raft.rs", "raft::config::Timing"),
    ("impls/src/config/totem.rs", "quorate_models::totem::"),
    ("impls/src/config/totem.rs", "totem::Config"),
    ("impls/src/config/totem.rs", "totem::Config::production"),
    ("impls/src/config/totem.rs", "totem::config::Timing"),
    ("impls/src/config/zab.rs", "quorate_models::zab"),
    ("impls/src/config/zab.rs", "zab::Config"),
    ("impls/src/config/zab.rs", "zab::Config::production"),
    ("impls/src/config/zab.rs", "zab::config::Timing"),
    ("impls/src/config/zab.rs", "quorate_models::zab_on_fifo::"),
    ("impls/src/config/zab.rs", "zab_on_fifo::node"),
];

/// A protocol that is put together of others: it names them, and has no handler of its own.
const COMPOSED: &str = "zab_on_fifo";

/// The paths in code that a name is part of. One that goes on in braces ends with `::`.
fn named<'a>(code: &'a str, name: &str) -> BTreeSet<&'a str> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let starts = code.match_indices(name).map(|(at, _)| at);
    let whole = starts.filter(|at| {
        let outside = (
            code[..*at].chars().next_back(),
            code[at + name.len()..].chars().next(),
        );
        !outside.0.is_some_and(is_part) && !outside.1.is_some_and(is_part)
    });
    let path = |at: usize| {
        let is_outside = |c: char| !is_part(c) && c != ':';
        let start = code[..at].trim_end_matches(|c| !is_outside(c)).len();
        let end = code[at..]
            .find(is_outside)
            .map_or(code.len(), |len| at + len);
        &code[start..end]
    };
    whole.map(path).collect()
}

/// A protocol's name is its module's.
fn protocols() -> impl Iterator<Item = &'static str> {
    ProtocolId::ALL.iter().map(|protocol| protocol.facts().name)
}

/// The files of a module: `system.rs` and what is below `system/`.
fn module(package: &str, name: &str) -> Vec<Source> {
    let (file, folder) = (
        format!("{package}/src/{name}.rs"),
        format!("{package}/src/{name}/"),
    );
    let all = files(&format!("{package}/src"), ".rs").into_iter();
    let found: Vec<Source> = all
        .filter(|it| it.path == file || it.path.starts_with(&folder))
        .collect();
    assert!(!found.is_empty(), "{package} has no module {name}");
    found
}

#[test]
fn models_know_no_bytes_sockets_clocks_files_or_randomness() {
    for source in files("models/src", ".rs") {
        let code = source.code();
        for outside in [
            "env",
            "fs",
            "io",
            "net",
            "os",
            "process",
            "thread",
            "Instant",
            "SystemTime",
            "RandomState",
            "rand",
            "postcard",
        ] {
            let found = named(&code, outside);
            assert!(found.is_empty(), "{} names {found:?}", source.path);
        }
    }
    let manifest = read("models/Cargo.toml").text;
    let known = [
        "rustc-hash",
        "serde",
        "serde_bytes",
        "stateright",
        "thiserror",
    ];
    assert_eq!(dependencies(&manifest, "[dependencies]"), known);
}

/// The names that a section of a manifest lists.
fn dependencies<'a>(manifest: &'a str, section: &str) -> Vec<&'a str> {
    let lines = manifest.lines().skip_while(|line| *line != section).skip(1);
    let listed = lines.take_while(|line| !line.starts_with('['));
    listed
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|it| !it.is_empty())
        .collect()
}

#[test]
fn packages_depend_in_one_direction() {
    for (position, (folder, name)) in PACKAGES.into_iter().enumerate() {
        let manifest = read(&format!("{folder}/Cargo.toml")).text;
        assert!(manifest.contains(&format!("\nname = \"{name}\"\n")));
        for section in [
            "[dependencies]",
            "[dev-dependencies]",
            "[build-dependencies]",
        ] {
            let ours = dependencies(&manifest, section)
                .into_iter()
                .filter(|it| it.starts_with("quorate"));
            for dependency in ours {
                let before = PACKAGES[..position]
                    .iter()
                    .any(|(_, name)| *name == dependency);
                assert!(before, "{name} depends on {dependency}");
            }
        }
    }
}

/// Handlers write to `Out`; neither they nor what they are made of knows what bounds a system.
#[test]
fn handlers_know_no_bounds() {
    let all = files("models/src", ".rs");
    let bounds = ["catalog", "script", "system"];
    for protocol in protocols() {
        let own = module("models", protocol);
        let handlers: Vec<&Source> = own
            .iter()
            .filter(|source| !named(&source.code(), "Out").is_empty())
            .collect();
        let is_composed = protocol == COMPOSED;
        assert_eq!(
            handlers.is_empty(),
            is_composed,
            "the handlers of {protocol}"
        );
        let mut reached: BTreeSet<&str> = handlers.iter().map(|it| it.path.as_str()).collect();
        let mut open = handlers;
        while let Some(source) = open.pop() {
            for import in source.imports() {
                let bound = import
                    .first()
                    .is_some_and(|name| bounds.contains(&name.as_str()));
                assert!(
                    !bound,
                    "{}, which a handler needs, names {import:?}",
                    source.path
                );
                let file = (1..=import.len())
                    .rev()
                    .find_map(|len| all.iter().find(|other| other.module() == import[..len]));
                open.extend(file.filter(|file| reached.insert(&file.path)));
            }
        }
    }
}

/// One file of `models` names the protocols; so no protocol imports another, and nothing that they
/// have in common imports one.
#[test]
fn only_the_catalog_names_protocols() {
    for protocol in protocols() {
        let own: Vec<String> = module("models", protocol)
            .into_iter()
            .map(|it| it.path)
            .collect();
        let naming = files("models/src", ".rs").into_iter().filter(|source| {
            let imports = source.imports();
            imports
                .iter()
                .any(|path| path.first().is_some_and(|name| name == protocol))
        });
        let others: Vec<String> = naming
            .map(|it| it.path)
            .filter(|path| !own.contains(path))
            .collect();
        let composed = format!("models/src/{COMPOSED}.rs");
        let known = ["models/src/catalog.rs", composed.as_str()];
        assert!(
            others.iter().all(|it| known.contains(&it.as_str())),
            "they name {protocol}: {others:?}"
        );
    }
}

#[test]
fn engines_and_systems_know_no_protocol_and_no_catalog() {
    let mut found = Vec::new();
    for source in module("refinement", "engine")
        .into_iter()
        .chain(module("models", "system"))
    {
        let code = source.code();
        // A test may use the catalog.
        if source.path.ends_with("/tests.rs") {
            continue;
        }
        for name in ["catalog"].into_iter().chain(protocols()) {
            let paths = named(&code, name);
            if paths.iter().any(|path| path.contains("::")) {
                found.push((source.path.clone(), name));
            }
        }
    }
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn nodes_take_no_decision_of_a_protocol() {
    let mut found = Vec::new();
    for source in files("impls/src", ".rs") {
        let code = source.code();
        for protocol in protocols() {
            let paths = named(&code, protocol)
                .into_iter()
                .filter(|path| path.contains("::"));
            found.extend(paths.map(|path| (source.path.clone(), path.to_owned())));
        }
    }
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(file, path)| (file.as_str(), path.as_str()))
        .collect();
    assert_eq!(
        found, NODE_KNOWS,
        "what a node names of a protocol is its actor and the parameters of it: if this is no more, \
         write the left side into NODE_KNOWS (models/tests/tidy/absence.rs); a decision belongs into \
         the protocol"
    );
}

//! Modules of one folder import each other in one direction.

use super::sources::files;
use std::collections::{BTreeMap, BTreeSet};

/// The folders whose modules are compared.
const FOLDERS: &[&str] = &[
    "models/src",
    "refinement/src/engine",
    "impls/src",
    "benches/src",
];

type Graph = BTreeMap<String, BTreeSet<String>>;

/// The modules of a folder, each with those it imports.
fn graph(folder: &str) -> Graph {
    let (_, inside) = folder.split_once("/src").expect("a folder of a library");
    let above: Vec<&str> = inside.split('/').filter(|name| !name.is_empty()).collect();
    let mut graph = Graph::new();
    for source in files(folder, ".rs") {
        let module = source.module();
        let Some(name) = module.get(above.len()) else {
            continue;
        };
        let imports = source.imports().into_iter();
        let inside = imports.filter(|path| path.iter().zip(&above).all(|(one, it)| one == it));
        let named = inside.filter_map(|path| path.get(above.len()).cloned());
        graph
            .entry(name.clone())
            .or_default()
            .extend(named.filter(|other| other != name));
    }
    let modules: BTreeSet<String> = graph.keys().cloned().collect();
    for imported in graph.values_mut() {
        imported.retain(|name| modules.contains(name));
    }
    graph
}

/// The modules that a module reaches through imports.
fn reached(graph: &Graph, from: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(module) = open.pop() {
        for other in graph.get(module).into_iter().flatten() {
            if reached.insert(other.clone()) {
                open.push(other);
            }
        }
    }
    reached
}

/// The imports that lie on a circle.
fn circular(graph: &Graph) -> Vec<(String, String)> {
    let edges = graph
        .iter()
        .flat_map(|(from, to)| to.iter().map(move |to| (from, to)));
    let closes = edges.filter(|(from, to)| reached(graph, to).contains(*from));
    closes
        .map(|(from, to)| (from.clone(), to.clone()))
        .collect()
}

#[test]
fn modules_import_each_other_in_one_direction() {
    let circles = FOLDERS.iter().flat_map(|folder| {
        let found = circular(&graph(folder)).into_iter();
        found.map(move |(from, to)| format!("{folder}: {from} -> {to} is on a circle"))
    });
    let circles: Vec<String> = circles.collect();
    assert!(circles.is_empty(), "{}", circles.join("\n"));
}

#[test]
fn a_circle_is_found() {
    let to = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let imports = [("a", to(&["b"])), ("b", to(&["c"])), ("c", to(&["b", "d"]))];
    let graph = Graph::from(imports.map(|(from, to)| (from.to_owned(), to)));
    let found = circular(&graph);
    let found: Vec<_> = found.iter().map(|(from, to)| (&**from, &**to)).collect();
    assert_eq!(found, [("b", "c"), ("c", "b")]);
}

//! `quorate explore` opens Stateright's Explorer at the shortest counterexample, and the Explorer's
//! own endpoint shows the violating state there.

use quorate_models::catalog::{Builder, Protocol, Visitor};
use quorate_models::system::{History, Participant};
use quorate_refinement::engine::{Limits, shortest};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

/// A running Explorer, ended with the test.
struct Explorer {
    process: Child,
    link: String,
}

impl Explorer {
    fn start(arguments: &[&str]) -> Explorer {
        let mut process = Command::new(env!("CARGO_BIN_EXE_quorate"))
            .arg("explore")
            .args(arguments)
            .args(["--address", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let output = BufReader::new(process.stdout.take().expect("a pipe"));
        let mut lines = output.lines().map(|line| line.expect("text"));
        let link = lines
            .find(|line| line.starts_with("http://"))
            .expect("a link is printed");
        Explorer { process, link }
    }

    /// Asks the Explorer for a page, as soon as it serves.
    fn get(&mut self, path: &str) -> Value {
        let address = self.link["http://".len()..]
            .split('/')
            .next()
            .expect("an address")
            .to_owned();
        let mut stream = loop {
            match TcpStream::connect(&address) {
                Ok(stream) => break stream,
                Err(_) => assert!(
                    self.process.try_wait().expect("a child").is_none(),
                    "it ended"
                ),
            }
        };
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").expect("a request");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("an answer");
        let (_, body) = response.split_once("\r\n\r\n").expect("a head and a body");
        serde_json::from_str(body).expect("JSON")
    }
}

impl Drop for Explorer {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// The violating state at the end of a mutant's shortest counterexample, as the Explorer prints it.
struct ViolatingState(&'static str);

impl Visitor for ViolatingState {
    type Output = String;

    fn visit<A: Participant, G: History>(self, build: Builder<'_, A, G>) -> String {
        let mutants = Protocol::Raft.mutants();
        let mutant = mutants
            .into_iter()
            .find(|mutant| mutant.facts().name == self.0);
        let mutant = mutant.expect("a mutant of the catalog");
        let system = Arc::new(build(Some(mutant)));
        let claim = |name| system.stated.iter().position(|stated| stated.name == name);
        let number = claim(mutant.facts().property).expect("a claim");
        let trace = shortest(&system, number, Limits::default()).expect("no limit");
        let states = trace.expect("a counterexample").replay(&system);
        let violating = states.last().expect("a state");
        assert!(!system.stated[number].holds(number, violating));
        format!("{violating:#?}")
    }
}

#[test]
fn the_link_leads_to_the_violating_state() {
    let (name, mutant) = ("raft/vote-counting", "votes-counted-twice");
    let configurations = Protocol::Raft.configurations();
    let entry = configurations
        .iter()
        .find(|entry| entry.path() == name)
        .unwrap();
    let violating = entry.visit(ViolatingState(mutant));

    let mut explorer = Explorer::start(&[name, "--mutant", mutant]);
    let (_, address) = explorer.link.split_once("#/steps").expect("a deep link");
    let (prefix, last) = address.rsplit_once('/').expect("a path of steps");
    let last: u64 = last.parse().expect("an index");
    let path = format!("/.states{prefix}");
    let steps = explorer.get(&path);
    let steps = steps.as_array().expect("the steps that follow");
    let step = steps
        .iter()
        .find(|step| step["actionIndex"] == last)
        .expect("the last step");
    assert_eq!(step["state"].as_str(), Some(violating.as_str()));
    assert!(step["svg"].as_str().expect("a picture").starts_with("<svg"));
}

#[test]
fn without_a_mutant_the_explorer_opens_at_the_start() {
    let mut explorer = Explorer::start(&["raft/vote-counting"]);
    assert!(!explorer.link.contains('#'), "{}", explorer.link);
    let start = explorer.get("/.states");
    assert_eq!(start.as_array().expect("the initial states").len(), 1);
}

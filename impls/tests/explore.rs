//! `quorate explore` opens Stateright's Explorer at the shortest counterexample, and the Explorer's
//! own endpoint shows the violating state there.

use quorate_models::catalog::MutantEntry;
use quorate_models::fifo::ends::Ends;
use quorate_models::protocol::{Mutant, Protocol};
use quorate_models::raft::Raft;
use quorate_models::script;
use quorate_models::totem::Totem;
use quorate_models::zab::Zab;
use quorate_refinement::engine::Limits;
use quorate_refinement::evidence::mutants::{MutantVerdict, examine};
use serde_json::Value;
use stateright::{Model, Path};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// A running Explorer, ended with the test.
struct Explorer {
    process: Child,
    /// The lines printed before the link.
    shown: Vec<String>,
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
        let mut shown = Vec::new();
        let link = lines.find(|line| {
            let is_link = line.starts_with("http://");
            shown.extend((!is_link).then(|| line.clone()));
            is_link
        });
        Explorer {
            process,
            shown,
            link: link.expect("a link is printed"),
        }
    }

    /// The steps that the page shows on its way to where it is opened, each with those beside it.
    fn steps(&mut self) -> Vec<(u64, Vec<Value>)> {
        let (_, address) = self.link.split_once("#/steps").expect("a deep link");
        let mut steps = Vec::new();
        let mut path = "/.states".to_owned();
        for index in address
            .split('/')
            .skip(1)
            .map(str::to_owned)
            .collect::<Vec<_>>()
        {
            let beside = self.get(&path);
            let beside = beside.as_array().expect("the steps that follow").clone();
            path += &format!("/{index}");
            steps.push((index.parse().expect("an index"), beside));
        }
        steps
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
fn violating_state<P: Protocol>(mutant: &Mutant<P>) -> String {
    let facts = mutant.facts;
    let path = format!("{}/{}", P::NAME, facts.name);
    let entry = MutantEntry::all().find(|entry| entry.path() == path);
    let nothing_further = Limits {
        states: Some(0),
        ..Limits::default()
    };
    let report = examine(entry.expect("a mutant"), Limits::default(), nothing_further);
    let MutantVerdict::Killed { counterexample, .. } = report.verdict else {
        panic!("{path}: {:?}", report.verdict);
    };
    let mut system = P::configuration(facts.configuration).system(Some(mutant));
    // A message that is dead to the protocol may matter to a mutant.
    system.is_dead = None;
    let verbs = counterexample.script.expect("a path of a system");
    let actions = script::actions(&system, &verbs).expect("it replays");
    let start = system.init_states().remove(0);
    let states = Path::from_actions(&system, start, &actions).expect("it replays");
    let states = states.into_states();
    let violating = states.last().expect("a state");
    let claim = system.claims.iter().find(|it| it.name == facts.property);
    let claim = claim.expect("a claim");
    assert!(claim.is_decided_in(violating, &system.quorum));
    format!("{violating:#?}")
}

/// Finds a mutant where the protocol says, and opens it.
fn opens_at_the_violating_state<P: Protocol>(mutant: &str) {
    let mutant = P::mutant(mutant);
    let facts = mutant.facts;
    let violating = violating_state(mutant);

    let home = format!("{}/{}", P::NAME, facts.configuration);
    let mut explorer = Explorer::start(&[&home, "--mutant", facts.name]);
    let (claim, length) = (facts.property, facts.shortest.steps());
    let told = format!("{claim} is violated after {length} steps:");
    assert_eq!(explorer.shown[0], told);
    let steps = explorer.steps();
    let (last, beside) = steps.last().expect("a step");
    let step = chosen(*last, beside);
    assert_eq!(step["state"].as_str(), Some(violating.as_str()));
    assert!(step["svg"].as_str().expect("a picture").contains("<svg"));
}

#[test]
fn the_link_leads_to_the_violating_state() {
    opens_at_the_violating_state::<Raft>("votes-counted-twice");
}

#[test]
fn the_link_leads_to_the_violating_state_of_zab() {
    opens_at_the_violating_state::<Zab>("leader-does-not-promise");
}

#[test]
fn the_link_leads_to_the_violating_state_of_totem() {
    opens_at_the_violating_state::<Totem>("safe-at-one-sighting");
    opens_at_the_violating_state::<Totem>("recovers-as-corosync");
    opens_at_the_violating_state::<Totem>("keeps-flag-as-corosync");
}

#[test]
fn the_link_leads_to_the_violating_state_of_sessions() {
    opens_at_the_violating_state::<Ends>("gaps-are-taken");
}

fn chosen(index: u64, beside: &[Value]) -> &Value {
    let mut steps = beside.iter();
    steps
        .find(|step| step["actionIndex"] == index)
        .expect("the step of the link")
}

fn violates(step: &Value) -> bool {
    let action = step["action"].as_str().expect("a text");
    action.contains("VIOLATES Election Safety")
}

fn is_judged(step: &Value) -> bool {
    let picture = step["svg"].as_str().expect("a picture");
    picture.starts_with("<h3>This state VIOLATES Election Safety")
}

#[test]
fn the_page_judges_the_states_that_it_shows() {
    let arguments = ["raft/vote-counting", "--mutant", "votes-counted-twice"];
    let mut explorer = Explorer::start(&arguments);
    let steps = explorer.steps();
    let (last, beside) = steps.last().expect("a step");
    for (index, beside) in &steps[1..steps.len() - 1] {
        assert!(!violates(chosen(*index, beside)) && !is_judged(chosen(*index, beside)));
    }
    let violating = chosen(*last, beside);
    assert!(violates(violating) && is_judged(violating));
    // Each step to a violation says so, on the path or beside it.
    for step in beside.iter().filter(|step| step["state"].is_string()) {
        assert_eq!(violates(step), is_judged(step), "{}", step["action"]);
    }
    // Where the claim stays violated, a further step does not violate it again.
    let (_, address) = explorer.link.split_once("#/steps").expect("a deep link");
    let beyond = explorer.get(&format!("/.states{address}"));
    let beyond = beyond.as_array().expect("the steps that follow");
    let beyond = beyond.iter().filter(|step| step["state"].is_string());
    let staying: Vec<&Value> = beyond.filter(|step| is_judged(step)).collect();
    assert!(!staying.is_empty() && !staying.into_iter().any(violates));
    let picture = violating["svg"].as_str().expect("a picture");
    assert!(
        picture.contains("nav > h3 + ul { display: none }"),
        "{picture}"
    );
    // The page says of a claim that its safety holds if it is one of these that is to hold always.
    let status = explorer.get("/.status");
    let every = steps.iter().flat_map(|(_, beside)| beside).chain([&status]);
    for properties in every.map(|it| &it["properties"]) {
        let properties = properties.as_array().expect("the page needs a list");
        assert!(!properties.is_empty());
        assert!(
            properties.iter().all(|it| it[0] != "Always"),
            "{properties:?}"
        );
    }
}

/// A run that goes round for ever is opened where the loop begins.
#[test]
fn a_run_without_end_is_opened_at_the_end_of_its_way_to_the_loop() {
    let arguments = ["raft/live-silence", "--mutant", "sends-once"];
    let mut explorer = Explorer::start(&arguments);
    let told = "Logs Converge is violated after 11 steps, and then 4 steps again and again:";
    assert_eq!(explorer.shown[0], told);
    assert_eq!(explorer.shown.len(), 1 + 11 + 4);
    let steps = explorer.steps();
    assert_eq!(steps.len(), 1 + 11);
    let (last, beside) = steps.last().expect("a step");
    let action = chosen(*last, beside)["action"].as_str().expect("a text");
    assert!(explorer.shown[11].ends_with(action), "{action}");
}

#[test]
fn without_a_named_claim_every_claim_is_searched() {
    // The mutant's own property is not claimed here.
    let explorer = Explorer::start(&["raft/vote-counting", "--mutant", "append-after-commit"]);
    assert_eq!(
        explorer.shown[0],
        "Refines Voting is violated after 11 steps:"
    );
    assert_eq!(explorer.link.split('/').skip(5).count(), 1 + 11);
}

#[test]
fn a_mutant_that_is_not_found_says_where_it_is() {
    let explorer = Explorer::start(&["raft/vote-counting", "--mutant", "command-exchanged"]);
    let told = [
        "raft/vote-counting: holds; no claim is violated in 5,660 states.",
        "not found here: command-exchanged violates Validity in raft/replication",
        "  quorate explore raft/replication --mutant command-exchanged",
    ];
    assert_eq!(explorer.shown, told);
}

#[test]
fn a_witness_is_opened_where_it_is_seen() {
    let arguments = ["raft/vote-counting", "--show", "a leader is elected"];
    let mut explorer = Explorer::start(&arguments);
    assert_eq!(
        explorer.shown[0],
        "A Leader Is Elected is seen after 5 steps:"
    );
    let steps = explorer.steps();
    let (last, beside) = steps.last().expect("a step");
    let action = chosen(*last, beside)["action"].as_str().expect("a text");
    assert!(action.ends_with("SHOWS A Leader Is Elected"), "{action}");
}

#[test]
fn the_command_that_check_prints_opens_the_violation() {
    let check = Command::new(env!("CARGO_BIN_EXE_quorate"))
        .args(["check", "--mutant", "commit-earlier-term"])
        .output()
        .expect("the binary runs");
    let shown = String::from_utf8(check.stdout).expect("UTF-8");
    // A command may go on in the next line.
    let shown = shown.replace("\\\n", "");
    let mut lines = shown.lines();
    let command = lines.find_map(|line| line.strip_prefix("open it: quorate explore "));
    let command = command.expect("a command");
    // Words in quotation marks are one argument.
    let words = command.split('"').enumerate();
    let words = words.flat_map(|(part, text)| match part % 2 {
        0 => text.split_whitespace().collect(),
        _ => vec![text],
    });
    let explorer = Explorer::start(&words.collect::<Vec<_>>());
    assert_eq!(
        explorer.shown[0],
        "Commit Evidence is violated after 12 steps:"
    );
    assert_eq!(explorer.shown.len(), 1 + 12);
}

#[test]
fn where_no_claim_is_violated_the_explorer_opens_at_the_start() {
    let mut explorer = Explorer::start(&["raft/vote-counting"]);
    let verdict = "raft/vote-counting: holds; no claim is violated in 5,660 states.";
    assert_eq!(explorer.shown, [verdict]);
    assert!(explorer.link.ends_with("/#/steps/0"), "{}", explorer.link);
    let start = explorer.get("/.states");
    assert_eq!(start.as_array().expect("the initial states").len(), 1);
}

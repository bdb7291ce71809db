//! The numbers in the sentences of README.md and RESULTS.md are those of the code, and so is the
//! counterexample. The tables have a test beside the pinned results.

use quorate::layers::service::REQUEST_BYTES_MAX;
use quorate_models::catalog::{Entry, ProtocolId};
use quorate_models::fifo::ends::Ends;
use quorate_models::protocol::{Profile, Protocol};
use quorate_models::raft::{self, Config, Raft};
use quorate_models::script::Script;
use quorate_models::service::CLIENTS_MAX;
use quorate_models::system::claim::{ClaimFacts, Kind};
use quorate_models::{totem, zab, zab_on_fifo};
use quorate_refinement::engine::explorer::UNREDUCED_STATES_MAX;
use quorate_refinement::evidence::pinned;
use quorate_refinement::evidence::searches::SECOND_OPINION_STATES_MAX;
use std::path::Path;
use std::time::Duration;

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn says(document: &str, sentence: &str) {
    let text = read(document);
    let words: Vec<&str> = text.split_whitespace().collect();
    assert!(
        words.join(" ").contains(sentence),
        "{document} does not say: {sentence}"
    );
}

fn grouped(number: usize) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", grouped(number / 1000), number % 1000),
    }
}

fn millions(number: usize) -> String {
    format!("{} million", (number + 500_000) / 1_000_000)
}

/// A number in a sentence: a word up to ten, then digits.
fn word(number: usize) -> String {
    let words = [
        "none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    ];
    let word = words.get(number).map(|word| (*word).to_owned());
    word.unwrap_or_else(|| grouped(number))
}

#[test]
fn a_number_above_ten_has_digits() {
    assert_eq!([0, 10, 11, 1100].map(word), ["none", "ten", "11", "1,100"]);
}

/// Whether a claim is made whatever happens, not in the good period alone.
fn is_promise(claim: &ClaimFacts) -> bool {
    claim.kind != Kind::Witness && !claim.in_period
}

#[test]
fn the_usual_configurations_have_so_many_states() {
    let results = pinned::all().expect("the results are readable");
    let usual = Entry::of(Profile::Usual);
    let states = usual.map(|entry| pinned::of(&results, entry).states).sum();
    let sentence = format!("to its end, {} states in", millions(states));
    says("README.md", &sentence);
    // Where the good period is judged, no other promise is.
    let promises = |profile| Entry::of(profile).filter(|it| it.facts.claims.iter().any(is_promise));
    let [usual, deep] = [Profile::Usual, Profile::Deep].map(|it| promises(it).count());
    let sentence = format!("each of {usual} usual and {deep} larger configurations: ");
    says("README.md", &sentence);
}

#[test]
fn a_broken_reduction_is_given_up_for_so_many_states() {
    let states = millions(UNREDUCED_STATES_MAX);
    let sentence = format!("without dropping any, up to {states} states.");
    says("RESULTS.md", &sentence);
}

#[test]
fn nodes_send_further_ahead_than_is_searched() {
    let node = Config::production(3);
    let (entries, ahead) = (node.entries_per_message, word(node.window));
    let sentence = format!("sends up to {entries} entries a message and {ahead} messages ahead;");
    says("RESULTS.md", &sentence);
    let configurations = Raft::configurations().into_iter();
    let searched = configurations.map(|it| (it.config)().window).max();
    let searched = searched.expect("there are configurations");
    assert!(searched < node.window);
    let searched = word(searched);
    let sentence = format!("; searched are at most {searched} ahead,");
    says("RESULTS.md", &sentence);
    let sentence = format!("send {ahead} messages ahead; at most {searched} are searched.");
    says("README.md", &sentence);
}

#[test]
fn sessions_of_nodes_have_more_on_their_way_than_is_searched() {
    let node = zab_on_fifo::node(zab::Config::production(3), Duration::from_millis(50));
    let frames = word(node.config.window.expect("nodes have a window"));
    let sentence = format!("ZAB's have {frames} frames of a session on their way;");
    says("README.md", &sentence);
    let searched = Ends::configurations().into_iter();
    let mut windows: Vec<_> = searched
        .map(|it| (it.config)())
        .filter_map(|it| Some((it.window?, it.per_frame)))
        .collect();
    windows.sort_unstable();
    let (frames, messages) = windows.pop().expect("a window is searched");
    let (frames, messages) = (word(frames), word(messages));
    says(
        "README.md",
        &format!("on their way; {frames}, of {messages} messages, are searched."),
    );
}

#[test]
fn nodes_send_more_in_a_visit_of_the_token_than_is_searched() {
    let node = totem::Config::production(3);
    let (visit, window) = (
        word(node.messages_per_visit),
        node.window.expect("a window"),
    );
    says(
        "RESULTS.md",
        &format!("nodes send {visit} messages a visit, with many commands in each."),
    );
    says(
        "RESULTS.md",
        &format!("Nodes have a window of {window} messages,"),
    );
    let visits = grouped(node.stalled_visits.expect("a number").into());
    says(
        "RESULTS.md",
        &format!("and leave a member after {visits} visits."),
    );
}

/// The races' lines of the benches' table: how many times the explorer is faster than a checker.
fn times_faster(checker: &str) -> String {
    let benches = read("benches/README.md");
    let cells = benches.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let is_of_checker = cells.get(3) == Some(&checker);
        is_of_checker.then(|| cells[7].parse::<f64>().expect("a number"))
    });
    let times: Vec<f64> = cells.map(f64::round).collect();
    let least = times.iter().copied().fold(f64::INFINITY, f64::min);
    let most = times.iter().copied().fold(0.0, f64::max);
    format!("{least} to {most} times as fast")
}

#[test]
fn a_speed_is_told_with_its_conditions() {
    says("benches/README.md", "on a virtual machine with 2 cores");
    says(
        "benches/README.md",
        "*raft* has 1,670,348 states and 3,800,677 transitions, *paxos* 1,194,428 and",
    );
    let [breadth, depth] = ["bfs", "dfs"].map(times_faster);
    let sentence = format!(
        "On a virtual machine with 2 cores, with one thread or two, the explorer searches two models \
         (Raft, 1.7 million states; Paxos, 1.2 million) to the end {breadth} as Stateright's \
         breadth-first checker on the same actors with the same claims, and {depth} as its \
         depth-first one"
    );
    says("README.md", &sentence);
}

#[test]
fn the_second_opinion_is_asked_up_to_so_many_states() {
    assert_eq!(SECOND_OPINION_STATES_MAX, 500_000);
    let sentence = "every configuration of up to half a million states";
    says("README.md", &format!("the second opinion on {sentence};"));
    says("RESULTS.md", &format!("to each other in {sentence}."));
}

#[test]
fn so_many_clients_are_remembered() {
    let sentence = format!("the last replies of {} clients", grouped(CLIENTS_MAX));
    says("RESULTS.md", &sentence);
    says("README.md", &sentence.replacen("the", "The", 1));
    let kibibytes = REQUEST_BYTES_MAX / 1024;
    says(
        "RESULTS.md",
        &format!("remembered (up to {kibibytes} KiB each)"),
    );
}

#[test]
fn the_claims_that_are_named_are_made_and_the_others_counted() {
    let readme = read("README.md");
    let mut claims: Vec<&str> = Entry::of(Profile::Usual)
        .flat_map(|entry| &entry.facts.claims)
        .filter(|claim| is_promise(claim))
        .map(|claim| claim.name)
        .collect();
    claims.sort_unstable();
    claims.dedup();
    let (_, named) = readme
        .split_once("larger configurations: ")
        .expect("a list");
    let words: Vec<&str> = named.split_whitespace().collect();
    let words = words.join(" ");
    let (named, others) = words.split_once(", and ").expect("it ends");
    let named: Vec<&str> = named.split(", ").collect();
    assert!(
        named.iter().all(|name| claims.contains(name)),
        "{named:?} of {claims:?}"
    );
    let count = word(claims.len() - named.len());
    assert!(
        others.starts_with(&format!("{count} more claims")),
        "{count}"
    );
}

/// The bounds of claims that are made of a good period, by the ends of their names.
fn bounds(protocol: ProtocolId) -> Vec<&'static str> {
    let claims = Entry::all().filter(|entry| entry.protocol == protocol);
    let claims = claims.flat_map(|entry| &entry.facts.claims);
    let mut names: Vec<&str> = claims.map(|claim| claim.name).collect();
    names.sort_unstable();
    names.dedup();
    let ends = names.iter().filter_map(|name| name.split_once(" within "));
    ends.map(|(_, bound)| bound).collect()
}

#[test]
fn liveness_has_the_bounds_that_are_claimed() {
    let [raft, zab, totem] = [ProtocolId::Raft, ProtocolId::Zab, ProtocolId::Totem];
    let of_raft = ["6 Ticks", "7 Ticks", "4 Ticks", "10 Ticks", "8 Ticks"];
    assert_eq!(bounds(raft), of_raft);
    assert_eq!(bounds(zab), ["12 Ticks", "2 Ticks"]);
    assert_eq!(bounds(totem), ["10 Ticks", "20 Ticks", "1 Tick"]);
    for sentence in [
        "every run elects a leader that stays (within 6 ticks)",
        "commits what a settled leader holds on all of that majority (within 4)",
        "makes the logs converge where there are entries (within 8)",
        "a leader stays within 7 ticks, and the logs converge within 10",
        "With PreVote and CheckQuorum, on in nodes, a leader stays within 7 ticks.",
        "a leader that stays and that all follow (within 12 ticks, and 2 after one that all follow is told to \
         stop), at most three epochs begin",
        "in one ring (within 10 and 20 ticks, after at most seven), it stays",
        "the others are in a ring within a tick",
    ] {
        says("README.md", sentence);
    }
    let is_of_period = |mutant: &&raft::mutants::Mutant| {
        let mut claims = Raft::CLAIMS.iter();
        claims.any(|claim| claim.is_in_period() && claim.name == mutant.facts.property)
    };
    assert_eq!(Raft::MUTANTS.iter().filter(is_of_period).count(), 18);
    says(
        "README.md",
        "Eighteen mutants that violate no promise are killed by these claims",
    );
}

#[test]
fn the_counterexample_is_that_of_the_picture() {
    let script = Script::parse(&read("models/scripts/raft/amnesia.txt")).unwrap();
    let is_verb = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let verbs: Vec<&str> = script.verbs.lines().filter(is_verb).collect();
    let readme = read("README.md");
    let (_, block) = readme.split_once("```text\n").expect("a block");
    let (block, _) = block.split_once("```").expect("it ends");
    let mut lines = block.lines().map(str::trim_start);
    let (header, length) = (lines.next().expect("a sentence"), verbs.len());
    let (configuration, mutant) = script.header.split_once(" mutant=").expect("of a mutant");
    let verdict = format!("VIOLATED: Election Safety in {configuration} after {length} steps ");
    assert!(header.starts_with(&verdict), "{header} is not {verdict}");
    assert_eq!(lines.collect::<Vec<_>>(), verbs);
    assert_eq!(Raft::mutant(mutant).facts.shortest.steps(), length);
}

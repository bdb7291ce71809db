//! A protocol that stands alone: everything that is done with one, as the program of an example.
//!
//! Its finite systems are searched, its mutants found, its scripts followed; then three nodes serve a
//! client on UDP, each a process that is this program again.

use crate::client::link::Link;
use crate::config::NodeActor;
use crate::machine::{Operation, Outcome};
use crate::node::{self, Settings};
use crate::request::Answer;
use anyhow::{Context, Result, bail, ensure};
use quorate_models::protocol::scenario::Described;
use quorate_models::protocol::{Mutant, Protocol, ProtocolFacts};
use quorate_models::replica::Consistency;
use quorate_models::script::header::Header;
use quorate_models::script::{self, Script};
use quorate_models::system::{GhostState, Participant, System};
use quorate_refinement::engine::{
    Counterexample, Limits, ModelError, Options, Progress, Report, StopReason, Verdict, explore,
};
use quorate_refinement::evidence::mutants::{MutantVerdict, verdict};
use std::env;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many nodes are run.
const NODES: usize = 3;
/// Nothing takes so long, unless it never happens.
const PATIENCE: Duration = Duration::from_secs(10);
/// A search ends after so many states: an example is small, and an infinite one would take all memory.
const LIMITS: Limits = Limits {
    states: Some(5_000_000),
    memory: None,
    time: None,
};
/// The time between two looks at nodes that start.
const LOOK: Duration = Duration::from_millis(50);

/// Is the program of an example: `main` calls it, and does nothing else. `node` makes a node of a
/// cluster of so many; `scripts` are files with a transcript, which `QUORATE_REBLESS=1` writes anew. It ends
/// with the first thing that is not as it is claimed, and the script that shows it.
pub fn run<P: Protocol<Actor: NodeActor>>(
    node: fn(usize) -> P::Actor,
    scripts: &[&str],
) -> ExitCode {
    match done::<P>(node, scripts) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn done<P: Protocol<Actor: NodeActor>>(
    node: fn(usize) -> P::Actor,
    scripts: &[&str],
) -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    if let [id, cluster, data, nodes @ ..] = args.as_slice() {
        return serve(node, id.parse()?, cluster.parse()?, data.into(), nodes);
    }
    check::<P>()?;
    P::MUTANTS.iter().try_for_each(find)?;
    for file in scripts {
        follow::<P>(Path::new(file))?;
    }
    run_nodes()
}

/// Searches every configuration to the end.
///
/// # Errors
///
/// If a claim does not hold, a search does not end, or a row of the transition table is not reached.
fn check<P: Protocol>() -> Result<()> {
    let facts = ProtocolFacts::of::<P>();
    let mut reached = Vec::new();
    for configuration in P::configurations() {
        let path = format!("{}/{}", P::NAME, configuration.name);
        let system = Arc::new(configuration.system(None));
        println!("{path}: {}", configuration.about);
        println!("  within: {}", system.bounds());
        let report = search(&path, &system)?;
        let marks = report.coverage.marks.into_iter();
        reached.extend(
            marks
                .filter(|(_, hits)| hits.happens())
                .map(|(name, _)| name),
        );
    }
    for row in facts.rows {
        let is_told = reached.contains(&row.name) || row.unreached.is_some();
        ensure!(
            is_told,
            "no search reaches the row {}: add a configuration that does, or a second string to the row, that \
             says why none can",
            row.name
        );
    }
    println!("every row of the transition table is reached");
    Ok(())
}

/// Searches a system to the end. Its scripts begin with this header.
fn search<A: Participant, G: GhostState>(
    header: &str,
    system: &Arc<System<A, G>>,
) -> Result<Report> {
    let options = Options {
        limits: LIMITS,
        ..Options::default()
    };
    let report = explore(system, &options, &Progress::default());
    println!("  {} states, {} steps deep", report.states, report.depth);
    for finding in &report.findings {
        let (kind, claim) = (finding.claim.kind.name(), finding.claim.name);
        println!("  {kind} {claim}: {}", finding.verdict.name());
    }
    if let Some(error) = &report.error {
        match error {
            ModelError::Panic { path, .. } => bail!("{error}{}", shown(header, path)),
            ModelError::Seed(_) | ModelError::Hash { .. } => bail!("{error}"),
        }
    }
    let mut findings = report.findings.iter();
    if let Some(found) = findings.find(|finding| finding.verdict == Verdict::Violated) {
        let claim = found.claim.name;
        match &found.counterexample {
            Some(way) => bail!("{claim} is violated{}", shown(header, way)),
            None => bail!("{claim} never happens in {header}"),
        }
    }
    match report.stopped {
        None => Ok(report),
        Some(reason) => bail!(cut(header, reason)),
    }
}

/// A search that is not complete says nothing.
fn cut(header: &str, reason: StopReason) -> String {
    format!(
        "{header} is not searched to the end: {reason}. It may be infinite: does every timer, fault and \
         request have a bound, and is nothing answered again and again while a write is pending?"
    )
}

/// A way as a script that begins with this header.
fn shown(header: &str, way: &Counterexample) -> String {
    let verbs = way.script.as_deref().unwrap_or_default();
    let lines = [header].into_iter().chain(verbs.lines());
    let lines: String = lines.map(|line| format!("\n  {line}")).collect();
    format!(", as this script shows:{lines}")
}

/// Finds a mutant by the claim that it violates.
///
/// # Errors
///
/// If the claim holds, or is violated in another number of steps.
fn find<P: Protocol>(mutant: &Mutant<P>) -> Result<()> {
    let facts = mutant.facts;
    let home = P::configuration(facts.configuration);
    let (protocol, mutated) = (home.system(None), Arc::new(home.system(Some(mutant))));
    let (name, claim) = (facts.name, facts.property);
    let header = format!("{}/{} mutant={name}", P::NAME, home.name);
    let verdict = verdict(&protocol, &mutated, claim, LIMITS);
    let (found, pinned) = (verdict.shortest(), facts.shortest);
    let way = match verdict {
        MutantVerdict::Killed { counterexample, .. } => counterexample,
        MutantVerdict::Alive => bail!(
            "{claim} does not find {name}: it holds in {header}. Name the configuration and the claim that the \
             rule matters to, or allow more faults or timeouts"
        ),
        MutantVerdict::Inconclusive(reason) => bail!(cut(&header, reason)),
    };
    let shown = shown(&header, &way);
    let Some(found) = found else {
        bail!("{name} violates {claim}, but does nothing else than the protocol{shown}");
    };
    ensure!(
        found == pinned,
        "{name} violates {claim} in {found}; pinned are {pinned}{shown}"
    );
    println!("\n{name}: {}", facts.about);
    println!("violates {claim}{shown}");
    Ok(())
}

/// Follows a script, and compares what it shows with what it expects, or writes that anew.
///
/// # Errors
///
/// If it cannot be followed, or shows something else.
fn follow<P: Protocol>(file: &Path) -> Result<()> {
    let shown = file.display();
    let text = fs::read_to_string(file).with_context(|| format!("{shown} cannot be read"))?;
    let script = Script::parse(&text).with_context(|| shown.to_string())?;
    let described = Header::parse(&script.header).and_then(Described::<P>::parse);
    let described = described.map_err(|error| script.header_error(error));
    let described = described.with_context(|| shown.to_string())?;
    let transcript = script::run(&described.system(None), &script.verbs);
    let transcript = transcript.with_context(|| shown.to_string())?;
    let name = file.file_name().unwrap_or_default().display();
    if transcript == script.expected {
        println!("\n{name}: as expected");
    } else if env::var_os("QUORATE_REBLESS").is_some() {
        fs::write(file, script.with_transcript(&transcript))?;
        println!("\n{name}: the transcript is written");
    } else {
        bail!(
            "{shown} expects something else; if what is found is meant, QUORATE_REBLESS=1 writes it. \
             Found:\n{transcript}"
        );
    }
    Ok(())
}

/// Runs three nodes, and asks them for something. Each is killed in between, one after the other.
fn run_nodes() -> Result<()> {
    let data = tempfile::tempdir()?;
    let (cluster, nodes) = (rand::random::<u64>(), addresses()?);
    let start = |id: usize| Running::start(id, cluster, &data.path().join(id.to_string()), &nodes);
    let mut running = (0..NODES).map(start).collect::<Result<Vec<_>>>()?;
    let mut link = Link::new(cluster, nodes.clone())?;
    await_nodes(&mut link, &mut running)?;
    println!("\nthree nodes run at {nodes:?}");
    let (key, value) = ("city".to_owned(), "Lisbon".to_owned());
    let found = Outcome::Found(Some(value.clone()));
    let put = Operation::Put {
        key: key.clone(),
        value,
    };
    let get = Operation::Get {
        key: key.clone(),
        consistency: Consistency::Linearizable,
    };
    ask(&mut link, put, Outcome::Stored)?;
    ask(&mut link, get.clone(), found.clone())?;
    for id in 0..NODES {
        running[id].0.kill()?;
        running[id].0.wait()?;
        running[id] = start(id)?;
        await_nodes(&mut link, &mut running)?;
        println!("node {id} was killed, and started again");
        ask(&mut link, get.clone(), found.clone())?;
    }
    ask(&mut link, Operation::Delete { key }, Outcome::Deleted(true))
}

/// Has an operation executed through a [session](quorate_models::client::Session) on a socket.
fn ask(link: &mut Link, operation: Operation, expected: Outcome) -> Result<()> {
    let answer = link.execute(operation.clone(), PATIENCE)?;
    println!("  {operation:?}: {answer:?}");
    let expected = Answer::Done(expected);
    ensure!(answer == expected, "expected is {expected:?}");
    Ok(())
}

/// Waits until every node answers.
fn await_nodes(link: &mut Link, running: &mut [Running]) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    while !link.status(LOOK)?.iter().all(Option::is_some) {
        for node in running.iter_mut() {
            ensure!(node.0.try_wait()?.is_none(), "a node has ended");
        }
        ensure!(Instant::now() < until, "a node does not answer");
    }
    Ok(())
}

/// Addresses that are free now, on a loopback address of their own: no other socket takes the port
/// of a node while it is down.
fn addresses() -> Result<Vec<SocketAddrV4>> {
    let [a, b] = rand::random::<[u8; 2]>();
    let ip = Ipv4Addr::new(127, a.max(1), b, 1);
    let sockets = (0..NODES).map(|_| UdpSocket::bind((ip, 0)));
    let sockets = sockets.collect::<Result<Vec<_>, _>>()?;
    let address = |socket: &UdpSocket| match socket.local_addr()? {
        SocketAddr::V4(address) => Ok(address),
        SocketAddr::V6(address) => bail!("bound to {address}"),
    };
    sockets.iter().map(address).collect()
}

/// A node as a child process, which ends with this one.
struct Running(Child);

impl Running {
    fn start(id: usize, cluster: u64, data: &Path, nodes: &[SocketAddrV4]) -> Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command
            .args([id.to_string(), cluster.to_string()])
            .arg(data);
        command.args(nodes.iter().map(ToString::to_string));
        let child = command.stdin(Stdio::piped()).spawn();
        Ok(Running(child.context("a node cannot be started")?))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // An error means that it is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Is a node, in a process of its own.
fn serve<A: NodeActor>(
    node: fn(usize) -> A,
    id: usize,
    cluster: u64,
    data: PathBuf,
    nodes: &[String],
) -> Result<()> {
    let actor = node(nodes.len());
    let settings = Settings {
        cluster,
        protocol: "example",
        nodes: nodes
            .iter()
            .map(|it| it.parse())
            .collect::<Result<_, _>>()?,
        via: None,
        keys: None,
        id,
        init: !data.exists(),
        data,
        until_stdin_closes: true,
        snapshot_every: None,
    };
    match node::run(actor, settings)? {}
}

/// What an example says when something is not as it is claimed. Raft is the protocol.
#[cfg(test)]
mod tests {
    use super::*;
    use quorate_models::raft::Raft;
    use quorate_models::system::{Channels, Environment, Timeouts};
    use stateright::actor::{Actor, Id, Out, model_timeout};
    use std::borrow::Cow;

    #[test]
    fn a_violation_is_shown_as_a_script() {
        let mutant = Raft::mutant("votes-counted-twice");
        let home = Raft::configuration(mutant.facts.configuration);
        let header = format!("raft/{} mutant=votes-counted-twice", home.name);
        let system = Arc::new(home.system(Some(mutant)));
        let error = search(&header, &system)
            .expect_err("it is violated")
            .to_string();
        let expected = format!(
            "Election Safety is violated, as this script shows:\n  {header}\n  timeout 0 Election\n"
        );
        assert!(error.starts_with(&expected), "{error}");
    }

    /// Panics when its time has come.
    struct Bomb;

    impl Actor for Bomb {
        type Msg = ();
        type State = ();
        type Timer = &'static str;
        type Storage = ();
        type Random = ();

        fn on_start(&self, _: Id, _: &Option<()>, out: &mut Out<Self>) {
            out.set_timer("Fuse", model_timeout());
        }

        fn on_timeout(&self, _: Id, _: &mut Cow<'_, ()>, _: &&'static str, _: &mut Out<Self>) {
            panic!("it goes off");
        }
    }

    #[test]
    fn a_panic_is_shown_as_a_script() {
        let environment = Environment {
            timeouts: vec![Timeouts::shared("Fuse", [0], 1)],
            ..Environment::default()
        };
        let system = System::new(vec![Bomb], Channels::once(), environment, ());
        let error = search("bomb/fuse", &Arc::new(system)).expect_err("it panics");
        let error = error.to_string();
        let expected = ", as this script shows:\n  bomb/fuse\n  timeout 0 \"Fuse\"";
        assert!(
            error.starts_with("the model panicked: it goes off"),
            "{error}"
        );
        assert!(error.ends_with(expected), "{error}");
    }

    #[test]
    fn a_mutant_of_another_length_is_shown_as_a_script() {
        let mut mutant = *Raft::mutant("votes-counted-twice");
        let found = mutant.facts.shortest;
        mutant.facts.shortest.stem += 1;
        let error = find(&mutant).expect_err("it is shorter").to_string();
        let expected = format!(
            "votes-counted-twice violates Election Safety in {found}; pinned are {}, as this \
             script shows:\n  raft/{} mutant=votes-counted-twice\n  timeout 0 Election\n",
            mutant.facts.shortest, mutant.facts.configuration
        );
        assert!(error.starts_with(&expected), "{error}");
    }

    #[test]
    fn a_header_names_the_protocol_or_a_configuration() {
        let of = |header| Header::parse(header).and_then(Described::<Raft>::parse);
        for header in [
            "raft servers=2",
            "raft/election",
            "raft/crash mutant=amnesia",
        ] {
            assert!(of(header).is_ok(), "{header}");
        }
        for header in [
            "zab servers=2",
            "raft/elections",
            "zab/election",
            "raft/crash mutant=none",
        ] {
            assert!(of(header).is_err(), "{header}");
        }
    }

    #[test]
    fn a_script_shows_what_it_expects() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let write = |expected: &str| {
            let text = format!("raft servers=1\n----\n{expected}");
            fs::write(&file, text).expect("it is written");
        };
        let shown = "0 Follower t0 voted None log [] commit 0\n";
        write(shown);
        follow::<Raft>(file.path()).expect("as expected");
        write("");
        let error = follow::<Raft>(file.path()).expect_err("it expects nothing");
        let error = error.to_string();
        assert!(error.ends_with(&format!(" Found:\n{shown}")), "{error}");
    }
}

//! A protocol of its own in this workspace's mould: `cargo run -p quorate --example primary`.
//!
//! [`log`] is the protocol. [`checked`] says what is checked of it. Here, its finite systems are
//! searched, its mutants found, a script is followed, and three nodes serve a client on UDP.

mod checked;
mod log;

use anyhow::{Context, Result, bail, ensure};
use checked::Primary;
use log::{Node, Rules};
use quorate::client::link::Link;
use quorate::machine::{Operation, Outcome};
use quorate::node::{self, Settings};
use quorate::request::Answer;
use quorate_models::protocol::scenario::Scenario;
use quorate_models::protocol::{Mutant, Protocol};
use quorate_models::script::header::Header;
use quorate_models::script::{self, Script};
use quorate_refinement::engine::{Limits, Options, Progress, Verdict, explore};
use quorate_refinement::evidence::mutants::{MutantVerdict, verdict};
use std::env;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many nodes are run.
const NODES: usize = 3;
/// Nothing takes so long, unless it never happens.
const PATIENCE: Duration = Duration::from_secs(10);
/// The time between two looks at nodes that start.
const LOOK: Duration = Duration::from_millis(50);

fn main() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    if let [id, cluster, data, nodes @ ..] = args.as_slice() {
        return serve(id.parse()?, cluster.parse()?, data.into(), nodes);
    }
    search()?;
    Primary::MUTANTS.iter().try_for_each(find)?;
    follow(include_str!("lost_append.txt"))?;
    run()
}

/// Searches every configuration to the end.
fn search() -> Result<()> {
    let mut reached = Vec::new();
    for configuration in Primary::configurations() {
        let system = Arc::new(configuration.system(None));
        let report = explore(&system, &Options::default(), &Progress::default());
        println!("primary/{}: {}", configuration.name, configuration.about);
        println!("  within: {}", system.bounds());
        println!("  {} states, {} steps deep", report.states, report.depth);
        for finding in &report.findings {
            let (kind, claim) = (finding.claim.kind.name(), finding.claim.name);
            println!("  {kind} {claim}: {}", finding.verdict.name());
        }
        ensure!(report.verdict() == Verdict::Holds, "{:?}", report.findings);
        let marks = report.coverage.marks.into_iter();
        reached.extend(
            marks
                .filter(|(_, hits)| hits.happens())
                .map(|(name, _)| name),
        );
    }
    for row in Primary::ROWS {
        ensure!(
            reached.contains(&row.name),
            "no search reaches {}",
            row.name
        );
    }
    println!("every row of the transition table is reached");
    Ok(())
}

/// Finds a mutant by the claim that it violates.
fn find(mutant: &Mutant<Primary>) -> Result<()> {
    let facts = mutant.facts;
    let home = Primary::configuration(facts.configuration);
    let (protocol, mutated) = (home.system(None), Arc::new(home.system(Some(mutant))));
    let MutantVerdict::Killed { counterexample, .. } =
        verdict(&protocol, &mutated, facts.property, Limits::default())
    else {
        bail!("{} does not find {}", facts.property, facts.name);
    };
    let length = counterexample.steps.len();
    ensure!(
        length == facts.length,
        "{} takes {length} steps",
        facts.name
    );
    println!("\n{}: {}", facts.name, facts.about);
    println!("violates {}, as this script shows:", facts.property);
    println!("  primary/{} mutant={}", home.name, facts.name);
    let verbs = counterexample.script.unwrap_or_default();
    verbs.lines().for_each(|verb| println!("  {verb}"));
    Ok(())
}

/// Follows a script, and compares what it shows with what it expects.
fn follow(text: &str) -> Result<()> {
    let script = Script::parse(text)?;
    let scenario = Scenario::<Primary>::parse(Header::parse(&script.header)?)?;
    let transcript = script::run(&scenario.system(None), &script.verbs)?;
    ensure!(transcript == script.expected, "found:\n{transcript}");
    println!("\nlost_append.txt: as expected");
    Ok(())
}

/// Runs three nodes, and asks them for something. The primary is killed in between.
fn run() -> Result<()> {
    let data = tempfile::tempdir()?;
    let (cluster, nodes) = (rand::random::<u64>(), addresses()?);
    let start = |id: usize| Running::start(id, cluster, &data.path().join(id.to_string()), &nodes);
    let mut running = (0..NODES).map(start).collect::<Result<Vec<_>>>()?;
    let mut link = Link::new(cluster, nodes.clone())?;
    await_nodes(&mut link, &mut running)?;
    println!("\nthree nodes run at {nodes:?}");
    let (key, value) = ("city".to_owned(), "Lisbon".to_owned());
    let put = Operation::Put {
        key: key.clone(),
        value,
    };
    let get = Operation::Get { key: key.clone() };
    ask(&mut link, put, Outcome::Stored)?;
    ask(
        &mut link,
        get.clone(),
        Outcome::Found(Some("Lisbon".to_owned())),
    )?;
    running[0].0.kill()?;
    running[0].0.wait()?;
    running[0] = start(0)?;
    await_nodes(&mut link, &mut running)?;
    println!("the primary was killed, and started again");
    ask(&mut link, get, Outcome::Found(Some("Lisbon".to_owned())))?;
    ask(&mut link, Operation::Delete { key }, Outcome::Deleted(true))
}

/// Has an operation executed through a [session](quorate_models::client::Session) on a socket.
fn ask(link: &mut Link, operation: Operation, expected: Outcome) -> Result<()> {
    let answer = link.execute(operation.clone(), PATIENCE)?;
    println!("  {operation:?}: {answer:?}");
    ensure!(
        answer == Answer::Done(expected),
        "another answer is expected"
    );
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
fn serve(id: usize, cluster: u64, data: PathBuf, nodes: &[String]) -> Result<()> {
    let actor = Node {
        nodes: nodes.len(),
        rules: Rules::default(),
    };
    let settings = Settings {
        cluster,
        nodes: nodes
            .iter()
            .map(|it| it.parse())
            .collect::<Result<_, _>>()?,
        id,
        init: !data.exists(),
        data,
        until_stdin_closes: true,
    };
    match node::run(actor, settings)? {}
}

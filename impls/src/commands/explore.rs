//! `quorate explore`: Stateright's Explorer, opened at a violation, or where a claim is seen.

use super::check::progress::{Overall, Show, Watched};
use super::check::report::print_error;
use super::counterexample::{Subject, after, print_not_found, print_steps};
use super::tables::grouped;
use super::{Usage, selection};
use crate::output::say;
use anyhow::{Context, Result, anyhow};
use quorate_models::system::claim::Kind;
use quorate_refinement::engine::{
    Counterexample, Finding, ModelError, Options, Progress, Report, Verdict,
};
use quorate_refinement::evidence::searches;
use std::io::{IsTerminal, Write, stdout};
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::slice;
use std::sync::Arc;

/// The configuration to explore, and where to serve it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A configuration, such as `raft/election`
    #[arg(value_name = "PROTOCOL/CONFIG")]
    name: String,
    /// Exchange a rule of the protocol for a bug; `quorate list` names the mutants
    #[arg(long, value_name = "NAME")]
    mutant: Option<String>,
    /// Open where this claim is violated, or this witness is seen, such as "A Leader Is Elected";
    /// without this, at the violation that the mutant is known for, or at the first of any claim
    #[arg(long, value_name = "CLAIM")]
    show: Option<String>,
    /// Open at the start, without a search
    #[arg(long, conflicts_with = "show")]
    no_search: bool,
    /// Where to serve the Explorer; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000", value_parser = address)]
    address: SocketAddr,
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    let expected = "expected an IP address and a port, such as 127.0.0.1:3000";
    text.parse().map_err(|_| expected)
}

/// Serves the Explorer until the process is ended.
pub fn run(args: &Args) -> Result<ExitCode> {
    let entry = selection::configuration(&args.name)?;
    let mutant = args.mutant.as_deref();
    let mutant = mutant.map(|name| selection::mutant(name, slice::from_ref(&args.name)));
    let mutant = mutant.transpose()?;
    if let Some(mutant) = mutant {
        selection::belongs(mutant, &[entry])?;
    }
    let wanted = args
        .show
        .as_deref()
        .map(|name| selection::claim(entry, name));
    let property = mutant.map(|mutant| mutant.facts.property);
    let mut claims = entry.facts.claims.iter();
    let of_mutant = claims.position(|claim| Some(claim.name) == property);
    let wanted = wanted.transpose()?.or(of_mutant);
    // The Explorer panics if it cannot bind its address, so that is tried before.
    let free = TcpListener::bind(args.address).map_err(|error| {
        let free = "--address 127.0.0.1:0 takes a free port of this machine";
        Usage(format!(
            "{} cannot be served: {error}; {free}",
            args.address
        ))
    })?;
    let address = free.local_addr().context("the address is not known")?;
    let exploration = Exploration {
        subject: Subject { entry, mutant },
        wanted,
        searches: !args.no_search,
    };
    exploration.serve(address, free)
}

struct Exploration {
    subject: Subject,
    /// The position of the claim that is to be shown.
    wanted: Option<usize>,
    searches: bool,
}

impl Exploration {
    /// Searches, and serves at an address, which is free until then.
    fn serve(&self, address: SocketAddr, free: TcpListener) -> Result<ExitCode> {
        let Subject { entry, mutant } = self.subject;
        searches::start(entry, mutant).map_err(|error| anyhow!("{error}"))?;
        let mut path = "0".to_owned();
        if self.searches {
            let options = Options {
                until: self.wanted,
                stops_at_violation: self.wanted.is_none(),
                counts_without_history: false,
                ..Options::default()
            };
            let progress = Arc::new(Progress::default());
            let overall = Overall::unknown();
            let watched = Watched::start(self.subject, &progress, Show::Progress, overall);
            let report = searches::explore(entry, mutant, &options, &progress);
            watched.end();
            path = self.opened(&report).unwrap_or(path);
        }
        // A reader who follows the link must not find the socket that only reserved the port.
        drop(free);
        let link = format!("http://{address}/#/steps/{path}");
        say!("{link}");
        stdout().flush()?;
        if stdout().is_terminal() && open::that_detached(&link).is_err() {
            say!("Open this address in a browser; Ctrl-C ends.");
        }
        searches::serve(entry, mutant, self.wanted, address);
        Ok(ExitCode::SUCCESS)
    }

    /// Prints what the search has found, and gives the path to where the page is to be opened.
    fn opened(&self, report: &Report) -> Option<String> {
        let (path, states) = (self.subject.entry.path(), grouped(report.states));
        print_error(&path, report);
        if let Some(ModelError::Panic { path: way, .. }) = &report.error {
            // The last step is the one that panics.
            let before = way.address.rsplit_once('/');
            return before.map(|(before, _)| before.to_owned());
        }
        let found = match self.wanted {
            Some(wanted) => Some(&report.findings[wanted]),
            None => first_violation(report),
        };
        let seen = found.and_then(|it| Some((it, it.counterexample.as_ref()?)));
        match (seen, found) {
            (Some((finding, way)), _) => {
                print_way(finding, way);
                return Some(way.address.clone());
            }
            (None, Some(finding)) => {
                let verdict = match (finding.claim.kind, finding.verdict) {
                    (Kind::Witness, Verdict::Violated) => "is never seen",
                    (_, verdict) => verdict.name(),
                };
                say!(
                    "{path}: {} {verdict} in {states} states.",
                    finding.claim.name
                );
            }
            (None, None) => {
                let verdict = report.verdict().name();
                say!("{path}: {verdict}; no claim is violated in {states} states.");
            }
        }
        if let Some(mutant) = self.subject.mutant.filter(|_| !self.subject.is_home()) {
            let home = mutant.home().path();
            print_not_found(
                mutant,
                &format!("explore {home} --mutant {}", mutant.facts.name),
            );
        }
        None
    }
}

/// The violation that is nearest to the start.
fn first_violation(report: &Report) -> Option<&Finding> {
    let violated = report
        .findings
        .iter()
        .filter(|it| it.counterexample.is_some());
    violated.min_by_key(|it| it.counterexample.as_ref().map(|way| way.steps.len()))
}

fn print_way(finding: &Finding, way: &Counterexample) {
    let seen = match finding.claim.kind {
        Kind::Witness => "seen",
        _ => "violated",
    };
    say!("{} is {seen} {}:", finding.claim.name, after(way));
    print_steps(way);
}

//! `quorate explore`: Stateright's Explorer, opened at the counterexample when there is one.

use super::{Usage, selection};
use crate::output::say;
use anyhow::{Context, Result, anyhow};
use quorate_models::catalog::{Builder, MutantEntry, Visitor};
use quorate_models::property::Kind;
use quorate_models::system::{History, Participant, System};
use quorate_refinement::engine::{self, Counterexample, Limits};
use std::io::{IsTerminal, Write, stdout};
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;

/// What to explore, and where to serve it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A configuration, such as `raft/election`
    #[arg(value_name = "PROTOCOL/CONFIG")]
    name: String,
    /// Exchange a rule of the protocol for a bug; `quorate list` names the mutants
    #[arg(long, value_name = "NAME")]
    mutant: Option<String>,
    /// Where to serve the Explorer; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    address: SocketAddr,
}

/// Serves the Explorer until the process is ended.
pub fn run(args: &Args) -> Result<ExitCode> {
    let entry = selection::configuration(&args.name)?;
    let mutant = args.mutant.as_deref().map(selection::mutant).transpose()?;
    if let Some(mutant) = mutant
        && mutant.protocol != entry.protocol
    {
        let (name, protocol) = (mutant.facts().name, mutant.protocol.name());
        return Err(Usage(format!(
            "{name} is a mutant of {protocol}, not of {}",
            args.name
        ))
        .into());
    }
    // The Explorer panics if it cannot bind its address, so that is tried before.
    let free = TcpListener::bind(args.address)
        .map_err(|error| Usage(format!("{} cannot be served: {error}", args.address)))?;
    let address = free.local_addr().context("the address is not known")?;
    entry.visit(Exploration {
        mutant,
        address,
        free,
    })
}

struct Exploration {
    mutant: Option<MutantEntry>,
    address: SocketAddr,
    free: TcpListener,
}

impl Visitor for Exploration {
    type Output = Result<ExitCode>;

    fn visit<A: Participant, G: History>(self, build: Builder<'_, A, G>) -> Self::Output {
        let Exploration {
            mutant,
            address,
            free,
        } = self;
        let system = Arc::new(build(mutant));
        engine::start(&*system).map_err(|flaw| anyhow!("{flaw}"))?;
        let mut link = format!("http://{address}/");
        if let Some(mutant) = mutant {
            match counterexample(&system, mutant.facts().property) {
                Some((
                    property,
                    Counterexample {
                        steps,
                        address: path,
                    },
                )) => {
                    say!("{property} is violated after {} steps:", steps.len());
                    for (number, step) in steps.iter().enumerate() {
                        say!("  {:>3}  {step}", number + 1);
                    }
                    link = format!("http://{address}/#/steps/{path}");
                }
                None => say!("None of the claims searched for is violated in this configuration."),
            }
        }
        // Whoever follows the link must not find the socket that only held the place.
        drop((free, system));
        say!("{link}");
        stdout().flush()?;
        if stdout().is_terminal() && open::that_detached(&link).is_err() {
            say!("Open this address in a browser; Ctrl-C ends.");
        }
        engine::serve(build(mutant), address);
        Ok(ExitCode::SUCCESS)
    }
}

/// A violated claim, and the shortest way there. The wanted property is searched for, or every
/// claim, one after the other, if it is none of this configuration's.
fn counterexample<A: Participant, G: History>(
    system: &Arc<System<A, G>>,
    wanted: &str,
) -> Option<(&'static str, Counterexample)> {
    let claimed = system.stated.iter().any(|stated| stated.name == wanted);
    let claims = system.stated.iter().enumerate();
    let searched = claims.filter(|(_, stated)| match claimed {
        true => stated.name == wanted,
        false => stated.kind() != Kind::Witness,
    });
    for (number, stated) in searched {
        eprintln!("searching for a violation of {} ...", stated.name);
        if let Ok(Some(trace)) = engine::shortest(system, number, Limits::default()) {
            return Some((stated.name, trace.counterexample(system)));
        }
    }
    None
}

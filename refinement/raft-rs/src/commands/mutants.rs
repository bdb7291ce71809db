//! `mutants`: mistakes in the application's part.

use super::{header, print_way};
use crate::output::{paragraph, say};
use anyhow::{Result, bail};
use quorate_models::protocol::Protocol;
use quorate_raft_rs::checked::RaftCrate;
use quorate_refinement::engine::Limits;
use quorate_refinement::evidence::mutants::{MutantVerdict, verdict};
use std::process::ExitCode;
use std::sync::Arc;

/// Finds each by the claim that it violates, and prints the way.
pub fn run() -> Result<ExitCode> {
    for mutant in RaftCrate::MUTANTS {
        let facts = mutant.facts;
        let home = RaftCrate::configuration(facts.configuration);
        let (crate_itself, mutated) = (home.system(None), Arc::new(home.system(Some(mutant))));
        let found = verdict(&crate_itself, &mutated, facts.property, Limits::default());
        let shortest = found.shortest();
        let MutantVerdict::Killed { counterexample, .. } = found else {
            bail!("{} does not violate {}", facts.name, facts.property);
        };
        let shown = shortest.map_or("diverging nowhere".to_owned(), |it| it.to_string());
        let about = format!("{}: {} ({})", facts.name, facts.about, facts.source);
        say!("{}", paragraph(&about, ""));
        say!("violates {} in {shown}:", facts.property);
        print_way(&header(&home, Some(facts.name)), &counterexample);
        say!();
        if shortest != Some(facts.shortest) {
            bail!(
                "{} is recorded with {}; found is {shown}",
                facts.name,
                facts.shortest
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

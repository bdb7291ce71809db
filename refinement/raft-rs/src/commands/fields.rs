//! `fields`: parts are left out of the snapshots.

use super::options;
use crate::output::{grouped, say};
use anyhow::Result;
use quorate_raft_rs::planted::{Notice, STATES_MAX, notice};
use quorate_raft_rs::raft_rs::field::Field;
use std::process::ExitCode;

/// Says of each part who notices that it is left out.
pub fn run() -> Result<ExitCode> {
    say!(
        "Searches of up to {} states each; what is not noticed there may be elsewhere.",
        grouped(STATES_MAX)
    );
    say!();
    say!("left out           noticed by                      without the check, by");
    for field in Field::ALL {
        let shown = |checks| {
            let noticed = notice(*field, checks, &options(None));
            let shown = |it: Notice| format!("{} in {}", it.by, it.configuration);
            noticed.map_or("not noticed".to_owned(), shown)
        };
        say!("{:<18} {:<31} {}", field.name, shown(true), shown(false));
    }
    Ok(ExitCode::SUCCESS)
}

//! Violations, as they are printed: what is violated, the command that opens it, and the way there
//! as a script that replays.

use super::tables::{grouped, paragraph};
use super::{Usage, picture};
use crate::output::say;
use anyhow::{Context, Result};
use console::style;
use quorate_models::catalog::{Entry, MutantEntry, transcript};
use quorate_models::script::Script;
use quorate_models::system::claim::Kind;
use quorate_models::system::{Caption, End};
use quorate_refinement::engine::{Counterexample, Finding};
use std::fs;
use std::path::{Path, PathBuf};

/// Where something was found: in a configuration, perhaps with a mutant.
#[derive(Clone, Copy)]
pub struct Subject {
    /// The configuration.
    pub entry: Entry,
    /// The mutant.
    pub mutant: Option<MutantEntry>,
}

/// The width of a line. A command that is longer goes on in the next one, as a shell reads it.
const COLUMNS: usize = 80;

impl Subject {
    /// Whether the mutant is to be found in the configuration, if there is one.
    pub fn is_home(self) -> bool {
        let home = self.mutant.map(|mutant| mutant.home().path());
        home.is_none_or(|home| home == self.entry.path())
    }

    /// The header of a script.
    fn header(self) -> String {
        let mutant = self.mutant.map(|mutant| mutant.facts.name);
        let mutant = mutant.map_or(String::new(), |name| format!(" mutant={name}"));
        self.entry.path() + &mutant
    }

    /// The command that opens a violation in the browser. A claim that it would not open by itself
    /// is named: it opens the mutant's property, or the first violation.
    fn command(self, claim: &str, is_first: bool) -> String {
        let facts = self.mutant.map(|mutant| mutant.facts);
        let is_claimed = |name| {
            self.entry
                .facts
                .claims
                .iter()
                .any(|claim| claim.name == name)
        };
        let is_opened = match facts.filter(|facts| is_claimed(facts.property)) {
            Some(facts) => facts.property == claim,
            None => is_first,
        };
        let mut command = format!("quorate explore {}", self.entry.path());
        if let Some(facts) = facts {
            command += &format!(" --mutant {}", facts.name);
        }
        if !is_opened {
            command += &format!(" --show {claim:?}");
        }
        command
    }

    /// A violation as a sentence: what, where, and how far away.
    pub fn sentence(self, finding: &Finding) -> String {
        let (claim, path) = (finding.claim.name, self.entry.path());
        match &finding.counterexample {
            Some(way) => format!("{claim} in {path} {}", after(way)),
            None if finding.claim.kind == Kind::Witness => {
                format!("{claim} never happens in {path}")
            }
            None => format!("{claim} in {path}"),
        }
    }

    /// Prints the command that opens a violation, if there is a way to it.
    pub fn print_command(self, finding: &Finding, is_first: bool) {
        if finding.counterexample.is_some() {
            let line = format!("open it: {}", self.command(finding.claim.name, is_first));
            let shown = match COLUMNS < line.chars().count() {
                true => line.replacen(" --show", " \\\n  --show", 1),
                false => line,
            };
            say!("{shown}");
        }
    }

    /// Prints a violation.
    pub fn print(self, finding: &Finding, is_first: bool) {
        let violated = style("VIOLATED").red().bold();
        say!();
        let sentence = format!(
            "{violated}: {} ({})",
            self.sentence(finding),
            finding.claim.source
        );
        say!("{}", paragraph(&sentence, ""));
        self.print_command(finding, is_first);
        if let Some(way) = &finding.counterexample {
            say!("or save these lines, and replay them: quorate script FILE");
            say!();
            let script = self.script(way);
            script.lines().for_each(|line| say!("  {line}"));
        }
        say!();
    }

    /// The way to a violation as a script without a transcript.
    pub fn script(self, way: &Counterexample) -> String {
        let verbs = way.script.as_deref().unwrap_or_default();
        format!("{}\n{verbs}", self.header())
    }

    /// Writes a violation into a folder, as a script with its transcript. Gives the file.
    pub fn write(
        self,
        finding: &Finding,
        folder: &Path,
        is_first: bool,
    ) -> Result<Option<PathBuf>> {
        let Some(way) = &finding.counterexample else {
            return Ok(None);
        };
        let (sentence, source) = (self.sentence(finding), finding.claim.source);
        let command = self.command(finding.claim.name, is_first);
        let text = format!(
            "# Violated: {sentence} ({source}).\n# {command}\n{}",
            self.script(way)
        );
        let script = Script::parse(&text).context("a counterexample is no script")?;
        let transcript = transcript(&script).context("a counterexample does not replay")?;
        let file = folder.join(self.file_name(finding, "txt"));
        fs::write(&file, script.with_transcript(&transcript))
            .with_context(|| format!("{} cannot be written", file.display()))?;
        Ok(Some(file))
    }

    /// Draws the way to what was found into a folder. Gives the file.
    pub fn draw(self, finding: &Finding, folder: &Path) -> Result<Option<PathBuf>> {
        let Some(way) = &finding.counterexample else {
            return Ok(None);
        };
        let script = Script::parse(&self.script(way)).context("a counterexample is no script")?;
        let picture = picture::draw(&script, |_, _| self.caption(finding, way));
        let picture = picture.context("a counterexample does not replay")?;
        let file = folder.join(self.file_name(finding, "svg"));
        fs::write(&file, picture)
            .with_context(|| format!("{} cannot be written", file.display()))?;
        Ok(Some(file))
    }

    fn caption(self, finding: &Finding, way: &Counterexample) -> Caption {
        let (claim, place) = (finding.claim.name, picture::place(&self.header()));
        let place = format!("{place}, {}", length(way));
        let (verb, end) = match (finding.claim.kind, way.loop_start) {
            (Kind::Witness, _) => ("seen", End::Seen("seen here".to_owned())),
            (_, Some(start)) => ("violated", End::Loop(start)),
            (_, None) => ("violated", picture::violated()),
        };
        let title = format!("{claim} is {verb}");
        Caption { title, place, end }
    }

    /// The name of a file for what was found: protocol, configuration, mutant and claim, in lower case,
    /// their words joined.
    fn file_name(self, finding: &Finding, extension: &str) -> String {
        let mutant = self.mutant.map_or("", |mutant| mutant.facts.name);
        let name = [&self.entry.path(), mutant, finding.claim.name].join(" ");
        let name = name.to_lowercase();
        let words = name.split(|c: char| !c.is_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        format!("{}.{extension}", words.join("-"))
    }
}

/// Makes a folder, and sees that one can write into it.
pub fn writable(folder: &Path) -> Result<()> {
    let refused = |what, error| Usage(format!("{} cannot be {what}: {error}", folder.display()));
    fs::create_dir_all(folder).map_err(|error| refused("made", error))?;
    tempfile::tempfile_in(folder).map_err(|error| refused("written to", error))?;
    Ok(())
}

/// Prints where a mutant is to be found that was looked for elsewhere, and by which command.
pub fn print_not_found(mutant: MutantEntry, command: &str) {
    let (name, claim, home) = (mutant.facts.name, mutant.facts.property, mutant.home());
    say!("not found here: {name} violates {claim} in {}", home.path());
    say!("  quorate {command}");
}

/// How far a violation is away.
pub fn after(way: &Counterexample) -> String {
    format!("after {}", length(way))
}

/// How many steps a way has, and how the run goes on if it has no end.
fn length(way: &Counterexample) -> String {
    let all = way.steps.len();
    match way.loop_start {
        None => steps(all),
        Some(start) if start == all => format!("{}, where the run may stop", steps(all)),
        Some(start) => {
            let (stem, round) = (steps(start), steps(all - start));
            format!("{stem}, and then {round} again and again")
        }
    }
}

/// A number of steps.
pub fn steps(number: usize) -> String {
    match number {
        1 => "1 step".to_owned(),
        _ => format!("{} steps", grouped(number)),
    }
}

/// Prints a path, step by step.
pub fn print_steps(way: &Counterexample) {
    for (number, step) in way.steps.iter().enumerate() {
        say!("  {:>3}  {step}", number + 1);
    }
}

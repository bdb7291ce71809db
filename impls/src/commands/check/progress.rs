//! The output while the searches run: violations as they are found, and a row when a search has
//! ended; on a terminal also how far it is.

use super::super::counterexample::Subject;
use super::super::tables::grouped;
use super::report;
use super::result::{CheckResult, Ending};
use crate::output::say;
use console::{Term, style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use quorate_refinement::engine::{Finding, Progress};
use std::io::{IsTerminal, stdout};
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// Columns before the message of a search.
const BEFORE: usize = 26;
/// Time between two looks at a search.
const LOOK: Duration = Duration::from_millis(50);

/// Shows searches, one after the other.
pub(super) struct Display {
    json: bool,
    /// The states that all searches are known to find, if that is known.
    expected: Option<usize>,
    /// The states that ended searches have found.
    done: usize,
    started: Instant,
    has_header: bool,
}

impl Display {
    pub(super) fn new(json: bool, expected: Option<usize>) -> Self {
        Display {
            json,
            expected,
            done: 0,
            started: Instant::now(),
            has_header: false,
        }
    }

    /// Shows a search until the result is [ended](Watched::end).
    pub(super) fn watch(&mut self, subject: Subject, progress: &Arc<Progress>) -> Watched {
        if !self.has_header && !self.json {
            let [path, states, transitions, depth, time, verdict] = HEADER;
            say!("{path:<24} {states:>11} {transitions:>12} {depth:>5} {time:>9}  {verdict}");
            self.has_header = true;
        }
        let all = Overall {
            expected: self.expected,
            done: self.done,
            started: self.started,
        };
        let show = if self.json {
            Show::Nothing
        } else {
            Show::Violations
        };
        Watched::start(subject, progress, show, all)
    }

    /// Ends the view of a search, and shows what came of it.
    pub(super) fn done(&mut self, watched: Watched, result: &CheckResult) {
        let shown = watched.end();
        self.done += result.report.states;
        if self.json {
            report::print_json(result);
            return;
        }
        for (number, violation) in result.violations().enumerate() {
            if !shown.contains(&violation.claim.name) {
                result.subject.print(violation, number == 0);
            }
        }
        row(result);
        let path = result.subject.entry.path();
        report::print_error(&path, &result.report);
        report::print_broken(&path, &result.report);
    }
}

const HEADER: [&str; 6] = [
    "configuration",
    "states",
    "transitions",
    "depth",
    "time",
    "verdict",
];

/// Prints the row of a search.
fn row(result: &CheckResult) {
    let found = &result.report;
    say!(
        "{:<24} {:>11} {:>12} {:>5} {:>7.1} s  {}",
        result.subject.entry.path(),
        grouped(found.states),
        grouped(found.transitions),
        found.depth,
        found.time.as_secs_f64(),
        coloured(result.ending()),
    );
    if let Some(second_opinion) = result.second_opinion {
        say!("    {}", report::independence(second_opinion));
    }
    if let Some(stop) = result.stop() {
        say!("    {stop}");
    }
}

/// A verdict's word, in its colour on a terminal that has colours.
pub(super) fn coloured(ending: Ending) -> console::StyledObject<&'static str> {
    let word = style(ending.name());
    match ending {
        Ending::Holds => word.green(),
        Ending::Inconclusive => word.yellow(),
        Ending::Error | Ending::Violated => word.red(),
    }
}

/// The part of a search that is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Show {
    Nothing,
    /// How far it is, on a terminal.
    Progress,
    /// That, and violations as they are found.
    Violations,
}

/// The progress of all searches together.
#[derive(Clone, Copy)]
pub(in super::super) struct Overall {
    expected: Option<usize>,
    done: usize,
    started: Instant,
}

impl Overall {
    /// Nothing is known.
    pub(in super::super) fn unknown() -> Self {
        Overall {
            expected: None,
            done: 0,
            started: Instant::now(),
        }
    }

    /// The time left, at the rate so far, when the search at work has found so many states.
    fn left(self, states: usize) -> Option<Duration> {
        let found = self.done + states;
        let left = self.expected?.checked_sub(found)?;
        let each = self.started.elapsed().as_secs_f64() / found.max(1) as f64;
        (0 < states).then(|| Duration::from_secs_f64(each * left as f64))
    }
}

/// A search that is shown.
pub(in super::super) struct Watched {
    stop: mpsc::Sender<()>,
    thread: thread::JoinHandle<Vec<&'static str>>,
}

impl Watched {
    /// Shows a search until the end of the view.
    pub(in super::super) fn start(
        subject: Subject,
        progress: &Arc<Progress>,
        show: Show,
        all: Overall,
    ) -> Self {
        let progress = progress.clone();
        let target = if show != Show::Nothing && stdout().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let template = "{spinner} {prefix:<24} {msg}";
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(ProgressStyle::with_template(template).expect("the template is valid"));
        bar.set_prefix(subject.entry.path());
        let (stop, stopped) = mpsc::channel::<()>();
        let thread = thread::spawn(move || {
            let mut shown = Vec::new();
            let started = Instant::now();
            let mut runs = true;
            while runs {
                runs = stopped.recv_timeout(LOOK) == Err(mpsc::RecvTimeoutError::Timeout);
                let mut found = progress.take_violations();
                // A search without reductions may find a claim again.
                found.retain(|violation| !shown.contains(&violation.claim.name));
                for violation in found {
                    if show == Show::Violations {
                        print_violation(&bar, subject, &violation, shown.is_empty());
                    }
                    shown.push(violation.claim.name);
                }
                bar.set_message(message(&progress, started.elapsed(), all));
                bar.tick();
            }
            bar.finish_and_clear();
            shown
        });
        Watched { stop, thread }
    }

    /// Ends the view, and gives the claims whose violation was shown.
    pub(in super::super) fn end(self) -> Vec<&'static str> {
        drop(self.stop);
        self.thread.join().unwrap_or_default()
    }
}

fn print_violation(bar: &ProgressBar, subject: Subject, violation: &Finding, is_first: bool) {
    bar.suspend(|| subject.print(violation, is_first));
}

/// How far a search is, the important first: as much of it as a line of the terminal has room for.
fn message(progress: &Progress, elapsed: Duration, all: Overall) -> String {
    let states = progress.states.load(Ordering::Relaxed);
    let left = match all.left(states).map(|left| left.as_secs()) {
        None => format!("{:>5} s", elapsed.as_secs()),
        Some(left) => format!("{:>2}:{:02} left", left / 60, left % 60),
    };
    let rate = grouped((states as f64 / elapsed.as_secs_f64()) as usize);
    let frontier = grouped(progress.frontier.load(Ordering::Relaxed));
    let memory = progress.memory();
    let memory = memory.map_or("?".to_owned(), |bytes| (bytes >> 20).to_string());
    let parts = [
        format!("{:>11} states", grouped(states)),
        left,
        format!("{rate:>9}/s"),
        format!("depth {:>2}", progress.depth.load(Ordering::Relaxed)),
        format!("{frontier} on the frontier"),
        format!("{memory} MiB"),
    ];
    let (_, width) = Term::stderr().size();
    let mut room = usize::from(width).saturating_sub(BEFORE);
    let fits = |part: &&String| {
        let taken = part.chars().count() + 1;
        let fits = taken <= room;
        room = room.saturating_sub(taken);
        fits
    };
    let parts: Vec<&str> = parts.iter().take_while(fits).map(String::as_str).collect();
    parts.join(" ")
}

//! What is shown while the searches run.

use super::report::grouped;
use crate::output::say;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use quorate_models::catalog::Entry;
use quorate_refinement::engine::{Progress, Report};
use std::io::{IsTerminal, stdout};
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// Shows each search: on a terminal a line that changes, and everywhere a line when it has ended.
pub(super) struct Display {
    json: bool,
}

impl Display {
    pub(super) fn new(json: bool) -> Self {
        Display { json }
    }

    /// Shows a search until the result is dropped.
    pub(super) fn watch(&self, name: &str, progress: &Arc<Progress>) -> Watched {
        let target = if self.json || !stdout().is_terminal() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let style = ProgressStyle::with_template("{spinner} {prefix:<24} {msg} {elapsed:>5}");
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(style.expect("the template is valid"));
        bar.set_prefix(name.to_owned());
        let (stop, stopped) = mpsc::channel::<()>();
        let (progress, shown) = (progress.clone(), bar.clone());
        let started = Instant::now();
        let thread = thread::spawn(move || {
            let tick = Duration::from_millis(100);
            while stopped.recv_timeout(tick) == Err(mpsc::RecvTimeoutError::Timeout) {
                shown.set_message(message(&progress, started.elapsed()));
                shown.tick();
            }
        });
        Watched {
            bar,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub(super) fn done(&self, entry: Entry, report: &Report) {
        if self.json {
            return;
        }
        let states = grouped(report.states);
        let seconds = report.time.as_secs_f64();
        let rate = grouped((report.states as f64 / seconds.max(1e-3)) as usize);
        say!(
            "  {:<24} {states:>13} states  depth {:>3}  {seconds:>6.1} s  {rate:>10}/s  {}",
            entry.path(),
            report.depth,
            report.verdict().name()
        );
    }
}

fn message(progress: &Progress, elapsed: Duration) -> String {
    let states = progress.states.load(Ordering::Relaxed);
    let queue = progress.queue.load(Ordering::Relaxed);
    let depth = progress.depth.load(Ordering::Relaxed);
    let rate = states as f64 / elapsed.as_secs_f64();
    let memory = progress.memory();
    let memory = memory.map_or("?".to_owned(), |bytes| (bytes >> 20).to_string());
    format!(
        "{:>13} states  {:>11} queued  depth {depth:>3}  {:>9}/s  {memory:>6} MiB",
        grouped(states),
        grouped(queue),
        grouped(rate as usize),
    )
}

/// A search that is shown.
pub(super) struct Watched {
    bar: ProgressBar,
    stop: Option<mpsc::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.stop.take();
        _ = self.thread.take().map(thread::JoinHandle::join);
        self.bar.finish_and_clear();
    }
}

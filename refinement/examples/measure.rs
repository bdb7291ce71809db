//! x
use quorate_models::catalog::*;
use quorate_models::system::{History, Participant};
use quorate_refinement::engine::*;
use std::sync::Arc;
struct V(Limits);
impl Visitor for V {
    type Output = Report;
    fn visit<A: Participant, G: History>(self, b: Builder<'_, A, G>) -> Report {
        check(b(None), self.0, &Arc::new(Progress::default()))
    }
}
fn main() {
    let want: Vec<String> = std::env::args().skip(1).collect();
    for e in Protocol::Raft.configurations() {
        if !want.is_empty() && !want.iter().any(|w| w == e.name()) {
            continue;
        }
        let r = e.visit(V(Limits {
            states: Some(3_000_000),
            memory: Some(14 << 30),
        }));
        println!(
            "{} [{}] states {} noghost {} trans {} depth {} time {:?} halt {:?} {}k/s {} B/state",
            e.path(),
            e.bounds(),
            r.states,
            r.states_without_history,
            r.transitions,
            r.depth,
            r.time,
            r.halt,
            r.states as f64 / r.time.as_secs_f64() / 1e3,
            r.memory / r.states
        );
        for f in r.findings {
            if f.verdict != Verdict::Holds {
                println!(
                    "   {} {:?} {:?}",
                    f.claim.name,
                    f.verdict,
                    f.counterexample.map(|c| c.steps)
                );
            }
        }
    }
}

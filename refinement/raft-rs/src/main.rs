use quorate_models::protocol::Protocol;
use quorate_raft_rs::checked::*;
use quorate_raft_rs::node::Kind;
use quorate_raft_rs::audit::audit;
use quorate_refinement::engine::*;
use std::sync::Arc;
fn main() {
    let names: Vec<String> = std::env::args().skip(1).collect();
    for c in Checked::configurations() {
        if names.is_empty() && is_large(&c) || !names.is_empty() && !names.iter().any(|n| n == c.name) { continue; }
        let system = Arc::new(c.system(None));
        let options = Options { threads: 2, stops_at_violation: true, limits: Limits { memory: Some(5<<30), states: Some(60_000_000), ..Default::default() }, ..Options::default() };
        let r = explore(&system, &options, &Progress::default());
        println!("{}: {} states {} depth {:?} {} {:?} red {:?}", c.name, r.states, r.depth, r.time, r.verdict().name(), r.stopped, r.reduction);
        for f in &r.findings { if f.verdict != Verdict::Holds { println!("   {} {} {:?}", f.claim.name, f.verdict.name(), f.counterexample.as_ref().map(|c| (c.steps.len(), c.script.clone()))); } }
        if let Some(e) = &r.error { println!("   ERROR {}", e); if let ModelError::Panic{path,..} = e { println!("{}", path.script.as_deref().unwrap_or("")); } }
        let Kind::Rebuilt(ledger) = &system.actors[0].kind else { panic!() };
        let t = std::time::Instant::now();
        println!("   {:?}", ledger.checked());
        println!("   {:?} {:?}", audit(&*system.actors[0].machine, ledger, 2), t.elapsed());
    }
}

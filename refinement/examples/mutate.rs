//! x
use quorate_models::catalog::*;
use quorate_models::system::{History, Participant};
use quorate_refinement::engine::*;
use std::sync::Arc;
struct V(MutantEntry, String);
impl Visitor for V {
    type Output = Result<Option<Counterexample>, Halt>;
    fn visit<A: Participant, G: History>(self, b: Builder<'_, A, G>) -> Self::Output {
        let s = Arc::new(b(Some(self.0)));
        let n = s
            .stated
            .iter()
            .position(|x| x.name == self.1)
            .expect("claim");
        shortest(
            &s,
            n,
            Limits {
                states: Some(2_000_000),
                memory: Some(16 << 30),
            },
        )
        .map(|t| t.map(|t| t.counterexample(&s)))
    }
}
fn main() {
    let want: Vec<String> = std::env::args().skip(1).collect();
    for m in Protocol::Raft.mutants() {
        let f = m.facts();
        if !want.is_empty() && want[0] != f.name {
            continue;
        }
        let (conf, prop) = if want.len() > 2 {
            (want[1].clone(), want[2].clone())
        } else {
            (f.configuration.to_string(), f.property.to_string())
        };
        let e = Protocol::Raft
            .configurations()
            .into_iter()
            .find(|e| e.name() == conf)
            .unwrap();
        let t = std::time::Instant::now();
        let r = e.visit(V(m, prop.clone()));
        println!(
            "{} {} {}: {:?} {:?}",
            f.name,
            conf,
            prop,
            r.as_ref().map(|c| c.as_ref().map(|c| c.steps.len())),
            t.elapsed()
        );
        if want.len() > 3 {
            for s in r.unwrap().unwrap().steps {
                println!("    {s}");
            }
        }
    }
}

use quorate_models::protocol::Protocol;
use quorate_models::raft::config::{Config, Refusals};
use quorate_models::raft::{Raft, server::Timer};
use quorate_models::system::*;
use quorate_refinement::engine::*;
use std::sync::Arc;
fn main() {
    for (e, refusals, all, loses) in [
        (1, Refusals::StaleTerm, false, false),
        (2, Refusals::Silent, false, false),
        (2, Refusals::StaleTerm, false, false),
        (2, Refusals::All, false, false),
        (2, Refusals::StaleTerm, true, false),
        (2, Refusals::Silent, false, true),
        (2, Refusals::StaleTerm, false, true),
        (3, Refusals::StaleTerm, false, false),
    ] {
        let config = Config {
            servers: 3,
            no_op: true,
            refusals,
            entries_per_message: usize::MAX,
            bytes_per_message: usize::MAX,
            window: 1,
            timing: Default::default(),
        };
        let sets: Vec<Vec<usize>> = if all {
            vec![vec![0, 1, 2]]
        } else {
            vec![vec![0, 1], vec![0, 2], vec![1, 2], vec![0, 1, 2]]
        };
        let mut begins: Vec<Stable> = sets.iter().map(|s| Stable::of(s.clone())).collect();
        if loses {
            begins.extend(sets.iter().map(|s| Stable::of(s.clone()).losing_all()));
        }
        let environment = Environment {
            timeouts: vec![Timeouts::shared(Timer::Election, 0..3, e)],
            period: Some(Period {
                begins,
                clocks: Raft::CLOCKS.to_vec(),
                requests: false,
            }),
            ..Environment::default()
        };
        let mut system = System::new(
            Raft::actors(&config, &Default::default()),
            Channels::once(),
            environment,
            (),
        );
        system.is_dead = Raft::IS_DEAD;
        let t = std::time::Instant::now();
        let options = Options {
            threads: 1,
            ..Options::default()
        };
        let r = explore(&Arc::new(system), &options, &Progress::default());
        println!(
            "e={e} {refusals:?} all={all} loses={loses}: {} states {} transitions depth {} {:?} {:?} {:.1}s",
            r.states,
            r.transitions,
            r.depth,
            r.stopped,
            r.error,
            t.elapsed().as_secs_f64()
        );
    }
}

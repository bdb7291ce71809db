//! A system in which writes are synced apart keeps the contract of durability, script by script.

use quorate_models::durable::contract::{
    Effect, Number, PEER, Puppet, SCRIPTS, Script, ScriptStep, Strings,
};
use quorate_models::system::{
    Action, ActionOf, Channels, Environment, Restart, StateOf, System, Writes,
};
use stateright::Model;
use stateright::actor::Id;

/// The actor under test.
const TESTED: usize = 0;

/// A script on its way through a system.
struct Run {
    system: System<Puppet, ()>,
    state: StateOf<Puppet, ()>,
    /// Messages that had left at the last `Leaves`.
    seen: usize,
}

impl Run {
    fn begin(script: &Script, restart: Restart) -> Self {
        let pulls = script.steps.iter().filter_map(|step| match step {
            ScriptStep::Handle(effects) => Some(Strings::Pull(effects.to_vec())),
            _ => None,
        });
        let crashes = script
            .steps
            .iter()
            .filter(|step| matches!(step, ScriptStep::Crash { .. }));
        let budgets = Environment {
            requests: pulls.collect(),
            crashes: crashes.count().try_into().expect("few crashes"),
            restart,
            writes: Writes::Synced,
            ..Environment::default()
        };
        let puppets = vec![Puppet; PEER + 1];
        // Ordered, so that the order in which messages leave can be seen.
        let system = System::new(puppets, Channels::ordered(), budgets, ());
        let state = system.init_states().remove(0);
        Run {
            system,
            state,
            seen: 0,
        }
    }

    fn act(&mut self, action: ActionOf<Puppet>) {
        let mut possible = Vec::new();
        self.system.actions(&self.state, &mut possible);
        assert!(
            possible.contains(&action),
            "{action:?} is not possible in {:#?}",
            self.state
        );
        self.state = self
            .system
            .next_state(&self.state, action)
            .expect("it does something");
    }

    /// The messages that the tested actor has sent: none is ever delivered to its peer.
    fn left(&self) -> Vec<u8> {
        let word = |message: &Strings| match message {
            Strings::Word(word) => *word,
            Strings::Pull(_) => panic!("a puppet sends words"),
        };
        let sent = self.state.network.iter();
        sent.map(|envelope| {
            assert_eq!(
                (envelope.src, envelope.dst),
                (Id::from(TESTED), Id::from(PEER))
            );
            word(envelope.msg)
        })
        .collect()
    }

    fn step(&mut self, step: &ScriptStep) {
        let id = Id::from(TESTED);
        match *step {
            ScriptStep::Handle(effects) => {
                self.act(Action::Request(id, Strings::Pull(effects.to_vec())));
            }
            ScriptStep::Sync => self.act(Action::Sync(id)),
            ScriptStep::Crash { kept } => match &self.system.environment {
                budgets if budgets.restart == Restart::AtOnce => {
                    self.act(Action::Restart { id, kept });
                }
                _ => {
                    self.act(Action::Crash { id, kept });
                    assert_eq!(self.state.locals[TESTED].state, None, "memory is lost");
                    self.act(Action::Recover(id));
                }
            },
            ScriptStep::Leaves(words) => {
                assert_eq!(self.left()[self.seen..], *words);
                self.seen = self.left().len();
            }
            ScriptStep::Heard(words) => {
                let heard = self.state.locals[TESTED].up().expect("it is up");
                assert_eq!(heard, words);
            }
            ScriptStep::Durable(number) => {
                let found = self.state.locals[TESTED].storage.unwrap_or_default();
                assert_eq!(found, Number(number));
            }
        }
    }
}

/// Runs every script. Says which step of which script failed.
fn run_all(restart: Restart) {
    for script in SCRIPTS {
        let mut run = Run::begin(script, restart);
        for step in script.steps {
            println!("{}: {step:?}", script.name);
            run.step(step);
        }
    }
}

#[test]
fn every_script_passes_with_crash_and_restart_as_one_action() {
    run_all(Restart::AtOnce);
}

#[test]
fn every_script_passes_with_time_between_crash_and_restart() {
    run_all(Restart::Later);
}

#[test]
fn a_crash_may_keep_any_prefix_of_the_pending_writes_and_no_more() {
    let script = &Script {
        name: "two writes are pending",
        steps: &[
            ScriptStep::Handle(&[Effect::Save(7), Effect::Save(8)]),
            ScriptStep::Crash { kept: 0 },
        ],
    };
    let mut run = Run::begin(script, Restart::Later);
    run.step(&script.steps[0]);
    let mut possible = Vec::new();
    run.system.actions(&run.state, &mut possible);
    let kept: Vec<usize> = possible
        .iter()
        .filter_map(|action| match action {
            Action::Crash { id, kept } if *id == Id::from(TESTED) => Some(*kept),
            _ => None,
        })
        .collect();
    assert_eq!(kept, [0, 1, 2]);
}

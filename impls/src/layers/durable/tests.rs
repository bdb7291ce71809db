use super::*;
use crate::disk::memory::Memory;
use crate::journal::Journal;
use crate::journal::format::Identity;
use quorate_models::durable::contract::{
    Effect, Number, PEER, Puppet, SCRIPTS, ScriptStep, Strings,
};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

const ME: usize = 0;
const IDENTITY: Identity = Identity {
    cluster: 1,
    node: 0,
    list: 0,
};

/// A journal that syncs when it is told to, one change at a time.
#[derive(Clone, Debug)]
struct Stepped {
    journal: Rc<RefCell<Journal<Memory>>>,
    pending: Rc<RefCell<VecDeque<Vec<u8>>>>,
    durable: Rc<Cell<u64>>,
}

impl Stepped {
    fn sync(&self) {
        let change = self
            .pending
            .borrow_mut()
            .pop_front()
            .expect("a write is pending");
        self.journal.borrow_mut().append(&[change]).unwrap();
        self.durable.set(self.durable.get() + 1);
    }
}

impl ChangeLog for Stepped {
    fn append(&self, change: Vec<u8>) {
        self.pending.borrow_mut().push_back(change);
    }

    fn durable(&self) -> u64 {
        self.durable.get()
    }
}

/// A puppet on a journal, and what has left it.
struct Theatre {
    disk: Memory,
    log: Stepped,
    layer: Durable<Puppet, Stepped>,
    state: HeldOf<Puppet>,
    left: Vec<u8>,
}

impl Theatre {
    fn open(disk: Memory) -> Self {
        let (journal, changes) = Journal::open(disk.clone(), IDENTITY).unwrap();
        let log = Stepped {
            journal: Rc::new(RefCell::new(journal)),
            pending: Rc::default(),
            durable: Rc::default(),
        };
        let layer = Durable::recover(Puppet, &changes, log.clone()).unwrap();
        let state = layer.initial();
        let mut theatre = Theatre {
            disk,
            log,
            layer,
            state,
            left: Vec::new(),
        };
        theatre.input(Input::Start(None));
        theatre
    }

    fn input(&mut self, input: InputOf<Durable<Puppet, Stepped>>) {
        for output in self.layer.step(Id::from(ME), &mut self.state, input) {
            match output {
                Output::Send(recipient, Strings::Word(word)) => {
                    assert_eq!(recipient, Id::from(PEER));
                    self.left.push(word);
                }
                other => panic!("unexpected output {other:?}"),
            }
        }
    }

    fn step(mut self, step: ScriptStep) -> Self {
        match step {
            ScriptStep::Handle(effects) => {
                let pull = Strings::Pull(effects.to_vec());
                self.input(Input::Message(Id::from(PEER), pull));
            }
            ScriptStep::Sync => {
                self.log.sync();
                self.input(Input::Choice(Doorbell(0)));
            }
            ScriptStep::Crash { kept } => {
                for _ in 0..kept {
                    self.log.sync();
                }
                return Theatre {
                    left: self.left,
                    ..Theatre::open(self.disk)
                };
            }
            ScriptStep::Leaves(words) => assert_eq!(std::mem::take(&mut self.left), words),
            ScriptStep::Heard(words) => {
                let heard = self.state.inner.as_deref().expect("it has started");
                assert_eq!(heard, words);
            }
            ScriptStep::Durable(number) => {
                let found = Theatre::open(self.disk.clone()).layer.recovered;
                assert_eq!(found.unwrap_or_default(), Number(number));
            }
        }
        self
    }
}

fn blank() -> Memory {
    let mut disk = Memory::default();
    Journal::create(&mut disk, IDENTITY, 3).unwrap();
    disk
}

#[test]
fn every_script_of_the_contract_passes() {
    for script in SCRIPTS {
        println!("{}", script.name);
        script
            .steps
            .iter()
            .fold(Theatre::open(blank()), |theatre, step| theatre.step(*step));
    }
}

#[test]
fn one_doorbell_releases_all_that_is_durable_in_order() {
    let saves = [
        Effect::Save(7),
        Effect::Send(1),
        Effect::Save(8),
        Effect::Send(2),
    ];
    let theatre = Theatre::open(blank()).step(ScriptStep::Handle(saves.to_vec().leak()));
    theatre.log.sync();
    let mut theatre = theatre
        .step(ScriptStep::Sync)
        .step(ScriptStep::Leaves(&[1, 2]));
    // A doorbell that somebody forged finds nothing.
    theatre.input(Input::Choice(Doorbell(0)));
    theatre.step(ScriptStep::Leaves(&[]));
}

#[test]
fn a_disk_that_hangs_holds_so_many_messages_and_no_more() {
    let mut theatre = Theatre::open(blank()).step(ScriptStep::Handle(&[Effect::Save(7)]));
    // What an actor tells itself waits beside them, however much waits.
    let mut effects = vec![Effect::Send(1); WAITING_MAX];
    effects.extend([Effect::Tell(3), Effect::Send(1)]);
    let order = Strings::Pull(effects);
    theatre.input(Input::Message(Id::from(PEER), order));
    let mut theatre = theatre.step(ScriptStep::Sync);
    assert_eq!(std::mem::take(&mut theatre.left).len(), WAITING_MAX);
    let theatre = theatre.step(ScriptStep::Handle(&[Effect::Send(2)]));
    theatre.step(ScriptStep::Leaves(&[2]));
}

#[test]
fn a_save_that_changes_nothing_writes_nothing() {
    let theatre = Theatre::open(blank())
        .step(ScriptStep::Handle(&[Effect::Save(7)]))
        .step(ScriptStep::Sync)
        .step(ScriptStep::Handle(&[Effect::Save(7), Effect::Send(1)]))
        .step(ScriptStep::Leaves(&[1]));
    assert_eq!(theatre.log.pending.borrow().len(), 0);
}

#[test]
fn changes_of_something_else_are_refused() {
    let theatre = Theatre::open(blank());
    let recover = |change: &[u8]| Durable::recover(Puppet, &[change.to_vec()], theatre.log.clone());
    let error = recover(&[]).unwrap_err().to_string();
    assert!(
        error.starts_with("change 1 of the journal is not one of this protocol's"),
        "{error}"
    );
    assert!(recover(&[7]).is_ok());
    let error = recover(&[7, 0]).unwrap_err().to_string();
    assert!(
        error.starts_with("change 1 of the journal is not"),
        "{error}"
    );
}

/// A journal that was written byte by byte can be read: a length, and the bytes as they are.
#[test]
fn a_command_is_encoded_as_its_length_and_its_bytes() {
    let command = quorate_models::replica::Command([7, 0, 255].as_slice().into());
    let bytes = postcard::to_stdvec(&command).unwrap();
    assert_eq!(bytes, [3, 7, 0, 255]);
    assert_eq!(postcard::from_bytes(&bytes), Ok(command));
}

use super::contract::Number;
use super::*;
use crate::rows;

/// An actor that has its record beside its state, and sends small numbers early.
struct Clerk;

impl Actor for Clerk {
    type Msg = u8;
    type Timer = ();
    type State = Number;
    type Storage = Number;
    type Random = ();

    fn on_start(&self, _: Id, stored: &Option<Number>, _: &mut Out<Self>) -> Number {
        stored.unwrap_or_default()
    }
}

rows! {
    /// Its rows.
    pub enum Work {
        /// It handles something.
        Handles: "ours";
        /// A change is written before anything is sent.
        Saves: "ours";
        /// A small number leaves while a change is being written.
        SendsEarly: "ours";
    }
}

impl SavesFirst for Clerk {
    type Row = Work;
    const SAVES_BEFORE_SENDING: Work = Work::Saves;
    const SENDS_WHILE_WRITING: Work = Work::SendsEarly;

    fn record(state: &Number) -> &Number {
        state
    }

    fn writes(&self, _: &Number, after: &Number) -> Vec<Number> {
        vec![*after]
    }

    fn leaves_before_save(&self, _: &Number, _: &Number, message: &u8) -> bool {
        *message < 10
    }
}

/// The outcome of a handler that makes the record this number and sends these messages.
fn run(number: u8, messages: &[u8]) -> (Rows<Work>, Vec<String>) {
    let mut state = Cow::Owned(Number(7));
    let mut out = Out::new();
    let rows = save_before_sending(&Clerk, &mut state, &mut out, |state, out| {
        *state.to_mut() = Number(number);
        for message in messages {
            out.send(Id::from(1), *message);
        }
        Work::Handles.into()
    });
    let shown = out.into_iter().map(|output| match output {
        Output::Send(_, message) => format!("send {message}"),
        Output::Save(Number(number)) => format!("save {number}"),
        other => panic!("unexpected output {other:?}"),
    });
    (rows, shown.collect())
}

#[test]
fn a_change_is_saved_before_the_sends_that_wait_for_it() {
    let (rows, shown) = run(8, &[20, 1, 30]);
    assert_eq!(rows, Work::Handles | Work::Saves | Work::SendsEarly);
    assert_eq!(shown, ["send 1", "save 8", "send 20", "send 30"]);
    let (rows, shown) = run(8, &[20]);
    assert_eq!(rows, Work::Handles | Work::Saves);
    assert_eq!(shown, ["save 8", "send 20"]);
}

#[test]
fn without_a_change_nothing_is_saved() {
    let (rows, shown) = run(7, &[20, 1]);
    assert_eq!(rows, Work::Handles.into());
    assert_eq!(shown, ["send 20", "send 1"]);
}

#[test]
fn a_log_is_written_from_where_it_differs() {
    let log = |items: &[u8]| items.iter().copied().collect::<SharedVec<u8>>();
    let logs = [
        log(&[]),
        log(&[1, 2]),
        log(&[1, 2, 3]),
        log(&[1, 4]),
        log(&[]),
    ];
    for pair in logs.windows(2) {
        let change = pair[1].change_since(&pair[0]).expect("they differ");
        let mut changed = pair[0].clone();
        changed.apply(change).expect("it fits");
        assert_eq!(changed, pair[1]);
    }
    assert_eq!(
        log(&[1, 4]).change_since(&log(&[1, 2, 3])),
        Some((1, vec![4]))
    );
    assert_eq!(log(&[1]).change_since(&log(&[1])), None);
}

#[test]
fn a_change_of_a_longer_log_is_refused() {
    let mut log: SharedVec<u8> = [1].into_iter().collect();
    let refused = log.apply((2, vec![3])).expect_err("it holds one");
    assert_eq!(
        refused.to_string(),
        "change does not fit the record: keeps 2 items of 1"
    );
    assert_eq!(log.len(), 1);
}

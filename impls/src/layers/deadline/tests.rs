use super::*;
use stateright::actor::{Actor, Out};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A clock that stands still until it is moved.
#[derive(Clone)]
struct Hand {
    now: Rc<Cell<Duration>>,
    rings: Rc<RefCell<Vec<Option<Duration>>>>,
}

impl Clock for Hand {
    fn now(&self) -> Duration {
        self.now.get()
    }

    fn draw(&self, range: Range<Duration>) -> Duration {
        range.start
    }

    fn ring_at(&self, next: Option<Duration>) {
        self.rings.borrow_mut().push(next);
    }
}

/// Sets and cancels timers as told, and notes which have fired.
#[derive(Clone)]
struct Watch(Hand);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Tell {
    Set(&'static str, u64),
    Cancel(&'static str),
    /// Takes so long.
    Work(u64),
}

impl Actor for Watch {
    type Msg = Vec<Tell>;
    type Timer = &'static str;
    type State = Vec<&'static str>;
    type Storage = ();
    type Random = Doorbell;

    fn on_start(&self, _: Id, _: &Option<()>, out: &mut Out<Self>) -> Self::State {
        out.set_timer("first", ms(5)..ms(5));
        Vec::new()
    }

    fn on_msg(
        &self,
        _: Id,
        _: &mut Cow<'_, Self::State>,
        _: Id,
        tells: Vec<Tell>,
        out: &mut Out<Self>,
    ) {
        for tell in tells {
            match tell {
                Tell::Set(timer, after) => out.set_timer(timer, ms(after)..ms(after)),
                Tell::Cancel(timer) => out.cancel_timer(timer),
                Tell::Work(took) => self.0.now.set(self.0.now.get() + ms(took)),
            }
        }
    }

    fn on_timeout(
        &self,
        _: Id,
        fired: &mut Cow<'_, Self::State>,
        timer: &Self::Timer,
        out: &mut Out<Self>,
    ) {
        fired.to_mut().push(timer);
        match *timer {
            "again" => out.set_timer("again", ms(0)..ms(0)),
            "jealous" => out.cancel_timer("other"),
            _ => {}
        }
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

struct Run {
    hand: Hand,
    layer: Deadline<Watch, Hand>,
    state: <Deadline<Watch, Hand> as Layer>::State,
}

impl Run {
    fn new() -> Self {
        let hand = Hand {
            now: Rc::default(),
            rings: Rc::default(),
        };
        let layer = Deadline::new(Watch(hand.clone()), hand.clone());
        let state = layer.initial();
        let mut run = Run { hand, layer, state };
        run.step(0, Input::Start(None));
        run
    }

    /// The doorbell that it rings, if it does.
    fn step(&mut self, at: u64, input: InputOf<Deadline<Watch, Hand>>) -> Option<Doorbell> {
        self.hand.now.set(ms(at));
        let out = self.layer.step(Id::from(0), &mut self.state, input);
        match &out[..] {
            [] => None,
            [Output::ChooseRandom(_, bells)] => bells.first().copied(),
            other => panic!("unexpected output {other:?}"),
        }
    }

    fn hear(&mut self, at: u64, tells: &[Tell]) -> Option<Doorbell> {
        self.step(at, Input::Message(Id::from(0), tells.to_vec()))
    }

    /// The clock rings, and what the layer rings then arrives at once.
    fn ring(&mut self, at: u64) {
        if let Some(bell) = self.step(at, Input::Choice(Doorbell(0))) {
            self.step(at, Input::Choice(bell));
        }
    }

    fn fired(&mut self) -> Vec<&'static str> {
        let inner = self.state.inner.as_mut().expect("it has started");
        std::mem::take(inner.to_mut())
    }

    fn last_ring(&self) -> Option<u64> {
        let ring = *self.hand.rings.borrow().last().expect("the clock was set");
        ring.map(|at| at.as_millis() as u64)
    }
}

#[test]
fn a_timer_fires_once_when_its_deadline_has_passed() {
    let mut run = Run::new();
    assert_eq!(run.last_ring(), Some(5));
    run.ring(4);
    assert_eq!(run.fired(), Vec::<&str>::new());
    run.ring(5);
    assert_eq!(run.fired(), ["first"]);
    assert_eq!(run.last_ring(), None);
    run.ring(50);
    assert_eq!(run.fired(), Vec::<&str>::new());
}

#[test]
fn due_timers_fire_in_the_order_of_their_deadlines() {
    let mut run = Run::new();
    run.hear(
        1,
        &[Tell::Set("c", 9), Tell::Set("a", 2), Tell::Set("b", 3)],
    );
    assert_eq!(run.last_ring(), Some(3));
    run.ring(20);
    assert_eq!(run.fired(), ["a", "b", "first", "c"]);
}

#[test]
fn a_message_that_is_handled_in_time_puts_the_deadline_off() {
    let mut run = Run::new();
    run.hear(7, &[Tell::Set("first", 5)]);
    assert_eq!(run.fired(), Vec::<&str>::new());
    assert_eq!(run.last_ring(), Some(12));
    run.hear(8, &[Tell::Cancel("first")]);
    assert_eq!(run.last_ring(), None);
    run.ring(100);
    assert_eq!(run.fired(), Vec::<&str>::new());
}

#[test]
fn a_timer_that_is_due_again_at_once_waits_for_the_next_ring() {
    let mut run = Run::new();
    run.hear(1, &[Tell::Cancel("first"), Tell::Set("again", 0)]);
    for _ in 0..2 {
        run.ring(1);
        assert_eq!(run.fired(), ["again"]);
    }
}

#[test]
fn a_timer_that_another_cancels_does_not_fire() {
    let mut run = Run::new();
    run.hear(
        1,
        &[
            Tell::Cancel("first"),
            Tell::Set("jealous", 1),
            Tell::Set("other", 2),
        ],
    );
    run.ring(9);
    assert_eq!(run.fired(), ["jealous"]);
}

/// What waits for the node when the deadline passes is handled before the doorbell that is rung then.
#[test]
fn a_message_that_waits_when_the_deadline_passes_puts_it_off() {
    let mut run = Run::new();
    let bell = run.hear(50, &[]).expect("the timer is due");
    assert_eq!(run.hear(51, &[Tell::Set("first", 5)]), None);
    assert_eq!(run.step(52, Input::Choice(bell)), None);
    assert_eq!(run.fired(), Vec::<&str>::new());
    run.ring(56);
    assert_eq!(run.fired(), ["first"]);
}

#[test]
fn only_the_doorbell_that_was_rung_then_fires_a_timer_and_it_is_rung_again_if_it_is_lost() {
    let mut run = Run::new();
    let bell = run.hear(50, &[]).expect("the timer is due");
    assert_eq!(run.hear(51, &[]), None, "it is on its way");
    for foreign in [0, bell.0 + 1] {
        let again = run.step(52, Input::Choice(Doorbell(foreign)));
        assert_eq!(again, (foreign == 0).then_some(bell));
    }
    assert_eq!(run.fired(), Vec::<&str>::new());
    assert_eq!(run.step(53, Input::Choice(bell)), None);
    assert_eq!(run.fired(), ["first"]);
    assert_eq!(run.step(54, Input::Choice(bell)), None);
    assert_eq!(run.fired(), Vec::<&str>::new());
}

#[test]
fn a_timer_is_armed_from_the_time_after_the_handler() {
    let mut run = Run::new();
    run.hear(1, &[Tell::Work(100), Tell::Set("first", 5)]);
    assert_eq!(run.last_ring(), Some(106));
}

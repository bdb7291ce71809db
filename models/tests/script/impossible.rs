//! A step that a script calls impossible could happen somewhere, or the line is refused: it would prove
//! nothing.

use quorate_models::catalog::transcript;
use quorate_models::script::{self, Script};
use quorate_models::system::{Channels, Environment, System, Timeouts};
use stateright::actor::{Actor, Id, Out, model_timeout};
use std::borrow::Cow;

/// The first has a token, and passes it on when its time has come.
#[derive(Clone)]
struct Passer;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Timer {
    Pass,
    Rest,
}

impl Actor for Passer {
    type Msg = &'static str;
    type State = bool;
    type Timer = Timer;
    type Storage = ();
    type Random = ();

    fn on_start(&self, id: Id, _: &Option<()>, out: &mut Out<Self>) -> bool {
        out.set_timer(Timer::Pass, model_timeout());
        out.set_timer(Timer::Rest, model_timeout());
        usize::from(id) == 0
    }

    fn on_timeout(&self, _: Id, has: &mut Cow<'_, bool>, _: &Timer, out: &mut Out<Self>) {
        if **has {
            *has.to_mut() = false;
            out.send(Id::from(1), "Token");
        }
    }

    fn on_msg(&self, _: Id, has: &mut Cow<'_, bool>, _: Id, _: &'static str, _: &mut Out<Self>) {
        *has.to_mut() = true;
    }
}

/// One token is passed once; the second timer is in no pool.
fn run(verbs: &str) -> Result<String, String> {
    let environment = Environment {
        timeouts: vec![Timeouts::shared(Timer::Pass, [0, 1], 1)],
        ..Environment::default()
    };
    let system = System::new(vec![Passer, Passer], Channels::once(), environment, ());
    script::run(&system, verbs).map_err(|error| error.to_string())
}

#[test]
fn a_message_that_the_script_meets_may_be_impossible_before_and_after() {
    let pass = "timeout 0 Pass\ndeliver 0->1 \"Token\"\n";
    let not = "impossible deliver 0->1 \"Token\"\n";
    run(&format!("{not}{pass}{not}")).expect("it runs");
    run("impossible deliver 1->0\n").expect("any message is meant");
}

#[test]
fn a_message_that_nobody_sends_proves_nothing() {
    assert_eq!(
        run("timeout 0 Pass\nimpossible deliver 1->0 \"Tokken\"\ndeliver 0->1"),
        Err(
            "line 2: `impossible deliver 1->0 \"Tokken\"` proves nothing: no message of this run \
             begins with `\"Tokken\"`; there are `\"Token\"`"
                .to_owned()
        )
    );
    assert_eq!(
        run("impossible lose 1->0 \"Token\""),
        Err("line 1: `impossible lose 1->0 \"Token\"` proves nothing: no message of this run begins \
             with `\"Token\"`; there is none"
            .to_owned())
    );
}

#[test]
fn a_timer_that_nobody_has_proves_nothing() {
    run("timeout 0 Pass\nimpossible timeout 0 Pass").expect("its budget is spent");
    run("impossible timeout 0 Rest").expect("it is armed, and never fires");
    assert_eq!(
        run("impossible timeout 1 Psas"),
        Err(
            "line 1: `impossible timeout 1 Psas` proves nothing: no timer of this run begins with \
             `Psas`; there are `Pass`, `Rest`"
                .to_owned()
        )
    );
}

#[test]
fn a_participant_that_is_not_there_proves_nothing() {
    for (asked, stranger) in [("timeout 9 Pass", 9), ("deliver 0->7", 7), ("crash 2", 2)] {
        assert_eq!(
            run(&format!("impossible {asked}")),
            Err(format!(
                "line 1: `impossible {asked}` proves nothing: there is no participant {stranger} among \
                 the 2, who count from 0"
            ))
        );
    }
}

fn refused(script: &str) -> Option<String> {
    let script = Script::parse(script).expect("a script");
    transcript(&script).err().map(|error| error.to_string())
}

#[test]
fn a_verb_that_never_happens_proves_nothing() {
    for (settings, asked, why) in [
        ("", "sync 0", "each write is durable at once"),
        (
            "",
            "restart 0",
            "who crashes does not start again at once: `crash`, `recover`",
        ),
        (
            "restart=at-once",
            "crash 0",
            "who crashes starts again at once: `restart`",
        ),
        (
            "restart=at-once",
            "recover 0",
            "nobody who is down starts again",
        ),
        ("", "tick", "there is no good period"),
        ("", "discard 0->1", "there is no good period"),
        (
            "good=0,1",
            "stabilise 0,2",
            "no good period begins like this",
        ),
        (
            "partitions=0|1,2",
            "heal 1 | 0",
            "there is no such partition",
        ),
        (
            "requests=a",
            "request 0 b",
            "no request of this run begins with `b`; there are `",
        ),
    ] {
        let refused = refused(&format!("raft servers=3 {settings}\nimpossible {asked}"));
        let refused = refused.unwrap_or_else(|| panic!("{asked} is let pass"));
        let expected = format!("line 2: `impossible {asked}` proves nothing: {why}");
        assert!(refused.starts_with(&expected), "{refused}");
    }
    for (settings, asked) in [
        ("writes=synced", "sync 0"),
        ("", "recover 0"),
        ("restart=at-once", "restart 0 keep 1"),
        ("good=0,1", "tick"),
        ("partitions=0|1,2", "heal 0 | 1,2"),
    ] {
        let refused = refused(&format!("raft servers=3 {settings}\nimpossible {asked}"));
        assert_eq!(refused, None, "{asked}");
    }
}

#[test]
fn a_timer_that_is_in_no_pool_is_told_from_one_that_is_not_armed() {
    let refused = run("timeout 0 Rest").expect_err("it never fires");
    let expected = "line 1: `timeout 0 Rest` is not possible here: the timer is armed, but in no pool of \
                    timeouts, so it never fires; ";
    assert!(refused.starts_with(expected), "{refused}");
    let refused = run("timeout 0 Wait").expect_err("there is no such timer");
    assert!(
        refused.contains("possible is `timeout 0 Pass`"),
        "{refused}"
    );
}

//! The syntax of scripts, and the error messages for anything else.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use quorate_models::catalog::{Builder, Entry, Visitor, scenario, transcript};
use quorate_models::protocol::Profile;
use quorate_models::script::{self, Problem, Script, ScriptError};
use quorate_models::system::{Channels, Environment, GhostState, Participant, System};
use stateright::Model;
use stateright::actor::{Actor, Id, Out};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Walks at random, writes the path down as a script, and follows the script. Gives the verbs that
/// were written.
struct RoundTrip;

impl Visitor for RoundTrip {
    type Output = BTreeSet<String>;

    fn visit<A: Participant, G: GhostState>(self, build: Builder<'_, A, G>) -> BTreeSet<String> {
        let system = build(None);
        let verbs = RefCell::new(BTreeSet::new());
        let choices = prop::collection::vec(any::<prop::sample::Index>(), 0..60);
        let mut runner = TestRunner::deterministic();
        let round_trip = |choices: Vec<prop::sample::Index>| {
            let path = walk(&system, &choices);
            let text = script::render(&path);
            let read = script::actions(&system, &text);
            prop_assert_eq!(read, Ok(path), "{}", text);
            let written = text.lines().filter_map(|line| line.split(' ').next());
            verbs.borrow_mut().extend(written.map(str::to_owned));
            Ok(())
        };
        let result = runner.run(&choices, round_trip);
        result.unwrap_or_else(|error| panic!("{error}"));
        verbs.into_inner()
    }
}

fn walk<A: Participant, G: GhostState>(
    system: &System<A, G>,
    choices: &[prop::sample::Index],
) -> Vec<quorate_models::system::ActionOf<A>> {
    let mut state = system.init_states().remove(0);
    let mut path = Vec::new();
    for choice in choices {
        let mut actions = Vec::new();
        system.actions(&state, &mut actions);
        let effective = actions.into_iter().filter_map(|action| {
            let next = system.next_state(&state, action.clone())?;
            Some((action, next))
        });
        let mut effective: Vec<_> = effective.collect();
        if effective.is_empty() {
            break;
        }
        let (action, next) = effective.swap_remove(choice.index(effective.len()));
        path.push(action);
        state = next;
    }
    path
}

#[test]
fn a_path_written_as_a_script_is_read_back_as_the_same_path() {
    for entry in Entry::of(Profile::Usual) {
        entry.visit(RoundTrip);
    }
}

#[test]
fn a_path_through_every_kind_of_action_is_read_back_as_the_same_path() {
    let mut verbs = BTreeSet::new();
    for header in [
        "raft servers=3 requests=a,b writes=synced",
        "raft servers=3 requests=a,b,a entries=1 window=2 restart=at-once network=multiset",
        "raft servers=4 requests=a refusals=all network=for-ever",
        "raft servers=3 requests=a partitions=0|1,2;2->0 crossing=kept",
        "raft servers=3 refusals=all good=0,1;0,1,2",
    ] {
        let written = scenario(header, RoundTrip);
        verbs.extend(written.unwrap_or_else(|error| panic!("{header}: {error}")));
    }
    let all = "crash cut deliver discard duplicate heal lose recover request restart stabilise \
               sync tick timeout";
    assert_eq!(verbs.into_iter().collect::<Vec<_>>().join(" "), all);
}

struct Run<'a>(&'a str);

impl Visitor for Run<'_> {
    type Output = Result<String, ScriptError>;

    fn visit<A: Participant, G: GhostState>(self, build: Builder<'_, A, G>) -> Self::Output {
        script::run(&build(None), self.0)
    }
}

fn run(text: &str) -> Result<String, String> {
    let script = Script::parse(text).map_err(|error| error.to_string())?;
    let ran = scenario(&script.header, Run(&script.verbs)).map_err(|error| error.to_string())?;
    ran.map_err(|error| error.to_string())
}

fn refused(verbs: &str) -> String {
    run(&format!("raft servers=3\n{verbs}")).expect_err("it is refused")
}

#[test]
fn a_script_has_a_header_verbs_and_a_transcript() {
    let text = "# about\n\nraft servers=3\n# comment\ntimeout 0 Election\n----\nold\n";
    let script = Script::parse(text).unwrap();
    assert_eq!(script.header, "raft servers=3");
    assert_eq!(script.header_line, 3);
    assert_eq!(script.expected, "old\n");
    assert_eq!(script.with_transcript("old\n"), text);
}

#[test]
fn a_transcript_shows_what_is_asked_for_and_how_it_ends() {
    let transcript = run(concat!(
        "raft servers=2\n",
        "show at first\n",
        "timeout 0 Election\n",
        "crash 1\n",
        "impossible deliver 0->1\n",
    ));
    let expected = "\
at first
0 Follower t0 voted None log [] commit 0
1 Follower t0 voted None log [] commit 0

0 Candidate votes [0] t1 voted Some(0) log [] commit 0
1 down, disk empty
0->1 RequestVote t1 last 0@t0
";
    assert_eq!(transcript.as_deref(), Ok(expected));
}

#[test]
fn a_violation_is_written_down_once_and_where_it_happens() {
    let transcript = run(concat!(
        "raft servers=3 mutant=amnesia\n",
        "timeout 0 Election\n",
        "deliver 0->1 RequestVote\n",
        "deliver 1->0 RequestVoteResponse\n",
        "crash 1\n",
        "show before\n",
        "recover 1\n",
        "timeout 1 Election\n",
        "deliver 1->2 RequestVote\n",
        "deliver 2->1 RequestVoteResponse\n",
    ))
    .unwrap();
    let (before, after) = transcript.split_once("\n\n").unwrap();
    assert!(!before.contains("violated"), "{before}");
    let lines: Vec<&str> = after.lines().collect();
    let position = lines
        .iter()
        .position(|line| *line == "violated: Election Safety")
        .unwrap();
    assert_eq!(lines[position - 1], "deliver 2->1 RequestVoteResponse");
    let count = lines
        .iter()
        .filter(|line| **line == "violated: Election Safety")
        .count();
    assert_eq!(count, 1);
}

#[test]
fn a_line_that_is_no_verb_is_named() {
    assert_eq!(
        refused("\nelect 0"),
        "line 3: `elect` is no verb; the verbs are deliver, duplicate, lose, request, timeout, \
         sync, crash, recover, restart, choose, discard, cut, heal, stabilise, tick"
    );
    assert_eq!(
        refused("deliver 0 RequestVote"),
        "line 2: `deliver` is followed by sender and receiver, as in `0->1`, not by `0`"
    );
    assert_eq!(
        refused("crash"),
        "line 2: `crash` is followed by a participant, as in `0`, not by ``"
    );
    assert_eq!(
        Script::parse("# nothing\n"),
        Err(ScriptError {
            line: 1,
            problem: Problem::NoHeader
        })
    );
}

#[test]
fn what_is_not_possible_is_answered_by_what_is() {
    assert_eq!(
        refused("timeout 0 Election\ndeliver 0->1 AppendEntries"),
        "line 3: `deliver 0->1 AppendEntries` is not possible here; possible is \
         `deliver 0->1 RequestVote t1 last 0@t0`, `deliver 0->2 RequestVote t1 last 0@t0`"
    );
    assert_eq!(
        refused("sync 0"),
        "line 2: `sync 0` is not possible here; possible is nothing of the kind"
    );
    assert_eq!(
        refused("timeout 7 Election"),
        "line 2: `timeout 7 Election` is not possible here; possible is `timeout 0 Election`, \
         `timeout 1 Election`, `timeout 2 Election`"
    );
}

#[test]
fn words_that_fit_several_messages_choose_none() {
    let two = "timeout 0 Election\ntimeout 0 Election\n";
    assert_eq!(
        refused(&format!("{two}deliver 0->1 RequestVote")),
        "line 4: `deliver 0->1 RequestVote` may mean several things; it fits \
         `deliver 0->1 RequestVote t1 last 0@t0`, `deliver 0->1 RequestVote t2 last 0@t0`"
    );
    assert!(run(&format!("raft\n{two}deliver 0->1 RequestVote t2")).is_ok());
}

#[test]
fn words_that_fit_several_messages_choose_the_one_whose_text_they_are() {
    let resent = concat!(
        "raft servers=2 no_op=off requests=a,a,a\n",
        "timeout 0 Election\n",
        "deliver 0->1 RequestVote\n",
        "deliver 1->0 RequestVoteResponse\n",
        "request 0\n",
        "request 0\n",
        "timeout 0 Heartbeat\n",
        "timeout 0 Heartbeat\n",
        "request 0\n",
        "timeout 0 Heartbeat\n",
    );
    let chosen = "deliver 0->1 AppendEntries t1 prev 0@t0 [1:a, 1:a] commit 0\n";
    let transcript = run(&format!("{resent}{chosen}")).unwrap();
    assert!(transcript.contains("\n1 Follower of 0 t1 voted Some(0) log [1:a, 1:a] "));
    let several = run(&format!("{resent}deliver 0->1 AppendEntries [1:a, 1:a]\n"));
    assert!(several.unwrap_err().contains("may mean several things"));
}

#[test]
fn a_step_must_change_something_unless_it_is_said_to_be_impossible() {
    let stale = "timeout 0 Election\ntimeout 1 Election\n";
    assert_eq!(
        refused(&format!("{stale}deliver 0->1 RequestVote")),
        "line 4: `deliver 0->1 RequestVote` is possible here, but changes nothing"
    );
    assert!(run(&format!("raft\n{stale}impossible deliver 0->1 RequestVote")).is_ok());
    assert_eq!(
        refused(&format!("{stale}impossible deliver 0->2 RequestVote")),
        "line 4: `deliver 0->2 RequestVote t1 last 0@t0` should be impossible here, but it is \
         possible and changes something"
    );
}

#[test]
fn a_header_says_only_what_its_protocol_knows() {
    let error = |header: &str| run(header).expect_err("it is refused");
    assert_eq!(
        error("paxos servers=3"),
        "`paxos` is no protocol that has scripts; these have: raft, zab, totem, fifo, zab_on_fifo"
    );
    assert_eq!(
        error("raft servers=three"),
        "`servers` cannot be `three`; expected a number from 1 to 64"
    );
    assert_eq!(
        error("raft no_op=maybe"),
        "`no_op` cannot be `maybe`; expected on or off"
    );
    assert_eq!(
        error("raft servers=3 servers=4"),
        "`servers=4` is no setting; a setting is KEY=VALUE, and each key is there once"
    );
    assert_eq!(
        error("raft mutant=perfect"),
        "`mutant` cannot be `perfect`; expected the name of a mutant of raft"
    );
    let unknown = error("raft colour=blue");
    assert!(
        unknown.starts_with("`colour` is no key; the keys are servers, no_op"),
        "{unknown}"
    );
}

#[test]
fn a_header_may_name_a_configuration_and_a_mutant() {
    let verbs = "timeout 0 Election\ndeliver 0->2 RequestVote\n";
    let twice = verbs.to_owned() + &"deliver 2->0 RequestVoteResponse\n".repeat(2);
    let run = |header: &str, verbs: &str| {
        let script = Script::parse(&format!("# about\n{header}\n{verbs}")).expect("a script");
        transcript(&script).map_err(|error| error.to_string())
    };
    let deep = run("raft/election-deep", verbs).expect("it runs");
    assert!(deep.starts_with("0 Candidate"), "{deep}");
    let mutant = "raft/vote-counting mutant=votes-counted-twice";
    let changed = run(mutant, &twice).expect("the mutant counts the vote again");
    let votes = "deliver 2->0 RequestVoteResponse\nviolated: Refines Voting\n0 Leader";
    assert!(changed.starts_with(votes), "{changed}");
    for (header, expected) in [
        ("raft/vote-counting", "line 6: `deliver 2->0"),
        (
            "raft/elction",
            "line 2: there is no configuration `raft/elction`",
        ),
        (
            "raft/election servers=3",
            "line 2: `servers` is no key; the keys are mutant",
        ),
        (
            "raft/election mutant=none",
            "line 2: `mutant` cannot be `none`",
        ),
    ] {
        let error = run(header, &twice).expect_err("it is refused");
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn a_cluster_has_a_number_of_servers_that_fits_into_memory() {
    let error = |header: &str| run(header).expect_err("it is refused");
    for servers in ["0", "65", "18446744073709551615", "three"] {
        assert_eq!(
            error(&format!("raft servers={servers}")),
            format!("`servers` cannot be `{servers}`; expected a number from 1 to 64")
        );
    }
    assert!(run("raft servers=1").is_ok());
    assert!(run("raft servers=64").is_ok());
}

#[test]
fn a_line_may_stand_for_many_actions() {
    let shown = run("raft servers=3 requests=a
timeout 0 Election
deliver all within 0,1
request 0
lose all from 0 to 2
deliver all from 0 to 1 but RequestVote at most 1
show
")
    .expect("it runs");
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[0].starts_with("0 Leader"), "{shown}");
    assert!(lines[1].contains("1:a"), "{shown}");
    // The remaining messages to 2 are lost, and the answer of 1 is not delivered.
    assert!(shown.contains("\n1->0 AppendEntriesResponse"), "{shown}");
    assert!(!shown.contains("0->2"), "{shown}");
}

#[test]
fn a_line_for_many_actions_leaves_alone_what_it_names() {
    let shown = run(
        "raft servers=3\ntimeout 0 Election\ndeliver all within 0,1,2 but RequestVoteResponse\n",
    );
    let shown = shown.expect("it runs");
    for answer in ["1->0 RequestVoteResponse", "2->0 RequestVoteResponse"] {
        assert!(shown.contains(answer), "{shown}");
    }
}

#[test]
fn a_line_for_many_actions_lets_wait_what_it_names() {
    let left = |how: &str| {
        let verbs = format!("timeout 0 Election\ndeliver all within 0,1,2 {how} at most 2\n");
        let shown = run(&format!("raft servers=3\n{verbs}")).expect("it runs");
        ["0->2 RequestVote t1", "1->0 RequestVoteResponse"].map(|message| shown.contains(message))
    };
    assert_eq!(left(""), [false, true]);
    assert_eq!(left("last RequestVote"), [true, false]);
}

#[test]
fn a_line_for_many_actions_says_whose_and_finds_some() {
    for (verbs, why) in [
        ("deliver all", "`deliver all` is followed by `within 0,1`"),
        ("deliver all within x", "not by `within x`"),
        ("lose all from 1", "not by `from 1`"),
        (
            "deliver all within 0,1 at most few",
            "not by `within 0,1 at most few`",
        ),
        (
            "deliver all within 0,1",
            "`deliver all from 0,1 to 0,1` is not possible here",
        ),
    ] {
        let said = refused(verbs);
        assert!(said.contains(why), "{verbs}: {said}");
    }
}

/// Answers everything.
#[derive(Clone)]
struct Echo;

impl Actor for Echo {
    type Msg = u8;
    type State = u8;
    type Timer = ();
    type Storage = ();
    type Random = ();

    fn on_start(&self, id: Id, _: &Option<()>, out: &mut Out<Self>) -> u8 {
        out.send(Id::from(1 - usize::from(id)), 0);
        0
    }

    fn on_msg(&self, _: Id, heard: &mut Cow<'_, u8>, src: Id, msg: u8, out: &mut Out<Self>) {
        *heard.to_mut() = heard.wrapping_add(1);
        out.send(src, msg);
    }
}

#[test]
fn a_line_for_many_actions_comes_to_an_end() {
    let environment = Environment::default();
    let system = System::new(vec![Echo, Echo], Channels::once(), environment, ());
    let ran = |verbs: &str| script::actions(&system, verbs).map(|actions| actions.len());
    assert_eq!(ran("deliver all within 0,1 at most 7"), Ok(7));
    let endless = ran("deliver all within 0,1").expect_err("it goes on for ever");
    assert!(endless.to_string().contains("say `at most N`"), "{endless}");
}

//! Sequence diagrams of paths: well-formed, with a mark for everything that happened. The pictures
//! stay in the directory for temporary files of the build, for whoever wants to look at them.

use quorate_models::protocol::Protocol;
use quorate_models::raft::message::Message;
use quorate_models::raft::server::Timer;
use quorate_models::raft::{Config, Raft, Server};
use quorate_models::replica::Command;
use quorate_models::system::{
    Action, ActionOf, Caption, Channels, End, Environment, Participant, Period, Restart, Stable,
    StateOf, System, Timeouts, Writes,
};
use stateright::actor::{Actor, Id, Out, model_timeout};
use stateright::{Model, Path};
use std::borrow::Cow;
use std::path::PathBuf;

/// A path that grows step by step.
struct Play<A: Participant> {
    system: System<A, ()>,
    state: StateOf<A, ()>,
    actions: Vec<ActionOf<A>>,
}

impl<A: Participant> Play<A>
where
    ActionOf<A>: PartialEq,
{
    fn new(actors: Vec<A>, channels: Channels<A::Msg>, environment: Environment<A>) -> Self {
        let system = System::new(actors, channels, environment, ());
        let state = system.init_states().remove(0);
        Play {
            system,
            state,
            actions: Vec::new(),
        }
    }

    /// The first action that is possible, changes something and is wanted.
    fn act(&mut self, wanted: impl Fn(&ActionOf<A>) -> bool) {
        let steps = self.system.next_steps(&self.state);
        let (action, state) = steps
            .into_iter()
            .find(|(action, _)| wanted(action))
            .unwrap_or_else(|| panic!("no such action after {:#?}", self.actions));
        self.actions.push(action);
        self.state = state;
    }

    /// The picture, which is also written to a file.
    fn drawn(&self, name: &str) -> String {
        self.captioned(name, &Caption::default())
    }

    fn captioned(&self, name: &str, caption: &Caption) -> String {
        let initial = self.system.init_states().remove(0);
        let path = Path::from_actions(&self.system, initial, &self.actions).expect("a path");
        let svg = self.system.picture(path, caption);
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(file, &svg).expect("a file can be written there");
        svg
    }
}

/// As nodes run, but that a server campaigns at once.
fn config() -> Config {
    Config {
        pre_vote: false,
        check_quorum: false,
        ..Config::production(3)
    }
}

/// The elements of a picture, each with its class and its text.
struct Marks {
    above: Vec<(String, String)>,
    /// The text of the legend.
    legend: Vec<String>,
}

impl Marks {
    fn of(svg: &str) -> Self {
        let document = roxmltree::Document::parse(svg).expect("well-formed XML");
        let class = |node: roxmltree::Node<'_, '_>| {
            let class = node.attribute("class").unwrap_or_default();
            class.to_owned()
        };
        let elements = document.descendants().filter(|node| node.is_element());
        let (mut above, mut legend) = (Vec::new(), Vec::new());
        for node in elements {
            let text = node.text().unwrap_or_default().to_owned();
            if !node.ancestors().any(|around| class(around) == "legend") {
                above.push((class(node), text));
            } else if node.tag_name().name() == "text" {
                legend.push(text);
            }
        }
        Marks { above, legend }
    }

    /// The number of elements of a class.
    fn count(&self, class: &str) -> usize {
        let is = |classes: &String| classes.split(' ').any(|c| c == class);
        self.above.iter().filter(|(classes, _)| is(classes)).count()
    }

    fn says(&self, text: &str) -> bool {
        self.above.iter().any(|(_, said)| said == text)
    }

    /// The texts of a class, from the first that is drawn to the last.
    fn texts(&self, class: &str) -> Vec<&str> {
        let is = |classes: &String| classes.split(' ').any(|c| c == class);
        let of = self
            .above
            .iter()
            .filter(|(classes, said)| is(classes) && !said.is_empty());
        of.map(|(_, said)| &**said).collect()
    }
}

fn raft() -> Play<Server> {
    let environment = Environment {
        timeouts: vec![
            Timeouts::shared(Timer::Election, 0..3, 2),
            Timeouts::shared(Timer::Heartbeat, 0..3, 2),
        ],
        crashes: 2,
        restart: Restart::Later,
        losses: 1,
        duplicates: 1,
        writes: Writes::Synced,
        requests: vec![Message::ClientRequest(Command::from("<x> = 1"))],
        ..Environment::default()
    };
    let servers = vec![Server::new(config()); 3];
    let mut play = Play::new(servers, Channels::once(), environment);
    play.system.badge = Raft::BADGE;
    play
}

#[test]
fn a_raft_election_with_faults_is_drawn_with_a_mark_for_everything_that_happened() {
    let mut play = raft();
    let id = Id::from;
    play.act(|action| *action == Action::Timeout(id(0), Timer::Election));
    play.act(|action| *action == Action::Sync(id(0)));
    play.act(|action| matches!(action, Action::Deliver(e) if e.dst == id(2)));
    play.act(|action| matches!(action, Action::Lose(e) if e.dst == id(1)));
    play.act(|action| *action == Action::Sync(id(2)));
    play.act(|action| matches!(action, Action::Duplicate(e) if e.src == id(2)));
    play.act(|action| *action == Action::Crash { id: id(1), kept: 0 });
    play.act(|action| matches!(action, Action::Request(at, _) if *at == id(0)));
    play.act(|action| *action == Action::Sync(id(0)));
    play.act(|action| matches!(action, Action::Deliver(e) if e.dst == id(2)));
    play.act(|action| *action == Action::Recover(id(1)));
    play.act(|action| *action == Action::Sync(id(2)));
    play.act(|action| matches!(action, Action::Deliver(e) if e.src == id(2)));
    play.act(|action| *action == Action::Timeout(id(0), Timer::Heartbeat));
    play.act(|action| matches!(action, Action::Deliver(e) if e.dst == id(1)));
    play.act(|action| *action == Action::Crash { id: id(1), kept: 1 });
    every_mark_of_the_election_is_there(&Marks::of(&play.drawn("raft.svg")));
}

fn every_mark_of_the_election_is_there(marks: &Marks) {
    for (class, count) in [
        ("svg-actor-label", 3),
        ("up", 4),
        ("down", 2),
        ("writing", 5),
        ("message", 4),
        ("copied", 1),
        ("lost", 1),
        ("request", 1),
        ("clock", 2),
        ("disk", 4),
        // The lost message, and two crashes.
        ("cross", 3),
        ("start", 1),
    ] {
        assert_eq!(marks.count(class), count, "{class}");
    }
    // The first badge was told every time, the others only now.
    let candidate = ["follower t0", "candidate t1", "leader t1"];
    let told = marks.texts("badge");
    for (badge, times) in candidate.into_iter().zip([4, 1, 1]) {
        let found = told.iter().filter(|text| **text == badge);
        assert_eq!(found.count(), times, "{badge} of {told:?}");
    }
    let numbers: Vec<String> = (1..=16).map(|step| step.to_string()).collect();
    assert_eq!(marks.texts("number"), numbers);
    assert!(0 < marks.count("in-flight"));
    for text in [
        "0 Server",
        "Election timeout",
        "RequestVote t1 last 0@t0",
        "lost: RequestVote t1 last 0@t0",
        "copied: RequestVoteResponse t1 granted",
        "ClientRequest <x> = 1",
        "client",
        "crash",
        "crash, one write survives",
        "start",
        "durable",
    ] {
        assert!(marks.says(text), "{text}");
    }
}

/// An election, a good period among the first two, and two ticks in it.
fn good_period() -> Play<Server> {
    let environment = Environment {
        timeouts: vec![Timeouts::shared(Timer::Election, 0..3, 1)],
        period: Some(Period::new(vec![Stable::of([0, 1])], Raft::CLOCKS)),
        ..Environment::default()
    };
    let servers = vec![Server::new(config()); 3];
    let mut play = Play::new(servers, Channels::once(), environment);
    play.system.badge = Raft::BADGE;
    let delivers = |action: &ActionOf<Server>, dst: usize| match action {
        Action::Deliver(envelope) | Action::Discard(envelope) => envelope.dst == Id::from(dst),
        _ => false,
    };
    play.act(|action| matches!(action, Action::Timeout(id, _) if *id == Id::from(0)));
    play.act(|action| matches!(action, Action::Stabilise(_)));
    for dst in [1, 0, 1, 0] {
        play.act(|action| delivers(action, dst));
    }
    play.act(|action| *action == Action::Tick);
    play.act(|action| *action == Action::Timeout(Id::from(0), Timer::Heartbeat));
    for dst in [1, 0] {
        play.act(|action| delivers(action, dst));
    }
    play.act(|action| *action == Action::Tick);
    play
}

#[test]
fn the_good_period_shows_who_is_good_and_counts_its_ticks() {
    let mut play = good_period();
    let marks = Marks::of(&play.drawn("good.svg"));
    let badges = marks.texts("badge");
    let banners = ["good from now on: 0,1", "tick 1", "tick 2"];
    let found: Vec<&str> = badges
        .iter()
        .filter(|text| banners.contains(text))
        .copied()
        .collect();
    assert_eq!(found, banners);
    assert!(badges.contains(&"gone"), "{badges:?}");
    assert_eq!(marks.count("stripe"), 2);
    let explained = [
        "a message, from its sending to its arrival",
        "a timer fires",
        "down",
        "the good period: nothing goes wrong",
        "time passes",
    ];
    assert_eq!(marks.legend, explained);
    play.system.rename = Some(|_| ());
    let legend = Marks::of(&play.drawn("renamed.svg")).legend;
    let renamed = "what is only compared, as terms, is renamed";
    assert_eq!(legend.last().map(String::as_str), Some(renamed));
}

#[test]
fn a_picture_is_marked_where_its_caption_says() {
    let play = good_period();
    let caption = |end| Caption {
        title: "A Claim <is> violated".to_owned(),
        place: "a & b, ".repeat(20),
        end,
    };
    let words = || "here".to_owned();
    for (end, class, text) in [
        (End::Violated(words()), "violated", "here"),
        (End::Seen(words()), "seen", "here"),
        (End::Loop(7), "loop", "for ever: 4 steps, 1 tick"),
        (End::Loop(5), "loop", "for ever: 6 steps, 2 ticks"),
        (End::Loop(10), "loop", "for ever: 1 step, 1 tick"),
        (
            End::Loop(11),
            "violated",
            "for ever: nothing more must happen",
        ),
    ] {
        let marks = Marks::of(&play.captioned("marked.svg", &caption(end)));
        assert_eq!((marks.count(class), marks.texts("mark")), (1, vec![text]));
        assert_eq!(marks.texts("title"), ["A Claim <is> violated"]);
        let place = marks.texts("place")[0];
        assert!(place.ends_with('…') && place.starts_with("a & b, a & b"));
    }
    let marks = Marks::of(&play.captioned("marked.svg", &Caption::default()));
    for class in ["violated", "seen", "loop", "mark", "title", "place"] {
        assert_eq!(marks.count(class), 0, "{class}");
    }
}

/// Tosses a coin, and tells the other twice which side is up.
struct Tosser;

const SIDES: [&str; 2] = [
    "heads & <tails>",
    "a very long side of a coin that goes on and on",
];

impl Actor for Tosser {
    type Msg = &'static str;
    type State = u8;
    type Timer = ();
    type Random = &'static str;
    type Storage = ();

    fn on_start(&self, _: Id, _: &Option<()>, out: &mut Out<Self>) -> u8 {
        out.choose_random("coin", SIDES.to_vec());
        out.set_timer((), model_timeout());
        0
    }

    fn on_random(
        &self,
        id: Id,
        tosses: &mut Cow<'_, u8>,
        side: &&'static str,
        out: &mut Out<Self>,
    ) {
        *tosses.to_mut() += 1;
        out.send(Id::from(1 - usize::from(id)), side);
        out.send(Id::from(1 - usize::from(id)), side);
    }

    /// Repeats the first side.
    fn on_timeout(&self, id: Id, _: &mut Cow<'_, u8>, (): &(), out: &mut Out<Self>) {
        out.send(Id::from(1 - usize::from(id)), SIDES[0]);
    }

    fn on_msg(&self, _: Id, tosses: &mut Cow<'_, u8>, _: Id, _: &'static str, _: &mut Out<Self>) {
        *tosses.to_mut() += 1;
    }
}

#[test]
fn choices_restarts_and_equal_messages_are_drawn_and_text_is_escaped_and_cut() {
    for network in [Channels::multiset(), Channels::ordered()] {
        let environment = Environment {
            crashes: 1,
            ..Environment::default()
        };
        let mut play = Play::new(vec![Tosser, Tosser], network, environment);
        let id = Id::from;
        play.act(
            |a| matches!(a, Action::SelectRandom { random, .. } if random.starts_with("heads")),
        );
        play.act(
            |a| matches!(a, Action::SelectRandom { random, .. } if random.starts_with("a very")),
        );
        play.act(|a| matches!(a, Action::Deliver(e) if e.dst == id(1)));
        play.act(|a| matches!(a, Action::Restart { .. }));

        let marks = Marks::of(&play.drawn("tosses.svg"));
        for (class, count) in [("choice", 2), ("cross", 1), ("start", 1), ("message", 1)] {
            assert_eq!(marks.count(class), count, "{class}");
        }
        // Each tosser sent two, and one has arrived. One to two receivers, or twice to one, is told once.
        assert_eq!(marks.count("in-flight"), 2);
        let told = marks.texts("faint");
        let twice = told.iter().find(|text| text.starts_with("to 0, 0: "));
        assert!(twice.is_some(), "{told:?}");
        assert!(marks.says("crash and start"));
        assert!(marks.says("chooses \"heads & <tails>\""));
        assert!(marks.says("chooses \"a very long side of a coin that goe…"));
    }
}

#[test]
fn an_arrow_starts_where_its_message_entered_the_network() {
    let mut play = raft();
    let id = Id::from;
    play.act(|action| *action == Action::Timeout(id(0), Timer::Election));
    play.act(|action| *action == Action::Sync(id(0)));
    play.act(|action| *action == Action::Crash { id: id(2), kept: 0 });
    play.act(|action| matches!(action, Action::Deliver(e) if e.dst == id(1)));
    let svg = play.drawn("sent.svg");
    let document = roxmltree::Document::parse(&svg).expect("well-formed XML");
    let of_class = |class: &str| {
        let mut elements = document.descendants();
        elements.find(|node| {
            let classes = node.attribute("class").unwrap_or_default();
            classes.split(' ').any(|c| c == class)
        })
    };
    let sync = of_class("disk").and_then(|disk| disk.attribute("transform"));
    let sent = of_class("message").and_then(|arrow| arrow.attribute("d"));
    let (x, y) = sync
        .and_then(|at| {
            at.strip_prefix("translate(")?
                .strip_suffix(')')?
                .split_once(' ')
        })
        .expect("a place");
    assert!(sent.expect("a way").starts_with(&format!("M{x},{y}L")));
}

#[test]
fn of_two_equal_messages_the_one_sent_first_arrives_first() {
    let environment = Environment {
        timeouts: vec![Timeouts::shared((), [0], 1)],
        ..Environment::default()
    };
    let mut play = Play::new(vec![Tosser, Tosser], Channels::multiset(), environment);
    let id = Id::from;
    play.act(|a| matches!(a, Action::SelectRandom { random, .. } if *random == SIDES[0]));
    play.act(|a| *a == Action::Timeout(id(0), ()));
    play.act(|a| matches!(a, Action::Deliver(_)));
    play.act(|a| matches!(a, Action::Deliver(_)));
    play.act(|a| matches!(a, Action::Deliver(_)));
    let svg = play.drawn("equal.svg");
    let document = roxmltree::Document::parse(&svg).expect("well-formed XML");
    let starts: Vec<&str> = document
        .descendants()
        .filter(|node| node.attribute("class") == Some("svg-event-line message"))
        .map(|arrow| arrow.attribute("d").expect("a way"))
        .map(|way| way.split('L').next().expect("a start"))
        .collect();
    // Two are sent with the choice, the third with the timeout.
    assert_eq!(starts[0], starts[1]);
    assert_ne!(starts[1], starts[2]);
    let event = |class: &str| {
        let class = format!("svg-event-shape {class}");
        let mut nodes = document.descendants();
        let node = nodes.find(|node| node.attribute("class") == Some(&class));
        node.and_then(|node| node.attribute("transform"))
            .expect("a mark")
            .replace("translate(", "M")
            .replace(' ', ",")
            .replace(')', "")
    };
    assert_eq!([starts[0], starts[2]], [event("choice"), event("clock")]);
}

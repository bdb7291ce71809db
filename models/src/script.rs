//! Scripts: paths of a system as text that people write and read.
//!
//! ```text
//! # A leader is elected.
//! raft servers=3
//! timeout 0 Election
//! deliver 0->1 RequestVote
//! deliver 1->0 RequestVoteResponse granted
//! impossible timeout 0 Election
//! show the leader
//! ----
//! ...
//! ```
//!
//! The first line that is no comment is the [header]: the protocol and its cluster, or a
//! configuration and perhaps a mutant (`raft/election mutant=NAME`). Then each line is a verb:
//!
//! | Verb | What happens |
//! |---|---|
//! | `deliver 0->1 WORDS` | a message arrives |
//! | `duplicate 0->1 WORDS` | a message arrives, and a copy of it stays in flight |
//! | `lose 0->1 WORDS` | a message is lost |
//! | `deliver all within 0,1 [but WORD,...] [last WORD,...] [at most N]` | messages between these arrive, the first that is possible and changes something, again and again |
//! | `lose all from 2 to 0,1 [but WORD,...] [last WORD,...] [at most N]` | messages from these to those are lost; both verbs take both forms |
//! | `request 0` | the next request of the environment arrives at 0 |
//! | `timeout 0 WORDS` | a timer of 0 fires |
//! | `sync 0` | the oldest pending write of 0 becomes durable |
//! | `crash 0 [keep N]` | 0 crashes; the disk keeps its N oldest pending writes |
//! | `recover 0` | 0, which is down, starts again |
//! | `restart 0 [keep N]` | 0 crashes and starts again at once |
//! | `choose 0 WORDS` | a choice that 0 asked for is made |
//! | `cut 0 \| 1,2` | a partition begins: nothing passes between these and those (`0 -> 1,2`: that way) |
//! | `heal 0 \| 1,2` | it ends |
//! | `stabilise 0,1 [losing all]` | the good period begins for these; everything in flight is lost |
//! | `stabilise 0,1 aged 0 TIMER 2` | the same, where timers may be of any age: this one is 2 ticks old, all others 0 |
//! | `discard 0->1 WORDS` | in the good period, a message arrives that changes nothing |
//! | `tick` | in the good period, time passes |
//! | `show [TITLE]` | nothing; the participants are put into the transcript |
//! | `impossible VERB ...` | nothing; this is not possible here, or would change nothing |
//!
//! An `impossible` step must be possible somewhere: participants, partitions and the verb are those
//! of the system, and the first word of a message or a timer is that of one that the script meets, before
//! or after. Further words are compared with nothing: a mistake in them is not found.
//!
//! `WORDS` abbreviate the `Debug` text of what they choose: it begins with the first of them, and
//! the others follow in it in this order, each as a whole word. If they fit several things, they
//! choose the one whose text they are; otherwise they choose nothing.
//!
//! After a line `----` follows the expected transcript: the participants that were shown, the claims
//! that were violated, each at its first step, and at the end the participants and the messages in flight.

mod error;
pub mod header;
mod named;
mod words;

pub use error::{Problem, ScriptError};

use self::header::HeaderError;
use crate::system::claim::{Claim, ClaimSet, Kind};
use crate::system::{
    Action, ActionOf, GhostState, LocalOf, Participant, Place, Seed, Start, StateOf, System,
};
use named::Named;
use stateright::Model;
use std::fmt::{Debug, Write};
use std::sync::Arc;
use words::{Asked, Drive, Order, Said, normal, read};

/// The line that parts the verbs from the expected transcript.
pub const SEPARATOR: &str = "----";

/// The parts of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The kind of system that the script needs.
    pub header: String,
    /// The number of the header's line.
    pub header_line: usize,
    /// The lines with the verbs. Comments and line numbers are those of the script.
    pub verbs: String,
    /// The transcript that is expected.
    pub expected: String,
    above: String,
}

impl Script {
    /// Takes a script apart.
    ///
    /// # Errors
    ///
    /// If it has no header, or a line that is no verb.
    pub fn parse(text: &str) -> Result<Script, ScriptError> {
        let mut lines = text.lines();
        let above: Vec<&str> = lines
            .by_ref()
            .take_while(|line| *line != SEPARATOR)
            .collect();
        let expected: String = lines.map(|line| format!("{line}\n")).collect();
        let is_said = |line: &&str| words::is_said(line);
        let position = above.iter().position(is_said).ok_or(ScriptError {
            line: above.len().max(1),
            problem: Problem::NoHeader,
        })?;
        let mut verbs = above.clone();
        verbs[position] = "";
        let verbs = verbs.join("\n");
        read(&verbs)?;
        Ok(Script {
            header: above[position].trim().to_owned(),
            header_line: position + 1,
            verbs,
            expected,
            above: above.iter().map(|line| format!("{line}\n")).collect(),
        })
    }

    /// A mistake of the header, with its line.
    pub fn header_error(&self, error: HeaderError) -> ScriptError {
        ScriptError {
            line: self.header_line,
            problem: Problem::Header(error),
        }
    }

    /// The script with another transcript.
    pub fn with_transcript(&self, transcript: &str) -> String {
        format!("{}{SEPARATOR}\n{transcript}", self.above)
    }
}

/// The actions that verbs stand for, from the start of a system.
///
/// # Errors
///
/// If a line is no verb, or does not choose an action that is possible and changes something.
pub fn actions<A: Participant, G: GhostState>(
    system: &System<A, G>,
    verbs: &str,
) -> Result<Vec<ActionOf<A>>, ScriptError> {
    let lines = read(verbs)?;
    let mut stage = Stage::new(system, &lines);
    for said in &lines {
        stage.follow(said, &mut |_, _| ())?;
    }
    stage.named.finish()?;
    Ok(stage.actions)
}

/// How many actions verbs stand for; none if a line is no verb, and `None` if a line stands for as
/// many as there are.
pub fn steps(verbs: &str) -> Option<usize> {
    let said = read(verbs).unwrap_or_default();
    let is_open = |said: &Said| matches!(said.order, Order::All(_));
    let is_step = |said: &&Said| matches!(said.order, Order::Do(_));
    (!said.iter().any(is_open)).then(|| said.iter().filter(is_step).count())
}

/// A line takes so many actions at most, unless it says otherwise.
const DRIVEN_MAX: usize = 1000;

/// Is told of each action: before it, and after it what was taken.
type Watch<'w, S> = dyn FnMut(&mut S, Option<&Asked>) + 'w;

/// The seed that takes the steps of verbs.
pub fn seed<A: Participant, G: GhostState>(verbs: &str) -> Seed<A, G> {
    let (steps, verbs) = (steps(verbs), verbs.to_owned());
    let follow = Arc::new(move |system: &System<A, G>| seeded(system, &verbs));
    Seed { steps, follow }
}

/// Follows verbs from the initial state of a system.
fn seeded<A: Participant, G: GhostState>(system: &System<A, G>, verbs: &str) -> Start<A, G> {
    let mut stage = Stage::at(system, system.initial_state(), &[]);
    stage.reduces = false;
    let mut violated = Vec::new();
    let followed = read(verbs).and_then(|lines| {
        lines.iter().try_for_each(|said| {
            stage.follow(said, &mut |stage, taken| match taken {
                // The search judges the last state, and steps from there.
                None => stage.note(true, &mut violated),
                Some(_) => stage.note(false, &mut violated),
            })
        })
    });
    let state = followed
        .map(|()| stage.state)
        .map_err(|error| error.to_string());
    Start { state, violated }
}

/// Follows verbs from the start of a system, and writes the transcript.
///
/// # Errors
///
/// If a line is no verb, or does not choose an action that is possible and changes something.
pub fn run<A: Participant, G: GhostState>(
    system: &System<A, G>,
    verbs: &str,
) -> Result<String, ScriptError> {
    let lines = read(verbs)?;
    let mut stage = Stage::new(system, &lines);
    let mut transcript = String::new();
    stage.judge("start", &mut transcript);
    for said in &lines {
        stage.follow(said, &mut |stage, taken| {
            if let Some(asked) = taken {
                stage.judge(asked, &mut transcript);
            }
        })?;
        if let Order::Show(title) = &said.order {
            if !title.is_empty() {
                _ = writeln!(transcript, "{title}");
            }
            stage.show_participants(&mut transcript);
            transcript.push('\n');
        }
    }
    stage.show_participants(&mut transcript);
    stage.show_messages(&mut transcript);
    stage.named.finish()?;
    Ok(transcript)
}

/// Actions as verbs, one a line: what [`actions`] reads back.
pub fn render<Msg: Debug, Timer: Debug, Random: Debug>(
    actions: &[Action<Msg, Timer, Random>],
) -> String {
    let line = |action| format!("{}\n", described(action));
    actions.iter().map(line).collect()
}

/// An action as a script would ask for it.
fn described<Msg: Debug, Timer: Debug, Random: Debug>(
    action: &Action<Msg, Timer, Random>,
) -> Asked {
    let about = action.about().map_or(String::new(), |it| format!("{it:?}"));
    let words = match action {
        Action::Crash { kept, .. } | Action::Restart { kept, .. } => format!("keep {kept}"),
        Action::SelectRandom { key, .. } => format!("{key} {about}"),
        _ => about,
    };
    Asked {
        class: action.class(),
        place: action.place(),
        words: normal(&words),
    }
}

fn debug(value: &impl Debug) -> String {
    normal(&format!("{value:?}"))
}

/// A system on its way through a script.
struct Stage<'a, A: Participant, G: GhostState> {
    system: &'a System<A, G>,
    state: StateOf<A, G>,
    /// The claims that the step to the state decided.
    decided: ClaimSet,
    /// Whether dead messages are dropped.
    reduces: bool,
    actions: Vec<ActionOf<A>>,
    violated: Vec<&'static str>,
    named: Named,
}

impl<'a, A: Participant, G: GhostState> Stage<'a, A, G> {
    fn new(system: &'a System<A, G>, lines: &[Said]) -> Self {
        Stage::at(system, system.init_states().remove(0), lines)
    }

    /// A stage for these lines, in this state.
    fn at(system: &'a System<A, G>, state: StateOf<A, G>, lines: &[Said]) -> Self {
        let (actions, violated) = (Vec::new(), Vec::new());
        let mut named = Named::of(lines, &system.environment);
        named.see::<A, G>(&state);
        Stage {
            system,
            state,
            decided: ClaimSet::EMPTY,
            reduces: true,
            actions,
            violated,
            named,
        }
    }

    /// Follows a line. `watch` is called before each action, and after it with what was taken.
    fn follow(&mut self, said: &Said, watch: &mut Watch<'_, Self>) -> Result<(), ScriptError> {
        let followed = match &said.order {
            Order::Do(asked) => self.act(asked, watch),
            Order::All(drive) => self.drive(drive, watch),
            Order::Impossible(asked) => self.expect_impossible(asked),
            Order::Show(_) => Ok(()),
        };
        let line = said.line;
        followed.map_err(|problem| ScriptError { line, problem })
    }

    fn act(&mut self, asked: &Asked, watch: &mut Watch<'_, Self>) -> Result<(), Problem> {
        let action = self.choose(asked)?;
        let next = self.next(&action);
        let next = next.ok_or_else(|| Problem::ChangesNothing(asked.to_string()))?;
        self.take(asked, action, next, watch);
        Ok(())
    }

    fn take(
        &mut self,
        asked: &Asked,
        action: ActionOf<A>,
        next: StateOf<A, G>,
        watch: &mut Watch<'_, Self>,
    ) {
        watch(self, None);
        self.decided = self.system.decided_by(&self.state, &action, &next);
        self.state = next;
        self.named.see::<A, G>(&self.state);
        self.actions.push(action);
        watch(self, Some(asked));
    }

    /// Takes the first action that fits and changes something, again and again.
    fn drive(&mut self, drive: &Drive, watch: &mut Watch<'_, Self>) -> Result<(), Problem> {
        let mut taken = 0;
        while drive.most.is_none_or(|most| taken < most) {
            let mut possible = self.possible();
            possible.retain(|(asked, _)| drive.fits(asked));
            possible.sort_by_key(|(asked, _)| drive.is_last(asked));
            let mut effective = possible
                .into_iter()
                .filter_map(|(asked, action)| Some((self.next(&action)?, asked, action)));
            let Some((next, asked, action)) = effective.next() else {
                break;
            };
            drop(effective);
            self.take(&asked, action, next, watch);
            taken += 1;
            if taken == DRIVEN_MAX && drive.most.is_none() {
                let (asked, most) = (drive.to_string(), DRIVEN_MAX);
                return Err(Problem::Endless { asked, most });
            }
        }
        if taken == 0 {
            return Err(Problem::NotPossible {
                asked: drive.to_string(),
                possible: Vec::new(),
            });
        }
        Ok(())
    }

    fn next(&self, action: &ActionOf<A>) -> Option<StateOf<A, G>> {
        if self.reduces {
            self.system.next_state(&self.state, action.clone())
        } else {
            self.system.after(&self.state, action)
        }
    }

    /// The action that is asked for.
    fn choose(&self, asked: &Asked) -> Result<ActionOf<A>, Problem> {
        let possible = self.possible();
        let fitting: Vec<_> = possible
            .iter()
            .filter(|(other, _)| asked.fits(other))
            .collect();
        let exact = fitting.iter().filter(|(other, _)| other == asked);
        let exact: Vec<_> = exact.copied().collect();
        match (&exact[..], &fitting[..]) {
            ([(_, action)], _) | (_, [(_, action)]) => Ok(action.clone()),
            (_, []) if self.is_in_no_pool(asked) => Err(Problem::InNoPool(asked.to_string())),
            (_, []) => {
                let alike = possible
                    .iter()
                    .filter(|(other, _)| other.class == asked.class);
                Err(Problem::NotPossible {
                    asked: asked.to_string(),
                    possible: alike.map(|(other, _)| other.to_string()).collect(),
                })
            }
            (_, several) => Err(Problem::Ambiguous {
                asked: asked.to_string(),
                fitting: several.iter().map(|(other, _)| other.to_string()).collect(),
            }),
        }
    }

    /// Whether the timer that is asked for is armed, and no pool lets it fire.
    fn is_in_no_pool(&self, asked: &Asked) -> bool {
        let Place::At(index) = asked.place else {
            return false;
        };
        let environment = &self.system.environment;
        let timers = self
            .state
            .locals
            .get(index)
            .map(|local| local.timers.keys());
        let mut fitting = timers.into_iter().flatten().filter(|timer| {
            let fires: ActionOf<A> = Action::Timeout(index.into(), (*timer).clone());
            asked.fits(&described(&fires))
        });
        !environment.free.timeouts
            && fitting.any(|timer| environment.pool(index.into(), timer).is_none())
    }

    fn expect_impossible(&self, asked: &Asked) -> Result<(), Problem> {
        named::could_be(self.system, asked)?;
        let has_effect = |action: &ActionOf<A>| {
            let next = self.next(action);
            next.is_some()
        };
        let possible = self.possible();
        let mut fitting = possible.iter().filter(|(other, _)| asked.fits(other));
        match fitting.find(|(_, action)| has_effect(action)) {
            None => Ok(()),
            Some((other, _)) => Err(Problem::Possible(other.to_string())),
        }
    }

    /// The actions that are possible here, each as a script would ask for it.
    fn possible(&self) -> Vec<(Asked, ActionOf<A>)> {
        let mut possible = Vec::new();
        self.system.actions(&self.state, &mut possible);
        // A choice may offer the same twice.
        possible.dedup();
        let pair = |action| (described(&action), action);
        possible.into_iter().map(pair).collect()
    }

    /// Whether a claim is decided here, or by the step that led here.
    fn is_decided(&self, position: usize, claim: &Claim<A, G>) -> bool {
        self.decided.contains(position) || claim.is_decided_in(&self.state, &self.system.quorum)
    }

    /// Notes the claims about states, or about steps, that are violated here for the first time, and the
    /// way here.
    fn note(&mut self, about_states: bool, violated: &mut Vec<(usize, Vec<ActionOf<A>>)>) {
        for (position, claim) in self.system.claims.iter().enumerate() {
            let is_asked = claim.is_about_states() == about_states && claim.kind() != Kind::Witness;
            if is_asked && !self.violated.contains(&claim.name) && self.is_decided(position, claim)
            {
                self.violated.push(claim.name);
                violated.push((position, self.actions.clone()));
            }
        }
    }

    /// Writes down the claims that are violated for the first time, after the step that does it.
    fn judge(&mut self, step: impl std::fmt::Display, transcript: &mut String) {
        let claims = self.system.claims.iter().enumerate();
        let broken: Vec<&'static str> = claims
            .filter(|(_, claim)| claim.kind() != Kind::Witness)
            .filter(|(_, claim)| !self.violated.contains(&claim.name))
            .filter(|(position, claim)| self.is_decided(*position, claim))
            .map(|(_, claim)| claim.name)
            .collect();
        if !broken.is_empty() {
            _ = writeln!(transcript, "{step}");
        }
        for name in &broken {
            _ = writeln!(transcript, "violated: {name}");
        }
        self.violated.extend(broken);
    }

    fn show_participants(&self, transcript: &mut String) {
        for (index, local) in self.state.locals.iter().enumerate() {
            _ = writeln!(transcript, "{index} {}", participant::<A>(local));
        }
    }

    fn show_messages(&self, transcript: &mut String) {
        let mut envelopes: Vec<_> = self.state.network.with_ages().collect();
        envelopes.sort_by_key(|(envelope, _)| (envelope.src, envelope.dst));
        for (envelope, is_new) in envelopes {
            let place = Place::Between(envelope.src.into(), envelope.dst.into());
            let age = if is_new { "" } else { ", a tick old" };
            _ = writeln!(transcript, "{place} {}{age}", debug(&envelope.msg));
        }
    }
}

/// One line: the state of a participant that is up, and the disk where it says something else.
fn participant<A: Participant>(local: &LocalOf<A>) -> String {
    let disk = || match &local.storage {
        Some(storage) => debug(storage),
        None => "empty".to_owned(),
    };
    match local.up() {
        None => format!("down, disk {}", disk()),
        Some(state) if local.outbox.is_empty() => debug(state),
        Some(state) => format!("{}; disk {}", debug(state), disk()),
    }
}

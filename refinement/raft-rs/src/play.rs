//! Scripts, followed on genuine nodes: `raft-rs/CONFIGURATION [mutant=NAME]`, or `raft-rs KEY=VALUE ...`
//! with `servers`, `check_quorum`, `pre_vote` and the keys of every protocol's scripts.

use crate::checked::{Past, RaftCrate, Server};
use crate::search::make_genuine;
use quorate_models::protocol::Protocol;
use quorate_models::protocol::scenario::Scenario;
use quorate_models::script::header::{Header, HeaderError};
use quorate_models::script::{self, Script, ScriptError};
use quorate_models::system::claim::Kind;
use quorate_models::system::{Caption, End, System};
use stateright::{Model, Path};

/// A script that was followed.
pub struct Played {
    /// The script.
    pub script: Script,
    /// The events.
    pub transcript: String,
    /// The same as a picture, in SVG.
    pub picture: String,
}

/// Follows a script.
///
/// # Errors
///
/// If it is none, or the nodes do not do what it says.
pub fn play(text: &str) -> Result<Played, ScriptError> {
    let script = Script::parse(text)?;
    let system = system(&script.header).map_err(|error| script.header_error(error))?;
    let transcript = script::run(&system, &script.verbs)?;
    let picture = picture(&system, &script)?;
    Ok(Played {
        script,
        transcript,
        picture,
    })
}

/// The system that a header asks for, of genuine nodes; no message is dropped as dead.
fn system(header: &str) -> Result<System<Server, Past>, HeaderError> {
    let mut header = Header::parse(header)?;
    let (protocol, configuration) = match header.protocol.split_once('/') {
        Some((protocol, configuration)) => (protocol, Some(configuration)),
        None => (header.protocol, None),
    };
    if protocol != RaftCrate::NAME {
        return Err(HeaderError::Protocol {
            found: protocol.to_owned(),
            known: RaftCrate::NAME.to_owned(),
        });
    }
    let mut system = match configuration {
        None => Scenario::<RaftCrate>::parse(header)?.system(None),
        Some(name) => {
            let mutant = header.text("mutant");
            header.finish()?;
            configured(name, mutant)?
        }
    };
    system.is_dead = None;
    make_genuine(&mut system);
    Ok(system)
}

fn configured(name: &str, mutant: Option<&str>) -> Result<System<Server, Past>, HeaderError> {
    let mut all = RaftCrate::configurations().into_iter();
    let unknown = || HeaderError::Configuration(format!("{}/{name}", RaftCrate::NAME));
    let found = all.find(|it| it.name == name).ok_or_else(unknown)?;
    let mutant = mutant.map(|name| {
        let mut all = RaftCrate::MUTANTS.iter();
        let names = || RaftCrate::MUTANTS.iter().map(|it| it.facts.name);
        all.find(|it| it.facts.name == name)
            .ok_or_else(|| HeaderError::Value {
                key: "mutant",
                found: name.to_owned(),
                expected: names().collect::<Vec<_>>().join(" or "),
            })
    });
    Ok(found.system(mutant.transpose()?))
}

/// The path of a script; its last step is marked if it violates a claim.
fn picture(system: &System<Server, Past>, script: &Script) -> Result<String, ScriptError> {
    let actions = script::actions(system, &script.verbs)?;
    let start = system.init_states().remove(0);
    let path = Path::from_actions(system, start, &actions).expect("a path of the system");
    let (last, _) = path.clone().into_vec().pop().expect("a path has a start");
    let mut claims = system.claims.iter();
    let violated = claims
        .find(|claim| claim.kind() != Kind::Witness && claim.is_decided_in(&last, &system.quorum));
    let place = format!("{}, {} steps", script.header, actions.len());
    let caption = match violated {
        Some(claim) => Caption {
            title: format!("{} is violated", claim.name),
            place,
            end: End::Violated("violated here".to_owned()),
        },
        None => Caption {
            title: String::new(),
            place,
            end: End::Open,
        },
    };
    Ok(system.picture(path, &caption))
}

//! Every protocol with its configurations and mutants, by name.

use crate::coverage::Mark;
use crate::coverage::pairs::Uncombined;
use crate::property::{Kind, MutantFacts, Stated};
use crate::raft;
use crate::script::header::{Header, HeaderError};
use crate::script::{self, Script, ScriptError};
use crate::system::{Fault, History, Participant, SecondOpinion, System};

/// A protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// The protocol of [`raft`].
    Raft,
}

/// A configuration of a protocol.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The protocol.
    pub protocol: Protocol,
    /// When it is searched.
    pub profile: Profile,
    position: usize,
}

/// When a configuration is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profile {
    /// With every test, and whenever nothing else is asked for.
    Default,
    /// By hand; the result is recorded.
    Deep,
}

/// A mutant of a protocol.
#[derive(Clone, Copy)]
pub struct MutantEntry {
    /// The protocol.
    pub protocol: Protocol,
    position: usize,
}

/// Something that is done with the systems of a configuration, whatever their actors.
pub trait Visitor {
    /// What it gives.
    type Output;

    /// Does it.
    fn visit<A: Participant, G: History>(self, build: Builder<'_, A, G>) -> Self::Output;
}

/// Builds the system of a configuration, with a mutant of its protocol if one is given.
pub type Builder<'a, A, G> = &'a dyn Fn(Option<MutantEntry>) -> System<A, G>;

/// Does something with the system that the header of a script describes: a scenario of a protocol
/// (`raft servers=3`), or a configuration (`raft/election`), each perhaps with a mutant
/// (`mutant=NAME`). A mutant that is asked for takes the place of the header's.
///
/// # Errors
///
/// If the header names no protocol that has scripts and no configuration, or a setting that the
/// protocol does not have.
pub fn scenario<V: Visitor>(header: &str, visitor: V) -> Result<V::Output, HeaderError> {
    let header = Header::parse(header)?;
    if header.protocol.contains('/') {
        return configuration(header, visitor);
    }
    let protocol = Protocol::ALL
        .iter()
        .find(|protocol| protocol.name() == header.protocol);
    match protocol {
        Some(Protocol::Raft) => {
            let scenario = raft::scenario::Scenario::parse(header)?;
            Ok(visitor.visit(&|mutant: Option<MutantEntry>| {
                scenario.system(mutant.map(MutantEntry::raft))
            }))
        }
        None => Err(HeaderError::Protocol {
            found: header.protocol.to_owned(),
            known: Protocol::ALL
                .iter()
                .map(|protocol| protocol.name())
                .collect::<Vec<_>>()
                .join(", "),
        }),
    }
}

/// Does something with the system of the configuration that a header names. No message is dropped as
/// dead: what a script shows rests on no reduction.
fn configuration<V: Visitor>(mut header: Header<'_>, visitor: V) -> Result<V::Output, HeaderError> {
    let named = |entry: &Entry| entry.path() == header.protocol;
    let entry = Entry::all().find(named);
    let entry = entry.ok_or_else(|| HeaderError::Configuration(header.protocol.to_owned()))?;
    let mutants = entry.protocol.mutants();
    let mutants: Vec<(&str, MutantEntry)> =
        mutants.iter().map(|it| (it.facts().name, *it)).collect();
    let mutant = header.optional("mutant", &mutants)?;
    header.finish()?;
    Ok(entry.visit(Unreduced(Mutated { visitor, mutant })))
}

/// A visitor of systems that drop no message as dead.
struct Unreduced<V>(V);

impl<V: Visitor> Visitor for Unreduced<V> {
    type Output = V::Output;

    fn visit<A: Participant, G: History>(self, build: Builder<'_, A, G>) -> V::Output {
        self.0.visit(&|mutant: Option<MutantEntry>| System {
            is_dead: None,
            ..build(mutant)
        })
    }
}

/// A visitor of systems that have a mutant, unless another is asked for.
struct Mutated<V> {
    visitor: V,
    mutant: Option<MutantEntry>,
}

impl<V: Visitor> Visitor for Mutated<V> {
    type Output = V::Output;

    fn visit<A: Participant, G: History>(self, build: Builder<'_, A, G>) -> V::Output {
        let mutated = |mutant: Option<MutantEntry>| build(mutant.or(self.mutant));
        self.visitor.visit(&mutated)
    }
}

/// Runs a script, and gives its transcript.
///
/// # Errors
///
/// If its header describes no system, or a line does not choose an action that is possible and
/// changes something.
pub fn transcript(script: &Script) -> Result<String, ScriptError> {
    struct Run<'a>(&'a str);
    impl Visitor for Run<'_> {
        type Output = Result<String, ScriptError>;
        fn visit<A: Participant, G: History>(self, build: Builder<'_, A, G>) -> Self::Output {
            script::run(&build(None), self.0)
        }
    }
    let run = scenario(&script.header, Run(&script.verbs));
    run.map_err(|error| script.header_error(error))?
}

impl Protocol {
    /// Every protocol.
    pub const ALL: &[Protocol] = &[Protocol::Raft];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Raft => "raft",
        }
    }

    /// Its configurations: those that are searched whenever nothing else is asked for.
    pub fn configurations(self) -> Vec<Entry> {
        self.entries(Profile::Default)
    }

    /// Its larger configurations, which are searched by hand.
    pub fn deep_configurations(self) -> Vec<Entry> {
        self.entries(Profile::Deep)
    }

    fn entries(self, profile: Profile) -> Vec<Entry> {
        let count = match self {
            Protocol::Raft => raft_configurations(profile).len(),
        };
        let entry = |position| Entry {
            protocol: self,
            profile,
            position,
        };
        (0..count).map(entry).collect()
    }

    /// The rows of its transition table.
    pub fn marks(self) -> &'static [Mark] {
        match self {
            Protocol::Raft => raft::marks::Row::ALL,
        }
    }

    /// Its features, by name.
    pub fn features(self) -> Vec<&'static str> {
        match self {
            Protocol::Raft => {
                let features = raft::features::FEATURES.iter();
                features.map(|feature| feature.name).collect()
            }
        }
    }

    /// Why some of its features are searched without some faults.
    pub fn uncombined(self) -> &'static [Uncombined] {
        match self {
            Protocol::Raft => raft::features::UNCOMBINED,
        }
    }

    /// Its mutants.
    pub fn mutants(self) -> Vec<MutantEntry> {
        let count = match self {
            Protocol::Raft => raft::mutants::MUTANTS.len(),
        };
        (0..count)
            .map(|position| MutantEntry {
                protocol: self,
                position,
            })
            .collect()
    }
}

fn raft_configurations(profile: Profile) -> &'static [raft::model::Configuration] {
    match profile {
        Profile::Default => raft::model::CONFIGURATIONS,
        Profile::Deep => raft::deep::CONFIGURATIONS,
    }
}

impl Entry {
    /// Every configuration of every protocol.
    pub fn all() -> impl Iterator<Item = Entry> {
        let protocols = Protocol::ALL.iter();
        protocols.flat_map(|protocol| {
            let deep = protocol.deep_configurations();
            protocol.configurations().into_iter().chain(deep)
        })
    }

    fn raft(self) -> &'static raft::model::Configuration {
        &raft_configurations(self.profile)[self.position]
    }

    /// Its name, without the protocol's.
    pub fn name(self) -> &'static str {
        match self.protocol {
            Protocol::Raft => self.raft().name,
        }
    }

    /// The name by which it is asked for: `protocol/configuration`.
    pub fn path(self) -> String {
        format!("{}/{}", self.protocol.name(), self.name())
    }

    /// What happens in it.
    pub fn about(self) -> &'static str {
        match self.protocol {
            Protocol::Raft => self.raft().about,
        }
    }

    /// What limits it: kind of network and budgets, in words.
    pub fn bounds(self) -> String {
        struct Bounds;
        impl Visitor for Bounds {
            type Output = String;
            fn visit<A: Participant, G: History>(self, build: Builder<'_, A, G>) -> String {
                build(None).bounds()
            }
        }
        self.visit(Bounds)
    }

    /// Which features of the protocol are on.
    pub fn features(self) -> Vec<&'static str> {
        match self.protocol {
            Protocol::Raft => {
                let (config, budgets) = ((self.raft().config)(), (self.raft().budgets)());
                let features = raft::features::FEATURES.iter();
                let on = features.filter(|feature| (feature.is_on)(&config, &budgets));
                on.map(|feature| feature.name).collect()
            }
        }
    }

    /// What may go wrong in it.
    pub fn faults(self) -> Vec<Fault> {
        struct Faults;
        impl Visitor for Faults {
            type Output = Vec<Fault>;
            fn visit<A: Participant, G: History>(self, build: Builder<'_, A, G>) -> Self::Output {
                build(None).faults()
            }
        }
        self.visit(Faults)
    }

    /// The claims that are made of it.
    pub fn claims(self) -> Vec<ClaimFacts> {
        struct Claims;
        impl Visitor for Claims {
            type Output = Vec<ClaimFacts>;
            fn visit<A: Participant, G: History>(self, build: Builder<'_, A, G>) -> Self::Output {
                build(None).stated.iter().map(ClaimFacts::from).collect()
            }
        }
        self.visit(Claims)
    }

    /// How the second opinion searches it.
    pub fn second_opinion(self) -> SecondOpinion {
        match self.protocol {
            Protocol::Raft => self.raft().second_opinion,
        }
    }

    /// The mutants that are to be found in it.
    pub fn mutants(self) -> impl Iterator<Item = MutantEntry> {
        let mutants = self.protocol.mutants().into_iter();
        mutants.filter(move |mutant| mutant.facts().configuration == self.name())
    }

    /// Does something with its systems.
    pub fn visit<V: Visitor>(self, visitor: V) -> V::Output {
        match self.protocol {
            Protocol::Raft => visitor.visit(&|mutant: Option<MutantEntry>| {
                assert!(mutant.is_none_or(|mutant| mutant.protocol == self.protocol));
                self.raft().system(mutant.map(MutantEntry::raft))
            }),
        }
    }

    /// Does something with its systems, as the [second opinion](Entry::second_opinion) searches them.
    pub fn visit_second_opinion<V: Visitor>(self, visitor: V) -> V::Output {
        match self.second_opinion() {
            SecondOpinion::Unreduced => self.visit(Unreduced(visitor)),
            SecondOpinion::Reduced => self.visit(visitor),
        }
    }
}

impl MutantEntry {
    fn raft(self) -> &'static raft::mutants::Mutant {
        &raft::mutants::MUTANTS[self.position]
    }

    /// What is known of it.
    pub fn facts(self) -> MutantFacts {
        match self.protocol {
            Protocol::Raft => self.raft().facts,
        }
    }
}

/// A claim, without the function that judges it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimFacts {
    /// Its name.
    pub name: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// The witness of its premise.
    pub witness: Option<&'static str>,
}

impl<A: Participant, G: History> From<&Stated<A, G>> for ClaimFacts {
    fn from(stated: &Stated<A, G>) -> Self {
        let Stated {
            name,
            source,
            witness,
            ..
        } = stated;
        let (name, source, witness) = (*name, *source, *witness);
        ClaimFacts {
            name,
            source,
            kind: stated.kind(),
            witness,
        }
    }
}

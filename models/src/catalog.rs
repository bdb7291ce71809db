//! Every protocol, with its configurations and mutants, by name.

use crate::fifo::ends::Ends;
use crate::protocol::scenario::Described;
use crate::protocol::{ConfigurationFacts, MutantFacts, Profile, Protocol, ProtocolFacts};
use crate::raft::Raft;
use crate::script::header::{Header, HeaderError};
use crate::script::{self, Script, ScriptError};
use crate::system::{GhostState, Participant, System};
use crate::totem::Totem;
use crate::with_clients::WithClients;
use crate::zab::Zab;
use crate::zab_on_fifo::ZabOnFifo;
use std::sync::LazyLock;

/// The one list of protocols. One is checked alone, and perhaps with clients: each is a *part* of it.
macro_rules! protocols {
    ($($(#[doc = $about:literal])+ $id:ident: $($part:ty),+;)*) => {
        /// Which protocol.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ProtocolId {
            $($(#[doc = $about])+ $id,)*
        }

        impl ProtocolId {
            /// Every protocol.
            pub const ALL: &[ProtocolId] = &[$(ProtocolId::$id),*];

            /// Asks a part of the protocol itself, if there is one of this number. The first is the
            /// protocol alone.
            fn ask<Q: Question>(self, part: usize, question: Q) -> Option<Q::Answer> {
                let mut number = 0..=part;
                match self {
                    $(ProtocolId::$id => {
                        $(if number.next() == Some(part) {
                            return Some(question.ask::<$part>());
                        })+
                    })*
                }
                None
            }
        }
    };
}

protocols! {
    /// The protocol of [`raft`](crate::raft).
    Raft: Raft, WithClients<Raft>;
    /// The protocol of [`zab`](crate::zab).
    Zab: Zab, WithClients<Zab>;
    /// The protocol of [`totem`](crate::totem).
    Totem: Totem;
    /// The sessions of [`fifo`](crate::fifo), alone.
    Fifo: Ends;
    /// Zab [in these sessions](crate::zab_on_fifo).
    ZabOnFifo: ZabOnFifo;
}

/// A question to a protocol of any types.
trait Question {
    type Answer;

    fn ask<P: Protocol>(self) -> Self::Answer;
}

/// A configuration of a protocol.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The protocol.
    pub protocol: ProtocolId,
    /// The facts about the configuration.
    pub facts: &'static ConfigurationFacts,
    part: usize,
}

/// A mutant of a protocol.
#[derive(Clone, Copy)]
pub struct MutantEntry {
    /// The protocol.
    pub protocol: ProtocolId,
    /// The facts about the mutant.
    pub facts: &'static MutantFacts,
    part: usize,
}

/// Something that is done with the systems of a configuration, of any actors.
pub trait Visitor {
    /// Its result.
    type Output;

    /// Does it.
    fn visit<A: Participant, G: GhostState>(self, build: Builder<'_, A, G>) -> Self::Output;
}

/// Builds the system of a configuration, with a mutant of its protocol if one is given.
pub type Builder<'a, A, G> = &'a dyn Fn(Option<MutantEntry>) -> System<A, G>;

impl ProtocolId {
    /// The facts about each of its parts.
    fn parts(self) -> &'static [ProtocolFacts] {
        static PARTS: LazyLock<Vec<Vec<ProtocolFacts>>> = LazyLock::new(|| {
            let parts = |id: &ProtocolId| (0..).map_while(|part| id.ask(part, Facts)).collect();
            ProtocolId::ALL.iter().map(parts).collect()
        });
        &PARTS[self as usize]
    }

    /// The facts about it, alone.
    pub fn facts(self) -> &'static ProtocolFacts {
        &self.parts()[0]
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// Its configurations.
    pub fn configurations(self) -> impl Iterator<Item = Entry> {
        let parts = self.parts().iter().enumerate();
        parts.flat_map(move |(part, known)| {
            known.configurations.iter().map(move |facts| Entry {
                protocol: self,
                facts,
                part,
            })
        })
    }

    /// Its configurations of a profile.
    pub fn configurations_of(self, profile: Profile) -> impl Iterator<Item = Entry> {
        let all = self.configurations();
        all.filter(move |entry| entry.facts.profile == profile)
    }

    /// Its mutants.
    pub fn mutants(self) -> impl Iterator<Item = MutantEntry> {
        let parts = self.parts().iter().enumerate();
        parts.flat_map(move |(part, known)| {
            known.mutants.iter().map(move |facts| MutantEntry {
                protocol: self,
                facts,
                part,
            })
        })
    }
}

struct Facts;

impl Question for Facts {
    type Answer = ProtocolFacts;

    fn ask<P: Protocol>(self) -> ProtocolFacts {
        ProtocolFacts::of::<P>()
    }
}

impl Entry {
    /// Every configuration of every protocol.
    pub fn all() -> impl Iterator<Item = Entry> {
        let protocols = ProtocolId::ALL.iter();
        protocols.flat_map(|protocol| protocol.configurations())
    }

    /// Every configuration of a profile.
    pub fn of(profile: Profile) -> impl Iterator<Item = Entry> {
        Entry::all().filter(move |entry| entry.facts.profile == profile)
    }

    /// The name by which it is asked for: `protocol/configuration`.
    pub fn path(self) -> String {
        format!("{}/{}", self.protocol.name(), self.facts.name)
    }

    /// The mutants that are to be found in it.
    pub fn mutants(self) -> impl Iterator<Item = MutantEntry> {
        let mutants = self.protocol.mutants();
        mutants.filter(move |mutant| mutant.facts.configuration == self.facts.name)
    }

    /// Does something with its systems.
    pub fn visit<V: Visitor>(self, visitor: V) -> V::Output {
        let (entry, protocol, part) = (self, self.protocol, self.part);
        let visited = protocol.ask(part, Visit { entry, visitor });
        visited.expect("an entry stands in a part that is there")
    }

    /// Whether a mutant is one of this configuration's participants: of its protocol, and of the
    /// service where there is one.
    pub fn has(self, mutant: MutantEntry) -> bool {
        (self.protocol, self.part) == (mutant.protocol, mutant.part)
    }
}

impl MutantEntry {
    /// Every mutant of every protocol.
    pub fn all() -> impl Iterator<Item = MutantEntry> {
        let protocols = ProtocolId::ALL.iter();
        protocols.flat_map(|protocol| protocol.mutants())
    }

    /// Its name in the catalog: `protocol/mutant`.
    pub fn path(self) -> String {
        format!("{}/{}", self.protocol.name(), self.facts.name)
    }

    /// The configuration in which it is to be found.
    ///
    /// # Panics
    ///
    /// Never: [`ProtocolFacts::of`] has looked for it.
    pub fn home(self) -> Entry {
        let mut entries = self.protocol.configurations();
        let home = entries.find(|entry| entry.facts.name == self.facts.configuration);
        home.expect("the facts of a protocol name what is there")
    }
}

struct Visit<V> {
    entry: Entry,
    visitor: V,
}

impl<V: Visitor> Question for Visit<V> {
    type Answer = V::Output;

    fn ask<P: Protocol>(self) -> V::Output {
        let configuration = P::configuration(self.entry.facts.name);
        self.visitor.visit(&|mutant: Option<MutantEntry>| {
            assert!(mutant.is_none_or(|mutant| self.entry.has(mutant)));
            configuration.system(mutant.map(|mutant| P::mutant(mutant.facts.name)))
        })
    }
}

/// Does something with the system that the header of a script describes: a
/// [scenario](crate::protocol::scenario) of a protocol (`raft servers=3`), or a configuration
/// (`raft/election`), each perhaps with a mutant (`mutant=NAME`). A mutant that is asked for takes
/// the place of the header's.
///
/// # Errors
///
/// If the header names no protocol and no configuration, or a setting that the protocol does not
/// have.
pub fn scenario<V: Visitor>(header: &str, visitor: V) -> Result<V::Output, HeaderError> {
    let header = Header::parse(header)?;
    let (protocol, part) = described(&header)?;
    let system = protocol.ask(
        part,
        OfHeader {
            part,
            header,
            visitor,
        },
    );
    system.expect("a protocol is its first part, and an entry stands in a part that is there")
}

/// The part of a protocol that a header names.
fn described(header: &Header<'_>) -> Result<(ProtocolId, usize), HeaderError> {
    let name = header.protocol;
    if name.contains('/') {
        let found = Entry::all().find(|entry| entry.path() == name);
        let entry = found.ok_or_else(|| HeaderError::Configuration(name.to_owned()))?;
        return Ok((entry.protocol, entry.part));
    }
    let mut protocols = ProtocolId::ALL.iter();
    let found = protocols.find(|protocol| protocol.name() == name);
    found.map(|protocol| (*protocol, 0)).ok_or_else(|| {
        let names: Vec<&str> = ProtocolId::ALL.iter().map(|it| it.name()).collect();
        HeaderError::Protocol {
            found: name.to_owned(),
            known: names.join(", "),
        }
    })
}

struct OfHeader<'a, V> {
    part: usize,
    header: Header<'a>,
    visitor: V,
}

impl<V: Visitor> Question for OfHeader<'_, V> {
    type Answer = Result<V::Output, HeaderError>;

    fn ask<P: Protocol>(self) -> Self::Answer {
        let described = Described::<P>::parse(self.header)?;
        Ok(self.visitor.visit(&|mutant: Option<MutantEntry>| {
            assert!(mutant.is_none_or(|mutant| mutant.part == self.part));
            described.system(mutant.map(|mutant| P::mutant(mutant.facts.name)))
        }))
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
        fn visit<A: Participant, G: GhostState>(self, build: Builder<'_, A, G>) -> Self::Output {
            script::run(&build(None), self.0)
        }
    }
    let run = scenario(&script.header, Run(&script.verbs));
    run.map_err(|error| script.header_error(error))?
}

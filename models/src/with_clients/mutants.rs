//! The service with one rule exchanged. The bugs are the same over every protocol; how long the shortest
//! counterexample is depends on it.

use super::{Rules, Served, WithClients};
use crate::protocol::{Mutant, MutantFacts, Shortest};
use crate::replica::Consistency;
use crate::service::Recognized;

/// Every mutant, given their shortest counterexamples, in this order, and the configuration in which a client
/// reads.
pub(crate) const fn mutants<P: Served>(
    shortest: [Shortest; 4],
    reads: &'static str,
) -> [Mutant<WithClients<P>>; 4] {
    [
        no_session_table(shortest[0]),
        only_last_request_recognised(shortest[1]),
        reads_own_state(shortest[2], reads),
        answers_before_commit(shortest[3]),
    ]
}

const fn no_session_table<P: Served>(shortest: Shortest) -> Mutant<WithClients<P>> {
    Mutant {
        facts: MutantFacts::new(
            "no-session-table",
            "a request that comes again is executed again",
            "Raft §8",
            ("clients", "Exactly Once"),
            shortest,
        ),
        mutate: |rules: &mut Rules<P>| rules.service.recognize = |_, _| Recognized::New,
    }
}

const fn only_last_request_recognised<P: Served>(shortest: Shortest) -> Mutant<WithClients<P>> {
    Mutant {
        facts: MutantFacts::new(
            "only-last-request-recognised",
            "a request is taken for new if it is not the client's last",
            "ours",
            ("clients", "Exactly Once"),
            shortest,
        ),
        mutate: |rules: &mut Rules<P>| {
            rules.service.recognize = |last, number| match last == Some(number) {
                true => Recognized::Repeated,
                false => Recognized::New,
            };
        },
    }
}

const fn reads_own_state<P: Served>(
    shortest: Shortest,
    configuration: &'static str,
) -> Mutant<WithClients<P>> {
    Mutant {
        facts: MutantFacts::new(
            "reads-own-state",
            "a server answers a read by what it has executed itself",
            "ZooKeeper; Raft §8",
            (configuration, "Linearizability"),
            shortest,
        ),
        mutate: |rules: &mut Rules<P>| rules.service.reads = |_| Consistency::Local,
    }
}

const fn answers_before_commit<P: Served>(shortest: Shortest) -> Mutant<WithClients<P>> {
    Mutant {
        facts: MutantFacts::new(
            "answers-before-commit",
            "a leader answers when it proposes",
            "Raft §5.3",
            ("clients", "Linearizability"),
            shortest,
        ),
        mutate: |rules: &mut Rules<P>| rules.service.waits = || false,
    }
}

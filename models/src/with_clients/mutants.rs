//! The service with one rule exchanged. The bugs are the same over every protocol; how long the shortest
//! counterexample is depends on it.

use super::{Rules, Served, WithClients};
use crate::protocol::{Mutant, MutantFacts};
use crate::replica::Consistency;
use crate::service::Recognized;

/// Every mutant, given the steps of their shortest counterexamples, in this order, and the configuration in
/// which a client reads.
pub(crate) const fn mutants<P: Served>(
    lengths: [usize; 4],
    reads: &'static str,
) -> [Mutant<WithClients<P>>; 4] {
    [
        no_session_table(lengths[0]),
        only_last_request_recognised(lengths[1]),
        reads_own_state(lengths[2], reads),
        answers_before_commit(lengths[3]),
    ]
}

const fn no_session_table<P: Served>(length: usize) -> Mutant<WithClients<P>> {
    Mutant {
        facts: MutantFacts {
            name: "no-session-table",
            about: "a request that comes again is executed again",
            source: "Raft §8",
            configuration: "clients",
            property: "Exactly Once",
            length,
        },
        mutate: |rules: &mut Rules<P>| rules.service.recognize = |_, _| Recognized::New,
    }
}

const fn only_last_request_recognised<P: Served>(length: usize) -> Mutant<WithClients<P>> {
    Mutant {
        facts: MutantFacts {
            name: "only-last-request-recognised",
            about: "a request is taken for new if it is not the client's last",
            source: "ours",
            configuration: "clients",
            property: "Exactly Once",
            length,
        },
        mutate: |rules: &mut Rules<P>| {
            rules.service.recognize = |last, number| match last == Some(number) {
                true => Recognized::Repeated,
                false => Recognized::New,
            };
        },
    }
}

const fn reads_own_state<P: Served>(
    length: usize,
    configuration: &'static str,
) -> Mutant<WithClients<P>> {
    Mutant {
        facts: MutantFacts {
            name: "reads-own-state",
            about: "a server answers a read by what it has executed itself",
            source: "ZooKeeper; Raft §8",
            configuration,
            property: "Linearizability",
            length,
        },
        mutate: |rules: &mut Rules<P>| rules.service.reads = |_| Consistency::Local,
    }
}

const fn answers_before_commit<P: Served>(length: usize) -> Mutant<WithClients<P>> {
    Mutant {
        facts: MutantFacts {
            name: "answers-before-commit",
            about: "a leader answers when it proposes",
            source: "Raft §5.3",
            configuration: "clients",
            property: "Linearizability",
            length,
        },
        mutate: |rules: &mut Rules<P>| rules.service.waits = || false,
    }
}

//! Totem with one rule or a few exchanged: bugs that have been made, and the property that finds each.
//!
//! A prototype had many of these mistakes before. Here are the steps after those that are given, of the same
//! claim unless another is named. Bounds differ, but for those of obligations: the last column has the
//! prototype's. `a` and `s` are messages, agreed and safe; `L` and `C` timeouts of tokens and of consensus.
//!
//! | mutant | here | prototype | bounds of the prototype |
//! |---|---:|---:|---|
//! | `safe-at-one-sighting` | 3 | 3 | two, `s` |
//! | `discards-at-one-sighting` | 23 | 22 | three, one gone from the start, `a`, `L` `C`, newest Joins |
//! | `anyone-raises-aru` | 6 | 8 | three, `s` |
//! | `any-hop-is-new` | 4 | 6 | two, `a` of each; *one message in a place* |
//! | `rings-have-no-number` | 6 | 16 | two, `a` of each, `L` |
//! | `delivers-past-gaps` | 11 | 10 | three, `a` of two, `L` `C` |
//! | `delivers-nothing-past-gaps` | 9 | 6 | two, `a` of each, `L` `C` |
//! | `recovered-is-forgotten` | 29 | 31 | two, `s`, `L` `L` |
//! | `obliged-to-those-together` | 17 | 17 | those of `obligations` |
//! | `obligation-is-replaced` | 26 | 26 | those of `obligations` |
//! | `installs-at-first-clear` | 9 | 7 | two, `s`, `L` |
//! | `clears-the-flag-twice` | 20 | 19 | two, `a` of one and two of the other, `L` |
//! | `counts-are-kept` | 23 | 24 | two, `a`, `L` `L` |
//! | `recovers-as-corosync` | 24 | 25 | two, `a`, `L` `L` |
//! | `flag-is-kept` | 24 | 24 | four, other first steps |
//! | `keeps-flag-as-corosync` | 21 | none | four, other first steps; not complete |
//! | `forgets-a-failed-ring` | 3 | none | two and three; without *Ring Numbers Rise* of a step |
//! | `sends-at-install` | 14 | 15 | two, `a` of each, `L` |
//! | `takes-any-ring` | 27 | 27 | a ring of two, and one |
//! | `delivers-again` | 3 | 17 | two, `a`, `L` |
//! | `delivered-elsewhere-is-ignored` | 21 | 21 | two, `s`, `L` |
//! | `safe-without-a-gap` | 6 | 7 | two, `s`, `L` `C` |
//! | `own-aru-is-enough` | 15 | 16 | two, `a`, `L` |
//! | `exchanged-from-the-most` | 15 | 17 | two, `a`, `L` |
//! | `starts-with-the-number-on-disk` | 1 | 1 | two, a crash; *EVS 2.4 Agreement* |
//! | `number-is-not-saved` | 1 | 1 | one, a crash; *Ring Numbers Rise* |
//! | `together-by-members` | 30 | 24 | three, `s`, `L` `L` `C`, newest Joins |
//! | `agrees-to-any` | 6 | none | two and three, `L` `C`; without *Sets Are Sound* of it |

mod corosync;
mod ordering;
mod period;
mod safety;

use super::Totem;
use crate::protocol::{self, mutant::joined};
use corosync::COROSYNC;
use ordering::ORDERING;
use period::IN_PERIOD;
use safety::SAFETY;

/// Totem with a bug.
pub type Mutant = protocol::Mutant<Totem>;

/// Every mutant.
pub(super) const MUTANTS: &[Mutant] = &ALL;

const BEFORE: [Mutant; ORDERING.len() + SAFETY.len()] = joined(&ORDERING, &SAFETY);
const OURS: [Mutant; BEFORE.len() + IN_PERIOD.len()] = joined(&BEFORE, &IN_PERIOD);
const ALL: [Mutant; OURS.len() + COROSYNC.len()] = joined(&OURS, &COROSYNC);

//! The engines that judge the protocols.
//!
//! # A search
//!
//! [`engine::explore`] searches a system to the end. It tells states apart by equality, uses every core,
//! and finds the same for any number of threads: the states, their depth, a verdict for each claim, and
//! the shortest way to each violation. Here two actors pass on a token, as in the manual of
//! `quorate-models`, and one message is delivered twice:
//!
//! ```
//! use quorate_models::system::claim::{Check, Claim, Condition};
//! use quorate_models::system::{Channels, Environment, System, Timeouts};
//! use quorate_refinement::engine::{Options, Progress, Verdict, explore};
//! use stateright::actor::{Actor, Id, Out, model_timeout};
//! use std::borrow::Cow;
//! use std::sync::Arc;
//!
//! struct Passer;
//!
//! impl Actor for Passer {
//!     type Msg = &'static str;
//!     type State = bool;
//!     type Timer = &'static str;
//!     type Random = ();
//!     type Storage = ();
//!
//!     fn on_start(&self, id: Id, _: &Option<()>, out: &mut Out<Self>) -> bool {
//!         out.set_timer("Pass", model_timeout());
//!         usize::from(id) == 0
//!     }
//!
//!     fn on_timeout(&self, id: Id, has: &mut Cow<'_, bool>, _: &&'static str, out: &mut Out<Self>) {
//!         if **has {
//!             *has.to_mut() = false;
//!             out.send(Id::from(1 - usize::from(id)), "Token");
//!         }
//!     }
//!
//!     fn on_msg(&self, _: Id, has: &mut Cow<'_, bool>, _: Id, _: &'static str, _: &mut Out<Self>) {
//!         *has.to_mut() = true;
//!     }
//! }
//!
//! let search = |duplicates| {
//!     let environment = Environment {
//!         timeouts: vec![Timeouts::shared("Pass", [0, 1], 2)],
//!         duplicates,
//!         ..Environment::default()
//!     };
//!     let mut system = System::new(vec![Passer, Passer], Channels::once(), environment, ());
//!     system.claims = vec![Claim {
//!         name: "One Token",
//!         source: "ours",
//!         witness: None,
//!         check: Check::Invariant(Condition::Pair(|one, other| {
//!             !(one.up() == Some(&true) && other.up() == Some(&true))
//!         })),
//!     }];
//!     explore(&Arc::new(system), &Options::default(), &Progress::default())
//! };
//!
//! let report = search(0);
//! assert_eq!((report.states, report.depth, report.verdict()), (8, 4, Verdict::Holds));
//!
//! let report = search(1);
//! assert_eq!(report.verdict(), Verdict::Violated);
//! let way = report.findings[0].counterexample.as_ref().expect("a violation has a way there");
//! println!("{}", way.steps.join("\n"));
//! assert_eq!(
//!     way.script.as_deref(),
//!     Some(concat!(
//!         "timeout 0 \"Pass\"\n",
//!         "duplicate 0->1 \"Token\"\n",
//!         "timeout 1 \"Pass\"\n",
//!         "deliver 0->1 \"Token\"\n",
//!         "deliver 1->0 \"Token\"\n",
//!     ))
//! );
//! ```
//!
//! A claim that holds proves nothing if its premise is never reached, or if it cannot fail: see
//! [`Claim::witness`](quorate_models::system::claim::Claim) and [`evidence::mutants::verdict`]. A
//! search that a
//! [limit](engine::Limits) ends is inconclusive, and never holds.
//!
//! # Any model
//!
//! [`engine::explore_model`] searches any Stateright `Model`, with its states kept whole:
//!
//! ```
//! use quorate_refinement::engine::{Options, Progress, Verdict, explore_model};
//! use stateright::{Model, Property};
//!
//! /// A knight's way from a corner of a board.
//! struct Knight(i8);
//!
//! impl Model for Knight {
//!     type State = (i8, i8);
//!     type Action = (i8, i8);
//!
//!     fn init_states(&self) -> Vec<(i8, i8)> {
//!         vec![(0, 0)]
//!     }
//!
//!     fn actions(&self, _: &(i8, i8), actions: &mut Vec<(i8, i8)>) {
//!         let jumps = [-2_i8, -1, 1, 2];
//!         let pairs = jumps.iter().flat_map(|x| jumps.iter().map(move |y| (*x, *y)));
//!         actions.extend(pairs.filter(|(x, y)| x.abs() != y.abs()));
//!     }
//!
//!     fn next_state(&self, (x, y): &(i8, i8), (right, up): (i8, i8)) -> Option<(i8, i8)> {
//!         let (x, y) = (x + right, y + up);
//!         let board = 0..self.0;
//!         (board.contains(&x) && board.contains(&y)).then_some((x, y))
//!     }
//!
//!     fn properties(&self) -> Vec<Property<Self>> {
//!         vec![Property::sometimes("Far Corner", |it, square| *square == (it.0 - 1, it.0 - 1))]
//!     }
//! }
//!
//! let report = explore_model(&Knight(8), &Options::default(), &Progress::default())?;
//! assert_eq!((report.states, report.depth), (64, 6));
//! assert_eq!(report.verdict(), Verdict::Holds);
//! # Ok::<(), quorate_refinement::engine::Eventually>(())
//! ```
//!
//! # Where things are
//!
//! - [`engine`] knows no protocol: the explorer, and Stateright's checker as the second opinion, which
//!   report in the same terms.
//! - What protocols refine is claimed like all else, in [`quorate_models::spec`] and beside each protocol;
//!   here it is judged on every step, and `tests/protocols/refinement` asks what the machines imply.
//! - [`evidence`] holds what is found in the protocols of the catalog: pinned results, and what became
//!   of each mutant.

pub mod engine;
pub mod evidence;

// Files that tests share call this crate `quorate_refinement`.
#[cfg(test)]
extern crate self as quorate_refinement;

//! Which rows of a transition table a step goes through.
//!
//! A protocol lists its rows with [`rows!`](crate::rows), and each of its handlers gives back the
//! [`Rows`] that it took; the actor's dispatcher records them. A row tells no handler anything: it is
//! neither read nor part of a state or a message. Rows are recorded only by a collector at work on the
//! same thread; a running node collects nothing, and pays for a look at a variable of its thread.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::ops::{BitOr, BitOrAssign};

/// Names of rows that were recorded.
pub type Marks = BTreeSet<&'static str>;

/// The facts about a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its name.
    pub name: &'static str,
    /// The event, in a sentence.
    pub about: &'static str,
    /// Where that is asked for.
    pub source: &'static str,
    /// Why no complete configuration goes there, if none does.
    pub unreached: Option<&'static str>,
}

thread_local! {
    /// The rows collected so far, if a collector is at work.
    static COLLECTED: RefCell<Option<Marks>> = const { RefCell::new(None) };
}

/// A row of a transition table.
pub trait Row: Copy + 'static {
    /// The facts about each row.
    const ALL: &'static [Mark];

    /// Its position among them.
    fn position(self) -> usize;
}

/// The rows that a handler took: a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a handler's rows are recorded by its dispatcher"]
pub struct Rows<R> {
    taken: u128,
    of: PhantomData<R>,
}

impl<R: Row> Rows<R> {
    /// No row.
    pub const NONE: Rows<R> = Rows {
        taken: 0,
        of: PhantomData,
    };

    /// Records the rows with the collector at work on this thread, if there is one.
    pub fn record(self) {
        COLLECTED.with_borrow_mut(|collected| {
            if let Some(marks) = collected {
                let all = R::ALL.iter().enumerate();
                let taken = all.filter(|(position, _)| self.taken & 1 << position != 0);
                marks.extend(taken.map(|(_, mark)| mark.name));
            }
        });
    }
}

impl<R: Row> From<R> for Rows<R> {
    /// # Panics
    ///
    /// If it is none of the first 128 rows.
    fn from(row: R) -> Self {
        let position = row.position();
        assert!(position < 128, "a table has at most 128 rows");
        Rows {
            taken: 1 << position,
            of: PhantomData,
        }
    }
}

impl<R: Row, O: Into<Rows<R>>> BitOr<O> for Rows<R> {
    type Output = Rows<R>;

    fn bitor(self, others: O) -> Rows<R> {
        Rows {
            taken: self.taken | others.into().taken,
            of: PhantomData,
        }
    }
}

impl<R: Row, O: Into<Rows<R>>> BitOrAssign<O> for Rows<R> {
    fn bitor_assign(&mut self, others: O) {
        *self = *self | others;
    }
}

/// Does something, and gives the rows that are recorded on this thread meanwhile. A collector around
/// it gets them, too.
pub fn collect<T>(work: impl FnOnce() -> T) -> (T, Marks) {
    let collection = Collection::begin();
    let result = work();
    (result, collection.end())
}

/// Ends also when what is done panics, as if nothing had been collected.
struct Collection {
    outer: Option<Marks>,
}

impl Collection {
    fn begin() -> Self {
        Collection {
            outer: COLLECTED.replace(Some(Marks::new())),
        }
    }

    fn end(mut self) -> Marks {
        let marks = COLLECTED.take().unwrap_or_default();
        if let Some(outer) = &mut self.outer {
            outer.extend(&marks);
        }
        marks
    }
}

impl Drop for Collection {
    fn drop(&mut self) {
        COLLECTED.set(self.outer.take());
    }
}

/// Declares the rows of a protocol's transition table: an enum, which is a
/// [`Row`](crate::coverage::Row). The doc comment says what happens there, a string where that is
/// asked for; a second string says why no complete configuration goes there.
#[macro_export]
macro_rules! rows {
    (
        $(#[$attribute:meta])*
        pub enum $row:ident {
            $($(#[doc = $about:literal])+ $name:ident: $source:literal $(, unreached: $why:literal)?;)*
        }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $row {
            $($(#[doc = $about])+ $name,)*
        }

        impl $crate::coverage::Row for $row {
            const ALL: &'static [$crate::coverage::Mark] = &[$($crate::coverage::Mark {
                name: stringify!($name),
                about: concat!($($about),+),
                source: $source,
                unreached: $crate::rows!(@why $($why)?),
            },)*];

            fn position(self) -> usize {
                self as usize
            }
        }

        impl<O: Into<$crate::coverage::Rows<$row>>> std::ops::BitOr<O> for $row {
            type Output = $crate::coverage::Rows<$row>;

            fn bitor(self, others: O) -> Self::Output {
                $crate::coverage::Rows::from(self) | others
            }
        }
    };
    (@why) => { None };
    (@why $why:literal) => { Some($why) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    rows! {
        /// Where an errand leads.
        pub enum Errand {
            /// To the baker,
            /// for bread.
            Baker: "the list";
            /// Back.
            Home: "habit", unreached: "the door is locked";
        }
    }

    fn took(rows: impl Into<Rows<Errand>>) {
        rows.into().record();
    }

    fn marks(names: &[&'static str]) -> Marks {
        names.iter().copied().collect()
    }

    #[test]
    fn a_table_says_what_its_rows_mean() {
        let [baker, home] = Errand::ALL else {
            panic!("{:?}", Errand::ALL);
        };
        assert_eq!((baker.name, baker.source), ("Baker", "the list"));
        assert_eq!(baker.about.trim(), "To the baker, for bread.");
        assert_eq!(baker.unreached, None);
        assert_eq!(home.unreached, Some("the door is locked"));
    }

    #[test]
    fn what_is_recorded_is_collected_once() {
        let (result, hit) = collect(|| {
            took(Errand::Home);
            took(Errand::Home);
            7
        });
        assert_eq!((result, hit), (7, marks(&["Home"])));
    }

    #[test]
    fn every_row_of_a_set_is_recorded() {
        let mut both = Rows::<Errand>::NONE | Errand::Home;
        both |= Errand::Baker;
        assert_eq!(both, Errand::Baker | Errand::Home);
        let collected = |rows: Rows<Errand>| collect(|| rows.record()).1;
        assert_eq!(collected(both), marks(&["Baker", "Home"]));
        assert_eq!(collected(Errand::Home.into()), marks(&["Home"]));
        assert_eq!(collected(Rows::NONE), marks(&[]));
    }

    #[test]
    fn nothing_stays_when_nobody_collects() {
        took(Errand::Baker);
        assert_eq!(collect(|| ()).1, marks(&[]));
        collect(|| took(Errand::Baker));
        assert_eq!(collect(|| ()).1, marks(&[]));
    }

    #[test]
    fn whoever_collects_outside_gets_what_is_collected_inside() {
        let (inside, outside) = collect(|| {
            took(Errand::Baker);
            collect(|| took(Errand::Home)).1
        });
        assert_eq!(inside, marks(&["Home"]));
        assert_eq!(outside, marks(&["Baker", "Home"]));
    }

    #[test]
    fn a_panic_takes_its_own_marks_along_and_no_others() {
        let broken = || {
            collect(|| {
                took(Errand::Home);
                panic!("the bag is torn");
            })
        };
        let (caught, outside) = collect(|| {
            took(Errand::Baker);
            catch_unwind(AssertUnwindSafe(broken)).is_err()
        });
        assert_eq!((caught, outside), (true, marks(&["Baker"])));
        assert!(catch_unwind(AssertUnwindSafe(broken)).is_err());
        took(Errand::Home);
        assert_eq!(collect(|| ()).1, marks(&[]));
    }

    #[test]
    fn other_threads_collect_for_themselves() {
        let (_, hit) = collect(|| {
            let other = std::thread::spawn(|| took(Errand::Home));
            other.join().expect("it ends");
        });
        assert_eq!(hit, marks(&[]));
    }
}

//! Named marks in handlers: which rows of a transition table a step goes through.
//!
//! A protocol lists its marks with [`marks!`](crate::marks), and its handlers say where they go:
//! `Row::VoteRepeated.hit()`. A mark tells no handler anything: it is neither read nor part of a
//! state or a message, so that a handler does the same with and without it. It reaches only a
//! collector of that moment, on the same thread; a running node collects nothing, and pays for a
//! look at a variable of its thread.

use std::cell::RefCell;
use std::collections::BTreeSet;

/// Names of marks that were hit.
pub type Marks = BTreeSet<&'static str>;

/// A row of a protocol's transition table, as its handlers name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its name.
    pub name: &'static str,
    /// What happens there.
    pub about: &'static str,
    /// Where that is asked for.
    pub source: &'static str,
    /// Why no complete configuration goes there, if none does.
    pub unreached: Option<&'static str>,
}

thread_local! {
    /// What is collected, if anything is.
    static COLLECTED: RefCell<Option<Marks>> = const { RefCell::new(None) };
}

/// Hits a mark.
pub fn hit(name: &'static str) {
    COLLECTED.with_borrow_mut(|collected| {
        if let Some(marks) = collected {
            marks.insert(name);
        }
    });
}

/// Does something, and gives the marks that it hits on this thread. A collector around it gets them,
/// too.
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

/// Declares the marks of a protocol: an enum with a method `hit`, and the table `ALL` of what each
/// variant [means](crate::coverage::Mark). The doc comment says what happens there, a string where
/// that is asked for; a second string says why no complete configuration goes there.
#[macro_export]
macro_rules! marks {
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

        impl $row {
            /// What each of them means.
            pub const ALL: &[$crate::coverage::Mark] = &[$($crate::coverage::Mark {
                name: stringify!($name),
                about: concat!($($about),+),
                source: $source,
                unreached: $crate::marks!(@why $($why)?),
            },)*];

            /// Says that a handler comes here.
            pub fn hit(self) {
                $crate::coverage::hit(Self::ALL[self as usize].name);
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

    marks! {
        /// Where an errand leads.
        pub enum Errand {
            /// To the baker,
            /// for bread.
            Baker: "the list";
            /// Back.
            Home: "habit", unreached: "the door is locked";
        }
    }

    fn marks(names: &[&'static str]) -> Marks {
        names.iter().copied().collect()
    }

    #[test]
    fn a_list_of_marks_says_what_they_mean() {
        let [baker, home] = Errand::ALL else {
            panic!("{:?}", Errand::ALL);
        };
        assert_eq!((baker.name, baker.source), ("Baker", "the list"));
        assert_eq!(baker.about.trim(), "To the baker, for bread.");
        assert_eq!(baker.unreached, None);
        assert_eq!(home.unreached, Some("the door is locked"));
    }

    #[test]
    fn what_is_hit_is_collected_once() {
        let (result, hit) = collect(|| {
            Errand::Home.hit();
            Errand::Home.hit();
            7
        });
        assert_eq!((result, hit), (7, marks(&["Home"])));
    }

    #[test]
    fn nothing_stays_when_nobody_collects() {
        Errand::Baker.hit();
        assert_eq!(collect(|| ()).1, marks(&[]));
        collect(|| Errand::Baker.hit());
        assert_eq!(collect(|| ()).1, marks(&[]));
    }

    #[test]
    fn whoever_collects_outside_gets_what_is_collected_inside() {
        let (inside, outside) = collect(|| {
            Errand::Baker.hit();
            collect(|| Errand::Home.hit()).1
        });
        assert_eq!(inside, marks(&["Home"]));
        assert_eq!(outside, marks(&["Baker", "Home"]));
    }

    #[test]
    fn a_panic_takes_its_own_marks_along_and_no_others() {
        let broken = || {
            collect(|| {
                Errand::Home.hit();
                panic!("the bag is torn");
            })
        };
        let (caught, outside) = collect(|| {
            Errand::Baker.hit();
            catch_unwind(AssertUnwindSafe(broken)).is_err()
        });
        assert_eq!((caught, outside), (true, marks(&["Baker"])));
        assert!(catch_unwind(AssertUnwindSafe(broken)).is_err());
        Errand::Home.hit();
        assert_eq!(collect(|| ()).1, marks(&[]));
    }

    #[test]
    fn other_threads_collect_for_themselves() {
        let (_, hit) = collect(|| {
            let other = std::thread::spawn(|| Errand::Home.hit());
            other.join().expect("it ends");
        });
        assert_eq!(hit, marks(&[]));
    }
}

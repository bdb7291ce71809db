//! Partitions: links that break and heal.

use stateright::actor::Id;
use std::fmt;
use std::str::FromStr;

/// Which links break, how often, and what becomes of the messages that cross them. By default none
/// does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// Every partition that there may be. Several may be there at the same time.
    pub partitions: Vec<Partition>,
    /// How often one begins, all told.
    pub cuts: u8,
    /// How often one ends, all told.
    pub heals: u8,
    /// The fate of messages that cross one.
    pub crossing: Crossing,
}

/// The fate of a message whose link is broken. A message of a session is kept in any case: a session has
/// no hole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Crossing {
    /// It is lost: what is in flight when the link breaks, and what is sent while it is broken.
    #[default]
    Lost,
    /// It waits until the link heals.
    Kept,
}

/// Links that break together.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition {
    from: Vec<Id>,
    to: Vec<Id>,
    both_ways: bool,
}

impl Links {
    /// So many cuts and heals of these partitions, in which what crosses is lost.
    pub fn new(partitions: impl IntoIterator<Item = Partition>, cuts: u8, heals: u8) -> Self {
        Links {
            partitions: partitions.into_iter().collect(),
            cuts,
            heals,
            crossing: Crossing::Lost,
        }
    }
}

impl Partition {
    /// Nothing passes between these and those, named by their positions among the actors.
    pub fn between(
        these: impl IntoIterator<Item = usize>,
        those: impl IntoIterator<Item = usize>,
    ) -> Self {
        Partition {
            both_ways: true,
            ..Partition::one_way(these, those)
        }
    }

    /// Nothing passes from these to those.
    pub fn one_way(
        from: impl IntoIterator<Item = usize>,
        to: impl IntoIterator<Item = usize>,
    ) -> Self {
        Partition {
            from: from.into_iter().map(Id::from).collect(),
            to: to.into_iter().map(Id::from).collect(),
            both_ways: false,
        }
    }

    /// Whether the link from one participant to another is broken.
    pub fn severs(&self, src: Id, dst: Id) -> bool {
        let crosses = |src, dst| self.from.contains(src) && self.to.contains(dst);
        crosses(&src, &dst) || self.both_ways && crosses(&dst, &src)
    }
}

/// Reads what [`Display`](fmt::Display) writes, with spaces or without.
impl FromStr for Partition {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let ids = |list: &str| -> Result<Vec<usize>, ()> {
            let ids = list.split(',').map(|id| id.trim().parse().map_err(|_| ()));
            ids.collect()
        };
        let sides = |arrow| text.split_once(arrow);
        match (sides("->"), sides("|")) {
            (Some((from, to)), _) => Ok(Partition::one_way(ids(from)?, ids(to)?)),
            (None, Some((these, those))) => Ok(Partition::between(ids(these)?, ids(those)?)),
            (None, None) => Err(()),
        }
    }
}

/// As scripts name it: `0 | 1,2`, or one way `0 -> 1,2`.
impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arrow = if self.both_ways { "|" } else { "->" };
        write!(f, "{} {arrow} {}", Ids(&self.from), Ids(&self.to))
    }
}

impl fmt::Debug for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Participants, as scripts name them: `0,1`.
pub(super) struct Ids<'a>(pub(super) &'a [Id]);

impl fmt::Display for Ids<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.0.iter().map(|id| usize::from(*id).to_string());
        f.write_str(&ids.collect::<Vec<_>>().join(","))
    }
}

//! The bounds of an environment, in words.

use super::{
    Clock, Crossing, Environment, Links, Partition, Period, Restart, Stable, Timeouts, Writes,
};
use crate::system::Participant;
use stateright::actor::Id;
use std::fmt;

/// The bounds, as a table shows them.
impl<A: Participant> fmt::Display for Environment<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = self.timeouts.iter().map(Timeouts::to_string).collect();
        let counts = [
            (self.requests.len(), "request", "requests"),
            (self.crashes.into(), "crash", "crashes"),
            (self.losses.into(), "loss", "losses"),
            (self.duplicates.into(), "duplicate", "duplicates"),
        ];
        let counts = counts.into_iter().filter(|(count, ..)| 0 < *count);
        parts.extend(counts.map(|(count, one, many)| counted(count, one, many)));
        let takers = self
            .takers
            .iter()
            .enumerate()
            .filter(|(_, it)| !it.is_empty());
        parts.extend(takers.map(|(number, takers)| {
            let takers: Vec<Id> = takers.iter().copied().map(Id::from).collect();
            format!("request {} of {}", number + 1, listed(&takers))
        }));
        parts.extend(self.links.bounds());
        let totals = self.totals.iter();
        parts.extend(totals.map(|total| format!("at most {} {}", total.times, total.name)));
        match self.restart {
            Restart::AtOnce => {}
            Restart::Later | Restart::LaterWithMemory => {
                parts.push("crash and restart apart".to_owned());
            }
            Restart::Never => parts.push("no restart".to_owned()),
        }
        if self.writes == Writes::Synced {
            parts.push("fsync apart".to_owned());
        }
        if self.free.timeouts {
            parts.push("any timeouts".to_owned());
        }
        if self.free.losses {
            parts.push("any losses".to_owned());
        }
        if 0 < self.free.crashes {
            parts.push(format!("at most {} down at a time", self.free.crashes));
        }
        if let Some(period) = &self.period {
            parts.push(period.to_string());
        }
        f.write_str(&parts.join("; "))
    }
}

impl Links {
    /// The bounds of the partitions, if there are any.
    fn bounds(&self) -> Option<String> {
        let partitions = self.partitions.iter().map(Partition::to_string);
        let crossing = match self.crossing {
            Crossing::Lost => "lost",
            Crossing::Kept => "kept",
        };
        (0 < self.cuts).then(|| {
            format!(
                "{} and {} of {}, what crosses is {crossing}",
                counted(self.cuts.into(), "cut", "cuts"),
                counted(self.heals.into(), "heal", "heals"),
                partitions.collect::<Vec<_>>().join(" or ")
            )
        })
    }
}

/// The good period, as a table shows it.
impl<A: Participant> fmt::Display for Period<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (losing, keeping): (Vec<&Stable<A::Timer>>, Vec<_>) =
            self.begins.iter().partition(|stable| stable.loses());
        let kept = keeping.iter().map(|stable| stable.good());
        let are_same = kept.eq(losing.iter().map(|stable| stable.good()));
        let shown = if are_same {
            keeping
        } else {
            self.begins.iter().collect()
        };
        let begins = shown.into_iter().map(Stable::to_string);
        let mut begins = begins.collect::<Vec<_>>().join(" or ");
        if are_same {
            begins += ", losing all in flight or not";
        }
        if self.any_age {
            begins += ", with timers of any age";
        }
        let clocks = self.clocks.iter().map(|Clock { timer, min, max }| {
            format!("{} ({min}, {max})", words(&format!("{timer:?}")))
        });
        let clocks = clocks.collect::<Vec<_>>().join(", ");
        let delay = self.delay.map_or("", |_| ", messages take up to a tick");
        let last = self.last.map(|last| format!(", {} arrive last", last.name));
        let last = last.unwrap_or_default();
        if self.clocks.is_empty() {
            return write!(f, "runs of {begins} without timeouts{delay}{last}");
        }
        write!(f, "good period of {begins}; ticks {clocks}{delay}{last}")
    }
}

/// The pool, as a table shows it.
impl<A: Participant> fmt::Display for Timeouts<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let timers = self.timers.iter().map(|timer| words(&format!("{timer:?}")));
        let timers = timers.collect::<Vec<_>>().join(" or ");
        let (one, many) = (format!("{timers} timeout"), format!("{timers} timeouts"));
        match self.times {
            Some(times) => write!(f, "at most {}", counted(times.into(), &one, &many))?,
            None => write!(f, "any {many}")?,
        }
        write!(f, " of {}", listed(&self.of))?;
        if self.when.is_some() {
            f.write_str(" in some states")?;
        }
        if self.while_cut {
            f.write_str(" during a partition")?;
        }
        Ok(())
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The words of a name in camel case, or of a text in quotes.
fn words(name: &str) -> String {
    let name = name.trim_matches('"');
    let spaced = name.char_indices().flat_map(|(at, letter)| {
        let space = (0 < at && letter.is_uppercase()).then_some(' ');
        space.into_iter().chain(letter.to_lowercase())
    });
    spaced.collect()
}

/// Participants: one, a range or a list.
fn listed(ids: &[Id]) -> String {
    let ids: Vec<usize> = ids.iter().copied().map(usize::from).collect();
    match &ids[..] {
        [one] => format!("actor {one}"),
        [first, .., last] if ids.iter().copied().eq(*first..=*last) => {
            format!("actors {first}-{last}")
        }
        _ => {
            let ids: Vec<String> = ids.iter().map(usize::to_string).collect();
            format!("actors {}", ids.join(", "))
        }
    }
}

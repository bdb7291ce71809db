//! The meaning of the symbols of a picture, in words, at its foot.

use super::svg::{Svg, faint_width};
use std::collections::BTreeSet;

const ROW: f64 = 21.0;
/// Of a symbol.
const SYMBOL: f64 = 30.0;
/// Between a symbol and its words.
const GAP: f64 = 9.0;
/// Between words and the next symbol.
const BETWEEN: f64 = 26.0;

/// The meaning of each symbol.
const MEANINGS: [(&str, &str); 17] = [
    ("message", "a message, from its sending to its arrival"),
    ("copied", "a message arrives, and a copy stays"),
    ("lost", "a message is lost"),
    ("in-flight", "still in flight at the end"),
    ("request", "a client's request"),
    ("clock", "a timer fires"),
    ("choice", "a choice"),
    ("writing", "a write is pending"),
    ("disk", "a write is durable"),
    ("cross", "a crash"),
    ("start", "a start"),
    ("down", "down"),
    ("cut", "a partition begins"),
    ("heal", "a partition ends"),
    ("good", "the good period: nothing goes wrong"),
    ("tick", "time passes"),
    ("renamed", "what is only compared, as terms, is renamed"),
];

/// A line of the legend: each symbol with its words, and where it stands.
struct Entry {
    symbol: &'static str,
    words: &'static str,
    x: f64,
    row: f64,
}

/// The legend of these symbols, in a picture of this width.
pub(super) struct Legend(Vec<Entry>);

impl Legend {
    pub(super) fn of(symbols: &BTreeSet<&'static str>, width: f64) -> Self {
        let (mut x, mut row) = (0.0, 0.0);
        let known = MEANINGS.iter().filter(|(it, _)| symbols.contains(it));
        let entry = |(symbol, words): &(&'static str, &'static str)| {
            let wide = SYMBOL + GAP + faint_width(words);
            if 0.0 < x && width < x + wide {
                (x, row) = (0.0, row + 1.0);
            }
            let at = x;
            x += wide + BETWEEN;
            Entry {
                symbol,
                words,
                x: at,
                row,
            }
        };
        Legend(known.map(entry).collect())
    }

    /// How high it is.
    pub(super) fn height(&self) -> f64 {
        self.0.last().map_or(0.0, |last| (last.row + 1.0) * ROW)
    }

    pub(super) fn draw(&self, svg: &mut Svg, (left, top): (f64, f64)) {
        for Entry {
            symbol,
            words,
            x,
            row,
        } in &self.0
        {
            let (x, y) = (left + x, top + (row + 0.5) * ROW);
            svg.symbol(symbol, (x, y), SYMBOL);
            svg.text("faint", "start", (x + SYMBOL + GAP, y + 4.0), words);
        }
    }
}

//! Lines, shapes and labels on a grid of columns and rows, as SVG.
//!
//! The classes and colours are those of the style sheet of Stateright's Explorer; where it is
//! absent, the diagram brings its own.

use std::fmt::Write;

/// A column and a row. Participants are the columns from 0.
pub(super) type Point = (f64, f64);

/// The column of clients.
pub(super) const OUTSIDE: f64 = -0.45;

const COLUMN: f64 = 210.0;
const ROW: f64 = 38.0;
const MARGIN: f64 = 24.0;
const HEAD: f64 = 52.0;
/// Between a place and its label.
const GAP: f64 = 13.0;
/// Of a letter of a label, roughly.
const LETTER: f64 = 6.7;
/// Letters of a label that are shown.
const LETTERS: usize = 44;

const STYLE: &str = "\
.sequence{background:var(--bg-drk,#fff);font:12px 'DejaVu Sans',Verdana,sans-serif}\
.sequence line,.sequence .svg-event-line{fill:none;stroke:var(--fg-med,#4a6075);stroke-width:1.5}\
.sequence .svg-actor-timeline{stroke:#7d97ad;stroke-width:2}\
.sequence .down{stroke:#8a8f96;stroke-width:1.5;stroke-dasharray:3 6;opacity:.7}\
.sequence .writing{stroke:#d9a441;stroke-width:7;opacity:.55;stroke-linecap:round}\
.sequence .copied{stroke-width:4;opacity:.65}\
.sequence .cut{stroke:#e2604f;stroke-width:3}\
.sequence .heal{stroke:#3f9c72;stroke-width:3}\
.sequence .good{stroke:#3f9c72;stroke-width:5;opacity:.6}\
.sequence .tick{stroke:#8a8f96;stroke-width:1;stroke-dasharray:2 4}\
.sequence .lost{stroke:#e2604f;stroke-dasharray:7 4}\
.sequence .in-flight{stroke-dasharray:3 3;opacity:.8}\
.sequence .request{stroke:#3f9c72}\
.sequence .svg-event-shape{fill:var(--bg-drk,#fff);stroke:var(--fg-lit,#22384c);stroke-width:1.6}\
.sequence .cross{fill:none;stroke:#e2604f;stroke-width:3.5;stroke-linecap:round}\
.sequence .start{stroke:#3f9c72;stroke-width:2.5}\
.sequence .disk{fill:#d9a441}\
.sequence .head{fill:var(--fg-med,#4a6075);stroke:none}\
.sequence text{stroke:var(--bg-drk,#fff);stroke-width:5;stroke-linejoin:round;paint-order:stroke}\
.sequence .svg-event-label{fill:var(--contrast-brt,#1d2b38)}\
.sequence .svg-actor-label{fill:var(--fg-lit,#1d2b38);font-weight:bold;font-size:14px;\
text-anchor:middle}\
.sequence .faint{fill:var(--fg-med,#5d7286);font-size:11px}";

/// Marks by name, drawn around (0, 0).
const SHAPES: [(&str, &str); 5] = [
    (
        "clock",
        "M-8,0a8,8 0 1 0 16,0a8,8 0 1 0 -16,0M0,-5V0L3.5,2.5",
    ),
    ("cross", "M-6,-6L6,6M6,-6L-6,6"),
    ("start", "M-5,0a5,5 0 1 0 10,0a5,5 0 1 0 -10,0"),
    (
        "disk",
        "M-7,-5v10a7,3 0 0 0 14,0v-10a7,3 0 0 0 -14,0a7,3 0 0 0 14,0",
    ),
    ("choice", "M0,-8L8,0L0,8L-8,0Z"),
];

/// What is to be drawn.
#[derive(Default)]
pub(super) struct Drawing {
    lines: Vec<(&'static str, Point, Point)>,
    shapes: Vec<(&'static str, Point)>,
    labels: Vec<Label>,
}

struct Label {
    at: Point,
    /// 1 if it stands to the right of its place, -1 if to the left.
    side: f64,
    class: &'static str,
    text: String,
}

impl Drawing {
    /// A line. Messages have an arrow's head at the end.
    pub(super) fn line(&mut self, class: &'static str, from: Point, to: Point) {
        self.lines.push((class, from, to));
    }

    /// A mark.
    pub(super) fn shape(&mut self, name: &'static str, at: Point) {
        self.shapes.push((name, at));
    }

    /// A text beside a place, to the right if `side` is 1, to the left if it is -1.
    pub(super) fn label(&mut self, at: Point, side: f64, class: &'static str, text: &str) {
        let text = text.to_owned();
        self.labels.push(Label {
            at,
            side,
            class,
            text,
        });
    }

    /// The whole drawing, below the names of the participants.
    pub(super) fn svg(&self, names: &[String], rows: usize) -> String {
        let (left, right) = self.margins(names);
        let width = left + right;
        let height = HEAD + rows as f64 * ROW + MARGIN;
        let on_page = |(column, row): Point| (left + column * COLUMN, HEAD + row * ROW);
        let mut svg = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' class='sequence' width='{width:.0}' \
             height='{height:.0}' viewBox='0 0 {width:.0} {height:.0}'><style>{STYLE}</style>\
             <defs><marker id='head' class='head' markerWidth='11' markerHeight='9' refX='11' \
             refY='4.5' orient='auto' markerUnits='userSpaceOnUse'>\
             <polygon points='0 0,11 4.5,0 9'/></marker></defs>\n"
        );
        for line in &self.lines {
            svg.push_str(&drawn_line(line.0, on_page(line.1), on_page(line.2)));
        }
        for (name, at) in &self.shapes {
            svg.push_str(&drawn_shape(name, on_page(*at)));
        }
        for (index, name) in names.iter().enumerate() {
            let (x, y) = on_page((index as f64, 0.0));
            let name = escaped(name.trim_end());
            let y = y - 16.0;
            _ = writeln!(
                svg,
                "<text x='{x:.0}' y='{y:.0}' class='svg-actor-label'>{name}</text>"
            );
        }
        for label in &self.labels {
            svg.push_str(&label.drawn(on_page(label.at)));
        }
        svg + "</svg>\n"
    }

    /// From the first column to the left edge, and to the right edge.
    fn margins(&self, names: &[String]) -> (f64, f64) {
        let last = names.len().saturating_sub(1) as f64 * COLUMN;
        let (mut left, mut right) = (COLUMN / 4.0, last + COLUMN / 4.0);
        let mut reach = |x: f64| {
            left = left.max(-x);
            right = right.max(x);
        };
        for label in &self.labels {
            let letters = label.shown().chars().count() as f64;
            reach(label.at.0 * COLUMN + label.side * (GAP + letters * LETTER));
        }
        for (_, from, to) in &self.lines {
            reach(from.0 * COLUMN);
            reach(to.0 * COLUMN);
        }
        (left + MARGIN, right + MARGIN)
    }
}

impl Label {
    fn shown(&self) -> String {
        let mut shown: String = self.text.chars().take(LETTERS).collect();
        if shown.len() < self.text.len() {
            shown.push('…');
        }
        shown
    }

    fn drawn(&self, (x, y): Point) -> String {
        let x = x + self.side * GAP;
        let anchor = if self.side < 0.0 { "end" } else { "start" };
        let (class, shown, whole) = (self.class, escaped(&self.shown()), escaped(&self.text));
        format!(
            "<text x='{x:.0}' y='{:.0}' text-anchor='{anchor}' class='svg-event-label {class}'>\
             {shown}<title>{whole}</title></text>\n",
            y - 3.0
        )
    }
}

fn drawn_line(class: &str, (x1, y1): Point, (x2, y2): Point) -> String {
    if let "up" | "down" | "writing" | "cut" | "heal" | "good" | "tick" = class {
        return format!(
            "<line x1='{x1:.0}' y1='{y1:.0}' x2='{x2:.0}' y2='{y2:.0}' \
             class='svg-actor-timeline {class}'/>\n"
        );
    }
    let head = if let "message" | "copied" | "request" = class {
        " marker-end='url(#head)'"
    } else {
        ""
    };
    // A message to oneself is drawn as a loop.
    let way = if x1 == x2 {
        format!(
            "M{x1:.0},{y1:.0}C{0:.0},{y1:.0} {0:.0},{y2:.0} {x2:.0},{y2:.0}",
            x1 + 45.0
        )
    } else {
        format!("M{x1:.0},{y1:.0}L{x2:.0},{y2:.0}")
    };
    format!("<path d='{way}' class='svg-event-line {class}'{head}/>\n")
}

fn drawn_shape(name: &str, (x, y): Point) -> String {
    let shape = SHAPES.iter().find(|(known, _)| *known == name);
    let (_, way) = shape.expect("a shape that is known");
    format!(
        "<path transform='translate({x:.0} {y:.0})' class='svg-event-shape {name}' d='{way}'/>\n"
    )
}

/// Text as XML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

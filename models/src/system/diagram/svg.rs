//! Lines, symbols and texts as SVG.
//!
//! The classes and colours are those of the style sheet of Stateright's Explorer; where it is
//! absent, a picture brings its own. A colour stands twice: not every program that shows pictures
//! knows variables.

use std::fmt::Write;

/// A place on the page, in pixels from its upper left corner.
pub(super) type Place = (f64, f64);

/// The width of a letter, roughly: of a label, of what is faint, of a mark, of a title.
const LETTER: f64 = 6.85;
const FAINT_LETTER: f64 = 6.2;
const BOLD_LETTER: f64 = 7.6;
const TITLE_LETTER: f64 = 10.8;
/// Letters of a text that are shown; of a heading or a mark.
const LETTERS: usize = 44;
const HEADING_LETTERS: usize = 100;

const STYLE: &str = "\
.sequence{background:#fff;background:var(--bg-drk,#fff);\
font:12px 'DejaVu Sans',Verdana,sans-serif}\
.sequence .page{fill:#fff;fill:var(--bg-drk,#fff)}\
.sequence line,.sequence .svg-event-line{fill:none;stroke:#4a6075;\
stroke:var(--fg-med,#4a6075);stroke-width:1.5}\
.sequence .svg-actor-timeline{stroke:#7d97ad;stroke-width:2}\
.sequence .down{stroke:#8a8f96;stroke-width:1.5;stroke-dasharray:3 6;opacity:.7}\
.sequence .writing{stroke:#d9a441;stroke-width:7;opacity:.55;stroke-linecap:round}\
.sequence .copied{stroke-width:4;opacity:.65}\
.sequence .cut{stroke:#e2604f;stroke-width:2.5}\
.sequence .heal{stroke:#3f9c72;stroke-width:2.5}\
.sequence .good{stroke:#3f9c72;stroke-width:2.5}\
.sequence .tick{stroke:#8a8f96;stroke-width:1.5;stroke-dasharray:2 5;stroke-linecap:round}\
.sequence .stripe{fill:#3f9c72;opacity:.2}\
.sequence .lost{stroke:#e2604f;stroke-dasharray:7 4}\
.sequence .in-flight{stroke-dasharray:3 3;opacity:.8}\
.sequence .request{stroke:#3f9c72}\
.sequence .loop{stroke:#e2604f;stroke-width:2.5}\
.sequence .svg-event-shape{fill:#fff;fill:var(--bg-drk,#fff);stroke:#22384c;\
stroke:var(--fg-lit,#22384c);stroke-width:1.6}\
.sequence .cross{fill:none;stroke:#e2604f;stroke-width:3.5;stroke-linecap:round}\
.sequence .start{stroke:#3f9c72;stroke-width:2.5}\
.sequence .disk{fill:#d9a441}\
.sequence .head{fill:#4a6075;fill:var(--fg-med,#4a6075);stroke:none}\
.sequence .head-request{fill:#3f9c72;stroke:none}\
.sequence .head-loop{fill:#e2604f;stroke:none}\
.sequence .violated,.sequence .repeated{fill:#e2604f;fill-opacity:.07;stroke:#e2604f;stroke-width:2}\
.sequence .repeated{fill-opacity:.05;stroke:none}\
.sequence .seen{fill:#3f9c72;fill-opacity:.07;stroke:#3f9c72;stroke-width:2}\
.sequence .box{fill:#fff;fill:var(--bg-drk,#fff);stroke-dasharray:none;stroke-width:1.5}\
.sequence .plain{stroke:#7d97ad}\
.sequence text{stroke:#fff;stroke:var(--bg-drk,#fff);stroke-width:5;stroke-linejoin:round;\
paint-order:stroke}\
.sequence .svg-event-label{fill:#1d2b38;fill:var(--contrast-brt,#1d2b38)}\
.sequence .svg-actor-label{fill:#1d2b38;fill:var(--fg-lit,#1d2b38);font-weight:bold;\
font-size:14px}\
.sequence .title{fill:#1d2b38;fill:var(--fg-lit,#1d2b38);font-weight:bold;font-size:17px}\
.sequence .badge{fill:#1d2b38;fill:var(--fg-lit,#1d2b38);font-size:11px}\
.sequence .place,.sequence .faint,.sequence .number{fill:#5d7286;fill:var(--fg-med,#5d7286);\
font-size:11px}\
.sequence .place{font-size:12px}\
.sequence text.mark{font-weight:bold;stroke:none}\
.sequence .red{fill:#d9503d}\
.sequence .green{fill:#3f9c72}";

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

/// The heads of arrows, by the class of the line.
const HEADS: [(&str, &str); 4] = [
    ("message", "head"),
    ("copied", "head"),
    ("request", "head-request"),
    ("loop", "head-loop"),
];

/// How wide a label is, as far as it is shown.
pub(super) fn label_width(text: &str) -> f64 {
    letters(text, LETTERS) * LETTER
}

/// How wide a faint text or a badge is, as far as it is shown.
pub(super) fn faint_width(text: &str) -> f64 {
    letters(text, LETTERS) * FAINT_LETTER
}

/// How wide a title is.
pub(super) fn title_width(text: &str) -> f64 {
    letters(text, HEADING_LETTERS) * TITLE_LETTER
}

/// How wide the line below a title is, or the words of a mark.
pub(super) fn line_width(text: &str) -> f64 {
    letters(text, HEADING_LETTERS) * BOLD_LETTER
}

fn letters(text: &str, most: usize) -> f64 {
    cut(text, most).chars().count() as f64
}

/// A text, or its beginning.
fn cut(text: &str, most: usize) -> String {
    let mut shown: String = text.chars().take(most).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// A picture, while it is drawn.
#[derive(Default)]
pub(super) struct Svg(String);

impl Svg {
    /// A line, with an arrow's head if it is one of a message.
    pub(super) fn line(&mut self, class: &str, (x1, y1): Place, (x2, y2): Place) {
        if let "up" | "down" | "writing" | "cut" | "heal" | "good" | "tick" = class {
            _ = writeln!(
                self.0,
                "<line x1='{x1:.0}' y1='{y1:.0}' x2='{x2:.0}' y2='{y2:.0}' \
                 class='svg-actor-timeline {class}'/>"
            );
            return;
        }
        // A message to oneself is drawn as a loop.
        let way = if x1 == x2 {
            let out = x1 + 45.0;
            format!("M{x1:.0},{y1:.0}C{out:.0},{y1:.0} {out:.0},{y2:.0} {x2:.0},{y2:.0}")
        } else {
            format!("M{x1:.0},{y1:.0}L{x2:.0},{y2:.0}")
        };
        self.way(class, &way);
    }

    /// A line along a way.
    pub(super) fn way(&mut self, class: &str, way: &str) {
        let head = HEADS.iter().find(|(of, _)| *of == class);
        let head = head.map_or(String::new(), |(_, head)| {
            format!(" marker-end='url(#{head})'")
        });
        _ = writeln!(
            self.0,
            "<path d='{way}' class='svg-event-line {class}'{head}/>"
        );
    }

    /// A mark.
    pub(super) fn shape(&mut self, name: &str, (x, y): Place) {
        let shape = SHAPES.iter().find(|(known, _)| *known == name);
        let (_, way) = shape.expect("a shape that is known");
        _ = writeln!(
            self.0,
            "<path transform='translate({x:.0} {y:.0})' class='svg-event-shape {name}' d='{way}'/>"
        );
    }

    /// A symbol in a legend, so wide.
    pub(super) fn symbol(&mut self, symbol: &str, (x, y): Place, width: f64) {
        let middle = x + width / 2.0;
        match symbol {
            "good" => {
                self.rect("stripe", (middle - 9.0, y - 9.0), (18.0, 18.0));
                self.line("up", (middle, y - 9.0), (middle, y + 9.0));
            }
            "lost" => {
                self.line(symbol, (x, y), (x + width - 6.0, y));
                self.shape("cross", (x + width - 6.0, y));
            }
            "renamed" => self.rect("box plain", (x, y - 7.0), (width, 14.0)),
            "writing" => self.line(symbol, (x + 4.0, y), (x + width - 4.0, y)),
            _ if SHAPES.iter().any(|(known, _)| *known == symbol) => {
                self.shape(symbol, (middle, y));
            }
            _ => self.line(symbol, (x, y), (x + width, y)),
        }
    }

    /// Draws a part that has a class of its own.
    pub(super) fn part(&mut self, class: &str, draw: impl FnOnce(&mut Svg)) {
        _ = writeln!(self.0, "<g class='{class}'>");
        draw(self);
        self.0.push_str("</g>\n");
    }

    /// A box, from its upper left corner, with round corners if it is a small one.
    pub(super) fn rect(&mut self, class: &str, (x, y): Place, (width, height): (f64, f64)) {
        let round = if class.starts_with("box") { 7 } else { 3 };
        _ = writeln!(
            self.0,
            "<rect x='{x:.0}' y='{y:.0}' width='{width:.0}' height='{height:.0}' rx='{round}' \
             class='{class}'/>"
        );
    }

    /// A text, which is cut if it is long.
    pub(super) fn text(&mut self, class: &str, anchor: &str, (x, y): Place, text: &str) {
        let is_line = ["title", "place", "mark"]
            .iter()
            .any(|it| class.starts_with(it));
        let shown = cut(text, if is_line { HEADING_LETTERS } else { LETTERS });
        let whole = match shown == text {
            true => String::new(),
            false => format!("<title>{}</title>", escaped(text)),
        };
        _ = writeln!(
            self.0,
            "<text x='{x:.0}' y='{y:.0}' text-anchor='{anchor}' class='{class}'>{}{whole}</text>",
            escaped(&shown)
        );
    }

    /// The whole, so wide and high.
    pub(super) fn whole(self, width: f64, height: f64) -> String {
        let heads = ["head", "head-request", "head-loop"];
        let heads = heads.map(|head| {
            format!(
                "<marker id='{head}' class='{head}' markerWidth='11' markerHeight='9' refX='11' \
                 refY='4.5' orient='auto' markerUnits='userSpaceOnUse'>\
                 <polygon points='0 0,11 4.5,0 9'/></marker>"
            )
        });
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' class='sequence' width='{width:.0}' \
             height='{height:.0}' viewBox='0 0 {width:.0} {height:.0}'><style>{STYLE}</style>\
             <defs>{}</defs>\n\
             <rect width='100%' height='100%' class='page'/>\n{}</svg>\n",
            heads.concat(),
            self.0
        )
    }
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

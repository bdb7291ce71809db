//! Things in a grid of columns and rows. A row is as high as what stands in it.

use super::caption::{Caption, End};
use super::legend::Legend;
use super::svg::{Place, Svg, faint_width, label_width, line_width, title_width};
use std::collections::{BTreeMap, BTreeSet};

/// The column of clients.
pub(super) const OUTSIDE: f64 = -0.45;

const COLUMN: f64 = 210.0;
/// The least height of a row.
const ROW: f64 = 38.0;
const MARGIN: f64 = 20.0;
/// Of the heading.
const HEADING: f64 = 54.0;
/// Of the names of the participants.
const NAMES: f64 = 44.0;
/// Of the numbers of the steps.
const NUMBERS: f64 = 34.0;
/// Of the bracket of a loop.
const BRACKET: f64 = 20.0;
/// Between a place and its label.
const GAP: f64 = 13.0;
/// The space that a label needs above its row.
const ABOVE: f64 = 19.0;
/// From a row to what stands below it.
const BELOW: f64 = 9.0;
/// Of a badge, and of a banner's text.
const BOX: f64 = 18.0;

/// A place in the grid. Participants are the columns from 0.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub(super) column: f64,
    pub(super) row: usize,
    /// Pixels below the row.
    down: f64,
}

impl Point {
    pub(super) fn new(column: f64, row: usize) -> Self {
        let down = 0.0;
        Point { column, row, down }
    }

    /// The place so many columns to the right.
    pub(super) fn beside(self, columns: f64) -> Self {
        let column = self.column + columns;
        Point { column, ..self }
    }

    /// The place so many pixels below.
    pub(super) fn below(self, pixels: f64) -> Self {
        let down = self.down + pixels;
        Point { down, ..self }
    }
}

/// The content of a drawing.
#[derive(Default)]
pub(super) struct Drawing {
    lines: Vec<(&'static str, Point, Point)>,
    stripes: Vec<(Point, Point)>,
    shapes: Vec<(&'static str, Point)>,
    labels: Vec<Label>,
    badges: Vec<(Point, String)>,
    banners: Vec<Banner>,
    band: Option<Band>,
    bracket: Option<(usize, usize)>,
    /// The symbols that the legend explains.
    symbols: BTreeSet<&'static str>,
    /// For each row, where there is room below it.
    free: BTreeMap<usize, f64>,
    /// The row behind the last one.
    beyond: usize,
}

struct Label {
    at: Point,
    /// 1 if it stands to the right of its place, -1 if to the left.
    side: f64,
    class: &'static str,
    text: String,
}

/// A line across everything, with its text.
struct Banner {
    class: &'static str,
    row: usize,
    text: String,
}

/// A row that is marked, with its text.
struct Band {
    class: &'static str,
    row: usize,
    text: String,
    /// The text is so many pixels below the row.
    below: f64,
}

/// Where the grid is on the page.
struct Page {
    /// The left edge of what is in the grid.
    left: f64,
    /// The column 0.
    first: f64,
    width: f64,
    /// Each row, and the one behind the last.
    rows: Vec<f64>,
}

impl Page {
    fn at(&self, point: Point) -> Place {
        let x = self.first + point.column * COLUMN;
        (x, self.rows[point.row] + point.down)
    }
}

impl Drawing {
    /// A line. Messages have an arrow's head at the end.
    pub(super) fn line(&mut self, class: &'static str, from: Point, to: Point) {
        self.lines.push((class, from, to));
    }

    /// A stripe behind a lifeline.
    pub(super) fn stripe(&mut self, from: Point, to: Point) {
        self.stripes.push((from, to));
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

    /// A participant's description of itself from a row on.
    pub(super) fn badge(&mut self, index: usize, row: usize, text: &str) {
        let below = match self.badges.last() {
            Some((last, _)) if last.row == row => last.down,
            _ => self.line_below(row, BOX + 3.0),
        };
        let at = Point::new(index as f64, row).below(below);
        self.badges.push((at, text.to_owned()));
    }

    /// A line across everything, with its text.
    pub(super) fn banner(&mut self, class: &'static str, row: usize, text: String) {
        self.banners.push(Banner { class, row, text });
    }

    /// Marks a row, with a text below everything that stands in it.
    pub(super) fn band(&mut self, class: &'static str, row: usize, text: &str) {
        let (below, text) = (self.line_below(row, 26.0), text.to_owned());
        self.band = Some(Band {
            class,
            row,
            text,
            below,
        });
    }

    /// A bracket beside the rows of a loop.
    pub(super) fn bracket(&mut self, first: usize, last: usize) {
        self.bracket = Some((first, last));
    }

    /// Puts a symbol into the legend.
    pub(super) fn explain(&mut self, symbol: &'static str) {
        self.symbols.insert(symbol);
    }

    /// Takes a line of this height below a row, and gives how many pixels below.
    pub(super) fn line_below(&mut self, row: usize, height: f64) -> f64 {
        let free = self.free.entry(row).or_insert(BELOW);
        let below = *free;
        *free += height;
        below
    }

    /// The row behind the last one.
    pub(super) fn ends(&mut self, beyond: usize) {
        self.beyond = beyond;
    }

    /// The whole drawing, below the names of the participants.
    pub(super) fn svg(&self, names: &[String], caption: &Caption) -> String {
        let page = self.page(names, caption);
        let mut svg = Svg::default();
        self.draw_backs(&mut svg, &page);
        for (class, from, to) in &self.lines {
            svg.line(class, page.at(*from), page.at(*to));
        }
        self.draw_banners(&mut svg, &page, names.len());
        for (name, at) in &self.shapes {
            svg.shape(name, page.at(*at));
        }
        for (at, text) in &self.badges {
            draw_box(&mut svg, "plain", "badge", page.at(*at), text);
        }
        self.draw_texts(&mut svg, &page);
        draw_heads(&mut svg, &page, names, caption);
        let legend = Legend::of(&self.symbols, page.width - 2.0 * MARGIN);
        let foot = page.rows[self.beyond] + MARGIN;
        svg.part("legend", |svg| legend.draw(svg, (MARGIN, foot)));
        svg.whole(page.width, foot + legend.height() + MARGIN)
    }

    fn page(&self, names: &[String], caption: &Caption) -> Page {
        let (reach_left, reach_right) = self.reach(names.len());
        let bracket = self.bracket.map_or(0.0, |_| BRACKET);
        let left = MARGIN + bracket;
        let first = left + NUMBERS + reach_left;
        let mark = self
            .band
            .as_ref()
            .map_or(0.0, |band| line_width(&band.text));
        let lines = [
            title_width(&caption.title),
            line_width(&caption.place),
            mark,
        ];
        let lines = lines.into_iter().fold(0.0, f64::max) + 2.0 * MARGIN;
        let has_heading = !caption.title.is_empty();
        let mut y = MARGIN + NAMES + if has_heading { HEADING } else { 0.0 };
        let mut rows = Vec::new();
        for row in 0..=self.beyond {
            if self.bracket.is_some_and(|(first, _)| first == row) {
                y += BOX + 6.0;
            }
            rows.push(y);
            let free = self.free.get(&row).copied().unwrap_or_default();
            y += ROW.max(free + ABOVE);
        }
        Page {
            left,
            first,
            width: (first + reach_right + MARGIN).max(lines),
            rows,
        }
    }

    /// The space to the left of the first column, and to the right of it.
    fn reach(&self, participants: usize) -> (f64, f64) {
        let last = participants.saturating_sub(1) as f64 * COLUMN;
        let (mut left, mut right) = (COLUMN / 4.0, last + COLUMN / 4.0);
        let mut reach = |x: f64| {
            left = left.max(-x);
            right = right.max(x);
        };
        for label in &self.labels {
            let width = match label.class {
                "faint" => faint_width(&label.text),
                _ => label_width(&label.text),
            };
            reach(label.at.column * COLUMN + label.side * (GAP + width));
        }
        for (_, from, to) in &self.lines {
            reach(from.column * COLUMN);
            reach(to.column * COLUMN);
        }
        if !self.banners.is_empty() {
            reach(OUTSIDE * COLUMN);
            reach(last - OUTSIDE * COLUMN);
        }
        (left, right)
    }

    /// The backgrounds.
    fn draw_backs(&self, svg: &mut Svg, page: &Page) {
        let right = page.width - MARGIN / 2.0;
        if let Some(Band { class, row, .. }) = &self.band {
            let (top, bottom) = (page.rows[*row] - ABOVE + 2.0, page.rows[row + 1] - ABOVE);
            let left = page.left - MARGIN / 2.0;
            svg.rect(class, (left, top), (right - left, bottom - top));
        }
        if let Some((first, last)) = self.bracket {
            let (top, bottom) = (page.rows[first] - ABOVE, page.rows[last + 1] - ABOVE);
            svg.rect(
                "repeated",
                (page.left, top),
                (right - page.left, bottom - top),
            );
        }
        for (from, to) in &self.stripes {
            let ((x, top), (_, bottom)) = (page.at(*from), page.at(*to));
            svg.rect("stripe", (x - 10.0, top), (20.0, bottom - top));
        }
    }

    fn draw_banners(&self, svg: &mut Svg, page: &Page, participants: usize) {
        let last = participants.saturating_sub(1) as f64;
        for Banner { class, row, text } in &self.banners {
            let (from, to) = (Point::new(OUTSIDE, *row), Point::new(last - OUTSIDE, *row));
            let ((x, y), to) = (page.at(from), page.at(to));
            svg.line(class, (x, y), to);
            let middle = x + box_width(text) / 2.0;
            draw_box(svg, class, "badge", (middle, y - BOX / 2.0), text);
        }
    }

    fn draw_texts(&self, svg: &mut Svg, page: &Page) {
        for Label {
            at,
            side,
            class,
            text,
        } in &self.labels
        {
            let (x, y) = page.at(*at);
            let anchor = if *side < 0.0 { "end" } else { "start" };
            let class = format!("svg-event-label {class}");
            svg.text(&class, anchor, (x + side * GAP, y - 3.0), text);
        }
        let right = page.left + NUMBERS - GAP;
        for row in 1..self.beyond {
            let y = page.rows[row] + 4.0;
            svg.text("number", "end", (right, y), &row.to_string());
        }
        if let Some(band) = &self.band {
            let colour = if band.class == "seen" { "green" } else { "red" };
            let y = page.rows[band.row] + band.below + 17.0;
            let class = format!("mark {colour}");
            svg.text(&class, "start", (page.left, y), &band.text);
        }
        if let Some((first, last)) = self.bracket {
            self.draw_bracket(svg, page, (first, last));
        }
    }

    fn draw_bracket(&self, svg: &mut Svg, page: &Page, (first, last): (usize, usize)) {
        let (top, bottom) = (page.rows[first] - ABOVE, page.rows[last + 1] - ABOVE);
        let (out, end) = (MARGIN - 6.0, page.left);
        let way = format!("M{end:.0},{bottom:.0}H{out:.0}V{top:.0}H{end:.0}");
        svg.way("loop", &way);
        let rows = first..=last;
        let ticks = self.banners.iter();
        let ticks = ticks.filter(|it| it.class == "tick" && rows.contains(&it.row));
        let (steps, ticks) = (last + 1 - first, ticks.count());
        let text = format!(
            "for ever: {}, {}",
            counted(steps, "step"),
            counted(ticks, "tick")
        );
        svg.text("mark red", "start", (out, top - 7.0), &text);
    }
}

fn counted(number: usize, unit: &str) -> String {
    match number {
        1 => format!("1 {unit}"),
        _ => format!("{number} {unit}s"),
    }
}

fn box_width(text: &str) -> f64 {
    faint_width(text) + 14.0
}

/// A text in a box, below a place.
fn draw_box(svg: &mut Svg, line: &str, class: &str, (x, y): Place, text: &str) {
    let width = box_width(text);
    svg.rect(&format!("box {line}"), (x - width / 2.0, y), (width, BOX));
    svg.text(class, "middle", (x, y + 13.0), text);
}

/// The heading, and the names of the participants.
fn draw_heads(svg: &mut Svg, page: &Page, names: &[String], caption: &Caption) {
    if !caption.title.is_empty() {
        let colour = match caption.end {
            End::Open | End::Seen(_) => "",
            _ => " red",
        };
        svg.text(
            &format!("title{colour}"),
            "start",
            (MARGIN, MARGIN + 16.0),
            &caption.title,
        );
        svg.text("place", "start", (MARGIN, MARGIN + 36.0), &caption.place);
    }
    for (index, name) in names.iter().enumerate() {
        let (x, y) = page.at(Point::new(index as f64, 0));
        let name = name.trim_end();
        let width = (label_width(name) * 1.25 + 24.0).min(COLUMN - 20.0);
        svg.rect("box plain", (x - width / 2.0, y - 26.0), (width, 26.0));
        svg.text("svg-actor-label", "middle", (x, y - 8.0), name);
    }
}

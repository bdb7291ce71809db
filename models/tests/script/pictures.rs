//! In the picture of every script, no text stands on another, and none leaves the page.

use quorate_models::catalog::{Builder, Visitor, scenario};
use quorate_models::script::{self, Script};
use quorate_models::system::{Caption, End, GhostState, Participant};
use stateright::{Model, Path};
use std::path::Path as FilePath;

/// Draws the path of a script, with a mark at its end and with a loop.
struct Drawn<'a>(&'a str);

impl Visitor for Drawn<'_> {
    type Output = Vec<String>;

    fn visit<A: Participant, G: GhostState>(self, build: Builder<'_, A, G>) -> Vec<String> {
        let system = build(None);
        let actions = script::actions(&system, self.0).expect("a path of the system");
        let start = system.init_states().remove(0);
        let path = Path::from_actions(&system, start, &actions).expect("a path");
        let mark = End::Violated("violated here".to_owned());
        let ends = [mark, End::Loop(actions.len() / 2)];
        let captions = ends.map(|end| Caption {
            title: "A Claim Is Violated".to_owned(),
            place: "in a picture".to_owned(),
            end,
        });
        let draw = |caption| system.picture(path.clone(), caption);
        captions.iter().map(draw).collect()
    }
}

/// Where a text stands: left, right, top, bottom.
struct Text {
    words: String,
    sides: [f64; 4],
}

impl Text {
    /// A text whose letters are as wide as the widest words of the pictures' font.
    fn of(node: roxmltree::Node<'_, '_>) -> Text {
        let number = |name| node.attribute(name).and_then(|it| it.parse::<f64>().ok());
        let (x, y) = (number("x").expect("a place"), number("y").expect("a place"));
        let words = node.text().unwrap_or_default().to_owned();
        let class = node.attribute("class").unwrap_or_default();
        let letter = match class.split(' ').next_back() {
            Some("title" | "red") if class.starts_with("title") => 10.4,
            Some("svg-actor-label") => 8.4,
            Some("faint" | "badge" | "number") => 6.1,
            Some("red") => 7.4,
            _ => 6.8,
        };
        let width = letter * words.chars().count() as f64;
        let left = match node.attribute("text-anchor") {
            Some("end") => x - width,
            Some("middle") => x - width / 2.0,
            _ => x,
        };
        // From the height of a capital to the depth of a comma.
        let sides = [left, left + width, y - 9.0, y + 2.0];
        Text { words, sides }
    }

    fn overlaps(&self, other: &Text) -> bool {
        let apart = |low: usize, high: usize| {
            self.sides[high] <= other.sides[low] || other.sides[high] <= self.sides[low]
        };
        !apart(0, 1) && !apart(2, 3)
    }
}

fn assert_readable(name: &str, picture: &str) {
    let document = roxmltree::Document::parse(picture).expect("well-formed XML");
    let size = |name| {
        let value = document.root_element().attribute(name);
        value.and_then(|it| it.parse::<f64>().ok()).expect("a size")
    };
    let (width, height) = (size("width"), size("height"));
    let nodes = document.descendants();
    let texts = nodes.filter(|node| node.tag_name().name() == "text");
    let texts: Vec<Text> = texts.map(Text::of).collect();
    for (number, text) in texts.iter().enumerate() {
        let [left, right, top, bottom] = text.sides;
        let is_inside = 0.0 <= left && right <= width && 0.0 <= top && bottom <= height;
        assert!(is_inside, "{name}: `{}` leaves the page", text.words);
        let overlapping = texts[..number].iter().find(|other| text.overlaps(other));
        let other = overlapping.map_or("", |other| &other.words);
        assert!(other.is_empty(), "{name}: `{}` on `{other}`", text.words);
    }
}

#[test]
fn no_text_stands_on_another() {
    let folder = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("scripts/raft");
    let mut pictures = 0;
    for entry in std::fs::read_dir(folder).expect("there are scripts") {
        let file = entry.expect("a file").path();
        if file.extension().is_none_or(|it| it != "txt") {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("a script");
        let script = Script::parse(&text).expect("a script");
        let drawn = scenario(&script.header, Drawn(&script.verbs));
        for picture in drawn.expect("a system") {
            assert_readable(&file.display().to_string(), &picture);
            pictures += 1;
        }
    }
    assert!(20 < pictures);
}

//! The words of a script: verbs, places, and abbreviations of what they choose.

use super::error::{Problem, ScriptError};
use crate::system::{Class, Place};
use std::fmt;

/// A line that says something.
pub(super) struct Said {
    pub(super) line: usize,
    pub(super) order: Order,
}

pub(super) enum Order {
    Do(Asked),
    All(Drive),
    Impossible(Asked),
    Show(String),
}

/// An action that a script asks for, or that a system offers.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) class: Class,
    pub(super) place: Place,
    /// Single spaces between them.
    pub(super) words: String,
}

/// The pending writes that a crash keeps when nothing is said.
const KEEP_NOTHING: &str = "keep 0";

/// Whether a line is neither blank nor a comment.
pub(super) fn is_said(line: &str) -> bool {
    let line = line.trim_start();
    !line.is_empty() && !line.starts_with('#')
}

/// Many actions that a script asks for in one line: everything that happens to messages between
/// some participants.
pub(super) struct Drive {
    class: Class,
    from: Vec<usize>,
    to: Vec<usize>,
    /// First words of the messages that are left alone.
    but: Vec<String>,
    /// First words of the messages that wait until there is no other.
    last: Vec<String>,
    /// So many actions at most; `None` if the line does not say.
    pub(super) most: Option<usize>,
}

/// The lines that say something.
pub(super) fn read(verbs: &str) -> Result<Vec<Said>, ScriptError> {
    let numbered = verbs.lines().zip(1..).filter(|(text, _)| is_said(text));
    numbered
        .map(|(text, line)| match order(text.trim()) {
            Ok(order) => Ok(Said { line, order }),
            Err(problem) => Err(ScriptError { line, problem }),
        })
        .collect()
}

fn order(text: &str) -> Result<Order, Problem> {
    match split(text) {
        ("show", title) => Ok(Order::Show(title.to_owned())),
        ("impossible", rest) => asked(rest).map(Order::Impossible),
        ("deliver", rest) if split(rest).0 == "all" => {
            drive(Class::Deliver, split(rest).1).map(Order::All)
        }
        ("lose", rest) if split(rest).0 == "all" => {
            drive(Class::Lose, split(rest).1).map(Order::All)
        }
        _ => asked(text).map(Order::Do),
    }
}

/// `within IDS` or `from IDS to IDS`, then perhaps `but WORDS`, `last WORDS` and `at most N`.
fn drive(class: Class, text: &str) -> Result<Drive, Problem> {
    let wrong = || Problem::NoDrive {
        verb: class.verb(),
        found: text.to_owned(),
    };
    let ids =
        |list: &str| -> Option<Vec<usize>> { list.split(',').map(|id| id.parse().ok()).collect() };
    let words: Vec<&str> = text.split_whitespace().collect();
    let (from, to, mut rest) = match &words[..] {
        ["within", among, rest @ ..] => (ids(among), ids(among), rest),
        ["from", from, "to", to, rest @ ..] => (ids(from), ids(to), rest),
        _ => return Err(wrong()),
    };
    let mut named = |word: &str| match rest {
        [first, words, further @ ..] if *first == word => {
            rest = further;
            words.split(',').map(str::to_owned).collect()
        }
        _ => Vec::new(),
    };
    let (but, last) = (named("but"), named("last"));
    let most = match rest {
        [] => None,
        ["at", "most", most] => Some(most.parse().map_err(|_| wrong())?),
        _ => return Err(wrong()),
    };
    let (from, to) = from.zip(to).ok_or_else(wrong)?;
    Ok(Drive {
        class,
        from,
        to,
        but,
        last,
        most,
    })
}

fn asked(text: &str) -> Result<Asked, Problem> {
    let (first, rest) = split(text);
    let class = Class::ALL.into_iter().find(|class| class.verb() == first);
    let class = class.ok_or_else(|| Problem::NoVerb {
        found: first.to_owned(),
        verbs: Class::ALL.map(Class::verb).join(", "),
    })?;
    let (found, words) = if class.is_of_everyone() {
        ("", rest)
    } else {
        split(rest)
    };
    let place = place(class, found).ok_or_else(|| Problem::NoPlace {
        verb: class.verb(),
        expected: expected(class),
        found: found.to_owned(),
    })?;
    let words = match class {
        Class::Crash | Class::Restart if words.is_empty() => KEEP_NOTHING.to_owned(),
        _ => normal(words),
    };
    Ok(Asked {
        class,
        place,
        words,
    })
}

/// The first word, and the rest.
fn split(text: &str) -> (&str, &str) {
    match text.split_once(char::is_whitespace) {
        Some((first, rest)) => (first, rest.trim()),
        None => (text, ""),
    }
}

/// The text with single spaces between its words.
pub(super) fn normal(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn expected(class: Class) -> &'static str {
    if class.is_of_message() {
        "sender and receiver, as in `0->1`"
    } else {
        "a participant, as in `0`"
    }
}

fn place(class: Class, text: &str) -> Option<Place> {
    if class.is_of_everyone() {
        Some(Place::Everywhere)
    } else if class.is_of_message() {
        let (src, dst) = text.split_once("->")?;
        Some(Place::Between(src.parse().ok()?, dst.parse().ok()?))
    } else {
        Some(Place::At(text.parse().ok()?))
    }
}

impl Drive {
    /// Whether an action is one of those that are asked for.
    pub(super) fn fits(&self, action: &Asked) -> bool {
        let is_between = match action.place {
            Place::Between(src, dst) => self.from.contains(&src) && self.to.contains(&dst),
            Place::At(_) | Place::Everywhere => false,
        };
        let is_left = self.but.iter().any(|word| word == first(&action.words));
        // A message that arrives to no effect arrives, too.
        let class = match action.class {
            Class::Discard => Class::Deliver,
            class => class,
        };
        self.class == class && is_between && !is_left
    }

    /// Whether an action waits until there is no other.
    pub(super) fn is_last(&self, action: &Asked) -> bool {
        self.last.iter().any(|word| word == first(&action.words))
    }
}

impl fmt::Display for Drive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |ids: &[usize]| {
            ids.iter()
                .map(usize::to_string)
                .collect::<Vec<_>>()
                .join(",")
        };
        let (from, to) = (list(&self.from), list(&self.to));
        write!(f, "{} all from {from} to {to}", self.class.verb())?;
        if !self.but.is_empty() {
            write!(f, " but {}", self.but.join(","))?;
        }
        if !self.last.is_empty() {
            write!(f, " last {}", self.last.join(","))?;
        }
        self.most
            .map_or(Ok(()), |most| write!(f, " at most {most}"))
    }
}

impl Asked {
    /// Whether this asks for the other, perhaps abbreviated.
    pub(super) fn fits(&self, other: &Asked) -> bool {
        self.class == other.class
            && self.place == other.place
            && abbreviates(&self.words, &other.words)
    }
}

/// The first of these words.
pub(super) fn first(words: &str) -> &str {
    words.split(is_separator).next().unwrap_or_default()
}

/// Whether the text begins with the first of these words and the others follow in this order.
pub(super) fn abbreviates(words: &str, text: &str) -> bool {
    let mut from = 0;
    for (number, word) in words.split(' ').filter(|word| !word.is_empty()).enumerate() {
        let mut found = text[from..].match_indices(word);
        let whole = found.find(|(at, _)| is_whole(text, from + at, word));
        match whole {
            Some((at, _)) if number == 0 && at != 0 => return false,
            Some((at, _)) => from += at + word.len(),
            None => return false,
        }
    }
    true
}

/// Whether the word that stands here in the text ends where the text's own word ends, at both
/// ends.
fn is_whole(text: &str, at: usize, word: &str) -> bool {
    let before = text[..at].chars().next_back();
    let after = text[at + word.len()..].chars().next();
    let parted = |outside: Option<char>, inside: Option<char>| {
        outside.is_none_or(is_separator) || inside.is_some_and(is_separator)
    };
    parted(before, word.chars().next()) && parted(after, word.chars().next_back())
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || "()[]{},;".contains(c)
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.class.verb())?;
        if self.place != Place::Everywhere {
            write!(f, " {}", self.place)?;
        }
        if self.words.is_empty() || self.words == KEEP_NOTHING {
            Ok(())
        } else {
            write!(f, " {}", self.words)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_abbreviate_a_text_in_order_and_whole() {
        let text = "AppendEntries t1 prev 0@t0 [1:a, 1:b] commit 10";
        for words in [
            "AppendEntries",
            "AppendEntries 1:a",
            "AppendEntries 1:b]",
            "AppendEntries t1 commit 10",
            "AppendEntries t1 prev 0@t0 [1:a, 1:b] commit 10",
            "",
        ] {
            assert!(abbreviates(words, text), "{words}");
        }
        for words in [
            "Append",
            "t1",
            "AppendEntries commit 1",
            "AppendEntries commit t1",
            "AppendEntries 1",
            "AppendEntries t0",
            "AppendEntries [1:a]",
            "AppendEntries []",
            "AppendEntries t1 t1",
        ] {
            assert!(!abbreviates(words, text), "{words}");
        }
    }

    #[test]
    fn brackets_part_words() {
        assert!(abbreviates("Word 3", "Word(3)"));
        assert!(!abbreviates("Word 3", "Word(33)"));
    }
}

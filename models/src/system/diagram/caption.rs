//! The text of a picture that is not in its path.

/// The text of a picture beside its actions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caption {
    /// The first line; empty if there is no heading.
    pub title: String,
    /// The second line: where this happens.
    pub place: String,
    /// The mark at the end.
    pub end: End,
}

/// A mark at the end of a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// Nothing.
    #[default]
    Open,
    /// The last step, in red, with these words.
    Violated(String),
    /// The last step, in green, with these words.
    Seen(String),
    /// The steps from this one on, counted from 0, are done again and again; if they are none, nothing
    /// more happens.
    Loop(usize),
}

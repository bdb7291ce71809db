//! What holds of the sources as text: their shape, and what they do not name.

mod absence;
mod circles;
mod documents;
mod sources;
mod style;

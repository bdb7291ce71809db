//! Rules for the sources as text: their shape, and names that they must not have.

mod absence;
mod circles;
mod documents;
mod sources;
mod style;

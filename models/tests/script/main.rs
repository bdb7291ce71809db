//! Scripts: what they may say, what becomes of those that nobody should write, and their pictures.

mod hostile;
#[path = "../common/hostile_script.rs"]
mod hostile_script;
mod impossible;
mod pictures;
mod syntax;

//! Clients on sockets: [`link`] drives one
//! [session](quorate_models::client::Session), [`crowd`] many.

pub mod crowd;
pub mod link;
pub mod port;

#[cfg(test)]
mod tests;

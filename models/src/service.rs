//! The replicated service: what each server does for clients, whatever it replicates.

pub mod pending;

//! Claims that no mutant violates in its own home.

/// A protocol, a claim, another configuration that makes the claim, and a mutant that violates it there.
pub const ELSEWHERE: &[(&str, &str, &str, &str)] = &[(
    "raft",
    "Converged within 10 Ticks",
    "live-delay",
    "commits-with-entries-alone",
)];

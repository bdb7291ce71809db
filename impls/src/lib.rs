//! Replicated nodes.

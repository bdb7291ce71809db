//! What protocols refine: the abstract machines alone, and the mappings to them.

mod machines;
mod mappings;

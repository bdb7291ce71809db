//! What protocols refine: the abstract machines alone, and the mappings to them.

mod hops;
mod literal;
mod machines;
mod mappings;
mod possible;
mod primary_order;
mod virtual_synchrony;

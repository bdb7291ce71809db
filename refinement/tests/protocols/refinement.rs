//! Refinement: the abstract machines alone, and the mappings of protocols to them.

mod forgotten;
mod hops;
mod literal;
mod machines;
mod mappings;
mod possible;
mod primary_order;
mod virtual_synchrony;

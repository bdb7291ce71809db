//! The machines that Raft refines. Each mapping is to be read beside its machine in [`spec`](crate::spec),
//! whose variables it names in the same order.

mod total_order;
mod voting;

pub use total_order::ToTotalOrder;
pub use voting::ToVoting;

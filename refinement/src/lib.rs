//! What the protocols promise, and the engines that judge them.

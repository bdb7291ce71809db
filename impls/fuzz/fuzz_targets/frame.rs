//! Datagrams that no honest participant sends.
#![no_main]

#[path = "../../tests/common/hostile_frame.rs"]
mod hostile_frame;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hostile_frame::check(bytes));

//! Scripts that nobody should write.
#![no_main]

#[path = "../../../models/tests/common/hostile_script.rs"]
mod hostile_script;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hostile_script::check(bytes));

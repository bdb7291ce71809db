//! Journals that no disk should give back.
#![no_main]

#[path = "../../tests/common/hostile_journal.rs"]
mod hostile_journal;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hostile_journal::check(bytes));

//! The sanitizer on any bytes: it never fails, and twice is once.

#![no_main]

use libfuzzer_sys::fuzz_target;
// The body is a test of the crate too, and finds it in the module above.
use pawtrail_event;

#[path = "../../crates/event/src/sanitize/tests/never_fails.rs"]
mod never_fails;

fuzz_target!(|bytes: &[u8]| never_fails::never_fails(bytes));

//! `cargo xtask fuzz actions`; the body is in testing/fuzz.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| filemap_fuzz_targets::actions(data));

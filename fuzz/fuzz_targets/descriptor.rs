//! `cargo xtask fuzz descriptor`; the body is in testing/fuzz.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| filemap_fuzz_targets::descriptor(data));

//! How fast guarded copies are beside `memcpy`: medians of interleaved rounds, 8 bytes to 64 MiB.
//!
//! `cargo run --release -p filemap-sys --example copy_speed`

// UNSAFETY: calls the raw copies that it measures.
#![expect(unsafe_code, reason = "measures raw copies")]

use filemap_sys::os::fault;
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: usize = 31;

fn main() -> std::io::Result<()> {
    fault::ensure_installed()?;
    println!(
        "{:>10}  {:>12}  {:>12}  {:>7}  {:>9}",
        "bytes", "memcpy ns", "guarded ns", "ratio", "GiB/s"
    );
    for shift in 3..=26 {
        for len in [1_usize << shift, (1 << shift) + (1 << (shift - 1)) + 1] {
            if len <= 64 << 20 {
                measure(len);
            }
        }
    }
    Ok(())
}

/// Copies `len` bytes back and forth; `ratio` above 1 means faster than `memcpy`.
fn measure(len: usize) {
    let src = vec![1_u8; len + 64];
    let mut dst = vec![2_u8; len + 64];
    let repeat = ((4 << 20) / len.max(64)).clamp(1, 20_000);
    let (mut plain, mut guarded) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        for _ in 0..repeat {
            // SAFETY: both vectors have `len` bytes and are different allocations.
            unsafe {
                libc::memcpy(
                    black_box(dst.as_mut_ptr()).cast(),
                    black_box(src.as_ptr()).cast(),
                    black_box(len),
                )
            };
        }
        plain.push(begin.elapsed().as_nanos() as f64 / repeat as f64);
        let begin = Instant::now();
        for _ in 0..repeat {
            // SAFETY: as above.
            let done = unsafe {
                fault::copy_in(
                    black_box(dst.as_mut_ptr()),
                    black_box(src.as_ptr()),
                    black_box(len),
                )
            };
            assert_eq!(black_box(done), Ok(()));
        }
        guarded.push(begin.elapsed().as_nanos() as f64 / repeat as f64);
    }
    let (plain, guarded) = (median(plain), median(guarded));
    let speed = len as f64 / guarded * 1e9 / (1_u64 << 30) as f64;
    println!(
        "{len:>10}  {plain:>12.1}  {guarded:>12.1}  {:>7.2}  {speed:>9.1}",
        plain / guarded
    );
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

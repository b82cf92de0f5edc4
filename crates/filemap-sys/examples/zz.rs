#![allow(missing_docs, unsafe_code, clippy::all)]
use filemap_core::sync::*;
use filemap_sys::linux::sync::*;
fn main() {
    let a = StatePage::unnamed(Kind::AutoEvent, 0).unwrap();
    let b = StatePage::unnamed(Kind::AutoEvent, 0).unwrap();
    let n: u32 = std::env::args().nth(1).unwrap().parse().unwrap();
    let t = std::time::Instant::now();
    if unsafe { libc::fork() } == 0 {
        for _ in 0..n {
            let _ = wait_one(&a, Limit::NONE, None);
            let _ = b.set();
        }
        return;
    }
    for _ in 0..n {
        let _ = a.set();
        let _ = wait_one(&b, Limit::NONE, None);
    }
    println!("{}", t.elapsed().as_nanos() / n as u128);
}

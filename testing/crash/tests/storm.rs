//! Many processes create, open, close, inherit and sweep the same few names, and are killed at random moments by SIGKILL.
//! Clauses O-17, O-40, O-42, O-52.
//!
//! `FILEMAP_STORM_KILLS` says how many of them die (120), `FILEMAP_STORM_SEED` repeats a storm as far as the kernel lets it.

use filemap::list;
use filemap::{FileMapping, Namespace};
use filemap_crash_tests::Tree;
use filemap_crash_tests::storm::{NAMES, Random, work};
use filemap_testing::{Child, Watchdog, patience};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{SystemTime, UNIX_EPOCH};

/// Processes at a time.
const WORKERS: usize = 6;
/// Lines that a worker may send before it is killed.
const MOST_LINES: usize = 12;

filemap_testing::roles! {
    /// Works on the names until it is killed.
    fn worker(peer: &mut Peer) {
        work(peer);
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable}={text}: not a number")),
    )
}

fn start(space: &Namespace, seed: u64) -> Child {
    let mut child = filemap_testing::role!(worker).start();
    child.send(space.root().to_str().expect("a path in UTF-8"));
    child.send(&seed.to_string());
    child
}

#[test]
fn a_storm_of_kills_breaks_no_promise_and_leaves_nothing_behind() {
    let kills = number("FILEMAP_STORM_KILLS").unwrap_or(120) as usize;
    let _watchdog = Watchdog::arm("storm", patience() * (kills / 500 + 1) as u32);
    let now = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("after 1970")
            .as_secs()
    };
    let seed = number("FILEMAP_STORM_SEED").unwrap_or_else(now) & 0xFFFF;
    println!("FILEMAP_STORM_SEED={seed}");
    let tree = Tree::new();
    let left = AtomicUsize::new(kills);
    let lines = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for slot in 0..WORKERS as u64 {
            let (tree, left, lines) = (&tree, &left, &lines);
            scope.spawn(move || {
                let mut random = Random::new(seed ^ slot << 16);
                let mut generation = 0;
                while left.fetch_update(SeqCst, SeqCst, |n| n.checked_sub(1)).is_ok() {
                    generation += 1;
                    // Upper half of the tokens: different for every process of the storm.
                    let mut child = start(tree.space(), (seed << 16 | slot << 12 | generation) & 0xFFFF_FFFF);
                    for _ in 0..random.below(MOST_LINES) {
                        let alive = child.receive();
                        assert_eq!(
                            alive.as_deref(),
                            Some("alive"),
                            "a worker saw a broken promise, see above"
                        );
                        lines.fetch_add(1, SeqCst);
                    }
                    child.kill(); // in the middle of something
                }
            });
        }
    });
    assert!(lines.load(SeqCst) > kills, "they have done something");
    // Everybody is gone: nothing can be opened, everything can be made, nothing is left.
    let listing = list::list(tree.space()).expect("a listing");
    assert!(listing.objects.is_empty(), "{:?}", listing.objects);
    assert!(listing.oddities.is_empty(), "{:?}", listing.oddities);
    let options = || FileMapping::options().namespace(tree.space()).size(4096);
    assert_eq!(options().open(NAMES[0]).expect_err("dead").code().0, 2);
    let made = options().create(NAMES[1]).expect("the rest stops nobody");
    assert!(!made.already_existed());
    assert!(
        made.map()
            .and_then(|v| v.to_vec(0, 4096))
            .expect("read")
            .iter()
            .all(|b| *b == 0)
    );
    drop(made);
    let swept = list::sweep(tree.space()).expect("swept");
    assert_eq!((swept.live, swept.kept), (0, 0));
    assert_eq!(tree.files(), [""; 0]);
}

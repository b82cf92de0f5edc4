//! A skip is counted: it reaches the file that `cargo xtask test` reads.

use filemap_testing::{role, roles, skip, watchdog};

roles! {
    /// Skips itself, once told to.
    fn skips(peer: &mut Peer) {
        peer.expect("go");
        skip!("needs {}:\nnothing helps", "the moon");
    }
}

#[test]
fn every_skip_is_one_line_in_the_file_that_collects_them() {
    let _watchdog = watchdog!();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("skipped.txt");
    let start = || {
        role!(skips)
            .env("FILEMAP_SKIPPED_FILE", &file)
            .keep_stderr()
            .start()
    };
    // All at once: lines must not mix.
    let mut children: Vec<_> = (0..8).map(|_| start()).collect();
    children.iter_mut().for_each(|child| child.send("go"));
    let line = "SKIPPED: skips::body: needs the moon: nothing helps\n";
    for child in children {
        let (status, stderr) = child.ended();
        assert!(status.success(), "{stderr}");
        assert!(stderr.contains(line), "{stderr}");
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), line.repeat(8));
}

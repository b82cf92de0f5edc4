//! The process that is stopped, killed or refused at a system call, and those who work beside it: see
//! `filemap_crash_tests::victim`. Tests start it.

use filemap_crash_tests::{numbers, soak, vfork, victim};
use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // The parent of the master of a process name space has number 1, as orphans' parents have; it ends with the space.
    if arguments.first().is_none_or(|part| part != "numbers") {
        soak::end_with_the_parent().expect("somebody started this");
    }
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["act", root, operation] => victim::act(Path::new(root), operation),
        ["beside", root, control, number] => victim::work_beside(
            Path::new(root),
            Path::new(control),
            number.parse().expect("a number"),
        ),
        ["numbers", root] => numbers::in_step(Path::new(root)),
        ["number", root, part] => numbers::play(Path::new(root), part),
        ["vfork", root] => vfork::parent(Path::new(root)),
        _ => panic!("tests start this program"),
    }
}

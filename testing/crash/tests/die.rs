//! A process dies by SIGKILL at every step; then a stranger comes. Clauses O-17, O-40, O-42, O-52.

use filemap_crash_tests::{Assistant, Operation, Stranger, Tree, assist};
use filemap_testing::watchdog;

filemap_testing::roles! {
    /// Does one operation, and dies in the middle if told to.
    fn assistant(peer: &mut Peer) {
        assist(peer);
    }
}

/// The operations whose names begin so.
fn operations(prefix: &str) -> Vec<&'static Operation> {
    let found: Vec<_> = Operation::ALL
        .iter()
        .filter(|op| op.name.starts_with(prefix))
        .collect();
    assert!(!found.is_empty(), "{prefix}");
    found
}

fn ready(operation: &Operation, tree: &Tree) -> Assistant {
    Assistant::ready(filemap_testing::role!(assistant), operation, tree)
}

#[track_caller]
fn die_at_every_point(prefix: &str) {
    for operation in operations(prefix) {
        for (number, point) in operation.points.iter().enumerate() {
            for stranger in Stranger::ALL {
                let tree = Tree::new();
                let bystander = ready(operation, &tree).dies_at(number);
                let when = format!(
                    "{}: died {point} (number {number}), then one {stranger:?}",
                    operation.name
                );
                stranger.checks(&tree, bystander, &when);
            }
        }
    }
}

#[test]
fn every_operation_passes_exactly_the_points_that_are_known() {
    let _watchdog = watchdog!();
    for operation in Operation::ALL {
        let tree = Tree::new();
        let passed = ready(operation, &tree).records();
        assert_eq!(passed, operation.points, "{}", operation.name);
    }
}

// O-17, O-40, O-42, O-52
#[test]
fn a_creator_that_dies_at_any_step_leaves_nothing_that_stops_or_misleads_anybody() {
    let _watchdog = watchdog!();
    die_at_every_point("create");
}

// O-17, O-40, O-52
#[test]
fn an_opener_that_dies_at_any_step_leaves_live_objects_alive_and_dead_ones_dead() {
    let _watchdog = watchdog!();
    die_at_every_point("open");
}

// O-17, O-40, O-41, O-52
#[test]
fn a_closer_that_dies_at_any_step_takes_its_handle_along_and_nobody_elses() {
    let _watchdog = watchdog!();
    die_at_every_point("close");
}

// O-17, O-52
#[test]
fn a_sweeper_that_dies_at_any_step_has_removed_nothing_live() {
    let _watchdog = watchdog!();
    die_at_every_point("sweep");
}

// O-17, O-42, A-7: it gets a footer, and is an object at every moment
#[test]
fn whoever_dies_while_he_changes_who_may_open_an_object_leaves_one_that_opens() {
    let _watchdog = watchdog!();
    die_at_every_point("secure");
}

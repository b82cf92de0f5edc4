//! The rows that need no second process, in criterion: for profiles and for comparing one change with the last run. The
//! table of `filemap-bench run` is what counts: there both sides take turns.

use criterion::{Criterion, criterion_group, criterion_main};
use filemap_bench::definition;
use filemap_bench::subject::{Scene, filemap_side, rival_side};

fn objects(criterion: &mut Criterion) {
    for row in definition::all().expect("the definitions are in the program") {
        // The others need a second process of the `filemap-bench` program.
        if !matches!(&*row.operation, "create" | "close-last") {
            continue;
        }
        let scene = Scene::new(&row).expect("a tree in /dev/shm");
        let mut group = criterion.benchmark_group(&row.id);
        group.bench_function("filemap", |b| {
            let mut side = filemap_side(&row, &scene).expect("the operation exists");
            b.iter_custom(|times| side.time(times as u32).expect("the operation succeeds"));
        });
        group.bench_function("rival", |b| {
            let mut side = rival_side(&row, &scene).expect("the operation exists");
            b.iter_custom(|times| side.time(times as u32).expect("the operation succeeds"));
        });
        group.finish();
    }
}

criterion_group!(benches, objects);
criterion_main!(benches);

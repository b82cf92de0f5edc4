//! The lab itself: as a program, for it starts itself again.

use filemap_lab::{default_profiles, maartensmap, rows, rows_against};

/// Tests of a harness can't call [`filemap_lab::play_if_asked`] first, so this file has a `main` of its own.
fn main() {
    filemap_lab::play_if_asked();
    let tests: [(&str, fn()); 4] = [
        (
            "every_rule_of_every_platform_is_as_the_table_says",
            every_rule_of_every_platform_is_as_the_table_says,
        ),
        ("the_other_versions_are_too", the_other_versions_are_too),
        (
            "a_platform_that_behaves_like_another_is_found_out",
            a_platform_that_behaves_like_another_is_found_out,
        ),
        (
            "the_story_of_error_2_and_5_holds_in_every_column",
            the_story_of_error_2_and_5_holds_in_every_column,
        ),
    ];
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    for (name, test) in tests {
        if wanted.is_empty() || wanted.iter().any(|part| name.contains(part)) {
            test();
            println!("test {name} ... ok");
        }
    }
}

// P-10..P-66
fn every_rule_of_every_platform_is_as_the_table_says() {
    let rows = rows(&default_profiles()).unwrap();
    let wrong: Vec<_> = rows.iter().filter(|row| !row.ok).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(rows.len() > 400, "{}", rows.len());
}

// P-18, P-30, P-34, P-35, P-42, P-43, P-61
fn the_other_versions_are_too() {
    let defaults = default_profiles();
    let others: Vec<_> = filemap::Profile::ALL
        .iter()
        .filter(|profile| defaults.iter().all(|known| known.name != profile.name))
        .copied()
        .collect();
    let rows = rows(&others).unwrap();
    let wrong: Vec<_> = rows.iter().filter(|row| !row.ok).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

// A lab that can't fail proves nothing.
fn a_platform_that_behaves_like_another_is_found_out() {
    use filemap::Platform;
    let profile = |platform: Platform| platform.profile();
    for (told, actual, clauses) in [
        (
            Platform::Win95,
            Platform::Nt,
            &["P-13", "P-20", "P-22", "P-25", "P-27", "P-39", "P-63"][..],
        ),
        (Platform::Nt4, Platform::Xp, &["P-18", "P-30", "P-33"]),
        (Platform::Xp, Platform::Vista, &["P-34"]),
        (
            Platform::Ce,
            Platform::Nt,
            &["P-10", "P-29", "P-31", "P-32", "P-37", "P-40", "P-45", "P-60"],
        ),
        (Platform::Nt351, Platform::Nt4, &["P-21"]),
        (Platform::Win32s, Platform::Win95, &["P-12"]),
    ] {
        let rows = rows_against(&[(profile(told), profile(actual))]).unwrap();
        for clause in clauses {
            assert!(
                rows.iter().any(|row| row.clause == *clause && !row.ok),
                "{clause}: {actual} passes for {told}"
            );
        }
    }
}

// N-60..N-64, N-67
fn the_story_of_error_2_and_5_holds_in_every_column() {
    let steps = maartensmap().unwrap();
    let wrong: Vec<_> = steps.iter().filter(|step| !step.ok).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(steps.iter().all(|step| !step.because.is_empty()));
}

//! The lab itself: as a program, for it starts itself again.

use filemap_lab::{
    NOT_MEASURED, Row, USUAL_WIDTH, default_profiles, maartensmap, rows, rows_against, steps_to_table,
    summary, to_table,
};
use libtest_mimic::{Arguments, Trial};

/// Tests of the usual harness can't call [`filemap_lab::play_if_asked`] first, so this file has a `main` of its own.
fn main() {
    filemap_lab::play_if_asked();
    macro_rules! trials {
        ($($name:ident),* $(,)?) => {
            vec![$(Trial::test(stringify!($name), || {
                $name();
                Ok(())
            })),*]
        };
    }
    let trials = trials![
        every_rule_of_every_platform_is_as_the_table_says,
        the_other_versions_are_too,
        a_platform_that_behaves_like_another_is_found_out,
        one_changed_cell_of_a_table_is_found_out_and_told_loudly,
        the_story_of_error_2_and_5_holds_in_every_column,
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

// P-10..P-66
fn every_rule_of_every_platform_is_as_the_table_says() {
    let rows = rows(&default_profiles()).unwrap();
    let wrong: Vec<_> = rows.iter().filter(|row| !row.ok).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(rows.len() > 400, "{}", rows.len());
    every_clause_is_measured_or_not_and_told(&rows);
    every_row_could_fail(&rows);
    fits(&(to_table(&rows, USUAL_WIDTH) + &summary(&rows)));
}

/// P-10 to P-50 and P-60 to P-66 have a row or a reason.
fn every_clause_is_measured_or_not_and_told(rows: &[Row]) {
    for number in (10..=50).chain(60..=66) {
        let clause = format!("P-{number}");
        let measured = rows.iter().any(|row| row.clause == clause);
        let told = NOT_MEASURED.iter().any(|(name, _)| *name == clause);
        assert!(measured != told, "{clause}");
    }
}

/// What one platform does is not what the table says of some other: no row agrees with everything.
fn every_row_could_fail(rows: &[Row]) {
    /// Rules that are the same on all platforms.
    const COMMON: [&str; 2] = ["P-48", "P-49"];
    for check in rows.chunk_by(|a, b| (a.clause, a.behaviour) == (b.clause, b.behaviour)) {
        let differs = check.iter().any(|row| row.measured != check[0].expected);
        let same = COMMON.contains(&check[0].clause);
        assert!(differs != same, "{} {}", check[0].clause, check[0].behaviour);
    }
}

fn fits(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= USUAL_WIDTH.into(), "{line}");
    }
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

// The platform is as ever, and one cell of its table says something else.
fn one_changed_cell_of_a_table_is_found_out_and_told_loudly() {
    use filemap::core::profile::Code;
    use filemap::{Platform, Profile, Win32Code};
    let nt = Platform::Nt.profile();
    let mut changed: Profile = *nt;
    changed.base_occupied.is = Code(Some(Win32Code::NOT_ENOUGH_MEMORY));
    let rows = rows_against(&[(Box::leak(Box::new(changed)), nt)]).unwrap();
    let wrong: Vec<_> = rows.iter().filter(|row| !row.ok).collect();
    assert!(
        matches!(wrong[..], [row] if (row.clause, row.expected.as_str(), row.measured.as_str())
            == ("P-21", "error 8", "error 487")),
        "{wrong:#?}"
    );
    let table = to_table(&rows, USUAL_WIDTH);
    let marked: Vec<_> = table
        .lines()
        .filter(|line| line.trim_start().starts_with("NOT"))
        .collect();
    assert!(
        matches!(marked[..], [line] if line.contains("error 8") && line.contains("error 487")),
        "{marked:?}"
    );
    let summary = summary(&rows);
    assert!(summary.starts_with("NOT as expected: P-21 on nt,"), "{summary}");
    let count = format!("{} of {} rows are as expected\n", rows.len() - 1, rows.len());
    assert!(summary.ends_with(&count), "{summary}");
}

// N-60..N-67, N-30, N-31, N-33, N-92
fn the_story_of_error_2_and_5_holds_in_every_column() {
    let steps = maartensmap().unwrap();
    let wrong: Vec<_> = steps.iter().filter(|step| !step.ok).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(steps.iter().all(|step| !step.because.is_empty()));
    let text = steps_to_table(&steps, USUAL_WIDTH);
    fits(&text);
    // What is wrong is told, in the path as in the result.
    let mut steps = steps;
    steps[1].path = r"\Elsewhere".to_owned();
    steps[2].measured = "error 5".to_owned();
    steps[1].ok = false;
    steps[2].ok = false;
    let text = steps_to_table(&steps, USUAL_WIDTH);
    assert_eq!(text.matches("NOT").count(), 2, "{text}");
    assert_eq!(text.matches("expected  ").count(), 2, "{text}");
    let count = format!("{} of {} steps are as expected\n", steps.len() - 2, steps.len());
    assert!(text.ends_with(&count), "{text}");
}

//! That nothing of the specification is missing, and that people find a platform by its name.

use super::*;

#[test]
fn every_clause_about_platforms_has_a_row_and_every_row_has_nine_cells() {
    let rows = rows();
    for number in (10..=50).chain(60..=66) {
        let clause = format!("P-{number}");
        assert!(
            rows.iter().any(|row| row.clauses.contains(&clause.as_str())),
            "{clause}"
        );
    }
    for row in &rows {
        assert_eq!(row.cells.len(), Platform::ALL.len(), "{}", row.field);
        assert!(
            !row.clauses.is_empty() && !row.behaviour.is_empty(),
            "{}",
            row.field
        );
        for cell in &row.cells {
            assert!(
                !cell.value.is_empty() && !cell.from.text().is_empty(),
                "{}/{}",
                row.field,
                cell.profile
            );
        }
    }
    assert_eq!(rows_of(Profile::ALL)[0].cells.len(), Profile::ALL.len());
}

#[test]
fn every_fact_about_platforms_in_the_seeds_has_a_cell_that_names_the_seed() {
    // The platform facts of the list of seed coverage: seed, clause, platforms that it speaks of.
    let all_nt = ["nt351", "nt4", "win2000", "xp", "vista", "nt"].as_slice();
    let facts: &[(&str, &str, &[&str])] = &[
        ("S0", "P-33", &["xp", "vista"]),
        ("S0", "P-34", &["xp", "vista"]),
        ("S0", "N-30", &["xp"]),
        ("S0", "N-31", &["vista"]),
        ("S0", "N-33", &["xp"]),
        ("S0", "P-60", &["xp", "vista"]),
        ("S0", "P-30", &["xp", "vista"]),
        ("S1", "P-35", &["vista"]),
        ("S2", "P-10", &["win32s", "win95", "nt4"]),
        ("S2", "P-11", &["win32s", "win95", "nt4"]),
        ("S2", "P-12", &["win32s"]),
        ("S2", "P-13", &["win95", "nt4"]),
        ("S2", "P-14", &["win32s", "win95", "nt4"]),
        ("S2", "P-15", &["win95"]),
        ("S2", "P-16", &["win95"]),
        ("S2", "P-17", &["win95"]),
        ("S2", "P-20", &["win95", "nt351", "nt4"]),
        ("S2", "P-21", &["win32s", "win95", "nt351", "nt"]),
        ("S2", "P-22", &["win95", "nt4"]),
        ("S2", "P-23", &["win95", "nt4"]),
        ("S2", "V-34", &["win95"]),
        ("S2", "P-24", &["win95", "nt4"]),
        ("S2", "P-25", &["win95", "nt4"]),
        ("S2", "P-31", &["win32s", "win95", "nt351"]),
        ("S2", "P-32", all_nt),
        ("S2", "P-39", &["win95", "nt"]),
        ("S2", "P-66", &["win95", "nt4"]),
        ("S3", "P-40", &["ce"]),
        ("S3", "P-41", &["ce"]),
        ("S3", "P-42", &["ce"]),
        ("S3", "P-43", &["ce"]),
        ("S3", "P-44", &["ce"]),
        ("S3", "P-45", &["ce"]),
        ("S3", "P-46", &["ce"]),
        ("S3", "P-47", &["ce"]),
        ("S3", "P-48", &["ce"]),
        ("S3", "P-49", &["ce"]),
        ("S4", "P-31", &["nt", "win2000"]),
        ("S4", "P-50", &["win2000", "nt"]),
        ("S4", "P-30", &["nt"]),
    ];
    let rows = rows();
    for (seed, clause, platforms) in facts {
        for platform in *platforms {
            let cells = rows.iter().filter(|row| row.clauses.contains(clause));
            let mut cells = cells
                .flat_map(|row| &row.cells)
                .filter(|cell| cell.profile == *platform);
            assert!(
                cells.any(|cell| cell.from.text().contains(seed)),
                "{seed}: {clause}/{platform}"
            );
        }
    }
}

#[test]
fn a_cell_that_claims_a_seed_begins_with_its_tag() {
    for row in rows_of(Profile::ALL) {
        for cell in row
            .cells
            .iter()
            .filter(|cell| matches!(cell.from, Evidence::Seed(_)))
        {
            let tag = cell.from.text().as_bytes();
            assert!(
                tag[0] == b'S' && (b'0'..=b'4').contains(&tag[1]),
                "{}/{}: {}",
                row.field,
                cell.profile,
                cell.from
            );
        }
    }
}

#[test]
fn every_profile_is_found_by_its_name_and_no_two_are_the_same() {
    for profile in Profile::ALL {
        assert_eq!(named(profile.name).unwrap().name, profile.name);
        assert_eq!(profile.name.parse::<Platform>().unwrap(), profile.platform);
    }
    for (i, a) in Profile::ALL.iter().enumerate() {
        for b in &Profile::ALL[i + 1..] {
            assert_ne!(a.name, b.name);
            let bare = |p: &Profile| Profile {
                name: "",
                title: "",
                releases: a.releases,
                ..*p
            };
            let differ = bare(a).told().iter().zip(bare(b).told()).any(|(a, b)| a.0 != b.0);
            assert!(differ, "{} and {} have the same rules", a.name, b.name);
        }
    }
    for platform in Platform::ALL {
        assert_eq!(platform.profile().platform, platform);
        assert_eq!(platform.to_string(), platform.name());
    }
}

#[test]
fn people_may_write_a_platform_as_they_like() {
    let table = [
        ("win98", "win95"),
        ("WinME", "win95"),
        ("Windows 95", "win95"),
        ("2000", "win2000"),
        ("windows2000", "win2000"),
        ("win2000-sp3", "win2000-sp3"),
        ("w2k_sp1", "win2000-sp3"),
        ("win7", "win7"),
        ("win7-sp1", "win7"),
        ("Windows 8.1", "win8"),
        ("win10", "nt"),
        ("win11", "nt"),
        ("NT", "nt"),
        ("Windows NT 4.0 SP6", "nt4"),
        ("xp-sp1", "xp-sp1"),
        ("XPSP3", "xp"),
        ("Windows Server 2003 R2", "server2003"),
        ("2008", "vista"),
        ("Server 2008 R2", "win7"),
        ("vista-rtm", "vista-rtm"),
        ("wince", "ce"),
        ("Windows CE 3.0", "ce"),
        ("wince-6.0", "ce-6"),
        ("Windows Mobile", "ce"),
        ("win32s 1.3", "win32s"),
    ];
    for (text, name) in table {
        assert_eq!(named(text).map(|profile| profile.name), Ok(name), "{text}");
    }
    for text in [
        "",
        "windows",
        "xp-",
        "xp-sp9",
        "sp1",
        "nt5",
        "win",
        "linux",
        "xp sp1 sp2",
    ] {
        let found = named(text);
        match text {
            "win" => assert_eq!(found.unwrap().name, "nt"),
            _ => assert_eq!(found.unwrap_err().given(), text),
        }
    }
}

#[test]
fn the_error_lists_every_platform_and_version_and_shows_control_characters() {
    let text = named("be\u{7}os").unwrap_err().to_string();
    for profile in Profile::ALL {
        assert!(text.contains(profile.name), "{}", profile.name);
    }
    assert!(text.contains("win98") && text.contains(r"be\u{7}os"));
}

#[test]
fn values_are_told_in_words() {
    let rows = rows();
    let cell = |clause: &str, platform: &str| -> vec::Vec<String> {
        let rows = rows.iter().filter(|row| row.clauses[0] == clause);
        let cells = rows.flat_map(|row| row.cells.iter().filter(|cell| cell.profile == platform));
        cells.map(|cell| cell.value.clone()).collect()
    };
    assert_eq!(
        cell("P-20", "win95"),
        ["2 GB to 3 GB, else refused (ERROR_INVALID_ADDRESS, 487)"]
    );
    assert_eq!(cell("P-22", "nt"), ["refused (ERROR_MAPPED_ALIGNMENT, 1132)"]);
    assert_eq!(cell("P-18", "ce"), ["PAGE_READONLY, PAGE_READWRITE"]);
    assert_eq!(
        cell("P-13", "nt"),
        ["largest free block of the process, at most 128 TB"]
    );
    assert_eq!(cell("P-44", "ce"), ["1"]);
    assert_eq!(cell("P-64", "nt"), ["none"]);
}

//! The commands that explain: N-60..N-69, A-22, A-6, M-87, O-42, O-46, O-60, I-10..I-13, E-3.

use filemap::{FileMapping, FileMappingOptions, Namespace};
use filemap_testing::{PrivateRoot, private_root, skip};
use serde_json::Value;
use std::process::{Command, Output};

const FILEMAP: &str = env!("CARGO_BIN_EXE_filemap");

fn filemap(args: &[&str]) -> Output {
    Command::new(FILEMAP)
        .args(args)
        .env_remove("FILEMAP_SESSION")
        .output()
        .expect("the command")
}

fn json(args: &[&str]) -> Value {
    let out = filemap(args);
    serde_json::from_slice(&out.stdout)
        .unwrap_or_else(|e| panic!("{args:?}: {e}: {}", String::from_utf8_lossy(&out.stderr)))
}

fn code(args: &[&str]) -> u64 {
    json(&[args, &["--json"]].concat())["code"].as_u64().unwrap()
}

/// A tree of one test; session 1.
struct Place {
    root: PrivateRoot,
    space: Namespace,
}

impl Place {
    fn new() -> Place {
        let root = private_root();
        let space = Namespace::at(root.path())
            .with_session(1)
            .with_global_privilege(true);
        Place { root, space }
    }

    fn options<'a>(&self) -> FileMappingOptions<'a> {
        FileMapping::options().namespace(&self.space).size(4096)
    }

    fn json(&self, args: &[&str]) -> Value {
        let root = self.root.path().to_str().unwrap();
        json(&[&["--root", root, "--session", "1"], args, &["--json"]].concat())
    }

    fn checks(&self) -> Vec<String> {
        let answer = self.json(&["doctor"]);
        let findings = answer["findings"].as_array().unwrap();
        findings
            .iter()
            .map(|f| f["check"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[test]
fn the_story_of_the_mapping_of_a_service_comes_out_in_every_column_n60_n67() {
    // Caller, platform; results of N-61, N-64 (all access, Global), N-65 (read, Global), N-67 (create in Global).
    let rows = [
        ("session=0,user=standard,platform=xp", [5, 5, 5, 0]), // N-68: that can't have worked for years
        ("session=1,user=standard,platform=xp", [2, 5, 5, 5]),
        ("session=0,user=admin,platform=xp", [5, 5, 0, 0]),
        ("session=0,user=standard,platform=nt4", [5, 3, 3, 3]),
        ("session=1,user=standard,platform=vista", [2, 5, 5, 5]),
        ("session=1,user=filtered,platform=nt", [2, 5, 5, 5]),
        ("session=1,user=admin,platform=nt", [2, 5, 0, 0]),
        ("session=0,user=system,platform=nt", [0, 0, 0, 183]),
    ];
    let global = r"Global\MaartensMap";
    for (who, [plain, all, read, create]) in rows {
        assert_eq!(
            code(&["why", "MaartensMap", "--as", who, "--access", "all"]),
            plain,
            "N-61 {who}"
        );
        assert_eq!(
            code(&["why", global, "--as", who, "--access", "all"]),
            all,
            "N-64 {who}"
        );
        assert_eq!(
            code(&["why", global, "--as", who, "--access", "read"]),
            read,
            "N-65 {who}"
        );
        let creates: &[&str] = if create == 183 { &[] } else { &["--nothing"] };
        let args = [&["why", global, "--as", who, "--create"][..], creates].concat();
        assert_eq!(code(&args), create, "N-67 {who}");
    }
    // N-66: the service gives a DACL.
    let sddl = "D:(A;;GA;;;SY)(A;;GRGW;;;IU)";
    let args = [
        "why",
        global,
        "--as",
        "session=1",
        "--access",
        "read|write",
        "--sddl",
        sddl,
    ];
    assert_eq!(code(&args), 0);
}

#[test]
fn a_refusal_names_the_missing_bits_the_ace_and_what_would_work_i11() {
    let sddl = "D:(D;;0x2;;;IU)(A;;GA;;;WD)";
    let answer = json(&[
        "why",
        r"Global\x",
        "--as",
        "session=1",
        "--access",
        "all",
        "--made-as",
        r"Global\x",
        "--sddl",
        sddl,
        "--json",
    ]);
    let rights = &answer["rights"];
    assert_eq!(rights["missing"], "SECTION_MAP_WRITE (0x2)");
    assert!(rights["decided"].as_str().unwrap().contains("ACE 0"), "{rights}");
    assert_eq!(rights["closest"], "SECTION_MAP_READ | SECTION_MAP_EXECUTE (0xc)");
    assert_eq!(rights["smallest"], "SECTION_MAP_READ (0x4)");
}

#[test]
fn explain_tells_the_causes_of_one_number_apart_by_call_and_arguments_e3() {
    let first = |args: &[&str]| {
        let answer = json(&[&["explain"], args, &["--json"]].concat());
        answer["causes"][0]["id"].as_str().unwrap().to_owned()
    };
    let view = [
        "5",
        "--call",
        "MapViewOfFile",
        "offset=65536",
        "len=65536",
        "object-size=65536",
    ];
    assert_eq!(first(&view), "view-too-large");
    let create = [
        "0xC0000022",
        "--call",
        "CreateFileMappingW",
        r"name=Global\x",
        "session=1",
        "privilege=no",
    ];
    assert_eq!(first(&create), "global-creation");
    let out = filemap(&["explain", "ERROR_ACESS_DENIED"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stderr).contains("did you mean ERROR_ACCESS_DENIED"));
    assert!(
        String::from_utf8_lossy(&filemap(&["explain", "5", "--call", "MapVeiwOfFile"]).stderr)
            .contains("MapViewOfFile")
    );
    assert_eq!(filemap(&["explain", "5", "nonsense=1"]).status.code(), Some(1));
}

#[test]
fn why_says_whether_the_object_is_on_paper_or_of_this_machine() {
    let root = filemap_testing::private_root();
    let place = root.path().to_str().unwrap();
    let told = |arguments: &[&str]| {
        let arguments = [&["why", "X", "--root", place], arguments].concat();
        String::from_utf8(filemap(&arguments).stdout).unwrap()
    };
    let paper = told(&[]);
    assert!(
        paper.contains(r"on paper: \BaseNamedObjects\X, made by system, session 0")
            && paper.contains("--live"),
        "{paper}"
    );
    assert!(told(&["--nothing"]).contains("no object at all, on paper"));
    assert!(told(&["--live"]).contains("the objects of this machine"));
    // And the doctor, who has just told an error, does not say that nothing is wrong.
    let doctor = filemap(&["doctor", "X", "--root", place]);
    let doctor = String::from_utf8(doctor.stdout).unwrap();
    assert!(
        doctor.contains("ERROR_FILE_NOT_FOUND") && !doctor.contains("\nnothing is wrong"),
        "{doctor}"
    );
}

#[test]
fn wrong_persons_platforms_and_masks_are_refused_and_named() {
    for (who, said) in [
        ("platform=win3", "win3"),
        ("session=x", "not a session number"),
        ("user=no-such-user-here", "no user of this machine"),
        ("colour=red", "none of session, user, platform"),
    ] {
        let out = filemap(&["why", "x", "--as", who]);
        assert_eq!(out.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&out.stderr).contains(said), "{who}");
    }
    let out = filemap(&["why", "x", "--access", "everything"]);
    assert!(String::from_utf8_lossy(&out.stderr).contains("no access right"));
    let out = filemap(&["why", "x", "--sddl", "D:(A;;GA;;;XX)"]);
    assert!(String::from_utf8_lossy(&out.stderr).contains("byte 11"));
}

#[test]
fn why_live_and_doctor_find_the_name_where_it_is_n69_m87() {
    let place = Place::new();
    let _made = place.options().create(r"Global\frames").unwrap();
    let answer = place.json(&["doctor", "frames", "--access", "PAGE_READWRITE"]);
    let name = &answer["name"];
    assert_eq!(
        (name["code"].as_u64(), name["looked_up"].as_str()),
        (Some(2), Some(r"\Sessions\1\BaseNamedObjects\frames"))
    );
    assert!(name["remedy"].as_str().unwrap().contains(r"Global\frames"));
    assert!(
        name["notes"][0].as_str().unwrap().contains("PAGE_READWRITE"),
        "M-87"
    );
    assert_eq!(
        place.json(&["why", r"Global\frames", "--live", "--access", "all"])["code"],
        0
    );
}

#[test]
fn doctor_finds_split_brain_twins_and_open_doors_and_nothing_where_nothing_is_o42_o60_a6() {
    let place = Place::new();
    let fine = place.options().create(r"Local\fine").unwrap();
    assert_eq!(place.checks(), [""; 0]);
    let _global = place.options().create(r"Global\fine").unwrap();
    assert_eq!(place.checks(), ["split-brain"]);
    let twin = place.options().create(r"Local\FINE").unwrap();
    assert_eq!(place.checks(), ["split-brain", "case-twins"]);
    drop((fine, twin));
    assert_eq!(place.checks(), [""; 0]);
    let _open = place
        .options()
        .sddl("D:NO_ACCESS_CONTROL")
        .create(r"Local\open")
        .unwrap();
    assert_eq!(place.checks(), ["null-dacl"]);
    std::fs::write(place.root.path().join("Sessions/1/stray"), b"no object").unwrap();
    assert_eq!(place.checks(), ["null-dacl", "no-object"]);
}

#[test]
fn doctor_finds_views_whose_name_is_gone_o41_o46() {
    let place = Place::new();
    let first = place.options().create(r"Local\frames").unwrap();
    let view = first.map().unwrap();
    assert_eq!(place.checks(), [""; 0], "a view of a live object is none");
    drop(first);
    assert_eq!(place.checks(), ["orphaned-view"]);
    if std::fs::read_dir("/proc/self/map_files").is_ok_and(|mut dir| {
        dir.next()
            .is_some_and(|e| std::fs::metadata(e.unwrap().path()).is_ok())
    }) {
        let answer = place.json(&["doctor"]);
        let what = answer["findings"][0]["what"].as_str().unwrap();
        assert!(
            what.contains(r"Local\frames") && what.contains(&std::process::id().to_string()),
            "{what}"
        );
        let _second = place.options().create(r"Local\frames").unwrap();
        assert_eq!(
            place.checks(),
            ["split-brain"],
            "old views and a new object of one name"
        );
    }
    drop(view);
    assert_eq!(place.checks(), [""; 0]);
}

#[test]
fn can_says_what_descriptor_and_kernel_let_a_user_do_i13_a60() {
    if !filemap_testing::is_root() {
        skip!("needs root: only then have other users' rights a meaning here");
    }
    let place = Place::new();
    let sddl = "D:(A;;GA;;;SY)(A;;0x6;;;S-1-22-1-61001)(A;;0x4;;;S-1-22-1-61002)";
    let _made = place.options().sddl(sddl).create(r"Global\frames").unwrap();
    let can = |user: &str, mask: &str| {
        let answer = place.json(&["can", user, r"Global\frames", mask]);
        (
            answer["can"].as_bool().unwrap(),
            answer["kernel"].as_str().unwrap().to_owned(),
        )
    };
    assert_eq!(can("61001", "read|write"), (true, "read and write".into()));
    assert_eq!(can("61001", "all"), (false, "read and write".into()));
    assert_eq!(can("61002", "read"), (true, "read".into()));
    assert_eq!(can("61002", "write"), (false, "read".into()));
    assert_eq!(can("61003", "read"), (false, "nothing".into()));
    assert_eq!(can("root", "all"), (true, "read and write".into()));
    assert_eq!(
        filemap(&["can", "no-such-user-here", "x", "read"]).status.code(),
        Some(1)
    );
}

//! `filemap setup`, and the tree that it makes with three real users: N-40..N-47, N-90..N-91.

use filemap_testing::{is_root, skip};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Output};

const FILEMAP: &str = env!("CARGO_BIN_EXE_filemap");

fn setup(prefix: &Path, args: &[&str]) -> Output {
    let out = Command::new(FILEMAP)
        .arg("setup")
        .arg("--prefix")
        .arg(prefix)
        .args(args)
        .output();
    out.expect("the command")
}

fn has_groupadd() -> bool {
    Command::new("groupadd").arg("--help").output().is_ok()
}

/// A system image with account files and nothing else.
fn image() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("etc")).unwrap();
    fs::create_dir_all(dir.path().join("dev/shm")).unwrap();
    for file in ["group", "passwd", "gshadow", "login.defs"] {
        fs::write(dir.path().join("etc").join(file), "").unwrap();
    }
    dir
}

fn text(out: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    )
}

#[test]
fn setup_makes_group_tree_and_boot_file_once_and_takes_them_away_again_n91() {
    if !is_root() || !has_groupadd() {
        skip!("needs root and groupadd: apt-get install passwd");
    }
    let image = image();
    let dry = setup(image.path(), &["--dry-run"]);
    assert!(
        text(&dry).contains("would make group filemap-global"),
        "{}",
        text(&dry)
    );
    assert!(
        !image.path().join("dev/shm/filemap").exists(),
        "a dry run does nothing"
    );
    assert!(setup(image.path(), &[]).status.success());
    let mode = |path: &str| fs::metadata(image.path().join(path)).unwrap().mode() & 0o7777;
    assert_eq!(mode("dev/shm/filemap"), 0o755);
    for shared in filemap::TREE {
        assert_eq!(mode(&format!("dev/shm/filemap/{shared}")), 0o1777);
    }
    assert!(
        fs::read_to_string(image.path().join("etc/group"))
            .unwrap()
            .starts_with("filemap-global:")
    );
    let boot = fs::read_to_string(image.path().join("etc/tmpfiles.d/filemap.conf")).unwrap();
    assert!(
        boot.contains("\nd /dev/shm/filemap/Global 1777 root root -\n"),
        "{boot}"
    );
    let again = text(&setup(image.path(), &[]));
    assert_eq!(again.matches("already so").count(), 10, "{again}");
    assert!(setup(image.path(), &["--undo"]).status.success());
    assert!(!image.path().join("dev/shm/filemap").exists());
    assert!(!image.path().join("etc/tmpfiles.d/filemap.conf").exists());
    assert!(
        !fs::read_to_string(image.path().join("etc/group"))
            .unwrap()
            .contains("filemap-global")
    );
    let nothing = text(&setup(image.path(), &["--undo"]));
    assert_eq!(nothing.matches("not there").count(), 10, "{nothing}");
}

#[test]
fn setup_mends_modes_and_sets_a_strangers_tree_aside_o67() {
    if !is_root() || !has_groupadd() {
        skip!("needs root and groupadd: apt-get install passwd");
    }
    let image = image();
    let tree = image.path().join("dev/shm/filemap");
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("trap"), b"").unwrap();
    std::os::unix::fs::chown(&tree, Some(61_001), None).unwrap();
    assert!(text(&setup(image.path(), &[])).contains("belongs to user 61001"));
    assert_eq!(fs::metadata(&tree).unwrap().uid(), 0);
    assert!(!tree.join("trap").exists());
    fs::set_permissions(tree.join("Global"), fs::Permissions::from_mode(0o777)).unwrap();
    assert!(text(&setup(image.path(), &[])).contains("its mode is 777"));
    assert_eq!(fs::metadata(tree.join("Global")).unwrap().mode() & 0o7777, 0o1777);
}

#[test]
fn undo_is_refused_while_an_object_lives() {
    if !is_root() || !has_groupadd() {
        skip!("needs root and groupadd: apt-get install passwd");
    }
    let image = image();
    assert!(setup(image.path(), &[]).status.success());
    let space = filemap::Namespace::at(image.path().join("dev/shm/filemap"));
    let held = filemap::FileMapping::options()
        .namespace(&space)
        .size(1)
        .create(r"Global\held")
        .unwrap();
    let refused = setup(image.path(), &["--undo"]);
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused);
    let held_by = format!(
        r"\BaseNamedObjects\held of process {} is in use",
        std::process::id()
    );
    assert!(
        said.contains(&held_by) && said.contains("(ERROR_BUSY, 170)"),
        "{said}"
    );
    assert!(
        image.path().join("etc/tmpfiles.d/filemap.conf").exists(),
        "nothing was undone"
    );
    drop(held);
    assert!(setup(image.path(), &["--undo"]).status.success());
}

/// A machine of its own: mount name space with a copy of /etc and an empty /dev/shm; prints one line per step.
const MACHINE: &str = r#"
set -e
mount --make-rprivate /
cp -a /etc "$1/etc"
mount --bind "$1/etc" /etc
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
F="$1/filemap"
as() { user=$1; shift; setpriv --reuid "$user" --regid "$user" --init-groups "$@"; }
first() { "$@" 2>&1 >/dev/null | head -n 1; }
for user in fmann fmbob fmcarl; do useradd --no-create-home --user-group "$user"; done
# Without setup: within one user everything works, and what does not says what to run.
echo "alone: $(first as fmann "$F" create 'Local\a' --size 1 --for 0s)"
echo "global before: $(first as fmann "$F" create 'Global\a' --size 1 --for 0s)"
rm -rf /dev/shm/filemap*
"$F" setup >/dev/null
usermod -aG filemap-global fmann
echo "not root: $(first as fmbob "$F" setup)"
echo "local: $(first as fmbob "$F" create 'Local\a' --size 1 --for 0s)"
echo "bob global: $(first as fmbob "$F" create 'Global\a' --size 1 --for 0s)"
mkfifo "$1/ready"
(exec setpriv --reuid fmann --regid fmann --init-groups "$F" create 'Global\shared' --size 4096 --text hello --sddl 'D:(A;;GA;;;OW)(A;;0x4;;;AU)' --ready-fd 3 3>"$1/ready" 2>/dev/null) &
shared=$!
read -r line <"$1/ready"
echo "carl reads: $(as fmcarl "$F" read 'Global\shared' --len 5)"
echo "carl writes: $(first as fmcarl "$F" write 'Global\shared' --text x)"
echo "carl creates: $(first as fmcarl "$F" create 'Global\other' --size 1 --for 0s)"
(exec setpriv --reuid fmbob --regid fmbob --init-groups env FILEMAP_PLATFORM=ce "$F" create pocket --size 4096 --text device --ready-fd 3 3>"$1/ready" 2>/dev/null) &
pocket=$!
read -r line <"$1/ready"
echo "ce: $(FILEMAP_PLATFORM=ce first as fmcarl "$F" create pocket --size 4096 --for 0s)"
echo "ce apart: $(FILEMAP_PLATFORM=ce as fmcarl "$F" event create pocket --for 0s 2>&1 | head -n 1)"
kill $pocket
wait $pocket || true
echo "owner: $(stat -c '%U %a' '/dev/shm/filemap/Global/shared')"
kill $shared
wait $shared || true
"$F" doctor --json >"$1/doctor.json" || true
echo "doctor: $(grep -c '"check"' "$1/doctor.json" || true)"
chown fmbob /dev/shm/filemap/Global
echo "swapped: $(first as fmcarl "$F" read 'Global\shared' --len 5)"
"#;

#[test]
fn three_users_share_by_the_tree_of_setup_and_only_the_group_creates_in_global_n41_n43_n44_n90() {
    let tool = |name: &str, arg: &str| {
        Command::new(name)
            .arg(arg)
            .output()
            .is_ok_and(|out| out.status.success())
    };
    let can = is_root() && tool("setpriv", "--version") && tool("useradd", "--help");
    if !can
        || !Command::new("unshare")
            .args(["--mount", "mount", "--make-rprivate", "/"])
            .status()
            .is_ok_and(|s| s.success())
    {
        skip!(
            "needs root with CAP_SYS_ADMIN, unshare, setpriv and useradd: run as root outside a restricted container"
        );
    }
    let place = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir()
        .unwrap();
    let binary = place.path().join("filemap");
    fs::copy(FILEMAP, &binary).unwrap();
    fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
    let out = Command::new("unshare")
        // Whatever happens, nothing that the script started outlives it.
        .args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"])
        .args(["sh", "-c", MACHINE, "machine"])
        .arg(place.path())
        .env_remove("FILEMAP_ROOT")
        .env_remove("FILEMAP_SESSION")
        .output()
        .unwrap();
    let said = text(&out);
    let line = |key: &str| {
        let found = said
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{key}: ")));
        found
            .unwrap_or_else(|| panic!("no line `{key}` in:\n{said}"))
            .to_owned()
    };
    assert!(line("alone").contains("is ready"), "{said}");
    assert!(
        line("not root").ends_with("only root may do this (ERROR_ACCESS_DENIED, 5); run it with sudo"),
        "{said}"
    );
    assert!(
        line("global before").contains("ERROR_ACCESS_DENIED, 5")
            && line("global before").contains("sudo filemap setup"),
        "{said}"
    );
    assert!(line("local").contains("is ready"), "{said}");
    assert!(line("bob global").contains("SeCreateGlobalPrivilege"), "{said}");
    assert!(
        line("bob global").contains("sudo usermod -aG filemap-global fmbob"),
        "{said}"
    );
    assert_eq!(line("carl reads"), "hello");
    assert!(line("carl writes").contains("5)"), "{said}");
    assert!(line("carl creates").contains("SeCreateGlobalPrivilege"), "{said}");
    assert_eq!(line("owner"), "fmann 644");
    // Windows CE: names belong to the machine, one name space for each kind, and everybody is let in (P-31, P-46, P-60).
    assert!(line("ce").contains("183"), "{said}");
    assert!(
        !line("ce apart").contains("183") && !line("ce apart").contains("ERROR"),
        "{said}"
    );
    assert_eq!(line("doctor"), "0", "{said}");
    assert!(line("swapped").contains("can't be trusted"), "{said}");
}

// the words of the issue: units for the system and the user, installed by setup, with sd_notify and hardening
#[test]
fn setup_installs_services_that_systemd_accepts_and_takes_them_away_again() {
    if !is_root() || !has_groupadd() {
        skip!("needs root and groupadd: apt-get install passwd");
    }
    let image = image();
    fs::create_dir_all(image.path().join("etc/systemd/system")).unwrap();
    let done = setup(image.path(), &[]);
    assert!(done.status.success(), "{}", text(&done));
    let system = image.path().join("etc/systemd/system/filemap-sweep.service");
    let user = image.path().join("etc/systemd/user/filemap-sweep.service");
    for (unit, wants) in [
        (
            &system,
            "etc/systemd/system/multi-user.target.wants/filemap-sweep.service",
        ),
        (
            &user,
            "etc/systemd/user/default.target.wants/filemap-sweep.service",
        ),
    ] {
        let said = fs::read_to_string(unit).unwrap();
        for line in [
            "Type=notify",
            "NoNewPrivileges=yes",
            "MemoryDenyWriteExecute=yes",
            "SystemCallFilter=@system-service",
        ] {
            assert!(said.contains(&format!("\n{line}\n")), "{line}: {said}");
        }
        assert!(said.contains(" sweep --watch\n"), "{said}");
        let link = fs::canonicalize(image.path().join(wants)).unwrap();
        assert_eq!(link, fs::canonicalize(unit).unwrap(), "it is started at boot");
    }
    if Command::new("systemd-analyze").arg("--version").output().is_ok() {
        let verified = Command::new("systemd-analyze")
            .args(["verify", "--man=no"])
            .arg(&system)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&verified.stderr).into_owned();
        // It speaks of this machine's other units, too.
        let of_ours: Vec<&str> = said
            .lines()
            .filter(|line| line.contains("filemap-sweep"))
            .collect();
        assert!(of_ours.is_empty(), "{said}");
    } else {
        skip!("needs systemd-analyze: apt-get install systemd");
    }
    assert!(setup(image.path(), &["--undo"]).status.success());
    assert!(!system.exists() && !user.exists());
}

//! `cargo xtask deps`: what the dependencies may be, checked without anything that has to be installed.

use crate::{Result, process};
use cargo_metadata::{Metadata, MetadataCommand, Package};
use spdx::{Expression, LicenseReq, ParseMode};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The licence of this project's own packages.
const OWN_LICENCE: &str = "MIT OR Apache-2.0";

/// Checks all dependencies, on every platform and with every feature; lists what is wrong.
pub(crate) fn run(root: &Path) -> Result<bool> {
    let mut command = MetadataCommand::new();
    command
        .current_dir(root)
        .features(cargo_metadata::CargoOpt::AllFeatures)
        .other_options(vec!["--locked".into()]);
    let metadata = command.exec()?;
    let allowed = allowed_licences(&std::fs::read_to_string(root.join("deny.toml"))?)?;
    let wrong = findings(&metadata, &allowed);
    for line in &wrong {
        println!("{line}");
    }
    println!(
        "{} packages: licences, sources and version requirements, {} wrong",
        metadata.packages.len(),
        wrong.len()
    );
    Ok(cargo_deny(root)? && wrong.is_empty())
}

/// `licenses.allow` of `deny.toml`.
fn allowed_licences(deny_toml: &str) -> Result<Vec<LicenseReq>> {
    let table: Table = deny_toml.parse()?;
    let list = table
        .get("licenses")
        .and_then(|licences| licences.get("allow"))
        .and_then(Value::as_array);
    let list = list.ok_or("deny.toml has no list licenses.allow")?;
    list.iter()
        .map(|name| {
            let name = name
                .as_str()
                .ok_or("licenses.allow has something that is not text")?;
            let expression = Expression::parse(name).map_err(|e| format!("licence {name}: {}", e.reason))?;
            let requirement = expression.requirements().next().map(|one| one.req.clone());
            requirement.ok_or_else(|| format!("licence {name}: empty").into())
        })
        .collect()
}

fn findings(metadata: &Metadata, allowed: &[LicenseReq]) -> Vec<String> {
    let mut findings = Vec::new();
    for package in &metadata.packages {
        let own = metadata.workspace_members.contains(&package.id);
        let mut wrong = |what: String| findings.push(format!("{} {}: {what}", package.name, package.version));
        if own {
            wildcards(package).for_each(&mut wrong);
        }
        if let Some(what) = licence(package.license.as_deref(), own, allowed) {
            wrong(what);
        }
        let from_registry = package.source.as_ref().map(cargo_metadata::Source::is_crates_io);
        if let Some(what) = source(from_registry, own) {
            wrong(what);
        }
    }
    findings
}

fn licence(expression: Option<&str>, own: bool, allowed: &[LicenseReq]) -> Option<String> {
    let Some(text) = expression else {
        return Some("names no licence".into());
    };
    if own {
        return (text != OWN_LICENCE).then(|| format!("this project's licence is {OWN_LICENCE}, not {text}"));
    }
    match Expression::parse_mode(text, ParseMode::LAX) {
        Err(e) => Some(format!("licence {text} can't be read: {}", e.reason)),
        Ok(licence) => (!licence.evaluate(|wanted| allowed.contains(wanted)))
            .then(|| format!("licence {text} is not in deny.toml")),
    }
}

/// `from_registry`: `None` for a package that cargo took from a path.
fn source(from_registry: Option<bool>, own: bool) -> Option<String> {
    match (from_registry, own) {
        (Some(true), false) | (None, true) => None,
        (Some(false), _) => Some("comes from git or a foreign registry".into()),
        (None, false) => Some("comes from a path outside the workspace".into()),
        (Some(true), true) => Some("is a member and yet comes from the registry".into()),
    }
}

fn wildcards(package: &Package) -> impl Iterator<Item = String> {
    let any = |requirement: &str| requirement == "*";
    let open = package
        .dependencies
        .iter()
        .filter(move |d| d.path.is_none() && any(&d.req.to_string()));
    open.map(|dependency| format!("accepts any version of {}", dependency.name))
}

/// The same again, and advisories, by cargo-deny where it is installed.
fn cargo_deny(root: &Path) -> Result<bool> {
    if !process::succeeds(process::cargo(root).args(["deny", "--version"])) {
        println!(
            "SKIPPED: cargo deny: not installed; licences, sources and requirements were checked above all the same"
        );
        println!("SKIPPED: advisories: need cargo-deny and a database of advisories (cargo deny fetch db)");
        return Ok(true);
    }
    let deny = |checks: &[&str]| {
        let arguments = ["deny", "--offline", "--locked", "check", "--hide-inclusion-graph"];
        Ok::<_, Box<dyn std::error::Error>>(
            process::tee(process::cargo(root).args(arguments).args(checks))?.1,
        )
    };
    let mut ok = deny(&["licenses", "bans", "sources"])?;
    match has_advisories() {
        true => ok &= deny(&["advisories"])?,
        false => println!("SKIPPED: advisories: no database on this machine (cargo deny fetch db)"),
    }
    Ok(ok)
}

/// Whether cargo-deny has fetched its database, which lies below cargo's home.
fn has_advisories() -> bool {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cargo")));
    let databases = home.map(|home| home.join("advisory-dbs"));
    databases
        .and_then(|path| path.read_dir().ok())
        .is_some_and(|mut entries| entries.next().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed() -> Vec<LicenseReq> {
        allowed_licences("[licenses]\nallow = [\"MIT\", \"Apache-2.0\", \"Unicode-3.0\"]\n").unwrap()
    }

    #[test]
    fn a_licence_passes_if_one_side_of_every_or_is_allowed_and_both_sides_of_every_and() {
        let passes = |text| licence(Some(text), false, &allowed()).is_none();
        assert!(passes("MIT"));
        assert!(passes("MIT OR GPL-3.0-only"));
        assert!(passes("MIT/Apache-2.0")); // as it was written before 2018
        assert!(passes("(MIT OR Apache-2.0) AND Unicode-3.0"));
        assert!(!passes("MIT AND GPL-3.0-only"));
        assert!(!passes("GPL-3.0-only"));
        assert!(!passes("Apache-2.0 WITH LLVM-exception"));
        assert!(!passes("as you like"));
        assert!(licence(None, false, &allowed()).is_some());
    }

    #[test]
    fn own_packages_have_the_projects_licence() {
        assert_eq!(licence(Some(OWN_LICENCE), true, &allowed()), None);
        assert!(licence(Some("MIT"), true, &allowed()).is_some());
    }

    #[test]
    fn only_members_come_from_paths_and_only_the_default_registry_serves() {
        assert_eq!(source(Some(true), false), None);
        assert_eq!(source(None, true), None);
        assert!(source(None, false).is_some());
        assert!(source(Some(false), false).is_some());
    }

    #[test]
    fn the_list_in_deny_toml_can_be_read() {
        let list =
            allowed_licences(&std::fs::read_to_string(crate::files::root().join("deny.toml")).unwrap());
        assert!(list.unwrap().len() > 3);
        assert!(allowed_licences("[licenses]\nallow = [\"as you like\"]\n").is_err());
        assert!(allowed_licences("").is_err());
    }
}

//! No file names a place that exists only on one machine, nor the host of a package registry: both go stale, and a
//! build that reaches past the package clients' own configuration breaks wherever that is set up differently.

use super::{Finding, Source};
use regex_lite::Regex;

/// Hosts, in halves so that this file does not name them either.
const HOSTS: [(&str, &str); 10] = [
    ("crates", ".io"),
    ("pypi", ".org"),
    ("pythonhosted", ".org"),
    ("npmjs", ".org"),
    ("npmjs", ".com"),
    ("nuget", ".org"),
    ("deb.debian", ".org"),
    ("proxy.golang", ".org"),
    ("repo.maven", ".apache.org"),
    ("rubygems", ".org"),
];

pub(super) fn check(source: &Source) -> Vec<Finding> {
    // Lock files of package clients say where each package came from.
    if ["Cargo.lock", "package-lock.json"].contains(&source.path.rsplit('/').next().unwrap_or_default()) {
        return Vec::new();
    }
    let path = Regex::new(r"(?:^|[^\w./~$}>-])/(?:work|root|home)/").expect("a pattern");
    let mut findings = Vec::new();
    for (number, line) in source.lines() {
        if path.is_match(line) {
            findings.push(source.error(number, "an absolute path of somebody's machine"));
        }
        if let Some((a, b)) = HOSTS.iter().find(|(a, b)| line.contains(&[*a, *b].concat())) {
            findings.push(source.error(number, format!("the host of a package registry ({a} {b})")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lines, source};
    use super::*;

    fn at(parts: [&str; 3]) -> Vec<usize> {
        lines(&check(&source("docs/a.md", &parts.concat())))
    }

    #[test]
    fn absolute_paths_of_a_machine_are_found_and_other_paths_are_not() {
        assert_eq!(at(["one\nsee `/", "root", "/x`\n"]), [2]);
        assert_eq!(at(["/", "work", "/x"]), [1]);
        assert_eq!(at(["\"/", "home", "/me/x\""]), [1]);
        assert!(at(["https://example.invalid/", "home", "/x"]).is_empty());
        assert!(at(["$HOME/", "work", "/x ./",]).is_empty());
        assert!(at(["/dev/shm/filemap/", "root", "/x"]).is_empty());
    }

    #[test]
    fn registry_hosts_are_found_except_in_lock_files() {
        let text = HOSTS.map(|(a, b)| format!("https://{a}{b}/x\n")).concat();
        assert_eq!(check(&source("README.md", &text)).len(), HOSTS.len());
        assert_eq!(check(&source("Cargo.lock", &text)), []);
        assert_eq!(check(&source("bindings/node/package-lock.json", &text)), []);
    }
}

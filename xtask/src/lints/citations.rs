//! A cited clause exists.

use super::{Finding, Source};
use crate::clauses::{self, Clause};
use std::collections::BTreeSet;

pub(super) fn check(source: &Source, known: &BTreeSet<Clause>) -> Vec<Finding> {
    if !clauses::may_cite(&source.path) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (number, line) in source.lines() {
        for clause in clauses::cited(line, known)
            .into_iter()
            .filter(|clause| !known.contains(clause))
        {
            findings.push(source.error(
                number,
                format!("there is no clause {clause} (cargo xtask clauses --refresh?)"),
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lines, source};
    use super::*;

    #[test]
    fn a_clause_that_does_not_exist_is_found_and_one_that_does_is_not() {
        let known = BTreeSet::from([Clause::new('O', 40), Clause::new('O', 41)]);
        let no = ["O-", "99"].concat();
        let text = format!("// O-40, O-41\n// {no}\n// UTF-8, x86-64\n");
        assert_eq!(lines(&check(&source("a.rs", &text), &known)), [2]);
    }
}

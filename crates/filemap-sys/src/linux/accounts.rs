//! The accounts that the files /etc/passwd and /etc/group know. Those of network directories are not among them.

use std::collections::BTreeMap;
use std::fs;

/// Users and groups of this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounts {
    /// User numbers by name.
    pub users: BTreeMap<String, u32>,
    /// Group numbers by name.
    pub groups: BTreeMap<String, u32>,
    /// All groups of each user, the primary one first.
    pub members: BTreeMap<u32, Vec<u32>>,
}

impl Accounts {
    /// Reads both files; one that can't be read counts as empty. Source: passwd(5), group(5).
    #[must_use]
    pub fn read() -> Accounts {
        let text = |path| fs::read_to_string(path).unwrap_or_default();
        Accounts::parse(&text("/etc/passwd"), &text("/etc/group"))
    }

    /// From the text of both files; lines that are none are left out.
    #[must_use]
    pub fn parse(passwd: &str, group: &str) -> Accounts {
        let mut accounts = Accounts::default();
        for line in passwd.lines() {
            let fields: Vec<&str> = line.split(':').collect();
            if let [name, _, uid, gid, ..] = fields[..]
                && let (Ok(uid), Ok(gid)) = (uid.parse(), gid.parse())
            {
                accounts.users.entry(name.to_owned()).or_insert(uid);
                accounts.members.entry(uid).or_default().push(gid);
            }
        }
        for line in group.lines() {
            let fields: Vec<&str> = line.split(':').collect();
            let [name, _, gid, members, ..] = fields[..] else {
                continue;
            };
            let Ok(gid) = gid.parse() else { continue };
            accounts.groups.entry(name.to_owned()).or_insert(gid);
            for uid in members
                .split(',')
                .filter_map(|member| accounts.users.get(member.trim()))
            {
                let groups = accounts.members.entry(*uid).or_default();
                if !groups.contains(&gid) {
                    groups.push(gid);
                }
            }
        }
        accounts
    }

    /// Name of a user, or the number where no name is known.
    #[must_use]
    pub fn user_name(&self, uid: u32) -> String {
        let known = self.users.iter().find(|(_, known)| **known == uid);
        known.map_or_else(|| uid.to_string(), |(name, _)| name.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_in_the_primary_group_and_in_those_that_name_him() {
        let accounts = Accounts::parse(
            "root:x:0:0:root:/:/bin/sh\nann:x:1000:1000::/ann:\nbroken\nbob:x:1001:100:::\n",
            "root:x:0:\nann:x:1000:\nfilemap-global:x:990:ann,nobody-known\nusers:x:100:ann,bob\n::\n",
        );
        assert_eq!(accounts.members[&1000], [1000, 990, 100]);
        assert_eq!(
            accounts.members[&1001],
            [100],
            "named in his primary group too: once"
        );
        assert_eq!(accounts.groups["filemap-global"], 990);
        assert_eq!(
            (accounts.user_name(1001), accounts.user_name(7)),
            ("bob".into(), "7".into())
        );
    }
}

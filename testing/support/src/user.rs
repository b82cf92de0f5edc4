//! Who runs the tests, and who else there is.

/// The user that owns nothing; every Debian has it.
const NOBODY: u32 = 65_534;

/// Whether the tests run as root (effective user number 0).
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The number of another, unprivileged user that this process can become, for [`Role::as_user`](crate::Role::as_user).
///
/// `None` unless run as root, and in a container whose user name space has only one user.
#[must_use]
pub fn other_uid() -> Option<u32> {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    (is_root() && maps(&map, NOBODY)).then_some(NOBODY)
}

/// Three ordinary users that this process can become, none of whom owns anything or stands in /etc/passwd.
///
/// `None` where [`other_uid`] is.
#[must_use]
pub fn three_uids() -> Option<[u32; 3]> {
    const USERS: [u32; 3] = [61_001, 61_002, 61_003];
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    (is_root() && USERS.iter().all(|uid| maps(&map, *uid))).then_some(USERS)
}

/// Whether a user name space with this `uid_map` has the user: lines of `inside outside count`, user_namespaces(7).
fn maps(uid_map: &str, uid: u32) -> bool {
    uid_map.lines().any(|line| {
        let mut numbers = line.split_whitespace().map(str::parse::<u64>);
        match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(inside)), Some(Ok(_)), Some(Ok(count))) => {
                (inside..inside.saturating_add(count)).contains(&uid.into())
            }
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_user_exists_only_where_the_user_name_space_has_it() {
        assert!(maps("         0          0 4294967295\n", NOBODY));
        assert!(maps("0 1000 1\n1 100000 65536\n", NOBODY));
        assert!(!maps("0 1000 1\n", NOBODY));
        assert!(!maps("", NOBODY));
    }

    #[test]
    fn only_root_has_another_user_to_become() {
        assert!(is_root() || other_uid().is_none());
    }
}

//! Names, name spaces, sessions, ends of names.

use super::*;
use crate::actor::Told;
use crate::outcome::{of_code, of_number, several};
use filemap::Kind;
use filemap::core::profile::{
    Backslash, EmptyName, GlobalPrivilege, NameEnd, NameScope, NameSpaces, OtherKind, Prefixes, Security,
};

fn named(name: &str) -> Ask {
    memory(name, Some(name), 4096, READWRITE)
}

/// Creates an object that everybody may open. Where security attributes must be NULL everybody may anyway.
fn for_everybody(stage: &mut Stage, process: usize, name: &str) -> Result<Told, LabError> {
    let mut ask = named(name);
    if let Ask::Create { sddl, .. } = &mut ask {
        *sddl = Some("D:(A;;GA;;;WD)".to_owned());
    }
    match stage.ask(process, ask)? {
        told if told.code == 87 => stage.ask(process, named(name)),
        told => Ok(told),
    }
}

/// Whether process 1 finds by `name` what process 0 created under `made`; by creating, which every platform has.
fn meets(stage: &mut Stage, made: &str, name: &str) -> Result<bool, LabError> {
    for_everybody(stage, 0, made)?;
    Ok(stage.ask(1, named(name))?.existed)
}

/// Plain names of two users, each in a session of one's own.
fn two_users(stage: &mut Stage) -> Result<String, LabError> {
    stage.user(0, 0, "1")?;
    stage.user(1, 1, "2")?;
    Ok(match meets(stage, "plain", "plain")? {
        true => "meet".to_owned(),
        false => "do not meet".to_owned(),
    })
}

fn two_users_expected(p: &Profile) -> String {
    match p.name_scope.is {
        NameScope::Machine => "meet".to_owned(),
        NameScope::Session | NameScope::SessionServicesApart => "do not meet".to_owned(),
    }
}

/// Where the plain names of the `nth` user who logs on go, seen in the file system, and whether that user finds a service's.
fn logged_on(stage: &mut Stage, nth: u32) -> Result<String, LabError> {
    stage.service(0);
    stage.user(1, 0, &format!("logon:{nth}"))?;
    let meet = match meets(stage, "service", "service")? {
        true => "with the service's",
        false => "apart",
    };
    stage.ask(1, named("user"))?;
    Ok(format!("{}, {meet}", stage.places_of("user")?.join(" and ")))
}

fn logged_on_expected(p: &Profile, nth: u32) -> String {
    match p.user_session(nth) {
        None => r"\BaseNamedObjects, with the service's".to_owned(),
        Some(0) if p.user_shares_session_zero.is.yes() => r"\BaseNamedObjects, with the service's".to_owned(),
        Some(n) => format!(r"\Sessions\{n}\BaseNamedObjects, apart"),
    }
}

const KINDS: [(&str, Kind); 6] = [
    ("mapping", Kind::FileMapping),
    ("event", Kind::Event),
    ("mutex", Kind::Mutex),
    ("semaphore", Kind::Semaphore),
    ("timer", Kind::WaitableTimer),
    ("job", Kind::Job),
];

pub(super) const CHECKS: &[Check] = &[
    Check {
        clause: "P-30",
        behaviour: r"Local\x and plain x",
        expected: |p| match (p.prefixes.is, p.backslash_in_name.is) {
            (_, Backslash::Refused(code)) | (Prefixes::Refused(code), _) => of_number(code),
            (Prefixes::Understood, _) => "one object".to_owned(),
            (Prefixes::NotSpecial, _) => "two objects".to_owned(),
        },
        measure: |stage| {
            let code = stage.code(0, named(r"Local\x"))?;
            if code != 0 {
                return Ok(of_code(code));
            }
            Ok(match meets(stage, r"Local\x", "x")? {
                true => "one object".to_owned(),
                false => "two objects".to_owned(),
            })
        },
    },
    Check {
        clause: "P-31",
        behaviour: "kinds of named object",
        expected: |p| {
            let there = |(_, kind): &&(&str, Kind)| p.has_kind(*kind);
            let names: Vec<&str> = KINDS.iter().filter(there).map(|(name, _)| *name).collect();
            names.join(", ")
        },
        measure: |stage| {
            let mut there = Vec::new();
            for (name, kind) in KINDS {
                let ask = Ask::Hold {
                    kind: kind as u8,
                    name: name.to_owned(),
                };
                if stage.code(0, ask)? == 0 {
                    there.push(name);
                }
            }
            Ok(there.join(", "))
        },
    },
    Check {
        clause: "P-32",
        behaviour: "a mapping under an event's name",
        expected: |p| match (p.other_kinds_name.is, p.name_spaces.is) {
            (OtherKind::Refused(code), _) => of_number(code),
            (OtherKind::BothExist, NameSpaces::PerType | NameSpaces::Shared) => "both exist".to_owned(),
        },
        measure: |stage| {
            let ask = Ask::Hold {
                kind: Kind::Event as u8,
                name: "name".to_owned(),
            };
            stage.ask(0, ask)?;
            let told = stage.ask(1, named("name"))?;
            Ok(match (told.code, told.existed) {
                (0, false) => "both exist".to_owned(),
                (0, true) => "it is taken for the event".to_owned(),
                (code, _) => of_code(code),
            })
        },
    },
    Check {
        clause: "P-33",
        behaviour: "plain names of two users in two sessions",
        expected: two_users_expected,
        measure: two_users,
    },
    Check {
        clause: "P-46",
        behaviour: "an object's name, for another user's CreateFileMapping",
        expected: |p| match p.name_scope.is {
            NameScope::Machine => "the original object".to_owned(),
            NameScope::Session | NameScope::SessionServicesApart => "an object of one's own".to_owned(),
        },
        measure: |stage| {
            stage.user(0, 0, "1")?;
            stage.user(1, 1, "2")?;
            for_everybody(stage, 0, "name")?;
            stage.ask(0, map("v", "name", FILE_MAP_WRITE))?;
            stage.ask(0, write("v", "mine"))?;
            let code = stage.code(1, named("name"))?;
            if code != 0 {
                return Ok(of_code(code));
            }
            stage.ask(1, map("v", "name", FILE_MAP_READ))?;
            Ok(match stage.ask(1, read("v"))?.text.as_str() {
                "mine" => "the original object".to_owned(),
                _ => "an object of one's own".to_owned(),
            })
        },
    },
    Check {
        clause: "P-34",
        behaviour: "where plain names of the first user go, and a service's",
        expected: |p| logged_on_expected(p, 0),
        measure: |stage| logged_on(stage, 0),
    },
    Check {
        clause: "N-33",
        behaviour: "where plain names of the second user go, and a service's",
        expected: |p| logged_on_expected(p, 1),
        measure: |stage| logged_on(stage, 1),
    },
    Check {
        clause: "P-35",
        behaviour: r"creating in Global\ from session 3 without privilege, opening there",
        expected: |p| match (p.global_privilege.is, p.backslash_in_name.is, p.prefixes.is) {
            (_, Backslash::Refused(code), _) | (_, _, Prefixes::Refused(code)) => of_number(code),
            (GlobalPrivilege::Needed, ..) => several([("create", of_code(5)), ("open", of_code(0))]),
            _ => several([("create", of_code(0)), ("open", of_code(0))]),
        },
        measure: |stage| {
            stage.user(0, 0, "3")?;
            stage.service(1);
            let create = stage.code(0, named(r"Global\new"))?;
            let other = for_everybody(stage, 1, r"Global\old")?.code;
            if other != 0 {
                return Ok(of_code(other));
            }
            // By creating what exists already: CE can't open otherwise, and N-43 asks for no privilege.
            let told = stage.ask(0, named(r"Global\old"))?;
            let open = match (told.code, told.existed) {
                (0, false) => "makes another".to_owned(),
                (code, _) => of_code(code),
            };
            Ok(several([("create", of_code(create)), ("open", open)]))
        },
    },
    Check {
        clause: "P-36",
        behaviour: "the longest name, in UTF-16 units",
        expected: |p| p.max_name_units.is.to_string(),
        measure: |stage| {
            // Between a name that works and one that is longer than any.
            let (mut good, mut bad) = (1, 40_000);
            while bad - good > 1 {
                let middle = (good + bad) / 2;
                match stage.code(0, named(&"n".repeat(middle)))? {
                    0 => good = middle,
                    _ => bad = middle,
                }
            }
            Ok(good.to_string())
        },
    },
    Check {
        clause: "P-37",
        behaviour: "two creations with an empty name",
        expected: |p| match p.empty_name.is {
            EmptyName::Unnamed => "two objects".to_owned(),
            EmptyName::RealName => "one object".to_owned(),
        },
        measure: |stage| {
            Ok(match meets(stage, "", "")? {
                true => "one object".to_owned(),
                false => "two objects".to_owned(),
            })
        },
    },
    Check {
        clause: "P-39",
        behaviour: "the name with only a view left, with nothing left, after a kill",
        expected: |p| {
            let kept = match p.name_ends_with.is {
                NameEnd::LastHandleAndView => "there",
                NameEnd::LastHandle | NameEnd::UseCount => "gone",
            };
            several([
                ("view left", kept.to_owned()),
                ("nothing left", "gone".to_owned()),
                ("killed", "gone".to_owned()),
            ])
        },
        measure: |stage| {
            let state = |stage: &mut Stage| -> Result<String, LabError> {
                let existed = stage.ask(1, named("name"))?.existed;
                stage.ask(1, close("name"))?;
                Ok(if existed { "there" } else { "gone" }.to_owned())
            };
            stage.ask(0, named("name"))?;
            stage.ask(0, map("v", "name", FILE_MAP_READ))?;
            stage.ask(0, close("name"))?;
            let with_view = state(stage)?;
            stage.ask(
                0,
                Ask::Unmap {
                    view: "v".to_owned(),
                    more: 0,
                },
            )?;
            let without = state(stage)?;
            stage.ask(0, named("name"))?;
            stage.ask(0, map("v", "name", FILE_MAP_READ))?;
            stage.kill(0)?;
            let killed = state(stage)?;
            Ok(several([
                ("view left", with_view),
                ("nothing left", without),
                ("killed", killed),
            ]))
        },
    },
    Check {
        clause: "P-60",
        behaviour: "who may open an object without a descriptor",
        expected: |p| match p.security.is {
            Security::Enforced => "its owner".to_owned(),
            Security::Ignored | Security::None => "everybody".to_owned(),
        },
        measure: |stage| {
            stage.service(0);
            stage.user(1, 0, "0")?;
            stage.ask(0, named("name"))?;
            if stage.has_users() {
                let told = stage.ask(1, named("name"))?;
                return Ok(match (told.code, told.existed) {
                    (5, _) => "its owner".to_owned(),
                    (0, true) => "everybody".to_owned(),
                    (0, false) => "there are two".to_owned(),
                    (code, _) => of_code(code),
                });
            }
            // Nobody else is there to try: what the kernel would say to others.
            let told = stage.ask(0, Ask::Mode)?;
            Ok(match told.number {
                _ if told.code != 0 => of_code(told.code), // objects are no files there
                0o600 => "its owner".to_owned(),
                0o666 => "everybody".to_owned(),
                mode => format!("mode {mode:o}"),
            })
        },
    },
    Check {
        clause: "P-38",
        behaviour: "CreatePrivateNamespace",
        expected: |p| of_code(if p.private_namespaces.is.yes() { 0 } else { 127 }),
        measure: |stage| {
            let name = "lab".to_owned();
            Ok(of_code(stage.code(0, Ask::CreatePrivate { name })?))
        },
    },
    Check {
        clause: "P-62",
        behaviour: "SignalObjectAndWait",
        expected: |p| of_code(if p.signal_object_and_wait.is.yes() { 0 } else { 120 }),
        measure: |stage| Ok(of_code(stage.code(0, Ask::SignalAndWait)?)),
    },
];

//! Names, name spaces, sessions, ends of names.

use super::*;
use crate::outcome::{of_code, of_number, several};
use filemap::Kind;
use filemap::core::profile::{
    Backslash, EmptyName, GlobalPrivilege, NameEnd, NameScope, NameSpaces, OtherKind, Prefixes, Security,
};

fn become_(session: Option<u32>, logon: Option<u32>, may_create_global: Option<bool>) -> Ask {
    Ask::Become {
        session,
        logon,
        may_create_global,
    }
}

fn named(name: &str) -> Ask {
    memory(name, Some(name), 4096, READWRITE)
}

/// Whether process 1 finds by `name` what process 0 created under `made`; by creating, which every platform has.
fn meets(stage: &mut Stage, made: &str, name: &str) -> Result<bool, LabError> {
    stage.ask(0, named(made))?;
    Ok(stage.ask(1, named(name))?.existed)
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
        behaviour: "plain names of two sessions",
        expected: |p| match p.name_scope.is {
            NameScope::Machine => "meet".to_owned(),
            NameScope::Session | NameScope::SessionServicesApart => "do not meet".to_owned(),
        },
        measure: |stage| {
            stage.ask(0, become_(Some(1), None, None))?;
            stage.ask(1, become_(Some(2), None, None))?;
            Ok(match meets(stage, "plain", "plain")? {
                true => "meet".to_owned(),
                false => "do not meet".to_owned(),
            })
        },
    },
    Check {
        clause: "P-34",
        behaviour: "the first user who logs on, and a service",
        expected: |p| match (p.user_session(0), p.user_shares_session_zero.is.yes()) {
            (None, _) => "session 0; plain names meet".to_owned(),
            (Some(n), true) => format!("session {n}; plain names meet"),
            (Some(n), false) => format!("session {n}; plain names do not meet"),
        },
        measure: |stage| {
            stage.ask(0, become_(Some(0), None, None))?;
            stage.ask(1, become_(None, Some(0), None))?;
            let session = stage.ask(1, Ask::Session)?.number;
            let meet = match meets(stage, "plain", "plain")? {
                true => "meet",
                false => "do not meet",
            };
            Ok(format!("session {session}; plain names {meet}"))
        },
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
            stage.ask(0, become_(Some(3), None, Some(false)))?;
            stage.ask(1, become_(Some(0), None, None))?;
            let create = stage.code(0, named(r"Global\new"))?;
            let other = stage.code(1, named(r"Global\old"))?;
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
        behaviour: "the name when handles are closed and a view is left, then not, then after a kill",
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
        behaviour: "who may open an object without a descriptor, as the kernel sees it",
        expected: |p| match p.security.is {
            Security::Enforced => "its owner".to_owned(),
            Security::Ignored | Security::None => "everybody".to_owned(),
        },
        measure: |stage| {
            stage.ask(0, named("name"))?;
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

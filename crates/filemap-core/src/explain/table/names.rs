//! Names and handles: 0, 2, 3, 6, 123, 127, 161, 183, 206.

use super::super::args::{Facts, HandleKind, Shape};
use super::super::call::{ANY, BY_HANDLE, CREATE, CREATES, NAMED, OPENS};
use super::super::{Call, NtStatus};
use super::{Cause, Judgement, always, causes, decide, suspect};
use crate::error::Win32Code;
use crate::profile::{Backslash, NameSpaces, Prefixes};
use alloc::format;
use alloc::string::String;

/// Whether the call's handle is of this kind.
fn handle_is(f: &Facts<'_>, kind: HandleKind) -> Option<bool> {
    f.args.handle.map(|handle| handle == kind)
}

fn other_session(f: &Facts<'_>) -> Judgement {
    if f.profile().first_user_session.is.0.is_none() {
        return Judgement::Excluded;
    }
    match (f.args.session, f.shape()) {
        (Some(0), _) | (_, Some(Shape::Global)) => Judgement::Excluded,
        (Some(session), Some(Shape::Local { .. })) => Judgement::Likely(format!(
            r"it was looked for in \Sessions\{session}\BaseNamedObjects; services make theirs in \BaseNamedObjects, and other users in their own sessions"
        )),
        _ => Judgement::Possible,
    }
}

fn no_prefixes(f: &Facts<'_>) -> Judgement {
    let refused = matches!(
        f.profile().prefixes.is,
        Prefixes::Refused(Win32Code::PATH_NOT_FOUND)
    );
    let uses = f.shape().map(|shape| {
        matches!(
            shape,
            Shape::Global | Shape::Session(_) | Shape::Local { prefix: true }
        )
    });
    match refused {
        true => decide(uses, || format!("{} has no prefixes", f.profile().title)),
        false => Judgement::Excluded,
    }
}

fn prefix_case(f: &Facts<'_>) -> Judgement {
    match f.shape() {
        Some(Shape::PrefixCase { given, right }) => {
            Judgement::Certain(format!(r"`{given}\` was given, `{right}\` is right"))
        }
        Some(_) => Judgement::Excluded,
        None => Judgement::Possible,
    }
}

fn unknown_prefix(f: &Facts<'_>) -> Judgement {
    match f.shape() {
        Some(Shape::UnknownPrefix(part) | Shape::Nested(part)) => {
            Judgement::Certain(format!(r"there is no `{part}\` there"))
        }
        Some(_) => Judgement::Excluded,
        None => Judgement::Possible,
    }
}

fn absent_session(f: &Facts<'_>) -> Judgement {
    match f.shape() {
        Some(Shape::Session(number)) => Judgement::Likely(format!("nobody is logged on in session {number}")),
        Some(_) => Judgement::Excluded,
        None => Judgement::Possible,
    }
}

fn other_kind(f: &Facts<'_>) -> Judgement {
    let unnamed = f.args.name == Some(None) || matches!(f.shape(), Some(Shape::Directory | Shape::Empty));
    if unnamed || f.profile().name_spaces.is == NameSpaces::PerType {
        return Judgement::Excluded;
    }
    match (f.args.name_held_by, f.args.exists) {
        (Some(kind), _) => Judgement::Certain(format!("{} has this name", kind.article_name())),
        (None, Some(true)) => Judgement::Excluded,
        (None, _) => Judgement::Possible,
    }
}

fn directory(f: &Facts<'_>) -> Judgement {
    let opens = f.call.is_none_or(Call::opens);
    decide(
        f.shape()
            .map(|shape| matches!(shape, Shape::Directory) || opens && matches!(shape, Shape::Empty)),
        || match f.name() {
            Some("") => String::from("the empty name is the directory itself"),
            name => format!("`{}` is a directory", name.unwrap_or_default()),
        },
    )
}

causes! { NAMES;
    "not-held-here" FILE_NOT_FOUND [OBJECT_NAME_NOT_FOUND] OPENS;
        "nobody holds an object of that name in the directory that was looked in";
        "start its creator first, and let it keep a handle open: a view alone does not keep the name"; ["O-9", "O-40", "N-69"]
        always;
    "other-session" FILE_NOT_FOUND [OBJECT_NAME_NOT_FOUND] OPENS;
        "the object may be in another session's directory";
        "let a service create it as Global\\, and open it as Global\\"; ["N-61", "N-33", "N-69"] other_session;
    "other-case" FILE_NOT_FOUND [OBJECT_NAME_NOT_FOUND] OPENS;
        "names are compared with their case, and the object may be spelt differently";
        "compare the two spellings, spaces too"; ["O-60", "N-69"] always;

    "no-prefixes" PATH_NOT_FOUND [OBJECT_PATH_NOT_FOUND] NAMED;
        "this platform has no prefixes, so a backslash leads nowhere"; "leave the prefix out: there is one name space for all";
        ["P-30", "N-12"] no_prefixes;
    "prefix-case" PATH_NOT_FOUND [OBJECT_PATH_NOT_FOUND] NAMED;
        "prefixes are compared with their case"; "write Global\\, Local\\ or Session\\ exactly so"; ["O-61", "N-69"] prefix_case;
    "unknown-prefix" PATH_NOT_FOUND [OBJECT_PATH_NOT_FOUND] NAMED;
        "the part before the backslash does not exist";
        "write Global\\ or Local\\, open the private name space of that alias first, or use no backslash";
        ["O-65", "N-70", "N-69"] unknown_prefix;
    "absent-session" PATH_NOT_FOUND [OBJECT_PATH_NOT_FOUND] NAMED;
        "there is no such session"; "leave Session\\ to the system and use Global\\"; ["O-65", "F-3"] absent_session;
    "no-private-namespace" PATH_NOT_FOUND [OBJECT_PATH_NOT_FOUND] &[Call::OpenPrivateNamespace];
        "nobody has a private name space with this boundary, or it was destroyed";
        "create it first; name, SIDs and label of the boundary must be the same"; ["N-71", "N-73"] always;
    "file-path" PATH_NOT_FOUND [OBJECT_PATH_NOT_FOUND] &[Call::CreateFile, Call::CreateFileForMapping, Call::DeleteFile];
        "a directory in the file's path does not exist"; "check the path"; ["O-9"] always;
    "file-absent" FILE_NOT_FOUND [OBJECT_NAME_NOT_FOUND] &[Call::CreateFile, Call::CreateFileForMapping, Call::DeleteFile];
        "there is no such file"; "check the path; an object's name is not a file's name"; ["P-40"] always;

    "not-a-file-handle" INVALID_HANDLE [INVALID_HANDLE] CREATE;
        "hFile is not a handle of this process";
        "check what CreateFile returned (it fails with -1, not with NULL); for shared memory pass INVALID_HANDLE_VALUE"; ["M-5", "O-13"]
        |f| match f.args.has_file {
            Some(false) => Judgement::Excluded,
            _ => decide(handle_is(f, HandleKind::NoHandle), || String::from("hFile is no handle")),
        };
    "file-handle-of-another-kind" INVALID_HANDLE [OBJECT_TYPE_MISMATCH] CREATE;
        "hFile is a handle, but not of a file"; "pass the handle that CreateFile returned"; ["M-5", "O-16"]
        |f| match f.args.has_file {
            Some(false) => Judgement::Excluded,
            _ => decide(handle_is(f, HandleKind::OtherKind), || String::from("hFile is a handle of another kind")),
        };
    "name-is-a-directory" INVALID_HANDLE [OBJECT_TYPE_MISMATCH] NAMED;
        "this names a directory, not an object"; "put a name after the prefix"; ["O-64", "O-65", "F-3"] directory;
    "name-of-another-kind" INVALID_HANDLE [OBJECT_TYPE_MISMATCH] NAMED;
        "an object of another kind has this name; all kinds share one name space";
        "take another name, with the kind in it: EV_ for an event, FM_ for a file mapping"; ["O-3", "O-5"] other_kind;
    "not-a-handle" INVALID_HANDLE [INVALID_HANDLE] BY_HANDLE;
        "that number is no handle in this process: never opened, closed already, or another process's";
        "check for NULL after Create and Open; pass a name or duplicate the handle, not its number"; ["O-12", "O-14", "F-5"]
        |f| decide(handle_is(f, HandleKind::NoHandle), || String::from("the handle is not open"));
    "handle-of-another-kind" INVALID_HANDLE [OBJECT_TYPE_MISMATCH] BY_HANDLE;
        "the handle belongs to an object of another kind"; "pass a handle of the kind that the call is for"; ["O-16", "Y-36"]
        |f| decide(handle_is(f, HandleKind::OtherKind), || String::from("the handle is of another kind"));
    "pseudo-handle" INVALID_HANDLE [INVALID_HANDLE] &[Call::WaitForMultipleObjects];
        "a pseudo handle, as GetCurrentProcess returns it, is not taken in a wait for several objects";
        "duplicate it into a real handle"; ["F-5"] always;
    "handle-protected" INVALID_HANDLE [HANDLE_NOT_CLOSABLE] &[Call::CloseHandle];
        "the handle is protected from being closed"; "take the protection off with SetHandleInformation"; ["O-14"] always;

    "name-too-long" INVALID_NAME [OBJECT_NAME_INVALID] NAMED;
        "the name has more UTF-16 units than a name can have"; "take a shorter name"; ["O-63"]
        |f| match f.shape() {
            Some(Shape::TooLong(units)) => Judgement::Certain(format!("it has {units} units, 32766 are allowed")),
            Some(_) => Judgement::Excluded,
            None => Judgement::Possible,
        };
    "empty-part" INVALID_NAME [OBJECT_NAME_INVALID] NAMED;
        "the name has an empty part"; "write one backslash between prefix and name, and a name after it"; ["O-65", "F-3"]
        |f| decide(f.shape().map(|shape| shape == Shape::EmptyPart), || String::from("two backslashes meet, or nothing follows the last"));
    "backslash-in-name" INVALID_NAME [] NAMED;
        "this platform allows no backslash in a name"; "leave the prefix out: there is one name space for all"; ["N-12"]
        |f| match f.profile().backslash_in_name.is {
            Backslash::Refused(_) => decide(f.name().map(|name| name.contains('\\')), || String::from("the name has one")),
            _ => Judgement::Excluded,
        };
    "leading-backslash" BAD_PATHNAME [OBJECT_PATH_SYNTAX_BAD] NAMED;
        "a name must not begin with a backslash"; "drop it; kernel paths cannot be given to Win32 calls"; ["O-65"] always;
    "name-too-long-ansi" FILENAME_EXCED_RANGE [NAME_TOO_LONG] NAMED;
        "the name does not fit the buffer of an A function"; "shorten it below 260 characters, or call the W function"; ["O-63", "F-4"]
        always;

    "already-exists" ALREADY_EXISTS [OBJECT_NAME_EXISTS] CREATES;
        "the call succeeded, but somebody else had created the object: size, protection and security are theirs";
        "if you expected to be first, it is a second instance or a squatter; close the handle or use a private name space";
        ["O-4", "O-67", "M-40"]
        |f| suspect(f.args.exists, || String::from("the object was there before"));
    "private-namespace-exists" ALREADY_EXISTS [OBJECT_NAME_COLLISION] &[Call::CreatePrivateNamespace];
        "a private name space with this boundary exists"; "open it with OpenPrivateNamespace"; ["N-73"] always;
    "file-exists" FILE_EXISTS [] &[Call::CreateFile, Call::CreateFileForMapping];
        "the file is there, and CREATE_NEW was asked for"; "use OPEN_ALWAYS or another path"; ["M-1"] always;
    "no-such-function" PROC_NOT_FOUND [PROCEDURE_NOT_FOUND] ANY;
        "this platform does not have that function";
        "look at `filemap lab` for what it has; Windows CE has no MapViewOfFileEx and no OpenFileMapping"; ["P-20", "P-45"] always;
}

/// The number 0, which is no error.
pub(super) const SUCCESS: &[Cause] = &[
    Cause {
        id: "created",
        code: Win32Code(0),
        statuses: &[],
        calls: CREATES,
        words: "it was really created; Create* sets the last error to 0 to say so",
        remedy: "",
        clauses: &["M-40", "O-6"],
        fits: always,
    },
    Cause {
        id: "done",
        code: Win32Code(0),
        statuses: &[],
        calls: ANY,
        words: "nothing failed",
        remedy: "look at the last error only after a call has returned its failure value",
        clauses: &["E-1"],
        fits: always,
    },
];

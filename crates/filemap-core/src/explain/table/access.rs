//! Rights, privileges and security descriptors: 5, 1300 to 1346.

use super::super::args::{Facts, Shape, page_name, right_names, section_rights};
use super::super::call::{ANY, CHANGES, CREATE, CREATES, MAP, OPENS, WAITS};
use super::super::{Call, NtStatus};
use super::{Cause, Judgement, always, causes, decide, suspect};
use crate::access::{ACCESS_SYSTEM_SECURITY, FileMapAccess, MAXIMUM_ALLOWED, SYNCHRONIZE};
use crate::access::{Page, SectionFlags};
use crate::error::Win32Code;
use crate::profile::{DeleteMapped, GlobalPrivilege, Has, Security};
use alloc::format;
use alloc::string::String;

const GENERIC: [(u32, &str); 3] = [
    (0x8000_0000, "GENERIC_READ"),
    (0x4000_0000, "GENERIC_WRITE"),
    (0x2000_0000, "GENERIC_EXECUTE"),
];

/// `GENERIC_` rights that a file handle lacks for this protection (M-12), by name; `None` if it is not known.
pub(super) fn file_lacks(f: &Facts<'_>) -> Option<String> {
    let (page, given) = (f.page()?, f.args.file_access?);
    let writes = Page::READWRITE.union(Page::EXECUTE_READWRITE).has(page);
    let runs = Page::EXECUTE_READ
        .union(Page::EXECUTE_READWRITE)
        .union(Page::EXECUTE_WRITECOPY)
        .has(page);
    let given = if given & 0x1000_0000 != 0 {
        0xF000_0000
    } else {
        given
    };
    let needed = [true, writes, runs];
    let lacking = GENERIC
        .iter()
        .zip(needed)
        .filter(|((bit, _), needed)| *needed && given & bit == 0);
    let names: alloc::vec::Vec<&str> = lacking.map(|((_, name), _)| *name).collect();
    Some(names.join(", "))
}

fn file_right_missing(f: &Facts<'_>) -> Judgement {
    if f.args.has_file == Some(false) || f.profile().file_right_missing.is.0 != Some(Win32Code::ACCESS_DENIED)
    {
        return Judgement::Excluded;
    }
    let lacking = file_lacks(f);
    decide(lacking.as_ref().map(|names| !names.is_empty()), || {
        format!(
            "{} needs {} too",
            page_name(f.page().unwrap_or(0)),
            lacking.unwrap_or_default()
        )
    })
}

fn security_is_off(f: &Facts<'_>) -> bool {
    f.profile().security.is != Security::Enforced
}

fn existing_refuses(f: &Facts<'_>) -> Judgement {
    if f.args.name == Some(None) || security_is_off(f) {
        return Judgement::Excluded;
    }
    suspect(f.args.exists, || {
        String::from(
            "the object was there before, and Create* asks for DELETE, WRITE_DAC and WRITE_OWNER on it too",
        )
    })
}

fn global_creation(f: &Facts<'_>) -> Judgement {
    let no_check = f.profile().global_privilege.is != GlobalPrivilege::Needed;
    if no_check
        || f.args.exists == Some(true)
        || f.args.create_global == Some(true)
        || f.args.session == Some(0)
    {
        return Judgement::Excluded;
    }
    let known =
        f.args.session.is_some() && f.args.create_global == Some(false) && f.args.exists == Some(false);
    match (f.shape(), known) {
        (None, _) => Judgement::Possible,
        (Some(Shape::Global), true) => {
            Judgement::Certain(String::from("the privilege is not held, and the name is new"))
        }
        (Some(Shape::Global), false) => Judgement::Likely(String::from("the name is in Global")),
        (Some(_), _) => Judgement::Excluded,
    }
}

fn directory_refuses(f: &Facts<'_>) -> Judgement {
    match f.args.exists == Some(true)
        || f.args.name == Some(None)
        || f.profile().integrity_levels.is == Has::No
    {
        true => Judgement::Excluded,
        false => Judgement::Possible,
    }
}

/// Bits of an access mask that mean nothing for the kind that the call opens (O-10, O-11, F-16).
fn invalid_bits(f: &Facts<'_>) -> Option<u32> {
    let specific = match f.call? {
        Call::OpenFileMapping => 0x3F,
        Call::OpenMutex => 0x1 | SYNCHRONIZE,
        Call::OpenJobObject => 0x3F | SYNCHRONIZE,
        Call::OpenEvent | Call::OpenSemaphore | Call::OpenWaitableTimer => 0x3 | SYNCHRONIZE,
        _ => return None,
    };
    let everywhere = 0xF000_0000 | 0x000F_0000 | MAXIMUM_ALLOWED | ACCESS_SYSTEM_SECURITY;
    f.args.access.map(|access| access & !(specific | everywhere))
}

fn access_invalid(f: &Facts<'_>) -> Judgement {
    let bits = invalid_bits(f);
    decide(bits.map(|bits| bits != 0), || match bits {
        Some(SYNCHRONIZE) => {
            String::from("SYNCHRONIZE is no right of a file mapping: it cannot be waited on")
        }
        bits => format!("bits {:#x} mean nothing here", bits.unwrap_or(0)),
    })
}

fn all_access(f: &Facts<'_>) -> Judgement {
    if security_is_off(f) {
        return Judgement::Excluded;
    }
    suspect(
        f.args.access.map(|access| {
            section_rights(access, f.profile()) & 0xD_0000 != 0 && invalid_bits(f).unwrap_or(0) == 0
        }),
        || match f.args.access {
            Some(access) if access == FileMapAccess::ALL_ACCESS.bits() => String::from(
                "FILE_MAP_ALL_ACCESS asks for DELETE, WRITE_DAC and WRITE_OWNER too; by default only the creator and SYSTEM have them",
            ),
            access => format!(
                "{} were asked for too",
                right_names(section_rights(access.unwrap_or(0), f.profile()) & 0xD_0000)
            ),
        },
    )
}

fn dacl_refuses(f: &Facts<'_>) -> Judgement {
    match f.args.access {
        _ if security_is_off(f) => Judgement::Excluded,
        None => Judgement::Possible,
        Some(0) => Judgement::Excluded,
        Some(_) if invalid_bits(f).unwrap_or(0) != 0 => Judgement::Excluded,
        Some(access) if section_rights(access, f.profile()) & 0xD_0000 != 0 => Judgement::Possible,
        Some(access) if f.call == Some(Call::OpenFileMapping) => Judgement::Likely(format!(
            "{} may not be had by this caller",
            right_names(section_rights(access, f.profile()))
        )),
        Some(access) => Judgement::Likely(format!("{access:#x} may not be had by this caller")),
    }
}

/// Rights that the view needs and the handle lacks.
pub(super) fn handle_lacks(f: &Facts<'_>) -> Option<u32> {
    Some(f.rights_for_view()? & !f.handle_rights()?)
}

fn right_missing(f: &Facts<'_>) -> Judgement {
    if let Some(lacking) = handle_lacks(f) {
        return decide(Some(lacking != 0), || {
            format!("it lacks {}", right_names(lacking))
        });
    }
    let weak = f.profile().write_view_on_readonly_object.is.0 == Some(Win32Code::ACCESS_DENIED);
    let read_only = f
        .object_page()
        .map(|page| Page::READONLY.union(Page::WRITECOPY).has(page));
    match (f.view_writes(), read_only) {
        (Some(true), Some(true)) if weak => Judgement::Likely(String::from(
            "the object is read-only, so the handle that CreateFileMapping gave has no SECTION_MAP_WRITE",
        )),
        _ => Judgement::Possible,
    }
}

fn page_constant(f: &Facts<'_>) -> Judgement {
    let (given, page) = match f.args.handle_access {
        None => return Judgement::Possible,
        Some(0x2) => ("FILE_MAP_WRITE", "PAGE_READONLY"),
        Some(0x4) => ("FILE_MAP_READ", "PAGE_READWRITE"),
        Some(_) => return Judgement::Excluded,
    };
    suspect(handle_lacks(f).map(|lacking| lacking != 0), || {
        format!(
            "the handle was opened with {:#x}: {given}, but also the value of {page}",
            f.args.handle_access.unwrap_or(0)
        )
    })
}

fn view_too_large(f: &Facts<'_>) -> Judgement {
    let (Some(size), Some(offset)) = (f.args.object_size, f.args.offset.or(f.args.len.map(|_| 0))) else {
        return Judgement::Possible;
    };
    let rounded = size.checked_next_multiple_of(4096).unwrap_or(size);
    let limit = if f.args.has_file == Some(false) {
        rounded
    } else {
        size
    };
    let end = offset.saturating_add(f.args.len.unwrap_or(0));
    if end > size && end <= rounded && f.args.has_file.is_none() && offset < size {
        return Judgement::Likely(format!("it would end at byte {end}, a file has {size}"));
    }
    decide(Some(end > limit || offset >= limit), || {
        format!("it would end at byte {end}, the object has {limit}")
    })
}

fn already_committed(f: &Facts<'_>) -> Judgement {
    decide(f.args.object_reserved.map(|reserved| !reserved), || {
        String::from("the object was not created with SEC_RESERVE, or it has a file")
    })
}

fn no_synchronize(f: &Facts<'_>) -> Judgement {
    decide(
        f.args
            .handle_access
            .map(|access| access & (SYNCHRONIZE | 0x2000_0000 | 0x1000_0000) == 0),
        || {
            format!(
                "the handle was opened with {:#x}",
                f.args.handle_access.unwrap_or(0)
            )
        },
    )
}

fn no_exec(f: &Facts<'_>) -> Judgement {
    let runs = match f.call {
        Some(Call::MapViewOfFile) => f
            .args
            .access
            .map(|access| access & FileMapAccess::EXECUTE.bits() != 0),
        _ => f.page().map(|page| page & 0xF0 != 0),
    };
    match runs {
        Some(false) => Judgement::Excluded,
        _ => Judgement::Possible,
    }
}

fn large_pages(f: &Facts<'_>) -> Judgement {
    decide(
        f.sec().map(|sec| sec & SectionFlags::LARGE_PAGES.bits() != 0),
        || String::from("SEC_LARGE_PAGES was asked for"),
    )
}

fn delete_mapped(f: &Facts<'_>) -> Judgement {
    match f.profile().delete_mapped_file.is {
        DeleteMapped::Refused(Win32Code::ACCESS_DENIED) => {
            Judgement::Likely(String::from("on this platform a mapped file cannot be deleted"))
        }
        DeleteMapped::NameGoes => Judgement::Possible, // only where the file system has no POSIX delete
        _ => Judgement::Excluded,
    }
}

causes! { ACCESS;
    "file-right-missing" ACCESS_DENIED [ACCESS_DENIED] CREATE;
        "the file was opened without a right that the page protection needs";
        "open the file with GENERIC_READ, for PAGE_READWRITE also with GENERIC_WRITE, for PAGE_EXECUTE_ also with GENERIC_EXECUTE";
        ["M-12"] file_right_missing;
    "global-creation" ACCESS_DENIED [ACCESS_DENIED] CREATE;
        "a new file mapping in Global\\ needs SeCreateGlobalPrivilege, or session 0";
        "let a service create it with a DACL and only open it, run elevated, or use Local\\"; ["N-41", "N-44", "M-62", "N-67"]
        global_creation;
    "existing-refuses" ACCESS_DENIED [ACCESS_DENIED] CREATES;
        "an object of that name exists, and its DACL refuses what Create* asks for";
        "use Open* with only the rights that are needed"; ["O-7", "A-21"] existing_refuses;
    "directory-refuses" ACCESS_DENIED [ACCESS_DENIED] CREATES;
        "the directory of the session lets this caller create nothing: a service that impersonates, or an AppContainer outside of its own";
        "create before impersonating"; ["N-48", "A-45"] directory_refuses;
    "all-access" ACCESS_DENIED [ACCESS_DENIED] OPENS;
        "the object is there, but more was asked for than a client needs";
        "ask for FILE_MAP_READ or FILE_MAP_READ | FILE_MAP_WRITE; let the creator set a DACL that grants it"; ["O-19", "A-20", "N-64"]
        all_access;
    "dacl-refuses" ACCESS_DENIED [ACCESS_DENIED] OPENS;
        "the object is there, but its DACL or its integrity label does not let this caller have what it asked for";
        "let the creator set a DACL, as in D:(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x0006;;;IU); an unelevated administrator counts as a user";
        ["A-22", "A-23", "A-41", "N-65"] dacl_refuses;
    // Seldom: last, where nothing is known of the arguments.
    "access-empty" ACCESS_DENIED [ACCESS_DENIED] OPENS;
        "the access mask is empty"; "ask for FILE_MAP_READ or FILE_MAP_WRITE"; ["O-10"]
        |f| decide(f.args.access.map(|access| access == 0), || String::from("dwDesiredAccess is 0"));
    "access-invalid" ACCESS_DENIED [ACCESS_DENIED] OPENS;
        "the access mask has bits that this kind of object does not know"; "ask only for rights of this kind"; ["O-10", "O-11", "F-16"]
        access_invalid;

    "handle-lacks-right" ACCESS_DENIED [ACCESS_DENIED] MAP;
        "the handle lacks a right that this view needs"; "open the object with that access: rights are exact, write does not include read";
        ["V-10", "M-84", "V-11"] right_missing;
    "page-constant-as-access" ACCESS_DENIED [ACCESS_DENIED] MAP;
        "a PAGE_ constant may have been passed as access when the object was opened";
        "pass FILE_MAP_ constants to OpenFileMapping"; ["M-87"] page_constant;
    "view-too-large" ACCESS_DENIED [INVALID_VIEW_SIZE] MAP;
        "the view does not fit in the object; this is not about permission";
        "use length 0, or ask for the object's real size: it keeps the first creator's"; ["V-4", "V-5"] view_too_large;
    "no-exec" ACCESS_DENIED [ACCESS_DENIED] &[Call::CreateFileMapping, Call::MapViewOfFile];
        "on Linux: the place where the object lives may be mounted noexec"; "remount it with exec, or set FILEMAP_ROOT to another tmpfs";
        ["V-15"] no_exec;
    "already-committed" ACCESS_DENIED [ALREADY_COMMITTED] &[Call::VirtualAlloc];
        "these pages are there already; this is not about permission"; "only objects with SEC_RESERVE and without a file can be committed";
        ["V-52"] already_committed;
    "no-synchronize" ACCESS_DENIED [ACCESS_DENIED] WAITS;
        "the handle lacks SYNCHRONIZE, or belongs to a file mapping, which cannot be waited on";
        "open the object with SYNCHRONIZE; wait on an event beside the file mapping"; ["Y-2", "Y-34", "O-11"] no_synchronize;
    "no-modify-right" ACCESS_DENIED [ACCESS_DENIED] CHANGES;
        "the handle may not change the object"; "open it with EVENT_MODIFY_STATE, SEMAPHORE_MODIFY_STATE or TIMER_MODIFY_STATE"; ["Y-2", "O-16"]
        |f| decide(f.args.handle_access.map(|access| access & (0x2 | 0x4000_0000 | 0x1000_0000) == 0), || String::from("it has no MODIFY_STATE"));
    "duplicate-more" ACCESS_DENIED [ACCESS_DENIED] &[Call::DuplicateHandle];
        "the copy was to have rights that the source lacks and the object does not grant, or the process may not be reached";
        "use DUPLICATE_SAME_ACCESS, or ask for less"; ["O-24", "O-26", "F-15"] always;
    "delete-mapped" ACCESS_DENIED [CANNOT_DELETE] &[Call::DeleteFile];
        "somebody has this file mapped, so it cannot be deleted"; "unmap all views and close all mapping handles on it"; ["V-60", "P-61"]
        delete_mapped;
    "delete-refused" ACCESS_DENIED [ACCESS_DENIED] &[Call::DeleteFile, Call::CreateFile, Call::CreateFileForMapping];
        "the file's own security, its read-only attribute, or its being a directory forbids it"; "grant access to the file"; ["V-60"] always;
    "outside-boundary" ACCESS_DENIED [ACCESS_DENIED] &[Call::CreatePrivateNamespace];
        "the boundary has a SID that the caller's token has not"; "add only SIDs that the creator has"; ["N-72", "N-73"] always;
    "namespace-refuses" ACCESS_DENIED [ACCESS_DENIED] &[Call::OpenPrivateNamespace];
        "the private name space's DACL or integrity label refuses this caller"; "let its creator pass a DACL"; ["N-72", "N-73"] always;
    "descriptor-right" ACCESS_DENIED [ACCESS_DENIED] &[Call::SetSecurityInfo];
        "the handle has no WRITE_DAC, WRITE_OWNER or READ_CONTROL"; "open the object with it; its owner always may"; ["A-7", "A-3"] always;

    "large-pages-privilege" PRIVILEGE_NOT_HELD [PRIVILEGE_NOT_HELD] CREATE;
        "SEC_LARGE_PAGES needs SeLockMemoryPrivilege, enabled"; "grant and enable it, or do without large pages"; ["M-14", "M-50"] large_pages;
    "sacl-privilege" PRIVILEGE_NOT_HELD [PRIVILEGE_NOT_HELD] &[
        Call::OpenFileMapping, Call::OpenEvent, Call::OpenMutex, Call::OpenSemaphore, Call::OpenWaitableTimer, Call::OpenJobObject,
        Call::SetSecurityInfo];
        "reading or changing a SACL needs SeSecurityPrivilege; creating in Global\\ would give 5, not this number";
        "enable it, or do not ask for ACCESS_SYSTEM_SECURITY"; ["A-7", "O-10"]
        |f| decide(f.args.access.map(|access| access & ACCESS_SYSTEM_SECURITY != 0), || String::from("ACCESS_SYSTEM_SECURITY was asked for"));
    "not-all-assigned" NOT_ALL_ASSIGNED [NOT_ALL_ASSIGNED] &[Call::AdjustTokenPrivileges];
        "the call succeeded, but the token does not have every privilege that was to be enabled"; "grant it to the account, or run elevated";
        ["N-41", "N-44"] always;
    "bad-impersonation" BAD_IMPERSONATION_LEVEL [BAD_IMPERSONATION_LEVEL] ANY;
        "the thread impersonates at a level that says who, but does not let it act for them"; "ask the client for SecurityImpersonation"; ["N-48"]
        always;
    "descriptor-revision" UNKNOWN_REVISION [UNKNOWN_REVISION] ANY;
        "the security descriptor has an unknown revision: most likely it points at something else, or was never initialised";
        "call InitializeSecurityDescriptor, or build it from SDDL"; ["F-17", "A-5"] always;
    "revision-mismatch" REVISION_MISMATCH [REVISION_MISMATCH] ANY;
        "two versions of a structure do not go together; here also: the object was made by another version of filemap";
        "use the same version on both sides"; ["A-5"] always;
    "invalid-owner" INVALID_OWNER [INVALID_OWNER] ANY;
        "this SID may not own an object made by this caller"; "use the user's own SID or a group that is marked as owner"; ["A-3"] always;
    "invalid-group" INVALID_PRIMARY_GROUP [INVALID_PRIMARY_GROUP] ANY;
        "this SID cannot be a primary group"; "use a group of the caller's token"; ["A-1"] always;
    "none-mapped" NONE_MAPPED [NONE_MAPPED] ANY;
        "no account has that name or SID"; "check the spelling; write well-known SIDs as two letters (SY, BA, IU) or in full (S-1-5-18)"; ["A-34"] always;
    "acl-malformed" INVALID_ACL [INVALID_ACL] &[Call::CreateFileMapping, Call::ConvertStringSecurityDescriptorToSecurityDescriptor,
        Call::SetSecurityInfo];
        "the access control list is malformed"; "check each ACE: (type;flags;rights;;;sid)"; ["A-30", "A-31", "M-50"] always;
    "sid-malformed" INVALID_SID [INVALID_SID] &[Call::CreateFileMapping, Call::ConvertStringSecurityDescriptorToSecurityDescriptor,
        Call::SetSecurityInfo, Call::CreatePrivateNamespace];
        "a SID is malformed"; "write it as two letters (SY, BA, IU) or in full (S-1-5-18)"; ["A-34"] always;
    "descriptor-malformed" INVALID_SECURITY_DESCR [INVALID_SECURITY_DESCR] &[Call::CreateFileMapping,
        Call::ConvertStringSecurityDescriptorToSecurityDescriptor, Call::SetSecurityInfo];
        "the security descriptor is malformed"; "check the SDDL text: O: G: D: S:, each at most once"; ["A-30", "M-50"] always;
}

//! Arguments that no object could have helped: 87, 193, 998, 1006, 1132 and their kin.

use super::super::args::{Facts, FileKind, page_name};
use super::super::call::{ANY, CREATE, MAP, OPENS};
use super::super::{Call, NtStatus};
use super::access::{file_lacks, handle_lacks};
use super::{Cause, Judgement, always, causes, decide, suspect};
use crate::access::{Page, SectionFlags};
use crate::error::Win32Code;
use crate::profile::{Answer, FlushZero};
use crate::view::GRANULARITY;
use alloc::format;
use alloc::string::String;

const REFUSED: Win32Code = Win32Code::INVALID_PARAMETER;

fn page_protection(f: &Facts<'_>) -> Judgement {
    decide(
        f.page().map(|page| f.profile().accepts_protection(page).is_err()),
        || {
            format!(
                "{} is not among those of {}",
                page_name(f.page().unwrap_or(0)),
                f.profile().title
            )
        },
    )
}

fn size_missing(f: &Facts<'_>) -> Judgement {
    match (f.args.has_file, f.args.size) {
        (Some(false), Some(0)) => {
            Judgement::Certain(String::from("both size parts are 0, and there is no file"))
        }
        (Some(true), _) => Judgement::Excluded,
        (_, Some(size)) if size > 0 => Judgement::Excluded,
        _ => Judgement::Possible,
    }
}

/// Whether these `SEC_` flags go together (M-14).
fn sec_flags_agree(sec: u32) -> bool {
    let has = |flag: SectionFlags| sec & flag.bits() != 0;
    let committed = has(SectionFlags::COMMIT);
    let reserved = has(SectionFlags::RESERVE);
    if has(SectionFlags::IMAGE) {
        return sec & !(SectionFlags::IMAGE.bits() | SectionFlags::NOCACHE.bits()) == 0; // with NOCACHE it is SEC_IMAGE_NO_EXECUTE
    }
    !(committed && reserved)
        && (committed || reserved || !(has(SectionFlags::NOCACHE) || has(SectionFlags::WRITECOMBINE)))
        && (committed || !has(SectionFlags::LARGE_PAGES))
}

fn sec_flags(f: &Facts<'_>) -> Judgement {
    let Some(sec) = f.sec() else {
        return Judgement::Possible;
    };
    if f.profile().accepts_sec_flags(sec).is_err() {
        return Judgement::Certain(format!(
            "{} has no such flag: {}",
            f.profile().title,
            SectionFlags::from_bits_retain(sec)
        ));
    }
    decide(Some(!sec_flags_agree(sec)), || {
        format!("{} do not go together", SectionFlags::from_bits_retain(sec))
    })
}

fn large_page_size(f: &Facts<'_>) -> Judgement {
    match (
        f.sec().map(|sec| sec & SectionFlags::LARGE_PAGES.bits() != 0),
        f.args.size,
    ) {
        (Some(false), _) => Judgement::Excluded,
        (Some(true), Some(size)) => suspect(Some(!size.is_multiple_of(2 << 20)), || {
            format!("{size} is not a multiple of 2 MB")
        }),
        _ => Judgement::Possible,
    }
}

fn large_page_file(f: &Facts<'_>) -> Judgement {
    match (
        f.sec().map(|sec| sec & SectionFlags::LARGE_PAGES.bits() != 0),
        f.args.has_file,
    ) {
        (Some(large), Some(file)) => decide(Some(large && file), || {
            String::from("SEC_LARGE_PAGES and a file were given")
        }),
        (Some(false), _) | (_, Some(false)) => Judgement::Excluded,
        _ => Judgement::Possible,
    }
}

fn readonly_needs_file(f: &Facts<'_>) -> Judgement {
    if f.profile().readonly_without_file.is == Answer::Works {
        return Judgement::Excluded;
    }
    match (f.page(), f.args.has_file) {
        (Some(page), Some(file)) => decide(Some(page == Page::READONLY.bits() && !file), || {
            format!("{} wants a file for PAGE_READONLY", f.profile().title)
        }),
        _ => Judgement::Possible,
    }
}

fn file_right_on_95(f: &Facts<'_>) -> Judgement {
    if f.profile().file_right_missing.is.0 != Some(REFUSED) || f.args.has_file == Some(false) {
        return Judgement::Excluded;
    }
    let lacking = file_lacks(f);
    decide(lacking.as_ref().map(|names| !names.is_empty()), || {
        format!("the file lacks {}", lacking.unwrap_or_default())
    })
}

fn object_too_weak(f: &Facts<'_>) -> Judgement {
    if handle_lacks(f).is_some_and(|lacking| lacking != 0) {
        return Judgement::Excluded; // the right is checked first, and gives 5
    }
    let (Some(object), Some(view)) = (f.object_page(), f.view()) else {
        return Judgement::Possible;
    };
    decide(Some(!Page::from_bits_retain(object).allows_view(view)), || {
        format!("it was created with {}", page_name(object))
    })
}

fn copy_rule(f: &Facts<'_>) -> Judgement {
    if f.profile().copy_view(Page::READWRITE.bits(), false).is_ok() || f.view_copies() == Some(false) {
        return Judgement::Excluded;
    }
    match (f.view_copies(), f.object_page(), f.args.has_file) {
        (Some(true), Some(page), Some(file)) => {
            decide(Some(f.profile().copy_view(page, file).is_err()), || {
                format!(
                    "the object was created with {} {} a file",
                    page_name(page),
                    if file { "and" } else { "without" }
                )
            })
        }
        (Some(true), ..) => Judgement::Likely(String::from("FILE_MAP_COPY was asked for")),
        _ => Judgement::Possible,
    }
}

fn write_on_readonly(f: &Facts<'_>) -> Judgement {
    if f.profile().write_view_on_readonly_object.is.0 != Some(REFUSED) {
        return Judgement::Excluded;
    }
    match (f.view_writes(), f.object_page()) {
        (Some(true), Some(page)) => decide(Some(!Page::READWRITE.has(page)), || {
            format!("it was created with {}", page_name(page))
        }),
        (Some(false), _) => Judgement::Excluded,
        _ => Judgement::Possible,
    }
}

fn base_out_of_range(f: &Facts<'_>) -> Judgement {
    match f.base() {
        Some(None) => Judgement::Excluded,
        _ => decide(f.placed().map(|placed| placed == Err(REFUSED)), || {
            format!(
                "{:#x} is outside: {}",
                f.args.base.unwrap_or(0),
                f.profile().base_range.is
            )
        }),
    }
}

fn view_flags(f: &Facts<'_>) -> Judgement {
    decide(f.args.access.map(|access| access & !0xF0FF_FFFF != 0), || {
        format!("{:#x} has bits that no view knows", f.args.access.unwrap_or(0))
    })
}

fn platform_refuses(answer: Answer, f: &Facts<'_>) -> Judgement {
    match answer {
        Answer::Refused(REFUSED) => Judgement::Certain(format!("{} does not do it", f.profile().title)),
        _ => Judgement::Excluded,
    }
}

fn base_alignment(f: &Facts<'_>) -> Judgement {
    match f.base() {
        Some(None) => Judgement::Excluded,
        _ => decide(
            f.placed()
                .map(|placed| placed == Err(Win32Code::MAPPED_ALIGNMENT)),
            || format!("lpBase {:#x} is not", f.args.base.unwrap_or(0)),
        ),
    }
}

fn image(f: &Facts<'_>) -> Option<bool> {
    f.sec().map(|sec| sec & SectionFlags::IMAGE.bits() != 0)
}

fn not_mappable(f: &Facts<'_>) -> Judgement {
    if f.args.has_file == Some(false) {
        return Judgement::Excluded;
    }
    let stream = f
        .args
        .file_kind
        .map(|kind| matches!(kind, FileKind::Directory | FileKind::Stream));
    decide(stream, || match f.args.file_kind {
        Some(FileKind::Directory) => String::from("it is a directory"),
        _ => String::from("it is a pipe, a console or a device"),
    })
}

fn not_a_program(f: &Facts<'_>) -> Judgement {
    if f.args.has_file == Some(false) || image(f) == Some(false) {
        return Judgement::Excluded;
    }
    match (f.args.file_kind, f.args.file_len) {
        (Some(FileKind::Program | FileKind::Directory | FileKind::Stream), _) => Judgement::Excluded,
        (_, Some(0)) => Judgement::Likely(String::from("the file is empty")),
        (Some(FileKind::Data), _) => decide(image(f), || {
            String::from("SEC_IMAGE was asked for, and it is a data file")
        }),
        _ => suspect(image(f), || String::from("SEC_IMAGE was asked for")),
    }
}

causes! { ARGUMENTS;
    "page-protection" INVALID_PARAMETER [INVALID_PAGE_PROTECTION] CREATE;
        "that page protection is not allowed";
        "use PAGE_READONLY, PAGE_READWRITE, PAGE_WRITECOPY, or since XP SP2 the PAGE_EXECUTE_ forms of them, one alone";
        ["M-10", "M-11", "P-18"] page_protection;
    "size-missing" INVALID_PARAMETER [INVALID_PARAMETER_4] CREATE;
        "shared memory without a file needs a size"; "give a size above 0, also when the object may exist already"; ["M-4", "M-21", "M-50"]
        size_missing;
    "sec-flags" INVALID_PARAMETER [INVALID_PARAMETER_6] CREATE;
        "those SEC_ flags exclude each other, or the platform has not got them"; "SEC_COMMIT alone is the default"; ["M-14", "P-17"] sec_flags;
    "large-pages-and-file" INVALID_PARAMETER [INVALID_PARAMETER_6] CREATE;
        "SEC_LARGE_PAGES is for memory without a file"; "pass INVALID_HANDLE_VALUE, or drop the flag"; ["M-13", "M-14"] large_page_file;
    "large-page-size" INVALID_PARAMETER [INVALID_PARAMETER_4] CREATE;
        "the size is not a multiple of the large page size"; "round it up to GetLargePageMinimum()"; ["M-13", "M-14"] large_page_size;
    "size-negative" INVALID_PARAMETER [INVALID_PARAMETER_4] CREATE;
        "the size has bit 63 set"; "give a smaller size; was a negative number cast?"; ["M-29", "F-11"]
        |f| decide(f.args.size.map(|size| size >> 63 != 0), || format!("{:#x} bytes", f.args.size.unwrap_or(0)));
    "readonly-needs-file" INVALID_PARAMETER [] CREATE;
        "PAGE_READONLY needs a file on this platform"; "pass a file, or use PAGE_READWRITE"; ["P-50"] readonly_needs_file;
    "file-right-missing-95" INVALID_PARAMETER [] CREATE;
        "the file was opened without a right that the page protection needs"; "open it with that right"; ["M-12"] file_right_on_95;
    "name-missing" INVALID_PARAMETER [] OPENS;
        "a name is needed to open an object"; "give the name that the creator gave"; ["O-8", "M-80"]
        |f| decide(f.args.name.map(|name| name.is_none()), || String::from("lpName is NULL"));

    "view-flags" INVALID_PARAMETER [INVALID_PAGE_PROTECTION] MAP;
        "those access flags mean nothing to a view"; "use FILE_MAP_READ, FILE_MAP_WRITE or FILE_MAP_COPY, with FILE_MAP_EXECUTE if wanted";
        ["V-37"] view_flags;
    "base-out-of-range" INVALID_PARAMETER [INVALID_PARAMETER_3] MAP;
        "programs cannot have views at that address"; "let the system choose (lpBase NULL)"; ["V-31", "P-20"] base_out_of_range;
    "copy-rule" INVALID_PARAMETER [SECTION_PROTECTION] MAP;
        "on this platform FILE_MAP_COPY needs an object created with PAGE_WRITECOPY and backed by a named file, or does not exist";
        "create it so, or copy the bytes yourself"; ["V-13", "P-24"] copy_rule;
    "write-on-readonly-95" INVALID_PARAMETER [SECTION_PROTECTION] MAP;
        "the object is read-only; this platform gives 87 where NT gives 5"; "create it with PAGE_READWRITE"; ["V-13", "P-26"] write_on_readonly;
    "object-too-weak" INVALID_PARAMETER [SECTION_PROTECTION] MAP;
        "the handle has the right, but the object was created without that kind of access";
        "create it with PAGE_READWRITE (or the PAGE_EXECUTE_ protection needed); 5 would mean that the handle lacks the right"; ["V-12", "M-42"]
        object_too_weak;
    "protect-on-95" INVALID_PARAMETER [] &[Call::VirtualProtect];
        "this platform does not change the protection of views"; "map another view with the protection wanted"; ["V-56", "P-28"]
        |f| platform_refuses(f.profile().protect_view.is, f);
    "protect-beyond-view" INVALID_PARAMETER [SECTION_PROTECTION, INVALID_PAGE_PROTECTION] &[Call::VirtualProtect];
        "the protection goes beyond what the view was mapped with or the object was created with";
        "map the view with that access; a view without access stays without"; ["V-54"]
        |f| match f.profile().protect_view.is {
            Answer::Works => Judgement::Possible,
            Answer::Refused(_) => Judgement::Excluded,
        };
    "decommit-view" INVALID_PARAMETER [] &[Call::VirtualFree];
        "committed pages of a file mapping cannot be given back, and views are not freed by VirtualFree";
        "unmap the view with UnmapViewOfFile"; ["V-51", "F-14"] always;
    "flush-zero" INVALID_PARAMETER [] &[Call::FlushViewOfFile];
        "this platform wants a length above 0"; "give the length of the view"; ["V-28", "P-29"]
        |f| match f.profile().flush_zero.is {
            FlushZero::Refused(_) => decide(f.args.len.map(|len| len == 0), || String::from("the length is 0")),
            FlushZero::ToTheEnd => Judgement::Excluded,
        };

    "wait-count" INVALID_PARAMETER [INVALID_PARAMETER_1] &[Call::WaitForMultipleObjects];
        "a wait takes 1 to 64 objects"; "wait in several threads, or for fewer objects"; ["Y-31"]
        |f| decide(f.args.count.map(|count| !(1..=64).contains(&count)), || format!("{} were given", f.args.count.unwrap_or(0)));
    "wait-duplicates" INVALID_PARAMETER [] &[Call::WaitForMultipleObjects];
        "a wait for all was given one object twice"; "name each object once, also if there are two handles to it"; ["Y-31", "F-6"]
        |f| decide(f.args.duplicates, || String::from("two handles lead to one object"));
    "semaphore-counts" INVALID_PARAMETER [INVALID_PARAMETER] &[Call::CreateSemaphore];
        "0 <= initial count <= maximum, and maximum >= 1, do not hold"; "correct the counts; this is checked even if the object exists"; ["Y-20", "F-7"]
        |f| decide(
            f.args.counts.map(|(initial, maximum)| maximum < 1 || initial < 0 || initial > maximum),
            || String::from("they do not"),
        );
    "release-count" INVALID_PARAMETER [INVALID_PARAMETER] &[Call::ReleaseSemaphore];
        "a semaphore is released by 1 or more"; "give a count of at least 1"; ["Y-21"]
        |f| decide(f.args.count.map(|count| count < 1), || format!("the count is {}", f.args.count.unwrap_or(0)));
    "timer-period" INVALID_PARAMETER [INVALID_PARAMETER] &[Call::SetWaitableTimer];
        "a period cannot be negative"; "0 means once; a relative due time is what is given as a negative number"; ["Y-25"] always;
    "ce-attributes" INVALID_PARAMETER [] &[Call::CreateFileForMapping];
        "the security attributes must be NULL"; "pass NULL; the template handle is ignored"; ["P-43"] always;
    "bad-argument" INVALID_PARAMETER [INVALID_PARAMETER] &[Call::CreateEvent, Call::CreateMutex, Call::CreateWaitableTimer,
        Call::CreateJobObject, Call::DuplicateHandle, Call::VirtualAlloc, Call::UnmapViewOfFile, Call::CreatePrivateNamespace,
        Call::OpenPrivateNamespace, Call::CreateFile, Call::SetEndOfFile, Call::WaitForSingleObject, Call::SignalObjectAndWait,
        Call::ConvertStringSecurityDescriptorToSecurityDescriptor, Call::SetSecurityInfo, Call::AdjustTokenPrivileges];
        "an argument has a value that this call does not take"; "compare flags and sizes with the call's reference page"; ["E-3"] always;

    "not-mappable" BAD_EXE_FORMAT [INVALID_FILE_FOR_SECTION] CREATE;
        "this kind of file cannot be mapped"; "use an ordinary file"; ["M-5"] not_mappable;
    "image-without-file" BAD_EXE_FORMAT [INVALID_FILE_FOR_SECTION] CREATE;
        "SEC_IMAGE needs a file"; "pass the handle of a program file, or drop SEC_IMAGE"; ["M-14"]
        |f| match (f.args.has_file, image(f)) {
            (Some(false), image) => decide(image, || String::from("there is no file")),
            (Some(true), _) | (_, Some(false)) => Judgement::Excluded,
            _ => Judgement::Possible,
        };
    "not-a-program" BAD_EXE_FORMAT
        [INVALID_IMAGE_NOT_MZ, INVALID_IMAGE_FORMAT, INVALID_IMAGE_NE_FORMAT, INVALID_IMAGE_LE_FORMAT, INVALID_IMAGE_WIN_16,
            INVALID_IMAGE_PROTECT] CREATE;
        "SEC_IMAGE needs a program file, and this is none"; "drop SEC_IMAGE to map the bytes as they are"; ["M-14", "M-23"] not_a_program;
    "empty-file" FILE_INVALID [MAPPED_FILE_SIZE_ZERO] CREATE;
        "an empty file cannot be mapped; the official text speaks of an altered volume"; "give a size with PAGE_READWRITE, or skip empty files";
        ["M-23"]
        |f| match (f.args.file_len, f.args.size) {
            (Some(0), Some(0)) => Judgement::Certain(String::from("the file has 0 bytes, and no size was given")),
            (Some(len), _) if len > 0 => Judgement::Excluded,
            (_, Some(size)) if size > 0 => Judgement::Excluded,
            _ => Judgement::Likely(String::from("this is what an empty file gives")),
        };
    "volume-changed" FILE_INVALID [FILE_INVALID] ANY;
        "the file or its volume has changed since it was opened"; "open it again"; ["V-57"] always;
    "base-alignment" MAPPED_ALIGNMENT [MAPPED_ALIGNMENT] MAP;
        "a base address must be a multiple of 65536"; "round it down, or let the system choose"; ["V-32", "P-22"] base_alignment;
    "offset-alignment" MAPPED_ALIGNMENT [MAPPED_ALIGNMENT] MAP;
        "an offset must be a multiple of 65536; whole pages are not enough"; "round it down and add the rest to the pointer"; ["V-3"]
        |f| decide(f.args.offset.map(|offset| !offset.is_multiple_of(GRANULARITY)), || format!("offset {} is not", f.args.offset.unwrap_or(0)));
    "protect-null-old" NOACCESS [ACCESS_VIOLATION] &[Call::VirtualProtect];
        "the place for the old protection is NULL or cannot be written"; "pass a variable, also if it is not needed"; ["V-55", "P-63"] always;
    "access-violation" NOACCESS [ACCESS_VIOLATION] &[Call::AccessView];
        "the memory may not be reached so: written through a read-only view, reserved but not committed, or unmapped already";
        "map with FILE_MAP_WRITE, commit first, and keep the view while pointers into it live"; ["E-4", "V-50", "V-58"] always;
    "bad-pointer" NOACCESS [ACCESS_VIOLATION] ANY;
        "a pointer argument leads nowhere"; "check names, structures and result pointers"; ["E-1"] always;
    "bad-length" BAD_LENGTH [INFO_LENGTH_MISMATCH] ANY;
        "a structure has the wrong length"; "set its size field, or use the size of this platform"; ["M-15"] always;
    "buffer-too-small" INSUFFICIENT_BUFFER [BUFFER_TOO_SMALL] ANY;
        "the buffer is too small for the answer"; "ask for the length first"; ["A-7"] always;
    "resume-unsupported" NOT_SUPPORTED [] &[Call::SetWaitableTimer];
        "the timer is set; this machine cannot be woken by it"; "ignore it, or do not ask for resume"; ["Y-25"] always;
    "not-supported" NOT_SUPPORTED [NOT_SUPPORTED] ANY;
        "this system does not do that"; "PLATFORM.md says what each system does"; ["P-62"] always;
}

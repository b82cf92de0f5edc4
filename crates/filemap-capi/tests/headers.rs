//! The headers compile in every dialect, beside every header of the C library, and say what the library does.

mod support;

use filemap_c::constants::CONSTANTS;
use filemap_c::exports::EXPORTS;
use filemap_c::layout::STRUCTURES;
use filemap_c::winternl::STATUSES;
use filemap_core::error::Win32Code;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::Command;
use support::{Mode, include, library, root, run, run_all};

const OURS: &str = "#include <winternl.h>\n#include <conio.h>\n#include <windows.h>\n#include <aclapi.h>\n#include <sddl.h>\n#include <tchar.h>\n";
const SYSTEM: &[&str] = &[
    "stdio.h",
    "stdlib.h",
    "string.h",
    "strings.h",
    "unistd.h",
    "sys/mman.h",
    "sys/stat.h",
    "sys/wait.h",
    "sys/socket.h",
    "netinet/in.h",
    "arpa/inet.h",
    "fcntl.h",
    "pthread.h",
    "semaphore.h",
    "signal.h",
    "errno.h",
    "time.h",
    "wchar.h",
    "wctype.h",
    "math.h",
    "poll.h",
    "dlfcn.h",
    "locale.h",
    "limits.h",
    "setjmp.h",
    "assert.h",
    "stdarg.h",
    "stddef.h",
    "ctype.h",
    "inttypes.h",
    "sys/param.h",
    "sys/ioctl.h",
    "termios.h",
    "sys/syscall.h",
];
const SYSTEM_CXX: &[&str] = &[
    "iostream",
    "string",
    "vector",
    "map",
    "algorithm",
    "memory",
    "thread",
    "atomic",
    "mutex",
    "functional",
    "limits",
    "chrono",
    "cwchar",
    "cmath",
    "random",
];

fn includes(names: &[&str]) -> String {
    names.iter().map(|name| format!("#include <{name}>\n")).collect()
}

fn headers() -> Vec<String> {
    let names = std::fs::read_dir(include())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".h")).collect();
    names.sort();
    names
}

fn compiles(mode: Mode, dir: &std::path::Path, name: &str, text: &str) {
    run(&mut check(mode, dir, name, text));
}

/// The command that checks a text.
fn check(mode: Mode, dir: &std::path::Path, name: &str, text: &str) -> Command {
    let file = dir.join(name);
    std::fs::write(&file, text).unwrap();
    let mut command = mode.command();
    command.arg("-fsyntax-only").arg(&file);
    command
}

#[test]
fn every_c_dialect_takes_the_headers_before_and_after_the_c_library() {
    let dir = tempfile::tempdir().unwrap();
    let (before, after) = (
        format!("{OURS}{}int x;\n", includes(SYSTEM)),
        format!("{}{OURS}int x;\n", includes(SYSTEM)),
    );
    let modes = Mode::chosen(false);
    let commands = modes.iter().flat_map(|mode| {
        [("before.c", &before), ("after.c", &after)].map(|(name, text)| check(*mode, dir.path(), name, text))
    });
    run_all(commands.collect());
}

#[test]
fn every_cxx_dialect_takes_the_headers_before_and_after_the_standard_library() {
    let dir = tempfile::tempdir().unwrap();
    let (before, after) = (
        format!("{OURS}{}{}int x;\n", includes(SYSTEM_CXX), includes(SYSTEM)),
        format!("{}{}{OURS}int x;\n", includes(SYSTEM), includes(SYSTEM_CXX)),
    );
    let mut commands = Vec::new();
    for mode in Mode::chosen(true) {
        commands.push(check(mode, dir.path(), "before.cpp", &before));
        // libstdc++ takes a second each time: the other order with one compiler.
        if mode.compiler == "g++" {
            commands.push(check(mode, dir.path(), "after.cpp", &after));
        }
    }
    run_all(commands);
}

#[test]
fn every_header_stands_alone() {
    let dir = tempfile::tempdir().unwrap();
    let mut commands = Vec::new();
    for header in headers() {
        for mode in [
            Mode {
                compiler: "gcc",
                standard: "gnu89",
                unicode: false,
                short_wchar: false,
            },
            Mode {
                compiler: "clang",
                standard: "c11",
                unicode: true,
                short_wchar: false,
            },
            Mode {
                compiler: "g++",
                standard: "c++11",
                unicode: true,
                short_wchar: false,
            },
        ] {
            let extension = if mode.compiler == "g++" { "cpp" } else { "c" };
            let name = format!("{}-{header}.{extension}", mode.compiler);
            let text = format!("#include <{header}>\n#include <{header}>\nint x;\n");
            commands.push(check(mode, dir.path(), &name, &text));
        }
    }
    run_all(commands);
}

#[test]
fn unicode_without_sixteen_bit_literals_stops_with_a_sentence_that_helps() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.c");
    std::fs::write(&file, "#include <windows.h>\n").unwrap();
    let refused: Vec<Mode> = Mode::all(false)
        .into_iter()
        .filter(|mode| mode.unicode && !mode.has_wide_literals())
        .collect();
    assert_eq!(refused.len(), 5, "gnu89 and c99 of both, gnu99 of clang");
    for mode in refused {
        let output = mode.command().arg("-fsyntax-only").arg(&file).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && text.contains("-fshort-wchar, or with -std=gnu11 or later"),
            "{mode:?}: {text}"
        );
    }
}

#[test]
fn the_acceptance_programs_compile_in_every_dialect() {
    let programs = root().join("tests/programs");
    let mut commands = Vec::new();
    for file in std::fs::read_dir(&programs).unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_some_and(|e| e == "cs") {
            continue;
        }
        let cxx = file.extension().is_some_and(|e| e == "cpp");
        let own_wide_text = ["server.c", "client.c", "formats.c"]
            .iter()
            .any(|name| file.ends_with(name)); // L"..." as it stands, or printf by Microsoft's rules
        for mode in Mode::chosen(cxx) {
            if own_wide_text && !mode.short_wchar {
                continue;
            }
            let mut command = mode.command();
            command.arg("-fsyntax-only").arg(&file);
            commands.push(command);
        }
    }
    run_all(commands);
}

/// C that only compiles if the C compiler agrees with every table of the library.
fn assertions() -> String {
    let mut c = format!("#include <stddef.h>\n{OURS}");
    let mut assert =
        |condition: String| writeln!(c, "_Static_assert({condition}, \"{condition}\");").unwrap();
    for layout in STRUCTURES {
        assert(format!("sizeof({}) == {}", layout.name, layout.size));
        assert(format!("_Alignof({}) == {}", layout.name, layout.align));
        for (field, offset, size) in layout.fields.iter().filter(|(field, ..)| !field.starts_with('_')) {
            assert(format!("offsetof({}, {field}) == {offset}", layout.name));
            assert(format!("sizeof((({}*)0)->{field}) == {size}", layout.name));
        }
    }
    for (name, value) in CONSTANTS {
        assert(format!("(DWORD)({name}) == {value}U"));
    }
    for code in Win32Code::ALL {
        let name = code.name().unwrap();
        assert(format!(
            "{} == {}",
            if *name == *"ERROR_WAIT_TIMEOUT" {
                "WAIT_TIMEOUT"
            } else {
                name
            },
            code.0
        ));
    }
    for (name, value, _) in STATUSES {
        assert(format!("(DWORD)(STATUS_{name}) == {value}U"));
    }
    assert("sizeof(LONG) == 4 && sizeof(DWORD) == 4 && (DWORD)-1 > 0".into());
    assert("sizeof(WCHAR) == 2 && sizeof(BOOL) == 4 && sizeof(HANDLE) == sizeof(void *)".into());
    assert(format!("MAX_PATH == {}", filemap_c::constants::MAX_PATH));
    c
}

#[test]
fn sizes_offsets_and_constants_are_the_same_in_c_and_in_rust() {
    let dir = tempfile::tempdir().unwrap();
    let text = assertions();
    for compiler in ["gcc", "clang"] {
        for unicode in [false, true] {
            compiles(
                Mode {
                    compiler,
                    standard: "gnu17",
                    unicode,
                    short_wchar: false,
                },
                dir.path(),
                "layout.c",
                &text,
            );
        }
    }
    // And the check can fail: a wrong number is refused.
    let file = dir.path().join("wrong.c");
    std::fs::write(&file, text + "_Static_assert(PAGE_READWRITE == 5, \"no\");\n").unwrap();
    let mode = Mode {
        compiler: "gcc",
        standard: "gnu17",
        unicode: false,
        short_wchar: false,
    };
    assert!(
        !mode
            .command()
            .arg("-fsyntax-only")
            .arg(&file)
            .output()
            .unwrap()
            .status
            .success()
    );
}

/// Constants of the headers, by name: macros in capitals that are numbers, and what enumerations list.
fn constants() -> BTreeSet<String> {
    const NO_NUMBERS: &[&str] = &["CONST", "VOID", "DECLSPEC_NORETURN", "FORCEINLINE"];
    let mut found = BTreeSet::new();
    for header in headers().iter().filter(|name| *name != "strsafe.h") {
        let text = std::fs::read_to_string(include().join(header)).unwrap();
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let (Some("#define"), Some(name), Some(value)) = (words.next(), words.next(), words.next())
            else {
                continue;
            };
            let capitals = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
            let is_number = name.chars().all(capitals)
                && !name.starts_with('_')
                && !name.starts_with("FILEMAP_")
                && !value.starts_with('{')
                && !name.ends_with("_INIT") // of a structure
                && !NO_NUMBERS.contains(&name);
            if is_number {
                found.insert(name.to_owned());
            }
        }
        for list in text.split("enum ").skip(1) {
            let (Some(from), Some(to)) = (list.find('{'), list.find('}')) else {
                continue;
            };
            let members = list[from + 1..to].split(',');
            let names = members.map(|member| member.split('=').next().unwrap_or("").trim());
            found.extend(names.filter(|name| !name.is_empty()).map(str::to_owned));
        }
    }
    found
}

// Somebody else's reading of the same documents: a number that is wrong here would be in both places, were it only compared with Rust.
#[test]
fn every_constant_and_structure_is_as_in_the_headers_of_mingw_w64() {
    let mingw = "x86_64-w64-mingw32-gcc";
    if Command::new(mingw).arg("--version").output().is_err() {
        filemap_testing::skip!("no {mingw}: apt-get install gcc-mingw-w64-x86-64-posix");
    }
    let dir = tempfile::tempdir().unwrap();
    let names = constants();
    assert!(names.len() > 850, "{}", names.len());
    let mut c = format!("#include <stdio.h>\n{OURS}int main(void)\n{{\n");
    for name in &names {
        writeln!(
            c,
            "    printf(\"%s %u\\n\", \"{name}\", (unsigned)(unsigned long long)({name}));"
        )
        .unwrap();
    }
    c += "    return 0;\n}\n";
    let (source, program) = (dir.path().join("ours.c"), dir.path().join("ours"));
    std::fs::write(&source, c).unwrap();
    let mode = Mode {
        compiler: "gcc",
        standard: "gnu17",
        unicode: false,
        short_wchar: false,
    };
    run(mode.command().arg(&source).arg("-o").arg(&program).arg(library()));
    let library_path = library().parent().unwrap().to_owned();
    // The library's soname is that of an installation.
    std::os::unix::fs::symlink(library(), dir.path().join("libfilemap.so.0")).unwrap();
    let paths = std::env::join_paths([dir.path(), &library_path]).unwrap();
    let output = run(Command::new(&program).env("LD_LIBRARY_PATH", paths));
    let ours = String::from_utf8(output.stdout).unwrap();
    assert_eq!(ours.lines().count(), names.len());

    // Enumerators that its headers lack, or that have grown since (the number of values).
    const NOT_THERE: &[&str] = &[
        "MemExtendedParameterImageMachine",
        "MemExtendedParameterMax",
        "NotificationEvent",
        "SynchronizationEvent",
        "SectionBasicInformation",
        "SectionImageInformation",
        "ViewShare",
        "ViewUnmap",
    ];
    const THEIRS: &str = "#define _WIN32_WINNT 0x0A00\n#define WIN32_NO_STATUS\n#include <windows.h>\n#undef WIN32_NO_STATUS\n\
                          #include <stddef.h>\n#include <winternl.h>\n#include <ntstatus.h>\n#include <aclapi.h>\n#include <sddl.h>\n";
    let mut theirs = THEIRS.to_owned();
    for line in ours.lines() {
        let (name, value) = line.split_once(' ').unwrap();
        let assertion = format!(
            "_Static_assert((unsigned)(unsigned long long)({name}) == {value}U, \"{name} is not {value}\");\n"
        );
        if NOT_THERE.contains(&name) {
        } else if name.contains(|c: char| c.is_ascii_lowercase()) {
            theirs += &assertion;
        } else {
            theirs += &format!("#ifdef {name}\n{assertion}#endif\n");
        }
    }
    for layout in STRUCTURES
        .iter()
        .filter(|layout| layout.name != "SECTION_BASIC_INFORMATION")
    {
        let (name, size) = (layout.name, layout.size);
        theirs += &format!("_Static_assert(sizeof({name}) == {size}, \"{name} has not {size} bytes\");\n");
        let named = |field: &&str| !field.starts_with('_') && *field != "PartitionId"; // newer than its headers
        for (field, offset, _) in layout.fields.iter().filter(|(field, ..)| named(field)) {
            theirs +=
                &format!("_Static_assert(offsetof({name}, {field}) == {offset}, \"{name}.{field}\");\n");
        }
    }
    let source = dir.path().join("theirs.c");
    std::fs::write(&source, &theirs).unwrap();
    let check = |source: &std::path::Path| {
        let mut command = Command::new(mingw);
        command
            .args(["-std=gnu17", "-w", "-fsyntax-only", "-fmax-errors=0"])
            .arg(source);
        command.output().unwrap()
    };
    let output = check(&source);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    // And the check can fail.
    std::fs::write(
        &source,
        theirs + "_Static_assert(ERROR_FILE_CHECKED_OUT == 221U, \"no\");\n",
    )
    .unwrap();
    assert!(!check(&source).status.success());
}

/// How a value travels: what must be equal in a prototype and in its Rust definition.
fn class_of_c(text: &str) -> &'static str {
    let text = text.replace("const ", " ").replace("struct ", " ");
    let kind = text
        .split_whitespace()
        .next()
        .unwrap_or("void")
        .trim_start_matches("DECLSPEC_NORETURN");
    match kind {
        _ if text.contains('*') || text.contains("va_list") => "word",
        "void" | "" => "void",
        "DWORD"
        | "UINT"
        | "LONG"
        | "ULONG"
        | "int"
        | "BOOL"
        | "NTSTATUS"
        | "ACCESS_MASK"
        | "SECURITY_INFORMATION"
        | "UCHAR" => {
            if kind == "UCHAR" {
                "8"
            } else {
                "32"
            }
        }
        "BYTE" | "BOOLEAN" => "8",
        "WORD" | "USHORT" | "SECURITY_DESCRIPTOR_CONTROL" => "16",
        "double" => "double",
        "LARGE_INTEGER" | "ULONGLONG" | "LONGLONG" | "ULONG64" => "word",
        _ if kind.ends_with("_CLASS")
            || kind.starts_with("SE_OBJECT")
            || kind.ends_with("_TYPE")
            || kind == "SECTION_INHERIT" =>
        {
            "32"
        }
        _ => "word", // handles, pointers, SIZE_T and the like
    }
}

fn class_of_rust(text: &str) -> &'static str {
    match text.trim() {
        "u32" | "i32" => "32",
        "u16" | "i16" => "16",
        "u8" | "i8" => "8",
        "f64" => "double",
        "" | "!" => "void",
        _ => "word",
    }
}

/// Splits at commas outside brackets, and drops an empty list.
fn arguments(text: &str) -> Vec<String> {
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for c in text.chars() {
        match c {
            '(' | '<' | '[' => depth += 1,
            ')' | '>' | ']' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(c);
    }
    parts
        .into_iter()
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty() && part != "void")
        .collect()
}

/// Every prototype of the headers: name, and the classes of result and arguments.
fn prototypes() -> BTreeMap<String, Vec<&'static str>> {
    let mut found = BTreeMap::new();
    for header in headers() {
        let text = std::fs::read_to_string(include().join(&header)).unwrap();
        for line in text.lines() {
            let Some(rest) = ["WINBASEAPI ", "WINUSERAPI ", "NTSYSCALLAPI ", "NTSYSAPI "]
                .iter()
                .find_map(|p| line.strip_prefix(p))
            else {
                continue;
            };
            let (result, rest) = rest
                .split_once("WINAPI ")
                .or(rest.split_once("NTAPI "))
                .expect(line);
            let (name, list) = rest.split_once('(').expect(line);
            let list = list.strip_suffix(");").expect(line);
            let result = result.replace("DECLSPEC_NORETURN", "");
            let mut classes = vec![class_of_c(result.trim())];
            classes.extend(arguments(list).iter().map(|argument| class_of_c(argument)));
            assert!(
                found.insert(name.to_owned(), classes).is_none(),
                "{name} is declared twice ({header})"
            );
        }
    }
    found
}

/// Every exported definition that is written out in the sources (macros make the others).
fn definitions() -> BTreeMap<String, Vec<&'static str>> {
    let mut found = BTreeMap::new();
    for file in std::fs::read_dir(root().join("src")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let exported = text
            .split("#[unsafe(no_mangle)]")
            .skip(1)
            .filter_map(|part| Some(part.split_once("extern \"C\" fn ")?.1));
        let in_macros = text
            .split("\n    fn ")
            .skip(1)
            .filter(|part| part.starts_with("fm_") && part.lines().next().is_some_and(|l| l.contains('{')));
        for rest in exported.chain(in_macros) {
            let (name, rest) = rest.split_once('(').unwrap();
            if name.starts_with('$') {
                continue;
            }
            let (head, _) = rest.split_once('{').unwrap();
            let end = head.rfind(')').unwrap();
            let result = head[end + 1..].trim().strip_prefix("->").unwrap_or("");
            let mut classes = vec![class_of_rust(result)];
            classes.extend(
                arguments(&head[..end])
                    .iter()
                    .map(|argument| class_of_rust(argument.split_once(':').unwrap().1)),
            );
            found.insert(name.to_owned(), classes);
        }
    }
    found
}

fn pending() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("tests/pending.txt")).unwrap();
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// The library's own dynamic symbols.
fn symbols() -> BTreeSet<String> {
    let output = run(Command::new("nm").args(["-D", "--defined-only"]).arg(library()));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .filter_map(|line| line.split_whitespace().nth(2))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_prototype_is_exported_or_pending_and_nothing_is_both() {
    let (symbols, pending, prototypes) = (symbols(), pending(), prototypes());
    println!("{} prototypes, {} pending", prototypes.len(), pending.len());
    let missing: Vec<_> = prototypes
        .keys()
        .filter(|name| !symbols.contains(*name) && !pending.contains(*name))
        .collect();
    assert!(
        missing.is_empty(),
        "declared, not exported and not in pending.txt: {missing:?}"
    );
    let done: Vec<_> = pending.iter().filter(|name| symbols.contains(*name)).collect();
    assert!(
        done.is_empty(),
        "exported now, so take them out of pending.txt: {done:?}"
    );
    let unknown: Vec<_> = pending
        .iter()
        .filter(|name| !prototypes.contains_key(*name))
        .collect();
    assert!(
        unknown.is_empty(),
        "in pending.txt without a prototype: {unknown:?}"
    );
}

#[test]
fn the_list_that_getprocaddress_searches_is_what_the_library_exports() {
    let listed: BTreeSet<String> = EXPORTS.iter().map(|export| export.name.to_owned()).collect();
    assert_eq!(listed.len(), EXPORTS.len(), "a name is listed twice");
    let ours: BTreeSet<String> = symbols()
        .into_iter()
        .filter(|name| !name.starts_with("rust_") && !name.starts_with("_R"))
        .collect();
    assert_eq!(listed, ours);
}

#[test]
fn prototypes_and_definitions_have_the_same_arguments() {
    let prototypes = prototypes();
    let mut compared = 0;
    for (name, definition) in definitions() {
        if let Some(prototype) = prototypes.get(&name) {
            assert_eq!(*prototype, definition, "{name}");
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared}");
}

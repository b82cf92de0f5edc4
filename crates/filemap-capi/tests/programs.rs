//! C programs that use only Windows headers, built against the library and run.

mod support;

use std::io::Write;
use std::process::{Command, Stdio};
use support::{Mode, installed, root, run};

#[test]
fn a_program_of_everything_without_named_objects_runs_in_c_and_cxx_ansi_and_unicode() {
    let _watchdog = filemap_testing::watchdog!();
    let dir = tempfile::tempdir().unwrap();
    installed(dir.path());
    let source = root().join("tests/programs/basics.c");
    for (compiler, standard, unicode, short_wchar, optimise) in [
        ("gcc", "gnu89", false, false, "-O0"),
        ("gcc", "c99", true, true, "-O2"),
        ("gcc", "gnu17", true, false, "-O2"),
        ("clang", "c11", true, false, "-O1"),
        ("clang", "gnu2x", false, true, "-O0"),
        ("g++", "c++20", true, false, "-O2"),
        ("clang++", "c++11", false, false, "-O0"),
    ] {
        let mode = Mode {
            compiler,
            standard,
            unicode,
            short_wchar,
        };
        let program = dir.path().join("basics");
        let mut command = mode.command();
        if compiler.ends_with("++") {
            command.args(["-x", "c++"]);
        }
        run(command
            .arg(optimise)
            .arg(&source)
            .arg("-o")
            .arg(&program)
            .arg("-L")
            .arg(dir.path())
            .arg("-lfilemap"));
        let mut child = Command::new(&program)
            .arg("gr\u{fc}n")
            .env("LD_LIBRARY_PATH", dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(b"k").unwrap();
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{mode:?} ended with {}:\n{text}",
            output.status
        );
        assert!(
            text.ends_with("[caption] text\n#0 failures\n"),
            "{mode:?}: stdio keeps its order: {text}"
        );
    }
}

#[test]
fn blocks_clocks_strings_streams_and_modules_work_in_both_text_widths() {
    let _watchdog = filemap_testing::watchdog!();
    for (compiler, standard, unicode, short_wchar) in [
        ("gcc", "gnu17", false, false),
        ("clang", "c11", true, false),
        ("gcc", "gnu89", true, true),
        ("g++", "c++17", true, false),
    ] {
        let mode = Mode {
            compiler,
            standard,
            unicode,
            short_wchar,
        };
        let source = std::fs::read_to_string(root().join("tests/programs/rest.c")).unwrap();
        let files = tempfile::tempdir().unwrap();
        let text = output_of(mode, &source, &[files.path().to_str().unwrap()]);
        assert_eq!(text, "putts\ncputs\ne\n[Error] sure?\n0 failures\n", "{mode:?}");
    }
}

/// A program that tests itself: it prints a line for each failed expectation, and then their number.
fn passes(name: &str, mode: Mode, arguments: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    installed(dir.path());
    let names = filemap_testing::private_root();
    let program = dir.path().join(name);
    let mut command = mode.command();
    if mode.compiler.ends_with("++") {
        command.args(["-x", "c++"]);
    }
    run(command
        .arg(root().join(format!("tests/programs/{name}.c")))
        .arg("-o")
        .arg(&program)
        .arg("-L")
        .arg(dir.path())
        .arg(format!("-Wl,-rpath,{}", dir.path().display()))
        .arg("-lfilemap"));
    let output = Command::new(&program)
        .args(arguments)
        .env("FILEMAP_ROOT", names.path())
        .env("FILEMAP_SESSION", "0") // whoever runs the test may create in Global
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && text.ends_with("0 failures\n"),
        "{mode:?} ended with {}:\n{text}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}

const ANSI: Mode = Mode {
    compiler: "gcc",
    standard: "gnu17",
    unicode: false,
    short_wchar: false,
};
const UNICODE: Mode = Mode {
    compiler: "clang",
    standard: "c11",
    unicode: true,
    short_wchar: false,
};

// O-4, O-6, O-14, O-21, O-24, O-25, O-40, O-41, O-60 to O-64, M-5 to M-86, V-2 to V-55, F-4, F-5, F-8, F-11, F-14, F-15
#[test]
fn mapping_objects_views_and_private_memory_follow_the_clauses_that_memory_c_names() {
    let _watchdog = filemap_testing::watchdog!();
    passes("memory", ANSI, &[]);
    passes("memory", UNICODE, &[]);
}

// M-12, M-23 to M-25, M-51, V-6, V-25, V-45, V-60, F-9, F-10, P-40 to P-46
#[test]
fn files_follow_the_clauses_that_files_c_names() {
    let _watchdog = filemap_testing::watchdog!();
    for mode in [ANSI, UNICODE] {
        let files = tempfile::tempdir().unwrap();
        passes("files", mode, &[files.path().to_str().unwrap()]);
    }
}

// O-22, O-40, Y-31, Y-33, F-5, F-6
#[test]
fn threads_and_processes_follow_the_clauses_that_processes_c_names() {
    let _watchdog = filemap_testing::watchdog!();
    passes("processes", ANSI, &[]);
    passes("processes", UNICODE, &[]);
}

// O-3, O-4, O-16, O-22, Y-1 to Y-36, F-7
#[test]
fn synchronisation_objects_and_waits_follow_the_clauses_that_sync_c_names() {
    let _watchdog = filemap_testing::watchdog!();
    passes("sync", ANSI, &[]);
    passes("sync", UNICODE, &[]);
}

// O-53, Y-1, Y-31, F-18, N-70
#[test]
fn words_addresses_messages_jobs_and_lists_follow_what_words_c_says() {
    let _watchdog = filemap_testing::watchdog!();
    passes("words", ANSI, &[]);
    passes("words", UNICODE, &[]);
}

const CXX: Mode = Mode {
    compiler: "g++",
    standard: "c++17",
    unicode: true,
    short_wchar: false,
};

#[test]
fn interlocked_lists_keep_every_entry_between_threads_and_processes_and_survive_freed_ones() {
    let _watchdog = filemap_testing::watchdog!();
    passes("slists", ANSI, &[]);
    passes("slists", CXX, &[]);
}

#[test]
fn slim_locks_condition_variables_critical_sections_and_what_is_done_once_work_between_threads() {
    let _watchdog = filemap_testing::watchdog!();
    passes("locks", ANSI, &[]);
    passes("locks", CXX, &[]);
}

// Y-35: an object that is waited for lives on without its handle
#[test]
fn registered_waits_timers_and_work_items_follow_what_pool_c_says() {
    let _watchdog = filemap_testing::watchdog!();
    passes("pool", ANSI, &[]);
    passes("pool", CXX, &[]);
}

/// What these programs expect is what another implementation of the same functions does, too: they are built from Windows' headers as
/// mingw-w64 has them, and run under Wine. With FILEMAP_WINE_POOL=1 that of the pool, too: of ten runs beside load one does not come
/// back, in Wine 8, or has a call too many.
#[test]
fn the_programs_of_lists_and_locks_say_the_same_under_wine() {
    let _watchdog = filemap_testing::watchdog!();
    let wine = match filemap_testing::Wine::find() {
        Ok(wine) => wine,
        Err(why) => filemap_testing::skip!("{why}"),
    };
    let mingw = "x86_64-w64-mingw32-gcc";
    if Command::new(mingw).arg("--version").output().is_err() {
        filemap_testing::skip!("no {mingw}: apt-get install gcc-mingw-w64-x86-64-posix");
    }
    let dir = tempfile::tempdir().unwrap();
    let with_pool = std::env::var_os("FILEMAP_WINE_POOL").is_some();
    let pool = with_pool.then_some(("pool", true));
    for (name, unicode) in [("slists", true), ("locks", false)].into_iter().chain(pool) {
        let program = dir.path().join(format!("{name}.exe"));
        let mut command = Command::new(mingw);
        if unicode {
            command.args(["-DUNICODE", "-D_UNICODE", "-municode"]);
        }
        run(command
            .args(["-std=gnu17", "-Wall", "-Wextra", "-Werror", "-O1"])
            .arg(root().join(format!("tests/programs/{name}.c")))
            .arg("-o")
            .arg(&program)
            .arg("-lntdll"));
        let output = wine.command(&program).stdin(Stdio::null()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success() && text.ends_with("0 failures\r\n"),
            "{name} ended with {}:\n{text}",
            output.status
        );
    }
}

#[test]
fn threads_of_the_c_library_and_safe_strings_work_in_c_and_cxx() {
    let _watchdog = filemap_testing::watchdog!();
    let cxx = Mode {
        compiler: "g++",
        standard: "c++11",
        ..ANSI
    };
    for mode in [
        ANSI,
        UNICODE,
        cxx,
        Mode {
            compiler: "clang++",
            unicode: true,
            ..cxx
        },
    ] {
        passes("safe", mode, &[]);
    }
}

#[test]
fn printf_and_scanf_follow_microsofts_rules_where_wchar_has_sixteen_bits() {
    let _watchdog = filemap_testing::watchdog!();
    for (compiler, standard, unicode) in [
        ("gcc", "gnu89", false),
        ("clang", "c11", true),
        ("g++", "c++11", true),
        ("clang++", "c++20", false),
    ] {
        let mode = Mode {
            compiler,
            standard,
            unicode,
            short_wchar: true,
        };
        let files = tempfile::tempdir().unwrap();
        let file = files.path().join("numbers");
        passes("formats", mode, &[file.to_str().unwrap()]);
    }
}

// V-57, V-58, V-63
#[test]
fn a_program_keeps_its_own_handlers_of_sigsegv_and_sigbus() {
    let _watchdog = filemap_testing::watchdog!();
    for when in ["before", "after"] {
        passes("signals", ANSI, &[when]);
        let cxx = Mode {
            compiler: "clang++",
            standard: "c++17",
            ..ANSI
        };
        passes("signals", cxx, &[when]);
    }
}

// A-7, F-17, N-70 to N-76, O-7, O-15
#[test]
fn descriptors_lists_sids_tokens_and_private_name_spaces_follow_the_clauses_that_security_c_names() {
    let _watchdog = filemap_testing::watchdog!();
    passes("security", ANSI, &[]);
    passes("security", UNICODE, &[]);
}

// M-15, O-3, O-51, E-5
#[test]
fn native_calls_are_found_in_ntdll_and_give_their_own_statuses() {
    let _watchdog = filemap_testing::watchdog!();
    passes("native", ANSI, &[]);
}

#[test]
fn the_library_carries_its_versioned_name() {
    let _watchdog = filemap_testing::watchdog!();
    let output = run(Command::new("readelf").arg("-d").arg(support::library()));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("Library soname: [libfilemap.so.0]"), "{text}");
}

/// Compiles `text` in `mode` with the library under its installed name, runs it with the arguments, and gives what it wrote.
fn output_of(mode: Mode, text: &str, arguments: &[&str]) -> String {
    let dir = tempfile::tempdir().unwrap();
    installed(dir.path());
    let (source, program) = (
        dir.path().join(if mode.compiler.ends_with("++") {
            "p.cpp"
        } else {
            "p.c"
        }),
        dir.path().join("p"),
    );
    std::fs::write(&source, text).unwrap();
    run(mode
        .command()
        .arg(&source)
        .arg("-o")
        .arg(&program)
        .arg("-L")
        .arg(dir.path())
        .arg("-lfilemap"));
    let output = run(Command::new(&program)
        .args(arguments)
        .env("LD_LIBRARY_PATH", dir.path())
        .stdin(Stdio::null()));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn with_short_wchar_the_c_librarys_own_wide_names_lead_to_sixteen_bit_text() {
    let _watchdog = filemap_testing::watchdog!();
    let c = r#"
#include <stdio.h>
#include <wchar.h>
#include <windows.h>
int wmain(int argc, wchar_t **argv)
{
    wchar_t copy[20];
    wcscpy(copy, L"abc");
    wcscat(copy, L"def");
    wprintf(L"%d %s %d %s\n", argc, argv[1], (int)wcslen(copy), wcschr(copy, L'd'));
    return wcscmp(copy, L"abcdef") != 0;
}
"#;
    for (compiler, standard) in [
        ("gcc", "gnu89"),
        ("gcc", "gnu17"),
        ("clang", "c11"),
        ("g++", "c++11"),
        ("clang++", "c++20"),
    ] {
        let mode = Mode {
            compiler,
            standard,
            unicode: false,
            short_wchar: true,
        };
        assert_eq!(
            output_of(mode, c, &["\u{e4}\u{1f600}"]),
            "2 \u{e4}\u{1f600} 6 def\n",
            "{mode:?}"
        );
    }
}

#[test]
fn a_window_programs_entry_gets_the_rest_of_the_command_line() {
    let _watchdog = filemap_testing::watchdog!();
    let c = r#"
#include <windows.h>
#include <tchar.h>
int APIENTRY _tWinMain(HINSTANCE instance, HINSTANCE previous, LPTSTR line, int show)
{
    MessageBox(NULL, line, TEXT("line"), MB_OK);
    return !(instance != NULL && previous == NULL && show == 1);
}
"#;
    for unicode in [false, true] {
        for (compiler, standard) in [("gcc", "gnu17"), ("clang++", "c++17")] {
            let mode = Mode {
                compiler,
                standard,
                unicode,
                short_wchar: false,
            };
            assert_eq!(
                output_of(mode, c, &["one", "two words"]),
                "[line] one \"two words\"\n",
                "{mode:?}"
            );
        }
    }
}

#[test]
fn the_static_library_serves_a_program_and_its_getprocaddress() {
    let _watchdog = filemap_testing::watchdog!();
    let dir = tempfile::tempdir().unwrap();
    let archive = support::library().with_extension("a");
    let mode = Mode {
        compiler: "gcc",
        standard: "gnu17",
        unicode: true,
        short_wchar: false,
    };
    let program = dir.path().join("basics");
    let source = root().join("tests/programs/basics.c");
    run(mode
        .command()
        .arg(source)
        .arg("-o")
        .arg(&program)
        .arg(archive)
        .args(["-lpthread", "-ldl", "-lm", "-lgcc_s"]));
    let mut child = Command::new(&program)
        .arg("gr\u{fc}n")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"k").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}

//! `filemap cc`, from the build tree and from an installed prefix, and the pkg-config way.

use filemap_testing::{private_root, skip, watchdog};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const PROGRAM: &str = r#"
#include <windows.h>
#include <tchar.h>
#include <stdio.h>
int _tmain(int argc, TCHAR *argv[])
{
    HANDLE mapping = CreateFileMapping(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, TEXT("Local\\cc"));
    LPTSTR view = (LPTSTR)MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0);
    if (view == NULL)
        return 1;
    _tcscpy(view, argv[1]);
    _tprintf(TEXT("%s %d %d\n"), view, (int)sizeof(TCHAR), argc);
    return CloseHandle(mapping) ? 0 : 1;
}
"#;

fn filemap() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_filemap"))
}

fn run(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn said(program: &Path) -> String {
    let names = private_root();
    let output = run(Command::new(program)
        .arg("text")
        .env("FILEMAP_ROOT", names.path()));
    String::from_utf8(output.stdout).unwrap()
}

fn source(dir: &Path, name: &str) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, PROGRAM).unwrap();
    path
}

fn compile(filemap: &Path, dir: &Path, arguments: &[&str], name: &str) -> String {
    let program = dir.join("program");
    run(Command::new(filemap)
        .arg("cc")
        .args(arguments)
        .arg(source(dir, name))
        .arg("-o")
        .arg(&program));
    said(&program)
}

#[test]
fn programs_compile_and_run_straight_from_the_build_tree_in_both_text_widths_and_in_cxx() {
    let _watchdog = watchdog!();
    let dir = tempfile::tempdir().unwrap();
    let cc = |arguments: &[&str], name| compile(&filemap(), dir.path(), arguments, name);
    assert_eq!(cc(&[], "p.c"), "text 1 2\n");
    assert_eq!(cc(&["--unicode"], "p.c"), "text 2 2\n");
    assert_eq!(
        cc(&["-O2", "-Wall", "--unicode"], "p.c"),
        "text 2 2\n",
        "anywhere"
    );
    assert_eq!(cc(&["--cxx"], "p.cpp"), "text 1 2\n");
    assert_eq!(cc(&["--unicode"], "p.cpp"), "text 2 2\n", "C++ by its file name");
}

const SPELLED: &str = r#"
#include <Windows.h>
#include <TCHAR.H>
#include <WinBase.h>
#include <AclAPI.h>
#include <Sddl.h>
#include <ProcessthreadsApi.h>
#include <stdio.h>
int wmain(void)
{
    HANDLE mapping = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 1, L"Local\\wide");
    return mapping != NULL && OpenFileMappingA(FILE_MAP_READ, FALSE, "Local\\wide") ? (wprintf(L"%s\n", L"wide"), 0) : 1;
}
"#;

#[test]
fn headers_are_found_however_their_names_are_spelt() {
    let _watchdog = watchdog!();
    let (dir, prefix) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert!(installed(prefix.path()), "cargo xtask install");
    let file = dir.path().join("spelled.c");
    std::fs::write(&file, SPELLED).unwrap();
    let program = dir.path().join("spelled");
    for command in [filemap(), prefix.path().join("bin/filemap")] {
        run(Command::new(command).arg("cc").arg(&file).arg("-o").arg(&program));
        assert_eq!(said(&program), "wide\n");
    }
}

#[test]
fn arguments_go_through_to_the_compiler_objects_and_libraries_too() {
    let _watchdog = watchdog!();
    let dir = tempfile::tempdir().unwrap();
    let object = dir.path().join("p.o");
    run(Command::new(filemap())
        .args(["cc", "--unicode", "-c"])
        .arg(source(dir.path(), "p.c"))
        .arg("-o")
        .arg(&object));
    let program = dir.path().join("linked");
    run(Command::new(filemap())
        .arg("cc")
        .arg(&object)
        .args(["-lm", "-o"])
        .arg(&program));
    assert_eq!(said(&program), "text 2 2\n");
    let output = run(Command::new(filemap()).args(["cc", "--print", "-c", "a.c", "-DX=1"]));
    let line = String::from_utf8(output.stdout).unwrap();
    assert!(
        line.ends_with("-c a.c -DX=1\n") && !line.contains("-lfilemap"),
        "{line}"
    );
    let broken = dir.path().join("broken.c");
    std::fs::write(&broken, "int main(void) { return nothing; }\n").unwrap();
    let output = Command::new(filemap()).arg("cc").arg(&broken).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "the compiler's own status");
    let none = Command::new(filemap())
        .args(["cc", "a.c"])
        .env("CC", "no-such-compiler-anywhere")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&none.stderr).into_owned();
    assert!(
        none.status.code() == Some(1)
            && text.contains("compile with no-such-compiler-anywhere: ")
            && text.contains("(ERROR_FILE_NOT_FOUND, 2); install a compiler"),
        "{text}"
    );
    // Asked about itself, the compiler is not told to link anything.
    let output = run(Command::new(filemap()).args(["cc", "--print", "-v"]));
    let line = String::from_utf8(output.stdout).unwrap();
    assert!(line.ends_with(" -v\n"), "{line}");
}

#[test]
fn without_its_library_filemap_cc_says_where_it_looked_and_a_prefix_may_have_any_name() {
    let _watchdog = watchdog!();
    let dir = tempfile::tempdir().unwrap();
    let prefix = dir.path().join("a, b");
    std::fs::create_dir_all(prefix.join("bin")).unwrap();
    let command = prefix.join("bin/filemap");
    std::fs::copy(filemap(), &command).unwrap();
    let file = source(dir.path(), "p.c");
    let output = Command::new(&command).arg("cc").arg(&file).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.code() == Some(1)
            && text.contains("a, b/bin/filemap (ERROR_FILE_NOT_FOUND, 2); build it with"),
        "{text}"
    );
    // A prefix as an installation makes it, of links.
    std::fs::create_dir_all(prefix.join("lib")).unwrap();
    std::fs::create_dir_all(prefix.join("include")).unwrap();
    let built = filemap().parent().unwrap().to_owned();
    let libraries = [built.join("libfilemap_c.so"), built.join("deps/libfilemap_c.so")];
    let library = libraries.iter().find(|path| path.exists()).unwrap();
    for name in ["libfilemap.so", "libfilemap.so.0"] {
        std::os::unix::fs::symlink(library, prefix.join("lib").join(name)).unwrap();
    }
    let headers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../filemap-capi/include");
    std::os::unix::fs::symlink(headers, prefix.join("include/filemap")).unwrap();
    assert_eq!(compile(&command, dir.path(), &[], "p.c"), "text 1 2\n");
}

/// A prefix with everything in it, from what this test was built with.
fn installed(prefix: &Path) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let built = filemap();
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(root)
        .args(["xtask", "install", "--built"])
        .arg(built.parent().unwrap())
        .arg("--prefix")
        .arg(prefix)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[test]
fn an_installed_prefix_serves_filemap_cc_and_pkg_config_and_static_programs() {
    let _watchdog = watchdog!();
    let prefix = tempfile::tempdir().unwrap();
    assert!(installed(prefix.path()), "cargo xtask install");
    let lib = prefix.path().join("lib");
    assert_eq!(
        std::fs::read_link(lib.join("libfilemap.so")).unwrap(),
        Path::new("libfilemap.so.0")
    );
    assert_eq!(
        std::fs::read_link(lib.join("libfilemap.so.0")).unwrap(),
        Path::new(concat!("libfilemap.so.", env!("CARGO_PKG_VERSION")))
    );
    let dir = tempfile::tempdir().unwrap();
    let command = prefix.path().join("bin/filemap");
    assert_eq!(compile(&command, dir.path(), &["--unicode"], "p.c"), "text 2 2\n");
    let flags = |more: &[&str]| {
        Command::new("pkg-config")
            .args(more)
            .args(["--cflags", "--libs", "filemap"])
            .env("PKG_CONFIG_PATH", lib.join("pkgconfig"))
            .output()
    };
    let Ok(output) = flags(&[]) else {
        skip!("needs pkg-config: apt-get install pkg-config");
    };
    let words = String::from_utf8(output.stdout).unwrap();
    let program = dir.path().join("by_pkg_config");
    let source_file = source(dir.path(), "p.c");
    for flags_first in [true, false] {
        let mut cc = Command::new("cc");
        let file = || source_file.as_os_str().to_owned();
        let flags = || words.split_whitespace().map(std::ffi::OsString::from);
        match flags_first {
            true => cc.args(flags()).arg(file()),
            false => cc.arg(file()).args(flags()),
        };
        run(cc.arg("-o").arg(&program));
        assert_eq!(
            said(&program),
            "text 1 2\n",
            "and the library is found when it runs"
        );
    }
    // Without the shared library the linker takes the archive.
    let words = String::from_utf8(flags(&["--static"]).unwrap().stdout).unwrap();
    for name in ["libfilemap.so", "libfilemap.so.0"] {
        std::fs::remove_file(lib.join(name)).unwrap();
    }
    run(Command::new("cc")
        .arg(source(dir.path(), "p.c"))
        .args(words.split_whitespace())
        .arg("-o")
        .arg(&program));
    assert_eq!(said(&program), "text 1 2\n");
}

#[test]
fn a_prefix_with_a_blank_in_its_name_serves_pkg_config() {
    let _watchdog = watchdog!();
    if Command::new("pkg-config").arg("--version").output().is_err() {
        skip!("needs pkg-config: apt-get install pkg-config");
    }
    let dir = tempfile::tempdir().unwrap();
    let prefix = dir.path().join("a prefix; with 'marks' & more");
    assert!(installed(&prefix), "cargo xtask install");
    let (program, file) = (dir.path().join("program"), source(dir.path(), "p.c"));
    // As make does it, and scripts that know of blanks: a shell reads the words.
    run(Command::new("sh")
        .arg("-c")
        .arg(r#"eval "cc $(pkg-config --cflags --libs filemap)" '"$0"' -o '"$1"'"#)
        .args([&file, &program])
        .env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")));
    assert_eq!(
        said(&program),
        "text 1 2\n",
        "and the library is found when it runs"
    );
    let compiled = compile(&prefix.join("bin/filemap"), dir.path(), &["--unicode"], "p.c");
    assert_eq!(compiled, "text 2 2\n");
}

const DOTNET: &str = r#"
using System;
using System.Runtime.InteropServices;
static class Program {
    [DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
    static extern IntPtr CreateFileMapping(IntPtr file, IntPtr attributes, uint protect, uint high, uint low, string name);
    [DllImport("KERNEL32", CharSet = CharSet.Ansi, SetLastError = true)]
    static extern IntPtr OpenFileMapping(uint access, bool inherit, string name);
    [DllImport("Kernel32.dll")]
    static extern IntPtr MapViewOfFile(IntPtr mapping, uint access, uint high, uint low, UIntPtr bytes);
    [DllImport("kernel32.dll", EntryPoint = "RtlMoveMemory")]
    static extern void CopyMemory(IntPtr to, byte[] from, UIntPtr bytes);
    [DllImport("user32.dll", CharSet = CharSet.Auto)]
    static extern int MessageBox(IntPtr window, string text, string caption, uint kind);
    static int Main(string[] arguments) {
        System.IO.File.WriteAllText(System.Reflection.Assembly.GetExecutingAssembly().Location + ".txt", "the runtime itself works");
        IntPtr mapping = CreateFileMapping(new IntPtr(-1), IntPtr.Zero, 4, 0, 4096, "Local\\dotnet");
        IntPtr view = MapViewOfFile(OpenFileMapping(2, false, "Local\\dotnet"), 2, 0, 0, UIntPtr.Zero);
        CopyMemory(view, new byte[] { 65, 66, 0, 0 }, new UIntPtr(4));
        OpenFileMapping(4, false, "Local\\nobody");
        int number = Marshal.GetLastWin32Error();
        return MessageBox(IntPtr.Zero, Marshal.PtrToStringAnsi(view) + " " + number, "dotnet", 0) - 1;
    }
}
"#;

// F-18
#[test]
fn an_unmodified_dotnet_program_runs_with_an_installed_prefix_by_names_and_by_configuration() {
    let _watchdog = watchdog!();
    let prefix = tempfile::tempdir().unwrap();
    assert!(installed(prefix.path()), "cargo xtask install");
    let dir = tempfile::tempdir().unwrap();
    let (file, program) = (dir.path().join("p.cs"), dir.path().join("p.exe"));
    std::fs::write(&file, DOTNET).unwrap();
    let there = |tool| Command::new(tool).arg("--version").output().is_ok();
    if !there("mcs") || !there("mono") {
        skip!("Mono is not here: apt-get install --no-install-recommends mono-mcs mono-runtime");
    }
    run(Command::new("mcs")
        .arg(format!("-out:{}", program.display()))
        .arg(&file));
    let names = private_root();
    let said = |mono: &mut Command| {
        let output = run(mono.arg(&program).env("FILEMAP_ROOT", names.path()));
        String::from_utf8(output.stdout).unwrap()
    };
    // Debian's configuration leads kernel32.dll into the process itself: there it must be.
    let by_name = said(
        Command::new("mono")
            .env("LD_LIBRARY_PATH", prefix.path().join("lib/filemap"))
            .env("LD_PRELOAD", "libkernel32.so"),
    );
    assert_eq!(by_name, "[dotnet] AB 2\n");
    let config = prefix.path().join("share/filemap/mono.config");
    assert_eq!(
        said(Command::new("mono").arg("--config").arg(config)),
        "[dotnet] AB 2\n"
    );
}

/// Leaves what it makes open, at lines that the test knows.
const FORGETFUL: &str = r#"
#include <windows.h>
int main(void)
{
    HANDLE mapping = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, "Local\\kept");
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    CloseHandle(event);
    return MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0) == NULL;
}
"#;

// the words of the issue: `filemap run --leaks -- PROGRAM` prints at exit what was never closed, with the place in the source
#[test]
fn run_tells_what_a_c_program_never_closed_with_the_lines_that_made_it() {
    let _watchdog = watchdog!();
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("forgetful.c");
    std::fs::write(&source, FORGETFUL).unwrap();
    let program = dir.path().join("forgetful");
    let mut cc = Command::new(filemap());
    run(cc.args(["cc", "-g"]).arg(&source).arg("-o").arg(&program));
    let names = private_root();
    let mut leaks = Command::new(filemap());
    leaks.args(["run", "--leaks", "--leaks-status", "3", "--"]);
    let output = leaks
        .arg(&program)
        .env("FILEMAP_ROOT", names.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{told}");
    for (what, line) in [
        (r"never closed: handle to file mapping `Local\kept`, made at ", 5),
        (r"never closed: view of file mapping `Local\kept`, made at ", 8),
    ] {
        let leak = told.lines().find(|line| line.contains(what));
        let leak = leak.unwrap_or_else(|| panic!("{what}: {told}"));
        assert!(leak.contains(&format!("forgetful.c:{line}")), "{told}");
    }
    assert!(told.ends_with("filemap: 2 were never closed\n"), "{told}");
    assert!(!told.contains("event") && !told.contains("process"), "{told}");
}

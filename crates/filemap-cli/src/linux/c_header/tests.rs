//! What is read from headers, beside what compilers make of them. The issue's words: a C struct parser for headers.

use super::declarations::Header;
use super::types;
use crate::layout::{Abi, Layout, Type};
use filemap_testing::skip;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

fn header(text: &str, abi: Abi) -> Result<Header, String> {
    Header::parse(text, PathBuf::new(), abi).map_err(|e| e.to_string())
}

fn read(text: &str, name: &str, abi: Abi) -> Result<Layout, String> {
    of(&header(text, abi)?, name)
}

fn of(header: &Header, name: &str) -> Result<Layout, String> {
    types::layout(&*header.record(Some(name).filter(|name| !name.is_empty()))?, 0)
}

/// What is read of a type: its name, layout and size.
type Seen = (String, Layout, u64);

/// What programs that share memory have in their headers.
const FRAMES: &str = r#"
/* A camera's frames. */
#ifndef FRAMES_H
#define FRAMES_H
#include <stdint.h>
#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>
#ifdef __cplusplus
extern "C" {
#endif

#define COUNT 4
#define NAME_LEN (8 * COUNT) // bytes
#define REAL float
#if COUNT > 3 && defined(NAME_LEN)
typedef uint32_t counter;
#else
typedef uint8_t counter;
#endif

enum kind { KIND_NONE, KIND_COLOUR = 7, KIND_LAST };
typedef enum { A = -1, B } sign_t;
enum large { LARGE = 0x100000000 };
enum __attribute__((packed)) tiny_unknown_place_is_fine { T1 };

struct point { REAL x, y; double z; };
typedef struct point point_t;
union value { int32_t i; float f; char text[5]; uint64_t bits; };
struct node { struct node *next; int (*call)(struct node *, int); char c; };

typedef struct frame {
    char tag;
    counter number;
    bool ready, done;
    enum kind kind;
    sign_t sign;
    enum large large;
    int8_t small;
    short s;
    long l;
    unsigned long long ull;
    long double ld;
    size_t size;
    wchar_t wide[3];
    char16_t text16[4];
    point_t corner[2][COUNT / 2], origin;
    int matrix[3][2];
    char names[3][NAME_LEN];
    unsigned char raw[sizeof(struct point) + 1];
    union value value, values[2];
    struct { uint8_t a; union { uint16_t b; uint8_t c[3]; }; };
    struct node node;
    struct { char c; double d; } one[1];
    void *pointer, *pointers[2];
    const volatile unsigned flags;
    _Alignas(32) char aligned;
    char after;
    uint16_t last __attribute__((aligned(8)));
#ifdef _WIN32
    char windows;
#else
    char linux_only[3];
#endif
    int tail[];
} frame_t, *frame_p;

#pragma pack(push, 1)
struct packed1 { char a; uint32_t b; double c; struct point p; uint16_t d[3]; };
#pragma pack(4)
struct packed4 { char a; uint64_t b; long double c; char d; };
#pragma pack(pop)
#pragma pack(push, mark, 2)
#pragma pack(push, 8)
#pragma pack(pop, mark)
struct not_packed { char a; uint64_t b; };
struct __attribute__((packed)) packed_attribute { char a; uint32_t b; struct not_packed c; _Alignas(8) char d; };
typedef struct { char a; uint32_t b __attribute__((packed)); char c; uint64_t d; } __attribute__((packed, aligned(4))) both;
struct aligned16 { int a; } __attribute__((aligned(16)));
struct holds { char a; struct aligned16 b; char c; };
#pragma pack(push, 2)
struct holds_packed { char a; struct aligned16 b; char c; int d __attribute__((aligned(8))); };
struct packed_aligned { char a; int b; } __attribute__((aligned(16)));
#pragma pack(pop)
typedef int aligned_int __attribute__((aligned(16)));
struct with_aligned { char a; aligned_int b; char c; };
struct empty { };
struct with_empty { char a; struct empty e; int b; };
union odd { char a[5]; short b; };

static inline int helper(struct frame *f) { if (f) { return 1; } return 0; }
extern struct frame *frames_open(const char *name, int flags);

#ifdef __cplusplus
}
#endif
#endif
"#;

const WINDOWS: &str = r#"
#include <windows.h>
#pragma pack(push, 4)
typedef struct _SHARED_HEADER {
    DWORD dwSignature;
    WORD wVersion; BYTE bFlags;
    BOOL fReady;
    ULONGLONG ullTime;
    LONG lValue;
    HANDLE hEvent;
    WCHAR szName[MAX_PATH];
    CHAR szText[16];
    FILETIME ftWritten;
    GUID id;
    LARGE_INTEGER liCount;
    SYSTEMTIME st;
    RECT rc;
    double d;
    unsigned __int64 u64;
    LPVOID p;
    UINT_PTR up;
    UCHAR aucData[7];
    wchar_t wide[2];
    long l;
    enum { NONE, SOME } e;
} SHARED_HEADER, *LPSHARED_HEADER;
#pragma pack(pop)
struct natural { BYTE b; DWORD64 q; WORD w; HANDLE h; BOOLEAN o; LUID luid; };
"#;

/// A program for the compiler, that says where it puts what the layout shows.
fn asks(header: &str, of: &[Seen], asserts: bool) -> String {
    let mut text =
        format!("#include <stdio.h>\n#include <stddef.h>\n#include <uchar.h>\n#include \"{header}\"\n");
    if !asserts {
        text.push_str("int main(void) {\n");
    }
    for (ty, layout, size) in of {
        match asserts {
            true => writeln!(text, "_Static_assert(sizeof({ty}) == {size}, \"{ty}\");").unwrap(),
            false => writeln!(text, "printf(\"{ty} %zu\\n\", sizeof({ty}));").unwrap(),
        }
        for field in &layout.fields {
            let name = &field.name;
            let bytes = field.len * field.count;
            match asserts {
                true => writeln!(
                    text,
                    "_Static_assert(offsetof({ty}, {name}) == {} && sizeof((({ty} *)0)->{name}) == {bytes}, \"{name}\");",
                    field.offset
                )
                .unwrap(),
                false => writeln!(
                    text,
                    "printf(\"{ty}.{name} %zu %zu\\n\", offsetof({ty}, {name}), sizeof((({ty} *)0)->{name}));"
                )
                .unwrap(),
            }
        }
    }
    if !asserts {
        text.push_str("}\n");
    }
    text
}

/// What the compiler is to answer.
fn answers(of: &[Seen]) -> String {
    let mut text = String::new();
    for (ty, layout, size) in of {
        writeln!(text, "{ty} {size}").unwrap();
        for field in &layout.fields {
            writeln!(
                text,
                "{ty}.{} {} {}",
                field.name,
                field.offset,
                field.len * field.count
            )
            .unwrap();
        }
    }
    text
}

fn layouts(text: &str, types: &[&str], abi: Abi) -> Vec<Seen> {
    let header = header(text, abi).unwrap();
    let seen = |ty: &&str| {
        let layout = of(&header, ty).unwrap_or_else(|e| panic!("{ty}: {e}"));
        let size = header.record(Some(ty)).unwrap().size;
        ((*ty).to_owned(), layout, size)
    };
    types.iter().map(seen).collect()
}

fn has(compiler: &str) -> bool {
    Command::new(compiler)
        .arg("--version")
        .output()
        .is_ok_and(|out| out.status.success())
}

#[track_caller]
fn is_as_compiled(header: &str, types: &[&str]) {
    is_as_compiled_of(header, &layouts(header, types, Abi::Linux));
}

#[track_caller]
fn is_as_compiled_of(header: &str, of: &[Seen]) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("header.h"), header).unwrap();
    std::fs::write(folder.path().join("asks.c"), asks("header.h", of, false)).unwrap();
    let built = Command::new("gcc")
        .args(["-std=gnu17", "-w", "-o", "asks", "asks.c"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    let said = Command::new(folder.path().join("asks")).output().unwrap();
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    for (ours, theirs) in answers(of).lines().zip(said.lines()) {
        assert_eq!(ours, theirs, "in\n{header}");
    }
    assert_eq!(answers(of), said);
}

#[track_caller]
fn another_compiler_agrees(compiler: &str, abi: Abi, header: &str, types: &[&str]) {
    let of = layouts(header, types, abi);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("header.h"), header).unwrap();
    std::fs::write(folder.path().join("asks.c"), asks("header.h", &of, true)).unwrap();
    let checked = Command::new(compiler)
        .args(["-std=gnu17", "-w", "-fsyntax-only", "asks.c"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(
        checked.status.success(),
        "{}",
        String::from_utf8_lossy(&checked.stderr)
    );
}

const OF_FRAMES: [&str; 15] = [
    "frame_t",
    "struct frame",
    "struct point",
    "union value",
    "struct packed1",
    "struct packed4",
    "struct not_packed",
    "struct packed_attribute",
    "both",
    "struct holds",
    "struct holds_packed",
    "struct packed_aligned",
    "struct with_aligned",
    "struct with_empty",
    "union odd",
];

#[test]
fn members_lie_where_gcc_puts_them() {
    if !has("gcc") {
        skip!("needs gcc: apt-get install gcc");
    }
    is_as_compiled(FRAMES, &OF_FRAMES);
}

#[test]
fn members_of_the_systems_own_structs_are_read_from_what_the_preprocessor_makes() {
    if !has("gcc") {
        skip!("needs gcc: apt-get install gcc");
    }
    let header = "#include <stdio.h>\n#include <sys/stat.h>\n#include <netinet/in.h>\n#include <pthread.h>\n\
                  #define ALIGNED(n) __attribute__((aligned(n)))\nstruct rec {\n    char c;\n    struct stat st;\n    struct sockaddr_in a;\n\
                  \x20   pthread_mutex_t m;\n    unsigned n ALIGNED(16);\n    char name[FILENAME_MAX];\n};\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("header.h"), header).unwrap();
    for more in [&[][..], &["-P"]] {
        let made = Command::new("gcc")
            .arg("-E")
            .args(more)
            .arg("header.h")
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let made = String::from_utf8(made.stdout).unwrap();
        is_as_compiled_of(header, &layouts(&made, &["struct rec"], Abi::Linux));
    }
    // Without the preprocessor it says where it is at a loss.
    let error = read(header, "rec", Abi::Linux).unwrap_err();
    assert!(error.starts_with("line "), "{error}");
}

#[test]
fn members_lie_where_gcc_puts_them_for_64_bit_arm() {
    if !has("aarch64-linux-gnu-gcc") {
        skip!("needs a compiler for ARM: apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross");
    }
    another_compiler_agrees("aarch64-linux-gnu-gcc", Abi::Linux, FRAMES, &OF_FRAMES);
}

#[test]
fn members_lie_where_a_compiler_for_windows_puts_them() {
    if !has("x86_64-w64-mingw32-gcc") {
        skip!("needs a compiler for Windows: apt-get install gcc-mingw-w64-x86-64");
    }
    let types = ["SHARED_HEADER", "struct natural", "FILETIME", "GUID"];
    another_compiler_agrees("x86_64-w64-mingw32-gcc", Abi::Windows, WINDOWS, &types);
    // What they don't agree on.
    let frames = FRAMES
        .replace("long double", "double")
        .replace("0x100000000", "0x10000");
    another_compiler_agrees("x86_64-w64-mingw32-gcc", Abi::Windows, &frames, &OF_FRAMES);
}

/// A header of many structs that nobody thought of.
fn any_structs(seed: u64, count: usize) -> (String, Vec<String>) {
    let mut state = seed;
    let mut next = move |below: u64| {
        // Knuth's multiplier; the high bits are the good ones.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let simple = [
        "char",
        "signed char",
        "unsigned char",
        "short",
        "unsigned short",
        "int",
        "unsigned",
        "long",
        "unsigned long",
        "long long",
        "float",
        "double",
        "long double",
        "_Bool",
        "void *",
        "uint8_t",
        "int16_t",
        "uint32_t",
        "int64_t",
        "wchar_t",
        "char16_t",
        "enum { E@, F@ = -5 }",
        "enum { G@ = 0x1ffffffff }",
        "struct { char a; short b; }",
        "union { char a[3]; int b; }",
    ];
    let (mut text, mut names) = (
        "#include <stdint.h>\n#include <stddef.h>\n#include <uchar.h>\n".to_owned(),
        Vec::new(),
    );
    let mut serial = 0;
    for n in 0..count {
        let pack = [0, 0, 0, 1, 2, 4, 8, 16][next(8) as usize];
        if pack > 0 {
            writeln!(text, "#pragma pack(push, {pack})").unwrap();
        }
        let kind = if next(5) == 0 { "union" } else { "struct" };
        let before = ["", "", "", "__attribute__((packed)) "][next(4) as usize];
        let before = if kind == "union" { "" } else { before };
        writeln!(text, "{kind} {before}s{n} {{").unwrap();
        for m in 0..=next(7) {
            let ty = match next(4) {
                0 if !names.is_empty() => {
                    let names: &Vec<String> = &names;
                    names[next(names.len() as u64) as usize].clone()
                }
                _ => simple[next(simple.len() as u64) as usize].to_owned(),
            };
            serial += 1;
            let ty = ty.replace('@', &serial.to_string());
            let array = ["", "", "", "[3]", "[2][2]", "[1]"][next(6) as usize];
            let place = [
                "",
                "",
                "",
                "",
                " __attribute__((aligned(8)))",
                " __attribute__((packed))",
            ][next(6) as usize];
            writeln!(text, "    {ty} m{m}{array}{place};").unwrap();
        }
        let behind = [
            "",
            "",
            "",
            " __attribute__((packed))",
            " __attribute__((aligned(32)))",
        ][next(5) as usize];
        writeln!(text, "}}{behind};").unwrap();
        if pack > 0 {
            writeln!(text, "#pragma pack(pop)").unwrap();
        }
        names.push(format!("{kind} s{n}"));
    }
    (text, names)
}

#[test]
fn members_of_structs_that_nobody_thought_of_lie_where_gcc_puts_them() {
    if !has("gcc") {
        skip!("needs gcc: apt-get install gcc");
    }
    for seed in [1, 20, 300] {
        let (header, names) = any_structs(seed, 40);
        // Structs in structs grow fast; the smaller ones are as good.
        let read = self::header(&header, Abi::Linux).unwrap();
        let is_small = |name: &&str| match of(&read, name) {
            Ok(layout) => layout.fields.len() < 200,
            Err(e) => {
                assert!(e.contains("that many values"), "{name}: {e} in\n{header}");
                false
            }
        };
        let small: Vec<&str> = names.iter().map(String::as_str).filter(is_small).collect();
        assert!(small.len() > 10, "{small:?}");
        is_as_compiled(&header, &small);
    }
}

#[test]
fn values_are_shown_as_what_the_header_says_they_are() {
    let layout = read(FRAMES, "frame", Abi::Linux).unwrap();
    let shown = |name: &str| {
        let field = layout.fields.iter().find(|field| field.name == name);
        field.map(|field| (field.ty, field.len, field.count))
    };
    assert_eq!(shown("tag"), Some((Type::I8, 1, 1)));
    assert_eq!(shown("ready"), Some((Type::Bool, 1, 1)));
    assert_eq!(shown("kind"), Some((Type::U32, 4, 1)));
    assert_eq!(shown("sign"), Some((Type::I32, 4, 1)));
    assert_eq!(shown("large"), Some((Type::U64, 8, 1)));
    assert_eq!(shown("ld"), Some((Type::Bytes, 16, 1)));
    assert_eq!(shown("text16"), Some((Type::Utf16, 8, 1)));
    assert_eq!(shown("corner[1][0].x"), Some((Type::F32, 4, 1)));
    assert_eq!(shown("matrix[2]"), Some((Type::I32, 4, 2)));
    assert_eq!(shown("names"), Some((Type::Text, 32, 3)));
    assert_eq!(shown("raw"), Some((Type::Bytes, 17, 1)));
    assert_eq!(shown("values[1].text"), Some((Type::Text, 5, 1)));
    assert_eq!(shown("b"), Some((Type::U16, 2, 1)));
    assert_eq!(shown("one[0].d"), Some((Type::F64, 8, 1)));
    assert_eq!(shown("node.next"), Some((Type::U64, 8, 1)));
    assert_eq!(shown("pointers"), Some((Type::U64, 8, 2)));
    assert!(shown("linux_only").is_some() && shown("windows").is_none() && shown("tail").is_none());
    // A typedef and a tag mean the same; the only struct of a header needs no name.
    assert_eq!(read(FRAMES, "frame_t", Abi::Linux).unwrap(), layout);
    assert_eq!(
        read("struct only { int a; };", "", Abi::Linux)
            .unwrap()
            .fields
            .len(),
        1
    );
    assert_eq!(
        read("typedef struct tag { int a; } name;", "", Abi::Linux)
            .unwrap()
            .fields
            .len(),
        1
    );
    let size = |abi| layouts(WINDOWS, &["SHARED_HEADER"], abi)[0].2;
    // Two `wchar_t` and a `long`, and what aligns a pointer before.
    assert_eq!(size(Abi::Linux), size(Abi::Windows) + 8);
}

#[test]
fn headers_that_make_no_sense_are_refused_with_line_and_column() {
    let deep = format!(
        "struct s {{ int a[{}1{}]; }};",
        "(".repeat(5000),
        ")".repeat(5000)
    );
    let (open, close) = ("struct { ".repeat(3000), "} x;".repeat(3000));
    let nested = format!("struct s {{ {open}int a;{close} }};");
    let bomb: String = (0..60)
        .map(|n| format!("#define M{n} (M{} + M{})\n", n + 1, n + 1))
        .collect();
    let bomb = format!("{bomb}#define M60 1\nstruct s {{ int a[M0]; }};");
    let chain: String = (1..500)
        .map(|n| format!("struct s{n} {{ struct s{} x; }};\n", n - 1))
        .collect();
    let chain = format!("struct s0 {{ int a; }};\n{chain}");
    for (text, name, want) in [
        (
            "struct s {\n  int a : 3;\n};",
            "s",
            "line 2, column 9: a bit-field",
        ),
        (
            "struct s {\n  int a;\n  int : 0;\n};",
            "s",
            "line 3, column 7: a bit-field",
        ),
        (
            "struct s {\n  unknown_t a;\n};",
            "s",
            "line 2, column 3: the type unknown_t is not known",
        ),
        (
            "struct s {\n  int a\n};",
            "s",
            "line 2, column 8: `;` is missing here",
        ),
        ("struct s { int a[N]; };", "s", "column 18: N is not known"),
        ("struct s { int a[-1]; };", "s", "an array can't have -1 elements"),
        ("struct s { int a[1/0]; };", "s", "this has no value"),
        (
            "#define N N\nstruct s { int a[N]; };",
            "s",
            "line 2, column 18: what \"N\" stands for is not understood",
        ),
        (
            "#define F(x) x\nstruct s { int a[F(3)]; };",
            "s",
            "macros with arguments are not understood: F",
        ),
        ("struct s { int a[1ull << 61]; };", "s", "larger or deeper"),
        (
            "struct s { struct s a; };",
            "s",
            "line 1, column 21: its type is not defined up to here",
        ),
        (
            "struct other; struct s { struct other a; };",
            "s",
            "its type is not defined",
        ),
        ("struct s;", "s", "there is no struct in it"),
        (
            "struct s; struct t { int a; };",
            "s",
            "no struct is called \"s\": there are t",
        ),
        (
            "struct a { int x; }; struct b { int y; };",
            "c",
            "no struct is called \"c\": there are a, b",
        ),
        (
            "struct a { int x; }; struct b { int y; };",
            "",
            "say with --struct which one: there are a, b",
        ),
        (
            "typedef struct u s; struct t { int a; };",
            "s",
            "declared, but not defined",
        ),
        ("", "s", "there is no struct in it"),
        ("int a(", "s", "line 1, column"),
        ("\0\u{1b}[31m", "s", "line 1, column"),
        (
            "struct s { int a __attribute__((mode(DI))); };",
            "s",
            "column 33: this attribute is not understood",
        ),
        (
            "struct s { int a __attribute__((aligned(3))); };",
            "s",
            "3 is no alignment",
        ),
        ("struct __declspec(align(8)) s { int a; };", "s", "line 1, column"),
        (
            "#pragma pack(3)\nstruct s { int a; };",
            "s",
            "line 1, column 1: #pragma \"pack(3)\" is not understood",
        ),
        (
            "struct s {\n#pragma pack(1)\nint a; };",
            "s",
            "line 2, column 1: a #pragma pack is understood between",
        ),
        (
            "#if FOO(1)\n#endif\nstruct s { int a; };",
            "s",
            "line 1, column 5: macros with arguments",
        ),
        (
            "#error not for you\nstruct s { int a; };",
            "s",
            "line 1, column 1: #error \"not for you\"",
        ),
        ("#if 1\nstruct s { int a; };", "s", "line"),
        (
            "void f(void) {\n#pragma pack(1)\n}\nstruct s { int a; };",
            "s",
            "line 2, column 1",
        ),
        (
            "int f(int a;\n#pragma pack(1)\n) {}\nstruct s { int a; };",
            "s",
            "",
        ),
        ("struct s { int a = 0; };", "s", "line 1, column 18"),
        ("struct s { int a; }; #define X 1\n", "s", ""),
        (
            "struct s { float a[200000]; };",
            "s",
            "field \"a\": that many values can't be shown",
        ),
        (
            "enum e { A = 0xffffffffffffffff, B = -1 }; struct s { enum e e; };",
            "s",
            "no whole number",
        ),
        (
            "typedef struct { _Atomic struct { int a, b, c; } x; } s;",
            "s",
            "_Atomic struct",
        ),
        (&deep, "s", "too much is nested"),
        (&nested, "s", "too much is nested"),
        (&bomb, "s", "is not understood"),
        (&chain, "s499", "larger or deeper"),
    ] {
        let start: String = text.chars().take(80).collect();
        let error = read(text, name, Abi::Linux).err();
        match (want, error) {
            ("", _) => {} // only not to crash
            (want, Some(error)) => assert!(error.contains(want), "{start}: {error}"),
            (_, None) => panic!("{start} is taken"),
        }
    }
    for text in [
        "struct s { long double a; };",
        "struct s { enum { A = 0x100000000 } a; };",
    ] {
        let error = read(text, "s", Abi::Windows).unwrap_err();
        assert!(error.contains("don't agree on the size of"), "{error}");
    }
}

#[test]
fn what_is_wrong_elsewhere_in_a_header_does_not_count() {
    let text = "int f(WINAPI *x y) !;\nstruct bad { int a : 3; unknown b; };\nstruct good { int a; };\nunknown g(void);\n";
    assert_eq!(read(text, "good", Abi::Linux).unwrap().fields.len(), 1);
    assert!(read(text, "bad", Abi::Linux).unwrap_err().contains("line 2"));
}

#[test]
fn headers_beside_it_are_read_and_their_errors_say_where() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir(folder.path().join("inner")).unwrap();
    write(
        "types.h",
        "#pragma once\n#include \"inner/more.h\"\n#include \"main.h\"\ntypedef real id_t2;\n",
    );
    write("inner/more.h", "#include \"deep.h\"\n#define LEN 3\n");
    write(
        "inner/deep.h",
        "typedef double real;\nstruct wrong { int a : 1; };\n",
    );
    write(
        "main.h",
        "#ifndef M\n#define M\n#include \"types.h\"\n#include \"missing.h\"\nstruct s { char a; id_t2 b[LEN]; };\nstruct t { struct wrong w; };\n#endif\n",
    );
    let path = folder.path().join("main.h");
    let layout = super::layout(&path, Some("s"), Abi::Linux, 64).unwrap();
    assert_eq!((layout.start(), layout.end()), (64, 64 + 8 + 3 * 8));
    let error = super::layout(&path, Some("t"), Abi::Linux, 0).unwrap_err();
    assert!(
        error.contains("inner/deep.h") || error.contains("deep.h, line 2, column 22: a bit-field"),
        "{error}"
    );
    write("loop.h", "#include \"loop.h\"\nstruct s { int a; };\n");
    let error = super::layout(&folder.path().join("loop.h"), None, Abi::Linux, 0).unwrap_err();
    assert!(error.contains("too much is nested"), "{error}");
    let latin = b"/* caf\xe9 */\r\nstruct s {\r\n  int a;\r\n};\r\n";
    std::fs::write(folder.path().join("latin.h"), latin).unwrap();
    assert!(super::layout(&folder.path().join("latin.h"), None, Abi::Linux, 0).is_ok());
    assert!(super::layout(folder.path(), None, Abi::Linux, 0).is_err());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(100))]
    #[test]
    fn a_header_with_parts_lost_or_doubled_never_crashes_anything(from in 0usize..3000, len in 0usize..400, to in 0usize..3000) {
        let cut = |at: usize| FRAMES.floor_char_boundary(at.min(FRAMES.len()));
        let (from, end) = (cut(from), cut(from + len));
        let without = format!("{}{}", &FRAMES[..from], &FRAMES[end..]);
        let to = without.floor_char_boundary(to.min(without.len()));
        let doubled = format!("{}{}{}", &without[..to], &FRAMES[from..end], &without[to..]);
        for text in [&without, &doubled] {
            if let Ok(header) = header(text, Abi::Linux) {
                for name in ["frame_t", "packed1", "holds_packed"] {
                    let _ = of(&header, name);
                }
            }
        }
    }
}

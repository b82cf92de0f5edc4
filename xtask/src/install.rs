//! `cargo xtask install`: what a distribution's package would contain, in a prefix.

use crate::{Result, process};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where programs will find it, such as /usr/local
    #[arg(long, value_name = "DIR", default_value = "/usr/local")]
    prefix: PathBuf,
    /// Put before every path that is written, for making packages
    #[arg(long, value_name = "DIR")]
    destdir: Option<PathBuf>,
    /// Take what is in this directory of cargo's (target/release) instead of building
    #[arg(long, value_name = "DIR")]
    built: Option<PathBuf>,
}

/// The ABI's number: `crates/filemap-capi/build.rs` writes it into the library.
const ABI: &str = "0";

pub(crate) fn run(root: &Path, options: &Options) -> Result<bool> {
    let built = match &options.built {
        Some(built) => built.clone(),
        None => {
            let mut cargo = process::cargo(root);
            cargo.args(["build", "--release", "-p", "filemap-cli", "-p", "filemap-capi"]);
            if !cargo.status()?.success() {
                return Ok(false);
            }
            target_directory(root)?.join("release")
        }
    };
    let prefix = std::path::absolute(&options.prefix)?;
    let to = match &options.destdir {
        None => prefix.clone(),
        Some(destdir) => std::path::absolute(destdir)?.join(prefix.strip_prefix("/").unwrap_or(&prefix)),
    };
    let version = env!("CARGO_PKG_VERSION");
    copy(&built.join("filemap"), &to.join("bin/filemap"), 0o755)?;
    let full = format!("libfilemap.so.{version}");
    copy(
        &newest(&built, "libfilemap_c.so")?,
        &to.join("lib").join(&full),
        0o644,
    )?;
    copy(
        &newest(&built, "libfilemap_c.a")?,
        &to.join("lib/libfilemap.a"),
        0o644,
    )?;
    link(&full, &to.join(format!("lib/libfilemap.so.{ABI}")))?;
    link(&format!("libfilemap.so.{ABI}"), &to.join("lib/libfilemap.so"))?;
    let mut headers = 0;
    for entry in fs::read_dir(root.join("crates/filemap-capi/include"))? {
        let header = entry?.path();
        if header.extension().is_some_and(|e| e == "h") {
            let name = header.file_name().unwrap_or_default();
            copy(&header, &to.join("include/filemap").join(name), 0o644)?;
            for spelling in spellings(&name.to_string_lossy()) {
                link(
                    &name.to_string_lossy(),
                    &to.join("include/filemap").join(spelling),
                )?;
            }
            headers += 1;
        }
    }
    for (name, target) in dotnet_names() {
        link(&target, &to.join("lib/filemap").join(name))?;
    }
    let map = to.join("share/filemap/mono.config");
    fs::create_dir_all(map.parent().unwrap_or(&to))?;
    fs::write(&map, mono_config(&prefix))?;
    let pc = to.join("lib/pkgconfig/filemap.pc");
    fs::create_dir_all(pc.parent().unwrap_or(&to))?;
    fs::write(&pc, pkg_config(&prefix, version))?;
    let mut pages = 0;
    for entry in fs::read_dir(root.join("docs/man")).into_iter().flatten() {
        let page = entry?.path();
        if page.extension().is_some_and(|e| e == "1") {
            let name = page.file_name().unwrap_or_default();
            copy(&page, &to.join("share/man/man1").join(name), 0o644)?;
            pages += 1;
        }
    }
    let completions = [
        ("filemap.bash", "share/bash-completion/completions/filemap"),
        ("filemap.fish", "share/fish/vendor_completions.d/filemap.fish"),
        ("_filemap", "share/zsh/site-functions/_filemap"),
    ];
    for (from, at) in completions {
        let from = root.join("docs/completions").join(from);
        if from.is_file() {
            copy(&from, &to.join(at), 0o644)?;
        }
    }
    println!(
        "installed into {}: bin/filemap, lib/{full}, lib/libfilemap.a, {headers} headers in include/filemap, \
         lib/pkgconfig/filemap.pc, names for .NET in lib/filemap and share/filemap/mono.config, {pages} man pages",
        to.display()
    );
    Ok(true)
}

fn target_directory(root: &Path) -> Result<PathBuf> {
    let metadata = cargo_metadata::MetadataCommand::new()
        .current_dir(root)
        .no_deps()
        .exec()?;
    Ok(metadata.target_directory.into_std_path_buf())
}

/// The file in cargo's directory or its `deps`, whichever is newer: only `cargo build` copies it out of there.
fn newest(built: &Path, name: &str) -> Result<PathBuf> {
    let places = [built.join(name), built.join("deps").join(name)];
    let age = |path: &PathBuf| path.metadata().and_then(|meta| meta.modified()).ok();
    places
        .into_iter()
        .filter(|path| age(path).is_some())
        .max_by_key(age)
        .ok_or_else(|| {
            let built = built.display();
            format!("{name} is not in {built}: build filemap-capi first").into()
        })
}

/// Copies into place in one step, so that a running program keeps the file that it has.
fn copy(from: &Path, to: &Path, mode: u32) -> Result<()> {
    let failed = |e: std::io::Error| format!("{} to {}: {e}", from.display(), to.display());
    let new = to.with_extension("new");
    fs::create_dir_all(to.parent().unwrap_or(to)).map_err(failed)?;
    fs::copy(from, &new).map_err(failed)?;
    fs::set_permissions(&new, fs::Permissions::from_mode(mode)).map_err(failed)?;
    Ok(fs::rename(&new, to).map_err(failed)?)
}

fn link(target: &str, at: &Path) -> Result<()> {
    let new = at.with_extension("link");
    fs::create_dir_all(at.parent().unwrap_or(at))?;
    let _ = fs::remove_file(&new); // left by an interrupted call
    symlink(target, &new)?;
    Ok(fs::rename(&new, at)?)
}

/// How programs of a system that does not care spell the names of headers: `filemap cc` has the same in a build tree.
fn spellings(header: &str) -> Vec<String> {
    let mut capital = header.to_owned();
    capital[..1].make_ascii_uppercase();
    let known = [
        "AccCtrl.h",
        "AclAPI.h",
        "AclApi.h",
        "BaseTsd.h",
        "MinWinDef.h",
        "WTypesbase.h",
        "WinBase.h",
        "WinDef.h",
        "WinError.h",
        "WinNT.h",
        "WinNls.h",
        "WinUser.h",
    ];
    let known = known.into_iter().filter(|name| name.eq_ignore_ascii_case(header));
    let api = header.strip_suffix("api.h").map(|stem| {
        let mut name = stem.to_owned();
        name[..1].make_ascii_uppercase();
        name + "Api.h"
    });
    let mut all: Vec<String> = [capital, header.to_ascii_uppercase()]
        .into_iter()
        .chain(known.map(str::to_owned))
        .chain(api)
        .collect();
    all.sort();
    all.dedup();
    all
}

/// The libraries that Windows programs import from.
const IMPORTED: [&str; 5] = ["kernel32", "kernelbase", "user32", "advapi32", "ntdll"];

/// The files that Mono and .NET look for when an assembly imports from `kernel32.dll`, `Kernel32`, `KERNEL32.DLL`, and what each
/// is a link to. They lie in a directory of their own: nothing else shall find them there.
fn dotnet_names() -> Vec<(String, String)> {
    let capital = |name: &str| name[..1].to_uppercase() + &name[1..];
    IMPORTED
        .iter()
        .flat_map(|name| [(*name).to_owned(), capital(name), name.to_uppercase()])
        // Mono takes .dll off and puts lib and .so on; .NET does not take it off.
        .flat_map(|name| [format!("lib{name}.so"), format!("lib{name}.dll.so")])
        .map(|name| (name, format!("../libfilemap.so.{ABI}")))
        .collect()
}

/// What `mono --config FILE` reads in place of its own configuration: where imported names lead, whatever their case; then what
/// Mono's own libraries need. (Debian's own configuration leads kernel32.dll into the process itself.)
fn mono_config(prefix: &Path) -> String {
    let library = prefix.join(format!("lib/libfilemap.so.{ABI}"));
    let maps: String = IMPORTED
        .iter()
        .flat_map(|name| [format!("i:{name}"), format!("i:{name}.dll")])
        .map(|name| format!("  <dllmap dll=\"{name}\" target=\"{}\"/>\n", library.display()))
        .collect();
    let own: String = [
        ("MonoPosixHelper", "$mono_libdir/libMonoPosixHelper.so"),
        ("System.Native", "$mono_libdir/libmono-native.so"),
        ("System.Net.Security.Native", "$mono_libdir/libmono-native.so"),
        ("libc", "libc.so.6"),
        ("intl", "libc.so.6"),
        ("i:msvcrt", "libc.so.6"),
        ("i:msvcrt.dll", "libc.so.6"),
    ]
    .iter()
    .map(|(name, target)| format!("  <dllmap dll=\"{name}\" target=\"{target}\"/>\n"))
    .collect();
    format!("<configuration>\n{maps}{own}</configuration>\n")
}

/// A path as part of words of a pkg-config file: blanks and what a shell takes for its own are behind a backslash, which goes
/// through to the flags that pkg-config tells. (Quotes would do for -I and -L only: pkgconf 1.8 takes them off the others. And of
/// two neighbours that begin with -Wl it takes the backslashes before blanks off: keep something between them.)
fn escaped(path: &Path) -> String {
    let mut out = String::new();
    for c in path.display().to_string().chars() {
        if !(c.is_alphanumeric() || "/._-+,:@%=~${}".contains(c)) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Windows' wchar_t has 16 bits. The library is wanted wherever `--libs` stands, before the sources too. Where the loader does not
/// look by itself, programs remember the directory.
fn pkg_config(prefix: &Path, version: &str) -> String {
    let known = ["/usr", "/usr/local"]
        .iter()
        .any(|known| prefix == Path::new(known));
    let remembered = if known { "" } else { " -Wl,-rpath,${libdir}" };
    format!(
        "prefix={}\nexec_prefix=${{prefix}}\nlibdir=${{exec_prefix}}/lib\nincludedir=${{prefix}}/include\n\n\
         Name: filemap\n\
         Description: Windows file mapping: named shared memory, synchronisation objects and the headers that programs need\n\
         Version: {version}\n\
         Cflags: -fshort-wchar -I${{includedir}}/filemap\n\
         Libs:{remembered} -L${{libdir}} -Wl,--push-state,--no-as-needed -lfilemap -Wl,--pop-state\n\
         Libs.private: -lpthread -ldl -lm -lgcc_s\n",
        escaped(prefix)
    )
}

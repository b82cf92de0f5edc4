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
            headers += 1;
        }
    }
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
         lib/pkgconfig/filemap.pc, {pages} man pages",
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
    let _ = fs::remove_file(&new); // left by an interrupted call
    symlink(target, &new)?;
    Ok(fs::rename(&new, at)?)
}

fn pkg_config(prefix: &Path, version: &str) -> String {
    format!(
        "prefix={}\nexec_prefix=${{prefix}}\nlibdir=${{exec_prefix}}/lib\nincludedir=${{prefix}}/include\n\n\
         Name: filemap\n\
         Description: Windows file mapping: named shared memory, synchronisation objects and the headers that programs need\n\
         Version: {version}\n\
         Cflags: -I${{includedir}}/filemap\n\
         Libs: -L${{libdir}} -lfilemap\n\
         Libs.private: -lpthread -ldl -lm -lgcc_s\n",
        prefix.display()
    )
}

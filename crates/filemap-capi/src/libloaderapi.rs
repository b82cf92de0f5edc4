//! `libloaderapi.h`: modules. The system modules of Windows are this library, by five names.

// UNSAFETY: exported names; the dynamic loader.
#![expect(unsafe_code)]

use crate::boundary::{In, Out, Outcome, Unit, guard};
use crate::exports::EXPORTS;
use crate::text::{read_a, read_w, to_wide};
use filemap_core::error::Win32Code;
use std::collections::HashMap;
use std::os::unix::ffi::OsStrExt;
use std::sync::{LazyLock, Mutex, MutexGuard};

/// The modules that this library is. A module's handle is the address of its entry here.
static MODULES: [&str; 6] = ["", "kernel32", "kernelbase", "ntdll", "advapi32", "user32"];

/// Libraries that `LoadLibrary` opened: handle of the loader to path and number of times.
type Loaded = HashMap<usize, (Vec<u8>, usize)>;

static LOADED: LazyLock<Mutex<Loaded>> = LazyLock::new(Mutex::default);

fn loaded() -> MutexGuard<'static, Loaded> {
    LOADED.lock().unwrap_or_else(|e| e.into_inner())
}

fn handle(index: usize) -> usize {
    (&raw const MODULES[index]).addr()
}

/// Which of our modules a handle is: 0 is the program.
fn own(module: usize) -> Option<usize> {
    if module == 0 {
        Some(0)
    } else {
        (0..MODULES.len()).find(|index| handle(*index) == module)
    }
}

/// Whether a number is a module's handle.
pub(crate) fn is_module(module: usize) -> bool {
    own(module).is_some() || loaded().contains_key(&module)
}

/// Our module of that name: directory and `.dll` do not matter, nor does case.
fn named(name: &[u8]) -> Option<usize> {
    let base = name
        .rsplit(|b| matches!(b, b'\\' | b'/'))
        .next()
        .unwrap_or(name)
        .to_ascii_lowercase();
    let base = base.strip_suffix(b".dll").unwrap_or(&base);
    (1..MODULES.len()).find(|index| MODULES[*index].as_bytes() == base)
}

fn get_module(name: Vec<u8>) -> Outcome<usize> {
    if let Some(index) = named(&name) {
        return Ok(handle(index));
    }
    let loaded = loaded();
    loaded
        .iter()
        .find(|(_, (path, _))| *path == name)
        .map(|(handle, _)| *handle)
        .ok_or(Win32Code::MOD_NOT_FOUND)
}

fn load(name: Vec<u8>) -> Outcome<usize> {
    if let Some(index) = named(&name) {
        return Ok(handle(index));
    }
    let path = crate::path::system_path(&name);
    // SAFETY: `path` is terminated. Loading runs the library's initialisers: that is what the caller asked for.
    let library = unsafe { libc::dlopen(path.as_ptr().cast(), libc::RTLD_NOW) };
    if library.is_null() {
        return Err(Win32Code::MOD_NOT_FOUND);
    }
    loaded().entry(library.expose_provenance()).or_insert((name, 0)).1 += 1;
    Ok(library.addr())
}

/// See `libloaderapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetModuleHandleA(name: In<u8>) -> usize {
    guard(0, || {
        if name.is_null() {
            Ok(handle(0))
        } else {
            get_module(read_a(name)?)
        }
    })
}

/// See `libloaderapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetModuleHandleW(name: In<u16>) -> usize {
    guard(0, || {
        if name.is_null() {
            Ok(handle(0))
        } else {
            get_module(read_w(name)?)
        }
    })
}

/// See `libloaderapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn LoadLibraryA(name: In<u8>) -> usize {
    guard(0, || load(read_a(name)?))
}

/// See `libloaderapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn LoadLibraryW(name: In<u16>) -> usize {
    guard(0, || load(read_w(name)?))
}

/// See `libloaderapi.h`. File and flags choose where Windows looks; here the loader's own path decides.
#[unsafe(no_mangle)]
pub extern "C" fn LoadLibraryExA(name: In<u8>, file: usize, flags: u32) -> usize {
    let _ = (file, flags);
    guard(0, || load(read_a(name)?))
}

/// See `libloaderapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn LoadLibraryExW(name: In<u16>, file: usize, flags: u32) -> usize {
    let _ = (file, flags);
    guard(0, || load(read_w(name)?))
}

/// See `libloaderapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn FreeLibrary(module: usize) -> i32 {
    guard(0, || {
        if module != 0 && own(module).is_some() {
            return Ok(1);
        }
        let mut loaded = loaded();
        let entry = loaded.get_mut(&module).ok_or(Win32Code::MOD_NOT_FOUND)?;
        entry.1 -= 1;
        if entry.1 == 0 {
            loaded.remove(&module);
        }
        drop(loaded);
        // SAFETY: the number was in the table, so dlopen gave it, as many times as it is now closed.
        unsafe { libc::dlclose(std::ptr::with_exposed_provenance_mut(module)) };
        Ok(1)
    })
}

/// See `libloaderapi.h`. Names are looked up in our own list, so it works in a static program too.
#[unsafe(no_mangle)]
pub extern "C" fn GetProcAddress(module: usize, name: In<u8>) -> usize {
    guard(0, || {
        if name.address() >> 16 == 0 {
            return Err(Win32Code::PROC_NOT_FOUND); // NULL, or a number: our functions have none
        }
        let mut name = name.read_string(4096)?;
        if let Some(index) = own(module) {
            // ntdll has each of its calls by two names.
            if name.starts_with(b"Zw") {
                name[..2].copy_from_slice(b"Nt");
            }
            let native = ["Nt", "Rtl"]
                .iter()
                .any(|prefix| name.starts_with(prefix.as_bytes()));
            // kernel32 passes these on.
            let both = name.starts_with(b"Rtl") && name.ends_with(b"Memory");
            let found = EXPORTS.iter().find(|export| export.name.as_bytes() == name);
            return match found {
                // Native functions are ntdll's, and it has no others.
                Some(export) if index != 0 && (both || native == (MODULES[index] == "ntdll")) => {
                    Ok((export.address)())
                }
                _ => Err(Win32Code::PROC_NOT_FOUND),
            };
        }
        if !loaded().contains_key(&module) {
            return Err(Win32Code::MOD_NOT_FOUND);
        }
        name.push(0);
        // SAFETY: a live handle of dlopen (in the table) and a terminated name.
        let address = unsafe {
            libc::dlsym(
                std::ptr::with_exposed_provenance_mut(module),
                name.as_ptr().cast(),
            )
        };
        if address.is_null() {
            Err(Win32Code::PROC_NOT_FOUND)
        } else {
            Ok(address.addr())
        }
    })
}

fn file_name(module: usize) -> Outcome<Vec<u8>> {
    match own(module) {
        Some(0) => {
            let program = std::env::current_exe().map_err(|_| Win32Code::MOD_NOT_FOUND)?;
            Ok(program.as_os_str().as_bytes().to_vec())
        }
        Some(_) => {
            // SAFETY: a Dl_info is pointers and numbers for which zero is a value; dladdr fills it or fails; names it gives live as
            // long as the library, which is this one.
            unsafe {
                let mut info: libc::Dl_info = std::mem::zeroed();
                let here = (GetProcAddress as *const ()).cast();
                if libc::dladdr(here, &raw mut info) == 0 || info.dli_fname.is_null() {
                    return Err(Win32Code::MOD_NOT_FOUND);
                }
                Ok(std::ffi::CStr::from_ptr(info.dli_fname).to_bytes().to_vec())
            }
        }
        None => loaded()
            .get(&module)
            .map(|(path, _)| path.clone())
            .ok_or(Win32Code::MOD_NOT_FOUND),
    }
}

/// As much as there is room for, terminated; 122 if that is not all.
fn deliver<T: Unit>(name: &[T], buffer: Out<T>, size: u32) -> Outcome<u32> {
    let room = size as usize;
    if name.len() < room {
        buffer.write_string(name)?;
        return Ok(name.len() as u32);
    }
    if room > 0 {
        buffer.write_string(&name[..room - 1])?;
    }
    crate::errhandlingapi::set_last_error(Win32Code::INSUFFICIENT_BUFFER);
    Ok(size)
}

/// See `libloaderapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetModuleFileNameA(module: usize, buffer: Out<u8>, size: u32) -> u32 {
    guard(0, || deliver(&file_name(module)?, buffer, size))
}

/// See `libloaderapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetModuleFileNameW(module: usize, buffer: Out<u16>, size: u32) -> u32 {
    guard(0, || deliver(&to_wide(&file_name(module)?), buffer, size))
}

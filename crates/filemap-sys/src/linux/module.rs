//! Which program or library an instruction belongs to.

// UNSAFETY: dl_iterate_phdr(3), which tells where the loader has put everything.
#![expect(unsafe_code)]

use std::ffi::{CStr, OsStr, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// A program or library, and an instruction in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its file, as it was loaded; `None` for the program itself.
    pub library: Option<PathBuf>,
    /// The address as the file counts it, which is what addr2line(1) and objdump(1) take: without what the loader has added.
    pub address: usize,
}

struct Search {
    address: usize,
    found: Option<Module>,
}

/// Where an instruction of this process comes from; `None` if it is in no file that was loaded. Source: dl_iterate_phdr(3).
#[must_use]
pub fn of(address: usize) -> Option<Module> {
    let mut search = Search { address, found: None };
    // SAFETY: `look` has the type that is asked for, and `search`, which it gets, outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(look), (&raw mut search).cast()) };
    search.found
}

extern "C" fn look(info: *mut libc::dl_phdr_info, _: usize, search: *mut c_void) -> c_int {
    // SAFETY: `of` handed over its own search, which nothing else uses meanwhile.
    let search = unsafe { &mut *search.cast::<Search>() };
    // SAFETY: the loader hands over one module, unchanged until this returns.
    let info = unsafe { &*info };
    if info.dlpi_phdr.is_null() {
        return 0;
    }
    // SAFETY: `dlpi_phdr` are `dlpi_phnum` headers, which stay while the module does, and the loader holds it meanwhile.
    let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
    let bias = info.dlpi_addr as usize;
    let address = search.address.wrapping_sub(bias);
    let is_in = headers.iter().any(|header| {
        let start = header.p_vaddr as usize;
        header.p_type == libc::PT_LOAD && address.wrapping_sub(start) < header.p_memsz as usize
    });
    if !is_in {
        return 0;
    }
    let name = match info.dlpi_name.is_null() {
        true => c"",
        // SAFETY: a text that ends with NUL and stays as long as the module.
        false => unsafe { CStr::from_ptr(info.dlpi_name) },
    };
    let name = OsStr::from_bytes(name.to_bytes());
    search.found = Some(Module {
        library: Some(PathBuf::from(name)).filter(|name| !name.as_os_str().is_empty()),
        address,
    });
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_in_the_program_and_in_its_libraries() {
        let here = of(functions_are_found_in_the_program_and_in_its_libraries as fn() as usize).unwrap();
        assert_eq!(here.library, None);
        assert!(here.address > 0);
        let there = of(libc::getpid as unsafe extern "C" fn() -> libc::pid_t as usize);
        // In a static program it is there as well.
        assert!(there.is_some());
        assert_eq!(of(0x10), None);
    }
}

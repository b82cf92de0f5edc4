//! Security descriptors of kernel objects, in self-relative form.

// UNSAFETY: calls the Win32 functions that take descriptors by address.
#![expect(unsafe_code)]

use crate::SysError;
use std::os::windows::io::{AsRawHandle, BorrowedHandle};
use windows_sys::Win32::Foundation::ERROR_INSUFFICIENT_BUFFER;
use windows_sys::Win32::Security::{GetKernelObjectSecurity, SECURITY_ATTRIBUTES, SetKernelObjectSecurity};

/// A descriptor's bytes at an address that is a multiple of 4, as Windows wants them.
#[derive(Clone, Debug)]
struct Aligned {
    words: Vec<u32>,
    len: usize,
}

impl Aligned {
    fn new(len: usize) -> Aligned {
        Aligned {
            words: vec![0; len.div_ceil(4)],
            len,
        }
    }

    fn of(bytes: &[u8]) -> Aligned {
        let mut aligned = Aligned::new(bytes.len());
        for (word, piece) in aligned.words.iter_mut().zip(bytes.chunks(4)) {
            let mut four = [0; 4];
            four[..piece.len()].copy_from_slice(piece);
            *word = u32::from_ne_bytes(four);
        }
        aligned
    }

    fn bytes(&self) -> Vec<u8> {
        let all = self.words.iter().flat_map(|word| word.to_ne_bytes());
        all.take(self.len).collect()
    }
}

/// `SECURITY_ATTRIBUTES`: who may open a new object, and whether children inherit the handle.
///
/// # Invariants
/// 1. `raw.lpSecurityDescriptor` is NULL or points into `descriptor`, whose heap memory never moves.
pub struct Attributes {
    raw: SECURITY_ATTRIBUTES,
    _descriptor: Option<Aligned>,
}

impl Attributes {
    /// Attributes with a descriptor in self-relative form, or with the process's default one. Source: win32
    /// `SECURITY_ATTRIBUTES`.
    #[must_use]
    pub fn new(self_relative: Option<&[u8]>, inherit: bool) -> Attributes {
        let mut descriptor = self_relative.map(Aligned::of);
        let address = descriptor
            .as_mut()
            .map_or(std::ptr::null_mut(), |aligned| aligned.words.as_mut_ptr().cast());
        Attributes {
            raw: SECURITY_ATTRIBUTES {
                nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
                lpSecurityDescriptor: address,
                bInheritHandle: inherit.into(),
            },
            _descriptor: descriptor,
        }
    }

    pub(crate) fn as_ptr(&self) -> *const SECURITY_ATTRIBUTES {
        &raw const self.raw
    }
}

/// Parts of an object's descriptor, self-relative. Source: win32 `GetKernelObjectSecurity`.
pub fn get(handle: BorrowedHandle<'_>, what: u32) -> Result<Vec<u8>, SysError> {
    const CALL: &str = "GetKernelObjectSecurity";
    let mut room = Aligned::new(1024);
    loop {
        let mut needed = 0;
        // SAFETY: an open handle; `room` has the length that is told and is aligned to 4.
        let told = unsafe {
            GetKernelObjectSecurity(
                handle.as_raw_handle(),
                what,
                room.words.as_mut_ptr().cast(),
                (room.words.len() * 4) as u32,
                &mut needed,
            )
        };
        let needed = needed as usize;
        if told != 0 {
            room.len = needed.min(room.words.len() * 4);
            return Ok(room.bytes());
        }
        let e = SysError::last(CALL);
        match e.errno as u32 == ERROR_INSUFFICIENT_BUFFER && needed > room.words.len() * 4 {
            true => room = Aligned::new(needed),
            false => return Err(e),
        }
    }
}

/// Changes parts of an object's descriptor. Source: win32 `SetKernelObjectSecurity`.
pub fn set(handle: BorrowedHandle<'_>, what: u32, self_relative: &[u8]) -> Result<(), SysError> {
    let mut descriptor = Aligned::of(self_relative);
    // SAFETY: an open handle; the descriptor is self-relative, aligned, and outlives the call. The system checks it.
    match unsafe {
        SetKernelObjectSecurity(handle.as_raw_handle(), what, descriptor.words.as_mut_ptr().cast())
    } {
        0 => Err(SysError::last("SetKernelObjectSecurity")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::section;
    use filemap_core::security::SecurityDescriptor;
    use std::os::windows::io::AsHandle;

    #[test]
    fn bytes_keep_their_order_and_length() {
        for len in 0..9u8 {
            let bytes: Vec<u8> = (0..len).collect();
            assert_eq!(Aligned::of(&bytes).bytes(), bytes);
        }
    }

    //
    #[test]
    fn the_descriptor_given_at_creation_is_the_one_read_back() {
        let given: SecurityDescriptor = "D:(A;;0xf001f;;;SY)(A;;0x4;;;WD)(A;;0xf001f;;;OW)"
            .parse()
            .unwrap();
        let attributes = Attributes::new(Some(&given.to_self_relative().unwrap()), false);
        let made = section::create(None, Some(&attributes), 4, 4096, &[]).unwrap().0;
        let back = SecurityDescriptor::from_self_relative(&get(made.as_handle(), 4).unwrap()).unwrap();
        assert_eq!(back.dacl, given.dacl);
    }
}

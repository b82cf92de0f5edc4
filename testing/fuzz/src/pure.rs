//! Parsers of what others wrote: no input makes them panic, and what they accept survives being written and read again.

use filemap_core::kind::Kind;
use filemap_core::layout::Footer;
use filemap_core::name::{self, ObjectName, Target};
use filemap_core::profile::Profile;
use filemap_core::security::SecurityDescriptor;

/// A name in WTF-16 or WTF-8 on every platform: a leaf's file name leads back to the leaf, and is a file name.
///
/// # Panics
/// If something is wrong.
pub fn name(data: &[u8]) {
    let units: Vec<u16> = data
        .chunks_exact(2)
        .map(|two| u16::from_le_bytes([two[0], two[1]]))
        .collect();
    for bytes in [name::wtf8_from_utf16(&units), data.to_vec()] {
        for profile in Profile::ALL {
            let _ = name::fault(&bytes, profile);
            for kind in [Kind::FileMapping, Kind::Event, Kind::Job] {
                let Ok(Target::Object { leaf, .. }) = name::resolve_wtf8(&bytes, kind, 1, profile) else {
                    continue;
                };
                let file = leaf.to_file_name().into_owned();
                assert!(
                    (1..=255).contains(&file.len()) && !file.contains(['/', '\0']) && !file.starts_with('.'),
                    "{file:?} is no file name of an object"
                );
                if let Some(back) = ObjectName::from_file_name(&file) {
                    assert_eq!(back.as_wtf8(), leaf.as_wtf8(), "{file:?}");
                }
            }
        }
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Some(leaf) = ObjectName::from_file_name(text)
    {
        assert_eq!(leaf.to_file_name(), text, "two file names of one object");
    }
}

/// The end of a file that says it is an object.
///
/// # Panics
/// If something is wrong.
pub fn footer(data: &[u8]) {
    let lengths = [
        data.len() as u64,
        4096 + data.len() as u64,
        data.len().next_multiple_of(4096) as u64,
        8192,
        1 << 40,
    ];
    let _ = Footer::len_from_last_page(data);
    let _ = Footer::used_of_last_page(data);
    for file_len in lengths {
        let _ = Footer::parse(data, file_len);
        if let Ok(footer) = Footer::parse_page(data, file_len) {
            assert!(footer.offset() <= file_len, "it begins behind the file's end");
            let again = footer.to_bytes();
            assert!(again.len() as u64 <= file_len, "it is larger than the file");
        }
    }
}

/// The text form of a security descriptor.
///
/// # Panics
/// If something is wrong.
pub fn sddl(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let _ = filemap_core::security::sddl::lint(text, Kind::FileMapping);
    if let Ok(descriptor) = text.parse::<SecurityDescriptor>() {
        same_bytes_again(&descriptor);
        if let Ok(text) = descriptor.to_sddl() {
            let back: SecurityDescriptor = text.parse().unwrap_or_else(|e| panic!("own text {text}: {e}"));
            assert_eq!(
                back.to_sddl().expect("as before"),
                text,
                "other text the second time"
            );
        }
    }
}

/// The bytes of a self-relative security descriptor, as a C program hands them over.
///
/// # Panics
/// If something is wrong.
pub fn descriptor(data: &[u8]) {
    let _ = filemap_core::security::descriptor::is_self_relative(data);
    if let Ok(descriptor) = SecurityDescriptor::from_self_relative(data) {
        same_bytes_again(&descriptor);
        // Bytes may hold what has no text that is read again, such as an entry for audits in the list of rights: the text
        // is for people then, and refused in words, not by a panic.
        if let Ok(text) = descriptor.to_sddl() {
            let _ = text.parse::<SecurityDescriptor>();
        }
    }
}

fn same_bytes_again(descriptor: &SecurityDescriptor) {
    if let Ok(bytes) = descriptor.to_self_relative() {
        let back = SecurityDescriptor::from_self_relative(&bytes).expect("own bytes");
        assert_eq!(
            back.to_self_relative().expect("as before"),
            bytes,
            "other bytes the second time"
        );
    }
}

//! Where an offset in shared memory leads (V-65): decided from numbers alone, on every use.

use crate::error::Why;

/// The offset in bytes of `count` elements of `size` bytes each, aligned to `align`, in a view of `view` bytes.
///
/// # Errors
/// `ERROR_INVALID_ADDRESS` (487) for null (0) and for what leads out of the view; `ERROR_INVALID_PARAMETER` (87) for a
/// misaligned offset.
///
/// ```
/// use filemap_core::shared::rel::resolve;
/// assert_eq!(resolve(64, 2, 16, 8, 4096), Ok(64));
/// assert!(resolve(0, 1, 16, 8, 4096).is_err()); // null
/// assert!(resolve(4090, 1, 16, 8, 4096).is_err()); // misaligned
/// assert!(resolve(64, u64::MAX, 16, 8, 4096).is_err()); // 2^68 bytes
/// ```
pub fn resolve(offset: u64, count: u64, size: u64, align: u64, view: u64) -> Result<u64, Why> {
    if offset == 0 {
        return Err(Why::NullOffset);
    }
    if !offset.is_multiple_of(align.max(1)) {
        return Err(Why::Misaligned {
            offset,
            align: align as usize,
        });
    }
    let len = count.checked_mul(size);
    let end = len.and_then(|len| offset.checked_add(len));
    match end {
        Some(end) if end <= view => Ok(offset),
        _ => Err(Why::OffsetOutOfView {
            offset,
            len: len.unwrap_or(u64::MAX),
            view,
        }),
    }
}

/// The offset that an address leads to in an object of `len` bytes at `base`; null stays null (0).
///
/// # Errors
/// `ERROR_INVALID_ADDRESS` (487) for an address outside.
pub fn offset_of_address(address: u64, base: u64, len: u64) -> Result<u64, Why> {
    if address == 0 {
        return Ok(0);
    }
    match address.checked_sub(base) {
        Some(offset) if offset < len => Ok(offset),
        _ => Err(Why::AddressOutOfView { address, base, len }),
    }
}

/// A pointer after a remapping from `old` to `new` (V-78): moved if it led into the old place, else as it was. Doing it twice
/// does no harm if the two places don't overlap.
#[must_use]
pub fn relocated(address: u64, old: u64, new: u64, len: u64) -> u64 {
    match address.checked_sub(old) {
        Some(offset) if offset < len => new.wrapping_add(offset),
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        // V-65
        #[test]
        fn no_offset_leads_out_of_the_view(offset: u64, count: u64, size in 0..=64_u64, shift in 0..5, view: u64) {
            let align = 1_u64 << shift;
            if let Ok(at) = resolve(offset, count, size, align, view) {
                prop_assert!(at != 0 && at % align == 0);
                prop_assert!(u128::from(at) + u128::from(count) * u128::from(size) <= u128::from(view));
            }
        }

        // V-78
        #[test]
        fn readjusting_a_pointer_twice_does_no_harm(address: u64, old in 0..1_u64 << 46, new in 0..1_u64 << 46, len in 1..1_u64 << 40) {
            prop_assume!(old.abs_diff(new) >= len);
            let once = relocated(address, old, new, len);
            prop_assert_eq!(relocated(once, old, new, len), once);
        }
    }

    // V-65, V-78
    #[test]
    fn the_last_byte_belongs_to_the_view_and_the_next_does_not() {
        assert_eq!(resolve(4088, 1, 8, 8, 4096), Ok(4088));
        assert_eq!(resolve(4080, 2, 8, 8, 4096), Ok(4080));
        for (offset, count, size) in [(4088, 1, 9), (4088, 9, 1), (4096, 1, 1), (8, 1, 4089)] {
            let told = resolve(offset, count, size, 8, 4096);
            assert!(
                matches!(told, Err(Why::OffsetOutOfView { .. })),
                "{offset} {count} {size}"
            );
        }
        for (address, want) in [
            (0x4000, 0x9000),
            (0x4FFF, 0x9FFF),
            (0x5000, 0x5000),
            (0x3FFF, 0x3FFF),
            (0, 0),
        ] {
            assert_eq!(relocated(address, 0x4000, 0x9000, 0x1000), want, "{address:#x}");
        }
    }

    // V-66
    #[test]
    fn an_address_outside_the_object_is_no_offset() {
        assert_eq!(offset_of_address(0x5000, 0x4000, 0x2000), Ok(0x1000));
        assert_eq!(offset_of_address(0, 0x4000, 0x2000), Ok(0));
        for outside in [0x3FFF, 0x6000, u64::MAX] {
            assert!(matches!(
                offset_of_address(outside, 0x4000, 0x2000),
                Err(Why::AddressOutOfView { .. })
            ));
        }
    }
}

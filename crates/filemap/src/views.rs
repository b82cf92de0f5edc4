//! Views by their addresses, as the C functions name them: a table of the views that a program left to the library.

use crate::view::View;
use filemap_core::error::{Error, Op, Why};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

static TABLE: RwLock<BTreeMap<usize, Arc<View>>> = RwLock::new(BTreeMap::new());

/// Leaves a view to the table and gives its address; [`unmap`] ends it.
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// use filemap::{FileMapping, views};
/// let mapping = FileMapping::options().namespace(&space).size(8192).create_unnamed()?;
/// let address = views::keep(mapping.map()?);
/// assert_eq!(views::at(address.addr() + 5000).unwrap().len(), 8192);
/// views::unmap(address.addr() + 4096)?; // any address inside
/// assert_eq!(views::unmap(address.addr()).unwrap_err().code().0, 487);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn keep(view: View) -> *mut u8 {
    let address = view.as_ptr();
    TABLE
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(address.addr(), Arc::new(view));
    address
}

/// The kept view that contains the address.
#[must_use]
pub fn at(address: usize) -> Option<Arc<View>> {
    let table = TABLE.read().unwrap_or_else(PoisonError::into_inner);
    let (base, view) = table.range(..=address).next_back()?;
    (address - base < view.region_len()).then(|| Arc::clone(view))
}

/// Unmaps the kept view that contains the address, all of it (V-20). Another thread that uses it through [`at`] just now
/// finishes first.
///
/// # Errors
/// `ERROR_INVALID_ADDRESS` (487) if there is none. Source: win32 `UnmapViewOfFile`.
#[doc(alias = "UnmapViewOfFile")]
pub fn unmap(address: usize) -> Result<(), Error> {
    take(address).map(drop)
}

/// Takes the kept view that contains the address out of the table: it is the caller's again.
///
/// # Errors
/// As [`unmap`].
pub fn take(address: usize) -> Result<Arc<View>, Error> {
    let mut table = TABLE.write().unwrap_or_else(PoisonError::into_inner);
    let found = table
        .range(..=address)
        .next_back()
        .filter(|(base, view)| address - **base < view.region_len());
    let Some(base) = found.map(|(base, _)| *base) else {
        return Err(Error::new(
            Op::UnmapView,
            "",
            Why::NotAView {
                address: address as u64,
            },
        ));
    };
    // Unmapping takes a while, and others may go on: the table is unlocked when the caller drops the view.
    table.remove(&base).ok_or_else(|| {
        let address = address as u64;
        Error::new(Op::UnmapView, "", Why::NotAView { address })
    })
}

/// Calls `visit` with each kept view, in the order of their addresses.
pub fn each(mut visit: impl FnMut(&View)) {
    let table = TABLE.read().unwrap_or_else(PoisonError::into_inner);
    table.values().for_each(|view| visit(view));
}

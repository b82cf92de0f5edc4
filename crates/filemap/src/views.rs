//! Views by their addresses, as the C functions name them: a table of the views that a program left to the library.

use crate::view::View;
use filemap_core::error::{Error, Op, Why};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// By address; where one address holds for all views of an object (P-23), several views have it.
static TABLE: RwLock<BTreeMap<usize, Vec<Arc<View>>>> = RwLock::new(BTreeMap::new());

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
        .entry(address.addr())
        .or_default()
        .push(Arc::new(view));
    address
}

/// The kept view that contains the address.
#[must_use]
pub fn at(address: usize) -> Option<Arc<View>> {
    let table = TABLE.read().unwrap_or_else(PoisonError::into_inner);
    containing(&table, address).map(|(_, view)| Arc::clone(view))
}

/// The view that contains the address, and its own; of several at one address, the last that is long enough.
fn containing(table: &BTreeMap<usize, Vec<Arc<View>>>, address: usize) -> Option<(usize, &Arc<View>)> {
    // Views of one object may overlap where addresses are common, so more than the nearest base counts.
    let mut bases = table.range(..=address).rev();
    bases.find_map(|(base, views)| {
        let view = views
            .iter()
            .rev()
            .find(|view| address - base < view.region_len())?;
        Some((*base, view))
    })
}

/// Unmaps the kept view that contains the address, all of it (V-20); on `win95` the address must be its base (P-27). Another thread that uses it through [`at`] just now
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
    let refused = |why| Error::new(Op::UnmapView, "", why);
    let nothing = || {
        refused(Why::NotAView {
            address: address as u64,
        })
    };
    let Some((base, view)) = containing(&table, address).map(|(base, view)| (base, Arc::clone(view))) else {
        return Err(nothing());
    };
    view.check_unmap(address)?;
    let views = table.get_mut(&base).ok_or_else(nothing)?;
    views.retain(|other| !Arc::ptr_eq(other, &view));
    if views.is_empty() {
        table.remove(&base);
    }
    // Unmapping takes a while, and others may go on: the table is unlocked when the caller drops the view.
    Ok(view)
}

/// Calls `visit` with each kept view, in the order of their addresses.
pub fn each(mut visit: impl FnMut(&View)) {
    let table = TABLE.read().unwrap_or_else(PoisonError::into_inner);
    table.values().flatten().for_each(|view| visit(view));
}

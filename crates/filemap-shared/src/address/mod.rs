//! One address in every process (V-70 to V-79): a survey of free ranges, and an agreement.

mod arena;
mod survey;

pub use arena::{Arena, ArenaOptions, Entered, Move, OnMove, OnStep};
pub use filemap::core::shared::negotiate::IfTaken;
pub use survey::{free_ranges, suggest, survey};

use crate::shared::{Place, Shared};
use filemap::core::shared::fingerprint::Fingerprint;
use filemap::core::shared::rel::offset_of_address;
use filemap::{Error, Op, View, Why};
use std::fmt;
use std::marker::PhantomData;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// A plain address of a `T`, 64 bits, 0 for null: what a C pointer holds. It means the same to all members of an [`Arena`].
///
/// Every use checks that it leads to a whole, aligned `T` inside the view.
///
/// ```
/// use filemap_shared::address::Addr;
/// let memory = filemap::FileMapping::options().size(65536).create_unnamed()?;
/// let view = memory.map()?;
/// let address = Addr::<u64>::new(view.as_ptr() as u64 + 64);
/// address.place(&view)?.set(&7)?;
/// assert_eq!(view.read::<u64>(64)?, 7);
/// assert_eq!(Addr::<u64>::new(64).place(&view).unwrap_err().code().0, 487); // ERROR_INVALID_ADDRESS: outside
/// # Ok::<(), filemap::Error>(())
/// ```
#[derive(FromBytes, IntoBytes, Immutable)]
#[repr(transparent)]
pub struct Addr<T> {
    address: u64,
    to: PhantomData<fn() -> T>,
}

impl<T> Addr<T> {
    /// Leads nowhere.
    pub const NULL: Addr<T> = Addr {
        address: 0,
        to: PhantomData,
    };

    /// This address.
    #[must_use]
    pub fn new(address: u64) -> Addr<T> {
        Addr {
            address,
            to: PhantomData,
        }
    }

    /// The number.
    #[must_use]
    pub fn address(self) -> u64 {
        self.address
    }

    /// Whether it leads nowhere.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.address == 0
    }
}

impl<T: Shared> Addr<T> {
    /// The place in `view` that it leads to.
    ///
    /// # Errors
    /// `ERROR_INVALID_ADDRESS` (487) for null and outside the view (V-66); `ERROR_INVALID_PARAMETER` (87) if misaligned.
    pub fn place<'v>(self, view: &'v View) -> Result<Place<'v, T>, Error> {
        let failed = |why| Error::new(Op::Other("follow an address in"), view.name(), why);
        if self.is_null() {
            return Err(failed(Why::NullOffset));
        }
        let base = view.as_ptr() as u64;
        let offset = offset_of_address(self.address, base, view.len() as u64).map_err(failed)?;
        Place::at(view, offset)
    }
}

impl<T> Clone for Addr<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Addr<T> {}
impl<T> Default for Addr<T> {
    fn default() -> Self {
        Addr::NULL
    }
}
impl<T> PartialEq for Addr<T> {
    fn eq(&self, other: &Self) -> bool {
        self.address == other.address
    }
}
impl<T> Eq for Addr<T> {}
impl<T> fmt::Debug for Addr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Addr({:#x})", self.address)
    }
}
impl<T: Shared> Shared for Addr<T> {
    const NAME: &'static str = "Addr";
    const FINGERPRINT: u64 = Fingerprint::new("Addr").number(T::TARGET).finish();
    const TARGET: u64 = Self::FINGERPRINT;
}

//! Types whose values may lie in shared memory, and places of such values.

use filemap::core::shared::fingerprint::Fingerprint;
use filemap::core::shared::rel;
use filemap::{Error, Op, View, Why};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU32, AtomicU64};
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// A type whose values may lie in shared memory: any bits are a value of it, and its layout has a fingerprint that two programs
/// compare before they believe each other.
///
/// Derive it for `repr(C)` structures whose fields are `Shared`:
///
/// ```
/// use filemap_shared::{Rel, Shared};
/// use zerocopy::{FromBytes, Immutable, IntoBytes};
///
/// #[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, Shared)]
/// #[repr(C)]
/// struct Order {
///     number: u64,
///     next: Rel<Order>, // an offset: it leads to the same order in every process
/// }
/// assert_eq!(Order::NAME, "Order");
/// ```
///
/// Names, types and offsets of the fields, recursively, make the fingerprint; `#[shared(version = 2)]` changes it where the
/// fields stay and the meaning does not. What a `Rel` leads to counts by its name only, so that lists can be written down.
pub trait Shared: FromBytes + IntoBytes + Immutable {
    /// Its name, for messages and as part of the fingerprint of what leads to it.
    const NAME: &'static str;
    /// Equal only for the same layout.
    const FINGERPRINT: u64;
    /// What it counts in the fingerprint of a pointer to it: of a structure, the name only, or no list could be written down.
    const TARGET: u64;
}

macro_rules! plain {
    ($($type:ty)*) => {$(
        impl Shared for $type {
            const NAME: &'static str = stringify!($type);
            const FINGERPRINT: u64 = Fingerprint::new(stringify!($type)).number(size_of::<$type>() as u64).finish();
            const TARGET: u64 = Self::FINGERPRINT;
        }
    )*};
}
plain! { u8 u16 u32 u64 u128 i8 i16 i32 i64 i128 f32 f64 }

impl<T: Shared, const N: usize> Shared for [T; N] {
    const NAME: &'static str = "array";
    const FINGERPRINT: u64 = Fingerprint::new("array")
        .number(T::FINGERPRINT)
        .number(N as u64)
        .finish();
    const TARGET: u64 = Fingerprint::new("array")
        .number(T::TARGET)
        .number(N as u64)
        .finish();
}

/// Where a `T` lies in a view: inside it and aligned, which was checked when the place was made.
///
/// Values are copied in and out; words can be reached as atomics. Nobody gets a `&T`: other processes write there.
/// The derive macro gives a place for each field, as methods of the trait `<Name>Places`.
pub struct Place<'v, T> {
    view: &'v View,
    offset: u64,
    of: PhantomData<fn() -> T>,
}

impl<T> std::fmt::Debug for Place<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Place({:#x} in {:?})", self.offset, self.view.name())
    }
}

impl<T> Clone for Place<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Place<'_, T> {}

impl<'v, T: Shared> Place<'v, T> {
    /// The place at byte `offset` of a view, 0 included.
    ///
    /// # Errors
    /// `ERROR_INVALID_ADDRESS` (487) outside the view, `ERROR_INVALID_PARAMETER` (87) for a misaligned offset.
    pub fn at(view: &'v View, offset: u64) -> Result<Place<'v, T>, Error> {
        let checked = match offset {
            0 if size_of::<T>() <= view.len() => Ok(0),
            offset => rel::resolve(
                offset,
                1,
                size_of::<T>() as u64,
                align_of::<T>() as u64,
                view.len() as u64,
            ),
        };
        let offset = checked.map_err(|why| Error::new(Op::Other("follow an offset in"), view.name(), why))?;
        Ok(Place {
            view,
            offset,
            of: PhantomData,
        })
    }

    /// Its offset from the start of the view, in bytes.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether it is a place of this very view.
    #[must_use]
    pub fn is_in(&self, view: &View) -> bool {
        std::ptr::eq(self.view, view)
    }

    /// An offset pointer to it.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` (87) for the place at offset 0, which means null in a pointer.
    pub fn rel(&self) -> Result<crate::Rel<T>, Error> {
        crate::Rel::new(self.offset).ok_or_else(|| {
            let what =
                "offset 0 is the null pointer, so nothing that pointers lead to can lie there".to_owned();
            Error::new(
                Op::Other("point to a place in"),
                self.view.name(),
                Why::Argument { what },
            )
        })
    }

    /// A copy of the value. Others may write while it is copied: for one word, [`Place::atomic`] is never torn.
    ///
    /// # Errors
    /// As [`View::read`].
    pub fn get(&self) -> Result<T, Error> {
        self.view.read(self.offset as usize)
    }

    /// Copies a value there.
    ///
    /// # Errors
    /// As [`View::write`].
    pub fn set(&self, value: &T) -> Result<(), Error> {
        self.view.write(self.offset as usize, value)
    }

    /// The place of a field; for the derive macro, which knows that the field lies inside.
    #[doc(hidden)]
    #[must_use]
    pub fn at_field<F: Shared>(&self, offset: usize) -> Place<'v, F> {
        assert!(
            offset + size_of::<F>() <= size_of::<T>(),
            "a field lies inside its structure"
        );
        Place {
            view: self.view,
            offset: self.offset + offset as u64,
            of: PhantomData,
        }
    }
}

impl<'v> Place<'v, u32> {
    /// The word as an atomic that all processes share.
    ///
    /// # Errors
    /// As [`View::atomic_u32`].
    pub fn atomic(&self) -> Result<&'v AtomicU32, Error> {
        self.view.atomic_u32(self.offset as usize)
    }
}

impl<'v> Place<'v, u64> {
    /// The word as an atomic that all processes share.
    ///
    /// # Errors
    /// As [`View::atomic_u64`].
    pub fn atomic(&self) -> Result<&'v AtomicU64, Error> {
        self.view.atomic_u64(self.offset as usize)
    }
}

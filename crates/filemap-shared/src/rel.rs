//! Offsets as pointers (V-65, V-67).

use crate::shared::{Place, Shared};
use filemap::core::shared::fingerprint::Fingerprint;
use filemap::core::shared::rel::resolve;
use filemap::{Error, Op, View, Why};
use std::fmt;
use std::marker::PhantomData;
use zerocopy::{FromBytes, Immutable, IntoBytes};

const FOLLOW: Op = Op::Other("follow an offset in");

macro_rules! pointers {
    ($word:ty, $bits:literal, $Rel:ident, $RelSlice:ident, $RelStr:ident) => {
        #[doc = concat!("A pointer to a `T` in the same view: its offset from the start of the view, ", $bits, " bits, 0 for null.")]
        ///
        /// Where the view lies in a process does not matter. Every use checks that the offset leads to a whole, aligned `T` inside
        /// the view; whatever a peer has written there, the answer is a value or an error.
        ///
        /// ```
        #[doc = concat!("use filemap_shared::", stringify!($Rel), ";")]
        /// let memory = filemap::FileMapping::options().size(65536).create_unnamed()?;
        /// let (ours, theirs) = (memory.map()?, memory.map()?); // two addresses, usually in two processes
        #[doc = concat!("let pointer = ", stringify!($Rel), "::<u64>::new(64).expect(\"not null\");")]
        /// ours.write(0, &pointer)?; // it may lie in the memory itself
        /// pointer.set(&ours, &7)?;
        #[doc = concat!("let found: ", stringify!($Rel), "<u64> = theirs.read(0)?;")]
        /// assert_eq!(found.get(&theirs)?, 7);
        #[doc = concat!("let wild = ", stringify!($Rel), "::<u64>::new(1_000_000).expect(\"not null\");")]
        /// assert_eq!(wild.get(&theirs).unwrap_err().code().0, 487); // ERROR_INVALID_ADDRESS
        /// # Ok::<(), filemap::Error>(())
        /// ```
        #[derive(FromBytes, IntoBytes, Immutable)]
        #[repr(transparent)]
        pub struct $Rel<T> {
            offset: $word,
            to: PhantomData<fn() -> T>,
        }

        impl<T> $Rel<T> {
            /// Leads nowhere.
            pub const NULL: $Rel<T> = $Rel { offset: 0, to: PhantomData };

            /// The pointer with this offset in bytes; `None` for 0 and for more than it can hold.
            #[must_use]
            pub fn new(offset: u64) -> Option<$Rel<T>> {
                let offset = <$word>::try_from(offset).ok().filter(|offset| *offset != 0)?;
                Some($Rel { offset, to: PhantomData })
            }

            /// The offset in bytes, 0 for null.
            #[must_use]
            pub fn offset(self) -> u64 {
                self.offset.into()
            }

            /// Whether it leads nowhere.
            #[must_use]
            pub fn is_null(self) -> bool {
                self.offset == 0
            }
        }

        impl<T: Shared> $Rel<T> {
            /// The place that it leads to.
            ///
            /// # Errors
            /// `ERROR_INVALID_ADDRESS` (487) for null and outside the view; `ERROR_INVALID_PARAMETER` (87) if misaligned.
            pub fn place<'v>(self, view: &'v View) -> Result<Place<'v, T>, Error> {
                match self.is_null() {
                    true => Err(Error::new(FOLLOW, view.name(), Why::NullOffset)),
                    false => Place::at(view, self.offset()),
                }
            }

            /// A copy of what it leads to.
            ///
            /// # Errors
            #[doc = concat!("As [`", stringify!($Rel), "::place`] and [`View::read`].")]
            pub fn get(self, view: &View) -> Result<T, Error> {
                self.place(view)?.get()
            }

            /// Copies a value to where it leads.
            ///
            /// # Errors
            #[doc = concat!("As [`", stringify!($Rel), "::place`] and [`View::write`].")]
            pub fn set(self, view: &View, value: &T) -> Result<(), Error> {
                self.place(view)?.set(value)
            }

            /// Follows a list: this element, then what `next` takes from each, until null.
            ///
            /// A list that bites its own tail ends with an error (1392) when more elements were seen than fit into the view.
            pub fn walk<'v>(self, view: &'v View, next: impl Fn(&T) -> $Rel<T> + 'v) -> impl Iterator<Item = Result<T, Error>> + 'v
            where
                T: 'v,
            {
                let (mut at, mut steps) = (self, 0_u64);
                let most = (view.len() / size_of::<T>().max(1)) as u64;
                std::iter::from_fn(move || {
                    if at.is_null() {
                        return None;
                    }
                    steps += 1;
                    if steps > most {
                        at = $Rel::NULL;
                        return Some(Err(Error::new(FOLLOW, view.name(), Why::CyclicList { steps })));
                    }
                    let element = at.get(view);
                    at = element.as_ref().map_or($Rel::NULL, &next);
                    Some(element)
                })
            }
        }

        impl<T> Clone for $Rel<T> {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<T> Copy for $Rel<T> {}
        impl<T> Default for $Rel<T> {
            fn default() -> Self {
                $Rel::NULL
            }
        }
        impl<T> PartialEq for $Rel<T> {
            fn eq(&self, other: &Self) -> bool {
                self.offset == other.offset
            }
        }
        impl<T> Eq for $Rel<T> {}
        impl<T> fmt::Debug for $Rel<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:#x})", stringify!($Rel), self.offset)
            }
        }
        impl<T: Shared> Shared for $Rel<T> {
            const NAME: &'static str = stringify!($Rel);
            const FINGERPRINT: u64 = Fingerprint::new(stringify!($Rel)).number(T::TARGET).finish();
            const TARGET: u64 = Self::FINGERPRINT;
        }

        #[doc = concat!("A run of `T` in the same view: offset and count, ", $bits, " bits each.")]
        ///
        /// ```
        #[doc = concat!("use filemap_shared::", stringify!($RelSlice), ";")]
        /// let memory = filemap::FileMapping::options().size(65536).create_unnamed()?;
        /// let view = memory.map()?;
        /// view.write(64, &[1_u16, 2, 3])?;
        #[doc = concat!("let run = ", stringify!($RelSlice), "::<u16>::new(64, 3).expect(\"numbers that fit\");")]
        /// assert_eq!(run.to_vec(&view)?, [1, 2, 3]);
        /// run.place(&view, 1)?.set(&20)?;
        /// assert_eq!(run.to_vec(&memory.map()?)?, [1, 20, 3]);
        /// # Ok::<(), filemap::Error>(())
        /// ```
        #[derive(FromBytes, IntoBytes, Immutable)]
        #[repr(transparent)]
        pub struct $RelSlice<T> {
            /// Offset, then count.
            words: [$word; 2],
            of: PhantomData<fn() -> T>,
        }

        impl<T> $RelSlice<T> {
            /// Nothing.
            pub const EMPTY: $RelSlice<T> = $RelSlice { words: [0; 2], of: PhantomData };

            /// `count` elements from byte `offset`; `None` if a number is too large, or the offset is 0 and the count is not.
            #[must_use]
            pub fn new(offset: u64, count: u64) -> Option<$RelSlice<T>> {
                let count = <$word>::try_from(count).ok()?;
                match count {
                    0 => Some($RelSlice::EMPTY),
                    count => Some($RelSlice { words: [$Rel::<T>::new(offset)?.offset, count], of: PhantomData }),
                }
            }

            /// How many elements it claims to have.
            #[must_use]
            pub fn len(self) -> u64 {
                self.words[1].into()
            }

            /// Whether it has none.
            #[must_use]
            pub fn is_empty(self) -> bool {
                self.words[1] == 0
            }

            /// Where it begins, in bytes.
            #[must_use]
            pub fn offset(self) -> u64 {
                self.words[0].into()
            }
        }

        impl<T: Shared> $RelSlice<T> {
            fn resolve(self, view: &View) -> Result<u64, Error> {
                // Any number of elements of no size lies in any view, and a peer could claim 2^64 of them.
                const { assert!(size_of::<T>() > 0) };
                resolve(self.offset(), self.len(), size_of::<T>() as u64, align_of::<T>() as u64, view.len() as u64)
                    .map_err(|why| Error::new(FOLLOW, view.name(), why))
            }

            /// The place of element `index`.
            ///
            /// # Errors
            /// `ERROR_INVALID_ADDRESS` (487) if the run leads out of the view or has no such element; 87 if misaligned.
            pub fn place<'v>(self, view: &'v View, index: u64) -> Result<Place<'v, T>, Error> {
                let first = self.resolve(view)?;
                match index < self.len() {
                    true => Place::at(view, first + index * size_of::<T>() as u64),
                    false => {
                        let len = self.len() * size_of::<T>() as u64;
                        let offset = first + len;
                        Err(Error::new(FOLLOW, view.name(), Why::OffsetOutOfView { offset, len, view: first + len }))
                    }
                }
            }

            /// Copies of all elements, in one pass.
            ///
            /// # Errors
            #[doc = concat!("As [`", stringify!($RelSlice), "::place`].")]
            pub fn to_vec(self, view: &View) -> Result<Vec<T>, Error> {
                if self.is_empty() {
                    return Ok(Vec::new());
                }
                let first = self.resolve(view)?;
                let size = size_of::<T>() as u64;
                (0..self.len()).map(|i| view.read((first + i * size) as usize)).collect()
            }
        }

        impl<T> Clone for $RelSlice<T> {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<T> Copy for $RelSlice<T> {}
        impl<T> Default for $RelSlice<T> {
            fn default() -> Self {
                $RelSlice::EMPTY
            }
        }
        impl<T> fmt::Debug for $RelSlice<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:#x}, {})", stringify!($RelSlice), self.words[0], self.words[1])
            }
        }
        impl<T: Shared> Shared for $RelSlice<T> {
            const NAME: &'static str = stringify!($RelSlice);
            const FINGERPRINT: u64 = Fingerprint::new(stringify!($RelSlice)).number(T::TARGET).finish();
            const TARGET: u64 = Self::FINGERPRINT;
        }

        #[doc = concat!("Text in the same view: offset and length in bytes, ", $bits, " bits each; checked to be UTF-8 when it is read.")]
        ///
        /// ```
        #[doc = concat!("use filemap_shared::", stringify!($RelStr), ";")]
        /// let memory = filemap::FileMapping::options().size(65536).create_unnamed()?;
        /// let view = memory.map()?;
        #[doc = concat!("let name = ", stringify!($RelStr), "::write(&view, 64, \"Grüße\")?;")]
        /// assert_eq!(name.get(&memory.map()?)?, "Grüße");
        /// # Ok::<(), filemap::Error>(())
        /// ```
        #[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable)]
        #[repr(transparent)]
        pub struct $RelStr($RelSlice<u8>);

        impl $RelStr {
            /// `len` bytes from byte `offset`; `None` as for a slice.
            #[must_use]
            pub fn new(offset: u64, len: u64) -> Option<$RelStr> {
                $RelSlice::new(offset, len).map($RelStr)
            }

            /// Writes `text` at byte `offset` of the view and gives a pointer to it.
            ///
            /// # Errors
            /// As [`View::write_at`]; 87 for an offset that it can't hold.
            pub fn write(view: &View, offset: u64, text: &str) -> Result<$RelStr, Error> {
                let too_far = || Error::new(FOLLOW, view.name(), Why::OffsetOutOfView { offset, len: text.len() as u64, view: view.len() as u64 });
                let made = $RelStr::new(offset, text.len() as u64).ok_or_else(too_far)?;
                let at = usize::try_from(offset).map_err(|_| too_far())?;
                view.write_at(at, text.as_bytes())?;
                Ok(made)
            }

            /// How many bytes it claims to have.
            #[must_use]
            pub fn len(self) -> u64 {
                self.0.len()
            }

            /// Whether it has none.
            #[must_use]
            pub fn is_empty(self) -> bool {
                self.0.is_empty()
            }

            /// A copy of the text.
            ///
            /// # Errors
            /// As for a slice; `ERROR_FILE_CORRUPT` (1392) if the bytes are no text.
            pub fn get(self, view: &View) -> Result<String, Error> {
                if self.is_empty() {
                    return Ok(String::new());
                }
                let offset = self.0.resolve(view)?;
                // The length was checked against the view, so a peer can't have us ask for more memory than that.
                let bytes = view.to_vec(offset as usize, self.len() as usize)?;
                String::from_utf8(bytes).map_err(|_| Error::new(FOLLOW, view.name(), Why::NotText { offset }))
            }
        }
        impl Shared for $RelStr {
            const NAME: &'static str = stringify!($RelStr);
            const FINGERPRINT: u64 = Fingerprint::new(stringify!($RelStr)).finish();
            const TARGET: u64 = Self::FINGERPRINT;
        }
    };
}

pointers!(u64, "64", Rel, RelSlice, RelStr);
pointers!(u32, "32", Rel32, RelSlice32, RelStr32);

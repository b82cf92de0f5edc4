//! A number for the layout of a structure: equal only if names, types, order, offsets and sizes are (by all practical chance).

/// A 64-bit FNV-1a hash that is made while compiling.
///
/// It guards against mistakes, not against enemies: whoever can write the object can write its fingerprint too.
///
/// ```
/// use filemap_core::shared::fingerprint::Fingerprint;
/// const A: u64 = Fingerprint::new("Point").field("x", 1, 0).field("y", 1, 4).finish();
/// const B: u64 = Fingerprint::new("Point").field("y", 1, 0).field("x", 1, 4).finish();
/// assert_ne!(A, B);
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint of a type with this name and nothing in it yet.
    pub const fn new(name: &str) -> Fingerprint {
        Fingerprint(0xcbf2_9ce4_8422_2325).text(name)
    }

    /// Adds a text.
    pub const fn text(mut self, text: &str) -> Fingerprint {
        let bytes = text.as_bytes();
        let mut i = 0;
        while i < bytes.len() {
            self = self.byte(bytes[i]);
            i += 1;
        }
        self.byte(0)
    }

    const fn byte(self, byte: u8) -> Fingerprint {
        Fingerprint((self.0 ^ byte as u64).wrapping_mul(0x0100_0000_01b3))
    }

    /// Adds a number, always in the same byte order.
    pub const fn number(mut self, n: u64) -> Fingerprint {
        let bytes = n.to_le_bytes();
        let mut i = 0;
        while i < 8 {
            self = self.byte(bytes[i]);
            i += 1;
        }
        self
    }

    /// Adds a field: its name, its type's fingerprint and its offset in bytes.
    pub const fn field(self, name: &str, fingerprint: u64, offset: usize) -> Fingerprint {
        self.text(name).number(fingerprint).number(offset as u64)
    }

    /// The number; never 0.
    #[must_use]
    pub const fn finish(self) -> u64 {
        if self.0 == 0 { 1 } else { self.0 }
    }
}

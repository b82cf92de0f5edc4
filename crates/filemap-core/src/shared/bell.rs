//! Bells: where those sleep who wait for a change, and who is spared a system call if nobody does.
//!
//! A bell is a count of rings, on which sleepers sleep as on a futex, and a flag "somebody may sleep". Who wants to sleep
//! raises the flag, looks once more for what it waits for, and sleeps while the count is what it was. Who has changed
//! something looks at the flag, and if it is up takes it down, counts, and wakes.

use crate::error::Why;

/// The two words of a bell, of 4 bytes each. All accesses are sequentially consistent.
pub trait Bell {
    /// The count of rings.
    ///
    /// # Errors
    /// The memory's own.
    fn count(&self) -> Result<u32, Why>;
    /// Adds one to the count.
    ///
    /// # Errors
    /// The memory's own.
    fn count_one(&self) -> Result<(), Why>;
    /// Whether somebody may sleep.
    ///
    /// # Errors
    /// The memory's own.
    fn flag(&self) -> Result<bool, Why>;
    /// Says whether somebody may sleep.
    ///
    /// # Errors
    /// The memory's own.
    fn set_flag(&self, sleeps: bool) -> Result<(), Why>;
    /// Wakes everybody who sleeps on the count.
    ///
    /// # Errors
    /// The system's own.
    fn wake(&self) -> Result<(), Why>;
}

/// Gets ready to sleep: gives the count to sleep on. Look for what is waited for after this and before the sleep.
///
/// # Errors
/// The memory's own.
pub fn prepare(bell: &impl Bell) -> Result<u32, Why> {
    let count = bell.count()?;
    bell.set_flag(true)?;
    Ok(count)
}

/// Wakes everybody who sleeps; no system call if nobody does. What they wait for was changed before this.
///
/// # Errors
/// The memory's own, or the system's.
pub fn ring(bell: &impl Bell) -> Result<(), Why> {
    // Who is about to sleep says so first and looks once more then: what was changed before this is seen by that look.
    if !bell.flag()? {
        return Ok(());
    }
    // In this order: whose flag is taken down here has read the count before it was raised, and so does not fall asleep on
    // the new one. The other way round the flag of somebody who has read the new count could be lost, and the sleep with it.
    bell.set_flag(false)?;
    bell.count_one()?;
    bell.wake()
}

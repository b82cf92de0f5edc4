//! The handles of this process: numbers that lead to objects (spec/objects.md, O-12 to O-26).
//!
//! A handle is a non-zero multiple of 4; its low two bits are ignored (F-5). What it leads to is a [`KernelObject`], shared
//! by all handles that were duplicated from each other; what belongs to the handle alone (granted access, flags) is in the
//! [`Entry`]. Numbers are used again as late as possible, so that a stale handle is more likely refused than mistaken.

use filemap::security::{SecurityDescriptor, SecurityInformation};
use filemap_core::error::Win32Code;
use filemap_sys::os::sync::StatePage;
use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::os::fd::OwnedFd;
use std::sync::{Arc, LazyLock, RwLock};

/// A handle as C sees it: a pointer-sized number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(transparent)]
pub struct Handle(pub usize);

impl Handle {
    /// What functions return that made no handle.
    pub const NULL: Handle = Handle(0);
    /// What `CreateFile` returns that made no handle; elsewhere this number is the current process.
    pub const INVALID: Handle = Handle(usize::MAX);
    /// `GetCurrentProcess()`.
    pub const CURRENT_PROCESS: Handle = Handle(usize::MAX);
    /// `GetCurrentThread()`.
    pub const CURRENT_THREAD: Handle = Handle(usize::MAX - 1);

    /// The pseudo handle that this is, if it is one. Handles are 32 significant bits (O-12), so 0xFFFFFFFF is -1 too.
    #[must_use]
    pub fn pseudo(self) -> Option<Pseudo> {
        // A 32-bit -1 that a caller extended with zeros means what the 64-bit one means.
        let number = if self.0 >> 32 == 0 {
            i64::from(self.0 as u32 as i32)
        } else {
            self.0 as i64
        };
        match number {
            -1 => Some(Pseudo::Process),
            -2 => Some(Pseudo::Thread),
            -6..=-4 => Some(Pseudo::Token),
            _ => None,
        }
    }
}

/// Numbers that mean an object without being in the table. Closing one succeeds and does nothing (F-5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pseudo {
    /// The current process, -1.
    Process,
    /// The current thread, -2.
    Thread,
    /// A token of process or thread, -4 to -6.
    Token,
}

/// What a wait looks at.
pub use filemap_sys::os::sync::WaitRef as Signal;

/// Anything a handle can lead to.
pub trait KernelObject: Any + Send + Sync {
    /// The kind as the name table knows it: `Section`, `Event`, `Mutant`, `Semaphore`, `Timer`, `Job`, `File`, `Process`, …
    fn kind(&self) -> &'static str;

    /// Whether two values are handles to one object of the system although they were opened apart.
    /// The table asks only if they are not the same value.
    fn same_as(&self, other: &dyn KernelObject) -> bool {
        let _ = other;
        false
    }

    /// The value behind another handle to the same object, with access `wanted`, of which the source handle has `has`; `None` if
    /// this value serves (`DuplicateHandle`, O-25). Errors: 5 for access that is not granted.
    ///
    /// Unless a kind says otherwise, a handle has at most what its source has.
    fn duplicate(&self, has: u32, wanted: u32) -> Result<Option<Arc<dyn KernelObject>>, Win32Code> {
        if wanted & !has == 0 {
            Ok(None)
        } else {
            Err(Win32Code::ACCESS_DENIED)
        }
    }

    /// The rights that an access mask of a caller asks for, generic rights spelt out (O-20).
    fn spell_out(&self, mask: u32) -> u32 {
        mask & 0x0fff_ffff
    }

    /// What a child process needs to have the same handle (O-22); `None` for a kind that it can't have. Errors: 4.
    fn for_child(&self, access: u32) -> Result<Option<ForChild>, Win32Code> {
        let _ = access;
        Ok(None)
    }

    /// What a wait looks at; `None` for what can't be waited for. Errors: 5 without SYNCHRONIZE.
    fn signal(&self) -> Result<Option<Signal<'_>>, Win32Code> {
        Ok(None)
    }

    /// The state that `SignalObjectAndWait` signals. Errors: 6 for what can't be signalled, 5 without the right.
    fn signal_page(&self) -> Result<&StatePage, Win32Code> {
        Err(Win32Code::INVALID_HANDLE)
    }

    /// Parts of the object's security descriptor. Errors: 5 without the right, 50 for a kind that has none.
    fn security(&self, what: SecurityInformation) -> Result<SecurityDescriptor, Win32Code> {
        let _ = what;
        Err(Win32Code::NOT_SUPPORTED)
    }

    /// Changes them. Errors: 5, 50, 1307.
    fn set_security(&self, what: SecurityInformation, new: &SecurityDescriptor) -> Result<(), Win32Code> {
        let _ = (what, new);
        Err(Win32Code::NOT_SUPPORTED)
    }

    /// The name as `NtQueryObject` tells it: from the root of all names; empty without one.
    fn full_name(&self) -> String {
        String::new()
    }
}

/// A handle packed for a child: text for [`crate::inheritance`], and the descriptors whose numbers it contains.
#[derive(Debug)]
pub struct ForChild {
    /// What the child's half of the kind reads; numbers of descriptors are those in the parent.
    pub text: String,
    /// Stay open until the child runs; the child has them under the same numbers.
    pub files: Vec<OwnedFd>,
}

/// What one handle is: the object and what was granted with this handle.
#[derive(Clone)]
pub struct Entry {
    /// The object.
    pub object: Arc<dyn KernelObject>,
    /// Access that was granted when the handle was opened (O-15).
    pub access: u32,
    /// Children get it (O-21).
    pub inheritable: bool,
    /// CloseHandle refuses (O-14).
    pub protected: bool,
}

impl Entry {
    /// A handle that is not inherited and not protected.
    #[must_use]
    pub fn new(object: Arc<dyn KernelObject>, access: u32) -> Entry {
        Entry {
            object,
            access,
            inheritable: false,
            protected: false,
        }
    }

    /// The object as what it is. Errors: 6 if it is something else.
    pub fn downcast<T: KernelObject>(&self) -> Result<Arc<T>, Win32Code> {
        let any: Arc<dyn Any + Send + Sync> = self.object.clone();
        any.downcast().map_err(|_| Win32Code::INVALID_HANDLE)
    }
}

/// The table.
#[derive(Default)]
pub struct HandleTable {
    inner: RwLock<Inner>,
}

#[derive(Default)]
struct Inner {
    entries: BTreeMap<u32, Entry>, // by index: handle = 4 * index
    free: VecDeque<u32>,
    next: u32, // indices from 1 to this one have been used
}

/// Free indices that rest before the first of them is used again.
const RESTING: usize = 256;
/// Most handles of a process (O-12).
const MOST: usize = 1 << 24;

impl HandleTable {
    /// Adds an entry and gives its handle. Errors: 1450 with 2^24 handles open.
    pub fn insert(&self, entry: Entry) -> Result<Handle, Win32Code> {
        let mut inner = self.inner.write().unwrap_or_else(|e| e.into_inner());
        if inner.entries.len() >= MOST {
            return Err(Win32Code::NO_SYSTEM_RESOURCES);
        }
        let index = loop {
            let index = match inner.free.len() > RESTING {
                true => inner.free.pop_front().unwrap_or(1),
                false => {
                    inner.next += 1;
                    inner.next
                }
            };
            if !inner.entries.contains_key(&index) {
                break index;
            }
        };
        inner.entries.insert(index, entry);
        Ok(Handle(index as usize * 4))
    }

    /// Adds an entry under a number that a parent process gave (O-22). Errors: 6 if it is no handle number, 183 if it is taken.
    pub fn insert_at(&self, handle: Handle, entry: Entry) -> Result<(), Win32Code> {
        let index = index_of(handle).ok_or(Win32Code::INVALID_HANDLE)?;
        let mut inner = self.inner.write().unwrap_or_else(|e| e.into_inner());
        if inner.entries.contains_key(&index) {
            return Err(Win32Code::ALREADY_EXISTS);
        }
        inner.entries.insert(index, entry);
        Ok(())
    }

    /// The entry of a handle; it stays valid if the handle is closed meanwhile (Y-35). Errors: 6, also for pseudo handles.
    pub fn get(&self, handle: Handle) -> Result<Entry, Win32Code> {
        let index = index_of(handle).ok_or(Win32Code::INVALID_HANDLE)?;
        let inner = self.inner.read().unwrap_or_else(|e| e.into_inner());
        inner
            .entries
            .get(&index)
            .cloned()
            .ok_or(Win32Code::INVALID_HANDLE)
    }

    /// The object of a handle with the rights that a call needs. Errors: 6 not a handle or another kind, 5 without the rights;
    /// the kind is looked at first (O-16).
    pub fn object<T: KernelObject>(&self, handle: Handle, rights: u32) -> Result<Arc<T>, Win32Code> {
        let entry = self.get(handle)?;
        let object = entry.downcast()?;
        match entry.access & rights == rights {
            true => Ok(object),
            false => Err(Win32Code::ACCESS_DENIED),
        }
    }

    /// Takes an entry out. Pseudo handles succeed with `None` (F-5). Errors: 6, also for a protected handle (O-14).
    pub fn close(&self, handle: Handle) -> Result<Option<Entry>, Win32Code> {
        if handle.pseudo().is_some() {
            return Ok(None);
        }
        let index = index_of(handle).ok_or(Win32Code::INVALID_HANDLE)?;
        let mut inner = self.inner.write().unwrap_or_else(|e| e.into_inner());
        if inner.entries.get(&index).is_none_or(|entry| entry.protected) {
            return Err(Win32Code::INVALID_HANDLE);
        }
        inner.free.push_back(index);
        // The caller drops the entry, after the lock is let go: dropping may call the system or close other handles.
        Ok(inner.entries.remove(&index))
    }

    /// Changes an entry in place. Errors: 6.
    pub fn update(&self, handle: Handle, change: impl FnOnce(&mut Entry)) -> Result<(), Win32Code> {
        let index = index_of(handle).ok_or(Win32Code::INVALID_HANDLE)?;
        let mut inner = self.inner.write().unwrap_or_else(|e| e.into_inner());
        inner
            .entries
            .get_mut(&index)
            .map(change)
            .ok_or(Win32Code::INVALID_HANDLE)
    }

    /// The handles that a child gets, in ascending order (O-22).
    #[must_use]
    pub fn inheritable(&self) -> Vec<(Handle, Entry)> {
        let inner = self.inner.read().unwrap_or_else(|e| e.into_inner());
        let wanted = inner.entries.iter().filter(|(_, entry)| entry.inheritable);
        wanted
            .map(|(index, entry)| (Handle(*index as usize * 4), entry.clone()))
            .collect()
    }

    /// Number of handles of this process to the object.
    #[must_use]
    pub fn count_of(&self, object: &Arc<dyn KernelObject>) -> u32 {
        let inner = self.inner.read().unwrap_or_else(|e| e.into_inner());
        let same = |entry: &&Entry| Arc::ptr_eq(&entry.object, object) || entry.object.same_as(&**object);
        inner.entries.values().filter(same).count() as u32
    }

    /// Every open handle's object of one type.
    #[must_use]
    pub fn all<T: KernelObject>(&self) -> Vec<Arc<T>> {
        let inner = self.inner.read().unwrap_or_else(|e| e.into_inner());
        inner
            .entries
            .values()
            .filter_map(|entry| entry.downcast::<T>().ok())
            .collect()
    }

    /// Number of open handles.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.read().unwrap_or_else(|e| e.into_inner()).entries.len()
    }

    /// Whether no handle is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The index in the table: the low two bits are ignored, everything above 32 bits makes it no handle. `None` for 0.
fn index_of(handle: Handle) -> Option<u32> {
    let number = u32::try_from(handle.0).ok()?;
    (number >> 2 != 0).then_some(number >> 2)
}

static TABLE: LazyLock<HandleTable> = LazyLock::new(crate::inheritance::table_at_start);

/// The table of this process.
#[must_use]
pub fn handles() -> &'static HandleTable {
    &TABLE
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Thing(u32);
    struct OtherThing;
    impl KernelObject for Thing {
        fn kind(&self) -> &'static str {
            "Thing"
        }
    }
    impl KernelObject for OtherThing {
        fn kind(&self) -> &'static str {
            "OtherThing"
        }
    }

    #[test]
    fn handles_are_multiples_of_4_whose_low_two_bits_are_ignored() {
        // O-12, F-5
        let table = HandleTable::default();
        let first = table.insert(Entry::new(Arc::new(Thing(1)), 7)).unwrap();
        let second = table.insert(Entry::new(Arc::new(Thing(2)), 7)).unwrap();
        assert!(first.0 % 4 == 0 && first.0 != 0 && second.0 % 4 == 0 && first != second);
        for low in 0..4 {
            assert_eq!(table.object::<Thing>(Handle(first.0 + low), 1).unwrap().0, 1);
        }
        table.close(Handle(first.0 + 3)).unwrap();
        assert_eq!(table.close(first).err(), Some(Win32Code::INVALID_HANDLE));
    }

    #[test]
    fn the_wrong_kind_gives_6_before_the_missing_right_gives_5() {
        // O-16
        let table = HandleTable::default();
        let handle = table.insert(Entry::new(Arc::new(Thing(1)), 4)).unwrap();
        assert_eq!(
            table.object::<OtherThing>(handle, 2).err(),
            Some(Win32Code::INVALID_HANDLE)
        );
        assert_eq!(
            table.object::<Thing>(handle, 6).err(),
            Some(Win32Code::ACCESS_DENIED)
        );
        assert!(table.object::<Thing>(handle, 4).is_ok());
    }

    #[test]
    fn a_protected_handle_stays_open_and_pseudo_handles_close_with_success() {
        // O-14, F-5
        let table = HandleTable::default();
        let handle = table.insert(Entry::new(Arc::new(Thing(1)), 0)).unwrap();
        table.update(handle, |entry| entry.protected = true).unwrap();
        assert_eq!(table.close(handle).err(), Some(Win32Code::INVALID_HANDLE));
        assert!(table.get(handle).is_ok());
        for number in [usize::MAX, usize::MAX - 1, usize::MAX - 3, 0xffff_ffff] {
            assert!(table.close(Handle(number)).unwrap().is_none(), "{number:#x}");
        }
        for number in [0, 3, 1 << 40, usize::MAX - 2, 0x7fff_fffc] {
            assert_eq!(
                table.close(Handle(number)).err(),
                Some(Win32Code::INVALID_HANDLE),
                "{number:#x}"
            );
        }
    }

    #[test]
    fn a_closed_number_rests_before_it_is_used_again_and_a_given_number_is_skipped() {
        let table = HandleTable::default();
        let first = table.insert(Entry::new(Arc::new(Thing(1)), 0)).unwrap();
        table.close(first).unwrap();
        table
            .insert_at(Handle(12), Entry::new(Arc::new(Thing(9)), 0))
            .unwrap();
        assert_eq!(
            table.insert_at(Handle(12), Entry::new(Arc::new(Thing(8)), 0)),
            Err(Win32Code::ALREADY_EXISTS)
        );
        for _ in 0..RESTING {
            let handle = table.insert(Entry::new(Arc::new(Thing(2)), 0)).unwrap();
            assert!(handle != first && handle != Handle(12));
        }
        assert_eq!(table.object::<Thing>(Handle(12), 0).unwrap().0, 9);
        assert_eq!(table.len(), RESTING + 1);
    }

    #[test]
    fn an_object_lives_while_somebody_uses_it_after_its_handle_is_closed() {
        // Y-35
        let table = HandleTable::default();
        let handle = table.insert(Entry::new(Arc::new(Thing(5)), 0)).unwrap();
        let object = table.object::<Thing>(handle, 0).unwrap();
        drop(table.close(handle).unwrap());
        assert_eq!(object.0, 5);
        assert_eq!(table.get(handle).err(), Some(Win32Code::INVALID_HANDLE));
    }
}

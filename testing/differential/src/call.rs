//! Calls, and sequences of them.

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

/// Objects and handles have places, as variables of a program; a call on an empty place or on another kind is not made.
pub const PLACES: usize = 6;
/// Places for views.
pub const VIEWS: usize = 4;
/// Files: empty, 10 bytes, a page, 70,000 bytes.
pub const FILES: [u64; 4] = [0, 10, 4096, 70_000];

/// A name, by its form and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Name {
    /// None at all.
    Unnamed,
    /// `nameN`.
    Plain(u8),
    /// `Local\nameN`, which is the same object.
    Local(u8),
    /// `Global\nameN`, which is another.
    Global(u8),
    /// `NAMEN`: names have case.
    Upper(u8),
    /// `\nameN`: error 161.
    Rooted(u8),
    /// `dir\nameN`: error 3.
    Nested(u8),
    /// `Local\`: no name behind the prefix.
    OnlyPrefix,
}

/// A handle's kind for Create and Open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sort {
    /// Event: manual, set.
    Event(bool, bool),
    /// Mutex: owned.
    Mutex(bool),
    /// Semaphore: initial, maximum.
    Semaphore(u32, u32),
    /// Timer: manual.
    Timer(bool),
    /// Job.
    Job,
}

/// One call. Places, views and threads are numbers; the texts of the variants say what the rest is.
#[allow(missing_docs, reason = "the text of a variant says what its fields are")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Call {
    /// `CreateFileMapping` of memory or a file: `flProtect` with SEC_ flags, size.
    CreateMapping {
        to: u8,
        name: Name,
        file: Option<u8>,
        protect: u32,
        size: u64,
    },
    /// `OpenFileMapping` with an access mask.
    OpenMapping { to: u8, name: Name, access: u32 },
    /// Create of another kind.
    Create { to: u8, name: Name, sort: Sort },
    /// Open of another kind.
    Open {
        to: u8,
        name: Name,
        sort: Sort,
        access: u32,
    },
    /// `DuplicateHandle` with rights.
    Duplicate { from: u8, to: u8, rights: u32 },
    /// `CloseHandle`.
    Close { place: u8 },
    /// Size, SEC_ flags and rights of a mapping.
    Ask { place: u8 },
    /// Whether two handles mean one object.
    Same { a: u8, b: u8 },
    /// `MapViewOfFile`.
    Map {
        place: u8,
        to: u8,
        access: u32,
        offset: u64,
        len: u64,
    },
    /// `UnmapViewOfFile` with an address so many bytes behind the base.
    Unmap { view: u8, at: u32 },
    /// Copies out of a view.
    Read { view: u8, offset: u32, len: u16 },
    /// Copies into a view.
    Write {
        view: u8,
        offset: u32,
        byte: u8,
        len: u16,
    },
    /// `VirtualQuery`.
    Query { view: u8, offset: u32 },
    /// `VirtualProtect`.
    Protect {
        view: u8,
        offset: u32,
        len: u32,
        page: u32,
    },
    /// `VirtualAlloc(MEM_COMMIT)`.
    Commit { view: u8, offset: u32, len: u32 },
    /// `FlushViewOfFile`.
    Flush { view: u8, offset: u32, len: u32 },
    /// `SetEvent`, `ResetEvent`, `PulseEvent`.
    Signal { place: u8, how: u8 },
    /// State of an object, which changes nothing.
    State { place: u8 },
    /// `ReleaseSemaphore`.
    Release { place: u8, count: u32 },
    /// `ReleaseMutex` by a thread.
    Unlock { place: u8, thread: u8 },
    /// `SetWaitableTimer`, an hour ahead, or `CancelWaitableTimer`.
    Timer { place: u8, set: bool },
    /// `WaitForSingleObject` without waiting, by a thread.
    Wait { place: u8, thread: u8 },
    /// `WaitForMultipleObjects` without waiting, by a thread.
    WaitMany { places: Vec<u8>, all: bool, thread: u8 },
    /// `SignalObjectAndWait` without waiting, by a thread.
    SignalAndWait { signal: u8, wait: u8, thread: u8 },
    /// The thread ends, and a new one takes its number: what it owned is abandoned.
    EndThread { thread: u8 },
}

fn place() -> impl Strategy<Value = u8> {
    0..PLACES as u8
}

fn view() -> impl Strategy<Value = u8> {
    0..VIEWS as u8
}

fn thread() -> impl Strategy<Value = u8> {
    0..2u8
}

fn name() -> impl Strategy<Value = Name> {
    let number = || 0..3u8;
    prop_oneof![
        2 => Just(Name::Unnamed),
        8 => number().prop_map(Name::Plain),
        4 => number().prop_map(Name::Local),
        4 => number().prop_map(Name::Global),
        1 => number().prop_map(Name::Upper),
        1 => number().prop_map(Name::Rooted),
        1 => number().prop_map(Name::Nested),
        1 => Just(Name::OnlyPrefix),
    ]
}

fn protect() -> impl Strategy<Value = u32> {
    let page = prop_oneof![
        10 => prop::sample::select(vec![0x04u32, 0x02, 0x08]),
        3 => prop::sample::select(vec![0x20u32, 0x40, 0x80]),
        1 => prop::sample::select(vec![0u32, 0x01, 0x10, 0x06, 0x44, 0x100]),
    ];
    let sections = prop_oneof![
        8 => Just(0u32),
        2 => Just(0x0800_0000),
        3 => Just(0x0400_0000),
        1 => prop::sample::select(vec![0x0C00_0000u32, 0x1000_0000, 0x1800_0000, 0x4000_0000, 0x4800_0000]),
    ];
    (page, sections).prop_map(|(page, sections)| page | sections)
}

fn size() -> impl Strategy<Value = u64> {
    prop::sample::select(vec![0u64, 1, 100, 4096, 4097, 65_536, 70_000, 131_072, 1 << 20])
}

fn view_access() -> impl Strategy<Value = u32> {
    prop::sample::select(vec![4u32, 2, 6, 1, 0xF_001F, 0, 0x24, 0x22, 0x21])
}

fn offset() -> impl Strategy<Value = u32> {
    prop::sample::select(vec![
        0u32, 1, 10, 4095, 4096, 8192, 65_535, 65_536, 69_999, 200_000,
    ])
}

fn sort() -> impl Strategy<Value = Sort> {
    prop_oneof![
        4 => any::<(bool, bool)>().prop_map(|(manual, set)| Sort::Event(manual, set)),
        3 => any::<bool>().prop_map(Sort::Mutex),
        3 => (0..3u32, 0..4u32).prop_map(|(initial, maximum)| Sort::Semaphore(initial, maximum)),
        1 => any::<bool>().prop_map(Sort::Timer),
        1 => Just(Sort::Job),
    ]
}

/// One call, any of them.
pub fn call() -> impl Strategy<Value = Call> {
    let mapping_access =
        prop::sample::select(vec![4u32, 2, 6, 1, 0xF_001F, 0x8000_0000, 0x1000_0000, 0x2_0000]);
    let access = prop::sample::select(vec![0x1F_0003u32, 0x10_0000, 0x2, 0x10_0002, 0x2_0000]);
    let rights = prop::sample::select(vec![0u32, 4, 2, 6, 1, 0x10_0000, 0x2_0000]);
    let pages = prop::sample::select(vec![0x02u32, 0x04, 0x01, 0x20, 0x40, 0x10, 0, 0x06]);
    let lens = || prop::sample::select(vec![0u32, 1, 4096, 4097, 8192, 65_536, 300_000]);
    prop_oneof![
        6 => (place(), name(), prop::option::weighted(0.3, 0..FILES.len() as u8), protect(), size())
            .prop_map(|(to, name, file, protect, size)| Call::CreateMapping { to, name, file, protect, size }),
        4 => (place(), name(), mapping_access).prop_map(|(to, name, access)| Call::OpenMapping { to, name, access }),
        5 => (place(), name(), sort()).prop_map(|(to, name, sort)| Call::Create { to, name, sort }),
        3 => (place(), name(), sort(), access).prop_map(|(to, name, sort, access)| Call::Open { to, name, sort, access }),
        2 => (place(), place(), rights).prop_map(|(from, to, rights)| Call::Duplicate { from, to, rights }),
        3 => place().prop_map(|place| Call::Close { place }),
        1 => place().prop_map(|place| Call::Ask { place }),
        1 => (place(), place()).prop_map(|(a, b)| Call::Same { a, b }),
        8 => (place(), view(), view_access(), prop_oneof![4 => Just(0u64), 1 => Just(65_536), 1 => Just(1), 1 => Just(1 << 20)],
              prop_oneof![3 => Just(0u64), 1 => Just(1), 1 => Just(4097), 1 => Just(65_536), 1 => Just(1 << 21)])
            .prop_map(|(place, to, access, offset, len)| Call::Map { place, to, access, offset, len }),
        2 => (view(), prop::sample::select(vec![0u32, 1, 4096, 65_536, 1 << 21])).prop_map(|(view, at)| Call::Unmap { view, at }),
        6 => (view(), offset(), 0..40u16).prop_map(|(view, offset, len)| Call::Read { view, offset, len }),
        6 => (view(), offset(), any::<u8>(), 0..40u16).prop_map(|(view, offset, byte, len)| Call::Write { view, offset, byte, len }),
        3 => (view(), offset()).prop_map(|(view, offset)| Call::Query { view, offset }),
        2 => (view(), offset(), lens(), pages).prop_map(|(view, offset, len, page)| Call::Protect { view, offset, len, page }),
        3 => (view(), offset(), lens()).prop_map(|(view, offset, len)| Call::Commit { view, offset, len }),
        1 => (view(), offset(), lens()).prop_map(|(view, offset, len)| Call::Flush { view, offset, len }),
        4 => (place(), 0..3u8).prop_map(|(place, how)| Call::Signal { place, how }),
        3 => place().prop_map(|place| Call::State { place }),
        3 => (place(), 1..4u32).prop_map(|(place, count)| Call::Release { place, count }),
        3 => (place(), thread()).prop_map(|(place, thread)| Call::Unlock { place, thread }),
        1 => (place(), any::<bool>()).prop_map(|(place, set)| Call::Timer { place, set }),
        6 => (place(), thread()).prop_map(|(place, thread)| Call::Wait { place, thread }),
        3 => (prop::collection::vec(place(), 0..4), any::<bool>(), thread())
            .prop_map(|(places, all, thread)| Call::WaitMany { places, all, thread }),
        2 => (place(), place(), thread()).prop_map(|(signal, wait, thread)| Call::SignalAndWait { signal, wait, thread }),
        1 => thread().prop_map(|thread| Call::EndThread { thread }),
    ]
}

/// A sequence of calls.
pub fn strategy() -> impl Strategy<Value = Vec<Call>> {
    prop::collection::vec(call(), 1..60)
}

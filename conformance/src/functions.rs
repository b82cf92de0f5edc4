//! The functions that tables may call, with their parameters in Windows' order.

/// How an argument is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// A handle: a result's name, `NULL`, `INVALID_HANDLE_VALUE`, a number.
    Handle,
    /// A list of handles.
    Handles,
    /// A number, a constant, constants joined by `|`.
    Number,
    /// Text, or `NULL`. `{n}` and `{dir}` are replaced.
    Text,
    /// `NULL`, `inherit`, or SDDL text.
    Security,
    /// `NULL`, a number, a view's name, `view+0x1000`.
    Address,
    /// `out`, or `NULL`.
    Out,
}

/// What a function returns, and which value means failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returns {
    /// A handle, or NULL.
    Handle,
    /// A handle of a file, or INVALID_HANDLE_VALUE.
    FileHandle,
    /// An address, or NULL.
    Address,
    /// TRUE or FALSE.
    Truth,
    /// The number of a wait, or WAIT_FAILED.
    Wait,
    /// A number of bytes, or 0.
    Count,
    /// Nothing.
    Nothing,
}

/// A function.
#[derive(Debug)]
pub struct Function {
    /// Its name, without A or W.
    pub name: &'static str,
    /// What it takes.
    pub parameters: &'static [Parameter],
    /// What it returns.
    pub returns: Returns,
    /// What it writes.
    pub outs: &'static [&'static str],
}

/// The function of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

use Parameter::{Address as P, Handle as H, Handles, Number as N, Out as O, Security as S, Text as T};
use Returns::{Address, Count, FileHandle, Handle, Nothing, Truth, Wait};

const fn f(name: &'static str, parameters: &'static [Parameter], returns: Returns) -> Function {
    Function {
        name,
        parameters,
        returns,
        outs: &[],
    }
}

const fn o(
    name: &'static str,
    parameters: &'static [Parameter],
    returns: Returns,
    outs: &'static [&'static str],
) -> Function {
    Function {
        name,
        parameters,
        returns,
        outs,
    }
}

/// All of them. Windows' prototypes, except that a wait's list of handles brings its count, and that what is in small
/// letters is the runner's own.
pub const FUNCTIONS: &[Function] = &[
    f("CreateFileMapping", &[H, S, N, N, N, T], Handle),
    f("OpenFileMapping", &[N, N, T], Handle),
    f("MapViewOfFile", &[H, N, N, N, N], Address),
    f("MapViewOfFileEx", &[H, N, N, N, N, P], Address),
    f("UnmapViewOfFile", &[P], Truth),
    f("FlushViewOfFile", &[P, N], Truth),
    f("VirtualAlloc", &[P, N, N, N], Address),
    f("VirtualFree", &[P, N, N], Truth),
    o("VirtualProtect", &[P, N, N, O], Truth, &["old"]),
    o(
        "VirtualQuery",
        &[P, O],
        Count,
        &["AllocationProtect", "RegionSize", "State", "Protect", "Type"],
    ),
    f("CloseHandle", &[H], Truth),
    f("DuplicateHandle", &[H, N, N, N], Handle),
    o("GetHandleInformation", &[H, O], Truth, &["flags"]),
    f("SetHandleInformation", &[H, N, N], Truth),
    f("CompareObjectHandles", &[H, H], Truth),
    f("CreateFile", &[T, N, N, S, N, N, H], FileHandle),
    f("DeleteFile", &[T], Truth),
    f("CreateEvent", &[S, N, N, T], Handle),
    f("OpenEvent", &[N, N, T], Handle),
    f("SetEvent", &[H], Truth),
    f("ResetEvent", &[H], Truth),
    f("PulseEvent", &[H], Truth),
    f("CreateMutex", &[S, N, T], Handle),
    f("OpenMutex", &[N, N, T], Handle),
    f("ReleaseMutex", &[H], Truth),
    f("CreateSemaphore", &[S, N, N, T], Handle),
    f("OpenSemaphore", &[N, N, T], Handle),
    o("ReleaseSemaphore", &[H, N, O], Truth, &["previous"]),
    f("CreateWaitableTimer", &[S, N, T], Handle),
    f("OpenWaitableTimer", &[N, N, T], Handle),
    // due in 100 ns, negative from now; period in ms
    f("SetWaitableTimer", &[H, N, N], Truth),
    f("CancelWaitableTimer", &[H], Truth),
    f("CreateJobObject", &[S, T], Handle),
    f("OpenJobObject", &[N, N, T], Handle),
    f("WaitForSingleObject", &[H, N], Wait),
    f("WaitForMultipleObjects", &[Handles, N, N], Wait),
    f("SignalObjectAndWait", &[H, H, N, N], Wait),
    // the runner's own: bytes of a view, files
    o("peek", &[P, N, O], Nothing, &["text"]),
    f("poke", &[P, T], Nothing),
    f("make_file", &[T, T], Nothing),
    f("make_empty_file", &[T, N], Nothing),
    o("file_length", &[T, O], Nothing, &["length"]),
    o("file_text", &[T, O], Nothing, &["text"]),
    f("set_file_length", &[H, N], Truth),
];

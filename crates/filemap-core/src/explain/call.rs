//! The calls whose errors are explained.

use core::fmt;

macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        /// A Win32 call, all its variants together (A, W, Ex, Numa, FromApp, 2, 3).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Call { $($(#[$doc])* $name,)* }

        impl Call {
            /// Every call, in the order of the documentation.
            pub const ALL: &'static [Call] = &[$(Call::$name),*];

            /// The name without a variant's ending.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Call::$name => stringify!($name),)* }
            }
        }
    };
}

calls! {
    /// `CreateFileMapping`.
    CreateFileMapping;
    /// `OpenFileMapping`.
    OpenFileMapping;
    /// `MapViewOfFile`.
    MapViewOfFile;
    /// `UnmapViewOfFile`.
    UnmapViewOfFile;
    /// `FlushViewOfFile`.
    FlushViewOfFile;
    /// `VirtualAlloc` on a view.
    VirtualAlloc;
    /// `VirtualFree` on a view.
    VirtualFree;
    /// `VirtualProtect` on a view.
    VirtualProtect;
    /// `VirtualQuery`.
    VirtualQuery;
    /// Touching the memory of a view: no call, an exception.
    AccessView;
    /// `CloseHandle`.
    CloseHandle;
    /// `DuplicateHandle`.
    DuplicateHandle;
    /// `CreateFile`.
    CreateFile;
    /// `CreateFileForMapping` (Windows CE).
    CreateFileForMapping;
    /// `SetEndOfFile`.
    SetEndOfFile;
    /// `DeleteFile`.
    DeleteFile;
    /// `CreateEvent`.
    CreateEvent;
    /// `OpenEvent`.
    OpenEvent;
    /// `SetEvent`.
    SetEvent;
    /// `ResetEvent`.
    ResetEvent;
    /// `PulseEvent`.
    PulseEvent;
    /// `CreateMutex`.
    CreateMutex;
    /// `OpenMutex`.
    OpenMutex;
    /// `ReleaseMutex`.
    ReleaseMutex;
    /// `CreateSemaphore`.
    CreateSemaphore;
    /// `OpenSemaphore`.
    OpenSemaphore;
    /// `ReleaseSemaphore`.
    ReleaseSemaphore;
    /// `CreateWaitableTimer`.
    CreateWaitableTimer;
    /// `OpenWaitableTimer`.
    OpenWaitableTimer;
    /// `SetWaitableTimer`.
    SetWaitableTimer;
    /// `CancelWaitableTimer`.
    CancelWaitableTimer;
    /// `CreateJobObject`.
    CreateJobObject;
    /// `OpenJobObject`.
    OpenJobObject;
    /// `WaitForSingleObject`.
    WaitForSingleObject;
    /// `WaitForMultipleObjects`.
    WaitForMultipleObjects;
    /// `SignalObjectAndWait`.
    SignalObjectAndWait;
    /// `CreatePrivateNamespace`.
    CreatePrivateNamespace;
    /// `OpenPrivateNamespace`.
    OpenPrivateNamespace;
    /// Reading an SDDL text.
    ConvertStringSecurityDescriptorToSecurityDescriptor;
    /// Changing or reading a security descriptor.
    SetSecurityInfo;
    /// Turning privileges of a token on or off.
    AdjustTokenPrivileges;
}

impl Call {
    /// The call with this name: any variant (`CreateFileMappingW`, `MapViewOfFileEx`), upper or lower case.
    ///
    /// ```
    /// use filemap_core::explain::Call;
    /// assert_eq!(Call::from_name("mapviewoffileex"), Some(Call::MapViewOfFile));
    /// assert_eq!(Call::from_name("CreateFileMappingNumaW"), Some(Call::CreateFileMapping));
    /// assert_eq!(Call::from_name("MessageBox"), None);
    /// ```
    #[must_use]
    pub fn from_name(name: &str) -> Option<Call> {
        const ENDINGS: [&str; 7] = ["numa", "fromapp", "ex", "a", "w", "2", "3"];
        let lower = name.trim().trim_end_matches("()").to_ascii_lowercase();
        let mut rest = lower.as_str();
        loop {
            if let Some(call) = Self::ALL
                .iter()
                .find(|call| call.name().eq_ignore_ascii_case(rest))
            {
                return Some(*call);
            }
            rest = ENDINGS.iter().find_map(|ending| rest.strip_suffix(ending))?;
        }
    }

    /// Whether the call makes a named object, or opens it if it is there.
    #[must_use]
    pub fn creates(self) -> bool {
        CREATES.contains(&self)
    }

    /// Whether the call opens a named object that must be there.
    #[must_use]
    pub fn opens(self) -> bool {
        OPENS.contains(&self)
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Calls that make a named object.
pub(super) const CREATES: &[Call] = &[
    Call::CreateFileMapping,
    Call::CreateEvent,
    Call::CreateMutex,
    Call::CreateSemaphore,
    Call::CreateWaitableTimer,
    Call::CreateJobObject,
];

/// Calls that open one.
pub(super) const OPENS: &[Call] = &[
    Call::OpenFileMapping,
    Call::OpenEvent,
    Call::OpenMutex,
    Call::OpenSemaphore,
    Call::OpenWaitableTimer,
    Call::OpenJobObject,
];

/// Both.
pub(super) const NAMED: &[Call] = &[
    Call::CreateFileMapping,
    Call::OpenFileMapping,
    Call::CreateEvent,
    Call::OpenEvent,
    Call::CreateMutex,
    Call::OpenMutex,
    Call::CreateSemaphore,
    Call::OpenSemaphore,
    Call::CreateWaitableTimer,
    Call::OpenWaitableTimer,
    Call::CreateJobObject,
    Call::OpenJobObject,
];

/// Calls that wait.
pub(super) const WAITS: &[Call] = &[
    Call::WaitForSingleObject,
    Call::WaitForMultipleObjects,
    Call::SignalObjectAndWait,
];

/// Calls that change the state of an object of synchronisation.
pub(super) const CHANGES: &[Call] = &[
    Call::SetEvent,
    Call::ResetEvent,
    Call::PulseEvent,
    Call::ReleaseSemaphore,
    Call::SetWaitableTimer,
    Call::CancelWaitableTimer,
];

/// Calls that take a handle and do nothing else with names.
pub(super) const BY_HANDLE: &[Call] = &[
    Call::MapViewOfFile,
    Call::CloseHandle,
    Call::DuplicateHandle,
    Call::SetEvent,
    Call::ResetEvent,
    Call::PulseEvent,
    Call::ReleaseMutex,
    Call::ReleaseSemaphore,
    Call::SetWaitableTimer,
    Call::CancelWaitableTimer,
    Call::WaitForSingleObject,
    Call::WaitForMultipleObjects,
    Call::SignalObjectAndWait,
];

/// Only these.
pub(super) const CREATE: &[Call] = &[Call::CreateFileMapping];
pub(super) const MAP: &[Call] = &[Call::MapViewOfFile];
/// Any call at all.
pub(super) const ANY: &[Call] = &[];

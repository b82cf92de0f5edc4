//! The Win32 functions that this program is linked with: on Linux this project's, on Windows Windows' own.

// UNSAFETY: calls C functions with arguments that the tables choose, bad ones too; that they survive them is what is tested.
#![expect(unsafe_code)]

use crate::constants::number;
use crate::functions::{self, Returns};
use crate::rows::Names;
use crate::value::{Answer, Place, Reference, Security, Value, Written};
use std::ffi::c_void;

#[cfg(unix)]
use filemap_c as _; // the definitions of the functions below

/// `MEMORY_BASIC_INFORMATION`.
#[repr(C)]
#[derive(Default)]
struct MemoryBasicInformation {
    base_address: usize,
    allocation_base: usize,
    allocation_protect: u32,
    partition_id: u16,
    region_size: usize,
    state: u32,
    protect: u32,
    kind: u32,
}

/// `SECURITY_ATTRIBUTES`.
#[repr(C)]
struct SecurityAttributes {
    length: u32,
    descriptor: usize,
    inherit: i32,
}

macro_rules! win32 {
    ($($(#[$link:meta])* { $(fn $name:ident($($parameter:ty),*) $(-> $result:ty)?;)* })*) => {
        $($(#[$link])* unsafe extern "system" {
            $(fn $name($(_: $parameter),*) $(-> $result)?;)*
        })*
    };
}

win32! {
    #[cfg_attr(windows, link(name = "kernel32"))]
    {
        fn CreateFileMappingA(usize, usize, u32, u32, u32, *const u8) -> usize;
        fn CreateFileMappingW(usize, usize, u32, u32, u32, *const u16) -> usize;
        fn OpenFileMappingA(u32, i32, *const u8) -> usize;
        fn OpenFileMappingW(u32, i32, *const u16) -> usize;
        fn MapViewOfFile(usize, u32, u32, u32, usize) -> usize;
        fn MapViewOfFileEx(usize, u32, u32, u32, usize, usize) -> usize;
        fn UnmapViewOfFile(usize) -> i32;
        fn FlushViewOfFile(usize, usize) -> i32;
        fn VirtualAlloc(usize, usize, u32, u32) -> usize;
        fn VirtualFree(usize, usize, u32) -> i32;
        fn VirtualProtect(usize, usize, u32, *mut u32) -> i32;
        fn VirtualQuery(usize, *mut MemoryBasicInformation, usize) -> usize;
        fn CloseHandle(usize) -> i32;
        fn DuplicateHandle(usize, usize, usize, *mut usize, u32, i32, u32) -> i32;
        fn GetHandleInformation(usize, *mut u32) -> i32;
        fn SetHandleInformation(usize, u32, u32) -> i32;
        fn CreateFileA(*const u8, u32, u32, usize, u32, u32, usize) -> usize;
        fn CreateFileW(*const u16, u32, u32, usize, u32, u32, usize) -> usize;
        fn DeleteFileA(*const u8) -> i32;
        fn DeleteFileW(*const u16) -> i32;
        fn SetFilePointerEx(usize, i64, *mut i64, u32) -> i32;
        fn SetEndOfFile(usize) -> i32;
        fn CreateEventA(usize, i32, i32, *const u8) -> usize;
        fn CreateEventW(usize, i32, i32, *const u16) -> usize;
        fn OpenEventA(u32, i32, *const u8) -> usize;
        fn OpenEventW(u32, i32, *const u16) -> usize;
        fn SetEvent(usize) -> i32;
        fn ResetEvent(usize) -> i32;
        fn PulseEvent(usize) -> i32;
        fn CreateMutexA(usize, i32, *const u8) -> usize;
        fn CreateMutexW(usize, i32, *const u16) -> usize;
        fn OpenMutexA(u32, i32, *const u8) -> usize;
        fn OpenMutexW(u32, i32, *const u16) -> usize;
        fn ReleaseMutex(usize) -> i32;
        fn CreateSemaphoreA(usize, i32, i32, *const u8) -> usize;
        fn CreateSemaphoreW(usize, i32, i32, *const u16) -> usize;
        fn OpenSemaphoreA(u32, i32, *const u8) -> usize;
        fn OpenSemaphoreW(u32, i32, *const u16) -> usize;
        fn ReleaseSemaphore(usize, i32, *mut i32) -> i32;
        fn CreateWaitableTimerA(usize, i32, *const u8) -> usize;
        fn CreateWaitableTimerW(usize, i32, *const u16) -> usize;
        fn OpenWaitableTimerA(u32, i32, *const u8) -> usize;
        fn OpenWaitableTimerW(u32, i32, *const u16) -> usize;
        fn SetWaitableTimer(usize, *const i64, i32, usize, usize, i32) -> i32;
        fn CancelWaitableTimer(usize) -> i32;
        fn CreateJobObjectA(usize, *const u8) -> usize;
        fn CreateJobObjectW(usize, *const u16) -> usize;
        fn OpenJobObjectA(u32, i32, *const u8) -> usize;
        fn OpenJobObjectW(u32, i32, *const u16) -> usize;
        fn WaitForSingleObject(usize, u32) -> u32;
        fn WaitForMultipleObjects(u32, *const usize, i32, u32) -> u32;
        fn SignalObjectAndWait(usize, usize, u32, i32) -> u32;
        fn ReadProcessMemory(usize, usize, *mut c_void, usize, *mut usize) -> i32;
        fn WriteProcessMemory(usize, usize, *const c_void, usize, *mut usize) -> i32;
        fn GetLastError() -> u32;
        fn SetLastError(u32);
        fn LocalFree(usize) -> usize;
        fn GetModuleHandleA(*const u8) -> usize;
        fn GetProcAddress(usize, *const u8) -> usize;
    }
    #[cfg_attr(windows, link(name = "advapi32"))]
    {
        fn ConvertStringSecurityDescriptorToSecurityDescriptorW(*const u16, u32, *mut usize, *mut u32) -> i32;
    }
}

/// The handle that means the process itself.
const OWN_PROCESS: usize = usize::MAX;
/// The last error before each call: no function sets it.
const UNTOUCHED: u32 = 0x3fed_cba9;

/// Whether these functions are Wine's.
#[must_use]
pub(crate) fn is_wine() -> bool {
    // SAFETY: both names are terminated.
    unsafe {
        GetProcAddress(
            GetModuleHandleA(c"ntdll.dll".as_ptr().cast()),
            c"wine_get_version".as_ptr().cast(),
        ) != 0
    }
}

/// Calls the A or the W functions.
pub(crate) struct Win32 {
    unicode: bool,
    names: Names<u64>,
}

/// Text that both kinds of functions can be given.
struct Text {
    bytes: Option<Vec<u8>>,
    units: Option<Vec<u16>>,
}

impl Text {
    fn of(value: &Value) -> Text {
        let text = match value {
            Value::Text(text) => Some(text),
            _ => None,
        };
        Text {
            bytes: text.map(|text| text.bytes().chain([0]).collect()),
            units: text.map(|text| text.encode_utf16().chain([0]).collect()),
        }
    }

    fn a(&self) -> *const u8 {
        self.bytes.as_ref().map_or(std::ptr::null(), |text| text.as_ptr())
    }

    fn w(&self) -> *const u16 {
        self.units.as_ref().map_or(std::ptr::null(), |text| text.as_ptr())
    }
}

/// SECURITY_ATTRIBUTES with a descriptor made from text, freed with it.
struct Attributes(Option<SecurityAttributes>);

impl Attributes {
    fn of(value: &Value) -> Result<Attributes, String> {
        let Value::Security(Security { inherit, sddl }) = value else {
            return Ok(Attributes(None));
        };
        let mut descriptor = 0;
        if let Some(sddl) = sddl {
            let text = Text::of(&Value::Text(sddl.clone()));
            // SAFETY: the text is terminated and lives through the call; the out pointer is a local's.
            let converted = unsafe {
                ConvertStringSecurityDescriptorToSecurityDescriptorW(
                    text.w(),
                    1,
                    &mut descriptor,
                    std::ptr::null_mut(),
                )
            };
            if converted == 0 {
                return Err(format!("the SDDL text {sddl} is not taken"));
            }
        }
        Ok(Attributes(Some(SecurityAttributes {
            length: size_of::<SecurityAttributes>() as u32,
            descriptor,
            inherit: i32::from(*inherit),
        })))
    }

    fn address(&self) -> usize {
        self.0
            .as_ref()
            .map_or(0, |attributes| std::ptr::from_ref(attributes).addr())
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        if let Some(SecurityAttributes { descriptor, .. }) = self.0 {
            // SAFETY: NULL, or what ConvertString... has allocated; nothing uses it any more.
            unsafe { LocalFree(descriptor) };
        }
    }
}

impl Win32 {
    pub(crate) fn new(unicode: bool) -> Win32 {
        Win32 {
            unicode,
            names: Names::default(),
        }
    }

    fn handle(&self, reference: &Reference) -> Result<usize, String> {
        match reference {
            Reference::Number(number) => Ok(*number as usize),
            Reference::Result(name) => Ok(self.names.get(name)? as usize),
            Reference::Beside(name, more) => Ok(self.names.get(name)?.wrapping_add(*more) as usize),
        }
    }

    fn address(&self, place: &Place) -> Result<usize, String> {
        let base = match &place.of {
            Some(name) => self.names.get(name)?,
            None => 0,
        };
        Ok(base.wrapping_add(place.offset) as usize)
    }

    pub(crate) fn call(&self, function: &str, arguments: &[Value], bind: Option<&str>) -> Answer {
        let mut answer = match self.made(function, arguments) {
            Ok(answer) => answer,
            Err(why) => {
                return Answer {
                    broken: Some(why),
                    ..Answer::default()
                };
            }
        };
        let returns = functions::find(function).map_or(Returns::Nothing, |function| function.returns);
        answer.ok = match returns {
            Returns::Handle | Returns::Address | Returns::Truth | Returns::Count => answer.result != 0,
            Returns::FileHandle => answer.result != u64::MAX,
            Returns::Wait => answer.result != number("WAIT_FAILED").unwrap_or_default(),
            Returns::Nothing => true,
        };
        if matches!(returns, Returns::Handle | Returns::FileHandle)
            && answer.ok
            && !answer.result.is_multiple_of(4)
        {
            answer.broken = Some(format!("the handle {} is not a multiple of 4", answer.result)); // O-12
        }
        if let Some(name) = bind {
            self.names.set(name, answer.result);
        }
        answer
    }

    /// Calls with the last error set to what no function sets, and looks what became of it.
    fn watched(call: impl FnOnce() -> u64) -> Answer {
        // SAFETY: takes a number.
        unsafe { SetLastError(UNTOUCHED) };
        let result = call();
        #[cfg(unix)]
        let errno = std::io::Error::last_os_error().raw_os_error().unwrap_or(0) as u32;
        // SAFETY: takes nothing.
        let error = unsafe { GetLastError() };
        #[cfg(unix)]
        let broken = (errno != error).then(|| format!("errno is {errno}, the last error {error}")); // F-18
        #[cfg(windows)]
        let broken = None;
        let error = (error != UNTOUCHED).then_some(error);
        Answer {
            result,
            error,
            broken,
            ..Answer::default()
        }
    }

    fn made(&self, function: &str, arguments: &[Value]) -> Result<Answer, String> {
        let n = |at: usize| match &arguments[at] {
            Value::Number(number) => *number,
            _ => 0,
        };
        let (d, i) = (|at| n(at) as u32, |at| n(at) as i32);
        let h = |at: usize| match &arguments[at] {
            Value::Handle(reference) => self.handle(reference),
            other => Err(format!("{other:?} is no handle")),
        };
        let p = |at: usize| match &arguments[at] {
            Value::Address(place) => self.address(place),
            other => Err(format!("{other:?} is no address")),
        };
        let text = |at: usize| Text::of(&arguments[at]);
        let path = |at: usize| match &arguments[at] {
            Value::Text(text) => Ok(text.clone()),
            other => Err(format!("{other:?} is no text")),
        };
        let attributes = |at: usize| Attributes::of(&arguments[at]);
        // The A or the W function with everything before and behind the text.
        macro_rules! text {
            ($a:ident, $w:ident, $($before:expr),* ; $at:expr $(; $($behind:expr),*)?) => {{
                let text = text($at);
                // SAFETY: the text is terminated or NULL and lives through the call, the attributes too; all else are numbers.
                Self::watched(|| unsafe {
                    match self.unicode {
                        true => $w($($before,)* text.w() $($(, $behind)*)?) as u64,
                        false => $a($($before,)* text.a() $($(, $behind)*)?) as u64,
                    }
                })
            }};
        }
        // A function that takes numbers only.
        macro_rules! plain {
            ($name:ident $(, $argument:expr)*) => {{
                // SAFETY: numbers; what they mean is for the function to check.
                Self::watched(|| unsafe { $name($($argument),*) as u64 })
            }};
        }
        Ok(match function {
            "CreateFileMapping" => {
                let (file, attributes) = (h(0)?, attributes(1)?);
                text!(CreateFileMappingA, CreateFileMappingW, file, attributes.address(), d(2), d(3), d(4); 5)
            }
            "OpenFileMapping" => text!(OpenFileMappingA, OpenFileMappingW, d(0), i(1); 2),
            "MapViewOfFile" => {
                let section = h(0)?;
                plain!(MapViewOfFile, section, d(1), d(2), d(3), n(4) as usize)
            }
            "MapViewOfFileEx" => {
                let (section, base) = (h(0)?, p(5)?);
                plain!(MapViewOfFileEx, section, d(1), d(2), d(3), n(4) as usize, base)
            }
            "UnmapViewOfFile" => {
                let address = p(0)?;
                plain!(UnmapViewOfFile, address)
            }
            "FlushViewOfFile" => {
                let address = p(0)?;
                plain!(FlushViewOfFile, address, n(1) as usize)
            }
            "VirtualAlloc" => {
                let address = p(0)?;
                plain!(VirtualAlloc, address, n(1) as usize, d(2), d(3))
            }
            "VirtualFree" => {
                let address = p(0)?;
                plain!(VirtualFree, address, n(1) as usize, d(2))
            }
            "VirtualProtect" => {
                let (address, mut old) = (p(0)?, 0_u32);
                let to = if arguments[3] == Value::Out {
                    &raw mut old
                } else {
                    std::ptr::null_mut()
                };
                let answer = plain!(VirtualProtect, address, n(1) as usize, d(2), to);
                writing(answer, "old", Written::Number(old.into()))
            }
            "VirtualQuery" => {
                let (address, mut told) = (p(0)?, MemoryBasicInformation::default());
                let mut answer = plain!(
                    VirtualQuery,
                    address,
                    &raw mut told,
                    size_of::<MemoryBasicInformation>()
                );
                let size = told.region_size as u64;
                let numbers = [
                    ("AllocationProtect", told.allocation_protect.into()),
                    ("RegionSize", size),
                    ("State", told.state.into()),
                    ("Protect", told.protect.into()),
                    ("Type", told.kind.into()),
                ];
                for (name, number) in numbers {
                    answer = writing(answer, name, Written::Number(number));
                }
                answer
            }
            "CloseHandle" => {
                let handle = h(0)?;
                plain!(CloseHandle, handle)
            }
            "DuplicateHandle" => {
                let (handle, mut new) = (h(0)?, 0_usize);
                let to = &raw mut new;
                let mut answer = plain!(
                    DuplicateHandle,
                    OWN_PROCESS,
                    handle,
                    OWN_PROCESS,
                    to,
                    d(1),
                    i(2),
                    d(3)
                );
                answer.result = if answer.result == 0 { 0 } else { new as u64 };
                answer
            }
            "GetHandleInformation" => {
                let (handle, mut flags) = (h(0)?, 0_u32);
                let answer = plain!(GetHandleInformation, handle, &raw mut flags);
                writing(answer, "flags", Written::Number(flags.into()))
            }
            "SetHandleInformation" => {
                let handle = h(0)?;
                plain!(SetHandleInformation, handle, d(1), d(2))
            }
            "CompareObjectHandles" => return self.compare(h(0)?, h(1)?),
            "CreateFile" => {
                let (attributes, template) = (attributes(3)?, h(6)?);
                text!(CreateFileA, CreateFileW, ; 0; d(1), d(2), attributes.address(), d(4), d(5), template)
            }
            "DeleteFile" => text!(DeleteFileA, DeleteFileW, ; 0),
            "CreateEvent" => {
                let attributes = attributes(0)?;
                text!(CreateEventA, CreateEventW, attributes.address(), i(1), i(2); 3)
            }
            "OpenEvent" => text!(OpenEventA, OpenEventW, d(0), i(1); 2),
            "SetEvent" => {
                let handle = h(0)?;
                plain!(SetEvent, handle)
            }
            "ResetEvent" => {
                let handle = h(0)?;
                plain!(ResetEvent, handle)
            }
            "PulseEvent" => {
                let handle = h(0)?;
                plain!(PulseEvent, handle)
            }
            "CreateMutex" => {
                let attributes = attributes(0)?;
                text!(CreateMutexA, CreateMutexW, attributes.address(), i(1); 2)
            }
            "OpenMutex" => text!(OpenMutexA, OpenMutexW, d(0), i(1); 2),
            "ReleaseMutex" => {
                let handle = h(0)?;
                plain!(ReleaseMutex, handle)
            }
            "CreateSemaphore" => {
                let attributes = attributes(0)?;
                text!(CreateSemaphoreA, CreateSemaphoreW, attributes.address(), i(1), i(2); 3)
            }
            "OpenSemaphore" => text!(OpenSemaphoreA, OpenSemaphoreW, d(0), i(1); 2),
            "ReleaseSemaphore" => {
                let (handle, mut previous) = (h(0)?, -1_i32);
                let to = if arguments[2] == Value::Out {
                    &raw mut previous
                } else {
                    std::ptr::null_mut()
                };
                let answer = plain!(ReleaseSemaphore, handle, i(1), to);
                writing(answer, "previous", Written::Number(i64::from(previous) as u64))
            }
            "CreateWaitableTimer" => {
                let attributes = attributes(0)?;
                text!(CreateWaitableTimerA, CreateWaitableTimerW, attributes.address(), i(1); 2)
            }
            "OpenWaitableTimer" => text!(OpenWaitableTimerA, OpenWaitableTimerW, d(0), i(1); 2),
            "SetWaitableTimer" => {
                let (handle, due) = (h(0)?, n(1) as i64);
                plain!(SetWaitableTimer, handle, &raw const due, i(2), 0, 0, 0)
            }
            "CancelWaitableTimer" => {
                let handle = h(0)?;
                plain!(CancelWaitableTimer, handle)
            }
            "CreateJobObject" => {
                let attributes = attributes(0)?;
                text!(CreateJobObjectA, CreateJobObjectW, attributes.address(); 1)
            }
            "OpenJobObject" => text!(OpenJobObjectA, OpenJobObjectW, d(0), i(1); 2),
            "WaitForSingleObject" => {
                let handle = h(0)?;
                plain!(WaitForSingleObject, handle, d(1))
            }
            "WaitForMultipleObjects" => {
                let Value::Handles(list) = &arguments[0] else {
                    return Err("no list of handles".to_owned());
                };
                let list: Vec<usize> = list
                    .iter()
                    .map(|one| self.handle(one))
                    .collect::<Result<_, _>>()?;
                plain!(
                    WaitForMultipleObjects,
                    list.len() as u32,
                    list.as_ptr(),
                    i(1),
                    d(2)
                )
            }
            "SignalObjectAndWait" => {
                let (signal, wait) = (h(0)?, h(1)?);
                plain!(SignalObjectAndWait, signal, wait, d(2), i(3))
            }
            "peek" => {
                let mut bytes = vec![0_u8; n(1) as usize];
                let (address, to, len) = (p(0)?, bytes.as_mut_ptr().cast(), bytes.len());
                // SAFETY: `bytes` is `len` long; what is behind the address is for the function to check.
                let read = unsafe { ReadProcessMemory(OWN_PROCESS, address, to, len, std::ptr::null_mut()) };
                if read == 0 {
                    return Err(format!("{len} bytes at {address:#x} can't be read"));
                }
                let text = String::from_utf8_lossy(&bytes).into_owned();
                writing(Answer::default(), "text", Written::Text(text))
            }
            "poke" => {
                let (address, bytes) = (p(0)?, path(1)?.into_bytes());
                let (from, len) = (bytes.as_ptr().cast(), bytes.len());
                // SAFETY: `bytes` is `len` long; what is behind the address is for the function to check.
                let written =
                    unsafe { WriteProcessMemory(OWN_PROCESS, address, from, len, std::ptr::null_mut()) };
                if written == 0 {
                    return Err(format!("{len} bytes at {address:#x} can't be written"));
                }
                Answer::default()
            }
            "set_file_length" => {
                let handle = h(0)?;
                // SAFETY: numbers and NULL.
                if unsafe { SetFilePointerEx(handle, n(1) as i64, std::ptr::null_mut(), 0) } == 0 {
                    return Err("SetFilePointerEx fails".to_owned());
                }
                plain!(SetEndOfFile, handle)
            }
            other => return crate::rows::file_call(other, arguments),
        })
    }

    /// `CompareObjectHandles` is in kernelbase.dll since Windows 10, and nowhere before.
    fn compare(&self, first: usize, second: usize) -> Result<Answer, String> {
        // SAFETY: both names are terminated.
        let function = unsafe {
            GetProcAddress(
                GetModuleHandleA(c"kernelbase.dll".as_ptr().cast()),
                c"CompareObjectHandles".as_ptr().cast(),
            )
        };
        if function == 0 {
            return Ok(Answer::unsupported("this system has no CompareObjectHandles"));
        }
        // SAFETY: the function of this name takes two handles and returns a BOOL.
        let function: extern "system" fn(usize, usize) -> i32 = unsafe { std::mem::transmute(function) };
        Ok(Self::watched(|| function(first, second) as u64))
    }
}

fn writing(mut answer: Answer, name: &str, value: Written) -> Answer {
    answer.out.insert(name.to_owned(), value);
    answer
}

//! The structures of the headers as Rust sees them, and tables of their layout that a test compares with the C compiler's.
#![allow(
    non_camel_case_types,
    missing_docs,
    reason = "the names are Windows'; the headers document them"
)]

use crate::handle_table::Handle;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Layout of one structure: its C name, size, alignment, and each field's name, offset and size.
#[derive(Debug)]
pub struct Layout {
    pub name: &'static str,
    pub size: usize,
    pub align: usize,
    pub fields: &'static [(&'static str, usize, usize)],
}

macro_rules! structures {
    ($($(#[$attribute:meta])* $name:ident { $($field:ident: $ty:ty),* $(,)? })*) => {
        $(
            #[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
            #[repr(C)]
            $(#[$attribute])*
            pub struct $name { $(pub $field: $ty),* }
        )*

        /// Every structure here. Fields that begin with `_` are padding that C has without a name.
        pub const STRUCTURES: &[Layout] = &[$(Layout {
            name: stringify!($name),
            size: size_of::<$name>(),
            align: align_of::<$name>(),
            fields: &[$((stringify!($field), std::mem::offset_of!($name, $field), size_of::<$ty>())),*],
        }),*];
    };
}

structures! {
    FILETIME { dwLowDateTime: u32, dwHighDateTime: u32 }
    SYSTEMTIME { wYear: u16, wMonth: u16, wDayOfWeek: u16, wDay: u16, wHour: u16, wMinute: u16, wSecond: u16, wMilliseconds: u16 }
    SECURITY_ATTRIBUTES { nLength: u32, _pad0: u32, lpSecurityDescriptor: usize, bInheritHandle: i32, _pad1: u32 }
    OVERLAPPED { Internal: usize, InternalHigh: usize, Offset: u32, OffsetHigh: u32, hEvent: usize }
    SYSTEM_INFO {
        wProcessorArchitecture: u16, wReserved: u16, dwPageSize: u32, lpMinimumApplicationAddress: usize,
        lpMaximumApplicationAddress: usize, dwActiveProcessorMask: usize, dwNumberOfProcessors: u32, dwProcessorType: u32,
        dwAllocationGranularity: u32, wProcessorLevel: u16, wProcessorRevision: u16,
    }
    MEMORYSTATUSEX {
        dwLength: u32, dwMemoryLoad: u32, ullTotalPhys: u64, ullAvailPhys: u64, ullTotalPageFile: u64, ullAvailPageFile: u64,
        ullTotalVirtual: u64, ullAvailVirtual: u64, ullAvailExtendedVirtual: u64,
    }
    MEMORY_BASIC_INFORMATION {
        BaseAddress: usize, AllocationBase: usize, AllocationProtect: u32, PartitionId: u16, _pad0: u16, RegionSize: usize,
        State: u32, Protect: u32, Type: u32, _pad1: u32,
    }
    MEM_ADDRESS_REQUIREMENTS { LowestStartingAddress: usize, HighestEndingAddress: usize, Alignment: usize }
    MEM_EXTENDED_PARAMETER { _type: u64, ULong64: u64 }
    PROCESS_INFORMATION { hProcess: usize, hThread: usize, dwProcessId: u32, dwThreadId: u32 }
    STARTUPINFOW {
        cb: u32, _pad0: u32, lpReserved: usize, lpDesktop: usize, lpTitle: usize, dwX: u32, dwY: u32, dwXSize: u32, dwYSize: u32,
        dwXCountChars: u32, dwYCountChars: u32, dwFillAttribute: u32, dwFlags: u32, wShowWindow: u16, cbReserved2: u16, _pad1: u32,
        lpReserved2: usize, hStdInput: usize, hStdOutput: usize, hStdError: usize,
    }
    UNICODE_STRING { Length: u16, MaximumLength: u16, _pad0: u32, Buffer: usize }
    OBJECT_ATTRIBUTES {
        Length: u32, _pad0: u32, RootDirectory: usize, ObjectName: usize, Attributes: u32, _pad1: u32, SecurityDescriptor: usize,
        SecurityQualityOfService: usize,
    }
    SECTION_BASIC_INFORMATION { BaseAddress: usize, Attributes: u32, _pad0: u32, Size: i64 }
    PUBLIC_OBJECT_BASIC_INFORMATION { Attributes: u32, GrantedAccess: u32, HandleCount: u32, PointerCount: u32, Reserved: [u32; 10] }
    ACL { AclRevision: u8, Sbz1: u8, AclSize: u16, AceCount: u16, Sbz2: u16 }
    ACE_HEADER { AceType: u8, AceFlags: u8, AceSize: u16 }
    SECURITY_DESCRIPTOR { Revision: u8, Sbz1: u8, Control: u16, _pad0: u32, Owner: usize, Group: usize, Sacl: usize, Dacl: usize }
    SID_AND_ATTRIBUTES { Sid: usize, Attributes: u32, _pad0: u32 }
    ACL_SIZE_INFORMATION { AceCount: u32, AclBytesInUse: u32, AclBytesFree: u32 }
    EXPLICIT_ACCESS_W {
        grfAccessPermissions: u32, grfAccessMode: u32, grfInheritance: u32, _pad0: u32, Trustee: [usize; 4],
    }
    RTL_CRITICAL_SECTION {
        DebugInfo: usize, LockCount: i32, RecursionCount: i32, OwningThread: usize, LockSemaphore: usize, SpinCount: usize,
    }
    RTL_SRWLOCK { Ptr: usize }
    RTL_CONDITION_VARIABLE { Ptr: usize }
    RTL_RUN_ONCE { Ptr: usize }
    #[repr(align(16))]
    SLIST_ENTRY { Next: usize, _pad0: u64 }
    #[repr(align(16))]
    SLIST_HEADER { Alignment: u64, Region: u64 }
}

const _: () = assert!(size_of::<Handle>() == size_of::<usize>());

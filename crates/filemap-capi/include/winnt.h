/* winnt.h: handles, text types, access rights, page protections, memory states, and structures that the kernel fills. */
#ifndef FILEMAP_WINNT_H
#define FILEMAP_WINNT_H

#include <string.h>
#include <minwindef.h>

FILEMAP_BEGIN

/* ---- handles ---- */
typedef void *HANDLE, **PHANDLE, **LPHANDLE;
#ifdef STRICT
#define DECLARE_HANDLE(name) struct name##__ { int unused; }; typedef struct name##__ *name
#else
#define DECLARE_HANDLE(name) typedef HANDLE name
#endif
typedef HANDLE HGLOBAL, HLOCAL;
DECLARE_HANDLE(HINSTANCE);
typedef HINSTANCE HMODULE;
DECLARE_HANDLE(HWND);
#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)-1)

typedef int (*FARPROC)(void);
typedef int (*PROC)(void);
typedef int (*NEARPROC)(void);

/* ---- text ---- */
typedef CHAR *PSTR, *LPSTR, *NPSTR;
typedef const CHAR *PCSTR, *LPCSTR, *LPCCH, *PCCH;
typedef WCHAR *PWCHAR, *LPWCH, *PWSTR, *LPWSTR, *NWPSTR;
typedef const WCHAR *PCWSTR, *LPCWSTR, *LPCWCH, *PCWCH;
#ifndef FILEMAP_TCHAR_DEFINED
#define FILEMAP_TCHAR_DEFINED
#ifdef UNICODE
typedef WCHAR TCHAR, *PTCHAR;
#else
typedef char TCHAR, *PTCHAR;
#endif
#endif
#ifdef UNICODE
typedef WCHAR TBYTE, *PTBYTE;
typedef LPWSTR PTSTR, LPTSTR;
typedef LPCWSTR PCTSTR, LPCTSTR;
#define __TEXT(quote) FILEMAP_WIDE_(quote)
#else
typedef unsigned char TBYTE, *PTBYTE;
typedef LPSTR PTSTR, LPTSTR;
typedef LPCSTR PCTSTR, LPCTSTR;
#define __TEXT(quote) quote
#endif
#define TEXT(quote) __TEXT(quote)
#define UNICODE_NULL ((WCHAR)0)
#define ANSI_NULL ((CHAR)0)

/* ---- large integers ---- */
typedef union _LARGE_INTEGER {
    __extension__ struct { DWORD LowPart; LONG HighPart; };
    struct { DWORD LowPart; LONG HighPart; } u;
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;
typedef union _ULARGE_INTEGER {
    __extension__ struct { DWORD LowPart; DWORD HighPart; };
    struct { DWORD LowPart; DWORD HighPart; } u;
    ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;
typedef struct _LUID { DWORD LowPart; LONG HighPart; } LUID, *PLUID;
typedef struct _LUID_AND_ATTRIBUTES { LUID Luid; DWORD Attributes; } LUID_AND_ATTRIBUTES, *PLUID_AND_ATTRIBUTES;
typedef LONG HRESULT;
typedef DWORD LCID, *PLCID;
typedef WORD LANGID;

#define MINCHAR 0x80
#define MINSHORT 0x8000
#define MAXSHORT 0x7fff
#define MAXCHAR 0x7f
#define MINLONG ((LONG)0x80000000)
#define MAXLONG 0x7fffffff
#define MAXLONGLONG 0x7fffffffffffffffLL
#define MAXBYTE 0xff
#define MAXWORD 0xffff
#define MAXDWORD 0xffffffffU

#define LANG_NEUTRAL 0x00
#define LANG_INVARIANT 0x7f
#define LANG_ARABIC 0x01
#define LANG_CHINESE 0x04
#define LANG_CZECH 0x05
#define LANG_DANISH 0x06
#define LANG_GERMAN 0x07
#define LANG_GREEK 0x08
#define LANG_ENGLISH 0x09
#define LANG_SPANISH 0x0a
#define LANG_FINNISH 0x0b
#define LANG_FRENCH 0x0c
#define LANG_HEBREW 0x0d
#define LANG_HUNGARIAN 0x0e
#define LANG_ITALIAN 0x10
#define LANG_JAPANESE 0x11
#define LANG_KOREAN 0x12
#define LANG_DUTCH 0x13
#define LANG_NORWEGIAN 0x14
#define LANG_POLISH 0x15
#define LANG_PORTUGUESE 0x16
#define LANG_RUSSIAN 0x19
#define LANG_SWEDISH 0x1d
#define LANG_TURKISH 0x1f
#define LANG_UKRAINIAN 0x22
#define SUBLANG_NEUTRAL 0x00
#define SUBLANG_DEFAULT 0x01
#define SUBLANG_SYS_DEFAULT 0x02
#define SUBLANG_ENGLISH_US 0x01
#define SUBLANG_ENGLISH_UK 0x02
#define SUBLANG_GERMAN 0x01
#define SUBLANG_FRENCH 0x01
#define SUBLANG_SPANISH 0x01
#define SUBLANG_ITALIAN 0x01
#define SUBLANG_DUTCH 0x01
#define SUBLANG_CHINESE_TRADITIONAL 0x01
#define SUBLANG_CHINESE_SIMPLIFIED 0x02
#define MAKELANGID(primary, sub) ((((WORD)(sub)) << 10) | (WORD)(primary))
#define LANG_SYSTEM_DEFAULT MAKELANGID(LANG_NEUTRAL, SUBLANG_SYS_DEFAULT)
#define LANG_USER_DEFAULT MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT)
#define PRIMARYLANGID(id) ((WORD)(id) & 0x3ff)
#define SUBLANGID(id) ((WORD)(id) >> 10)

/* ---- access rights: spec/objects.md, O-18 to O-20 ---- */
typedef DWORD ACCESS_MASK, *PACCESS_MASK;
#define DELETE 0x00010000
#define READ_CONTROL 0x00020000
#define WRITE_DAC 0x00040000
#define WRITE_OWNER 0x00080000
#define SYNCHRONIZE 0x00100000
#define STANDARD_RIGHTS_REQUIRED 0x000F0000
#define STANDARD_RIGHTS_READ READ_CONTROL
#define STANDARD_RIGHTS_WRITE READ_CONTROL
#define STANDARD_RIGHTS_EXECUTE READ_CONTROL
#define STANDARD_RIGHTS_ALL 0x001F0000
#define SPECIFIC_RIGHTS_ALL 0x0000FFFF
#define ACCESS_SYSTEM_SECURITY 0x01000000
#define MAXIMUM_ALLOWED 0x02000000
#define GENERIC_READ 0x80000000U
#define GENERIC_WRITE 0x40000000
#define GENERIC_EXECUTE 0x20000000
#define GENERIC_ALL 0x10000000

#define SECTION_QUERY 0x0001
#define SECTION_MAP_WRITE 0x0002
#define SECTION_MAP_READ 0x0004
#define SECTION_MAP_EXECUTE 0x0008
#define SECTION_EXTEND_SIZE 0x0010
#define SECTION_MAP_EXECUTE_EXPLICIT 0x0020
#define SECTION_ALL_ACCESS 0x000F001F

#define EVENT_QUERY_STATE 0x0001
#define EVENT_MODIFY_STATE 0x0002
#define EVENT_ALL_ACCESS 0x001F0003
#define MUTANT_QUERY_STATE 0x0001
#define MUTANT_ALL_ACCESS 0x001F0001
#define SEMAPHORE_QUERY_STATE 0x0001
#define SEMAPHORE_MODIFY_STATE 0x0002
#define SEMAPHORE_ALL_ACCESS 0x001F0003
#define TIMER_QUERY_STATE 0x0001
#define TIMER_MODIFY_STATE 0x0002
#define TIMER_ALL_ACCESS 0x001F0003
#define JOB_OBJECT_ASSIGN_PROCESS 0x0001
#define JOB_OBJECT_SET_ATTRIBUTES 0x0002
#define JOB_OBJECT_QUERY 0x0004
#define JOB_OBJECT_TERMINATE 0x0008
#define JOB_OBJECT_SET_SECURITY_ATTRIBUTES 0x0010
#define JOB_OBJECT_ALL_ACCESS 0x001F001F

#define PROCESS_TERMINATE 0x0001
#define PROCESS_CREATE_THREAD 0x0002
#define PROCESS_SET_SESSIONID 0x0004
#define PROCESS_VM_OPERATION 0x0008
#define PROCESS_VM_READ 0x0010
#define PROCESS_VM_WRITE 0x0020
#define PROCESS_DUP_HANDLE 0x0040
#define PROCESS_CREATE_PROCESS 0x0080
#define PROCESS_SET_QUOTA 0x0100
#define PROCESS_SET_INFORMATION 0x0200
#define PROCESS_QUERY_INFORMATION 0x0400
#define PROCESS_SUSPEND_RESUME 0x0800
#define PROCESS_QUERY_LIMITED_INFORMATION 0x1000
#define PROCESS_SET_LIMITED_INFORMATION 0x2000
#define PROCESS_ALL_ACCESS 0x001FFFFF
#define THREAD_TERMINATE 0x0001
#define THREAD_SUSPEND_RESUME 0x0002
#define THREAD_GET_CONTEXT 0x0008
#define THREAD_SET_CONTEXT 0x0010
#define THREAD_SET_INFORMATION 0x0020
#define THREAD_QUERY_INFORMATION 0x0040
#define THREAD_SET_THREAD_TOKEN 0x0080
#define THREAD_IMPERSONATE 0x0100
#define THREAD_DIRECT_IMPERSONATION 0x0200
#define THREAD_SET_LIMITED_INFORMATION 0x0400
#define THREAD_QUERY_LIMITED_INFORMATION 0x0800
#define THREAD_ALL_ACCESS 0x001FFFFF

#define FILE_READ_DATA 0x0001
#define FILE_LIST_DIRECTORY 0x0001
#define FILE_WRITE_DATA 0x0002
#define FILE_ADD_FILE 0x0002
#define FILE_APPEND_DATA 0x0004
#define FILE_ADD_SUBDIRECTORY 0x0004
#define FILE_CREATE_PIPE_INSTANCE 0x0004
#define FILE_READ_EA 0x0008
#define FILE_WRITE_EA 0x0010
#define FILE_EXECUTE 0x0020
#define FILE_TRAVERSE 0x0020
#define FILE_DELETE_CHILD 0x0040
#define FILE_READ_ATTRIBUTES 0x0080
#define FILE_WRITE_ATTRIBUTES 0x0100
#define FILE_ALL_ACCESS 0x001F01FF
#define FILE_GENERIC_READ 0x00120089
#define FILE_GENERIC_WRITE 0x00120116
#define FILE_GENERIC_EXECUTE 0x001200A0

#define FILE_SHARE_READ 0x00000001
#define FILE_SHARE_WRITE 0x00000002
#define FILE_SHARE_DELETE 0x00000004
#define FILE_ATTRIBUTE_READONLY 0x00000001
#define FILE_ATTRIBUTE_HIDDEN 0x00000002
#define FILE_ATTRIBUTE_SYSTEM 0x00000004
#define FILE_ATTRIBUTE_DIRECTORY 0x00000010
#define FILE_ATTRIBUTE_ARCHIVE 0x00000020
#define FILE_ATTRIBUTE_DEVICE 0x00000040
#define FILE_ATTRIBUTE_NORMAL 0x00000080
#define FILE_ATTRIBUTE_TEMPORARY 0x00000100
#define FILE_ATTRIBUTE_SPARSE_FILE 0x00000200
#define FILE_ATTRIBUTE_REPARSE_POINT 0x00000400
#define FILE_ATTRIBUTE_COMPRESSED 0x00000800
#define FILE_ATTRIBUTE_OFFLINE 0x00001000
#define FILE_ATTRIBUTE_NOT_CONTENT_INDEXED 0x00002000
#define FILE_ATTRIBUTE_ENCRYPTED 0x00004000
#define FILE_ATTRIBUTE_INTEGRITY_STREAM 0x00008000
#define FILE_ATTRIBUTE_VIRTUAL 0x00010000
#define FILE_ATTRIBUTE_NO_SCRUB_DATA 0x00020000

/* ---- page protections and memory states: spec/mapping.md M-10, M-13; spec/views.md V-50 to V-54 ---- */
#define PAGE_NOACCESS 0x01
#define PAGE_READONLY 0x02
#define PAGE_READWRITE 0x04
#define PAGE_WRITECOPY 0x08
#define PAGE_EXECUTE 0x10
#define PAGE_EXECUTE_READ 0x20
#define PAGE_EXECUTE_READWRITE 0x40
#define PAGE_EXECUTE_WRITECOPY 0x80
#define PAGE_GUARD 0x100
#define PAGE_NOCACHE 0x200
#define PAGE_WRITECOMBINE 0x400
#define PAGE_TARGETS_INVALID 0x40000000
#define PAGE_TARGETS_NO_UPDATE 0x40000000
#define PAGE_REVERT_TO_FILE_MAP 0x80000000U

#define SEC_PARTITION_OWNER_HANDLE 0x00040000
#define SEC_64K_PAGES 0x00080000
#define SEC_NO_CHANGE 0x00400000
#define SEC_FILE 0x00800000
#define SEC_IMAGE 0x01000000
#define SEC_PROTECTED_IMAGE 0x02000000
#define SEC_RESERVE 0x04000000
#define SEC_COMMIT 0x08000000
#define SEC_NOCACHE 0x10000000
#define SEC_IMAGE_NO_EXECUTE 0x11000000
#define SEC_WRITECOMBINE 0x40000000
#define SEC_LARGE_PAGES 0x80000000U

#define MEM_UNMAP_WITH_TRANSIENT_BOOST 0x00000001
#define MEM_COALESCE_PLACEHOLDERS 0x00000001
#define MEM_PRESERVE_PLACEHOLDER 0x00000002
#define MEM_COMMIT 0x00001000
#define MEM_RESERVE 0x00002000
#define MEM_DECOMMIT 0x00004000
#define MEM_REPLACE_PLACEHOLDER 0x00004000
#define MEM_RELEASE 0x00008000
#define MEM_FREE 0x00010000
#define MEM_PRIVATE 0x00020000
#define MEM_MAPPED 0x00040000
#define MEM_RESERVE_PLACEHOLDER 0x00040000
#define MEM_RESET 0x00080000
#define MEM_TOP_DOWN 0x00100000
#define MEM_WRITE_WATCH 0x00200000
#define MEM_PHYSICAL 0x00400000
#define MEM_DIFFERENT_IMAGE_BASE_OK 0x00800000
#define MEM_ROTATE 0x00800000
#define MEM_IMAGE 0x01000000
#define MEM_RESET_UNDO 0x01000000
#define MEM_LARGE_PAGES 0x20000000
#define MEM_4MB_PAGES 0x80000000U
#define MEM_64K_PAGES (MEM_LARGE_PAGES | MEM_PHYSICAL)

typedef struct _MEMORY_BASIC_INFORMATION {
    PVOID BaseAddress;
    PVOID AllocationBase;
    DWORD AllocationProtect;
    WORD PartitionId;
    SIZE_T RegionSize;
    DWORD State;
    DWORD Protect;
    DWORD Type;
} MEMORY_BASIC_INFORMATION, *PMEMORY_BASIC_INFORMATION;

typedef enum MEM_EXTENDED_PARAMETER_TYPE {
    MemExtendedParameterInvalidType = 0,
    MemExtendedParameterAddressRequirements = 1,
    MemExtendedParameterNumaNode = 2,
    MemExtendedParameterPartitionHandle = 3,
    MemExtendedParameterUserPhysicalHandle = 4,
    MemExtendedParameterAttributeFlags = 5,
    MemExtendedParameterImageMachine = 6,
    MemExtendedParameterMax = 7
} MEM_EXTENDED_PARAMETER_TYPE, *PMEM_EXTENDED_PARAMETER_TYPE;
typedef struct _MEM_ADDRESS_REQUIREMENTS {
    PVOID LowestStartingAddress;
    PVOID HighestEndingAddress;
    SIZE_T Alignment;
} MEM_ADDRESS_REQUIREMENTS, *PMEM_ADDRESS_REQUIREMENTS;
typedef struct MEM_EXTENDED_PARAMETER {
    __extension__ struct { DWORD64 Type : 8; DWORD64 Reserved : 56; };
    __extension__ union { DWORD64 ULong64; PVOID Pointer; SIZE_T Size; HANDLE Handle; DWORD ULong; };
} MEM_EXTENDED_PARAMETER, *PMEM_EXTENDED_PARAMETER;

/* ---- waiting: spec/sync.md Y-30 ---- */
#define MAXIMUM_WAIT_OBJECTS 64
#define STATUS_WAIT_0 ((DWORD)0x00000000)
#define STATUS_ABANDONED_WAIT_0 ((DWORD)0x00000080)
#define STATUS_USER_APC ((DWORD)0x000000C0)
#define STATUS_TIMEOUT ((DWORD)0x00000102)
#define STATUS_PENDING ((DWORD)0x00000103)

/* ---- exceptions: spec/errors.md E-4 ---- */
#define EXCEPTION_ACCESS_VIOLATION ((DWORD)0xC0000005)
#define EXCEPTION_IN_PAGE_ERROR ((DWORD)0xC0000006)
#define EXCEPTION_ILLEGAL_INSTRUCTION ((DWORD)0xC000001D)

/* ---- handles ---- */
#define DUPLICATE_CLOSE_SOURCE 0x00000001
#define DUPLICATE_SAME_ACCESS 0x00000002
#define HANDLE_FLAG_INHERIT 0x00000001
#define HANDLE_FLAG_PROTECT_FROM_CLOSE 0x00000002

/* ---- processors ---- */
#define PROCESSOR_ARCHITECTURE_INTEL 0
#define PROCESSOR_ARCHITECTURE_ARM 5
#define PROCESSOR_ARCHITECTURE_AMD64 9
#define PROCESSOR_ARCHITECTURE_ARM64 12
#define PROCESSOR_ARCHITECTURE_UNKNOWN 0xFFFF
#define PROCESSOR_INTEL_386 386
#define PROCESSOR_INTEL_PENTIUM 586
#define PROCESSOR_AMD_X8664 8664

/* ---- security ---- */
typedef PVOID PSID;
typedef PVOID PSECURITY_DESCRIPTOR;
typedef DWORD SECURITY_INFORMATION, *PSECURITY_INFORMATION;
typedef WORD SECURITY_DESCRIPTOR_CONTROL, *PSECURITY_DESCRIPTOR_CONTROL;
typedef struct _ACL { BYTE AclRevision; BYTE Sbz1; WORD AclSize; WORD AceCount; WORD Sbz2; } ACL, *PACL;
typedef struct _ACE_HEADER { BYTE AceType; BYTE AceFlags; WORD AceSize; } ACE_HEADER, *PACE_HEADER;
typedef struct _ACCESS_ALLOWED_ACE { ACE_HEADER Header; ACCESS_MASK Mask; DWORD SidStart; } ACCESS_ALLOWED_ACE, *PACCESS_ALLOWED_ACE;
typedef struct _ACCESS_DENIED_ACE { ACE_HEADER Header; ACCESS_MASK Mask; DWORD SidStart; } ACCESS_DENIED_ACE, *PACCESS_DENIED_ACE;
typedef struct _SYSTEM_AUDIT_ACE { ACE_HEADER Header; ACCESS_MASK Mask; DWORD SidStart; } SYSTEM_AUDIT_ACE, *PSYSTEM_AUDIT_ACE;
typedef struct _SYSTEM_MANDATORY_LABEL_ACE { ACE_HEADER Header; ACCESS_MASK Mask; DWORD SidStart; } SYSTEM_MANDATORY_LABEL_ACE, *PSYSTEM_MANDATORY_LABEL_ACE;
typedef struct _SID_IDENTIFIER_AUTHORITY { BYTE Value[6]; } SID_IDENTIFIER_AUTHORITY, *PSID_IDENTIFIER_AUTHORITY;
typedef struct _SID {
    BYTE Revision;
    BYTE SubAuthorityCount;
    SID_IDENTIFIER_AUTHORITY IdentifierAuthority;
    DWORD SubAuthority[1];
} SID, *PISID;
typedef struct _SECURITY_DESCRIPTOR {
    BYTE Revision;
    BYTE Sbz1;
    SECURITY_DESCRIPTOR_CONTROL Control;
    PSID Owner;
    PSID Group;
    PACL Sacl;
    PACL Dacl;
} SECURITY_DESCRIPTOR, *PISECURITY_DESCRIPTOR;
typedef struct _SID_AND_ATTRIBUTES { PSID Sid; DWORD Attributes; } SID_AND_ATTRIBUTES, *PSID_AND_ATTRIBUTES;
typedef struct _TOKEN_USER { SID_AND_ATTRIBUTES User; } TOKEN_USER, *PTOKEN_USER;
typedef struct _TOKEN_GROUPS { DWORD GroupCount; SID_AND_ATTRIBUTES Groups[1]; } TOKEN_GROUPS, *PTOKEN_GROUPS;
typedef struct _TOKEN_PRIVILEGES { DWORD PrivilegeCount; LUID_AND_ATTRIBUTES Privileges[1]; } TOKEN_PRIVILEGES, *PTOKEN_PRIVILEGES;
typedef struct _TOKEN_OWNER { PSID Owner; } TOKEN_OWNER, *PTOKEN_OWNER;
typedef struct _TOKEN_PRIMARY_GROUP { PSID PrimaryGroup; } TOKEN_PRIMARY_GROUP, *PTOKEN_PRIMARY_GROUP;
typedef struct _TOKEN_DEFAULT_DACL { PACL DefaultDacl; } TOKEN_DEFAULT_DACL, *PTOKEN_DEFAULT_DACL;
typedef struct _TOKEN_ELEVATION { DWORD TokenIsElevated; } TOKEN_ELEVATION, *PTOKEN_ELEVATION;
typedef struct _TOKEN_MANDATORY_LABEL { SID_AND_ATTRIBUTES Label; } TOKEN_MANDATORY_LABEL, *PTOKEN_MANDATORY_LABEL;
typedef struct _ACL_SIZE_INFORMATION { DWORD AceCount; DWORD AclBytesInUse; DWORD AclBytesFree; } ACL_SIZE_INFORMATION, *PACL_SIZE_INFORMATION;
typedef enum _ACL_INFORMATION_CLASS { AclRevisionInformation = 1, AclSizeInformation } ACL_INFORMATION_CLASS;
typedef enum _TOKEN_INFORMATION_CLASS {
    TokenUser = 1, TokenGroups, TokenPrivileges, TokenOwner, TokenPrimaryGroup, TokenDefaultDacl,
    TokenSource, TokenType, TokenImpersonationLevel, TokenStatistics, TokenRestrictedSids,
    TokenSessionId = 12, TokenElevationType = 18, TokenLinkedToken = 19, TokenElevation = 20, TokenIntegrityLevel = 25
} TOKEN_INFORMATION_CLASS;
typedef enum _WELL_KNOWN_SID_TYPE {
    WinNullSid = 0, WinWorldSid = 1, WinLocalSid = 2, WinCreatorOwnerSid = 3, WinCreatorGroupSid = 4,
    WinDialupSid = 8, WinNetworkSid = 9, WinBatchSid = 10, WinInteractiveSid = 11, WinServiceSid = 12, WinAnonymousSid = 13,
    WinProxySid = 14, WinEnterpriseControllersSid = 15, WinSelfSid = 16,
    WinAuthenticatedUserSid = 17, WinRestrictedCodeSid = 18, WinTerminalServerSid = 19, WinRemoteLogonIdSid = 20, WinLocalSystemSid = 22, WinLocalServiceSid = 23, WinNetworkServiceSid = 24,
    WinBuiltinDomainSid = 25, WinBuiltinAdministratorsSid = 26, WinBuiltinUsersSid = 27, WinBuiltinGuestsSid = 28,
    WinBuiltinPowerUsersSid = 29, WinBuiltinRemoteDesktopUsersSid = 36, WinUntrustedLabelSid = 65,
    WinLowLabelSid = 66, WinMediumLabelSid = 67, WinHighLabelSid = 68, WinSystemLabelSid = 69,
    WinCreatorOwnerRightsSid = 71
} WELL_KNOWN_SID_TYPE;

#define SID_REVISION 1
#define SID_MAX_SUB_AUTHORITIES 15
#define SECURITY_MAX_SID_SIZE 68
#define ACL_REVISION 2
#define ACL_REVISION1 1
#define ACL_REVISION2 2
#define ACL_REVISION3 3
#define ACL_REVISION4 4
#define MIN_ACL_REVISION ACL_REVISION2
#define MAX_ACL_REVISION ACL_REVISION4
#define ACL_REVISION_DS 4
#define SECURITY_DESCRIPTOR_REVISION 1
#define SECURITY_DESCRIPTOR_REVISION1 1
#define SECURITY_DESCRIPTOR_MIN_LENGTH 40
#define ACCESS_ALLOWED_ACE_TYPE 0x0
#define ACCESS_DENIED_ACE_TYPE 0x1
#define SYSTEM_AUDIT_ACE_TYPE 0x2
#define SYSTEM_MANDATORY_LABEL_ACE_TYPE 0x11
#define OBJECT_INHERIT_ACE 0x1
#define CONTAINER_INHERIT_ACE 0x2
#define NO_PROPAGATE_INHERIT_ACE 0x4
#define INHERIT_ONLY_ACE 0x8
#define INHERITED_ACE 0x10
#define VALID_INHERIT_FLAGS 0x1F
#define SUCCESSFUL_ACCESS_ACE_FLAG 0x40
#define FAILED_ACCESS_ACE_FLAG 0x80
#define SE_OWNER_DEFAULTED 0x0001
#define SE_GROUP_DEFAULTED 0x0002
#define SE_DACL_PRESENT 0x0004
#define SE_DACL_DEFAULTED 0x0008
#define SE_SACL_PRESENT 0x0010
#define SE_SACL_DEFAULTED 0x0020
#define SE_DACL_AUTO_INHERIT_REQ 0x0100
#define SE_SACL_AUTO_INHERIT_REQ 0x0200
#define SE_DACL_AUTO_INHERITED 0x0400
#define SE_SACL_AUTO_INHERITED 0x0800
#define SE_DACL_PROTECTED 0x1000
#define SE_SACL_PROTECTED 0x2000
#define SE_SELF_RELATIVE 0x8000
#define OWNER_SECURITY_INFORMATION 0x00000001
#define GROUP_SECURITY_INFORMATION 0x00000002
#define DACL_SECURITY_INFORMATION 0x00000004
#define SACL_SECURITY_INFORMATION 0x00000008
#define LABEL_SECURITY_INFORMATION 0x00000010
#define UNPROTECTED_SACL_SECURITY_INFORMATION 0x10000000
#define PROTECTED_SACL_SECURITY_INFORMATION 0x40000000
#define PROTECTED_DACL_SECURITY_INFORMATION 0x80000000U
#define UNPROTECTED_DACL_SECURITY_INFORMATION 0x20000000
#define SYSTEM_MANDATORY_LABEL_NO_WRITE_UP 0x1
#define SYSTEM_MANDATORY_LABEL_NO_READ_UP 0x2
#define SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP 0x4
#define SECURITY_NULL_SID_AUTHORITY {{0, 0, 0, 0, 0, 0}}
#define SECURITY_WORLD_SID_AUTHORITY {{0, 0, 0, 0, 0, 1}}
#define SECURITY_LOCAL_SID_AUTHORITY {{0, 0, 0, 0, 0, 2}}
#define SECURITY_CREATOR_SID_AUTHORITY {{0, 0, 0, 0, 0, 3}}
#define SECURITY_NON_UNIQUE_AUTHORITY {{0, 0, 0, 0, 0, 4}}
#define SECURITY_NT_AUTHORITY {{0, 0, 0, 0, 0, 5}}
#define SECURITY_APP_PACKAGE_AUTHORITY {{0, 0, 0, 0, 0, 15}}
#define SECURITY_MANDATORY_LABEL_AUTHORITY {{0, 0, 0, 0, 0, 16}}
#define SECURITY_NULL_RID 0x00000000
#define SECURITY_WORLD_RID 0x00000000
#define SECURITY_LOCAL_RID 0x00000000
#define SECURITY_LOCAL_LOGON_RID 0x00000001
#define SECURITY_CREATOR_OWNER_RID 0x00000000
#define SECURITY_CREATOR_GROUP_RID 0x00000001
#define SECURITY_CREATOR_OWNER_RIGHTS_RID 0x00000004
#define SECURITY_DIALUP_RID 0x00000001
#define SECURITY_NETWORK_RID 0x00000002
#define SECURITY_BATCH_RID 0x00000003
#define SECURITY_INTERACTIVE_RID 0x00000004
#define SECURITY_LOGON_IDS_RID 0x00000005
#define SECURITY_LOGON_IDS_RID_COUNT 3
#define SECURITY_SERVICE_RID 0x00000006
#define SECURITY_ANONYMOUS_LOGON_RID 0x00000007
#define SECURITY_PROXY_RID 0x00000008
#define SECURITY_ENTERPRISE_CONTROLLERS_RID 0x00000009
#define SECURITY_PRINCIPAL_SELF_RID 0x0000000A
#define SECURITY_AUTHENTICATED_USER_RID 0x0000000B
#define SECURITY_RESTRICTED_CODE_RID 0x0000000C
#define SECURITY_TERMINAL_SERVER_RID 0x0000000D
#define SECURITY_REMOTE_LOGON_RID 0x0000000E
#define SECURITY_THIS_ORGANIZATION_RID 0x0000000F
#define SECURITY_IUSER_RID 0x00000011
#define SECURITY_LOCAL_SYSTEM_RID 0x00000012
#define SECURITY_LOCAL_SERVICE_RID 0x00000013
#define SECURITY_NETWORK_SERVICE_RID 0x00000014
#define SECURITY_NT_NON_UNIQUE 0x00000015
#define SECURITY_BUILTIN_DOMAIN_RID 0x00000020
#define SECURITY_APP_PACKAGE_BASE_RID 0x00000002
#define SECURITY_BUILTIN_PACKAGE_ANY_PACKAGE 0x00000001
#define DOMAIN_USER_RID_ADMIN 0x000001F4
#define DOMAIN_USER_RID_GUEST 0x000001F5
#define DOMAIN_GROUP_RID_ADMINS 0x00000200
#define DOMAIN_GROUP_RID_USERS 0x00000201
#define DOMAIN_GROUP_RID_GUESTS 0x00000202
#define DOMAIN_ALIAS_RID_ADMINS 0x00000220
#define DOMAIN_ALIAS_RID_USERS 0x00000221
#define DOMAIN_ALIAS_RID_GUESTS 0x00000222
#define DOMAIN_ALIAS_RID_POWER_USERS 0x00000223
#define DOMAIN_ALIAS_RID_BACKUP_OPS 0x00000227
#define DOMAIN_ALIAS_RID_REMOTE_DESKTOP_USERS 0x0000022B
#define SECURITY_MANDATORY_UNTRUSTED_RID 0x00000000
#define SECURITY_MANDATORY_LOW_RID 0x00001000
#define SECURITY_MANDATORY_MEDIUM_RID 0x00002000
#define SECURITY_MANDATORY_MEDIUM_PLUS_RID (SECURITY_MANDATORY_MEDIUM_RID + 0x100)
#define SECURITY_MANDATORY_HIGH_RID 0x00003000
#define SECURITY_MANDATORY_SYSTEM_RID 0x00004000
#define TOKEN_ASSIGN_PRIMARY 0x0001
#define TOKEN_DUPLICATE 0x0002
#define TOKEN_IMPERSONATE 0x0004
#define TOKEN_QUERY 0x0008
#define TOKEN_QUERY_SOURCE 0x0010
#define TOKEN_ADJUST_PRIVILEGES 0x0020
#define TOKEN_ADJUST_GROUPS 0x0040
#define TOKEN_ADJUST_DEFAULT 0x0080
#define TOKEN_ADJUST_SESSIONID 0x0100
#define TOKEN_READ 0x00020008
#define TOKEN_WRITE 0x000200E0
#define TOKEN_EXECUTE 0x00020000
#define TOKEN_ALL_ACCESS 0x000F01FF
#define SE_GROUP_MANDATORY 0x00000001
#define SE_GROUP_ENABLED_BY_DEFAULT 0x00000002
#define SE_GROUP_ENABLED 0x00000004
#define SE_GROUP_OWNER 0x00000008
#define SE_GROUP_USE_FOR_DENY_ONLY 0x00000010
#define SE_GROUP_INTEGRITY 0x00000020
#define SE_GROUP_INTEGRITY_ENABLED 0x00000040
#define SE_GROUP_RESOURCE 0x20000000
#define SE_GROUP_LOGON_ID 0xC0000000U
#define SE_PRIVILEGE_ENABLED_BY_DEFAULT 0x00000001
#define SE_PRIVILEGE_ENABLED 0x00000002
#define SE_PRIVILEGE_REMOVED 0x00000004
#define SE_PRIVILEGE_USED_FOR_ACCESS 0x80000000U

/* ---- memory and lists ---- */
/* Copies, moves, fills, clears bytes. The names are macros, as on Windows; the library exports functions too, for callers
 * that find them by name. They never fail: a bad pointer is an access violation. */
FILEMAP_BEGIN
WINBASEAPI void WINAPI RtlCopyMemory(PVOID Destination, const void *Source, SIZE_T Length);
WINBASEAPI void WINAPI RtlMoveMemory(PVOID Destination, const void *Source, SIZE_T Length);
WINBASEAPI void WINAPI RtlFillMemory(PVOID Destination, SIZE_T Length, BYTE Fill);
WINBASEAPI void WINAPI RtlZeroMemory(PVOID Destination, SIZE_T Length);
FILEMAP_END
#define RtlCopyMemory(to, from, bytes) memcpy((to), (from), (bytes))
#define RtlMoveMemory(to, from, bytes) memmove((to), (from), (bytes))
#define RtlFillMemory(to, bytes, value) memset((to), (value), (bytes))
#define RtlZeroMemory(to, bytes) memset((to), 0, (bytes))
#define RtlEqualMemory(a, b, bytes) (!memcmp((a), (b), (bytes)))
#define FIELD_OFFSET(type, field) ((LONG)offsetof(type, field))
#ifndef CONTAINING_RECORD
#define CONTAINING_RECORD(address, type, field) ((type *)(void *)((char *)(address) - offsetof(type, field)))
#endif
#define ARRAYSIZE(array) (sizeof(array) / sizeof((array)[0]))
#define UNREFERENCED_PARAMETER(p) ((void)(p))
#define DBG_UNREFERENCED_PARAMETER(p) ((void)(p))
typedef struct _LIST_ENTRY { struct _LIST_ENTRY *Flink, *Blink; } LIST_ENTRY, *PLIST_ENTRY;

#define MemoryBarrier() __sync_synchronize()
#if defined(__x86_64__) || defined(__i386__)
#define YieldProcessor() __builtin_ia32_pause()
#else
#define YieldProcessor() __asm__ __volatile__("" ::: "memory")
#endif

/* ---- interlocked singly linked lists: interlockedapi.h has the functions ---- */
#define MEMORY_ALLOCATION_ALIGNMENT 16
typedef struct DECLSPEC_ALIGN(16) _SLIST_ENTRY { struct _SLIST_ENTRY *Next; } SLIST_ENTRY, *PSLIST_ENTRY;
typedef union DECLSPEC_ALIGN(16) _SLIST_HEADER {
    __extension__ struct { ULONGLONG Alignment; ULONGLONG Region; };
    struct { ULONGLONG Depth : 16; ULONGLONG Sequence : 48; ULONGLONG Reserved : 4; ULONGLONG NextEntry : 60; } HeaderX64;
} SLIST_HEADER, *PSLIST_HEADER;
/* The first entry, NULL for none; it stays on the list, and another thread may take it at any time. */
NTSYSAPI PSLIST_ENTRY NTAPI RtlFirstEntrySList(const SLIST_HEADER *ListHead);

/* ---- words of locks that are valid when they are zero: synchapi.h has the functions ---- */
typedef struct _RTL_SRWLOCK { PVOID Ptr; } RTL_SRWLOCK, *PRTL_SRWLOCK;
typedef struct _RTL_CONDITION_VARIABLE { PVOID Ptr; } RTL_CONDITION_VARIABLE, *PRTL_CONDITION_VARIABLE;
typedef union _RTL_RUN_ONCE { PVOID Ptr; } RTL_RUN_ONCE, *PRTL_RUN_ONCE;
#define RTL_SRWLOCK_INIT {0}
#define RTL_CONDITION_VARIABLE_INIT {0}
#define RTL_CONDITION_VARIABLE_LOCKMODE_SHARED 0x1
#define RTL_RUN_ONCE_INIT {0}
#define RTL_RUN_ONCE_CHECK_ONLY 0x00000001U
#define RTL_RUN_ONCE_ASYNC 0x00000002U
#define RTL_RUN_ONCE_INIT_FAILED 0x00000004U
#define RTL_RUN_ONCE_CTX_RESERVED_BITS 2
#define RTL_CRITICAL_SECTION_FLAG_NO_DEBUG_INFO 0x01000000
#define RTL_CRITICAL_SECTION_FLAG_DYNAMIC_SPIN 0x02000000
#define RTL_CRITICAL_SECTION_FLAG_STATIC_INIT 0x04000000

/* ---- how the thread pool calls back: threadpoollegacyapiset.h ---- */
typedef void (*WAITORTIMERCALLBACKFUNC)(PVOID lpParameter, BOOLEAN TimerOrWaitFired);
typedef WAITORTIMERCALLBACKFUNC WAITORTIMERCALLBACK;
#define WT_EXECUTEDEFAULT 0x00000000
#define WT_EXECUTEINIOTHREAD 0x00000001
#define WT_EXECUTEINUITHREAD 0x00000002
#define WT_EXECUTEINWAITTHREAD 0x00000004
#define WT_EXECUTEONLYONCE 0x00000008
#define WT_EXECUTELONGFUNCTION 0x00000010
#define WT_EXECUTEINTIMERTHREAD 0x00000020
#define WT_EXECUTEINPERSISTENTIOTHREAD 0x00000040
#define WT_EXECUTEINPERSISTENTTHREAD 0x00000080
#define WT_TRANSFER_IMPERSONATION 0x00000100
#define WT_EXECUTEDELETEWAIT 0x00000008
#define WT_EXECUTEINLONGTHREAD 0x00000010
#define WT_SET_MAX_THREADPOOL_THREADS(Flags, Limit) ((Flags) |= (Limit) << 16)

/* ---- interlocked operations: full barriers, the compiler's own instructions.
 * The library exports functions of the same names, for callers that find them with GetProcAddress or P/Invoke. ---- */
/* Adds one and gives the new value. */
FILEMAP_INLINE LONG _InterlockedIncrement(LONG volatile *a) { return __sync_add_and_fetch(a, 1); }
/* Takes one away and gives the new value. */
FILEMAP_INLINE LONG _InterlockedDecrement(LONG volatile *a) { return __sync_sub_and_fetch(a, 1); }
/* Stores a value and gives the old one. */
FILEMAP_INLINE LONG _InterlockedExchange(LONG volatile *a, LONG v) { return __atomic_exchange_n(a, v, __ATOMIC_SEQ_CST); }
/* Adds and gives the old value. */
FILEMAP_INLINE LONG _InterlockedExchangeAdd(LONG volatile *a, LONG v) { return __sync_fetch_and_add(a, v); }
/* Stores v if the value is c; gives the old value. */
FILEMAP_INLINE LONG _InterlockedCompareExchange(LONG volatile *a, LONG v, LONG c) { return __sync_val_compare_and_swap(a, c, v); }
/* Bitwise and, or, exclusive or; each gives the old value. */
FILEMAP_INLINE LONG _InterlockedAnd(LONG volatile *a, LONG v) { return __sync_fetch_and_and(a, v); }
FILEMAP_INLINE LONG _InterlockedOr(LONG volatile *a, LONG v) { return __sync_fetch_and_or(a, v); }
FILEMAP_INLINE LONG _InterlockedXor(LONG volatile *a, LONG v) { return __sync_fetch_and_xor(a, v); }
/* Adds and gives the new value. */
FILEMAP_INLINE LONG _InterlockedAdd(LONG volatile *a, LONG v) { return __sync_add_and_fetch(a, v); }
/* The same on 64 bits. */
FILEMAP_INLINE LONG64 _InterlockedIncrement64(LONG64 volatile *a) { return __sync_add_and_fetch(a, 1); }
FILEMAP_INLINE LONG64 _InterlockedDecrement64(LONG64 volatile *a) { return __sync_sub_and_fetch(a, 1); }
FILEMAP_INLINE LONG64 _InterlockedExchange64(LONG64 volatile *a, LONG64 v) { return __atomic_exchange_n(a, v, __ATOMIC_SEQ_CST); }
FILEMAP_INLINE LONG64 _InterlockedExchangeAdd64(LONG64 volatile *a, LONG64 v) { return __sync_fetch_and_add(a, v); }
FILEMAP_INLINE LONG64 _InterlockedCompareExchange64(LONG64 volatile *a, LONG64 v, LONG64 c) { return __sync_val_compare_and_swap(a, c, v); }
FILEMAP_INLINE LONG64 _InterlockedAnd64(LONG64 volatile *a, LONG64 v) { return __sync_fetch_and_and(a, v); }
FILEMAP_INLINE LONG64 _InterlockedOr64(LONG64 volatile *a, LONG64 v) { return __sync_fetch_and_or(a, v); }
FILEMAP_INLINE LONG64 _InterlockedXor64(LONG64 volatile *a, LONG64 v) { return __sync_fetch_and_xor(a, v); }
FILEMAP_INLINE LONG64 _InterlockedAdd64(LONG64 volatile *a, LONG64 v) { return __sync_add_and_fetch(a, v); }
/* The same on 16 bits. */
FILEMAP_INLINE SHORT _InterlockedIncrement16(SHORT volatile *a) { return __sync_add_and_fetch(a, 1); }
FILEMAP_INLINE SHORT _InterlockedDecrement16(SHORT volatile *a) { return __sync_sub_and_fetch(a, 1); }
FILEMAP_INLINE SHORT _InterlockedCompareExchange16(SHORT volatile *a, SHORT v, SHORT c) { return __sync_val_compare_and_swap(a, c, v); }
FILEMAP_INLINE SHORT _InterlockedExchange16(SHORT volatile *a, SHORT v) { return __atomic_exchange_n(a, v, __ATOMIC_SEQ_CST); }
FILEMAP_INLINE SHORT _InterlockedAnd16(SHORT volatile *a, SHORT v) { return __sync_fetch_and_and(a, v); }
FILEMAP_INLINE SHORT _InterlockedOr16(SHORT volatile *a, SHORT v) { return __sync_fetch_and_or(a, v); }
FILEMAP_INLINE SHORT _InterlockedXor16(SHORT volatile *a, SHORT v) { return __sync_fetch_and_xor(a, v); }
/* The same on 8 bits. */
FILEMAP_INLINE CHAR _InterlockedExchange8(CHAR volatile *a, CHAR v) { return __atomic_exchange_n(a, v, __ATOMIC_SEQ_CST); }
FILEMAP_INLINE CHAR _InterlockedAnd8(CHAR volatile *a, CHAR v) { return __sync_fetch_and_and(a, v); }
FILEMAP_INLINE CHAR _InterlockedOr8(CHAR volatile *a, CHAR v) { return __sync_fetch_and_or(a, v); }
FILEMAP_INLINE CHAR _InterlockedXor8(CHAR volatile *a, CHAR v) { return __sync_fetch_and_xor(a, v); }
/* Takes away and gives the old value. */
FILEMAP_INLINE ULONG _InterlockedExchangeSubtract(ULONG volatile *a, ULONG v) { return __sync_fetch_and_sub(a, v); }
/* Sets, clears or flips bit n modulo the width of the word; gives what the bit was. */
FILEMAP_INLINE BOOLEAN _InterlockedBitTestAndSet(LONG volatile *a, LONG n) { return ((ULONG)__sync_fetch_and_or(a, (LONG)(1U << (n & 31))) >> (n & 31)) & 1; }
FILEMAP_INLINE BOOLEAN _InterlockedBitTestAndReset(LONG volatile *a, LONG n) { return ((ULONG)__sync_fetch_and_and(a, (LONG)~(1U << (n & 31))) >> (n & 31)) & 1; }
FILEMAP_INLINE BOOLEAN _InterlockedBitTestAndComplement(LONG volatile *a, LONG n) { return ((ULONG)__sync_fetch_and_xor(a, (LONG)(1U << (n & 31))) >> (n & 31)) & 1; }
FILEMAP_INLINE BOOLEAN _InterlockedBitTestAndSet64(LONG64 volatile *a, LONG64 n) { return ((ULONG64)__sync_fetch_and_or(a, (LONG64)((ULONG64)1 << (n & 63))) >> (n & 63)) & 1; }
FILEMAP_INLINE BOOLEAN _InterlockedBitTestAndReset64(LONG64 volatile *a, LONG64 n) { return ((ULONG64)__sync_fetch_and_and(a, (LONG64)~((ULONG64)1 << (n & 63))) >> (n & 63)) & 1; }
/* The same on pointers. */
FILEMAP_INLINE PVOID _InterlockedExchangePointer(PVOID volatile *a, PVOID v) { return __atomic_exchange_n(a, v, __ATOMIC_SEQ_CST); }
FILEMAP_INLINE PVOID _InterlockedCompareExchangePointer(PVOID volatile *a, PVOID v, PVOID c) { return __sync_val_compare_and_swap(a, c, v); }
/* C++ has them for unsigned words too, as on Windows. */
#ifdef __cplusplus
extern "C++" {
#define FILEMAP_UNSIGNED_(suffix, type, word) \
    FILEMAP_INLINE type _InterlockedIncrement##suffix(type volatile *a) { return (type)_InterlockedIncrement##suffix((word volatile *)a); } \
    FILEMAP_INLINE type _InterlockedDecrement##suffix(type volatile *a) { return (type)_InterlockedDecrement##suffix((word volatile *)a); } \
    FILEMAP_INLINE type _InterlockedExchange##suffix(type volatile *a, type v) { return (type)_InterlockedExchange##suffix((word volatile *)a, (word)v); } \
    FILEMAP_INLINE type _InterlockedExchangeAdd##suffix(type volatile *a, type v) { return (type)_InterlockedExchangeAdd##suffix((word volatile *)a, (word)v); } \
    FILEMAP_INLINE type _InterlockedCompareExchange##suffix(type volatile *a, type v, type c) { return (type)_InterlockedCompareExchange##suffix((word volatile *)a, (word)v, (word)c); } \
    FILEMAP_INLINE type _InterlockedAnd##suffix(type volatile *a, type v) { return (type)_InterlockedAnd##suffix((word volatile *)a, (word)v); } \
    FILEMAP_INLINE type _InterlockedOr##suffix(type volatile *a, type v) { return (type)_InterlockedOr##suffix((word volatile *)a, (word)v); } \
    FILEMAP_INLINE type _InterlockedXor##suffix(type volatile *a, type v) { return (type)_InterlockedXor##suffix((word volatile *)a, (word)v); }
FILEMAP_UNSIGNED_(, ULONG, LONG)
FILEMAP_UNSIGNED_(64, ULONG64, LONG64)
#undef FILEMAP_UNSIGNED_
}
#endif
#define InterlockedIncrement _InterlockedIncrement
#define InterlockedDecrement _InterlockedDecrement
#define InterlockedExchange _InterlockedExchange
#define InterlockedExchangeAdd _InterlockedExchangeAdd
#define InterlockedCompareExchange _InterlockedCompareExchange
#define InterlockedAnd _InterlockedAnd
#define InterlockedOr _InterlockedOr
#define InterlockedXor _InterlockedXor
#define InterlockedAdd _InterlockedAdd
#define InterlockedIncrement64 _InterlockedIncrement64
#define InterlockedDecrement64 _InterlockedDecrement64
#define InterlockedExchange64 _InterlockedExchange64
#define InterlockedExchangeAdd64 _InterlockedExchangeAdd64
#define InterlockedCompareExchange64 _InterlockedCompareExchange64
#define InterlockedAnd64 _InterlockedAnd64
#define InterlockedOr64 _InterlockedOr64
#define InterlockedXor64 _InterlockedXor64
#define InterlockedAdd64 _InterlockedAdd64
#define InterlockedIncrement16 _InterlockedIncrement16
#define InterlockedDecrement16 _InterlockedDecrement16
#define InterlockedCompareExchange16 _InterlockedCompareExchange16
#define InterlockedExchange16 _InterlockedExchange16
#define InterlockedAnd16 _InterlockedAnd16
#define InterlockedOr16 _InterlockedOr16
#define InterlockedXor16 _InterlockedXor16
#define InterlockedExchange8 _InterlockedExchange8
#define InterlockedAnd8 _InterlockedAnd8
#define InterlockedOr8 _InterlockedOr8
#define InterlockedXor8 _InterlockedXor8
#define InterlockedExchangeSubtract _InterlockedExchangeSubtract
#define InterlockedBitTestAndSet _InterlockedBitTestAndSet
#define InterlockedBitTestAndReset _InterlockedBitTestAndReset
#define InterlockedBitTestAndComplement _InterlockedBitTestAndComplement
#define InterlockedBitTestAndSet64 _InterlockedBitTestAndSet64
#define InterlockedBitTestAndReset64 _InterlockedBitTestAndReset64
#define InterlockedExchangePointer _InterlockedExchangePointer
#define InterlockedCompareExchangePointer _InterlockedCompareExchangePointer
/* Forms with less ordering than the full barrier, which is what they get. */
#define InterlockedIncrementAcquire _InterlockedIncrement
#define InterlockedIncrementAcquire64 _InterlockedIncrement64
#define InterlockedDecrementAcquire _InterlockedDecrement
#define InterlockedDecrementAcquire64 _InterlockedDecrement64
#define InterlockedExchangeAcquire _InterlockedExchange
#define InterlockedExchangeAcquire64 _InterlockedExchange64
#define InterlockedExchangeAddAcquire _InterlockedExchangeAdd
#define InterlockedExchangeAddAcquire64 _InterlockedExchangeAdd64
#define InterlockedCompareExchangeAcquire _InterlockedCompareExchange
#define InterlockedCompareExchangeAcquire64 _InterlockedCompareExchange64
#define InterlockedAndAcquire _InterlockedAnd
#define InterlockedAnd64Acquire _InterlockedAnd64
#define InterlockedOrAcquire _InterlockedOr
#define InterlockedOr64Acquire _InterlockedOr64
#define InterlockedXorAcquire _InterlockedXor
#define InterlockedXor64Acquire _InterlockedXor64
#define InterlockedCompareExchangePointerAcquire _InterlockedCompareExchangePointer
#define InterlockedIncrementRelease _InterlockedIncrement
#define InterlockedIncrementRelease64 _InterlockedIncrement64
#define InterlockedDecrementRelease _InterlockedDecrement
#define InterlockedDecrementRelease64 _InterlockedDecrement64
#define InterlockedExchangeAddRelease _InterlockedExchangeAdd
#define InterlockedExchangeAddRelease64 _InterlockedExchangeAdd64
#define InterlockedCompareExchangeRelease _InterlockedCompareExchange
#define InterlockedCompareExchangeRelease64 _InterlockedCompareExchange64
#define InterlockedAndRelease _InterlockedAnd
#define InterlockedAnd64Release _InterlockedAnd64
#define InterlockedOrRelease _InterlockedOr
#define InterlockedOr64Release _InterlockedOr64
#define InterlockedXorRelease _InterlockedXor
#define InterlockedXor64Release _InterlockedXor64
#define InterlockedCompareExchangePointerRelease _InterlockedCompareExchangePointer
#define InterlockedIncrementNoFence _InterlockedIncrement
#define InterlockedIncrementNoFence64 _InterlockedIncrement64
#define InterlockedDecrementNoFence _InterlockedDecrement
#define InterlockedDecrementNoFence64 _InterlockedDecrement64
#define InterlockedExchangeNoFence _InterlockedExchange
#define InterlockedExchangeNoFence64 _InterlockedExchange64
#define InterlockedExchangeAddNoFence _InterlockedExchangeAdd
#define InterlockedExchangeAddNoFence64 _InterlockedExchangeAdd64
#define InterlockedCompareExchangeNoFence _InterlockedCompareExchange
#define InterlockedCompareExchangeNoFence64 _InterlockedCompareExchange64
#define InterlockedAndNoFence _InterlockedAnd
#define InterlockedAnd64NoFence _InterlockedAnd64
#define InterlockedOrNoFence _InterlockedOr
#define InterlockedOr64NoFence _InterlockedOr64
#define InterlockedXorNoFence _InterlockedXor
#define InterlockedXor64NoFence _InterlockedXor64
#define InterlockedCompareExchangePointerNoFence _InterlockedCompareExchangePointer

FILEMAP_END

#endif

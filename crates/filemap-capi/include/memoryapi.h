/* memoryapi.h: file mapping objects, views, and private memory. Rules: spec/mapping.md, spec/views.md. */
#ifndef FILEMAP_MEMORYAPI_H
#define FILEMAP_MEMORYAPI_H

#include <wtypesbase.h>

#define FILE_MAP_COPY 0x00000001
#define FILE_MAP_WRITE 0x00000002
#define FILE_MAP_READ 0x00000004
#define FILE_MAP_EXECUTE 0x00000020
#define FILE_MAP_ALL_ACCESS 0x000F001F
#define FILE_MAP_LARGE_PAGES 0x20000000
#define FILE_MAP_TARGETS_INVALID 0x40000000
#define FILE_MAP_RESERVE 0x80000000U
#define NUMA_NO_PREFERRED_NODE ((DWORD)-1)

FILEMAP_BEGIN

/* Creates a file mapping object, or opens the one that has the name. hFile INVALID_HANDLE_VALUE: shared memory without a
 * file. Returns a handle; GetLastError is 0 if it was created, 183 (ERROR_ALREADY_EXISTS) if it existed and keeps its size.
 * NULL on failure: 2, 3, 5, 6, 8, 87, 112, 123, 161, 193, 206, 998, 1006, 1132, 1314, 1455. */
WINBASEAPI HANDLE WINAPI CreateFileMappingA(HANDLE hFile, LPSECURITY_ATTRIBUTES lpFileMappingAttributes, DWORD flProtect, DWORD dwMaximumSizeHigh, DWORD dwMaximumSizeLow, LPCSTR lpName);
WINBASEAPI HANDLE WINAPI CreateFileMappingW(HANDLE hFile, LPSECURITY_ATTRIBUTES lpFileMappingAttributes, DWORD flProtect, DWORD dwMaximumSizeHigh, DWORD dwMaximumSizeLow, LPCWSTR lpName);
#define CreateFileMapping FILEMAP_AW(CreateFileMapping)
/* CreateFileMapping with a preferred memory node (NUMA_NO_PREFERRED_NODE: none). Errors as there. */
WINBASEAPI HANDLE WINAPI CreateFileMappingNumaA(HANDLE hFile, LPSECURITY_ATTRIBUTES lpFileMappingAttributes, DWORD flProtect, DWORD dwMaximumSizeHigh, DWORD dwMaximumSizeLow, LPCSTR lpName, DWORD nndPreferred);
WINBASEAPI HANDLE WINAPI CreateFileMappingNumaW(HANDLE hFile, LPSECURITY_ATTRIBUTES lpFileMappingAttributes, DWORD flProtect, DWORD dwMaximumSizeHigh, DWORD dwMaximumSizeLow, LPCWSTR lpName, DWORD nndPreferred);
#define CreateFileMappingNuma FILEMAP_AW(CreateFileMappingNuma)
/* CreateFileMapping with the access rights of the handle chosen by the caller and SEC_ flags apart. Errors as there. */
WINBASEAPI HANDLE WINAPI CreateFileMapping2(HANDLE File, SECURITY_ATTRIBUTES *SecurityAttributes, ULONG DesiredAccess, ULONG PageProtection, ULONG AllocationAttributes, ULONG64 MaximumSize, PCWSTR Name, MEM_EXTENDED_PARAMETER *ExtendedParameters, ULONG ParameterCount);
/* CreateFileMapping with a 64-bit size. Errors as there. */
WINBASEAPI HANDLE WINAPI CreateFileMappingFromApp(HANDLE hFile, PSECURITY_ATTRIBUTES SecurityAttributes, ULONG PageProtection, ULONG64 MaximumSize, PCWSTR Name);
/* Opens the file mapping object that has the name. NULL on failure: 2 no such name here, 3 unknown prefix, 5 the access is
 * not granted, 6 another kind of object has the name, 87 no name. Success leaves GetLastError alone. */
WINBASEAPI HANDLE WINAPI OpenFileMappingA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName);
WINBASEAPI HANDLE WINAPI OpenFileMappingW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName);
#define OpenFileMapping FILEMAP_AW(OpenFileMapping)
/* OpenFileMappingW by another name. Errors as there. */
WINBASEAPI HANDLE WINAPI OpenFileMappingFromApp(ULONG DesiredAccess, BOOL InheritHandle, PCWSTR Name);

/* Maps a view and returns its address. Offset: a multiple of 65536 (else 1132). Length 0: to the end of the object.
 * NULL on failure: 5 right missing or view larger than the object, 6 no mapping handle, 8 no address space,
 * 87 object created too weak, 1132 alignment, 1455 no memory to promise. */
WINBASEAPI LPVOID WINAPI MapViewOfFile(HANDLE hFileMappingObject, DWORD dwDesiredAccess, DWORD dwFileOffsetHigh, DWORD dwFileOffsetLow, SIZE_T dwNumberOfBytesToMap);
/* MapViewOfFile at exactly lpBaseAddress (NULL: the system chooses): also 487 if the range is taken, 87 if out of range. */
WINBASEAPI LPVOID WINAPI MapViewOfFileEx(HANDLE hFileMappingObject, DWORD dwDesiredAccess, DWORD dwFileOffsetHigh, DWORD dwFileOffsetLow, SIZE_T dwNumberOfBytesToMap, LPVOID lpBaseAddress);
/* MapViewOfFileEx with a preferred memory node. */
WINBASEAPI LPVOID WINAPI MapViewOfFileExNuma(HANDLE hFileMappingObject, DWORD dwDesiredAccess, DWORD dwFileOffsetHigh, DWORD dwFileOffsetLow, SIZE_T dwNumberOfBytesToMap, LPVOID lpBaseAddress, DWORD nndPreferred);
/* MapViewOfFile with a 64-bit offset. */
WINBASEAPI PVOID WINAPI MapViewOfFileFromApp(HANDLE hFileMappingObject, ULONG DesiredAccess, ULONG64 FileOffset, SIZE_T NumberOfBytesToMap);
/* Maps a view into a process; protection in PAGE_ words. Errors as MapViewOfFileEx. */
WINBASEAPI PVOID WINAPI MapViewOfFileNuma2(HANDLE FileMappingHandle, HANDLE ProcessHandle, ULONG64 Offset, PVOID BaseAddress, SIZE_T ViewSize, ULONG AllocationType, ULONG PageProtection, ULONG PreferredNode);
/* MapViewOfFileNuma2 without a preferred node. */
FILEMAP_INLINE PVOID MapViewOfFile2(HANDLE FileMappingHandle, HANDLE ProcessHandle, ULONG64 Offset, PVOID BaseAddress, SIZE_T ViewSize, ULONG AllocationType, ULONG PageProtection)
{
    return MapViewOfFileNuma2(FileMappingHandle, ProcessHandle, Offset, BaseAddress, ViewSize, AllocationType, PageProtection, NUMA_NO_PREFERRED_NODE);
}
/* Maps a view with placeholders and address requirements. Errors as MapViewOfFileEx. */
WINBASEAPI PVOID WINAPI MapViewOfFile3(HANDLE FileMapping, HANDLE Process, PVOID BaseAddress, ULONG64 Offset, SIZE_T ViewSize, ULONG AllocationType, ULONG PageProtection, MEM_EXTENDED_PARAMETER *ExtendedParameters, ULONG ParameterCount);
/* MapViewOfFile3 by another name. */
WINBASEAPI PVOID WINAPI MapViewOfFile3FromApp(HANDLE FileMapping, HANDLE Process, PVOID BaseAddress, ULONG64 Offset, SIZE_T ViewSize, ULONG AllocationType, ULONG PageProtection, MEM_EXTENDED_PARAMETER *ExtendedParameters, ULONG ParameterCount);
/* Unmaps the view that contains the address. FALSE and 487 if there is none. */
WINBASEAPI BOOL WINAPI UnmapViewOfFile(LPCVOID lpBaseAddress);
/* UnmapViewOfFile with MEM_UNMAP_WITH_TRANSIENT_BOOST or MEM_PRESERVE_PLACEHOLDER. */
WINBASEAPI BOOL WINAPI UnmapViewOfFileEx(PVOID BaseAddress, ULONG UnmapFlags);
/* UnmapViewOfFileEx in a process. */
WINBASEAPI BOOL WINAPI UnmapViewOfFile2(HANDLE Process, PVOID BaseAddress, ULONG UnmapFlags);
/* Starts writing the changed pages of a range of a view to its file; length 0: to the end. FALSE and 487 outside views. */
WINBASEAPI BOOL WINAPI FlushViewOfFile(LPCVOID lpBaseAddress, SIZE_T dwNumberOfBytesToFlush);

/* Reserves or commits private memory, or commits pages of a SEC_RESERVE view. NULL on failure: 5 committed already, 8, 87,
 * 487 outside the view or taken, 1455. */
WINBASEAPI LPVOID WINAPI VirtualAlloc(LPVOID lpAddress, SIZE_T dwSize, DWORD flAllocationType, DWORD flProtect);
/* VirtualAlloc in a process. */
WINBASEAPI LPVOID WINAPI VirtualAllocEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize, DWORD flAllocationType, DWORD flProtect);
/* VirtualAlloc with placeholders and address requirements. */
WINBASEAPI PVOID WINAPI VirtualAlloc2(HANDLE Process, PVOID BaseAddress, SIZE_T Size, ULONG AllocationType, ULONG PageProtection, MEM_EXTENDED_PARAMETER *ExtendedParameters, ULONG ParameterCount);
/* Decommits or releases private memory. FALSE on failure: 87 (also on every view), 487. */
WINBASEAPI BOOL WINAPI VirtualFree(LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType);
/* VirtualFree in a process. */
WINBASEAPI BOOL WINAPI VirtualFreeEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType);
/* Changes the protection of pages. FALSE on failure: 87 not allowed by view or object, 487 not committed, 998 no room for the old value. */
WINBASEAPI BOOL WINAPI VirtualProtect(LPVOID lpAddress, SIZE_T dwSize, DWORD flNewProtect, PDWORD lpflOldProtect);
/* VirtualProtect in a process. */
WINBASEAPI BOOL WINAPI VirtualProtectEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize, DWORD flNewProtect, PDWORD lpflOldProtect);
/* Describes the pages at an address. Returns the bytes written, 0 on failure: 24 buffer too short, 87, 998. */
WINBASEAPI SIZE_T WINAPI VirtualQuery(LPCVOID lpAddress, PMEMORY_BASIC_INFORMATION lpBuffer, SIZE_T dwLength);
/* VirtualQuery in a process. */
WINBASEAPI SIZE_T WINAPI VirtualQueryEx(HANDLE hProcess, LPCVOID lpAddress, PMEMORY_BASIC_INFORMATION lpBuffer, SIZE_T dwLength);
/* Keeps pages in memory. FALSE on failure: 487, 1453. */
WINBASEAPI BOOL WINAPI VirtualLock(LPVOID lpAddress, SIZE_T dwSize);
/* Undoes VirtualLock. FALSE and 158 if they were not locked. */
WINBASEAPI BOOL WINAPI VirtualUnlock(LPVOID lpAddress, SIZE_T dwSize);
/* Copies bytes out of a process. FALSE on failure: 5, 6, 299 only part of it, 998. */
WINBASEAPI BOOL WINAPI ReadProcessMemory(HANDLE hProcess, LPCVOID lpBaseAddress, LPVOID lpBuffer, SIZE_T nSize, SIZE_T *lpNumberOfBytesRead);
/* Copies bytes into a process. FALSE on failure: 5, 6, 299, 998. */
WINBASEAPI BOOL WINAPI WriteProcessMemory(HANDLE hProcess, LPVOID lpBaseAddress, LPCVOID lpBuffer, SIZE_T nSize, SIZE_T *lpNumberOfBytesWritten);
/* Bytes in a large page, or 0 if there are none. Never fails. */
WINBASEAPI SIZE_T WINAPI GetLargePageMinimum(void);

FILEMAP_END

#endif

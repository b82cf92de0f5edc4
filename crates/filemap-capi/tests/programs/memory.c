/* File mapping objects, views and private memory, one line per failed expectation. Numbers are clauses of spec/.
 * Arguments: a directory to write in. */
#include <windows.h>
#include <tchar.h>
#include <stdio.h>

static int failures;
#define EXPECT(condition) do { if (!(condition)) { failures++; printf("line %d: %s (last error %u)\n", __LINE__, #condition, GetLastError()); } } while (0)
/* The call fails with this number. */
#define FAILS(call, number) do { SetLastError(77777); EXPECT(!(call) && GetLastError() == (number)); } while (0)
/* The call succeeds and leaves the last error alone. */
#define QUIET(call) do { SetLastError(77777); EXPECT((call) && GetLastError() == 77777); } while (0)
#define MEMORY(protect, size, name) CreateFileMapping(INVALID_HANDLE_VALUE, NULL, (protect), 0, (size), (name))

static MEMORY_BASIC_INFORMATION query(const void *at)
{
    MEMORY_BASIC_INFORMATION found;
    ZeroMemory(&found, sizeof found);
    EXPECT(VirtualQuery(at, &found, sizeof found) == sizeof found);
    return found;
}

static void creating_and_opening(void)
{
    HANDLE first, second, other;
    char *view, *again;
    SECURITY_ATTRIBUTES attributes;
    DWORD flags = 7, i;
    HANDLE handles[2];
    WCHAR wide[10];
    static const DWORD bad[] = { 0, PAGE_NOACCESS, PAGE_EXECUTE, PAGE_READONLY | PAGE_READWRITE, PAGE_GUARD | PAGE_READWRITE };

    /* M-40, O-6: 0 when created, 183 when it existed; the size stays (O-4) */
    SetLastError(77777);
    first = MEMORY(PAGE_READWRITE, 256, TEXT("Local\\memory"));
    EXPECT(first != NULL && GetLastError() == 0 && (DWORD_PTR)first % 4 == 0);
    SetLastError(77777);
    second = MEMORY(PAGE_READWRITE, 1 << 20, TEXT("memory"));
    EXPECT(second != NULL && second != first && GetLastError() == ERROR_ALREADY_EXISTS);
    EXPECT(CompareObjectHandles(first, second));
    QUIET((view = (char *)MapViewOfFile(first, FILE_MAP_ALL_ACCESS, 0, 0, 0)) != NULL);
    QUIET((again = (char *)MapViewOfFile(second, FILE_MAP_READ, 0, 0, 0)) != NULL);
    EXPECT(view != again && (DWORD_PTR)view % 65536 == 0 && (DWORD_PTR)again % 65536 == 0); /* V-2, V-7 */
    strcpy(view, "coherent");
    EXPECT(strcmp(again, "coherent") == 0); /* V-44 */
    EXPECT(query(view).RegionSize == 4096); /* M-22, V-53 */

    /* M-80 to M-86 */
    FAILS(OpenFileMapping(FILE_MAP_READ, FALSE, NULL), ERROR_INVALID_PARAMETER);
    FAILS(OpenFileMapping(FILE_MAP_READ, FALSE, TEXT("")), ERROR_INVALID_HANDLE); /* O-64 */
    FAILS(OpenFileMapping(FILE_MAP_READ, FALSE, TEXT("Local\\nobody")), ERROR_FILE_NOT_FOUND);
    FAILS(OpenFileMapping(FILE_MAP_READ, FALSE, TEXT("nowhere\\memory")), ERROR_PATH_NOT_FOUND);
    FAILS(OpenFileMapping(FILE_MAP_READ, FALSE, TEXT("\\memory")), ERROR_BAD_PATHNAME);
    FAILS(OpenFileMapping(FILE_MAP_READ, FALSE, TEXT("Global\\\\memory")), ERROR_INVALID_NAME);
    FAILS(OpenFileMapping(FILE_MAP_READ, FALSE, TEXT("MEMORY")), ERROR_FILE_NOT_FOUND); /* O-60 */
    FAILS(OpenFileMapping(0, FALSE, TEXT("memory")), ERROR_ACCESS_DENIED);
    QUIET((other = OpenFileMapping(FILE_MAP_READ, TRUE, TEXT("memory"))) != NULL);
    EXPECT(GetHandleInformation(other, &flags) && flags == HANDLE_FLAG_INHERIT); /* O-21 */
    FAILS(MapViewOfFile(other, FILE_MAP_WRITE, 0, 0, 0), ERROR_ACCESS_DENIED); /* M-84 */
    EXPECT(CloseHandle(other));
    other = OpenFileMapping(FILE_MAP_WRITE, FALSE, TEXT("memory"));
    FAILS(MapViewOfFile(other, FILE_MAP_READ, 0, 0, 0), ERROR_ACCESS_DENIED); /* M-84 */
    EXPECT(CloseHandle(other));
    FAILS(CloseHandle(other), ERROR_INVALID_HANDLE); /* O-14 */
    EXPECT(MultiByteToWideChar(CP_ACP, 0, "memory", -1, wide, 10) == 7);
    other = OpenFileMappingFromApp(FILE_MAP_COPY, FALSE, wide);
    EXPECT(other != NULL && MapViewOfFile(other, FILE_MAP_READ, 0, 0, 0) != NULL); /* F-15: COPY grants reading */
    CloseHandle(other);

    /* O-40, O-41: the name goes with the last handle, the memory with the last view */
    EXPECT(CloseHandle(first) && CloseHandle(second));
    FAILS(OpenFileMapping(FILE_MAP_READ, FALSE, TEXT("memory")), ERROR_FILE_NOT_FOUND);
    strcpy(view, "still here");
    EXPECT(strcmp(again, "still here") == 0);
    QUIET(UnmapViewOfFile(view + 100)); /* V-20: any address inside */
    FAILS(UnmapViewOfFile(view), ERROR_INVALID_ADDRESS);
    EXPECT(query(view).State == MEM_FREE && query(view).Protect == PAGE_NOACCESS && query(view).AllocationBase == NULL); /* V-53 */
    QUIET(UnmapViewOfFile(again));
    FAILS(UnmapViewOfFile(NULL), ERROR_INVALID_ADDRESS);
    FAILS(UnmapViewOfFile(&flags), ERROR_INVALID_ADDRESS);

    /* M-10, M-14, M-21, M-5, F-11 */
    for (i = 0; i < sizeof bad / sizeof *bad; i++)
        FAILS(MEMORY(bad[i], 4096, NULL), ERROR_INVALID_PARAMETER);
    FAILS(MEMORY(PAGE_READWRITE, 0, NULL), ERROR_INVALID_PARAMETER);
    FAILS(MEMORY(PAGE_READWRITE | SEC_COMMIT | SEC_RESERVE, 4096, NULL), ERROR_INVALID_PARAMETER);
    FAILS(MEMORY(PAGE_READWRITE | SEC_IMAGE, 4096, NULL), ERROR_BAD_EXE_FORMAT);
    FAILS(CreateFileMapping((HANDLE)0x4444440, NULL, PAGE_READWRITE, 0, 4096, NULL), ERROR_INVALID_HANDLE);
    FAILS(CreateFileMapping((HANDLE)0x4444440, NULL, PAGE_NOACCESS, 0, 4096, NULL), ERROR_INVALID_PARAMETER); /* M-50 */
    FAILS(CreateFileMapping(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0x80000000U, 0, NULL), ERROR_INVALID_PARAMETER);
    FAILS(CreateFileMapping(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0x60000000U, 0, NULL), ERROR_NOT_ENOUGH_MEMORY);
    first = CreateFileMapping(NULL, NULL, PAGE_READWRITE, 0, 10, NULL); /* M-5 */
    EXPECT(first != NULL && CloseHandle(first));
    first = MEMORY(PAGE_READWRITE, 10, TEXT("")); /* O-64 */
    EXPECT(first != NULL && GetLastError() == 0);

    /* O-14, O-21, O-25 */
    QUIET(SetHandleInformation(first, HANDLE_FLAG_PROTECT_FROM_CLOSE | HANDLE_FLAG_INHERIT, HANDLE_FLAG_PROTECT_FROM_CLOSE | HANDLE_FLAG_INHERIT));
    EXPECT(GetHandleInformation(first, &flags) && flags == 3);
    FAILS(CloseHandle(first), ERROR_INVALID_HANDLE);
    QUIET(SetHandleInformation(first, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
    QUIET(DuplicateHandle(GetCurrentProcess(), first, GetCurrentProcess(), &second, FILE_MAP_READ, FALSE, 0));
    FAILS(MapViewOfFile(second, FILE_MAP_WRITE, 0, 0, 0), ERROR_ACCESS_DENIED);
    EXPECT(CompareObjectHandles(first, second));
    FAILS(DuplicateHandle(GetCurrentProcess(), first, GetCurrentProcess(), &other, 0xffffffffU, FALSE, 0), ERROR_ACCESS_DENIED); /* F-15 */
    QUIET(DuplicateHandle(GetCurrentProcess(), second, GetCurrentProcess(), &other, 0, TRUE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
    FAILS(CloseHandle(second), ERROR_INVALID_HANDLE); /* O-24 */
    EXPECT(GetHandleInformation(other, &flags) && flags == HANDLE_FLAG_INHERIT);
    QUIET(DuplicateHandle(GetCurrentProcess(), other, GetCurrentProcess(), &second, 0, FALSE, 0));
    FAILS(MapViewOfFile(second, 0, 0, 0, 0), ERROR_ACCESS_DENIED); /* access 0 can't even map without access */
    CloseHandle(second);
    QUIET(DuplicateHandle(GetCurrentProcess(), other, NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE));
    FAILS(DuplicateHandle(GetCurrentProcess(), other, GetCurrentProcess(), &second, 0, FALSE, DUPLICATE_SAME_ACCESS), ERROR_INVALID_HANDLE);
    handles[0] = first;
    FAILS(WaitForSingleObject(first, 0) != WAIT_FAILED, ERROR_ACCESS_DENIED); /* Y-34 */
    FAILS(WaitForMultipleObjects(1, handles, FALSE, 0) != WAIT_FAILED, ERROR_ACCESS_DENIED);
    EXPECT(CloseHandle((HANDLE)((DWORD_PTR)first | 3))); /* F-5 */

    /* M-7, and a structure that is not there */
    attributes.nLength = sizeof attributes;
    attributes.lpSecurityDescriptor = NULL;
    attributes.bInheritHandle = TRUE;
    first = CreateFileMapping(INVALID_HANDLE_VALUE, &attributes, PAGE_READWRITE, 0, 10, NULL);
    EXPECT(first != NULL && GetHandleInformation(first, &flags) && flags == HANDLE_FLAG_INHERIT && CloseHandle(first));
    FAILS(CreateFileMapping(INVALID_HANDLE_VALUE, (LPSECURITY_ATTRIBUTES)8, PAGE_READWRITE, 0, 10, NULL), ERROR_NOACCESS);

    /* the newer forms */
    SetLastError(77777);
    first = CreateFileMappingNuma(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 70000, TEXT("numa"), NUMA_NO_PREFERRED_NODE);
    EXPECT(first != NULL && GetLastError() == 0);
    view = (char *)MapViewOfFileExNuma(first, FILE_MAP_WRITE, 0, 65536, 0, NULL, 0);
    EXPECT(view != NULL && query(view).RegionSize == 8192);
    FAILS(MapViewOfFileFromApp(first, FILE_MAP_READ, 4096, 0), ERROR_MAPPED_ALIGNMENT); /* V-3 */
    again = (char *)MapViewOfFileFromApp(first, FILE_MAP_READ, 65536, 0);
    EXPECT(again != NULL && UnmapViewOfFileEx(again, 0) && UnmapViewOfFile2(GetCurrentProcess(), view, MEM_UNMAP_WITH_TRANSIENT_BOOST));
    CloseHandle(first);
    first = CreateFileMappingFromApp(INVALID_HANDLE_VALUE, NULL, PAGE_READONLY, 4096, NULL);
    EXPECT(first != NULL);
    FAILS(MapViewOfFile(first, FILE_MAP_WRITE, 0, 0, 0), ERROR_ACCESS_DENIED); /* V-11 */
    CloseHandle(first);
    first = CreateFileMapping2(INVALID_HANDLE_VALUE, NULL, FILE_MAP_READ, PAGE_READWRITE, SEC_COMMIT, 4096, NULL, NULL, 0);
    EXPECT(first != NULL);
    FAILS(MapViewOfFile(first, FILE_MAP_WRITE, 0, 0, 0), ERROR_ACCESS_DENIED);
    FAILS(CreateFileMapping2(INVALID_HANDLE_VALUE, NULL, FILE_MAP_READ, PAGE_READWRITE | SEC_COMMIT, 0, 4096, NULL, NULL, 0), ERROR_INVALID_PARAMETER);
    CloseHandle(first);
    EXPECT(GetLargePageMinimum() >= 4096);
}

static void names(void)
{
    static char a[300];
    static WCHAR w[33000];
    HANDLE first, second;
    int i;

    /* F-4: 259 characters in an A function, 32766 in a W function (O-63) */
    memset(a, 'n', sizeof a);
    a[259] = 0;
    first = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 10, a);
    EXPECT(first != NULL);
    for (i = 0; i < 259; i++)
        w[i] = 'n';
    second = OpenFileMappingW(FILE_MAP_READ, FALSE, w);
    EXPECT(second != NULL && CloseHandle(second) && CloseHandle(first));
    a[259] = 'n';
    a[260] = 0;
    FAILS(CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 10, a), ERROR_FILENAME_EXCED_RANGE);
    FAILS(OpenFileMappingA(FILE_MAP_READ, FALSE, a), ERROR_FILENAME_EXCED_RANGE);
    for (i = 0; i < 32766; i++)
        w[i] = 'n';
    w[32766] = 0;
    first = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 10, w);
    EXPECT(first != NULL && CloseHandle(first));
    w[32766] = 'n';
    FAILS(CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 10, w), ERROR_INVALID_NAME);
    /* O-60, O-62: lone surrogates are names, compared unit by unit */
    w[0] = 0xd800;
    w[1] = 'x';
    w[2] = 0;
    first = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 10, w);
    EXPECT(first != NULL && GetLastError() == 0);
    w[0] = 0xd801;
    FAILS(OpenFileMappingW(FILE_MAP_READ, FALSE, w), ERROR_FILE_NOT_FOUND);
    w[0] = 0xd800;
    second = OpenFileMappingW(FILE_MAP_READ, FALSE, w);
    EXPECT(second != NULL && CompareObjectHandles(first, second));
    CloseHandle(first);
    CloseHandle(second);
    FAILS(OpenFileMappingW(FILE_MAP_READ, FALSE, (LPCWSTR)16), ERROR_NOACCESS);
    FAILS(OpenFileMappingA(FILE_MAP_READ, FALSE, (LPCSTR)16), ERROR_NOACCESS);
}

static void views_of_memory(void)
{
    HANDLE mapping = MEMORY(PAGE_READWRITE, 0x20000, NULL);
    char *view, *other, *base;
    DWORD old = 0;
    MEMORY_BASIC_INFORMATION found;

    /* V-3, V-4, V-32, V-33, V-31, V-37 */
    FAILS(MapViewOfFile(mapping, FILE_MAP_READ, 0, 4096, 0), ERROR_MAPPED_ALIGNMENT);
    FAILS(MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0x20001), ERROR_ACCESS_DENIED);
    FAILS(MapViewOfFile(mapping, FILE_MAP_READ, 0, 0x20000, 0), ERROR_ACCESS_DENIED);
    view = (char *)MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0);
    EXPECT(view != NULL);
    FAILS(MapViewOfFileEx(mapping, FILE_MAP_READ, 0, 0, 0, view), ERROR_INVALID_ADDRESS);
    FAILS(MapViewOfFileEx(mapping, FILE_MAP_READ, 0, 0, 0, view + 4096), ERROR_MAPPED_ALIGNMENT);
    FAILS(MapViewOfFileEx(mapping, FILE_MAP_READ, 0, 0, 0, (LPVOID)(DWORD_PTR)0xffff800000000000ULL), ERROR_INVALID_PARAMETER);
    FAILS(MapViewOfFileEx((HANDLE)0x4444440, FILE_MAP_READ, 0, 0, 0, (LPVOID)(DWORD_PTR)0xffff800000000000ULL), ERROR_INVALID_PARAMETER);
    FAILS(MapViewOfFile((HANDLE)0x4444440, FILE_MAP_READ, 0, 0, 0), ERROR_INVALID_HANDLE);
    FAILS(MapViewOfFile(GetCurrentProcess(), FILE_MAP_READ, 0, 0, 0), ERROR_INVALID_HANDLE);
    other = (char *)MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
    base = other;
    EXPECT(UnmapViewOfFile(other));
    other = (char *)MapViewOfFileEx(mapping, FILE_MAP_READ, 0, 0, 0, base);
    EXPECT(other == base); /* V-36 */
    QUIET(FlushViewOfFile(other + 5, 10) && FlushViewOfFile(other, 0)); /* V-26 */
    FAILS(FlushViewOfFile(&old, 0), ERROR_INVALID_ADDRESS);

    /* V-52, V-51, V-54, V-55 */
    FAILS(VirtualAlloc(view, 4096, MEM_COMMIT, PAGE_READWRITE), ERROR_ACCESS_DENIED);
    FAILS(VirtualFree(view, 4096, MEM_DECOMMIT), ERROR_INVALID_PARAMETER);
    FAILS(VirtualFree(view, 0, MEM_RELEASE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualProtect(view, 4096, PAGE_READONLY, NULL), ERROR_NOACCESS);
    QUIET(VirtualProtect(view + 4097, 1, PAGE_READONLY, &old));
    EXPECT(old == PAGE_READWRITE);
    found = query(view);
    EXPECT(found.RegionSize == 4096 && found.Protect == PAGE_READWRITE && found.Type == MEM_MAPPED && found.State == MEM_COMMIT);
    found = query(view + 5000);
    EXPECT(found.BaseAddress == view + 4096 && found.AllocationBase == view && found.AllocationProtect == PAGE_READWRITE);
    EXPECT(found.RegionSize == 4096 && found.Protect == PAGE_READONLY);
    FAILS(VirtualProtect(other, 4096, PAGE_READWRITE, &old), ERROR_INVALID_PARAMETER);
    FAILS(VirtualProtect(other, 4096, 0x1234, &old), ERROR_INVALID_PARAMETER);
    QUIET(VirtualProtectEx(GetCurrentProcess(), other, 4096, PAGE_WRITECOPY, &old));
    other[0] = 'p'; /* private now (V-40) */
    EXPECT(view[0] == 0 && query(other).Protect == PAGE_READWRITE); /* F-8 */
    UnmapViewOfFile(other);
    UnmapViewOfFile(view);

    /* MapViewOfFile2 and 3 */
    view = (char *)MapViewOfFile2(mapping, GetCurrentProcess(), 0, NULL, 0, 0, PAGE_READWRITE);
    other = (char *)MapViewOfFile3(mapping, GetCurrentProcess(), NULL, 65536, 4096, 0, PAGE_READONLY, NULL, 0);
    EXPECT(view != NULL && other != NULL);
    view[65536] = 'q';
    EXPECT(*other == 'q' && query(other).RegionSize == 4096);
    FAILS(MapViewOfFile3(mapping, GetCurrentProcess(), NULL, 0, 0, 0, PAGE_GUARD, NULL, 0), ERROR_INVALID_PARAMETER);
    FAILS(MapViewOfFileNuma2(mapping, (HANDLE)0x4444440, 0, NULL, 0, 0, PAGE_READONLY, 0), ERROR_INVALID_HANDLE);
    UnmapViewOfFile(view);
    UnmapViewOfFile(other);
    CloseHandle(mapping);
}

static void growing(void)
{
    HANDLE mapping = MEMORY(PAGE_READWRITE | SEC_RESERVE, 0x100000, NULL);
    char *view = (char *)MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0);
    char *reader = (char *)MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
    MEMORY_BASIC_INFORMATION found = query(view);

    EXPECT(found.State == MEM_RESERVE && found.Protect == 0 && found.AllocationProtect == PAGE_READWRITE && found.Type == MEM_MAPPED); /* V-50 */
    EXPECT(VirtualAlloc(view + 8192, 4096, MEM_COMMIT, PAGE_READWRITE) == view + 8192); /* V-51 */
    view[8192] = 'c';
    EXPECT(reader[8192] == 'c' && query(reader + 8192).Protect == PAGE_READONLY && query(reader + 8192).State == MEM_COMMIT); /* F-14 */
    EXPECT(query(view + 8192).RegionSize == 4096 && query(view).RegionSize == 8192);
    EXPECT(VirtualAlloc(view + 100, 1, MEM_COMMIT, PAGE_READONLY) == view && query(view).Protect == PAGE_READONLY);
    FAILS(VirtualAlloc(view, 0x101000, MEM_COMMIT, PAGE_READWRITE), ERROR_INVALID_ADDRESS); /* F-14 */
    FAILS(VirtualFree(view + 8192, 4096, MEM_DECOMMIT), ERROR_INVALID_PARAMETER);
    UnmapViewOfFile(view);
    UnmapViewOfFile(reader);
    CloseHandle(mapping);
}

static void private_memory(void)
{
    char *block, *part;
    DWORD old = 0;
    SIZE_T copied = 0;
    char text[8];
    MEMORY_BASIC_INFORMATION found;
    int local = 0;

    block = (char *)VirtualAlloc(NULL, 0x30000, MEM_RESERVE, PAGE_READWRITE);
    EXPECT(block != NULL && (DWORD_PTR)block % 65536 == 0);
    found = query(block + 5);
    EXPECT(found.State == MEM_RESERVE && found.Type == MEM_PRIVATE && found.RegionSize == 0x30000 && found.AllocationBase == block);
    EXPECT(IsBadReadPtr(block, 1));
    QUIET((part = (char *)VirtualAlloc(block + 0x1800, 0x1000, MEM_COMMIT, PAGE_READWRITE)) != NULL);
    EXPECT(part == block + 0x1000);
    part[0x1fff] = 'x'; /* both pages that the range touches */
    EXPECT(query(block).RegionSize == 0x1000 && query(part).RegionSize == 0x2000 && query(part).State == MEM_COMMIT);
    QUIET(VirtualProtect(part, 1, PAGE_READONLY, &old));
    EXPECT(old == PAGE_READWRITE && query(part).Protect == PAGE_READONLY && IsBadWritePtr(part, 1) && !IsBadWritePtr(part + 0x1000, 1));
    FAILS(VirtualProtect(block, 0x2000, PAGE_READONLY, &old), ERROR_INVALID_ADDRESS);
    FAILS(VirtualProtect(part, 1, PAGE_WRITECOPY, &old), ERROR_INVALID_PARAMETER);
    QUIET(VirtualFree(part + 0x1000, 0x1000, MEM_DECOMMIT));
    QUIET(VirtualAlloc(part + 0x1000, 0x1000, MEM_COMMIT, PAGE_READWRITE) != NULL);
    EXPECT(part[0x1fff] == 0); /* decommitted pages come back empty */
    FAILS(VirtualFree(block, 1, MEM_RELEASE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualFree(part, 0, MEM_RELEASE), ERROR_INVALID_ADDRESS);
    FAILS(VirtualFree(block, 0, 0), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(block, 0x1000, MEM_RESERVE, PAGE_READWRITE), ERROR_INVALID_ADDRESS);
    FAILS(VirtualAlloc(NULL, 0, MEM_COMMIT, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, 0x1000, MEM_COMMIT, 0), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, 0x1000, 0, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, (SIZE_T)1 << 62, MEM_RESERVE, PAGE_READWRITE) != NULL, ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, (SIZE_T)1 << 46, MEM_COMMIT, PAGE_READWRITE) != NULL, ERROR_COMMITMENT_LIMIT);
    QUIET(VirtualFreeEx(GetCurrentProcess(), block, 0, MEM_RELEASE));
    EXPECT(query(block).State == MEM_FREE);
    FAILS(VirtualFree(block, 0, MEM_RELEASE), ERROR_INVALID_ADDRESS);
    block = (char *)VirtualAlloc(NULL, 0x2000000, MEM_RESERVE, PAGE_NOACCESS); /* large: what others map meanwhile goes to its upper end */
    EXPECT(VirtualFree(block, 0, MEM_RELEASE));
    part = (char *)VirtualAllocEx(GetCurrentProcess(), block + 0x12345, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    EXPECT(part == block + 0x10000 && query(part).AllocationBase == part && query(part).RegionSize == 0x4000); /* rounded down */
    QUIET(VirtualLock(part, 0x1000) && VirtualUnlock(part, 0x1000));
    FAILS(VirtualUnlock(part, 0x1000), ERROR_NOT_LOCKED);
    EXPECT(WriteProcessMemory(GetCurrentProcess(), part, "written", 8, &copied) && copied == 8);
    EXPECT(ReadProcessMemory(GetCurrentProcess(), part, text, 8, NULL) && strcmp(text, "written") == 0);
    FAILS(ReadProcessMemory(GetCurrentProcess(), (LPCVOID)16, text, 8, &copied), ERROR_PARTIAL_COPY);
    EXPECT(copied == 0);
    VirtualFree(block + 0x10000, 0, MEM_RELEASE);

    /* memory that others have mapped */
    found = query(&local);
    EXPECT(found.State == MEM_COMMIT && found.Type == MEM_PRIVATE && found.Protect == PAGE_READWRITE);
    found = query((const void *)(DWORD_PTR)private_memory);
    EXPECT(found.Type == MEM_IMAGE && (found.Protect == PAGE_EXECUTE_READ || found.Protect == PAGE_EXECUTE));
    FAILS(VirtualQuery(&local, &found, 10), ERROR_BAD_LENGTH);
    FAILS(VirtualQuery((LPCVOID)(DWORD_PTR)0xffff800000000000ULL, &found, sizeof found), ERROR_INVALID_PARAMETER);
    FAILS(VirtualQuery(&local, NULL, sizeof found), ERROR_NOACCESS);
    EXPECT(VirtualQueryEx(GetCurrentProcess(), &local, &found, sizeof found) == sizeof found);
}

/* Placeholders: a range is reserved, split, replaced by views, and joined again (spec/views.md, section 2). */
static void placeholders(void)
{
    HANDLE mapping = MEMORY(PAGE_READWRITE, 0x10000, NULL);
    char *ring = (char *)VirtualAlloc2(NULL, NULL, 0x20000, MEM_RESERVE | MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS, NULL, 0);
    MEM_ADDRESS_REQUIREMENTS between;
    MEM_EXTENDED_PARAMETER parameter;
    char *low;

    EXPECT(ring != NULL);
    FAILS(MapViewOfFile3(mapping, NULL, ring, 0, 0x10000, MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0), ERROR_INVALID_HANDLE);
    FAILS(MapViewOfFile3(mapping, GetCurrentProcess(), ring, 0, 0x10000, MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0), ERROR_INVALID_ADDRESS);
    QUIET(VirtualFree(ring, 0x10000, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER));
    QUIET(MapViewOfFile3(mapping, GetCurrentProcess(), ring, 0, 0x10000, MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0) == ring);
    QUIET(MapViewOfFile3(mapping, GetCurrentProcess(), ring + 0x10000, 0, 0x10000, MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0) == ring + 0x10000);
    strcpy(ring + 0xfffe, "wraps round");
    EXPECT(strcmp(ring, "aps round") == 0 && ring[0x1ffff] == 'r');
    QUIET(UnmapViewOfFile2(GetCurrentProcess(), ring, MEM_PRESERVE_PLACEHOLDER));
    EXPECT(query(ring).State == MEM_RESERVE && query(ring).RegionSize == 0x10000);
    QUIET(UnmapViewOfFileEx(ring + 0x10000, MEM_PRESERVE_PLACEHOLDER));
    QUIET(VirtualFree(ring, 0x20000, MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS));
    QUIET(VirtualAlloc2(NULL, ring, 0x20000, MEM_RESERVE | MEM_COMMIT | MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0) == ring);
    ring[0x1ffff] = 1;
    QUIET(VirtualFree(ring, 0, MEM_RELEASE));

    between.LowestStartingAddress = (PVOID)(DWORD_PTR)0x100000000ULL;
    between.HighestEndingAddress = (PVOID)(DWORD_PTR)0x1ffffffffULL;
    between.Alignment = 0x100000;
    ZeroMemory(&parameter, sizeof parameter);
    parameter.Type = MemExtendedParameterAddressRequirements;
    parameter.Pointer = &between;
    low = (char *)MapViewOfFile3FromApp(mapping, GetCurrentProcess(), NULL, 0, 0, 0, PAGE_READWRITE, &parameter, 1);
    EXPECT(low >= (char *)between.LowestStartingAddress && low + 0xffff <= (char *)between.HighestEndingAddress && (DWORD_PTR)low % 0x100000 == 0);
    UnmapViewOfFile(low);
    low = (char *)VirtualAlloc2(GetCurrentProcess(), NULL, 0x5000, MEM_RESERVE, PAGE_READWRITE, &parameter, 1);
    EXPECT(low >= (char *)between.LowestStartingAddress && (DWORD_PTR)low % 0x100000 == 0 && VirtualFree(low, 0, MEM_RELEASE));
    between.Alignment = 3;
    FAILS(VirtualAlloc2(NULL, NULL, 0x5000, MEM_RESERVE, PAGE_READWRITE, &parameter, 1), ERROR_INVALID_PARAMETER);
    CloseHandle(mapping);
}

int _tmain(int argc, TCHAR *argv[])
{
    (void)argv;
    EXPECT(argc >= 1);
    creating_and_opening();
    names();
    views_of_memory();
    growing();
    private_memory();
    placeholders();
    printf("%d failures\n", failures);
    return failures != 0;
}

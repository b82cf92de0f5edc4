/* Native calls, found by name in ntdll.dll as tests of sections do: one line per failed expectation. */
#include <windows.h>
#include <winternl.h>
#include <stdio.h>

static int failures;
static NTSTATUS last;
#define EXPECT(condition) do { if (!(condition)) { failures++; printf("line %d: %s (status %08x)\n", __LINE__, #condition, (unsigned)last); } } while (0)
#define GIVES(call, status) do { SetLastError(77777); last = (call); EXPECT(last == (NTSTATUS)(status) && GetLastError() == 77777); } while (0)

static NTSTATUS (*create_section)(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PLARGE_INTEGER, ULONG, ULONG, HANDLE);
static NTSTATUS (*open_section)(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
static NTSTATUS (*map_view)(HANDLE, HANDLE, PVOID *, ULONG_PTR, SIZE_T, PLARGE_INTEGER, PSIZE_T, SECTION_INHERIT, ULONG, ULONG);
static NTSTATUS (*unmap_view)(HANDLE, PVOID);

static WCHAR text[200];
static UNICODE_STRING name;
static OBJECT_ATTRIBUTES attributes;

static POBJECT_ATTRIBUTES named(const char *path, ULONG flags)
{
    MultiByteToWideChar(CP_ACP, 0, path, -1, text, 200);
    RtlInitUnicodeString(&name, text);
    InitializeObjectAttributes(&attributes, &name, flags, NULL, NULL);
    return &attributes;
}

static BOOL same(const UNICODE_STRING *string, const char *wanted)
{
    char narrow[200];
    int length = WideCharToMultiByte(CP_ACP, 0, string->Buffer, string->Length / 2, narrow, 199, NULL, NULL);
    narrow[length] = 0;
    if (strcmp(narrow, wanted) != 0)
        printf("got %s\n", narrow);
    return strcmp(narrow, wanted) == 0;
}

int main(void)
{
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");
    HANDLE section = NULL, second = NULL, query = NULL, event = NULL, mutant = NULL, semaphore = NULL;
    LARGE_INTEGER size, offset;
    SIZE_T length = 0;
    PVOID base = NULL, other = NULL;
    SECTION_BASIC_INFORMATION basic;
    BYTE room[400];
    ULONG needed = 0;
    PUBLIC_OBJECT_BASIC_INFORMATION *object = (PUBLIC_OBJECT_BASIC_INFORMATION *)room;
    union { FARPROC any; NTSTATUS (*create)(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PLARGE_INTEGER, ULONG, ULONG, HANDLE); NTSTATUS (*open)(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES); NTSTATUS (*map)(HANDLE, HANDLE, PVOID *, ULONG_PTR, SIZE_T, PLARGE_INTEGER, PSIZE_T, SECTION_INHERIT, ULONG, ULONG); NTSTATUS (*unmap)(HANDLE, PVOID); } f;

    f.any = GetProcAddress(ntdll, "NtCreateSection");
    create_section = f.create;
    EXPECT(f.any == GetProcAddress(ntdll, "ZwCreateSection") && !GetProcAddress(GetModuleHandleA("kernel32"), "NtCreateSection"));
    f.any = GetProcAddress(ntdll, "NtOpenSection");
    open_section = f.open;
    f.any = GetProcAddress(ntdll, "NtMapViewOfSection");
    map_view = f.map;
    f.any = GetProcAddress(ntdll, "NtUnmapViewOfSection");
    unmap_view = f.unmap;
    if (!create_section || !open_section || !map_view || !unmap_view)
        return 2;

    size.QuadPart = 256;
    GIVES(create_section(&section, SECTION_ALL_ACCESS, named("\\BaseNamedObjects\\native", 0), &size, PAGE_READWRITE, SEC_COMMIT, NULL), STATUS_SUCCESS);
    second = OpenFileMappingA(FILE_MAP_READ, FALSE, "Global\\native");
    EXPECT(second != NULL && CompareObjectHandles(section, second) && CloseHandle(second));
    GIVES(create_section(&second, SECTION_ALL_ACCESS, named("\\BaseNamedObjects\\native", 0), &size, PAGE_READWRITE, SEC_COMMIT, NULL), STATUS_OBJECT_NAME_COLLISION);
    GIVES(create_section(&second, SECTION_ALL_ACCESS, named("\\BaseNamedObjects\\native", OBJ_OPENIF), &size, PAGE_READWRITE, SEC_COMMIT, NULL), STATUS_OBJECT_NAME_EXISTS);
    GIVES(NtClose(second), STATUS_SUCCESS);
    GIVES(NtClose(second), STATUS_INVALID_HANDLE);
    GIVES(create_section(&second, SECTION_ALL_ACCESS, NULL, &size, PAGE_GUARD, SEC_COMMIT, NULL), STATUS_INVALID_PAGE_PROTECTION);
    GIVES(create_section(&second, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, 0, NULL), STATUS_INVALID_PARAMETER_6);
    GIVES(create_section(&second, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READWRITE, SEC_COMMIT, NULL), STATUS_INVALID_PARAMETER_4);
    GIVES(create_section(&second, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, (HANDLE)0x4444440), STATUS_INVALID_HANDLE);
    GIVES(create_section((PHANDLE)(DWORD_PTR)16, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, NULL), STATUS_ACCESS_VIOLATION);
    GIVES(create_section(&second, SECTION_ALL_ACCESS, named("\\BaseNamedObjects\\permanent", OBJ_PERMANENT), &size, PAGE_READWRITE, SEC_COMMIT, NULL), STATUS_PRIVILEGE_NOT_HELD); /* O-51 */
    GIVES(open_section(&second, SECTION_MAP_READ, named("relative", 0)), STATUS_OBJECT_PATH_SYNTAX_BAD);
    GIVES(open_section(&second, SECTION_MAP_READ, named("\\Nowhere\\native", 0)), STATUS_OBJECT_PATH_NOT_FOUND);
    GIVES(open_section(&second, SECTION_MAP_READ, named("\\BaseNamedObjects\\nobody", 0)), STATUS_OBJECT_NAME_NOT_FOUND);
    GIVES(open_section(&second, SECTION_MAP_READ, named("\\BaseNamedObjects", 0)), STATUS_OBJECT_TYPE_MISMATCH);
    GIVES(open_section(&query, SECTION_QUERY, named("\\BaseNamedObjects\\native", OBJ_INHERIT)), STATUS_SUCCESS);

    /* views */
    GIVES(map_view(section, NtCurrentProcess(), &base, 0, 0, NULL, &length, ViewShare, 0, PAGE_READWRITE), STATUS_SUCCESS);
    EXPECT(base != NULL && length == 4096);
    strcpy((char *)base, "native");
    offset.QuadPart = 4096;
    length = 0;
    GIVES(map_view(section, NtCurrentProcess(), &other, 0, 0, &offset, &length, ViewShare, 0, PAGE_READWRITE), STATUS_MAPPED_ALIGNMENT);
    offset.QuadPart = 0;
    length = 5000;
    GIVES(map_view(section, NtCurrentProcess(), &other, 0, 0, &offset, &length, ViewShare, 0, PAGE_READWRITE), STATUS_INVALID_VIEW_SIZE);
    length = 0;
    GIVES(map_view(section, NtCurrentProcess(), &other, 0, 0, NULL, &length, (SECTION_INHERIT)5, 0, PAGE_READWRITE), STATUS_INVALID_PARAMETER_8);
    GIVES(map_view(section, NtCurrentProcess(), &other, 0, 0, NULL, &length, ViewUnmap, 0, PAGE_EXECUTE_READ), STATUS_SECTION_PROTECTION);
    GIVES(map_view(query, NtCurrentProcess(), &other, 0, 0, NULL, &length, ViewUnmap, 0, PAGE_READONLY), STATUS_ACCESS_DENIED);
    other = base;
    GIVES(map_view(section, NtCurrentProcess(), &other, 0, 0, NULL, &length, ViewUnmap, 0, PAGE_READONLY), STATUS_CONFLICTING_ADDRESSES);
    other = NULL;
    GIVES(map_view(section, NtCurrentProcess(), &other, 0, 0, NULL, &length, ViewUnmap, 0, PAGE_READONLY), STATUS_SUCCESS);
    EXPECT(strcmp((char *)other, "native") == 0);
    GIVES(unmap_view(NtCurrentProcess(), (char *)other + 10), STATUS_SUCCESS);
    GIVES(unmap_view(NtCurrentProcess(), other), STATUS_NOT_MAPPED_VIEW);
    GIVES(unmap_view(NtCurrentProcess(), base), STATUS_SUCCESS);

    /* M-15 */
    GIVES(NtQuerySection(query, SectionBasicInformation, &basic, sizeof basic, &length), STATUS_SUCCESS);
    EXPECT(basic.Attributes == SEC_COMMIT && basic.Size.QuadPart == 4096 && length == sizeof basic);
    GIVES(NtQuerySection(query, SectionBasicInformation, &basic, 4, NULL), STATUS_INFO_LENGTH_MISMATCH);
    second = OpenFileMappingA(FILE_MAP_READ, FALSE, "Global\\native");
    GIVES(NtQuerySection(second, SectionBasicInformation, &basic, sizeof basic, NULL), STATUS_ACCESS_DENIED);
    CloseHandle(second);

    GIVES(NtQueryObject(query, ObjectBasicInformation, room, sizeof room, &needed), STATUS_SUCCESS);
    EXPECT(object->GrantedAccess == SECTION_QUERY && object->Attributes == OBJ_INHERIT && object->HandleCount == 2);
    GIVES(NtQueryObject(section, ObjectNameInformation, room, sizeof room, &needed), STATUS_SUCCESS);
    EXPECT(same(&((OBJECT_NAME_INFORMATION *)room)->Name, "\\BaseNamedObjects\\native"));
    GIVES(NtQueryObject(section, ObjectTypeInformation, room, sizeof room, &needed), STATUS_SUCCESS);
    EXPECT(same(&((PUBLIC_OBJECT_TYPE_INFORMATION *)room)->TypeName, "Section"));
    GIVES(NtQueryObject(GetCurrentProcess(), ObjectTypeInformation, room, sizeof room, &needed), STATUS_SUCCESS);
    EXPECT(same(&((PUBLIC_OBJECT_TYPE_INFORMATION *)room)->TypeName, "Process"));
    GIVES(NtQueryObject(section, ObjectTypeInformation, room, 10, &needed), STATUS_INFO_LENGTH_MISMATCH);
    GIVES(NtQueryObject((HANDLE)0x4444440, ObjectTypeInformation, room, sizeof room, &needed), STATUS_INVALID_HANDLE);
    SetHandleInformation(query, HANDLE_FLAG_PROTECT_FROM_CLOSE, HANDLE_FLAG_PROTECT_FROM_CLOSE);
    GIVES(NtClose(query), STATUS_HANDLE_NOT_CLOSABLE);
    SetHandleInformation(query, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0);
    GIVES(NtClose(query), STATUS_SUCCESS);

    /* events, mutants, semaphores; one table of names (O-3) */
    GIVES(NtCreateEvent(&event, EVENT_ALL_ACCESS, named("\\BaseNamedObjects\\event", 0), NotificationEvent, TRUE), STATUS_SUCCESS);
    EXPECT(WaitForSingleObject(event, 0) == WAIT_OBJECT_0);
    GIVES(NtCreateEvent(&second, EVENT_ALL_ACCESS, named("\\BaseNamedObjects\\native", OBJ_OPENIF), NotificationEvent, TRUE), STATUS_OBJECT_TYPE_MISMATCH);
    GIVES(NtCreateEvent(&second, EVENT_ALL_ACCESS, NULL, (EVENT_TYPE)7, TRUE), STATUS_INVALID_PARAMETER);
    GIVES(NtOpenEvent(&second, SYNCHRONIZE, named("\\BaseNamedObjects\\event", 0)), STATUS_SUCCESS);
    EXPECT(!ResetEvent(second) && GetLastError() == ERROR_ACCESS_DENIED && CloseHandle(second));
    GIVES(NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, named("\\BaseNamedObjects\\mutant", 0), TRUE), STATUS_SUCCESS);
    EXPECT(ReleaseMutex(mutant) && !ReleaseMutex(mutant));
    GIVES(NtOpenMutant(&second, MUTANT_ALL_ACCESS, named("\\BaseNamedObjects\\mutant", 0)), STATUS_SUCCESS);
    CloseHandle(second);
    GIVES(NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, named("\\BaseNamedObjects\\semaphore", 0), 1, 2), STATUS_SUCCESS);
    GIVES(NtCreateSemaphore(&second, SEMAPHORE_ALL_ACCESS, NULL, 3, 2), STATUS_INVALID_PARAMETER);
    GIVES(NtOpenSemaphore(&second, SEMAPHORE_ALL_ACCESS, named("\\BaseNamedObjects\\semaphore", 0)), STATUS_SUCCESS);
    EXPECT(WaitForSingleObject(second, 0) == WAIT_OBJECT_0 && WaitForSingleObject(semaphore, 0) == WAIT_TIMEOUT);
    CloseHandle(second);
    CloseHandle(semaphore);
    CloseHandle(mutant);
    CloseHandle(event);
    CloseHandle(section);
    printf("%d failures\n", failures);
    return failures != 0;
}

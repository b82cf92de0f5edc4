/* Words of memory, waits for them, functions found by name, jobs, and the rarer functions of lists: one line per failed expectation. */
#include <windows.h>
#include <sddl.h>
#include <tchar.h>
#include <errno.h>
#include <stdio.h>

static int failures;
#define EXPECT(condition) do { if (!(condition)) { failures++; printf("line %d: %s (last error %u)\n", __LINE__, #condition, GetLastError()); fflush(stdout); } } while (0)
#define FAILS(call, number) do { SetLastError(77777); EXPECT(!(call) && GetLastError() == (number)); } while (0)
#define QUIET(call) do { SetLastError(77777); EXPECT((call) && GetLastError() == 77777); } while (0)

typedef LONG (*LONG1)(LONG volatile *);
typedef LONG (*LONG2)(LONG volatile *, LONG);
typedef LONG (*LONG3)(LONG volatile *, LONG, LONG);
typedef LONG64 (*LONG641)(LONG64 volatile *);
typedef LONG64 (*LONG642)(LONG64 volatile *, LONG64);
typedef LONG64 (*LONG643)(LONG64 volatile *, LONG64, LONG64);
typedef PVOID (*POINTER2)(PVOID volatile *, PVOID);
typedef PVOID (*POINTER3)(PVOID volatile *, PVOID, PVOID);
typedef void (*MOVE)(PVOID, const void *, SIZE_T);
typedef void (*FILL)(PVOID, SIZE_T, BYTE);
typedef void (*ZERO)(PVOID, SIZE_T);
typedef union { FARPROC any; LONG1 l1; LONG2 l2; LONG3 l3; LONG641 q1; LONG642 q2; LONG643 q3; POINTER2 p2; POINTER3 p3; MOVE move; FILL fill; ZERO zero; } FUNCTION;

static FUNCTION found(const char *name)
{
    FUNCTION f;
    f.any = GetProcAddress(GetModuleHandle(TEXT("kernel32.dll")), name);
    if (f.any == NULL) {
        printf("%s is not found\n", name);
        ExitProcess(99);
    }
    return f;
}

static void words(void)
{
    LONG volatile word = 5;
    LONG64 volatile wide = 5;
    PVOID volatile pointer = NULL;
    char bytes[9] = "12345678";

    EXPECT(found("InterlockedIncrement").l1(&word) == 6 && found("InterlockedDecrement").l1(&word) == 5);
    EXPECT(found("InterlockedExchange").l2(&word, 9) == 5 && found("InterlockedExchangeAdd").l2(&word, -4) == 9 && word == 5);
    EXPECT(found("InterlockedCompareExchange").l3(&word, 7, 4) == 5 && found("InterlockedCompareExchange").l3(&word, 7, 5) == 5 && word == 7);
    EXPECT(found("InterlockedIncrement64").q1(&wide) == 6 && found("InterlockedDecrement64").q1(&wide) == 5);
    EXPECT(found("InterlockedExchange64").q2(&wide, (LONG64)1 << 40) == 5 && found("InterlockedExchangeAdd64").q2(&wide, 1) == (LONG64)1 << 40);
    EXPECT(found("InterlockedCompareExchange64").q3(&wide, 2, ((LONG64)1 << 40) + 1) == ((LONG64)1 << 40) + 1 && wide == 2);
    EXPECT(found("InterlockedExchangePointer").p2(&pointer, bytes) == NULL && found("InterlockedCompareExchangePointer").p3(&pointer, NULL, bytes) == bytes && pointer == NULL);
    EXPECT(GetProcAddress(GetModuleHandle(TEXT("ntdll")), "RtlMoveMemory") == found("RtlMoveMemory").any);
    SetLastError(4321);
    errno = 1;
    found("InterlockedIncrement").l1(&word);
    EXPECT(errno == 4321);

    EXPECT(InterlockedAnd(&word, 12) == 8 && InterlockedOr(&word, 3) == 8 && InterlockedXor(&word, 1) == 11 && word == 10);
    {
        SHORT small = 0x0f0f;
        CHAR tiny = 0x0f;
        ULONG much = 5;
        LONG bits = (LONG)0x80000000;
        LONG64 more = 0;
        EXPECT(InterlockedAnd16(&small, 0xff) == 0x0f0f && InterlockedOr16(&small, 0x100) == 0x0f && InterlockedXor16(&small, 1) == 0x10f);
        EXPECT(InterlockedExchange16(&small, 7) == 0x10e && small == 7);
        EXPECT(InterlockedAnd8(&tiny, 5) == 0x0f && InterlockedOr8(&tiny, 2) == 5 && InterlockedXor8(&tiny, 1) == 7 && InterlockedExchange8(&tiny, 1) == 6 && tiny == 1);
        EXPECT(InterlockedExchangeSubtract(&much, 6) == 5 && much == 0xffffffffU);
        EXPECT(InterlockedBitTestAndReset(&bits, 31) == 1 && bits == 0 && InterlockedBitTestAndSet(&bits, 34) == 0 && bits == 4);
        EXPECT(InterlockedBitTestAndComplement(&bits, 2) == 1 && InterlockedBitTestAndComplement(&bits, 31) == 0 && bits == (LONG)0x80000000);
        EXPECT(InterlockedBitTestAndSet64(&more, 63) == 0 && InterlockedBitTestAndSet64(&more, 63) == 1 && InterlockedBitTestAndReset64(&more, 63) == 1 && more == 0);
        EXPECT(InterlockedIncrementNoFence(&bits) == (LONG)0x80000001 && InterlockedAnd64Acquire(&more, 1) == 0 && InterlockedExchangeNoFence64(&more, 3) == 0);
        EXPECT(InterlockedCompareExchangePointerRelease(&pointer, bytes, NULL) == NULL && InterlockedExchangePointer(&pointer, NULL) == bytes);
    }

    found("RtlMoveMemory").move(bytes + 1, bytes, 4);
    EXPECT(memcmp(bytes, "11234678", 8) == 0);
    found("RtlCopyMemory").move(bytes, "ab", 2);
    found("RtlFillMemory").fill(bytes + 2, 2, 'x');
    found("RtlZeroMemory").zero(bytes + 6, 2);
    EXPECT(memcmp(bytes, "abxx46\0\0", 8) == 0);
    CopyMemory(bytes, "12345678", 8);
    MoveMemory(bytes + 2, bytes, 4);
    FillMemory(bytes, 1, 'y');
    ZeroMemory(bytes + 7, 1);
    EXPECT(memcmp(bytes, "y212347\0", 8) == 0);
}

static LONG volatile state;

static DWORD WINAPI change(LPVOID argument)
{
    (void)argument;
    InterlockedExchange(&state, 1);
    WakeByAddressSingle((PVOID)&state);
    return 0;
}

static void addresses(void)
{
    LONG undesired = 0, other = 3;
    BYTE byte = 4, same = 4;
    HANDLE thread;

    QUIET(WaitOnAddress(&state, &other, sizeof state, INFINITE)); /* it is another value already */
    FAILS(WaitOnAddress(&state, &undesired, sizeof state, 1), ERROR_TIMEOUT);
    FAILS(WaitOnAddress(&byte, &same, 1, 0), ERROR_TIMEOUT);
    FAILS(WaitOnAddress(&state, &undesired, 3, 0), ERROR_INVALID_PARAMETER);
    FAILS(WaitOnAddress((PVOID)(ULONG_PTR)16, &undesired, 4, 0), ERROR_NOACCESS);
    thread = CreateThread(NULL, 0, change, NULL, 0, NULL);
    while (state == undesired)
        EXPECT(WaitOnAddress(&state, &undesired, sizeof state, INFINITE));
    EXPECT(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0);
    CloseHandle(thread);
    WakeByAddressAll((PVOID)&state);
}

static void messages(void)
{
    HANDLE events[2];
    int i;
    events[0] = CreateEvent(NULL, FALSE, FALSE, NULL);
    events[1] = CreateEvent(NULL, FALSE, TRUE, NULL);
    EXPECT(MsgWaitForMultipleObjects(2, events, FALSE, INFINITE, QS_ALLINPUT) == WAIT_OBJECT_0 + 1);
    EXPECT(MsgWaitForMultipleObjects(2, events, FALSE, 1, QS_ALLINPUT) == WAIT_TIMEOUT);
    EXPECT(MsgWaitForMultipleObjects(0, NULL, FALSE, 1, QS_ALLINPUT) == WAIT_TIMEOUT);
    EXPECT(SetEvent(events[0]) && MsgWaitForMultipleObjectsEx(2, events, INFINITE, QS_ALLEVENTS, MWMO_INPUTAVAILABLE) == WAIT_OBJECT_0);
    EXPECT(MsgWaitForMultipleObjectsEx(2, events, 1, QS_ALLINPUT, MWMO_WAITALL | MWMO_ALERTABLE) == WAIT_TIMEOUT);
    EXPECT(MsgWaitForMultipleObjectsEx(64, events, 0, QS_ALLINPUT, 0) == WAIT_FAILED && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(MsgWaitForMultipleObjectsEx(1, events, 0, QS_ALLINPUT, 8) == WAIT_FAILED && GetLastError() == ERROR_INVALID_PARAMETER);
    for (i = 0; i < 2; i++)
        CloseHandle(events[i]);
}

static void jobs(LPTSTR self)
{
    TCHAR line[600];
    STARTUPINFO how;
    PROCESS_INFORMATION child;
    HANDLE job = CreateJobObject(NULL, NULL), other = CreateJobObject(NULL, NULL), weak;
    BOOL inside = 9;
    DWORD code = 0;

    ZeroMemory(&how, sizeof how);
    how.cb = sizeof how;
    _sntprintf(line, 600, TEXT("\"%s\" sleep"), self);
    if (!CreateProcess(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &how, &child)) {
        EXPECT(!"CreateProcess");
        return;
    }
    QUIET(AssignProcessToJobObject(job, child.hProcess));
    QUIET(IsProcessInJob(child.hProcess, job, &inside) && inside);
    QUIET(IsProcessInJob(child.hProcess, other, &inside) && !inside);
    QUIET(IsProcessInJob(child.hProcess, NULL, &inside) && inside);
    QUIET(IsProcessInJob(GetCurrentProcess(), job, &inside) && !inside);
    FAILS(AssignProcessToJobObject(child.hProcess, job), ERROR_INVALID_HANDLE);
    FAILS(IsProcessInJob(child.hProcess, job, (PBOOL)(ULONG_PTR)16), ERROR_NOACCESS);
    EXPECT(DuplicateHandle(GetCurrentProcess(), job, GetCurrentProcess(), &weak, JOB_OBJECT_QUERY, FALSE, 0));
    FAILS(TerminateJobObject(weak, 5), ERROR_ACCESS_DENIED);
    FAILS(AssignProcessToJobObject(weak, child.hProcess), ERROR_ACCESS_DENIED);
    QUIET(TerminateJobObject(job, 0x12345678));
    EXPECT(WaitForSingleObject(child.hProcess, INFINITE) == WAIT_OBJECT_0 && GetExitCodeProcess(child.hProcess, &code) && code == 0x12345678);
    FAILS(AssignProcessToJobObject(job, child.hProcess), ERROR_ACCESS_DENIED);
    CloseHandle(child.hThread);
    CloseHandle(child.hProcess);
    CloseHandle(weak);
    CloseHandle(other);
    CloseHandle(job);
}

static void lists(void)
{
    BYTE list[200], labels[200];
    SECURITY_DESCRIPTOR descriptor;
    PSID world = NULL, low = NULL, group = NULL;
    PACL acl = NULL;
    LPTSTR text = NULL;
    BOOL present = 9, defaulted = 9;

    EXPECT(ConvertStringSidToSid(TEXT("WD"), &world) && ConvertStringSidToSid(TEXT("S-1-16-4096"), &low));
    EXPECT(InitializeAcl((PACL)list, sizeof list, ACL_REVISION) && InitializeAcl((PACL)labels, sizeof labels, ACL_REVISION));
    QUIET(AddAccessDeniedAceEx((PACL)list, ACL_REVISION, 0, FILE_MAP_WRITE, world));
    QUIET(AddMandatoryAce((PACL)labels, ACL_REVISION, 0, SYSTEM_MANDATORY_LABEL_NO_WRITE_UP, low));
    FAILS(AddMandatoryAce((PACL)labels, ACL_REVISION, 0, SYSTEM_MANDATORY_LABEL_NO_WRITE_UP, NULL), ERROR_NOACCESS);
    EXPECT(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
    QUIET(SetSecurityDescriptorGroup(&descriptor, world, FALSE) && SetSecurityDescriptorSacl(&descriptor, TRUE, (PACL)labels, FALSE));
    QUIET(SetSecurityDescriptorDacl(&descriptor, TRUE, (PACL)list, FALSE));
    QUIET(GetSecurityDescriptorGroup(&descriptor, &group, &defaulted) && EqualSid(group, world) && !defaulted);
    QUIET(GetSecurityDescriptorSacl(&descriptor, &present, &acl, &defaulted) && present && acl == (PACL)labels);
    EXPECT(ConvertSecurityDescriptorToStringSecurityDescriptor(&descriptor, SDDL_REVISION_1,
               GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION, &text, NULL));
    if (text == NULL || _tcscmp(text, TEXT("G:WDD:(D;;0x2;;;WD)S:(ML;;NW;;;LW)")) != 0)
        _tprintf(TEXT("%s\n"), text ? text : TEXT("none"));
    EXPECT(text != NULL && _tcsstr(text, TEXT("G:WD")) && _tcsstr(text, TEXT("S:(ML;;NW;;;LW)")));
    LocalFree(text);
    LocalFree(world);
    LocalFree(low);
}

int _tmain(int argc, TCHAR *argv[])
{
    if (argc == 2 && _tcscmp(argv[1], TEXT("sleep")) == 0) {
        Sleep(INFINITE);
        return 1;
    }
    words();
    addresses();
    messages();
    jobs(argv[0]);
    lists();
    printf("%d failures\n", failures);
    return failures != 0;
}

/* Interlocked singly linked lists: alone, between threads, with entries whose memory goes as soon as they are taken, and between processes,
 * one of which dies. One line per failed expectation. It runs on Windows, too. */
#define _WIN32_WINNT 0x0602
#include <windows.h>
#include <tchar.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#ifndef _WIN32
#include <signal.h>
#include <unistd.h>
#endif

static int failures;
#define EXPECT(condition) do { if (!(condition)) { failures++; printf("line %d: %s (last error %u)\n", __LINE__, #condition, (unsigned)GetLastError()); fflush(stdout); } } while (0)
#define QUIET(call) do { SetLastError(77777); EXPECT((call) && GetLastError() == 77777); } while (0)

typedef struct { SLIST_ENTRY link; LONG volatile owner; LONG number; } ITEM;

static void alone(void)
{
    static SLIST_HEADER head;
    static ITEM items[6];
    PSLIST_ENTRY at;
    int i;

    EXPECT(sizeof(SLIST_HEADER) == 16 && sizeof(SLIST_ENTRY) == 16 && offsetof(ITEM, owner) == 16 && sizeof(ITEM) == 32);
    EXPECT((ULONG_PTR)&head % MEMORY_ALLOCATION_ALIGNMENT == 0 && (ULONG_PTR)&items[1] % MEMORY_ALLOCATION_ALIGNMENT == 0);
    memset(&head, 0xff, sizeof head);
    InitializeSListHead(&head);
    EXPECT(QueryDepthSList(&head) == 0 && RtlFirstEntrySList(&head) == NULL);
    QUIET(InterlockedPopEntrySList(&head) == NULL);
    QUIET(InterlockedFlushSList(&head) == NULL);
    QUIET(InterlockedPushEntrySList(&head, &items[0].link) == NULL);
    QUIET(InterlockedPushEntrySList(&head, &items[1].link) == &items[0].link);
    EXPECT(QueryDepthSList(&head) == 2 && RtlFirstEntrySList(&head) == &items[1].link && items[1].link.Next == &items[0].link && items[0].link.Next == NULL);
    /* A chain goes before what is there. */
    for (i = 2; i < 4; i++)
        items[i].link.Next = &items[i + 1].link;
    QUIET(InterlockedPushListSListEx(&head, &items[2].link, &items[4].link, 3) == &items[1].link);
    EXPECT(QueryDepthSList(&head) == 5);
    for (i = 2; i < 5; i++)
        EXPECT(InterlockedPopEntrySList(&head) == &items[i].link);
    EXPECT(QueryDepthSList(&head) == 2);
    at = InterlockedFlushSList(&head);
    EXPECT(at == &items[1].link && at->Next == &items[0].link && at->Next->Next == NULL && QueryDepthSList(&head) == 0);
    EXPECT(InterlockedPushListSList(&head, &items[5].link, &items[5].link, 1) == NULL && InterlockedPopEntrySList(&head) == &items[5].link);
    EXPECT(RtlFirstEntrySList(&head) == NULL);
#ifndef _WIN32
    /* What other programs see of it: the depth, and a number that grows with every push. */
    InitializeSListHead(&head);
    InterlockedPushEntrySList(&head, &items[0].link);
    InterlockedPopEntrySList(&head);
    InterlockedPushEntrySList(&head, &items[0].link);
    EXPECT(head.HeaderX64.Depth == 1 && head.HeaderX64.Sequence == 2 && (ULONG_PTR)head.HeaderX64.NextEntry << 4 == (ULONG_PTR)&items[0]);
    SetLastError(4321);
    errno = 1;
    InterlockedPopEntrySList(&head);
    EXPECT(errno == 4321);
#endif
}

/* ---- threads that take and give back ---- */

#ifdef _WIN32
enum { THREADS = 4, ITEMS = 7, TURNS = 8000 }; /* each turn takes longer under Wine */
#else
enum { THREADS = 4, ITEMS = 7, TURNS = 40000 };
#endif
static SLIST_HEADER pool, chain;
static LONG volatile mistakes;
static HANDLE go;

static DWORD WINAPI take_and_give(LPVOID parameter)
{
    LONG me = (LONG)(LONG_PTR)parameter;
    int turn;
    WaitForSingleObject(go, INFINITE);
    for (turn = 0; turn < TURNS; turn++) {
        ITEM *one = (ITEM *)InterlockedPopEntrySList(&pool), *two = (ITEM *)InterlockedPopEntrySList(&pool);
        if (one != NULL && InterlockedExchange(&one->owner, me) != 0)
            InterlockedIncrement(&mistakes);
        if (two != NULL && InterlockedExchange(&two->owner, me) != 0)
            InterlockedIncrement(&mistakes);
        /* The first one goes back before the second: the header then has the same first entry and the same depth as before. */
        if (one != NULL) {
            if (InterlockedExchange(&one->owner, 0) != me)
                InterlockedIncrement(&mistakes);
            InterlockedPushEntrySList(&pool, &one->link);
        }
        if (two != NULL) {
            if (InterlockedExchange(&two->owner, 0) != me)
                InterlockedIncrement(&mistakes);
            two->link.Next = NULL;
            InterlockedPushListSListEx(&pool, &two->link, &two->link, 1);
        }
        if (turn % 64 == 0) { /* all of them, from the one list to the other and back */
            PSLIST_ENTRY first = InterlockedFlushSList(&pool), last = first;
            ULONG count = 1;
            if (first != NULL) {
                for (; last->Next != NULL; last = last->Next)
                    count++;
                InterlockedPushListSListEx(&chain, first, last, count);
            }
            first = last = InterlockedFlushSList(&chain);
            if (first != NULL) {
                for (count = 1; last->Next != NULL; last = last->Next)
                    count++;
                InterlockedPushListSListEx(&pool, first, last, count);
            }
        }
    }
    return 0;
}

static void run_threads(LPTHREAD_START_ROUTINE function)
{
    HANDLE threads[THREADS];
    int i;
    go = CreateEvent(NULL, TRUE, FALSE, NULL);
    for (i = 0; i < THREADS; i++)
        threads[i] = CreateThread(NULL, 0, function, (LPVOID)(LONG_PTR)(i + 1), 0, NULL);
    SetEvent(go);
    EXPECT(WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE) == WAIT_OBJECT_0);
    for (i = 0; i < THREADS; i++)
        CloseHandle(threads[i]);
    CloseHandle(go);
}

static void between_threads(void)
{
    static ITEM items[ITEMS];
    PSLIST_ENTRY at;
    int i, count = 0, seen = 0;
    InitializeSListHead(&pool);
    InitializeSListHead(&chain);
    for (i = 0; i < ITEMS; i++) {
        items[i].number = i;
        InterlockedPushEntrySList(&pool, &items[i].link);
    }
    run_threads(take_and_give);
    EXPECT(mistakes == 0 && QueryDepthSList(&pool) == ITEMS && QueryDepthSList(&chain) == 0);
    for (at = InterlockedFlushSList(&pool); at != NULL && count < 100; at = at->Next, count++)
        seen |= 1 << ((ITEM *)at)->number;
    EXPECT(count == ITEMS && seen == (1 << ITEMS) - 1);
}

/* ---- entries that are unmapped as soon as they are taken ---- */

static DWORD WINAPI take_and_free(LPVOID parameter)
{
    int turn;
    WaitForSingleObject(go, INFINITE);
    for (turn = 0; turn < TURNS / 8; turn++) {
        PSLIST_ENTRY at = InterlockedPopEntrySList(&pool);
        if (at != NULL)
            VirtualFree(at, 0, MEM_RELEASE);
        at = (PSLIST_ENTRY)VirtualAlloc(NULL, sizeof(ITEM), MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        if (at == NULL) {
            InterlockedIncrement(&mistakes);
            continue;
        }
        at->Next = (PSLIST_ENTRY)parameter; /* nonsense until it is pushed */
        InterlockedPushEntrySList(&pool, at);
    }
    return 0;
}

#ifndef _WIN32
static void not_the_programs_fault(int number)
{
    static const char text[] = "the program's own handler was called\n";
    ssize_t written = write(1, text, sizeof text - 1);
    (void)written;
    _exit(number);
}
#endif

static void with_freed_entries(void)
{
    PSLIST_ENTRY at;
    InitializeSListHead(&pool);
    mistakes = 0;
    run_threads(take_and_free);
    EXPECT(mistakes == 0);
    while ((at = InterlockedPopEntrySList(&pool)) != NULL)
        VirtualFree(at, 0, MEM_RELEASE);
    EXPECT(QueryDepthSList(&pool) == 0);
}

/* ---- two processes, with the memory at one address ---- */

typedef struct { SLIST_HEADER list; LONG volatile turns, stop; LONG padding[2]; ITEM items[64]; } SHARED;

static SHARED *shared_at(HANDLE mapping, ULONG_PTR address)
{
    return (SHARED *)MapViewOfFileEx(mapping, FILE_MAP_ALL_ACCESS, 0, 0, 0, (LPVOID)address);
}

static int in_child(HANDLE mapping, ULONG_PTR address)
{
    SHARED *shared = shared_at(mapping, address);
    if (shared == NULL)
        return 3;
    while (!shared->stop) {
        PSLIST_ENTRY at = InterlockedPopEntrySList(&shared->list);
        if (at != NULL)
            InterlockedPushEntrySList(&shared->list, at);
        InterlockedIncrement(&shared->turns);
    }
    return 0;
}

static int listed(SHARED *shared)
{
    char seen[64] = {0};
    PSLIST_ENTRY at;
    int count = 0;
    for (at = RtlFirstEntrySList(&shared->list); at != NULL && count < 100; at = at->Next, count++) {
        LONG number = ((ITEM *)at)->number;
        EXPECT(number >= 0 && number < 64 && !seen[number]);
        seen[number & 63] = 1;
    }
    EXPECT(count == QueryDepthSList(&shared->list));
    return count;
}

static void between_processes(LPTSTR self)
{
    SECURITY_ATTRIBUTES inherited;
    HANDLE mapping;
    SHARED *shared;
    int i, round;

    inherited.nLength = sizeof inherited;
    inherited.lpSecurityDescriptor = NULL;
    inherited.bInheritHandle = TRUE;
    mapping = CreateFileMapping(INVALID_HANDLE_VALUE, &inherited, PAGE_READWRITE, 0, sizeof(SHARED), NULL);
    shared = shared_at(mapping, 0);
    if (shared == NULL) {
        EXPECT(!"a view");
        return;
    }
    for (round = 0; round < 2; round++) {
        TCHAR line[600];
        STARTUPINFO how;
        PROCESS_INFORMATION child;
        DWORD code = 99;
        LONG enough;

        memset(shared, 0, sizeof *shared);
        InitializeSListHead(&shared->list);
        for (i = 0; i < 64; i++) {
            shared->items[i].number = i;
            InterlockedPushEntrySList(&shared->list, &shared->items[i].link);
        }
        ZeroMemory(&how, sizeof how);
        how.cb = sizeof how;
        _sntprintf(line, 600, TEXT("\"%s\" child %u %u %u"), self, (unsigned)(ULONG_PTR)mapping, (unsigned)((ULONG_PTR)shared >> 32), (unsigned)(ULONG_PTR)shared);
        if (!CreateProcess(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &how, &child)) {
            EXPECT(!"CreateProcess");
            return;
        }
        while (shared->turns == 0 && WaitForSingleObject(child.hProcess, 1) == WAIT_TIMEOUT) {
        }
        enough = shared->turns + TURNS / 8;
        for (i = 0; (i < TURNS / 8 || shared->turns < enough) && (i % 256 || WaitForSingleObject(child.hProcess, 0) == WAIT_TIMEOUT); i++) {
            PSLIST_ENTRY at = InterlockedPopEntrySList(&shared->list);
            if (at != NULL)
                InterlockedPushEntrySList(&shared->list, at);
        }
        if (round == 0)
            shared->stop = 1;
        else
            TerminateProcess(child.hProcess, 9); /* anywhere */
        EXPECT(WaitForSingleObject(child.hProcess, INFINITE) == WAIT_OBJECT_0 && GetExitCodeProcess(child.hProcess, &code) && code == (round == 0 ? 0U : 9U));
        i = listed(shared);
        EXPECT(round == 0 ? i == 64 : i == 63 || i == 64); /* the dead one has at most the one that it had taken */
        CloseHandle(child.hThread);
        CloseHandle(child.hProcess);
    }
    UnmapViewOfFile(shared);
    CloseHandle(mapping);
}

/* ---- what is the program's own fault ---- */

static int pop_what_is_not_there(void)
{
    static ITEM last;
    PSLIST_ENTRY gone = (PSLIST_ENTRY)VirtualAlloc(NULL, sizeof(ITEM), MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    InitializeSListHead(&pool);
    InterlockedPushEntrySList(&pool, &last.link);
    InterlockedPushEntrySList(&pool, gone);
    VirtualFree(gone, 0, MEM_RELEASE); /* while it is listed */
    InterlockedPopEntrySList(&pool);
    return 0;
}

#ifndef _WIN32
static int push_askew(void)
{
    static ITEM two[2];
    InitializeSListHead(&pool);
    InterlockedPushEntrySList(&pool, (PSLIST_ENTRY)(PVOID)((char *)two + 8));
    return 0;
}
#endif

static DWORD code_of(LPTSTR self, LPCTSTR what)
{
    TCHAR line[600];
    STARTUPINFO how;
    PROCESS_INFORMATION child;
    DWORD code = 0;
    ZeroMemory(&how, sizeof how);
    how.cb = sizeof how;
    _sntprintf(line, 600, TEXT("\"%s\" %s"), self, what);
    if (!CreateProcess(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &how, &child))
        return 0;
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    CloseHandle(child.hThread);
    CloseHandle(child.hProcess);
    return code;
}

int _tmain(int argc, TCHAR *argv[])
{
    if (argc == 2 && _tcscmp(argv[1], TEXT("gone")) == 0)
        return pop_what_is_not_there();
#ifndef _WIN32
    if (argc == 2)
        return push_askew();
#endif
    if (argc == 5)
        return in_child((HANDLE)(ULONG_PTR)_tcstoul(argv[2], NULL, 10), (ULONG_PTR)_tcstoul(argv[3], NULL, 10) << 32 | _tcstoul(argv[4], NULL, 10));
    alone();
    between_threads();
    with_freed_entries();
#ifndef _WIN32
    /* The same when a handler of the program's stands before the library's: it is not asked. */
    signal(SIGSEGV, not_the_programs_fault);
    with_freed_entries();
    signal(SIGSEGV, SIG_DFL);
#endif
    between_processes(argv[0]);
#ifndef _WIN32
    EXPECT(code_of(argv[0], TEXT("gone")) == EXCEPTION_ACCESS_VIOLATION);
    EXPECT(code_of(argv[0], TEXT("askew")) == 0xC0000006U); /* SIGBUS */
#else
    (void)code_of, (void)pop_what_is_not_there; /* a crash under Wine starts its debugger */
#endif
    printf("%d failures\n", failures);
    return failures != 0;
}

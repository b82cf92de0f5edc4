/* Functions that threads of the pool call: registered waits, timers in queues, work items. One line per failed expectation.
 * It runs on Windows, too; what Windows leaves undefined, or does not tell, is asked here only. */
#define _WIN32_WINNT 0x0602
#include <windows.h>
#include <tchar.h>
#include <stdio.h>
#include <stdlib.h>
#ifndef _WIN32
#include <sys/wait.h>
#include <unistd.h>
#endif

static int failures;
#define EXPECT(condition) do { if (!(condition)) { failures++; printf("line %d: %s (last error %u)\n", __LINE__, #condition, (unsigned)GetLastError()); fflush(stdout); } } while (0)
#define FAILS(call, number) do { SetLastError(77777); EXPECT(!(call) && GetLastError() == (number)); } while (0)
#define QUIET(call) do { SetLastError(77777); EXPECT((call) && GetLastError() == 77777); } while (0)

/* One function for all: it notes the call, and does what its parameter says. */
typedef struct {
    HANDLE called;   /* a semaphore: one for each call */
    HANDLE blocks;   /* not NULL: each call waits for it */
    HANDLE mutex;    /* not NULL: each call releases it */
    HANDLE wait;     /* not NULL: each call ends this wait */
    HANDLE timer;    /* not NULL: each call ends this timer */
    BOOL waits_for_itself, ends_thread;
    LONG volatile calls, done, timed_out;
    DWORD volatile thread, answer, released;
} NOTES;

static NOTES *notes(void)
{
    NOTES *n = (NOTES *)calloc(1, sizeof *n);
    n->called = CreateSemaphore(NULL, 0, 1000000, NULL);
    return n;
}

static VOID CALLBACK note(PVOID parameter, BOOLEAN timed_out)
{
    NOTES *n = (NOTES *)parameter;
    InterlockedIncrement(&n->calls);
    if (timed_out)
        InterlockedIncrement(&n->timed_out);
    n->thread = GetCurrentThreadId();
    if (n->mutex != NULL)
        n->released = ReleaseMutex(n->mutex);
    if (n->wait != NULL) {
        BOOL ended = n->waits_for_itself ? UnregisterWaitEx(n->wait, INVALID_HANDLE_VALUE) : UnregisterWait(n->wait);
        n->answer = ended ? 0 : GetLastError();
    }
    if (n->timer != NULL) {
        BOOL ended = DeleteTimerQueueTimer(NULL, n->timer, n->waits_for_itself ? INVALID_HANDLE_VALUE : NULL);
        n->answer = ended ? 0 : GetLastError();
    }
    ReleaseSemaphore(n->called, 1, NULL);
    if (n->blocks != NULL)
        WaitForSingleObject(n->blocks, INFINITE);
    InterlockedIncrement(&n->done);
    if (n->ends_thread)
        ExitThread(5);
}

static DWORD WINAPI work(LPVOID parameter)
{
    note(parameter, FALSE);
    return 0;
}

static DWORD WINAPI set_later(LPVOID event)
{
    SwitchToThread();
    SetEvent((HANDLE)event);
    return 0;
}

#ifndef PATIENCE
#define PATIENCE 60000 /* milliseconds after which a call will not come any more */
#endif
static BOOL came(NOTES *n) { return WaitForSingleObject(n->called, PATIENCE) == WAIT_OBJECT_0; }
static HANDLE event(BOOL manual, BOOL set) { return CreateEvent(NULL, manual, set, NULL); }

/* Whatever was under way before has had its turn after this. */
static void others_have_had_their_turn(void)
{
    NOTES *n = notes();
    HANDLE object = event(FALSE, TRUE), wait = NULL, timer = NULL;
    int i;
    EXPECT(RegisterWaitForSingleObject(&wait, object, note, n, INFINITE, WT_EXECUTEDEFAULT));
    for (i = 0; i < 5; i++) {
        EXPECT(came(n));
        SetEvent(object);
    }
    EXPECT(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    EXPECT(CreateTimerQueueTimer(&timer, NULL, note, n, 1, 1, WT_EXECUTEDEFAULT));
    for (i = 0; i < 5; i++)
        EXPECT(came(n));
    EXPECT(DeleteTimerQueueTimer(NULL, timer, INVALID_HANDLE_VALUE));
    CloseHandle(object);
}

/* ---- registered waits ---- */

static void waits(void)
{
    NOTES *n = notes();
    HANDLE object = event(FALSE, FALSE), wait = NULL, done = event(TRUE, FALSE), mutex;
    LONG calls;
    DWORD thread;
    int i;

    /* Each signal of an auto-reset event is one call. */
    QUIET(RegisterWaitForSingleObject(&wait, object, note, n, INFINITE, WT_EXECUTEDEFAULT) && wait != NULL);
    for (i = 0; i < 20; i++) {
        EXPECT(SetEvent(object) && came(n));
        EXPECT(n->calls == i + 1 && n->timed_out == 0);
    }
    QUIET(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    EXPECT(SetEvent(object));
    others_have_had_their_turn();
    EXPECT(n->calls == 20 && n->done == 20 && WaitForSingleObject(object, 0) == WAIT_OBJECT_0);

    /* Every one of a semaphore's count is one. */
    {
        HANDLE five = CreateSemaphore(NULL, 5, 5, NULL);
        n = notes();
        EXPECT(RegisterWaitForSingleObject(&wait, five, note, n, INFINITE, WT_EXECUTEDEFAULT));
        for (i = 0; i < 5; i++)
            EXPECT(came(n));
        EXPECT(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE) && n->calls == 5 && WaitForSingleObject(five, 0) == WAIT_TIMEOUT);
        CloseHandle(five);
    }

    /* The time begins again with each call. */
    n = notes();
    EXPECT(RegisterWaitForSingleObject(&wait, object, note, n, 2, WT_EXECUTEDEFAULT));
#ifndef _WIN32 /* as documented; under Wine it is over once */
    for (i = 0; i < 2; i++)
        EXPECT(came(n));
#endif
    EXPECT(came(n));
    EXPECT(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE) && n->calls >= 1 && n->timed_out == n->calls && n->done == n->calls);
    calls = n->calls;
    others_have_had_their_turn();
    EXPECT(n->calls == calls);

    /* Once, though the event stays set; and once for a time. */
    n = notes();
    SetEvent(done);
    EXPECT(RegisterWaitForSingleObject(&wait, done, note, n, 1, WT_EXECUTEONLYONCE));
    EXPECT(came(n));
    others_have_had_their_turn();
    EXPECT(n->calls == 1 && n->timed_out == 0);
    QUIET(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    n = notes();
    EXPECT(RegisterWaitForSingleObject(&wait, object, note, n, 1, WT_EXECUTEONLYONCE | WT_EXECUTELONGFUNCTION));
    EXPECT(came(n));
    others_have_had_their_turn();
    EXPECT(n->calls == 1 && n->timed_out == 1 && UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    n = notes();
    EXPECT(RegisterWaitForSingleObject(&wait, object, note, n, 0, WT_EXECUTEONLYONCE) && came(n) && n->timed_out == 1 && UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    ResetEvent(done);

    /* In the thread that waits, which then owns a mutex that it waited for. */
    n = notes();
    mutex = CreateMutex(NULL, TRUE, NULL);
    n->mutex = mutex;
    EXPECT(RegisterWaitForSingleObject(&wait, mutex, note, n, INFINITE, WT_EXECUTEINWAITTHREAD | WT_EXECUTEONLYONCE));
    others_have_had_their_turn();
    EXPECT(n->calls == 0 && ReleaseMutex(mutex) && came(n) && n->released);
    EXPECT(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE) && WaitForSingleObject(mutex, 0) == WAIT_OBJECT_0);
    ReleaseMutex(mutex);
    n = notes();
    EXPECT(RegisterWaitForSingleObject(&wait, object, note, n, INFINITE, WT_EXECUTEINWAITTHREAD));
    EXPECT(SetEvent(object) && came(n));
    thread = n->thread;
    for (i = 0; i < 5; i++)
        EXPECT(SetEvent(object) && came(n) && n->thread == thread && thread != GetCurrentThreadId());
    EXPECT(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));

    CloseHandle(mutex);
    CloseHandle(object);
    CloseHandle(done);
}

static void ends_of_waits(void)
{
    NOTES *n = notes();
    HANDLE object = event(FALSE, FALSE), wait = NULL, go = event(TRUE, FALSE), told = event(TRUE, FALSE);

    /* From its own call. */
    SetLastError(77777);
    EXPECT(RegisterWaitForSingleObject(&n->wait, object, note, n, INFINITE, WT_EXECUTEDEFAULT));
    EXPECT(SetEvent(object) && came(n) && n->answer == ERROR_IO_PENDING);
    SetEvent(object);
    others_have_had_their_turn();
    EXPECT(n->calls == 1 && n->done == 1);
    ResetEvent(object);

    /* While a call is under way: at once, with 997. */
    n = notes();
    n->blocks = go;
    EXPECT(RegisterWaitForSingleObject(&wait, object, note, n, INFINITE, WT_EXECUTEDEFAULT));
    EXPECT(SetEvent(object) && came(n));
    FAILS(UnregisterWait(wait), ERROR_IO_PENDING);
    EXPECT(n->done == 0);
    SetEvent(go);
    while (n->done == 0)
        SwitchToThread();
    ResetEvent(go);

    /* With an event, which is set afterwards. */
    n = notes();
    n->blocks = go;
    EXPECT(RegisterWaitForSingleObject(&wait, object, note, n, INFINITE, WT_EXECUTEDEFAULT));
    EXPECT(SetEvent(object) && came(n));
    EXPECT(UnregisterWaitEx(wait, told) || GetLastError() == ERROR_IO_PENDING);
    EXPECT(WaitForSingleObject(told, 0) == WAIT_TIMEOUT && n->done == 0);
    SetEvent(go);
    EXPECT(WaitForSingleObject(told, INFINITE) == WAIT_OBJECT_0 && n->done == 1);
    ResetEvent(go);
    ResetEvent(told);
    n = notes();
    EXPECT(RegisterWaitForSingleObject(&wait, object, note, n, INFINITE, WT_EXECUTEDEFAULT));
    QUIET(UnregisterWaitEx(wait, told));
    EXPECT(WaitForSingleObject(told, INFINITE) == WAIT_OBJECT_0 && n->calls == 0);

    /* And returning afterwards. */
    n = notes();
    n->blocks = go;
    EXPECT(RegisterWaitForSingleObject(&wait, object, note, n, INFINITE, WT_EXECUTEDEFAULT));
    EXPECT(SetEvent(object) && came(n) && QueueUserWorkItem(set_later, go, WT_EXECUTEDEFAULT));
    QUIET(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    EXPECT(n->calls == 1 && n->done == 1);

    /* Two calls of one wait at a time. */
    ResetEvent(go);
    n = notes();
    n->blocks = go;
    EXPECT(RegisterWaitForSingleObject(&wait, object, note, n, INFINITE, WT_EXECUTEDEFAULT));
    EXPECT(SetEvent(object) && came(n));
#ifndef _WIN32
    EXPECT(SetEvent(object) && came(n) && n->calls == 2 && n->done == 0);
#endif
    SetEvent(go);
    QUIET(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));

    FAILS(UnregisterWait(NULL), ERROR_INVALID_HANDLE);
    FAILS(UnregisterWaitEx(NULL, INVALID_HANDLE_VALUE), ERROR_INVALID_HANDLE);
    n = notes();
    CloseHandle(go);
    CloseHandle(told);
#ifndef _WIN32
    FAILS(RegisterWaitForSingleObject(&wait, go, note, n, INFINITE, 0), ERROR_INVALID_HANDLE);
    FAILS(RegisterWaitForSingleObject(&wait, NULL, note, n, INFINITE, 0), ERROR_INVALID_HANDLE);
    FAILS(RegisterWaitForSingleObject(&wait, GetCurrentProcess(), note, n, INFINITE, 0), ERROR_INVALID_HANDLE);
    FAILS(UnregisterWait(wait), ERROR_INVALID_HANDLE); /* a second time */
    FAILS(UnregisterWait(object), ERROR_INVALID_HANDLE);
    FAILS(RegisterWaitForSingleObject(&wait, object, NULL, n, INFINITE, 0), ERROR_NOACCESS);
    FAILS(RegisterWaitForSingleObject((PHANDLE)(ULONG_PTR)16, object, note, n, INFINITE, 0), ERROR_NOACCESS);
    {
        HANDLE weak, twin;
        EXPECT(DuplicateHandle(GetCurrentProcess(), object, GetCurrentProcess(), &weak, EVENT_MODIFY_STATE, FALSE, 0));
        FAILS(RegisterWaitForSingleObject(&wait, weak, note, n, INFINITE, 0), ERROR_ACCESS_DENIED);
        CloseHandle(weak);
        EXPECT(DuplicateHandle(GetCurrentProcess(), object, GetCurrentProcess(), &weak, SYNCHRONIZE, FALSE, 0));
        EXPECT(RegisterWaitForSingleObject(&wait, object, note, n, INFINITE, 0));
        FAILS(UnregisterWaitEx(wait, weak), ERROR_ACCESS_DENIED);
        CloseHandle(weak);
        FAILS(UnregisterWaitEx(wait, weak), ERROR_INVALID_HANDLE);
        weak = CreateMutex(NULL, FALSE, NULL);
        FAILS(UnregisterWaitEx(wait, weak), ERROR_INVALID_HANDLE);
        CloseHandle(weak);
        /* It is no handle of an object. */
        FAILS(CloseHandle(wait), ERROR_INVALID_HANDLE);
        EXPECT(WaitForSingleObject(wait, 0) == WAIT_FAILED && GetLastError() == ERROR_INVALID_HANDLE);
        /* The wait goes on without the handle. */
        EXPECT(DuplicateHandle(GetCurrentProcess(), object, GetCurrentProcess(), &twin, 0, FALSE, DUPLICATE_SAME_ACCESS) && CloseHandle(object));
        EXPECT(SetEvent(twin) && came(n));
        EXPECT(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
        object = twin;
    }
    /* Its own call can't wait for itself; the wait goes on. */
    n = notes();
    n->waits_for_itself = TRUE;
    EXPECT(RegisterWaitForSingleObject(&n->wait, object, note, n, INFINITE, 0));
    EXPECT(SetEvent(object) && came(n) && n->answer == ERROR_POSSIBLE_DEADLOCK);
    EXPECT(SetEvent(object) && came(n) && UnregisterWaitEx(n->wait, INVALID_HANDLE_VALUE));
    /* A call may end its thread, be it the pool's or the one that waits. */
    n = notes();
    n->ends_thread = TRUE;
    EXPECT(RegisterWaitForSingleObject(&wait, object, note, n, INFINITE, 0));
    EXPECT(SetEvent(object) && came(n) && SetEvent(object) && came(n) && UnregisterWaitEx(wait, INVALID_HANDLE_VALUE) && n->done == 2);
    EXPECT(RegisterWaitForSingleObject(&wait, object, note, n, INFINITE, WT_EXECUTEINWAITTHREAD));
    EXPECT(SetEvent(object) && came(n) && SetEvent(object) && came(n) && UnregisterWaitEx(wait, INVALID_HANDLE_VALUE) && n->done == 4);
#endif
    CloseHandle(object);
}

enum { MANY = 150 };

static void many_waits(void)
{
    static HANDLE objects[MANY], registered[MANY];
    static NOTES *each[MANY];
    int i, round;
    for (i = 0; i < MANY; i++) {
        each[i] = notes();
        objects[i] = event(FALSE, FALSE);
        EXPECT(RegisterWaitForSingleObject(&registered[i], objects[i], note, each[i], INFINITE, i % 3 ? WT_EXECUTEDEFAULT : WT_EXECUTEINWAITTHREAD));
    }
    for (round = 1; round <= 2; round++) {
        for (i = MANY - 1; i >= 0; i--)
            SetEvent(objects[i]);
        for (i = 0; i < MANY; i++)
            EXPECT(came(each[i]) && each[i]->calls == round);
    }
    for (i = 0; i < MANY; i++) {
        EXPECT(UnregisterWaitEx(registered[i], INVALID_HANDLE_VALUE) && each[i]->done == 2);
        CloseHandle(objects[i]);
    }
}

#ifndef _WIN32
/* Ends that meet signals: each signal is a call or is still there. (Under Wine some are neither.) */
static void ends_that_meet_signals(void)
{
    int turn;
    for (turn = 0; turn < 200; turn++) {
        NOTES *n = notes();
        HANDLE object = event(FALSE, FALSE), wait = NULL;
        EXPECT(RegisterWaitForSingleObject(&wait, object, note, n, INFINITE, turn % 2 ? WT_EXECUTEINWAITTHREAD : WT_EXECUTEDEFAULT));
        EXPECT(QueueUserWorkItem(set_later, object, WT_EXECUTEDEFAULT));
        if (turn % 4 < 2)
            SwitchToThread();
        EXPECT(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE) && n->done == n->calls);
        if (n->calls == 0)
            EXPECT(WaitForSingleObject(object, 60000) == WAIT_OBJECT_0);
        CloseHandle(object);
        CloseHandle(n->called);
        free(n);
    }
}
#endif

/* ---- timers ---- */

static void timers(void)
{
    NOTES *n = notes();
    HANDLE queue = CreateTimerQueue(), timer = NULL, go = event(TRUE, FALSE), told = event(TRUE, FALSE);
    DWORD thread;
    LONG calls;
    int i;

    EXPECT(queue != NULL);
    QUIET(CreateTimerQueueTimer(&timer, queue, note, n, 0, 0, WT_EXECUTEDEFAULT) && timer != NULL);
    EXPECT(came(n) && n->timed_out == 1);
    others_have_had_their_turn();
    EXPECT(n->calls == 1);
    QUIET(DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE));

    n = notes();
    EXPECT(CreateTimerQueueTimer(&timer, queue, note, n, 1, 1, WT_EXECUTEDEFAULT));
    for (i = 0; i < 5; i++)
        EXPECT(came(n));
    QUIET(DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE));
    calls = n->calls;
    others_have_had_their_turn();
    EXPECT(n->calls == calls && n->done == calls && n->timed_out == calls);

#ifndef _WIN32
    /* Once, whatever the period, which documentation wants to be 0 then. */
    n = notes();
    EXPECT(CreateTimerQueueTimer(&timer, queue, note, n, 1, 1, WT_EXECUTEONLYONCE) && came(n));
    others_have_had_their_turn();
    EXPECT(n->calls == 1 && DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE));
#endif

    /* Other times; never is one of them. */
    n = notes();
    EXPECT(CreateTimerQueueTimer(&timer, queue, note, n, INFINITE, 0, WT_EXECUTEDEFAULT));
    others_have_had_their_turn();
    EXPECT(n->calls == 0);
    QUIET(ChangeTimerQueueTimer(queue, timer, 1, 1));
    EXPECT(came(n) && came(n));
    QUIET(ChangeTimerQueueTimer(queue, timer, INFINITE, 0));
    others_have_had_their_turn();
    calls = n->calls;
    others_have_had_their_turn();
    EXPECT(n->calls == calls);
    QUIET(ChangeTimerQueueTimer(queue, timer, 0, 0));
    while (n->calls == calls)
        EXPECT(came(n));
#ifndef _WIN32
    QUIET(ChangeTimerQueueTimer(queue, timer, 0, 1)); /* it is over: nothing changes */
    others_have_had_their_turn();
    EXPECT(n->calls == calls + 1);
#endif
    QUIET(DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE));

    n = notes();
    EXPECT(CreateTimerQueueTimer(&timer, queue, note, n, 0, 1, WT_EXECUTEINTIMERTHREAD) && came(n));
    thread = n->thread;
    for (i = 0; i < 5; i++)
        EXPECT(came(n) && n->thread == thread && thread != GetCurrentThreadId());
    EXPECT(DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE));

    /* From its own call; while a call is under way; with an event. */
    n = notes();
    EXPECT(CreateTimerQueueTimer(&n->timer, NULL, note, n, INFINITE, 0, WT_EXECUTEDEFAULT) && ChangeTimerQueueTimer(NULL, n->timer, 0, 0));
    EXPECT(came(n) && n->answer == ERROR_IO_PENDING);
    n = notes();
    n->blocks = go;
    EXPECT(CreateTimerQueueTimer(&timer, queue, note, n, 0, 0, WT_EXECUTEDEFAULT) && came(n));
    FAILS(DeleteTimerQueueTimer(queue, timer, NULL), ERROR_IO_PENDING);
    SetEvent(go);
    while (n->done == 0)
        SwitchToThread();
    ResetEvent(go);
    n = notes();
    n->blocks = go;
    EXPECT(CreateTimerQueueTimer(&timer, queue, note, n, 0, 0, WT_EXECUTEDEFAULT) && came(n));
    EXPECT(DeleteTimerQueueTimer(queue, timer, told) || GetLastError() == ERROR_IO_PENDING);
    EXPECT(WaitForSingleObject(told, 0) == WAIT_TIMEOUT && n->done == 0);
    SetEvent(go);
    EXPECT(WaitForSingleObject(told, INFINITE) == WAIT_OBJECT_0 && n->done == 1);
    ResetEvent(told);
    FAILS(DeleteTimerQueueTimer(queue, NULL, NULL), ERROR_INVALID_PARAMETER);
#ifndef _WIN32
    FAILS(ChangeTimerQueueTimer(queue, NULL, 1, 1), ERROR_INVALID_PARAMETER);
#endif

    /* A queue with its timers. */
    ResetEvent(go);
    n = notes();
    n->blocks = go;
    for (i = 0; i < 3; i++)
        EXPECT(CreateTimerQueueTimer(&timer, queue, note, n, 0, 0, WT_EXECUTEDEFAULT) && CreateTimerQueueTimer(&timer, queue, note, n, INFINITE, 0, WT_EXECUTEDEFAULT));
    for (i = 0; i < 3; i++)
        EXPECT(came(n));
#ifndef _WIN32
    EXPECT(QueueUserWorkItem(set_later, go, WT_EXECUTEDEFAULT));
#else
    SetEvent(go); /* Wine 8 does not come back from the wait for calls that are under way */
    while (n->done < 3)
        SwitchToThread();
#endif
    QUIET(DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE));
    EXPECT(n->calls == 3 && n->done == 3);
    queue = CreateTimerQueue();
    EXPECT(CreateTimerQueueTimer(&timer, queue, note, n, INFINITE, 0, WT_EXECUTEDEFAULT));
    EXPECT(DeleteTimerQueueEx(queue, told) || GetLastError() == ERROR_IO_PENDING);
    EXPECT(WaitForSingleObject(told, INFINITE) == WAIT_OBJECT_0);
    FAILS(DeleteTimerQueueEx(NULL, NULL), ERROR_INVALID_HANDLE);
    queue = CreateTimerQueue();
    EXPECT(DeleteTimerQueue(queue) || GetLastError() == ERROR_IO_PENDING);
#ifndef _WIN32
    FAILS(DeleteTimerQueue(queue), ERROR_INVALID_HANDLE);
    FAILS(CreateTimerQueueTimer(&timer, queue, note, n, 0, 0, 0), ERROR_INVALID_HANDLE);
    FAILS(CreateTimerQueueTimer(&timer, NULL, NULL, n, 0, 0, 0), ERROR_NOACCESS);
    FAILS(CreateTimerQueueTimer((PHANDLE)(ULONG_PTR)16, NULL, note, n, 0, 0, 0), ERROR_NOACCESS);
    FAILS(CloseHandle(queue), ERROR_INVALID_HANDLE);
    ResetEvent(told);
    ResetEvent(go);
    queue = CreateTimerQueue();
    n = notes();
    n->blocks = go;
    for (i = 0; i < 3; i++)
        EXPECT(CreateTimerQueueTimer(&timer, queue, note, n, 0, 0, WT_EXECUTEDEFAULT) && came(n));
    FAILS(DeleteTimerQueueEx(queue, told), ERROR_IO_PENDING);
    EXPECT(WaitForSingleObject(told, 0) == WAIT_TIMEOUT);
    SetEvent(go);
    EXPECT(WaitForSingleObject(told, INFINITE) == WAIT_OBJECT_0 && n->done == 3);
    n = notes();
    n->waits_for_itself = TRUE;
    EXPECT(CreateTimerQueueTimer(&n->timer, NULL, note, n, INFINITE, 0, 0) && ChangeTimerQueueTimer(NULL, n->timer, 0, 0));
    EXPECT(came(n) && n->answer == ERROR_POSSIBLE_DEADLOCK && DeleteTimerQueueTimer(NULL, n->timer, INVALID_HANDLE_VALUE));
    n = notes();
    n->ends_thread = TRUE;
    EXPECT(CreateTimerQueueTimer(&timer, NULL, note, n, 0, 1, WT_EXECUTEINTIMERTHREAD) && came(n) && came(n) && came(n));
    EXPECT(DeleteTimerQueueTimer(NULL, timer, INVALID_HANDLE_VALUE));
#endif
    CloseHandle(go);
    CloseHandle(told);
}

/* ---- work items ---- */

static void work_items(void)
{
    NOTES *n = notes();
    HANDLE go = event(TRUE, FALSE);
    ULONG flags = WT_EXECUTEDEFAULT;
    int i;
    n->blocks = go;
    for (i = 0; i < 20; i++)
        QUIET(QueueUserWorkItem(work, n, i % 2 ? WT_EXECUTELONGFUNCTION : WT_EXECUTEDEFAULT));
    /* None has to wait until another one is done. */
    for (i = 0; i < 20; i++)
        EXPECT(came(n));
    EXPECT(n->done == 0);
    SetEvent(go);
    while (n->done < 20)
        SwitchToThread();
    for (i = 0; i < 2000; i++)
        EXPECT(QueueUserWorkItem(work, n, WT_EXECUTEDEFAULT));
    for (i = 0; i < 2000; i++)
        EXPECT(came(n));
    WT_SET_MAX_THREADPOOL_THREADS(flags, 100);
    EXPECT(QueueUserWorkItem(work, n, flags) && came(n));
#ifndef _WIN32
    FAILS(QueueUserWorkItem(NULL, n, 0), ERROR_NOACCESS);
    n->ends_thread = TRUE;
    for (i = 0; i < 100; i++)
        EXPECT(QueueUserWorkItem(work, n, 0) && came(n));
#endif
}

/* ---- ends of processes ---- */

/* Returns from main with calls under way, calls to come, and things that nobody ended. */
static int end_with_everything_open(void)
{
    NOTES *blocked = notes(), *others = notes();
    HANDLE set = event(TRUE, TRUE), wait, timer;
    blocked->blocks = event(TRUE, FALSE);
    EXPECT(QueueUserWorkItem(work, blocked, 0) && came(blocked));
    EXPECT(RegisterWaitForSingleObject(&wait, set, note, blocked, INFINITE, WT_EXECUTEONLYONCE) && came(blocked));
    EXPECT(RegisterWaitForSingleObject(&wait, event(FALSE, FALSE), note, others, 1, 0) && came(others));
    EXPECT(CreateTimerQueueTimer(&timer, NULL, note, others, 0, 1, 0) && came(others));
    return failures == 0 ? 7 : 1;
}

static void ends_of_processes(LPTSTR self)
{
    TCHAR line[600];
    STARTUPINFO how;
    PROCESS_INFORMATION child;
    DWORD code = 0;
    NOTES *n = notes();
    HANDLE wait;
    int i;

    for (i = 0; i < 3; i++) {
        ZeroMemory(&how, sizeof how);
        how.cb = sizeof how;
        _sntprintf(line, 600, TEXT("\"%s\" end"), self);
        if (!CreateProcess(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &how, &child)) {
            EXPECT(!"CreateProcess");
            return;
        }
        /* A process is waited for like anything else. */
        EXPECT(RegisterWaitForSingleObject(&wait, child.hProcess, note, n, INFINITE, WT_EXECUTEONLYONCE));
        EXPECT(came(n) && n->timed_out == 0 && GetExitCodeProcess(child.hProcess, &code) && code == 7);
        EXPECT(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
        CloseHandle(child.hThread);
        CloseHandle(child.hProcess);
    }
}

#ifndef _WIN32
static void forks(void)
{
    NOTES *n = notes();
    HANDLE object = event(FALSE, FALSE), wait = NULL, timer = NULL;
    int status = -1;
    pid_t child;
    EXPECT(RegisterWaitForSingleObject(&wait, object, note, n, INFINITE, 0) && SetEvent(object) && came(n));
    EXPECT(CreateTimerQueueTimer(&timer, NULL, note, n, INFINITE, 0, 0));
    child = fork();
    if (child == 0) {
        /* Nothing of the parent's is here, and everything works. */
        NOTES *own = notes();
        failures = 0;
        FAILS(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE), ERROR_INVALID_HANDLE);
        FAILS(DeleteTimerQueueTimer(NULL, timer, NULL), ERROR_INVALID_PARAMETER);
        EXPECT(QueueUserWorkItem(work, own, 0) && came(own));
        EXPECT(CreateTimerQueueTimer(&timer, NULL, note, own, 0, 0, 0) && came(own) && DeleteTimerQueueTimer(NULL, timer, INVALID_HANDLE_VALUE));
        EXPECT(RegisterWaitForSingleObject(&wait, event(FALSE, TRUE), note, own, INFINITE, 0) && came(own) && UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
        EXPECT(own->calls == 3);
        exit(failures);
    }
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
    EXPECT(SetEvent(object) && came(n) && UnregisterWaitEx(wait, INVALID_HANDLE_VALUE) && n->calls == 2);
    EXPECT(DeleteTimerQueueTimer(NULL, timer, INVALID_HANDLE_VALUE));
    CloseHandle(object);
}
#endif

int _tmain(int argc, TCHAR *argv[])
{
    if (argc == 2)
        return end_with_everything_open();
    waits();
    ends_of_waits();
    many_waits();
#ifndef _WIN32
    ends_that_meet_signals();
#endif
    timers();
    work_items();
    ends_of_processes(argv[0]);
#ifndef _WIN32
    forks();
#endif
    printf("%d failures\n", failures);
    return failures != 0;
}

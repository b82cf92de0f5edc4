/* Events, mutexes, semaphores, timers, jobs and waits for them: one line per failed expectation. Starts itself as its own child. */
#include <windows.h>
#include <tchar.h>
#include <stdio.h>

static int failures;
#define EXPECT(condition) do { if (!(condition)) { failures++; printf("line %d: %s (last error %u)\n", __LINE__, #condition, GetLastError()); fflush(stdout); } } while (0)
#define FAILS(call, number) do { SetLastError(77777); EXPECT(!(call) && GetLastError() == (number)); } while (0)
#define QUIET(call) do { SetLastError(77777); EXPECT((call) && GetLastError() == 77777); } while (0)
#define CREATED(call) do { SetLastError(77777); EXPECT((call) != NULL && GetLastError() == 0); } while (0)
#define EXISTED(call) do { SetLastError(77777); EXPECT((call) != NULL && GetLastError() == ERROR_ALREADY_EXISTS); } while (0)
#define POLL(handle) WaitForSingleObject((handle), 0)

static LONG volatile calls;

static void events(void)
{
    HANDLE manual, automatic, other;
    CREATED(manual = CreateEvent(NULL, TRUE, FALSE, TEXT("EV_manual")));
    CREATED(automatic = CreateEvent(NULL, FALSE, TRUE, NULL));
    EXISTED(other = CreateEvent(NULL, FALSE, TRUE, TEXT("Local\\EV_manual"))); /* both booleans ignored (Y-4) */
    EXPECT(CompareObjectHandles(manual, other) && POLL(other) == WAIT_TIMEOUT);
    QUIET(SetEvent(other) && SetEvent(other)); /* Y-5 */
    EXPECT(POLL(manual) == WAIT_OBJECT_0 && POLL(manual) == WAIT_OBJECT_0);
    QUIET(ResetEvent(manual) && POLL(manual) == WAIT_TIMEOUT);
    EXPECT(POLL(automatic) == WAIT_OBJECT_0 && POLL(automatic) == WAIT_TIMEOUT);
    QUIET(SetEvent(automatic) && PulseEvent(automatic) && POLL(automatic) == WAIT_TIMEOUT); /* Y-6 */
    CloseHandle(other);
    other = OpenEvent(SYNCHRONIZE, FALSE, TEXT("EV_manual"));
    EXPECT(other != NULL && POLL(other) == WAIT_TIMEOUT);
    FAILS(SetEvent(other), ERROR_ACCESS_DENIED);
    CloseHandle(other);
    other = OpenEvent(EVENT_MODIFY_STATE, FALSE, TEXT("EV_manual"));
    QUIET(SetEvent(other));
    FAILS(POLL(other) != WAIT_FAILED, ERROR_ACCESS_DENIED); /* Y-2 */
    CloseHandle(other);
    CREATED(other = CreateEventEx(NULL, NULL, CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET, SYNCHRONIZE));
    EXPECT(POLL(other) == WAIT_OBJECT_0);
    FAILS(ResetEvent(other), ERROR_ACCESS_DENIED);
    CloseHandle(other);
    FAILS(CreateEventEx(NULL, NULL, 4, EVENT_ALL_ACCESS), ERROR_INVALID_PARAMETER);
    FAILS(OpenEvent(EVENT_ALL_ACCESS, FALSE, NULL), ERROR_INVALID_PARAMETER);
    FAILS(OpenEvent(EVENT_ALL_ACCESS, FALSE, TEXT("nobody's")), ERROR_FILE_NOT_FOUND);
    /* O-3: one table of names for all kinds */
    FAILS(CreateMutex(NULL, FALSE, TEXT("EV_manual")), ERROR_INVALID_HANDLE);
    FAILS(OpenSemaphore(SYNCHRONIZE, FALSE, TEXT("EV_manual")), ERROR_INVALID_HANDLE);
    FAILS(CreateFileMapping(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 10, TEXT("EV_manual")), ERROR_INVALID_HANDLE);
    FAILS(ReleaseMutex(manual), ERROR_INVALID_HANDLE); /* O-16 */
    FAILS(SetEvent(GetCurrentProcess()), ERROR_INVALID_HANDLE);
    CloseHandle(manual);
    FAILS(OpenEvent(SYNCHRONIZE, FALSE, TEXT("EV_manual")), ERROR_FILE_NOT_FOUND);
    CloseHandle(automatic);
}

static DWORD takes_and_ends(LPVOID mutex)
{
    return WaitForSingleObject((HANDLE)mutex, INFINITE);
}

static DWORD tries(LPVOID mutex)
{
    return WaitForSingleObject((HANDLE)mutex, 0);
}

static DWORD run(LPTHREAD_START_ROUTINE function, HANDLE parameter)
{
    DWORD code = 99;
    HANDLE thread = CreateThread(NULL, 0, function, parameter, 0, NULL);
    EXPECT(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0 && GetExitCodeThread(thread, &code) && CloseHandle(thread));
    return code;
}

static void mutexes(void)
{
    HANDLE mutex, second;
    CREATED(mutex = CreateMutex(NULL, TRUE, TEXT("MX_one")));
    EXISTED(second = CreateMutex(NULL, TRUE, TEXT("MX_one"))); /* Y-13: not owned twice by that */
    EXPECT(run(tries, mutex) == WAIT_TIMEOUT);
    EXPECT(POLL(second) == WAIT_OBJECT_0); /* Y-10: recursive, by any handle */
    QUIET(ReleaseMutex(mutex) && ReleaseMutex(second));
    FAILS(ReleaseMutex(mutex), ERROR_NOT_OWNER); /* Y-11 */
    EXPECT(run(takes_and_ends, mutex) == WAIT_OBJECT_0);
    EXPECT(WaitForSingleObject(second, INFINITE) == WAIT_ABANDONED && ReleaseMutex(second)); /* Y-12 */
    EXPECT(POLL(second) == WAIT_OBJECT_0 && ReleaseMutex(second));
    CloseHandle(second);
    second = OpenMutex(READ_CONTROL, FALSE, TEXT("MX_one"));
    FAILS(POLL(second) != WAIT_FAILED, ERROR_ACCESS_DENIED);
    EXPECT(POLL(mutex) == WAIT_OBJECT_0);
    QUIET(ReleaseMutex(second)); /* no right needed */
    CloseHandle(second);
    CloseHandle(mutex);
    CREATED(mutex = CreateMutexEx(NULL, NULL, CREATE_MUTEX_INITIAL_OWNER, MUTEX_ALL_ACCESS));
    EXPECT(run(tries, mutex) == WAIT_TIMEOUT && ReleaseMutex(mutex) && CloseHandle(mutex));
    FAILS(CreateMutexEx(NULL, NULL, 2, MUTEX_ALL_ACCESS), ERROR_INVALID_PARAMETER);
}

static void semaphores(void)
{
    HANDLE semaphore;
    LONG before = 77;
    CREATED(semaphore = CreateSemaphore(NULL, 1, 3, TEXT("SM_one")));
    QUIET(POLL(semaphore) == WAIT_OBJECT_0 && POLL(semaphore) == WAIT_TIMEOUT);
    QUIET(ReleaseSemaphore(semaphore, 2, &before) && before == 0);
    FAILS(ReleaseSemaphore(semaphore, 2, &before), ERROR_TOO_MANY_POSTS); /* Y-21, F-7 */
    EXPECT(before == 0);
    FAILS(ReleaseSemaphore(semaphore, 0, NULL), ERROR_INVALID_PARAMETER);
    FAILS(ReleaseSemaphore(semaphore, -1, NULL), ERROR_INVALID_PARAMETER);
    FAILS(ReleaseSemaphore(semaphore, 1, (LPLONG)16), ERROR_NOACCESS);
    QUIET(ReleaseSemaphore(semaphore, 1, &before) && before == 2);
    FAILS(CreateSemaphore(NULL, 2, 1, TEXT("SM_one")), ERROR_INVALID_PARAMETER); /* Y-20, F-7 */
    FAILS(CreateSemaphore(NULL, -1, 1, NULL), ERROR_INVALID_PARAMETER);
    FAILS(CreateSemaphoreEx(NULL, 0, 1, NULL, 1, SEMAPHORE_ALL_ACCESS), ERROR_INVALID_PARAMETER);
    CloseHandle(semaphore);
    CREATED(semaphore = CreateSemaphoreEx(NULL, 0, 1, NULL, 0, SYNCHRONIZE));
    FAILS(ReleaseSemaphore(semaphore, 1, NULL), ERROR_ACCESS_DENIED);
    CloseHandle(semaphore);
}

static void on_timer(LPVOID argument, DWORD low, DWORD high)
{
    EXPECT(argument == (LPVOID)(DWORD_PTR)5 && (low != 0 || high != 0));
    InterlockedIncrement(&calls);
}

static void timers(void)
{
    HANDLE timer, other;
    LARGE_INTEGER due;
    FILETIME now;
    due.QuadPart = -100000; /* 10 ms */
    CREATED(timer = CreateWaitableTimer(NULL, TRUE, TEXT("TM_one")));
    EXPECT(POLL(timer) == WAIT_TIMEOUT);
    QUIET(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE));
    EXPECT(WaitForSingleObject(timer, INFINITE) == WAIT_OBJECT_0 && POLL(timer) == WAIT_OBJECT_0);
    other = OpenWaitableTimer(TIMER_ALL_ACCESS, FALSE, TEXT("TM_one"));
    EXPECT(other != NULL && CompareObjectHandles(other, timer));
    GetSystemTimeAsFileTime(&now);
    due.u.LowPart = now.dwLowDateTime;
    due.u.HighPart = (LONG)now.dwHighDateTime;
    due.QuadPart += 100000;
    QUIET(SetWaitableTimer(other, &due, 0, NULL, NULL, FALSE));
    EXPECT(WaitForSingleObject(timer, INFINITE) == WAIT_OBJECT_0);
    due.QuadPart = -36000000000LL;
    SetLastError(77777);
    EXPECT(SetWaitableTimer(timer, &due, 0, NULL, NULL, TRUE) && GetLastError() == ERROR_NOT_SUPPORTED); /* Y-25 */
    EXPECT(POLL(timer) == WAIT_TIMEOUT);
    QUIET(CancelWaitableTimer(timer));
    FAILS(SetWaitableTimer(timer, &due, -1, NULL, NULL, FALSE), ERROR_INVALID_PARAMETER);
    FAILS(SetWaitableTimer(timer, NULL, 0, NULL, NULL, FALSE), ERROR_NOACCESS);
    FAILS(SetWaitableTimer(timer, &due, 0, (PTIMERAPCROUTINE)(DWORD_PTR)16, NULL, FALSE), ERROR_NOACCESS);
    CloseHandle(other);
    CloseHandle(timer);
    /* a periodic one, with a routine that this thread runs */
    CREATED(timer = CreateWaitableTimerEx(NULL, NULL, 0, TIMER_ALL_ACCESS));
    due.QuadPart = -10000;
    QUIET(SetWaitableTimerEx(timer, &due, 1, on_timer, (LPVOID)(DWORD_PTR)5, NULL, 0));
    while (calls < 3)
        EXPECT(SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION);
    QUIET(CancelWaitableTimer(timer));
    calls = 0;
    EXPECT(SleepEx(20, TRUE) == 0 || calls == 0); /* a queued call of a cancelled timer does nothing (Y-26) */
    EXPECT(calls == 0 && CloseHandle(timer));
}

static void jobs(void)
{
    HANDLE job, other;
    CREATED(job = CreateJobObject(NULL, TEXT("JB_one")));
    EXISTED(other = CreateJobObject(NULL, TEXT("JB_one")));
    CloseHandle(other);
    other = OpenJobObject(JOB_OBJECT_QUERY, FALSE, TEXT("JB_one"));
    EXPECT(other != NULL && CompareObjectHandles(job, other) && POLL(job) == WAIT_TIMEOUT); /* Y-1 */
    CloseHandle(other);
    CloseHandle(job);
    FAILS(OpenJobObject(JOB_OBJECT_QUERY, FALSE, TEXT("JB_one")), ERROR_FILE_NOT_FOUND);
}

static void apc(ULONG_PTR by)
{
    InterlockedExchangeAdd(&calls, (LONG)by);
}

static DWORD releases(LPVOID both)
{
    HANDLE *handles = (HANDLE *)both;
    ReleaseSemaphore(handles[1], 1, NULL);
    SetEvent(handles[0]);
    return 0;
}

static void waits(void)
{
    HANDLE list[3], mutex, thread;
    list[0] = CreateEvent(NULL, FALSE, FALSE, NULL);
    list[1] = CreateSemaphore(NULL, 0, 5, NULL);
    mutex = list[2] = CreateMutex(NULL, FALSE, NULL);
    EXPECT(WaitForMultipleObjects(3, list, FALSE, 0) == WAIT_OBJECT_0 + 2 && ReleaseMutex(mutex)); /* Y-33 */
    EXPECT(WaitForMultipleObjects(3, list, TRUE, 0) == WAIT_TIMEOUT);
    FAILS(ReleaseMutex(mutex), ERROR_NOT_OWNER); /* nothing was taken */
    SetEvent(list[0]);
    ReleaseSemaphore(list[1], 2, NULL);
    EXPECT(WaitForMultipleObjects(3, list, FALSE, 0) == WAIT_OBJECT_0); /* the lowest */
    SetEvent(list[0]);
    EXPECT(WaitForMultipleObjects(3, list, TRUE, 0) == WAIT_OBJECT_0 && ReleaseMutex(mutex) && POLL(list[0]) == WAIT_TIMEOUT);
    EXPECT(POLL(list[1]) == WAIT_OBJECT_0 && POLL(list[1]) == WAIT_TIMEOUT);
    thread = CreateThread(NULL, 0, releases, list, 0, NULL);
    EXPECT(WaitForMultipleObjects(2, list, TRUE, INFINITE) == WAIT_OBJECT_0);
    EXPECT(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0);
    list[2] = thread; /* objects and a thread together */
    EXPECT(WaitForMultipleObjects(3, list, FALSE, INFINITE) == WAIT_OBJECT_0 + 2);
    CloseHandle(thread);
    EXPECT(run(takes_and_ends, mutex) == WAIT_OBJECT_0);
    list[2] = mutex;
    EXPECT(WaitForMultipleObjects(3, list, FALSE, INFINITE) == WAIT_ABANDONED_0 + 2 && ReleaseMutex(mutex));
    /* Y-36 */
    EXPECT(SignalObjectAndWait(list[0], list[0], INFINITE, FALSE) == WAIT_OBJECT_0 && POLL(list[0]) == WAIT_TIMEOUT);
    EXPECT(SignalObjectAndWait(list[1], list[0], 0, FALSE) == WAIT_TIMEOUT && POLL(list[1]) == WAIT_OBJECT_0);
    FAILS(SignalObjectAndWait(mutex, list[0], 0, FALSE) != WAIT_FAILED, ERROR_NOT_OWNER);
    FAILS(SignalObjectAndWait(GetCurrentProcess(), list[0], 0, FALSE) != WAIT_FAILED, ERROR_INVALID_HANDLE);
    /* alertable */
    calls = 0;
    EXPECT(QueueUserAPC(apc, GetCurrentThread(), 1));
    EXPECT(WaitForSingleObject(list[0], 0) == WAIT_TIMEOUT && calls == 0);
    EXPECT(WaitForMultipleObjectsEx(2, list, FALSE, INFINITE, TRUE) == WAIT_IO_COMPLETION && calls == 1);
    SetEvent(list[0]);
    EXPECT(WaitForSingleObjectEx(list[0], INFINITE, TRUE) == WAIT_OBJECT_0);
    CloseHandle(list[0]);
    CloseHandle(list[1]);
    CloseHandle(mutex);
}

/* A child that inherits an event and a mutex (O-22), takes the mutex and dies with it. */
static int child(TCHAR *argv[])
{
    HANDLE event = (HANDLE)(DWORD_PTR)_tcstoul(argv[1], NULL, 10), mutex = (HANDLE)(DWORD_PTR)_tcstoul(argv[2], NULL, 10);
    HANDLE named = OpenSemaphore(SEMAPHORE_MODIFY_STATE, FALSE, TEXT("SM_child"));
    if (WaitForSingleObject(mutex, INFINITE) != WAIT_OBJECT_0)
        return 2;
    if (named == NULL || !ReleaseSemaphore(named, 1, NULL) || !SetEvent(event))
        return 3;
    Sleep(INFINITE);
    return 4;
}

static void processes(void)
{
    SECURITY_ATTRIBUTES attributes;
    HANDLE event, mutex, semaphore, both[2];
    TCHAR own[300], line[600];
    STARTUPINFO info;
    PROCESS_INFORMATION made;
    attributes.nLength = sizeof attributes;
    attributes.lpSecurityDescriptor = NULL;
    attributes.bInheritHandle = TRUE;
    ZeroMemory(&info, sizeof info);
    info.cb = sizeof info;
    event = CreateEvent(&attributes, FALSE, FALSE, NULL);
    mutex = CreateMutex(&attributes, FALSE, NULL);
    semaphore = CreateSemaphore(NULL, 0, 1, TEXT("SM_child"));
    GetModuleFileName(NULL, own, 300);
    _sntprintf(line, 600, TEXT("\"%s\" %u %u"), own, (unsigned)(DWORD_PTR)event, (unsigned)(DWORD_PTR)mutex);
    EXPECT(CreateProcess(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &info, &made));
    both[0] = event;
    both[1] = semaphore;
    EXPECT(WaitForMultipleObjects(2, both, TRUE, INFINITE) == WAIT_OBJECT_0);
    EXPECT(POLL(mutex) == WAIT_TIMEOUT);
    EXPECT(TerminateProcess(made.hProcess, 1));
    both[0] = made.hProcess;
    both[1] = mutex;
    EXPECT(WaitForSingleObject(made.hProcess, INFINITE) == WAIT_OBJECT_0);
    EXPECT(WaitForMultipleObjects(2, both, TRUE, INFINITE) == WAIT_ABANDONED_0 + 1); /* Y-12 */
    EXPECT(ReleaseMutex(mutex));
    CloseHandle(made.hProcess);
    CloseHandle(made.hThread);
    CloseHandle(event);
    CloseHandle(mutex);
    CloseHandle(semaphore);
}

int _tmain(int argc, TCHAR *argv[])
{
    if (argc == 3)
        return child(argv);
    events();
    mutexes();
    semaphores();
    timers();
    jobs();
    waits();
    processes();
    printf("%d failures\n", failures);
    return failures != 0;
}

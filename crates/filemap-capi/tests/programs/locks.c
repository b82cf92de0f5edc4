/* What is done once, slim locks, condition variables, critical sections: one line per failed expectation. It runs on Windows, too. */
#define _WIN32_WINNT 0x0602
#include <windows.h>
#include <tchar.h>
#include <stdio.h>

static int failures;
#define EXPECT(condition) do { if (!(condition)) { failures++; printf("line %d: %s (last error %u)\n", __LINE__, #condition, (unsigned)GetLastError()); fflush(stdout); } } while (0)
#define FAILS(call, number) do { SetLastError(77777); EXPECT(!(call) && GetLastError() == (number)); } while (0)
#define QUIET(call) do { SetLastError(77777); EXPECT((call) && GetLastError() == 77777); } while (0)

enum { THREADS = 6, TURNS = 20000 };

static void run_threads(LPTHREAD_START_ROUTINE function)
{
    HANDLE threads[THREADS];
    int i;
    for (i = 0; i < THREADS; i++)
        threads[i] = CreateThread(NULL, 0, function, (LPVOID)(LONG_PTR)i, 0, NULL);
    EXPECT(WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE) == WAIT_OBJECT_0);
    for (i = 0; i < THREADS; i++)
        CloseHandle(threads[i]);
}

/* ---- once ---- */

static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static LONG volatile calls, same;
static int made;

static BOOL WINAPI make(PINIT_ONCE which, PVOID parameter, PVOID *context)
{
    EXPECT(which == &once && parameter == &made && context != NULL);
    if (InterlockedIncrement(&calls) < 3) {
        SetLastError(4711);
        return FALSE; /* the next one tries again */
    }
    SwitchToThread();
    *context = &made;
    return TRUE;
}

static DWORD WINAPI use_once(LPVOID parameter)
{
    PVOID context = NULL;
    (void)parameter;
    while (!InitOnceExecuteOnce(&once, make, &made, &context))
        EXPECT(GetLastError() == 4711);
    if (context == &made)
        InterlockedIncrement(&same);
    return 0;
}

static BOOL WINAPI with_other_bits(PINIT_ONCE which, PVOID parameter, PVOID *context)
{
    (void)which;
    *context = (char *)parameter + 1;
    return TRUE;
}

static BOOL WINAPI without_context(PINIT_ONCE which, PVOID parameter, PVOID *context)
{
    (void)which, (void)context;
    ++*(int *)parameter;
    return TRUE;
}

static void what_is_done_once(void)
{
    INIT_ONCE other;
    PVOID context = NULL;
    BOOL pending = 9;
    int count = 0;

    run_threads(use_once);
    EXPECT(calls == 3 && same == THREADS);
    QUIET(InitOnceExecuteOnce(&once, make, &made, NULL));
    QUIET(InitOnceBeginInitialize(&once, INIT_ONCE_CHECK_ONLY, &pending, &context) && !pending && context == &made);
    QUIET(InitOnceBeginInitialize(&once, 0, &pending, NULL) && !pending);

    InitOnceInitialize(&other);
    QUIET(InitOnceExecuteOnce(&other, without_context, &count, NULL) && InitOnceExecuteOnce(&other, without_context, &count, NULL) && count == 1);

    InitOnceInitialize(&other);
    FAILS(InitOnceBeginInitialize(&other, INIT_ONCE_CHECK_ONLY, &pending, &context), ERROR_GEN_FAILURE);
    FAILS(InitOnceBeginInitialize(&other, INIT_ONCE_CHECK_ONLY | INIT_ONCE_ASYNC, &pending, &context), ERROR_INVALID_PARAMETER);
    FAILS(InitOnceComplete(&other, 0, NULL), ERROR_GEN_FAILURE);
    QUIET(InitOnceBeginInitialize(&other, 0, &pending, &context) && pending);
    FAILS(InitOnceBeginInitialize(&other, INIT_ONCE_CHECK_ONLY, &pending, &context), ERROR_GEN_FAILURE);
    FAILS(InitOnceBeginInitialize(&other, INIT_ONCE_ASYNC, &pending, &context), ERROR_INVALID_PARAMETER);
#ifndef _WIN32
    FAILS(InitOnceComplete(&other, INIT_ONCE_ASYNC, NULL), ERROR_INVALID_PARAMETER); /* "must match"; Wine does not look */
#endif
    FAILS(InitOnceComplete(&other, 0, (PVOID)(ULONG_PTR)0x1001), ERROR_INVALID_PARAMETER);
    FAILS(InitOnceComplete(&other, INIT_ONCE_INIT_FAILED, (PVOID)(ULONG_PTR)0x1000), ERROR_INVALID_PARAMETER);
    QUIET(InitOnceComplete(&other, INIT_ONCE_INIT_FAILED, NULL));
    QUIET(InitOnceBeginInitialize(&other, 0, &pending, &context) && pending);
    QUIET(InitOnceComplete(&other, 0, (PVOID)(ULONG_PTR)0x1000));
    QUIET(InitOnceBeginInitialize(&other, 0, &pending, &context) && !pending && context == (PVOID)(ULONG_PTR)0x1000);
    FAILS(InitOnceComplete(&other, 0, NULL), ERROR_GEN_FAILURE);

    /* Two try at once: the first to complete has done it, the other one is told. */
    InitOnceInitialize(&other);
    QUIET(InitOnceBeginInitialize(&other, INIT_ONCE_ASYNC, &pending, &context) && pending);
    QUIET(InitOnceBeginInitialize(&other, INIT_ONCE_ASYNC, &pending, &context) && pending);
    FAILS(InitOnceBeginInitialize(&other, 0, &pending, &context), ERROR_INVALID_PARAMETER);
    FAILS(InitOnceComplete(&other, 0, NULL), ERROR_INVALID_PARAMETER);
    FAILS(InitOnceComplete(&other, INIT_ONCE_ASYNC | INIT_ONCE_INIT_FAILED, NULL), ERROR_INVALID_PARAMETER);
    QUIET(InitOnceComplete(&other, INIT_ONCE_ASYNC, (PVOID)(ULONG_PTR)0x2000));
#ifndef _WIN32
    FAILS(InitOnceComplete(&other, INIT_ONCE_ASYNC, (PVOID)(ULONG_PTR)0x3000), ERROR_ALREADY_EXISTS); /* STATUS_OBJECT_NAME_COLLISION; Wine: 31 */
#else
    EXPECT(!InitOnceComplete(&other, INIT_ONCE_ASYNC, (PVOID)(ULONG_PTR)0x3000));
#endif
    QUIET(InitOnceBeginInitialize(&other, INIT_ONCE_ASYNC, &pending, &context) && !pending && context == (PVOID)(ULONG_PTR)0x2000);

    InitOnceInitialize(&other);
    (void)with_other_bits;
#ifndef _WIN32
    EXPECT(!InitOnceExecuteOnce(&other, with_other_bits, &made, &context));
    QUIET(InitOnceBeginInitialize(&other, 0, &pending, &context) && pending); /* not done */
#endif
}

/* ---- slim locks ---- */

static SRWLOCK lock = SRWLOCK_INIT;
static int volatile sum, copy;
static LONG volatile inside, readers, most_readers, wrong;

static DWORD WINAPI use_lock(LPVOID parameter)
{
    LONG me = (LONG)(LONG_PTR)parameter;
    int i;
    for (i = 0; i < TURNS; i++) {
        if (me < 3) {
            if (i % 7 || !TryAcquireSRWLockExclusive(&lock))
                AcquireSRWLockExclusive(&lock);
            if (InterlockedIncrement(&inside) != 1 || readers != 0 || sum != copy)
                InterlockedIncrement(&wrong);
            sum = sum + 1;
            if (i % 512 == 0)
                SwitchToThread();
            copy = copy + 1;
            InterlockedDecrement(&inside);
            ReleaseSRWLockExclusive(&lock);
        } else {
            LONG now;
            if (i % 7 || !TryAcquireSRWLockShared(&lock))
                AcquireSRWLockShared(&lock);
            now = InterlockedIncrement(&readers);
            if (inside != 0 || sum != copy)
                InterlockedIncrement(&wrong);
            if (i % 512 == 0)
                SwitchToThread();
            if (now > most_readers)
                most_readers = now;
            InterlockedDecrement(&readers);
            ReleaseSRWLockShared(&lock);
        }
    }
    return 0;
}

static DWORD WINAPI ask_lock(LPVOID parameter)
{
    SRWLOCK *of = (SRWLOCK *)parameter;
    DWORD answer = 0;
    if (TryAcquireSRWLockExclusive(of)) {
        answer |= 1;
        ReleaseSRWLockExclusive(of);
    }
    if (TryAcquireSRWLockShared(of)) {
        answer |= 2;
        ReleaseSRWLockShared(of);
    }
    return answer;
}

/* What another thread may do with the lock: 1 write, 2 read. */
static DWORD others_may(SRWLOCK *of)
{
    DWORD answer = 99;
    HANDLE thread = CreateThread(NULL, 0, ask_lock, of, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &answer);
    CloseHandle(thread);
    return answer;
}

static void slim_locks(void)
{
    SRWLOCK own;
    memset(&own, 0xff, sizeof own);
    InitializeSRWLock(&own);
    EXPECT(sizeof own == sizeof(void *) && others_may(&own) == 3);
    SetLastError(77777);
    AcquireSRWLockExclusive(&own);
    EXPECT(others_may(&own) == 0 && !TryAcquireSRWLockExclusive(&own) && !TryAcquireSRWLockShared(&own));
    ReleaseSRWLockExclusive(&own);
    AcquireSRWLockShared(&own);
    AcquireSRWLockShared(&own);
    EXPECT(others_may(&own) == 2);
    ReleaseSRWLockShared(&own);
    EXPECT(others_may(&own) == 2);
    ReleaseSRWLockShared(&own);
    EXPECT(others_may(&own) == 3 && GetLastError() == 77777);
    run_threads(use_lock);
    EXPECT(wrong == 0 && sum == 3 * TURNS && copy == sum && others_may(&lock) == 3);
}

/* ---- condition variables ---- */

static CONDITION_VARIABLE not_full = CONDITION_VARIABLE_INIT, not_empty = CONDITION_VARIABLE_INIT;
static CRITICAL_SECTION section;
static int queue[5], filled, produced, consumed;
static LONG volatile total;

static DWORD WINAPI produce_or_consume(LPVOID parameter)
{
    int is_producer = (LONG_PTR)parameter % 2 == 0, i;
    for (i = 0; i < TURNS / 4; i++) {
        EnterCriticalSection(&section);
        if (is_producer) {
            while (filled == 5)
                EXPECT(SleepConditionVariableCS(&not_full, &section, INFINITE));
            queue[filled++] = ++produced;
            LeaveCriticalSection(&section);
            WakeConditionVariable(&not_empty);
        } else {
            while (filled == 0)
                EXPECT(SleepConditionVariableCS(&not_empty, &section, INFINITE));
            InterlockedExchangeAdd(&total, queue[--filled]);
            consumed++;
            WakeConditionVariable(&not_full);
            LeaveCriticalSection(&section);
        }
    }
    return 0;
}

static CONDITION_VARIABLE started = CONDITION_VARIABLE_INIT, arrived = CONDITION_VARIABLE_INIT;
static int gate, waiting;

/* Half of them wait as writers, half as readers; all are let through by one wake. */
static DWORD WINAPI wait_at_gate(LPVOID parameter)
{
    int as_reader = (LONG_PTR)parameter % 2;
    AcquireSRWLockExclusive(&lock);
    waiting++;
    WakeAllConditionVariable(&arrived);
    if (as_reader) {
        ReleaseSRWLockExclusive(&lock);
        AcquireSRWLockShared(&lock);
    }
    while (!gate)
        EXPECT(SleepConditionVariableSRW(&started, &lock, INFINITE, as_reader ? CONDITION_VARIABLE_LOCKMODE_SHARED : 0));
    if (as_reader) {
        EXPECT(others_may(&lock) != 1);
        ReleaseSRWLockShared(&lock);
    } else {
        EXPECT(others_may(&lock) == 0);
        ReleaseSRWLockExclusive(&lock);
    }
    return 0;
}

static DWORD WINAPI open_gate(LPVOID parameter)
{
    (void)parameter;
    AcquireSRWLockExclusive(&lock);
    while (waiting < THREADS)
        EXPECT(SleepConditionVariableSRW(&arrived, &lock, INFINITE, 0));
    gate = 1;
    ReleaseSRWLockExclusive(&lock);
    WakeAllConditionVariable(&started);
    return 0;
}

static void condition_variables(void)
{
    CONDITION_VARIABLE own;
    HANDLE opener;
    LONG n = THREADS / 2 * (TURNS / 4);

    memset(&own, 0xff, sizeof own);
    InitializeConditionVariable(&own);
    WakeConditionVariable(&own);
    WakeAllConditionVariable(&own);
    EXPECT(InitializeCriticalSectionAndSpinCount(&section, 100));
    EnterCriticalSection(&section);
    FAILS(SleepConditionVariableCS(&own, &section, 1), ERROR_TIMEOUT);
    FAILS(SleepConditionVariableCS(&own, &section, 0), ERROR_TIMEOUT);
    LeaveCriticalSection(&section); /* it is this thread's again */
    AcquireSRWLockExclusive(&lock);
    FAILS(SleepConditionVariableSRW(&own, &lock, 1, 0), ERROR_TIMEOUT);
    EXPECT(others_may(&lock) == 0);
    ReleaseSRWLockExclusive(&lock);
    AcquireSRWLockShared(&lock);
    FAILS(SleepConditionVariableSRW(&own, &lock, 1, CONDITION_VARIABLE_LOCKMODE_SHARED), ERROR_TIMEOUT);
    EXPECT(others_may(&lock) == 2);
    ReleaseSRWLockShared(&lock);
#ifndef _WIN32
    FAILS(SleepConditionVariableSRW(&own, &lock, 0, 2), ERROR_INVALID_PARAMETER);
#endif
    run_threads(produce_or_consume);
    EXPECT(produced == n && consumed == n && filled == 0 && total == (LONG)((ULONG)n * (ULONG)(n + 1) / 2));
    DeleteCriticalSection(&section);
    opener = CreateThread(NULL, 0, open_gate, NULL, 0, NULL);
    run_threads(wait_at_gate);
    WaitForSingleObject(opener, INFINITE);
    CloseHandle(opener);
}

/* ---- critical sections ---- */

static DWORD WINAPI try_section(LPVOID parameter)
{
    if (!TryEnterCriticalSection((LPCRITICAL_SECTION)parameter))
        return 0;
    LeaveCriticalSection((LPCRITICAL_SECTION)parameter);
    return 1;
}

static DWORD other_enters(LPCRITICAL_SECTION of)
{
    DWORD answer = 99;
    HANDLE thread = CreateThread(NULL, 0, try_section, of, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &answer);
    CloseHandle(thread);
    return answer;
}

static void critical_sections(void)
{
    CRITICAL_SECTION own;
    EXPECT(InitializeCriticalSectionEx(&own, 4000, CRITICAL_SECTION_NO_DEBUG_INFO));
    SetCriticalSectionSpinCount(&own, 10);
    SetLastError(77777);
    EnterCriticalSection(&own);
    EXPECT(TryEnterCriticalSection(&own) && other_enters(&own) == 0);
    LeaveCriticalSection(&own);
    EXPECT(other_enters(&own) == 0);
    LeaveCriticalSection(&own);
    EXPECT(other_enters(&own) == 1 && GetLastError() == 77777);
    DeleteCriticalSection(&own);
#ifndef _WIN32
    EXPECT(InitializeCriticalSectionAndSpinCount(&own, 7) && SetCriticalSectionSpinCount(&own, 8) == 7 && SetCriticalSectionSpinCount(&own, 0) == 8);
#endif
}

int main(void)
{
    what_is_done_once();
    slim_locks();
    condition_variables();
    critical_sections();
    printf("%d failures\n", failures);
    return failures != 0;
}

/* synchapi.h: events, mutexes, semaphores, timers, waits, critical sections. Rules: spec/sync.md. */
#ifndef FILEMAP_SYNCHAPI_H
#define FILEMAP_SYNCHAPI_H

#include <wtypesbase.h>

#define MUTEX_MODIFY_STATE 0x0001
#define MUTEX_ALL_ACCESS 0x001F0001
#define CREATE_MUTEX_INITIAL_OWNER 0x00000001
#define CREATE_EVENT_MANUAL_RESET 0x00000001
#define CREATE_EVENT_INITIAL_SET 0x00000002
#define CREATE_WAITABLE_TIMER_MANUAL_RESET 0x00000001
#define CREATE_WAITABLE_TIMER_HIGH_RESOLUTION 0x00000002
#ifndef INFINITE
#define INFINITE 0xFFFFFFFFU
#endif
#define WAIT_OBJECT_0 ((DWORD)0x00000000)
#define WAIT_ABANDONED ((DWORD)0x00000080)
#define WAIT_ABANDONED_0 ((DWORD)0x00000080)
#define WAIT_IO_COMPLETION ((DWORD)0x000000C0)
#ifndef WAIT_TIMEOUT
#define WAIT_TIMEOUT 258
#endif
#define WAIT_FAILED ((DWORD)0xFFFFFFFF)

typedef void (*PTIMERAPCROUTINE)(LPVOID lpArgToCompletionRoutine, DWORD dwTimerLowValue, DWORD dwTimerHighValue);
typedef struct _REASON_CONTEXT { ULONG Version; DWORD Flags; union { struct { HMODULE LocalizedReasonModule; ULONG LocalizedReasonId; ULONG ReasonStringCount; LPWSTR *ReasonStrings; } Detailed; LPWSTR SimpleReasonString; } Reason; } REASON_CONTEXT, *PREASON_CONTEXT;

typedef struct _RTL_CRITICAL_SECTION {
    PVOID DebugInfo;
    LONG LockCount;
    LONG RecursionCount;
    HANDLE OwningThread;
    HANDLE LockSemaphore;
    ULONG_PTR SpinCount;
} RTL_CRITICAL_SECTION, *PRTL_CRITICAL_SECTION;
typedef RTL_CRITICAL_SECTION CRITICAL_SECTION, *PCRITICAL_SECTION, *LPCRITICAL_SECTION;
#define CRITICAL_SECTION_NO_DEBUG_INFO RTL_CRITICAL_SECTION_FLAG_NO_DEBUG_INFO

typedef RTL_SRWLOCK SRWLOCK, *PSRWLOCK;
typedef RTL_CONDITION_VARIABLE CONDITION_VARIABLE, *PCONDITION_VARIABLE;
typedef RTL_RUN_ONCE INIT_ONCE, *PINIT_ONCE, *LPINIT_ONCE;
typedef BOOL (*PINIT_ONCE_FN)(PINIT_ONCE InitOnce, PVOID Parameter, PVOID *Context);
#define SRWLOCK_INIT RTL_SRWLOCK_INIT
#define CONDITION_VARIABLE_INIT RTL_CONDITION_VARIABLE_INIT
#define CONDITION_VARIABLE_LOCKMODE_SHARED RTL_CONDITION_VARIABLE_LOCKMODE_SHARED
#define INIT_ONCE_STATIC_INIT RTL_RUN_ONCE_INIT
#define INIT_ONCE_CHECK_ONLY RTL_RUN_ONCE_CHECK_ONLY
#define INIT_ONCE_ASYNC RTL_RUN_ONCE_ASYNC
#define INIT_ONCE_INIT_FAILED RTL_RUN_ONCE_INIT_FAILED
#define INIT_ONCE_CTX_RESERVED_BITS RTL_RUN_ONCE_CTX_RESERVED_BITS

FILEMAP_BEGIN

/* Creates an event, or opens the one that has the name (GetLastError 183). NULL on failure: 3, 5, 6, 87, 123, 161, 206, 998. */
WINBASEAPI HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState, LPCSTR lpName);
WINBASEAPI HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState, LPCWSTR lpName);
#define CreateEvent FILEMAP_AW(CreateEvent)
/* CreateEvent with flags (CREATE_EVENT_) and the access of the handle. */
WINBASEAPI HANDLE WINAPI CreateEventExA(LPSECURITY_ATTRIBUTES lpEventAttributes, LPCSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
WINBASEAPI HANDLE WINAPI CreateEventExW(LPSECURITY_ATTRIBUTES lpEventAttributes, LPCWSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
#define CreateEventEx FILEMAP_AW(CreateEventEx)
/* Opens an event. NULL on failure: 2, 3, 5, 6, 87. */
WINBASEAPI HANDLE WINAPI OpenEventA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName);
WINBASEAPI HANDLE WINAPI OpenEventW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName);
#define OpenEvent FILEMAP_AW(OpenEvent)
/* Sets an event. FALSE on failure: 5 without EVENT_MODIFY_STATE, 6. */
WINBASEAPI BOOL WINAPI SetEvent(HANDLE hEvent);
/* Resets an event. Errors as SetEvent. */
WINBASEAPI BOOL WINAPI ResetEvent(HANDLE hEvent);
/* Releases who waits right now, then resets. Errors as SetEvent. */
WINBASEAPI BOOL WINAPI PulseEvent(HANDLE hEvent);

/* Creates a mutex, or opens the one that has the name (183; then ownership is not given). NULL on failure as CreateEvent. */
WINBASEAPI HANDLE WINAPI CreateMutexA(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner, LPCSTR lpName);
WINBASEAPI HANDLE WINAPI CreateMutexW(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner, LPCWSTR lpName);
#define CreateMutex FILEMAP_AW(CreateMutex)
/* CreateMutex with flags (CREATE_MUTEX_INITIAL_OWNER) and the access of the handle. */
WINBASEAPI HANDLE WINAPI CreateMutexExA(LPSECURITY_ATTRIBUTES lpMutexAttributes, LPCSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
WINBASEAPI HANDLE WINAPI CreateMutexExW(LPSECURITY_ATTRIBUTES lpMutexAttributes, LPCWSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
#define CreateMutexEx FILEMAP_AW(CreateMutexEx)
/* Opens a mutex. NULL on failure: 2, 3, 5, 6, 87. */
WINBASEAPI HANDLE WINAPI OpenMutexA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName);
WINBASEAPI HANDLE WINAPI OpenMutexW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName);
#define OpenMutex FILEMAP_AW(OpenMutex)
/* Gives one ownership back. FALSE on failure: 6, 288 if this thread is not the owner. */
WINBASEAPI BOOL WINAPI ReleaseMutex(HANDLE hMutex);

/* Creates a semaphore, or opens the one that has the name (183). NULL on failure: 87 for impossible counts, else as CreateEvent. */
WINBASEAPI HANDLE WINAPI CreateSemaphoreA(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount, LONG lMaximumCount, LPCSTR lpName);
WINBASEAPI HANDLE WINAPI CreateSemaphoreW(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount, LONG lMaximumCount, LPCWSTR lpName);
#define CreateSemaphore FILEMAP_AW(CreateSemaphore)
/* CreateSemaphore with the access of the handle; dwFlags is 0. */
WINBASEAPI HANDLE WINAPI CreateSemaphoreExA(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount, LONG lMaximumCount, LPCSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
WINBASEAPI HANDLE WINAPI CreateSemaphoreExW(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount, LONG lMaximumCount, LPCWSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
#define CreateSemaphoreEx FILEMAP_AW(CreateSemaphoreEx)
/* Opens a semaphore. NULL on failure: 2, 3, 5, 6, 87. */
WINBASEAPI HANDLE WINAPI OpenSemaphoreA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName);
WINBASEAPI HANDLE WINAPI OpenSemaphoreW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName);
#define OpenSemaphore FILEMAP_AW(OpenSemaphore)
/* Adds to the count and gives the previous one (NULL: not wanted). FALSE on failure: 5, 6, 87 count below 1, 298 above the maximum. */
WINBASEAPI BOOL WINAPI ReleaseSemaphore(HANDLE hSemaphore, LONG lReleaseCount, LPLONG lpPreviousCount);

/* Creates a waitable timer, or opens the one that has the name (183). NULL on failure as CreateEvent. */
WINBASEAPI HANDLE WINAPI CreateWaitableTimerA(LPSECURITY_ATTRIBUTES lpTimerAttributes, BOOL bManualReset, LPCSTR lpTimerName);
WINBASEAPI HANDLE WINAPI CreateWaitableTimerW(LPSECURITY_ATTRIBUTES lpTimerAttributes, BOOL bManualReset, LPCWSTR lpTimerName);
#define CreateWaitableTimer FILEMAP_AW(CreateWaitableTimer)
/* CreateWaitableTimer with flags (CREATE_WAITABLE_TIMER_) and the access of the handle. */
WINBASEAPI HANDLE WINAPI CreateWaitableTimerExA(LPSECURITY_ATTRIBUTES lpTimerAttributes, LPCSTR lpTimerName, DWORD dwFlags, DWORD dwDesiredAccess);
WINBASEAPI HANDLE WINAPI CreateWaitableTimerExW(LPSECURITY_ATTRIBUTES lpTimerAttributes, LPCWSTR lpTimerName, DWORD dwFlags, DWORD dwDesiredAccess);
#define CreateWaitableTimerEx FILEMAP_AW(CreateWaitableTimerEx)
/* Opens a waitable timer. NULL on failure: 2, 3, 5, 6, 87. */
WINBASEAPI HANDLE WINAPI OpenWaitableTimerA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpTimerName);
WINBASEAPI HANDLE WINAPI OpenWaitableTimerW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpTimerName);
#define OpenWaitableTimer FILEMAP_AW(OpenWaitableTimer)
/* Sets a timer: due time in 100 ns, positive absolute UTC, negative relative; period in ms, 0 once. FALSE on failure: 5, 6, 87, 998. */
WINBASEAPI BOOL WINAPI SetWaitableTimer(HANDLE hTimer, const LARGE_INTEGER *lpDueTime, LONG lPeriod, PTIMERAPCROUTINE pfnCompletionRoutine, LPVOID lpArgToCompletionRoutine, BOOL fResume);
/* SetWaitableTimer with a tolerable delay in ms. */
WINBASEAPI BOOL WINAPI SetWaitableTimerEx(HANDLE hTimer, const LARGE_INTEGER *lpDueTime, LONG lPeriod, PTIMERAPCROUTINE pfnCompletionRoutine, LPVOID lpArgToCompletionRoutine, PREASON_CONTEXT WakeContext, ULONG TolerableDelay);
/* Stops a timer; its state stays. FALSE on failure: 5, 6. */
WINBASEAPI BOOL WINAPI CancelWaitableTimer(HANDLE hTimer);

/* Waits for an object, milliseconds or INFINITE. WAIT_OBJECT_0, WAIT_ABANDONED, WAIT_TIMEOUT, or WAIT_FAILED: 5, 6, 587. */
WINBASEAPI DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds);
/* The same, and WAIT_IO_COMPLETION if bAlertable and an APC ran. */
WINBASEAPI DWORD WINAPI WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable);
/* Waits for any or all of 1 to 64 objects. WAIT_OBJECT_0 + i, WAIT_ABANDONED_0 + i, WAIT_TIMEOUT, or WAIT_FAILED: 5, 6, 87, 998. */
WINBASEAPI DWORD WINAPI WaitForMultipleObjects(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll, DWORD dwMilliseconds);
/* The same, alertable. */
WINBASEAPI DWORD WINAPI WaitForMultipleObjectsEx(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll, DWORD dwMilliseconds, BOOL bAlertable);
/* Signals an event, mutex or semaphore, then waits for another object. WAIT_FAILED: 5, 6, 288, 298. */
WINBASEAPI DWORD WINAPI SignalObjectAndWait(HANDLE hObjectToSignal, HANDLE hObjectToWaitOn, DWORD dwMilliseconds, BOOL bAlertable);
/* Suspends the thread for milliseconds or INFINITE; 0 gives way to others. */
WINBASEAPI void WINAPI Sleep(DWORD dwMilliseconds);
/* Sleep that APCs may end: then WAIT_IO_COMPLETION, else 0. */
WINBASEAPI DWORD WINAPI SleepEx(DWORD dwMilliseconds, BOOL bAlertable);

/* Prepares a critical section, a lock between the threads of one process. As on Windows, a bad pointer is an access violation. */
WINBASEAPI void WINAPI InitializeCriticalSection(LPCRITICAL_SECTION lpCriticalSection);
/* The same with a spin count. Always TRUE. */
WINBASEAPI BOOL WINAPI InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION lpCriticalSection, DWORD dwSpinCount);
/* The same with flags. Always TRUE. */
WINBASEAPI BOOL WINAPI InitializeCriticalSectionEx(LPCRITICAL_SECTION lpCriticalSection, DWORD dwSpinCount, DWORD Flags);
/* Waits until the section is this thread's; recursive. */
WINBASEAPI void WINAPI EnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection);
/* TRUE if the section is this thread's now. Never waits. */
WINBASEAPI BOOL WINAPI TryEnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection);
/* Gives it back, as often as it was entered. */
WINBASEAPI void WINAPI LeaveCriticalSection(LPCRITICAL_SECTION lpCriticalSection);
/* Ends a section that nobody owns. */
WINBASEAPI void WINAPI DeleteCriticalSection(LPCRITICAL_SECTION lpCriticalSection);

/* Gives a section another spin count, which nothing depends on here, and gives the old one. */
WINBASEAPI DWORD WINAPI SetCriticalSectionSpinCount(LPCRITICAL_SECTION lpCriticalSection, DWORD dwSpinCount);

/* Slim reader/writer locks, between the threads of one process. Not recursive. A thread that wants to write goes before those that come
 * later to read. All zero is a free lock. As on Windows, a bad pointer is an access violation, here and in what follows. */
WINBASEAPI void WINAPI InitializeSRWLock(PSRWLOCK SRWLock);
/* Waits until the lock is this thread's alone. */
WINBASEAPI void WINAPI AcquireSRWLockExclusive(PSRWLOCK SRWLock);
/* Waits until the lock is this thread's, with others that share it. */
WINBASEAPI void WINAPI AcquireSRWLockShared(PSRWLOCK SRWLock);
/* TRUE if the lock is this thread's now. Never waits. */
WINBASEAPI BOOLEAN WINAPI TryAcquireSRWLockExclusive(PSRWLOCK SRWLock);
WINBASEAPI BOOLEAN WINAPI TryAcquireSRWLockShared(PSRWLOCK SRWLock);
/* Gives it back. A lock that is not held like this is left alone (Windows raises STATUS_RESOURCE_NOT_OWNED). */
WINBASEAPI void WINAPI ReleaseSRWLockExclusive(PSRWLOCK SRWLock);
WINBASEAPI void WINAPI ReleaseSRWLockShared(PSRWLOCK SRWLock);

/* Condition variables of one process. All zero is one that nobody waits for. */
WINBASEAPI void WINAPI InitializeConditionVariable(PCONDITION_VARIABLE ConditionVariable);
/* Gives the section back, which this thread has entered once, sleeps until it is woken or the time is over, and enters the section
 * again. It may also wake for no reason. FALSE on failure: 1460 the time is over. */
WINBASEAPI BOOL WINAPI SleepConditionVariableCS(PCONDITION_VARIABLE ConditionVariable, PCRITICAL_SECTION CriticalSection, DWORD dwMilliseconds);
/* The same with a lock, shared if Flags is CONDITION_VARIABLE_LOCKMODE_SHARED. FALSE on failure: 87 other flags, 1460. */
WINBASEAPI BOOL WINAPI SleepConditionVariableSRW(PCONDITION_VARIABLE ConditionVariable, PSRWLOCK SRWLock, DWORD dwMilliseconds, ULONG Flags);
/* Wakes one, or all, who sleep there now. */
WINBASEAPI void WINAPI WakeConditionVariable(PCONDITION_VARIABLE ConditionVariable);
WINBASEAPI void WINAPI WakeAllConditionVariable(PCONDITION_VARIABLE ConditionVariable);

/* What is done once in a process. All zero is not done yet. */
WINBASEAPI void WINAPI InitOnceInitialize(PINIT_ONCE InitOnce);
/* Calls the function unless it has succeeded before; who comes while it runs waits for it. *Context gets what the function put there,
 * whose low INIT_ONCE_CTX_RESERVED_BITS bits are 0. FALSE if the function returned FALSE; the next one tries again. */
WINBASEAPI BOOL WINAPI InitOnceExecuteOnce(PINIT_ONCE InitOnce, PINIT_ONCE_FN InitFn, PVOID Parameter, LPVOID *Context);
/* Asks whether it is done. *fPending TRUE: it is for the caller to do, and to tell InitOnceComplete. FALSE: *lpContext is what was told.
 * INIT_ONCE_ASYNC: others may do it at the same time, and the first one counts; else others wait.
 * FALSE on failure: 31 with INIT_ONCE_CHECK_ONLY if it is not done, 87. */
WINBASEAPI BOOL WINAPI InitOnceBeginInitialize(LPINIT_ONCE lpInitOnce, DWORD dwFlags, PBOOL fPending, LPVOID *lpContext);
/* Tells that it is done, or with INIT_ONCE_INIT_FAILED that it is not. FALSE on failure: 31 it was not begun or is done,
 * 87 bits of lpContext that are not free, 183 with INIT_ONCE_ASYNC if another was first. */
WINBASEAPI BOOL WINAPI InitOnceComplete(LPINIT_ONCE lpInitOnce, DWORD dwFlags, LPVOID lpContext);

/* Sleeps as long as the 1, 2, 4 or 8 bytes at Address are those at CompareAddress, until a thread of this process wakes the
 * address; it may also return earlier. FALSE on failure: 87 another size, 998, 1460 the time is over. */
WINBASEAPI BOOL WINAPI WaitOnAddress(volatile VOID *Address, PVOID CompareAddress, SIZE_T AddressSize, DWORD dwMilliseconds);
/* Wakes one, or all, who wait for the address. Never fails. */
WINBASEAPI void WINAPI WakeByAddressSingle(PVOID Address);
WINBASEAPI void WINAPI WakeByAddressAll(PVOID Address);

FILEMAP_END

#endif

/* threadpoollegacyapiset.h: functions that threads of the pool call: work items, timers, registered waits (winbase.h begins those).
 * What stands here for queues, timers and waits are no handles of objects: CloseHandle and waits answer 6.
 * A forked child has none of its parent's. Once the process ends by exit, no function begins any more. */
#ifndef FILEMAP_THREADPOOLLEGACYAPISET_H
#define FILEMAP_THREADPOOLLEGACYAPISET_H

#include <wtypesbase.h>

FILEMAP_BEGIN

/* Has a function called once by a thread of the pool. There are as many threads as calls are under way, 512 at most or what
 * WT_SET_MAX_THREADPOOL_THREADS says; the other flags change nothing. FALSE on failure: 8, 998. */
WINBASEAPI BOOL WINAPI QueueUserWorkItem(LPTHREAD_START_ROUTINE Function, PVOID Context, ULONG Flags);
/* Ends a registered wait. With INVALID_HANDLE_VALUE it returns when no call of the function is under way any more; with an event, that
 * is set then; with NULL it does not wait. FALSE on failure: 5, 6; 997 with NULL or an event if calls are under way (the wait
 * is ended, and the event will be set); 1131 from the function itself with INVALID_HANDLE_VALUE, and then the wait goes on. */
WINBASEAPI BOOL WINAPI UnregisterWaitEx(HANDLE WaitHandle, HANDLE CompletionEvent);

/* Makes a queue of timers. NULL on failure: 8. */
WINBASEAPI HANDLE WINAPI CreateTimerQueue(void);
/* Makes a timer in a queue, or in the one that every process has (NULL): a function is called in DueTime milliseconds (INFINITE: not
 * before it is changed) and then every Period milliseconds (0: never again), its second argument TRUE.
 * WT_EXECUTEONLYONCE: once, whatever Period says; WT_EXECUTEINTIMERTHREAD: by the thread of the timers; it should be short.
 * FALSE on failure: 6 no such queue, 8, 998. */
WINBASEAPI BOOL WINAPI CreateTimerQueueTimer(PHANDLE phNewTimer, HANDLE TimerQueue, WAITORTIMERCALLBACK Callback, PVOID Parameter, DWORD DueTime, DWORD Period, ULONG Flags);
/* Gives a timer other times; one that was due once and has no period stays as it is. FALSE on failure: 6 no such queue, 87 no such timer. */
WINBASEAPI BOOL WINAPI ChangeTimerQueueTimer(HANDLE TimerQueue, HANDLE Timer, ULONG DueTime, ULONG Period);
/* Ends a timer. CompletionEvent as for UnregisterWaitEx. FALSE on failure: 5, 6, 87 no such timer, 997 as there, 1131. */
WINBASEAPI BOOL WINAPI DeleteTimerQueueTimer(HANDLE TimerQueue, HANDLE Timer, HANDLE CompletionEvent);
/* Ends a queue and its timers. CompletionEvent as for UnregisterWaitEx. FALSE on failure: 5, 6, 997 as there, 1131. */
WINBASEAPI BOOL WINAPI DeleteTimerQueueEx(HANDLE TimerQueue, HANDLE CompletionEvent);
/* The same without waiting. */
WINBASEAPI BOOL WINAPI DeleteTimerQueue(HANDLE TimerQueue);

FILEMAP_END

#endif

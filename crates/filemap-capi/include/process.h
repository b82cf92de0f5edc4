/* process.h: threads as Microsoft's C library starts them. They are the threads of CreateThread. */
#ifndef FILEMAP_PROCESS_H
#define FILEMAP_PROCESS_H

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <errhandlingapi.h>
#include <handleapi.h>
#include <processthreadsapi.h>

typedef unsigned (__stdcall *_beginthreadex_proc_type)(void *);
typedef void (__cdecl *_beginthread_proc_type)(void *);

/* Starts a thread; the result is its handle, to be closed. 0 on failure; the last error as from CreateThread. */
FILEMAP_INLINE uintptr_t _beginthreadex(void *security, unsigned stack_size, _beginthreadex_proc_type start, void *argument, unsigned flags, unsigned *id)
{
    DWORD number = 0;
    HANDLE thread = CreateThread((LPSECURITY_ATTRIBUTES)security, stack_size, (LPTHREAD_START_ROUTINE)start, argument, flags, &number);
    if (id != NULL)
        *id = number;
    return (uintptr_t)thread;
}
/* Ends the calling thread. */
FILEMAP_INLINE void _endthreadex(unsigned code) { ExitThread(code); }

typedef struct { _beginthread_proc_type start; void *argument; } filemap_thread_start;
FILEMAP_INLINE DWORD WINAPI filemap_thread_without_result(LPVOID given)
{
    filemap_thread_start how = *(filemap_thread_start *)given;
    free(given);
    how.start(how.argument);
    return 0;
}
/* Starts a thread whose function gives nothing; (uintptr_t)-1 on failure. The handle is the program's to close: on Windows the
 * thread closes it, and programs must not use it. */
FILEMAP_INLINE uintptr_t _beginthread(_beginthread_proc_type start, unsigned stack_size, void *argument)
{
    filemap_thread_start *how = (filemap_thread_start *)malloc(sizeof *how);
    HANDLE thread;
    if (how == NULL)
        return (uintptr_t)-1;
    how->start = start;
    how->argument = argument;
    thread = CreateThread(NULL, stack_size, filemap_thread_without_result, how, 0, NULL);
    if (thread == NULL) {
        free(how);
        return (uintptr_t)-1;
    }
    return (uintptr_t)thread;
}
/* Ends the calling thread. */
FILEMAP_INLINE void _endthread(void) { ExitThread(0); }
#ifndef _getpid
#define _getpid getpid
#endif

#endif

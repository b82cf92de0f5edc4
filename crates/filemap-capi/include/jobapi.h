/* jobapi.h: jobs: named objects that know their member processes. They set no limits: spec/sync.md §1. */
#ifndef FILEMAP_JOBAPI_H
#define FILEMAP_JOBAPI_H

#include <wtypesbase.h>

FILEMAP_BEGIN

/* Creates a job, or opens the one that has the name (183). NULL on failure: 3, 5, 6, 123, 161, 206, 998. */
WINBASEAPI HANDLE WINAPI CreateJobObjectA(LPSECURITY_ATTRIBUTES lpJobAttributes, LPCSTR lpName);
WINBASEAPI HANDLE WINAPI CreateJobObjectW(LPSECURITY_ATTRIBUTES lpJobAttributes, LPCWSTR lpName);
#define CreateJobObject FILEMAP_AW(CreateJobObject)
/* Opens a job. NULL on failure: 2, 3, 5, 6, 87. */
WINBASEAPI HANDLE WINAPI OpenJobObjectA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName);
WINBASEAPI HANDLE WINAPI OpenJobObjectW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName);
#define OpenJobObject FILEMAP_AW(OpenJobObject)
/* Makes a process a member. FALSE on failure: 5 (also if it has ended), 6, 1450 with 254 members. */
WINBASEAPI BOOL WINAPI AssignProcessToJobObject(HANDLE hJob, HANDLE hProcess);
/* Tells whether a process is a member; JobHandle NULL: of any job that this process has a handle of. FALSE on failure: 5, 6, 998. */
WINBASEAPI BOOL WINAPI IsProcessInJob(HANDLE ProcessHandle, HANDLE JobHandle, PBOOL Result);
/* Ends all members. FALSE on failure: 5 without JOB_OBJECT_TERMINATE, 6. */
WINBASEAPI BOOL WINAPI TerminateJobObject(HANDLE hJob, UINT uExitCode);

FILEMAP_END

#endif

/* jobapi.h: jobs. Only their names and handles are here: spec/sync.md §1. */
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

FILEMAP_END

#endif

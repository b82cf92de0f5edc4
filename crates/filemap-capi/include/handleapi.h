/* handleapi.h: closing, duplicating and describing handles. Rules: spec/objects.md, O-12 to O-26. */
#ifndef FILEMAP_HANDLEAPI_H
#define FILEMAP_HANDLEAPI_H

#include <windef.h>

FILEMAP_BEGIN

/* Closes a handle; pseudo handles succeed and stay. FALSE and 6 if it is none, or is protected from closing. */
WINBASEAPI BOOL WINAPI CloseHandle(HANDLE hObject);
/* Makes another handle to the same object, in this or another process. FALSE on failure: 5 more rights than granted,
 * 6 not a handle, 87, 998. DUPLICATE_CLOSE_SOURCE closes the source even then. */
WINBASEAPI BOOL WINAPI DuplicateHandle(HANDLE hSourceProcessHandle, HANDLE hSourceHandle, HANDLE hTargetProcessHandle, LPHANDLE lpTargetHandle, DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwOptions);
/* Gives HANDLE_FLAG_INHERIT and HANDLE_FLAG_PROTECT_FROM_CLOSE. FALSE on failure: 6, 998. */
WINBASEAPI BOOL WINAPI GetHandleInformation(HANDLE hObject, LPDWORD lpdwFlags);
/* Changes the flags in dwMask to dwFlags. FALSE on failure: 6, 87 for unknown flags. */
WINBASEAPI BOOL WINAPI SetHandleInformation(HANDLE hObject, DWORD dwMask, DWORD dwFlags);
/* TRUE if both handles are to one object. FALSE on failure: 6; FALSE with 1656 (ERROR_NOT_SAME_OBJECT) if they differ. */
WINBASEAPI BOOL WINAPI CompareObjectHandles(HANDLE hFirstObjectHandle, HANDLE hSecondObjectHandle);

FILEMAP_END

#endif

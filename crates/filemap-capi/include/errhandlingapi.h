/* errhandlingapi.h: the last error of the thread. */
#ifndef FILEMAP_ERRHANDLINGAPI_H
#define FILEMAP_ERRHANDLINGAPI_H

#include <windef.h>

#define SEM_FAILCRITICALERRORS 0x0001
#define SEM_NOGPFAULTERRORBOX 0x0002
#define SEM_NOOPENFILEERRORBOX 0x8000

FILEMAP_BEGIN

/* The number that the last failing call of this thread left (and errno holds it too). Never fails. */
WINBASEAPI DWORD WINAPI GetLastError(void);
/* Sets that number, and errno. */
WINBASEAPI void WINAPI SetLastError(DWORD dwErrCode);
/* Sets which errors would show a box on Windows; returns the previous value. No effect here. */
WINBASEAPI UINT WINAPI SetErrorMode(UINT uMode);
/* The value that SetErrorMode set. */
WINBASEAPI UINT WINAPI GetErrorMode(void);

FILEMAP_END

#endif

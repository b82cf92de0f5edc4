/* profileapi.h: the fine clock. */
#ifndef FILEMAP_PROFILEAPI_H
#define FILEMAP_PROFILEAPI_H

#include <windef.h>

FILEMAP_BEGIN

/* Ticks of a clock that never goes back. FALSE and 998 for a bad pointer. */
WINBASEAPI BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *lpPerformanceCount);
/* Its ticks per second. FALSE and 998 for a bad pointer. */
WINBASEAPI BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *lpFrequency);

FILEMAP_END

#endif

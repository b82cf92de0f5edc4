/* namedpipeapi.h: anonymous pipes. */
#ifndef FILEMAP_NAMEDPIPEAPI_H
#define FILEMAP_NAMEDPIPEAPI_H

#include <wtypesbase.h>

FILEMAP_BEGIN

/* Makes a pipe and gives both ends. FALSE on failure: 4, 998. */
WINBASEAPI BOOL WINAPI CreatePipe(PHANDLE hReadPipe, PHANDLE hWritePipe, LPSECURITY_ATTRIBUTES lpPipeAttributes, DWORD nSize);

FILEMAP_END

#endif

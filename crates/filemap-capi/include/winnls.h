/* winnls.h: code pages of this system. */
#ifndef FILEMAP_WINNLS_H
#define FILEMAP_WINNLS_H

#include <stringapiset.h>

FILEMAP_BEGIN

/* 65001: the code page of the A functions is UTF-8. */
WINBASEAPI UINT WINAPI GetACP(void);
WINBASEAPI UINT WINAPI GetOEMCP(void);
/* TRUE for the code pages that the conversions know. */
WINBASEAPI BOOL WINAPI IsValidCodePage(UINT CodePage);

FILEMAP_END

#endif

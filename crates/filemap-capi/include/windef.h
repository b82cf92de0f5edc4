/* windef.h: basic types, and the few of the window system that programs without windows name. */
#ifndef FILEMAP_WINDEF_H
#define FILEMAP_WINDEF_H

#include <minwindef.h>
#include <winnt.h>

typedef struct tagPOINT { LONG x; LONG y; } POINT, *PPOINT, *LPPOINT;
typedef struct tagSIZE { LONG cx; LONG cy; } SIZE, *PSIZE, *LPSIZE;
typedef struct tagRECT { LONG left; LONG top; LONG right; LONG bottom; } RECT, *PRECT, *LPRECT;
typedef DWORD COLORREF;

#endif

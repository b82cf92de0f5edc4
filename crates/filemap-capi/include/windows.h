/* windows.h: Windows' file mapping and what programs use with it, for programs that do not run on Windows.
 * Part of filemap. UNICODE selects the W functions and 16-bit text: see filemap_wchar.h. */
#ifndef FILEMAP_WINDOWS_H
#define FILEMAP_WINDOWS_H

#include <stdarg.h>
#include <windef.h>
#include <winbase.h>
#ifndef NOUSER
#include <winuser.h>
#endif
#include <winnls.h>
#include <filemap_crt.h>

#endif

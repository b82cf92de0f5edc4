/* stringapiset.h: between 8-bit and 16-bit text. The ANSI code page of this system is UTF-8. */
#ifndef FILEMAP_STRINGAPISET_H
#define FILEMAP_STRINGAPISET_H

#include <windef.h>

#define CP_ACP 0
#define CP_OEMCP 1
#define CP_MACCP 2
#define CP_THREAD_ACP 3
#define CP_SYMBOL 42
#define CP_UTF7 65000
#define CP_UTF8 65001
#define MB_PRECOMPOSED 0x00000001
#define MB_COMPOSITE 0x00000002
#define MB_USEGLYPHCHARS 0x00000004
#define MB_ERR_INVALID_CHARS 0x00000008
#define WC_COMPOSITECHECK 0x00000200
#define WC_DISCARDNS 0x00000010
#define WC_SEPCHARS 0x00000020
#define WC_DEFAULTCHAR 0x00000040
#define WC_ERR_INVALID_CHARS 0x00000080
#define WC_NO_BEST_FIT_CHARS 0x00000400

FILEMAP_BEGIN

/* 8-bit to 16-bit text; cbMultiByte -1: up to and with the terminator. Returns the units written, or needed if cchWideChar is 0.
 * 0 on failure: 87, 122 buffer too short, 998, 1004 flags, 1113 bytes that are no text (with MB_ERR_INVALID_CHARS). */
WINBASEAPI int WINAPI MultiByteToWideChar(UINT CodePage, DWORD dwFlags, LPCSTR lpMultiByteStr, int cbMultiByte, LPWSTR lpWideCharStr, int cchWideChar);
/* 16-bit to 8-bit text. Returns bytes. 0 on failure: as MultiByteToWideChar. */
WINBASEAPI int WINAPI WideCharToMultiByte(UINT CodePage, DWORD dwFlags, LPCWSTR lpWideCharStr, int cchWideChar, LPSTR lpMultiByteStr, int cbMultiByte, LPCSTR lpDefaultChar, LPBOOL lpUsedDefaultChar);

FILEMAP_END

#endif

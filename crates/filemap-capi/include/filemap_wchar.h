/* filemap_wchar.h: the 16-bit character type, and whether this compilation can write literals of it.
 * Included by winnt.h and tchar.h; programs have no need to include it.
 *
 *   -fshort-wchar                    WCHAR is wchar_t,        text is L"..."
 *   C++11 and later                  WCHAR is char16_t,       text is u"..."
 *   C11 and later, gcc's gnu99 too   WCHAR is uint_least16_t, text is u"..."
 *   older C                          WCHAR is uint_least16_t, no literals: UNICODE stops with #error
 *
 * The library sees 16-bit units in every case.
 */
#ifndef FILEMAP_WCHAR_H
#define FILEMAP_WCHAR_H

#include <stddef.h>

#if defined(__SIZEOF_WCHAR_T__) && __SIZEOF_WCHAR_T__ == 2
#define FILEMAP_SHORT_WCHAR 1
#define FILEMAP_WIDE_(quote) L##quote
#define FILEMAP_WCHAR_TYPE wchar_t
#elif defined(__cplusplus)
#if __cplusplus < 201103L
#error "filemap: C++11 or later is needed (-std=c++11), or -fshort-wchar"
#endif
#define FILEMAP_WIDE_(quote) u##quote
#define FILEMAP_WCHAR_TYPE char16_t
#else
#define FILEMAP_WCHAR_TYPE __CHAR16_TYPE__
#if (defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L) \
    || (!defined(__clang__) && !defined(__STRICT_ANSI__) && defined(__STDC_VERSION__) && __STDC_VERSION__ >= 199901L)
#define FILEMAP_WIDE_(quote) u##quote
#endif
#endif

#if (defined(UNICODE) || defined(_UNICODE)) && !defined(FILEMAP_WIDE_)
#error "filemap: UNICODE needs 16-bit literals: compile with -fshort-wchar, or with -std=gnu11 or later"
#endif

#ifndef FILEMAP_WCHAR_DEFINED
#define FILEMAP_WCHAR_DEFINED
typedef FILEMAP_WCHAR_TYPE WCHAR;
#endif

/* Linkage of everything the library exports, and of the few functions that live in the headers. */
#ifdef __cplusplus
#define FILEMAP_EXTERN_C extern "C"
#define FILEMAP_BEGIN extern "C" {
#define FILEMAP_END }
#else
#define FILEMAP_EXTERN_C extern
#define FILEMAP_BEGIN
#define FILEMAP_END
#endif
#define FILEMAP_INLINE static __inline__ __attribute__((__unused__))

/* FILEMAP_AW(Name) is NameW where UNICODE is defined and NameA elsewhere. */
#ifdef UNICODE
#define FILEMAP_AW(name) name##W
#else
#define FILEMAP_AW(name) name##A
#endif

#endif

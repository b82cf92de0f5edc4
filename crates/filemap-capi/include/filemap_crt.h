/* filemap_crt.h: what Microsoft's C library has and this system's lacks. Included by windows.h and tchar.h.
 * -DFILEMAP_NO_CRT leaves the narrow names away. Length errors end in an empty string and an error number, not in a dialog. */
#ifndef FILEMAP_CRT_H
#define FILEMAP_CRT_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <minwindef.h>

FILEMAP_BEGIN
/* 16-bit text: names as in wchar.h, with fm_ in front. Bad pointers are the caller's fault, as in every C library. */
WINBASEAPI SIZE_T WINAPI fm_wcslen(const WCHAR *s);
WINBASEAPI SIZE_T WINAPI fm_wcsnlen(const WCHAR *s, SIZE_T n);
WINBASEAPI WCHAR * WINAPI fm_wcscpy(WCHAR *to, const WCHAR *from);
WINBASEAPI WCHAR * WINAPI fm_wcsncpy(WCHAR *to, const WCHAR *from, SIZE_T n);
WINBASEAPI WCHAR * WINAPI fm_wcscat(WCHAR *to, const WCHAR *from);
WINBASEAPI WCHAR * WINAPI fm_wcsncat(WCHAR *to, const WCHAR *from, SIZE_T n);
WINBASEAPI int WINAPI fm_wcscmp(const WCHAR *a, const WCHAR *b);
WINBASEAPI int WINAPI fm_wcsncmp(const WCHAR *a, const WCHAR *b, SIZE_T n);
WINBASEAPI int WINAPI fm_wcsicmp(const WCHAR *a, const WCHAR *b);
WINBASEAPI int WINAPI fm_wcsnicmp(const WCHAR *a, const WCHAR *b, SIZE_T n);
WINBASEAPI WCHAR * WINAPI fm_wcschr(const WCHAR *s, int c);
WINBASEAPI WCHAR * WINAPI fm_wcsrchr(const WCHAR *s, int c);
WINBASEAPI WCHAR * WINAPI fm_wcsstr(const WCHAR *s, const WCHAR *what);
WINBASEAPI WCHAR * WINAPI fm_wcspbrk(const WCHAR *s, const WCHAR *any);
WINBASEAPI SIZE_T WINAPI fm_wcsspn(const WCHAR *s, const WCHAR *any);
WINBASEAPI SIZE_T WINAPI fm_wcscspn(const WCHAR *s, const WCHAR *any);
WINBASEAPI WCHAR * WINAPI fm_wcstok(WCHAR *s, const WCHAR *any);
WINBASEAPI WCHAR * WINAPI fm_wcstok_s(WCHAR *s, const WCHAR *any, WCHAR **context);
WINBASEAPI WCHAR * WINAPI fm_wcsdup(const WCHAR *s);
WINBASEAPI WCHAR * WINAPI fm_wcsupr(WCHAR *s);
WINBASEAPI WCHAR * WINAPI fm_wcslwr(WCHAR *s);
WINBASEAPI WCHAR * WINAPI fm_wcsrev(WCHAR *s);
WINBASEAPI int WINAPI fm_wcscpy_s(WCHAR *to, SIZE_T units, const WCHAR *from);
WINBASEAPI int WINAPI fm_wcscat_s(WCHAR *to, SIZE_T units, const WCHAR *from);
WINBASEAPI int WINAPI fm_wcsncpy_s(WCHAR *to, SIZE_T units, const WCHAR *from, SIZE_T n);
WINBASEAPI int WINAPI fm_wcsncat_s(WCHAR *to, SIZE_T units, const WCHAR *from, SIZE_T n);
/* Numbers in text: as strtol and its relatives; LONG has 32 bits. */
WINBASEAPI LONG WINAPI fm_wcstol(const WCHAR *s, WCHAR **end, int base);
WINBASEAPI ULONG WINAPI fm_wcstoul(const WCHAR *s, WCHAR **end, int base);
WINBASEAPI LONGLONG WINAPI fm_wcstoll(const WCHAR *s, WCHAR **end, int base);
WINBASEAPI ULONGLONG WINAPI fm_wcstoull(const WCHAR *s, WCHAR **end, int base);
WINBASEAPI double WINAPI fm_wcstod(const WCHAR *s, WCHAR **end);
WINBASEAPI int WINAPI fm_wtoi(const WCHAR *s);
WINBASEAPI LONGLONG WINAPI fm_wtoi64(const WCHAR *s);
WINBASEAPI double WINAPI fm_wtof(const WCHAR *s);
WINBASEAPI WCHAR * WINAPI fm_itow(int value, WCHAR *to, int radix);
WINBASEAPI WCHAR * WINAPI fm_i64tow(LONGLONG value, WCHAR *to, int radix);
WINBASEAPI char * WINAPI fm_itoa(int value, char *to, int radix);
WINBASEAPI char * WINAPI fm_i64toa(LONGLONG value, char *to, int radix);
/* Kinds of characters. */
WINBASEAPI int WINAPI fm_towupper(int c);
WINBASEAPI int WINAPI fm_towlower(int c);
WINBASEAPI int WINAPI fm_iswalpha(int c);
WINBASEAPI int WINAPI fm_iswdigit(int c);
WINBASEAPI int WINAPI fm_iswalnum(int c);
WINBASEAPI int WINAPI fm_iswspace(int c);
WINBASEAPI int WINAPI fm_iswupper(int c);
WINBASEAPI int WINAPI fm_iswlower(int c);
WINBASEAPI int WINAPI fm_iswpunct(int c);
WINBASEAPI int WINAPI fm_iswxdigit(int c);
WINBASEAPI int WINAPI fm_iswprint(int c);
WINBASEAPI int WINAPI fm_iswcntrl(int c);
/* Formatted text by Microsoft's rules: %s is 16-bit here, %hs and %S are 8-bit, I64 and I32 are sizes. Files get UTF-8.
 * The result is the length; -1 if the buffer is too short (the _s forms leave it empty) or the stream fails. */
WINBASEAPI int WINAPI fm_vfwprintf(FILE *stream, const WCHAR *format, va_list arguments);
WINBASEAPI int WINAPI fm_vwprintf(const WCHAR *format, va_list arguments);
WINBASEAPI int WINAPI fm_vswprintf(WCHAR *to, SIZE_T units, const WCHAR *format, va_list arguments);
WINBASEAPI int WINAPI fm_vsnwprintf(WCHAR *to, SIZE_T units, const WCHAR *format, va_list arguments);
WINBASEAPI int WINAPI fm_vswprintf_s(WCHAR *to, SIZE_T units, const WCHAR *format, va_list arguments);
WINBASEAPI int WINAPI fm_vscwprintf(const WCHAR *format, va_list arguments);
/* The same for 8-bit text, where Microsoft's rules differ from this system's: %S is 16-bit, I64 and I32 are sizes. */
WINBASEAPI int WINAPI fm_vsnprintf(char *to, SIZE_T bytes, const char *format, va_list arguments);
WINBASEAPI int WINAPI fm_vsprintf_s(char *to, SIZE_T bytes, const char *format, va_list arguments);
WINBASEAPI int WINAPI fm_vfprintf(FILE *stream, const char *format, va_list arguments);
/* C99's vsnprintf with those rules: always terminated, and the result is the length that the whole text has. */
WINBASEAPI int WINAPI fm_vsnprintf_whole(char *to, SIZE_T bytes, const char *format, va_list arguments);
/* The same for reading: %ld and %lu read 32 bits, or 64 where bit n of longs says that conversion n points to eight bytes.
 * 16-bit text (%S, %ls) can't be read: the result is -1. */
WINBASEAPI int WINAPI fm_vsscanf(DWORD64 longs, const char *text, const char *format, va_list arguments);
WINBASEAPI int WINAPI fm_vfscanf(DWORD64 longs, FILE *stream, const char *format, va_list arguments);
/* Streams of 8-bit (UTF-8) text, seen as 16-bit text. WEOF is 0xFFFF. */
WINBASEAPI int WINAPI fm_putws(const WCHAR *s);
WINBASEAPI int WINAPI fm_fputws(const WCHAR *s, FILE *stream);
WINBASEAPI WCHAR * WINAPI fm_fgetws(WCHAR *to, int units, FILE *stream);
WINBASEAPI int WINAPI fm_fputwc(int c, FILE *stream);
WINBASEAPI int WINAPI fm_fgetwc(FILE *stream);
WINBASEAPI FILE * WINAPI fm_wfopen(const WCHAR *path, const WCHAR *mode);
WINBASEAPI int WINAPI fm_wremove(const WCHAR *path);
WINBASEAPI int WINAPI fm_wrename(const WCHAR *from, const WCHAR *to);
WINBASEAPI WCHAR * WINAPI fm_wgetenv(const WCHAR *name);
WINBASEAPI int WINAPI fm_wsystem(const WCHAR *command);
/* Arguments and environment as 16-bit text, for _tmain; they live as long as the process. */
WINBASEAPI WCHAR ** WINAPI fm_wargv(int argc, char **argv);
WINBASEAPI WCHAR ** WINAPI fm_wenvp(void);
FILEMAP_END

/* strdup, strnlen and strtok_r by names that strict -std=c99 has too. */
FILEMAP_INLINE char *fm_strdup(const char *s)
{
    size_t bytes = strlen(s) + 1;
    char *copy = (char *)malloc(bytes);
    return copy ? (char *)memcpy(copy, s, bytes) : NULL;
}
FILEMAP_INLINE size_t fm_strnlen(const char *s, size_t n)
{
    const char *end = (const char *)memchr(s, 0, n);
    return end ? (size_t)(end - s) : n;
}
FILEMAP_INLINE char *fm_strtok_s(char *s, const char *any, char **context)
{
    if (!s)
        s = *context;
    s += strspn(s, any);
    if (!*s) { *context = s; return NULL; }
    *context = s + strcspn(s, any);
    if (**context)
        *(*context)++ = 0;
    return s;
}

#define FILEMAP_FORMATTED_(call) \
    do { va_list arguments; va_start(arguments, format); result_ = call; va_end(arguments); } while (0)
FILEMAP_INLINE int fm_wprintf(const WCHAR *format, ...)
{ int result_; FILEMAP_FORMATTED_(fm_vwprintf(format, arguments)); return result_; }
FILEMAP_INLINE int fm_fwprintf(FILE *stream, const WCHAR *format, ...)
{ int result_; FILEMAP_FORMATTED_(fm_vfwprintf(stream, format, arguments)); return result_; }
FILEMAP_INLINE int fm_swprintf(WCHAR *to, SIZE_T units, const WCHAR *format, ...)
{ int result_; FILEMAP_FORMATTED_(fm_vswprintf(to, units, format, arguments)); return result_; }
FILEMAP_INLINE int fm_swprintf_old(WCHAR *to, const WCHAR *format, ...)
{ int result_; FILEMAP_FORMATTED_(fm_vswprintf(to, (SIZE_T)0x7fffffff, format, arguments)); return result_; }
FILEMAP_INLINE int fm_snwprintf(WCHAR *to, SIZE_T units, const WCHAR *format, ...)
{ int result_; FILEMAP_FORMATTED_(fm_vsnwprintf(to, units, format, arguments)); return result_; }
FILEMAP_INLINE int fm_swprintf_s(WCHAR *to, SIZE_T units, const WCHAR *format, ...)
{ int result_; FILEMAP_FORMATTED_(fm_vswprintf_s(to, units, format, arguments)); return result_; }
FILEMAP_INLINE int fm_scwprintf(const WCHAR *format, ...)
{ int result_; FILEMAP_FORMATTED_(fm_vscwprintf(format, arguments)); return result_; }
FILEMAP_INLINE int fm_snprintf(char *to, SIZE_T bytes, const char *format, ...)
{ int result_; FILEMAP_FORMATTED_(fm_vsnprintf(to, bytes, format, arguments)); return result_; }
FILEMAP_INLINE int fm_sprintf_s(char *to, SIZE_T bytes, const char *format, ...)
{ int result_; FILEMAP_FORMATTED_(fm_vsprintf_s(to, bytes, format, arguments)); return result_; }

FILEMAP_INLINE int fm_printf(const char *format, ...)
{ int result_; FILEMAP_FORMATTED_(fm_vfprintf(stdout, format, arguments)); return result_; }
FILEMAP_INLINE int fm_fprintf(FILE *stream, const char *format, ...)
{ int result_; FILEMAP_FORMATTED_(fm_vfprintf(stream, format, arguments)); return result_; }
FILEMAP_INLINE int fm_sprintf(char *to, const char *format, ...)
{ int result_; FILEMAP_FORMATTED_(fm_vsnprintf_whole(to, (SIZE_T)0x7fffffff, format, arguments)); return result_; }
FILEMAP_INLINE int fm_snprintf_whole(char *to, SIZE_T bytes, const char *format, ...)
{ int result_; FILEMAP_FORMATTED_(fm_vsnprintf_whole(to, bytes, format, arguments)); return result_; }
FILEMAP_INLINE int fm_scprintf(const char *format, ...)
{ int result_; FILEMAP_FORMATTED_(fm_vsnprintf_whole(NULL, 0, format, arguments)); return result_; }
FILEMAP_INLINE int fm_vprintf(const char *format, va_list arguments) { return fm_vfprintf(stdout, format, arguments); }
FILEMAP_INLINE int fm_vsprintf(char *to, const char *format, va_list arguments)
{ return fm_vsnprintf_whole(to, (SIZE_T)0x7fffffff, format, arguments); }
FILEMAP_INLINE int fm_scanf(DWORD64 longs, const char *format, ...)
{ int result_; FILEMAP_FORMATTED_(fm_vfscanf(longs, stdin, format, arguments)); return result_; }
FILEMAP_INLINE int fm_fscanf(DWORD64 longs, FILE *stream, const char *format, ...)
{ int result_; FILEMAP_FORMATTED_(fm_vfscanf(longs, stream, format, arguments)); return result_; }
FILEMAP_INLINE int fm_sscanf(DWORD64 longs, const char *text, const char *format, ...)
{ int result_; FILEMAP_FORMATTED_(fm_vsscanf(longs, text, format, arguments)); return result_; }
/* Which of the arguments behind a format point to eight bytes: a C long of this system, where Windows' has four. Up to 32. */
#define FILEMAP_8_(p) (sizeof(*(p)) == 8 ? (DWORD64)1 : (DWORD64)0)
#define FILEMAP_L1_(a) FILEMAP_8_(a)
#define FILEMAP_L2_(a, ...) (FILEMAP_8_(a) | FILEMAP_L1_(__VA_ARGS__) << 1)
#define FILEMAP_L3_(a, ...) (FILEMAP_8_(a) | FILEMAP_L2_(__VA_ARGS__) << 1)
#define FILEMAP_L4_(a, ...) (FILEMAP_8_(a) | FILEMAP_L3_(__VA_ARGS__) << 1)
#define FILEMAP_L5_(a, ...) (FILEMAP_8_(a) | FILEMAP_L4_(__VA_ARGS__) << 1)
#define FILEMAP_L6_(a, ...) (FILEMAP_8_(a) | FILEMAP_L5_(__VA_ARGS__) << 1)
#define FILEMAP_L7_(a, ...) (FILEMAP_8_(a) | FILEMAP_L6_(__VA_ARGS__) << 1)
#define FILEMAP_L8_(a, ...) (FILEMAP_8_(a) | FILEMAP_L7_(__VA_ARGS__) << 1)
#define FILEMAP_L9_(a, ...) (FILEMAP_8_(a) | FILEMAP_L8_(__VA_ARGS__) << 1)
#define FILEMAP_L10_(a, ...) (FILEMAP_8_(a) | FILEMAP_L9_(__VA_ARGS__) << 1)
#define FILEMAP_L11_(a, ...) (FILEMAP_8_(a) | FILEMAP_L10_(__VA_ARGS__) << 1)
#define FILEMAP_L12_(a, ...) (FILEMAP_8_(a) | FILEMAP_L11_(__VA_ARGS__) << 1)
#define FILEMAP_L13_(a, ...) (FILEMAP_8_(a) | FILEMAP_L12_(__VA_ARGS__) << 1)
#define FILEMAP_L14_(a, ...) (FILEMAP_8_(a) | FILEMAP_L13_(__VA_ARGS__) << 1)
#define FILEMAP_L15_(a, ...) (FILEMAP_8_(a) | FILEMAP_L14_(__VA_ARGS__) << 1)
#define FILEMAP_L16_(a, ...) (FILEMAP_8_(a) | FILEMAP_L15_(__VA_ARGS__) << 1)
#define FILEMAP_L17_(a, ...) (FILEMAP_8_(a) | FILEMAP_L16_(__VA_ARGS__) << 1)
#define FILEMAP_L18_(a, ...) (FILEMAP_8_(a) | FILEMAP_L17_(__VA_ARGS__) << 1)
#define FILEMAP_L19_(a, ...) (FILEMAP_8_(a) | FILEMAP_L18_(__VA_ARGS__) << 1)
#define FILEMAP_L20_(a, ...) (FILEMAP_8_(a) | FILEMAP_L19_(__VA_ARGS__) << 1)
#define FILEMAP_L21_(a, ...) (FILEMAP_8_(a) | FILEMAP_L20_(__VA_ARGS__) << 1)
#define FILEMAP_L22_(a, ...) (FILEMAP_8_(a) | FILEMAP_L21_(__VA_ARGS__) << 1)
#define FILEMAP_L23_(a, ...) (FILEMAP_8_(a) | FILEMAP_L22_(__VA_ARGS__) << 1)
#define FILEMAP_L24_(a, ...) (FILEMAP_8_(a) | FILEMAP_L23_(__VA_ARGS__) << 1)
#define FILEMAP_L25_(a, ...) (FILEMAP_8_(a) | FILEMAP_L24_(__VA_ARGS__) << 1)
#define FILEMAP_L26_(a, ...) (FILEMAP_8_(a) | FILEMAP_L25_(__VA_ARGS__) << 1)
#define FILEMAP_L27_(a, ...) (FILEMAP_8_(a) | FILEMAP_L26_(__VA_ARGS__) << 1)
#define FILEMAP_L28_(a, ...) (FILEMAP_8_(a) | FILEMAP_L27_(__VA_ARGS__) << 1)
#define FILEMAP_L29_(a, ...) (FILEMAP_8_(a) | FILEMAP_L28_(__VA_ARGS__) << 1)
#define FILEMAP_L30_(a, ...) (FILEMAP_8_(a) | FILEMAP_L29_(__VA_ARGS__) << 1)
#define FILEMAP_L31_(a, ...) (FILEMAP_8_(a) | FILEMAP_L30_(__VA_ARGS__) << 1)
#define FILEMAP_L32_(a, ...) (FILEMAP_8_(a) | FILEMAP_L31_(__VA_ARGS__) << 1)
#define FILEMAP_L33_(a, ...) (FILEMAP_8_(a) | FILEMAP_L32_(__VA_ARGS__) << 1)
#define FILEMAP_PICK_(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, name, ...) name
#define FILEMAP_LONGS_(...) \
    (FILEMAP_PICK_(__VA_ARGS__, FILEMAP_L33_, FILEMAP_L32_, FILEMAP_L31_, FILEMAP_L30_, FILEMAP_L29_, FILEMAP_L28_, FILEMAP_L27_, FILEMAP_L26_, FILEMAP_L25_, FILEMAP_L24_, FILEMAP_L23_, FILEMAP_L22_, FILEMAP_L21_, FILEMAP_L20_, FILEMAP_L19_, FILEMAP_L18_, FILEMAP_L17_, FILEMAP_L16_, FILEMAP_L15_, FILEMAP_L14_, FILEMAP_L13_, FILEMAP_L12_, FILEMAP_L11_, FILEMAP_L10_, FILEMAP_L9_, FILEMAP_L8_, FILEMAP_L7_, FILEMAP_L6_, FILEMAP_L5_, FILEMAP_L4_, FILEMAP_L3_, FILEMAP_L2_, FILEMAP_L1_, 0)(__VA_ARGS__) >> 1)

#ifndef FILEMAP_NO_CRT
#ifndef _countof
#define _countof(array) (sizeof(array) / sizeof((array)[0]))
#endif
#ifndef _TRUNCATE
#define _TRUNCATE ((size_t)-1)
#endif
#ifndef FILEMAP_ERRNO_T
#define FILEMAP_ERRNO_T
typedef int errno_t;
#endif
#define _stricmp strcasecmp
#define _strnicmp strncasecmp
#define _strcmpi strcasecmp
#define _strdup fm_strdup
#define strtok_s fm_strtok_s
#define _itoa fm_itoa
#define _i64toa fm_i64toa
#define _atoi64 atoll
#define _snprintf fm_snprintf
#define _vsnprintf fm_vsnprintf
#define sprintf_s fm_sprintf_s
#define vsprintf_s fm_vsprintf_s
#define _scprintf fm_scprintf
#define printf_s fm_printf
#define fprintf_s fm_fprintf
#define _fileno fileno
FILEMAP_INLINE errno_t strncpy_s(char *to, size_t bytes, const char *from, size_t n)
{
    size_t length;
    if (!to || bytes == 0)
        return EINVAL;
    to[0] = 0;
    if (!from)
        return EINVAL;
    for (length = 0; length < n && from[length]; length++)
        if (length + 1 == bytes) {
            if (n == _TRUNCATE) { to[length] = 0; return 80; }
            to[0] = 0;
            return ERANGE;
        } else
            to[length] = from[length];
    to[length] = 0;
    return 0;
}
FILEMAP_INLINE errno_t strcpy_s(char *to, size_t bytes, const char *from) { return strncpy_s(to, bytes, from, (size_t)-2); }
FILEMAP_INLINE errno_t strcat_s(char *to, size_t bytes, const char *from)
{
    size_t used;
    if (!to || bytes == 0)
        return EINVAL;
    for (used = 0; used < bytes && to[used]; used++)
        ;
    if (used == bytes) { to[0] = 0; return EINVAL; }
    if (strncpy_s(to + used, bytes - used, from, (size_t)-2)) { to[0] = 0; return from ? ERANGE : EINVAL; }
    return 0;
}
FILEMAP_INLINE errno_t memcpy_s(void *to, size_t bytes, const void *from, size_t n)
{
    if (n == 0)
        return 0;
    if (!to)
        return EINVAL;
    if (!from || bytes < n) { memset(to, 0, bytes); return from ? ERANGE : EINVAL; }
    memcpy(to, from, n);
    return 0;
}
FILEMAP_INLINE errno_t fopen_s(FILE **stream, const char *path, const char *mode)
{
    if (!stream)
        return EINVAL;
    *stream = fopen(path, mode);
    return *stream ? 0 : errno;
}
#ifdef __cplusplus
extern "C++" {
template <size_t N> inline errno_t strcpy_s(char (&to)[N], const char *from) { return strcpy_s(to, N, from); }
template <size_t N> inline errno_t strcat_s(char (&to)[N], const char *from) { return strcat_s(to, N, from); }
template <size_t N> inline errno_t fm_wcscpy_s(WCHAR (&to)[N], const WCHAR *from) { return fm_wcscpy_s(to, N, from); }
template <size_t N> inline errno_t fm_wcscat_s(WCHAR (&to)[N], const WCHAR *from) { return fm_wcscat_s(to, N, from); }
}
#endif
#endif

#ifndef FILEMAP_NO_CRT
#define _wcsicmp fm_wcsicmp
#define _wcsnicmp fm_wcsnicmp
#define _wcsdup fm_wcsdup
#define _wcsupr fm_wcsupr
#define _wcslwr fm_wcslwr
#define _wtoi fm_wtoi
#define _wtoi64 fm_wtoi64
#define _wtof fm_wtof
#define _itow fm_itow
#define _i64tow fm_i64tow
#define _putws fm_putws
#define _wfopen fm_wfopen
#define _wremove fm_wremove
#define _wgetenv fm_wgetenv
#define _snwprintf fm_snwprintf
#define _vsnwprintf fm_vsnwprintf
#define _scwprintf fm_scwprintf
#define swprintf_s fm_swprintf_s
#define vswprintf_s fm_vswprintf_s
#define wprintf_s fm_wprintf
#define wcscpy_s fm_wcscpy_s
#define wcscat_s fm_wcscat_s
#define wcsncpy_s fm_wcsncpy_s
#define wcstok_s fm_wcstok_s
#endif

/* A main in front of a program whose entry takes 16-bit arguments. The macro stands where the name stood, in `int wmain(...)`, so it
 * declares a function nobody calls, defines main, and goes on with the program's function under a name that main calls. */
FILEMAP_EXTERN_C int filemap_tmain_(int, WCHAR **, WCHAR **) __asm__("filemap_wmain");
#define FILEMAP_WIDE_MAIN_ filemap_tmain_anchor_(void); \
    int main(int argc_, char **argv_) { return filemap_tmain_(argc_, fm_wargv(argc_, argv_), fm_wenvp()); } \
    FILEMAP_EXTERN_C int filemap_wmain
#if defined(FILEMAP_SHORT_WCHAR)
#define wmain FILEMAP_WIDE_MAIN_
#endif

/* With -fshort-wchar, wcslen and its relatives of the C library would read 32-bit units: their names lead to ours. The
 * standard headers that use them come first, so that including those later changes nothing. */
#if defined(FILEMAP_SHORT_WCHAR)
#ifdef __cplusplus
extern "C++" {
#include <cstdio>
#include <cwchar>
#include <string>
}
namespace std {
using ::fm_wcslen;
using ::fm_wcsnlen;
using ::fm_wcscpy;
using ::fm_wcsncpy;
using ::fm_wcscat;
using ::fm_wcsncat;
using ::fm_wcscmp;
using ::fm_wcsncmp;
using ::fm_wcschr;
using ::fm_wcsrchr;
using ::fm_wcsstr;
using ::fm_wcspbrk;
using ::fm_wcsspn;
using ::fm_wcscspn;
using ::fm_wcsdup;
using ::fm_wcstol;
using ::fm_wcstoul;
using ::fm_wcstoll;
using ::fm_wcstoull;
using ::fm_wcstod;
using ::fm_vwprintf;
using ::fm_vfwprintf;
using ::fm_vswprintf;
using ::fm_wprintf;
using ::fm_fwprintf;
using ::fm_swprintf;
using ::fm_fgetws;
using ::fm_fputws;
using ::fm_fgetwc;
using ::fm_fputwc;
using ::fm_printf;
using ::fm_fprintf;
using ::fm_sprintf;
using ::fm_snprintf_whole;
using ::fm_vprintf;
using ::fm_vfprintf;
using ::fm_vsprintf;
using ::fm_vsnprintf_whole;
using ::fm_scanf;
using ::fm_fscanf;
using ::fm_sscanf;
using ::fm_vfscanf;
using ::fm_vsscanf;
}
#else
#include <wchar.h>
#endif
#undef wcslen
#define wcslen fm_wcslen
#undef wcsnlen
#define wcsnlen fm_wcsnlen
#undef wcscpy
#define wcscpy fm_wcscpy
#undef wcsncpy
#define wcsncpy fm_wcsncpy
#undef wcscat
#define wcscat fm_wcscat
#undef wcsncat
#define wcsncat fm_wcsncat
#undef wcscmp
#define wcscmp fm_wcscmp
#undef wcsncmp
#define wcsncmp fm_wcsncmp
#undef wcschr
#define wcschr fm_wcschr
#undef wcsrchr
#define wcsrchr fm_wcsrchr
#undef wcsstr
#define wcsstr fm_wcsstr
#undef wcspbrk
#define wcspbrk fm_wcspbrk
#undef wcsspn
#define wcsspn fm_wcsspn
#undef wcscspn
#define wcscspn fm_wcscspn
#undef wcsdup
#define wcsdup fm_wcsdup
#undef wcstol
#define wcstol fm_wcstol
#undef wcstoul
#define wcstoul fm_wcstoul
#undef wcstoll
#define wcstoll fm_wcstoll
#undef wcstoull
#define wcstoull fm_wcstoull
#undef wcstod
#define wcstod fm_wcstod
#undef vwprintf
#define vwprintf fm_vwprintf
#undef vfwprintf
#define vfwprintf fm_vfwprintf
#undef vswprintf
#define vswprintf fm_vswprintf
#undef wprintf
#define wprintf fm_wprintf
#undef fwprintf
#define fwprintf fm_fwprintf
#undef swprintf
#define swprintf fm_swprintf
#undef fgetws
#define fgetws fm_fgetws
#undef fputws
#define fputws fm_fputws
#undef fgetwc
#define fgetwc fm_fgetwc
#undef fputwc
#define fputwc fm_fputwc

/* printf and scanf by Microsoft's rules, because %ld and %lu are for LONG and DWORD, which have 32 bits, and text that %S and %ls
 * stand for has 16: this system's would print and store what is beside them. With arguments, so that the bare names (in attributes,
 * as addresses) stay what they are. -DFILEMAP_NO_CRT leaves them alone. */
#ifndef FILEMAP_NO_CRT
#undef printf
#define printf(...) fm_printf(__VA_ARGS__)
#undef fprintf
#define fprintf(...) fm_fprintf(__VA_ARGS__)
#undef sprintf
#define sprintf(...) fm_sprintf(__VA_ARGS__)
#undef snprintf
#define snprintf(...) fm_snprintf_whole(__VA_ARGS__)
#undef vprintf
#define vprintf(...) fm_vprintf(__VA_ARGS__)
#undef vfprintf
#define vfprintf(...) fm_vfprintf(__VA_ARGS__)
#undef vsprintf
#define vsprintf(...) fm_vsprintf(__VA_ARGS__)
#undef vsnprintf
#define vsnprintf(...) fm_vsnprintf_whole(__VA_ARGS__)
#undef scanf
#define scanf(...) fm_scanf(FILEMAP_LONGS_(__VA_ARGS__), __VA_ARGS__)
#undef fscanf
#define fscanf(stream, ...) fm_fscanf(FILEMAP_LONGS_(__VA_ARGS__), stream, __VA_ARGS__)
#undef sscanf
#define sscanf(text, ...) fm_sscanf(FILEMAP_LONGS_(__VA_ARGS__), text, __VA_ARGS__)
#undef vfscanf
#define vfscanf(...) fm_vfscanf(0, __VA_ARGS__)
#undef vsscanf
#define vsscanf(...) fm_vsscanf(0, __VA_ARGS__)
#endif
#endif

#endif

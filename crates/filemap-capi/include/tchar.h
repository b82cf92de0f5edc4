/* tchar.h: text that is 8-bit, or 16-bit where _UNICODE is defined. Every _tcs name leads to the C library or to our 16-bit functions. */
#ifndef FILEMAP_TCHAR_H
#define FILEMAP_TCHAR_H

#include <ctype.h>
#include <filemap_wchar.h>
#include <filemap_crt.h>

#ifndef FILEMAP_TCHAR_DEFINED
#define FILEMAP_TCHAR_DEFINED
#ifdef _UNICODE
typedef WCHAR TCHAR, *PTCHAR;
#else
typedef char TCHAR, *PTCHAR;
#endif
#endif

#ifdef _UNICODE
typedef WCHAR _TCHAR;
typedef WCHAR _TSCHAR, _TUCHAR, _TXCHAR;
typedef int _TINT;
#define __T(quote) FILEMAP_WIDE_(quote)
#define _TEOF 0xFFFF
#define _tenviron (fm_wenvp())

#define _tcslen fm_wcslen
#define _tcsclen fm_wcslen
#define _tcsnlen fm_wcsnlen
#define _tcscpy fm_wcscpy
#define _tcsncpy fm_wcsncpy
#define _tcsnccpy fm_wcsncpy
#define _tcscat fm_wcscat
#define _tcsncat fm_wcsncat
#define _tcscmp fm_wcscmp
#define _tcsncmp fm_wcsncmp
#define _tcsnccmp fm_wcsncmp
#define _tcscoll fm_wcscmp
#define _tcsicmp fm_wcsicmp
#define _tcsnicmp fm_wcsnicmp
#define _tcsncicmp fm_wcsnicmp
#define _tcschr fm_wcschr
#define _tcsrchr fm_wcsrchr
#define _tcsstr fm_wcsstr
#define _tcspbrk fm_wcspbrk
#define _tcsspn fm_wcsspn
#define _tcscspn fm_wcscspn
#define _tcstok fm_wcstok
#define _tcstok_s fm_wcstok_s
#define _tcsdup fm_wcsdup
#define _tcsupr fm_wcsupr
#define _tcslwr fm_wcslwr
#define _tcsrev fm_wcsrev
#define _tcscpy_s fm_wcscpy_s
#define _tcscat_s fm_wcscat_s
#define _tcsncpy_s fm_wcsncpy_s
#define _tcsncat_s fm_wcsncat_s
#define _tcstol fm_wcstol
#define _tcstoul fm_wcstoul
#define _tcstoi64 fm_wcstoll
#define _tcstoui64 fm_wcstoull
#define _tcstoll fm_wcstoll
#define _tcstoull fm_wcstoull
#define _tcstod fm_wcstod
#define _ttoi fm_wtoi
#define _tstoi fm_wtoi
#define _ttol fm_wtoi
#define _tstol fm_wtoi
#define _ttoi64 fm_wtoi64
#define _tstoi64 fm_wtoi64
#define _tstof fm_wtof
#define _ttof fm_wtof
#define _itot fm_itow
#define _ltot fm_itow
#define _i64tot fm_i64tow
#define _totupper fm_towupper
#define _totlower fm_towlower
#define _istalpha fm_iswalpha
#define _istdigit fm_iswdigit
#define _istalnum fm_iswalnum
#define _istspace fm_iswspace
#define _istupper fm_iswupper
#define _istlower fm_iswlower
#define _istpunct fm_iswpunct
#define _istxdigit fm_iswxdigit
#define _istprint fm_iswprint
#define _istcntrl fm_iswcntrl
#define _tprintf fm_wprintf
#define _tprintf_s fm_wprintf
#define _ftprintf fm_fwprintf
#define _ftprintf_s fm_fwprintf
#define _stprintf fm_swprintf_old
#define _stprintf_s fm_swprintf_s
#define _sntprintf fm_snwprintf
#define _sctprintf fm_scwprintf
#define _vtprintf fm_vwprintf
#define _vftprintf fm_vfwprintf
#define _vstprintf(to, format, arguments) fm_vswprintf((to), (SIZE_T)0x7fffffff, (format), (arguments))
#define _vstprintf_s fm_vswprintf_s
#define _vsntprintf fm_vsnwprintf
#define _vsctprintf fm_vscwprintf
#define _putts fm_putws
#define _fputts fm_fputws
#define _fgetts fm_fgetws
#define _fputtc fm_fputwc
#define _puttc fm_fputwc
#define _fgettc fm_fgetwc
#define _gettc fm_fgetwc
#define _puttchar(c) fm_fputwc((c), stdout)
#define _gettchar() fm_fgetwc(stdin)
#define _tfopen fm_wfopen
#define _tremove fm_wremove
#define _tunlink fm_wremove
#define _trename fm_wrename
#define _tgetenv fm_wgetenv
#define _tsystem fm_wsystem
#define _tWinMain wWinMain

#define _tmain FILEMAP_WIDE_MAIN_
#else
typedef char _TCHAR;
typedef signed char _TSCHAR;
typedef unsigned char _TUCHAR, _TXCHAR;
typedef int _TINT;
#define __T(quote) quote
#define _TEOF EOF
#define _tenviron environ
FILEMAP_EXTERN_C char **environ;

#define _tcslen strlen
#define _tcsclen strlen
#define _tcsnlen fm_strnlen
#define _tcscpy strcpy
#define _tcsncpy strncpy
#define _tcsnccpy strncpy
#define _tcscat strcat
#define _tcsncat strncat
#define _tcscmp strcmp
#define _tcsncmp strncmp
#define _tcsnccmp strncmp
#define _tcscoll strcoll
#define _tcsicmp strcasecmp
#define _tcsnicmp strncasecmp
#define _tcsncicmp strncasecmp
#define _tcschr strchr
#define _tcsrchr strrchr
#define _tcsstr strstr
#define _tcspbrk strpbrk
#define _tcsspn strspn
#define _tcscspn strcspn
#define _tcstok strtok
#define _tcstok_s fm_strtok_s
#define _tcsdup fm_strdup
#define _tcscpy_s strcpy_s
#define _tcscat_s strcat_s
#define _tcsncpy_s strncpy_s
#define _tcstol strtol
#define _tcstoul strtoul
#define _tcstoi64 strtoll
#define _tcstoui64 strtoull
#define _tcstoll strtoll
#define _tcstoull strtoull
#define _tcstod strtod
#define _ttoi atoi
#define _tstoi atoi
#define _ttol atol
#define _tstol atol
#define _ttoi64 atoll
#define _tstoi64 atoll
#define _tstof atof
#define _ttof atof
#define _itot fm_itoa
#define _ltot fm_itoa
#define _i64tot fm_i64toa
#define _totupper toupper
#define _totlower tolower
#define _istalpha isalpha
#define _istdigit isdigit
#define _istalnum isalnum
#define _istspace isspace
#define _istupper isupper
#define _istlower islower
#define _istpunct ispunct
#define _istxdigit isxdigit
#define _istprint isprint
#define _istcntrl iscntrl
#define _tprintf fm_printf
#define _tprintf_s fm_printf
#define _ftprintf fm_fprintf
#define _ftprintf_s fm_fprintf
#define _stprintf fm_sprintf
#define _stprintf_s fm_sprintf_s
#define _sntprintf fm_snprintf
#define _sctprintf fm_scprintf
#define _vtprintf fm_vprintf
#define _vftprintf fm_vfprintf
#define _vstprintf fm_vsprintf
#define _vstprintf_s fm_vsprintf_s
#define _vsntprintf fm_vsnprintf
#define _putts puts
#define _fputts fputs
#define _fgetts fgets
#define _fputtc fputc
#define _puttc putc
#define _fgettc fgetc
#define _gettc getc
#define _puttchar putchar
#define _gettchar getchar
#define _tfopen fopen
#define _tremove remove
#define _tunlink remove
#define _trename rename
#define _tgetenv getenv
#define _tsystem system
#define _tWinMain WinMain
#define _tmain main
#endif

#define _T(quote) __T(quote)
#define _TEXT(quote) __T(quote)
#define _tcsinc(s) ((s) + 1)
#define _tcsdec(start, s) ((s) - 1)
#define _tcsnextc(s) ((unsigned int)*(s))

#endif

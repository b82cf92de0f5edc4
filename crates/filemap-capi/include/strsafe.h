/* strsafe.h: copying, appending and formatting text with the room of the buffer in view. Cch counts characters, Cb bytes; the
 * terminator is one of them. S_OK; STRSAFE_E_INSUFFICIENT_BUFFER with as much as there is room for; STRSAFE_E_INVALID_PARAMETER. */
#ifndef FILEMAP_STRSAFE_H
#define FILEMAP_STRSAFE_H

#include <stdarg.h>
#include <stddef.h>
#include <winnt.h>
#include <winerror.h>
#include <filemap_crt.h>

#define STRSAFE_MAX_CCH 2147483647
#define STRSAFE_E_INSUFFICIENT_BUFFER ((HRESULT)0x8007007A)
#define STRSAFE_E_INVALID_PARAMETER ((HRESULT)0x80070057)
#define STRSAFE_E_END_OF_FILE ((HRESULT)0x80070026)
typedef char *STRSAFE_LPSTR;
typedef const char *STRSAFE_LPCSTR;
typedef WCHAR *STRSAFE_LPWSTR;
typedef const WCHAR *STRSAFE_LPCWSTR;

/* Length of text that ends within the room. */
FILEMAP_INLINE HRESULT StringCchLengthA(const char *text, size_t room, size_t *length)
{
    size_t found = text != NULL && room <= STRSAFE_MAX_CCH ? fm_strnlen(text, room) : room;
    if (length != NULL)
        *length = found < room ? found : 0;
    return found < room ? S_OK : STRSAFE_E_INVALID_PARAMETER;
}
/* Copies at most n characters. */
FILEMAP_INLINE HRESULT StringCchCopyNA(char *to, size_t room, const char *from, size_t n)
{
    size_t i;
    if (room == 0 || room > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    for (i = 0; i < n && from[i]; i++) {
        if (i + 1 == room) {
            to[i] = 0;
            return STRSAFE_E_INSUFFICIENT_BUFFER;
        }
        to[i] = from[i];
    }
    to[i] = 0;
    return S_OK;
}
/* Copies text. */
FILEMAP_INLINE HRESULT StringCchCopyA(char *to, size_t room, const char *from) { return StringCchCopyNA(to, room, from, STRSAFE_MAX_CCH); }
/* Appends at most n characters. */
FILEMAP_INLINE HRESULT StringCchCatNA(char *to, size_t room, const char *from, size_t n)
{
    size_t used;
    HRESULT known = StringCchLengthA(to, room, &used);
    return known == S_OK ? StringCchCopyNA(to + used, room - used, from, n) : known;
}
/* Appends text. */
FILEMAP_INLINE HRESULT StringCchCatA(char *to, size_t room, const char *from) { return StringCchCatNA(to, room, from, STRSAFE_MAX_CCH); }
/* Formats text. */
FILEMAP_INLINE HRESULT StringCchVPrintfA(char *to, size_t room, const char *format, va_list arguments)
{
    int length;
    if (room == 0 || room > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    length = fm_vsnprintf(to, room, format, arguments);
    if (length >= 0 && (size_t)length < room)
        return S_OK;
    to[room - 1] = 0;
    return STRSAFE_E_INSUFFICIENT_BUFFER;
}
FILEMAP_INLINE HRESULT StringCchPrintfA(char *to, size_t room, const char *format, ...)
{
    HRESULT result;
    va_list arguments;
    va_start(arguments, format);
    result = StringCchVPrintfA(to, room, format, arguments);
    va_end(arguments);
    return result;
}
/* The same with the room in bytes. */
FILEMAP_INLINE HRESULT StringCbLengthA(const char *text, size_t room, size_t *length)
{
    HRESULT result = StringCchLengthA(text, room / sizeof(char), length);
    if (length != NULL)
        *length *= sizeof(char);
    return result;
}
FILEMAP_INLINE HRESULT StringCbCopyA(char *to, size_t room, const char *from) { return StringCchCopyA(to, room / sizeof(char), from); }
FILEMAP_INLINE HRESULT StringCbCatA(char *to, size_t room, const char *from) { return StringCchCatA(to, room / sizeof(char), from); }
FILEMAP_INLINE HRESULT StringCbVPrintfA(char *to, size_t room, const char *format, va_list arguments) { return StringCchVPrintfA(to, room / sizeof(char), format, arguments); }
FILEMAP_INLINE HRESULT StringCbPrintfA(char *to, size_t room, const char *format, ...)
{
    HRESULT result;
    va_list arguments;
    va_start(arguments, format);
    result = StringCchVPrintfA(to, room / sizeof(char), format, arguments);
    va_end(arguments);
    return result;
}

/* Length of text that ends within the room. */
FILEMAP_INLINE HRESULT StringCchLengthW(const WCHAR *text, size_t room, size_t *length)
{
    size_t found = text != NULL && room <= STRSAFE_MAX_CCH ? fm_wcsnlen(text, room) : room;
    if (length != NULL)
        *length = found < room ? found : 0;
    return found < room ? S_OK : STRSAFE_E_INVALID_PARAMETER;
}
/* Copies at most n characters. */
FILEMAP_INLINE HRESULT StringCchCopyNW(WCHAR *to, size_t room, const WCHAR *from, size_t n)
{
    size_t i;
    if (room == 0 || room > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    for (i = 0; i < n && from[i]; i++) {
        if (i + 1 == room) {
            to[i] = 0;
            return STRSAFE_E_INSUFFICIENT_BUFFER;
        }
        to[i] = from[i];
    }
    to[i] = 0;
    return S_OK;
}
/* Copies text. */
FILEMAP_INLINE HRESULT StringCchCopyW(WCHAR *to, size_t room, const WCHAR *from) { return StringCchCopyNW(to, room, from, STRSAFE_MAX_CCH); }
/* Appends at most n characters. */
FILEMAP_INLINE HRESULT StringCchCatNW(WCHAR *to, size_t room, const WCHAR *from, size_t n)
{
    size_t used;
    HRESULT known = StringCchLengthW(to, room, &used);
    return known == S_OK ? StringCchCopyNW(to + used, room - used, from, n) : known;
}
/* Appends text. */
FILEMAP_INLINE HRESULT StringCchCatW(WCHAR *to, size_t room, const WCHAR *from) { return StringCchCatNW(to, room, from, STRSAFE_MAX_CCH); }
/* Formats text. */
FILEMAP_INLINE HRESULT StringCchVPrintfW(WCHAR *to, size_t room, const WCHAR *format, va_list arguments)
{
    int length;
    if (room == 0 || room > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    length = fm_vsnwprintf(to, room, format, arguments);
    if (length >= 0 && (size_t)length < room)
        return S_OK;
    to[room - 1] = 0;
    return STRSAFE_E_INSUFFICIENT_BUFFER;
}
FILEMAP_INLINE HRESULT StringCchPrintfW(WCHAR *to, size_t room, const WCHAR *format, ...)
{
    HRESULT result;
    va_list arguments;
    va_start(arguments, format);
    result = StringCchVPrintfW(to, room, format, arguments);
    va_end(arguments);
    return result;
}
/* The same with the room in bytes. */
FILEMAP_INLINE HRESULT StringCbLengthW(const WCHAR *text, size_t room, size_t *length)
{
    HRESULT result = StringCchLengthW(text, room / sizeof(WCHAR), length);
    if (length != NULL)
        *length *= sizeof(WCHAR);
    return result;
}
FILEMAP_INLINE HRESULT StringCbCopyW(WCHAR *to, size_t room, const WCHAR *from) { return StringCchCopyW(to, room / sizeof(WCHAR), from); }
FILEMAP_INLINE HRESULT StringCbCatW(WCHAR *to, size_t room, const WCHAR *from) { return StringCchCatW(to, room / sizeof(WCHAR), from); }
FILEMAP_INLINE HRESULT StringCbVPrintfW(WCHAR *to, size_t room, const WCHAR *format, va_list arguments) { return StringCchVPrintfW(to, room / sizeof(WCHAR), format, arguments); }
FILEMAP_INLINE HRESULT StringCbPrintfW(WCHAR *to, size_t room, const WCHAR *format, ...)
{
    HRESULT result;
    va_list arguments;
    va_start(arguments, format);
    result = StringCchVPrintfW(to, room / sizeof(WCHAR), format, arguments);
    va_end(arguments);
    return result;
}

#define StringCchLength FILEMAP_AW(StringCchLength)
#define StringCchCopyN FILEMAP_AW(StringCchCopyN)
#define StringCchCopy FILEMAP_AW(StringCchCopy)
#define StringCchCatN FILEMAP_AW(StringCchCatN)
#define StringCchCat FILEMAP_AW(StringCchCat)
#define StringCchVPrintf FILEMAP_AW(StringCchVPrintf)
#define StringCchPrintf FILEMAP_AW(StringCchPrintf)
#define StringCbLength FILEMAP_AW(StringCbLength)
#define StringCbCopy FILEMAP_AW(StringCbCopy)
#define StringCbCat FILEMAP_AW(StringCbCat)
#define StringCbVPrintf FILEMAP_AW(StringCbVPrintf)
#define StringCbPrintf FILEMAP_AW(StringCbPrintf)

#endif

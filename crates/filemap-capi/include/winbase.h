/* winbase.h: what is in no newer header: memory blocks, messages, strings, pointer tests, and every header of the base system. */
#ifndef FILEMAP_WINBASE_H
#define FILEMAP_WINBASE_H

#include <stdarg.h>
#include <windef.h>
#include <wtypesbase.h>
#include <winerror.h>
#include <errhandlingapi.h>
#include <handleapi.h>
#include <processthreadsapi.h>
#include <processenv.h>
#include <synchapi.h>
#include <interlockedapi.h>
#include <threadpoollegacyapiset.h>
#include <memoryapi.h>
#include <fileapi.h>
#include <namedpipeapi.h>
#include <namespaceapi.h>
#include <jobapi.h>
#include <securitybaseapi.h>
#include <sysinfoapi.h>
#include <profileapi.h>
#include <libloaderapi.h>
#include <stringapiset.h>

#define LMEM_FIXED 0x0000
#define LMEM_MOVEABLE 0x0002
#define LMEM_ZEROINIT 0x0040
#define LPTR (LMEM_FIXED | LMEM_ZEROINIT)
#define GMEM_FIXED 0x0000
#define GMEM_MOVEABLE 0x0002
#define GMEM_ZEROINIT 0x0040
#define GPTR (GMEM_FIXED | GMEM_ZEROINIT)
#define HEAP_NO_SERIALIZE 0x00000001
#define HEAP_GENERATE_EXCEPTIONS 0x00000004
#define HEAP_ZERO_MEMORY 0x00000008

#define FORMAT_MESSAGE_MAX_WIDTH_MASK 0x000000FF
#define FORMAT_MESSAGE_ALLOCATE_BUFFER 0x00000100
#define FORMAT_MESSAGE_IGNORE_INSERTS 0x00000200
#define FORMAT_MESSAGE_FROM_STRING 0x00000400
#define FORMAT_MESSAGE_FROM_HMODULE 0x00000800
#define FORMAT_MESSAGE_FROM_SYSTEM 0x00001000
#define FORMAT_MESSAGE_ARGUMENT_ARRAY 0x00002000

/* Copies, moves, fills, clears bytes of memory; see winnt.h. SecureZeroMemory is never optimised away. */
#define CopyMemory RtlCopyMemory
#define MoveMemory RtlMoveMemory
#define FillMemory RtlFillMemory
#define ZeroMemory RtlZeroMemory
#define SecureZeroMemory(to, bytes) filemap_secure_zero((to), (bytes))
FILEMAP_INLINE PVOID filemap_secure_zero(PVOID to, SIZE_T bytes)
{
    volatile char *at = (volatile char *)to;
    while (bytes--)
        *at++ = 0;
    return to;
}

FILEMAP_BEGIN

/* A block of memory. NULL and 8 if there is none. */
WINBASEAPI HLOCAL WINAPI LocalAlloc(UINT uFlags, SIZE_T uBytes);
WINBASEAPI HGLOBAL WINAPI GlobalAlloc(UINT uFlags, SIZE_T dwBytes);
/* Frees it: NULL. The block itself and 6 if it is none. */
WINBASEAPI HLOCAL WINAPI LocalFree(HLOCAL hMem);
WINBASEAPI HGLOBAL WINAPI GlobalFree(HGLOBAL hMem);
/* Its bytes. 0 and 6 if it is none. */
WINBASEAPI SIZE_T WINAPI LocalSize(HLOCAL hMem);
WINBASEAPI SIZE_T WINAPI GlobalSize(HGLOBAL hMem);
/* Its address: blocks do not move here. NULL and 6 if it is none. */
WINBASEAPI LPVOID WINAPI LocalLock(HLOCAL hMem);
WINBASEAPI LPVOID WINAPI GlobalLock(HGLOBAL hMem);
/* FALSE, GetLastError 0: not locked any more. */
WINBASEAPI BOOL WINAPI LocalUnlock(HLOCAL hMem);
WINBASEAPI BOOL WINAPI GlobalUnlock(HGLOBAL hMem);
/* The heap of the process. Never fails. */
WINBASEAPI HANDLE WINAPI GetProcessHeap(void);
/* A block of it; NULL on failure (GetLastError is not set, as on Windows). */
WINBASEAPI LPVOID WINAPI HeapAlloc(HANDLE hHeap, DWORD dwFlags, SIZE_T dwBytes);
/* The block with another size; NULL on failure, and the old one stays. */
WINBASEAPI LPVOID WINAPI HeapReAlloc(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem, SIZE_T dwBytes);
/* Frees it. FALSE on failure: 6 no heap, 87 no block of it. */
WINBASEAPI BOOL WINAPI HeapFree(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem);
/* Its bytes; (SIZE_T)-1 if it is none. */
WINBASEAPI SIZE_T WINAPI HeapSize(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem);

/* Text for an error number, or a format string with inserts (%1 to %99, %1!format!). Returns the characters written.
 * 0 on failure: 87, 122 buffer too short, 317 no text for that number, 998, 1815 no such language.
 * FORMAT_MESSAGE_ALLOCATE_BUFFER: lpBuffer is the address of a pointer; free what it gets with LocalFree. */
WINBASEAPI DWORD WINAPI FormatMessageA(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId, LPSTR lpBuffer, DWORD nSize, va_list *Arguments);
WINBASEAPI DWORD WINAPI FormatMessageW(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId, LPWSTR lpBuffer, DWORD nSize, va_list *Arguments);
#define FormatMessage FILEMAP_AW(FormatMessage)

/* Length of a string; 0 for NULL and for memory that can't be read. */
WINBASEAPI int WINAPI lstrlenA(LPCSTR lpString);
WINBASEAPI int WINAPI lstrlenW(LPCWSTR lpString);
#define lstrlen FILEMAP_AW(lstrlen)
/* Copies a string; NULL and 998 if memory can't be read or written. */
WINBASEAPI LPSTR WINAPI lstrcpyA(LPSTR lpString1, LPCSTR lpString2);
WINBASEAPI LPWSTR WINAPI lstrcpyW(LPWSTR lpString1, LPCWSTR lpString2);
#define lstrcpy FILEMAP_AW(lstrcpy)
/* Copies at most iMaxLength characters, terminator included; NULL and 998 as lstrcpy. */
WINBASEAPI LPSTR WINAPI lstrcpynA(LPSTR lpString1, LPCSTR lpString2, int iMaxLength);
WINBASEAPI LPWSTR WINAPI lstrcpynW(LPWSTR lpString1, LPCWSTR lpString2, int iMaxLength);
#define lstrcpyn FILEMAP_AW(lstrcpyn)
/* Appends a string; NULL and 998 as lstrcpy. */
WINBASEAPI LPSTR WINAPI lstrcatA(LPSTR lpString1, LPCSTR lpString2);
WINBASEAPI LPWSTR WINAPI lstrcatW(LPWSTR lpString1, LPCWSTR lpString2);
#define lstrcat FILEMAP_AW(lstrcat)
/* Compares two strings; NULL is less than any string. Negative, 0, positive. */
WINBASEAPI int WINAPI lstrcmpA(LPCSTR lpString1, LPCSTR lpString2);
WINBASEAPI int WINAPI lstrcmpW(LPCWSTR lpString1, LPCWSTR lpString2);
#define lstrcmp FILEMAP_AW(lstrcmp)
/* The same without regard to case. */
WINBASEAPI int WINAPI lstrcmpiA(LPCSTR lpString1, LPCSTR lpString2);
WINBASEAPI int WINAPI lstrcmpiW(LPCWSTR lpString1, LPCWSTR lpString2);
#define lstrcmpi FILEMAP_AW(lstrcmpi)

/* Has a function called in a thread of the pool whenever an object is signalled (its second argument is FALSE; the wait takes what
 * it waited for, as any wait does) or the time is over (TRUE; INFINITE: never). The time begins again with each call, and the next
 * wait with it, unless dwFlags has WT_EXECUTEONLYONCE. WT_EXECUTEINWAITTHREAD: called by the thread that waits; it should be short.
 * The wait goes on after the handle of the object is closed, until it is unregistered. *phNewWaitObject is no handle of an object.
 * FALSE on failure: 5, 6, 8, 998. */
WINBASEAPI BOOL WINAPI RegisterWaitForSingleObject(PHANDLE phNewWaitObject, HANDLE hObject, WAITORTIMERCALLBACK Callback, PVOID Context, ULONG dwMilliseconds, ULONG dwFlags);
/* Ends such a wait. FALSE on failure: 6; 997 if it is ended and calls of the function are under way still, as its own is. */
WINBASEAPI BOOL WINAPI UnregisterWait(HANDLE WaitHandle);

/* TRUE if the bytes can't all be read, or written, right now. Nothing is changed and nothing faults. */
WINBASEAPI BOOL WINAPI IsBadReadPtr(const void *lp, UINT_PTR ucb);
WINBASEAPI BOOL WINAPI IsBadWritePtr(LPVOID lp, UINT_PTR ucb);
WINBASEAPI BOOL WINAPI IsBadCodePtr(FARPROC lpfn);
WINBASEAPI BOOL WINAPI IsBadStringPtrA(LPCSTR lpsz, UINT_PTR ucchMax);
WINBASEAPI BOOL WINAPI IsBadStringPtrW(LPCWSTR lpsz, UINT_PTR ucchMax);
#define IsBadStringPtr FILEMAP_AW(IsBadStringPtr)

FILEMAP_END

/* WinMain: a window program's entry gets a main in front of it. */
#if !defined(FILEMAP_NO_MAIN)
FILEMAP_EXTERN_C int filemap_winmain_a_(HINSTANCE, HINSTANCE, LPSTR, int) __asm__("filemap_WinMain");
FILEMAP_EXTERN_C int filemap_winmain_w_(HINSTANCE, HINSTANCE, LPWSTR, int) __asm__("filemap_wWinMain");
FILEMAP_BEGIN
/* What follows the program's name on the command line. Never fails; for WinMain's third argument. */
WINBASEAPI LPSTR WINAPI filemap_winmain_line_a(void);
WINBASEAPI LPWSTR WINAPI filemap_winmain_line_w(void);
FILEMAP_END
#define WinMain filemap_winmain_anchor_(void); \
    int main(void) { return filemap_winmain_a_((HINSTANCE)GetModuleHandleA(0), (HINSTANCE)0, filemap_winmain_line_a(), 1); } \
    FILEMAP_EXTERN_C int filemap_WinMain
#define wWinMain filemap_winmain_anchor_(void); \
    int main(void) { return filemap_winmain_w_((HINSTANCE)GetModuleHandleA(0), (HINSTANCE)0, filemap_winmain_line_w(), 1); } \
    FILEMAP_EXTERN_C int filemap_wWinMain
#endif

#endif

/* What a header may take for granted: the names of the standard headers and of <windows.h>. FILEMAP_WINDOWS is set for
   Windows' data model, in which `long` has 4 bytes and `wchar_t` 2. */

#define __STDC__ 1
#define __STDC_VERSION__ 201710L
#define __CHAR_BIT__ 8
#define CHAR_BIT 8
#define __SIZEOF_POINTER__ 8
#define NULL 0
#define true 1
#define false 0
#define MAX_PATH 260
#define ANYSIZE_ARRAY 1
#define INT8_MAX 127
#define UINT8_MAX 255
#define INT16_MAX 32767
#define UINT16_MAX 65535
#define INT32_MAX 2147483647
#define UINT32_MAX 4294967295U

#ifdef FILEMAP_WINDOWS
#define _WIN32 1
#define _WIN64 1
#define WIN32 1
typedef char16_t wchar_t;
typedef unsigned short wint_t;
#else
#define __linux__ 1
#define __linux 1
#define __unix__ 1
#define __unix 1
#define __GNUC__ 12
#define __LP64__ 1
#define _LP64 1
#define PATH_MAX 4096
#define NAME_MAX 255
#ifdef FILEMAP_ARM
typedef unsigned int wchar_t;
#else
typedef int wchar_t;
#endif
typedef unsigned int wint_t;
typedef int pid_t;
typedef unsigned int uid_t;
typedef unsigned int gid_t;
typedef unsigned int mode_t;
typedef long off_t;
typedef long clock_t;
typedef long suseconds_t;
struct timespec { long tv_sec; long tv_nsec; };
struct timeval { long tv_sec; long tv_usec; };
#endif
#ifdef FILEMAP_ARM
#define __aarch64__ 1
#define _M_ARM64 1
#else
#define __x86_64__ 1
#define __amd64__ 1
#define _M_X64 100
#define _M_AMD64 100
#endif

typedef signed char int8_t, int_least8_t, int_fast8_t;
typedef unsigned char uint8_t, uint_least8_t, uint_fast8_t;
typedef short int16_t, int_least16_t;
typedef unsigned short uint16_t, uint_least16_t;
typedef int int32_t, int_least32_t;
typedef unsigned int uint32_t, uint_least32_t;
typedef long long int64_t, int_least64_t, int_fast64_t, intmax_t;
typedef unsigned long long uint64_t, uint_least64_t, uint_fast64_t, uintmax_t;
#ifdef FILEMAP_WINDOWS
typedef int int_fast16_t, int_fast32_t;
typedef unsigned int uint_fast16_t, uint_fast32_t;
#else
typedef long long int_fast16_t, int_fast32_t;
typedef unsigned long long uint_fast16_t, uint_fast32_t;
#endif
typedef long long intptr_t, ptrdiff_t, ssize_t, time_t;
typedef unsigned long long uintptr_t, size_t;
typedef _Bool bool, atomic_bool, atomic_flag;
typedef char atomic_char;
typedef signed char atomic_schar;
typedef unsigned char atomic_uchar;
typedef short atomic_short;
typedef unsigned short atomic_ushort;
typedef int atomic_int, sig_atomic_t;
typedef unsigned int atomic_uint;
typedef long atomic_long;
typedef unsigned long atomic_ulong;
typedef long long atomic_llong, atomic_intptr_t, atomic_ptrdiff_t, atomic_intmax_t;
typedef unsigned long long atomic_ullong, atomic_uintptr_t, atomic_size_t, atomic_uintmax_t;
typedef int8_t __s8;
typedef uint8_t __u8;
typedef int16_t __s16;
typedef uint16_t __u16, __le16, __be16;
typedef int32_t __s32;
typedef uint32_t __u32, __le32, __be32;
typedef int64_t __s64;
typedef uint64_t __u64, __le64, __be64;

typedef signed char __int8, INT8;
typedef short __int16, INT16, SHORT;
typedef int __int32, INT32, INT, LONG, LONG32, BOOL, WINBOOL, HRESULT, NTSTATUS;
typedef long long __int64, INT64, LONG64, LONGLONG, INT_PTR, LONG_PTR, SSIZE_T;
typedef unsigned char BYTE, UCHAR, UINT8, BOOLEAN;
typedef unsigned short WORD, USHORT, UINT16, ATOM, LANGID;
typedef unsigned int DWORD, UINT, UINT32, ULONG, ULONG32, DWORD32, COLORREF, LCID, ACCESS_MASK;
typedef unsigned long long DWORD64, DWORDLONG, UINT64, ULONG64, ULONGLONG, QWORD;
typedef unsigned long long UINT_PTR, ULONG_PTR, DWORD_PTR, SIZE_T, WPARAM, KAFFINITY;
typedef long long LPARAM, LRESULT;
typedef char CHAR, CCHAR;
typedef char16_t WCHAR, OLECHAR;
typedef float FLOAT;
typedef double DOUBLE, DATE;
typedef void VOID;
typedef void *PVOID, *LPVOID, *HANDLE, *HWND, *HMODULE, *HINSTANCE, *HICON, *HBITMAP, *HDC, *HKEY;
typedef const void *PCVOID, *LPCVOID;
typedef char *PSTR, *LPSTR;
typedef const char *PCSTR, *LPCSTR;
typedef WCHAR *PWSTR, *LPWSTR, *PWCHAR;
typedef const WCHAR *PCWSTR, *LPCWSTR;
typedef BYTE *PBYTE, *LPBYTE;
typedef WORD *PWORD, *LPWORD;
typedef DWORD *PDWORD, *LPDWORD;
typedef LONG *PLONG, *LPLONG;
typedef union _LARGE_INTEGER { LONGLONG QuadPart; } LARGE_INTEGER;
typedef union _ULARGE_INTEGER { ULONGLONG QuadPart; } ULARGE_INTEGER;
typedef struct _FILETIME { DWORD dwLowDateTime; DWORD dwHighDateTime; } FILETIME;
typedef struct _LUID { DWORD LowPart; LONG HighPart; } LUID;
typedef struct _GUID { DWORD Data1; WORD Data2; WORD Data3; BYTE Data4[8]; } GUID, UUID, IID, CLSID;
typedef struct _SYSTEMTIME {
    WORD wYear; WORD wMonth; WORD wDayOfWeek; WORD wDay; WORD wHour; WORD wMinute; WORD wSecond; WORD wMilliseconds;
} SYSTEMTIME;
typedef struct tagPOINT { LONG x; LONG y; } POINT;
typedef struct tagSIZE { LONG cx; LONG cy; } SIZE;
typedef struct tagRECT { LONG left; LONG top; LONG right; LONG bottom; } RECT;
typedef struct _COORD { SHORT X; SHORT Y; } COORD;

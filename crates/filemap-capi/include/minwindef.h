/* minwindef.h: the basic types, and the words of Microsoft's compiler that programs write. */
#ifndef FILEMAP_MINWINDEF_H
#define FILEMAP_MINWINDEF_H

#include <filemap_wchar.h>
#include <basetsd.h>

/* Calling conventions: there is one here. */
#define WINAPI
#define WINAPIV
#define APIENTRY
#define APIPRIVATE
#define CALLBACK
#define NTAPI
#define PASCAL
#define CDECL
#define WINBASEAPI
#define WINADVAPI
#define WINUSERAPI
#define NTSYSAPI
#define NTSYSCALLAPI
#ifndef __stdcall
#define __stdcall
#endif
#ifndef __cdecl
#define __cdecl
#endif
#ifndef __fastcall
#define __fastcall
#endif
#ifndef _stdcall
#define _stdcall
#endif
#ifndef _cdecl
#define _cdecl
#endif

/* Words of 16-bit Windows. The lower-case ones are ordinary identifiers elsewhere: -DFILEMAP_WIN16_WORDS asks for them. */
#define FAR
#define NEAR
#ifdef FILEMAP_WIN16_WORDS
#define far
#define near
#define pascal
#define cdecl
#endif

/* __declspec(x) for the x that mean something here. */
#ifndef __declspec
#define __declspec(what) FILEMAP_DECLSPEC_##what
#endif
#define FILEMAP_DECLSPEC_dllexport __attribute__((__visibility__("default")))
#define FILEMAP_DECLSPEC_dllimport
#define FILEMAP_DECLSPEC_thread __thread
#define FILEMAP_DECLSPEC_noreturn __attribute__((__noreturn__))
#define FILEMAP_DECLSPEC_noinline __attribute__((__noinline__))
#define FILEMAP_DECLSPEC_nothrow __attribute__((__nothrow__))
#define FILEMAP_DECLSPEC_novtable
#define FILEMAP_DECLSPEC_selectany __attribute__((__weak__))
#define FILEMAP_DECLSPEC_align(n) __attribute__((__aligned__(n)))
#define FILEMAP_DECLSPEC_deprecated __attribute__((__deprecated__))
#define DECLSPEC_ALIGN(n) __attribute__((__aligned__(n)))
#define DECLSPEC_NORETURN __attribute__((__noreturn__))
#define DECLSPEC_IMPORT
#ifndef __forceinline
#define __forceinline static __inline__ __attribute__((__always_inline__, __unused__))
#endif
#ifndef FORCEINLINE
#define FORCEINLINE __forceinline
#endif
#ifndef __int64
#define __int64 long long
#endif
#ifndef __int32
#define __int32 int
#endif
#ifndef __int16
#define __int16 short
#endif
#ifndef __int8
#define __int8 char
#endif
#ifndef __ptr64
#define __ptr64
#endif
#ifndef UNALIGNED
#define UNALIGNED
#endif

/* Annotations of parameters. The old ones with two underscores are names inside libstdc++ and are left alone. */
#define IN
#define OUT
#define OPTIONAL
#define _In_
#define _In_opt_
#define _In_z_
#define _In_opt_z_
#define _In_reads_(n)
#define _In_reads_opt_(n)
#define _In_reads_bytes_(n)
#define _In_reads_bytes_opt_(n)
#define _Out_
#define _Out_opt_
#define _Outptr_
#define _Out_writes_(n)
#define _Out_writes_opt_(n)
#define _Out_writes_bytes_(n)
#define _Out_writes_bytes_opt_(n)
#define _Out_writes_to_(n, c)
#define _Inout_
#define _Inout_opt_
#define _Inout_updates_(n)
#define _Inout_updates_bytes_(n)
#define _Reserved_
#define _Success_(x)
#define _Ret_maybenull_
#define _Must_inspect_result_
#define _Printf_format_string_
#define _Interlocked_operand_

#ifndef VOID
#define VOID void
#endif
#ifndef CONST
#define CONST const
#endif
#ifndef FALSE
#define FALSE 0
#endif
#ifndef TRUE
#define TRUE 1
#endif
#define MAX_PATH 260

typedef void *PVOID, *LPVOID;
typedef const void *LPCVOID, *PCVOID;
typedef char CHAR, *PCHAR;
typedef unsigned char UCHAR, *PUCHAR;
typedef short SHORT, *PSHORT;
typedef unsigned short USHORT, *PUSHORT;
typedef int INT, *PINT, *LPINT;
typedef unsigned int UINT, *PUINT, *LPUINT;
typedef int LONG, *PLONG, *LPLONG;                 /* 32 bits, as on Windows; C's own long has 64 here */
typedef unsigned int ULONG, *PULONG;
typedef unsigned char BYTE, *PBYTE, *LPBYTE;
typedef unsigned short WORD, *PWORD, *LPWORD;
typedef unsigned int DWORD, *PDWORD, *LPDWORD;
typedef int BOOL, *PBOOL, *LPBOOL;
typedef unsigned char BOOLEAN, *PBOOLEAN;
typedef float FLOAT, *PFLOAT;
typedef double DOUBLE;
__extension__ typedef long long LONGLONG, *PLONGLONG;
__extension__ typedef unsigned long long ULONGLONG, *PULONGLONG;
typedef ULONGLONG DWORDLONG, *PDWORDLONG;

typedef UINT_PTR WPARAM;
typedef LONG_PTR LPARAM;
typedef LONG_PTR LRESULT;
typedef WORD ATOM;

#define MAKEWORD(a, b) ((WORD)(((BYTE)((DWORD_PTR)(a) & 0xff)) | ((WORD)((BYTE)((DWORD_PTR)(b) & 0xff))) << 8))
#define MAKELONG(a, b) ((LONG)(((WORD)((DWORD_PTR)(a) & 0xffff)) | ((DWORD)((WORD)((DWORD_PTR)(b) & 0xffff))) << 16))
#define LOWORD(l) ((WORD)((DWORD_PTR)(l) & 0xffff))
#define HIWORD(l) ((WORD)(((DWORD_PTR)(l) >> 16) & 0xffff))
#define LOBYTE(w) ((BYTE)((DWORD_PTR)(w) & 0xff))
#define HIBYTE(w) ((BYTE)(((DWORD_PTR)(w) >> 8) & 0xff))

/* min and max would break every C++ standard header that comes later, so C++ does not get them. */
#if !defined(NOMINMAX) && !defined(__cplusplus)
#ifndef max
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#endif

#endif

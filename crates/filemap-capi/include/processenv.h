/* processenv.h: environment, command line, current directory, standard handles. */
#ifndef FILEMAP_PROCESSENV_H
#define FILEMAP_PROCESSENV_H

#include <windef.h>

#define STD_INPUT_HANDLE ((DWORD)-10)
#define STD_OUTPUT_HANDLE ((DWORD)-11)
#define STD_ERROR_HANDLE ((DWORD)-12)

FILEMAP_BEGIN

/* Copies an environment variable. Returns its length; the room needed, terminator included, if the buffer is too short;
 * 0 on failure: 203 there is none, 998. */
WINBASEAPI DWORD WINAPI GetEnvironmentVariableA(LPCSTR lpName, LPSTR lpBuffer, DWORD nSize);
WINBASEAPI DWORD WINAPI GetEnvironmentVariableW(LPCWSTR lpName, LPWSTR lpBuffer, DWORD nSize);
#define GetEnvironmentVariable FILEMAP_AW(GetEnvironmentVariable)
/* Sets or, with NULL, removes an environment variable. FALSE on failure: 87 no name or one with '=', 998. */
WINBASEAPI BOOL WINAPI SetEnvironmentVariableA(LPCSTR lpName, LPCSTR lpValue);
WINBASEAPI BOOL WINAPI SetEnvironmentVariableW(LPCWSTR lpName, LPCWSTR lpValue);
#define SetEnvironmentVariable FILEMAP_AW(SetEnvironmentVariable)
/* The command line as one string, quoted so that Windows' rules take it apart again. Never fails; valid for ever. */
WINBASEAPI LPSTR WINAPI GetCommandLineA(void);
WINBASEAPI LPWSTR WINAPI GetCommandLineW(void);
#define GetCommandLine FILEMAP_AW(GetCommandLine)
/* The current directory. Returns its length, or the room needed, terminator included; 0 on failure: 998. */
WINBASEAPI DWORD WINAPI GetCurrentDirectoryA(DWORD nBufferLength, LPSTR lpBuffer);
WINBASEAPI DWORD WINAPI GetCurrentDirectoryW(DWORD nBufferLength, LPWSTR lpBuffer);
#define GetCurrentDirectory FILEMAP_AW(GetCurrentDirectory)
/* A file handle to standard input, output or error. INVALID_HANDLE_VALUE and 87 for other numbers. */
WINBASEAPI HANDLE WINAPI GetStdHandle(DWORD nStdHandle);

FILEMAP_END

#endif

/* libloaderapi.h: modules and their functions. kernel32.dll, kernelbase.dll, ntdll.dll, advapi32.dll and user32.dll are this library. */
#ifndef FILEMAP_LIBLOADERAPI_H
#define FILEMAP_LIBLOADERAPI_H

#include <windef.h>

#define LOAD_LIBRARY_AS_DATAFILE 0x00000002
#define LOAD_LIBRARY_SEARCH_SYSTEM32 0x00000800

FILEMAP_BEGIN

/* The module of that name if it is loaded; NULL: the program. NULL on failure: 126, 998. */
WINBASEAPI HMODULE WINAPI GetModuleHandleA(LPCSTR lpModuleName);
WINBASEAPI HMODULE WINAPI GetModuleHandleW(LPCWSTR lpModuleName);
#define GetModuleHandle FILEMAP_AW(GetModuleHandle)
/* Loads a module: one of the names above, or a shared library. NULL on failure: 126, 998. */
WINBASEAPI HMODULE WINAPI LoadLibraryA(LPCSTR lpLibFileName);
WINBASEAPI HMODULE WINAPI LoadLibraryW(LPCWSTR lpLibFileName);
#define LoadLibrary FILEMAP_AW(LoadLibrary)
WINBASEAPI HMODULE WINAPI LoadLibraryExA(LPCSTR lpLibFileName, HANDLE hFile, DWORD dwFlags);
WINBASEAPI HMODULE WINAPI LoadLibraryExW(LPCWSTR lpLibFileName, HANDLE hFile, DWORD dwFlags);
#define LoadLibraryEx FILEMAP_AW(LoadLibraryEx)
/* Gives a module back. FALSE and 126 if it is none. */
WINBASEAPI BOOL WINAPI FreeLibrary(HMODULE hLibModule);
/* The address of a function. NULL on failure: 126 no module, 127 no such function, 998. */
WINBASEAPI FARPROC WINAPI GetProcAddress(HMODULE hModule, LPCSTR lpProcName);
/* The path of a module; NULL: the program. Returns its length; nSize and 122 if it was cut; 0 on failure: 126, 998. */
WINBASEAPI DWORD WINAPI GetModuleFileNameA(HMODULE hModule, LPSTR lpFilename, DWORD nSize);
WINBASEAPI DWORD WINAPI GetModuleFileNameW(HMODULE hModule, LPWSTR lpFilename, DWORD nSize);
#define GetModuleFileName FILEMAP_AW(GetModuleFileName)

FILEMAP_END

#endif

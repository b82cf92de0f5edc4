/* fileapi.h: files, as far as programs that map them need. */
#ifndef FILEMAP_FILEAPI_H
#define FILEMAP_FILEAPI_H

#include <wtypesbase.h>

#define CREATE_NEW 1
#define CREATE_ALWAYS 2
#define OPEN_EXISTING 3
#define OPEN_ALWAYS 4
#define TRUNCATE_EXISTING 5
#define INVALID_FILE_SIZE ((DWORD)0xFFFFFFFF)
#define INVALID_SET_FILE_POINTER ((DWORD)-1)
#define INVALID_FILE_ATTRIBUTES ((DWORD)-1)
#define FILE_BEGIN 0
#define FILE_CURRENT 1
#define FILE_END 2
#define FILE_TYPE_UNKNOWN 0x0000
#define FILE_TYPE_DISK 0x0001
#define FILE_TYPE_CHAR 0x0002
#define FILE_TYPE_PIPE 0x0003
#define FILE_TYPE_REMOTE 0x8000
#define FILE_FLAG_WRITE_THROUGH 0x80000000U
#define FILE_FLAG_OVERLAPPED 0x40000000
#define FILE_FLAG_NO_BUFFERING 0x20000000
#define FILE_FLAG_RANDOM_ACCESS 0x10000000
#define FILE_FLAG_SEQUENTIAL_SCAN 0x08000000
#define FILE_FLAG_DELETE_ON_CLOSE 0x04000000
#define FILE_FLAG_BACKUP_SEMANTICS 0x02000000
#define FILE_FLAG_POSIX_SEMANTICS 0x01000000
#define FILE_FLAG_SESSION_AWARE 0x00800000
#define FILE_FLAG_OPEN_REPARSE_POINT 0x00200000
#define FILE_FLAG_OPEN_NO_RECALL 0x00100000
#define FILE_FLAG_FIRST_PIPE_INSTANCE 0x00080000
#define SECURITY_ANONYMOUS 0x00000000
#define SECURITY_IDENTIFICATION 0x00010000
#define SECURITY_IMPERSONATION 0x00020000
#define SECURITY_DELEGATION 0x00030000
#define SECURITY_CONTEXT_TRACKING 0x00040000
#define SECURITY_EFFECTIVE_ONLY 0x00080000
#define SECURITY_SQOS_PRESENT 0x00100000
#define SECURITY_VALID_SQOS_FLAGS 0x001F0000
#define LOCKFILE_FAIL_IMMEDIATELY 0x00000001
#define LOCKFILE_EXCLUSIVE_LOCK 0x00000002

FILEMAP_BEGIN

/* Opens or creates a file. INVALID_HANDLE_VALUE on failure: 2, 3, 5, 32 somebody does not share it, 80, 87, 123, 1224 it is mapped. */
WINBASEAPI HANDLE WINAPI CreateFileA(LPCSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode, LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes, HANDLE hTemplateFile);
WINBASEAPI HANDLE WINAPI CreateFileW(LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode, LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes, HANDLE hTemplateFile);
#define CreateFile FILEMAP_AW(CreateFile)
/* Windows CE: opens a file in order to map it; spec/platforms.md P-40. INVALID_HANDLE_VALUE on failure, errors as CreateFile. */
WINBASEAPI HANDLE WINAPI CreateFileForMappingA(LPCSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode, LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes, HANDLE hTemplateFile);
WINBASEAPI HANDLE WINAPI CreateFileForMappingW(LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode, LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes, HANDLE hTemplateFile);
#define CreateFileForMapping FILEMAP_AW(CreateFileForMapping)
/* Reads bytes; 0 bytes read is the end of the file. FALSE on failure: 5, 6, 38, 109, 998. */
WINBASEAPI BOOL WINAPI ReadFile(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead, LPDWORD lpNumberOfBytesRead, LPOVERLAPPED lpOverlapped);
/* Writes bytes. FALSE on failure: 5, 6, 112, 109, 232, 998. */
WINBASEAPI BOOL WINAPI WriteFile(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite, LPDWORD lpNumberOfBytesWritten, LPOVERLAPPED lpOverlapped);
/* Moves the file pointer; returns the low half of the new one. INVALID_SET_FILE_POINTER on failure: 6, 87, 131. */
WINBASEAPI DWORD WINAPI SetFilePointer(HANDLE hFile, LONG lDistanceToMove, PLONG lpDistanceToMoveHigh, DWORD dwMoveMethod);
/* The same in 64 bits. FALSE on failure: 6, 87, 131. */
WINBASEAPI BOOL WINAPI SetFilePointerEx(HANDLE hFile, LARGE_INTEGER liDistanceToMove, PLARGE_INTEGER lpNewFilePointer, DWORD dwMoveMethod);
/* Makes the file end at the file pointer. FALSE on failure: 5, 6, 112, 1224 it is mapped and would be cut. */
WINBASEAPI BOOL WINAPI SetEndOfFile(HANDLE hFile);
/* Length of a file, low half returned. INVALID_FILE_SIZE on failure (ask GetLastError): 6, 998. */
WINBASEAPI DWORD WINAPI GetFileSize(HANDLE hFile, LPDWORD lpFileSizeHigh);
/* The same in 64 bits. FALSE on failure: 6, 998. */
WINBASEAPI BOOL WINAPI GetFileSizeEx(HANDLE hFile, PLARGE_INTEGER lpFileSize);
/* FILE_TYPE_DISK, _CHAR, _PIPE; FILE_TYPE_UNKNOWN with 6 on failure. */
WINBASEAPI DWORD WINAPI GetFileType(HANDLE hFile);
/* Writes everything to the disk. FALSE on failure: 5, 6. */
WINBASEAPI BOOL WINAPI FlushFileBuffers(HANDLE hFile);
/* Locks a range exclusively, or fails at once: 6, 33, 87. */
WINBASEAPI BOOL WINAPI LockFile(HANDLE hFile, DWORD dwFileOffsetLow, DWORD dwFileOffsetHigh, DWORD nNumberOfBytesToLockLow, DWORD nNumberOfBytesToLockHigh);
/* Locks a range, shared or exclusive, waiting or not; the offset is in lpOverlapped. FALSE on failure: 6, 33, 87, 998. */
WINBASEAPI BOOL WINAPI LockFileEx(HANDLE hFile, DWORD dwFlags, DWORD dwReserved, DWORD nNumberOfBytesToLockLow, DWORD nNumberOfBytesToLockHigh, LPOVERLAPPED lpOverlapped);
/* Unlocks a range. FALSE on failure: 6, 158 not locked. */
WINBASEAPI BOOL WINAPI UnlockFile(HANDLE hFile, DWORD dwFileOffsetLow, DWORD dwFileOffsetHigh, DWORD nNumberOfBytesToUnlockLow, DWORD nNumberOfBytesToUnlockHigh);
/* The same with the offset in lpOverlapped. */
WINBASEAPI BOOL WINAPI UnlockFileEx(HANDLE hFile, DWORD dwReserved, DWORD nNumberOfBytesToUnlockLow, DWORD nNumberOfBytesToUnlockHigh, LPOVERLAPPED lpOverlapped);
/* Deletes a file. FALSE on failure: 2, 3, 5 (also while it is mapped), 32. */
WINBASEAPI BOOL WINAPI DeleteFileA(LPCSTR lpFileName);
WINBASEAPI BOOL WINAPI DeleteFileW(LPCWSTR lpFileName);
#define DeleteFile FILEMAP_AW(DeleteFile)
/* FILE_ATTRIBUTE_ bits of a path. INVALID_FILE_ATTRIBUTES on failure: 2, 3, 5, 123, 998. */
WINBASEAPI DWORD WINAPI GetFileAttributesA(LPCSTR lpFileName);
WINBASEAPI DWORD WINAPI GetFileAttributesW(LPCWSTR lpFileName);
#define GetFileAttributes FILEMAP_AW(GetFileAttributes)
/* The directory for temporary files with a separator at its end. Returns its length, or the room needed, terminator included,
 * if the buffer is too short; 0 on failure: 998. */
WINBASEAPI DWORD WINAPI GetTempPathA(DWORD nBufferLength, LPSTR lpBuffer);
WINBASEAPI DWORD WINAPI GetTempPathW(DWORD nBufferLength, LPWSTR lpBuffer);
#define GetTempPath FILEMAP_AW(GetTempPath)
/* Makes the name of a temporary file from directory, three letters and a number; uUnique 0 finds a free number and creates the
 * file. Buffer: MAX_PATH characters. Returns the number, 0 on failure: 80, 87, 206, 267, 998. */
WINBASEAPI UINT WINAPI GetTempFileNameA(LPCSTR lpPathName, LPCSTR lpPrefixString, UINT uUnique, LPSTR lpTempFileName);
WINBASEAPI UINT WINAPI GetTempFileNameW(LPCWSTR lpPathName, LPCWSTR lpPrefixString, UINT uUnique, LPWSTR lpTempFileName);
#define GetTempFileName FILEMAP_AW(GetTempFileName)

FILEMAP_END

#endif

/* processthreadsapi.h: processes and threads. */
#ifndef FILEMAP_PROCESSTHREADSAPI_H
#define FILEMAP_PROCESSTHREADSAPI_H

#include <wtypesbase.h>

#define STILL_ACTIVE ((DWORD)0x00000103)
#define DEBUG_PROCESS 0x00000001
#define DEBUG_ONLY_THIS_PROCESS 0x00000002
#define CREATE_SUSPENDED 0x00000004
#define DETACHED_PROCESS 0x00000008
#define CREATE_NEW_CONSOLE 0x00000010
#define NORMAL_PRIORITY_CLASS 0x00000020
#define IDLE_PRIORITY_CLASS 0x00000040
#define HIGH_PRIORITY_CLASS 0x00000080
#define REALTIME_PRIORITY_CLASS 0x00000100
#define CREATE_NEW_PROCESS_GROUP 0x00000200
#define CREATE_UNICODE_ENVIRONMENT 0x00000400
#define CREATE_SEPARATE_WOW_VDM 0x00000800
#define CREATE_SHARED_WOW_VDM 0x00001000
#define BELOW_NORMAL_PRIORITY_CLASS 0x00004000
#define ABOVE_NORMAL_PRIORITY_CLASS 0x00008000
#define INHERIT_PARENT_AFFINITY 0x00010000
#define CREATE_BREAKAWAY_FROM_JOB 0x01000000
#define CREATE_PRESERVE_CODE_AUTHZ_LEVEL 0x02000000
#define CREATE_DEFAULT_ERROR_MODE 0x04000000
#define CREATE_NO_WINDOW 0x08000000
#define STACK_SIZE_PARAM_IS_A_RESERVATION 0x00010000
#define STARTF_USESHOWWINDOW 0x00000001
#define STARTF_USESIZE 0x00000002
#define STARTF_USEPOSITION 0x00000004
#define STARTF_USECOUNTCHARS 0x00000008
#define STARTF_USEFILLATTRIBUTE 0x00000010
#define STARTF_RUNFULLSCREEN 0x00000020
#define STARTF_FORCEONFEEDBACK 0x00000040
#define STARTF_FORCEOFFFEEDBACK 0x00000080
#define STARTF_USESTDHANDLES 0x00000100
#define STARTF_USEHOTKEY 0x00000200
#define STARTF_TITLEISLINKNAME 0x00000800
#define STARTF_TITLEISAPPID 0x00001000
#define STARTF_PREVENTPINNING 0x00002000
#define STARTF_UNTRUSTEDSOURCE 0x00008000

typedef struct _PROCESS_INFORMATION { HANDLE hProcess; HANDLE hThread; DWORD dwProcessId; DWORD dwThreadId; } PROCESS_INFORMATION, *PPROCESS_INFORMATION, *LPPROCESS_INFORMATION;
typedef struct _STARTUPINFOA {
    DWORD cb; LPSTR lpReserved; LPSTR lpDesktop; LPSTR lpTitle;
    DWORD dwX, dwY, dwXSize, dwYSize, dwXCountChars, dwYCountChars, dwFillAttribute, dwFlags;
    WORD wShowWindow; WORD cbReserved2; LPBYTE lpReserved2;
    HANDLE hStdInput, hStdOutput, hStdError;
} STARTUPINFOA, *LPSTARTUPINFOA;
typedef struct _STARTUPINFOW {
    DWORD cb; LPWSTR lpReserved; LPWSTR lpDesktop; LPWSTR lpTitle;
    DWORD dwX, dwY, dwXSize, dwYSize, dwXCountChars, dwYCountChars, dwFillAttribute, dwFlags;
    WORD wShowWindow; WORD cbReserved2; LPBYTE lpReserved2;
    HANDLE hStdInput, hStdOutput, hStdError;
} STARTUPINFOW, *LPSTARTUPINFOW;
#ifdef UNICODE
typedef STARTUPINFOW STARTUPINFO;
typedef LPSTARTUPINFOW LPSTARTUPINFO;
#else
typedef STARTUPINFOA STARTUPINFO;
typedef LPSTARTUPINFOA LPSTARTUPINFO;
#endif
typedef void (*PAPCFUNC)(ULONG_PTR Parameter);

FILEMAP_BEGIN

/* The pseudo handle (HANDLE)-1 of this process. Never fails. */
WINBASEAPI HANDLE WINAPI GetCurrentProcess(void);
/* The pseudo handle (HANDLE)-2 of this thread. Never fails. */
WINBASEAPI HANDLE WINAPI GetCurrentThread(void);
/* Number of this process. Never fails. */
WINBASEAPI DWORD WINAPI GetCurrentProcessId(void);
/* Number of this thread. Never fails. */
WINBASEAPI DWORD WINAPI GetCurrentThreadId(void);
/* Number of a process, or of a thread, by its handle. 0 on failure: 5, 6. */
WINBASEAPI DWORD WINAPI GetProcessId(HANDLE Process);
WINBASEAPI DWORD WINAPI GetThreadId(HANDLE Thread);
/* The session of a process. FALSE on failure: 5, 87 no such process, 998. */
WINBASEAPI BOOL WINAPI ProcessIdToSessionId(DWORD dwProcessId, DWORD *pSessionId);
/* Starts a program; inheritable handles keep their values in it if bInheritHandles. Priority classes, error mode and what windows
 * look like mean nothing here. FALSE on failure: 2, 3, 5, 50 for debugging,
 * 87, 193, 998. */
WINBASEAPI BOOL WINAPI CreateProcessA(LPCSTR lpApplicationName, LPSTR lpCommandLine, LPSECURITY_ATTRIBUTES lpProcessAttributes, LPSECURITY_ATTRIBUTES lpThreadAttributes, BOOL bInheritHandles, DWORD dwCreationFlags, LPVOID lpEnvironment, LPCSTR lpCurrentDirectory, LPSTARTUPINFOA lpStartupInfo, LPPROCESS_INFORMATION lpProcessInformation);
WINBASEAPI BOOL WINAPI CreateProcessW(LPCWSTR lpApplicationName, LPWSTR lpCommandLine, LPSECURITY_ATTRIBUTES lpProcessAttributes, LPSECURITY_ATTRIBUTES lpThreadAttributes, BOOL bInheritHandles, DWORD dwCreationFlags, LPVOID lpEnvironment, LPCWSTR lpCurrentDirectory, LPSTARTUPINFOW lpStartupInfo, LPPROCESS_INFORMATION lpProcessInformation);
#define CreateProcess FILEMAP_AW(CreateProcess)
/* Opens a process by number. NULL on failure: 5, 87 no such process. */
WINBASEAPI HANDLE WINAPI OpenProcess(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwProcessId);
/* Gives a process's exit code, STILL_ACTIVE (259) while it runs. FALSE on failure: 5, 6, 998. */
WINBASEAPI BOOL WINAPI GetExitCodeProcess(HANDLE hProcess, LPDWORD lpExitCode);
/* Ends a process. FALSE on failure: 5, 6. */
WINBASEAPI BOOL WINAPI TerminateProcess(HANDLE hProcess, UINT uExitCode);
/* Ends this process; what atexit registered runs. Does not return. */
WINBASEAPI DECLSPEC_NORETURN void WINAPI ExitProcess(UINT uExitCode);
/* Starts a thread. NULL on failure: 5, 8, 87, 998. */
WINBASEAPI HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES lpThreadAttributes, SIZE_T dwStackSize, LPTHREAD_START_ROUTINE lpStartAddress, LPVOID lpParameter, DWORD dwCreationFlags, LPDWORD lpThreadId);
/* Ends this thread. Does not return. */
WINBASEAPI DECLSPEC_NORETURN void WINAPI ExitThread(DWORD dwExitCode);
/* Gives a thread's exit code, STILL_ACTIVE (259) while it runs. FALSE on failure: 5, 6, 998. */
WINBASEAPI BOOL WINAPI GetExitCodeThread(HANDLE hThread, LPDWORD lpExitCode);
/* Lets a thread that was created suspended run. Returns the previous suspend count, (DWORD)-1 on failure: 5, 6. */
WINBASEAPI DWORD WINAPI ResumeThread(HANDLE hThread);
/* Gives way to another thread. TRUE if one ran. */
WINBASEAPI BOOL WINAPI SwitchToThread(void);
/* Queues a function that the thread runs in its next alertable wait. 0 on failure: 5, 6, 31. */
WINBASEAPI DWORD WINAPI QueueUserAPC(PAPCFUNC pfnAPC, HANDLE hThread, ULONG_PTR dwData);
/* Fills the structure that this process was started with. */
WINBASEAPI void WINAPI GetStartupInfoA(LPSTARTUPINFOA lpStartupInfo);
WINBASEAPI void WINAPI GetStartupInfoW(LPSTARTUPINFOW lpStartupInfo);
#define GetStartupInfo FILEMAP_AW(GetStartupInfo)
/* Opens the access token of a process. FALSE on failure: 5, 6, 998. */
WINBASEAPI BOOL WINAPI OpenProcessToken(HANDLE ProcessHandle, DWORD DesiredAccess, PHANDLE TokenHandle);

/* One word per thread. TLS_OUT_OF_INDEXES if there is no slot left (8). */
#define TLS_OUT_OF_INDEXES ((DWORD)0xFFFFFFFF)
WINBASEAPI DWORD WINAPI TlsAlloc(void);
/* Gives a slot back. FALSE and 87 if it is none. */
WINBASEAPI BOOL WINAPI TlsFree(DWORD dwTlsIndex);
/* The word of this thread; sets GetLastError to 0 on success, NULL and 87 if the slot is none. */
WINBASEAPI LPVOID WINAPI TlsGetValue(DWORD dwTlsIndex);
/* Sets it. FALSE and 87 if the slot is none. */
WINBASEAPI BOOL WINAPI TlsSetValue(DWORD dwTlsIndex, LPVOID lpTlsValue);

FILEMAP_END

#endif

/* Everything of the headers that needs no named object. Prints one line per failed expectation; the exit code is their number. */
#include <windows.h>
#include <winternl.h>
#include <tchar.h>
#include <conio.h>
#include <errno.h>
#include <stdio.h>

static int failures;
#define EXPECT(condition) do { if (!(condition)) { failures++; printf("line %d: %s (last error %u, errno %d)\n", __LINE__, #condition, GetLastError(), errno); } } while (0)

static DWORD formatted(LPTSTR to, DWORD room, LPCTSTR template_, ...)
{
    DWORD length;
    va_list arguments;
    va_start(arguments, template_);
    length = FormatMessage(FORMAT_MESSAGE_FROM_STRING, template_, 0, 0, to, room, &arguments);
    va_end(arguments);
    return length;
}

static CRITICAL_SECTION section;

int _tmain(int argc, TCHAR *argv[])
{
    TCHAR text[300], *allocated = NULL;
    char narrow[64];
    WCHAR wide[64];
    SYSTEM_INFO info;
    LARGE_INTEGER one, two;
    UNICODE_STRING counted;
    DWORD length, slot;
    LONG number = 5;
    HLOCAL block;
    union { FARPROC any; ULONG (*status)(NTSTATUS); } native;

    EXPECT(argc == 2 && _tcslen(argv[1]) == (sizeof(TCHAR) == 2 ? 4 : 5));

    /* the last error and errno are one number */
    SetLastError(1234);
    EXPECT(errno == 1234 && GetLastError() == 1234);
    errno = 7;
    EXPECT(GetLastError() == 1234 && errno == 1234);
    EXPECT(!CloseHandle((HANDLE)0x1234) && GetLastError() == ERROR_INVALID_HANDLE && errno == 6);
    EXPECT(CloseHandle(GetCurrentProcess()) && GetLastError() == ERROR_INVALID_HANDLE);

    /* pointers to nowhere */
    GetSystemInfo((LPSYSTEM_INFO)(ULONG_PTR)16);
    EXPECT(GetLastError() == ERROR_NOACCESS);
    EXPECT(IsBadReadPtr((void *)(ULONG_PTR)16, 4) && !IsBadReadPtr(&info, sizeof info) && !IsBadReadPtr(NULL, 0));
    EXPECT(IsBadWritePtr((void *)(ULONG_PTR)16, 4) && !IsBadWritePtr(&info, sizeof info));
    EXPECT(lstrlen((LPCTSTR)(ULONG_PTR)16) == 0 && lstrcpy((LPTSTR)(ULONG_PTR)16, TEXT("x")) == NULL);

    GetSystemInfo(&info);
    EXPECT(info.dwAllocationGranularity == 65536 && info.dwPageSize >= 4096 && info.dwNumberOfProcessors >= 1);
    EXPECT(QueryPerformanceFrequency(&one) && one.QuadPart > 0 && QueryPerformanceCounter(&one) && QueryPerformanceCounter(&two) && two.QuadPart >= one.QuadPart);
    length = GetTickCount(); /* first this one: the order of operands is the compiler's */
    EXPECT(GetTickCount64() >= length);

    /* messages */
    length = FormatMessage(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, ERROR_ACCESS_DENIED, 0, text, 300, NULL);
    EXPECT(length > 5 && text[length] == 0 && text[length - 1] == '\n');
    EXPECT(FormatMessage(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 5, 0, text, 3, NULL) == 0 && GetLastError() == ERROR_INSUFFICIENT_BUFFER);
    EXPECT(FormatMessage(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 999999, 0, text, 300, NULL) == 0 && GetLastError() == ERROR_MR_MID_NOT_FOUND);
    EXPECT(formatted(text, 300, TEXT("%2!d! and %1 and %3!04X!"), TEXT("word"), 42, 255) == 20 && _tcscmp(text, TEXT("42 and word and 00FF")) == 0);
    EXPECT(FormatMessage(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM, NULL, 2, 0, (LPTSTR)&allocated, 0, NULL) > 0 && allocated != NULL);
    EXPECT(LocalFree(allocated) == NULL && LocalFree(allocated) == (HLOCAL)allocated && GetLastError() == ERROR_INVALID_HANDLE);
    block = LocalAlloc(LPTR, 100);
    EXPECT(block != NULL && LocalSize(block) == 100 && ((char *)block)[99] == 0 && LocalFree(block) == NULL);

    /* formatted text of both widths, with more arguments than there are registers */
    EXPECT(_stprintf_s(text, 300, TEXT("%d %s %c %x %u %ld %I64d %p %5.2f|%-4d|%04d"), -1, TEXT("s"), 'c', 255, 7u, 8L, (LONGLONG)9, (void *)16, 1.5, 3, 4) > 0);
    EXPECT(_tcscmp(text, TEXT("-1 s c ff 7 8 9 0000000000000010  1.50|3   |0004")) == 0);
    EXPECT(fm_snprintf(narrow, 64, "%.1f %.1f %.1f %.1f %.1f %.1f %.1f %.1f %.1f %Lf %s", 1., 2., 3., 4., 5., 6., 7., 8., 9., (long double)0.5, "end") > 0);
    EXPECT(strcmp(narrow, "1.0 2.0 3.0 4.0 5.0 6.0 7.0 8.0 9.0 0.500000 end") == 0);
    EXPECT(_stprintf_s(text, 4, TEXT("%d"), 123456) < 0 && text[0] == 0);
    EXPECT(_sntprintf(text, 300, TEXT("%s"), TEXT("fits")) == 4);
    wsprintf(text, TEXT("%lu-%s"), (unsigned long)5, TEXT("w"));
    EXPECT(lstrcmp(text, TEXT("5-w")) == 0);

    /* code pages */
    EXPECT(MultiByteToWideChar(CP_UTF8, 0, "\xc3\xa4\xf0\x9f\x98\x80", -1, wide, 64) == 4 && wide[0] == 0xe4 && wide[1] == 0xd83d && wide[3] == 0);
    EXPECT(WideCharToMultiByte(CP_ACP, 0, wide, -1, narrow, 64, NULL, NULL) == 7 && strcmp(narrow, "\xc3\xa4\xf0\x9f\x98\x80") == 0);
    EXPECT(MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, "\xff", 1, wide, 64) == 0 && GetLastError() == ERROR_NO_UNICODE_TRANSLATION);
    EXPECT(MultiByteToWideChar(CP_UTF8, 0, "abc", 3, wide, 2) == 0 && GetLastError() == ERROR_INSUFFICIENT_BUFFER);
    EXPECT(MultiByteToWideChar(CP_UTF8, 0, NULL, 3, wide, 2) == 0 && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(MultiByteToWideChar(CP_UTF8, 0, (LPCSTR)(ULONG_PTR)8, 3, wide, 64) == 0 && GetLastError() == ERROR_NOACCESS);
    EXPECT(MultiByteToWideChar(CP_UTF8, MB_PRECOMPOSED, "a", 1, wide, 2) == 0 && GetLastError() == ERROR_INVALID_FLAGS);
    EXPECT(MultiByteToWideChar(99999, 0, "a", 1, wide, 2) == 0 && GetLastError() == ERROR_INVALID_PARAMETER);

    /* modules and native calls */
    native.any = GetProcAddress(GetModuleHandle(TEXT("ntdll.dll")), "RtlNtStatusToDosError");
    EXPECT(native.any != NULL && native.status(STATUS_OBJECT_NAME_NOT_FOUND) == 2);
    EXPECT(GetProcAddress(GetModuleHandle(TEXT("KERNEL32")), "CloseHandle") != NULL);
    EXPECT(GetProcAddress(GetModuleHandle(TEXT("kernel32.dll")), "RtlInitUnicodeString") == NULL && GetLastError() == ERROR_PROC_NOT_FOUND);
    EXPECT(GetModuleHandle(TEXT("nosuch.dll")) == NULL && GetLastError() == ERROR_MOD_NOT_FOUND);
    EXPECT(GetModuleFileName(NULL, text, 300) > 1 && text[0] == '/');
    wide[0] = 'a'; wide[1] = 'b'; wide[2] = 0;
    RtlInitUnicodeString(&counted, wide);
    EXPECT(counted.Length == 4 && counted.MaximumLength == 6 && counted.Buffer == wide);

    /* environment */
    EXPECT(SetEnvironmentVariable(TEXT("FILEMAP_BASICS"), TEXT("value")) && GetEnvironmentVariable(TEXT("FILEMAP_BASICS"), text, 300) == 5 && _tcscmp(text, TEXT("value")) == 0);
    EXPECT(GetEnvironmentVariable(TEXT("FILEMAP_BASICS"), text, 5) == 6);
    EXPECT(SetEnvironmentVariable(TEXT("FILEMAP_BASICS"), NULL) && GetEnvironmentVariable(TEXT("FILEMAP_BASICS"), text, 300) == 0 && GetLastError() == ERROR_ENVVAR_NOT_FOUND);
    EXPECT(_tcslen(GetCommandLine()) > 5);

    /* temporary files */
    EXPECT(GetTempPath(300, text) > 1 && text[_tcslen(text) - 1] == '/');
    EXPECT(GetTempFileName(text, TEXT("fmxyz"), 0, text) != 0 && GetFileAttributes(text) == FILE_ATTRIBUTE_NORMAL);
    EXPECT(_tremove(text) == 0 && GetFileAttributes(text) == INVALID_FILE_ATTRIBUTES && GetLastError() == ERROR_FILE_NOT_FOUND);
    EXPECT(GetFileAttributes(TEXT("/nosuchdirectory/file")) == INVALID_FILE_ATTRIBUTES && GetLastError() == ERROR_PATH_NOT_FOUND);

    /* words and locks */
    EXPECT(InterlockedIncrement(&number) == 6 && InterlockedExchangeAdd(&number, 4) == 6 && InterlockedCompareExchange(&number, 1, 10) == 10 && number == 1);
    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
    EXPECT(TryEnterCriticalSection(&section));
    LeaveCriticalSection(&section);
    LeaveCriticalSection(&section);
    DeleteCriticalSection(&section);
    slot = TlsAlloc();
    EXPECT(slot != TLS_OUT_OF_INDEXES && TlsGetValue(slot) == NULL && TlsSetValue(slot, &slot) && TlsGetValue(slot) == &slot && TlsFree(slot) && !TlsFree(slot));
    Sleep(1);

    /* strings */
    EXPECT(_tcsicmp(TEXT("AbC"), TEXT("aBc")) == 0 && _ttoi(TEXT(" -12x")) == -12 && _tcstol(TEXT("0x1f"), NULL, 0) == 31);
    EXPECT(_tcscpy_s(text, 300, TEXT("a,b;c")) == 0 && _tcscat_s(text, 300, TEXT("!")) == 0 && _tcslen(text) == 6);
    EXPECT(_tcscmp(_tcstok(text, TEXT(",;")), TEXT("a")) == 0 && _tcscmp(_tcstok(NULL, TEXT(",;")), TEXT("b")) == 0);
    EXPECT(_tcscpy_s(text, 2, TEXT("long")) == ERANGE && text[0] == 0);
    EXPECT(MessageBox(NULL, TEXT("text"), TEXT("caption"), MB_OK) == IDOK);
    EXPECT(_putch('#') == '#' && _ungetch('q') == 'q' && _kbhit() && _getch() == 'q' && _getch() == 'k' && _getch() == -1);
    _tprintf(TEXT("%d %s\n"), failures, TEXT("failures"));
    return failures;
}

/* process.h, strsafe.h, and what C++ has more: one line per failed expectation. */
#include <windows.h>
#include <process.h>
#include <strsafe.h>
#include <tchar.h>
#include <stdio.h>

static int failures;
#define EXPECT(condition) do { if (!(condition)) { failures++; printf("line %d: %s (last error %u)\n", __LINE__, #condition, GetLastError()); fflush(stdout); } } while (0)

static LONG volatile started;

static unsigned __stdcall with_result(void *argument)
{
    WaitForSingleObject((HANDLE)argument, INFINITE);
    InterlockedIncrement(&started);
    _endthreadex(0x12345678);
    return 0;
}

static void __cdecl without(void *argument)
{
    InterlockedIncrement(&started);
    SetEvent((HANDLE)argument);
}

static void threads(void)
{
    HANDLE event = CreateEvent(NULL, FALSE, FALSE, NULL);
    unsigned id = 0;
    DWORD code = 0;
    HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, with_result, event, 0, &id);
    HANDLE other;
    EXPECT(thread != NULL && id == GetThreadId(thread));
    SetEvent(event);
    EXPECT(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0 && GetExitCodeThread(thread, &code) && code == 0x12345678);
    CloseHandle(thread);
    other = (HANDLE)_beginthread(without, 0, event);
    EXPECT(other != (HANDLE)(LONG_PTR)-1 && WaitForSingleObject(event, INFINITE) == WAIT_OBJECT_0 && started == 2);
    EXPECT(WaitForSingleObject(other, INFINITE) == WAIT_OBJECT_0);
    CloseHandle(other);
    CloseHandle(event);
    EXPECT((DWORD)_getpid() == GetCurrentProcessId());
}

int _tmain(void)
{
    TCHAR text[8];
    size_t length = 99;

    EXPECT(StringCchCopy(text, 8, TEXT("1234567")) == S_OK && _tcscmp(text, TEXT("1234567")) == 0);
    EXPECT(StringCchCopy(text, 8, TEXT("12345678")) == STRSAFE_E_INSUFFICIENT_BUFFER && _tcscmp(text, TEXT("1234567")) == 0);
    EXPECT(StringCchCopy(text, 0, TEXT("1")) == STRSAFE_E_INVALID_PARAMETER);
    EXPECT(StringCchCopyN(text, 8, TEXT("abcdef"), 3) == S_OK && _tcscmp(text, TEXT("abc")) == 0);
    EXPECT(StringCchCat(text, 8, TEXT("defg")) == S_OK && StringCchCat(text, 8, TEXT("h")) == STRSAFE_E_INSUFFICIENT_BUFFER && _tcscmp(text, TEXT("abcdefg")) == 0);
    EXPECT(StringCchLength(text, 8, &length) == S_OK && length == 7 && StringCchLength(text, 7, &length) == STRSAFE_E_INVALID_PARAMETER && length == 0);
    EXPECT(StringCchPrintf(text, 8, TEXT("%d %s"), 12, TEXT("ab")) == S_OK && _tcscmp(text, TEXT("12 ab")) == 0);
    EXPECT(StringCchPrintf(text, 8, TEXT("%d"), 123456789) == STRSAFE_E_INSUFFICIENT_BUFFER && _tcscmp(text, TEXT("1234567")) == 0);
    EXPECT(StringCbCopy(text, sizeof text, TEXT("x")) == S_OK && StringCbCat(text, sizeof text, TEXT("y")) == S_OK && StringCbLength(text, sizeof text, &length) == S_OK && length == 2 * sizeof(TCHAR));
    EXPECT(StringCbPrintf(text, sizeof text, TEXT("%u"), 5u) == S_OK && text[0] == '5' && FAILED(STRSAFE_E_INVALID_PARAMETER) && SUCCEEDED(S_OK));
    threads();
#ifdef __cplusplus
    {
        DWORD volatile word = 5;
        ULONG64 volatile wide = 5;
        EXPECT(InterlockedIncrement(&word) == 6 && InterlockedCompareExchange(&word, 9, 6) == 6 && InterlockedExchange(&word, 1) == 9 && InterlockedOr(&word, 2) == 1 && word == 3);
        EXPECT(InterlockedExchangeAdd64(&wide, 2) == 5 && InterlockedDecrement64(&wide) == 6 && InterlockedAnd64(&wide, 4) == 6 && wide == 4);
    }
#endif
    printf("%d failures\n", failures);
    return failures != 0;
}

/* What basics.c leaves: blocks, clocks, strings, streams, modules, interlocked functions found by name. As there, one line per
 * failed expectation. Argument: a directory to write in. */
#include <windows.h>
#include <tchar.h>
#include <conio.h>
#include <stdio.h>

static int failures;
#define EXPECT(condition) do { if (!(condition)) { failures++; printf("line %d: %s (last error %u)\n", __LINE__, #condition, GetLastError()); } } while (0)
#define NAMED(name) GetProcAddress(GetModuleHandleA("kernel32.dll"), name)

static int formatted(TCHAR *to, size_t room, const TCHAR *format, ...)
{
    int length;
    va_list arguments;
    va_start(arguments, format);
    length = _vstprintf_s(to, room, format, arguments);
    va_end(arguments);
    return length;
}

int _tmain(int argc, TCHAR *argv[])
{
    TCHAR text[300], other[300], *end, *context = NULL;
    WCHAR w[40], x[40], *wend;
    char narrow[40];
    HANDLE heap = GetProcessHeap();
    char *block;
    FILETIME now, precise;
    SYSTEMTIME utc, local;
    MEMORYSTATUSEX memory;
    SYSTEM_INFO info, native;
    STARTUPINFO startup;
    CRITICAL_SECTION section;
    HMODULE library;
    FILE *file;
    TCHAR path[300], moved[300];
    union { FARPROC any; LONG (*on)(LONG volatile *); LONG (*with)(LONG volatile *, LONG); } f;
    union { FARPROC any; LONG64 (*on)(LONG64 volatile *); LONG64 (*with)(LONG64 volatile *, LONG64); LONG64 (*compare)(LONG64 volatile *, LONG64, LONG64); } f64;
    union { FARPROC any; PVOID (*with)(PVOID volatile *, PVOID); PVOID (*compare)(PVOID volatile *, PVOID, PVOID); } fp;
    LONG number = 10;
    LONG64 big = 10;
    PVOID pointer = &number;

    EXPECT(argc == 2 && _tenviron != NULL);

    /* blocks */
    block = (char *)HeapAlloc(heap, HEAP_ZERO_MEMORY, 10);
    EXPECT(block != NULL && HeapSize(heap, 0, block) == 10 && block[9] == 0);
    block[0] = 'b';
    block = (char *)HeapReAlloc(heap, 0, block, 5000);
    EXPECT(block != NULL && block[0] == 'b' && HeapFree(heap, 0, block) && !HeapFree(heap, 0, block) && GetLastError() == 87);
    EXPECT(!HeapFree(NULL, 0, NULL) && GetLastError() == 6 && HeapSize(heap, 0, block) == (SIZE_T)-1);
    block = (char *)GlobalAlloc(GMEM_FIXED, 7);
    EXPECT(GlobalLock(block) == block && GlobalSize(block) == 7 && !GlobalUnlock(block) && GetLastError() == 0 && GlobalFree(block) == NULL);
    block = (char *)LocalAlloc(LMEM_FIXED, 7);
    EXPECT(LocalLock(block) == block && !LocalUnlock(block) && GetLastError() == 0 && LocalFree(block) == NULL && LocalLock(block) == NULL);

    /* clocks and the machine */
    GetSystemTimeAsFileTime(&now);
    GetSystemTimePreciseAsFileTime(&precise);
    EXPECT(precise.dwHighDateTime >= now.dwHighDateTime && now.dwHighDateTime > 30000000);
    GetSystemTime(&utc);
    GetLocalTime(&local);
    EXPECT(utc.wYear >= 2024 && utc.wMonth >= 1 && utc.wMonth <= 12 && local.wYear + 1 >= utc.wYear);
    memory.dwLength = sizeof memory;
    EXPECT(GlobalMemoryStatusEx(&memory) && memory.ullTotalPhys >= memory.ullAvailPhys && memory.ullTotalPhys > 0 && memory.dwMemoryLoad <= 100);
    memory.dwLength = 1;
    EXPECT(!GlobalMemoryStatusEx(&memory) && GetLastError() == ERROR_INVALID_PARAMETER);
    GetSystemInfo(&info);
    GetNativeSystemInfo(&native);
    EXPECT(info.dwPageSize == native.dwPageSize);
    GetStartupInfo(&startup);
    EXPECT(startup.cb == sizeof startup);
    EXPECT(GetCurrentProcessId() != 0 && GetCurrentThreadId() != 0 && GetCurrentThread() != GetCurrentProcess());
    EXPECT(SwitchToThread() == 1 && SetErrorMode(SEM_FAILCRITICALERRORS) == 0 && GetErrorMode() == SEM_FAILCRITICALERRORS);
    EXPECT(GetACP() == CP_UTF8 && GetOEMCP() == CP_UTF8 && IsValidCodePage(CP_UTF8) && !IsValidCodePage(1));
    EXPECT(InitializeCriticalSectionEx(&section, 0, 0) && InitializeCriticalSectionAndSpinCount(&section, 4000));
    DeleteCriticalSection(&section);
    EXPECT(!SetHandleInformation((HANDLE)0x1000, HANDLE_FLAG_INHERIT, 1) && GetLastError() == 6);
    EXPECT(!SetHandleInformation((HANDLE)0x1000, 4, 4) && GetLastError() == 87);
    EXPECT(GetCurrentDirectory(300, text) == _tcslen(text) && text[0] == '/' && GetCurrentDirectory(1, text) > 1);

    /* pointers and strings */
    EXPECT(IsBadCodePtr(NULL) && !IsBadCodePtr((FARPROC)NAMED("Sleep")) && IsBadStringPtr((LPCTSTR)8, 5) && !IsBadStringPtr(TEXT("ok"), 5));
    EXPECT(lstrcpyn(text, TEXT("abcdef"), 4) == text && lstrcmp(text, TEXT("abc")) == 0 && lstrcat(text, TEXT("X")) == text);
    EXPECT(lstrcmpi(text, TEXT("ABCx")) == 0 && lstrcmp(NULL, text) < 0 && lstrlen(NULL) == 0);
    EXPECT(formatted(other, 300, TEXT("%s/%d"), TEXT("v"), 3) == 3 && other[3] == 0);
    EXPECT(_tcsncpy(text, TEXT("hello"), 300) == text && _tcschr(text, 'l') == text + 2 && _tcsrchr(text, 'l') == text + 3);
    EXPECT(_tcsstr(text, TEXT("lo")) == text + 3 && _tcspbrk(text, TEXT("xo")) == text + 4 && _tcsspn(text, TEXT("eh")) == 2 && _tcscspn(text, TEXT("o")) == 4);
    EXPECT(_tcscmp(_tcscat(text, TEXT("!")), TEXT("hello!")) == 0 && _tcsncat(text, TEXT("abc"), 1) == text && _tcsnlen(text, 3) == 3);
    EXPECT(_tcsncmp(text, TEXT("help"), 3) == 0 && _tcsnicmp(text, TEXT("HELp"), 3) == 0 && _tcsncpy_s(other, 300, text, 2) == 0 && _tcslen(other) == 2);
    EXPECT(_tcscmp(_tcstok_s(text, TEXT("!"), &context), TEXT("hello")) == 0 && _tcscmp(_tcstok_s(NULL, TEXT("!"), &context), TEXT("a")) == 0);
    end = _tcsdup(TEXT("copy"));
    EXPECT(_tcscmp(end, TEXT("copy")) == 0);
    free(end);
    EXPECT(_tcstoul(TEXT("ffz"), &end, 16) == 255 && *end == 'z' && _tcstod(TEXT("2.5x"), &end) == 2.5 && *end == 'x' && _tstof(TEXT("0.5")) == 0.5);
    EXPECT(_tcstoi64(TEXT("-9000000000"), NULL, 10) == -9000000000LL && _tcstoui64(TEXT("9000000000"), NULL, 10) == 9000000000ULL && _ttoi64(TEXT("77")) == 77);
    EXPECT(_tcscmp(_itot(-255, text, 10), TEXT("-255")) == 0 && _tcscmp(_itot(255, text, 16), TEXT("ff")) == 0 && _tcscmp(_i64tot(1LL << 40, text, 2), TEXT("10000000000000000000000000000000000000000")) == 0);
    EXPECT(strcmp(fm_itoa(-1, narrow, 16), "ffffffff") == 0 && strcmp(fm_i64toa(-7, narrow, 10), "-7") == 0);
    EXPECT(_totupper('q') == 'Q' && _totlower('Q') == 'q' && _istalpha('q') && !_istalpha('1') && _istdigit('1') && _istalnum('1') && _istspace(' '));
    EXPECT(_istupper('Q') && _istlower('q') && _istpunct('!') && _istxdigit('f') && !_istxdigit('g') && _istprint('x') && _istcntrl(3));

    /* 16-bit text by its own names */
    w[0] = 'A'; w[1] = 0xe4; w[2] = ' '; w[3] = '7'; w[4] = 0;
    EXPECT(fm_wcslen(w) == 4 && fm_wcsnlen(w, 2) == 2 && fm_wcscmp(fm_wcscpy(x, w), w) == 0 && fm_wcsupr(x)[1] == 0xc4 && fm_wcslwr(x)[0] == 'a' && fm_wcsicmp(w, x) == 0);
    EXPECT(fm_wcsrev(x)[0] == '7' && fm_wcscpy_s(x, 40, w) == 0 && fm_wcscat_s(x, 40, w) == 0 && fm_wcslen(x) == 8 && fm_wcsncat_s(x, 40, w, 1) == 0 && fm_wcslen(x) == 9);
    EXPECT(fm_wcsncpy_s(x, 3, w, _TRUNCATE) == 80 && fm_wcslen(x) == 2 && fm_wcscpy_s(x, 3, w) == ERANGE && x[0] == 0 && fm_wcscpy_s(NULL, 3, w) == EINVAL);
    EXPECT(fm_wcstol(w + 2, &wend, 10) == 7 && wend == w + 4 && fm_wtoi(w) == 0 && fm_wcstoul(w, &wend, 16) == 10 && wend == w + 1);
    EXPECT(fm_scwprintf(w) == 4 && fm_snwprintf(x, 2, w) == -1 && x[0] == 'A' && fm_swprintf(x, 40, w) == 4 && fm_swprintf(x, 3, w) == -1 && x[2] == 0);
    EXPECT(fm_snprintf(narrow, 40, "%I64d|%S|%s", 1LL << 40, w, "n") == 21 && strcmp(narrow, "1099511627776|A\xc3\xa4 7|n") == 0);
    EXPECT(fm_sprintf_s(narrow, 3, "%d", 12345) == -1 && narrow[0] == 0);

    /* streams and files */
    _stprintf_s(path, 300, TEXT("%s/rest.txt"), argv[1]);
    _stprintf_s(moved, 300, TEXT("%s/moved.txt"), argv[1]);
    file = _tfopen(path, TEXT("w"));
    EXPECT(file != NULL && _fputts(TEXT("line\n"), file) >= 0 && _ftprintf(file, TEXT("%d\n"), 5) == 2 && _fputtc('z', file) == 'z');
    EXPECT(fm_fputwc(0xd83d, file) == 0xd83d && fm_fputwc(0xde00, file) == 0xde00);
    fclose(file);
    EXPECT(_trename(path, moved) == 0);
    file = _tfopen(moved, TEXT("r"));
    EXPECT(file != NULL && _fgetts(text, 300, file) == text && _tcscmp(text, TEXT("line\n")) == 0 && _fgetts(text, 2, file) == text && text[0] == '5' && _fgettc(file) == '\n');
    EXPECT(fm_fgetwc(file) == 'z' && fm_fgetws(x, 40, file) == x && x[0] == 0xd83d && x[1] == 0xde00 && x[2] == 0 && fm_fgetwc(file) == 0xffff && fm_fgetws(x, 40, file) == NULL);
    fclose(file);
    EXPECT(_tremove(moved) == 0 && _tsystem(TEXT("exit 3")) != 0 && _tgetenv(TEXT("PATH")) != NULL && _tgetenv(TEXT("FILEMAP_NO_SUCH")) == NULL);
    EXPECT(_putts(TEXT("putts")) >= 0 && _cputs("cputs\n") == 0 && _cputs((const char *)8) == -1 && _ungetch('e') == 'e' && _getche() == 'e' && _puttchar('\n') == '\n');

    /* modules */
    library = LoadLibrary(TEXT("libm.so.6"));
    EXPECT(library != NULL && GetProcAddress(library, "cos") != NULL && GetModuleHandle(TEXT("libm.so.6")) == library && FreeLibrary(library) && !FreeLibrary(library) && GetLastError() == ERROR_MOD_NOT_FOUND);
    EXPECT(LoadLibraryEx(TEXT("user32.dll"), NULL, 0) == GetModuleHandle(TEXT("USER32")) && LoadLibrary(TEXT("nosuch.dll")) == NULL && GetLastError() == ERROR_MOD_NOT_FOUND);

    /* interlocked functions by name */
    f.any = NAMED("InterlockedIncrement"); EXPECT(f.on(&number) == 11);
    f.any = NAMED("InterlockedDecrement"); EXPECT(f.on(&number) == 10);
    f.any = NAMED("InterlockedExchange"); EXPECT(f.with(&number, 3) == 10);
    f.any = NAMED("InterlockedExchangeAdd"); EXPECT(f.with(&number, 2) == 3 && number == 5);
    f64.any = NAMED("InterlockedIncrement64"); EXPECT(f64.on(&big) == 11);
    f64.any = NAMED("InterlockedDecrement64"); EXPECT(f64.on(&big) == 10);
    f64.any = NAMED("InterlockedExchange64"); EXPECT(f64.with(&big, 3) == 10);
    f64.any = NAMED("InterlockedExchangeAdd64"); EXPECT(f64.with(&big, 2) == 3);
    f64.any = NAMED("InterlockedCompareExchange64"); EXPECT(f64.compare(&big, 8, 5) == 5 && f64.compare(&big, 1, 5) == 8 && big == 8);
    fp.any = NAMED("InterlockedExchangePointer"); EXPECT(fp.with(&pointer, NULL) == &number);
    fp.any = NAMED("InterlockedCompareExchangePointer"); EXPECT(fp.compare(&pointer, &big, NULL) == NULL && pointer == &big);
    EXPECT(InterlockedOr(&number, 8) == 5 && InterlockedAnd(&number, 9) == 13 && InterlockedXor(&number, 1) == 9 && InterlockedAdd(&number, 2) == 10);
    EXPECT(MessageBox(NULL, TEXT("sure?"), NULL, MB_YESNO | MB_DEFBUTTON2) == IDNO);
    _tprintf(TEXT("%d failures\n"), failures);
    fflush(stdout);
    ExitProcess((UINT)failures);
}

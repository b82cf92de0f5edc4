/* Threads and processes: one line per failed expectation. Starts itself as its own child: argument 1 is then what to do. */
#include <windows.h>
#include <tchar.h>
#include <stdio.h>

static int failures;
#define EXPECT(condition) do { if (!(condition)) { failures++; printf("line %d: %s (last error %u)\n", __LINE__, #condition, GetLastError()); fflush(stdout); } } while (0)
#define FAILS(call, number) do { SetLastError(77777); EXPECT(!(call) && GetLastError() == (number)); } while (0)
#define QUIET(call) do { SetLastError(77777); EXPECT((call) && GetLastError() == 77777); } while (0)

static LONG volatile counter;
static HANDLE main_thread;

static void apc(ULONG_PTR by)
{
    InterlockedExchangeAdd(&counter, (LONG)by);
}

static DWORD returns(LPVOID parameter)
{
    InterlockedIncrement(&counter);
    return (DWORD)(DWORD_PTR)parameter;
}

static DWORD exits(LPVOID parameter)
{
    ExitThread((DWORD)(DWORD_PTR)parameter);
}

static DWORD queues(LPVOID parameter)
{
    (void)parameter;
    return QueueUserAPC(apc, main_thread, 1000);
}

static DWORD sleeps(LPVOID begun)
{
    SetEvent(begun); /* a function that is queued before a thread begins runs first thing, and not in its sleep */
    return SleepEx(INFINITE, TRUE);
}

static void threads(void)
{
    DWORD code = 0, id = 0;
    HANDLE thread, begun, two[2], self;

    thread = CreateThread(NULL, 0, returns, (LPVOID)(DWORD_PTR)0x12345678, 0, &id);
    EXPECT(thread != NULL && id != 0 && id == GetThreadId(thread));
    EXPECT(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0 && counter == 1);
    QUIET(GetExitCodeThread(thread, &code) && code == 0x12345678);
    FAILS(QueueUserAPC(apc, thread, 1), ERROR_GEN_FAILURE);
    CloseHandle(thread);
    thread = CreateThread(NULL, 1 << 20, exits, (LPVOID)(DWORD_PTR)7, 0, NULL);
    EXPECT(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0 && GetExitCodeThread(thread, &code) && code == 7);
    CloseHandle(thread);
    FAILS(CreateThread(NULL, 0, NULL, NULL, 0, NULL), ERROR_INVALID_PARAMETER);
    FAILS(CreateThread(NULL, 0, (LPTHREAD_START_ROUTINE)(DWORD_PTR)16, NULL, 0, NULL), ERROR_NOACCESS);

    /* suspended: it has not begun, then it runs; a function queued before runs first */
    counter = 0;
    thread = CreateThread(NULL, 0, returns, NULL, CREATE_SUSPENDED, NULL);
    SetLastError(77777);
    EXPECT(WaitForSingleObject(thread, 0) == WAIT_TIMEOUT && GetLastError() == 77777);
    EXPECT(GetExitCodeThread(thread, &code) && code == STILL_ACTIVE && counter == 0);
    EXPECT(QueueUserAPC(apc, thread, 10));
    EXPECT(ResumeThread(thread) == 1 && WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0 && counter == 11);
    EXPECT(ResumeThread(thread) == 0);
    two[0] = thread;

    /* waits for several (Y-31, Y-33, F-6) */
    two[1] = CreateThread(NULL, 0, returns, NULL, CREATE_SUSPENDED, NULL);
    EXPECT(WaitForMultipleObjects(2, two, FALSE, INFINITE) == WAIT_OBJECT_0);
    EXPECT(WaitForMultipleObjects(2, two, TRUE, 0) == WAIT_TIMEOUT);
    ResumeThread(two[1]);
    EXPECT(WaitForMultipleObjects(2, two, TRUE, INFINITE) == WAIT_OBJECT_0);
    FAILS(WaitForMultipleObjects(0, two, FALSE, 0) != WAIT_FAILED, ERROR_INVALID_PARAMETER);
    FAILS(WaitForMultipleObjects(65, two, FALSE, 0) != WAIT_FAILED, ERROR_INVALID_PARAMETER);
    FAILS(WaitForMultipleObjects(2, (HANDLE *)16, FALSE, 0) != WAIT_FAILED, ERROR_NOACCESS);
    CloseHandle(two[1]);
    two[1] = two[0];
    FAILS(WaitForMultipleObjects(2, two, TRUE, 0) != WAIT_FAILED, ERROR_INVALID_PARAMETER);
    EXPECT(WaitForMultipleObjects(2, two, FALSE, 0) == WAIT_OBJECT_0);
    two[1] = (HANDLE)0x4444440;
    FAILS(WaitForMultipleObjects(2, two, FALSE, 0) != WAIT_FAILED, ERROR_INVALID_HANDLE); /* F-6 */
    two[1] = GetCurrentProcess();
    FAILS(WaitForMultipleObjects(2, two, FALSE, 0) != WAIT_FAILED, ERROR_INVALID_HANDLE); /* F-5 */
    EXPECT(WaitForSingleObject(GetCurrentProcess(), 0) == WAIT_TIMEOUT && WaitForSingleObject(GetCurrentThread(), 1) == WAIT_TIMEOUT);
    CloseHandle(thread);

    /* pseudo handles, real ones, and alertable waits */
    QUIET(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &main_thread, 0, FALSE, DUPLICATE_SAME_ACCESS));
    EXPECT(CompareObjectHandles(main_thread, GetCurrentThread()) && GetThreadId(main_thread) == GetCurrentThreadId());
    QUIET(DuplicateHandle(GetCurrentProcess(), GetCurrentProcess(), GetCurrentProcess(), &self, 0, FALSE, DUPLICATE_SAME_ACCESS));
    EXPECT(CompareObjectHandles(self, GetCurrentProcess()) && GetProcessId(self) == GetCurrentProcessId());
    FAILS(CompareObjectHandles(self, GetCurrentThread()), ERROR_NOT_SAME_OBJECT);
    EXPECT(GetExitCodeProcess(self, &code) && code == STILL_ACTIVE);
    CloseHandle(self);
    counter = 0;
    EXPECT(SleepEx(0, TRUE) == 0 && QueueUserAPC(apc, GetCurrentThread(), 1) && QueueUserAPC(apc, main_thread, 1));
    EXPECT(SleepEx(0, FALSE) == 0 && counter == 0);
    EXPECT(SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION && counter == 2);
    thread = CreateThread(NULL, 0, queues, NULL, 0, NULL);
    EXPECT(WaitForSingleObjectEx(main_thread, INFINITE, TRUE) == WAIT_IO_COMPLETION && counter == 1002);
    EXPECT(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0);
    CloseHandle(thread);
    begun = CreateEvent(NULL, FALSE, FALSE, NULL);
    thread = CreateThread(NULL, 0, sleeps, begun, 0, NULL);
    EXPECT(WaitForSingleObject(begun, INFINITE) == WAIT_OBJECT_0);
    EXPECT(QueueUserAPC(apc, thread, 1) && WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0);
    EXPECT(GetExitCodeThread(thread, &code) && (code == WAIT_IO_COMPLETION));
    EXPECT(WaitForMultipleObjectsEx(1, &thread, TRUE, INFINITE, TRUE) == WAIT_OBJECT_0);
    CloseHandle(thread);
    CloseHandle(begun);
}

/* What the child does. */
static int child(int argc, TCHAR *argv[])
{
    HANDLE mapping, file;
    char *view;
    DWORD moved;
    unsigned long first, second, third;

    if (_tcscmp(argv[1], TEXT("code")) == 0)
        return 0x12345;
    if (_tcscmp(argv[1], TEXT("exit")) == 0)
        ExitProcess(0xfedcba98U);
    if (_tcscmp(argv[1], TEXT("crash")) == 0) {
        char *volatile nowhere = NULL;
        *nowhere = 1;
    }
    if (_tcscmp(argv[1], TEXT("forever")) == 0)
        Sleep(INFINITE);
    if (_tcscmp(argv[1], TEXT("words")) == 0)
        return argc == 5 && _tcscmp(argv[2], TEXT("two words")) == 0 && _tcscmp(argv[3], TEXT("")) == 0 && _tcscmp(argv[4], TEXT("a\"b\\")) == 0 ? 1 : 2;
    if (_tcscmp(argv[1], TEXT("environment")) == 0) {
        TCHAR value[20];
        return GetEnvironmentVariable(TEXT("CHOSEN"), value, 20) == 3 && _tcscmp(value, TEXT("one")) == 0 && GetEnvironmentVariable(TEXT("HOME"), value, 20) == 0 ? 1 : 2;
    }
    if (_tcscmp(argv[1], TEXT("stream")) == 0) {
        char text[20];
        if (!ReadFile(GetStdHandle(STD_INPUT_HANDLE), text, 20, &moved, NULL))
            return 2;
        return WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, moved, &moved, NULL) ? 1 : 3;
    }
    if (argc != 5 || _tcscmp(argv[1], TEXT("handles")) != 0)
        return 99;
    /* O-22: the same values, the same access; the third one was not inheritable */
    first = _tcstoul(argv[2], NULL, 10);
    second = _tcstoul(argv[3], NULL, 10);
    third = _tcstoul(argv[4], NULL, 10);
    mapping = (HANDLE)(DWORD_PTR)first;
    file = (HANDLE)(DWORD_PTR)second;
    SetLastError(0);
    if (CloseHandle((HANDLE)(DWORD_PTR)third) || GetLastError() != ERROR_INVALID_HANDLE)
        return 10;
    if (MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0) != NULL || GetLastError() != ERROR_ACCESS_DENIED)
        return 11;
    view = (char *)MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0);
    if (view == NULL)
        return 12;
    strcpy(view, "from the child");
    if (!WriteFile(file, "and here", 8, &moved, NULL))
        return 13;
    return 1;
}

static TCHAR own[300];

static BOOL start(const TCHAR *arguments, BOOL inherit, DWORD flags, void *environment, STARTUPINFO *info, PROCESS_INFORMATION *made)
{
    TCHAR line[600];
    STARTUPINFO plain;
    ZeroMemory(&plain, sizeof plain);
    plain.cb = sizeof plain;
    _sntprintf(line, 600, TEXT("\"%s\" %s"), own, arguments);
    return CreateProcess(NULL, line, NULL, NULL, inherit, flags, environment, NULL, info ? info : &plain, made);
}

static DWORD result_of(PROCESS_INFORMATION *made)
{
    DWORD code = 88;
    EXPECT(WaitForSingleObject(made->hProcess, INFINITE) == WAIT_OBJECT_0);
    EXPECT(WaitForSingleObject(made->hThread, 0) == WAIT_OBJECT_0);
    EXPECT(GetExitCodeProcess(made->hProcess, &code));
    CloseHandle(made->hProcess);
    CloseHandle(made->hThread);
    return code;
}

static void processes(void)
{
    PROCESS_INFORMATION made;
    STARTUPINFO info;
    HANDLE opened, mapping, writer, plain, file, from, to, back = NULL, out = NULL;
    DWORD code = 0, session = 99, moved, own_session = 98;
    TCHAR text[300];
    char line[20], *view;
    TCHAR path[300];
    static TCHAR block[] = TEXT("CHOSEN=one\0");
    static char unicode_not[] = "CHOSEN=one\0";

    ZeroMemory(&info, sizeof info);
    info.cb = sizeof info;
    EXPECT(GetModuleFileName(NULL, own, 300) != 0);
    QUIET(start(TEXT("code"), FALSE, 0, NULL, NULL, &made));
    EXPECT(made.dwProcessId == GetProcessId(made.hProcess) && result_of(&made) == 0x12345);
    EXPECT(start(TEXT("exit"), FALSE, 0, NULL, NULL, &made) && result_of(&made) == 0xfedcba98U);
    EXPECT(start(TEXT("crash"), FALSE, 0, NULL, NULL, &made) && result_of(&made) == 0xc0000005U);
    EXPECT(start(TEXT("words \"two words\" \"\" a\\\"b\\"), FALSE, 0, NULL, NULL, &made) && result_of(&made) == 1);
    EXPECT(start(TEXT("environment"), FALSE, sizeof(TCHAR) == 2 ? CREATE_UNICODE_ENVIRONMENT : 0, block, NULL, &made) && result_of(&made) == 1);
    EXPECT(start(TEXT("environment"), FALSE, 0, unicode_not, NULL, &made) && result_of(&made) == 1);
    /* what is about priorities, windows and consoles is taken as it comes */
    info.dwFlags = STARTF_USESHOWWINDOW | STARTF_USEPOSITION | STARTF_USESIZE;
    info.wShowWindow = SW_HIDE;
    EXPECT(start(TEXT("code"), FALSE, BELOW_NORMAL_PRIORITY_CLASS | CREATE_DEFAULT_ERROR_MODE | CREATE_NO_WINDOW, NULL, &info, &made) && result_of(&made) == 0x12345);
    info.dwFlags = 0;
    FAILS(start(TEXT("code"), FALSE, DEBUG_ONLY_THIS_PROCESS, NULL, NULL, &made), ERROR_NOT_SUPPORTED);
    /* another program than one of ours: eight bits of its code */
    _sntprintf(text, 300, TEXT("sh -c \"exit 300\""));
    EXPECT(CreateProcess(NULL, text, NULL, NULL, FALSE, 0, NULL, NULL, &info, &made) && result_of(&made) == 300 % 256);
    EXPECT(CreateProcess(TEXT("/bin/sh.exe"), NULL, NULL, NULL, FALSE, 0, NULL, TEXT("/"), &info, &made)); /* .exe is not in Linux' names */
    TerminateProcess(made.hProcess, 5);
    result_of(&made);

    /* ending, opening, looking */
    EXPECT(start(TEXT("forever"), FALSE, 0, NULL, NULL, &made));
    EXPECT(GetExitCodeProcess(made.hProcess, &code) && code == STILL_ACTIVE && WaitForSingleObject(made.hProcess, 0) == WAIT_TIMEOUT);
    QUIET((opened = OpenProcess(PROCESS_QUERY_INFORMATION | SYNCHRONIZE, FALSE, made.dwProcessId)) != NULL);
    EXPECT(CompareObjectHandles(opened, made.hProcess));
    FAILS(TerminateProcess(opened, 1), ERROR_ACCESS_DENIED);
    FAILS(ReadProcessMemory(opened, own, line, 1, NULL), ERROR_ACCESS_DENIED);
    EXPECT(ProcessIdToSessionId(made.dwProcessId, &session) && ProcessIdToSessionId(GetCurrentProcessId(), &own_session) && session == own_session);
    QUIET(TerminateProcess(made.hProcess, 4321));
    EXPECT(WaitForSingleObject(opened, INFINITE) == WAIT_OBJECT_0 && GetExitCodeProcess(opened, &code) && code == 4321);
    EXPECT(result_of(&made) == 4321);
    CloseHandle(opened);
    FAILS(OpenProcess(SYNCHRONIZE, FALSE, 0), ERROR_INVALID_PARAMETER);
    FAILS(OpenProcess(SYNCHRONIZE, FALSE, 0x7ffffff0), ERROR_INVALID_PARAMETER);
    FAILS(ProcessIdToSessionId(0x7ffffff0, &session), ERROR_INVALID_PARAMETER);
    FAILS(GetExitCodeProcess(GetCurrentThread(), &code), ERROR_INVALID_HANDLE);

    /* suspended */
    EXPECT(start(TEXT("code"), FALSE, CREATE_SUSPENDED, NULL, NULL, &made));
    EXPECT(WaitForSingleObject(made.hProcess, 0) == WAIT_TIMEOUT && ResumeThread(made.hThread) == 1 && result_of(&made) == 0x12345);

    /* programs that are not there */
    _sntprintf(text, 300, TEXT("no-such-program-anywhere"));
    FAILS(CreateProcess(NULL, text, NULL, NULL, FALSE, 0, NULL, NULL, &info, &made), ERROR_FILE_NOT_FOUND);
    FAILS(CreateProcess(TEXT("/no such/program"), NULL, NULL, NULL, FALSE, 0, NULL, NULL, &info, &made), ERROR_PATH_NOT_FOUND);
    FAILS(CreateProcess(TEXT("/etc/passwd"), NULL, NULL, NULL, FALSE, 0, NULL, NULL, &info, &made), ERROR_BAD_EXE_FORMAT);
    FAILS(CreateProcess(TEXT("/bin/sh"), NULL, NULL, NULL, FALSE, 0, NULL, TEXT("/no such"), &info, &made), ERROR_DIRECTORY);
    FAILS(CreateProcess(NULL, NULL, NULL, NULL, FALSE, 0, NULL, NULL, &info, &made), ERROR_INVALID_PARAMETER);
    FAILS(CreateProcess(TEXT("/bin/sh"), NULL, NULL, NULL, FALSE, 0, NULL, NULL, &info, NULL), ERROR_NOACCESS);

    /* O-22 */
    mapping = CreateFileMapping(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, TEXT("inherited"));
    QUIET(DuplicateHandle(GetCurrentProcess(), mapping, GetCurrentProcess(), &writer, FILE_MAP_WRITE, TRUE, 0));
    QUIET(DuplicateHandle(GetCurrentProcess(), mapping, GetCurrentProcess(), &plain, 0, FALSE, DUPLICATE_SAME_ACCESS));
    EXPECT(GetTempPath(300, text) != 0 && GetTempFileName(text, TEXT("inh"), 0, path) != 0);
    file = CreateFile(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    EXPECT(SetHandleInformation(file, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
    _sntprintf(text, 300, TEXT("handles %u %u %u"), (unsigned)(DWORD_PTR)writer, (unsigned)(DWORD_PTR)file, (unsigned)(DWORD_PTR)plain);
    view = (char *)MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
    EXPECT(start(text, TRUE, 0, NULL, NULL, &made) && (code = result_of(&made), code == 1));
    if (code != 1)
        printf("the child says %u\n", code);
    EXPECT(strcmp(view, "from the child") == 0 && GetFileSize(file, NULL) == 8);
    EXPECT(SetFilePointer(file, 0, NULL, FILE_CURRENT) == 8); /* one file object, one pointer */
    EXPECT(start(text, FALSE, 0, NULL, NULL, &made) && (code = result_of(&made), code == 11)); /* none without bInheritHandles */
    /* the child's handle holds the name (O-40) */
    EXPECT(start(TEXT("forever"), TRUE, 0, NULL, NULL, &made));
    CloseHandle(mapping);
    CloseHandle(writer);
    CloseHandle(plain);
    opened = OpenFileMapping(FILE_MAP_READ, FALSE, TEXT("inherited"));
    EXPECT(opened != NULL && CloseHandle(opened));
    TerminateProcess(made.hProcess, 0);
    result_of(&made);
    FAILS(OpenFileMapping(FILE_MAP_READ, FALSE, TEXT("inherited")), ERROR_FILE_NOT_FOUND);
    CloseHandle(file);

    /* standard streams */
    EXPECT(CreatePipe(&from, &to, NULL, 0) && CreatePipe(&back, &out, NULL, 0));
    info.dwFlags = STARTF_USESTDHANDLES;
    info.hStdInput = from;
    info.hStdOutput = out;
    info.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    EXPECT(start(TEXT("stream"), TRUE, 0, NULL, &info, &made));
    CloseHandle(from);
    CloseHandle(out);
    EXPECT(WriteFile(to, "hello child", 11, &moved, NULL));
    ZeroMemory(line, sizeof line);
    EXPECT(ReadFile(back, line, 20, &moved, NULL) && moved == 11 && strcmp(line, "hello child") == 0);
    EXPECT(result_of(&made) == 1);
    FAILS(ReadFile(back, line, 20, &moved, NULL), ERROR_BROKEN_PIPE);
    CloseHandle(to);
    CloseHandle(back);
}

int _tmain(int argc, TCHAR *argv[])
{
    if (argc > 1)
        return child(argc, argv);
    threads();
    processes();
    printf("%d failures\n", failures);
    return failures != 0;
}

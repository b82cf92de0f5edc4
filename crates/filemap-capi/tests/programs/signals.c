/* A program with handlers of its own for SIGSEGV and SIGBUS: the library never takes them away, and they never see the library's faults.
 * Argument: "before" or "after" the first call. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* POSIX beside Windows, in strict C too */
#endif
#include <windows.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static int failures;
#define EXPECT(condition) do { if (!(condition)) { failures++; printf("line %d: %s (last error %u)\n", __LINE__, #condition, GetLastError()); } } while (0)

static sigjmp_buf back;
static volatile int seen, expected;
static volatile int *volatile page;

static void handler(int signal, siginfo_t *info, void *context)
{
    (void)info;
    (void)context;
    seen = signal;
    if (!expected) {
        static const char text[] = "a fault of the library's came to the program\n";
        if (fwrite(text, 1, sizeof text - 1, stdout)) { }
        failures++;
    }
    siglongjmp(back, 1);
}

static void install(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
}

/* The program's own fault comes to its handler. */
static int faults(volatile int *at)
{
    seen = 0;
    expected = 1;
    if (sigsetjmp(back, 1) == 0)
        *at = 1;
    expected = 0;
    return seen;
}

int main(int argc, char **argv)
{
    int before = argc == 2 && strcmp(argv[1], "before") == 0;
    HANDLE mapping, reserved;
    char *view, *growing;
    struct sigaction now;

    if (before)
        install();
    mapping = CreateFileMapping(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 65536, NULL);
    view = (char *)MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
    reserved = CreateFileMapping(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 65536, NULL);
    growing = (char *)MapViewOfFile(reserved, FILE_MAP_WRITE, 0, 0, 0);
    EXPECT(view && growing);
    if (!before)
        install();

    page = (volatile int *)mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (sigsetjmp(back, 1) != 0)
        return 1;
    EXPECT(faults(page) == SIGSEGV);
    EXPECT(faults((volatile int *)view) == SIGSEGV);          /* a read-only view */
    EXPECT(faults((volatile int *)(growing + 4096)) == SIGSEGV); /* reserved, not committed */

    /* Calls with bad pointers: an error, and the handler does not hear of it. */
    seen = 0;
    EXPECT(!GetExitCodeProcess(GetCurrentProcess(), (LPDWORD)(ULONG_PTR)page) && GetLastError() == ERROR_NOACCESS);
    EXPECT(!CreateFileMapping(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 1, (LPCTSTR)(ULONG_PTR)page) && GetLastError() == ERROR_NOACCESS);
    EXPECT(IsBadReadPtr((const void *)(ULONG_PTR)page, 4) && IsBadWritePtr(view, 4));
    EXPECT(seen == 0);

    /* Committed pages are there for the program, with either handler first. */
    EXPECT(VirtualAlloc(growing, 8192, MEM_COMMIT, PAGE_READWRITE) == growing);
    growing[4096] = 'x';
    EXPECT(growing[4096] == 'x' && seen == 0);

    if (!before) {
        EXPECT(sigaction(SIGSEGV, NULL, &now) == 0 && now.sa_sigaction == handler);
        EXPECT(sigaction(SIGBUS, NULL, &now) == 0 && now.sa_sigaction == handler);
    }
    EXPECT(faults(page) == SIGSEGV);
    UnmapViewOfFile(growing);
    UnmapViewOfFile(view);
    CloseHandle(reserved);
    CloseHandle(mapping);
    EXPECT(faults(page) == SIGSEGV);
    printf("%d failures\n", failures);
    return failures != 0;
}

/* Win32 under Wine, driven over a pipe; the requests are those of driver.hpp. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static char name[300];
static ULONGLONG value;
static SIZE_T size;
static HANDLE held, objects[64], partner_process, *named_sections;
static ULONGLONG sections;
static char *view, *bytes;
static LARGE_INTEGER frequency;
static void (*operation)(void);
static BOOL crowd;

static HANDLE must(HANDLE handle)
{
    if (!handle || handle == INVALID_HANDLE_VALUE) {
        printf("no error %lu\n", GetLastError());
        fflush(stdout);
        exit(1);
    }
    return handle;
}

static HANDLE section(const char *called)
{
    return CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, (DWORD)((ULONGLONG)size >> 32), (DWORD)size, called);
}

static const char *called(const char *suffix)
{
    static char text[320];
    sprintf(text, "%s%s", name, suffix);
    return text;
}

static void create_once(void)
{
    HANDLE made = must(section(called("-new")));
    volatile char *at = must(MapViewOfFile(made, FILE_MAP_WRITE, 0, 0, 0));
    *at = 1;
    UnmapViewOfFile((void *)at);
    CloseHandle(made);
}

static void fill_once(void)
{
    HANDLE made = must(section(called("-new")));
    volatile char *at = must(MapViewOfFile(made, FILE_MAP_WRITE, 0, 0, 0));
    SIZE_T i;
    for (i = 0; i < size; i += 4096)
        at[i] = 1;
    UnmapViewOfFile((void *)at);
    CloseHandle(made);
}

static void map_once(void)
{
    volatile char *at = must(MapViewOfFile(held, FILE_MAP_WRITE, 0, 0, 0));
    *at = 1;
    UnmapViewOfFile((void *)at);
}

static void open_once(void)
{
    HANDLE opened = must(OpenFileMappingA(FILE_MAP_WRITE, FALSE, name));
    volatile char *at = must(MapViewOfFile(opened, FILE_MAP_WRITE, 0, 0, 0));
    *at = 1;
    UnmapViewOfFile((void *)at);
    CloseHandle(opened);
}

static void copy_in_once(void) { CopyMemory(view, bytes, size); __asm__ volatile("" ::: "memory"); }
static void copy_out_once(void) { CopyMemory(bytes, view, size); __asm__ volatile("" ::: "memory"); }

static void lock_once(void)
{
    WaitForSingleObject(objects[0], INFINITE);
    ReleaseMutex(objects[0]);
}

static void event_once(void)
{
    SetEvent(objects[0]);
    ResetEvent(objects[0]);
}

static void semaphore_once(void)
{
    ReleaseSemaphore(objects[0], 1, NULL);
    WaitForSingleObject(objects[0], INFINITE);
}

static void any_once(void)
{
    SetEvent(objects[value - 1]);
    WaitForMultipleObjects((DWORD)value, objects, FALSE, INFINITE);
}

static void all_once(void)
{
    DWORD i;
    for (i = 0; i < value; i++)
        SetEvent(objects[i]);
    WaitForMultipleObjects((DWORD)value, objects, TRUE, INFINITE);
}

static void trip_once(void)
{
    SetEvent(objects[0]);
    WaitForSingleObject(objects[1], INFINITE);
}

/* Many workers, threads or processes: each lets itself be started by a semaphore and says by another that it is done. */
static HANDLE workers[64], go, done;
static DWORD worker_count;
struct control {
    volatile LONG each, end;
    volatile LONGLONG number;
};
static struct control *control;

static DWORD WINAPI work(void *mutex)
{
    for (;;) {
        LONG i;
        WaitForSingleObject(go, INFINITE);
        if (control->end)
            return 0;
        for (i = 0; i < control->each; i++) {
            WaitForSingleObject(mutex, INFINITE);
            control->number = control->number + 1;
            ReleaseMutex(mutex);
        }
        ReleaseSemaphore(done, 1, NULL);
        /* Nobody begins the next round before all have said it: the semaphore `go` is for one round. */
    }
}

static void crowd_objects(const char *of)
{
    char text[340];
    sprintf(text, "%s-go", of);
    go = must(CreateSemaphoreA(NULL, 0, 1000, text));
    sprintf(text, "%s-done", of);
    done = must(CreateSemaphoreA(NULL, 0, 1000, text));
    sprintf(text, "%s-control", of);
    control = must(MapViewOfFile(must(CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, text)), FILE_MAP_WRITE, 0, 0, 0));
    sprintf(text, "%s-mutex", of);
    objects[0] = must(CreateMutexA(NULL, FALSE, text));
}

static HANDLE start(const char *role, int processor)
{
    char program[MAX_PATH], line[MAX_PATH + 400];
    STARTUPINFOA how = {sizeof how};
    PROCESS_INFORMATION process;
    GetModuleFileNameA(NULL, program, sizeof program);
    sprintf(line, "\"%s\" %s %s %d", program, role, name, processor);
    if (!CreateProcessA(program, line, NULL, NULL, FALSE, 0, NULL, NULL, &how, &process))
        must(NULL);
    CloseHandle(process.hThread);
    return process.hProcess;
}

static int is(const char *word, const char *other) { return strcmp(word, other) == 0; }

static const char *prepare(const char *what, int partner)
{
    DWORD i;
    crowd = FALSE;
    if (is(what, "create")) {
        operation = create_once;
    } else if (is(what, "fill")) {
        operation = fill_once;
    } else if (is(what, "open") || is(what, "map") || is(what, "names")) {
        operation = is(what, "map") ? map_once : open_once;
        if (is(what, "names")) {
            if (value > 10000)
                return "more than 10,000 sections take its server too much memory here";
            size = 4096;
            named_sections = calloc(value, sizeof *named_sections);
            for (sections = 0; sections < value; sections++) {
                char text[340];
                sprintf(text, "%s-%lu", name, (unsigned long)sections);
                named_sections[sections] = must(section(text));
            }
        }
        held = must(section(name));
    } else if (is(what, "copy-in") || is(what, "copy-out")) {
        operation = is(what, "copy-in") ? copy_in_once : copy_out_once;
        held = must(section(name));
        view = must(MapViewOfFile(held, FILE_MAP_WRITE, 0, 0, 0));
        bytes = calloc(1, size);
    } else if (is(what, "lock")) {
        operation = lock_once;
        objects[0] = must(CreateMutexA(NULL, FALSE, name));
    } else if (is(what, "event")) {
        operation = event_once;
        objects[0] = must(CreateEventA(NULL, FALSE, FALSE, name));
    } else if (is(what, "semaphore")) {
        operation = semaphore_once;
        objects[0] = must(CreateSemaphoreA(NULL, 0, 1000, name));
    } else if (is(what, "wait-any") || is(what, "wait-all")) {
        operation = is(what, "wait-any") ? any_once : all_once;
        for (i = 0; i < value; i++) {
            char text[340];
            sprintf(text, "%s-%lu", name, i);
            objects[i] = must(CreateEventA(NULL, FALSE, FALSE, text));
        }
    } else if (is(what, "round-trip")) {
        operation = trip_once;
        objects[0] = must(CreateEventA(NULL, FALSE, FALSE, called("-ping")));
        objects[1] = must(CreateEventA(NULL, FALSE, FALSE, called("-pong")));
        partner_process = start("answer", partner);
    } else if (is(what, "contended-threads") || is(what, "contended-processes")) {
        const BOOL processes = is(what, "contended-processes");
        if (processes && value > 8)
            return "more than 8 processes take too long to start";
        crowd = TRUE;
        crowd_objects(name);
        for (worker_count = 0; worker_count < value; worker_count++)
            workers[worker_count] = processes ? start("work", -1) : must(CreateThread(NULL, 0, work, objects[0], 0, NULL));
    } else {
        return "it has no such operation";
    }
    return NULL;
}

static void finish(void)
{
    DWORD i;
    if (crowd) {
        control->end = 1;
        ReleaseSemaphore(go, (LONG)worker_count, NULL);
        for (i = 0; i < worker_count; i++) {
            WaitForSingleObject(workers[i], INFINITE);
            CloseHandle(workers[i]);
        }
        UnmapViewOfFile(control);
        CloseHandle(go);
        CloseHandle(done);
        crowd = FALSE;
    }
    if (partner_process) {
        TerminateProcess(partner_process, 0);
        WaitForSingleObject(partner_process, INFINITE);
        CloseHandle(partner_process);
        partner_process = NULL;
    }
    for (; sections > 0; sections--)
        CloseHandle(named_sections[sections - 1]);
    free(named_sections);
    named_sections = NULL;
    if (view)
        UnmapViewOfFile(view);
    view = NULL;
    free(bytes);
    bytes = NULL;
    if (held)
        CloseHandle(held);
    held = NULL;
    for (i = 0; i < 64; i++) {
        if (objects[i])
            CloseHandle(objects[i]);
        objects[i] = NULL;
    }
}

static void run(long times)
{
    LARGE_INTEGER from, to;
    double share = 1;
    long i;
    QueryPerformanceCounter(&from);
    if (crowd) {
        control->number = 0;
        control->each = (LONG)((times + worker_count - 1) / worker_count);
        ReleaseSemaphore(go, (LONG)worker_count, NULL);
        for (i = 0; i < (long)worker_count; i++)
            WaitForSingleObject(done, INFINITE);
        share = (double)times / ((double)control->each * worker_count);
    } else {
        for (i = 0; i < times; i++)
            operation();
    }
    QueryPerformanceCounter(&to);
    if (crowd && control->number != (LONGLONG)control->each * worker_count)
        printf("no it does not exclude: some additions were lost\n");
    else
        printf("%.0f\n", (double)(to.QuadPart - from.QuadPart) * 1e9 / (double)frequency.QuadPart * share);
}

int main(int count, char **arguments)
{
    char line[600], verb[32], what[64], word[400];
    if (count == 4) {
        strcpy(name, arguments[2]);
        if (atoi(arguments[3]) >= 0)
            SetThreadAffinityMask(GetCurrentThread(), (DWORD_PTR)1 << atoi(arguments[3]));
        if (is(arguments[1], "work")) {
            crowd_objects(name);
            return (int)work(objects[0]);
        }
        objects[0] = must(OpenEventA(EVENT_ALL_ACCESS, FALSE, called("-ping")));
        objects[1] = must(OpenEventA(EVENT_ALL_ACCESS, FALSE, called("-pong")));
        for (;;) {
            WaitForSingleObject(objects[0], INFINITE);
            SetEvent(objects[1]);
        }
    }
    QueryPerformanceFrequency(&frequency);
    while (fgets(line, sizeof line, stdin)) {
        int used = 0, more = 0, partner = -1;
        if (sscanf(line, "%31s %63s%n", verb, what, &used) < 1)
            continue;
        if (is(verb, "prepare")) {
            const char *refused;
            while (sscanf(line + used, " %399s%n", word, &more) == 1) {
                used += more;
                if (strncmp(word, "name=", 5) == 0)
                    strcpy(name, word + 5);
                if (strncmp(word, "value=", 6) == 0)
                    size = (SIZE_T)(value = _strtoui64(word + 6, NULL, 10));
                if (strncmp(word, "partner=", 8) == 0)
                    partner = atoi(word + 8);
            }
            refused = prepare(what, partner);
            printf(refused ? "no %s\n" : "ok\n", refused);
        } else if (is(verb, "version")) {
            const char *(CDECL *version)(void) = (const char *(CDECL *)(void))(void *)GetProcAddress(GetModuleHandleA("ntdll"), "wine_get_version");
            printf("%s\n", version ? version() : "Windows itself");
        } else if (is(verb, "run")) {
            run(atol(what));
        } else {
            finish();
            printf("ok\n");
        }
        fflush(stdout);
    }
    finish();
    return 0;
}

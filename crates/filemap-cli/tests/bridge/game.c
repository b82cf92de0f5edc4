/* A program that behaves like a game with telemetry in named shared memory. It knows nothing of the bridge.
 *
 * game MAP DATA_EVENT COMMAND_EVENT MUTEX
 *
 * It creates the map (2048 bytes) and the objects, or opens what exists, and until word 4 is 1:
 *   word 0 counts samples, word 1 (a command) is copied to word 2, word 3 counts commands that were announced by an event;
 *   words 8 and 9 are changed together while the mutex is owned: word 9 is always twice word 8 for whoever owns it. */
#include <windows.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    HANDLE map, data, command, mutex;
    volatile LONG *words;
    LONG sum;

    if (argc < 5)
        return 2;
    map = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 2048, argv[1]);
    if (!map) {
        printf("create: %lu\n", GetLastError());
        return 1;
    }
    words = MapViewOfFile(map, FILE_MAP_ALL_ACCESS, 0, 0, 2048);
    if (!words) {
        printf("map: %lu\n", GetLastError());
        return 1;
    }
    data = CreateEventA(NULL, FALSE, FALSE, argv[2]);
    command = CreateEventA(NULL, FALSE, FALSE, argv[3]);
    mutex = CreateMutexA(NULL, FALSE, argv[4]);
    if (!data || !command || !mutex) {
        printf("objects: %lu\n", GetLastError());
        return 1;
    }
    printf("running\n");
    fflush(stdout);
    while (InterlockedCompareExchange(&words[4], 0, 0) != 1) {
        InterlockedIncrement(&words[0]);
        InterlockedExchange(&words[2], words[1]);
        switch (WaitForSingleObject(mutex, INFINITE)) {
        case WAIT_ABANDONED:
            words[9] = words[8] * 2; /* the one who died may have been between the two */
            InterlockedIncrement(&words[10]);
            /* fall through */
        case WAIT_OBJECT_0:
            sum = words[8] * 2;
            if (words[9] != sum)
                InterlockedIncrement(&words[11]);
            words[8]++;
            words[9] = words[8] * 2;
            ReleaseMutex(mutex);
        }
        SetEvent(data);
        if (WaitForSingleObject(command, 5) == WAIT_OBJECT_0)
            InterlockedIncrement(&words[3]);
    }
    return 0;
}

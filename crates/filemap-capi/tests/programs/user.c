/* A user program's side: first the name alone, which leads to the user's own session; then the global one, where it asks for everything
 * (and is refused where the service's descriptor says so); then for what it needs. */
#include <windows.h>
#include <tchar.h>
#include <stdio.h>

static void explain(LPCTSTR what, DWORD number)
{
    LPTSTR text = NULL;
    if (FormatMessage(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, number,
                      MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT), (LPTSTR)&text, 0, NULL) == 0)
        return;
    _tprintf(TEXT("%s: %u %s"), what, number, text);
    LocalFree(text);
}

int _tmain(void)
{
    const LONG *counter;
    HANDLE ready, mapping = OpenFileMapping(FILE_MAP_ALL_ACCESS, FALSE, TEXT("AcceptanceMap"));
    if (mapping == NULL)
    {
        explain(TEXT("AcceptanceMap"), GetLastError());
        mapping = OpenFileMapping(FILE_MAP_ALL_ACCESS, FALSE, TEXT("Global\\AcceptanceMap"));
    }
    if (mapping == NULL)
    {
        explain(TEXT("FILE_MAP_ALL_ACCESS"), GetLastError());
        mapping = OpenFileMapping(FILE_MAP_READ, FALSE, TEXT("Global\\AcceptanceMap"));
    }
    if (mapping == NULL)
    {
        explain(TEXT("FILE_MAP_READ"), GetLastError());
        return 1;
    }
    ready = OpenEvent(SYNCHRONIZE, FALSE, TEXT("Global\\AcceptanceReady"));
    if (ready == NULL || WaitForSingleObject(ready, INFINITE) != WAIT_OBJECT_0)
        return 1;
    counter = (const LONG *)MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, sizeof(LONG));
    if (counter == NULL)
        return 1;
    _tprintf(TEXT("counter %ld\n"), (long)*counter);
    UnmapViewOfFile(counter);
    CloseHandle(ready);
    CloseHandle(mapping);
    return 0;
}

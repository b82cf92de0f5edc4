/* A service's side: a global name that interactive users may read and write, and nobody else may touch. */
#include <windows.h>
#include <sddl.h>
#include <tchar.h>
#include <stdio.h>

static BOOL describe(SECURITY_ATTRIBUTES *attributes, LPCTSTR sddl)
{
    attributes->nLength = sizeof *attributes;
    attributes->bInheritHandle = FALSE;
    return ConvertStringSecurityDescriptorToSecurityDescriptor(sddl, SDDL_REVISION_1, &attributes->lpSecurityDescriptor, NULL);
}

int _tmain(void)
{
    SECURITY_ATTRIBUTES for_map, for_event;
    HANDLE mapping, ready;
    LONG volatile *counter;
    int i;

    if (!describe(&for_map, TEXT("D:(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x0006;;;IU)")) ||
        !describe(&for_event, TEXT("D:(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x00100000;;;IU)")))
    {
        _tprintf(TEXT("descriptor: %d\n"), GetLastError());
        return 1;
    }
    mapping = CreateFileMapping(INVALID_HANDLE_VALUE, &for_map, PAGE_READWRITE, 0, 4096, TEXT("Global\\AcceptanceMap"));
    LocalFree(for_map.lpSecurityDescriptor);
    if (mapping == NULL)
    {
        _tprintf(TEXT("CreateFileMapping: %d\n"), GetLastError());
        return 1;
    }
    if (GetLastError() == ERROR_ALREADY_EXISTS)
    {
        _tprintf(TEXT("somebody has taken the name\n"));
        CloseHandle(mapping);
        return 1;
    }
    ready = CreateEvent(&for_event, TRUE, FALSE, TEXT("Global\\AcceptanceReady"));
    LocalFree(for_event.lpSecurityDescriptor);
    counter = (LONG volatile *)MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0);
    if (ready == NULL || counter == NULL)
        return 1;
    for (i = 0; i < 3; i++)
        InterlockedIncrement(counter);
    SetEvent(ready);
    _tprintf(TEXT("ready\n"));
    fflush(stdout);
    (void)getchar();
    UnmapViewOfFile((LPCVOID)counter);
    CloseHandle(ready);
    CloseHandle(mapping);
    return 0;
}

/* A service's side: a global name that interactive users may read and write, and nobody else may touch. */
#include <windows.h>
#include <sddl.h>
#include <tchar.h>
#include <stdio.h>

int _tmain(void)
{
    SECURITY_ATTRIBUTES attributes;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    HANDLE mapping, ready;
    LONG volatile *counter;
    int i;

    if (!ConvertStringSecurityDescriptorToSecurityDescriptor(
            TEXT("D:(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x0006;;;IU)"), SDDL_REVISION_1, &descriptor, NULL))
    {
        _tprintf(TEXT("descriptor: %d\n"), GetLastError());
        return 1;
    }
    attributes.nLength = sizeof attributes;
    attributes.lpSecurityDescriptor = descriptor;
    attributes.bInheritHandle = FALSE;
    mapping = CreateFileMapping(INVALID_HANDLE_VALUE, &attributes, PAGE_READWRITE, 0, 4096, TEXT("Global\\AcceptanceMap"));
    LocalFree(descriptor);
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
    ready = CreateEvent(NULL, TRUE, FALSE, TEXT("Global\\AcceptanceReady"));
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

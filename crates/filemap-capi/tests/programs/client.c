/* The client of the pair: opens Local\SampleMap for reading and prints the string. */
#include <stdio.h>
#include <windows.h>

#define FULL_MAP_NAME L"Local\\SampleMap"
#define VIEW_OFFSET 0
#define VIEW_SIZE 1024

int wmain(int argc, wchar_t *argv[])
{
    HANDLE mapping = NULL;
    PVOID view = NULL;

    UNREFERENCED_PARAMETER(argc);
    UNREFERENCED_PARAMETER(argv);
    mapping = OpenFileMappingW(FILE_MAP_READ, FALSE, FULL_MAP_NAME);
    if (mapping == NULL)
    {
        wprintf(L"OpenFileMapping failed w/err 0x%08lx\n", GetLastError());
        goto Cleanup;
    }
    wprintf(L"The file mapping (%s) is opened\n", FULL_MAP_NAME);
    view = MapViewOfFile(mapping, FILE_MAP_READ, 0, VIEW_OFFSET, VIEW_SIZE);
    if (view == NULL)
    {
        wprintf(L"MapViewOfFile failed w/err 0x%08lx\n", GetLastError());
        goto Cleanup;
    }
    wprintf(L"The file view is mapped\n");
    wprintf(L"Read from the file mapping:\n\"%s\"\n", (PWSTR)view);
    wprintf(L"Press ENTER to clean up resources and quit");
    getchar();

Cleanup:
    if (mapping)
    {
        if (view)
            UnmapViewOfFile(view);
        CloseHandle(mapping);
    }
    return 0;
}

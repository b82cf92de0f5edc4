/* The server of the pair: a mapping Local\SampleMap of the paging file, one view at an offset, one string. */
#include <stdio.h>
#include <windows.h>

#define FULL_MAP_NAME L"Local\\SampleMap"
#define MAP_SIZE 65536
#define VIEW_OFFSET 0
#define VIEW_SIZE 1024
#define MESSAGE L"Message from the first process."

int wmain(int argc, wchar_t *argv[])
{
    HANDLE mapping = NULL;
    PVOID view = NULL;

    UNREFERENCED_PARAMETER(argc);
    UNREFERENCED_PARAMETER(argv);
    mapping = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, MAP_SIZE, FULL_MAP_NAME);
    if (mapping == NULL)
    {
        wprintf(L"CreateFileMapping failed w/err 0x%08lx\n", GetLastError());
        goto Cleanup;
    }
    wprintf(L"The file mapping (%s) is created\n", FULL_MAP_NAME);
    view = MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, VIEW_OFFSET, VIEW_SIZE);
    if (view == NULL)
    {
        wprintf(L"MapViewOfFile failed w/err 0x%08lx\n", GetLastError());
        goto Cleanup;
    }
    wprintf(L"The file view is mapped\n");
    {
        PCWSTR message = MESSAGE;
        DWORD bytes = (DWORD)(wcslen(message) + 1) * sizeof(*message);
        memcpy(view, message, bytes);
        wprintf(L"This message is written to the view:\n\"%s\"\n", (PWSTR)view);
    }
    wprintf(L"Press ENTER to clean up resources and quit");
    getchar();

Cleanup:
    if (mapping)
    {
        if (view)
        {
            UnmapViewOfFile(view);
            view = NULL;
        }
        CloseHandle(mapping);
        mapping = NULL;
    }
    return 0;
}

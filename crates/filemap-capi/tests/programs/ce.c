/* Windows CE: the file is opened with CreateFileForMapping, and a second call by name gets the same mapping. Argument: a file. */
#include <windows.h>
#include <tchar.h>
#include <stdio.h>

int _tmain(int argc, TCHAR *argv[])
{
    HANDLE file, mapping, again;
    const char *bytes;
    DWORD size;

    if (argc != 2)
        return 2;
    file = CreateFileForMapping(argv[1], GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
    {
        _tprintf(TEXT("CreateFileForMapping: %d\n"), GetLastError());
        return 1;
    }
    size = GetFileSize(file, NULL);
    mapping = CreateFileMapping(file, NULL, PAGE_READONLY, 0, 0, TEXT("CeAcceptance"));
    if (mapping == NULL)
    {
        _tprintf(TEXT("CreateFileMapping: %d\n"), GetLastError());
        CloseHandle(file);
        return 1;
    }
    again = CreateFileMapping(file, NULL, PAGE_READONLY, 0, 0, TEXT("CeAcceptance"));
    _tprintf(TEXT("again: %d\n"), GetLastError() == ERROR_ALREADY_EXISTS);
    bytes = (const char *)MapViewOfFile(again, FILE_MAP_READ, 0, 0, 0);
    if (bytes != NULL)
    {
        _tprintf(TEXT("%d bytes, first %d\n"), size, size ? bytes[0] : -1);
        UnmapViewOfFile(bytes);
    }
    CloseHandle(again);
    CloseHandle(mapping);
    CloseHandle(file);
    return bytes == NULL;
}

/* Leaves a handle and a view open; a test looks for the lines. */
#include <windows.h>

static HANDLE make(void)
{
    return CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, "Local\\leaked"); /* handle */
}

int main(void)
{
    HANDLE h = make();
    HANDLE closed = CreateEventA(NULL, FALSE, FALSE, NULL);
    if (h == NULL || closed == NULL)
        return 1;
    if (MapViewOfFile(h, FILE_MAP_READ, 0, 0, 0) == NULL) /* view */
        return 2;
    CloseHandle(closed);
    return 0;
}

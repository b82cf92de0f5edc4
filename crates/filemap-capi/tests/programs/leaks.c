/* Leaves a handle and a view open; a test looks for the lines. */
#include <windows.h>

/* Not a tail call: that leaves no frame. */
static __attribute__((noinline)) HANDLE make(void)
{
    HANDLE made = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, "Local\\leaked"); /* handle */
    SetLastError(0);
    return made;
}

int main(void)
{
    HANDLE first = make(); /* in main */
    HANDLE h = make();
    HANDLE closed = CreateEventA(NULL, FALSE, FALSE, NULL);
    if (first == NULL || h == NULL || closed == NULL)
        return 1;
    if (MapViewOfFile(h, FILE_MAP_READ, 0, 0, 0) == NULL) /* view */
        return 2;
    CloseHandle(closed);
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, "Local\\kept"), twin, other;
    if (!DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &twin, 0, FALSE, DUPLICATE_SAME_ACCESS)) /* twin */
        return 3;
    CloseHandle(event);
    if (!DuplicateHandle(GetCurrentProcess(), h, GetCurrentProcess(), &other, 0, FALSE, DUPLICATE_SAME_ACCESS)) /* other */
        return 4;
    CloseHandle(h);
    return 0;
}

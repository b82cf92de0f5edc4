/* A list inside a view, linked by offsets from the view's start, walked through two views at different addresses. */
#include <windows.h>
#include <tchar.h>
#include <stdio.h>

typedef DWORD BASED; /* offset from the view; 0 is nothing */
typedef struct { BASED next; LONG value; } NODE;
typedef struct { BASED first; BASED free; } HEAD;

#define AT(base, type, offset) ((type *)(void *)((BYTE *)(base) + (offset)))

static BOOL push(void *base, SIZE_T size, LONG value)
{
    HEAD *head = AT(base, HEAD, 0);
    NODE *node;
    if (head->free + sizeof(NODE) > size)
        return FALSE;
    node = AT(base, NODE, head->free);
    node->value = value;
    node->next = head->first;
    head->first = head->free;
    head->free += sizeof(NODE);
    return TRUE;
}

int _tmain(void)
{
    const SIZE_T size = 4096;
    LONG sum = 0, i;
    BASED at;
    void *writer, *reader;
    HANDLE mapping = CreateFileMapping(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, (DWORD)size, NULL);

    if (mapping == NULL)
        return 1;
    writer = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0);
    reader = MapViewOfFileEx(mapping, FILE_MAP_READ, 0, 0, 0, NULL);
    if (writer == NULL || reader == NULL || writer == reader)
        return 1;
    AT(writer, HEAD, 0)->free = sizeof(HEAD);
    for (i = 1; i <= 10; i++)
        if (!push(writer, size, i))
            return 1;
    for (at = AT(reader, HEAD, 0)->first; at != 0; at = AT(reader, NODE, at)->next)
        sum += AT(reader, NODE, at)->value;
    _tprintf(TEXT("sum %d\n"), sum);
    UnmapViewOfFile(reader);
    UnmapViewOfFile(writer);
    CloseHandle(mapping);
    return sum != 55;
}

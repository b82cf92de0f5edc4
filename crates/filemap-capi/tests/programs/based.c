/* A list inside a view, linked by offsets from the view's start, as based pointers do it: one process makes it, and another one, whose view
 * has another address, walks it and adds to it. Without an argument: the maker, which waits for a key; with one: the reader. */
#include <windows.h>
#include <tchar.h>
#include <stdio.h>

#define NAME TEXT("Local\\AcceptanceBased")
#define SIZE 65536

typedef DWORD BASED; /* offset from the view; 0 is nothing */
typedef struct { BASED next; LONG value; } NODE;
typedef struct { BASED first; BASED free; } HEAD;

#define AT(base, type, offset) ((type *)(void *)((BYTE *)(base) + (offset)))

static BOOL push(void *base, LONG value)
{
    HEAD *head = AT(base, HEAD, 0);
    NODE *node;
    if (head->free + sizeof(NODE) > SIZE)
        return FALSE;
    node = AT(base, NODE, head->free);
    node->value = value;
    node->next = head->first;
    head->first = head->free;
    head->free += sizeof(NODE);
    return TRUE;
}

static LONG sum(const void *base)
{
    LONG all = 0;
    BASED at;
    for (at = AT(base, HEAD, 0)->first; at != 0; at = AT(base, NODE, at)->next)
        all += AT(base, NODE, at)->value;
    return all;
}

static int maker(void)
{
    LONG i;
    void *base;
    HANDLE mapping = CreateFileMapping(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, SIZE, NAME);

    base = mapping != NULL ? MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0) : NULL;
    if (base == NULL)
        return 1;
    AT(base, HEAD, 0)->free = sizeof(HEAD);
    for (i = 1; i <= 10; i++)
        if (!push(base, i))
            return 1;
    _tprintf(TEXT("made %d at %p\n"), sum(base), base);
    fflush(stdout);
    (void)getchar();
    _tprintf(TEXT("now %d\n"), sum(base));
    UnmapViewOfFile(base);
    CloseHandle(mapping);
    return 0;
}

static int reader(void)
{
    /* The first place is taken before the view is mapped, so that its address differs from the maker's wherever both begin alike. */
    void *place = VirtualAlloc(NULL, 0x100000, MEM_RESERVE, PAGE_NOACCESS), *base;
    HANDLE mapping = OpenFileMapping(FILE_MAP_READ | FILE_MAP_WRITE, FALSE, NAME);

    base = mapping != NULL ? MapViewOfFileEx(mapping, FILE_MAP_WRITE, 0, 0, 0, NULL) : NULL;
    if (place == NULL || base == NULL)
        return 1;
    _tprintf(TEXT("found %d at %p\n"), sum(base), base);
    if (!push(base, 45))
        return 1;
    UnmapViewOfFile(base);
    CloseHandle(mapping);
    return !VirtualFree(place, 0, MEM_RELEASE);
}

int _tmain(int argc, TCHAR *argv[])
{
    (void)argv;
    return argc == 1 ? maker() : reader();
}

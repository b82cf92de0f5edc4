/* Files: what programs that map them do with them, one line per failed expectation. Argument: a directory to write in. */
#include <windows.h>
#include <tchar.h>
#include <stdio.h>

static int failures;
#define EXPECT(condition) do { if (!(condition)) { failures++; printf("line %d: %s (last error %u)\n", __LINE__, #condition, GetLastError()); } } while (0)
#define FAILS(call, number) do { SetLastError(77777); EXPECT(!(call) && GetLastError() == (number)); } while (0)
#define QUIET(call) do { SetLastError(77777); EXPECT((call) && GetLastError() == 77777); } while (0)
#define OPENED(call) ((call) != INVALID_HANDLE_VALUE)
#define ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

static TCHAR path[300], other[300];

static HANDLE opened(DWORD access, DWORD share, DWORD disposition)
{
    return CreateFile(path, access, share, NULL, disposition, FILE_ATTRIBUTE_NORMAL, NULL);
}

static void opening(void)
{
    HANDLE file;
    /* dispositions and what the last error says of them */
    FAILS(OPENED(opened(GENERIC_READ, ALL, OPEN_EXISTING)), ERROR_FILE_NOT_FOUND);
    FAILS(OPENED(opened(GENERIC_READ | GENERIC_WRITE, ALL, TRUNCATE_EXISTING)), ERROR_FILE_NOT_FOUND);
    FAILS(OPENED(opened(GENERIC_READ, ALL, TRUNCATE_EXISTING)), ERROR_INVALID_PARAMETER);
    FAILS(OPENED(opened(GENERIC_READ, ALL, 77)), ERROR_INVALID_PARAMETER);
    SetLastError(77777);
    file = opened(GENERIC_WRITE, ALL, CREATE_ALWAYS);
    EXPECT(OPENED(file) && GetLastError() == 0 && CloseHandle(file));
    SetLastError(77777);
    file = opened(GENERIC_WRITE, ALL, CREATE_ALWAYS);
    EXPECT(OPENED(file) && GetLastError() == ERROR_ALREADY_EXISTS && CloseHandle(file));
    SetLastError(77777);
    file = opened(GENERIC_READ, ALL, OPEN_ALWAYS);
    EXPECT(OPENED(file) && GetLastError() == ERROR_ALREADY_EXISTS && CloseHandle(file));
    FAILS(OPENED(opened(GENERIC_READ, ALL, CREATE_NEW)), ERROR_FILE_EXISTS);
    _sntprintf(other, 300, TEXT("%s/no such directory/file"), path);
    FAILS(OPENED(CreateFile(other, GENERIC_READ, ALL, NULL, OPEN_EXISTING, 0, NULL)), ERROR_PATH_NOT_FOUND);
    FAILS(OPENED(CreateFile(TEXT(""), GENERIC_READ, ALL, NULL, OPEN_EXISTING, 0, NULL)), ERROR_PATH_NOT_FOUND);
    FAILS(OPENED(CreateFileA((LPCSTR)16, GENERIC_READ, ALL, NULL, OPEN_EXISTING, 0, NULL)), ERROR_NOACCESS);
    FAILS(OPENED(CreateFile(TEXT("/"), GENERIC_READ, ALL, NULL, OPEN_EXISTING, 0, NULL)), ERROR_ACCESS_DENIED);
    file = CreateFile(TEXT("/"), 0, ALL, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    EXPECT(OPENED(file) && CloseHandle(file));
    QUIET(DeleteFile(path));
    FAILS(DeleteFile(path), ERROR_FILE_NOT_FOUND);
    /* the read-only attribute binds everybody */
    file = CreateFile(path, GENERIC_WRITE, ALL, NULL, CREATE_NEW, FILE_ATTRIBUTE_READONLY, NULL);
    EXPECT(OPENED(file) && CloseHandle(file));
    FAILS(OPENED(opened(GENERIC_WRITE, ALL, OPEN_EXISTING)), ERROR_ACCESS_DENIED);
    FAILS(DeleteFile(path), ERROR_ACCESS_DENIED);
    file = CreateFile(path, GENERIC_READ, ALL, NULL, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    EXPECT(OPENED(file) && CloseHandle(file));
    FAILS(OPENED(opened(GENERIC_READ, ALL, OPEN_EXISTING)), ERROR_FILE_NOT_FOUND);
}

static void reading_and_writing(void)
{
    HANDLE file = opened(GENERIC_READ | GENERIC_WRITE, ALL, CREATE_ALWAYS), reader;
    char text[20];
    DWORD moved = 99, high = 5;
    LONG above = 1;
    LARGE_INTEGER big, now;
    OVERLAPPED overlapped;

    QUIET(WriteFile(file, "0123456789", 10, &moved, NULL) && moved == 10);
    QUIET(SetFilePointer(file, 2, NULL, FILE_BEGIN) == 2);
    QUIET(ReadFile(file, text, 3, &moved, NULL) && moved == 3 && memcmp(text, "234", 3) == 0);
    QUIET(SetFilePointer(file, -1, NULL, FILE_CURRENT) == 4 && SetFilePointer(file, 0, NULL, FILE_END) == 10);
    QUIET(ReadFile(file, text, 3, &moved, NULL) && moved == 0); /* the end is no error */
    FAILS(SetFilePointer(file, -11, NULL, FILE_END) != INVALID_SET_FILE_POINTER, ERROR_NEGATIVE_SEEK);
    FAILS(SetFilePointer(file, 0, NULL, 9) != INVALID_SET_FILE_POINTER, ERROR_INVALID_PARAMETER);
    QUIET(SetFilePointer(file, 7, &above, FILE_BEGIN) == 7 && above == 1);
    big.QuadPart = -3;
    QUIET(SetFilePointerEx(file, big, &now, FILE_END) && now.QuadPart == 7);
    SetLastError(77777);
    above = 0;
    EXPECT(SetFilePointer(file, -1, &above, FILE_BEGIN) == INVALID_SET_FILE_POINTER && GetLastError() == 0); /* 4 GiB - 1 is a place */
    QUIET(GetFileSize(file, &high) == 10 && high == 0 && GetFileSizeEx(file, &big) && big.QuadPart == 10);
    QUIET(GetFileType(file) == FILE_TYPE_DISK && FlushFileBuffers(file));
    ZeroMemory(&overlapped, sizeof overlapped);
    overlapped.Offset = 8;
    QUIET(ReadFile(file, text, 5, &moved, &overlapped) && moved == 2 && memcmp(text, "89", 2) == 0);
    overlapped.Offset = 10;
    FAILS(ReadFile(file, text, 5, &moved, &overlapped), ERROR_HANDLE_EOF);
    FAILS(ReadFile(file, (LPVOID)16, 5, &moved, NULL), ERROR_NOACCESS);
    FAILS(WriteFile(file, (LPCVOID)16, 5, &moved, NULL), ERROR_NOACCESS);
    FAILS(ReadFile(file, text, 5, NULL, NULL), ERROR_NOACCESS);
    FAILS(ReadFile((HANDLE)0x4444440, text, 5, &moved, NULL), ERROR_INVALID_HANDLE);

    reader = opened(GENERIC_READ, ALL, OPEN_EXISTING);
    FAILS(WriteFile(reader, "x", 1, &moved, NULL), ERROR_ACCESS_DENIED);
    FAILS(SetEndOfFile(reader), ERROR_ACCESS_DENIED);
    FAILS(FlushFileBuffers(reader), ERROR_ACCESS_DENIED);
    CloseHandle(reader);
    reader = opened(FILE_APPEND_DATA, ALL, OPEN_EXISTING);
    QUIET(WriteFile(reader, "end", 3, &moved, NULL) && GetFileSize(file, NULL) == 13);
    FAILS(ReadFile(reader, text, 1, &moved, NULL), ERROR_ACCESS_DENIED);
    CloseHandle(reader);
    SetFilePointer(file, 4, NULL, FILE_BEGIN);
    QUIET(SetEndOfFile(file) && GetFileSize(file, NULL) == 4);
    CloseHandle(file);
    DeleteFile(path);
}

static void sharing(void)
{
    HANDLE file = opened(GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, CREATE_ALWAYS), second;
    /* what the first does not share is refused (32), and so is a second that does not share what the first does */
    FAILS(OPENED(opened(GENERIC_WRITE, ALL, OPEN_EXISTING)), ERROR_SHARING_VIOLATION);
    FAILS(OPENED(opened(GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING)), ERROR_SHARING_VIOLATION);
    second = opened(GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING);
    EXPECT(OPENED(second));
    FAILS(DeleteFile(path), ERROR_SHARING_VIOLATION);
    CloseHandle(file);
    EXPECT(OPENED(file = opened(GENERIC_WRITE, ALL, OPEN_EXISTING)));
    CloseHandle(file);
    CloseHandle(second);
    second = opened(0, 0, OPEN_EXISTING); /* asking only for attributes never conflicts */
    EXPECT(OPENED(file = opened(GENERIC_READ, 0, OPEN_EXISTING)));
    FAILS(OPENED(opened(GENERIC_READ, ALL, OPEN_EXISTING)), ERROR_SHARING_VIOLATION);
    CloseHandle(second);
    CloseHandle(file);
    QUIET(DeleteFile(path));
}

static void locking(void)
{
    HANDLE first = opened(GENERIC_READ | GENERIC_WRITE, ALL, CREATE_ALWAYS), second = opened(GENERIC_READ, ALL, OPEN_EXISTING);
    HANDLE mapping;
    DWORD moved;
    char text[10];
    OVERLAPPED at;

    ZeroMemory(&at, sizeof at);
    WriteFile(first, "0123456789", 10, &moved, NULL);
    QUIET(LockFile(first, 2, 0, 3, 0));
    FAILS(LockFile(first, 4, 0, 3, 0), ERROR_LOCK_VIOLATION);
    FAILS(LockFile(second, 4, 0, 3, 0), ERROR_LOCK_VIOLATION);
    FAILS(ReadFile(second, text, 3, &moved, NULL), ERROR_LOCK_VIOLATION);
    QUIET(ReadFile(second, text, 2, &moved, NULL) && moved == 2);
    SetFilePointer(first, 0, NULL, FILE_BEGIN);
    QUIET(ReadFile(first, text, 5, &moved, NULL) && moved == 5); /* its own lock */
    FAILS(CreateFileMapping(second, NULL, PAGE_READONLY, 0, 0, NULL), ERROR_LOCK_VIOLATION); /* M-51 */
    FAILS(UnlockFile(first, 2, 0, 2, 0), ERROR_NOT_LOCKED);
    QUIET(UnlockFile(first, 2, 0, 3, 0));
    at.Offset = 1;
    QUIET(LockFileEx(second, LOCKFILE_FAIL_IMMEDIATELY, 0, 4, 0, &at)); /* shared */
    QUIET(LockFileEx(first, LOCKFILE_FAIL_IMMEDIATELY, 0, 4, 0, &at));
    FAILS(LockFileEx(first, LOCKFILE_FAIL_IMMEDIATELY | LOCKFILE_EXCLUSIVE_LOCK, 0, 4, 0, &at), ERROR_LOCK_VIOLATION);
    QUIET(UnlockFileEx(first, 0, 4, 0, &at) && UnlockFileEx(second, 0, 4, 0, &at));
    QUIET(LockFile(second, 0, 0, 10, 0)); /* exclusive with a handle that only reads */
    FAILS(LockFile(first, 0, 0, 1, 0), ERROR_LOCK_VIOLATION);
    SetFilePointer(second, 0, NULL, FILE_BEGIN);
    QUIET(ReadFile(second, text, 5, &moved, NULL) && moved == 5);
    CloseHandle(second);
    QUIET(LockFile(first, 0, 0, 1, 0)); /* closing has unlocked */
    FAILS(LockFileEx(first, 99, 0, 1, 0, &at), ERROR_INVALID_PARAMETER);
    UnlockFile(first, 0, 0, 1, 0);
    mapping = CreateFileMapping(first, NULL, PAGE_READWRITE, 0, 0, NULL);
    EXPECT(mapping != NULL && CloseHandle(mapping));
    CloseHandle(first);
    DeleteFile(path);
}

static void mapping_files(void)
{
    HANDLE file = opened(GENERIC_READ | GENERIC_WRITE, ALL, CREATE_ALWAYS), reader, mapping, second;
    char *view, *window;
    DWORD moved;

    FAILS(CreateFileMapping(file, NULL, PAGE_READWRITE, 0, 0, NULL), ERROR_FILE_INVALID); /* M-23 */
    WriteFile(file, "contents", 8, &moved, NULL);
    reader = opened(GENERIC_READ, ALL, OPEN_EXISTING);
    FAILS(CreateFileMapping(reader, NULL, PAGE_READWRITE, 0, 0, NULL), ERROR_ACCESS_DENIED); /* M-12 */
    FAILS(CreateFileMapping(reader, NULL, PAGE_READONLY, 0, 9, NULL), ERROR_NOT_ENOUGH_MEMORY); /* M-25 */
    FAILS(CreateFileMapping(reader, NULL, PAGE_EXECUTE_READ, 0, 0, NULL), ERROR_ACCESS_DENIED);
    second = opened(0, ALL, OPEN_EXISTING);
    FAILS(CreateFileMapping(second, NULL, PAGE_READONLY, 0, 0, NULL), ERROR_ACCESS_DENIED);
    CloseHandle(second);
    mapping = CreateFileMapping(reader, NULL, PAGE_READONLY, 0, 0, TEXT("file mapping"));
    EXPECT(mapping != NULL);
    view = (char *)MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
    EXPECT(view != NULL && memcmp(view, "contents", 9) == 0); /* V-6: the tail reads as zero */
    FAILS(MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 9), ERROR_ACCESS_DENIED); /* V-5 */
    /* V-60, F-10 */
    SetFilePointer(file, 4, NULL, FILE_BEGIN);
    FAILS(SetEndOfFile(file), ERROR_USER_MAPPED_FILE);
    FAILS(OPENED(opened(GENERIC_READ | GENERIC_WRITE, ALL, CREATE_ALWAYS)), ERROR_USER_MAPPED_FILE);
    FAILS(OPENED(opened(GENERIC_READ | GENERIC_WRITE, ALL, TRUNCATE_EXISTING)), ERROR_USER_MAPPED_FILE);
    FAILS(DeleteFile(path), ERROR_ACCESS_DENIED);
    CloseHandle(mapping);
    FAILS(SetEndOfFile(file), ERROR_USER_MAPPED_FILE); /* a view is enough */
    FAILS(DeleteFile(path), ERROR_ACCESS_DENIED);
    SetFilePointer(file, 100, NULL, FILE_BEGIN);
    QUIET(SetEndOfFile(file)); /* growing is allowed */
    WriteFile(file, "!", 1, &moved, NULL);
    UnmapViewOfFile(view);
    SetFilePointer(file, 4, NULL, FILE_BEGIN);
    QUIET(SetEndOfFile(file));
    CloseHandle(reader);

    /* M-24, O-48, F-9: growing by mapping; the file may be closed; a writing section counts as a user who writes */
    mapping = CreateFileMapping(file, NULL, PAGE_READWRITE, 0, 70000, NULL);
    EXPECT(mapping != NULL && GetFileSize(file, NULL) == 70000);
    window = (char *)MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 65536, 100);
    EXPECT(window != NULL);
    CloseHandle(file);
    FAILS(OPENED(opened(GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING)), ERROR_SHARING_VIOLATION);
    CloseHandle(mapping);
    strcpy(window, "through the view");
    QUIET(FlushViewOfFile(window, 0)); /* V-25 */
    file = opened(GENERIC_READ, ALL, OPEN_EXISTING);
    SetFilePointer(file, 65536, NULL, FILE_BEGIN);
    {
        char text[20];
        EXPECT(ReadFile(file, text, 17, &moved, NULL) && strcmp(text, "through the view") == 0); /* V-45 */
    }
    UnmapViewOfFile(window);
    CloseHandle(file);
    QUIET(DeleteFile(path));
}

static void pipes_and_streams(void)
{
    HANDLE from, to, mapping;
    char text[10];
    DWORD moved;
    SECURITY_ATTRIBUTES attributes;
    DWORD flags = 0;

    attributes.nLength = sizeof attributes;
    attributes.lpSecurityDescriptor = NULL;
    attributes.bInheritHandle = TRUE;
    QUIET(CreatePipe(&from, &to, &attributes, 0));
    EXPECT(GetHandleInformation(to, &flags) && flags == HANDLE_FLAG_INHERIT && GetFileType(from) == FILE_TYPE_PIPE);
    QUIET(WriteFile(to, "pipe", 4, &moved, NULL) && ReadFile(from, text, 10, &moved, NULL) && moved == 4);
    FAILS(WriteFile(from, "x", 1, &moved, NULL), ERROR_ACCESS_DENIED);
    FAILS(CreateFileMapping(from, NULL, PAGE_READONLY, 0, 10, NULL), ERROR_BAD_EXE_FORMAT); /* M-5 */
    CloseHandle(to);
    FAILS(ReadFile(from, text, 10, &moved, NULL), ERROR_BROKEN_PIPE);
    CloseHandle(from);
    QUIET(CreatePipe(&from, &to, NULL, 0) && CloseHandle(from));
    FAILS(WriteFile(to, "x", 1, &moved, NULL), ERROR_NO_DATA); /* and no signal */
    CloseHandle(to);
    FAILS(CreatePipe((PHANDLE)16, &to, NULL, 0), ERROR_NOACCESS);
    to = GetStdHandle(STD_OUTPUT_HANDLE);
    EXPECT(OPENED(to) && to == GetStdHandle(STD_OUTPUT_HANDLE));
    FAILS(OPENED(GetStdHandle(5)), ERROR_INVALID_PARAMETER);
    mapping = CreateFileMapping(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 10, NULL);
    FAILS(ReadFile(mapping, text, 1, &moved, NULL), ERROR_INVALID_HANDLE); /* O-16 */
    FAILS(GetFileSize(mapping, NULL) != INVALID_FILE_SIZE, ERROR_INVALID_HANDLE);
    CloseHandle(mapping);
}

/* Windows CE: P-40 to P-46 */
static void windows_ce(void)
{
    HANDLE file, mapping, second;
    DWORD moved;
    file = CreateFileForMapping(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    EXPECT(OPENED(file) && WriteFile(file, "ce", 2, &moved, NULL));
    FAILS(OPENED(CreateFileForMapping(path, GENERIC_READ | GENERIC_WRITE, ALL, NULL, OPEN_EXISTING, 0, NULL)), ERROR_SHARING_VIOLATION); /* P-44 */
    mapping = CreateFileMapping(file, NULL, PAGE_READWRITE, 0, 0, TEXT("ce"));
    second = CreateFileMapping(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 2, TEXT("ce"));
    EXPECT(mapping != NULL && second != NULL && GetLastError() == ERROR_ALREADY_EXISTS && CompareObjectHandles(mapping, second)); /* P-45 */
    CloseHandle(second);
    CloseHandle(mapping);
    CloseHandle(file);
    FAILS(OPENED(CreateFileForMapping(path, GENERIC_EXECUTE, ALL, NULL, OPEN_EXISTING, 0, NULL)), ERROR_INVALID_PARAMETER);
    file = CreateFileForMapping(path, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    second = CreateFileForMapping(path, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    EXPECT(OPENED(file) && OPENED(second) && CloseHandle(file) && CloseHandle(second)); /* P-43: reading shares reading */
    DeleteFile(path);
}

int _tmain(int argc, TCHAR *argv[])
{
    if (argc != 2)
        return 2;
    _sntprintf(path, 300, TEXT("%s/file"), argv[1]);
    opening();
    reading_and_writing();
    sharing();
    locking();
    mapping_files();
    pipes_and_streams();
    windows_ce();
    printf("%d failures\n", failures);
    return failures != 0;
}

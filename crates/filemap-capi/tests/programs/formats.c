/* printf and scanf as Windows' programs write them: %ld and %lu are for LONG and DWORD, %S for the other width, I64 for 64 bits.
 * One line per failed expectation, and then their number. */
#include <windows.h>
#include <tchar.h>
#include <stdio.h>
#include <string.h>

static int failures;
#define EXPECT(condition) do { if (!(condition)) { failures++; printf("line %d: %s\n", __LINE__, #condition); } } while (0)
#define SAYS(text, ...) do { \
    EXPECT(sprintf(line, __VA_ARGS__) == (int)strlen(text)); \
    if (strcmp(line, text) != 0) { failures++; printf("line %d: %s, not %s\n", __LINE__, line, text); } } while (0)

static int collected(char *to, size_t room, const char *format, ...)
{
    int length;
    va_list arguments;
    va_start(arguments, format);
    length = vsnprintf(to, room, format, arguments);
    va_end(arguments);
    return length;
}

static int printed(FILE *stream, const char *format, ...)
{
    int length;
    va_list arguments;
    va_start(arguments, format);
    length = vfprintf(stream, format, arguments);
    va_end(arguments);
    return length;
}

int _tmain(int argc, TCHAR *argv[])
{
    char line[300], word[20];
    TCHAR text[100];
    LONG less = -5, longs[2] = {0, 77};
    DWORD much = 0xfffffffbU, words[2] = {0, 77};
    LONGLONG big = 1234567890123LL;
    long wide = 0;
    double fraction = 0;
    int number = 0;
    FILE *file;

    EXPECT(argc == 2);
    SAYS("-5 4294967291 fffffffb", "%ld %lu %lx", less, much, much);
    /* those that travel on the stack, too: nothing of what lies beside them */
    SAYS("1 2 3 4 5 6 7 -5 4294967291 -5", "%d %d %d %d %d %d %d %ld %lu %li", 1, 2, 3, 4, 5, 6, 7, less, much, less);
    SAYS("1234567890123 1234567890123 -5", "%I64d %lld %I32d", big, big, less);
    SAYS("wide and narrow", "%S and %s", L"wide", "narrow");
    SAYS("wide and narrow w", "%ls and %hs %wc", L"wide", "narrow", L'w');
    SAYS("2.50 1e+10 0000000000001234", "%.2f %g %p", 2.5, 1e10, (void *)0x1234);
    EXPECT(collected(line, sizeof line, "%ld", less) == 2 && strcmp(line, "-5") == 0);
    /* C99's lengths: of the whole text, whatever fits */
    EXPECT(collected(line, 4, "%s", "abcdef") == 6 && strcmp(line, "abc") == 0);
    EXPECT(snprintf(line, 3, "%ld", (LONG)-12345) == 6 && strcmp(line, "-1") == 0);
    EXPECT(snprintf(NULL, 0, "%lu", much) == 10 && _scprintf("%S", L"four") == 4 && _sctprintf(TEXT("%ld"), less) == 2);
    EXPECT(_snprintf(line, 3, "%ld", less) == 2 && _snprintf(line, 2, "%ld", (LONG)-77) == -1);
    EXPECT(_stprintf(text, TEXT("%ld %I64d"), less, big) == 16 && _tcscmp(text, TEXT("-5 1234567890123")) == 0);

    /* what stands beside a DWORD stays */
    EXPECT(sscanf("-5 42", "%ld %lu", &longs[0], &words[0]) == 2);
    EXPECT(longs[0] == -5 && longs[1] == 77 && words[0] == 42 && words[1] == 77);
    EXPECT(sscanf("1234567890123 x", "%I64d %19s", &big, word) == 2 && big == 1234567890123LL && strcmp(word, "x") == 0);
    /* and a long of this system is filled */
    wide = -1;
    EXPECT(sscanf("7 0.5 9", "%ld %lf %d", &wide, &fraction, &number) == 3 && wide == 7 && fraction == 0.5 && number == 9);
    EXPECT(sscanf("ff]5", "%lx]%*ld", &words[0]) == 1 && words[0] == 255 && words[1] == 77);
    EXPECT(sscanf("x", "%S", word) == -1);

    file = _tfopen(argv[1], TEXT("w+"));
    EXPECT(file != NULL && fprintf(file, "%ld ", less) == 3 && _ftprintf(file, TEXT("%lu "), much) == 11 && printed(file, "%lu", much) == 10);
    rewind(file);
    EXPECT(fscanf(file, "%ld %lu", &longs[0], &words[0]) == 2 && longs[0] == -5 && words[0] == much && words[1] == 77);
    fclose(file);
    EXPECT(_tprintf(TEXT("%ld %lu\n"), less, much) == 14 && printf("%S|\n", L"wide") == 6 && printf_s("%ld\n", less) == 3);
    printf("%d failures\n", failures);
    return failures != 0;
}

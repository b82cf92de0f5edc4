/* conio.h: the console, one character at a time. */
#ifndef FILEMAP_CONIO_H
#define FILEMAP_CONIO_H

#include <stdarg.h>
#include <minwindef.h>

FILEMAP_BEGIN

/* Reads one character from standard input without echo and without waiting for a line end, if that is a terminal; a byte of the
 * stream otherwise. -1 at its end. Ctrl-C stays an interrupt. */
WINBASEAPI int WINAPI _getch(void);
/* The same with echo. */
WINBASEAPI int WINAPI _getche(void);
/* Puts a character back, to be the next that _getch gives. -1 if one is waiting already. */
WINBASEAPI int WINAPI _ungetch(int ch);
/* Writes one character to standard output; returns it, or -1. */
WINBASEAPI int WINAPI _putch(int ch);
/* Not 0 if _getch would not wait. */
WINBASEAPI int WINAPI _kbhit(void);
/* Writes a string to standard output; 0, or not 0 on failure. */
WINBASEAPI int WINAPI _cputs(const char *string);

FILEMAP_END

/* The names without underscore of older programs. -DNO_OLDNAMES leaves them to others (curses has a getch too). */
#if !defined(NO_OLDNAMES) && !defined(getch) && !defined(NCURSES_VERSION)
FILEMAP_INLINE int getch(void) { return _getch(); }
FILEMAP_INLINE int getche(void) { return _getche(); }
FILEMAP_INLINE int putch(int ch) { return _putch(ch); }
FILEMAP_INLINE int kbhit(void) { return _kbhit(); }
FILEMAP_INLINE int cputs(const char *string) { return _cputs(string); }
#endif

#endif

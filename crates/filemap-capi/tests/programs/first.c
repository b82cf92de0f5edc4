/* A console program that leaves a message in named shared memory and keeps it there until a key is pressed. */
#include <windows.h>
#include <stdio.h>
#include <conio.h>
#include <tchar.h>

#define ROOM 256
TCHAR name[] = TEXT("Local\\FilemapAcceptanceOne");
TCHAR message[] = TEXT("A word from the first program.");

int _tmain()
{
   HANDLE mapping;
   LPTSTR view;

   mapping = CreateFileMapping(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, ROOM, name);
   if (mapping == NULL)
   {
      _tprintf(TEXT("CreateFileMapping failed (%d).\n"), GetLastError());
      return 1;
   }
   view = (LPTSTR) MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, ROOM);
   if (view == NULL)
   {
      _tprintf(TEXT("MapViewOfFile failed (%d).\n"), GetLastError());
      CloseHandle(mapping);
      return 1;
   }
   CopyMemory((PVOID)view, message, (_tcslen(message) * sizeof(TCHAR)));
   _tprintf(TEXT("ready\n"));
   _getch();
   UnmapViewOfFile(view);
   CloseHandle(mapping);
   return 0;
}

/* Opens what first.c made and shows the message in a box. */
#include <windows.h>
#include <stdio.h>
#include <conio.h>
#include <tchar.h>
#pragma comment(lib, "user32.lib")

#define ROOM 256
TCHAR name[] = TEXT("Local\\FilemapAcceptanceOne");

int _tmain()
{
   HANDLE mapping;
   LPCTSTR view;

   mapping = OpenFileMapping(FILE_MAP_ALL_ACCESS, FALSE, name);
   if (mapping == NULL)
   {
      _tprintf(TEXT("OpenFileMapping failed (%d).\n"), GetLastError());
      return 1;
   }
   view = (LPTSTR) MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, ROOM);
   if (view == NULL)
   {
      _tprintf(TEXT("MapViewOfFile failed (%d).\n"), GetLastError());
      CloseHandle(mapping);
      return 1;
   }
   MessageBox(NULL, view, TEXT("Second"), MB_OK);
   UnmapViewOfFile(view);
   CloseHandle(mapping);
   return 0;
}

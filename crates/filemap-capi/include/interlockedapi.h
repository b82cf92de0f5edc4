/* interlockedapi.h: interlocked singly linked lists. Threads push and pop without a lock; so do processes that see header and entries
 * at the same addresses. Header and entries lie at multiples of MEMORY_ALLOCATION_ALIGNMENT, else STATUS_DATATYPE_MISALIGNMENT (SIGBUS).
 * As on Windows, bad pointers are access violations; but an entry may be freed as soon as it is popped, whatever other threads do. */
#ifndef FILEMAP_INTERLOCKEDAPI_H
#define FILEMAP_INTERLOCKEDAPI_H

#include <winnt.h>

FILEMAP_BEGIN

/* Makes an empty list. */
WINBASEAPI void WINAPI InitializeSListHead(PSLIST_HEADER ListHead);
/* Puts an entry before the others. Returns the one that was first, NULL for none. */
WINBASEAPI PSLIST_ENTRY WINAPI InterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry);
/* Takes the first entry. NULL if there is none. */
WINBASEAPI PSLIST_ENTRY WINAPI InterlockedPopEntrySList(PSLIST_HEADER ListHead);
/* Takes all entries: the first one, from which Next leads to the others, or NULL. */
WINBASEAPI PSLIST_ENTRY WINAPI InterlockedFlushSList(PSLIST_HEADER ListHead);
/* Puts a chain of Count entries, List to ListEnd, before the others. Returns the one that was first, NULL for none. */
WINBASEAPI PSLIST_ENTRY WINAPI InterlockedPushListSListEx(PSLIST_HEADER ListHead, PSLIST_ENTRY List, PSLIST_ENTRY ListEnd, ULONG Count);
#define InterlockedPushListSList InterlockedPushListSListEx
/* The number of entries modulo 65,536. */
WINBASEAPI USHORT WINAPI QueryDepthSList(PSLIST_HEADER ListHead);

FILEMAP_END

#endif

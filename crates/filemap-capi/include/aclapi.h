/* aclapi.h: security of objects, and access lists from lists of entries. These return the error number itself. */
#ifndef FILEMAP_ACLAPI_H
#define FILEMAP_ACLAPI_H

#include <accctrl.h>

FILEMAP_BEGIN

/* Gives the parts of an object's security; *ppSecurityDescriptor is freed with LocalFree. Returns 0, or 5, 6, 87, 998. */
WINBASEAPI DWORD WINAPI GetSecurityInfo(HANDLE handle, SE_OBJECT_TYPE ObjectType, SECURITY_INFORMATION SecurityInfo, PSID *ppsidOwner, PSID *ppsidGroup, PACL *ppDacl, PACL *ppSacl, PSECURITY_DESCRIPTOR *ppSecurityDescriptor);
/* Changes parts of it. Returns 0, or 5, 6, 87, 998, 1336, 1337. */
WINBASEAPI DWORD WINAPI SetSecurityInfo(HANDLE handle, SE_OBJECT_TYPE ObjectType, SECURITY_INFORMATION SecurityInfo, PSID psidOwner, PSID psidGroup, PACL pDacl, PACL pSacl);
/* Makes a new access list from an old one (or NULL) and entries; *NewAcl is freed with LocalFree. Returns 0, or 87, 998, 1332, 1336. */
WINBASEAPI DWORD WINAPI SetEntriesInAclA(ULONG cCountOfExplicitEntries, PEXPLICIT_ACCESS_A pListOfExplicitEntries, PACL OldAcl, PACL *NewAcl);
WINBASEAPI DWORD WINAPI SetEntriesInAclW(ULONG cCountOfExplicitEntries, PEXPLICIT_ACCESS_W pListOfExplicitEntries, PACL OldAcl, PACL *NewAcl);
#define SetEntriesInAcl FILEMAP_AW(SetEntriesInAcl)

FILEMAP_END

#endif

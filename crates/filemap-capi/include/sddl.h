/* sddl.h: security descriptors and SIDs as text. Grammar: spec/security.md, A-30 to A-34. */
#ifndef FILEMAP_SDDL_H
#define FILEMAP_SDDL_H

#include <wtypesbase.h>

#define SDDL_REVISION_1 1
#define SDDL_REVISION SDDL_REVISION_1

FILEMAP_BEGIN

/* Text to self-relative descriptor; free it with LocalFree. FALSE on failure: 87, 998, 1305, 1336, 1337, 1338. */
WINBASEAPI BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorA(LPCSTR StringSecurityDescriptor, DWORD StringSDRevision, PSECURITY_DESCRIPTOR *SecurityDescriptor, PULONG SecurityDescriptorSize);
WINBASEAPI BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorW(LPCWSTR StringSecurityDescriptor, DWORD StringSDRevision, PSECURITY_DESCRIPTOR *SecurityDescriptor, PULONG SecurityDescriptorSize);
#define ConvertStringSecurityDescriptorToSecurityDescriptor FILEMAP_AW(ConvertStringSecurityDescriptorToSecurityDescriptor)
/* Descriptor to text; free it with LocalFree. FALSE on failure: 87, 998, 1305, 1338. */
WINBASEAPI BOOL WINAPI ConvertSecurityDescriptorToStringSecurityDescriptorA(PSECURITY_DESCRIPTOR SecurityDescriptor, DWORD RequestedStringSDRevision, SECURITY_INFORMATION SecurityInformation, LPSTR *StringSecurityDescriptor, PULONG StringSecurityDescriptorLen);
WINBASEAPI BOOL WINAPI ConvertSecurityDescriptorToStringSecurityDescriptorW(PSECURITY_DESCRIPTOR SecurityDescriptor, DWORD RequestedStringSDRevision, SECURITY_INFORMATION SecurityInformation, LPWSTR *StringSecurityDescriptor, PULONG StringSecurityDescriptorLen);
#define ConvertSecurityDescriptorToStringSecurityDescriptor FILEMAP_AW(ConvertSecurityDescriptorToStringSecurityDescriptor)
/* SID to text and back; free with LocalFree. FALSE on failure: 87, 998, 1337. */
WINBASEAPI BOOL WINAPI ConvertSidToStringSidA(PSID Sid, LPSTR *StringSid);
WINBASEAPI BOOL WINAPI ConvertSidToStringSidW(PSID Sid, LPWSTR *StringSid);
#define ConvertSidToStringSid FILEMAP_AW(ConvertSidToStringSid)
WINBASEAPI BOOL WINAPI ConvertStringSidToSidA(LPCSTR StringSid, PSID *Sid);
WINBASEAPI BOOL WINAPI ConvertStringSidToSidW(LPCWSTR StringSid, PSID *Sid);
#define ConvertStringSidToSid FILEMAP_AW(ConvertStringSidToSid)

FILEMAP_END

#endif

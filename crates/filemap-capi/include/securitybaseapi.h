/* securitybaseapi.h: security descriptors, access lists, SIDs. Rules: spec/security.md. */
#ifndef FILEMAP_SECURITYBASEAPI_H
#define FILEMAP_SECURITYBASEAPI_H

#include <wtypesbase.h>

FILEMAP_BEGIN

/* Makes a descriptor empty. FALSE on failure: 998, 1305 unknown revision. */
WINBASEAPI BOOL WINAPI InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR pSecurityDescriptor, DWORD dwRevision);
/* TRUE if the parts that are present are well formed. */
WINBASEAPI BOOL WINAPI IsValidSecurityDescriptor(PSECURITY_DESCRIPTOR pSecurityDescriptor);
/* Length in bytes, all parts included; 0 for NULL or a malformed one. */
WINBASEAPI DWORD WINAPI GetSecurityDescriptorLength(PSECURITY_DESCRIPTOR pSecurityDescriptor);
/* Gives control bits and revision. FALSE on failure: 998, 1305. */
WINBASEAPI BOOL WINAPI GetSecurityDescriptorControl(PSECURITY_DESCRIPTOR pSecurityDescriptor, PSECURITY_DESCRIPTOR_CONTROL pControl, LPDWORD lpdwRevision);
/* Sets the inheritance bits of the control word. FALSE on failure: 87, 998. */
WINBASEAPI BOOL WINAPI SetSecurityDescriptorControl(PSECURITY_DESCRIPTOR pSecurityDescriptor, SECURITY_DESCRIPTOR_CONTROL ControlBitsOfInterest, SECURITY_DESCRIPTOR_CONTROL ControlBitsToSet);
/* Puts a DACL into an absolute descriptor; bDaclPresent with pDacl NULL lets everybody in. FALSE on failure: 998, 1338. */
WINBASEAPI BOOL WINAPI SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR pSecurityDescriptor, BOOL bDaclPresent, PACL pDacl, BOOL bDaclDefaulted);
/* Gives the DACL. FALSE on failure: 998, 1338. */
WINBASEAPI BOOL WINAPI GetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR pSecurityDescriptor, LPBOOL lpbDaclPresent, PACL *pDacl, LPBOOL lpbDaclDefaulted);
/* The same for the SACL. */
WINBASEAPI BOOL WINAPI SetSecurityDescriptorSacl(PSECURITY_DESCRIPTOR pSecurityDescriptor, BOOL bSaclPresent, PACL pSacl, BOOL bSaclDefaulted);
WINBASEAPI BOOL WINAPI GetSecurityDescriptorSacl(PSECURITY_DESCRIPTOR pSecurityDescriptor, LPBOOL lpbSaclPresent, PACL *pSacl, LPBOOL lpbSaclDefaulted);
/* Owner and group. FALSE on failure: 998, 1337, 1338. */
WINBASEAPI BOOL WINAPI SetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR pSecurityDescriptor, PSID pOwner, BOOL bOwnerDefaulted);
WINBASEAPI BOOL WINAPI GetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR pSecurityDescriptor, PSID *pOwner, LPBOOL lpbOwnerDefaulted);
WINBASEAPI BOOL WINAPI SetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR pSecurityDescriptor, PSID pGroup, BOOL bGroupDefaulted);
WINBASEAPI BOOL WINAPI GetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR pSecurityDescriptor, PSID *pGroup, LPBOOL lpbGroupDefaulted);
/* Copies an absolute descriptor into one block. FALSE on failure: 122 with the length needed, 998, 1338. */
WINBASEAPI BOOL WINAPI MakeSelfRelativeSD(PSECURITY_DESCRIPTOR pAbsoluteSecurityDescriptor, PSECURITY_DESCRIPTOR pSelfRelativeSecurityDescriptor, LPDWORD lpdwBufferLength);
/* Takes a self-relative descriptor apart into five buffers. FALSE on failure: 122 with the lengths needed, 998, 1338. */
WINBASEAPI BOOL WINAPI MakeAbsoluteSD(PSECURITY_DESCRIPTOR pSelfRelativeSecurityDescriptor, PSECURITY_DESCRIPTOR pAbsoluteSecurityDescriptor, LPDWORD lpdwAbsoluteSecurityDescriptorSize, PACL pDacl, LPDWORD lpdwDaclSize, PACL pSacl, LPDWORD lpdwSaclSize, PSID pOwner, LPDWORD lpdwOwnerSize, PSID pPrimaryGroup, LPDWORD lpdwPrimaryGroupSize);
/* Makes an access list empty. FALSE on failure: 87, 122, 998. */
WINBASEAPI BOOL WINAPI InitializeAcl(PACL pAcl, DWORD nAclLength, DWORD dwAclRevision);
/* TRUE if an access list is well formed. */
WINBASEAPI BOOL WINAPI IsValidAcl(PACL pAcl);
/* Adds an entry that grants. FALSE on failure: 87, 998, 1336, 1337, 1344 no room. */
WINBASEAPI BOOL WINAPI AddAccessAllowedAce(PACL pAcl, DWORD dwAceRevision, DWORD AccessMask, PSID pSid);
WINBASEAPI BOOL WINAPI AddAccessAllowedAceEx(PACL pAcl, DWORD dwAceRevision, DWORD AceFlags, DWORD AccessMask, PSID pSid);
/* Adds an entry that denies. Errors as AddAccessAllowedAce. */
WINBASEAPI BOOL WINAPI AddAccessDeniedAce(PACL pAcl, DWORD dwAceRevision, DWORD AccessMask, PSID pSid);
WINBASEAPI BOOL WINAPI AddAccessDeniedAceEx(PACL pAcl, DWORD dwAceRevision, DWORD AceFlags, DWORD AccessMask, PSID pSid);
/* Adds an integrity label to a SACL. Errors as AddAccessAllowedAce. */
WINBASEAPI BOOL WINAPI AddMandatoryAce(PACL pAcl, DWORD dwAceRevision, DWORD AceFlags, DWORD MandatoryPolicy, PSID pLabelSid);
/* Gives the address of an entry. FALSE on failure: 87, 998, 1336. */
WINBASEAPI BOOL WINAPI GetAce(PACL pAcl, DWORD dwAceIndex, LPVOID *pAce);
/* Takes an entry out. FALSE on failure: 87, 998. */
WINBASEAPI BOOL WINAPI DeleteAce(PACL pAcl, DWORD dwAceIndex);
/* Gives the number of entries and bytes. FALSE on failure: 87, 122, 998. */
WINBASEAPI BOOL WINAPI GetAclInformation(PACL pAcl, LPVOID pAclInformation, DWORD nAclInformationLength, ACL_INFORMATION_CLASS dwAclInformationClass);
/* Makes a SID of up to 8 numbers; free it with FreeSid. FALSE on failure: 87, 998. */
WINBASEAPI BOOL WINAPI AllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY pIdentifierAuthority, BYTE nSubAuthorityCount, DWORD nSubAuthority0, DWORD nSubAuthority1, DWORD nSubAuthority2, DWORD nSubAuthority3, DWORD nSubAuthority4, DWORD nSubAuthority5, DWORD nSubAuthority6, DWORD nSubAuthority7, PSID *pSid);
/* Frees it; always NULL. */
WINBASEAPI PVOID WINAPI FreeSid(PSID pSid);
/* Prepares a SID in place. FALSE on failure: 87, 998. */
WINBASEAPI BOOL WINAPI InitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY pIdentifierAuthority, BYTE nSubAuthorityCount);
/* Makes a SID that every system knows. FALSE on failure: 87, 122 with the length needed. */
WINBASEAPI BOOL WINAPI CreateWellKnownSid(WELL_KNOWN_SID_TYPE WellKnownSidType, PSID DomainSid, PSID pSid, DWORD *cbSid);
/* TRUE if it is that SID. */
WINBASEAPI BOOL WINAPI IsWellKnownSid(PSID pSid, WELL_KNOWN_SID_TYPE WellKnownSidType);
/* TRUE if a SID is well formed. */
WINBASEAPI BOOL WINAPI IsValidSid(PSID pSid);
/* TRUE if two SIDs are equal. */
WINBASEAPI BOOL WINAPI EqualSid(PSID pSid1, PSID pSid2);
/* Length of a SID in bytes. */
WINBASEAPI DWORD WINAPI GetLengthSid(PSID pSid);
/* Bytes for a SID of that many numbers. */
WINBASEAPI DWORD WINAPI GetSidLengthRequired(UCHAR nSubAuthorityCount);
/* Copies a SID. FALSE on failure: 122, 998, 1337. */
WINBASEAPI BOOL WINAPI CopySid(DWORD nDestinationSidLength, PSID pDestinationSid, PSID pSourceSid);
/* Addresses inside a SID. NULL and 1337 for a malformed one. */
WINBASEAPI PDWORD WINAPI GetSidSubAuthority(PSID pSid, DWORD nSubAuthority);
WINBASEAPI PUCHAR WINAPI GetSidSubAuthorityCount(PSID pSid);
WINBASEAPI PSID_IDENTIFIER_AUTHORITY WINAPI GetSidIdentifierAuthority(PSID pSid);
/* Security of the object behind a handle, as a self-relative descriptor. FALSE on failure: 5, 6, 122 with the length needed, 998. */
WINBASEAPI BOOL WINAPI GetKernelObjectSecurity(HANDLE Handle, SECURITY_INFORMATION RequestedInformation, PSECURITY_DESCRIPTOR pSecurityDescriptor, DWORD nLength, LPDWORD lpnLengthNeeded);
/* Changes it. FALSE on failure: 5, 6, 998, 1305, 1336, 1338. */
WINBASEAPI BOOL WINAPI SetKernelObjectSecurity(HANDLE Handle, SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor);
/* What a token says. FALSE on failure: 6, 87, 122 with the length needed, 998. */
WINBASEAPI BOOL WINAPI GetTokenInformation(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS TokenInformationClass, LPVOID TokenInformation, DWORD TokenInformationLength, PDWORD ReturnLength);

FILEMAP_END

#endif

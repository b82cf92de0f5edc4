/* namespaceapi.h: private name spaces. Rules: spec/namespaces.md, N-70 to N-76. */
#ifndef FILEMAP_NAMESPACEAPI_H
#define FILEMAP_NAMESPACEAPI_H

#include <wtypesbase.h>

#define PRIVATE_NAMESPACE_FLAG_DESTROY 0x00000001
#define CREATE_BOUNDARY_DESCRIPTOR_ADD_APPCONTAINER_SID 0x00000001

FILEMAP_BEGIN

/* Makes a boundary: a name, to which SIDs are added. NULL on failure: 8, 87. */
WINBASEAPI HANDLE WINAPI CreateBoundaryDescriptorA(LPCSTR Name, ULONG Flags);
WINBASEAPI HANDLE WINAPI CreateBoundaryDescriptorW(LPCWSTR Name, ULONG Flags);
#define CreateBoundaryDescriptor FILEMAP_AW(CreateBoundaryDescriptor)
/* Adds a SID: only who has it may create or open. FALSE on failure: 6, 87, 1337. */
WINBASEAPI BOOL WINAPI AddSIDToBoundaryDescriptor(HANDLE *BoundaryDescriptor, PSID RequiredSid);
/* Adds the integrity level that is needed. FALSE on failure: 6, 87 a second one or no label, 1337. */
WINBASEAPI BOOL WINAPI AddIntegrityLabelToBoundaryDescriptor(HANDLE *BoundaryDescriptor, PSID IntegrityLabel);
/* Frees a boundary descriptor. */
WINBASEAPI void WINAPI DeleteBoundaryDescriptor(HANDLE BoundaryDescriptor);
/* Creates a private name space that this process reaches by the prefix "alias\". NULL on failure: 5, 87, 183. */
WINBASEAPI HANDLE WINAPI CreatePrivateNamespaceA(LPSECURITY_ATTRIBUTES lpPrivateNamespaceAttributes, LPVOID lpBoundaryDescriptor, LPCSTR lpAliasPrefix);
WINBASEAPI HANDLE WINAPI CreatePrivateNamespaceW(LPSECURITY_ATTRIBUTES lpPrivateNamespaceAttributes, LPVOID lpBoundaryDescriptor, LPCWSTR lpAliasPrefix);
#define CreatePrivateNamespace FILEMAP_AW(CreatePrivateNamespace)
/* Opens one. NULL on failure: 3 there is none, 5, 87, 183 the alias is in use. */
WINBASEAPI HANDLE WINAPI OpenPrivateNamespaceA(LPVOID lpBoundaryDescriptor, LPCSTR lpAliasPrefix);
WINBASEAPI HANDLE WINAPI OpenPrivateNamespaceW(LPVOID lpBoundaryDescriptor, LPCWSTR lpAliasPrefix);
#define OpenPrivateNamespace FILEMAP_AW(OpenPrivateNamespace)
/* Closes, and with PRIVATE_NAMESPACE_FLAG_DESTROY destroys, a private name space. FALSE on failure: 6, 87. */
WINBASEAPI BOOLEAN WINAPI ClosePrivateNamespace(HANDLE Handle, ULONG Flags);

FILEMAP_END

#endif

/* Security descriptors, lists, SIDs, tokens, the security of objects, private name spaces: one line per failed expectation. */
#include <windows.h>
#include <sddl.h>
#include <aclapi.h>
#include <tchar.h>
#include <stdio.h>

static int failures;
#define EXPECT(condition) do { if (!(condition)) { failures++; printf("line %d: %s (last error %u)\n", __LINE__, #condition, GetLastError()); fflush(stdout); } } while (0)
#define FAILS(call, number) do { SetLastError(77777); EXPECT(!(call) && GetLastError() == (number)); } while (0)
#define QUIET(call) do { SetLastError(77777); EXPECT((call) && GetLastError() == 77777); } while (0)
#define GIVES(call, number) do { SetLastError(77777); EXPECT((call) == (number) && GetLastError() == 77777); } while (0)

static BOOL is_text(LPTSTR text, const TCHAR *wanted)
{
    BOOL same = text != NULL && _tcscmp(text, wanted) == 0;
    if (!same && text != NULL)
        _tprintf(TEXT("got %s\n"), text);
    LocalFree(text);
    return same;
}

static void sids(void)
{
    SID_IDENTIFIER_AUTHORITY nt = { { 0, 0, 0, 0, 0, 5 } };
    PSID admins = NULL, copy, parsed = NULL;
    LPTSTR text = NULL;
    BYTE room[SECURITY_MAX_SID_SIZE], second[SECURITY_MAX_SID_SIZE];
    DWORD length = 0;

    QUIET(AllocateAndInitializeSid(&nt, 2, 32, 544, 0, 0, 0, 0, 0, 0, &admins));
    EXPECT(IsValidSid(admins) && GetLengthSid(admins) == 16 && GetSidLengthRequired(2) == 16);
    EXPECT(*GetSidSubAuthorityCount(admins) == 2 && *GetSidSubAuthority(admins, 1) == 544 && GetSidIdentifierAuthority(admins)->Value[5] == 5);
    EXPECT(ConvertSidToStringSid(admins, &text) && is_text(text, TEXT("S-1-5-32-544")));
    EXPECT(ConvertStringSidToSid(TEXT("BA"), &parsed) && EqualSid(parsed, admins));
    LocalFree(parsed);
    EXPECT(ConvertStringSidToSid(TEXT("S-1-5-32-544"), &parsed) && EqualSid(parsed, admins) && IsWellKnownSid(parsed, WinBuiltinAdministratorsSid));
    LocalFree(parsed);
    FAILS(ConvertStringSidToSid(TEXT("S-1-nonsense"), &parsed), ERROR_INVALID_SID);
    FAILS(CreateWellKnownSid(WinWorldSid, NULL, NULL, &length), ERROR_INSUFFICIENT_BUFFER);
    EXPECT(length == 12);
    QUIET(CreateWellKnownSid(WinWorldSid, NULL, room, &length) && IsWellKnownSid(room, WinWorldSid) && !IsWellKnownSid(room, WinNullSid));
    copy = room;
    FAILS(CopySid(8, copy, admins), ERROR_INSUFFICIENT_BUFFER);
    QUIET(CopySid(sizeof room, copy, admins) && EqualSid(copy, admins));
    QUIET(InitializeSid(second, &nt, 1));
    *GetSidSubAuthority(second, 0) = 18;
    EXPECT(IsWellKnownSid(second, WinLocalSystemSid));
    second[0] = 9;
    EXPECT(!IsValidSid(second) && !IsValidSid(NULL));
    FAILS(GetLengthSid((PSID)(DWORD_PTR)16), ERROR_NOACCESS);
    EXPECT(FreeSid(admins) == NULL);
}

static void lists_and_descriptors(void)
{
    BYTE list[200], block[400];
    SECURITY_DESCRIPTOR descriptor;
    PACL acl = (PACL)list, found = NULL, made = NULL;
    PSID world = NULL, owner = NULL;
    ACL_SIZE_INFORMATION size;
    PACCESS_ALLOWED_ACE ace = NULL;
    BOOL present = 9, defaulted = 9;
    SECURITY_DESCRIPTOR_CONTROL control = 0;
    DWORD revision = 0, length = 0, lengths[5] = { 0, 0, 0, 0, 0 };
    PSECURITY_DESCRIPTOR parsed = NULL;
    LPTSTR text = NULL;
    EXPLICIT_ACCESS entry;
    BYTE absolute[100], dacl[100], sid[100];

    EXPECT(ConvertStringSidToSid(TEXT("WD"), &world));
    FAILS(InitializeAcl(acl, 4, ACL_REVISION), ERROR_INSUFFICIENT_BUFFER);
    FAILS(InitializeAcl(acl, sizeof list, 77), ERROR_INVALID_PARAMETER);
    QUIET(InitializeAcl(acl, 52, ACL_REVISION) && IsValidAcl(acl));
    QUIET(AddAccessAllowedAce(acl, ACL_REVISION, GENERIC_READ, world));
    QUIET(AddAccessDeniedAce(acl, ACL_REVISION, FILE_MAP_WRITE, world));
    FAILS(AddAccessAllowedAceEx(acl, ACL_REVISION, 0, 1, world), ERROR_ALLOTTED_SPACE_EXCEEDED);
    EXPECT(GetAclInformation(acl, &size, sizeof size, AclSizeInformation) && size.AceCount == 2 && size.AclBytesInUse == 48 && size.AclBytesFree == 4);
    EXPECT(GetAce(acl, 1, (LPVOID *)&ace) && ace->Header.AceType == ACCESS_DENIED_ACE_TYPE && ace->Mask == FILE_MAP_WRITE && EqualSid(&ace->SidStart, world));
    FAILS(GetAce(acl, 2, (LPVOID *)&ace), ERROR_INVALID_PARAMETER);
    QUIET(DeleteAce(acl, 0) && GetAce(acl, 0, (LPVOID *)&ace) && ace->Header.AceType == ACCESS_DENIED_ACE_TYPE);
    FAILS(AddAccessAllowedAce(acl, ACL_REVISION, 1, (PSID)(DWORD_PTR)16), ERROR_NOACCESS);

    FAILS(InitializeSecurityDescriptor(&descriptor, 2), ERROR_UNKNOWN_REVISION);
    QUIET(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION) && IsValidSecurityDescriptor(&descriptor));
    QUIET(GetSecurityDescriptorDacl(&descriptor, &present, &found, &defaulted) && !present);
    QUIET(SetSecurityDescriptorDacl(&descriptor, TRUE, acl, FALSE) && SetSecurityDescriptorOwner(&descriptor, world, FALSE));
    QUIET(GetSecurityDescriptorDacl(&descriptor, &present, &found, &defaulted) && present && found == acl && !defaulted);
    QUIET(GetSecurityDescriptorOwner(&descriptor, &owner, &defaulted) && owner == world);
    QUIET(SetSecurityDescriptorControl(&descriptor, SE_DACL_PROTECTED, SE_DACL_PROTECTED));
    FAILS(SetSecurityDescriptorControl(&descriptor, SE_SELF_RELATIVE, SE_SELF_RELATIVE), ERROR_INVALID_PARAMETER);
    EXPECT(GetSecurityDescriptorControl(&descriptor, &control, &revision) && revision == 1 && control == (SE_DACL_PRESENT | SE_DACL_PROTECTED));
    FAILS(MakeSelfRelativeSD(&descriptor, NULL, &length), ERROR_INSUFFICIENT_BUFFER);
    length = sizeof block;
    QUIET(MakeSelfRelativeSD(&descriptor, block, &length) && GetSecurityDescriptorLength(block) == length);
    EXPECT(ConvertSecurityDescriptorToStringSecurityDescriptor(block, SDDL_REVISION_1, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &text, NULL));
    EXPECT(is_text(text, TEXT("O:WDD:P(D;;0x2;;;WD)")));
    FAILS(SetSecurityDescriptorDacl(block, FALSE, NULL, FALSE), ERROR_INVALID_SECURITY_DESCR); /* self-relative */
    FAILS(MakeAbsoluteSD(block, NULL, &lengths[0], NULL, &lengths[1], NULL, &lengths[2], NULL, &lengths[3], NULL, &lengths[4]), ERROR_INSUFFICIENT_BUFFER);
    EXPECT(lengths[0] == sizeof(SECURITY_DESCRIPTOR) && lengths[3] == 12 && lengths[2] == 0);
    QUIET(MakeAbsoluteSD(block, absolute, &lengths[0], (PACL)dacl, &lengths[1], NULL, &lengths[2], sid, &lengths[3], NULL, &lengths[4]));
    EXPECT(IsValidSecurityDescriptor(absolute) && GetSecurityDescriptorOwner(absolute, &owner, &defaulted) && owner == (PSID)sid);

    FAILS(ConvertStringSecurityDescriptorToSecurityDescriptor(TEXT("D:(A;;GA;;;"), SDDL_REVISION_1, &parsed, NULL), ERROR_INVALID_ACL);
    FAILS(ConvertStringSecurityDescriptorToSecurityDescriptor(TEXT("D:"), 7, &parsed, NULL), ERROR_UNKNOWN_REVISION);
    EXPECT(ConvertStringSecurityDescriptorToSecurityDescriptor(TEXT("D:(A;;GA;;;SY)"), SDDL_REVISION_1, &parsed, &length) && GetSecurityDescriptorLength(parsed) == length);
    QUIET(GetSecurityDescriptorDacl(parsed, &present, &found, &defaulted) && present);
    ZeroMemory(&entry, sizeof entry);
    entry.grfAccessPermissions = FILE_MAP_READ;
    entry.grfAccessMode = GRANT_ACCESS;
    entry.Trustee.TrusteeForm = TRUSTEE_IS_NAME;
    entry.Trustee.ptstrName = (LPTSTR)TEXT("EVERYONE");
    GIVES(SetEntriesInAcl(1, &entry, found, &made), 0);
    EXPECT(GetAclInformation(made, &size, sizeof size, AclSizeInformation) && size.AceCount == 2);
    entry.grfAccessMode = DENY_ACCESS;
    entry.Trustee.TrusteeForm = TRUSTEE_IS_SID;
    entry.Trustee.ptstrName = (LPTSTR)world;
    LocalFree(parsed);
    found = made;
    GIVES(SetEntriesInAcl(1, &entry, found, &made), 0);
    EXPECT(GetAce(made, 0, (LPVOID *)&ace) && ace->Header.AceType == ACCESS_DENIED_ACE_TYPE);
    LocalFree(found);
    found = made;
    entry.grfAccessMode = REVOKE_ACCESS;
    GIVES(SetEntriesInAcl(1, &entry, found, &made), 0);
    EXPECT(GetAclInformation(made, &size, sizeof size, AclSizeInformation) && size.AceCount == 1);
    entry.Trustee.TrusteeForm = TRUSTEE_IS_NAME;
    entry.Trustee.ptstrName = (LPTSTR)TEXT("no such account anywhere");
    GIVES(SetEntriesInAcl(1, &entry, NULL, &made), ERROR_NONE_MAPPED);
    LocalFree(found);
    LocalFree(world);
}

static void objects(void)
{
    SECURITY_ATTRIBUTES attributes;
    PSECURITY_DESCRIPTOR descriptor = NULL, got = NULL;
    SECURITY_DESCRIPTOR null_dacl;
    HANDLE mapping, event, limited;
    PACL dacl = NULL;
    DWORD needed = 0;
    BYTE room[400];
    LPTSTR text = NULL;

    EXPECT(ConvertStringSecurityDescriptorToSecurityDescriptor(TEXT("D:(A;;0xf001f;;;WD)(A;;GA;;;SY)"), SDDL_REVISION_1, &descriptor, NULL));
    attributes.nLength = sizeof attributes;
    attributes.lpSecurityDescriptor = descriptor;
    attributes.bInheritHandle = FALSE;
    mapping = CreateFileMapping(INVALID_HANDLE_VALUE, &attributes, PAGE_READWRITE, 0, 10, TEXT("secured"));
    EXPECT(mapping != NULL);
    GIVES(GetSecurityInfo(mapping, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &dacl, NULL, &got), 0);
    EXPECT(dacl != NULL && ConvertSecurityDescriptorToStringSecurityDescriptor(got, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, NULL));
    EXPECT(is_text(text, TEXT("D:(A;;0xf001f;;;WD)(A;;0xf001f;;;SY)")));
    LocalFree(got);
    GIVES(GetSecurityInfo(mapping, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &dacl, NULL, NULL), ERROR_INVALID_PARAMETER);
    GIVES(GetSecurityInfo((HANDLE)0x4444440, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, NULL, NULL, &got), ERROR_INVALID_HANDLE);
    GIVES(GetSecurityInfo(mapping, SE_SERVICE, DACL_SECURITY_INFORMATION, NULL, NULL, NULL, NULL, &got), ERROR_INVALID_PARAMETER);
    FAILS(GetKernelObjectSecurity(mapping, DACL_SECURITY_INFORMATION | OWNER_SECURITY_INFORMATION, NULL, 0, &needed), ERROR_INSUFFICIENT_BUFFER);
    EXPECT(needed > 20 && needed < sizeof room);
    QUIET(GetKernelObjectSecurity(mapping, DACL_SECURITY_INFORMATION | OWNER_SECURITY_INFORMATION, room, sizeof room, &needed) && IsValidSecurityDescriptor(room));
    LocalFree(descriptor);
    /* A-7, O-15: a change counts for later opens only */
    EXPECT(ConvertStringSecurityDescriptorToSecurityDescriptor(TEXT("D:(A;;0x20004;;;WD)"), SDDL_REVISION_1, &descriptor, NULL));
    QUIET(SetKernelObjectSecurity(mapping, DACL_SECURITY_INFORMATION, descriptor));
    LocalFree(descriptor);
    EXPECT(MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0) != NULL);
    FAILS(OpenFileMapping(FILE_MAP_WRITE, FALSE, TEXT("secured")), ERROR_ACCESS_DENIED);
    limited = OpenFileMapping(FILE_MAP_READ, FALSE, TEXT("secured"));
    EXPECT(limited != NULL);
    FAILS(GetKernelObjectSecurity(limited, DACL_SECURITY_INFORMATION, room, sizeof room, &needed), ERROR_ACCESS_DENIED);
    CloseHandle(limited);
    FAILS(CreateFileMapping(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 10, TEXT("secured")), ERROR_ACCESS_DENIED); /* O-7 */
    FAILS(CreateFileMapping2(INVALID_HANDLE_VALUE, NULL, FILE_MAP_WRITE, PAGE_READWRITE, 0, 10, NULL, NULL, 1), ERROR_NOACCESS);
    CloseHandle(mapping);
    /* the classic: a NULL DACL for everybody */
    InitializeSecurityDescriptor(&null_dacl, SECURITY_DESCRIPTOR_REVISION);
    SetSecurityDescriptorDacl(&null_dacl, TRUE, NULL, FALSE);
    attributes.lpSecurityDescriptor = &null_dacl;
    event = CreateEvent(&attributes, TRUE, FALSE, TEXT("everybody's"));
    EXPECT(event != NULL);
    GIVES(SetSecurityInfo(event, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, NULL, NULL), 0);
    CloseHandle(event);
    null_dacl.Revision = 77;
    FAILS(CreateEvent(&attributes, TRUE, FALSE, TEXT("garbage")), ERROR_UNKNOWN_REVISION); /* F-17 */
}

static void tokens(void)
{
    HANDLE token = NULL;
    BYTE room[4000];
    DWORD needed = 0, session = 99, own = 98;
    PTOKEN_USER user = (PTOKEN_USER)room;
    QUIET(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    FAILS(GetTokenInformation(token, TokenUser, NULL, 0, &needed), ERROR_INSUFFICIENT_BUFFER);
    QUIET(GetTokenInformation(token, TokenUser, room, sizeof room, &needed) && IsValidSid(user->User.Sid));
    QUIET(GetTokenInformation(token, TokenSessionId, &session, sizeof session, &needed) && ProcessIdToSessionId(GetCurrentProcessId(), &own) && session == own);
    QUIET(GetTokenInformation(token, TokenGroups, room, sizeof room, &needed));
    {
        TOKEN_GROUPS *groups = (TOKEN_GROUPS *)(void *)room;
        DWORD i, everyone = 0;
        for (i = 0; i < groups->GroupCount; i++)
            everyone += IsWellKnownSid(groups->Groups[i].Sid, WinWorldSid) && (groups->Groups[i].Attributes & SE_GROUP_ENABLED) != 0;
        EXPECT(groups->GroupCount > 0 && everyone == 1);
    }
    QUIET(GetTokenInformation(token, TokenPrivileges, room, sizeof room, &needed));
    {
        TOKEN_PRIVILEGES *privileges = (TOKEN_PRIVILEGES *)(void *)room;
        DWORD i, notify = 0;
        for (i = 0; i < privileges->PrivilegeCount; i++)
            notify += privileges->Privileges[i].Luid.LowPart == 23 && privileges->Privileges[i].Luid.HighPart == 0
                && (privileges->Privileges[i].Attributes & SE_PRIVILEGE_ENABLED) != 0;
        EXPECT(needed == sizeof(DWORD) + privileges->PrivilegeCount * sizeof(LUID_AND_ATTRIBUTES) && notify == 1);
    }
    QUIET(GetTokenInformation(token, TokenOwner, room, sizeof room, &needed) && GetTokenInformation(token, TokenPrimaryGroup, room, sizeof room, &needed));
    QUIET(GetTokenInformation(token, TokenDefaultDacl, room, sizeof room, &needed) && GetTokenInformation(token, TokenElevation, room, sizeof room, &needed));
    EXPECT(needed == sizeof(TOKEN_ELEVATION) && ((TOKEN_ELEVATION *)(void *)room)->TokenIsElevated <= 1);
    QUIET(GetTokenInformation(token, TokenIntegrityLevel, room, sizeof room, &needed) && IsValidSid(user->User.Sid));
    FAILS(GetTokenInformation(token, (TOKEN_INFORMATION_CLASS)99, room, sizeof room, &needed), ERROR_INVALID_PARAMETER);
    FAILS(GetTokenInformation(GetCurrentProcess(), TokenUser, room, sizeof room, &needed), ERROR_INVALID_HANDLE);
    CloseHandle(token);
    FAILS(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, (PHANDLE)(DWORD_PTR)16), ERROR_NOACCESS);
}

/* N-70 to N-76 */
static void private_namespaces(void)
{
    HANDLE boundary = CreateBoundaryDescriptor(TEXT("boundary of a test"), 0), space, second, mapping;
    PSID world = NULL;
    FAILS(CreateBoundaryDescriptor(NULL, 0), ERROR_INVALID_PARAMETER);
    EXPECT(boundary != NULL && ConvertStringSidToSid(TEXT("WD"), &world));
    QUIET(AddSIDToBoundaryDescriptor(&boundary, world));
    FAILS(AddIntegrityLabelToBoundaryDescriptor(&boundary, world), ERROR_INVALID_PARAMETER);
    FAILS(OpenPrivateNamespace(boundary, TEXT("alias")), ERROR_PATH_NOT_FOUND);
    FAILS(CreateMutex(NULL, FALSE, TEXT("alias\\one")), ERROR_PATH_NOT_FOUND);
    space = CreatePrivateNamespace(NULL, boundary, TEXT("alias"));
    EXPECT(space != NULL);
    FAILS(CreatePrivateNamespace(NULL, boundary, TEXT("other")), ERROR_ALREADY_EXISTS);
    mapping = CreateFileMapping(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 10, TEXT("alias\\one"));
    EXPECT(mapping != NULL && GetLastError() == 0);
    FAILS(OpenFileMapping(FILE_MAP_READ, FALSE, TEXT("one")), ERROR_FILE_NOT_FOUND);
    second = OpenFileMapping(FILE_MAP_READ, FALSE, TEXT("alias\\one"));
    EXPECT(second != NULL && CompareObjectHandles(mapping, second));
    CloseHandle(second);
    CloseHandle(mapping);
    FAILS(ClosePrivateNamespace(space, 2), ERROR_INVALID_PARAMETER);
    FAILS(ClosePrivateNamespace((HANDLE)0x4444440, 0), ERROR_INVALID_HANDLE);
    EXPECT(ClosePrivateNamespace(space, PRIVATE_NAMESPACE_FLAG_DESTROY));
    FAILS(OpenPrivateNamespace(boundary, TEXT("alias")), ERROR_PATH_NOT_FOUND);
    DeleteBoundaryDescriptor(boundary);
    FAILS(AddSIDToBoundaryDescriptor(&boundary, world), ERROR_INVALID_HANDLE);
    LocalFree(world);
}

int _tmain(void)
{
    sids();
    lists_and_descriptors();
    objects();
    tokens();
    private_namespaces();
    printf("%d failures\n", failures);
    return failures != 0;
}

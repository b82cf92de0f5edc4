//! Random values for property tests.

use super::sid::Sid;
use super::{AccessMask, Ace, AceBody, AceFlags, Acl, Control, Dacl, SecurityDescriptor};
use proptest::prelude::*;

pub(super) fn any_sid() -> impl Strategy<Value = Sid> {
    let numbers = prop::collection::vec(any::<u32>(), 0..=15);
    prop_oneof![
        prop::sample::select(SOME.to_vec()),
        (0..1_u64 << 48, numbers).prop_map(|(authority, numbers)| Sid::new(authority, &numbers).unwrap()),
    ]
}

const SOME: [Sid; 8] = [
    Sid::EVERYONE,
    Sid::LOCAL_SYSTEM,
    Sid::ADMINISTRATORS,
    Sid::INTERACTIVE,
    Sid::OWNER_RIGHTS,
    Sid::unix_user(1000),
    Sid::unix_group(100),
    Sid::ALL_APPLICATION_PACKAGES,
];

fn any_mask() -> impl Strategy<Value = AccessMask> {
    prop_oneof![
        any::<u32>(),
        (0..32_u32).prop_map(|shift| 1_u32 << shift),
        0..64_u32
    ]
    .prop_map(AccessMask)
}

fn any_flags() -> impl Strategy<Value = AceFlags> {
    any::<u8>().prop_map(|bits| AceFlags::from_bits_retain(bits & 0xDF))
}

pub(super) fn any_plain_ace() -> impl Strategy<Value = Ace> {
    (any_flags(), any_mask(), any_sid(), any::<bool>()).prop_map(|(flags, mask, sid, allow)| Ace {
        flags,
        body: if allow {
            AceBody::Allow { mask, sid }
        } else {
            AceBody::Deny { mask, sid }
        },
    })
}

fn any_sacl_ace() -> impl Strategy<Value = Ace> {
    let audit = (any_mask(), any_sid()).prop_map(|(mask, sid)| AceBody::Audit { mask, sid });
    let label = (0..16_u32, any::<u32>()).prop_map(|(policy, level)| AceBody::MandatoryLabel {
        policy: AccessMask(policy),
        sid: Sid::integrity(level),
    });
    (any_flags(), prop_oneof![audit, label]).prop_map(|(flags, body)| Ace { flags, body })
}

fn any_opaque_ace() -> impl Strategy<Value = Ace> {
    let ace_type = prop_oneof![3..=16_u8, 18..=255_u8];
    (
        any::<u8>(),
        ace_type,
        prop::collection::vec(any::<[u8; 4]>(), 0..6),
    )
        .prop_map(|(flags, ace_type, words)| Ace {
            flags: AceFlags::from_bits_retain(flags),
            body: AceBody::Opaque {
                ace_type,
                bytes: words.concat(),
            },
        })
}

pub(super) fn any_acl() -> impl Strategy<Value = Acl> {
    prop::collection::vec(
        prop_oneof![4 => any_plain_ace(), 2 => any_sacl_ace(), 1 => any_opaque_ace()],
        0..8,
    )
    .prop_map(Acl::from)
}

fn acl_of(ace: impl Strategy<Value = Ace>) -> impl Strategy<Value = Acl> {
    prop::collection::vec(ace, 0..8).prop_map(Acl::from)
}

fn descriptor(
    dacl: impl Strategy<Value = Acl>,
    sacl: impl Strategy<Value = Acl>,
) -> impl Strategy<Value = SecurityDescriptor> {
    let dacl = prop_oneof![1 => Just(Dacl::Absent), 1 => Just(Dacl::Null), 4 => dacl.prop_map(Dacl::List)];
    let sid = || prop::option::of(any_sid());
    (any::<u16>(), sid(), sid(), dacl, prop::option::of(sacl)).prop_map(
        |(control, owner, group, dacl, sacl)| SecurityDescriptor {
            control: Control::from_bits_truncate(control),
            owner,
            group,
            dacl,
            sacl,
        },
    )
}

pub(super) fn any_descriptor() -> impl Strategy<Value = SecurityDescriptor> {
    descriptor(any_acl(), any_acl())
}

/// Descriptors that have a text.
pub(super) fn any_printable_descriptor() -> impl Strategy<Value = SecurityDescriptor> {
    descriptor(acl_of(any_plain_ace()), acl_of(any_sacl_ace())).prop_map(|mut sd| {
        let defaulted = Control::OWNER_DEFAULTED
            | Control::GROUP_DEFAULTED
            | Control::DACL_DEFAULTED
            | Control::SACL_DEFAULTED;
        sd.control.remove(defaulted);
        if sd.dacl == Dacl::Absent {
            sd.control.remove(
                Control::DACL_PROTECTED | Control::DACL_AUTO_INHERIT_REQ | Control::DACL_AUTO_INHERITED,
            );
        }
        if sd.sacl.is_none() {
            sd.control.remove(
                Control::SACL_PROTECTED | Control::SACL_AUTO_INHERIT_REQ | Control::SACL_AUTO_INHERITED,
            );
        }
        sd
    })
}

/// Few SIDs and small masks, so that ACEs meet each other and the tokens of tests.
pub(super) fn any_small_acl(sids: &'static [Sid]) -> impl Strategy<Value = Acl> {
    let ace = (
        prop::sample::select(sids.to_vec()),
        0..64_u32,
        any::<bool>(),
        0..4_u8,
        any::<bool>(),
    )
        .prop_map(|(sid, low, standard, inherit_only, allow)| {
            let mask = AccessMask(low | if standard { 0x6_0000 } else { 0 });
            let flags = if inherit_only == 0 {
                AceFlags::INHERIT_ONLY
            } else {
                AceFlags::empty()
            };
            Ace {
                flags,
                body: if allow {
                    AceBody::Allow { mask, sid }
                } else {
                    AceBody::Deny { mask, sid }
                },
            }
        });
    prop::collection::vec(ace, 0..7).prop_map(Acl::from)
}

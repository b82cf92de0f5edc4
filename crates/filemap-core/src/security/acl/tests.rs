use super::*;
use crate::error::Win32Code;
use crate::security::arbitrary::any_acl;
use alloc::string::ToString;
use alloc::vec;
use proptest::prelude::*;

fn mask() -> AccessMask {
    AccessMask(6)
}

#[test]
fn the_binary_form_is_the_one_of_windows() {
    let acl = Acl::from([Ace::deny(AccessMask(2), Sid::EVERYONE)]);
    let want = [
        2, 0, 28, 0, 1, 0, 0, 0, // revision, 0, size 28, one ACE, 0
        1, 0, 20, 0, 2, 0, 0, 0, // deny, no flags, size 20, mask 2
        1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, // S-1-1-0
    ];
    assert_eq!(acl.to_bytes().unwrap(), want);
}

#[test]
fn the_canonical_order_is_explicit_deny_allow_then_inherited_deny_allow() {
    //
    let inherited = |ace: Ace| ace.with_flags(AceFlags::INHERITED);
    let (a, d) = (Ace::allow(mask(), Sid::USERS), Ace::deny(mask(), Sid::GUESTS));
    let right = Acl::from([
        d.clone(),
        d.clone(),
        a.clone(),
        inherited(d.clone()),
        inherited(a.clone()),
    ]);
    assert_eq!(right.check_canonical(), Ok(()));
    let late_deny = Acl::from([a.clone(), a.clone(), d.clone()]);
    assert_eq!(
        late_deny.check_canonical(),
        Err(OutOfOrder { index: 2, after: 0 })
    );
    let late_explicit = Acl::from([d, inherited(a.clone()), a]);
    assert_eq!(
        late_explicit.check_canonical(),
        Err(OutOfOrder { index: 2, after: 1 })
    );
    assert_eq!(Acl::empty().check_canonical(), Ok(()));
}

#[test]
fn wrong_bytes_are_refused_with_their_number() {
    // errors.md 1305 and 1336.
    let good = Acl::from([Ace::allow(mask(), Sid::USERS)]).to_bytes().unwrap();
    let spoilt = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        Acl::from_bytes(&bytes).unwrap_err()
    };
    assert_eq!(spoilt(0, 1).code(), Win32Code::UNKNOWN_REVISION);
    assert_eq!(spoilt(0, 5).code(), Win32Code::UNKNOWN_REVISION);
    for (at, byte, why) in [
        (2, 7, "size below the header"),
        (2, 255, "size beyond the bytes"),
        (4, 2, "more ACEs than there are"),
        (10, 2, "an ACE of 2 bytes"),
        (10, 22, "an ACE of 22 bytes"),
        (10, 28, "an ACE beyond the list"),
        (10, 8, "an ACE too short for its SID"),
        (17, 16, "a SID with 16 parts"),
    ] {
        assert_eq!(spoilt(at, byte).code(), Win32Code::INVALID_ACL, "{why}");
    }
    for len in 0..good.len() {
        assert_eq!(
            Acl::from_bytes(&good[..len]).unwrap_err().code(),
            Win32Code::INVALID_ACL,
            "{len} bytes"
        );
    }
}

#[test]
fn a_label_must_carry_an_integrity_level() {
    let mut ace = Ace::mandatory_label(AceBody::NO_WRITE_UP, 0x1000);
    assert_eq!(ace.to_string(), "(ML;;NW;;;LW)");
    ace.body = AceBody::MandatoryLabel {
        policy: AceBody::NO_WRITE_UP,
        sid: Sid::EVERYONE,
    };
    let bytes = Acl::from([ace]).to_bytes().unwrap();
    assert_eq!(
        Acl::from_bytes(&bytes).unwrap_err().code(),
        Win32Code::INVALID_ACL
    );
}

#[test]
fn a_list_of_more_than_64_kib_has_no_binary_form() {
    let acl = Acl::from(vec![Ace::allow(mask(), Sid::USERS); 3000]);
    assert_eq!(acl.to_bytes().unwrap_err().code(), Win32Code::INVALID_ACL);
}

#[test]
fn an_opaque_denial_tells_what_it_may_refuse() {
    // a deny ACE with a condition (type 10) is kept, and nobody can say whom it hits.
    let denial = AceBody::Opaque {
        ace_type: 10,
        bytes: vec![6, 0, 0, 0, 1, 1, 0, 0],
    };
    assert_eq!(
        Ace {
            flags: AceFlags::empty(),
            body: denial
        }
        .unevaluated_denial(),
        Some(AccessMask(6))
    );
    let grant = AceBody::Opaque {
        ace_type: 9,
        bytes: vec![6, 0, 0, 0],
    };
    assert_eq!(
        Ace {
            flags: AceFlags::empty(),
            body: grant
        }
        .unevaluated_denial(),
        None
    );
}

proptest! {
    #[test]
    fn bytes_lead_back(acl in any_acl()) {
        let bytes = acl.to_bytes().unwrap();
        prop_assert_eq!(bytes.len(), acl.len());
        prop_assert_eq!(Acl::len_from_start(bytes[..8].try_into().unwrap()).unwrap(), bytes.len());
        prop_assert_eq!(Acl::from_bytes(&bytes).unwrap(), acl);
    }

    #[test]
    fn spoilt_bytes_never_panic_and_what_is_read_can_be_written(
        acl in any_acl(), at in any::<prop::sample::Index>(), byte: u8,
    ) {
        let mut bytes = acl.to_bytes().unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(acl) = Acl::from_bytes(&bytes) {
            prop_assert_eq!(Acl::from_bytes(&acl.to_bytes().unwrap()).unwrap(), acl);
        }
    }
}

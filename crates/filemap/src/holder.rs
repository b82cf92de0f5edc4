//! An object of any kind that has only its name and its life: for `filemap lab`, which asks how kinds share names.

use crate::namespace::Namespace;
use crate::object::{Draft, Object};
use filemap_core::error::{Error, Op};
use filemap_core::kind::Kind;
use filemap_core::layout::Footer;
use filemap_core::section::PAGE;
use filemap_sys::os::tmpfs::OpenFor;

/// A handle to a named object of any kind.
#[derive(Debug)]
pub struct NameHolder {
    _object: Object,
    existed: bool,
}

impl NameHolder {
    /// Creates an object of this kind, or opens the one that has the name.
    ///
    /// # Errors
    /// 6 if another kind has the name where kinds share names (P-32); 127 for a kind that the platform does not have
    /// (P-31); those of the name.
    pub fn create(space: &Namespace, kind: Kind, name: &str) -> Result<NameHolder, Error> {
        let op = Op::Create(kind.name());
        let profile = space.profile();
        let mut footer = Footer::new(kind, PAGE);
        footer.platform = profile.number();
        let draft = Draft {
            footer,
            commit: true,
            disk: None,
            contents: None,
            copy_of: None,
        };
        let (object, created) = match space.resolve(op, kind, name)? {
            Some(place) => {
                Object::create(space, op, name, &place, OpenFor::Writing, draft).map_err(|e| e.on(profile))?
            }
            None => (Object::unnamed(op, draft)?, true),
        };
        Ok(NameHolder {
            _object: object,
            existed: !created,
        })
    }

    /// True if the object existed before.
    #[must_use]
    pub fn already_existed(&self) -> bool {
        self.existed
    }
}

//! What the options of all synchronisation objects share.

/// The public options that every kind has.
macro_rules! object_options {
    ($options:ident, $type:ident, $kind:ident) => {
        impl $options {
            /// Looks the name up in this name space instead of the process's.
            pub fn namespace(mut self, space: &crate::Namespace) -> Self {
                self.request.space = Some(space.clone());
                self
            }

            /// Rights to ask for when opening; the handle has exactly these (O-10). All rights of the kind by default.
            pub fn access(mut self, access: crate::AccessMask) -> Self {
                self.request.access = access;
                self
            }

            /// Who may open the object (SECURITY_ATTRIBUTES, A-5); ignored if it exists (O-4).
            pub fn security(mut self, descriptor: &crate::security::SecurityDescriptor) -> Self {
                self.request.security = Some(crate::words::Given::Descriptor(std::sync::Arc::new(
                    descriptor.clone(),
                )));
                self
            }

            /// The same as SDDL text; a mistake in it is told with its position by the call that uses it.
            pub fn sddl(mut self, text: &str) -> Self {
                self.request.security = Some(crate::words::Given::Sddl(text.into()));
                self
            }

            /// Whether children inherit the handle (O-21).
            pub fn inherit(mut self, inherit: crate::Inherit) -> Self {
                self.request.inherit = inherit;
                self
            }

            /// Opens the object that has the name.
            ///
            /// # Errors
            /// `ERROR_FILE_NOT_FOUND` (2) if nobody holds it, `ERROR_PATH_NOT_FOUND` (3) for an unknown prefix,
            /// `ERROR_ACCESS_DENIED` (5) for rights that are not granted or not known, `ERROR_INVALID_HANDLE` (6) if another
            /// kind of object has the name.
            #[track_caller]
            pub fn open(&self, name: &str) -> Result<$type, crate::Error> {
                self.open_wtf8(name.as_bytes())
            }

            /// `open` for a name in WTF-8: see [`FileMappingOptions::create_wtf8`](crate::FileMappingOptions::create_wtf8).
            ///
            /// # Errors
            /// As `open`.
            #[track_caller]
            pub fn open_wtf8(&self, name: &[u8]) -> Result<$type, crate::Error> {
                Ok($type {
                    handle: crate::named::Handle::open(&self.request, crate::Kind::$kind, name)?,
                })
            }

            /// `create` for a name in WTF-8: see [`FileMappingOptions::create_wtf8`](crate::FileMappingOptions::create_wtf8).
            ///
            /// # Errors
            /// As `create`.
            #[track_caller]
            pub fn create_wtf8(&self, name: &[u8]) -> Result<$type, crate::Error> {
                self.made(name)
            }

            /// Creates the object, and fails if the name exists (183; O-67).
            ///
            /// # Errors
            /// As `create`, and `ERROR_ALREADY_EXISTS` (183).
            #[track_caller]
            pub fn create_new(&self, name: &str) -> Result<$type, crate::Error> {
                let made = self.create(name)?;
                match made.already_existed() {
                    true => Err(crate::Error::new(
                        crate::Op::Create(crate::Kind::$kind.name()),
                        name,
                        crate::Why::NameExists,
                    )),
                    false => Ok(made),
                }
            }

            /// Opens the object if it exists, with the access asked for; else creates it.
            ///
            /// # Errors
            /// As `open` and `create`.
            #[track_caller]
            pub fn open_or_create(&self, name: &str) -> Result<$type, crate::Error> {
                match self.open(name) {
                    Err(e) if *e.why() == crate::Why::NameNotFound => self.create(name),
                    other => other,
                }
            }

            /// Creates an object without a name.
            ///
            /// # Errors
            /// As `create`.
            #[track_caller]
            pub fn create_unnamed(&self) -> Result<$type, crate::Error> {
                self.create("")
            }
        }
    };
}

pub(crate) use object_options;

//! The security descriptor of an open object: asked, read, changed.

use super::Object;
use super::footer::footer_of;
use crate::namespace::Namespace;
use crate::refusal;
use crate::security::{self, AccessMask, GiveAway, SecurityDescriptor, SecurityInformation};
use filemap_core::error::{Error, Op, Why};
use filemap_core::kind::Kind;
use filemap_core::layout::Footer;
use filemap_core::section::PAGE;
use filemap_sys::os::tmpfs::{Facts, OpenFor};
use filemap_sys::os::{ofd_lock, tmpfs};
use std::os::fd::AsFd;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// How long a change of security waits for another that has stopped in the middle.
const PATIENCE: Duration = Duration::from_secs(5);

impl Object {
    /// Rights that were granted when the object was opened.
    pub(crate) fn granted(&self) -> AccessMask {
        self.granted
    }

    fn caller(&self) -> Namespace {
        self.caller.clone().unwrap_or_else(Namespace::of_user)
    }

    /// The footer as it is now, and the user of the object's file. An unnamed object's is its creator's.
    fn footer_now(&self, op: Op) -> Result<(Footer, u32), Error> {
        let failed = |e| refusal::system(op, &self.full_name, e);
        let Some(handle) = &self.handle else {
            let mut footer = (*self.footer).clone();
            if let Some(changed) = &self.changed {
                footer
                    .descriptor
                    .clone_from(&changed.lock().unwrap_or_else(PoisonError::into_inner));
            }
            let creator = footer.creator.uid;
            return Ok((footer, creator));
        };
        let owner = tmpfs::stat(handle.file.as_fd()).map_err(failed)?.st_uid;
        match footer_of(&handle.file) {
            Ok(footer) => Ok((footer, owner)),
            Err(why) => Err(Error::new(op, &*self.full_name, why)),
        }
    }

    /// Asks the object's descriptor for rights that a handle does not have yet (O-26).
    pub(crate) fn check(&self, op: Op, rights: AccessMask) -> Result<AccessMask, Error> {
        let (footer, owner) = self.footer_now(op)?;
        security::check(op, &self.full_name, &self.caller(), &footer, owner, rights)
    }

    /// The descriptor as it is now.
    pub(crate) fn descriptor(&self, op: Op) -> Result<SecurityDescriptor, Error> {
        let (footer, owner) = self.footer_now(op)?;
        security::descriptor_of(&footer, owner)
            .map(Arc::unwrap_or_clone)
            .map_err(|e| e.during(op).about(&*self.full_name))
    }

    /// Puts parts of `new` in place of the descriptor's own.
    ///
    /// A plain object gets a footer. Then the file's permissions change, then the footer: whoever dies between leaves an object that opens only to those
    /// whom both let in. The footer's last page is written by one call, which the kernel finishes once it has begun; a
    /// reader that sees half of it finds that the checksum does not fit and reads again. Writers take turns by a lock.
    pub(crate) fn change_descriptor(
        &self,
        op: Op,
        what: SecurityInformation,
        new: &SecurityDescriptor,
    ) -> Result<(), Error> {
        let named = |e: Error| e.during(op).about(&*self.full_name);
        let token = self.caller().token();
        let Some(handle) = &self.handle else {
            let whole = self
                .descriptor(op)?
                .changed(new, what, &token, self.footer.kind)
                .map_err(named)?;
            let bytes = whole.to_self_relative().map_err(named)?;
            if !self.footer.data_in_file() {
                let creator = self.footer.creator.uid;
                security::apply(self.data.as_fd(), &whole, self.footer.kind, GiveAway::Anybody)
                    .map_err(|e| security::not_owner(op, &self.full_name, e, creator))?;
            }
            if let Some(changed) = &self.changed {
                *changed.lock().unwrap_or_else(PoisonError::into_inner) = bytes;
            }
            return Ok(());
        };
        let owner = tmpfs::stat(handle.file.as_fd()).map_or(0, |s| s.st_uid);
        let refused = |e| security::not_owner(op, &self.full_name, e, owner);
        let own = tmpfs::reopen(handle.file.as_fd(), OpenFor::Writing).map_err(refused)?;
        let since = Instant::now();
        while !ofd_lock::set(own.as_fd(), ofd_lock::SECURITY_BYTE, ofd_lock::Lock::Exclusive)
            .map_err(refused)?
        {
            if since.elapsed() > PATIENCE {
                return Err(Error::new(op, &*self.full_name, Why::NameBusy));
            }
            std::thread::yield_now();
        }
        let (mut footer, owner) = self.footer_now(op)?;
        let before = footer.clone();
        let old = before.to_bytes();
        let sd = security::descriptor_of(&footer, owner)
            .and_then(|sd| sd.changed(new, what, &token, footer.kind))
            .map_err(named)?;
        footer.descriptor = sd.to_self_relative().map_err(named)?;
        let bytes = footer.to_bytes();
        let page = PAGE as usize;
        if bytes.len() != old.len() || bytes[..bytes.len() - page] != old[..old.len() - page] {
            let path = footer.file.as_ref().map_or(0, |f| f.path.len());
            return Err(Error::new(
                op,
                &*self.full_name,
                Why::SecurityTooLong {
                    needed: footer.name.len() + path + footer.descriptor.len(),
                    room: page - filemap_core::layout::HEADER_LEN,
                },
            ));
        }
        let shared_global = handle
            .place
            .as_ref()
            .is_some_and(|(directory, _)| directory.is_shared() && directory.path().ends_with("Global"));
        let give_away = match shared_global && footer.kind == Kind::FileMapping {
            true => GiveAway::WhoMayCreateGlobal,
            false => GiveAway::Anybody,
        };
        let facts = Facts::of(own.as_fd()).map_err(refused)?;
        if facts.is_plain() {
            tmpfs::give_footer(own.as_fd(), &facts, &before).map_err(refused)?;
        }
        security::apply(own.as_fd(), &sd, footer.kind, give_away).map_err(refused)?;
        let last = footer.offset() + (bytes.len() - page) as u64;
        tmpfs::replace_footer(own.as_fd(), &bytes[bytes.len() - page..], last).map_err(refused)
    }
}

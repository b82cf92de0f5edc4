//! `filemap can`.

use super::caller::{Rights, Who, open_mask, write_lines};
use super::explain::wrong;
use super::words::Mask;
use crate::Place;
use crate::failure::{Failure, output};
use crate::ui::json;
use filemap::security::{Permission, kernel_permission, limits};
use filemap::{Error, Op, Why, inspect};
use serde::Serialize;
use std::io;
use std::process::ExitCode;

/// Says whether a user may have this access to an object: by its descriptor, and by the kernel
///
/// Exit status 0 if both let the user in, 1 if not. The name is looked up as that user would, in his own session.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  filemap create 'Global\\\\frames' --size 4096 --for 5s & filemap can root 'Global\\\\frames' read\n  filemap can root 'Global\\\\frames' all --json"
)]
pub(crate) struct Can {
    /// User of this machine, by name or number
    user: String,
    /// Name of the object
    name: String,
    /// Access: read, write, read|write, all, 0x6
    #[arg(value_parser = Mask::parse)]
    mask: Mask,
    /// The user's session [default: his own]
    #[arg(long = "in-session", value_name = "N")]
    in_session: Option<u32>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Answer {
    user: String,
    object: String,
    can: bool,
    /// What the descriptor says.
    rights: Rights,
    /// What file permissions let the user do, whatever program he uses.
    kernel: &'static str,
    owner: String,
    mode: String,
    /// What of the descriptor the kernel does not enforce.
    limits: Vec<String>,
}

impl Can {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let space = place.namespace()?;
        let who =
            Who::of_user(&self.user, self.in_session).map_err(|what| wrong("ask about", &self.name, what))?;
        let failed = |why| Failure::Call(Error::new(Op::OpenFileMapping, self.name.as_str(), why));
        let object = inspect::find(&space.with_session(who.session), &self.name)?;
        let object = object.ok_or_else(|| failed(Why::NameNotFound))?;
        let asked = open_mask(object.kind, self.mask.bits, who.profile);
        let rights = Rights::of(&object.security, &who.token, object.kind, asked);
        let needed = filemap::core::security::posix::permission_for(
            object.kind,
            filemap::security::AccessMask(asked),
            filemap::core::security::posix::Waiting::Writes,
        );
        let kernel = kernel_permission(&object.path, who.uid.unwrap_or(0))
            .map_err(crate::failure::on_file("look at", &object.path, "lgetxattr"))?;
        let answer = Answer {
            user: who.words.clone(),
            object: object.name_for(&space),
            can: rights.is_granted() && kernel >= needed,
            rights,
            kernel: match kernel {
                Permission::None => "nothing",
                Permission::Read => "read",
                Permission::ReadWrite => "read and write",
            },
            owner: filemap::security::user_name(object.owner),
            mode: format!("{:03o}", object.mode),
            limits: limits(&object.security, object.kind, object.owner)
                .iter()
                .map(ToString::to_string)
                .collect(),
        };
        let mut out = io::stdout().lock();
        match self.json {
            true => json(&mut out, &answer)?,
            false => {
                let mut lines = vec![
                    ("who", answer.user.clone()),
                    (
                        "object",
                        format!(
                            "{}, file of user {}, mode {}",
                            answer.object, answer.owner, answer.mode
                        ),
                    ),
                    ("can", if answer.can { "yes".into() } else { "no".into() }),
                ];
                lines.extend(answer.rights.lines());
                lines.push((
                    "kernel",
                    format!(
                        "lets the user {}",
                        match answer.kernel {
                            "nothing" => "do nothing with the file",
                            other => other,
                        }
                    ),
                ));
                lines.extend(answer.limits.iter().map(|limit| ("limit", limit.clone())));
                write_lines(&mut out, &lines).map_err(output)?;
            }
        }
        Ok(if answer.can {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

//! `filemap why`.

use super::caller::{KindWord, Rights, Who, open_mask, write_lines};
use super::explain::wrong;
use super::words::{Mask, protection};
use crate::Place;
use crate::failure::{Failure, output};
use crate::ui::json;
use filemap::core::explain::{Args, Call, lint};
use filemap::core::name::{self, Target};
use filemap::core::security::new_object::descriptor_of_new_object;
use filemap::core::why::{Caller, Existing, Request, Verdict, replay};
use filemap::security::SecurityDescriptor;
use filemap::{Directory, Kind, list};
use serde::Serialize;
use std::io;
use std::process::ExitCode;

/// Replays a call for a name as somebody else: where it looks, what it finds, what is granted and why
///
/// On paper, unless --live is given: then the objects are those of this machine. On paper a LocalSystem service has made
/// the object under the plain name, with default security; --made-as, --made-by and --sddl change that. Users are system,
/// service, standard, admin, filtered (an administrator before elevation), low, or a user of this machine.
#[derive(clap::Args)]
#[command(after_help = r"Examples:
  filemap why MaartensMap --as session=1,user=standard,platform=vista --access all
  filemap why 'Global\MaartensMap' --as session=1,platform=xp --access all --made-as 'Global\MaartensMap'
  filemap why 'Global\frames' --as user=standard --access 'read|write' --made-as 'Global\frames' --sddl 'D:(A;;GA;;;SY)(A;;0x6;;;IU)'
  filemap why 'Local\frames' --live --access all --json")]
pub(crate) struct Why {
    /// Name as the caller gives it
    name: String,
    /// Who calls: session=N,user=U,platform=P, each optional
    #[arg(long = "as", value_name = "WHO", value_parser = Who::parse)]
    who: Option<Who>,
    /// Access that an open asks for: all, read|write, FILE_MAP_READ, 0x6
    #[arg(long, value_parser = Mask::parse, default_value = "read")]
    access: Mask,
    /// Replay a Create* instead of an Open*
    #[arg(long)]
    create: bool,
    /// Page protection of a created file mapping
    #[arg(long, value_parser = protection, default_value = "readwrite")]
    protect: u32,
    /// Kind of object that is asked for
    #[arg(long, value_enum, default_value = "mapping")]
    kind: KindWord,
    /// Ask the objects of this machine
    #[arg(long, conflicts_with_all = ["made_as", "made_by", "sddl", "nothing"])]
    live: bool,
    /// Name under which the object was made [default: NAME without prefix]
    #[arg(long, value_name = "NAME")]
    made_as: Option<String>,
    /// Who made it
    #[arg(long, value_name = "WHO", value_parser = Who::parse, default_value = "user=system,session=0")]
    made_by: Who,
    /// Security that its creator gave
    #[arg(long, value_name = "SDDL")]
    sddl: Option<String>,
    /// Nobody has made any object
    #[arg(long)]
    nothing: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// An object as it is, or as it would be.
struct Object {
    directory: Directory,
    leaf: String,
    kind: Kind,
    /// Unknown if the caller of this command may not look.
    sd: Option<SecurityDescriptor>,
}

#[derive(Serialize)]
pub(crate) struct Answer {
    who: String,
    /// Which objects there are: those of this machine, or what is on paper.
    among: String,
    call: &'static str,
    looked_up: Option<String>,
    code: u32,
    result: String,
    why: String,
    remedy: String,
    elsewhere: Vec<String>,
    rights: Option<Rights>,
    notes: Vec<String>,
    clauses: Vec<&'static str>,
}

impl Answer {
    /// Whether the call would give an error.
    pub(crate) fn failed(&self) -> bool {
        !matches!(self.code, 0 | 183)
    }
}

impl Why {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let who = match (&self.who, self.live) {
            (Some(who), _) => who.clone(),
            (None, true) => myself(place)?,
            (None, false) => Who::parse("").map_err(|what| wrong("replay", &self.name, what))?,
        };
        let kind = self.kind.kind();
        let objects = if self.live {
            live(place)?
        } else {
            self.on_paper(kind)?
        };
        let request = match self.create {
            true => Request::Create {
                protect: self.protect,
            },
            false => Request::Open {
                access: self.access.bits,
            },
        };
        let mut answer = ask(
            &self.name,
            kind,
            request,
            &who,
            &objects,
            Some(&self.access.written),
        );
        if !self.live {
            answer.among = self.paper(&objects);
        }
        let mut out = io::stdout().lock();
        match self.json {
            true => json(&mut out, &answer)?,
            false => tell(&mut out, &answer).map_err(output)?,
        }
        Ok(if answer.failed() {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        })
    }

    /// What is on paper, in words.
    fn paper(&self, objects: &[Object]) -> String {
        let Some(object) = objects.first() else {
            return "no object at all, on paper (--live: those of this machine)".into();
        };
        let security = match self.sddl {
            Some(_) => "the SDDL given",
            None => "default security",
        };
        format!(
            r"one on paper: {}\{}, made by {}, with {security} (--live: those of this machine)",
            object.directory.kernel_path(),
            object.leaf,
            self.made_by.words,
        )
    }

    /// The object that somebody has made on paper.
    fn on_paper(&self, kind: Kind) -> Result<Vec<Object>, Failure> {
        if self.nothing {
            return Ok(Vec::new());
        }
        let plain = self.name.rsplit('\\').next().unwrap_or(&self.name);
        let made_as = self.made_as.as_deref().unwrap_or(plain);
        let maker = &self.made_by;
        let failed = |why| {
            Failure::Call(filemap::Error::new(
                filemap::Op::Other("make on paper"),
                made_as,
                why,
            ))
        };
        let (directory, leaf) =
            match name::resolve(made_as, kind, maker.session, maker.profile).map_err(failed)? {
                Target::Object { directory, leaf } => (directory, leaf.to_text().into_owned()),
                Target::Unnamed => return Ok(Vec::new()),
            };
        let given = self
            .sddl
            .as_deref()
            .map(str::parse::<SecurityDescriptor>)
            .transpose()?;
        let sd = descriptor_of_new_object(given.as_ref(), &maker.token, kind, &[])?;
        Ok(vec![Object {
            directory,
            leaf,
            kind,
            sd: Some(sd),
        }])
    }
}

/// What the answer calls the objects that are really there.
const LIVE: &str = "the objects of this machine";

/// The person who runs this command, as the library sees him.
fn myself(place: &Place) -> Result<Who, Failure> {
    let uid = rustix::process::geteuid().as_raw();
    let session = place.namespace()?.session();
    Who::of_user(&uid.to_string(), Some(session)).map_err(|what| wrong("replay", &uid.to_string(), what))
}

/// The objects of this machine.
fn live(place: &Place) -> Result<Vec<Object>, Failure> {
    let listing = list::list(&place.namespace()?)?;
    let denied = listing.oddities.into_iter().filter_map(|odd| match odd.why {
        // Its kind can't be known; most are file mappings.
        filemap::Why::EntryDenied { .. } => odd.named.map(|(directory, leaf)| Object {
            directory,
            leaf,
            kind: Kind::FileMapping,
            sd: None,
        }),
        _ => None,
    });
    let mut objects: Vec<Object> = denied.collect();
    objects.extend(listing.objects.into_iter().map(|object| Object {
        directory: object.directory,
        leaf: object.name,
        kind: object.kind,
        sd: Some((*object.security).clone()),
    }));
    Ok(objects)
}

/// [`replay`] among the objects of this machine, for `doctor`.
pub(crate) fn ask_live(place: &Place, name: &str, access: &Mask) -> Result<Answer, Failure> {
    let request = Request::Open { access: access.bits };
    Ok(ask(
        name,
        Kind::FileMapping,
        request,
        &myself(place)?,
        &live(place)?,
        Some(&access.written),
    ))
}

fn ask(
    name: &str,
    kind: Kind,
    request: Request,
    who: &Who,
    objects: &[Object],
    written: Option<&str>,
) -> Answer {
    let caller = Caller {
        session: who.session,
        profile: who.profile,
        create_global: who.create_global(),
    };
    let existing: Vec<Existing<'_>> = objects
        .iter()
        .map(|object| Existing {
            directory: object.directory,
            leaf: &object.leaf,
            kind: object.kind,
        })
        .collect();
    let mut rights = None;
    let lacking = |found: &Existing<'_>, asked: u32| {
        let is_it =
            |o: &&Object| (o.directory, o.leaf.as_str(), o.kind) == (found.directory, found.leaf, found.kind);
        let Some(sd) = objects.iter().find(is_it).and_then(|o| o.sd.as_ref()) else {
            return asked;
        };
        // MAXIMUM_ALLOWED was spelt out as everything; the descriptor says what that is.
        let asked = match request {
            Request::Open { access } if access & 0x0200_0000 != 0 => open_mask(kind, access, who.profile),
            _ => asked,
        };
        let told = Rights::of(sd, &who.token, kind, asked);
        let missing =
            filemap::security::access_check(sd, &who.token, kind, filemap::security::AccessMask(asked))
                .map_or_else(|denial| denial.missing.0, |_| 0);
        rights = Some(told);
        missing
    };
    let Verdict {
        looked_up,
        code,
        sentence,
        remedy,
        elsewhere,
        clauses,
    } = replay(name, kind, request, &caller, &existing, lacking);
    let call = match request {
        Request::Create { .. } => "create",
        Request::Open { .. } => "open",
    };
    let notes = match request {
        Request::Open { access } if kind == Kind::FileMapping => {
            let args = Args {
                access: Some(access),
                name: Some(Some(name)),
                ..Args::default()
            };
            lint(Call::OpenFileMapping, &args, written)
                .into_iter()
                .map(|l| format!("{} ({})", l.words, l.clause))
                .collect()
        }
        _ => Vec::new(),
    };
    Answer {
        who: who.words.clone(),
        among: LIVE.into(),
        call,
        looked_up,
        code: code.0,
        result: if code.0 == 0 {
            "success".into()
        } else {
            code.to_string()
        },
        why: sentence,
        remedy,
        elsewhere: elsewhere.into_iter().map(|(_, path)| path).collect(),
        rights,
        notes,
        clauses: clauses.to_vec(),
    }
}

pub(crate) fn tell(out: &mut dyn io::Write, answer: &Answer) -> io::Result<()> {
    let mut lines = vec![
        ("who", answer.who.clone()),
        ("among", answer.among.clone()),
        (
            "looked up",
            answer
                .looked_up
                .clone()
                .unwrap_or_else(|| "nothing: the name leads nowhere".into()),
        ),
        ("result", answer.result.clone()),
        ("why", answer.why.clone()),
    ];
    if !answer.remedy.is_empty() {
        lines.push(("remedy", answer.remedy.clone()));
    }
    lines.extend(answer.elsewhere.iter().map(|path| ("also at", path.clone())));
    if let Some(rights) = &answer.rights {
        lines.extend(rights.lines());
    }
    lines.extend(answer.notes.iter().map(|note| ("note", note.clone())));
    lines.push(("clauses", answer.clauses.join(", ")));
    write_lines(out, &lines)
}

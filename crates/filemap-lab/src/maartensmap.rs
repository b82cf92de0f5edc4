//! The story that began it all, replayed: a service creates `MaartensMap`, and a user's program looks for it, finds error
//! 2, then error 5 (N-60..N-67).
//!
//! Expected is what the specification's table of that story says, column by column. Path, result and reason come from
//! processes: the service in session 0, and the user where that Windows puts the user. If the lab is root, the service is
//! root (LocalSystem) and the user another user of the machine, so that the security descriptor decides; else both are
//! one user, and the steps about descriptors are left out.
//!
//! The path that a call looks up is seen in the file system and not asked of the library: the same process creates an
//! event under a name next to it, and the lab looks in which directory the event appears. That is how the author of the
//! story found out, too (N-62).

use crate::actor::{Ask, Told};
use crate::checks::{FILE_MAP_READ, FILE_MAP_WRITE, READWRITE, close, memory};
use crate::print::{push_lines, table, verdict};
use crate::stage::{LabError, Stage};
use filemap::core::profile;
use serde::Serialize;

/// `FILE_MAP_ALL_ACCESS`.
const ALL_ACCESS: u32 = 0xF_001F;
const GLOBAL_PATH: &str = r"\BaseNamedObjects\MaartensMap";
const SESSION_1_PATH: &str = r"\Sessions\1\BaseNamedObjects\MaartensMap";

/// One step in one column of Windows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The clause, `N-60` to `N-67`.
    pub clause: &'static str,
    /// The column: which Windows, and which user.
    pub column: &'static str,
    /// What is called, and by whom.
    pub call: &'static str,
    /// The path that was looked up; empty if the name led to none.
    pub path: String,
    /// The path that the specification's table says; empty for none.
    pub expected_path: String,
    /// What the specification's table says.
    pub expected: String,
    /// What came of it.
    pub measured: String,
    /// Why, in one sentence.
    pub because: String,
    /// Whether path and result are as expected.
    pub ok: bool,
}

/// One column of the table.
struct Column {
    name: &'static str,
    profile: &'static str,
    /// How many users logged on before this one.
    logon: u32,
    /// N-61: whether the plain name leads the user to the service's object.
    plain_is_found: bool,
    /// N-62: the path of the server's object when the server runs in the user's session.
    own_path: &'static str,
    /// N-63, N-64: what `Global\` gives: 0 if it leads to the service's object.
    global: u32,
    /// N-67: creating in `Global\` without privilege.
    create_global: u32,
}

/// The columns of namespaces.md section 7, with the versions that it tells apart.
const COLUMNS: &[Column] = &[
    Column {
        name: "XP, first user",
        profile: "xp",
        logon: 0,
        plain_is_found: true,
        own_path: GLOBAL_PATH,
        global: 0,
        create_global: 0,
    },
    Column {
        name: "XP, second user by fast user switching",
        profile: "xp",
        logon: 1,
        plain_is_found: false,
        own_path: SESSION_1_PATH,
        global: 0,
        create_global: 5,
    },
    Column {
        name: "XP before SP2, second user",
        profile: "xp-sp1",
        logon: 1,
        plain_is_found: false,
        own_path: SESSION_1_PATH,
        global: 0,
        create_global: 0,
    },
    Column {
        name: "2000 SP4 without Terminal Services",
        profile: "win2000",
        logon: 0,
        plain_is_found: true,
        own_path: GLOBAL_PATH,
        global: 0,
        create_global: 0,
    },
    Column {
        name: "NT 4",
        profile: "nt4",
        logon: 0,
        plain_is_found: true,
        own_path: GLOBAL_PATH,
        global: 3,
        create_global: 3,
    },
    Column {
        name: "Server 2003, remote user",
        profile: "server2003",
        logon: 1,
        plain_is_found: false,
        own_path: SESSION_1_PATH,
        global: 0,
        create_global: 5,
    },
    Column {
        name: "Vista, Server 2008",
        profile: "vista",
        logon: 0,
        plain_is_found: false,
        own_path: SESSION_1_PATH,
        global: 0,
        create_global: 5,
    },
    Column {
        name: "7",
        profile: "win7",
        logon: 0,
        plain_is_found: false,
        own_path: SESSION_1_PATH,
        global: 0,
        create_global: 5,
    },
    Column {
        name: "10, 11",
        profile: "nt",
        logon: 0,
        plain_is_found: false,
        own_path: SESSION_1_PATH,
        global: 0,
        create_global: 5,
    },
];

const SERVICE: usize = 0;
const USER: usize = 1;
/// The server's code, run in the user's session.
const SERVER_OF_USER: usize = 2;
const PLAIN: &str = "MaartensMap";
const GLOBAL: &str = r"Global\MaartensMap";

/// Replays the story in every column.
///
/// # Errors
/// If the lab itself does not work.
pub fn maartensmap() -> Result<Vec<Step>, LabError> {
    let mut steps = Vec::new();
    for column in COLUMNS {
        let profile = profile::named(column.profile).map_err(|e| LabError::Actor(e.to_string()))?;
        let mut scene = Scene {
            column,
            stage: Stage::new(profile)?,
            probes: 0,
            steps: &mut steps,
        };
        scene.play()?;
    }
    Ok(steps)
}

struct Scene<'a> {
    column: &'static Column,
    stage: Stage,
    /// How often the lab has looked where a name leads.
    probes: usize,
    steps: &'a mut Vec<Step>,
}

/// One call of a step: who, what and what the specification says of it.
struct Call<'a> {
    clause: &'static str,
    who: usize,
    call: &'static str,
    name: &'a str,
    expected: String,
    path: &'static str,
}

impl Scene<'_> {
    fn play(&mut self) -> Result<(), LabError> {
        let column = self.column;
        let logon = format!("logon:{}", column.logon);
        self.stage.service(SERVICE);
        self.stage.user(USER, 0, &logon)?;
        self.stage.user(SERVER_OF_USER, 0, &logon)?;
        let at_service = |name| Call {
            clause: "",
            who: SERVICE,
            call: "",
            name,
            expected: result(0),
            path: GLOBAL_PATH,
        };

        let told = self.stage.ask(SERVICE, create("service", PLAIN))?;
        let call = Call {
            clause: "N-60",
            call: "service creates MaartensMap",
            ..at_service(PLAIN)
        };
        self.step(call, &told)?;

        let told = self.open(PLAIN, ALL_ACCESS)?;
        let (expected, path) = match column.plain_is_found {
            true => (FOUND.to_owned(), GLOBAL_PATH),
            false => (result(2), SESSION_1_PATH),
        };
        let call = Call {
            clause: "N-61",
            who: USER,
            call: "user opens MaartensMap with all access",
            name: PLAIN,
            expected,
            path,
        };
        self.step(call, &told)?;

        // The service is stopped, and its program started by the user.
        self.stage.ask(SERVICE, close("service"))?;
        let told = self.stage.ask(SERVER_OF_USER, create("own", PLAIN))?;
        let call = Call {
            clause: "N-62",
            who: SERVER_OF_USER,
            call: "server run by the user creates MaartensMap",
            name: PLAIN,
            expected: result(0),
            path: column.own_path,
        };
        self.step(call, &told)?;
        self.stage.ask(SERVER_OF_USER, close("own"))?;

        let told = self.stage.ask(SERVICE, create("service", GLOBAL))?;
        let path = if column.global == 0 { GLOBAL_PATH } else { "" };
        let call = Call {
            clause: "N-63",
            call: r"service creates Global\MaartensMap",
            expected: result(column.global),
            path,
            ..at_service(GLOBAL)
        };
        self.step(call, &told)?;

        let told = self.open(GLOBAL, ALL_ACCESS)?;
        let expected = match column.global {
            0 if self.stage.has_users() => result(5), // default security: SYSTEM all, Administrators read
            0 => FOUND.to_owned(),
            code => result(code),
        };
        let call = Call {
            clause: "N-64",
            who: USER,
            call: r"user opens Global\MaartensMap with all access",
            name: GLOBAL,
            expected,
            path,
        };
        self.step(call, &told)?;
        if self.stage.has_users() {
            self.descriptors_decide()?;
        }

        let told = self.stage.ask(USER, create("x", r"Global\X"))?;
        let path = match column.global {
            0 => r"\BaseNamedObjects\X",
            _ => "",
        };
        let call = Call {
            clause: "N-67",
            who: USER,
            call: r"user without privilege creates Global\X",
            name: r"Global\X",
            expected: result(column.create_global),
            path,
        };
        self.step(call, &told)
    }

    /// N-65 and N-66, which need two users.
    fn descriptors_decide(&mut self) -> Result<(), LabError> {
        // Where there is no Global\, the plain name leads everybody to one place.
        let name = match self.column.global {
            0 => GLOBAL,
            _ => {
                self.stage.ask(SERVICE, create("service", PLAIN))?;
                PLAIN
            }
        };
        let told = self.open(name, FILE_MAP_READ)?;
        let call = Call {
            clause: "N-65",
            who: USER,
            call: "user, no administrator, opens it for reading only",
            name,
            expected: result(5),
            path: GLOBAL_PATH,
        };
        self.step(call, &told)?;

        self.stage.ask(SERVICE, close("service"))?;
        let mut guarded = create("service", name);
        if let Ask::Create { sddl, .. } = &mut guarded {
            *sddl = Some("D:(A;;GA;;;SY)(A;;GRGW;;;IU)".to_owned());
        }
        self.stage.ask(SERVICE, guarded)?;
        let told = self.open(name, FILE_MAP_READ | FILE_MAP_WRITE)?;
        let call = Call {
            clause: "N-66",
            who: USER,
            call: "user opens it to read and write after D:(A;;GA;;;SY)(A;;GRGW;;;IU)",
            name,
            expected: "opened".to_owned(),
            path: GLOBAL_PATH,
        };
        self.step(call, &told)
    }

    fn open(&mut self, name: &str, access: u32) -> Result<Told, LabError> {
        let ask = Ask::Open {
            object: "opened".to_owned(),
            name: name.to_owned(),
            access,
        };
        let told = self.stage.ask(USER, ask)?;
        if told.code == 0 {
            self.stage.ask(USER, close("opened"))?;
        }
        Ok(told)
    }

    /// The path that a name leads a process to: where an event appears that it creates next to it.
    fn path_of(&mut self, who: usize, name: &str) -> Result<String, LabError> {
        self.probes += 1;
        let (prefix, leaf) = match name.rsplit_once('\\') {
            Some((prefix, leaf)) => (format!(r"{prefix}\"), leaf),
            None => (String::new(), name),
        };
        let next = format!("{leaf}-{}", self.probes);
        let ask = Ask::Hold {
            kind: filemap::Kind::Event as u8,
            name: format!("{prefix}{next}"),
        };
        match self.stage.code(who, ask)? {
            0 => {
                let places = self.stage.places_of(&next)?.into_iter();
                let paths: Vec<String> = places.map(|place| format!(r"{place}\{leaf}")).collect();
                Ok(paths.join(" and "))
            }
            _ => Ok(String::new()), // the name leads nowhere
        }
    }

    fn step(&mut self, call: Call<'_>, told: &Told) -> Result<(), LabError> {
        let path = self.path_of(call.who, call.name)?;
        let opens = matches!(call.clause, "N-61" | "N-64" | "N-65" | "N-66");
        let measured = match told.code {
            0 | 5 if call.expected == FOUND => FOUND.to_owned(), // which of the two is a later step's matter
            0 if opens => "opened".to_owned(),
            code => result(code),
        };
        let because = self.because(&call, told, &path, opens)?;
        self.steps.push(Step {
            clause: call.clause,
            column: self.column.name,
            call: call.call,
            ok: measured == call.expected && path == call.path,
            path,
            expected_path: call.path.to_owned(),
            expected: call.expected,
            measured,
            because,
        });
        Ok(())
    }

    /// Why it came so, from what is there: where objects are, and what the service's lets whom do.
    fn because(&mut self, call: &Call<'_>, told: &Told, path: &str, opens: bool) -> Result<String, LabError> {
        let leaf = call.name.rsplit('\\').next().unwrap_or(call.name);
        let places = self.stage.places_of(leaf)?.into_iter();
        let places: Vec<String> = places.map(|place| format!(r"{place}\{leaf}")).collect();
        let there = places.join(" and ");
        Ok(match told.code {
            0 | 5 if opens => {
                let object = "service".to_owned();
                let dacl = self.stage.ask(SERVICE, Ask::Dacl { object })?.text;
                let grants = if told.code == 0 { "lets" } else { "does not let" };
                format!(
                    "the service's object is there, and its DACL {dacl} {grants} this user have that access"
                )
            }
            2 => format!("nothing has that name there; the service's object is {there}"),
            0 if told.existed => "something had that name already".to_owned(),
            0 if there == path => "nothing had that name there, and nobody forbids it".to_owned(),
            0 => format!("the object is {there}"),
            _ => told.text.clone(),
        })
    }
}

/// The name leads to the service's object; whether the user may open it, its DACL says.
const FOUND: &str = "found, the DACL decides";

fn result(code: u32) -> String {
    match code {
        0 => "created".to_owned(),
        code => format!("error {code}"),
    }
}

fn create(object: &str, name: &str) -> Ask {
    memory(object, Some(name), 4096, READWRITE)
}

/// All steps as text that fits into `width` columns. Steps that are not as expected begin with `NOT`.
#[must_use]
pub fn steps_to_table(steps: &[Step], width: u16) -> String {
    let or_none = |path: &str| if path.is_empty() { "none" } else { path }.to_owned();
    let mut text = String::new();
    for column in steps.chunk_by(|a, b| a.column == b.column) {
        text.push_str(column[0].column);
        text.push('\n');
        let mut table = table(width, &[5, 6, 10], 1);
        for step in column {
            let mut lines = vec![("", step.call.to_owned())];
            lines.push(("path", or_none(&step.path)));
            if step.path != step.expected_path {
                lines.push(("expected", or_none(&step.expected_path)));
            }
            lines.push(("result", step.measured.clone()));
            if step.measured != step.expected {
                lines.push(("expected", step.expected.clone()));
            }
            lines.push(("because", step.because.clone()));
            for (i, (what, words)) in lines.into_iter().enumerate() {
                match i {
                    0 => table.add_row([verdict(step.ok), step.clause, "call", &words]),
                    _ => table.add_row(["", "", what, &words]),
                };
            }
        }
        push_lines(&mut text, &table);
        text.push('\n');
    }
    if steps.iter().all(|step| step.clause != "N-65") {
        text.push_str("left out: N-65 and N-66, which need two users: run it as root\n");
    }
    let good = steps.iter().filter(|step| step.ok).count();
    text.push_str(&format!("{good} of {} steps are as expected\n", steps.len()));
    text
}

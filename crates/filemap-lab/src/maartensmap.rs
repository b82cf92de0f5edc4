//! The story that began it all, replayed: a service creates `MaartensMap`, and a user's program looks for it, finds error
//! 2, then error 5 (N-60..N-67).
//!
//! Expected is what the specification's table of that story says, column by column. Path, result and reason come from
//! processes: the service in session 0, and the user where that Windows puts the user. If the lab is root, the service is
//! root (LocalSystem) and the user another user of the machine, so that the security descriptor decides; else both are
//! one user, and the steps about descriptors are left out.

use crate::actor::{Ask, Told};
use crate::checks::{FILE_MAP_READ, FILE_MAP_WRITE, READWRITE, memory};
use crate::stage::{LabError, Stage};
use comfy_table::{Table, presets};
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
            stage: Stage::for_two_users(profile)?,
            steps: &mut steps,
        };
        scene.play()?;
    }
    Ok(steps)
}

struct Scene<'a> {
    column: &'static Column,
    stage: Stage,
    steps: &'a mut Vec<Step>,
}

impl Scene<'_> {
    fn play(&mut self) -> Result<(), LabError> {
        let column = self.column;
        let who = |session, logon| Ask::Become {
            session,
            logon,
            may_create_global: Some(false),
        };
        self.stage.ask(SERVICE, who(Some(0), None))?;
        self.stage.ask(USER, who(None, Some(column.logon)))?;
        self.stage.ask(SERVER_OF_USER, who(None, Some(column.logon)))?;

        let told = self.stage.ask(SERVICE, create("plain", PLAIN))?;
        self.step(
            "N-60",
            SERVICE,
            "service creates MaartensMap",
            PLAIN,
            &told,
            result(0),
            GLOBAL_PATH,
        )?;

        let told = self.open(PLAIN, ALL_ACCESS)?;
        let (wanted, path) = match column.plain_is_found {
            true => (FOUND.to_owned(), GLOBAL_PATH),
            false => (result(2), SESSION_1_PATH),
        };
        self.step("N-61", USER, "user opens MaartensMap", PLAIN, &told, wanted, path)?;

        // The service is stopped, and its program started by the user.
        self.stage.ask(SERVICE, close("plain"))?;
        let told = self.stage.ask(SERVER_OF_USER, create("own", PLAIN))?;
        let call = "server run by the user creates MaartensMap";
        self.step(
            "N-62",
            SERVER_OF_USER,
            call,
            PLAIN,
            &told,
            result(0),
            column.own_path,
        )?;
        self.stage.ask(SERVER_OF_USER, close("own"))?;

        let told = self.stage.ask(SERVICE, create("global", GLOBAL))?;
        let call = r"service creates Global\MaartensMap";
        let path = if column.global == 0 { GLOBAL_PATH } else { "" };
        self.step("N-63", SERVICE, call, GLOBAL, &told, result(column.global), path)?;

        let two_users = self.stage.has_two_users();
        let told = self.open(GLOBAL, ALL_ACCESS)?;
        let wanted = match column.global {
            0 if two_users => result(5), // default security: SYSTEM all, Administrators read
            0 => FOUND.to_owned(),
            code => result(code),
        };
        let call = r"user opens Global\MaartensMap with all access";
        self.step("N-64", USER, call, GLOBAL, &told, wanted, path)?;

        if two_users {
            // Where there is no Global\, the plain name leads everybody to one place.
            let (name, path) = match column.global {
                0 => (GLOBAL, GLOBAL_PATH),
                _ => (PLAIN, GLOBAL_PATH),
            };
            if column.global != 0 {
                self.stage.ask(SERVICE, create("global", name))?;
            }
            let told = self.open(name, FILE_MAP_READ)?;
            let call = "user opens it for reading only";
            self.step("N-65", USER, call, name, &told, result(5), path)?;

            self.stage.ask(SERVICE, close("global"))?;
            let mut guarded = create("global", name);
            if let Ask::Create { sddl, .. } = &mut guarded {
                *sddl = Some("D:(A;;GA;;;SY)(A;;GRGW;;;IU)".to_owned());
            }
            self.stage.ask(SERVICE, guarded)?;
            let told = self.open(name, FILE_MAP_READ | FILE_MAP_WRITE)?;
            let call = "user reads and writes after D:(A;;GA;;;SY)(A;;GRGW;;;IU)";
            self.step("N-66", USER, call, name, &told, "opened".to_owned(), path)?;
        }

        let told = self.stage.ask(USER, create("x", r"Global\X"))?;
        let call = r"user without privilege creates Global\X";
        let path = if column.global == 0 {
            r"\BaseNamedObjects\X"
        } else {
            ""
        };
        self.step(
            "N-67",
            USER,
            call,
            r"Global\X",
            &told,
            result(column.create_global),
            path,
        )
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

    #[expect(clippy::too_many_arguments, reason = "the cells of one row")]
    fn step(
        &mut self,
        clause: &'static str,
        who: usize,
        call: &'static str,
        name: &str,
        told: &Told,
        expected: String,
        expected_path: &str,
    ) -> Result<(), LabError> {
        let place = Ask::Where {
            name: name.to_owned(),
        };
        let looked = self.stage.ask(who, place)?;
        let path = if looked.code == 0 {
            looked.text
        } else {
            String::new()
        };
        let opens = matches!(clause, "N-61" | "N-64" | "N-65" | "N-66");
        let measured = match told.code {
            0 | 5 if expected == FOUND => FOUND.to_owned(), // which of the two is a later step's matter
            0 if opens => "opened".to_owned(),
            code => result(code),
        };
        let because = match told.code {
            0 if opens => format!("the service's object is at {path}, and that is where the name leads"),
            0 if told.existed => format!("an object was at {path} already, and the name leads there"),
            0 => format!("the name leads to {path}, and nobody forbids it"),
            _ => told.text.clone(),
        };
        self.steps.push(Step {
            clause,
            column: self.column.name,
            call,
            ok: measured == expected && path == expected_path,
            path,
            expected,
            measured,
            because,
        });
        Ok(())
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

fn close(object: &str) -> Ask {
    Ask::Close {
        object: object.to_owned(),
    }
}

/// All steps as text in columns, and the reason of each below it.
#[must_use]
pub fn steps_to_table(steps: &[Step]) -> String {
    let mut text = String::new();
    for column in steps.chunk_by(|a, b| a.column == b.column) {
        let mut table = Table::new();
        table.load_preset(presets::NOTHING);
        table.set_header([
            "",
            "step",
            "call",
            "path looked up",
            "expected",
            "measured",
            "because",
        ]);
        for step in column {
            table.add_row([
                if step.ok { "ok" } else { "NOT" },
                step.clause,
                step.call,
                &step.path,
                &step.expected,
                &step.measured,
                &step.because,
            ]);
        }
        text.push_str(column[0].column);
        text.push('\n');
        for line in table.lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text.push('\n');
    }
    text
}

//! `filemap top` in a real terminal: keys sent and screens captured by tmux, compared with the snapshots beside this file.
//!
//! `FILEMAP_UPDATE=1` writes the snapshots, and the pictures for the documentation, anew. Clauses I-1, I-2, I-4, I-5.

use filemap_testing::{PrivateRoot, Watchdog, patience, private_root, skip, wait_for};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const FILEMAP: &str = env!("CARGO_BIN_EXE_filemap");

fn has_tmux() -> bool {
    Command::new("tmux")
        .arg("-V")
        .output()
        .is_ok_and(|out| out.status.success())
}

/// A terminal with `filemap top` in it, and some objects to look at.
struct Terminal {
    socket: String,
    root: PrivateRoot,
    keepers: Vec<Child>,
    _watchdog: Watchdog,
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.tmux(&["kill-server"]);
        for keeper in &mut self.keepers {
            let _ = keeper.kill(); // fails if it has ended already
            let _ = keeper.wait();
        }
    }
}

impl Terminal {
    /// Three objects with holders, and the browser on a screen of this size.
    fn start(columns: u32, rows: u32) -> Terminal {
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        let socket = format!(
            "filemap-{}-{}",
            std::process::id(),
            test.len() * 31 + test.bytes().map(usize::from).sum::<usize>()
        );
        let mut terminal = Terminal {
            socket,
            root: private_root(),
            keepers: Vec::new(),
            _watchdog: Watchdog::arm(&test, patience()),
        };
        terminal.keep(&[
            "create",
            r"Local\frames",
            "--size",
            "64K",
            "--text",
            "hello, reader of this memory",
        ]);
        terminal.keep(&["hold", r"Local\frames"]);
        terminal.keep(&["create", r"Local\zoom", "--size", "1M"]);
        terminal.keep(&["event", "create", r"Local\ready", "--manual", "--set"]);
        // What it leaves behind shows whether the terminal is as it was.
        let command =
            format!("'{FILEMAP}' top frames; echo \"status $?\"; stty -a | grep -o ' icanon'; read -r line");
        let size = [columns.to_string(), rows.to_string()];
        let done = terminal.tmux(&[
            "-f",
            "/dev/null",
            "-u",
            "new-session",
            "-d",
            "-x",
            &size[0],
            "-y",
            &size[1],
            &command,
        ]);
        assert!(done, "tmux runs");
        terminal
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("FILEMAP_ROOT", self.root.path())
            .env("FILEMAP_SESSION", "1")
            .env("LC_ALL", "C.UTF-8")
            .env_remove("TMUX")
            .env_remove("NO_COLOR");
        command
    }

    fn keep(&mut self, arguments: &[&str]) {
        let mut command = self.command(FILEMAP);
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        self.keepers.push(child);
        let mut line = String::new();
        while !line.contains(" is ready: ") {
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "{arguments:?}: {line}");
        }
    }

    fn tmux(&self, arguments: &[&str]) -> bool {
        let out = self
            .command("tmux")
            .args(["-L", &self.socket])
            .args(arguments)
            .output()
            .unwrap();
        out.status.success()
    }

    /// The browser's process, as long as it runs.
    fn top(&self) -> Option<rustix::process::Pid> {
        let root = self.root.path().display().to_string();
        let of_ours = |path: &PathBuf| {
            let read = |name: &str| fs::read(path.join(name)).unwrap_or_default();
            let line = String::from_utf8_lossy(&read("cmdline")).replace('\0', " ");
            line.starts_with(&format!("{FILEMAP} top"))
                && String::from_utf8_lossy(&read("environ")).contains(&root)
        };
        let found = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        let pid = found
            .filter(of_ours)
            .find_map(|path| path.file_name()?.to_str()?.parse().ok())?;
        rustix::process::Pid::from_raw(pid)
    }

    fn keys(&self, keys: &[&str]) {
        assert!(self.tmux(&[&["send-keys"], keys].concat()), "{keys:?}");
    }

    fn type_text(&self, text: &str) {
        assert!(self.tmux(&["send-keys", "-l", text]), "{text:?}");
    }

    fn capture(&self, more: &[&str]) -> String {
        let mut command = self.command("tmux");
        command
            .args(["-L", &self.socket, "capture-pane", "-p"])
            .args(more);
        String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
    }

    fn screen(&self) -> String {
        self.capture(&[])
    }

    /// Waits until the screen shows this.
    #[track_caller]
    fn shows(&self, what: &str) {
        let mut last = String::new();
        wait_for(what, || {
            last = self.screen();
            last.contains(what) || {
                if std::env::var_os("FILEMAP_SHOW").is_some() {
                    eprintln!("{last}");
                }
                false
            }
        });
    }

    fn size(&self, columns: u32, rows: u32) {
        let size = [columns.to_string(), rows.to_string()];
        assert!(self.tmux(&["resize-window", "-x", &size[0], "-y", &size[1]]));
    }

    /// The screen without what differs from run to run.
    fn normal(&self) -> String {
        let mut text = self.screen();
        for (n, keeper) in self.keepers.iter().enumerate() {
            text = replace_word(&text, &keeper.id().to_string(), &format!("PID{n}"));
        }
        text = text.replace(&self.root.path().display().to_string(), "ROOT");
        let lines = text.lines().map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            without_rest(&normal_line(&words.join(" ")))
        });
        let mut lines: Vec<String> = lines.collect();
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines.join("\n") + "\n"
    }

    #[track_caller]
    fn is_as_in(&self, name: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/snapshots")
            .join(format!("{name}.txt"));
        if std::env::var_os("FILEMAP_UPDATE").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, self.normal()).unwrap();
            return;
        }
        let want = fs::read_to_string(&path).unwrap();
        let mut last = String::new();
        let same = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait_for(name, || {
                last = self.normal();
                last == want
            });
        }));
        assert!(same.is_ok(), "{name} is\n{last}\nand should be\n{want}");
    }

    /// A picture of the screen for the documentation, if they are to be made anew.
    fn picture(&self, name: &str) {
        if std::env::var_os("FILEMAP_UPDATE").is_some() {
            let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
            let text = self
                .capture(&["-e"])
                .replace(&self.root.path().display().to_string(), "/dev/shm/filemap");
            fs::write(docs.join(format!("{name}.svg")), svg(&text)).unwrap();
        }
    }
}

fn replace_word(text: &str, word: &str, by: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, behind) = (&rest[..at], &rest[at + word.len()..]);
        let inside = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        out.push_str(before);
        let alone = !inside(before.chars().next_back()) && !inside(behind.chars().next());
        out.push_str(if alone { by } else { word });
        rest = behind;
    }
    out + rest
}

/// The title without what depends on other processes.
fn normal_title(line: &str) -> String {
    let (before, behind) = line.split_once(" processes").unwrap_or((line, ""));
    let rest = behind.find(" by ").or_else(|| behind.find(" ? help"));
    format!("{before} processes{}", rest.map_or("", |at| &behind[at..]))
}

/// A line without what is to be seen at its end beside what lies over the screen: where a text that has numbers of processes
/// and times in it is cut off depends on how long they are.
fn without_rest(line: &str) -> String {
    const LONGEST: usize = 6;
    let rest = line
        .strip_suffix("…│")
        .and_then(|line| line.rsplit_once('│'))
        .filter(|(_, rest)| rest.chars().count() < LONGEST);
    rest.map_or_else(|| line.to_owned(), |(before, _)| format!("{before}│…│"))
}

/// A line whose words are one space apart, without numbers of processes and descriptors, addresses, times and accounts.
fn normal_line(line: &str) -> String {
    let mut line = line.to_owned();
    for key in ["created", "security", "state"] {
        // Times, accounts and what is in memory at the moment.
        if let Some((before, behind)) = line.split_once(&format!("{key} ")) {
            let end = behind.find('│').map_or("", |at| &behind[at..]);
            line = format!("{before}{key} …{end}");
        }
    }
    let is_row = line.contains("PID") && line.contains("filemap");
    let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    for at in 0..words.len() {
        if words[at].starts_with("0x7") {
            words[at] = "ADDRESS".to_owned();
        }
        if is_row
            && words[at].contains("filemap")
            && words.get(at + 3).is_some_and(|word| word.starts_with("0x"))
        {
            words[at + 1] = "USER".to_owned();
            words[at + 2] = "N".to_owned();
        }
        if words
            .get(at + 1)
            .is_some_and(|word| word.starts_with("processes"))
        {
            words[at] = "N".to_owned();
        }
    }
    let line = words.join(" ");
    if line.starts_with("filemap top ") {
        return normal_title(&line);
    }
    if line.starts_with("/dev/shm/") {
        return "ROOT".to_owned(); // cut off on a narrow screen
    }
    line
}

/// A screen with its colours as a picture.
fn svg(screen: &str) -> String {
    const WIDTH: f32 = 8.4;
    const HEIGHT: f32 = 18.0;
    let lines: Vec<&str> = screen.lines().collect();
    let mut body = String::new();
    let mut widest = 0;
    for (row, line) in lines.iter().enumerate() {
        let (mut column, mut bold, mut faint, mut reverse, mut colour) =
            (0usize, false, false, false, "#d8dee9");
        let mut rest = *line;
        while !rest.is_empty() {
            if let Some(codes) = rest.strip_prefix("\x1b[") {
                let end = codes.find('m').unwrap_or(0);
                for code in codes[..end].replace("38;5;", "3").split(';') {
                    match code {
                        "" | "0" => (bold, faint, reverse, colour) = (false, false, false, "#d8dee9"),
                        "1" => bold = true,
                        "2" => faint = true,
                        "7" => reverse = true,
                        "31" => colour = "#e06c75",
                        "32" => colour = "#98c379",
                        "33" => colour = "#e5c07b",
                        "39" => colour = "#d8dee9",
                        _ => {}
                    }
                }
                rest = &codes[end + 1..];
                continue;
            }
            let end = rest.find('\x1b').unwrap_or(rest.len());
            let (text, behind) = rest.split_at(end);
            let len = text.chars().count();
            let (x, y) = (column as f32 * WIDTH + 10.0, row as f32 * HEIGHT + 10.0);
            let ink = if reverse { "#1e222a" } else { colour };
            if reverse {
                body.push_str(&format!(
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{HEIGHT}\" fill=\"#d8dee9\"/>\n",
                    len as f32 * WIDTH
                ));
            }
            if !text.trim().is_empty() {
                let escaped = text
                    .replace('&', "&amp;")
                    .replace('<', "&lt;")
                    .replace('>', "&gt;");
                let weight = if bold { " font-weight=\"bold\"" } else { "" };
                let opacity = if faint { " opacity=\"0.6\"" } else { "" };
                body.push_str(&format!(
                    "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{:.1}\" fill=\"{ink}\"{weight}{opacity}>{escaped}</text>\n",
                    y + 13.5,
                    len as f32 * WIDTH
                ));
            }
            column += len;
            widest = widest.max(column);
            rest = behind;
        }
    }
    let (width, height) = (widest as f32 * WIDTH + 20.0, lines.len() as f32 * HEIGHT + 20.0);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" font-family=\"monospace\" \
         font-size=\"14\" xml:space=\"preserve\">\n<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"#1e222a\"/>\n{body}</svg>\n"
    )
}

// I-1, I-2, I-4, I-5
#[test]
fn the_first_screen_has_tree_object_handles_views_and_bytes() {
    if !has_tmux() {
        skip!("needs tmux: apt-get install tmux");
    }
    let terminal = Terminal::start(124, 32);
    terminal.shows("hello, reader of");
    terminal.is_as_in("top-first");
    terminal.picture("top-object");
}

// I-1, I-2: search over all processes
#[test]
fn handles_are_found_across_processes_and_enter_goes_to_the_object() {
    if !has_tmux() {
        skip!("needs tmux: apt-get install tmux");
    }
    let terminal = Terminal::start(126, 24);
    terminal.shows("hello, reader of");
    terminal.keys(&["f"]);
    terminal.type_text("zoom");
    terminal.shows("Find handles and views: 1 of them");
    terminal.is_as_in("top-find");
    terminal.picture("top-find");
    terminal.keys(&["Enter"]);
    terminal.shows("zoom ─");
    terminal.shows("1048576 bytes");
}

// I-1, I-2: as in Process Explorer, whatever the tree shows
#[test]
fn what_closed_directories_and_the_filter_hide_is_found_all_the_same() {
    if !has_tmux() {
        skip!("needs tmux: apt-get install tmux");
    }
    let terminal = Terminal::start(124, 32);
    terminal.shows("hello, reader of");
    // To the directory, and close it.
    terminal.keys(&["Left", "Left"]);
    terminal.shows("> BaseNamedObjects (3)");
    terminal.keys(&["f"]);
    terminal.type_text("zoom");
    terminal.shows("Find handles and views: 1 of them");
    terminal.keys(&["Enter"]);
    terminal.shows("┌ zoom ─");
    terminal.keys(&["/"]);
    terminal.type_text("frames");
    terminal.keys(&["Enter"]);
    terminal.shows("only names with frames");
    terminal.keys(&["f"]);
    terminal.type_text("ready");
    terminal.shows("Find handles and views: 1 of them");
    terminal.keys(&["Enter"]);
    terminal.shows("┌ ready ─");
}

#[test]
fn sorting_filtering_and_help_do_what_the_help_says() {
    if !has_tmux() {
        skip!("needs tmux: apt-get install tmux");
    }
    let terminal = Terminal::start(124, 32);
    terminal.shows("by name");
    terminal.keys(&["s"]);
    terminal.shows("by size");
    let order = |first: &str, second: &str| {
        let screen = terminal.screen();
        let at = |name: &str| {
            screen
                .lines()
                .position(|line| line.starts_with('│') && line[..60].contains(name))
        };
        at(first).is_some_and(|a| at(second).is_some_and(|b| a < b))
    };
    wait_for("the larger before the smaller", || order("zoom", "frames"));
    terminal.keys(&["r"]);
    wait_for("the smaller before the larger", || order("frames", "zoom"));
    terminal.keys(&["/"]);
    terminal.type_text("zo*");
    terminal.shows("show names with: zo*_");
    wait_for("only what is typed", || !terminal.screen().contains("ready "));
    terminal.is_as_in("top-filter");
    terminal.keys(&["Enter"]);
    wait_for("only what is looked for", || {
        let screen = terminal.screen();
        screen.contains("zoom") && !screen.lines().any(|line| line.contains("ready "))
    });
    terminal.keys(&["?"]);
    terminal.shows("find handles and views of all processes");
    terminal.is_as_in("top-help");
    terminal.keys(&["x", "Escape"]);
    wait_for("all of it again", || {
        terminal.screen().lines().any(|line| line.contains("ready "))
    });
}

// the words of the issue: live change marks and history
#[test]
fn bytes_that_change_are_marked_and_counted() {
    if !has_tmux() {
        skip!("needs tmux: apt-get install tmux");
    }
    let terminal = Terminal::start(124, 32);
    terminal.shows("hello, reader of");
    let mut byte = b'A';
    wait_for("a change that is marked and counted", || {
        byte = if byte == b'Z' { b'A' } else { byte + 1 };
        let text = char::from(byte).to_string();
        let done = terminal
            .command(FILEMAP)
            .args(["write", r"Local\frames", "--text", &text])
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
        let screen = terminal.capture(&["-e"]);
        // Yellow is the third of the colours.
        let marked = screen
            .lines()
            .any(|line| line.contains("00000000") && line.contains("38;5;3m"));
        marked
            && screen
                .lines()
                .any(|line| line.contains("/s now") && !line.contains("│0/s now"))
    });
}

#[test]
fn the_mouse_selects_and_scrolls() {
    if !has_tmux() {
        skip!("needs tmux: apt-get install tmux");
    }
    let terminal = Terminal::start(124, 32);
    terminal.shows("hello, reader of");
    let row = terminal
        .screen()
        .lines()
        .position(|line| line[..60].contains("zoom"))
        .unwrap()
        + 1;
    terminal.type_text(&format!("\x1b[<0;10;{row}M"));
    terminal.type_text(&format!("\x1b[<0;10;{row}m"));
    terminal.shows("1048576 bytes");
    // The wheel over the bytes.
    terminal.type_text("\x1b[<65;70;26M");
    terminal.shows("00000030 ");
    wait_for("the first line to scroll away", || {
        !terminal.screen().contains("00000000 ")
    });
    terminal.is_as_in("top-mouse");
}

impl Terminal {
    /// The left button, at a place counted from 1, as terminals tell it. Source: xterm's "Control Sequences", SGR mouse.
    fn click(&self, column: usize, row: usize) {
        self.type_text(&format!("\x1b[<0;{column};{row}M"));
        self.type_text(&format!("\x1b[<0;{column};{row}m"));
    }

    /// The line of the screen that has a text in it, from 1.
    #[track_caller]
    fn row_of(&self, what: &str) -> usize {
        self.shows(what);
        let screen = self.screen();
        screen.lines().position(|line| line.contains(what)).unwrap() + 1
    }
}

#[test]
fn what_lies_over_the_screen_has_the_mouse() {
    if !has_tmux() {
        skip!("needs tmux: apt-get install tmux");
    }
    let terminal = Terminal::start(124, 32);
    terminal.shows("hello, reader of");
    // A click into the help closes it, and selects nothing below it.
    terminal.keys(&["?"]);
    let row = terminal.row_of("next or previous part of the screen");
    terminal.click(30, row);
    wait_for("the help to go", || {
        !terminal.screen().contains("next or previous part")
    });
    terminal.shows("┌ frames ─");
    // In a search the first click selects, the second goes there; the wheel moves.
    terminal.keys(&["f"]);
    terminal.type_text("filemap");
    terminal.shows("Find handles and views: 4 of them");
    let row = terminal.row_of(r"handle Local\zoom");
    terminal.click(30, row);
    terminal.is_as_in("top-find-mouse");
    terminal.click(30, row);
    terminal.shows("┌ zoom ─");
    terminal.shows("1048576 bytes");
    // A directory opens and closes with a second click.
    let row = terminal.row_of("v BaseNamedObjects (3)");
    terminal.click(12, row);
    terminal.click(12, row);
    terminal.shows("> BaseNamedObjects (3)");
    terminal.click(12, row);
    terminal.shows("v BaseNamedObjects (3)");
}

#[test]
fn every_size_of_the_terminal_is_survived() {
    if !has_tmux() {
        skip!("needs tmux: apt-get install tmux");
    }
    let terminal = Terminal::start(124, 32);
    terminal.shows("hello, reader of");
    terminal.size(20, 5);
    terminal.shows("too small: 20x5");
    for (columns, rows) in [
        (1, 1),
        (2, 30),
        (200, 2),
        (24, 6),
        (30, 10),
        (90, 7),
        (89, 50),
        (250, 60),
    ] {
        terminal.size(columns, rows);
        wait_for("something on the screen", || !terminal.screen().trim().is_empty());
    }
    terminal.size(60, 16);
    terminal.shows("frames");
    wait_for("all of a narrow screen", || {
        let screen = terminal.screen();
        screen.starts_with("filemap top ") && screen.lines().nth(14).is_some_and(|line| line.starts_with('└'))
    });
    terminal.is_as_in("top-narrow-tree");
    terminal.keys(&["Enter"]);
    terminal.shows("PAGE_READWRITE");
    terminal.is_as_in("top-narrow-object");
    terminal.size(40, 12);
    terminal.shows("64.00 KiB");
    // Half a line, and not a part of one.
    terminal.shows("│00000000  68 65 6c 6c 6f 2c 20 72     │");
    terminal.size(60, 16);
    terminal.shows("PAGE_READWRITE");
    terminal.keys(&["Escape"]);
    terminal.shows("Objects");
    terminal.keys(&["q"]);
    terminal.shows("status 0");
}

#[test]
fn sigterm_leaves_the_terminal_as_it_was() {
    if !has_tmux() {
        skip!("needs tmux: apt-get install tmux");
    }
    let terminal = Terminal::start(124, 32);
    terminal.shows("hello, reader of");
    let pid = terminal.top().expect("it runs");
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    terminal.shows("status 0");
    terminal.shows(" icanon");
    assert!(!terminal.screen().contains("Handles"), "{}", terminal.screen());
}

#[test]
fn it_ends_when_its_terminal_goes() {
    if !has_tmux() {
        skip!("needs tmux: apt-get install tmux");
    }
    let terminal = Terminal::start(124, 32);
    terminal.shows("hello, reader of");
    assert!(terminal.top().is_some());
    terminal.tmux(&["kill-server"]);
    while terminal.top().is_some() {
        std::thread::yield_now(); // the watchdog ends a test that waits for ever
    }
}

// I-13: names that would harm a terminal are shown as escapes
#[test]
fn names_with_escapes_harm_no_screen() {
    if !has_tmux() {
        skip!("needs tmux: apt-get install tmux");
    }
    let mut terminal = Terminal::start(124, 32);
    terminal.keep(&["create", "evil\x1b[31m\x1b]0;owned\x07", "--size", "4096"]);
    terminal.shows("evil");
    let screen = terminal.screen();
    assert!(screen.contains(r"evil\"), "{screen}");
}

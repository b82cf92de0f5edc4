//! `serve` and `client`: the two console programs of the sample (M-63).

use crate::space::{Space, not_found};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Stdio};

/// The lines of the server for a name and a message (M-63).
fn served(name: &str, text: &str) -> [String; 4] {
    [
        format!("The file mapping ({name}) is created"),
        "The file view is mapped".into(),
        "This message is written to the view:".into(),
        format!("\"{text}\""),
    ]
}

fn read(name: &str, text: &str) -> String {
    format!(
        "The file mapping ({name}) is opened\nThe file view is mapped\nRead from the file mapping:\n\"{text}\"\n"
    )
}

/// Starts a server and waits until it has written its message.
fn serve(space: &Space, arguments: &[&str]) -> (Child, BufReader<ChildStdout>, Vec<String>) {
    let mut command = space.filemap(&["serve"]);
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let lines = (&mut out).lines().take(4).map(Result::unwrap).collect();
    (child, out, lines)
}

#[test]
fn server_and_client_print_the_lines_of_the_sample_m63() {
    let space = Space::new();
    let (mut server, mut out, lines) = serve(&space, &[r"Local\SampleMap"]);
    let message = "Message from the first process.";
    assert_eq!(lines, served(r"Local\SampleMap", message));
    // The end of input closes the client, whatever its input is.
    assert_eq!(
        space.ok(&["client", r"Local\SampleMap"]),
        read(r"Local\SampleMap", message)
    );
    // ENTER closes the server.
    server.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    assert_eq!(server.wait().unwrap().code(), Some(0));
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "", "no line more than the sample has");
    space.fails(&["client", r"Local\SampleMap"], &not_found(r"Local\SampleMap"));
}

#[test]
fn the_message_is_free_and_a_shorter_one_replaces_a_longer_one_m61() {
    let space = Space::new();
    let (mut first, _out, lines) = serve(&space, &["greeting", "--text", "Guten Morgen, schöne Welt"]);
    assert_eq!(lines, served("greeting", "Guten Morgen, schöne Welt"));
    assert_eq!(
        space.ok(&["client", "greeting"]),
        read("greeting", "Guten Morgen, schöne Welt")
    );
    let (mut second, _out, lines) = serve(&space, &["greeting", "--text", "Hi"]);
    assert_eq!(lines, served("greeting", "Hi"));
    assert_eq!(space.ok(&["client", "greeting"]), read("greeting", "Hi"));
    for server in [&mut first, &mut second] {
        drop(server.stdin.take());
        assert_eq!(
            server.wait().unwrap().code(),
            Some(0),
            "the end of input closes it"
        );
    }
    let mut said = String::new();
    second.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(
        said,
        "filemap: greeting existed before (ERROR_ALREADY_EXISTS, 183): it keeps its 65536 bytes and PAGE_READWRITE\n"
    );
}

#[test]
fn a_client_in_its_terminal_waits_for_enter() {
    let space = Space::new();
    let (mut server, _out, _) = serve(&space, &["x", "--text", "hello"]);
    let (mut ours, theirs) = crate::lists::terminal(80);
    let mut client = space
        .filemap(&["client", "x"])
        .stdin(theirs)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut asked = String::new();
    BufReader::new(client.stderr.take().unwrap())
        .read_line(&mut asked)
        .unwrap();
    assert_eq!(asked, "filemap: press ENTER to close\n");
    // It has the object open now; the server may go.
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(space.ok(&["read", "x", "--text"]), "hello\n");
    ours.write_all(b"\n").unwrap();
    assert_eq!(client.wait().unwrap().code(), Some(0));
    space.fails(&["read", "x"], &not_found("x"));
}

#[test]
fn a_message_longer_than_the_sample_s_object_gets_a_larger_one() {
    let space = Space::new();
    let text = "long ".repeat(20_000);
    let (mut server, _out, _) = serve(&space, &["x", "--text", &text]);
    assert_eq!(space.ok(&["read", "x", "--text"]), format!("{text}\n"));
    server.kill().unwrap();
    server.wait().unwrap();
}

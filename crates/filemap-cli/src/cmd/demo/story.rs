//! The demo's steps, one function each.

use super::Stage;
use super::process::{Answer, Ask, Part, Ran, Slot, Stop};
use super::report::{Report, Throughput};
use super::ring::{self, Ring};
use crate::failure::on_file;
use crate::sample::{MESSAGE, NAME, SIZE};
use crate::signals::Signals;
use crate::system::{self, Trace};
use filemap::{Escaped, FileMapAccess, FileMapping, Win32Code};
use std::fs::File;
use std::time::{Duration, Instant};

const FILE_NAME: &str = r"Local\SampleFile";
const REPLY: &str = "Message from the second process.";
/// Where the reply goes, behind the first message.
const REPLY_AT: usize = 512;
const EDIT: &[u8] = b"EDITED THROUGH SHARED MEMORY";
/// Messages through the ring.
const MESSAGES: u64 = 100_000;
/// Messages through the ring before its producer is killed.
const BEFORE_THE_KILL: u64 = 10_000;
/// How long the name of a killed process may stay before the demo gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// All steps, in order.
pub(super) fn tell(stage: &Stage, report: &mut Report, signals: &Signals) -> Result<(), Stop> {
    report.preface(&format!(
        "Two processes share memory by its name. Names are in {}, session {}.",
        Escaped(&stage.space.root().display().to_string()),
        stage.space.session()
    ))?;
    let mut teller = Teller {
        stage,
        report,
        signals,
    };
    let mut server = teller.server()?;
    let mut client = teller.client()?;
    teller.both_ways(&mut server, &mut client)?;
    teller.a_file(&mut server, &mut client)?;
    teller.kill_the_server(&mut server, &mut client)?;
    let mut second = teller.split_brain(&mut client)?;
    teller.close(&mut second, &mut client)?;
    drop((server, client, second));
    let mut producer = Part::start("producer", stage)?;
    let mut consumer = Part::start("consumer", stage)?;
    teller.full_speed(&mut producer, &mut consumer)?;
    teller.kill_the_producer(&mut producer, &mut consumer)
}

struct Teller<'a> {
    stage: &'a Stage,
    report: &'a mut Report,
    signals: &'a Signals,
}

impl Teller<'_> {
    fn ask(&mut self, part: &mut Part, ask: &Ask) -> Result<Answer, Stop> {
        let answer = part.ask(ask, self.signals)?;
        for (operation, nanoseconds) in &answer.times {
            self.report
                .took(operation, part.role, Duration::from_nanos(*nanoseconds));
        }
        Ok(answer)
    }

    /// Lets a part print lines, which must be these.
    fn sample(&mut self, part: &mut Part, ask: &Ask, wanted: &[String]) -> Result<(), Stop> {
        let answer = self.ask(part, ask)?;
        for line in &answer.lines {
            self.report.line(line)?;
        }
        match answer.lines == wanted {
            true => Ok(()),
            false => Ok(self
                .report
                .check(false, "these are the lines of Microsoft's sample")?),
        }
    }

    fn server(&mut self) -> Result<Part, Stop> {
        let mut server = Part::start("server", self.stage)?;
        self.report.step(format!(
            "Process {}, the server, creates {} KiB of shared memory and writes into it.",
            server.pid(),
            SIZE / 1024
        ))?;
        let ask = Ask::Serve {
            name: NAME.to_owned(),
            text: MESSAGE.to_owned(),
        };
        let wanted = [
            format!("The file mapping ({NAME}) is created"),
            "The file view is mapped".to_owned(),
            "This message is written to the view:".to_owned(),
            format!("\"{MESSAGE}\""),
        ];
        self.sample(&mut server, &ask, &wanted)?;
        self.report.pause("to start the client", self.signals)?;
        Ok(server)
    }

    fn client(&mut self) -> Result<Part, Stop> {
        let mut client = Part::start("client", self.stage)?;
        self.report.step(format!(
            "Process {}, the client, knows only the name.",
            client.pid()
        ))?;
        let name = NAME.to_owned();
        let wanted = [
            format!("The file mapping ({NAME}) is opened"),
            "The file view is mapped".to_owned(),
            "Read from the file mapping:".to_owned(),
            format!("\"{MESSAGE}\""),
        ];
        self.sample(&mut client, &Ask::Client { name }, &wanted)?;
        self.report.pause("to let the client write back", self.signals)?;
        Ok(client)
    }

    fn both_ways(&mut self, server: &mut Part, client: &mut Part) -> Result<(), Stop> {
        self.report
            .step("Both ways: the client writes back, the server reads it in its own view.".to_owned())?;
        let bytes = REPLY.as_bytes().to_vec();
        let (slot, offset, len) = (Slot::Memory, REPLY_AT, bytes.len());
        self.ask(client, &Ask::Write { slot, offset, bytes })?;
        self.report
            .line(format!("The client writes at byte {REPLY_AT}: \"{REPLY}\""))?;
        let answer = self.ask(server, &Ask::Read { slot, offset, len })?;
        let seen = String::from_utf8_lossy(&answer.bytes).into_owned();
        self.report.line(format!(
            "The server reads at byte {REPLY_AT}: \"{}\"",
            Escaped(&seen)
        ))?;
        self.report.check(
            seen == REPLY,
            "it is the same memory; no byte went through a pipe or a socket",
        )?;
        self.report.pause("to share a file", self.signals)
    }

    fn a_file(&mut self, server: &mut Part, client: &mut Part) -> Result<(), Stop> {
        let path = &self.stage.file;
        let shown = Escaped(&path.display().to_string()).to_string();
        let what = match self.stage.file_is_ours {
            true => "a temporary file that this demo made",
            false => "your file",
        };
        self.report
            .step(format!("A file as shared memory: {what}, {shown}."))?;
        let slot = Slot::File;
        let name = FILE_NAME.to_owned();
        let create = Ask::CreateOnFile {
            name: name.clone(),
            path: path.clone(),
        };
        self.ask(server, &create)?;
        self.ask(client, &Ask::OpenFile { name })?;
        self.report.line(format!(
            "The server maps it as {FILE_NAME}; the client opens that name, not the file."
        ))?;
        let (offset, len) = (0, EDIT.len());
        let before = self.ask(client, &Ask::Read { slot, offset, len })?.bytes;
        let edit = &EDIT[..before.len()];
        self.report.check(
            self.on_disk(edit.len())? == before,
            "the client sees what is on disk",
        )?;
        let edited = self.edit(server, client, edit, &before);
        if edited.is_err() {
            // Whatever went wrong, and if it was only Ctrl-C: the file is not ours to leave changed.
            File::options()
                .write(true)
                .open(path)
                .and_then(|file| system::write_at(&file, &before, 0))
                .map_err(on_file("put back the first bytes of", path, "pwrite"))?;
        }
        edited?;
        for part in [server, client] {
            self.ask(part, &Ask::Unmap { slot })?;
            self.ask(part, &Ask::CloseHandle { slot })?;
        }
        self.report.pause("to kill the server", self.signals)
    }

    /// The server writes `edit` over the first bytes of the file, the client puts `before` back.
    fn edit(&mut self, server: &mut Part, client: &mut Part, edit: &[u8], before: &[u8]) -> Result<(), Stop> {
        let (slot, offset, len) = (Slot::File, 0, edit.len());
        let write = |bytes: &[u8]| Ask::Write {
            slot,
            offset,
            bytes: bytes.to_vec(),
        };
        self.ask(server, &write(edit))?;
        self.report.line(format!(
            "The server writes \"{}\" over the first {len} bytes of its view.",
            Escaped(&String::from_utf8_lossy(edit))
        ))?;
        let seen = self.ask(client, &Ask::Read { slot, offset, len })?.bytes;
        self.report.check(seen == edit, "the client's view shows it")?;
        self.ask(server, &Ask::Flush { slot })?;
        self.report
            .check(self.on_disk(edit.len())? == edit, "the file on disk has it")?;
        // The client puts the old bytes back: sharing goes both ways here, too.
        self.ask(client, &write(before))?;
        self.ask(client, &Ask::Flush { slot })?;
        self.report.check(
            self.on_disk(edit.len())? == before,
            "the client has put the old bytes back: the file is as it was",
        )?;
        Ok(())
    }

    fn on_disk(&self, len: usize) -> Result<Vec<u8>, Stop> {
        let path = &self.stage.file;
        let mut bytes = vec![0; len];
        File::open(path)
            .and_then(|file| system::read_at(&file, &mut bytes, 0))
            .map_err(on_file("read file", path, "pread"))?;
        Ok(bytes)
    }

    fn kill_the_server(&mut self, server: &mut Part, client: &mut Part) -> Result<(), Stop> {
        self.report
            .step("The server is killed: SIGKILL, no chance to clean up.".to_owned())?;
        self.ask(client, &Ask::CloseHandle { slot: Slot::Memory })?;
        self.report.line(
            "The client has closed its handle and keeps its view, so the server has the last handle.",
        )?;
        let entry = self.entry()?;
        let start = Instant::now();
        server.kill()?;
        let error = loop {
            match self.open() {
                Err(e) => break e,
                Ok(_) if start.elapsed() > PATIENCE => {
                    return Err(Stop::Misbehaved(format!(
                        "the name is still there {PATIENCE:?} after its last holder was killed"
                    )));
                }
                Ok(_) => std::thread::yield_now(), // it takes the kernel a moment to close what the server had
            }
        };
        self.report.took("kill to name gone", "demo", start.elapsed());
        let killed = server.wait()?;
        self.report.check(killed, "the server is dead")?;
        self.report.line(format!("Opening the name says: {error}"))?;
        self.report.check(
            error.code() == Win32Code::FILE_NOT_FOUND,
            "the name went with the last handle: error 2, nobody holds an object of that name",
        )?;
        let left = entry.is_none_or(|entry| entry.is_there());
        self.report
            .check(!left, "nothing is left of it in the directory of names")?;
        self.report
            .pause("to see what became of the memory", self.signals)
    }

    /// The object's entry in the directory of names.
    fn entry(&self) -> Result<Option<Trace>, Stop> {
        let (_, leaf) = NAME.split_once('\\').unwrap_or(("", NAME));
        let own = filemap::Directory::of_session(self.stage.space.session());
        Ok(Trace::of(&self.stage.space, own, leaf)?)
    }

    fn open(&self) -> Result<FileMapping, filemap::Error> {
        FileMapping::options()
            .namespace(&self.stage.space)
            .access(FileMapAccess::READ)
            .open(NAME)
    }

    fn split_brain(&mut self, client: &mut Part) -> Result<Part, Stop> {
        self.report
            .step("The memory lives as long as a view of it: two worlds of one name.".to_owned())?;
        let slot = Slot::Memory;
        let read = Ask::Read {
            slot,
            offset: 0,
            len: MESSAGE.len(),
        };
        let old = self.ask(client, &read)?.bytes;
        self.report.check(
            old == MESSAGE.as_bytes(),
            format!("the client's view still works and shows \"{MESSAGE}\""),
        )?;
        let mut second = Part::start("new server", self.stage)?;
        let name = NAME.to_owned();
        self.ask(&mut second, &Ask::Create { name })?;
        let fresh = self.ask(&mut second, &read)?.bytes;
        self.report.check(
            fresh.iter().all(|b| *b == 0),
            format!(
                "a new server, process {}, creates {NAME}: a new object, all zeros, not the old one",
                second.pid()
            ),
        )?;
        let news = b"News".to_vec();
        self.ask(
            &mut second,
            &Ask::Write {
                slot,
                offset: 0,
                bytes: news,
            },
        )?;
        let still = self.ask(client, &read)?.bytes;
        self.report.check(
            still == MESSAGE.as_bytes(),
            "the new server writes \"News\"; the old view does not see it (split brain)",
        )?;
        self.report.line(
            "To stay in touch, the client would have kept its handle: then the name would have stayed, too.",
        )?;
        self.report.pause("to close client and server", self.signals)?;
        Ok(second)
    }

    fn close(&mut self, second: &mut Part, client: &mut Part) -> Result<(), Stop> {
        self.report
            .step("Client and new server unmap their views and close their handles.".to_owned())?;
        let slot = Slot::Memory;
        self.ask(client, &Ask::Unmap { slot })?;
        self.ask(second, &Ask::Unmap { slot })?;
        self.ask(second, &Ask::CloseHandle { slot })?;
        let entry = self.entry()?;
        let gone = self.open().is_err_and(|e| e.code() == Win32Code::FILE_NOT_FOUND);
        self.report.check(
            gone && entry.is_none(),
            "the name is gone (error 2), and so is the memory",
        )?;
        self.report
            .pause("to see a producer and a consumer at full speed", self.signals)
    }

    fn full_speed(&mut self, producer: &mut Part, consumer: &mut Part) -> Result<(), Stop> {
        self.report.step(format!(
            "Full speed: process {} writes messages into {} slots of shared memory, process {} reads them.",
            producer.pid(),
            ring::SLOTS,
            consumer.pid()
        ))?;
        self.report
            .line("A semaphore counts the full slots; an auto-reset event says when there is room again.")?;
        self.ask(consumer, &Ask::MakeRing)?;
        let (partner, messages) = (producer.pid(), MESSAGES);
        consumer.begin(&Ask::Consume { messages, partner })?;
        let partner = consumer.pid();
        producer.begin(&Ask::Produce { messages, partner })?;
        // Whoever failed says so first: the other only ends because of that.
        let wrote = self.ran(producer)?;
        let read = self.ran(consumer)?;
        self.report.check(
            wrote.messages == messages && read.messages == messages && read.wrong == 0,
            format!("all {messages} messages came, whole and in order"),
        )?;
        self.report.went_through(Throughput {
            messages: read.messages,
            bytes: read.messages * ring::MESSAGE as u64,
            nanoseconds: read.nanoseconds,
        })?;
        self.report.pause("to kill the producer", self.signals)
    }

    fn kill_the_producer(&mut self, producer: &mut Part, consumer: &mut Part) -> Result<(), Stop> {
        self.report.step(
            "The producer is killed at full speed; the consumer waits for a full slot or for that."
                .to_owned(),
        )?;
        self.ask(producer, &Ask::CloseRing)?;
        self.ask(consumer, &Ask::MakeRing)?;
        let ring = Ring::open(&self.stage.space)?;
        let (partner, messages) = (producer.pid(), u64::MAX);
        consumer.begin(&Ask::Consume { messages, partner })?;
        let partner = consumer.pid();
        producer.begin(&Ask::Produce { messages, partner })?;
        let start = Instant::now();
        while ring.read()? < BEFORE_THE_KILL {
            if start.elapsed() > PATIENCE {
                return Err(Stop::Misbehaved(format!(
                    "nothing comes through the ring for {PATIENCE:?}"
                )));
            }
            std::thread::yield_now();
        }
        producer.kill()?;
        let read = self.ran(consumer)?;
        producer.wait()?;
        self.report.check(
            read.alone && read.messages >= BEFORE_THE_KILL && read.wrong == 0,
            format!(
                "the consumer has read {} messages, all whole and in order, and knows that no more will come",
                read.messages
            ),
        )?;
        drop(ring);
        self.ask(consumer, &Ask::CloseRing)?;
        Ok(())
    }

    /// What a side of the ring answers.
    fn ran(&mut self, part: &mut Part) -> Result<Ran, Stop> {
        let answer = part.hear(self.signals)?;
        let nothing = || Stop::Misbehaved(format!("the {} does not say how it went", part.role));
        part.succeeded(answer)?.ring.ok_or_else(nothing)
    }
}

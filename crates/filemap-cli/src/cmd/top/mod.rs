//! `filemap top`: the object browser.

mod draw;
mod input;
mod model;

use super::wrong;
use crate::Place;
use crate::failure::Failure;
use crate::ui::is_dumb;
use model::Model;
use ratatui::crossterm::event::{self, DisableMouseCapture, EnableMouseCapture};
use ratatui::crossterm::execute;
use signal_hook::consts::{SIGINT, SIGTERM};
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Browses objects, their holders, views and bytes, live, as Process Explorer and WinObj do
///
/// On the left the tree of directories and objects, on the right what the selected object is, who has handles to it and views
/// of it, and its bytes with what changes marked, and how much changed over the last minute. ? shows the keys; the mouse
/// works, too. It only looks: no handle is kept.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  filemap top frames")]
pub(crate) struct Top {
    /// Time between two looks at the tree and the processes
    #[arg(long, value_name = "TIME", value_parser = crate::bytes::parse_time, default_value = "1s")]
    every: Duration,
    /// Show this name, or the first that has this in it
    name: Option<String>,
    /// Leave the mouse to the terminal, for selecting text
    #[arg(long)]
    no_mouse: bool,
}

/// Time between two looks at the bytes.
const BYTES_EVERY: Duration = Duration::from_millis(100);

impl Top {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let space = place.namespace()?;
        let what = match (io::stdout().is_terminal() && io::stdin().is_terminal(), is_dumb()) {
            (true, false) => None,
            (false, _) => Some("this needs a terminal; see filemap tree and filemap watch"),
            (true, true) => Some(
                "this needs a terminal that can move its cursor, and TERM says dumb; see filemap tree and filemap watch",
            ),
        };
        if let Some(what) = what {
            return Err(wrong("show", "the objects", what));
        }
        let ended = Arc::new(AtomicBool::new(false));
        // Not SIGHUP: a terminal that has gone need not be put in order, and waiting for its input would never end.
        for signal in [SIGTERM, SIGINT] {
            signal_hook::flag::register(signal, Arc::clone(&ended)).map_err(|e| failed(&e))?;
        }
        let mut model = Model::new(space)?;
        if let Some(name) = &self.name {
            model.go_to(name);
        }
        let mut terminal = ratatui::try_init().map_err(|e| failed(&e))?;
        if !self.no_mouse {
            // A terminal without a mouse ignores it.
            let _ = execute!(io::stdout(), EnableMouseCapture);
        }
        let done = self.show(&mut terminal, &mut model, &ended);
        if !self.no_mouse {
            let _ = execute!(io::stdout(), DisableMouseCapture);
        }
        ratatui::restore();
        done.map_err(|e| match e {
            Trouble::Io(e) => failed(&e),
            Trouble::Call(e) => e,
        })?;
        Ok(ExitCode::SUCCESS)
    }

    fn show(
        &self,
        terminal: &mut ratatui::DefaultTerminal,
        model: &mut Model,
        ended: &AtomicBool,
    ) -> Result<(), Trouble> {
        let every = self.every.max(BYTES_EVERY);
        let mut next_look = Instant::now() + every;
        let mut next_bytes = Instant::now();
        while !ended.load(Ordering::Relaxed) && !model.is_over() {
            let now = Instant::now();
            if now >= next_look {
                model.look().map_err(Trouble::Call)?;
                // Very many objects take their time; keys have theirs, too.
                next_look = Instant::now() + every.max(now.elapsed() * 4);
            }
            if now >= next_bytes {
                model.look_at_bytes(now);
                next_bytes = now + BYTES_EVERY;
            }
            terminal
                .draw(|frame| draw::draw(frame, model))
                .map_err(Trouble::Io)?;
            // A signal does not end this wait, so it is short.
            let wait = next_bytes
                .min(next_look)
                .saturating_duration_since(Instant::now());
            let mut more = match event::poll(wait.min(BYTES_EVERY)) {
                Ok(more) => more,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(Trouble::Io(e)),
            };
            while more {
                let event = event::read().map_err(Trouble::Io)?;
                input::take(model, &event);
                more = event::poll(Duration::ZERO).map_err(Trouble::Io)?;
            }
        }
        Ok(())
    }
}

enum Trouble {
    Io(io::Error),
    Call(Failure),
}

fn failed(e: &io::Error) -> Failure {
    Failure::Call(crate::failure::io_error(
        filemap::Op::Other("show on"),
        "the terminal",
        "ioctl",
        e,
    ))
}

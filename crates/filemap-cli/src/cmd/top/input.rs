//! Keys and mouse of the object browser.

use super::model::{Model, Over, Pane};
use ratatui::crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::layout::Position;

/// Lines that a turn of the wheel moves.
const WHEEL: isize = 3;

/// What the keys do, for the help.
pub(super) const KEYS: [(&str, &str); 14] = [
    ("up, down, j, k", "move"),
    ("PgUp, PgDn, Home, End", "move far"),
    (
        "Enter, Space",
        "open or close a directory, follow a link; on a narrow screen, show the object",
    ),
    ("left, right", "close or open a directory"),
    ("Tab, Shift-Tab", "next or previous part of the screen"),
    ("/", "show only names that have a text in them, or match * and ?"),
    (
        "f",
        "find handles and views of all processes by object, program or number",
    ),
    (
        "s, r",
        "sort by name, size, kind, age, holders; the other way round",
    ),
    ("l", "show links, or not"),
    ("g", "in the bytes: back to the first"),
    ("Ctrl-L, F5", "look again and draw anew"),
    ("mouse", "click selects, once more opens; the wheel scrolls"),
    ("?, h, F1", "this help"),
    ("q, Esc, Ctrl-C", "quit"),
];

/// Does what an event asks for.
pub(super) fn take(model: &mut Model, event: &Event) {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => {
            model.message.clear();
            self::key(model, *key);
        }
        Event::Mouse(event) => mouse(model, *event),
        Event::Paste(text) => text.chars().for_each(|c| typed(model, c)),
        _ => {} // a new size is drawn anyway
    }
}

fn key(model: &mut Model, key: KeyEvent) {
    let with_control = key.modifiers.contains(KeyModifiers::CONTROL);
    if with_control && key.code == KeyCode::Char('c') {
        model.quit();
        return;
    }
    match model.over.clone() {
        Over::Help => model.over = Over::Nothing,
        Over::Filter => match key.code {
            KeyCode::Enter => model.over = Over::Nothing,
            KeyCode::Esc => {
                model.filter.clear();
                model.over = Over::Nothing;
                model.look_and_tell();
            }
            KeyCode::Backspace => {
                model.filter.pop();
                model.look_and_tell();
            }
            KeyCode::Char(c) if !with_control => typed(model, c),
            _ => {}
        },
        Over::Find { mut text, mut at } => {
            let found = model.found(&text);
            match key.code {
                KeyCode::Esc => {
                    model.over = Over::Nothing;
                    return;
                }
                KeyCode::Enter => {
                    model.over = Over::Nothing;
                    if let Some(found) = found.get(at) {
                        model.select(&found.path);
                    }
                    return;
                }
                KeyCode::Up => at = at.saturating_sub(1),
                KeyCode::Down => at = (at + 1).min(found.len().saturating_sub(1)),
                KeyCode::Backspace => {
                    text.pop();
                    at = 0;
                }
                KeyCode::Char(c) if !with_control => {
                    typed(model, c);
                    return;
                }
                _ => {}
            }
            model.over = Over::Find { text, at };
        }
        Over::Nothing => command(model, key.code, with_control),
    }
}

/// A character for what is being typed.
fn typed(model: &mut Model, c: char) {
    match &mut model.over {
        Over::Filter => {
            model.filter.push(c);
            model.look_and_tell();
        }
        Over::Find { text, at } => {
            text.push(c);
            *at = 0;
        }
        _ => {}
    }
}

fn command(model: &mut Model, code: KeyCode, with_control: bool) {
    match code {
        KeyCode::Char('q') => model.quit(),
        KeyCode::Esc if model.details => model.details = false,
        KeyCode::Esc if !model.filter.is_empty() => {
            model.filter.clear();
            model.look_and_tell();
        }
        KeyCode::Esc => model.quit(),
        KeyCode::Char('?' | 'h') | KeyCode::F(1) => model.over = Over::Help,
        KeyCode::Char('l') if with_control => model.look_and_tell(),
        KeyCode::F(5) => model.look_and_tell(),
        KeyCode::Char('/') => model.over = Over::Filter,
        KeyCode::Char('f') => {
            model.over = Over::Find {
                text: String::new(),
                at: 0,
            };
        }
        KeyCode::Char('s') => model.next_sort(),
        KeyCode::Char('r') => {
            model.reversed = !model.reversed;
            model.look_and_tell();
        }
        KeyCode::Char('l') => {
            model.with_links = !model.with_links;
            model.look_and_tell();
        }
        KeyCode::Tab => turn(model, 1),
        KeyCode::BackTab => turn(model, Pane::ALL.len() - 1),
        KeyCode::Up | KeyCode::Char('k') => go(model, -1),
        KeyCode::Down | KeyCode::Char('j') => go(model, 1),
        KeyCode::PageUp => go(model, -page(model)),
        KeyCode::PageDown => go(model, page(model)),
        KeyCode::Home | KeyCode::Char('g') => go(model, isize::MIN / 2),
        KeyCode::End | KeyCode::Char('G') => go(model, isize::MAX / 2),
        KeyCode::Enter | KeyCode::Char(' ') => model.toggle(),
        KeyCode::Left | KeyCode::Right if model.focus == Pane::Tree => {
            open_or_close(model, code == KeyCode::Right)
        }
        _ => {}
    }
}

fn turn(model: &mut Model, by: usize) {
    let at = Pane::ALL
        .iter()
        .position(|pane| *pane == model.focus)
        .unwrap_or(0);
    model.focus = Pane::ALL[(at + by) % Pane::ALL.len()];
    model.details = model.focus != Pane::Tree;
}

fn open_or_close(model: &mut Model, open: bool) {
    use super::model::What;
    match model.line().map(|line| &line.what) {
        Some(What::Directory { is_open, .. }) if *is_open != open => model.toggle(),
        Some(What::Directory { .. }) => {}
        _ if !open => {
            // To the directory that it is in.
            let depth = model.line().map_or(0, |line| line.depth);
            let parent = model.lines[..model.tree.at]
                .iter()
                .rposition(|line| line.depth < depth);
            if let Some(parent) = parent {
                model.tree.at = parent;
                model.selected_changed();
            }
        }
        _ => {}
    }
}

fn page(model: &Model) -> isize {
    let shown = match model.focus {
        Pane::Tree => model.tree.shown,
        Pane::Handles => model.handles.shown,
        Pane::Views => model.views.shown,
        Pane::Bytes => 8,
    };
    isize::try_from(shown.max(2) - 1).unwrap_or(1)
}

fn go(model: &mut Model, by: isize) {
    match model.focus {
        Pane::Tree => {
            let len = model.lines.len();
            model.tree.go(by, len);
            model.selected_changed();
        }
        Pane::Handles => {
            let len = model.handle_rows().len();
            model.handles.go(by, len);
        }
        Pane::Views => {
            let len = model.view_rows().len();
            model.views.go(by, len);
        }
        Pane::Bytes => {
            let by = (by as i64).saturating_mul(model.line_len as i64);
            let offset = model.offset.saturating_add_signed(by);
            model.show_byte(offset);
        }
    }
}

/// What lies over the screen has the mouse; `false` if nothing does.
fn mouse_over(model: &mut Model, event: MouseEvent) -> bool {
    let is_click = event.kind == MouseEventKind::Down(MouseButton::Left);
    match model.over.clone() {
        Over::Nothing | Over::Filter => return false,
        Over::Help if is_click => model.over = Over::Nothing,
        Over::Help => {}
        Over::Find { text, at } => {
            let found = model.found(&text);
            let (area, top) = model.found_area;
            let last = found.len().saturating_sub(1);
            let row = top + usize::from(event.row.saturating_sub(area.y));
            let at = match event.kind {
                MouseEventKind::ScrollUp => at.saturating_sub(WHEEL.unsigned_abs()),
                MouseEventKind::ScrollDown => (at + WHEEL.unsigned_abs()).min(last),
                _ if is_click && area.contains(Position::new(event.column, event.row)) && row <= last => {
                    if let Some(again) = found.get(row).filter(|_| row == at) {
                        model.over = Over::Nothing;
                        model.select(&again.path);
                        return true;
                    }
                    row
                }
                _ => at,
            };
            model.over = Over::Find { text, at };
        }
    }
    true
}

fn mouse(model: &mut Model, event: MouseEvent) {
    if mouse_over(model, event) {
        return;
    }
    let at = Position::new(event.column, event.row);
    let Some((pane, area)) = model.areas.iter().find(|(_, area)| area.contains(at)).copied() else {
        return;
    };
    let line = usize::from(event.row.saturating_sub(area.y));
    match event.kind {
        MouseEventKind::ScrollUp | MouseEventKind::ScrollDown => {
            let by = if event.kind == MouseEventKind::ScrollUp {
                -WHEEL
            } else {
                WHEEL
            };
            let before = std::mem::replace(&mut model.focus, pane);
            go(model, by);
            model.focus = before;
        }
        MouseEventKind::Down(MouseButton::Left) => {
            let again = model.focus == pane && pane == Pane::Tree && model.tree.at == model.tree.top + line;
            model.focus = pane;
            match pane {
                Pane::Tree if model.tree.top + line < model.lines.len() => {
                    model.tree.at = model.tree.top + line;
                    model.selected_changed();
                    if again {
                        model.toggle();
                    }
                }
                Pane::Handles => model.handles.at = model.handles.top + line,
                Pane::Views => model.views.at = model.views.top + line,
                _ => {}
            }
        }
        _ => {}
    }
}

//! The screen of the object browser.

use super::input::KEYS;
use super::model::{HISTORY, Line as TreeLine, Model, Over, Pane, What};
use crate::bytes::{bytes_in_a_line, dump_width};
use crate::describe::{age, creator, duration, size};
use crate::ui::{split_at_width, text_width};
use filemap::{Escaped, Kind};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Sparkline};

/// Below this there is no room for anything.
const LEAST: (u16, u16) = (24, 6);
/// From this width on, tree and object stand side by side.
const WIDE: u16 = 90;

fn head() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

fn dim() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

fn changed() -> Style {
    Style::new().fg(Color::Yellow).add_modifier(Modifier::BOLD)
}

fn selected(has_focus: bool) -> Style {
    match has_focus {
        true => Style::new().add_modifier(Modifier::REVERSED),
        false => Style::new().add_modifier(Modifier::UNDERLINED),
    }
}

/// Text that can't harm a terminal, and no longer than its place.
fn fit(text: &str, width: usize) -> String {
    let text = Escaped(text).to_string();
    match text_width(&text) <= width {
        true => text,
        false if width == 0 => String::new(),
        false => format!("{}…", split_at_width(&text, width - 1).0),
    }
}

fn pad(text: &str, width: usize) -> String {
    let text = fit(text, width);
    let missing = width.saturating_sub(text_width(&text));
    format!("{text}{}", " ".repeat(missing))
}

fn pad_left(text: &str, width: usize) -> String {
    let text = fit(text, width);
    let missing = width.saturating_sub(text_width(&text));
    format!("{}{text}", " ".repeat(missing))
}

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, model: &mut Model) {
    let area = frame.area();
    model.areas.clear();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let text = fit(
            &format!("too small: {}x{}", area.width, area.height),
            usize::from(area.width),
        );
        frame.render_widget(Paragraph::new(text), area);
        return;
    }
    let [title, main, status] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(1), Constraint::Length(1)]).areas(area);
    draw_title(frame, model, title);
    if area.width >= WIDE {
        let [left, right] = Layout::horizontal([Constraint::Percentage(33), Constraint::Min(54)]).areas(main);
        draw_tree(frame, model, left);
        draw_object(frame, model, right);
    } else if model.details {
        draw_object(frame, model, main);
    } else {
        draw_tree(frame, model, main);
    }
    draw_status(frame, model, status);
    match model.over.clone() {
        Over::Help => draw_help(frame, main),
        Over::Find { text, at } => draw_find(frame, model, &text, at, main),
        Over::Filter | Over::Nothing => {}
    }
}

fn draw_title(frame: &mut Frame<'_>, model: &Model, area: Rect) {
    let processes = model.usage.processes.len();
    let unseen = match model.usage.unseen.len() {
        0 => String::new(),
        n => format!(", {n} not seen"),
    };
    let text = format!(
        "filemap top  {} objects, {processes} processes{unseen}  by {}{}",
        model.objects(),
        model.sort.name(),
        if model.reversed { " (reversed)" } else { "" }
    );
    let keys = "? help  q quit";
    let width = usize::from(area.width);
    let room = width.saturating_sub(keys.len() + 1);
    let line = match room > 30 {
        true => format!("{} {keys}", pad(&text, room)),
        false => pad(&text, width),
    };
    frame.render_widget(
        Paragraph::new(line).style(Style::new().add_modifier(Modifier::REVERSED)),
        area,
    );
}

fn draw_status(frame: &mut Frame<'_>, model: &Model, area: Rect) {
    let width = usize::from(area.width);
    let text = match &model.over {
        Over::Filter => format!("show names with: {}_", model.filter),
        _ if !model.message.is_empty() => model.message.clone(),
        _ if !model.filter.is_empty() => format!("only names with {} (Esc shows all)", model.filter),
        _ => model.space().root().display().to_string(),
    };
    frame.render_widget(Paragraph::new(fit(&text, width)).style(dim()), area);
}

fn block(title: &str, has_focus: bool) -> Block<'_> {
    let style = if has_focus { head() } else { dim() };
    Block::bordered()
        .title(format!(" {title} "))
        .border_style(style)
        .title_style(style)
}

fn draw_tree(frame: &mut Frame<'_>, model: &mut Model, area: Rect) {
    let has_focus = model.focus == Pane::Tree;
    let block = block("Objects", has_focus);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let window = model.tree.window(model.lines.len(), usize::from(inner.height));
    let width = usize::from(inner.width);
    let lines: Vec<Line<'_>> = window
        .map(|at| {
            let (text, style) = tree_line(&model.lines[at], width);
            match at == model.tree.at {
                true => Line::styled(pad(&text, width), selected(has_focus)),
                false => Line::styled(text, style),
            }
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
    model.areas.push((Pane::Tree, inner));
}

fn tree_line(line: &TreeLine, width: usize) -> (String, Style) {
    let indent = "  ".repeat(line.depth);
    let room = width.saturating_sub(indent.len());
    match &line.what {
        What::Directory { is_open, objects } => {
            let arm = if *is_open { "v" } else { ">" };
            let count = if *objects > 0 {
                format!(" ({objects})")
            } else {
                String::new()
            };
            (
                format!("{indent}{}", fit(&format!("{arm} {}{count}", line.label), room)),
                head(),
            )
        }
        What::Link { target } => (
            format!("{indent}{}", fit(&format!("{} -> {target}", line.label), room)),
            dim(),
        ),
        What::Object(object) => {
            let what = match object.kind {
                Kind::FileMapping => size(object.size),
                kind => kind.name().to_owned(),
            };
            let name_room = room.saturating_sub(text_width(&what) + 1);
            (
                format!("{indent}{} {what}", pad(&line.label, name_room)),
                Style::new(),
            )
        }
        What::Dead => (
            format!("{indent}{}", fit(&format!("{} (dead)", line.label), room)),
            Style::new().fg(Color::Yellow),
        ),
        What::Odd { .. } => (
            format!("{indent}{}", fit(&format!("{} (no object)", line.label), room)),
            Style::new().fg(Color::Red),
        ),
    }
}

fn draw_object(frame: &mut Frame<'_>, model: &mut Model, area: Rect) {
    let lines = facts(model, usize::from(area.width.saturating_sub(2)));
    let about = (lines.len() as u16 + 2).min(area.height);
    let handles = (model.handle_rows().len() as u16 + 3).clamp(4, 8);
    let views = (model.view_rows().len() as u16 + 3).clamp(4, 8);
    // What does not fit is left out from the bottom up, but the focused part is always there.
    let rest = area.height.saturating_sub(about);
    let (handles, views, bytes) = match rest {
        0..4 => (0, 0, rest),
        4..12 => match model.focus {
            Pane::Handles => (rest, 0, 0),
            Pane::Views => (0, rest, 0),
            _ => (0, 0, rest),
        },
        _ => {
            let handles = handles.min(rest / 3);
            let views = views.min(rest / 3);
            (handles, views, rest - handles - views)
        }
    };
    let [facts_area, handle_area, view_area, byte_area] = Layout::vertical([
        Constraint::Length(about),
        Constraint::Length(handles),
        Constraint::Length(views),
        Constraint::Length(bytes),
    ])
    .areas(area);
    let title = model
        .line()
        .map_or_else(String::new, |line| Escaped(&line.label).to_string());
    let title = fit(&title, usize::from(area.width.saturating_sub(6)));
    let block = Block::bordered()
        .title(format!(" {title} "))
        .title_style(head())
        .border_style(dim());
    frame.render_widget(Paragraph::new(lines).block(block), facts_area);
    if handles > 2 {
        draw_handles(frame, model, handle_area);
    }
    if views > 2 {
        draw_views(frame, model, view_area);
    }
    if bytes > 2 {
        draw_bytes(frame, model, byte_area);
    }
}

fn facts(model: &Model, width: usize) -> Vec<Line<'static>> {
    let mut facts: Vec<(&str, String)> = Vec::new();
    match model.line().map(|line| (&line.what, &line.path)) {
        Some((What::Object(object), path)) => {
            facts.push(("path", path.clone()));
            let mut what = object.kind.name().to_owned();
            if object.kind == Kind::FileMapping {
                what = format!(
                    "{what}, {} bytes, {} {}",
                    object.size,
                    object.protection.name(),
                    object.section_names().join(" ")
                );
            }
            facts.push(("what", what));
            if let Some(file) = &object.file {
                facts.push(("file", file.display().to_string()));
            }
            facts.push(("state", model.state.clone()));
            facts.push((
                "created",
                format!("{} ago by {}", duration(age(object)), creator(object)),
            ));
            facts.push(("security", object.security.to_string()));
        }
        Some((What::Directory { .. }, path)) => facts.push(("path", path.clone())),
        Some((What::Link { target }, _)) => facts.push(("leads to", target.clone())),
        Some((What::Dead, path)) => {
            facts.push(("file", path.clone()));
            facts.push((
                "what",
                "its holders have ended; filemap sweep takes it away".to_owned(),
            ));
        }
        Some((What::Odd { why }, path)) => {
            facts.push(("file", path.clone()));
            facts.push(("what", format!("no object: {why}")));
        }
        None => facts.push(("nothing", "there are no objects".to_owned())),
    }
    let fact = |(key, value): (&'static str, String)| {
        Line::from(vec![
            Span::styled(pad(key, 9), dim()),
            Span::raw(fit(&value, width.saturating_sub(9))),
        ])
    };
    facts.into_iter().map(fact).collect()
}

fn draw_handles(frame: &mut Frame<'_>, model: &mut Model, area: Rect) {
    let rows = model.handle_rows();
    let has_focus = model.focus == Pane::Handles;
    let title = format!("Handles ({})", rows.len());
    let block = block(&title, has_focus);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let width = usize::from(inner.width);
    let rights = width.saturating_sub(7 + 1 + 16 + 1 + 10 + 1 + 6 + 1 + 8 + 1);
    let mut lines = vec![Line::styled(
        format!(
            "{} {} {} {} {} {}",
            pad_left("PID", 7),
            pad("PROGRAM", 16),
            pad("USER", 10),
            pad_left("HANDLE", 6),
            pad("ACCESS", 8),
            pad("RIGHTS", rights)
        ),
        head(),
    )];
    let window = model
        .handles
        .window(rows.len(), usize::from(inner.height.saturating_sub(1)));
    for at in window {
        let row = &rows[at];
        let text = format!(
            "{} {} {} {} {} {}",
            pad_left(&row.pid.to_string(), 7),
            pad(&row.program, 16),
            pad(&row.user, 10),
            pad_left(&row.descriptor.to_string(), 6),
            pad(&row.access, 8),
            pad(&row.rights, rights)
        );
        let style = if has_focus && at == model.handles.at {
            selected(true)
        } else {
            Style::new()
        };
        lines.push(Line::styled(text, style));
    }
    frame.render_widget(Paragraph::new(lines), inner);
    let list = Rect {
        y: inner.y + 1,
        height: inner.height.saturating_sub(1),
        ..inner
    };
    model.areas.push((Pane::Handles, list));
}

fn draw_views(frame: &mut Frame<'_>, model: &mut Model, area: Rect) {
    let rows = model.view_rows();
    let has_focus = model.focus == Pane::Views;
    let title = format!("Views ({})", rows.len());
    let block = block(&title, has_focus);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let line = |pid: &str,
                program: &str,
                address: &str,
                len: &str,
                offset: &str,
                protection: &str,
                private: &str| {
        format!(
            "{} {} {} {} {} {} {}",
            pad_left(pid, 7),
            pad(program, 12),
            pad(address, 14),
            pad_left(len, 9),
            pad_left(offset, 7),
            pad(protection, 10),
            pad_left(private, 7)
        )
    };
    let mut lines = vec![Line::styled(
        line(
            "PID",
            "PROGRAM",
            "ADDRESS",
            "LENGTH",
            "OFFSET",
            "PROTECTION",
            "PRIVATE",
        ),
        head(),
    )];
    let window = model
        .views
        .window(rows.len(), usize::from(inner.height.saturating_sub(1)));
    for at in window {
        let row = &rows[at];
        let private = row
            .private
            .map_or_else(|| "?".to_owned(), |bytes| bytes.to_string());
        let protection = row.protection.trim_start_matches("PAGE_");
        let (len, offset) = (row.len.to_string(), row.offset.to_string());
        let text = line(
            &row.pid.to_string(),
            &row.program,
            &row.address,
            &len,
            &offset,
            protection,
            &private,
        );
        let style = if has_focus && at == model.views.at {
            selected(true)
        } else {
            Style::new()
        };
        lines.push(Line::styled(text, style));
    }
    frame.render_widget(Paragraph::new(lines), inner);
    let list = Rect {
        y: inner.y + 1,
        height: inner.height.saturating_sub(1),
        ..inner
    };
    model.areas.push((Pane::Views, list));
}

fn draw_bytes(frame: &mut Frame<'_>, model: &mut Model, area: Rect) {
    let has_focus = model.focus == Pane::Bytes;
    let block = block("Bytes", has_focus);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    model.areas.push((Pane::Bytes, inner));
    if model.bytes.is_none() {
        let text = fit(&model.no_bytes, usize::from(inner.width));
        frame.render_widget(Paragraph::new(text).style(dim()), inner);
        return;
    }
    let history = if inner.height >= 6 { 2 } else { 0 };
    let [dump, spark] = Layout::vertical([Constraint::Min(1), Constraint::Length(history)]).areas(inner);
    let mut lines = Vec::new();
    // A narrow line shows fewer bytes, not parts of sixteen.
    model.line_len = bytes_in_a_line(usize::from(dump.width));
    for n in 0..u64::from(dump.height) {
        let offset = model.offset + n * model.line_len as u64;
        let Some((bytes, marks)) = model.bytes_at(offset) else {
            break;
        };
        lines.push(dump_line(offset, bytes, marks, dump.width, model.line_len));
    }
    frame.render_widget(Paragraph::new(lines), dump);
    if history > 0 {
        let [label, graph] = Layout::horizontal([Constraint::Length(16), Constraint::Min(1)]).areas(spark);
        // The last whole second.
        let last = model.history.iter().rev().nth(1).copied().unwrap_or(0);
        let lines = vec![
            Line::styled("changed bytes", dim()),
            Line::styled(format!("{last}/s now"), dim()),
        ];
        frame.render_widget(Paragraph::new(lines), label);
        let shown = usize::from(graph.width).min(HISTORY);
        let data: Vec<u64> = model.history.iter().skip(HISTORY - shown).copied().collect();
        frame.render_widget(
            Sparkline::default()
                .data(&data)
                .style(Style::new().fg(Color::Green)),
            graph,
        );
    }
}

fn dump_line(offset: u64, bytes: &[u8], marks: [bool; 16], width: u16, len: usize) -> Line<'static> {
    let style = |i: usize| if marks[i] { changed() } else { Style::new() };
    let mut spans = vec![Span::styled(format!("{offset:08x} "), dim())];
    for i in 0..len {
        if i == 8 {
            spans.push(Span::raw(" "));
        }
        spans.push(Span::raw(" "));
        match bytes.get(i) {
            Some(byte) => spans.push(Span::styled(format!("{byte:02x}"), style(i))),
            None => spans.push(Span::raw("  ")),
        }
    }
    if usize::from(width) >= dump_width(len) + 2 + len {
        spans.push(Span::raw("  "));
        for (i, byte) in bytes.iter().enumerate() {
            let c = if (0x20..0x7f).contains(byte) {
                *byte as char
            } else {
                '.'
            };
            spans.push(Span::styled(c.to_string(), style(i)));
        }
    }
    Line::from(spans)
}

/// A place in the middle.
fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}

fn draw_help(frame: &mut Frame<'_>, area: Rect) {
    let place = middle(area, 92, KEYS.len() as u16 + 2);
    let width = usize::from(place.width.saturating_sub(2));
    let lines: Vec<Line<'_>> = KEYS
        .iter()
        .map(|(keys, what)| {
            Line::from(vec![
                Span::styled(pad(keys, 23.min(width)), head()),
                Span::raw(fit(what, width.saturating_sub(23))),
            ])
        })
        .collect();
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(lines).block(block("Keys", true)), place);
}

fn draw_find(frame: &mut Frame<'_>, model: &mut Model, text: &str, at: usize, area: Rect) {
    let found = model.found(text);
    let place = middle(
        area,
        area.width.saturating_sub(8).max(20),
        area.height.saturating_sub(2).max(5),
    );
    let title = format!("Find handles and views: {} of them", found.len());
    let block = block(&title, true);
    let inner = block.inner(place);
    frame.render_widget(Clear, place);
    frame.render_widget(block, place);
    let width = usize::from(inner.width);
    let mut lines = vec![Line::styled(fit(&format!("{text}_"), width), changed())];
    let height = usize::from(inner.height.saturating_sub(1));
    let top = (at + 1).saturating_sub(height);
    let list = Rect {
        y: inner.y + 1,
        height: inner.height.saturating_sub(1),
        ..inner
    };
    model.found_area = (list, top);
    for (i, row) in found.iter().enumerate().skip(top).take(height) {
        let text = format!(
            "{} {} {} {}",
            pad_left(&row.pid.to_string(), 7),
            pad(&row.program, 16),
            pad(row.what, 6),
            fit(&row.name, width.saturating_sub(32))
        );
        let style = if i == at { selected(true) } else { Style::new() };
        lines.push(Line::styled(pad(&text, width), style));
    }
    if text.is_empty() {
        lines.push(Line::styled(
            "type a part of an object's or a program's name, or a process number",
            dim(),
        ));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

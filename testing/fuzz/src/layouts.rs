//! Layouts that a person wrote down for `filemap watch` and `hexdump`, and the bytes that they are laid over.

// The command is no library; its file has no other half in it.
#[allow(dead_code, unreachable_pub, reason = "the command uses the rest")]
#[path = "../../../crates/filemap-cli/src/layout.rs"]
mod command;

/// The text of a layout, and behind the first NUL the bytes of an object.
///
/// # Panics
/// If something is wrong.
pub fn layout(data: &[u8]) {
    let end = data.iter().position(|b| *b == 0).unwrap_or(data.len());
    let (text, object) = (&data[..end], &data[end..]);
    let Ok(layout) = command::Layout::parse(&String::from_utf8_lossy(text)) else {
        return;
    };
    assert!(layout.start() <= layout.end(), "{layout:?}");
    for field in layout.fields.iter().take(1000) {
        for (i, name) in field.names().take(100).enumerate() {
            assert!(name.starts_with(&field.name));
            let bytes = field.bytes(i, object, layout.start());
            assert!(bytes.is_empty() || bytes.len() == field.len);
            let _ = field.value(bytes);
        }
    }
}

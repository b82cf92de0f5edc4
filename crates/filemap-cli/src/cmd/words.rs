//! Numbers, masks and protections as people write them.

use filemap::Page;

/// An access mask: a number, or words joined by `|`, `+` or `,`.
#[derive(Clone, Debug)]
pub(crate) struct Mask {
    pub(crate) bits: u32,
    /// As it was written: only a name tells PAGE_READWRITE from FILE_MAP_READ.
    pub(crate) written: String,
}

impl Mask {
    pub(crate) fn parse(text: &str) -> Result<Mask, String> {
        let mut bits = 0;
        for word in text
            .split(['|', '+', ','])
            .map(str::trim)
            .filter(|word| !word.is_empty())
        {
            bits |= bits_of(word)?;
        }
        Ok(Mask {
            bits,
            written: text.to_owned(),
        })
    }
}

fn bits_of(word: &str) -> Result<u32, String> {
    let lower = word.to_ascii_lowercase();
    if let Some(number) = number(&lower) {
        return Ok(number);
    }
    const NAMES: &[(&str, u32)] = &[
        ("read", 0x4),
        ("write", 0x2),
        ("copy", 0x1),
        ("execute", 0x20),
        ("all", 0xF_001F),
        ("all_access", 0xF_001F),
        ("maximum_allowed", 0x200_0000),
        ("max", 0x200_0000),
        ("section_query", 0x1),
        ("section_map_write", 0x2),
        ("section_map_read", 0x4),
        ("section_map_execute", 0x8),
        ("section_extend_size", 0x10),
        ("delete", 0x1_0000),
        ("read_control", 0x2_0000),
        ("write_dac", 0x4_0000),
        ("write_owner", 0x8_0000),
        ("synchronize", 0x10_0000),
        ("generic_all", 0x1000_0000),
        ("generic_execute", 0x2000_0000),
        ("generic_write", 0x4000_0000),
        ("generic_read", 0x8000_0000),
        ("modify_state", 0x2),
        ("page_noaccess", 0x1),
        ("page_readonly", 0x2),
        ("page_readwrite", 0x4),
        ("page_writecopy", 0x8),
        ("page_execute", 0x10),
        ("page_execute_read", 0x20),
        ("page_execute_readwrite", 0x40),
        ("page_execute_writecopy", 0x80),
    ];
    let bare = lower.strip_prefix("file_map_").unwrap_or(&lower);
    NAMES
        .iter()
        .find(|(name, _)| *name == bare)
        .map(|(_, bits)| *bits)
        .ok_or_else(|| format!("`{word}` is no access right: write read, write, all, FILE_MAP_READ, WRITE_DAC … or a number such as 0x6"))
}

/// A number as people write it, 64 bits.
pub(crate) fn number64(text: &str) -> Option<u64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

fn number(text: &str) -> Option<u32> {
    number64(text).and_then(|n| n.try_into().ok())
}

/// A page protection: a number or a name, with or without `PAGE_`.
pub(crate) fn protection(text: &str) -> Result<u32, String> {
    let upper = text.to_ascii_uppercase();
    let bare = upper.strip_prefix("PAGE_").unwrap_or(&upper);
    let named = [
        Page::READONLY,
        Page::READWRITE,
        Page::WRITECOPY,
        Page::EXECUTE_READ,
        Page::EXECUTE_READWRITE,
        Page::EXECUTE_WRITECOPY,
    ];
    number(&text.to_ascii_lowercase())
        .or_else(|| {
            named
                .into_iter()
                .find(|page| page.name().trim_start_matches("PAGE_") == bare)
                .map(|page| page.bits())
        })
        .ok_or_else(|| {
            format!("`{text}` is no page protection: write readwrite, PAGE_READONLY … or a number")
        })
}

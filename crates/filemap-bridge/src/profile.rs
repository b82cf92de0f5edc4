//! What well-known programs share, as data: `profiles/*.toml`, each with its sources.

use serde::Deserialize;

/// The names that a program uses.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Which programs.
    pub title: String,
    /// Where the names come from.
    pub source: String,
    /// File mappings.
    #[serde(default)]
    pub map: Vec<Map>,
    /// Events.
    #[serde(default)]
    pub event: Vec<Event>,
    /// Mutexes.
    #[serde(default)]
    pub mutex: Vec<Mutex>,
}

/// A file mapping.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Map {
    /// Its name.
    pub name: String,
    /// Size in bytes if the bridge has to make it; a larger one than the program's does no harm. One that exists keeps its
    /// own.
    #[serde(default)]
    pub size: Option<u64>,
}

/// An event.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// Manual reset, if the bridge has to make it.
    #[serde(default)]
    pub manual: bool,
}

/// A mutex.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutex {
    /// Its name.
    pub name: String,
}

macro_rules! shipped {
    ($($name:literal)*) => {
        /// The profiles that come with the program: name and text.
        pub const SHIPPED: &[(&str, &str)] = &[$(($name, include_str!(concat!("../profiles/", $name, ".toml"))),)*];
    };
}

shipped! {
    "assetto-corsa" "rfactor2" "iracing" "pcars2" "trucks" "opentrack" "mumble" "hwinfo" "rtss"
}

/// Reads a profile.
///
/// # Errors
/// What is wrong with the text, with line and column.
pub fn parse(text: &str) -> Result<Profile, String> {
    let profile: Profile = toml::from_str(text).map_err(|e| e.to_string())?;
    match profile.map.is_empty() && profile.event.is_empty() && profile.mutex.is_empty() {
        true => Err("it names nothing to share".to_owned()),
        false => Ok(profile),
    }
}

/// The shipped profile of this name.
#[must_use]
pub fn shipped(name: &str) -> Option<&'static str> {
    SHIPPED
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_profile_can_be_read_and_says_where_it_comes_from() {
        for (name, text) in SHIPPED {
            let profile = parse(text).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert!(profile.source.len() > 20, "{name}");
            let names = profile.map.iter().map(|m| &m.name);
            let names = names.chain(profile.event.iter().map(|e| &e.name));
            for object in names.chain(profile.mutex.iter().map(|m| &m.name)) {
                let resolved = filemap::Namespace::of_user().place_of(object);
                assert!(resolved.is_ok(), "{name}: {object}: {resolved:?}");
            }
        }
    }

    #[test]
    fn a_profile_with_a_word_too_many_or_with_nothing_is_refused() {
        assert!(
            parse("title = \"x\"\nsource = \"y\"\n")
                .unwrap_err()
                .contains("nothing to share")
        );
        let typo = "title = \"x\"\nsource = \"y\"\n[[map]]\nname = \"a\"\nsise = 4096\n";
        assert!(parse(typo).unwrap_err().contains("sise"));
    }
}

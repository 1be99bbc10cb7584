//! A configuration file as a tree whose places in the text are known.

use std::{borrow::Cow, ops::Range};

use crate::{
    jsonc,
    node::{Node, Twice},
    toml,
};

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// JSON; comments and trailing commas may be there.
    Jsonc,
    /// TOML.
    Toml,
}

/// Why a text cannot be understood. Nothing of the text is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It breaks the rules of its format, in this line.
    Broken(usize),
    /// What should be an object or table is something else.
    NotAnObject(String),
    /// A name is there twice.
    Twice(String),
    /// There are more members than anybody has.
    TooMany(String),
}

impl From<Twice> for Fault {
    fn from(Twice(name): Twice) -> Self {
        Self::Twice(name)
    }
}

/// A value that import writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Setting {
    Text(String),
    List(Vec<String>),
}

/// How the members of an entry change: these come in place of those, and the others stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change<'a> {
    pub(crate) set: &'a [(&'static str, Setting)],
    pub(crate) drop: &'a [&'static str],
}

impl Change<'_> {
    /// Whether a member of that name does not stay as it is.
    pub(crate) fn concerns(&self, name: &str) -> bool {
        self.drop.contains(&name) || self.set.iter().any(|(set, _)| *set == name)
    }
}

/// The text of a file, ready to be parsed.
pub(crate) struct Source<'t> {
    format: Format,
    text: &'t str,
    /// What is parsed: as long as the text, and nearly always the text.
    parsed: Cow<'t, str>,
}

impl<'t> Source<'t> {
    pub(crate) fn new(format: Format, text: &'t str) -> Self {
        let parsed = match format {
            Format::Jsonc => jsonc::with_paired_surrogates(text),
            Format::Toml => Cow::Borrowed(text),
        };
        Self { format, text, parsed }
    }

    pub(crate) fn parse(&self) -> Result<Document<'_>, Fault> {
        Ok(match self.format {
            Format::Jsonc => Document::Jsonc(jsonc::Document::parse(&self.parsed, self.text)?),
            Format::Toml => Document::Toml(toml::Document::parse(self.text)?),
        })
    }
}

/// A parsed file.
pub(crate) enum Document<'t> {
    Jsonc(jsonc::Document<'t>),
    Toml(toml::Document<'t>),
}

impl Document<'_> {
    /// The value at the end of these keys; `None` where there is none.
    pub(crate) fn at(&self, keys: &[&str]) -> Result<Option<Node>, Fault> {
        match self {
            Self::Jsonc(document) => document.at(keys),
            Self::Toml(document) => document.at(keys),
        }
    }

    /// The names of the members of an object; none where there is no object.
    pub(crate) fn names(&self, keys: &[&str]) -> Result<Vec<String>, Fault> {
        match self {
            Self::Jsonc(document) => document.names(keys),
            Self::Toml(document) => document.names(keys),
        }
    }

    /// The parts of the text that an entry is made of, in their order.
    pub(crate) fn pieces(&self, keys: &[&str]) -> Option<Vec<Range<usize>>> {
        match self {
            Self::Jsonc(document) => document.pieces(keys),
            Self::Toml(document) => document.pieces(keys),
        }
    }

    /// The texts below these keys, however deep: each value, and where it stands in the file with its quotes.
    pub(crate) fn texts(&self, keys: &[&str]) -> Vec<(String, Range<usize>)> {
        let mut found = Vec::new();
        match self {
            Self::Jsonc(document) => document.texts(keys, &mut found),
            Self::Toml(document) => document.texts(keys, &mut found),
        }
        found
    }

    /// What is to be replaced in the text so that the entry at the end of these keys changes; `None` where it is written in a
    /// way that cannot be changed.
    pub(crate) fn patches(&self, keys: &[&str], change: &Change<'_>) -> Option<Vec<Patch>> {
        match self {
            Self::Jsonc(document) => document.patches(keys, change),
            Self::Toml(document) => document.patches(keys, change),
        }
    }
}

/// A part of a text and what comes in its place.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Patch {
    pub(crate) range: Range<usize>,
    pub(crate) with: String,
}

/// The text with the patches applied. Bytes outside of them cannot change. `None` when two overlap or one lies outside.
pub(crate) fn patched(text: &str, mut patches: Vec<Patch>) -> Option<String> {
    patches.sort_by_key(|patch| patch.range.start);
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for patch in patches {
        out.push_str(text.get(done..patch.range.start)?);
        out.push_str(&patch.with);
        done = patch.range.end.max(patch.range.start);
    }
    out.push_str(text.get(done..)?);
    Some(out)
}

/// A value as JSON writes it; TOML reads the same.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The members of an entry that is written in one line, with those that come anew in front.
pub(crate) fn in_one_line(opening: &str, members: &[String]) -> String {
    let padding = if opening.starts_with("{ ") { " " } else { "" };
    if members.is_empty() { "{}".to_owned() } else { format!("{{{padding}{}{padding}}}", members.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(range: Range<usize>, with: &str) -> Patch {
        Patch { range, with: with.to_owned() }
    }

    #[test]
    fn patches_change_their_ranges_and_nothing_else() {
        assert_eq!(patched("abcdef", vec![patch(4..5, "E"), patch(0..1, "")]).as_deref(), Some("bcdEf"));
        assert_eq!(patched("abc", vec![]).as_deref(), Some("abc"));
        assert_eq!(patched("abc", vec![patch(1..1, "x"), patch(3..3, "y")]).as_deref(), Some("axbcy"));
        assert_eq!(patched("abc", vec![patch(0..2, ""), patch(1..3, "")]), None, "they overlap");
        assert_eq!(patched("abc", vec![patch(2..9, "")]), None, "outside");
        assert_eq!(patched("ä", vec![patch(1..2, "")]), None, "inside of a character");
    }
}

//! JSON with comments: where things stand in a file, and how one entry changes in it.

use std::{borrow::Cow, ops::Range};

use jsonc_parser::{
    ParseOptions,
    ast::{Object, ObjectProp, Value},
    common::Ranged,
    cst::{CstInputValue, CstObject, CstRootNode},
};

use crate::{
    document::{Change, Fault, Patch, Setting, in_one_line, quoted},
    node::{Node, Twice},
};

/// JSON (RFC 8259) with comments and trailing commas, as editors write it. Nothing of JSON5.
const fn rules() -> ParseOptions {
    ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

/// A file whose text outlives it.
pub(crate) struct Document<'t> {
    /// As it is in the file: what is kept of an entry is taken from here.
    text: &'t str,
    /// `None` for a file with nothing in it but blanks and comments.
    root: Option<Object<'t>>,
}

impl<'t> Document<'t> {
    /// Parses `sound`, which is `text` with its surrogates paired. More than 512 levels of nesting are refused by the parser.
    pub(crate) fn parse(sound: &'t str, text: &'t str) -> Result<Self, Fault> {
        let parsed =
            jsonc_parser::parse_to_ast(sound, &Default::default(), &rules()).map_err(|error| Fault::Broken(error.line_display()))?;
        match parsed.value {
            None => Ok(Self { text, root: None }),
            Some(Value::Object(root)) => Ok(Self { text, root: Some(root) }),
            Some(_) => Err(Fault::NotAnObject(String::new())),
        }
    }

    pub(crate) fn at(&self, keys: &[&str]) -> Result<Option<Node>, Fault> {
        let Some((last, path)) = keys.split_last() else { return Ok(None) };
        let Some(object) = self.object(path)? else { return Ok(None) };
        Ok(member(object, last)?.map(|found| node(&found.value)))
    }

    pub(crate) fn names(&self, keys: &[&str]) -> Result<Vec<String>, Fault> {
        let Some(object) = self.object(keys)? else { return Ok(Vec::new()) };
        Ok(object.properties.iter().map(|member| member.name.as_str().to_owned()).collect())
    }

    pub(crate) fn pieces(&self, keys: &[&str]) -> Option<Vec<Range<usize>>> {
        let (last, path) = keys.split_last()?;
        let found = member(self.object(path).ok()??, last).ok()??;
        Some(vec![range(&found.value)])
    }

    pub(crate) fn texts(&self, keys: &[&str], found: &mut Vec<(String, Range<usize>)>) {
        let Some((last, path)) = keys.split_last() else { return };
        if let Ok(Some(object)) = self.object(path)
            && let Ok(Some(member)) = member(object, last)
        {
            texts_in(&member.value, found);
        }
    }

    pub(crate) fn patches(&self, keys: &[&str], change: &Change<'_>) -> Option<Vec<Patch>> {
        let entry = self.object(keys).ok()??;
        let range = range(entry);
        let written = self.text.get(range.clone())?;
        let with = if written.contains(['\n', '\r']) || written.contains("/*") {
            over_lines(written, change)?
        } else {
            self.one_line(entry, change)?
        };
        Some(vec![Patch { range, with }])
    }

    /// The object at the end of these keys. `null` counts as nothing there, as it does for the clients.
    fn object(&self, keys: &[&str]) -> Result<Option<&Object<'t>>, Fault> {
        let Some(mut object) = self.root.as_ref() else { return Ok(None) };
        for key in keys {
            match member(object, key)?.map(|found| &found.value) {
                None | Some(Value::NullKeyword(_)) => return Ok(None),
                Some(Value::Object(inner)) => object = inner,
                Some(_) => return Err(Fault::NotAnObject((*key).to_owned())),
            }
        }
        Ok(Some(object))
    }

    /// An entry in one line stays in one line.
    fn one_line(&self, entry: &Object<'_>, change: &Change<'_>) -> Option<String> {
        let kept = entry.properties.iter().filter(|member| !change.concerns(member.name.as_str()));
        let kept = kept.map(|member| self.text.get(range(member)).map(str::to_owned)).collect::<Option<Vec<_>>>()?;
        let set = change.set.iter().map(|(name, value)| format!("{}: {}", quoted(name), written(value)));
        Some(in_one_line(self.text.get(range(entry))?, &set.chain(kept).collect::<Vec<_>>()))
    }
}

/// An entry over several lines: its own comments and indentation stay. Only its own text is parsed here.
fn over_lines(entry: &str, change: &Change<'_>) -> Option<String> {
    let root = CstRootNode::parse(entry, &rules()).ok()?;
    let object: CstObject = root.object_value()?;
    let mut set = change.set.iter();
    let mut last = None;
    // What comes takes the places of what goes, so that the comments above them stay where they are.
    for member in object.properties() {
        if !change.concerns(&member.decoded_name()?) {
            continue;
        }
        match set.next() {
            Some((name, value)) => {
                let index = member.property_index();
                member.replace_with(name, input(value))?;
                last = Some(index);
            }
            None => member.remove(),
        }
    }
    for (index, (name, value)) in (last.map_or(0, |last| last + 1)..).zip(set) {
        object.insert(index, name, input(value));
    }
    Some(root.to_string())
}

fn input(value: &Setting) -> CstInputValue {
    match value {
        Setting::Text(text) => CstInputValue::String(text.clone()),
        Setting::List(texts) => CstInputValue::Array(texts.iter().cloned().map(CstInputValue::String).collect()),
    }
}

fn written(value: &Setting) -> String {
    match value {
        Setting::Text(text) => quoted(text),
        Setting::List(texts) => format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ")),
    }
}

fn range(part: &impl Ranged) -> Range<usize> {
    let range = part.range();
    range.start..range.end
}

fn member<'o, 't>(object: &'o Object<'t>, name: &str) -> Result<Option<&'o ObjectProp<'t>>, Twice> {
    let mut named = object.properties.iter().filter(|member| member.name.as_str() == name);
    match (named.next(), named.next()) {
        (found, None) => Ok(found),
        (_, Some(_)) => Err(Twice(name.to_owned())),
    }
}

fn texts_in(value: &Value<'_>, found: &mut Vec<(String, Range<usize>)>) {
    match value {
        Value::StringLit(text) => found.push((text.value.clone().into_owned(), range(text))),
        Value::Array(list) => list.elements.iter().for_each(|value| texts_in(value, found)),
        Value::Object(object) => object.properties.iter().for_each(|member| texts_in(&member.value, found)),
        Value::NullKeyword(_) | Value::BooleanLit(_) | Value::NumberLit(_) => {}
    }
}

fn node(value: &Value<'_>) -> Node {
    match value {
        Value::NullKeyword(_) => Node::Null,
        Value::BooleanLit(flag) => Node::Flag(flag.value),
        Value::NumberLit(number) => Node::Number(number.value.to_owned()),
        Value::StringLit(text) => Node::Text(text.value.clone().into_owned()),
        Value::Array(list) => Node::List(list.elements.iter().map(node).collect()),
        Value::Object(object) => {
            Node::Map(object.properties.iter().map(|member| (member.name.as_str().to_owned(), node(&member.value))).collect())
        }
    }
}

/// JavaScript writes half of a character as `\ud83d` where it cut a text, and reads it back; the parser does not. Each such half
/// becomes U+FFFD, written with as many bytes, so that every place in the text stays where it is.
pub(crate) fn with_paired_surrogates(text: &str) -> Cow<'_, str> {
    if !text.contains("\\ud") && !text.contains("\\uD") {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let unit = |at: usize| -> Option<u32> {
        let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |value, digit| Some(value * 16 + char::from(*digit).to_digit(16)?))
    };
    let mut halves = Vec::new();
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('\\')) {
        at += found;
        at += match (unit(at), unit(at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                halves.push(at);
                6
            }
            _ => 1 + text.get(at + 1..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8),
        };
    }
    let mut out = text.to_owned();
    for at in halves {
        out.replace_range(at..at + 6, "\\ufffd");
    }
    Cow::Owned(out)
}

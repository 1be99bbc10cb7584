//! TOML: where things stand in a file, and how one entry changes in it.

use std::ops::Range;

use toml_edit::{Item, Key, TableLike, Value};

use crate::{
    document::{Change, Fault, Patch, Setting, in_one_line, quoted},
    node::Node,
};

/// A file whose text outlives it. The library says where each key stands; it does not write, because it would not give back
/// every text as it was (line ends, keys with dots out of order).
pub(crate) struct Document<'t> {
    text: &'t str,
    parsed: toml_edit::Document<&'t str>,
}

impl<'t> Document<'t> {
    /// Parses a text. Nesting is bounded by the parser.
    pub(crate) fn parse(text: &'t str) -> Result<Self, Fault> {
        let parsed = toml_edit::Document::parse(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            Fault::Broken(before.matches('\n').count() + 1)
        })?;
        Ok(Self { text, parsed })
    }

    pub(crate) fn at(&self, keys: &[&str]) -> Result<Option<Node>, Fault> {
        let Some((last, path)) = keys.split_last() else { return Ok(None) };
        Ok(self.table(path)?.and_then(|table| table.get(last)).map(node))
    }

    pub(crate) fn names(&self, keys: &[&str]) -> Result<Vec<String>, Fault> {
        Ok(self.table(keys)?.map(|table| table.iter().map(|(name, _)| name.to_owned()).collect()).unwrap_or_default())
    }

    pub(crate) fn pieces(&self, keys: &[&str]) -> Option<Vec<Range<usize>>> {
        let (last, path) = keys.split_last()?;
        let (key, item) = self.table(path).ok()??.get_key_value(last)?;
        match item {
            Item::Value(value) => Some(vec![value.span()?]),
            Item::Table(_) => self.parts(key, item),
            Item::None | Item::ArrayOfTables(_) => None,
        }
    }

    pub(crate) fn texts(&self, keys: &[&str], found: &mut Vec<(String, Range<usize>)>) {
        let Some((last, path)) = keys.split_last() else { return };
        if let Ok(Some(table)) = self.table(path)
            && let Some(item) = table.get(last)
        {
            texts_in(item, found);
        }
    }

    pub(crate) fn patches(&self, keys: &[&str], change: &Change<'_>) -> Option<Vec<Patch>> {
        let (last, path) = keys.split_last()?;
        let (_, item) = self.table(path).ok()??.get_key_value(last)?;
        match item {
            Item::Value(Value::InlineTable(table)) => {
                let range = table.span()?;
                let with = self.one_line(self.text.get(range.clone())?, table, change)?;
                Some(vec![Patch { range, with }])
            }
            Item::Table(table) => self.over_lines(table, change),
            Item::None | Item::Value(_) | Item::ArrayOfTables(_) => None,
        }
    }

    fn table(&self, keys: &[&str]) -> Result<Option<&dyn TableLike>, Fault> {
        let mut table: &dyn TableLike = self.parsed.as_table();
        for key in keys {
            match table.get(key) {
                None | Some(Item::None) => return Ok(None),
                Some(item) => table = item.as_table_like().ok_or_else(|| Fault::NotAnObject((*key).to_owned()))?,
            }
        }
        Ok(Some(table))
    }

    fn one_line(&self, opening: &str, table: &toml_edit::InlineTable, change: &Change<'_>) -> Option<String> {
        let mut members: Vec<String> = change.set.iter().map(|(name, value)| format!("{name} = {}", written(value))).collect();
        for (name, _) in table.iter() {
            if change.concerns(name) {
                continue;
            }
            let (key, item) = table.get_key_value(name)?;
            // What is written with dots has no text of its own.
            let value = item.as_value().filter(|value| !value.as_inline_table().is_some_and(toml_edit::InlineTable::is_dotted))?;
            members.push(self.text.get(key.span()?.start..value.span()?.end)?.to_owned());
        }
        Some(in_one_line(opening, &members))
    }

    fn over_lines(&self, table: &toml_edit::Table, change: &Change<'_>) -> Option<Vec<Patch>> {
        let mut going: Vec<(Range<usize>, &Key, &Item)> = Vec::new();
        for (name, _) in table.iter().filter(|(name, _)| change.concerns(name)) {
            let (key, item) = table.get_key_value(name)?;
            going.push((key.span()?, key, item));
        }
        going.sort_by_key(|(place, _, _)| place.start);
        // The first key that has a value in its own line gives its place to what comes.
        let first = going.iter().position(|(_, _, item)| item.is_value())?;
        let (place, _, item) = going.remove(first);
        let set: Vec<String> = change.set.iter().map(|(name, value)| format!("{name} = {}", written(value))).collect();
        let line_end = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        let mut patches = vec![Patch { range: place.start..item.span()?.end, with: set.join(line_end) }];
        for (_, key, item) in going {
            patches.extend(self.parts(key, item)?.into_iter().map(|range| Patch { range, with: String::new() }));
        }
        Some(patches)
    }

    /// The lines that a key and all that is below it are made of, in the order of the file.
    fn parts(&self, key: &Key, item: &Item) -> Option<Vec<Range<usize>>> {
        let mut parts = match item {
            Item::Value(Value::InlineTable(table)) if table.is_dotted() => self.parts_of(table)?,
            Item::Value(value) => vec![self.lines(&(key.span()?.start..value.span()?.end))],
            Item::Table(table) => {
                let own = self.parts_of(table)?;
                if table.is_dotted() || table.is_implicit() { own } else { self.section(&table.span()?, table, own)? }
            }
            Item::None | Item::ArrayOfTables(_) => return None,
        };
        parts.sort_by_key(|part| part.start);
        Some(parts)
    }

    fn parts_of(&self, table: &dyn TableLike) -> Option<Vec<Range<usize>>> {
        let mut parts = Vec::new();
        for (name, _) in table.iter() {
            let (key, item) = table.get_key_value(name)?;
            parts.extend(self.parts(key, item)?);
        }
        Some(parts)
    }

    /// A table with a header of its own: from the blank lines above it to its last value, comments between them too. Tables
    /// below it have parts of their own.
    fn section(&self, header: &Range<usize>, table: &toml_edit::Table, own: Vec<Range<usize>>) -> Option<Vec<Range<usize>>> {
        let mut header = self.lines(header);
        while let Some(above) = self.text.get(..header.start).and_then(|text| text.strip_suffix('\n')) {
            let line = above.rfind('\n').map_or(0, |at| at + 1);
            if !above.get(line..)?.trim().is_empty() {
                break;
            }
            header.start = line;
        }
        let last = last_value(table).max(header.end);
        let end = self.lines(&(last.saturating_sub(1)..last)).end;
        let outside = own.into_iter().filter(|part| part.start >= end || part.end <= header.start);
        Some(std::iter::once(header.start..end).chain(outside).collect())
    }

    /// The whole lines that a range is in, their ends included.
    fn lines(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.text.get(..range.start).and_then(|text| text.rfind('\n')).map_or(0, |at| at + 1);
        let end = self.text.get(range.end..).and_then(|text| text.find('\n')).map_or(self.text.len(), |at| range.end + at + 1);
        let ended = range.end > start && self.text.get(..range.end).is_some_and(|text| text.ends_with('\n'));
        start..if ended { range.end } else { end }
    }
}

/// Where the last value of a table ends that stands below its own header.
fn last_value(table: &dyn TableLike) -> usize {
    let ends = table.iter().map(|(_, item)| match item {
        Item::Table(inner) if inner.is_dotted() => last_value(inner),
        Item::Value(Value::InlineTable(inner)) if inner.is_dotted() => last_value(inner),
        Item::Value(value) => value.span().map_or(0, |span| span.end),
        Item::None | Item::Table(_) | Item::ArrayOfTables(_) => 0,
    });
    ends.max().unwrap_or(0)
}

fn written(value: &Setting) -> String {
    match value {
        Setting::Text(text) => quoted(text),
        Setting::List(texts) => format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ")),
    }
}

fn texts_in(item: &Item, found: &mut Vec<(String, Range<usize>)>) {
    match item {
        Item::None => {}
        Item::Value(value) => texts_in_value(value, found),
        Item::Table(table) => table.iter().for_each(|(_, item)| texts_in(item, found)),
        Item::ArrayOfTables(tables) => {
            tables.iter().for_each(|table| table.iter().for_each(|(_, item)| texts_in(item, found)));
        }
    }
}

fn texts_in_value(value: &Value, found: &mut Vec<(String, Range<usize>)>) {
    match value {
        Value::String(text) => found.extend(value.span().map(|range| (text.value().clone(), range))),
        Value::Array(list) => list.iter().for_each(|value| texts_in_value(value, found)),
        Value::InlineTable(table) => table.iter().for_each(|(_, value)| texts_in_value(value, found)),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {}
    }
}

fn node(item: &Item) -> Node {
    match item {
        Item::None => Node::Null,
        Item::Value(found) => value(found),
        Item::Table(table) => map(table),
        Item::ArrayOfTables(tables) => Node::List(tables.iter().map(|table| map(table)).collect()),
    }
}

fn map(table: &dyn TableLike) -> Node {
    Node::Map(table.iter().map(|(name, item)| (name.to_owned(), node(item))).collect())
}

fn value(value: &Value) -> Node {
    match value {
        Value::String(text) => Node::Text(text.value().clone()),
        Value::Integer(number) => Node::Number(number.value().to_string()),
        Value::Float(number) => Node::Number(number.value().to_string()),
        Value::Boolean(flag) => Node::Flag(*flag.value()),
        Value::Datetime(moment) => Node::Text(moment.value().to_string()),
        Value::Array(list) => Node::List(list.iter().map(self::value).collect()),
        Value::InlineTable(table) => map(table),
    }
}

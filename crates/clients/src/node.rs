//! A value out of a configuration file, whatever the file's format.

use std::fmt;

use crate::file::Checksum;

/// A value. Members that are there twice stay visible, because clients differ in which one they believe.
#[derive(Clone, PartialEq)]
pub(crate) enum Node {
    Null,
    Flag(bool),
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// A member is there twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Twice(pub(crate) String);

impl Node {
    /// The member of that name; `None` where there is none, or where this is no map.
    pub(crate) fn member(&self, name: &str) -> Result<Option<&Self>, Twice> {
        let Self::Map(members) = self else { return Ok(None) };
        let mut named = members.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        match (named.next(), named.next()) {
            (found, None) => Ok(found),
            (_, Some(_)) => Err(Twice(name.to_owned())),
        }
    }

    /// The same for the same value, and different for different ones.
    pub(crate) fn checksum(&self) -> Checksum {
        Checksum::of(self.as_json().to_string().as_bytes())
    }

    /// An object is a list here, so that order and doubles count.
    fn as_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Flag(flag) => (*flag).into(),
            Self::Number(number) => serde_json::json!({ "number": number }),
            Self::Text(text) => text.as_str().into(),
            Self::List(values) => serde_json::json!({ "list": values.iter().map(Self::as_json).collect::<Vec<_>>() }),
            Self::Map(members) => members.iter().map(|(name, value)| serde_json::json!([name, value.as_json()])).collect(),
        }
    }

    /// The same with other texts in it, where there are others.
    pub(crate) fn with_texts(&self, other: &impl Fn(&str) -> Option<String>) -> Self {
        match self {
            Self::Text(text) => Self::Text(other(text).unwrap_or_else(|| text.clone())),
            Self::List(values) => Self::List(values.iter().map(|value| value.with_texts(other)).collect()),
            Self::Map(members) => Self::Map(members.iter().map(|(name, value)| (name.clone(), value.with_texts(other))).collect()),
            Self::Null | Self::Flag(_) | Self::Number(_) => self.clone(),
        }
    }

    /// A value that is written out as text where text is wanted.
    pub(crate) fn as_written(&self) -> Option<String> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text.clone()),
            Self::Flag(flag) => Some(flag.to_string()),
            Self::Null | Self::List(_) | Self::Map(_) => None,
        }
    }
}

/// Never the value itself: it may be a secret.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Node(..)")
    }
}

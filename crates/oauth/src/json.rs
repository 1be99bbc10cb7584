//! JSON that can be read in one way only. Parsers differ in which of two members of the same name they believe; what they could
//! disagree about is refused, so that what is judged and shown here is what is read behind us.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

/// How deep a value may be nested.
const DEPTH: usize = 64;

/// It is no JSON, or it can be read in two ways, or it is nested too deeply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the JSON cannot be read, or can be read in two ways")]
pub struct Ambiguous;

/// The members of an object, in their order, unread. Nothing else can be read as one.
#[derive(Debug, Default)]
pub struct Members<'b>(Vec<(Cow<'b, str>, &'b RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(Name(name)) = map.next_key()? {
                    members.push((name, map.next_value()?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// A name of a member, which may be escaped.
#[derive(Deserialize)]
struct Name<'b>(#[serde(borrow)] Cow<'b, str>);

impl<'b> Members<'b> {
    /// Reads an object.
    ///
    /// # Errors
    /// [`Ambiguous`] for anything else.
    pub fn read(text: &'b str) -> Result<Self, Ambiguous> {
        serde_json::from_str(text).map_err(|_| Ambiguous)
    }

    /// The member of that name.
    ///
    /// # Errors
    /// [`Ambiguous`] when it is there twice, or when only case tells it apart from another: there are servers that believe the
    /// other one (Go's `encoding/json`).
    pub fn get(&self, name: &str) -> Result<Option<&'b RawValue>, Ambiguous> {
        let mut alike = self.0.iter().filter(|(sent, _)| sent.to_uppercase() == name.to_uppercase());
        match (alike.next(), alike.next()) {
            (None, _) => Ok(None),
            (Some((sent, raw)), None) if sent == name => Ok(Some(raw)),
            (Some(_), _) => Err(Ambiguous),
        }
    }

    /// The member of that name, read as a `T`.
    ///
    /// # Errors
    /// [`Ambiguous`], also when it is something else.
    pub fn read_as<T: Deserialize<'b>>(&self, name: &str) -> Result<Option<T>, Ambiguous> {
        self.get(name)?.map(|raw| serde_json::from_str(raw.get()).map_err(|_| Ambiguous)).transpose()
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &'b RawValue)> {
        self.0.iter().map(|(name, raw)| (&**name, *raw))
    }

    /// How many they are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The same value in the same words whatever order its members were sent in. Numbers stay as they are written.
///
/// # Errors
/// [`Ambiguous`] when an object in it has a member twice, or when it is nested too deeply.
pub fn canonical(value: &RawValue) -> Result<String, Ambiguous> {
    let mut text = String::new();
    write(value, DEPTH, &mut text)?;
    Ok(text)
}

fn write(value: &RawValue, depth: usize, text: &mut String) -> Result<(), Ambiguous> {
    let depth = depth.checked_sub(1).ok_or(Ambiguous)?;
    match value.get().bytes().next() {
        Some(b'{') => {
            let mut members = Members::read(value.get())?.0;
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            if members.windows(2).any(|pair| pair[0].0 == pair[1].0) {
                return Err(Ambiguous);
            }
            text.push('{');
            for (name, value) in &members {
                text.push_str(&Value::from(name.as_ref()).to_string());
                text.push(':');
                write(value, depth, text)?;
                text.push(',');
            }
            text.push('}');
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(value.get()).map_err(|_| Ambiguous)?;
            text.push('[');
            for item in items {
                write(item, depth, text)?;
                text.push(',');
            }
            text.push(']');
        }
        Some(b'"') => {
            let string: Cow<'_, str> = serde_json::from_str::<Name<'_>>(value.get()).map_err(|_| Ambiguous)?.0;
            text.push_str(&Value::from(string.as_ref()).to_string());
        }
        Some(_) => text.push_str(value.get()),
        None => return Err(Ambiguous),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).expect("JSON")
    }

    #[test]
    fn the_order_of_members_is_no_difference_and_everything_else_is() {
        let same = |one, other| canonical(&raw(one)).expect("sound") == canonical(&raw(other)).expect("sound");
        assert!(same(r#"{"a":1,"b":{"c":[2,"x"],"d":null}}"#, r#"{ "b": {"d":null, "c":[ 2, "\u0078" ]}, "a":1}"#));
        for other in [r#"{"a":1.0}"#, r#"{"a":"1"}"#, r#"{"a":[1]}"#, r#"{"A":1}"#, r#"{"a":1,"b":2}"#, "{}"] {
            assert!(!same(r#"{"a":1}"#, other), "{other}");
        }
        assert!(!same("12345678901234567890123", "12345678901234567890124"), "numbers are not rounded");
        assert!(!same(r#"["a,b"]"#, r#"["a","b"]"#));
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused_at_any_depth() {
        for bad in [r#"{"a":1,"a":2}"#, r#"[{"x":{"a":1,"\u0061":2}}]"#] {
            assert_eq!(canonical(&raw(bad)), Err(Ambiguous), "{bad}");
        }
        let deep = format!("{}{}", "[".repeat(DEPTH + 1), "]".repeat(DEPTH + 1));
        assert_eq!(canonical(&raw(&deep)), Err(Ambiguous));
        assert!(canonical(&raw(&deep[1..deep.len() - 1])).is_ok());
    }
}

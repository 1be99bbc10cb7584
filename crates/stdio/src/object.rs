//! JSON objects of which a member or two change. The others stay the text they were.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// The members of an object in their order, unread.
#[derive(Debug, Default, Clone)]
pub(crate) struct Object<'a>(Vec<(Cow<'a, str>, Cow<'a, RawValue>)>);

/// A name of a member, which may be escaped.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(Name(name)) = map.next_key()? {
                    members.push((name, Cow::Borrowed(map.next_value::<&RawValue>()?)));
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// The JSON text of a value.
pub(crate) fn raw(value: &(impl Serialize + ?Sized)) -> Box<RawValue> {
    // It fails for maps with strange keys only, and there are none here.
    serde_json::value::to_raw_value(value).unwrap_or_default()
}

/// What a JSON text says, if it says something of that kind.
pub(crate) fn value<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

impl<'a> Object<'a> {
    /// The members of `raw`, unless it is no object.
    pub(crate) fn read(raw: &'a RawValue) -> Option<Self> {
        value(raw)
    }

    /// The first member of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&RawValue> {
        self.0.iter().find(|(named, _)| named == name).map(|(_, value)| value.as_ref())
    }

    /// What the first member of that name says, if it says something of that kind.
    pub(crate) fn value<'b, T: Deserialize<'b>>(&'b self, name: &str) -> Option<T> {
        self.get(name).and_then(value)
    }

    /// Whether there are two members of that name: who reads it could believe either.
    pub(crate) fn has_twice(&self, name: &str) -> bool {
        self.0.iter().filter(|(named, _)| named == name).nth(1).is_some()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts a member in the place of the one that there is, or at the end.
    pub(crate) fn set(&mut self, name: &'a str, value: Box<RawValue>) {
        let value = Cow::Owned(value);
        match self.0.iter_mut().find(|(named, _)| named == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((Cow::Borrowed(name), value)),
        }
    }

    /// Takes all members of that name out, and returns the first.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Cow<'a, RawValue>> {
        let first = self.0.iter().position(|(named, _)| named == name).map(|at| self.0.remove(at).1);
        self.0.retain(|(named, _)| named != name);
        first
    }

    /// How long it is as JSON text, in bytes, if no name must be escaped.
    pub(crate) fn length(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.get().len() + r#""":,"#.len()).sum::<usize>() + "{}".len()
    }

    /// The object as JSON text, at the end of `out`.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        for (at, (name, value)) in self.0.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(raw(name.as_ref()).get().as_bytes());
            out.push(b':');
            out.extend_from_slice(value.get().as_bytes());
        }
        out.push(b'}');
    }

    /// The object as JSON text.
    pub(crate) fn raw(&self) -> Box<RawValue> {
        let mut text = Vec::new();
        self.write(&mut text);
        String::from_utf8(text).ok().and_then(|text| RawValue::from_string(text).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn object(text: &str) -> Object<'_> {
        serde_json::from_str(text).expect("an object")
    }

    #[test]
    fn what_is_not_touched_stays_the_same_text() {
        let text = r#"{ "b" : 1.0e2 , "\u0061": {"x":[ 1 ,2]}, "c":"é\/" }"#;
        let mut members = object(text);
        assert_eq!(members.get("a").map(RawValue::get), Some(r#"{"x":[ 1 ,2]}"#));
        members.set("b", raw(&7));
        members.set("d", raw("new"));
        assert_eq!(members.remove("c").map(|gone| gone.get().to_owned()).as_deref(), Some(r#""é\/""#));
        assert_eq!(members.raw().get(), r#"{"b":7,"a":{"x":[ 1 ,2]},"d":"new"}"#);
    }

    #[test]
    fn a_member_that_is_there_twice_is_seen_and_removed_wholly() {
        let mut members = object(r#"{"a":1,"b":2,"a":3}"#);
        assert!(members.has_twice("a") && !members.has_twice("b") && !members.has_twice("c"));
        members.remove("a");
        assert_eq!(members.raw().get(), r#"{"b":2}"#);
        members.remove("b");
        assert!(members.is_empty());
        assert_eq!(members.raw().get(), "{}");
    }

    /// Any JSON, not too large.
    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(".{0,4}", inner, 0..4).prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_is_written(members in proptest::collection::btree_map(".{0,6}", any_json(), 0..6), pretty: bool) {
            let object = Value::Object(members.into_iter().collect());
            let text = if pretty { serde_json::to_string_pretty(&object) } else { serde_json::to_string(&object) }.expect("JSON");
            let text = RawValue::from_string(text).expect("JSON");
            let read = Object::read(&text).expect("an object");
            prop_assert_eq!(serde_json::from_str::<Value>(read.raw().get()).expect("JSON"), object.clone());
            let mut line = Vec::new();
            read.write(&mut line);
            crate::rpc::one_line(&mut line);
            prop_assert!(!line.contains(&b'\n'));
            prop_assert_eq!(serde_json::from_slice::<Value>(&line).expect("JSON"), object);
        }
    }

    #[test]
    fn only_an_object_is_one() {
        for text in ["[]", "1", "null", r#""{}""#] {
            assert!(Object::read(&RawValue::from_string(text.to_owned()).expect("JSON")).is_none(), "{text}");
        }
    }
}

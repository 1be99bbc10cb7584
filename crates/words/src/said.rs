//! A sentence that the broker says: which one, and what it is about. It is kept and sent like that, so that a terminal has it in
//! English and a window in the person's language.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{Language, Value, Words};

/// A sentence of `locales/*.ftl` with what fills its places. It prints itself in English.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Said {
    id: Cow<'static, str>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    values: BTreeMap<Cow<'static, str>, Filling>,
}

/// Numbers stay numbers: they choose between forms of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
enum Filling {
    Number(i64),
    Text(String),
    /// Several texts, written as a list of that language.
    List(Vec<String>),
    /// A sentence in a sentence, such as the reason of a failure.
    Said(Said),
}

/// What can be said to a person: an error, most of all. Whoever shows it chooses the language.
pub trait Says {
    /// The sentence.
    fn said(&self) -> Said;
}

impl Says for Said {
    fn said(&self) -> Said {
        self.clone()
    }
}

impl Said {
    /// A sentence without places.
    pub const fn plain(id: &'static str) -> Self {
        Self { id: Cow::Borrowed(id), values: BTreeMap::new() }
    }

    /// A sentence without places, by a name that was kept.
    pub const fn named(id: String) -> Self {
        Self { id: Cow::Owned(id), values: BTreeMap::new() }
    }

    /// Words that are not in the message file, such as those of an operating system. They are shown as they are.
    pub fn verbatim(text: impl Into<String>) -> Self {
        Self::plain("verbatim").with("text", text)
    }

    /// Whether it is no sentence of ours.
    pub fn is_verbatim(&self) -> bool {
        self.id == "verbatim"
    }

    /// Fills a place with a text.
    #[must_use]
    pub fn with(mut self, place: &'static str, text: impl Into<String>) -> Self {
        self.values.insert(Cow::Borrowed(place), Filling::Text(text.into()));
        self
    }

    /// Fills a place with a number, which may choose a form of the sentence.
    #[must_use]
    pub fn counting(mut self, place: &'static str, number: impl TryInto<i64>) -> Self {
        self.values.insert(Cow::Borrowed(place), Filling::Number(number.try_into().unwrap_or(i64::MAX)));
        self
    }

    /// Fills a place with a list.
    #[must_use]
    pub fn listing(mut self, place: &'static str, texts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.values.insert(Cow::Borrowed(place), Filling::List(texts.into_iter().map(Into::into).collect()));
        self
    }

    /// Fills a place with another sentence, which is told in the same language.
    #[must_use]
    pub fn with_said(mut self, place: &'static str, said: Self) -> Self {
        self.values.insert(Cow::Borrowed(place), Filling::Said(said));
        self
    }

    /// Which sentence it is.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The text in a place, if there is one.
    pub fn text(&self, place: &str) -> Option<&str> {
        match self.values.get(place)? {
            Filling::Text(text) => Some(text),
            Filling::Number(_) | Filling::List(_) | Filling::Said(_) => None,
        }
    }

    /// What fills its places. `tell` says a sentence in it, `list` writes a list.
    pub(crate) fn values(&self, tell: impl Fn(&Self) -> String, list: impl Fn(&[String]) -> String) -> Vec<(&str, Value<'_>)> {
        let value = |filling: &Filling| match filling {
            Filling::Number(number) => Value::from(*number),
            Filling::Text(text) => Value::from(text.clone()),
            Filling::List(texts) => Value::from(list(texts)),
            Filling::Said(said) => Value::from(tell(said)),
        };
        self.values.iter().map(|(place, filling)| (place.as_ref(), value(filling))).collect()
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let english = Words::of(Language::English);
        f.write_str(&english.say_plainly(&self.id, &self.values(Self::to_string, |texts| english.list(texts))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_prints_itself_in_english_and_is_told_in_another_language() {
        let said = Said::plain("added").with("server", "files");
        assert_eq!(said.to_string(), "files was added.");
        assert_eq!(Words::of(Language::German).tell(&said), "\u{2068}files\u{2069} wurde hinzugefügt.");
    }

    #[test]
    fn a_list_is_written_as_in_the_language_of_the_sentence() {
        let said = Said::plain("port-move-file").listing("names", ["a", "b"]);
        assert!(said.to_string().contains("a, b"), "{said}");
        assert!(Words::of(Language::German).tell(&said).contains("a, b"));
    }

    #[test]
    fn it_comes_back_from_the_disk_as_it_was() {
        let said = Said::plain("allow-tools").counting("n", 1_u32);
        let kept = serde_json::to_string(&said).expect("JSON");
        assert_eq!(kept, r#"{"id":"allow-tools","values":{"n":1}}"#);
        let read: Said = serde_json::from_str(&kept).expect("a sentence");
        assert_eq!(read, said);
        assert_eq!(read.to_string(), "Allow 1 tool");
    }

    #[test]
    fn a_sentence_in_a_sentence_is_told_in_the_same_language() {
        let said = Said::plain("server-failed").with_said("reason", Said::plain("server-stopped"));
        assert_eq!(said.to_string(), "Failed. Stopped. The next call starts it.");
        let german = Words::of(Language::German);
        assert!(german.tell(&said).contains(&german.tell(&Said::plain("server-stopped"))));
        let kept = serde_json::to_string(&said).expect("JSON");
        assert_eq!(kept, r#"{"id":"server-failed","values":{"reason":{"id":"server-stopped"}}}"#);
        assert_eq!(serde_json::from_str::<Said>(&kept).expect("a sentence"), said);
    }

    #[test]
    fn words_of_others_stay_as_they_are() {
        assert_eq!(Said::verbatim("No such file (os error 2)").to_string(), "No such file (os error 2)");
    }
}

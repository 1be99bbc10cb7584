//! How a sentence stands in JSON that is read by more than windows: in English under its name, as scripts and terminals want it, and
//! beside that, under the name with `_said`, as which sentence it is, so that a window has it in the person's language. Words of others
//! stand alone, as does what was kept before there was such a thing: they are shown as they are.
//!
//! For `#[serde(flatten, with = "doorward_words::beside::why")]`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Said;

/// A sentence, or perhaps one.
pub trait Sentence: Sized {
    /// The sentence, if there is one.
    fn sentence(&self) -> Option<&Said>;

    /// The other way round; `None` where there has to be one.
    fn of(said: Option<Said>) -> Option<Self>;
}

impl Sentence for Said {
    fn sentence(&self) -> Option<&Said> {
        Some(self)
    }

    fn of(said: Option<Said>) -> Option<Self> {
        said
    }
}

impl Sentence for Option<Said> {
    fn sentence(&self) -> Option<&Said> {
        self.as_ref()
    }

    fn of(said: Option<Said>) -> Option<Self> {
        Some(said)
    }
}

macro_rules! names {
    ($($name:ident, $said:ident;)*) => {$(
        #[doc = concat!("A sentence under the name `", stringify!($name), "`.")]
        pub mod $name {
            use super::*;

            #[derive(Serialize, Deserialize)]
            struct Written {
                #[serde(default)]
                $name: Option<String>,
                #[serde(default, skip_serializing_if = "Option::is_none")]
                $said: Option<Said>,
            }

            /// Writes both.
            ///
            /// # Errors
            /// What the writer says.
            pub fn serialize<S: Serializer>(sentence: &impl Sentence, serializer: S) -> Result<S::Ok, S::Error> {
                let said = sentence.sentence();
                Written { $name: said.map(Said::to_string), $said: said.filter(|said| !said.is_verbatim()).cloned() }.serialize(serializer)
            }

            /// Reads the sentence; where there is none, the words.
            ///
            /// # Errors
            /// What the reader says; there has to be a sentence, and there is none.
            pub fn deserialize<'de, D: Deserializer<'de>, T: Sentence>(deserializer: D) -> Result<T, D::Error> {
                let Written { $name, $said } = Written::deserialize(deserializer)?;
                T::of($said.or_else(|| $name.map(Said::verbatim))).ok_or_else(|| serde::de::Error::missing_field(stringify!($name)))
            }
        }
    )*};
}

names! {
    about, about_said;
    detail, detail_said;
    ended, ended_said;
    not_known, not_known_said;
    not_now, not_now_said;
    part, part_said;
    reason, reason_said;
    says, says_said;
    why, why_said;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Example {
        n: i64,
        #[serde(flatten, with = "why")]
        why: Said,
        #[serde(flatten, with = "reason")]
        reason: Option<Said>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "state", rename_all = "snake_case")]
    enum Tagged {
        Bad {
            #[serde(flatten, with = "reason")]
            reason: Said,
        },
    }

    #[test]
    fn a_sentence_is_there_in_english_and_as_what_it_is() {
        let example = Example { n: 1, why: Said::plain("added").with("server", "files"), reason: None };
        let written = serde_json::to_value(&example).expect("JSON");
        let said = serde_json::json!({ "id": "added", "values": { "server": "files" } });
        assert_eq!(written, serde_json::json!({ "n": 1, "why": "files was added.", "why_said": said, "reason": null }));
        assert_eq!(serde_json::from_value::<Example>(written).expect("reads"), example);
        let tagged = Tagged::Bad { reason: Said::plain("added").with("server", "files") };
        let written = serde_json::to_value(&tagged).expect("JSON");
        assert_eq!(written, serde_json::json!({ "state": "bad", "reason": "files was added.", "reason_said": said }));
        assert_eq!(serde_json::from_value::<Tagged>(written).expect("reads"), tagged);
    }

    #[test]
    fn words_alone_are_shown_as_they_are_and_there_have_to_be_some() {
        let read: Example = serde_json::from_str(r#"{ "n": 1, "why": "because", "reason": "so" }"#).expect("reads");
        assert_eq!(read, Example { n: 1, why: Said::verbatim("because"), reason: Some(Said::verbatim("so")) });
        let written = serde_json::to_value(&read).expect("JSON");
        assert_eq!(written, serde_json::json!({ "n": 1, "why": "because", "reason": "so" }));
        let missing = serde_json::from_str::<Example>(r#"{ "n": 1 }"#).expect_err("no reason");
        assert!(missing.to_string().contains("why"), "{missing}");
    }
}

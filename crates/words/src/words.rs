//! Texts of one language, filled.

use std::{
    borrow::Cow,
    sync::{
        OnceLock,
        atomic::{AtomicU8, Ordering},
    },
};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};

use crate::{Language, Said};

/// What a place in a text is filled with: a text, or a number that may choose a form of the sentence.
pub type Value<'v> = FluentValue<'v>;

/// The texts of one language.
pub struct Words {
    language: Language,
    /// Fills places so that a name that runs from right to left does not turn the sentence around it (FSI … PDI).
    isolating: Bundle,
    /// Fills them as they are, for terminals and logs.
    plain: Bundle,
}

type Bundle = FluentBundle<FluentResource>;

/// The person's language. One process speaks one, as with the system's own.
static SPOKEN: AtomicU8 = AtomicU8::new(Language::English.number());

/// The texts of the person's language: English until [`speak`] says otherwise.
pub fn spoken() -> &'static Words {
    let number = SPOKEN.load(Ordering::Relaxed);
    Words::of(Language::ALL.into_iter().find(|language| language.number() == number).unwrap_or_default())
}

/// Says which language the person speaks.
pub fn speak(language: Language) {
    SPOKEN.store(language.number(), Ordering::Relaxed);
}

impl Words {
    /// The texts of a language. They are read once.
    pub fn of(language: Language) -> &'static Self {
        static ALL: [OnceLock<Words>; 4] = [const { OnceLock::new() }; 4];
        let place = language.number() as usize;
        ALL[place].get_or_init(|| Self { language, isolating: bundle(language, true), plain: bundle(language, false) })
    }

    /// Which language it is.
    pub const fn language(&self) -> Language {
        self.language
    }

    /// A text whose places are filled, for a window, a menu or a page. A text that is not there is its name: a test finds it.
    pub fn say(&self, id: &str, values: &[(&str, Value<'_>)]) -> String {
        fill(&self.isolating, id, values)
    }

    /// What the broker said, in this language.
    pub fn tell(&self, said: &Said) -> String {
        self.say(said.id(), &said.values(|within| self.tell(within), |texts| self.list(texts)))
    }

    /// Names and the like, one after the other.
    pub fn list(&self, texts: &[impl AsRef<str>]) -> String {
        let between = self.say_plainly("list-separator", &[]);
        texts.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(&between)
    }

    pub(crate) fn say_plainly(&self, id: &str, values: &[(&str, Value<'_>)]) -> String {
        fill(&self.plain, id, values)
    }

    /// Whether there is such a text.
    pub fn has(&self, id: &str) -> bool {
        self.plain.has_message(id)
    }
}

fn bundle(language: Language, isolating: bool) -> Bundle {
    let resource = FluentResource::try_new(language.messages().to_owned()).unwrap_or_else(|(resource, _)| resource);
    let mut bundle = FluentBundle::new_concurrent(vec![language.identifier()]);
    bundle.set_use_isolating(isolating);
    bundle.set_transform(match language {
        Language::English | Language::German => None,
        Language::Accented => Some(accented),
        Language::Mirrored => Some(mirrored),
    });
    bundle.add_resource_overriding(resource);
    bundle
}

fn fill(bundle: &Bundle, id: &str, values: &[(&str, Value<'_>)]) -> String {
    let Some(pattern) = bundle.get_message(id).and_then(|message| message.value()) else { return id.to_owned() };
    let filling: FluentArgs<'_> = values.iter().map(|(name, value)| (*name, value.clone())).collect();
    bundle.format_pattern(pattern, Some(&filling), &mut Vec::new()).into_owned()
}

/// A letter like another one, and every second vowel twice: a third longer, and still readable.
fn accented(text: &str) -> Cow<'_, str> {
    const PLAIN: &str = "aceginorsuyzACEGINORSUYZ";
    const STRANGE: &str = "áçéğíñóřšúýžÁÇÉĞÍÑÓŘŠÚÝŽ";
    let strange = |letter: char| PLAIN.chars().position(|plain| plain == letter).and_then(|at| STRANGE.chars().nth(at)).unwrap_or(letter);
    let mut made = String::with_capacity(text.len() * 2);
    for letter in text.chars() {
        made.push(strange(letter));
        if "aeiou".contains(letter) {
            made.push(strange(letter));
        }
    }
    Cow::Owned(made)
}

/// Each word from right to left (RLO … PDF), as an Arabic text would be laid out.
fn mirrored(text: &str) -> Cow<'_, str> {
    let words = text.split(' ').map(|word| if word.is_empty() { String::new() } else { format!("\u{202e}{word}\u{202c}") });
    Cow::Owned(words.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use fluent_syntax::{ast, parser};

    use super::*;

    /// The places of each message, by its name.
    fn places(language: Language) -> BTreeMap<String, BTreeSet<String>> {
        let resource = parser::parse(language.messages()).expect("a message file without errors");
        let message = |entry: &ast::Entry<&str>| match entry {
            ast::Entry::Message(message) => {
                let mut places = BTreeSet::new();
                message.value.iter().for_each(|pattern| collect(pattern, &mut places));
                Some((message.id.name.to_owned(), places))
            }
            _ => None,
        };
        resource.body.iter().filter_map(message).collect()
    }

    fn collect(pattern: &ast::Pattern<&str>, places: &mut BTreeSet<String>) {
        for element in &pattern.elements {
            if let ast::PatternElement::Placeable { expression } = element {
                match expression {
                    ast::Expression::Inline(inline) => place(inline, places),
                    ast::Expression::Select { selector, variants } => {
                        place(selector, places);
                        variants.iter().for_each(|variant| collect(&variant.value, places));
                    }
                }
            }
        }
    }

    fn place(inline: &ast::InlineExpression<&str>, places: &mut BTreeSet<String>) {
        if let ast::InlineExpression::VariableReference { id } = inline {
            places.insert(id.name.to_owned());
        }
    }

    #[test]
    fn every_language_has_every_message_with_the_same_places() {
        let english = places(Language::English);
        assert!(english.len() > 200, "the messages were read");
        let german = places(Language::German);
        let missing: Vec<_> = english.keys().filter(|id| !german.contains_key(*id)).collect();
        assert!(missing.is_empty(), "not in German: {missing:?}");
        let left_over: Vec<_> = german.keys().filter(|id| !english.contains_key(*id)).collect();
        assert!(left_over.is_empty(), "only in German: {left_over:?}");
        for (id, filled) in &english {
            assert_eq!(Some(filled), german.get(id), "the places of {id}");
        }
    }

    #[test]
    fn no_message_is_written_twice() {
        for language in Language::SPOKEN {
            let names = language.messages().lines().filter_map(|line| line.split_once(" =").map(|(name, _)| name));
            let mut seen = BTreeSet::new();
            for name in names.filter(|name| name.starts_with(|first: char| first.is_ascii_lowercase())) {
                assert!(seen.insert(name), "{name} is there twice in {}", language.tag());
            }
        }
    }

    #[test]
    fn a_number_chooses_the_form_of_the_sentence() {
        let of = |language, n: usize| Words::of(language).say_plainly("allow-tools", &[("n", n.into())]);
        assert_eq!(of(Language::English, 1), "Allow 1 tool");
        assert_eq!(of(Language::English, 3), "Allow 3 tools");
        assert_eq!(of(Language::German, 1), "1 Tool erlauben");
        assert_eq!(of(Language::German, 3), "3 Tools erlauben");
    }

    #[test]
    fn a_name_is_kept_apart_from_the_sentence_around_it() {
        let said = Words::of(Language::English).say("added", &[("server", "files".into())]);
        assert_eq!(said, "\u{2068}files\u{2069} was added.");
    }

    #[test]
    fn pseudo_languages_change_the_text_and_not_what_is_filled_in() {
        let values = [("server", Value::from("files"))];
        assert_eq!(Words::of(Language::Accented).say_plainly("added", &values), "files wááš ááddééd.");
        assert!(Words::of(Language::Mirrored).say_plainly("added", &values).starts_with("files "));
    }

    #[test]
    fn a_text_that_is_not_there_is_its_name() {
        assert_eq!(Words::of(Language::English).say("no-such-text", &[]), "no-such-text");
        assert!(!Words::of(Language::English).has("no-such-text"));
    }
}

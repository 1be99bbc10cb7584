//! The person's language: which one it is, and how the pages get its texts.

use doorward_broker::config;
use doorward_words::{Language, speak, spoken};

/// Speaks the language that a person chose, or that of the system. `true` when that is another one than before.
pub(crate) fn choose(wanted: config::Language) -> bool {
    let language = match wanted {
        config::Language::System => {
            let preferred: Vec<String> = sys_locale::get_locales().collect();
            Language::of_system(preferred.iter().map(String::as_str))
        }
        config::Language::En => Language::English,
        config::Language::De => Language::German,
    };
    let before = spoken().language();
    speak(language);
    before != language
}

/// What is written before a page begins, so that its first picture is in the person's language.
pub(crate) fn script() -> String {
    let language = spoken().language();
    let words = serde_json::json!({
        "language": language.tag(),
        "locale": locale(language, sys_locale::get_locales()),
        "direction": language.direction().as_str(),
        "messages": language.messages(),
    });
    format!("window.DOORWARD_WORDS = {words};")
}

/// How dates and numbers are written: as the person's system does in that language, otherwise as in the country that is nearest.
fn locale(language: Language, system: impl Iterator<Item = String>) -> String {
    let nearest = match language {
        Language::German => "de-DE",
        Language::English | Language::Accented | Language::Mirrored => "en-GB",
    };
    let same = |tag: &String| tag.contains('-') && tag.split('-').next() == nearest.split('-').next();
    system.into_iter().find(same).unwrap_or_else(|| nearest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_the_system_does_in_the_language_that_is_spoken() {
        let of = |language, system: &[&str]| locale(language, system.iter().map(|tag| (*tag).to_owned()));
        assert_eq!(of(Language::English, &["de-DE", "en-US"]), "en-US");
        assert_eq!(of(Language::German, &["de-AT"]), "de-AT");
        assert_eq!(of(Language::German, &["en-US"]), "de-DE");
        assert_eq!(of(Language::English, &["C"]), "en-GB");
        assert_eq!(of(Language::Accented, &[]), "en-GB");
    }
}

//! Which language.

use unic_langid::{LanguageIdentifier, langid};

/// A language that Doorward speaks, or pretends to: the two pseudo-languages are English made strange, so that a text that is not
/// in the message file, a place that is too narrow or a page that only works from left to right can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// English: the language of the sources.
    #[default]
    English,
    /// German.
    German,
    /// English with accents, a third longer (`en-XA`).
    Accented,
    /// English from right to left (`ar-XB`).
    Mirrored,
}

/// Which way a language is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From left to right.
    LeftToRight,
    /// From right to left.
    RightToLeft,
}

impl Direction {
    /// As in the `dir` attribute of HTML.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LeftToRight => "ltr",
            Self::RightToLeft => "rtl",
        }
    }
}

impl Language {
    /// All of them, those for people first.
    pub const ALL: [Self; 4] = [Self::English, Self::German, Self::Accented, Self::Mirrored];
    /// Those for people.
    pub const SPOKEN: [Self; 2] = [Self::English, Self::German];

    /// The language with this tag (BCP 47), as it stands in the configuration.
    pub fn with_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// The first language that is spoken here among those that the system prefers, as it names them (`de_AT.UTF-8`, `en-GB`);
    /// English when there is none.
    pub fn of_system<'t>(preferred: impl IntoIterator<Item = &'t str>) -> Self {
        let spoken = |tag: &str| {
            let wanted: LanguageIdentifier = tag.split(['.', '@']).next()?.parse().ok()?;
            Self::SPOKEN.into_iter().find(|language| language.identifier().language == wanted.language)
        };
        preferred.into_iter().find_map(spoken).unwrap_or_default()
    }

    /// Its tag (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::Accented => "en-XA",
            Self::Mirrored => "ar-XB",
        }
    }

    /// Which way it is written.
    pub const fn direction(self) -> Direction {
        match self {
            Self::English | Self::German | Self::Accented => Direction::LeftToRight,
            Self::Mirrored => Direction::RightToLeft,
        }
    }

    /// Its message file.
    pub const fn messages(self) -> &'static str {
        match self {
            Self::German => include_str!("../locales/de.ftl"),
            Self::English | Self::Accented | Self::Mirrored => include_str!("../locales/en.ftl"),
        }
    }

    pub(crate) const fn number(self) -> u8 {
        self as u8
    }

    pub(crate) const fn identifier(self) -> LanguageIdentifier {
        match self {
            Self::German => langid!("de"),
            Self::English | Self::Accented | Self::Mirrored => langid!("en"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn the_first_language_that_is_spoken_here_is_taken() {
        for (preferred, language) in [
            (vec!["de_AT.UTF-8"], Language::German),
            (vec!["de-CH"], Language::German),
            (vec!["fr_FR", "de"], Language::German),
            (vec!["en-GB", "de"], Language::English),
            (vec!["C"], Language::English),
            (vec!["C.UTF-8", "POSIX"], Language::English),
            (vec!["", "???"], Language::English),
            (vec![], Language::English),
        ] {
            assert_eq!(Language::of_system(preferred.iter().copied()), language, "{preferred:?}");
        }
    }

    #[test]
    fn a_tag_names_its_language_and_nothing_else_does() {
        for language in Language::ALL {
            assert_eq!(Language::with_tag(language.tag()), Some(language));
        }
        assert_eq!(Language::with_tag("system"), None);
        assert_eq!(Language::with_tag("fr"), None);
    }
}

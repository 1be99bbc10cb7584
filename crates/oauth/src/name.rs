//! Names that programs choose, made safe to show: data, never layout (security D1).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_security::skeleton;
use unicode_segmentation::UnicodeSegmentation;

use crate::arguments::visible;

/// The longest name shown, in grapheme clusters.
pub const MAX_GRAPHEMES: usize = 64;
/// A bound in characters too, since one grapheme may carry any number of marks.
const MAX_CHARS: usize = 256;

/// A name as it may be shown: one line, NFC, at most 64 graphemes. Control, format and bidi characters are shown as what they are.
///
/// The page isolates it (`<bdi>`), and it never goes into a title, a file name or a log prefix.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DisplayName {
    text: String,
    /// Whether it has characters that are not seen by themselves, which the window says.
    altered: bool,
    /// Whether its end was cut off, which the window says.
    #[serde(default)]
    shortened: bool,
    /// The same without the characters that are not seen, where there are any: names are compared by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    plain: Option<String>,
}

impl DisplayName {
    /// Tames `raw`. `None` when there is nothing in it that can be seen, or nothing of it can be shown.
    pub fn tame(raw: &str) -> Option<Self> {
        // What is not seen goes first: marks that it kept apart then come into their order.
        let seen: String = raw.chars().filter(|c| !is_unseen(*c)).nfc().collect();
        let (plain, _) = shorten(&one_line(&without_codes(&seen).nfc().collect::<String>()));
        if one_line(&seen).is_empty() {
            return None;
        }
        let (text, shortened) = shorten(&visible(&one_line(raw)).nfc().collect::<String>());
        if text.is_empty() {
            return None;
        }
        let plain = (plain != text).then_some(plain);
        Some(Self { text, altered: raw.chars().any(is_unseen), shortened, plain })
    }

    /// The text to show.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the program had put in characters that are not seen by themselves.
    pub const fn altered(&self) -> bool {
        self.altered
    }

    /// Whether the program had given a longer one.
    pub const fn shortened(&self) -> bool {
        self.shortened
    }

    /// The form under which two spellings count as the same name: lower case, and without characters that are not seen.
    pub fn folded(&self) -> String {
        self.plain.as_ref().unwrap_or(&self.text).to_lowercase()
    }

    /// By what it is found among others: two that are the same name, or look alike, have one of them in common.
    pub fn keys(&self) -> BTreeSet<String> {
        let Look { folded: _, as_written, in_lower_case } = self.look();
        [self.folded(), as_written, in_lower_case].into()
    }

    /// What it looks like. What stands in brackets at the end is not the name: some clients put the server there.
    pub fn look(&self) -> Look {
        let whole = self.plain.as_ref().unwrap_or(&self.text);
        let stem = whole.split_once(" (").map_or(whole.as_str(), |(stem, _)| stem);
        let folded = stem.to_lowercase();
        Look { as_written: skeleton(stem).collect::<String>().to_lowercase(), in_lower_case: skeleton(&folded).collect(), folded }
    }
}

/// What a name looks like, whichever letters it is written with (UTS 39 §4).
#[derive(Debug)]
pub struct Look {
    folded: String,
    /// A capital I is like an l, which an i is not.
    as_written: String,
    /// A letter of another script may be like one of ours in lower case only.
    in_lower_case: String,
}

impl Look {
    /// Whether these are two names that look alike.
    pub fn is_taken_for(&self, other: &Self) -> bool {
        self.folded != other.folded && (self.as_written == other.as_written || self.in_lower_case == other.in_lower_case)
    }
}

/// Plain white space folded into single blanks.
fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() && !is_unseen(c)).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// The beginning, as far as there is room, and whether that is not all.
fn shorten(text: &str) -> (String, bool) {
    let mut kept = String::new();
    for (count, cluster) in text.graphemes(true).enumerate() {
        if count == MAX_GRAPHEMES || kept.chars().count() + cluster.chars().count() > MAX_CHARS {
            // Half a code says nothing.
            let is_code = |begun: &str| begun.is_empty() || begun == "U" || begun.strip_prefix("U+").is_some_and(is_hex);
            if let Some((before, _)) = kept.rsplit_once('\u{27e6}').filter(|(_, begun)| is_code(begun)) {
                kept.truncate(before.len());
            }
            kept.truncate(kept.trim_end().len());
            return (kept, true);
        }
        kept.push_str(cluster);
    }
    (kept, false)
}

fn is_hex(digits: &str) -> bool {
    digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// A text without what [`visible`] puts in the place of characters that are not seen.
fn without_codes(text: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let code = rest.strip_prefix("\u{27e6}U+").and_then(|code| code.split_once('\u{27e7}'));
        match code.filter(|(digits, _)| !digits.is_empty() && is_hex(digits)) {
            Some((_, after)) => rest = after,
            None => {
                if !matches!(c, '\u{2400}'..='\u{2421}') {
                    left.push(c);
                }
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    left
}

/// Control (Cc), format (Cf), private use, and line or paragraph separators: all that changes how text looks without
/// being seen. Plain white space is not among them; it is folded into single blanks.
pub(crate) fn is_unseen(c: char) -> bool {
    (c.is_control() && !c.is_whitespace())
        || matches!(u32::from(c),
            0x00AD | 0x034F | 0x0600..=0x0605 | 0x061C | 0x06DD | 0x070F | 0x0890..=0x0891 | 0x08E2 | 0x115F..=0x1160
            | 0x17B4..=0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0x3164
            | 0xE000..=0xF8FF | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFD | 0x110BD | 0x110CD
            | 0x13430..=0x1343F | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0x10FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tamed(raw: &str) -> String {
        DisplayName::tame(raw).map(|n| n.as_str().to_owned()).unwrap_or_default()
    }

    #[test]
    fn a_name_is_never_empty() {
        let (marks, open, code) = ("\u{301}".repeat(300), format!("\u{27e6}{}", "a".repeat(64)), format!("\u{27e6}U+{}", "a".repeat(64)));
        for raw in ["", " \n", "\u{200B}", &format!("a{marks}"), &code] {
            assert_eq!(DisplayName::tame(raw), None, "{raw}");
        }
        assert_eq!(tamed(&open).chars().count(), MAX_GRAPHEMES, "a bracket begins no code");
    }

    #[test]
    fn dcr13_control_and_bidi_characters_are_shown_as_what_they_are_and_said_so() {
        let name = DisplayName::tame("Claude\u{202E}edoC\u{200B}\u{7}").expect("something is there");
        assert_eq!(name.as_str(), "Claude⟦U+202E⟧edoC⟦U+200B⟧␇");
        assert!(name.altered() && !name.shortened());
        assert_eq!(tamed("\u{11366}\u{A3C}"), "\u{A3C}\u{11366}", "in the order that NFC gives marks");
        assert!(!DisplayName::tame("Claude Code (files)").expect("plain").altered());
    }

    #[test]
    fn sec_d1_a_name_is_one_line_of_at_most_64_graphemes() {
        assert_eq!(tamed("a\r\nb\tc\u{2028}d"), "a b c⟦U+2028⟧d");
        assert_eq!(tamed(&"e\u{301}".repeat(100)).graphemes(true).count(), 64);
        assert!(tamed(&format!("a{}", "\u{301}".repeat(5000))).chars().count() <= 256);
        assert_eq!(DisplayName::tame(" \u{200B}\n"), None);
    }

    #[test]
    fn a_name_that_is_too_long_is_said_to_be_shortened_and_no_code_is_cut_in_two() {
        let name = DisplayName::tame(&"a".repeat(65)).expect("plain");
        assert!(name.shortened() && !name.altered());
        assert!(!DisplayName::tame(&"a".repeat(64)).expect("plain").shortened());
        let name = DisplayName::tame(&format!("{}\u{202E}b", "a".repeat(60))).expect("something is there");
        assert_eq!(name.as_str(), "a".repeat(60));
        assert!(name.shortened() && name.altered());
    }

    #[test]
    fn names_count_as_the_same_whatever_is_hidden_in_them_also_as_they_were_kept_before() {
        let folded = |raw: &str| DisplayName::tame(raw).expect("something is there").folded();
        for raw in ["Claude\u{200B} Code", "claude code", "\u{202E}Claude  Code\u{7}", "Claude⟦U+200B⟧ Code"] {
            assert_eq!(folded(raw), "claude code", "{raw:?}");
        }
        assert_eq!(folded(&tamed("Claude\u{200B} Code")), "claude code", "as it is shown");
        assert_ne!(folded("Claude ⟦x⟧ Code"), "claude code");
        let kept: DisplayName = serde_json::from_str(r#"{"text":"Claude Code","altered":true}"#).expect("reads");
        assert_eq!((kept.folded().as_str(), kept.altered(), kept.shortened()), ("claude code", true, false));
    }

    proptest! {
        #[test]
        fn taming_is_idempotent_and_bounded(raw in "\\PC{0,200}|.{0,200}") {
            if let Some(once) = DisplayName::tame(&raw) {
                prop_assert!(once.as_str().graphemes(true).count() <= MAX_GRAPHEMES);
                prop_assert!(!once.as_str().chars().any(is_unseen));
                let twice = DisplayName::tame(once.as_str()).expect("still there");
                prop_assert_eq!(twice.as_str(), once.as_str());
                if !once.shortened() {
                    prop_assert_eq!(twice.folded(), once.folded());
                }
            }
        }
    }
}

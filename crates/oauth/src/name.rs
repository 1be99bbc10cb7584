//! Names that programs choose, made safe to show: data, never layout (security D1).

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// The longest name shown, in grapheme clusters.
pub const MAX_GRAPHEMES: usize = 64;
/// A bound in characters too, since one grapheme may carry any number of marks.
const MAX_CHARS: usize = 256;

/// A name as it may be shown: one line, NFC, at most 64 graphemes, without control, format or bidi characters.
///
/// The page isolates it (`<bdi>`), and it never goes into a title, a file name or a log prefix.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DisplayName {
    text: String,
    /// Whether characters were taken out or cut off, which the window says.
    altered: bool,
}

impl DisplayName {
    /// Tames `raw`. `None` when nothing that can be seen is left.
    pub fn tame(raw: &str) -> Option<Self> {
        // What is not seen goes first: marks that it kept apart then come into their order.
        let visible: String = raw.chars().filter(|c| !is_unseen(*c)).nfc().collect();
        let one_line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut text = String::new();
        let mut cut = false;
        for (count, cluster) in one_line.graphemes(true).enumerate() {
            if count == MAX_GRAPHEMES || text.chars().count() + cluster.chars().count() > MAX_CHARS {
                cut = true;
                break;
            }
            text.push_str(cluster);
        }
        let text = text.trim_end().to_owned();
        if text.is_empty() {
            return None;
        }
        let altered = cut || raw.chars().any(is_unseen);
        Some(Self { text, altered })
    }

    /// The text to show.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the program had put in something that is not shown.
    pub const fn altered(&self) -> bool {
        self.altered
    }

    /// The form under which two spellings count as the same name: lower case.
    pub fn folded(&self) -> String {
        self.text.to_lowercase()
    }
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
    fn dcr13_control_and_bidi_characters_are_taken_out_and_said_so() {
        let name = DisplayName::tame("Claude\u{202E}edoC\u{200B}\u{7}").expect("something is left");
        assert_eq!(name.as_str(), "ClaudeedoC");
        assert!(name.altered());
        assert_eq!(tamed("\u{11366}\u{FFFC}\u{A3C}"), "\u{A3C}\u{11366}", "in the order that NFC gives marks");
        assert!(!DisplayName::tame("Claude Code (files)").expect("plain").altered());
    }

    #[test]
    fn sec_d1_a_name_is_one_line_of_at_most_64_graphemes() {
        assert_eq!(tamed("a\r\nb\tc\u{2028}d"), "a b cd");
        assert_eq!(tamed(&"e\u{301}".repeat(100)).graphemes(true).count(), 64);
        assert!(tamed(&format!("a{}", "\u{301}".repeat(5000))).chars().count() <= 256);
        assert_eq!(DisplayName::tame(" \u{200B}\n"), None);
    }

    proptest! {
        #[test]
        fn taming_is_idempotent_and_bounded(raw in "\\PC{0,200}|.{0,200}") {
            if let Some(once) = DisplayName::tame(&raw) {
                prop_assert!(once.as_str().graphemes(true).count() <= MAX_GRAPHEMES);
                prop_assert!(!once.as_str().chars().any(is_unseen));
                let twice = DisplayName::tame(once.as_str()).expect("still there");
                prop_assert_eq!(twice.as_str(), once.as_str());
            }
        }
    }
}

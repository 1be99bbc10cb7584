//! What a person looks for in lists: words, each of which is somewhere in a row, whatever its case.

use doorward_words::{Language, Said, spoken};

/// The words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search(Vec<String>);

impl Search {
    /// The words of what was typed.
    pub fn of(typed: Option<&str>) -> Self {
        Self(typed.unwrap_or_default().split_whitespace().map(str::to_lowercase).collect())
    }

    /// A sentence as windows show it, where that is not the English that is kept: what a person sees is what they look for.
    pub fn shown(&self, said: impl FnOnce() -> Said) -> Option<String> {
        let words = spoken();
        (!self.0.is_empty() && words.language() != Language::English).then(|| words.tell(&said()))
    }

    /// Whether all of them are in a row. Nothing typed is in every row.
    pub fn finds(&self, row: &[Option<&str>]) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let row = row.iter().map(|field| field.unwrap_or_default().to_lowercase()).collect::<Vec<_>>().join("\n");
        self.0.iter().all(|word| row.contains(word))
    }
}

/// How SQLite would run a query with so many parameters.
#[cfg(test)]
pub(super) async fn plan(store: &super::Store, query: &'static str, parameters: usize) -> Vec<String> {
    let explain = move |db: &rusqlite::Connection| {
        let mut explained = db.prepare(&format!("EXPLAIN QUERY PLAN {query}"))?;
        explained.query_map(rusqlite::params_from_iter(vec![1; parameters]), |row| row.get(3))?.collect()
    };
    store.read(explain).await.expect("a plan")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_somewhere_whatever_its_case_and_none_spans_two_fields() {
        let row = [Some("Claude Code"), None, Some("\u{c4}nderungen"), Some("100%_done")];
        for (typed, found) in [
            ("", true),
            ("  ", true),
            ("claude", true),
            ("CODE \u{e4}nder", true),
            ("%_d", true),
            ("code%", false),
            ("codenderungen", false),
            ("claude cursor", false),
        ] {
            assert_eq!(Search::of(Some(typed)).finds(&row), found, "{typed:?}");
        }
        assert!(Search::of(None).finds(&[]));
    }
}

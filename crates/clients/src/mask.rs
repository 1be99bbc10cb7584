//! A text of a configuration file as people may see it: with what looks like a secret covered.
//!
//! This works on the text alone and not on what was parsed, so that it covers comments, entries that stay as they are, and settings
//! that have nothing to do with MCP. A secret that was found by reading is covered wherever it stands.

use std::ops::Range;

use crate::{
    credential,
    document::{Format, quoted},
    template::{HIDDEN, Secret, is_variable_name},
};

/// Covers `known` secrets and what looks like one.
pub(crate) fn covered(text: &str, format: Format, known: &[&Secret]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for hit in hits(text, format) {
        out.push_str(&text[done..hit.start]);
        out.push_str(HIDDEN);
        done = hit.end;
    }
    out.push_str(&text[done..]);
    // REVEAL: looking for the secret in order to cover it. The longest first: one may be a part of another.
    let mut known: Vec<String> = known
        .iter()
        .flat_map(|secret| [quoted(secret.reveal()), format!("\"{}\"", secret.reveal()), format!("'{}'", secret.reveal())])
        .collect();
    known.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    known.dedup();
    for secret in known {
        let inner = &secret[1..secret.len() - 1];
        // Short ones only where they are a whole value: "1" is in many places.
        let (from, to) =
            if inner.len() >= 6 { (inner, HIDDEN.to_owned()) } else { (secret.as_str(), [&secret[..1], HIDDEN, &secret[..1]].concat()) };
        if !inner.is_empty() && out.contains(from) {
            out = out.replace(from, &to);
        }
    }
    out
}

/// What looks like a secret, in its order: in quoted texts, which are called what stands before them, and between them.
fn hits(text: &str, format: Format) -> Vec<Range<usize>> {
    let mut hits = Vec::new();
    let mut name: Option<&str> = None;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        match quoted_text(rest, format) {
            Some((inner, length)) => {
                let value = &rest[inner.clone()];
                hits.extend(secrets_in(name, value).into_iter().map(|hit| at + inner.start + hit.start..at + inner.start + hit.end));
                name = Some(value);
                at += length;
            }
            None => {
                let end = rest.char_indices().skip(1).find(|(_, c)| matches!(c, '"' | '\'')).map_or(rest.len(), |(end, _)| end);
                let bare = &rest[..end];
                hits.extend(in_bare(bare).into_iter().map(|hit| at + hit.start..at + hit.end));
                // `key = "…"`, `"key": "…"` and `"--key", "…"` give the text a name; anything else takes it away.
                let trimmed = bare.trim();
                let word = trimmed.trim_end_matches(['=', ':']).trim_end();
                name = match word {
                    "" => name,
                    "," => name.filter(|name| name.starts_with('-')),
                    _ if word.len() < trimmed.len() => word.rsplit(['\n', '{', '[', ',']).next().map(str::trim),
                    _ => None,
                };
                at += end;
            }
        }
    }
    hits
}

/// Where the inside of the quoted text is that begins here, and how long it is with its quotes.
fn quoted_text(rest: &str, format: Format) -> Option<(Range<usize>, usize)> {
    let quotes: &[&str] = match format {
        Format::Jsonc => &["\""],
        Format::Toml => &["\"\"\"", "'''", "\"", "'"],
    };
    let quote = quotes.iter().find(|quote| rest.starts_with(**quote))?;
    let escapes = quote.starts_with('"');
    let mut at = quote.len();
    while let Some(c) = rest[at..].chars().next() {
        if rest[at..].starts_with(quote) {
            return Some((quote.len()..at, at + quote.len()));
        }
        if c == '\n' && quote.len() == 1 {
            return None; // an apostrophe in a comment
        }
        at += c.len_utf8();
        if escapes && c == '\\' {
            at += rest[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    None
}

/// The secrets in a value, leaving out references such as `${TOKEN}` and `$TOKEN`.
fn secrets_in(name: Option<&str>, value: &str) -> Vec<Range<usize>> {
    if value.strip_prefix('$').is_some_and(is_variable_name) {
        return Vec::new();
    }
    let mut hits = Vec::new();
    // Beside a reference the name speaks of the reference.
    let (mut name, mut at) = (name, 0);
    while let Some((before, reference, after)) = next_reference(&value[at..]) {
        hits.extend(shifted(credential::find(None, before), at));
        let end = value.len() - after.len();
        if let Some((variable, otherwise)) = reference.split_once(":-") {
            hits.extend(shifted(credential::find(Some(variable), otherwise), end - 1 - otherwise.len()));
        }
        (name, at) = (None, end);
    }
    hits.extend(shifted(credential::find(name, &value[at..]), at));
    hits
}

/// What stands before `${…}`, in it and behind it.
fn next_reference(value: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = value.split_once("${")?;
    let (reference, after) = rest.split_once('}')?;
    Some((before, reference, after))
}

fn shifted(hits: Vec<credential::Hit>, by: usize) -> Vec<Range<usize>> {
    hits.into_iter().map(|hit| hit.range.start + by..hit.range.end + by).collect()
}

/// Outside of quotes there are names, numbers and comments: what looks like a credential there is one word.
fn in_bare(text: &str) -> Vec<Range<usize>> {
    let mut hits = Vec::new();
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let trimmed = word.trim_end();
        hits.extend(shifted(credential::find(None, trimmed), at));
        at += word.len();
    }
    hits
}

#[cfg(test)]
mod tests {
    use super::*;

    const GITHUB: &str = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";

    fn json(text: &str) -> String {
        covered(text, Format::Jsonc, &[])
    }

    #[test]
    fn secrets_are_covered_wherever_they_stand() {
        assert_eq!(
            json(r#"{"env": {"API_KEY": "hunter2", "NODE_ENV": "x"}}"#),
            format!(r#"{{"env": {{"API_KEY": "{HIDDEN}", "NODE_ENV": "x"}}}}"#)
        );
        assert_eq!(json(r#"{"Authorization" : "Bearer abcd"}"#), format!(r#"{{"Authorization" : "Bearer {HIDDEN}"}}"#));
        assert_eq!(json(r#"["--token", "hunter2", "--port", "80"]"#), format!(r#"["--token", "{HIDDEN}", "--port", "80"]"#));
        assert_eq!(
            json(&format!("// old: {GITHUB}\n{{}} // \"API_KEY\": \"hunter2\"")),
            format!("// old: {HIDDEN}\n{{}} // \"API_KEY\": \"{HIDDEN}\"")
        );
        assert_eq!(json(r#"{"url": "https://x.example/?key=abc&a=b"}"#), format!(r#"{{"url": "https://x.example/?key={HIDDEN}&a=b"}}"#));
        let toml = "[a.env]\nAPI_KEY = 'hunter2' # don't\nB = \"\"\"x\ny\"\"\"\nAPI_TOKEN = \"\"\"q\nr\"\"\"\n";
        let seen = format!("[a.env]\nAPI_KEY = '{HIDDEN}' # don't\nB = \"\"\"x\ny\"\"\"\nAPI_TOKEN = \"\"\"{HIDDEN}\"\"\"\n");
        assert_eq!(covered(toml, Format::Toml, &[]), seen);
    }

    #[test]
    fn references_and_ordinary_texts_stay() {
        for text in [
            r#"{"env": {"API_KEY": "${API_KEY}"}, "headers": {"Authorization": "Bearer ${env:TOKEN}"}}"#,
            r#"{"env": {"API_KEY": "$API_KEY"}, "bearer_token_env_var": "LINEAR_TOKEN"}"#,
            "// The token expires in May.\n\"github\": {\"command\": \"x\"}",
            r#"{"key": {"name": "x"}, "list": ["a", "b"], "n": 5, "f": true}"#,
            "// it's a \"comment",
            "",
        ] {
            assert_eq!(json(text), text);
        }
        assert_eq!(json(r#"{"a": "${TOKEN:-hunter2} x"}"#), format!(r#"{{"a": "${{TOKEN:-{HIDDEN}}} x"}}"#));
    }

    #[test]
    fn a_known_secret_is_covered_even_where_nothing_gives_it_away() {
        let (long, short) = (Secret::new("a", "correct horse \"battery\""), Secret::new("b", "ab"));
        let text = r#"{"note": "correct horse \"battery\" staple", "x": "ab", "tab": "cab"}"#;
        let seen = covered(text, Format::Jsonc, &[&long, &short]);
        assert_eq!(seen, format!(r#"{{"note": "{HIDDEN} staple", "x": "{HIDDEN}", "tab": "cab"}}"#));
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_it_and_known_secrets_are_gone(text in "[\"'a-z0-9:=,\\[\\]{}$\\\\ \n#/é-]{0,120}", at in 0_usize..120) {
            let secret = Secret::new("x", "Zq8-known-secret");
            let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let text = format!("{}{}{}", &text[..at], secret.reveal(), &text[at..]);
            for format in [Format::Jsonc, Format::Toml] {
                proptest::prop_assert!(!covered(&text, format, &[&secret]).contains(secret.reveal()));
            }
        }
    }
}

//! What a tool is called with, as a person reads it, and as it is recognised and written down.

use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use sha2::{Digest, Sha256};

use crate::{
    json::{self, Ambiguous, Members},
    name::is_unseen,
};

/// One argument, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// Its value as JSON, in which everything can be seen and secrets are masked.
    pub value: String,
    /// How many characters the value has.
    pub length: usize,
    /// Whether it has more than are here.
    pub cut: bool,
    /// Where paths in it really lead, as far as that is another place than they say.
    #[serde(default)]
    pub leads: Vec<Lead>,
}

/// Where a path led when it was looked at. It can be shown as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lead {
    /// The path; `None` when it is the whole argument.
    pub path: Option<String>,
    /// Where it leads.
    pub to: String,
}

impl Lead {
    /// `secrets` are masked in both.
    pub fn new(path: Option<&str>, to: &str, secrets: &[&str]) -> Self {
        let shown = |text: &str| {
            let line = visible_line(&secrets.iter().fold(text.to_owned(), |text, secret| mask(&text, secret)));
            match line.char_indices().nth(LONGEST_PATH) {
                Some((end, _)) => format!("{}\u{2026}", &line[..end]),
                None => line,
            }
        };
        Self { path: path.map(shown), to: shown(to) }
    }
}

/// A path among the arguments of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathArgument {
    /// In which of the [`rows`] it is.
    pub row: usize,
    /// Whether it is the whole argument, and not one text of a list.
    pub whole: bool,
    /// The path as it came.
    pub path: String,
}

/// The most characters of one value that are shown.
const MOST: usize = 100_000;
/// The most characters of all values together.
const MOST_IN_ALL: usize = 1_000_000;
/// The most rows. What is more comes into one row.
const ROWS: usize = 200;
/// The most paths that are looked at.
const PATHS: usize = 20;
/// The most bytes of a path, as on Linux.
const LONGEST_PATH: usize = 4096;
/// What stands for a secret.
const MASK: &str = "\u{2022}\u{2022}\u{2022}\u{2022}";

/// The arguments of a call as rows. `secrets` are masked wherever they occur.
///
/// # Errors
/// [`Ambiguous`]: what could be read in two ways is not shown, and does not pass.
pub fn rows(arguments: Option<&RawValue>, secrets: &[&str]) -> Result<Vec<Argument>, Ambiguous> {
    let Some(arguments) = arguments else { return Ok(Vec::new()) };
    json::canonical(arguments)?;
    let Ok(members) = Members::read(arguments.get()) else {
        return Ok(vec![row(String::new(), arguments.get(), secrets, MOST)]);
    };
    let (mut rows, mut left) = (Vec::new(), MOST_IN_ALL);
    for (name, value) in members.iter().take(ROWS) {
        let row = row(visible_line(name), value.get(), secrets, MOST.min(left));
        left = left.saturating_sub(row.value.len());
        rows.push(row);
    }
    let more: Vec<String> = members.iter().skip(ROWS).map(|(name, value)| format!("{}:{value}", Value::from(name))).collect();
    if !more.is_empty() {
        rows.push(row(format!("\u{2026} {}", more.len()), &format!("{{{}}}", more.join(",")), secrets, MOST.min(left)));
    }
    Ok(rows)
}

fn row(name: String, json: &str, secrets: &[&str], most: usize) -> Argument {
    let masked = secrets.iter().fold(json.to_owned(), |text, secret| mask(&text, secret));
    let length = json.chars().count();
    let cut = masked.chars().count() > most;
    let kept: String = if cut { masked.chars().take(most).collect() } else { masked };
    Argument { name, value: visible(&kept), length, cut, leads: Vec::new() }
}

/// The paths among the arguments of a call, the first ones if there are many: texts, and texts in lists, that begin as paths do.
pub fn paths(arguments: Option<&RawValue>) -> Vec<PathArgument> {
    let members = arguments.map_or(Ok(Members::default()), |arguments| Members::read(arguments.get()));
    let Ok(members) = members else { return Vec::new() };
    let mut paths = Vec::new();
    for (row, (_, value)) in members.iter().take(ROWS).enumerate() {
        let left = PATHS - paths.len();
        let texts = match serde_json::from_str(value.get()) {
            Ok(Value::String(text)) => vec![(true, text)],
            Ok(Value::Array(items)) => {
                items.into_iter().filter_map(|item| if let Value::String(text) = item { Some((false, text)) } else { None }).collect()
            }
            _ => Vec::new(),
        };
        let found = texts.into_iter().filter(|(_, text)| is_path(text)).take(left);
        paths.extend(found.map(|(whole, path)| PathArgument { row, whole, path }));
    }
    paths
}

/// Whether a text is a path, as far as its beginning says.
fn is_path(text: &str) -> bool {
    const BEGINNINGS: [&str; 5] = ["/", "~/", "./", "../", "file:///"];
    let on_a_drive = matches!(text.as_bytes(), [drive, b':', b'\\' | b'/', ..] if drive.is_ascii_alphabetic());
    let begins = on_a_drive || [".", "..", "~"].contains(&text) || BEGINNINGS.iter().any(|beginning| text.starts_with(beginning));
    begins && text.len() <= LONGEST_PATH && !text.contains('\0')
}

/// Secrets that are shorter would mask what they are not.
const SHORTEST_SECRET: usize = 6;

/// JSON in which a secret is covered wherever it stands.
pub fn mask(json: &str, secret: &str) -> String {
    if secret.len() < SHORTEST_SECRET {
        return json.to_owned();
    }
    // As it stands inside a JSON string.
    let quoted = Value::from(secret).to_string();
    json.replace(&quoted[1..quoted.len() - 1], MASK).replace(secret, MASK)
}

/// A text in which every character can be seen: those that hide, or turn others around, are named.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match u32::from(c) {
            control @ 0..=0x1F if c != '\n' && c != '\t' => shown.extend(char::from_u32(0x2400 + control)),
            0x7F => shown.push('\u{2421}'),
            code if c.is_control() && c != '\n' && c != '\t' || is_unseen(c) => shown.push_str(&format!("\u{27e6}U+{code:04X}\u{27e7}")),
            _ => shown.push(c),
        }
    }
    shown
}

/// The same as one line.
pub fn visible_line(text: &str) -> String {
    visible(text).replace('\n', "\u{240a}").replace('\t', "\u{2409}")
}

/// Recognises the arguments of a call, whatever order they were sent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ArgumentsHash([u8; 32]);

impl ArgumentsHash {
    /// Of these.
    ///
    /// # Errors
    /// [`Ambiguous`].
    pub fn of(arguments: Option<&RawValue>) -> Result<Self, Ambiguous> {
        let text = arguments.map(json::canonical).transpose()?.unwrap_or_default();
        Ok(Self(Sha256::digest(text.as_bytes()).into()))
    }
}

/// What kind of values a call had, without the values: what is written down unless a person switched more on. `known` are the names
/// that the tool's schema has; others could be made up in order to be written down.
pub fn shape(arguments: Option<&RawValue>, known: &[String]) -> String {
    let members = arguments.map_or(Ok(Members::default()), |arguments| Members::read(arguments.get()));
    let Ok(members) = members else { return "?".to_owned() };
    let mut shapes: Vec<String> = Vec::new();
    let mut others = 0_usize;
    for (name, value) in members.iter() {
        if known.iter().any(|known| known == name) && shapes.len() < ROWS {
            shapes.push(format!("{}: {}", visible(name), kind(value)))
        } else {
            others += 1
        }
    }
    if others > 0 {
        shapes.push(format!("{others} unknown"));
    }
    shapes.join(", ")
}

fn kind(value: &RawValue) -> String {
    match value.get().bytes().next() {
        Some(b'"') => {
            let text: String = serde_json::from_str(value.get()).unwrap_or_default();
            format!("text({})", text.chars().count())
        }
        Some(b'[') => format!("list({})", serde_json::from_str::<Vec<&RawValue>>(value.get()).map_or(0, |items| items.len())),
        Some(b'{') => format!("object({})", Members::read(value.get()).map_or(0, |members| members.len())),
        Some(b't' | b'f') => "yes or no".to_owned(),
        Some(b'n') => "nothing".to_owned(),
        Some(_) | None => "number".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).expect("JSON")
    }

    fn shown(text: &str, secrets: &[&str]) -> Vec<(String, String, usize)> {
        rows(Some(&raw(text)), secrets).expect("sound").into_iter().map(|row| (row.name, row.value, row.length)).collect()
    }

    #[test]
    fn arguments_are_rows_in_which_everything_can_be_seen() {
        let rows = shown("{\"path\":\"/tmp/\u{202E}txt.exe\",\"n\":3,\"a\u{200B}b\":\"x\\u0000\"}", &[]);
        assert_eq!(rows[0], ("path".into(), "\"/tmp/\u{27e6}U+202E\u{27e7}txt.exe\"".into(), 15));
        assert_eq!(rows[1], ("n".into(), "3".into(), 1));
        assert_eq!(rows[2].0, "a\u{27e6}U+200B\u{27e7}b");
        assert!(rows[2].1.contains("\\u0000"), "{rows:?}");
        assert_eq!(visible("a\u{0}\u{1b}b\u{7f}"), "a\u{2400}\u{241b}b\u{2421}");
        assert!(super::rows(None, &[]).expect("none").is_empty());
        assert_eq!(shown("[1,2]", &[]), [(String::new(), "[1,2]".into(), 5)]);
    }

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        let rows = shown(r#"{"header":"Bearer s3cret\"x","deep":{"list":["s3cret\"x"]}}"#, &["s3cret\"x", "a"]);
        assert!(rows.iter().all(|(_, value, _)| value.contains(MASK) && !value.contains("s3cret")), "{rows:?}");
        assert!(rows[0].1.contains("Bearer"), "what is too short to be a secret masks nothing");
    }

    #[test]
    fn long_values_are_cut_and_their_length_is_exact() {
        let text = "x".repeat(MOST + 10);
        let rows = super::rows(Some(&raw(&format!(r#"{{"a":"{text}"}}"#))), &[]).expect("sound");
        assert_eq!((rows[0].length, rows[0].cut, rows[0].value.chars().count()), (MOST + 12, true, MOST));
        let many: Vec<String> = (0..ROWS + 3).map(|n| format!("\"k{n}\":{n}")).collect();
        let rows = shown(&format!("{{{}}}", many.join(",")), &[]);
        assert_eq!((rows.len(), rows[ROWS].0.as_str()), (ROWS + 1, "\u{2026} 3"));
        assert!(rows[ROWS].1.contains("\"k202\":202"));
    }

    #[test]
    fn paths_are_texts_and_texts_in_lists_that_begin_as_paths_do() {
        let found = |text: &str| paths(Some(&raw(text))).into_iter().map(|it| (it.row, it.whole, it.path)).collect::<Vec<_>>();
        let some =
            r#"{"n":1,"path":"/tmp/x","paths":["notes","../y",3,["/deep"]],"o":{"path":"/deep"},"a":"~/z","b":"C:\\x","c":"file:///q"}"#;
        let expected = [(1, true, "/tmp/x"), (2, false, "../y"), (4, true, "~/z"), (5, true, "C:\\x"), (6, true, "file:///q")];
        assert_eq!(found(some), expected.map(|(row, whole, path)| (row, whole, path.to_owned())));
        for none in [r#"{"a":"x/y","b":"https://x/","c":"~x","d":".x","e":"","f":"/\u0000","g":"file://host/x"}"#, "[\"/tmp\"]", "3"] {
            assert_eq!(found(none), [], "{none}");
        }
        let many = format!(r#"{{"a":[{}],"b":"/x"}}"#, vec!["\"/x\""; 40].join(","));
        assert_eq!(found(&many).len(), PATHS);
        assert_eq!(found(&format!(r#"{{"a":"/{}"}}"#, "x".repeat(LONGEST_PATH))), []);
        assert!(paths(None).is_empty());
    }

    #[test]
    fn where_a_path_leads_can_be_seen_and_has_no_secret() {
        let lead = Lead::new(Some("/a\u{202E}b"), "/tmp/s3cret-key\n/x", &["s3cret-key"]);
        assert_eq!((lead.path.as_deref(), lead.to), (Some("/a\u{27e6}U+202E\u{27e7}b"), format!("/tmp/{MASK}\u{240a}/x")));
        assert_eq!(Lead::new(None, &"\u{e4}".repeat(5000), &[]).to.chars().count(), LONGEST_PATH + 1);
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_not_shown() {
        assert!(rows(Some(&raw(r#"{"path":"/etc/shadow","path":"/tmp/x"}"#)), &[]).is_err());
        assert!(ArgumentsHash::of(Some(&raw(r#"{"a":{"b":1,"b":2}}"#))).is_err());
    }

    #[test]
    fn the_same_arguments_are_recognised_and_others_are_not() {
        let hash = |text: &str| ArgumentsHash::of(Some(&raw(text))).expect("sound");
        assert_eq!(hash(r#"{"a":1,"b":2}"#), hash(r#"{"b":2, "a":1}"#));
        assert_ne!(hash(r#"{"a":1}"#), hash(r#"{"a":2}"#));
    }

    #[test]
    fn a_shape_has_no_values_and_no_names_that_a_program_made_up() {
        let arguments = raw(r#"{"path":"/home/me","edits":[1,2],"dry":true,"at":5,"o":{"x":1},"sk-live-123":"y"}"#);
        let known = ["path", "edits", "dry", "at", "o"].map(str::to_owned);
        let shape = shape(Some(&arguments), &known);
        assert_eq!(shape, "path: text(8), edits: list(2), dry: yes or no, at: number, o: object(1), 1 unknown");
    }
}

//! A text of a server's definition, with references in the places of secrets and of variables.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::{credential, dialect::Filling, places::Home, server::Why};

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// As it stands.
    Text(String),
    /// A secret of the server, by its name among the server's secrets.
    Secret(String),
    /// A variable of the environment, which had its value where the client was started.
    Variable {
        /// Its name.
        name: String,
        /// What counts when it is not set.
        otherwise: Option<String>,
    },
}

/// A text in parts. It can be printed and kept: no secret is in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Template(Vec<Part>);

impl Template {
    /// The parts, in their order.
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// The text, if nothing in it has to be filled in.
    pub fn plain(&self) -> Option<String> {
        self.0.iter().map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None }).collect()
    }

    /// Whether a secret is in it.
    pub fn has_secret(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Secret(_)))
    }

    /// Whether a variable is in it.
    pub(crate) fn has_variable(&self) -> bool {
        self.variables().next().is_some()
    }

    /// The names of the variables in it.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| if let Part::Variable { name, .. } = part { Some(name.as_str()) } else { None })
    }

    /// A text in which nothing is to be filled in.
    pub(crate) fn of_text(text: &str) -> Self {
        Self(vec![Part::Text(text.to_owned())])
    }

    /// A variable and nothing else, behind a text.
    pub(crate) fn of_variable(before: &str, name: &str) -> Self {
        let text = (!before.is_empty()).then(|| Part::Text(before.to_owned()));
        Self(text.into_iter().chain([Part::Variable { name: name.to_owned(), otherwise: None }]).collect())
    }
}

/// For people: `Bearer ••••`, `${NAME}`.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(text),
            Part::Secret(_) => f.write_str(HIDDEN),
            Part::Variable { name, otherwise: None } => write!(f, "${{{name}}}"),
            Part::Variable { name, otherwise: Some(otherwise) } => write!(f, "${{{name}:-{otherwise}}}"),
        })
    }
}

/// What people see in the place of a secret.
pub(crate) const HIDDEN: &str = "\u{2022}\u{2022}\u{2022}\u{2022}";

/// A secret that stood in a client's configuration. It cannot be printed or serialised; its name can, and stands for it.
#[derive(Clone)]
pub struct Secret {
    name: String,
    value: SecretString,
}

impl Secret {
    /// Its name among the secrets of its server: of the variable, header, option or parameter whose value it was.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The secret itself. Each call says in a comment why it must be seen.
    pub fn reveal(&self) -> &str {
        self.value.expose_secret()
    }

    /// A secret that a caller knows, to compare servers with.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into().into() }
    }
}

/// Two secrets are the same when name and value are.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        // REVEAL: comparing servers that the same person configured; nobody measures how long it takes.
        self.name == other.name && self.reveal() == other.reveal()
    }
}

impl Eq for Secret {}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({}, ..)", self.name)
    }
}

/// Reads the texts of one entry and collects its secrets.
pub(crate) struct Reader<'a> {
    pub(crate) filling: Filling,
    pub(crate) home: &'a Home,
    pub(crate) secrets: Vec<Secret>,
}

/// A stretch of a text, as a client reads it.
enum Stretch<'t> {
    Text(&'t str),
    Filled(String),
    Variable { name: &'t str, otherwise: Option<&'t str> },
}

/// In characters.
const LONGEST_IN_BRACES: usize = 300;

/// Variables that Claude Code sets itself for the servers it starts.
const CLAUDE_CODES_OWN: [&str; 3] = ["CLAUDE_PROJECT_DIR", "CLAUDE_PLUGIN_ROOT", "CLAUDE_PLUGIN_DATA"];

impl Reader<'_> {
    /// Reads a text. `name` is what it is called, and decides together with its looks what in it is secret; `fallback` names
    /// secrets that have no name of their own.
    pub(crate) fn read(&mut self, text: &str, name: Option<&str>, fallback: &str) -> Result<Template, Why> {
        let stretches = self.stretches(text)?;
        let mut parts = Vec::new();
        // Behind what the client fills in itself comes the rest of a path.
        let mut in_path = false;
        for stretch in stretches {
            let was_in_path = std::mem::replace(&mut in_path, matches!(stretch, Stretch::Filled(_)));
            match stretch {
                Stretch::Text(text) => {
                    // Signs between variables are none themselves: the name speaks of the variables.
                    let name = name.filter(|_| !was_in_path && text.contains(char::is_alphanumeric));
                    self.take_secrets(text, name, fallback, &mut parts);
                }
                Stretch::Filled(text) => parts.push(Part::Text(text)),
                Stretch::Variable { name, otherwise } => {
                    if !credential::find(Some(name), otherwise.unwrap_or_default()).is_empty() {
                        return Err(Why::SecretOtherwise(name.to_owned()));
                    }
                    parts.push(Part::Variable { name: name.to_owned(), otherwise: otherwise.map(str::to_owned) });
                }
            }
        }
        Ok(Template(parts))
    }

    fn take_secrets(&mut self, text: &str, name: Option<&str>, fallback: &str, parts: &mut Vec<Part>) {
        let mut done = 0;
        for hit in credential::find(name, text) {
            if hit.range.start > done {
                parts.push(Part::Text(text[done..hit.range.start].to_owned()));
            }
            let secret = self.unused_name(hit.name.as_deref().unwrap_or(fallback));
            self.secrets.push(Secret::new(secret.clone(), &text[hit.range.clone()]));
            parts.push(Part::Secret(secret));
            done = hit.range.end;
        }
        if done < text.len() {
            parts.push(Part::Text(text[done..].to_owned()));
        }
    }

    /// A name that no other secret of the server has, of characters that a keyring and a command line take.
    fn unused_name(&self, wanted: &str) -> String {
        let plain: String =
            wanted.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '-' }).take(48).collect();
        let plain = plain.trim_matches('-');
        let plain = if plain.is_empty() { "secret" } else { plain };
        let taken = |name: &str| self.secrets.iter().any(|secret| secret.name == name);
        let numbered = (2..).map(|number| format!("{plain}-{number}"));
        std::iter::once(plain.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
    }

    fn stretches<'t>(&self, text: &'t str) -> Result<Vec<Stretch<'t>>, Why> {
        let mut stretches = Vec::new();
        let mut rest = text;
        while let Some((before, found, after)) = self.next_variable(rest)? {
            if !before.is_empty() {
                stretches.push(Stretch::Text(before));
            }
            stretches.push(found);
            rest = after;
        }
        if !rest.is_empty() {
            stretches.push(Stretch::Text(rest));
        }
        Ok(stretches)
    }

    fn next_variable<'t>(&self, text: &'t str) -> Result<Option<(&'t str, Stretch<'t>, &'t str)>, Why> {
        if self.filling == Filling::Nothing {
            return Ok(None);
        }
        for (at, _) in text.match_indices('$') {
            let after = &text[at + 1..];
            if let Some((inner, rest)) = after.strip_prefix('{').and_then(before_brace) {
                if let Some(found) = self.in_braces(inner)? {
                    return Ok(Some((&text[..at], found, rest)));
                }
            } else if self.filling == Filling::Shell {
                let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
                if is_variable_name(&after[..end]) {
                    return Ok(Some((&text[..at], Stretch::Variable { name: &after[..end], otherwise: None }, &after[end..])));
                }
            }
        }
        Ok(None)
    }

    /// What `${inner}` stands for; `None` when the client takes it as it stands.
    fn in_braces<'t>(&self, inner: &'t str) -> Result<Option<Stretch<'t>>, Why> {
        match self.filling {
            Filling::Nothing => Ok(None),
            Filling::Braces | Filling::Shell => {
                let (name, otherwise) = inner.split_once(":-").map_or((inner, None), |(name, otherwise)| (name, Some(otherwise)));
                if self.filling == Filling::Braces && CLAUDE_CODES_OWN.contains(&name) {
                    return Err(filled_by_client(name));
                }
                Ok(is_variable_name(name).then_some(Stretch::Variable { name, otherwise }))
            }
            Filling::Editor => match inner.split_once(':') {
                Some(("env", name)) if is_variable_name(name) => Ok(Some(Stretch::Variable { name, otherwise: None })),
                _ => match inner {
                    "userHome" => Ok(Some(Stretch::Filled(self.home.folder().to_string_lossy().into_owned()))),
                    "pathSeparator" | "/" => Ok(Some(Stretch::Filled(std::path::MAIN_SEPARATOR_STR.to_owned()))),
                    _ => Err(filled_by_client(inner)),
                },
            },
        }
    }
}

/// What stands before the closing brace, and what comes behind it. Nobody writes so much between two braces that it is worth
/// looking further.
fn before_brace(text: &str) -> Option<(&str, &str)> {
    let (at, _) = text.char_indices().take(LONGEST_IN_BRACES).find(|(_, c)| *c == '}')?;
    Some((&text[..at], &text[at + 1..]))
}

/// Names end up in a sentence, which has room for so much.
fn filled_by_client(name: &str) -> Why {
    Why::Filled(name.chars().take(60).collect())
}

/// Whether a shell would take it for the name of a variable.
pub(crate) fn is_variable_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places::System;

    fn read(filling: Filling, name: Option<&str>, text: &str) -> Result<(String, Vec<String>), Why> {
        let home = Home::new(System::Linux, "/home/me");
        let mut reader = Reader { filling, home: &home, secrets: Vec::new() };
        let template = reader.read(text, name, "argument-1")?;
        // REVEAL: a test looks at what was found.
        Ok((template.to_string(), reader.secrets.iter().map(|secret| format!("{}={}", secret.name(), secret.reveal())).collect()))
    }

    #[test]
    fn each_client_fills_in_its_own_variables() {
        let plain = |text: &str| Ok((text.to_owned(), vec![]));
        for text in ["${HOME}/x", "$HOME", "${env:HOME}", "$", "${", "${}", "cost: $5"] {
            assert_eq!(read(Filling::Nothing, None, text), plain(text));
        }
        assert_eq!(read(Filling::Braces, None, "a ${B} $C ${D:-e}"), plain("a ${B} $C ${D:-e}"));
        let home = Home::new(System::Linux, "/home/me");
        let names = |filling, text: &str| {
            let mut reader = Reader { filling, home: &home, secrets: Vec::new() };
            let template = reader.read(text, None, "").expect("reads");
            template.variables().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(names(Filling::Braces, "a ${B} $C ${D:-e} ${not one}"), ["B", "D"]);
        assert_eq!(names(Filling::Shell, "a ${B} $C$D ${E:-f} $5 $"), ["B", "C", "D", "E"]);
        assert_eq!(names(Filling::Editor, "a ${env:B} $C"), ["B"]);
        assert_eq!(read(Filling::Editor, None, "${userHome}/x").map(|(text, _)| text), Ok("/home/me/x".to_owned()));
    }

    #[test]
    fn what_only_the_client_can_fill_in_is_said() {
        for (filling, text, name) in [
            (Filling::Editor, "Bearer ${input:token}", "input:token"),
            (Filling::Editor, "${workspaceFolder}/x", "workspaceFolder"),
            (Filling::Editor, "${file:/run/secret}", "file:/run/secret"),
            (Filling::Braces, "${CLAUDE_PROJECT_DIR}/x", "CLAUDE_PROJECT_DIR"),
        ] {
            assert_eq!(read(filling, None, text), Err(Why::Filled(name.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_reference_is_no_secret_and_a_literal_beside_it_is() {
        assert_eq!(read(Filling::Braces, Some("Authorization"), "Bearer ${TOKEN}"), Ok(("Bearer ${TOKEN}".to_owned(), vec![])));
        assert_eq!(
            read(Filling::Braces, Some("Authorization"), "Bearer abcd"),
            Ok((format!("Bearer {HIDDEN}"), vec!["argument-1=abcd".to_owned()]))
        );
        let mixed = read(Filling::Braces, None, "${HOST:-x} ghp_16C7e42F292c6912E7710c838347Ae178B4a");
        assert_eq!(mixed, Ok((format!("${{HOST:-x}} {HIDDEN}"), vec!["argument-1=ghp_16C7e42F292c6912E7710c838347Ae178B4a".to_owned()])));
        let beside = read(Filling::Braces, Some("API_KEY"), "hunter2${REST}");
        assert_eq!(beside, Ok((format!("{HIDDEN}${{REST}}"), vec!["argument-1=hunter2".to_owned()])));
        assert_eq!(read(Filling::Braces, Some("AUTH"), "${USER}:${PASS}"), Ok(("${USER}:${PASS}".to_owned(), vec![])));
        let path = read(Filling::Editor, Some("SSH_KEY"), "${userHome}\\keys");
        assert_eq!(path, Ok(("/home/me\\keys".to_owned(), vec![])));
        assert_eq!(read(Filling::Braces, None, "${API_KEY:-hunter2}"), Err(Why::SecretOtherwise("API_KEY".to_owned())));
    }

    #[test]
    fn secrets_have_names_of_their_own_and_cannot_be_printed() {
        let home = Home::new(System::Linux, "/home/me");
        let mut reader = Reader { filling: Filling::Nothing, home: &home, secrets: Vec::new() };
        for text in ["https://a.example/?key=hunter2", "https://b.example/?key=hunter3"] {
            reader.read(text, None, "x").expect("reads");
        }
        let names: Vec<&str> = reader.secrets.iter().map(Secret::name).collect();
        assert_eq!(names, ["key", "key-2"]);
        assert!(!format!("{:?}", reader.secrets).contains("hunter"));
        assert_eq!(reader.unused_name("\u{1b}[31m--"), "31m");
        assert_eq!(reader.unused_name("---"), "secret");
    }
}

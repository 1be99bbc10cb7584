//! What looks like a credential. A guess, and meant to err on the side of yes: a text that was no secret works from the keyring
//! just as well, and one that was stays in a file if it is missed.
//!
//! - A value is one when its name says so (`GITHUB_TOKEN`, `--api-key`, `Authorization`, `?apiKey=`), unless it is a switch, a
//!   small number or a path.
//! - A word is one when it begins like the credentials of a service do (`ghp_…`, `sk-…`, `xoxb-…`), whatever its name.
//! - A long word of letters and digits that nobody would type is one.
//! - The password in an address is one.

use std::ops::Range;

use crate::looks;

/// A credential in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    /// Where it stands.
    pub(crate) range: Range<usize>,
    /// What the text itself calls it.
    pub(crate) name: Option<String>,
}

impl Hit {
    /// The same in a longer text, with a name if it had none.
    fn moved(self, by: usize, name: Option<&str>) -> Self {
        Self { range: self.range.start + by..self.range.end + by, name: self.name.or_else(|| name.map(str::to_owned)) }
    }
}

/// Words in a name that say that the value is a secret.
const SECRET: [&str; 20] = [
    "token",
    "tokens",
    "key",
    "keys",
    "apikey",
    "secret",
    "secrets",
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "pass",
    "pat",
    "credential",
    "credentials",
    "auth",
    "authorization",
    "bearer",
    "cookie",
    "jwt",
];

/// Ends of words that are written together: `accesstoken`.
const SECRET_ENDS: [&str; 6] = ["token", "apikey", "secret", "password", "passwd", "secretkey"];

/// Last words of a name that say that the value is something about a secret: `TOKEN_URL`, `MAX_TOKENS_COUNT`, `KEY_FILE`.
const ABOUT: [&str; 28] = [
    "url", "uri", "var", "env", "endpoint", "host", "port", "path", "file", "dir", "folder", "mode", "type", "kind", "method", "scheme",
    "name", "user", "username", "id", "limit", "count", "size", "ttl", "expiry", "header", "enabled", "region",
];

/// Words of letters alone that are not longer are believed to be words, where a credential is not expected.
const LONGEST_TYPED: usize = 15;

/// Values inside of values that are looked into: `-c "A=1; B=--key=x"` has three.
const DEEPEST: u8 = 5;

/// Whether a name says that its value is a secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let words = words(name);
    let Some(last) = words.last() else { return false };
    if ABOUT.contains(&last.as_str()) {
        return false;
    }
    words.iter().any(|word| SECRET.contains(&word.as_str()) || SECRET_ENDS.iter().any(|end| word.ends_with(end)))
}

/// Whether a value that goes by these names is plainly no credential. Other than in [`find`], doubt says no: what nobody wrote into a
/// file is not known by its looks alone.
pub(crate) fn is_plainly_none<'n>(mut names: impl Iterator<Item = &'n str>, value: &str) -> bool {
    let typed = |word: &str| word.len() <= LONGEST_TYPED && word.bytes().all(|b| b.is_ascii_alphabetic());
    let plain = || is_plain(value) || value.split([' ', ',', '.', '-', '_', '/']).all(typed);
    value.trim().is_empty() || (!names.any(is_secret_name) && find(None, value).is_empty() && plain())
}

/// The option that an argument belongs to: `--name` before it.
pub(crate) fn option_of<'a>(before: Option<&'a str>, argument: &str) -> Option<&'a str> {
    before.filter(|before| before.starts_with('-') && !before.contains('=') && !argument.starts_with('-'))
}

/// `githubApiKey`, `GITHUB_API_KEY` and `--github-api-key` are the same three words.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        let starts = !c.is_alphanumeric() || (c.is_uppercase() && was_lower);
        if starts && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase() || c.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The credentials in a value, in their order. `name` is what the value is called.
pub(crate) fn find(name: Option<&str>, value: &str) -> Vec<Hit> {
    find_within(name, value, DEEPEST)
}

/// The same, with so many values inside of values to be looked into.
fn find_within(name: Option<&str>, value: &str, depth: u8) -> Vec<Hit> {
    if value.starts_with("-----BEGIN") && value.contains("PRIVATE KEY") {
        return vec![whole(value)];
    }
    let named = name.is_some_and(is_secret_name);
    let (start, rest) = after_scheme(value);
    if rest.trim().is_empty() {
        return Vec::new();
    }
    if start > 0 && rest.trim().len() >= 4 {
        return vec![Hit { range: start..value.len(), name: None }];
    }
    if value.contains("://") && !value.contains(char::is_whitespace) {
        let hits = in_address(value);
        return if hits.is_empty() && named { vec![whole(value)] } else { hits };
    }
    if named && !is_plain(value) {
        return vec![whole(value)];
    }
    let Some(depth) = depth.checked_sub(1) else { return in_words(value) };
    if value.contains(';') && value.contains('=') {
        return in_list(value, depth);
    }
    if let Some((left, at)) = assignment(value) {
        let name = left.trim_start_matches('-');
        let hits = find_within(Some(left), &value[at..], depth).into_iter();
        return hits.map(|hit| hit.moved(at, Some(name))).collect();
    }
    if value.trim().contains(char::is_whitespace) { in_command_line(value, depth) } else { in_words(value) }
}

/// `npx x --api-key abc`: words, of which one may name the next.
fn in_command_line(value: &str, depth: u8) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    let mut option: Option<&str> = None;
    let mut at = 0;
    for part in value.split_inclusive(char::is_whitespace) {
        let word = part.trim_end();
        let named = option.filter(|_| !word.starts_with('-'));
        let name = named.map(|option| option.trim_start_matches('-'));
        hits.extend(find_within(named, word, depth).into_iter().map(|hit| hit.moved(at, name)));
        option = Some(word).filter(|word| word.starts_with('-') && !word.contains('='));
        at += part.len();
    }
    hits
}

fn whole(value: &str) -> Hit {
    Hit { range: 0..value.len(), name: None }
}

/// `Bearer abc`: what comes after the scheme of an Authorization header (RFC 9110 §11.4), and where.
fn after_scheme(value: &str) -> (usize, &str) {
    for scheme in ["Bearer ", "Basic ", "Token ", "ApiKey "] {
        if value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)) {
            return (scheme.len(), &value[scheme.len()..]);
        }
    }
    (0, value)
}

/// What no secret looks like: a switch, a small number, a path.
fn is_plain(value: &str) -> bool {
    let switch = ["true", "false", "yes", "no", "on", "off", "none", "null", "auto", "oauth", "basic", "bearer"];
    let path = ["/", "./", "../", "~", "\\\\"].iter().any(|start| value.starts_with(start)) || value.get(1..3) == Some(":\\");
    let small = value.len() <= 6 && value.bytes().all(|b| b.is_ascii_digit());
    switch.contains(&value.to_lowercase().as_str()) || small || path
}

/// The name in `--name=value`, `NAME=value` or `Name: value`, and where the value begins.
fn assignment(value: &str) -> Option<(&str, usize)> {
    let at = value.find(['=', ':'])?;
    let name = &value[..at];
    let bare = name.trim_start_matches('-');
    let sound = bare.len() >= 2 && bare.starts_with(|c: char| c.is_ascii_alphabetic());
    let sound = sound && bare.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    let blanks = value[at + 1..].len() - value[at + 1..].trim_start().len();
    sound.then_some((name, at + 1 + blanks))
}

/// `Server=db;Password=x`: the settings of a connection.
fn in_list(value: &str, depth: u8) -> Vec<Hit> {
    let mut hits = Vec::new();
    let mut at = 0;
    for part in value.split(';') {
        hits.extend(find_within(None, part, depth).into_iter().map(|hit| hit.moved(at, None)));
        at += part.len() + 1;
    }
    hits
}

/// The password, the parameters and the path of an address.
fn in_address(value: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    let Some(scheme) = value.find("://").map(|at| at + 3) else { return hits };
    let path = value[scheme..].find(['/', '?', '#']).map_or(value.len(), |at| scheme + at);
    let query = value[path..].find(['?', '#']).map_or(value.len(), |at| path + at);
    let authority = &value[scheme..path];
    if let Some(user) = authority.rfind('@').map(|at| &authority[..at]) {
        let from = user.find(':').map_or(0, |at| at + 1);
        // A user name alone may be a token: `https://ghp_…@github.com`.
        let password = from > 0 && user.len() > from;
        hits.extend(
            (password || !in_words(user).is_empty())
                .then(|| Hit { range: scheme + from..scheme + user.len(), name: Some("password".to_owned()) }),
        );
    }
    let mut at = path;
    for segment in value[path..query].split('/') {
        hits.extend(
            in_words(segment)
                .into_iter()
                .map(|hit| Hit { range: at + hit.range.start..at + hit.range.end, name: Some("address".to_owned()) }),
        );
        at += segment.len() + 1;
    }
    let mut at = query;
    for parameter in value[query..].split(['?', '&', '#']) {
        if let Some((name, given)) = parameter.split_once('=') {
            let from = at + name.len() + 1;
            let secret = !given.is_empty() && ((is_secret_name(name) && !is_plain(given)) || !in_words(given).is_empty());
            hits.extend(secret.then(|| Hit { range: from..from + given.len(), name: Some(name.to_owned()) }));
        }
        at += parameter.len() + 1;
    }
    hits
}

/// Words that are credentials by their looks.
fn in_words(value: &str) -> Vec<Hit> {
    looks::secret_words(value).into_iter().map(|range| Hit { range, name: None }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'v>(name: Option<&str>, value: &'v str) -> Vec<&'v str> {
        find(name, value).into_iter().map(|hit| &value[hit.range]).collect()
    }

    #[test]
    fn a_name_says_that_its_value_is_secret() {
        for name in [
            "GITHUB_TOKEN",
            "GITHUB_PERSONAL_ACCESS_TOKEN",
            "apiKey",
            "OPENAI_API_KEY",
            "--api-key",
            "X-Api-Key",
            "Authorization",
            "DB_PASSWORD",
            "clientSecret",
            "accesstoken",
            "PGPASSWORD",
            "pat",
            "Cookie",
            "AWS_SECRET_ACCESS_KEY",
            "key",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "NODE_ENV",
            "TOKEN_URL",
            "KEY_FILE",
            "AUTH_MODE",
            "KEYBOARD",
            "monkey",
            "PATH",
            "Accept",
            "AWS_REGION",
            "CLIENT_ID",
            "AUTHOR",
            "",
            "SSH_KEY_PATH",
            "passenger",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn a_named_value_is_secret_unless_it_is_plain() {
        assert_eq!(found(Some("API_KEY"), "hunter2"), ["hunter2"]);
        assert_eq!(found(Some("Authorization"), "Bearer abcd"), ["abcd"]);
        assert_eq!(found(Some("authorization"), "basic dTpw"), ["dTpw"]);
        for (name, value) in [
            ("USE_TOKEN", "true"),
            ("MAX_TOKENS", "4096"),
            ("SSH_KEY", "~/.ssh/id_ed25519"),
            ("KEY", "C:\\keys\\a"),
            ("TOKEN", ""),
            ("NODE_ENV", "production"),
            ("ROOT", "/home/me/work"),
            ("TOKEN", "   "),
        ] {
            assert_eq!(found(Some(name), value), Vec::<&str>::new(), "{name}={value}");
        }
    }

    #[test]
    fn what_is_in_doubt_is_not_plainly_none() {
        let names = |names: &'static [&'static str]| names.iter().copied();
        for value in ["quick", "production", "en, de", "8080", "true", "/home/me/work", ""] {
            assert!(is_plainly_none(names(&["MODE"]), value), "{value}");
        }
        assert!(is_plainly_none(names(&["TOKEN"]), ""), "nothing is no secret");
        for value in ["hunter2", "correcthorsebatterystaple", "https://x.example/hook", "Bearer abcd", "12345678"] {
            assert!(!is_plainly_none(names(&["MODE"]), value), "{value}");
        }
        assert!(!is_plainly_none(names(&["MODE", "API_KEY"]), "quick"), "one name is enough");
    }

    #[test]
    fn known_words_are_secret_whatever_they_are_called() {
        let github = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
        for name in [None, Some("NODE_ENV"), Some("API_KEY")] {
            assert_eq!(found(name, github), [github]);
        }
        let key = "-----BEGIN OPENSSH PRIVATE KEY-----\nabc";
        assert_eq!(found(None, key), [key]);
        for plain in ["-y", "--local-timezone=America/Los_Angeles", "--port", "8080", "postgres:16", "C:\\Users\\me\\server.js"] {
            assert_eq!(found(None, plain), Vec::<&str>::new(), "{plain}");
        }
    }

    #[test]
    fn arguments_carry_secrets_behind_their_names() {
        let hit = |value: &str| find(None, value).into_iter().map(|hit| (value[hit.range].to_owned(), hit.name)).collect::<Vec<_>>();
        let named = |secret: &str, name: &str| vec![(secret.to_owned(), Some(name.to_owned()))];
        assert_eq!(hit("--api-key=abc"), named("abc", "api-key"));
        assert_eq!(hit("GITHUB_TOKEN=abc"), named("abc", "GITHUB_TOKEN"));
        assert_eq!(hit("Authorization: Bearer abcd"), named("abcd", "Authorization"));
        assert_eq!(hit("Authorization:Bearer abcd"), named("abcd", "Authorization"));
        assert_eq!(hit("Server=db;User=me;Password=x1"), named("x1", "Password"));
        assert_eq!(hit("npx x --api-key abc --port 80"), named("abc", "api-key"));
        assert_eq!(hit("exec npx x --token=abc"), named("abc", "token"));
        assert_eq!(hit("--mode=fast"), vec![]);
    }

    #[test]
    fn addresses_carry_secrets_in_three_places() {
        let hit = |value: &str| {
            find(None, value).into_iter().map(|hit| (value[hit.range].to_owned(), hit.name.unwrap_or_default())).collect::<Vec<_>>()
        };
        let one = |secret: &str, name: &str| vec![(secret.to_owned(), name.to_owned())];
        assert_eq!(hit("postgres://me:pw@db/x"), one("pw", "password"));
        assert_eq!(hit("https://x.example/mcp?apiKey=abc&profile=me"), one("abc", "apiKey"));
        assert_eq!(hit("https://x.example/mcp/sk-ak-Ab12Cd34Ef56/sse"), one("sk-ak-Ab12Cd34Ef56", "address"));
        assert_eq!(hit("https://x.example/mcp?profile=me#top"), vec![]);
        assert_eq!(
            hit("https://ghp_16C7e42F292c6912E7710c838347Ae178B4a@x.example/"),
            one("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "password")
        );
        assert_eq!(find(Some("DATABASE_URL"), "postgres://me:pw@db/x").len(), 1);
    }

    proptest::proptest! {
        #[test]
        fn hits_lie_in_the_text_and_do_not_overlap(name in "[A-Za-z_-]{0,12}", value in "\\PC{0,60}|[a-zA-Z0-9:/?&=;@ -]{0,80}") {
            let mut done = 0;
            for hit in find(Some(&name), &value) {
                proptest::prop_assert!(value.get(hit.range.clone()).is_some_and(|text| !text.is_empty()));
                proptest::prop_assert!(hit.range.start >= done);
                done = hit.range.end;
            }
        }
    }
}

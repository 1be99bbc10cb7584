//! Names of servers behind Doorward, made from the names that clients have for them.

use doorward_oauth::id::ServerName;

/// A server's name is at most that long.
const LONGEST: usize = 32;

/// A name for what a client calls `wanted` that is not `taken`: as like it as may be, with a number where it has to be.
pub(crate) fn name_for(wanted: &str, taken: impl Fn(&ServerName) -> bool) -> Option<ServerName> {
    let plain = plain(wanted);
    let numbered = (2_u32..=9999).map(|number| {
        let number = format!("-{number}");
        let room = LONGEST - number.len();
        format!("{}{number}", plain[..plain.len().min(room)].trim_end_matches(['-', '_']))
    });
    let spelled = std::iter::once(plain.clone()).chain(std::iter::once(format!("{plain}-server"))).chain(numbered);
    // The second spelling is for names that have another meaning, such as `mcp`.
    let mut names = spelled
        .enumerate()
        .filter(|(at, _)| *at != 1 || ServerName::parse(&plain).is_err())
        .filter_map(|(_, name)| ServerName::parse(&name).ok());
    names.find(|name| !taken(name))
}

/// Lower-case letters and digits, with single hyphens for everything else.
fn plain(wanted: &str) -> String {
    let mut name = String::new();
    for c in wanted.to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' => name.push(c),
            '_' if !name.is_empty() => name.push('_'),
            _ if !name.is_empty() && !name.ends_with('-') => name.push('-'),
            _ => {}
        }
        if name.len() == LONGEST {
            break;
        }
    }
    let name = name.trim_matches(['-', '_']);
    if name.is_empty() { "server".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(wanted: &str, taken: &[&str]) -> String {
        name_for(wanted, |name| taken.contains(&name.as_str())).expect("a name").to_string()
    }

    #[test]
    fn a_name_stays_as_like_as_may_be() {
        for (wanted, name) in [
            ("github", "github"),
            ("GitHub MCP", "github-mcp"),
            ("my_server", "my_server"),
            ("io.github.user/server", "io-github-user-server"),
            ("  --x--  ", "x"),
            ("Büro", "b-ro"),
            ("日本", "server"),
            ("", "server"),
            ("mcp", "mcp-server"),
            ("offline_access", "offline_access-server"),
            ("a-name-that-is-much-longer-than-32-characters", "a-name-that-is-much-longer-than"),
        ] {
            assert_eq!(named(wanted, &[]), name, "{wanted:?}");
        }
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        assert_eq!(named("files", &["files"]), "files-2");
        assert_eq!(named("files", &["files", "files-2"]), "files-3");
        assert_eq!(named("mcp", &["mcp-server"]), "mcp-2");
        let long = "a".repeat(32);
        assert_eq!(named(&long, &[&long]), format!("{}-2", "a".repeat(30)));
    }

    proptest::proptest! {
        #[test]
        fn every_text_gives_a_name_that_is_not_taken(wanted in "\\PC{0,60}", taken in 0_usize..20) {
            let mut names: Vec<ServerName> = Vec::new();
            for _ in 0..=taken {
                let name = name_for(&wanted, |name| names.contains(name)).expect("a name");
                proptest::prop_assert!(!names.contains(&name));
                names.push(name);
            }
        }
    }
}

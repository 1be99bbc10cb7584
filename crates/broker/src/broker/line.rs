//! A command line as a person types it: taken apart as a shell would, but no shell is asked. What it came to is shown in full before
//! it runs.

use std::path::Path;

use doorward_words::Said;

use super::{AddServerError, TypedCommand};

/// How a letter at this place is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Nothing,
    Single,
    Double,
}

impl TypedCommand {
    /// A command from its line. Words stand apart by blanks; quotes and (but on Windows, where paths have it) the backslash keep them
    /// together; `~` is the home folder. Without a `folder` it runs in the home folder. It has no variables yet.
    ///
    /// # Errors
    /// [`AddServerError::Unusable`]: there is no command, or a quote does not end.
    pub fn of_line(line: &str, folder: &str, home: &Path) -> Result<Self, AddServerError> {
        let unusable = |id| AddServerError::Unusable(Said::plain(id));
        let home = home.to_str().ok_or_else(|| unusable("import-no-home"))?;
        let mut words = words(line, home, !cfg!(windows)).ok_or_else(|| unusable("add-unbalanced"))?.into_iter();
        let program = words.next().filter(|program| !program.is_empty()).ok_or_else(|| unusable("add-command-missing"))?;
        let folder = match folder.trim() {
            "" => home.to_owned(),
            given => at_home(given, home).unwrap_or_else(|| given.to_owned()),
        };
        Ok(Self { program, arguments: words.collect(), folder, ..Self::default() })
    }
}

/// The words of a line; `None` when a quote does not end.
fn words(line: &str, home: &str, backslash: bool) -> Option<Vec<String>> {
    let (mut words, mut inside) = (Vec::new(), Inside::Nothing);
    // The word that has begun, and whether its first letter was quoted.
    let mut word: Option<(String, bool)> = None;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        if inside == Inside::Nothing && letter.is_whitespace() {
            words.extend(word.take());
            continue;
        }
        let (begun, _) = word.get_or_insert_with(|| (String::new(), matches!(letter, '\'' | '"' | '\\')));
        match (inside, letter) {
            (Inside::Nothing, '\'') => inside = Inside::Single,
            (Inside::Nothing, '"') => inside = Inside::Double,
            (Inside::Single, '\'') | (Inside::Double, '"') => inside = Inside::Nothing,
            (Inside::Nothing, '\\') if backslash => begun.push(letters.next()?),
            (Inside::Double, '\\') if backslash => {
                begun.push(letters.next_if(|next| matches!(next, '"' | '\\' | '$' | '`')).unwrap_or('\\'))
            }
            _ => begun.push(letter),
        }
    }
    words.extend(word);
    let word = |(word, quoted): (String, bool)| if quoted { word } else { at_home(&word, home).unwrap_or(word) };
    (inside == Inside::Nothing).then(|| words.into_iter().map(word).collect())
}

/// A path that begins with `~`.
fn at_home(word: &str, home: &str) -> Option<String> {
    let rest = word.strip_prefix('~')?;
    (rest.is_empty() || rest.starts_with(std::path::is_separator)).then(|| format!("{home}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> Option<Vec<String>> {
        words(line, "/home/me", true)
    }

    #[test]
    fn a_line_is_taken_apart_as_a_shell_does() {
        for (line, wanted) in [
            ("", vec![]),
            ("  npx  -y\t@scope/server ~/work ", vec!["npx", "-y", "@scope/server", "/home/me/work"]),
            (r#"a "b c" 'd "e"' f\ g "" 'h'i"j""#, vec!["a", "b c", "d \"e\"", "f g", "", "hij"]),
            (r#""a\"b" "c\d" 'e\f' "g\\h""#, vec!["a\"b", "c\\d", "e\\f", "g\\h"]),
            ("~ '~/a' \\~/a a~ ~me/a --at=~/a", vec!["/home/me", "~/a", "~/a", "a~", "~me/a", "--at=~/a"]),
            ("a;b $HOME | c", vec!["a;b", "$HOME", "|", "c"]),
        ] {
            assert_eq!(split(line).expect(line), wanted, "{line}");
        }
        for open in ["a \"b", "'", "a\\", "\"a\\\""] {
            assert_eq!(split(open), None, "{open}");
        }
        let windows = words(r#""C:\Program Files\a.exe" C:\b\ "#, r"C:\Users\me", false).expect("ends");
        assert_eq!(windows, [r"C:\Program Files\a.exe", r"C:\b\"]);
    }

    #[test]
    fn a_command_runs_in_the_home_folder_unless_another_one_is_given() {
        let of = |line, folder| TypedCommand::of_line(line, folder, Path::new("/home/me"));
        let typed = of("npx ~/work", " ").expect("a command");
        assert_eq!((typed.program.as_str(), typed.arguments, typed.folder.as_str()), ("npx", vec!["/home/me/work".to_owned()], "/home/me"));
        assert_eq!(of("npx", "~/work").expect("a command").folder, "/home/me/work");
        for (line, words) in [(" ", "Enter the command"), ("''", "Enter the command"), ("npx 'a", "quote")] {
            let said = of(line, "").expect_err(line).to_string();
            assert!(said.contains(words), "{said}");
        }
    }
}

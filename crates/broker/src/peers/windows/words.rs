//! A command line in words. On Windows a process gets one string, and cuts it itself; this is how C programs do
//! ("Parsing C command-line arguments" in Microsoft's documentation).

/// The words of a command line.
pub(super) fn words(line: &str) -> Vec<String> {
    let (program, mut rest) = program(line.trim_start());
    let mut words: Vec<String> = if line.trim().is_empty() { Vec::new() } else { vec![program.to_owned()] };
    while let Some((word, after)) = argument(rest.trim_start_matches([' ', '\t'])) {
        words.push(word);
        rest = after;
    }
    words
}

/// The first word, in which a backslash is only a part of a path.
fn program(line: &str) -> (&str, &str) {
    match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
        None => line.split_at(line.find([' ', '\t']).unwrap_or(line.len())),
    }
}

/// The next word and what comes after it. A backslash counts only before a quotation mark.
fn argument(text: &str) -> Option<(String, &str)> {
    if text.is_empty() {
        return None;
    }
    let (mut word, mut quoted, mut rest) = (String::new(), false, text);
    loop {
        let slashes = rest.len() - rest.trim_start_matches('\\').len();
        rest = &rest[slashes..];
        let before_mark = rest.starts_with('"');
        word.extend(std::iter::repeat_n('\\', if before_mark { slashes / 2 } else { slashes }));
        let Some(next) = rest.chars().next() else { return Some((word, rest)) };
        if next != '"' && !quoted && matches!(next, ' ' | '\t') {
            return Some((word, rest));
        }
        rest = &rest[next.len_utf8()..];
        match next {
            '"' if slashes % 2 == 1 => word.push('"'),
            // Two marks within a quotation are one.
            '"' if quoted && rest.starts_with('"') => {
                word.push('"');
                rest = &rest[1..];
            }
            '"' => quoted = !quoted,
            other => word.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_as_programs_cut_it() {
        for (line, expected) in [
            (r"agent.exe", &["agent.exe"][..]),
            (r#""C:\Program Files\node.exe" C:\a\b.js  --x"#, &[r"C:\Program Files\node.exe", r"C:\a\b.js", "--x"]),
            (r#"x "a b" c""#, &["x", "a b", "c"]),
            (r#"x a\\b "c\\" d\"e"#, &["x", r"a\\b", r"c\", "d\"e"]),
            (r#"x "say ""hi"" now" end"#, &["x", "say \"hi\" now", "end"]),
            (r#"x """#, &["x", ""]),
            ("", &[]),
            ("  ", &[]),
        ] {
            assert_eq!(words(line), expected, "{line}");
        }
    }
}

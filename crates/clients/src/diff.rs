//! What would change in a file, line by line, for people.

use similar::TextDiff;

/// The most of a line that is shown: some clients keep whole conversations in one.
const WIDEST: usize = 400;

/// A unified difference with three lines around each change. Both texts are covered already.
pub(crate) fn unified(path: &str, before: &str, after: &str) -> String {
    let difference = TextDiff::from_lines(before, after).unified_diff().context_radius(3).header(path, path).to_string();
    let mut out = String::with_capacity(difference.len());
    for line in difference.lines() {
        let line: String = line.trim_end_matches('\r').chars().map(seen).collect();
        match line.char_indices().nth(WIDEST) {
            Some((end, _)) => out.extend([&line[..end], " \u{2026}"]),
            None => out.push_str(&line),
        }
        out.push('\n');
    }
    out
}

/// A character that does nothing to the screen: a file from a project may have been written by anybody.
fn seen(c: char) -> char {
    let moves_text = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
    if (c.is_control() && c != '\t') || moves_text { '\u{fffd}' } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_shows_the_changed_lines_and_three_around_them() {
        let before: String = (1..=9).map(|line| format!("{line}\r\n")).collect();
        let after = before.replace("5\r\n", "five\r\n");
        let shown = unified("a.json", &before, &after);
        assert_eq!(shown, "--- a.json\n+++ a.json\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
    }

    #[test]
    fn long_lines_are_cut() {
        let shown = unified("a", &format!("{}\nx\n", "ä".repeat(1000)), &format!("{}\ny\n", "ä".repeat(1000)));
        assert!(shown.lines().all(|line| line.chars().count() <= WIDEST + 2) && shown.contains('\u{2026}'));
    }

    #[test]
    fn nothing_in_a_file_moves_the_screen() {
        let shown = unified("a", "x\n", "\u{1b}[2J\u{202e}\t\u{7}x\n");
        assert!(shown.ends_with("+\u{fffd}[2J\u{fffd}\t\u{fffd}x\n"), "{shown:?}");
    }
}

//! The command line as `KERN_PROCARGS2` gives it: how many words there are, the path of the executable, zeros to fill up, and then the
//! words, each with a zero at its end. The environment follows, and is not looked at.

/// The path that was started, and the words of the command line.
pub(super) fn read(bytes: &[u8]) -> Option<(String, Vec<String>)> {
    let (count, rest) = bytes.split_first_chunk::<4>()?;
    let count = usize::try_from(i32::from_ne_bytes(*count)).ok()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let end = rest.iter().position(|byte| *byte == 0)?;
    let path = text(&rest[..end]);
    let words = rest[end..].iter().position(|byte| *byte != 0).map(|from| &rest[end + from..]).unwrap_or_default();
    let whole = words.split_inclusive(|byte| *byte == 0).filter_map(|word| word.strip_suffix(&[0]));
    Some((path, whole.take(count).map(text).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_read_without_the_environment() {
        let bytes = [&3_i32.to_ne_bytes()[..], b"/usr/bin/python3\0\0\0\0python3\0-u\0agent.py\0SECRET=x\0\0"].concat();
        let (path, words) = read(&bytes).expect("reads");
        assert_eq!((path.as_str(), &words[..]), ("/usr/bin/python3", &["python3", "-u", "agent.py"].map(str::to_owned)[..]));
    }

    #[test]
    fn what_is_cut_short_or_makes_no_sense_is_no_command_line() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&(-1_i32).to_ne_bytes()), None);
        assert_eq!(read(&[&2_i32.to_ne_bytes()[..], b"/bin/x"].concat()), None);
        assert_eq!(read(&[&2_i32.to_ne_bytes()[..], b"/bin/x\0\0"].concat()), Some(("/bin/x".to_owned(), vec![])));
    }
}

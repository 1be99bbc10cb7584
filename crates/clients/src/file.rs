//! A configuration file as it was when it was read, and every reason not to touch one.

use std::{
    fmt, fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use doorward_words::{Said, Says};
use sha2::{Digest as _, Sha256};

use crate::{
    client::Client,
    document::{Fault, Format, Source},
};

/// No configuration is larger (8 MiB).
pub const LARGEST: u64 = 8 * 1024 * 1024;

/// A file cannot be read, or not be understood. Nothing of its text is in the sentence.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.said())]
pub enum ReadError {
    /// It is a link to nothing.
    DanglingLink(PathBuf),
    /// It is a folder, a device or a pipe.
    NotAFile(PathBuf),
    /// The system does not let it be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// It is larger than [`LARGEST`].
    TooLarge(PathBuf),
    /// It is not UTF-8.
    NotText(PathBuf),
    /// It breaks the rules of JSON or TOML.
    Broken {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// It, or what should hold the servers, is no object.
    NotAnObject {
        /// The file.
        path: PathBuf,
        /// The name of what is something else; `None` when the whole file is.
        name: Option<String>,
    },
    /// A name is there twice.
    Twice {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// It is a link to the file of another client, which may want other entries.
    SameFile {
        /// The file.
        path: PathBuf,
        /// Whose file it is as well.
        client: Client,
    },
    /// There are more servers or projects in it than anybody has.
    TooMany {
        /// The file.
        path: PathBuf,
        /// Of what: `servers` or `projects`.
        what: String,
    },
}

impl Says for ReadError {
    fn said(&self) -> Said {
        let of = |id, path: &Path| Said::plain(id).with("path", path.display().to_string());
        match self {
            Self::DanglingLink(path) => of("file-dangling-link", path),
            Self::NotAFile(path) => of("file-not-ordinary", path),
            Self::Unreadable { path, cause } => of("file-unreadable", path).with("cause", cause.to_string()),
            Self::TooLarge(path) => of("file-too-large", path),
            Self::NotText(path) => of("file-not-text", path),
            Self::Broken { path, line } => of("file-broken", path).with("line", line.to_string()),
            Self::NotAnObject { path, name: None } => of("file-no-object", path),
            Self::NotAnObject { path, name: Some(name) } => of("file-part-no-object", path).with("name", name.escape_debug().to_string()),
            Self::Twice { path, name } => of("file-twice", path).with("name", name.escape_debug().to_string()),
            Self::SameFile { path, client } => of("file-same", path).with("client", client.title()),
            Self::TooMany { path, what } => of("file-too-many", path).with("what", what.clone()),
        }
    }
}

impl ReadError {
    pub(crate) fn of_fault(path: &Path, fault: Fault) -> Self {
        let path = path.to_owned();
        match fault {
            Fault::Broken(line) => Self::Broken { path, line },
            Fault::NotAnObject(what) => Self::NotAnObject { path, name: Some(what).filter(|what| !what.is_empty()) },
            Fault::Twice(name) => Self::Twice { path, name },
            Fault::TooMany(what) => Self::TooMany { path, what },
        }
    }
}

/// SHA-256 of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Checksum([u8; 32]);

impl Checksum {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    pub(crate) fn to_hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect::<Option<_>>()?;
        let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] * 16 + pair[1]).collect();
        (digits.len() == 64).then_some(())?;
        Some(Self(bytes.try_into().ok()?))
    }
}

const BOM: &str = "\u{feff}";

/// A file that was read.
#[derive(Clone)]
pub(crate) struct Snapshot {
    /// Where it is configured to be; may be a link.
    pub(crate) path: PathBuf,
    /// The file itself.
    pub(crate) target: PathBuf,
    pub(crate) checksum: Checksum,
    /// Whether it begins with a byte order mark.
    bom: bool,
    text: String,
}

impl Snapshot {
    /// Reads a file. `None` when there is none.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, ReadError> {
        let unreadable = |cause| ReadError::Unreadable { path: path.to_owned(), cause };
        let target = match fs::canonicalize(path) {
            Ok(target) => target,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return match fs::symlink_metadata(path) {
                    Ok(link) if link.is_symlink() => Err(ReadError::DanglingLink(path.to_owned())),
                    _ => Ok(None),
                };
            }
            // Where a folder should be is something else: then there is no such file.
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(None),
            Err(error) => return Err(unreadable(error)),
        };
        // Asked before it is opened, because opening a pipe waits.
        if !fs::metadata(&target).map_err(unreadable)?.is_file() {
            return Err(ReadError::NotAFile(path.to_owned()));
        }
        let bytes = read_bounded(&target).map_err(unreadable)?.ok_or_else(|| ReadError::TooLarge(path.to_owned()))?;
        let checksum = Checksum::of(&bytes);
        let text = String::from_utf8(bytes).map_err(|_| ReadError::NotText(path.to_owned()))?;
        let bom = text.starts_with(BOM);
        let text = if bom { text[BOM.len()..].to_owned() } else { text };
        Ok(Some(Self { path: path.to_owned(), target, checksum, bom, text }))
    }

    /// The text without a byte order mark.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of the file with another text in it.
    pub(crate) fn bytes_with(&self, text: &str) -> Vec<u8> {
        [if self.bom { BOM } else { "" }, text].concat().into_bytes()
    }

    pub(crate) fn source(&self, format: Format) -> Source<'_> {
        Source::new(format, &self.text)
    }
}

/// Never the text: there may be secrets in it.
impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Snapshot({}, {})", self.path.display(), self.checksum.to_hex())
    }
}

/// A text that does not print itself: there may be secrets in it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Unprinted(pub(crate) String);

impl fmt::Debug for Unprinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unprinted({} bytes)", self.0.len())
    }
}

/// The bytes of a file; `None` when there are more than [`LARGEST`].
pub(crate) fn read_bounded(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= LARGEST).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    #[test]
    fn a_file_that_does_not_exist_is_no_error() {
        let folder = folder();
        assert!(Snapshot::read(&folder.path().join("a.json")).expect("no error").is_none());
        fs::write(folder.path().join("file"), "x").expect("writes");
        assert!(Snapshot::read(&folder.path().join("file/a.json")).expect("no error").is_none());
    }

    #[test]
    fn a_byte_order_mark_is_kept() {
        let path = folder().keep().join("a.json");
        fs::write(&path, "\u{feff}{}").expect("writes");
        let read = Snapshot::read(&path).expect("reads").expect("is there");
        assert_eq!((read.text(), read.bytes_with("[]")), ("{}", "\u{feff}[]".as_bytes().to_vec()));
        fs::remove_dir_all(path.parent().expect("a folder")).expect("removes");
    }

    #[test]
    fn what_is_no_readable_text_is_said_in_a_sentence() {
        let folder = folder();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("dir.json")).expect("makes");
        fs::write(at("bytes.json"), [b'{', 0xff, b'}']).expect("writes");
        fs::write(at("utf16.json"), [0xff, 0xfe, b'{', 0, b'}', 0]).expect("writes");
        fs::write(at("large.json"), vec![b' '; usize::try_from(LARGEST).expect("fits") + 1]).expect("writes");
        fs::write(at("just.json"), vec![b' '; usize::try_from(LARGEST).expect("fits")]).expect("writes");
        assert!(Snapshot::read(&at("just.json")).is_ok());
        for (name, words) in [
            ("dir.json", "no ordinary file"),
            ("bytes.json", "not UTF-8"),
            ("utf16.json", "not UTF-8"),
            ("large.json", "larger than 8 MiB"),
        ] {
            let error = Snapshot::read(&at(name)).expect_err(name).to_string();
            assert!(error.contains(words) && error.contains(name), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_dangling_ones_and_pipes_are_refused() {
        use std::os::unix::fs::symlink;
        let folder = folder();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("real.json"), "{}").expect("writes");
        symlink("real.json", at("link.json")).expect("links");
        symlink("nowhere.json", at("dangling.json")).expect("links");
        symlink("loop.json", at("loop.json")).expect("links");
        let read = Snapshot::read(&at("link.json")).expect("reads").expect("is there");
        assert_eq!((read.path.clone(), read.target.file_name()), (at("link.json"), at("real.json").file_name()));
        assert!(matches!(Snapshot::read(&at("dangling.json")), Err(ReadError::DanglingLink(_))));
        assert!(matches!(Snapshot::read(&at("loop.json")), Err(ReadError::Unreadable { .. })));
        let made = std::process::Command::new("mkfifo").arg(at("pipe.json")).status().expect("mkfifo runs");
        assert!(made.success());
        assert!(matches!(Snapshot::read(&at("pipe.json")), Err(ReadError::NotAFile(_))));
    }

    #[test]
    fn checksums_survive_being_written_down() {
        let sum = Checksum::of(b"abc");
        assert_eq!(sum.to_hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(Checksum::from_hex(&sum.to_hex()), Some(sum));
        for bad in ["", "ba", &sum.to_hex()[1..], &format!("{}0", sum.to_hex()), &"z".repeat(64)] {
            assert_eq!(Checksum::from_hex(bad), None, "{bad}");
        }
    }
}

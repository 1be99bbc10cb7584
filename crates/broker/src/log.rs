//! The log: a file in the state folder, five of at most 5 MiB. Never a token, code, secret or body in it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Mutex,
};

use tracing_subscriber::{EnvFilter, Layer, filter::LevelFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// When a file is full.
const FULL: u64 = 5 * 1024 * 1024;
/// How many files there are.
const FILES: u32 = 5;

/// Starts logging to `path`, and warnings to the standard error. `DOORWARD_LOG` sets what is written (`debug`,
/// `doorward_broker=trace`). Does nothing when logging was started already.
///
/// # Errors
/// When the file cannot be opened.
pub fn start(path: &Path) -> io::Result<()> {
    let file = Rotating::open(path.to_owned())?;
    let filter = EnvFilter::try_from_env("DOORWARD_LOG")
        .unwrap_or_else(|_| EnvFilter::new("warn,doorward_broker=info,doorward_desktop=info,doorward=info"));
    let to_file = fmt::layer().with_ansi(false).with_writer(Mutex::new(file)).with_filter(filter);
    let to_terminal = fmt::layer().without_time().with_target(false).with_writer(io::stderr).with_filter(LevelFilter::ERROR);
    let _ = tracing_subscriber::registry().with(to_file).with(to_terminal).try_init();
    Ok(())
}

/// A file that makes room for itself.
struct Rotating {
    path: PathBuf,
    file: File,
    written: u64,
}

impl Rotating {
    fn open(path: PathBuf) -> io::Result<Self> {
        let file = append(&path)?;
        let written = file.metadata()?.len();
        Ok(Self { path, file, written })
    }

    fn numbered(&self, number: u32) -> PathBuf {
        self.path.with_extension(format!("log.{number}"))
    }

    fn rotate(&mut self) -> io::Result<()> {
        for number in (1..FILES - 1).rev() {
            let _ = fs::rename(self.numbered(number), self.numbered(number + 1));
        }
        fs::rename(&self.path, self.numbered(1))?;
        self.file = append(&self.path)?;
        self.written = 0;
        Ok(())
    }
}

impl Write for Rotating {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.written >= FULL {
            // A log that cannot be rotated still takes lines.
            let _ = self.rotate();
        }
        self.written += line.len() as u64;
        self.file.write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_makes_room_and_keeps_five_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut log = Rotating::open(folder.path().join("doorward.log")).expect("opens");
        let line = vec![b'x'; 1024 * 1024];
        for _ in 0..40 {
            log.write_all(&line).expect("writes");
        }
        let mut sizes: Vec<u64> =
            fs::read_dir(folder.path()).expect("lists").map(|e| e.expect("entry").metadata().expect("there").len()).collect();
        sizes.sort_unstable();
        assert_eq!(sizes.len(), FILES as usize);
        assert!(sizes.iter().all(|size| *size <= FULL + 1024 * 1024), "{sizes:?}");
    }
}

//! The environment of the person: where their programs are. A program that was started from a menu does not know what their
//! shell knows.

use std::{
    collections::HashSet,
    env,
    ffi::OsStr,
    fmt,
    path::{Path, PathBuf},
};

/// The longest path that is believed, in bytes.
#[cfg(unix)]
const LONGEST: usize = 64 * 1024;

/// Where programs are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPath {
    /// The folders, absolute, each once, joined as the system does it. The value for `PATH`.
    pub text: String,
    /// Whether the login shell said so. If not, it is what Doorward itself was started with.
    pub from_shell: bool,
}

/// The search path of the person's login shell, or of this process where there is no such shell or it does not answer within
/// five seconds. It takes as long as the shell takes to start: to be asked once and kept.
pub async fn login_path() -> SearchPath {
    #[cfg(unix)]
    if let Some(text) = shell::path(env::var_os("SHELL").as_deref()).await {
        return SearchPath { text, from_shell: true };
    }
    SearchPath { text: sound(&env::var_os("PATH").unwrap_or_default()), from_shell: false }
}

/// The absolute folders of a path, each once. What else may stand in it means "here", wherever that is, or nothing.
fn sound(path: &OsStr) -> String {
    let mut seen = HashSet::new();
    let folders = env::split_paths(path).filter(|folder| folder.is_absolute() && folder.to_str().is_some_and(is_plain));
    let folders: Vec<PathBuf> = folders.filter(|folder| seen.insert(folder.clone())).collect();
    env::join_paths(folders).ok().and_then(|path| path.into_string().ok()).unwrap_or_default()
}

fn is_plain(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

/// A program that is nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct NotFound {
    /// What was looked for.
    pub program: String,
    /// Where, in order.
    pub searched: Vec<PathBuf>,
}

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let searched: Vec<String> = self.searched.iter().map(|folder| folder.display().to_string()).collect();
        match searched.as_slice() {
            [] => write!(f, "{} was not found: there is no folder to search.", self.program),
            searched => write!(f, "{} was not found. Searched: {}.", self.program, searched.join(", ")),
        }
    }
}

/// The absolute path of a program: of a name, by the folders of `path`; of anything with a slash, by `folder`. On Windows also
/// with the endings that `PATHEXT` has, `.cmd` among them. Links are not followed: some programs look at the name they are
/// called by.
///
/// # Errors
/// [`NotFound`], which says where it was looked for.
pub fn resolve(program: &str, path: &str, folder: &Path) -> Result<PathBuf, NotFound> {
    let is_name = Path::new(program).components().count() == 1 && !program.contains(std::path::is_separator);
    let found = if program.is_empty() { None } else { which::which_in(program, Some(sound(path.as_ref())), folder).ok() };
    found.filter(|found| found.is_absolute()).ok_or_else(|| {
        let searched = if is_name { env::split_paths(&sound(path.as_ref())).collect() } else { of(program, folder) };
        NotFound { program: program.to_owned(), searched }
    })
}

/// The folder in which something with a slash must be.
fn of(program: &str, folder: &Path) -> Vec<PathBuf> {
    folder.join(program).parent().map(Path::to_owned).into_iter().collect()
}

#[cfg(unix)]
mod shell {
    //! Asking a login shell.

    use std::{ffi::OsStr, os::unix::ffi::OsStrExt, path::Path, process::Stdio, time::Duration};

    use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop, ProcessSession};
    use tokio::{io::AsyncReadExt, time::timeout};

    use super::{LONGEST, sound};

    const LIMIT: Duration = Duration::from_secs(5);
    /// Shells greet people on standard output too.
    const MARK: &str = "__doorward_path__";

    /// What the shell says, if it is one and says something sound.
    pub(super) async fn path(shell: Option<&OsStr>) -> Option<String> {
        let shell = Path::new(shell?);
        if !shell.is_absolute() {
            return None;
        }
        let said = timeout(LIMIT, ask(shell)).await.ok().flatten();
        if said.is_none() {
            tracing::warn!(shell = %shell.display(), "the login shell does not say its search path");
        }
        said
    }

    async fn ask(shell: &Path) -> Option<String> {
        let mut command = tokio::process::Command::new(shell);
        command
            // printenv and not an expansion: shells differ in how they write lists.
            .args(["-l", "-i", "-c"])
            .arg(format!("echo {MARK}; printenv PATH; echo {MARK}"))
            // For whoever wants to skip things in the files that the shell reads.
            .env("DOORWARD_RESOLVING_PATH", "1")
            .env("TERM", "dumb")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        // An interactive shell takes the terminal that it has, and would stop at one that is not its own.
        let mut shell = Killed(CommandWrap::from(command).wrap(ProcessSession).wrap(KillOnDrop).spawn().ok()?);
        let mut stdout = shell.0.stdout().take()?.take(LONGEST as u64);
        let (mut said, mut chunk) = (Vec::new(), [0; 4096]);
        loop {
            let read = stdout.read(&mut chunk).await.ok()?;
            said.extend_from_slice(&chunk[..read]);
            // It may have started something that keeps its output open, and need not be waited for.
            if let Some(path) = between_marks(&said) {
                return Some(path).filter(|path| !path.is_empty());
            }
            if read == 0 {
                return None;
            }
        }
    }

    /// Ends with all that it started.
    struct Killed(Box<dyn ChildWrapper>);

    impl Drop for Killed {
        fn drop(&mut self) {
            let _ = self.0.start_kill();
        }
    }

    fn between_marks(said: &[u8]) -> Option<String> {
        let text = String::from_utf8_lossy(said);
        let (_, rest) = text.split_once(&format!("{MARK}\n"))?;
        let (path, _) = rest.split_once(&format!("\n{MARK}"))?;
        Some(sound(OsStr::from_bytes(path.lines().next()?.as_bytes())))
    }

    #[cfg(test)]
    mod tests {
        use std::{fs, os::unix::fs::PermissionsExt};

        use super::*;

        async fn of(script: &str) -> Option<String> {
            let folder = tempfile::tempdir().expect("a folder");
            let shell = folder.path().join("shell");
            fs::write(&shell, format!("#!/bin/sh\n{script}\n")).expect("writes");
            fs::set_permissions(&shell, fs::Permissions::from_mode(0o755)).expect("may run");
            path(Some(shell.as_os_str())).await
        }

        #[tokio::test]
        async fn the_path_is_what_stands_between_the_marks() {
            let asked = r#"[ "$1 $2 $3" = "-l -i -c" ] || exit 1; echo welcome; PATH="$HOME/bin:/opt/x:.::relative:/usr/bin:/bin:/opt/x"; HOME=/home/me; export PATH; eval "$4""#;
            let said = of(&format!("HOME=/home/me; {asked}")).await;
            assert_eq!(said.as_deref(), Some("/home/me/bin:/opt/x:/usr/bin:/bin"), "absolute folders, each once");
        }

        #[tokio::test]
        async fn a_shell_that_leaves_something_running_is_not_waited_for() {
            let began = std::time::Instant::now();
            assert!(of(r#"sleep 100 & eval "$4""#).await.is_some());
            assert!(began.elapsed() < LIMIT);
        }

        #[tokio::test(start_paused = true)]
        async fn a_shell_that_says_nothing_is_none() {
            for script in ["exit 1", "echo hello", "yes", "sleep 100", "echo __doorward_path__; sleep 100"] {
                assert_eq!(of(script).await, None, "{script}");
            }
            assert_eq!(path(Some(OsStr::new("sh"))).await, None);
            assert_eq!(path(Some(OsStr::new("/no/such/shell"))).await, None);
            assert_eq!(path(None).await, None);
        }

        #[tokio::test]
        async fn real_shells_say_their_path() {
            for shell in ["/bin/sh", "/bin/bash"] {
                let said = path(Some(OsStr::new(shell))).await.expect(shell);
                assert!(said.split(':').any(|folder| folder == "/usr/bin"), "{shell}: {said}");
            }
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    fn program(folder: &Path, name: &str, mode: u32) -> PathBuf {
        let file = folder.join(name);
        fs::write(&file, "#!/bin/sh\n").expect("writes");
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("sets");
        file
    }

    #[test]
    fn a_name_is_looked_for_in_the_folders_and_nowhere_else() {
        let (first, second, here) =
            (tempfile::tempdir().expect("folder"), tempfile::tempdir().expect("folder"), tempfile::tempdir().expect("folder"));
        program(first.path(), "tool", 0o644);
        let runs = program(second.path(), "tool", 0o755);
        program(here.path(), "local", 0o755);
        let path = format!("{}:relative:{}", first.path().display(), second.path().display());
        assert_eq!(resolve("tool", &path, here.path()), Ok(runs), "what cannot be run is passed over");
        let missing = resolve("local", &path, here.path()).expect_err("it is in no folder of the path");
        assert_eq!(missing.searched, [first.path(), second.path()]);
        let sentence = format!("local was not found. Searched: {}, {}.", first.path().display(), second.path().display());
        assert_eq!(missing.to_string(), sentence);
    }

    #[test]
    fn what_has_a_slash_is_looked_for_in_its_folder() {
        let here = tempfile::tempdir().expect("a folder");
        let runs = program(here.path(), "local", 0o755);
        assert_eq!(resolve("./local", "/usr/bin", here.path()).map(|found| found.canonicalize().ok()), Ok(runs.canonicalize().ok()));
        assert_eq!(resolve(&runs.display().to_string(), "", Path::new("/")), Ok(runs));
        let missing = resolve("bin/other", "/usr/bin", here.path()).expect_err("not there");
        assert_eq!(missing.searched, [here.path().join("bin")]);
        assert_eq!(resolve("", "/usr/bin", here.path()).expect_err("no name").program, "");
    }

    #[test]
    fn a_link_is_called_by_its_own_name() {
        let here = tempfile::tempdir().expect("a folder");
        program(here.path(), "multi", 0o755);
        std::os::unix::fs::symlink(here.path().join("multi"), here.path().join("npx")).expect("links");
        let found = resolve("npx", &here.path().display().to_string(), Path::new("/"));
        assert_eq!(found, Ok(here.path().join("npx")));
    }
}

//! A process and everything that it starts: begun without a terminal and with nothing inherited, ended as a whole.
//!
//! On Unix it leads a session of its own, and what it starts is reached by its process group. On Windows all of them are in
//! one job, which ends with Doorward. On Unix nothing without `unsafe` ends a process when Doorward itself is killed: its
//! standard input is closed then, at which servers end by themselves (MCP, "stdio: Shutdown").

use std::{io, process::ExitStatus, process::Stdio, time::Duration};

use doorward_words::Said;
use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use tokio::{
    process::{ChildStderr, ChildStdin, ChildStdout},
    time::timeout,
};

use crate::command::Command;

/// A process that was started.
pub(crate) struct Process {
    child: Box<dyn ChildWrapper>,
    pid: u32,
    ended: bool,
}

/// Its standard streams.
pub(crate) struct Pipes {
    pub(crate) stdin: ChildStdin,
    pub(crate) stdout: ChildStdout,
    pub(crate) stderr: ChildStderr,
}

impl Process {
    /// Starts a command.
    ///
    /// # Errors
    /// One sentence that says what is wrong with the program or its folder.
    pub(crate) fn start(command: &Command) -> Result<(Self, Pipes), Said> {
        let program = |id| Said::plain(id).with("program", command.program.display().to_string());
        if !command.program.is_absolute() {
            return Err(program("program-not-full"));
        }
        if !command.folder.is_dir() {
            return Err(Said::plain("program-no-folder").with("folder", command.folder.display().to_string()));
        }
        let mut outer = tokio::process::Command::new(&command.program);
        outer
            .args(&command.arguments)
            .current_dir(&command.folder)
            .env_clear()
            .envs(command.environment.iter().map(|(name, value)| (name, value.reveal())))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = apart(outer).spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => program("program-gone"),
            io::ErrorKind::PermissionDenied => program("program-forbidden"),
            _ => program("program-cannot").with("why", error.to_string()),
        })?;
        let pipes = (child.stdin().take(), child.stdout().take(), child.stderr().take());
        let (pid, (Some(stdin), Some(stdout), Some(stderr))) = (child.id().unwrap_or_default(), pipes) else {
            return Err(program("program-no-streams"));
        };
        Ok((Self { child, pid, ended: false }, Pipes { stdin, stdout, stderr }))
    }

    /// Its number in the operating system.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Waits until it has ended.
    pub(crate) async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await;
        self.ended = true;
        status
    }

    /// Ends it, after its standard input was closed: in its own time, then on request, then by force. What it started ends
    /// with it, or is ended.
    pub(crate) async fn end(mut self, farewell: Duration, terminate: Duration) {
        if timeout(farewell, self.wait()).await.is_err() {
            self.ask_to_end();
            if timeout(terminate, self.wait()).await.is_err() {
                self.kill();
                // A process that cannot be killed is the system's affair.
                let _ = timeout(terminate, self.wait()).await;
            }
        }
        self.end_what_is_left(terminate).await;
    }

    /// Ends what it started and left behind.
    pub(crate) async fn end_what_is_left(&mut self, terminate: Duration) {
        const LOOK: Duration = Duration::from_millis(20);
        if !self.leaves_others() {
            return;
        }
        self.ask_to_end();
        let gone = async {
            while self.leaves_others() {
                tokio::time::sleep(LOOK).await;
            }
        };
        if timeout(terminate, gone).await.is_err() {
            self.kill();
        }
    }
}

impl Drop for Process {
    /// For an end without ceremony: the runtime stops, or the start takes too long.
    fn drop(&mut self) {
        if !self.ended || self.leaves_others() {
            self.kill();
        }
    }
}

#[cfg(unix)]
fn apart(command: tokio::process::Command) -> CommandWrap {
    let mut apart = CommandWrap::from(command);
    // A session and not only a group: what has no terminal can neither ask on it nor be stopped by it.
    apart.wrap(process_wrap::tokio::ProcessSession).wrap(KillOnDrop);
    apart
}

#[cfg(windows)]
fn apart(command: tokio::process::Command) -> CommandWrap {
    use process_wrap::tokio::{CreationFlags, JobObject};
    use windows::Win32::System::Threading::CREATE_NO_WINDOW;

    let mut apart = CommandWrap::from(command);
    apart.wrap(CreationFlags(CREATE_NO_WINDOW)).wrap(JobObject).wrap(KillOnDrop);
    apart
}

#[cfg(unix)]
impl Process {
    fn signal(&self, signal: rustix::process::Signal) {
        // Its group has its number for as long as anybody is in it.
        if let Some(group) = i32::try_from(self.pid).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, signal);
        }
    }

    fn ask_to_end(&self) {
        self.signal(rustix::process::Signal::TERM);
    }

    fn kill(&mut self) {
        self.signal(rustix::process::Signal::KILL);
    }

    /// Whether there is anybody in its group, which is nobody but what it started once it has ended itself.
    fn leaves_others(&self) -> bool {
        let group = i32::try_from(self.pid).ok().and_then(rustix::process::Pid::from_raw);
        self.ended && group.is_some_and(|group| rustix::process::test_kill_process_group(group).is_ok())
    }
}

#[cfg(windows)]
impl Process {
    /// There is no signal that every program understands: closing the standard input was the request.
    fn ask_to_end(&self) {}

    fn kill(&mut self) {
        let _ = self.child.start_kill();
    }

    /// Waiting for a job is waiting for everybody in it.
    fn leaves_others(&self) -> bool {
        false
    }
}

/// How a process ended, after "it ended".
pub(crate) fn how(status: &io::Result<ExitStatus>) -> Said {
    let Ok(status) = status else { return Said::plain("exit-unknown") };
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(status) {
        return Said::plain("exit-signal").with("signal", signal.to_string());
    }
    status.code().map_or_else(|| Said::plain("exit-no-code"), |code| Said::plain("exit-code").with("code", code.to_string()))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

    use super::*;
    use crate::command::Value;

    fn shell(script: &str) -> Command {
        Command {
            program: "/bin/sh".into(),
            arguments: vec!["-c".to_owned(), script.to_owned()],
            folder: "/".into(),
            environment: vec![("PATH".to_owned(), Value::Plain("/usr/bin:/bin".to_owned()))],
        }
    }

    fn lives(pid: u32) -> bool {
        let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw).expect("a number");
        rustix::process::test_kill_process(pid).is_ok()
    }

    async fn first_line(pipes: &mut Pipes) -> String {
        let mut line = String::new();
        BufReader::new(&mut pipes.stdout).read_line(&mut line).await.expect("reads");
        line.trim().to_owned()
    }

    #[tokio::test]
    async fn a_process_ends_when_its_input_is_closed() {
        let (process, mut pipes) = Process::start(&shell("read line; echo $line; read line")).expect("starts");
        pipes.stdin.write_all(b"hello\n").await.expect("writes");
        assert_eq!(first_line(&mut pipes).await, "hello");
        let pid = process.pid();
        drop(pipes.stdin);
        process.end(Duration::from_secs(60), Duration::from_secs(60)).await;
        assert!(!lives(pid));
    }

    #[tokio::test]
    async fn what_ignores_everything_is_killed_with_what_it_started() {
        let script = "trap '' TERM; (trap '' TERM; while :; do sleep 1; done) & echo $!; while :; do sleep 1; done";
        let (process, mut pipes) = Process::start(&shell(script)).expect("starts");
        let child: u32 = first_line(&mut pipes).await.parse().expect("a number");
        let pid = process.pid();
        assert!(lives(pid) && lives(child));
        process.end(Duration::from_millis(50), Duration::from_millis(50)).await;
        assert!(!lives(pid) && !still(child).await);
    }

    #[tokio::test]
    async fn what_a_process_left_behind_ends_too() {
        let (mut process, mut pipes) = Process::start(&shell("sleep 1000 & echo $!")).expect("starts");
        let child: u32 = first_line(&mut pipes).await.parse().expect("a number");
        assert_eq!(how(&process.wait().await).to_string(), "with exit code 0");
        process.end_what_is_left(Duration::from_secs(10)).await;
        assert!(!still(child).await);
    }

    #[tokio::test]
    async fn dropping_it_kills_all_of_it() {
        let (process, mut pipes) = Process::start(&shell("sleep 1000 & echo $!; wait")).expect("starts");
        let child: u32 = first_line(&mut pipes).await.parse().expect("a number");
        drop(process);
        assert!(!still(child).await);
    }

    #[tokio::test]
    async fn it_has_no_terminal_and_only_its_own_environment() {
        let (mut process, mut pipes) = Process::start(&shell(
            "env | grep -v -e ^_= -e ^PWD= -e ^SHLVL= | tr '\\n' ' '; echo; [ $$ = $(ps -o sid= -p $$) ] && echo own",
        ))
        .expect("starts");
        let mut lines = BufReader::new(&mut pipes.stdout).lines();
        assert_eq!(lines.next_line().await.expect("reads").as_deref(), Some("PATH=/usr/bin:/bin "));
        assert_eq!(lines.next_line().await.expect("reads").as_deref(), Some("own"), "a session of its own");
        let _ = process.wait().await;
    }

    #[tokio::test]
    async fn what_cannot_be_started_is_said_plainly() {
        let mut command = shell("");
        command.folder = "/no/such/folder".into();
        assert_eq!(
            Process::start(&command).err().map(|why| why.to_string()),
            Some("The folder /no/such/folder does not exist.".to_owned())
        );
        command.folder = "/".into();
        command.program = "/no/such/program".into();
        assert_eq!(Process::start(&command).err().map(|why| why.to_string()), Some("/no/such/program is not there any more.".to_owned()));
        command.program = "/etc/passwd".into();
        assert_eq!(Process::start(&command).err().map(|why| why.to_string()), Some("/etc/passwd may not be run by you.".to_owned()));
        command.program = "sh".into();
        assert_eq!(Process::start(&command).err().map(|why| why.to_string()), Some("sh is not the full path of a program.".to_owned()));
    }

    /// Whether it lives still after a while: an orphan is reaped by the system's first process in its own time.
    async fn still(pid: u32) -> bool {
        for _ in 0..250 {
            if !lives(pid) || is_zombie(pid) {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        true
    }

    fn is_zombie(pid: u32) -> bool {
        std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z "))
    }
}

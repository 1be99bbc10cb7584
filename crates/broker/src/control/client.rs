//! Asking a running Doorward.

use std::{io, path::Path, time::Duration};

use super::{Command, Reply, transport};

/// How long a reply may take.
const fn patience(command: &Command) -> Duration {
    match command {
        // A person answers in the window, and then a program may have to be fetched.
        Command::AddCommand { .. } => Duration::from_secs(10 * 60),
        Command::AddServer { .. } | Command::Tools { .. } | Command::Health => Duration::from_secs(3 * 60),
        Command::Status
        | Command::Servers
        | Command::Resolve { .. }
        | Command::Credential { .. }
        | Command::Policy
        | Command::Settings
        | Command::SetSetting { .. }
        | Command::RemoveServer { .. }
        | Command::Apps
        | Command::Revoke { .. }
        | Command::Rules { .. }
        | Command::SetRule { .. }
        | Command::MakeRule { .. }
        | Command::AllRules(_)
        | Command::AskForEverything { .. }
        | Command::Calls(_)
        | Command::History(_)
        | Command::BackupKey
        | Command::KeepArguments { .. }
        | Command::Pause { .. }
        | Command::Resume
        | Command::PauseApp { .. }
        | Command::PauseServer { .. }
        | Command::Unmute { .. }
        | Command::Unblock { .. }
        | Command::Requests
        | Command::Approve { .. }
        | Command::Deny { .. }
        | Command::MoreTime { .. }
        | Command::Raise => Duration::from_secs(20),
    }
}

/// Why there is no reply.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Nobody listens.
    #[error("Doorward is not running. Start the desktop app (doorward-desktop), or run: doorward serve --no-gui")]
    NotRunning,
    /// It is there and does not reply as it should.
    #[error("Doorward did not reply: {0}.")]
    Broken(io::Error),
}

/// Sends one command and waits for its reply.
///
/// # Errors
/// [`CallError`].
pub async fn call(socket: &Path, command: &Command) -> Result<Reply, CallError> {
    let exchange = async {
        let mut stream = transport::connect(socket).await?;
        transport::write_line(&mut stream, &serde_json::to_string(command)?).await?;
        let line = transport::read_line(stream).await?;
        Ok::<_, io::Error>(serde_json::from_str(&line)?)
    };
    match tokio::time::timeout(patience(command), exchange).await {
        Ok(Ok(reply)) => Ok(reply),
        Ok(Err(error)) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => Err(CallError::NotRunning),
        Ok(Err(error)) => Err(CallError::Broken(error)),
        Err(elapsed) => Err(CallError::Broken(elapsed.into())),
    }
}

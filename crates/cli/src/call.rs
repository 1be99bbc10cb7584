//! The running Doorward that a command talks to.

use doorward_broker::{
    config::{Places, Profile},
    control::{Command, Reply, client},
};

use crate::exit::Failure;

pub(crate) struct Doorward {
    places: Places,
}

impl Doorward {
    pub(crate) fn of(profile: &Profile) -> Result<Self, Failure> {
        Ok(Self { places: Places::of(profile).map_err(Failure::failed)? })
    }

    /// Sends a command; a refusal becomes a failure with its exit code.
    pub(crate) async fn call(&self, command: Command) -> Result<Reply, Failure> {
        match client::call(&self.places.control_socket(), &command).await? {
            Reply::Failed { code, message } => Err(Failure::of_reply(code, message)),
            reply => Ok(reply),
        }
    }
}

/// A reply of another kind than was asked for: another version of Doorward, most likely.
pub(crate) fn unexpected(reply: &Reply) -> Failure {
    Failure::failed(format!("Doorward replied something else ({reply:?}). Is it another version?"))
}

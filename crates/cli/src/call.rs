//! The running Doorward that a command talks to.

use doorward_broker::{
    config::{Config, Places, Profile},
    control::{Command, PolicyView, Reply, client},
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

impl Doorward {
    /// Where the things of this profile lie.
    pub(crate) const fn places(&self) -> &Places {
        &self.places
    }

    /// The policy that a Doorward that does not run would have.
    pub(crate) fn configured_policy(&self) -> Result<Reply, Failure> {
        let config = Config::read(&self.places).map_err(Failure::failed)?;
        Ok(Reply::Policy(Box::new(PolicyView { preset: config.policy, rules: config.rules })))
    }
}

/// A reply of another kind than was asked for: another version of Doorward, most likely.
pub(crate) fn unexpected(reply: &Reply) -> Failure {
    Failure::failed(format!("Doorward replied something else ({reply:?}). Is it another version?"))
}

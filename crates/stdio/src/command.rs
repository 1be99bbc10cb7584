//! What is to be started, and who says so.

use std::{fmt, future::Future, path::PathBuf, pin::Pin};

use doorward_words::Said;
use secrecy::{ExposeSecret, SecretString};

/// A program and all that it is given.
pub struct Command {
    /// The program, as an absolute path (see [`crate::environment::resolve`]).
    pub program: PathBuf,
    /// Its arguments, each as it is: no shell reads them.
    pub arguments: Vec<String>,
    /// The folder it runs in.
    pub folder: PathBuf,
    /// Its whole environment, by name. Nothing else is inherited: `PATH` must be in it, and on Windows `SystemRoot`.
    pub environment: Vec<(String, Value)>,
}

/// The value of an environment variable.
#[derive(Clone)]
pub enum Value {
    /// One that may be shown.
    Plain(String),
    /// One that may not: it does not print, and where the program repeats it on its standard error it is masked in the log.
    Secret(SecretString),
}

impl Value {
    /// The value, for the program that is started with it.
    pub(crate) fn reveal(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            // REVEAL: the program needs it in its environment.
            Self::Secret(secret) => secret.expose_secret(),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Plain ones neither: who sorts them cannot know every secret.
        f.write_str("…")
    }
}

impl fmt::Debug for Command {
    /// Without arguments and values: both can hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command")
            .field("program", &self.program)
            .field("arguments", &self.arguments.len())
            .field("folder", &self.folder)
            .field("environment", &self.environment)
            .finish()
    }
}

/// A command that is about to be known.
pub type Commanding<'a> = Pin<Box<dyn Future<Output = Result<Command, NoCommand>> + Send + 'a>>;

/// The owner of a server, who is asked for the command at each start: settings may have changed, and secrets are fetched
/// only now.
pub trait Launch: Send + Sync + 'static {
    /// The command to start.
    fn command(&self) -> Commanding<'_>;
}

/// Why there is nothing to start: one sentence for people, which clients are told too. Never with a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoCommand(pub Said);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_prints_neither_arguments_nor_values() {
        let command = Command {
            program: "/bin/true".into(),
            arguments: vec!["--token=s3cret".to_owned()],
            folder: "/".into(),
            environment: vec![("KEY".to_owned(), Value::Secret("s3cret".into())), ("OTHER".to_owned(), Value::Plain("s3cret".to_owned()))],
        };
        let printed = format!("{command:?}");
        assert!(!printed.contains("s3cret") && printed.contains("KEY") && printed.contains("/bin/true"), "{printed}");
        assert_eq!(command.environment[0].1.reveal(), "s3cret");
    }
}

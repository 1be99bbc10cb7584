//! How a command ends.

use std::process::ExitCode;

use doorward_broker::control::{Failure as ControlFailure, client::CallError};

pub(crate) type Outcome = Result<(), Failure>;

/// What went wrong: a sentence for people and a code for scripts.
#[derive(Debug)]
pub(crate) struct Failure {
    code: Code,
    message: String,
}

/// Documented in `doorward --help`.
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
pub(crate) enum Code {
    Failed = 1,
    Usage = 2,
    NotRunning = 3,
    NeedsPerson = 4,
    NotFound = 5,
}

impl Failure {
    pub(crate) fn new(code: Code, message: impl ToString) -> Self {
        Self { code, message: message.to_string() }
    }

    pub(crate) fn failed(message: impl ToString) -> Self {
        Self::new(Code::Failed, message)
    }

    pub(crate) fn of_reply(code: ControlFailure, message: String) -> Self {
        let code = match code {
            ControlFailure::NotFound => Code::NotFound,
            ControlFailure::NeedsPerson | ControlFailure::SelfApproval => Code::NeedsPerson,
            ControlFailure::WrongPhrase | ControlFailure::Failed => Code::Failed,
        };
        Self { code, message }
    }

    /// Whether it is of that kind.
    pub(crate) fn is(&self, code: Code) -> bool {
        self.code as u8 == code as u8
    }

    /// Says it on the standard error.
    pub(crate) fn report(&self) -> ExitCode {
        eprintln!("doorward: {}", self.message);
        ExitCode::from(self.code as u8)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        let code = match error {
            CallError::NotRunning => Code::NotRunning,
            CallError::Broken(_) => Code::Failed,
        };
        Self::new(code, error)
    }
}

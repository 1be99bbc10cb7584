//! Asking the person at the terminal.

use std::io::{self, IsTerminal, Write};

use crate::exit::{Code, Failure};

/// Reads a secret: from the terminal without showing it, or as a line of what is piped in.
pub(crate) fn secret(name: &str) -> Result<String, Failure> {
    if io::stdin().is_terminal() {
        return rpassword::prompt_password(format!("Value of {name}: ")).map_err(Failure::failed);
    }
    let mut line = String::new();
    if io::stdin().read_line(&mut line).map_err(Failure::failed)? == 0 {
        return Err(Failure::new(Code::NeedsPerson, format!("The value of {name} is read from the terminal or from standard input.")));
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Reads one line after `prompt`. Without a terminal there is no person to ask.
pub(crate) fn ask(prompt: &str, otherwise: &str) -> Result<String, Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::new(Code::NeedsPerson, otherwise));
    }
    let mut err = io::stderr().lock();
    write!(err, "{prompt} ").and_then(|()| err.flush()).map_err(Failure::failed)?;
    let mut line = String::new();
    io::stdin().read_line(&mut line).map_err(Failure::failed)?;
    Ok(line.trim().to_owned())
}

//! `doorward completions`, `doorward man`: made from the same description of the commands that parses them.

use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::{
    args::Args,
    exit::{Failure, Outcome},
    print,
};

pub(crate) fn completions(shell: Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "doorward", &mut script);
    print::lines(&[String::from_utf8_lossy(&script).trim_end().to_owned()])
}

pub(crate) fn man(folder: &Path) -> Outcome {
    std::fs::create_dir_all(folder).map_err(Failure::failed)?;
    clap_mangen::generate_to(Args::command(), folder).map_err(Failure::failed)
}

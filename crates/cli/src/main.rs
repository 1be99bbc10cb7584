//! The command `doorward`: what the window does, on a terminal and in a pipe.
//!
//! It talks to a running Doorward over the control socket and never over HTTP, and it never opens the database while
//! Doorward runs. It knows no window, so that it works where there is no screen.

use std::process::ExitCode;

use clap::Parser;
use doorward_broker::control::Command as Ask;
use doorward_oauth::consent::After;

mod add;
mod apps;
mod args;
mod call;
mod doctor;
mod exit;
mod import;
mod log;
mod papers;
mod pause;
mod policy;
mod port;
mod print;
mod requests;
mod reset;
mod rule;
mod rules;
mod serve;
mod servers;
mod settings;
mod status;
mod terminal;

use args::{Args, Command, PolicyCommand, RuleCommand, ServerCommand, SettingsCommand};
use call::Doorward;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    match run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn run(args: Args) -> exit::Outcome {
    let json = args.json;
    let doorward = Doorward::of(&args.profile)?;
    match args.command {
        Command::Serve(serve) => serve::serve(serve, args.profile).await,
        Command::Add(add) | Command::Server(ServerCommand::Add(add)) => add::add(&doorward, add, json).await,
        Command::Servers | Command::Server(ServerCommand::List) => servers::list(&doorward, json).await,
        Command::Server(ServerCommand::Remove { name }) => servers::remove(&doorward, &name, json).await,
        Command::Server(ServerCommand::KeepArguments { name, off }) => servers::keep_arguments(&doorward, name, !off, json).await,
        Command::Server(ServerCommand::Credential { name }) => servers::credential(&doorward, &name, json).await,
        Command::Tools { server } => servers::tools(&doorward, &server, json).await,
        Command::Policy(PolicyCommand::Show) => policy::show(&doorward, json).await,
        Command::Apps => apps::list(&doorward, json).await,
        Command::Revoke { app, server } => apps::revoke(&doorward, &app, server, json).await,
        Command::Requests => requests::list(&doorward, json).await,
        Command::Approve(approve) => requests::approve(&doorward, approve, json).await,
        Command::Deny { id, reason, mute, never, all } => {
            let after = match (mute, never) {
                (_, true) => After::Never,
                (true, false) => After::Mute,
                (false, false) => After::Nothing,
            };
            requests::deny(&doorward, Ask::Deny { id, reason, after, all }, json).await
        }
        Command::MoreTime { id } => requests::more_time(&doorward, id, json).await,
        Command::Unblock { app } => apps::unblock(&doorward, &app, json).await,
        Command::Pause { long, what } => pause::pause(&doorward, long, what, json).await,
        Command::Resume { what } => pause::resume(&doorward, what, json).await,
        Command::Unmute { program } => pause::unmute(&doorward, &program, json).await,
        Command::Rule(RuleCommand::Add(rule)) => rule::add(&doorward, rule, json).await,
        Command::Rules(rules) => rules::rules(&doorward, rules, json).await,
        Command::Import(import) => import::import(&doorward, import, json).await,
        Command::Undo(undo) => import::undo(&doorward, undo, json).await,
        Command::Log(log) => log::log(&doorward, log, json).await,
        Command::Doctor => doctor::doctor(&doorward, &args.profile, json).await,
        Command::Completions { shell } => papers::completions(shell),
        Command::Man { folder } => papers::man(&folder),
        Command::Settings { command: None } => settings::list(&doorward, json).await,
        Command::Settings { command: Some(SettingsCommand::Set { key, value }) } => settings::set(&doorward, key, value, json).await,
        Command::Port(wanted) => port::port(&doorward, wanted, json).await,
        Command::Status => status::status(&doorward, json).await,
        Command::Reset { keep_servers, keyring } => reset::reset(&args.profile, keyring.into(), keep_servers, json).await,
    }
}

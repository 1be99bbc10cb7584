//! The command line.

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use doorward_broker::{config::Profile, secrets::Backend};

const EXIT_CODES: &str =
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 Doorward is not running, 4 needs a person at a terminal, 5 not found";

/// You see which program asks for your local MCP tools, and you can take it back at any time.
#[derive(Debug, Parser)]
#[command(name = "doorward", version, after_help = EXIT_CODES)]
pub(crate) struct Args {
    /// Use another set of data than the desktop's own
    #[arg(long, global = true, value_name = "NAME", value_parser = profile, default_value = "", hide_default_value = true, env = "DOORWARD_PROFILE")]
    pub(crate) profile: Profile,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start Doorward: the desktop app where there is a screen, otherwise here on the terminal
    Serve(Serve),
    /// Put an MCP server behind Doorward (short for: server add)
    Add(Add),
    /// Add, remove and list guarded servers
    #[command(subcommand)]
    Server(ServerCommand),
    /// List the guarded servers
    Servers,
    /// List the tools of a server, as it describes them
    Tools {
        /// The server's name
        server: String,
    },
    /// List the apps that may use something
    Apps,
    /// Take back what an app may use: it stops on its next call
    Revoke {
        /// The app's name or id, as `doorward apps` shows it
        app: String,
        /// Only at this server
        #[arg(long, value_name = "NAME")]
        server: Option<String>,
    },
    /// List the requests that wait for an answer
    Requests,
    /// Allow a request: shows it and asks you to type what is shown
    Approve(Approve),
    /// Deny a request
    Deny {
        /// The request's number, as `doorward requests` shows it
        id: u64,
        /// Tell the agent why (for a call)
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// Do not ask about the program that asks for an hour
        #[arg(long)]
        mute: bool,
        /// Never ask about this app again: whatever would need a question is a no. What it may use now stays
        #[arg(long, conflicts_with = "mute")]
        never: bool,
        /// Deny all that waits of the same program
        #[arg(long)]
        all: bool,
    },
    /// Let a request wait as long again, up to ten times
    MoreTime {
        /// The request's number, as `doorward requests` shows it
        id: u64,
    },
    /// Stop everything, one app or one server: nothing of it connects or calls until you resume
    Pause {
        /// Only for so long, for example 15m or 1h
        #[arg(long = "for", value_name = "TIME", value_parser = duration, conflicts_with_all = ["app", "server"])]
        long: Option<std::time::Duration>,
        #[command(flatten)]
        what: Paused,
    },
    /// Go on after a pause
    Resume {
        #[command(flatten)]
        what: Paused,
    },
    /// Hear a program again that was muted; `doorward status` lists them
    Unmute {
        /// Its name, as `doorward status` shows it
        program: String,
    },
    /// Let an app ask again after `doorward deny --never`
    Unblock {
        /// The app's name or id, as `doorward apps` shows it
        app: String,
    },
    /// Give access before anybody asks, for a program that runs where nobody can be asked
    #[command(subcommand)]
    Rule(RuleCommand),
    /// Show what apps may use, tool by tool, or change it
    Rules(Rules),
    /// Take servers over from the configuration of your programs, which lead to Doorward afterwards
    Import(Import),
    /// Put the configuration of a program back as it was before the last import
    Undo(Undo),
    /// Show what apps did: each call with its app, tool, decision and size
    Log(Log),
    /// Show what may be registered and asked for, beside the named policies
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Show the settings in config.toml, or change one
    Settings {
        #[command(subcommand)]
        command: Option<SettingsCommand>,
    },
    /// Move to another port: changes config.toml and Doorward's addresses in the configuration of your programs
    Port(Port),
    /// Show whether Doorward runs, and how
    Status,
    /// Look for what does not work, and say what to do about it. Nothing in it is secret
    Doctor,
    /// Print what makes the Tab key complete commands in your shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Write manual pages into a folder
    #[command(hide = true)]
    Man {
        /// The folder
        folder: std::path::PathBuf,
    },
    /// Forget everything that was allowed; Doorward must not be running
    Reset {
        /// Keep the list of servers
        #[arg(long)]
        keep_servers: bool,
        /// The keyring that holds the key
        #[arg(long, value_enum, default_value_t)]
        keyring: Keyring,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Paused {
    /// Only this app, by its name or id
    #[arg(long, value_name = "APP", conflicts_with = "server")]
    pub(crate) app: Option<String>,
    /// Only this server
    #[arg(long, value_name = "NAME")]
    pub(crate) server: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Approve {
    /// The request's number, as `doorward requests` shows it
    pub(crate) id: u64,
    /// Everything that the server has, instead of what is proposed
    #[arg(long)]
    pub(crate) all: bool,
    /// These tools, besides what is proposed
    #[arg(long, value_name = "TOOL,...", value_delimiter = ',')]
    pub(crate) allow: Vec<String>,
    /// These tools, asking about each call
    #[arg(long, value_name = "TOOL,...", value_delimiter = ',')]
    pub(crate) ask: Vec<String>,
    /// Not these tools, although they are proposed
    #[arg(long, value_name = "TOOL,...", value_delimiter = ',')]
    pub(crate) hide: Vec<String>,
    /// For how long: a connection until you take it back, a call once, unless you say otherwise
    #[arg(long = "for", value_enum, value_name = "TIME")]
    pub(crate) until: Option<Until>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Until {
    /// One call
    Once,
    /// Ten minutes
    #[value(name = "10m")]
    TenMinutes,
    /// The rest of this day
    Today,
    /// Until the program that asks ends
    Program,
    /// Until you take it back
    Always,
}

impl From<Until> for doorward_oauth::consent::Until {
    fn from(until: Until) -> Self {
        match until {
            Until::Once => Self::Once,
            Until::TenMinutes => Self::TenMinutes,
            Until::Today => Self::Today,
            Until::Program => Self::ProgramEnds,
            Until::Always => Self::TakenBack,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Rules {
    /// Only of this app, by its name or id
    pub(crate) app: Option<String>,
    /// Only at this server
    pub(crate) server: Option<String>,
    /// Change what holds for this tool (or `prompts`, `resources`)
    #[arg(requires = "mode")]
    pub(crate) tool: Option<String>,
    /// What holds from now on
    #[arg(value_enum)]
    pub(crate) mode: Option<Mode>,
    /// List only rules that were made, in which each of these words is somewhere
    #[arg(long, value_name = "TEXT", conflicts_with = "tool")]
    pub(crate) search: Option<String>,
    /// List only rules that were made and end by themselves
    #[arg(long, conflicts_with = "tool")]
    pub(crate) ending: bool,
    /// Ask about every call of this app from now on, at all servers. Prompts and resources, which cannot be asked about, are hidden
    #[arg(long, requires = "app", conflicts_with_all = ["server", "search", "ending"])]
    pub(crate) ask_for_everything: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Mode {
    /// It may be called
    Allow,
    /// Each call is asked about
    Ask,
    /// It is not there for this app
    Hide,
}

impl From<Mode> for doorward_oauth::tool::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Allow => Self::Allow,
            Mode::Ask => Self::Ask,
            Mode::Hide => Self::Hide,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Import {
    /// Only these servers, by the names that the programs have for them
    pub(crate) servers: Vec<String>,
    /// Only from this program: claude-code, claude-desktop, cursor, vscode, codex, gemini, windsurf or zed
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) from: Vec<String>,
    /// Show what would change and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask. Works only where scripted approval is on
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Port {
    /// The new port
    #[arg(value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: u16,
    /// The port that the programs are set to, if Doorward is at another one by now
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) from: Option<u16>,
    /// Show what would change and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Undo {
    /// The program: claude-code, claude-desktop, cursor, vscode, codex, gemini, windsurf or zed
    #[arg(value_name = "PROGRAM")]
    pub(crate) client: String,
    /// Put back only the entries that import changed, and leave the rest of the file as it is now
    #[arg(long)]
    pub(crate) entries: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Log {
    /// Only of this app, by its name or id
    #[arg(long)]
    pub(crate) app: Option<String>,
    /// Only at this server
    #[arg(long, value_name = "NAME")]
    pub(crate) server: Option<String>,
    /// Only those in which each of these words is somewhere: app, program, server, tool, decision
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// Only those before the one with this number: the page before
    #[arg(long, value_name = "NUMBER")]
    pub(crate) before: Option<i64>,
    /// How requests ended and what was taken back, instead of calls
    #[arg(long, conflicts_with_all = ["app", "server"])]
    pub(crate) requests: bool,
    /// The newest so many
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 50)]
    pub(crate) most: u32,
    /// All there is, one JSON object on each line, the oldest first
    #[arg(long)]
    pub(crate) export: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Serve {
    /// Ask on this terminal, or through `doorward approve` on another one
    #[arg(long)]
    pub(crate) no_gui: bool,
    /// Another port than the one in config.toml (8765)
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,
    /// Let scripts answer, without a person: for tests and for agents in containers. Needs --no-gui, --port and --profile
    #[arg(long, requires = "no_gui", requires = "port")]
    pub(crate) scripted_approval: bool,
    /// Where the key is kept. The kernel's keyring (Linux) forgets it when the computer restarts. Needs --no-gui
    #[arg(long, value_enum, default_value_t, requires = "no_gui")]
    pub(crate) keyring: Keyring,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum Keyring {
    /// Secret Service, Keychain or Credential Manager
    #[default]
    System,
    /// The Linux kernel's keyring, until the next restart of this computer
    #[cfg(target_os = "linux")]
    Kernel,
}

impl From<Keyring> for Backend {
    fn from(keyring: Keyring) -> Self {
        match keyring {
            Keyring::System => Self::System,
            #[cfg(target_os = "linux")]
            Keyring::Kernel => Self::Kernel,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum ServerCommand {
    /// Put an MCP server behind Doorward
    Add(Add),
    /// Take a server away, with everything that was allowed at it
    Remove {
        /// Its name
        name: String,
    },
    /// List the guarded servers
    List,
    /// Write down what its tools are called with, too: `doorward log` shows it then
    KeepArguments {
        /// Its name
        name: String,
        /// Stop it
        #[arg(long)]
        off: bool,
    },
    /// Make a new secret for a server to ask about tokens with (RFC 7662); an older one is void
    Credential {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum RuleCommand {
    /// Make an app that may call these tools for a while, and print its token once: shows it and asks you to type its name
    Add(AddRule),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct AddRule {
    /// What the app is called in lists
    #[arg(long, value_name = "NAME")]
    pub(crate) app: String,
    /// The server
    #[arg(long, value_name = "NAME")]
    pub(crate) server: String,
    /// A tool that it may call; several times for several
    #[arg(long, value_name = "TOOL", required = true)]
    pub(crate) tool: Vec<String>,
    /// For how long, for example 15m or 1h; 168h at the most
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    pub(crate) long: std::time::Duration,
    /// Print the token that opens the server. Whoever has it can use it
    #[arg(long, required = true)]
    pub(crate) print_token: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SettingsCommand {
    /// Change one setting; comments and everything else in config.toml stay
    Set {
        /// Its name, as `doorward settings` shows it
        #[arg(value_name = "SETTING")]
        key: String,
        /// What it is to be. A list has commas between its items
        value: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Show the policy in force and all presets, side by side
    Show,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Add {
    /// A short name: lower-case letters, digits, - and _
    pub(crate) name: String,
    /// Where the server is, for example http://127.0.0.1:3001/mcp
    #[arg(required_unless_present = "command", conflicts_with = "command")]
    pub(crate) url: Option<String>,
    /// A header that the server wants, by its name. You are asked for the value, which goes into the keyring
    #[arg(long, value_name = "NAME", conflicts_with = "command")]
    pub(crate) header: Vec<String>,
    /// A variable for the command
    #[arg(long, value_name = "NAME=VALUE", requires = "command")]
    pub(crate) env: Vec<String>,
    /// A variable whose value is secret. You are asked for the value, which goes into the keyring
    #[arg(long, value_name = "NAME", requires = "command")]
    pub(crate) secret: Vec<String>,
    /// The folder the command runs in [default: this one]
    #[arg(long, value_name = "FOLDER", requires = "command")]
    pub(crate) folder: Option<std::path::PathBuf>,
    /// Start a process of its own for each app, instead of one that all share
    #[arg(long, requires = "command")]
    pub(crate) per_app: bool,
    /// The server validates tokens itself: it stays at its own address and gets signed tokens (RFC 9068)
    #[arg(long, conflicts_with = "command")]
    pub(crate) validates_tokens: bool,
    /// Do not ask. Works only where scripted approval is on
    #[arg(long)]
    pub(crate) yes: bool,
    /// The command that starts the server, after two dashes: -- npx -y @modelcontextprotocol/server-filesystem ~/work
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

/// `90s`, `15m`, `1h`.
fn duration(text: &str) -> Result<std::time::Duration, &'static str> {
    const HOW: &str = "a time is a number and s, m or h, for example 15m";
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or(HOW)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        _ => return Err(HOW),
    };
    let number: u32 = number.parse().map_err(|_| HOW)?;
    Ok(std::time::Duration::from_secs(u64::from(number) * seconds))
}

fn profile(name: &str) -> Result<Profile, &'static str> {
    if name.is_empty() {
        return Ok(Profile::default());
    }
    Profile::named(name).ok_or("a profile's name has lower-case letters, digits and -")
}

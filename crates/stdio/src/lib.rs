//! An MCP server that speaks over its standard streams, as an HTTP endpoint for clients of both eras.
//!
//! Most servers are programs that one client starts for itself. A [`Server`] starts such a program once, when it is needed, and
//! shares it between all callers: it translates between HTTP and lines, and between the protocol of 2026-07-28, where each
//! request stands by itself, and that of before, where there are sessions.
//!
//! Whoever owns a server decides who may call it, and with what: nothing here knows tokens or rules, and nothing is kept on the
//! disk. What comes in must be authorised, judged and read completely.
//!
//! - for its owner: [`Server`], [`Launch`], [`Settings`], [`environment`];
//! - the process: `life` (when there is one), `lively` (start and end), `process`, `pump`, `lines`, `log`;
//! - between many clients and one process: `wire`, `flight` (requests), `running` and `hearers` (what it says by itself), `era`
//!   (which protocol it speaks);
//! - clients: `endpoint` tells them apart, `modern` and `subscribing` are for those of today, `legacy` and `session` for those
//!   of before, `headers` and `declared` compare headers with bodies, `answer` and `stream` tell them what came back.

pub mod environment;

mod answer;
mod budget;
mod caller;
mod change;
mod clock;
mod command;
mod declared;
mod endpoint;
mod era;
mod flight;
mod headers;
mod hearers;
mod legacy;
mod level;
mod life;
mod lines;
mod lively;
mod log;
mod modern;
mod object;
mod process;
mod pump;
mod rpc;
mod running;
mod server;
mod session;
mod settings;
mod state;
mod stream;
mod subscribing;
mod trouble;
mod uses;
mod wire;

pub use caller::CallerKey;
pub use command::{Command, Commanding, Launch, NoCommand, Value};
pub use log::{LogLine, Writer};
pub use server::{Server, stop_all};
pub use settings::Settings;
pub use state::State;

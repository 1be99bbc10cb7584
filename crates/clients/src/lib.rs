//! The configuration files of programs that use MCP servers.
//!
//! What this crate does, in the order in which it is used:
//!
//! 1. [`places`]: where the files of each client are.
//! 2. [`read`]: which servers are in them, and which of those Doorward can take over.
//! 3. [`plan`]: what would change so that chosen servers go through Doorward. Nothing is written.
//! 4. [`backup`]: writes a plan, atomically and with a copy of what was.
//! 5. [`undo`]: puts that back.
//!
//! It knows no network, no keyring and no clock, and it starts nothing: what it is told about the time and keeps of secrets comes
//! from its caller. A file that does not exist is never made, and one that cannot be understood is left alone.

pub mod backup;
pub mod client;
mod credential;
mod dialect;
mod diff;
mod document;
pub mod door;
mod entry;
pub mod file;
mod issued;
mod jsonc;
mod mask;
mod names;
mod node;
pub mod places;
pub mod plan;
pub mod read;
mod record;
mod replace;
pub mod seal;
pub mod server;
pub mod template;
mod toml;
pub mod undo;

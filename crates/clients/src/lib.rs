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
//! [`import`] has these steps as a person takes them, at a terminal or in a window.
//! Where Doorward moves to another port, [`moved`] has its addresses in these files follow.
//!
//! It knows no network, no keyring and no clock, and it starts nothing: what it is told about the time and keeps of secrets comes
//! from its caller. A file that does not exist is never made, and one that cannot be understood is left alone.
//!
//! ```no_run
//! use doorward_clients::{backup::Backups, client::Client, door::Door, places::Home, plan::plan, read::survey, seal::Seal, undo::How};
//!
//! # fn example() -> Option<()> {
//! let (home, door) = (Home::of_this_user()?, Door::at(8765));
//! let configs: Vec<_> = survey(&home, None, &door).into_iter().filter_map(|sighting| sighting.config.ok()).collect();
//! let plan = plan(&configs, &door, &[], |found| found.name == "github");
//! for file in &plan.files {
//!     println!("{}", file.diff);
//! }
//! // Here a person says yes, and the servers of the plan and their secrets are put behind Doorward.
//! let backups = Backups::new("/home/me/.local/share/doorward/imports".into(), Seal::Open);
//! backups.write(&plan.files, 1_800_000_000).ok()?;
//! backups.undo(Client::ClaudeCode, How::Whole).ok()?;
//! # Some(())
//! # }
//! ```

pub mod backup;
pub mod client;
mod credential;
mod dialect;
mod diff;
mod document;
pub mod door;
mod entry;
pub mod file;
pub mod import;
mod jsonc;
mod looks;
mod mask;
pub mod moved;
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

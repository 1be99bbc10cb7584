//! Doorward without a window: the server, the gateway, the store, the secrets, the consent queue, the control socket.
//!
//! Three ways in ([`server`], the gateway behind it, [`control`]) call one [`broker`]; the control socket knows nothing of
//! HTTP. Each module below the broker hides exactly one outside thing: [`consent`] the person, [`store`] the disk,
//! [`secrets`] the keyring ([`vault`] what servers need of it), [`peers`] the operating system, [`documents`] the internet, [`world`] clock and chance, `paths` where the disk's links lead. This crate must never know a
//! window: it runs where there is no screen.

pub mod broker;
pub mod config;
pub mod config_file;
pub mod consent;
pub mod control;
pub mod documents;
mod gateway;
pub mod health;
pub mod instance;
pub mod log;
mod paths;
pub mod peers;
pub mod refusal;
pub mod secrets;
pub mod server;
pub mod store;
pub mod vault;
pub mod world;

//! Windows: the table of connections names the process at each end, and the process is asked for the rest.
//!
//! Whose a process is comes from its token. Windows lets nobody look into the processes of other users, so a process that cannot be
//! opened is another user's, and is refused.

mod table;
mod words;

#[cfg(windows)]
mod pipe;
#[cfg(windows)]
mod process;
#[cfg(windows)]
mod signature;
#[cfg(windows)]
mod sockets;
#[cfg(windows)]
mod system;
#[cfg(all(windows, test))]
mod tests;

#[cfg(windows)]
pub(crate) use pipe::client_of;
#[cfg(windows)]
pub use system::OsPeers;

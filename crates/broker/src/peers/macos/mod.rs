//! macOS: the kernel's table of TCP sockets (the one that `netstat` reads) names the user and the process of each, of other users' as
//! well. What a process has open and what it is comes from `libproc`, which tells it about processes of the same user only.

mod arguments;
mod sockets;

#[cfg(target_os = "macos")]
mod kernel;
#[cfg(target_os = "macos")]
mod process;
#[cfg(target_os = "macos")]
mod signature;
#[cfg(target_os = "macos")]
mod system;
#[cfg(all(target_os = "macos", test))]
mod tests;

#[cfg(target_os = "macos")]
pub use system::OsPeers;

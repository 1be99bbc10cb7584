//! A local socket of this user's: a Unix socket (0600, peer checked), a named pipe on Windows.

use std::{io, path::Path};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

/// The longest line either side reads.
const LINE: u64 = 4 * 1024 * 1024;

/// Reads one line.
pub(super) async fn read_line(stream: impl AsyncRead + Unpin) -> io::Result<String> {
    let mut line = String::new();
    BufReader::new(stream).take(LINE).read_line(&mut line).await?;
    Ok(line)
}

/// Writes one line.
pub(super) async fn write_line(stream: &mut (impl AsyncWrite + Unpin), line: &str) -> io::Result<()> {
    stream.write_all(line.as_bytes()).await?;
    stream.write_all(b"\n").await?;
    stream.flush().await
}

#[cfg(unix)]
pub(super) use unix::{Listener, connect};

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::PermissionsExt;

    use tokio::net::{UnixListener, UnixStream};

    use super::{Path, io};

    pub(in super::super) struct Listener(UnixListener);

    impl Listener {
        /// Takes the socket's path. Only the owner of the profile's lock calls this, so a file that is there is a leftover.
        pub(in super::super) fn bind(path: &Path) -> io::Result<Self> {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let listener = UnixListener::bind(path)?;
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
            Ok(Self(listener))
        }

        /// The next connection of this user, with the process id at its other end.
        pub(in super::super) async fn accept(&mut self) -> io::Result<(UnixStream, Option<u32>)> {
            loop {
                let (stream, _) = self.0.accept().await?;
                let peer = stream.peer_cred()?;
                if peer.uid() == rustix::process::geteuid().as_raw() {
                    return Ok((stream, peer.pid().and_then(|pid| u32::try_from(pid).ok())));
                }
                tracing::warn!(uid = peer.uid(), "another user at the control socket was turned away");
            }
        }
    }

    pub(in super::super) async fn connect(path: &Path) -> io::Result<UnixStream> {
        UnixStream::connect(path).await
    }
}

#[cfg(windows)]
pub(super) use windows::{Listener, connect};

#[cfg(windows)]
mod windows {
    use std::hash::{DefaultHasher, Hash, Hasher};

    use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeClient, NamedPipeServer, ServerOptions};

    use super::{Path, io};
    use crate::peers::{User, client_of};

    /// A pipe's name is global, so it carries the profile's path.
    fn name(path: &Path) -> String {
        let mut hash = DefaultHasher::new();
        path.hash(&mut hash);
        format!(r"\\.\pipe\doorward-{:016x}", hash.finish())
    }

    pub(in super::super) struct Listener {
        name: String,
        next: NamedPipeServer,
    }

    impl Listener {
        pub(in super::super) fn bind(path: &Path) -> io::Result<Self> {
            let name = name(path);
            let next = ServerOptions::new().first_pipe_instance(true).reject_remote_clients(true).create(&name)?;
            Ok(Self { name, next })
        }

        /// The next connection of this user, with the process id at its other end.
        pub(in super::super) async fn accept(&mut self) -> io::Result<(NamedPipeServer, Option<u32>)> {
            loop {
                self.next.connect().await?;
                let next = ServerOptions::new().reject_remote_clients(true).create(&self.name)?;
                let pipe = std::mem::replace(&mut self.next, next);
                match client_of(&pipe) {
                    Some((pid, User::Same)) => return Ok((pipe, Some(pid))),
                    client => tracing::warn!(?client, "another user at the control socket was turned away"),
                }
            }
        }
    }

    pub(in super::super) async fn connect(path: &Path) -> io::Result<NamedPipeClient> {
        ClientOptions::new().open(name(path))
    }
}

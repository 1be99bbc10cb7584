//! How long it takes to say who is at the other end of a connection, from a process that holds a hundred of them.

use std::{
    net::{SocketAddr, TcpStream},
    time::Instant,
};

use anyhow::{Result, bail};
use doorward_broker::peers::{OsPeers, PeerLookup, User};

use crate::{
    Child,
    results::{Lookups, Measured, Tally},
};

/// How many connections there are, and each is asked about.
const CONNECTIONS: usize = 100;

/// Asks about connections to `server`.
pub(crate) fn measure(server: &Child) -> Result<Lookups> {
    let open: Vec<TcpStream> = (0..CONNECTIONS).map(|_| TcpStream::connect(server.address)).collect::<Result<_, _>>()?;
    let ends: Vec<(SocketAddr, SocketAddr)> = open.iter().map(|line| Ok((line.peer_addr()?, line.local_addr()?))).collect::<Result<_>>()?;
    let user = each(&ends, |peers, theirs, ours| peers.user_behind(theirs, ours) == User::Same)?;
    let program = each(&ends, |peers, theirs, ours| peers.behind(theirs, ours).program().is_some())?;
    Ok(Lookups { user, program })
}

/// Each time with nothing remembered.
fn each(ends: &[(SocketAddr, SocketAddr)], ask: impl Fn(&OsPeers, SocketAddr, SocketAddr) -> bool) -> Result<Measured> {
    let mut tally = Tally::default();
    for (theirs, ours) in ends {
        let peers = OsPeers::default();
        let begin = Instant::now();
        let known = ask(&peers, *theirs, *ours);
        tally.times.push(begin.elapsed());
        tally.all += begin.elapsed();
        if !known {
            bail!("the system does not say who is at {theirs}");
        }
    }
    Ok(tally.into())
}

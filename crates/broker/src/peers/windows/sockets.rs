//! Asks Windows for its table of TCP connections.

use std::net::{IpAddr, SocketAddr};

use ::windows::Win32::{
    Foundation::{ERROR_INSUFFICIENT_BUFFER, NO_ERROR},
    NetworkManagement::IpHelper::{GetExtendedTcpTable, TCP_TABLE_CLASS, TCP_TABLE_OWNER_PID_CONNECTIONS, TCP_TABLE_OWNER_PID_LISTENER},
    Networking::WinSock::{AF_INET, AF_INET6},
};

use super::table::{Row, rows_4, rows_6};
use crate::peers::address::is_same_end;

/// The process at the client's end of a connection that we accepted: its local address is our peer's.
pub(super) fn client(peer: SocketAddr, ours: SocketAddr) -> Option<u32> {
    client_row(peer, ours).map(|row| row.pid).filter(|pid| *pid != 0)
}

/// The row of that end in the table.
pub(super) fn client_row(peer: SocketAddr, ours: SocketAddr) -> Option<Row> {
    let is_it = |row: &Row| is_same_end(row.local, peer) && is_same_end(row.remote, ours);
    rows(TCP_TABLE_OWNER_PID_CONNECTIONS).into_iter().find(is_it)
}

/// The addresses at which somebody listens on `port`, with the process of each.
pub(super) fn listeners(port: u16) -> Vec<(IpAddr, u32)> {
    let listening = rows(TCP_TABLE_OWNER_PID_LISTENER).into_iter();
    listening.filter(|row| row.local.port() == port).map(|row| (row.local.ip(), row.pid)).collect()
}

fn rows(class: TCP_TABLE_CLASS) -> Vec<Row> {
    let mut found = rows_4(&table(u32::from(AF_INET.0), class));
    found.extend(rows_6(&table(u32::from(AF_INET6.0), class)));
    found
}

/// The table of one family in 32-bit words; empty when Windows does not give it.
fn table(family: u32, class: TCP_TABLE_CLASS) -> Vec<u32> {
    let mut words = vec![0_u32; 4096];
    // It may grow between two calls.
    for _ in 0..8 {
        let mut size = u32::try_from(size_of_val(words.as_slice())).unwrap_or(u32::MAX);
        #[expect(unsafe_code, reason = "there is no safe way to ask for it")]
        // SAFETY: Windows writes at most `size` bytes, which is how large the buffer is, and it is aligned for the rows.
        let outcome = unsafe { GetExtendedTcpTable(Some(words.as_mut_ptr().cast()), &mut size, false, family, class, 0) };
        if outcome == NO_ERROR.0 {
            return words;
        }
        if outcome != ERROR_INSUFFICIENT_BUFFER.0 {
            return Vec::new();
        }
        words.resize(size as usize / size_of::<u32>() + 1024, 0);
    }
    Vec::new()
}

//! The rows of the tables of TCP connections, `MIB_TCPTABLE_OWNER_PID` and `MIB_TCP6TABLE_OWNER_PID`, as 32-bit words. Addresses and
//! ports stand in them as they stand on the wire.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// One connection, or one socket that listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
    /// The process that opened it; 0 for one that is closed and only waits.
    pub(super) pid: u32,
}

/// The number of rows comes first.
const HEADER: usize = 1;

/// The rows for IPv4: state, both ends, process.
pub(super) fn rows_4(table: &[u32]) -> Vec<Row> {
    let end = |address: u32, port: u32| SocketAddr::new(IpAddr::V4(Ipv4Addr::from(address.to_ne_bytes())), port_of(port));
    rows(table, |[_, local, local_port, remote, remote_port, pid]: [u32; 6]| Row {
        local: end(local, local_port),
        remote: end(remote, remote_port),
        pid,
    })
}

/// The rows for IPv6: both ends with their interface, state, process.
pub(super) fn rows_6(table: &[u32]) -> Vec<Row> {
    let end = |address: [u32; 4], port: u32| {
        let mut bytes = [0; 16];
        for (part, word) in bytes.chunks_exact_mut(4).zip(address) {
            part.copy_from_slice(&word.to_ne_bytes());
        }
        SocketAddr::new(IpAddr::V6(Ipv6Addr::from(bytes)), port_of(port))
    };
    rows(table, |[l0, l1, l2, l3, _, local_port, r0, r1, r2, r3, _, remote_port, _, pid]: [u32; 14]| Row {
        local: end([l0, l1, l2, l3], local_port),
        remote: end([r0, r1, r2, r3], remote_port),
        pid,
    })
}

fn rows<const WORDS: usize>(table: &[u32], row: impl Fn([u32; WORDS]) -> Row) -> Vec<Row> {
    let Some(&count) = table.first() else { return Vec::new() };
    let rows = table[HEADER..].as_chunks::<WORDS>().0;
    rows.iter().take(count as usize).map(|words| row(*words)).collect()
}

/// A port is in the first two bytes of its word.
fn port_of(word: u32) -> u16 {
    let [high, low, ..] = word.to_ne_bytes();
    u16::from_be_bytes([high, low])
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORT_8765: u32 = u32::from_ne_bytes([0x22, 0x3D, 0xFF, 0xFF]);
    const PORT_80: u32 = u32::from_ne_bytes([0, 80, 0, 0]);
    const LOOPBACK: u32 = u32::from_ne_bytes([127, 0, 0, 1]);

    fn at(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn rows_are_read_with_both_ends() {
        let table = [1, 5, LOOPBACK, PORT_8765, LOOPBACK, PORT_80, 42, 7, 7];
        assert_eq!(rows_4(&table), [Row { local: at("127.0.0.1:8765"), remote: at("127.0.0.1:80"), pid: 42 }]);
        let one = u32::from_ne_bytes([0, 0, 0, 1]);
        let table = [1, 0, 0, 0, one, 0, PORT_8765, 0, 0, 0, one, 0, PORT_80, 5, 43];
        assert_eq!(rows_6(&table), [Row { local: at("[::1]:8765"), remote: at("[::1]:80"), pid: 43 }]);
    }

    #[test]
    fn a_table_that_is_cut_short_gives_the_rows_that_are_whole() {
        assert!(rows_4(&[]).is_empty() && rows_4(&[3]).is_empty() && rows_6(&[u32::MAX, 1, 2]).is_empty());
        assert_eq!(rows_4(&[9, 5, LOOPBACK, PORT_80, 0, 0, 1, 2, 3]).len(), 1);
    }
}

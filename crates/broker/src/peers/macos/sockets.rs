//! Sockets as the kernel of macOS writes them down, read byte by byte: in `net.inet.tcp.pcblist_n` (`bsd/netinet/in_pcb.h` and
//! `bsd/sys/socketvar.h` in Apple's sources), and as a descriptor of a process (`bsd/sys/proc_info.h`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// One socket of the kernel's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Socket {
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
    pub(super) uid: u32,
    /// The process that used it last. It may have inherited the socket, and it may be gone.
    pub(super) last_used_by: u32,
    pub(super) listens: bool,
}

/// `struct xinpgen`, which stands before and behind the table.
const FRAME: usize = 24;
/// The kinds of records that matter (`XSO_SOCKET`, `XSO_INPCB`).
const SOCKET: u32 = 0x001;
const ADDRESSES: u32 = 0x010;
/// `SO_ACCEPTCONN`.
const LISTENS: u32 = 0x2;
/// `INP_IPV4`, `INP_IPV6`.
const IPV4: u8 = 1;
const IPV6: u8 = 2;

/// The sockets in the kernel's table: for each a few records, and each of them begins with its length and its kind.
pub(super) fn table(bytes: &[u8]) -> Vec<Socket> {
    let mut found = Vec::new();
    let (mut ends, mut owner) = (None, None);
    let mut rest = word(bytes, 0).and_then(|length| bytes.get(length as usize..)).unwrap_or_default();
    while let (Some(length), Some(kind)) = (word(rest, 0), word(rest, 4)) {
        let length = length as usize;
        if length <= FRAME {
            break;
        }
        let record = rest.get(..length).unwrap_or_default();
        match kind {
            ADDRESSES => ends = both_ends(record, At { ports: (18, 16), version: 44, addresses: (64, 48) }),
            SOCKET => owner = word(record, 64).zip(word(record, 68)).zip(word(record, 20)),
            _ => {}
        }
        if let (Some((local, remote)), Some(((uid, last_used_by), options))) = (ends, owner) {
            found.push(Socket { local, remote, uid, last_used_by, listens: options & LISTENS != 0 });
            (ends, owner) = (None, None);
        }
        rest = rest.get(length.next_multiple_of(8)..).unwrap_or_default();
    }
    found
}

/// How many bytes `struct socket_fdinfo` has.
pub(super) const DESCRIPTOR: usize = 792;

/// Both ends of the TCP socket that is a descriptor of a process, the local one first.
pub(super) fn descriptor(bytes: &[u8]) -> Option<(SocketAddr, SocketAddr)> {
    /// `SOCKINFO_TCP`.
    const TCP: u32 = 2;
    const KIND: usize = 256;
    const ENDS: usize = 264;
    if word(bytes, KIND)? != TCP {
        return None;
    }
    both_ends(bytes.get(ENDS..)?, At { ports: (4, 0), version: 24, addresses: (48, 32) })
}

/// Where the parts of both ends stand, the local ones first.
struct At {
    ports: (usize, usize),
    version: usize,
    addresses: (usize, usize),
}

/// Ports and addresses stand as on the wire. An IPv4 address is at the end of the room for an IPv6 one.
fn both_ends(record: &[u8], at: At) -> Option<(SocketAddr, SocketAddr)> {
    let version = *record.get(at.version)?;
    let end = |port: usize, address: usize| {
        let port = u16::from_be_bytes([*record.get(port)?, *record.get(port + 1)?]);
        let address: [u8; 16] = record.get(address..address + 16)?.try_into().ok()?;
        let [.., a, b, c, d] = address;
        let address = match version {
            // One that takes both has an address of the newer kind.
            version if version & IPV6 != 0 => IpAddr::V6(Ipv6Addr::from(address)),
            version if version & IPV4 != 0 => IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
            _ => return None,
        };
        Some(SocketAddr::new(address, port))
    };
    Some((end(at.ports.0, at.addresses.0)?, end(at.ports.1, at.addresses.1)?))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    fn put(bytes: &mut [u8], at: usize, what: &[u8]) {
        bytes[at..at + what.len()].copy_from_slice(what);
    }

    /// A record of that kind, filled up to a multiple of eight.
    fn record(kind: u32, length: u32, parts: &[(usize, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![0; (length as usize).next_multiple_of(8)];
        put(&mut bytes, 0, &length.to_ne_bytes());
        put(&mut bytes, 4, &kind.to_ne_bytes());
        for (at, what) in parts {
            put(&mut bytes, *at, what);
        }
        bytes
    }

    fn example() -> Vec<u8> {
        let frame = || record(2, 24, &[]);
        let one = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        [
            frame(),
            record(ADDRESSES, 104, &[(16, &[0, 80]), (18, &[0x22, 0x3D]), (44, &[1]), (60, &[127, 0, 0, 1]), (76, &[127, 0, 0, 1])]),
            record(SOCKET, 76, &[(64, &501_u32.to_ne_bytes()), (68, &42_u32.to_ne_bytes())]),
            record(0x020, 204, &[]),
            record(ADDRESSES, 104, &[(18, &[0x22, 0x3E]), (44, &[2]), (64, &one)]),
            record(SOCKET, 76, &[(20, &0x6_u32.to_ne_bytes()), (64, &0_u32.to_ne_bytes()), (68, &43_u32.to_ne_bytes())]),
            frame(),
        ]
        .concat()
    }

    #[test]
    fn the_kernels_table_is_read_with_users_and_processes() {
        let connected = Socket { local: at("127.0.0.1:8765"), remote: at("127.0.0.1:80"), uid: 501, last_used_by: 42, listens: false };
        let listening = Socket { local: at("[::1]:8766"), remote: at("[::]:0"), uid: 0, last_used_by: 43, listens: true };
        assert_eq!(table(&example()), [connected, listening]);
    }

    #[test]
    fn a_table_that_is_cut_short_gives_what_is_whole() {
        let whole = example();
        for length in 0..whole.len() {
            assert!(table(&whole[..length]).len() <= 2, "{length}");
        }
        assert!(table(&[]).is_empty() && table(&[0xFF; 64]).is_empty());
    }

    #[test]
    fn a_descriptor_of_a_process_is_read_with_both_ends() {
        let mut bytes = vec![0; DESCRIPTOR];
        put(&mut bytes, 256, &2_u32.to_ne_bytes());
        put(&mut bytes, 264, &[0, 80]);
        put(&mut bytes, 268, &[0x22, 0x3D]);
        put(&mut bytes, 288, &[1]);
        put(&mut bytes, 308, &[127, 0, 0, 1]);
        put(&mut bytes, 324, &[127, 0, 0, 2]);
        assert_eq!(descriptor(&bytes), Some((at("127.0.0.2:8765"), at("127.0.0.1:80"))));
        put(&mut bytes, 256, &3_u32.to_ne_bytes());
        assert_eq!(descriptor(&bytes), None, "no TCP");
        assert_eq!(descriptor(&[]), None);
    }
}

//! Addresses of sockets, compared as the systems use them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Whether a socket that listens on `on` takes connections to `to`. The IPv6 wildcard may take IPv4 too; whether it does
/// cannot be seen from outside, so it counts.
pub(super) fn accepts(on: IpAddr, to: IpAddr) -> bool {
    let on = on.to_canonical();
    on == to || on.is_unspecified() && (on.is_ipv4() == to.is_ipv4() || on.is_ipv6())
}

/// Whether a socket that listens on `on` gets an answer that is addressed to `host` of a redirect: a loopback address, or a name
/// that stands for both.
pub(super) fn gets_answers_for(host: &str, on: IpAddr) -> bool {
    match host {
        "127.0.0.1" => accepts(on, IpAddr::V4(Ipv4Addr::LOCALHOST)),
        "[::1]" => accepts(on, IpAddr::V6(Ipv6Addr::LOCALHOST)),
        _ => true,
    }
}

/// Whether two addresses are the same end of a connection. A client may use an IPv6 socket for an IPv4 connection, which then has a
/// mapped address.
#[cfg_attr(all(target_os = "linux", not(test)), expect(dead_code, reason = "the kernel compares addresses there"))]
pub(super) fn is_same_end(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() == other.port() && one.ip().to_canonical() == other.ip().to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_goes_to_who_listens_on_its_address_or_on_all() {
        let gets = |host, on: &str| gets_answers_for(host, on.parse().expect("an address"));
        assert!(gets("127.0.0.1", "127.0.0.1") && gets("127.0.0.1", "0.0.0.0") && gets("127.0.0.1", "::"));
        assert!(gets("[::1]", "::1") && gets("[::1]", "::") && gets("localhost", "::1") && gets("localhost", "127.0.0.1"));
        assert!(!gets("127.0.0.1", "::1") && !gets("[::1]", "127.0.0.1") && !gets("[::1]", "0.0.0.0") && !gets("127.0.0.1", "192.0.2.1"));
    }

    #[test]
    fn a_mapped_address_is_the_same_end() {
        let end = |text: &str| text.parse::<SocketAddr>().expect("an address");
        assert!(is_same_end(end("127.0.0.1:5"), end("[::ffff:127.0.0.1]:5")));
        assert!(!is_same_end(end("127.0.0.1:5"), end("127.0.0.1:6")) && !is_same_end(end("127.0.0.1:5"), end("[::1]:5")));
    }
}

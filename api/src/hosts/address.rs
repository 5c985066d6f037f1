//! Which addresses may be connected to: a name of the public net must not lead into somebody's own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::lookup_host;

use super::exchange::Fault;

/// Most addresses of a name that are tried.
const MAX_ADDRESSES: usize = 4;

/// The addresses of a name. One that is not public refuses the name: whoever answers for it is up to something.
pub(super) async fn of_name(name: &str, port: u16) -> Result<Vec<SocketAddr>, Fault> {
    let found = lookup_host((name, port)).await.map_err(|_| Fault::Name)?;
    let found: Vec<SocketAddr> = found.collect();
    match found.iter().all(|address| is_public(address.ip())) {
        true if found.is_empty() => Err(Fault::Name),
        true => Ok(found.into_iter().take(MAX_ADDRESSES).collect()),
        false => Err(Fault::Private),
    }
}

/// True for addresses of the public net (IANA special-purpose registries: what is not globally reachable, and what can stand for
/// another address, is none).
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(four) => is_public_v4(four),
        IpAddr::V6(six) => is_public_v6(six),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || a == 0
        // Shared by providers' customers; protocol assignments; relays of 6to4; benchmarks.
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99)
        || (a == 198 && (b == 18 || b == 19))
        // Multicast, reserved, broadcast.
        || a >= 224)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // Only global unicast is given out (2000::/3); of that not the protocol assignments with Teredo (2001::/23), documentation, and
    // 6to4, which stands for IPv4 addresses.
    first & 0xe000 == 0x2000
        && !(first == 0x2001 && second < 0x0200)
        && !(first == 0x2001 && second == 0x0db8)
        && first != 0x2002
        && !(first == 0x3fff && second < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        let public = |text: &str| is_public(text.parse().unwrap());
        for good in [
            "1.1.1.1",
            "93.184.216.34",
            "100.128.0.1",
            "2606:4700::1111",
            "2a00::1",
        ] {
            assert!(public(good), "{good}");
        }
        for bad in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:a00:1::",
            "3fff::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "ff02::1",
        ] {
            assert!(!public(bad), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_refused() {
        assert_eq!(of_name("localhost", 443).await, Err(Fault::Private));
    }
}

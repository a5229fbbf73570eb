//! One IP address.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address: 4 bytes for `1.2.3.4`, 16 for `::ffff:1.2.3.4`, which still counts as IPv4 where Go says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address(pub IpAddr);

impl Address {
    /// Reads an address; zones are none.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }

    /// The four bytes, if this is IPv4 or IPv4 mapped into IPv6.
    pub const fn to_v4(self) -> Option<Ipv4Addr> {
        match self.0 {
            IpAddr::V4(v4) => Some(v4),
            IpAddr::V6(v6) => v6.to_ipv4_mapped(),
        }
    }

    /// The sixteen bytes as a number, IPv4 mapped.
    pub const fn to_bits(self) -> u128 {
        match self.0 {
            IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
            IpAddr::V6(v6) => v6.to_bits(),
        }
    }

    /// The address of these sixteen bytes.
    pub const fn from_bits(bits: u128) -> Self {
        Self(IpAddr::V6(Ipv6Addr::from_bits(bits)))
    }
}

/// IPv4 mapped into IPv6 is written as IPv4.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_v4() {
            Some(v4) => v4.fmt(f),
            None => self.0.fmt(f),
        }
    }
}

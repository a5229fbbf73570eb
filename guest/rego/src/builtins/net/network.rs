//! A network in CIDR notation.

use std::net::IpAddr;

use super::address::Address;

/// A network: an address, not necessarily its first, and how many leading bits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    ones: u32,
    /// 32, or 128. An IPv4 address mapped into IPv6 has 128.
    bits: u32,
}

impl Network {
    /// Reads `10.0.0.0/8`; bits behind the prefix are dropped.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, ones) = text.split_once('/')?;
        let address = address.parse::<IpAddr>().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        if ones.is_empty() || !ones.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // A number too long to read is too large anyway, unless it is zeros.
        let ones = ones.trim_start_matches('0');
        let ones: u32 = if ones.is_empty() {
            0
        } else {
            ones.parse().ok()?
        };
        if ones > bits {
            return None;
        }
        let address = match address {
            IpAddr::V4(v4) => IpAddr::from((v4.to_bits() & mask32(ones)).to_be_bytes()),
            IpAddr::V6(v6) => IpAddr::from((v6.to_bits() & mask128(ones)).to_be_bytes()),
        };
        Some(Self {
            address,
            ones,
            bits,
        })
    }

    /// A network of this address as it is.
    pub const fn new_v4(address: std::net::Ipv4Addr, ones: u32) -> Self {
        Self {
            address: IpAddr::V4(address),
            ones,
            bits: 32,
        }
    }

    pub const fn address(&self) -> Address {
        Address(self.address)
    }

    pub const fn ones(&self) -> u32 {
        self.ones
    }

    pub const fn bits(&self) -> u32 {
        self.bits
    }

    pub const fn host_bits(&self) -> u32 {
        self.bits - self.ones
    }

    /// Whether it contains an address. Both families are compared as Go compares them: IPv4 mapped into IPv6 is
    /// IPv4.
    pub fn contains(&self, address: &Address) -> bool {
        match (self.address().to_v4(), address.to_v4()) {
            (Some(own), Some(other)) => {
                // A prefix of 128 bits counts from where the mapped address begins.
                let mask = mask32(if self.bits == 128 {
                    self.ones.saturating_sub(96)
                } else {
                    self.ones
                });
                own.to_bits() & mask == other.to_bits() & mask
            }
            (None, None) => {
                let mask = mask128(self.ones);
                self.address().to_bits() & mask == address.to_bits() & mask
            }
            _ => false,
        }
    }

    /// Whether it contains every address of another network.
    pub fn contains_network(&self, other: &Self) -> bool {
        if self.is_plain_v6() && other.is_plain_v6() {
            let mask = mask128(self.ones);
            return self.ones <= other.ones
                && self.address().to_bits() & mask == other.address().to_bits() & mask;
        }
        self.contains(&other.address()) && self.contains(&other.last())
    }

    fn is_plain_v6(&self) -> bool {
        self.address().to_v4().is_none()
    }

    fn last(&self) -> Address {
        match self.address {
            IpAddr::V4(v4) => Address(IpAddr::from(
                (v4.to_bits() | !mask32(self.ones)).to_be_bytes(),
            )),
            IpAddr::V6(v6) => Address::from_bits(v6.to_bits() | !mask128(self.ones)),
        }
    }

    /// Every address, first to last.
    pub fn addresses(&self) -> impl Iterator<Item = Address> + use<> {
        let (first, last) = (self.address().to_bits(), self.last().to_bits());
        (first..=last).map(Address::from_bits)
    }
}

/// `10.0.0.0/8`.
impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Of a mapped network Go writes the IPv4 part.
        let ones = if self.bits == 128 && !self.is_plain_v6() {
            self.ones.saturating_sub(96)
        } else {
            self.ones
        };
        write!(f, "{}/{ones}", self.address())
    }
}

/// The leading bits of 32.
pub const fn mask32(ones: u32) -> u32 {
    match u32::MAX.checked_shl(32 - ones) {
        Some(mask) => mask,
        None => 0,
    }
}

/// The leading bits of 128.
pub const fn mask128(ones: u32) -> u128 {
    match u128::MAX.checked_shl(128 - ones) {
        Some(mask) => mask,
        None => 0,
    }
}

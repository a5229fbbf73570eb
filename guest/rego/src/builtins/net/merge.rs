//! `net.cidr_merge`: the fewest networks that hold the same addresses, as OPA finds them.

use std::net::Ipv4Addr;

use super::address::Address;
use super::network::{Network, mask32, mask128};
use crate::builtins::operand::{at, items};
use crate::builtins::{Answer, BuiltinError};
use crate::value::{Set, Value};

/// `net.cidr_merge`.
pub fn cidr_merge(args: &[Value]) -> Answer {
    let operand = at(args, 0);
    let Some(elements) = items(operand) else {
        return Err(BuiltinError::Failed("operand must be an array".into()));
    };
    let mut blocks = elements
        .iter()
        .map(Block::read)
        .collect::<Result<Vec<_>, _>>()?;
    merge(&mut blocks);
    let mut merged = Vec::new();
    for block in blocks {
        match block.network {
            Some(network) => merged.push(Value::from(network.to_string())),
            None => merged.extend(
                block
                    .to_networks()?
                    .into_iter()
                    .map(|cidr| Value::from(cidr.to_string())),
            ),
        }
    }
    Ok(Some(Value::from(merged.into_iter().collect::<Set>())))
}

/// Addresses from a first to a last one, and the network they were given as, if no other was merged in.
struct Block {
    /// Sixteen bytes; twenty-eight of a network of mapped addresses, since OPA maps those twice.
    first: Vec<u8>,
    last: Vec<u8>,
    network: Option<Network>,
}

impl Block {
    /// Reads an address of IPv4, which stands for its historical class's network, or a CIDR.
    fn read(element: &Value) -> Result<Self, BuiltinError> {
        let Value::String(text) = element else {
            return Err(BuiltinError::Failed("element must be string".into()));
        };
        if let Some(address) = Address::parse(text) {
            let Some(v4) = address.to_v4() else {
                return Err(BuiltinError::Failed(
                    "IPv6 invalid: needs prefix length".into(),
                ));
            };
            let ones = class_of(v4);
            let (first, last) = (v4.to_bits() & mask32(ones), v4.to_bits() | !mask32(ones));
            return Ok(Self {
                first: mapped(first),
                last: mapped(last),
                network: Some(Network::new_v4(v4, ones)),
            });
        }
        let Some(network) = Network::parse(text) else {
            return Err(BuiltinError::Failed(format!(
                "invalid CIDR address: {text}"
            )));
        };
        let address = network.address();
        let (first, last) = match (address.to_v4(), network.bits()) {
            (Some(v4), 32) => (
                mapped(v4.to_bits()),
                mapped(v4.to_bits() | !mask32(network.ones())),
            ),
            (Some(_), _) => {
                let mut first = mapped(0);
                first.truncate(12);
                first.extend(address.to_bits().to_be_bytes());
                let mut last = first.clone();
                let host = (!mask128(network.ones())).to_be_bytes();
                for (byte, host) in last.iter_mut().zip(host) {
                    *byte |= host;
                }
                (first, last)
            }
            (None, _) => {
                let first = address.to_bits();
                let last = first | !mask128(network.ones());
                (first.to_be_bytes().to_vec(), last.to_be_bytes().to_vec())
            }
        };
        Ok(Self {
            first,
            last,
            network: Some(network),
        })
    }

    fn to_networks(&self) -> Result<Vec<Subnet>, BuiltinError> {
        let bits = |bytes: &[u8]| <[u8; 16]>::try_from(bytes).map(u128::from_be_bytes);
        let (Ok(first), Ok(last)) = (bits(&self.first), bits(&self.last)) else {
            return Err(BuiltinError::Failed(
                "IPv4 networks mapped into IPv6 cannot be merged".into(),
            ));
        };
        range_to_networks(first, last)
    }
}

/// The prefix length of an address's historical class.
const fn class_of(address: Ipv4Addr) -> u32 {
    match address.octets()[0] {
        0..0x80 => 8,
        0x80..0xc0 => 16,
        _ => 24,
    }
}

fn mapped(v4: u32) -> Vec<u8> {
    Ipv4Addr::from_bits(v4).to_ipv6_mapped().octets().to_vec()
}

fn merge(blocks: &mut Vec<Block>) {
    blocks.sort_by(|one, other| (&one.last, &one.first).cmp(&(&other.last, &other.first)));
    for at in (1..blocks.len()).rev() {
        let Some([before, block]) = blocks.get_mut(at - 1..=at) else {
            return;
        };
        if previous_bytes(&block.first) <= before.last {
            before.first = (&before.first).min(&block.first).clone();
            before.last.clone_from(&block.last);
            before.network = None;
            blocks.remove(at);
        }
    }
}

/// The address before this one; the first of its family has none and stays.
fn previous_bytes(bytes: &[u8]) -> Vec<u8> {
    if let Ok(bytes) = <[u8; 16]>::try_from(bytes) {
        return previous(u128::from_be_bytes(bytes)).to_be_bytes().to_vec();
    }
    let mut bytes = bytes.to_vec();
    for byte in bytes.iter_mut().rev() {
        let (less, borrowed) = byte.overflowing_sub(1);
        *byte = less;
        if !borrowed {
            break;
        }
    }
    bytes
}

/// Where the mapped addresses of IPv4 begin.
const V4: u128 = 0xffff << 32;

const fn is_v4(address: u128) -> bool {
    address >> 32 == 0xffff
}

const fn previous(address: u128) -> u128 {
    if address == V4 {
        address
    } else {
        address.saturating_sub(1)
    }
}

const fn next(address: u128) -> u128 {
    if address == V4 | 0xffff_ffff {
        address
    } else {
        address.saturating_add(1)
    }
}

/// A network while ranges are split: the address in sixteen bytes.
#[derive(Clone, Copy)]
struct Subnet {
    address: u128,
    ones: u32,
}

impl Subnet {
    const fn bits(self) -> u32 {
        if is_v4(self.address) { 32 } else { 128 }
    }

    fn mask(self) -> u128 {
        // Of a mapped address the upper 96 bits count as well.
        mask128(self.ones + (128 - self.bits()))
    }

    fn first(self) -> u128 {
        self.address & self.mask()
    }

    fn last(self) -> u128 {
        self.address | !self.mask()
    }
}

impl std::fmt::Display for Subnet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", Address::from_bits(self.address), self.ones)
    }
}

fn range_to_networks(first: u128, last: u128) -> Result<Vec<Subnet>, BuiltinError> {
    let mut networks = Vec::new();
    let mut spanning = spanning(first, last)?;
    if spanning.first() < first {
        let (_, right) = partition(spanning, previous(first));
        let mut right = right.into_iter();
        spanning = right.next().ok_or_else(beyond)?;
        networks.extend(right);
    }
    if spanning.last() > last {
        let (left, _) = partition(spanning, next(last));
        networks.extend(left);
    } else {
        networks.push(spanning);
    }
    Ok(networks)
}

/// The smallest network that holds both.
fn spanning(first: u128, last: u128) -> Result<Subnet, BuiltinError> {
    let bits = if is_v4(first) { 32 } else { 128 };
    let (mut address, mut ones) = (last, bits);
    while ones > 0 && first < address {
        ones -= 1;
        address &= mask128(128 - (bits - ones));
    }
    // Of an address of IPv6 that begins with a zero byte OPA loses that byte, and panics.
    if bits == 128 && address != 0 && address >> 120 == 0 {
        return Err(beyond());
    }
    Ok(Subnet { address, ones })
}

/// The networks left and right of an address inside a network.
fn partition(target: Subnet, exclude: u128) -> (Vec<Subnet>, Vec<Subnet>) {
    if exclude < target.first() {
        return (Vec::new(), vec![target]);
    }
    if target.last() < exclude {
        return (vec![target], Vec::new());
    }
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let (bits, full) = (target.bits(), if is_v4(exclude) { 32 } else { 128 });
    let mut ones = target.ones + 1;
    let mut lower = target.first();
    while ones <= full && ones <= bits {
        let upper = lower + (1 << (bits - ones));
        if exclude >= upper {
            left.push(Subnet {
                address: lower,
                ones,
            });
            lower = upper;
        } else {
            right.push(Subnet {
                address: upper,
                ones,
            });
        }
        ones += 1;
    }
    (left, right)
}

fn beyond() -> BuiltinError {
    BuiltinError::Failed("these networks cannot be merged".into())
}

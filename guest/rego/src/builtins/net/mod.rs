//! `net.cidr_*`, as Go's `net` reads addresses and networks.

mod address;
mod merge;
mod network;

pub use network::Network;

use std::sync::Arc;

use super::operand::{at, text};
use super::{Answer, Builtin, BuiltinError};
use crate::value::{Set, Value};
use address::Address;

pub const BUILTINS: &[Builtin] = &[
    Builtin::pure(
        "net.cidr_overlap",
        "string, string -> boolean",
        cidr_contains,
    )
    .deprecated(),
    Builtin::pure(
        "net.cidr_intersects",
        "string, string -> boolean",
        cidr_intersects,
    ),
    Builtin::pure(
        "net.cidr_contains",
        "string, string -> boolean",
        cidr_contains,
    ),
    Builtin::pure(
        "net.cidr_contains_matches",
        "any<string, array[any<string, array[any]>], object[string: any<string, array[any]>], set[any<string, array[any]>]>, any<string, array[any<string, array[any]>], object[string: any<string, array[any]>], set[any<string, array[any]>]> -> set[array<any, any>]",
        cidr_contains_matches,
    ),
    Builtin::pure("net.cidr_expand", "string -> set[string]", cidr_expand),
    Builtin::pure(
        "net.cidr_merge",
        "any<array[any<string>], set[string]> -> set[string]",
        merge::cidr_merge,
    ),
    Builtin::refused(
        "net.lookup_ip_addr",
        "string -> set[string]",
        "it is not there yet",
    )
    .unrepeatable(),
    Builtin::pure("net.cidr_is_valid", "string -> boolean", cidr_is_valid),
];

/// A network may hold more addresses than any memory.
const MAX_ADDRESSES_BITS: u32 = 18;

/// `net.cidr_is_valid`.
#[expect(clippy::unnecessary_wraps, reason = "an answer")]
pub fn cidr_is_valid(args: &[Value]) -> Answer {
    let valid = at(args, 0)
        .as_str()
        .is_some_and(|text| Network::parse(text).is_some());
    Ok(Some(Value::from(valid)))
}

/// `net.cidr_intersects`.
pub fn cidr_intersects(args: &[Value]) -> Answer {
    let (one, other) = (network(args, 0)?, network(args, 1)?);
    Ok(Some(Value::from(
        one.contains(&other.address()) || other.contains(&one.address()),
    )))
}

/// `net.cidr_contains`, and the deprecated `net.cidr_overlap`.
pub fn cidr_contains(args: &[Value]) -> Answer {
    let one = network(args, 0)?;
    contains(&one, args).map(|truth| Some(Value::from(truth)))
}

fn contains(one: &Network, args: &[Value]) -> Result<bool, BuiltinError> {
    let text = text(args, 1)?;
    if let Some(address) = Address::parse(text) {
        return Ok(one.contains(&address));
    }
    let Some(other) = Network::parse(text) else {
        return Err(BuiltinError::Failed(format!(
            "`{text}` is neither an IP address nor a CIDR"
        )));
    };
    Ok(one.contains_network(&other))
}

/// `net.cidr_contains_matches`: pairs of places in two collections where the one's network contains the other's.
pub fn cidr_contains_matches(args: &[Value]) -> Answer {
    let mut pairs = Vec::new();
    for (cidr, index) in places(1, at(args, 0)) {
        let cidr = cidr?;
        for (other, other_index) in places(2, at(args, 1)) {
            let operands = [cidr.clone(), other?];
            let one = network(&operands, 0)?;
            if contains(&one, &operands)? {
                pairs.push(Value::from(vec![index.clone(), other_index]));
            }
        }
    }
    Ok(Some(Value::from(pairs.into_iter().collect::<Set>())))
}

/// The CIDRs of an operand, each with its place: an index, a key, or the element itself.
fn places(
    position: usize,
    operand: &Value,
) -> Box<dyn Iterator<Item = (Result<Value, BuiltinError>, Value)> + '_> {
    let place = move |cidr: &Value, index: Value| {
        let found = match cidr {
            Value::String(_) => Ok(cidr.clone()),
            Value::Array(items) if !items.is_empty() => {
                Ok(items.first().cloned().unwrap_or(Value::Null))
            }
            _ => Err(BuiltinError::Failed(format!(
                "operand {position}: element must be string or non-empty array"
            ))),
        };
        (found, index)
    };
    match operand {
        Value::String(_) => Box::new(std::iter::once((Ok(operand.clone()), operand.clone()))),
        Value::Array(items) => Box::new(
            items
                .iter()
                .enumerate()
                .map(move |(index, item)| place(item, Value::from(index))),
        ),
        Value::Set(set) => Box::new(
            set.iter()
                .map(move |element| place(element, element.clone())),
        ),
        Value::Object(object) => Box::new(
            object
                .iter()
                .map(move |(key, value)| place(value, key.clone())),
        ),
        _ => Box::new(std::iter::empty()),
    }
}

/// `net.cidr_expand`: every address of a network.
pub fn cidr_expand(args: &[Value]) -> Answer {
    let network = network(args, 0)?;
    if network.host_bits() > MAX_ADDRESSES_BITS {
        return Err(BuiltinError::Failed(format!(
            "a network of more than {} addresses",
            1_u64 << MAX_ADDRESSES_BITS
        )));
    }
    let addresses = network
        .addresses()
        .map(|address| Value::String(Arc::from(address.to_string())));
    Ok(Some(Value::from(addresses.collect::<Set>())))
}

fn network(args: &[Value], index: usize) -> Result<Network, BuiltinError> {
    // Whichever operand it is, OPA calls it the first.
    let operand = at(args, index);
    let Value::String(text) = operand else {
        return Err(super::operand::wrong(0, "string", operand));
    };
    Network::parse(text)
        .ok_or_else(|| BuiltinError::Failed(format!("invalid CIDR address: {text}")))
}

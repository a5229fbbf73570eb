//! Sets.

use super::operand::{at, set, wrong};
use super::{Answer, Builtin};
use crate::value::{Set, Value};

pub const BUILTINS: &[Builtin] = &[
    Builtin::pure("and", "set[any], set[any] -> set[any]", and).infix("&"),
    Builtin::pure("or", "set[any], set[any] -> set[any]", or).infix("|"),
    Builtin::pure("set_diff", "set[any], set[any] -> set[any]", set_diff).deprecated(),
    Builtin::pure("intersection", "set[set[any]] -> set[any]", intersection),
    Builtin::pure("union", "set[set[any]] -> set[any]", union),
];

fn and(operands: &[Value]) -> Answer {
    let (one, other) = (set(operands, 0)?, set(operands, 1)?);
    Ok(Some(Value::from(one.intersection(other))))
}

fn or(operands: &[Value]) -> Answer {
    let (one, other) = (set(operands, 0)?, set(operands, 1)?);
    Ok(Some(if one.is_empty() {
        at(operands, 1).clone()
    } else if other.is_empty() {
        at(operands, 0).clone()
    } else {
        Value::from(one.union(other))
    }))
}

fn set_diff(operands: &[Value]) -> Answer {
    let (one, other) = (set(operands, 0)?, set(operands, 1)?);
    Ok(Some(Value::from(one.difference(other))))
}

fn intersection(operands: &[Value]) -> Answer {
    let sets = set(operands, 0)?;
    let mut common: Option<Set> = None;
    for member in sets {
        let set = member.as_set().ok_or_else(|| wrong(0, "set", member))?;
        common = Some(match common {
            Some(common) => common.intersection(set),
            None => set.clone(),
        });
    }
    Ok(Some(Value::from(common.unwrap_or_default())))
}

fn union(operands: &[Value]) -> Answer {
    let sets = set(operands, 0)?;
    let mut elements = Vec::new();
    for member in sets {
        let set = member.as_set().ok_or_else(|| wrong(0, "set", member))?;
        elements.extend_from_slice(set.as_slice());
    }
    let union: Set = elements.into_iter().collect();
    Ok(Some(Value::from(union)))
}

//! Arrays.

use super::operand::{array, at, int};
use super::{Answer, Builtin};
use crate::value::Value;

pub const BUILTINS: &[Builtin] = &[
    Builtin::pure(
        "array.concat",
        "array[any], array[any] -> array[any]",
        concat,
    ),
    Builtin::pure("array.flatten", "array[any] -> array[any]", flatten),
    Builtin::pure(
        "array.slice",
        "array[any], number, number -> array[any]",
        slice,
    ),
    Builtin::pure("array.reverse", "array[any] -> array[any]", reverse),
];

fn concat(operands: &[Value]) -> Answer {
    let (one, other) = (array(operands, 0)?, array(operands, 1)?);
    Ok(Some(if one.is_empty() {
        at(operands, 1).clone()
    } else if other.is_empty() {
        at(operands, 0).clone()
    } else {
        Value::from([one, other].concat())
    }))
}

/// One level of nesting taken away.
fn flatten(operands: &[Value]) -> Answer {
    let items = array(operands, 0)?;
    if !items.iter().any(|item| matches!(item, Value::Array(_))) {
        return Ok(Some(at(operands, 0).clone()));
    }
    let mut flat = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Value::Array(nested) => flat.extend_from_slice(nested),
            other => flat.push(other.clone()),
        }
    }
    Ok(Some(Value::from(flat)))
}

/// Bounds outside the array mean its ends; a start behind the stop, nothing.
fn slice(operands: &[Value]) -> Answer {
    let items = array(operands, 0)?;
    let (start, stop) = (int(operands, 1)?, int(operands, 2)?);
    let within = |bound: i64| usize::try_from(bound.max(0)).unwrap_or(usize::MAX);
    let stop = within(stop).min(items.len());
    let start = within(start).min(stop);
    if start == 0 && stop == items.len() {
        return Ok(Some(at(operands, 0).clone()));
    }
    let part = items.get(start..stop).unwrap_or_default();
    Ok(Some(Value::from(part.to_vec())))
}

fn reverse(operands: &[Value]) -> Answer {
    let items = array(operands, 0)?;
    let reversed: Vec<_> = items.iter().rev().cloned().collect();
    Ok(Some(Value::from(reversed)))
}

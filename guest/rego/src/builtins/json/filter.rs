//! `json.filter` and `json.remove`.

use super::paths::to_object;
use crate::builtins::Answer;
use crate::builtins::operand::{at, object};
use crate::value::{Object, Set, Value};

/// `json.filter`: only what the paths lead to.
pub fn filter(args: &[Value]) -> Answer {
    object(args, 0)?;
    let paths = to_object(args, 1)?;
    Ok(Some(keep(at(args, 0), &paths)))
}

/// `json.remove`: all but what the paths lead to.
pub fn remove(args: &[Value]) -> Answer {
    object(args, 0)?;
    let paths = to_object(args, 1)?;
    Ok(take_out(at(args, 0), Some(&paths)))
}

/// How a path names an array's item.
fn index(at: usize) -> Value {
    Value::from(at.to_string())
}

fn keep(value: &Value, paths: &Value) -> Value {
    let Value::Object(paths) = paths else {
        return value.clone();
    };
    match value {
        Value::Array(items) => {
            let kept = items
                .iter()
                .enumerate()
                .filter_map(|(at, item)| Some(keep(item, paths.get(&index(at))?)));
            Value::from(kept.collect::<Vec<_>>())
        }
        Value::Set(set) => Value::from(
            set.iter()
                .filter_map(|element| Some(keep(element, paths.get(element)?)))
                .collect::<Set>(),
        ),
        Value::Object(object) => {
            let kept = object
                .iter()
                .filter_map(|(key, value)| Some((key.clone(), keep(value, paths.get(key)?))));
            Value::from(kept.collect::<Object>())
        }
        scalar => scalar.clone(),
    }
}

fn take_out(value: &Value, paths: Option<&Value>) -> Option<Value> {
    let paths = match paths {
        Some(Value::Null) => return None,
        Some(Value::Object(paths)) => paths,
        _ => return Some(value.clone()),
    };
    Some(match value {
        Value::Array(items) => {
            let kept = items
                .iter()
                .enumerate()
                .filter_map(|(at, item)| take_out(item, paths.get(&index(at))));
            Value::from(kept.collect::<Vec<_>>())
        }
        Value::Set(set) => Value::from(
            set.iter()
                .filter_map(|element| take_out(element, paths.get(element)))
                .collect::<Set>(),
        ),
        Value::Object(object) => {
            let kept = object
                .iter()
                .filter_map(|(key, value)| Some((key.clone(), take_out(value, paths.get(key))?)));
            Value::from(kept.collect::<Object>())
        }
        scalar => scalar.clone(),
    })
}

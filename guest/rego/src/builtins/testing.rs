//! How tests call a builtin function.

use super::{BuiltinError, find};
use crate::value::{Set, Value};

/// The answer as a policy would write it, or which error it is. Operands are JSON; an object with the key `set` is
/// the set of its items.
pub fn call(name: &str, operands: &[&str]) -> String {
    let operands: Vec<Value> = operands.iter().map(|operand| value(operand)).collect();
    match find(name).unwrap().run.pure(&operands).unwrap() {
        Ok(Some(value)) => value.to_string(),
        Ok(None) => "undefined".into(),
        Err(BuiltinError::Type(_)) => "type error".into(),
        Err(BuiltinError::Failed(_)) => "builtin error".into(),
        Err(BuiltinError::Conflict(_)) => "conflict".into(),
    }
}

fn value(json: &str) -> Value {
    with_sets(&crate::json::read_json(json, 64).unwrap())
}

fn with_sets(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::from(items.iter().map(with_sets).collect::<Vec<_>>()),
        Value::Object(object) => match object.get_str("set") {
            Some(items) => {
                let items = items.as_array().unwrap().iter();
                Value::from(items.map(with_sets).collect::<Set>())
            }
            None => value.clone(),
        },
        other => other.clone(),
    }
}

//! Paths into documents: JSON pointers (RFC 6901) or arrays of keys.

use crate::builtins::BuiltinError;
use crate::builtins::operand::{at, items, wrong};
use crate::value::{Object, Value};

/// Reads one path. All slashes at its start count as one.
pub fn parse(path: &Value) -> Result<Vec<Value>, BuiltinError> {
    match path {
        Value::String(text) if text.is_empty() => Ok(Vec::new()),
        Value::String(text) => {
            let unescape = |part: &str| Value::from(part.replace("~1", "/").replace("~0", "~"));
            Ok(text
                .trim_start_matches('/')
                .split('/')
                .map(unescape)
                .collect())
        }
        Value::Array(keys) => Ok(keys.to_vec()),
        other => Err(BuiltinError::Type(format!(
            "operand 2 must be one of {{set, array}} containing string paths or array of path segments but got {}",
            other.type_name()
        ))),
    }
}

/// The paths of an operand as one object: each step a key, `null` where a path ends.
pub fn to_object(args: &[Value], index: usize) -> Result<Value, BuiltinError> {
    let operand = at(args, index);
    let paths = items(operand).ok_or_else(|| wrong(index, "one of {set, array}", operand))?;
    let paths = paths.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let mut root = Object::default();
    for path in &paths {
        insert(&mut root, path);
    }
    Ok(Value::from(root))
}

/// A path that leads through the end of another one changes nothing.
fn insert(object: &mut Object, path: &[Value]) {
    match path {
        [] => {}
        [last] => {
            object.insert(last.clone(), Value::Null);
        }
        [key, rest @ ..] => {
            if !object.contains(key) {
                object.insert(key.clone(), Value::new_object());
            }
            if let Some(Value::Object(inner)) = object.get_mut(key) {
                insert(std::sync::Arc::make_mut(inner), rest);
            }
        }
    }
}

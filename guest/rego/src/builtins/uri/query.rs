//! `urlquery.*`.

use super::escape::{Part, escape, unescape};
use crate::builtins::bytes::to_text;
use crate::builtins::operand::{items, object, text};
use crate::builtins::{Answer, BuiltinError};
use crate::value::{Object, Value};

/// As Go's `net/url` does, so that nobody makes us build an endless object.
const MAX_PARAMETERS: usize = 10_000;

/// `urlquery.encode`.
pub fn query_encode(args: &[Value]) -> Answer {
    Ok(Some(Value::from(escape(
        text(args, 0)?.as_bytes(),
        Part::QueryComponent,
    ))))
}

/// `urlquery.decode`.
pub fn query_decode(args: &[Value]) -> Answer {
    to_text(unescape(text(args, 0)?, Part::QueryComponent)?)
}

/// `urlquery.encode_object`.
pub fn query_encode_object(args: &[Value]) -> Answer {
    // The names are those the object has as JSON, in the order of their bytes; of two that are the same there the
    // later one counts.
    let mut query = std::collections::BTreeMap::new();
    for (key, value) in object(args, 0)?.iter() {
        let name = match key {
            Value::String(name) => name.to_string(),
            key => crate::builtins::json::to_json(key),
        };
        let mut values = Vec::new();
        match (value, items(value)) {
            (Value::String(text), _) => values.push(&**text),
            (_, Some(items)) => {
                for item in items {
                    values.push(item.as_str().ok_or_else(wrong_values)?);
                }
            }
            _ => return Err(wrong_values()),
        }
        query.insert(name, values);
    }
    let mut out = String::new();
    for (name, values) in &query {
        let name = escape(name.as_bytes(), Part::QueryComponent);
        for value in values {
            if !out.is_empty() {
                out.push('&');
            }
            out.push_str(&name);
            out.push('=');
            out.push_str(&escape(value.as_bytes(), Part::QueryComponent));
        }
    }
    Ok(Some(Value::from(out)))
}

/// `urlquery.decode_object`.
pub fn query_decode_object(args: &[Value]) -> Answer {
    let query = text(args, 0)?;
    if query.split('&').count() > MAX_PARAMETERS {
        return Err(BuiltinError::Failed(
            "number of URL query parameters exceeded limit".into(),
        ));
    }
    let mut object = Object::default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        if pair.contains(';') {
            return Err(BuiltinError::Failed(
                "invalid semicolon separator in query".into(),
            ));
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decode = |text| to_text(unescape(text, Part::QueryComponent)?);
        let (Some(name), Some(value)) = (decode(name)?, decode(value)?) else {
            continue;
        };
        match object.get_mut(&name) {
            Some(Value::Array(values)) => std::sync::Arc::make_mut(values).push(value),
            _ => {
                object.insert(name, Value::from(vec![value]));
            }
        }
    }
    Ok(Some(Value::from(object)))
}

fn wrong_values() -> BuiltinError {
    BuiltinError::Type("operand 1 values must be string, array[string], or set[string]".into())
}

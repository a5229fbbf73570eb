//! Values as JSON that keeps sets apart from arrays, to the letter as the oracle writes them.

use sark_policy_rego::{Object, Value, write_json, write_string};

/// Appends a value: sets as `{"$set": […]}`, objects whose keys are not all texts as
/// `{"$object": [[key, value], …]}`, anything else as JSON.
pub fn write_tagged(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => write_items(items.iter(), out),
        Value::Set(items) => {
            out.push_str("{\"$set\":");
            write_items(items.iter(), out);
            out.push('}');
        }
        Value::Object(object) => write_object(object, out),
        scalar => write_json(scalar, out),
    }
}

fn write_items<'a>(items: impl Iterator<Item = &'a Value>, out: &mut String) {
    out.push('[');
    for (n, item) in items.enumerate() {
        if n > 0 {
            out.push(',');
        }
        write_tagged(item, out);
    }
    out.push(']');
}

fn write_object(object: &Object, out: &mut String) {
    let named = object.iter().all(|(key, _)| key.as_str().is_some());
    out.push_str(if named { "{" } else { "{\"$object\":[" });
    for (n, (key, value)) in object.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        if let (true, Some(key)) = (named, key.as_str()) {
            write_string(key, out);
            out.push(':');
            write_tagged(value, out);
        } else {
            write_items([key, value].into_iter(), out);
        }
    }
    out.push_str(if named { "}" } else { "]}" });
}

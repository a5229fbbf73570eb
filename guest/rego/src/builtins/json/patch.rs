//! `json.patch` (RFC 6902).

use super::paths::parse;
use super::tree::Tree;
use crate::builtins::operand::{array, at};
use crate::builtins::{Answer, BuiltinError};
use crate::value::{Object, Value};

/// `json.patch`.
pub fn patch(args: &[Value]) -> Answer {
    let operations = array(args, 1)?;
    let mut tree = Tree::new(at(args, 0).clone());
    for operation in operations {
        let Value::Object(operation) = operation else {
            return Err(BuiltinError::Failed(
                "must be an array of JSON-Patch objects, but at least one element is not an object"
                    .into(),
            ));
        };
        apply(&mut tree, operation)?;
    }
    // OPA panics where nothing is left.
    let patched = tree
        .render()
        .ok_or_else(|| BuiltinError::Failed("the document itself was removed".into()))?;
    Ok(Some(patched))
}

fn apply(tree: &mut Tree, operation: &Object) -> Result<(), BuiltinError> {
    let attribute = |name: &str| {
        operation
            .get_str(name)
            .ok_or_else(|| BuiltinError::Failed(format!("missing required attribute '{name}'")))
    };
    let path = attribute("path")?;
    let name = attribute("op")?;
    let Value::String(name) = name else {
        return Err(BuiltinError::Failed(format!(
            "attribute 'op' must be a string but found: {}",
            name.type_name()
        )));
    };
    let path = parse(path)?;
    match &**name {
        "add" => tree.insert_at(&path, attribute("value")?.clone()),
        "remove" => tree.remove_at(&path),
        "replace" => {
            tree.remove_at(&path)?;
            tree.insert_at(&path, attribute("value")?.clone())
        }
        "move" => {
            let from = parse(attribute("from")?)?;
            let moved = tree.render_at(&from)?;
            tree.remove_at(&from)?;
            tree.insert_at(&path, moved)
        }
        "copy" => {
            let from = parse(attribute("from")?)?;
            let copied = tree.render_at(&from)?;
            tree.insert_at(&path, copied)
        }
        "test" => {
            let found = tree.render_at(&path)?;
            if found == *attribute("value")? {
                Ok(())
            } else {
                Err(BuiltinError::Failed("the value is not the patch's".into()))
            }
        }
        other => Err(BuiltinError::Failed(format!("unrecognized op: '{other}'"))),
    }
}

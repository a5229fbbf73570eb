//! An entry point: a place in the `data` document, and the cheapest way to its value.

use regorus::Engine;

use crate::declarations::Declarations;
use crate::path::Path;
use crate::problem::{Code, Problem};
use crate::value::Value;

/// The number of an entry point in its policy.
pub type EntrypointId = usize;

/// A place that can be asked for.
#[derive(Debug)]
pub struct Entrypoint {
    path: Path,
    way: Way,
}

#[derive(Debug)]
enum Way {
    /// One rule, then a look-up in its value.
    Rule {
        reference: String,
        tail: Vec<String>,
    },
    /// A package, or a place that several rules share.
    Query(String),
    /// Data alone: it never changes.
    Data(Value),
}

impl Entrypoint {
    /// Finds the way to a path.
    ///
    /// # Errors
    ///
    /// `unknown_entrypoint` when neither a rule, nor a package, nor data can ever be there.
    pub fn find(path: Path, declarations: &Declarations, data: &Value) -> Result<Self, Problem> {
        let rules = &declarations.rules;
        let below = rules
            .keys()
            .any(|rule| path.contains(rule) && *rule != path);
        let mut above = rules.keys().filter(|rule| rule.contains(&path));
        let way = match (above.next(), above.next(), below) {
            (Some(rule), None, false) => Way::Rule {
                reference: rule.to_reference(),
                tail: path
                    .parts()
                    .iter()
                    .skip(rule.parts().len())
                    .cloned()
                    .collect(),
            },
            (Some(_), ..) | (None, _, true) => Way::Query(path.to_reference()),
            (None, _, false) => match look_up(data, path.parts()) {
                _ if declarations
                    .packages
                    .keys()
                    .any(|package| path.contains(package)) =>
                {
                    Way::Query(path.to_reference())
                }
                Some(value) => Way::Data(value.clone()),
                None => return Err(unknown(&path, declarations)),
            },
        };
        Ok(Self { path, way })
    }

    /// The path it was found for.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The value there now; [`Value::Undefined`] if there is none.
    pub fn evaluate(&self, engine: &mut Engine) -> anyhow::Result<Value> {
        match &self.way {
            Way::Rule { reference, tail } => {
                let value = engine.eval_rule(reference.clone())?;
                Ok(look_up(&value, tail).cloned().unwrap_or(Value::Undefined))
            }
            Way::Query(query) => {
                let results = engine.eval_query(query.clone(), false)?.result;
                let first = results.into_iter().next();
                let value = first.and_then(|result| result.expressions.into_iter().next());
                Ok(value.map_or(Value::Undefined, |expression| expression.value))
            }
            Way::Data(value) => Ok(value.clone()),
        }
    }
}

/// The value at a path of object keys.
pub fn look_up<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, part| match value {
        Value::Object(fields) => fields.get(&Value::from(part.as_str())),
        _ => None,
    })
}

fn unknown(path: &Path, declarations: &Declarations) -> Problem {
    let message = if declarations.functions.contains_key(path) {
        format!("entry point `{path}` is a function")
    } else {
        format!("entry point `{path}` does not exist")
    };
    let last = path.parts().last();
    let like = declarations
        .rules
        .keys()
        .find(|rule| rule.parts().last() == last);
    let cure = match like.or(declarations.rules.keys().next()) {
        Some(rule) => format!("ask for a rule of the bundle, for example `{rule}`"),
        None => "add a rule to the bundle: it has none".to_owned(),
    };
    Problem::new(Code::UnknownEntrypoint, message, cure)
}

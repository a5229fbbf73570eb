//! JSON Schema, drafts 4, 6 and 7, as OPA's gojsonschema understands it; its words included.
//!
//! Where gojsonschema goes through keys in no order, we go through them sorted. It would fetch remote schemas, we do
//! not: those are errors.

mod compile;
mod format;
mod reference;
mod rules;
mod validate;

use super::read::{Reading, read};
use super::write::to_json;
use crate::builtins::operand::at;
use crate::builtins::{Answer, BuiltinError};
use crate::value::{Number, Object, Value};
use compile::compile;
use rules::Fault;
use validate::validate;

/// `json.verify_schema`: whether a schema is one, and what is wrong with it.
pub fn verify_schema(args: &[Value]) -> Answer {
    let found = load(at(args, 0)).and_then(|schema| compile(&schema).map(|_| ()));
    match found {
        Ok(()) => Ok(Some(Value::from(vec![Value::Bool(true), Value::Null]))),
        Err(Fault::Invalid(what)) => {
            let text = Value::from(format!("jsonschema: {what}"));
            Ok(Some(Value::from(vec![Value::Bool(false), text])))
        }
        Err(Fault::Beyond(what)) => Err(BuiltinError::Failed(what)),
    }
}

/// `json.match_schema`: whether a document is as a schema says, and where it is not.
pub fn match_schema(args: &[Value]) -> Answer {
    let document = load(at(args, 0)).map_err(failed)?;
    let schema = load(at(args, 1)).map_err(failed)?;
    let errors = compile(&schema)
        .and_then(|schema| validate(&schema, &document))
        .map_err(failed)?;
    let valid = Value::Bool(errors.is_empty());
    let errors = errors.into_iter().map(|error| {
        let fields = [
            ("error", format!("{}: {}", error.field, error.description)),
            ("type", error.kind.to_owned()),
            ("field", error.field),
            ("desc", error.description),
        ];
        Value::from(
            fields
                .into_iter()
                .map(|(name, text)| (Value::from(name), Value::from(text)))
                .collect::<Object>(),
        )
    });
    let errors = Value::from(errors.collect::<Vec<_>>());
    Ok(Some(Value::from(vec![valid, errors])))
}

fn failed(fault: Fault) -> BuiltinError {
    match fault {
        Fault::Invalid(what) | Fault::Beyond(what) => BuiltinError::Failed(what),
    }
}

/// A schema or document: JSON as a text, or a value.
fn load(operand: &Value) -> Result<Value, Fault> {
    match operand {
        Value::String(text) if super::read::is_valid(text) => match read(text, Reading::First) {
            Ok(value) => Ok(value),
            Err(
                BuiltinError::Failed(what)
                | BuiltinError::Type(what)
                | BuiltinError::Conflict(what),
            ) => Err(Fault::Beyond(what)),
        },
        Value::String(_) => Err(Fault::Invalid("invalid JSON string".into())),
        Value::Array(_) | Value::Object(_) => Ok(plain(operand)),
        _ => Err(Fault::Invalid(
            "wrong type, expected string or object".into(),
        )),
    }
}

/// The value as JSON has it: keys are texts, sets are arrays.
fn plain(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::from(items.iter().map(plain).collect::<Vec<_>>()),
        Value::Set(set) => Value::from(set.iter().map(plain).collect::<Vec<_>>()),
        Value::Object(object) => {
            let name = |key: &Value| match key {
                Value::String(_) => key.clone(),
                key => Value::from(to_json(key)),
            };
            Value::from(
                object
                    .iter()
                    .map(|(key, value)| (name(key), plain(value)))
                    .collect::<Object>(),
            )
        }
        scalar => scalar.clone(),
    }
}

/// The value as JSON with every number as the nearest float writes it, so that `1.0` is `1`.
fn canonical(value: &Value) -> Result<String, Fault> {
    fn rounded(value: &Value) -> Option<Value> {
        Some(match value {
            Value::Number(number) => {
                let text = crate::builtins::yaml::float_text(number.to_f64())?;
                Value::Number(Number::parse(&text)?)
            }
            Value::Array(items) => {
                Value::from(items.iter().map(rounded).collect::<Option<Vec<_>>>()?)
            }
            Value::Object(object) => {
                let fields = object
                    .iter()
                    .map(|(key, value)| Some((key.clone(), rounded(value)?)));
                Value::from(fields.collect::<Option<Object>>()?)
            }
            other => other.clone(),
        })
    }
    rounded(value)
        .map(|value| to_json(&value))
        .ok_or_else(|| Fault::Beyond("a number beyond all floats".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(document: &str, schema: &str) -> String {
        match match_schema(&[Value::from(document), Value::from(schema)]) {
            Ok(Some(answer)) => to_json(&answer),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn errors_are_told_in_the_words_of_gojsonschema() {
        assert_eq!(matches("[]", "{}"), "[true,[]]");
        assert_eq!(
            matches(
                r#"{"id":"x"}"#,
                r#"{"properties":{"id":{"type":["integer","null"]}}}"#
            ),
            r#"[false,[{"desc":"Invalid type. Expected: [integer,null], given: string","error":"id: Invalid type. Expected: [integer,null], given: string","field":"id","type":"invalid_type"}]]"#
        );
        assert_eq!(
            matches("1", r#"{"minimum":1000000.5,"multipleOf":0.3}"#),
            r#"[false,[{"desc":"Must be a multiple of 0.3","error":"(Root): Must be a multiple of 0.3","field":"(Root)","type":"multiple_of"},{"desc":"Must be greater than or equal to 1.0000005e+06","error":"(Root): Must be greater than or equal to 1.0000005e+06","field":"(Root)","type":"number_gte"}]]"#
        );
    }

    #[test]
    fn references_lead_where_identifiers_say() {
        let schema = r#"{"$id":"http://x/root","definitions":{"a":{"$id":"item","type":"integer"}},"items":{"$ref":"item"}}"#;
        assert_eq!(matches("[1]", schema), "[true,[]]");
        assert!(matches("[null]", schema).starts_with("[false,"));
        assert!(matches("1", r##"{"$ref":"#/nope"}"##).contains("Object has no key 'nope'"));
        assert!(matches("1", r#"{"$ref":"http://elsewhere/x"}"#).contains("none is fetched"));
    }

    #[test]
    fn depth_limit_violated() {
        assert!(matches("1", r##"{"$ref":"#"}"##).contains("without end"));
        assert!(matches("1", r##"{"allOf":[{"$ref":"#"}]}"##).contains("deeper"));
        let nested = format!(
            "{}{}",
            r#"{"not":"#.repeat(300),
            "{}".to_owned() + &"}".repeat(300)
        );
        assert!(matches("1", &nested).contains("deeper"));
    }
}

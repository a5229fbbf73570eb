//! YAML scalars: which text is a number, a boolean, null.
//!
//! As OPA 1.22, which uses go.yaml.in/yaml/v3: YAML 1.2's words for booleans and null (`yes` and `on` are
//! strings), but numbers also as YAML 1.1 writes them (`0755`, `1_000`, `0b11`). Dates are strings.

use sark_policy_rego::{Number, Value};

use crate::number::{float, float_key, float_text, integer};

/// A scalar, resolved.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scalar {
    Null,
    Bool(bool),
    /// From `i64::MIN` to `u64::MAX`.
    Int(i128),
    Float(f64),
    Text(String),
}

/// What a tag asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    /// None, or `!`.
    Untold,
    Null,
    Bool,
    Int,
    Float,
    /// `!!str`, and every tag that means nothing here.
    Text,
    /// `!!binary`, `!!timestamp`, `!!merge`: have no counterpart in JSON.
    Foreign,
}

impl Tag {
    pub(crate) fn new(name: &str) -> Self {
        match name.strip_prefix("tag:yaml.org,2002:").unwrap_or(name) {
            "" | "!" => Self::Untold,
            "null" => Self::Null,
            "bool" => Self::Bool,
            "int" => Self::Int,
            "float" => Self::Float,
            "binary" | "timestamp" | "merge" => Self::Foreign,
            _ => Self::Text,
        }
    }
}

impl Scalar {
    /// What this text means under this tag; `plain` if it stands without quotes. Absent if the text is
    /// not what the tag says.
    pub(crate) fn new(text: &str, plain: bool, tag: Tag) -> Option<Self> {
        match tag {
            Tag::Untold if plain => Some(Self::resolve(text)),
            Tag::Untold | Tag::Text => Some(Self::Text(text.to_owned())),
            Tag::Foreign => None,
            told => match (told, Self::resolve(text)) {
                (Tag::Null, Self::Null) => Some(Self::Null),
                (Tag::Bool, found @ Self::Bool(_))
                | (Tag::Int, found @ Self::Int(_))
                | (Tag::Float, found @ (Self::Float(_) | Self::Int(_))) => Some(found),
                _ => None,
            },
        }
    }

    fn resolve(text: &str) -> Self {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => return Self::Null,
            "true" | "True" | "TRUE" => return Self::Bool(true),
            "false" | "False" | "FALSE" => return Self::Bool(false),
            ".nan" | ".NaN" | ".NAN" => return Self::Float(f64::NAN),
            ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
                return Self::Float(f64::INFINITY);
            }
            "-.inf" | "-.Inf" | "-.INF" => return Self::Float(f64::NEG_INFINITY),
            _ => {}
        }
        let number = match text.as_bytes().first() {
            Some(b'.') => float(text).map(Self::Float),
            Some(b'0'..=b'9' | b'+' | b'-') => {
                let digits = text.replace('_', "");
                integer(&digits)
                    .map(Self::Int)
                    .or_else(|| float(&digits).map(Self::Float))
            }
            _ => None,
        };
        number.unwrap_or_else(|| Self::Text(text.to_owned()))
    }

    /// The value; absent for infinity and what is not a number, which JSON lacks.
    pub(crate) fn value(&self) -> Option<Value> {
        match self {
            Self::Null => Some(Value::Null),
            Self::Bool(truth) => Some(Value::Bool(*truth)),
            Self::Int(number) => Number::parse(&number.to_string()).map(Value::Number),
            Self::Text(text) => Some(Value::from(text.as_str())),
            Self::Float(number) => Number::parse(&float_text(*number)?).map(Value::Number),
        }
    }

    /// The scalar as an object's key; absent for null, which cannot be one.
    pub(crate) fn key(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Bool(truth) => Some(truth.to_string()),
            Self::Int(number) => Some(number.to_string()),
            Self::Float(number) => Some(float_key(*number)),
            Self::Text(text) => Some(text.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Scalar {
        Scalar::new(text, true, Tag::Untold).unwrap()
    }

    #[test]
    fn words_resolve() {
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(plain(text), Scalar::Null, "{text}");
        }
        for text in ["true", "True", "TRUE"] {
            assert_eq!(plain(text), Scalar::Bool(true), "{text}");
        }
        for text in ["false", "False", "FALSE"] {
            assert_eq!(plain(text), Scalar::Bool(false), "{text}");
        }
    }

    #[test]
    fn what_yaml_1_1_or_nobody_resolves_is_text() {
        let texts = [
            "yes",
            "No",
            "on",
            "OFF",
            "y",
            "n",
            "tRUE",
            "nULL",
            "1:30",
            "190:20:30.15",
            "2023-01-01",
            "2001-12-14 21:59:43.10 -5",
            "0x",
            "0b2",
            "0o8",
            "0xg",
            "-",
            "+",
            "--1",
            "+-1",
            "1-1",
            "1e",
            "e1",
            ".",
            "..",
            ".e1",
            ".5_0",
            "_1",
            "1.2.3",
            "1 2",
            "inf",
            "nan",
            "Infinity",
            "0x1p4",
            "٣",
            "<<",
            "=",
            "0x1FFFFFFFFFFFFFFFF",
        ];
        for text in texts {
            assert_eq!(plain(text), Scalar::Text(text.into()), "{text}");
        }
    }

    #[test]
    fn numbers_resolve() {
        let cases = [
            ("1_000_", Scalar::Int(1000)),
            ("0x_ff", Scalar::Int(255)),
            ("1_0.5", Scalar::Float(10.5)),
            (".5", Scalar::Float(0.5)),
            (".inf", Scalar::Float(f64::INFINITY)),
            ("-.INF", Scalar::Float(f64::NEG_INFINITY)),
        ];
        for (text, number) in cases {
            assert_eq!(plain(text), number, "{text}");
        }
        assert!(matches!(plain(".NaN"), Scalar::Float(number) if number.is_nan()));
    }

    #[test]
    fn numbers_become_the_same_values_as_in_json() {
        for (text, json) in [
            ("1.0", "1"),
            ("1e3", "1000"),
            ("0.1", "0.1"),
            ("-0.0", "-0"),
            ("1e-7", "1e-7"),
            ("1e21", "1e+21"),
        ] {
            assert_eq!(
                plain(text).value(),
                Some(sark_policy_rego::read_json(json, 1).unwrap()),
                "{text}"
            );
        }
        for text in [".inf", "-.inf", ".nan", "1e999"] {
            assert_eq!(plain(text).value(), None, "{text}");
        }
    }

    #[test]
    fn quotes_and_tags_decide() {
        let text = |text: &str| Some(Scalar::Text(text.into()));
        assert_eq!(Scalar::new("1", false, Tag::Untold), text("1"));
        assert_eq!(
            Scalar::new("1", true, Tag::new("tag:yaml.org,2002:str")),
            text("1")
        );
        assert_eq!(Scalar::new("1", true, Tag::new("!mine")), text("1"));
        assert_eq!(
            Scalar::new("1", false, Tag::new("tag:yaml.org,2002:int")),
            Some(Scalar::Int(1))
        );
        assert_eq!(Scalar::new("1", true, Tag::Float), Some(Scalar::Int(1)));
        assert_eq!(Scalar::new("1", true, Tag::new("!")), Some(Scalar::Int(1)));
        for (text, tag) in [
            ("1.5", Tag::Int),
            ("yes", Tag::Bool),
            ("x", Tag::Null),
            ("x", Tag::new("tag:yaml.org,2002:binary")),
        ] {
            assert_eq!(Scalar::new(text, true, tag), None, "{text} {tag:?}");
        }
    }

    #[test]
    fn keys_are_spelt_as_in_opa() {
        let cases = [
            ("1", "1"),
            ("0x10", "16"),
            ("True", "true"),
            ("1.5", "1.5"),
            ("1.0", "1"),
            ("1e6", "1e+06"),
            ("123456.5", "123456.5"),
            ("1234567.5", "1.2345675e+06"),
            ("0.00001", "1e-05"),
            ("0.0001", "0.0001"),
            (".inf", ".inf"),
            ("-.inf", "-.inf"),
            (".nan", ".nan"),
            ("0.1", "0.1"),
            ("yes", "yes"),
        ];
        for (text, key) in cases {
            assert_eq!(plain(text).key().as_deref(), Some(key), "{text}");
        }
        assert_eq!(plain("~").key(), None);
    }
}

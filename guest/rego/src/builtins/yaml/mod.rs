//! YAML texts, as OPA reads and writes them with go.yaml.in/yaml/v3.

mod decode;
mod emitter;
mod node;
mod parser;
mod scalar;
mod write;

pub use scalar::float_text;

use super::operand::{at, text};
use super::{Answer, Builtin};
use crate::value::Value;

pub const BUILTINS: &[Builtin] = &[
    Builtin::pure("yaml.marshal", "any -> string", marshal),
    Builtin::pure("yaml.unmarshal", "string -> any", unmarshal),
    Builtin::pure("yaml.is_valid", "string -> boolean", is_valid),
];

/// `yaml.marshal`.
fn marshal(args: &[Value]) -> Answer {
    Ok(Some(Value::from(write::write(at(args, 0))?)))
}

/// `yaml.unmarshal`: the first document. The others must be readable too.
fn unmarshal(args: &[Value]) -> Answer {
    decode::read(text(args, 0)?).map(Some)
}

/// `yaml.is_valid`.
#[expect(clippy::unnecessary_wraps, reason = "an answer")]
fn is_valid(args: &[Value]) -> Answer {
    let valid = at(args, 0)
        .as_str()
        .is_some_and(|text| decode::read(text).is_ok());
    Ok(Some(Value::from(valid)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Option<String> {
        decode::read(text)
            .ok()
            .map(|value| crate::builtins::json::to_json(&value))
    }

    fn yaml(json: &str) -> String {
        write::write(&crate::json::read_json(json, 99).unwrap()).unwrap()
    }

    #[test]
    fn documents_are_read_as_go_reads_them() {
        assert_eq!(
            json("a: [\n1,\n0x1f\n]").as_deref(),
            Some(r#"{"a":[1,31]}"#)
        );
        assert_eq!(json("a: 1\na: yes").as_deref(), Some(r#"{"a":"yes"}"#));
        assert_eq!(
            json("x: &x {b: 1, c: 2}\ny:\n  <<: *x\n  c: 3").as_deref(),
            Some(r#"{"x":{"b":1,"c":2},"y":{"b":1,"c":3}}"#)
        );
        assert_eq!(
            json("d: 2023-01-01").as_deref(),
            Some(r#"{"d":"2023-01-01"}"#)
        );
        assert_eq!(
            json("1.5: a\n~x: 1e3").as_deref(),
            Some(r#"{"1.5":"a","~x":1000}"#)
        );
        assert_eq!(json("--- 1\n--- 2").as_deref(), Some("1"));
        assert_eq!(json("").as_deref(), Some("null"));
        for text in [
            "~: 1",
            "[a]: 1",
            "a: &a [*a]",
            "a: *b",
            "!!int x",
            "--- 1\n--- [",
            r#""\/""#,
            ".inf",
        ] {
            assert_eq!(json(text), None, "{text}");
        }
    }

    #[test]
    fn alias_limit_violated() {
        let first = "a: &a [x,x,x,x,x,x,x,x,x]".to_owned();
        let pairs = ["ab", "bc", "cd", "de", "ef", "fg", "gh"].map(|pair| pair.split_at(1));
        let lines = pairs.map(|(before, name)| {
            let items = vec![format!("*{before}"); 9].join(",");
            format!("{name}: &{name} [{items}]")
        });
        let text = [first, lines.join("\n")].join("\n");
        assert_eq!(json(&text), None);
    }

    #[test]
    fn values_are_written_as_go_writes_them() {
        assert_eq!(
            yaml(r#"{"b":[1,{"c":null,"d":[]}],"a10":"yes","a9":"x: y"}"#),
            "a9: 'x: y'\na10: \"yes\"\nb:\n  - 1\n  - c: null\n    d: []\n"
        );
        assert_eq!(
            yaml(r#"["a\nb\n","1",1.0,1e6,"<<"]"#),
            "- |\n  a\n  b\n- \"1\"\n- 1\n- 1e+06\n- <<\n"
        );
        assert_eq!(yaml(r#"{"a\nb":1}"#), "? |-\n  a\n  b\n: 1\n");
    }
}

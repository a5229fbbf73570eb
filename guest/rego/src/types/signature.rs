//! What a function takes and gives, and how a declaration of it is written.

use super::Type;
use crate::value::Value;

/// What a function takes and gives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signature {
    /// Its arguments.
    pub args: Vec<Type>,
    /// Its result; absent where it has none (`print`), or where nothing is known of it.
    pub result: Option<Type>,
    /// What any number of further arguments must be; only `print` has it.
    pub variadic: Option<Type>,
}

/// Reads a declaration: `string, array[any] -> boolean`, `-> number`, `...any`.
///
/// Types are written as OPA prints them: `any`, `null`, `boolean`, `number`, `string`, `array[T]`,
/// `array<T, U>`, `object[K: V]`, `object<a: T, b: U>`, `object<a: T>[K: V]`, `set[T]`, `any<T, U>`.
#[must_use]
pub fn signature(declaration: &str) -> Option<Signature> {
    let mut reader = Reader { rest: declaration };
    let mut signature = Signature {
        args: Vec::new(),
        result: None,
        variadic: None,
    };
    if !reader.at_end() && !reader.rest.trim_start().starts_with("->") {
        loop {
            if reader.take("...") {
                signature.variadic = Some(reader.read_type()?);
                break;
            }
            signature.args.push(reader.read_type()?);
            if !reader.take(",") {
                break;
            }
        }
    }
    if reader.take("->") {
        signature.result = Some(reader.read_type()?);
    }
    reader.at_end().then_some(signature)
}

struct Reader<'text> {
    rest: &'text str,
}

impl<'text> Reader<'text> {
    fn at_end(&self) -> bool {
        self.rest.trim_start().is_empty()
    }

    fn take(&mut self, token: &str) -> bool {
        let Some(rest) = self.rest.trim_start().strip_prefix(token) else {
            return false;
        };
        self.rest = rest;
        true
    }

    fn word(&mut self) -> &'text str {
        let text = self.rest.trim_start();
        let end = text
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        self.rest = rest;
        word
    }

    fn read_type(&mut self) -> Option<Type> {
        Some(match self.word() {
            "null" => Type::Null,
            "boolean" => Type::Boolean,
            "number" => Type::Number,
            "string" => Type::String,
            "any" => Type::union(self.read_types()?),
            "array" => {
                let items = self.read_types()?;
                let rest = if self.take("[") {
                    self.read_closed()?
                } else {
                    Type::Unknown
                };
                Type::array(items, rest)
            }
            "set" => Type::set(if self.take("[") {
                self.read_closed()?
            } else {
                Type::Unknown
            }),
            "object" => {
                let fields = self.read_fields()?;
                let mut rest = None;
                if self.take("[") {
                    let key = self.read_type()?;
                    if !self.take(":") {
                        return None;
                    }
                    rest = Some((key, self.read_closed()?));
                }
                Type::object(fields, rest)
            }
            _ => return None,
        })
    }

    /// `T]`.
    fn read_closed(&mut self) -> Option<Type> {
        let of = self.read_type()?;
        self.take("]").then_some(of)
    }

    /// `<T, U>`, or nothing.
    fn read_types(&mut self) -> Option<Vec<Type>> {
        let mut types = Vec::new();
        if self.take("<") {
            loop {
                types.push(self.read_type()?);
                if !self.take(",") {
                    break;
                }
            }
            if !self.take(">") {
                return None;
            }
        }
        Some(types)
    }

    /// `<a: T, b: U>`, or nothing.
    fn read_fields(&mut self) -> Option<Vec<(Value, Type)>> {
        let mut fields = Vec::new();
        if self.take("<") {
            loop {
                let key = Value::String(self.word().into());
                if !self.take(":") {
                    return None;
                }
                fields.push((key, self.read_type()?));
                if !self.take(",") {
                    break;
                }
            }
            if !self.take(">") {
                return None;
            }
        }
        Some(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_are_read() {
        let of = |declaration: &str| {
            let signature = signature(declaration).unwrap();
            (signature.args, signature.variadic, signature.result)
        };
        assert_eq!((vec![], None, Some(Type::Number)), of("-> number"));
        assert_eq!((vec![], Some(Type::Any), None), of("...any"));
        assert_eq!(
            (vec![Type::array(vec![], Type::set(Type::Any))], None, None),
            of("array[set[any]]")
        );
        let (args, ..) =
            of("any<string, array<number, string>>, object<a: null>[string: any] -> boolean");
        let pair = Type::array(vec![Type::Number, Type::String], Type::Unknown);
        assert_eq!(Some(&Type::union(vec![pair, Type::String])), args.first());
        let fields = vec![(Value::String("a".into()), Type::Null)];
        assert_eq!(
            Some(&Type::object(fields, Some((Type::String, Type::Any)))),
            args.get(1)
        );
    }

    #[test]
    fn nothing_else_is_read() {
        for declaration in [
            "strin",
            "string,",
            "array[any",
            "string -> ",
            "string string",
            "object<a>",
        ] {
            assert_eq!(None, signature(declaration), "{declaration}");
        }
    }
}

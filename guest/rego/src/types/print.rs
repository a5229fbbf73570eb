//! Types as text: as OPA prints them, but never long.

use std::fmt::{self, Write};

use super::{Signature, Type};

/// What is longer is cut.
const LENGTH: usize = 160;

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut brief = Brief(String::new());
        if brief.write_type(self).is_err() {
            brief.0.push('…');
        }
        f.write_str(&brief.0)
    }
}

/// A text that takes no more than so much.
struct Brief(String);

impl Write for Brief {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            if self.0.len() >= LENGTH {
                return Err(fmt::Error);
            }
            self.0.push(c);
        }
        Ok(())
    }
}

impl Brief {
    fn write_type(&mut self, of: &Type) -> fmt::Result {
        match of {
            Type::Unknown => self.write_str("???"),
            Type::Null => self.write_str("null"),
            Type::Boolean => self.write_str("boolean"),
            Type::Number => self.write_str("number"),
            Type::String => self.write_str("string"),
            Type::Any => self.write_str("any"),
            Type::Union(union) => {
                self.write_str("any")?;
                self.write_list('<', &union.members, '>')
            }
            Type::Array(array) => {
                self.write_str("array")?;
                if !array.items.is_empty() {
                    self.write_list('<', &array.items, '>')?;
                }
                if !array.rest.is_unknown() {
                    self.write_list('[', [&array.rest], ']')?;
                }
                Ok(())
            }
            Type::Set(set) if set.of.is_unknown() => self.write_str("set"),
            Type::Set(set) => {
                self.write_str("set")?;
                self.write_list('[', [&set.of], ']')
            }
            Type::Object(object) => {
                self.write_str("object")?;
                for (number, (key, value)) in object.fields.iter().enumerate() {
                    self.write_str(if number == 0 { "<" } else { ", " })?;
                    if let Some(key) = key.as_str() {
                        self.write_str(key)?;
                    } else {
                        let mut text = String::new();
                        crate::json::write_json(key, &mut text);
                        self.write_str(&text)?;
                    }
                    self.write_str(": ")?;
                    self.write_type(value)?;
                }
                if !object.fields.is_empty() {
                    self.write_char('>')?;
                }
                if let Some((key, value)) = &object.rest {
                    self.write_char('[')?;
                    self.write_type(key)?;
                    self.write_str(": ")?;
                    self.write_type(value)?;
                    self.write_char(']')?;
                }
                Ok(())
            }
            Type::Function(signature) => self.write_signature(signature),
        }
    }

    fn write_list<'part>(
        &mut self,
        open: char,
        types: impl IntoIterator<Item = &'part Type>,
        close: char,
    ) -> fmt::Result {
        self.write_char(open)?;
        for (number, of) in types.into_iter().enumerate() {
            if number > 0 {
                self.write_str(", ")?;
            }
            self.write_type(of)?;
        }
        self.write_char(close)
    }

    fn write_signature(&mut self, signature: &Signature) -> fmt::Result {
        self.write_list('(', &signature.args, ')')?;
        self.write_str(" => ")?;
        self.write_type(signature.result.as_ref().unwrap_or(&Type::Unknown))
    }
}

#[cfg(test)]
mod tests {
    use super::super::signature;

    #[test]
    fn types_print_as_opa_prints_them_and_read_back() {
        for text in [
            "any",
            "null",
            "array",
            "array<any, number>[string]",
            "set",
            "set[any<number, string>]",
            "object",
            "object<a: null, b: set>[string: any]",
        ] {
            let read = signature(text).unwrap();
            assert_eq!(text, read.args[0].to_string());
        }
    }

    #[test]
    fn a_long_type_is_cut() {
        let long = format!("array<{}>", vec!["object[string: number]"; 50].join(", "));
        let printed = signature(&long).unwrap().args[0].to_string();
        assert!(printed.len() < 200 && printed.ends_with('…'), "{printed}");
    }
}

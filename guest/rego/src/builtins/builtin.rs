//! One builtin function.

use std::fmt;

use super::{Answer, BuiltinError, Context};
use crate::value::Value;

/// A builtin function: its name, its types, and its code.
#[derive(Clone, Copy)]
pub struct Builtin {
    /// OPA's name: `json.marshal`, `plus`.
    pub name: &'static str,
    /// OPA's declaration, written `string, array[any] -> boolean`, `...any` for any number of arguments, no
    /// arrow where there is no result. See `types::signature`.
    pub declaration: &'static str,
    /// The code.
    pub run: Run,
    /// The operator that is another way to write it: `+`, `in`.
    pub infix: Option<&'static str>,
    /// Whether OPA advises against it; modules of Rego v1 may not use it.
    pub deprecated: bool,
    /// Whether the same operands may give another answer another time.
    pub unrepeatable: bool,
}

impl fmt::Debug for Builtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// How a builtin function is run.
#[derive(Clone, Copy)]
pub enum Run {
    /// Its answer depends on its operands alone.
    Pure(fn(&[Value]) -> Answer),
    /// It compares two values: `Pure`, and so common that the evaluator asks it without laying out operands.
    Comparison(fn(&Value, &Value) -> bool),
    /// It needs the decision's moment, chance or caches, and says itself whether that makes its answer
    /// unrepeatable.
    Contextual(fn(&mut Context, &[Value]) -> Answer),
    /// It answers with any number of values, one after the other (`walk`). The evaluator plays it.
    Relation,
    /// It is not there, or does not answer exactly as OPA: a policy that uses it is refused. Says why.
    Refused(&'static str),
}

impl Run {
    /// The answer, if it depends on the operands alone.
    #[must_use]
    pub fn pure(self, operands: &[Value]) -> Option<Answer> {
        match self {
            Self::Pure(code) => Some(code(operands)),
            Self::Comparison(code) => Some(Ok(match operands {
                [left, right] => Some(Value::Bool(code(left, right))),
                _ => None,
            })),
            Self::Contextual(_) | Self::Relation | Self::Refused(_) => None,
        }
    }
}

impl Builtin {
    /// One whose answer depends on its operands alone.
    pub const fn pure(
        name: &'static str,
        declaration: &'static str,
        code: fn(&[Value]) -> Answer,
    ) -> Self {
        Self::new(name, declaration, Run::Pure(code))
    }

    /// One that compares two values.
    pub const fn comparison(
        name: &'static str,
        declaration: &'static str,
        code: fn(&Value, &Value) -> bool,
    ) -> Self {
        Self::new(name, declaration, Run::Comparison(code))
    }

    /// One that needs the decision it is called in.
    pub const fn contextual(
        name: &'static str,
        declaration: &'static str,
        code: fn(&mut Context, &[Value]) -> Answer,
    ) -> Self {
        Self::new(name, declaration, Run::Contextual(code))
    }

    /// One that the evaluator plays.
    pub const fn relation(name: &'static str, declaration: &'static str) -> Self {
        Self::new(name, declaration, Run::Relation)
    }

    /// One that policies are refused for.
    pub const fn refused(name: &'static str, declaration: &'static str, why: &'static str) -> Self {
        Self::new(name, declaration, Run::Refused(why))
    }

    /// With an operator that stands for it.
    pub const fn infix(mut self, operator: &'static str) -> Self {
        self.infix = Some(operator);
        self
    }

    /// With OPA's advice against it.
    pub const fn deprecated(mut self) -> Self {
        self.deprecated = true;
        self
    }

    /// With answers that differ from time to time.
    pub const fn unrepeatable(mut self) -> Self {
        self.unrepeatable = true;
        self
    }

    const fn new(name: &'static str, declaration: &'static str, run: Run) -> Self {
        Self {
            name,
            declaration,
            run,
            infix: None,
            deprecated: false,
            unrepeatable: false,
        }
    }
}

impl BuiltinError {
    /// OPA's words for an operand of a wrong type.
    #[must_use]
    pub fn operand(position: usize, expected: &str, got: &Value) -> Self {
        Self::Type(format!(
            "operand {position} must be {expected} but got {}",
            got.type_name()
        ))
    }
}

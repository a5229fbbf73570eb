//! Numbers out of texts, and casts.

use super::operand::{at, items, wrong};
use super::{Answer, Builtin, BuiltinError};
use crate::value::{Number, NumberFault, Set, Value};

pub const BUILTINS: &[Builtin] = &[
    Builtin::pure(
        "to_number",
        "any<null, boolean, number, string> -> number",
        to_number,
    ),
    Builtin::pure("cast_object", "any -> object[any: any]", cast_object).deprecated(),
    Builtin::pure("cast_null", "any -> null", cast_null).deprecated(),
    Builtin::pure("cast_boolean", "any -> boolean", cast_boolean).deprecated(),
    Builtin::pure("cast_string", "any -> string", cast_string).deprecated(),
    Builtin::pure("cast_set", "any -> set[any]", cast_set).deprecated(),
    Builtin::pure("cast_array", "any -> array[any]", cast_array).deprecated(),
];

fn to_number(operands: &[Value]) -> Answer {
    match at(operands, 0) {
        Value::Null | Value::Bool(false) => Ok(Some(Value::from(0_i64))),
        Value::Bool(true) => Ok(Some(Value::from(1_i64))),
        number @ Value::Number(_) => Ok(Some(number.clone())),
        Value::String(text) => read(text).map(|number| Some(Value::from(number))),
        other => Err(wrong(0, "one of {null, boolean, number, string}", other)),
    }
}

fn read(text: &str) -> Result<Number, BuiltinError> {
    let unsigned = text.trim_start_matches(['+', '-']);
    if ["inf", "infinity", "nan"]
        .iter()
        .any(|word| unsigned.eq_ignore_ascii_case(word))
    {
        return Err(BuiltinError::Type(
            "operand 1 must be valid number string but got string".into(),
        ));
    }
    let failed = |why: &str| BuiltinError::Failed(format!("parsing `{text}`: {why}"));
    let number = match Number::read(text) {
        Ok(number) => Some(number),
        Err(NumberFault::NotANumber) => read_hexadecimal(text),
        Err(NumberFault::TooBig) => return Err(failed("value out of range")),
    };
    let number = number.ok_or_else(|| failed("invalid syntax"))?;
    if number.to_f64().is_infinite() {
        return Err(failed("value out of range"));
    }
    Ok(number)
}

/// Go's other notation for floats, `0x1.8p-2`. The value is OPA's; the notation, which no JSON can have, is not.
fn read_hexadecimal(text: &str) -> Option<Number> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = unsigned
        .strip_prefix("0x")
        .or_else(|| unsigned.strip_prefix("0X"))?;
    let (mantissa, power) = digits.split_once(['p', 'P'])?;
    let power: i32 = power.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut float = 0.0;
    let mut seen = 0_i32;
    for digit in whole.chars().chain(fraction.chars()) {
        float = float * 16.0 + f64::from(digit.to_digit(16)?);
        seen += 1;
    }
    if !(1..=13).contains(&seen) {
        return None;
    }
    let below = 4 * i32::try_from(fraction.len()).ok()?;
    Number::from_f64(sign * float * 2_f64.powi(power.checked_sub(below)?))
}

fn cast_array(operands: &[Value]) -> Answer {
    match at(operands, 0) {
        array @ Value::Array(_) => Ok(Some(array.clone())),
        Value::Set(set) => Ok(Some(Value::from(set.as_slice().to_vec()))),
        other => Err(wrong(0, "one of {array, set}", other)),
    }
}

fn cast_set(operands: &[Value]) -> Answer {
    let operand = at(operands, 0);
    if let Value::Set(_) = operand {
        return Ok(Some(operand.clone()));
    }
    let items = items(operand).ok_or_else(|| wrong(0, "one of {array, set}", operand))?;
    let set: Set = items.iter().cloned().collect();
    Ok(Some(Value::from(set)))
}

fn cast_string(operands: &[Value]) -> Answer {
    cast(operands, "string")
}

fn cast_boolean(operands: &[Value]) -> Answer {
    cast(operands, "boolean")
}

fn cast_null(operands: &[Value]) -> Answer {
    cast(operands, "null")
}

fn cast_object(operands: &[Value]) -> Answer {
    cast(operands, "object")
}

fn cast(operands: &[Value], kind: &str) -> Answer {
    let operand = at(operands, 0);
    if operand.type_name() == kind {
        Ok(Some(operand.clone()))
    } else {
        Err(wrong(0, kind, operand))
    }
}

#[cfg(test)]
mod tests {
    use crate::builtins::testing::call;

    #[test]
    fn a_number_keeps_the_notation_of_its_text() {
        assert_eq!(call("to_number", &[r#""1.50""#]), "1.50");
        assert_eq!(call("to_number", &[r#""+5""#]), "+5");
        assert_eq!(call("to_number", &["true"]), "1");
    }

    #[test]
    fn what_is_no_number_fails() {
        assert_eq!(call("to_number", &[r#""Infinity""#]), "type error");
        for text in [r#""""#, r#"" 5""#, r#""1e999""#, r#""0b11""#, r#""five""#] {
            assert_eq!(call("to_number", &[text]), "builtin error", "{text}");
        }
    }
}

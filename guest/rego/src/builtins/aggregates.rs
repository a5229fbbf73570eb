//! Sums, extremes and order of collections.

use num_bigint::BigInt;

use super::arithmetic::{MOST_BITS, exact_integer, float, integer, too_big};
use super::operand::{at, items, wrong, wrong_member};
use super::{Answer, Builtin, BuiltinError};
use crate::value::{Float, Number, Value};

pub const BUILTINS: &[Builtin] = &[
    Builtin::pure(
        "count",
        "any<string, array[any], object[any: any], set[any]> -> number",
        count,
    ),
    Builtin::pure("sum", "any<array[number], set[number]> -> number", sum),
    Builtin::pure(
        "product",
        "any<array[number], set[number]> -> number",
        product,
    ),
    Builtin::pure("max", "any<array[any], set[any]> -> any", max),
    Builtin::pure("min", "any<array[any], set[any]> -> any", min),
    Builtin::pure("any", "any<array[any], set[any]> -> boolean", any).deprecated(),
    Builtin::pure("all", "any<array[any], set[any]> -> boolean", all).deprecated(),
    Builtin::pure("sort", "any<array[any], set[any]> -> array[any]", sort),
];

fn count(operands: &[Value]) -> Answer {
    let count = match at(operands, 0) {
        Value::Array(items) => items.len(),
        Value::Object(object) => object.len(),
        Value::Set(set) => set.len(),
        Value::String(text) if text.is_ascii() => text.len(),
        Value::String(text) => text.chars().count(),
        other => return Err(wrong(0, "one of {array, object, set, string}", other)),
    };
    Ok(Some(Value::from(count)))
}

fn sum(operands: &[Value]) -> Answer {
    let members = collection(operands)?;
    let small = members.iter().try_fold(0_i64, |sum, member| {
        sum.checked_add(member.as_number()?.to_i64()?)
    });
    if let Some(sum) = small {
        return Ok(Some(Value::from(sum)));
    }
    let numbers = numbers(operands, members)?;
    if let Some(integers) = integers(&numbers)? {
        return integer(integers.into_iter().sum());
    }
    let sum = numbers
        .iter()
        .fold(Float::ZERO, |sum, number| sum.add(number.to_float()));
    float(sum, 64)
}

/// OPA multiplies floats with a mantissa of 53 bits here, and only here.
fn product(operands: &[Value]) -> Answer {
    const BITS: u32 = 53;
    let numbers = numbers(operands, collection(operands)?)?;
    if let Some(integers) = integers(&numbers)? {
        let bits: u64 = integers.iter().map(BigInt::bits).sum();
        if bits > MOST_BITS {
            return Err(too_big());
        }
        return integer(integers.into_iter().product());
    }
    let product = numbers.iter().fold(Float::ONE, |product, number| {
        product.mul(number.to_float()).rounded_to(BITS)
    });
    float(product, BITS)
}

fn max(operands: &[Value]) -> Answer {
    // The last of equal ones, in an array.
    match at(operands, 0) {
        Value::Set(set) => Ok(set.as_slice().last().cloned()),
        _ => Ok(collection(operands)?.iter().max().cloned()),
    }
}

fn min(operands: &[Value]) -> Answer {
    // The last of equal ones, in an array.
    match at(operands, 0) {
        Value::Set(set) => Ok(set.as_slice().first().cloned()),
        _ => Ok(collection(operands)?.iter().rev().min().cloned()),
    }
}

fn any(operands: &[Value]) -> Answer {
    let found = collection_of(operands, "one of {array, set}")?.contains(&Value::Bool(true));
    Ok(Some(Value::Bool(found)))
}

fn all(operands: &[Value]) -> Answer {
    let members = collection_of(operands, "one of {array, set}")?;
    let every = members.iter().all(|member| *member == Value::Bool(true));
    Ok(Some(Value::Bool(every)))
}

fn sort(operands: &[Value]) -> Answer {
    let mut sorted = collection(operands)?.to_vec();
    sorted.sort();
    Ok(Some(Value::from(sorted)))
}

fn collection(operands: &[Value]) -> Result<&[Value], BuiltinError> {
    collection_of(operands, "one of {set, array}")
}

fn collection_of<'value>(
    operands: &'value [Value],
    expected: &str,
) -> Result<&'value [Value], BuiltinError> {
    let operand = at(operands, 0);
    items(operand).ok_or_else(|| wrong(0, expected, operand))
}

fn numbers<'value>(
    operands: &[Value],
    members: &'value [Value],
) -> Result<Vec<&'value Number>, BuiltinError> {
    let number = |member: &'value Value| {
        member
            .as_number()
            .ok_or_else(|| wrong_member(0, "number", at(operands, 0), member))
    };
    members.iter().map(number).collect()
}

fn integers(numbers: &[&Number]) -> Result<Option<Vec<BigInt>>, BuiltinError> {
    numbers.iter().map(|number| exact_integer(number)).collect()
}

#[cfg(test)]
mod tests {
    use crate::builtins::testing::call;

    #[test]
    fn sums_and_products_stay_exact() {
        assert_eq!(
            call("sum", &["[9223372036854775807, 1]"]),
            "9223372036854775808"
        );
        assert_eq!(call("sum", &["[0.1, 0.2, 0.3]"]), "0.6");
        assert_eq!(call("sum", &["[]"]), "0");
        assert_eq!(call("sum", &["[1, null]"]), "type error");
        assert_eq!(
            call("product", &["[4294967296, 4294967296]"]),
            "18446744073709551616"
        );
        assert_eq!(call("product", &["[0.1, 3]"]), "0.30000000000000004");
    }

    #[test]
    fn of_equal_extremes_the_last_one_counts() {
        assert_eq!(call("max", &["[1, 1.0]"]), "1.0");
        assert_eq!(call("min", &["[1, 1.0, 2]"]), "1.0");
        assert_eq!(call("max", &["[]"]), "undefined");
    }

    #[test]
    fn characters_are_counted() {
        assert_eq!(call("count", &[r#""日本""#]), "2");
        assert_eq!(call("count", &["1"]), "type error");
    }
}

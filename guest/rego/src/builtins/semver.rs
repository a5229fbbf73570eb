//! `semver.*`, by the rules of Semantic Versioning 2.0.0; a leading `v` is allowed.

use std::cmp::Ordering;

use super::operand::{at, text};
use super::{Answer, Builtin, BuiltinError};
use crate::value::Value;

pub const BUILTINS: &[Builtin] = &[
    Builtin::pure("semver.is_valid", "any -> boolean", is_valid),
    Builtin::pure("semver.compare", "string, string -> number", compare),
];

/// A version. Build metadata takes no part in comparing.
struct Version<'text> {
    numbers: [i64; 3],
    pre_release: &'text str,
}

impl<'text> Version<'text> {
    fn parse(text: &'text str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (text, metadata) = split(text, '+');
        if metadata.is_some_and(|metadata| !are_identifiers(metadata)) {
            return None;
        }
        let (text, pre_release) = split(text, '-');
        if pre_release
            .is_some_and(|pre| !are_identifiers(pre) || pre.split('.').any(has_leading_zero))
        {
            return None;
        }
        let mut parts = text.split('.');
        let numbers = [
            parse_number(parts.next()?)?,
            parse_number(parts.next()?)?,
            parse_number(parts.next()?)?,
        ];
        let pre_release = pre_release.unwrap_or_default();
        parts.next().is_none().then_some(Self {
            numbers,
            pre_release,
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.numbers
            .cmp(&other.numbers)
            .then_with(|| match (self.pre_release, other.pre_release) {
                (one, other) if one == other => Ordering::Equal,
                ("", _) => Ordering::Greater,
                (_, "") => Ordering::Less,
                (one, other) => compare_identifiers(one, other),
            })
    }
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at)
        .map_or((text, None), |(before, after)| (before, Some(after)))
}

fn are_identifiers(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    text.split('.')
        .all(|part| !part.is_empty() && part.chars().all(fits))
}

fn is_decimal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn has_leading_zero(text: &str) -> bool {
    text.len() > 1 && text.starts_with('0') && is_decimal(text)
}

fn parse_number(text: &str) -> Option<i64> {
    (is_decimal(text) && !has_leading_zero(text)).then(|| text.parse().ok())?
}

fn compare_identifiers(one: &str, other: &str) -> Ordering {
    let (mut ones, mut others) = (one.split('.'), other.split('.'));
    loop {
        let (one, other) = match (ones.next(), others.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(one), Some(other)) => (one, other),
        };
        let order = match (is_decimal(one), is_decimal(other)) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            // Too large for 64 bits is as large as they hold.
            (true, true) => saturating(one).cmp(&saturating(other)),
            (false, false) => one.cmp(other),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn saturating(digits: &str) -> i64 {
    digits.parse().unwrap_or(i64::MAX)
}

/// `semver.is_valid`.
#[expect(clippy::unnecessary_wraps, reason = "an answer")]
pub fn is_valid(args: &[Value]) -> Answer {
    let valid = at(args, 0)
        .as_str()
        .is_some_and(|text| Version::parse(text).is_some());
    Ok(Some(Value::from(valid)))
}

/// `semver.compare`: -1, 0 or 1.
pub fn compare(args: &[Value]) -> Answer {
    let (one, other) = (text(args, 0)?, text(args, 1)?);
    let parse = |index: usize, text| {
        Version::parse(text).ok_or_else(|| {
            BuiltinError::Failed(format!(
                "operand {}: string {text} is not a valid SemVer",
                index + 1
            ))
        })
    };
    let order = parse(0, one)?.compare(&parse(1, other)?);
    Ok(Some(Value::from(order as i64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(one: &str, other: &str) -> Ordering {
        Version::parse(one)
            .unwrap()
            .compare(&Version::parse(other).unwrap())
    }

    #[test]
    fn the_order_of_the_specification_holds() {
        let sorted = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "v1.0.0",
        ];
        for pair in sorted.windows(2) {
            assert_eq!(order(pair[0], pair[1]), Ordering::Less, "{pair:?}");
        }
        assert_eq!(order("1.0.0+a", "1.0.0+b"), Ordering::Equal);
    }

    #[test]
    fn what_the_specification_forbids_is_no_version() {
        for text in [
            "1.0",
            "1.0.0.0",
            "01.0.0",
            "1.0.0-01",
            "1.0.0-",
            "1.0.0+",
            "1.0.-1",
            "1.0.0-a..b",
            "9223372036854775808.0.0",
        ] {
            assert!(Version::parse(text).is_none(), "{text}");
        }
        assert!(Version::parse("1.0.0-0a.0").is_some());
    }
}

//! Moments and durations.
//!
//! A moment is a number of nanoseconds since 1970 in UTC, or an array of it, a zone's name, and a layout.

mod civil;
mod duration;
mod format;
mod layout;
mod moment;
mod parse;
mod zone;

use super::operand::{at, int, text, wrong};
use super::{Answer, Builtin, BuiltinError, Context};
use crate::value::{Number, Value};
use civil::{Civil, WEEKDAYS, days_in};
use moment::{Moment, to_nanoseconds};
use zone::Zone;

pub const BUILTINS: &[Builtin] = &[
    Builtin::contextual("time.now_ns", "-> number", now_ns).unrepeatable(),
    Builtin::pure("time.parse_ns", "string, string -> number", parse_ns),
    Builtin::pure(
        "time.parse_rfc3339_ns",
        "string -> number",
        parse_rfc3339_ns,
    ),
    Builtin::pure(
        "time.parse_duration_ns",
        "string -> number",
        parse_duration_ns,
    ),
    Builtin::pure(
        "time.format",
        "any<number, array<number, string>, array<number, string, string>> -> string",
        format,
    ),
    Builtin::pure(
        "time.date",
        "any<number, array<number, string>> -> array<number, number, number>",
        date,
    ),
    Builtin::pure(
        "time.clock",
        "any<number, array<number, string>> -> array<number, number, number>",
        clock,
    ),
    Builtin::pure(
        "time.weekday",
        "any<number, array<number, string>> -> string",
        weekday,
    ),
    Builtin::pure(
        "time.add_date",
        "number, number, number, number -> number",
        add_date,
    ),
    Builtin::pure(
        "time.diff",
        "any<number, array<number, string>>, any<number, array<number, string>> -> array<number, number, number, number, number, number>",
        diff,
    ),
];

/// `time.now_ns`: one moment for the whole decision.
#[expect(clippy::unnecessary_wraps, reason = "an answer")]
fn now_ns(context: &mut Context, _args: &[Value]) -> Answer {
    context.unrepeatable = true;
    let now = match i64::try_from(context.now) {
        Ok(now) => Value::from(now),
        Err(_) => Number::parse(&context.now.to_string()).map_or(Value::Null, Value::Number),
    };
    Ok(Some(now))
}

/// `time.parse_ns`.
fn parse_ns(args: &[Value]) -> Answer {
    let (layout, text) = (text(args, 0)?, text(args, 1)?);
    parsed(layout::named(layout), text)
}

/// `time.parse_rfc3339_ns`.
fn parse_rfc3339_ns(args: &[Value]) -> Answer {
    parsed(layout::RFC3339, text(args, 0)?)
}

fn parsed(layout: &str, text: &str) -> Answer {
    let (seconds, nanoseconds) = parse::parse(layout, text)
        .ok_or_else(|| BuiltinError::Failed(format!("cannot parse `{text}` as `{layout}`")))?;
    in_range(seconds, nanoseconds)
}

fn in_range(seconds: i64, nanoseconds: u32) -> Answer {
    match to_nanoseconds(seconds, nanoseconds) {
        Some(nanoseconds) => Ok(Some(Value::from(nanoseconds))),
        None => Err(BuiltinError::Failed("time outside of valid range".into())),
    }
}

/// `time.parse_duration_ns`.
fn parse_duration_ns(args: &[Value]) -> Answer {
    let text = text(args, 0)?;
    let nanoseconds = duration::parse(text);
    let nanoseconds = nanoseconds
        .ok_or_else(|| BuiltinError::Failed(format!("time: invalid duration `{text}`")))?;
    Ok(Some(Value::from(nanoseconds)))
}

/// `time.format`.
fn format(args: &[Value]) -> Answer {
    let (moment, layout) = moment(args, 0)?;
    let layout = if layout.is_empty() {
        layout::RFC3339_NANO
    } else {
        layout::named(layout)
    };
    Ok(Some(Value::from(format::format(&moment, layout))))
}

/// `time.date`.
fn date(args: &[Value]) -> Answer {
    let Civil {
        year, month, day, ..
    } = moment(args, 0)?.0.civil;
    Ok(Some(numbers(&[year, month, day])))
}

/// `time.clock`.
fn clock(args: &[Value]) -> Answer {
    let Civil {
        hour,
        minute,
        second,
        ..
    } = moment(args, 0)?.0.civil;
    Ok(Some(numbers(&[hour, minute, second])))
}

/// `time.weekday`.
fn weekday(args: &[Value]) -> Answer {
    let weekday = usize::try_from(moment(args, 0)?.0.civil.weekday()).unwrap_or_default();
    Ok(WEEKDAYS.get(weekday).map(|&name| Value::from(name)))
}

/// `time.add_date`: days beyond a month count on into the next.
fn add_date(args: &[Value]) -> Answer {
    let (moment, _) = moment(args, 0)?;
    let (years, months, days) = (int(args, 1)?, int(args, 2)?, int(args, 3)?);
    let civil = Civil {
        year: moment.civil.year.saturating_add(years),
        month: moment.civil.month.saturating_add(months),
        day: moment.civil.day.saturating_add(days),
        ..moment.civil
    };
    in_range(moment.zone.seconds_of(civil), moment.nanoseconds)
}

/// `time.diff`: years, months, days, hours, minutes and seconds between two moments, in the first one's zone.
fn diff(args: &[Value]) -> Answer {
    let (mut one, mut other) = (moment(args, 0)?.0, moment(args, 1)?.0);
    other = other.in_zone(one.zone);
    if (one.seconds, one.nanoseconds) > (other.seconds, other.nanoseconds) {
        std::mem::swap(&mut one, &mut other);
    }
    let (one, other) = (one.civil, other.civil);
    let mut second = other.second - one.second;
    let mut minute = other.minute - one.minute;
    let mut hour = other.hour - one.hour;
    let mut day = other.day - one.day;
    let mut month = other.month - one.month;
    let mut year = other.year - one.year;
    borrow(&mut second, &mut minute, 60);
    borrow(&mut minute, &mut hour, 60);
    borrow(&mut hour, &mut day, 24);
    borrow(&mut day, &mut month, days_in(one.month, one.year));
    borrow(&mut month, &mut year, 12);
    Ok(Some(numbers(&[year, month, day, hour, minute, second])))
}

/// Takes one of the larger unit where the smaller one is below zero.
fn borrow(small: &mut i64, large: &mut i64, size: i64) {
    if *small < 0 {
        *small += size;
        *large -= 1;
    }
}

fn numbers(numbers: &[i64]) -> Value {
    Value::from(
        numbers
            .iter()
            .map(|&number| Value::from(number))
            .collect::<Vec<_>>(),
    )
}

/// The operand as a moment, and its layout, if any.
fn moment(args: &[Value], index: usize) -> Result<(Moment, &str), BuiltinError> {
    const EXPECTED: &str = "either number (ns) or [number (ns), string (tz)]";
    let operand = at(args, index);
    let (number, zone, layout) = match operand {
        Value::Number(_) => (operand, Zone::Utc, ""),
        Value::Array(items) => {
            let number = items.first().ok_or_else(|| wrong(0, EXPECTED, operand))?;
            if !matches!(number, Value::Number(_)) {
                return Err(wrong(0, "number", number));
            }
            let text = |at: usize| match items.get(at) {
                None => Ok(""),
                Some(Value::String(text)) => Ok(&**text),
                Some(other) => Err(wrong(0, "string", other)),
            };
            (number, Zone::load(text(1)?)?, text(2)?)
        }
        _ => return Err(wrong(0, EXPECTED, operand)),
    };
    let Value::Number(number) = number else {
        return Err(wrong(0, "number", number));
    };
    let nanoseconds =
        nanoseconds(number).ok_or_else(|| BuiltinError::Failed("timestamp too big".into()))?;
    Ok((Moment::new(nanoseconds, zone), layout))
}

/// The integer of 64 bits a number is, once its float is.
fn nanoseconds(number: &Number) -> Option<i64> {
    if let Some(nanoseconds) = number.to_i64() {
        return Some(nanoseconds);
    }
    let float = number.to_float();
    float
        .is_integer()
        .then(|| float.truncate())?
        .and_then(|integer| i64::try_from(integer).ok())
}

/// Whether a text is a moment by a layout.
pub fn fits_layout(layout: &str, text: &str) -> bool {
    parse::parse(layout, text).is_some()
}

/// A moment in one of the notations of YAML's timestamps, as JSON has it. Its zone is kept.
pub fn timestamp(text: &str) -> Option<String> {
    const LAYOUTS: [&str; 4] = [
        "2006-1-2T15:4:5.999999999Z07:00",
        "2006-1-2t15:4:5.999999999Z07:00",
        "2006-1-2 15:4:5.999999999",
        "2006-1-2",
    ];
    let year = text.bytes().take_while(u8::is_ascii_digit).count();
    if year != 4 || text.as_bytes().get(4) != Some(&b'-') {
        return None;
    }
    let (seconds, nanoseconds, offset) = LAYOUTS
        .iter()
        .find_map(|layout| parse::parse_with_offset(layout, text))?;
    let moment = Moment::shifted(seconds, nanoseconds, offset);
    Some(format::format(&moment, layout::RFC3339_NANO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(layout: &str, text: &str) -> Option<i64> {
        let (seconds, nanoseconds) = parse::parse(layout::named(layout), text)?;
        to_nanoseconds(seconds, nanoseconds)
    }

    fn shown(nanoseconds: i64, zone: &str, layout: &str) -> String {
        format::format(
            &Moment::new(nanoseconds, Zone::load(zone).unwrap()),
            layout::named(layout),
        )
    }

    #[test]
    fn layouts_are_read_as_go_reads_them() {
        assert_eq!(
            parse("RFC3339", "2006-01-02T15:04:05.5+01:00"),
            Some(1_136_210_645_500_000_000)
        );
        assert_eq!(
            parse("2006 __2", "2024  60"),
            Some(1_709_164_800_000_000_000)
        );
        assert_eq!(
            parse("2006-01-02 3PM MST", "2024-02-29 12AM PST"),
            Some(1_709_164_800_000_000_000)
        );
        assert_eq!(parse("06", "-1"), Some(915_148_800_000_000_000));
        assert_eq!(parse("2006-01-02", "2023-02-29"), None);
        assert_eq!(parse("2006-01-02", "2023-2-28"), None);
    }

    #[test]
    fn a_moment_is_shown_in_its_zone() {
        let moment = 1_700_000_000_120_000_000;
        assert_eq!(
            shown(moment, "Europe/Berlin", "RFC3339Nano"),
            "2023-11-14T23:13:20.12+01:00"
        );
        assert_eq!(
            shown(moment, "America/Sao_Paulo", "UnixDate"),
            "Tue Nov 14 19:13:20 -03 2023"
        );
        assert_eq!(
            shown(moment, "UTC", "_2 002 Z0700 .000 Janx"),
            "14 318 Z .120 Janx"
        );
        // Beyond the tables summer time goes on.
        assert_eq!(
            shown(6_962_544_000_000_000_000, "Europe/Berlin", "MST"),
            "CEST"
        );
        assert!(Zone::load("europe/berlin").is_err());
    }

    #[test]
    fn durations_may_have_long_units() {
        assert_eq!(duration::parse("-1d2h30m"), Some(-95_400_000_000_000));
        assert_eq!(duration::parse("1.5w"), Some(907_200_000_000_000));
        assert_eq!(duration::parse("1d "), None);
        assert_eq!(duration::parse("1"), None);
        assert_eq!(duration::parse("300y"), None);
    }
}

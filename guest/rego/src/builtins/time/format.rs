//! Moments as texts.

use std::fmt::Write as _;

use super::civil::{MONTHS, WEEKDAYS};
use super::layout::{Element, Offset, Padding, next};
use super::moment::Moment;

/// The moment as a layout says.
pub fn format(moment: &Moment, mut layout: &str) -> String {
    let mut out = String::new();
    while !layout.is_empty() {
        let (prefix, element, suffix) = next(layout);
        out.push_str(prefix);
        if let Some(element) = element {
            write(moment, element, &mut out);
        }
        layout = suffix;
    }
    out
}

fn write(moment: &Moment, element: Element, out: &mut String) {
    let civil = moment.civil;
    let hour12 = if civil.hour % 12 == 0 {
        12
    } else {
        civil.hour % 12
    };
    match element {
        Element::Year => number(civil.year, 4, Padding::Zero, out),
        Element::ShortYear => number(civil.year.abs() % 100, 2, Padding::Zero, out),
        Element::MonthName => out.push_str(name(&MONTHS, civil.month - 1)),
        Element::ShortMonthName => out.push_str(short(name(&MONTHS, civil.month - 1))),
        Element::Month(padding) => number(civil.month, 2, padding, out),
        Element::WeekdayName => out.push_str(name(&WEEKDAYS, civil.weekday())),
        Element::ShortWeekdayName => out.push_str(short(name(&WEEKDAYS, civil.weekday()))),
        Element::Day(padding) => number(civil.day, 2, padding, out),
        Element::YearDay(padding) => number(civil.year_day(), 3, padding, out),
        Element::Hour => number(civil.hour, 2, Padding::Zero, out),
        Element::Hour12(padding) => number(hour12, 2, padding, out),
        Element::Minute(padding) => number(civil.minute, 2, padding, out),
        Element::Second(padding) => number(civil.second, 2, padding, out),
        Element::Half { upper } => out.push_str(match (civil.hour >= 12, upper) {
            (true, true) => "PM",
            (false, true) => "AM",
            (true, false) => "pm",
            (false, false) => "am",
        }),
        Element::ZoneName => out.push_str(&moment.zone_name),
        Element::Offset(how) => offset(moment.offset, how, out),
        Element::Fraction {
            digits,
            comma,
            trimmed,
        } => {
            fraction(
                moment.nanoseconds,
                digits,
                if comma { ',' } else { '.' },
                trimmed,
                out,
            );
        }
    }
}

/// Writing to a text cannot fail.
fn number(value: i64, width: usize, padding: Padding, out: &mut String) {
    let _ = match padding {
        Padding::None => write!(out, "{value}"),
        Padding::Space => write!(out, "{value:width$}"),
        Padding::Zero => write!(out, "{value:0width$}"),
    };
}

fn offset(seconds: i64, how: Offset, out: &mut String) {
    if seconds == 0 && how.z {
        out.push('Z');
        return;
    }
    // Less than a minute west of UTC is written as if east.
    out.push(if seconds / 60 < 0 { '-' } else { '+' });
    let (minutes, seconds) = (
        (seconds / 60).abs(),
        if seconds / 60 < 0 { -seconds } else { seconds },
    );
    number(minutes / 60, 2, Padding::Zero, out);
    if how.minutes {
        if how.colons {
            out.push(':');
        }
        number(minutes % 60, 2, Padding::Zero, out);
    }
    if how.seconds {
        if how.colons {
            out.push(':');
        }
        number(seconds % 60, 2, Padding::Zero, out);
    }
}

fn fraction(nanoseconds: u32, digits: usize, point: char, trimmed: bool, out: &mut String) {
    if trimmed && nanoseconds == 0 {
        return;
    }
    let written = format!("{nanoseconds:09}");
    let mut written = written.get(..digits.min(9)).unwrap_or_default();
    if trimmed {
        written = written.trim_end_matches('0');
        if written.is_empty() {
            return;
        }
    }
    out.push(point);
    out.push_str(written);
}

fn name(names: &[&'static str], at: i64) -> &'static str {
    usize::try_from(at)
        .ok()
        .and_then(|at| names.get(at))
        .copied()
        .unwrap_or_default()
}

fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}

//! Floats, as Go writes them.

use std::fmt::Write as _;

use super::layout::Layout;
use crate::value::go_shortest;

/// No float has more digits than this behind its point; what is asked for beyond them are zeros.
const MOST_DIGITS: usize = 1_100;

/// Writes a finite float; false if the verb is not for floats.
pub fn write_float(float: f64, verb: char, layout: &Layout, out: &mut String) -> bool {
    let (verb, default) = match verb {
        'v' => ('g', None),
        'b' | 'g' | 'G' | 'x' | 'X' => (verb, None),
        'e' | 'E' | 'f' => (verb, Some(6)),
        'F' => ('f', Some(6)),
        _ => return false,
    };
    let precision = layout.precision.or(default);
    let mut number = unsigned(float.abs(), verb, precision);
    if layout.sharp && verb != 'b' {
        number = with_point(&number, verb, precision);
    }
    let sign = layout.sign(float.is_sign_negative());
    // With a sign, zeros stand behind it. A space is no sign where `+` is asked for.
    let missing = layout.width.unwrap_or(0);
    let missing = missing.saturating_sub(sign.len() + number.len());
    if !sign.is_empty() && layout.zero && !layout.minus && missing > 0 {
        out.push_str(sign);
        layout.fill(missing, out);
        out.push_str(&number);
    } else {
        layout.pad(&format!("{sign}{number}"), out);
    }
    true
}

fn unsigned(float: f64, verb: char, precision: Option<usize>) -> String {
    match verb {
        'e' | 'E' => exponent(float, precision, verb),
        'f' => fixed(float, precision),
        'b' => binary(float),
        'x' | 'X' => hexadecimal(float, precision, verb),
        _ => general(float, precision, verb),
    }
}

/// `1.25e+06`.
fn exponent(float: f64, precision: Option<usize>, verb: char) -> String {
    let text = match precision {
        Some(precision) => format!("{float:.*e}", precision.min(MOST_DIGITS)),
        None => go_shortest(float),
    };
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    let mut out = String::from(mantissa);
    push_missing_zeros(&mut out, precision);
    push_power(&mut out, verb, power);
    out
}

fn fixed(float: f64, precision: Option<usize>) -> String {
    // INVARIANT: `%f` has a precision always.
    let wanted = precision.unwrap_or(6);
    let mut out = format!("{float:.*}", wanted.min(MOST_DIGITS));
    push_missing_zeros(&mut out, precision);
    out
}

fn push_missing_zeros(out: &mut String, precision: Option<usize>) {
    let missing = precision.unwrap_or(0).saturating_sub(MOST_DIGITS);
    out.extend(std::iter::repeat_n('0', missing));
}

fn push_power(out: &mut String, mark: char, power: i32) {
    let sign = if power < 0 { '-' } else { '+' };
    // Writing to a text cannot fail.
    let _ = write!(out, "{mark}{sign}{:02}", power.unsigned_abs());
}

/// With an exponent if it is below -4 or not below the precision, which is 6 where none is given.
fn general(float: f64, precision: Option<usize>, verb: char) -> String {
    let precision = precision.map(|precision| precision.clamp(1, MOST_DIGITS));
    let text = match precision {
        Some(precision) => format!("{float:.*e}", precision - 1),
        None => go_shortest(float),
    };
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = match digits.trim_end_matches('0') {
        "" => "0",
        digits => digits,
    };
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let bound = match precision {
        None => 6,
        Some(precision) => {
            let precision = i32::try_from(precision).unwrap_or(i32::MAX);
            // A zero has no digits for Go, and a point before them.
            let (count, point) = if float == 0.0 {
                (0, 0)
            } else {
                (count, power + 1)
            };
            if precision > count && count >= point {
                count
            } else {
                precision
            }
        }
    };
    if float != 0.0 && (power < -4 || power >= bound) {
        let (first, more) = digits.split_at_checked(1).unwrap_or((digits, ""));
        let mut out = String::from(first);
        if !more.is_empty() {
            out.push('.');
            out.push_str(more);
        }
        push_power(&mut out, if verb == 'G' { 'E' } else { 'e' }, power);
        return out;
    }
    let behind = usize::try_from(count - power - 1).unwrap_or(0);
    format!("{float:.behind$}")
}

/// A float's bits: its mantissa as an integer, and the power of two it is to be multiplied with.
fn parts(float: f64) -> (u64, i32) {
    const BITS: u32 = 52;
    let bits = float.to_bits();
    let fraction = bits & ((1 << BITS) - 1);
    let power = i32::try_from((bits >> BITS) & 0x7ff).unwrap_or(0);
    if power == 0 {
        (fraction, -1074)
    } else {
        (fraction | (1 << BITS), power - 1075)
    }
}

/// `4503599627370496p-52`.
fn binary(float: f64) -> String {
    let (mantissa, power) = parts(float);
    format!("{mantissa}p{power:+}")
}

/// `0x1.8p+00`.
fn hexadecimal(float: f64, precision: Option<usize>, verb: char) -> String {
    let (mut mantissa, mut power) = parts(float);
    if mantissa == 0 {
        power = 0;
    } else {
        // One bit before the point, 60 behind it.
        let up = mantissa.leading_zeros() - 3;
        mantissa <<= up;
        power += 60 - i32::try_from(up).unwrap_or(0);
    }
    if let Some(kept) = precision.filter(|kept| *kept < 15) {
        let cut = 60 - 4 * u32::try_from(kept).unwrap_or(0);
        let rest = mantissa & ((1 << cut) - 1);
        mantissa >>= cut;
        let half = 1 << (cut - 1);
        if rest > half || (rest == half && mantissa & 1 == 1) {
            mantissa += 1;
        }
        mantissa <<= cut;
        if mantissa >> 61 == 1 {
            mantissa >>= 1;
            power += 1;
        }
    }
    let digits = format!("{:015x}", mantissa & ((1 << 60) - 1));
    let mut behind = match precision {
        None => digits.trim_end_matches('0').to_owned(),
        Some(kept) => digits.get(..kept).unwrap_or(&digits).to_owned(),
    };
    if let Some(kept) = precision {
        let missing = kept.saturating_sub(behind.len());
        behind.extend(std::iter::repeat_n('0', missing));
    }
    let point = if behind.is_empty() { "" } else { "." };
    let mut out = format!("0x{}{point}{behind}", mantissa >> 60);
    push_power(&mut out, 'p', power);
    if verb == 'X' {
        out.make_ascii_uppercase();
    }
    out
}

/// With a point always, and with the zeros that `%g` leaves off.
fn with_point(number: &str, verb: char, precision: Option<usize>) -> String {
    let mut digits = match verb {
        'g' | 'G' | 'x' => i64::try_from(precision.unwrap_or(6)).unwrap_or(i64::MAX),
        _ => 0,
    };
    let is_hexadecimal = matches!(verb, 'x' | 'X');
    let mark =
        |char: char| matches!(char, 'p' | 'P') || (!is_hexadecimal && matches!(char, 'e' | 'E'));
    let (head, tail) = number
        .split_at_checked(number.find(mark).unwrap_or(number.len()))
        .unwrap_or((number, ""));
    let mut seen = false;
    for char in head.chars().filter(|char| *char != '.') {
        seen |= char != '0';
        digits -= i64::from(seen);
    }
    let mut out = String::from(head);
    if !head.contains('.') {
        digits -= i64::from(head == "0");
        out.push('.');
    }
    out.extend(std::iter::repeat_n(
        '0',
        usize::try_from(digits).unwrap_or(0),
    ));
    out.push_str(tail);
    out
}

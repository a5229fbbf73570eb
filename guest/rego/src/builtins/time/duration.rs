//! Durations: Go's (`1h30m`), and OPA's own days, weeks and years of fixed length.

/// The nanoseconds a text means; `None` where it is no duration, or too long.
pub fn parse(text: &str) -> Option<i64> {
    if text.contains(['d', 'w', 'y']) {
        parse_go(&without_long_units(text)?)
    } else {
        parse_go(text)
    }
}

/// Days, weeks and years as hours.
fn without_long_units(text: &str) -> Option<String> {
    let (mut out, mut rest) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.chars().take(1).collect(), rest),
        None => (String::new(), text),
    };
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (digits, tail) = rest
            .split_at_checked(digits)
            .filter(|(digits, _)| !digits.is_empty())?;
        let length = ["ms", "us", "\u{b5}s", "ns"]
            .iter()
            .find(|unit| tail.starts_with(**unit))
            .map(|unit| unit.len());
        let length = length.or_else(|| {
            tail.starts_with(|c: char| c.is_ascii_lowercase())
                .then_some(1)
        })?;
        let (unit, tail) = tail.split_at_checked(length)?;
        let hours = match unit {
            "d" => 24.0,
            "w" => 168.0,
            "y" => 8_760.0,
            unit => {
                out.push_str(digits);
                out.push_str(unit);
                rest = tail;
                continue;
            }
        };
        let hours = digits
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())?
            * hours;
        out.push_str(&hours.to_string());
        out.push('h');
        rest = tail;
    }
    Some(out)
}

const LIMIT: u64 = 1 << 63;

/// Go's `ParseDuration`.
fn parse_go(text: &str) -> Option<i64> {
    let negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let (whole, tail) = split_digits(rest);
        let (fraction, tail) = match tail.strip_prefix('.') {
            Some(tail) => split_digits(tail),
            None => ("", tail),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let end = tail
            .find(|c: char| c == '.' || c.is_ascii_digit())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(end)?;
        let unit: u64 = match unit {
            "ns" => 1,
            "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let whole: u64 = if whole.is_empty() {
            0
        } else {
            whole.parse().ok()?
        };
        let amount = whole.checked_mul(unit).filter(|amount| *amount <= LIMIT)?;
        let amount = amount
            .checked_add(fraction_of(fraction, unit))
            .filter(|amount| *amount <= LIMIT)?;
        // Go's sum of two halves of everything is nothing.
        total = total.wrapping_add(amount);
        if total > LIMIT {
            return None;
        }
        rest = tail;
    }
    match i64::try_from(total) {
        Ok(total) => Some(if negative { -total } else { total }),
        Err(_) => negative.then_some(i64::MIN),
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "Go computes it so"
)]
fn fraction_of(digits: &str, unit: u64) -> u64 {
    let (mut number, mut scale) = (0_u64, 1.0_f64);
    for digit in digits.bytes() {
        let next = number
            .checked_mul(10)
            .and_then(|next| next.checked_add(u64::from(digit - b'0')));
        let Some(next) = next.filter(|next| number <= (LIMIT - 1) / 10 && *next <= LIMIT) else {
            break;
        };
        number = next;
        scale *= 10.0;
    }
    if number == 0 {
        0
    } else {
        (number as f64 * (unit as f64 / scale)) as u64
    }
}

//! Moments from texts.

use super::civil::{Civil, MONTHS, WEEKDAYS, days_in, is_leap};
use super::layout::{Element, Offset, Padding, next};

/// The seconds since the start of 1970, and the nanoseconds beyond, that a text means by a layout. `None` where it
/// does not fit. Texts without a zone are in UTC, and so are zones known by letters alone.
pub fn parse(layout: &str, text: &str) -> Option<(i64, u32)> {
    parse_with_offset(layout, text).map(|(seconds, nanoseconds, _)| (seconds, nanoseconds))
}

/// The same, and the distance from UTC, in seconds, that the text tells.
pub fn parse_with_offset(mut layout: &str, text: &str) -> Option<(i64, u32, i64)> {
    let mut reader = Reader {
        rest: text.as_bytes(),
        read: Read::default(),
    };
    loop {
        let (prefix, element, suffix) = next(layout);
        reader.literal(prefix.as_bytes())?;
        layout = suffix;
        match element {
            Some(element) => reader.element(element, layout)?,
            None => break,
        }
    }
    if !reader.rest.is_empty() {
        return None;
    }
    reader.read.moment()
}

/// What was read so far.
#[derive(Default)]
struct Read {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanoseconds: i64,
    /// Whether the hour was said to be one before noon, and one after it.
    before_noon: bool,
    after_noon: bool,
    in_utc: bool,
    offset: Option<i64>,
}

impl Read {
    fn moment(mut self) -> Option<(i64, u32, i64)> {
        if self.after_noon && self.hour < 12 {
            self.hour += 12;
        } else if self.before_noon && self.hour == 12 {
            self.hour = 0;
        }
        let (month, day) = match self.year_day {
            None => (self.month.unwrap_or(1), self.day.unwrap_or(1)),
            Some(year_day) => {
                let (month, day) = day_of_year(self.year, year_day)?;
                if self.month.is_some_and(|given| given != month)
                    || self.day.is_some_and(|given| given != day)
                {
                    return None;
                }
                (month, day)
            }
        };
        if day < 1 || day > days_in(month, self.year) {
            return None;
        }
        let Self {
            year,
            hour,
            minute,
            second,
            ..
        } = self;
        let seconds = Civil {
            year,
            month,
            day,
            hour,
            minute,
            second,
        }
        .to_seconds();
        // Go keeps "no distance" as a distance of -1, and so overlooks a true one.
        let offset = self
            .offset
            .filter(|offset| *offset != -1 && !self.in_utc)
            .unwrap_or(0);
        Some((
            seconds - offset,
            u32::try_from(self.nanoseconds).ok()?,
            offset,
        ))
    }
}

/// Month and day of a day of the year.
fn day_of_year(year: i64, mut day: i64) -> Option<(i64, i64)> {
    if !(1..=365 + i64::from(is_leap(year))).contains(&day) {
        return None;
    }
    for month in 1..=12 {
        let days = days_in(month, year);
        if day <= days {
            return Some((month, day));
        }
        day -= days;
    }
    None
}

struct Reader<'text> {
    rest: &'text [u8],
    read: Read,
}

impl<'text> Reader<'text> {
    /// Any number of spaces stands for any other.
    fn literal(&mut self, mut prefix: &[u8]) -> Option<()> {
        while let [first, rest @ ..] = prefix {
            if *first == b' ' {
                if self.rest.first().is_some_and(|&byte| byte != b' ') {
                    return None;
                }
                prefix = trim_spaces(prefix);
                self.rest = trim_spaces(self.rest);
                continue;
            }
            if self.take(1)? != [*first] {
                return None;
            }
            prefix = rest;
        }
        Some(())
    }

    fn element(&mut self, element: Element, layout: &str) -> Option<()> {
        match element {
            Element::ShortYear => {
                let year = to_int(self.take(2)?)?;
                self.read.year = if year >= 69 { year + 1900 } else { year + 2000 };
            }
            Element::Year => {
                let digits = self.take(4)?;
                self.read.year = digits
                    .first()
                    .filter(|digit| digit.is_ascii_digit())
                    .and_then(|_| to_int(digits))?;
            }
            Element::MonthName => self.read.month = Some(self.name(&MONTHS, false)? + 1),
            Element::ShortMonthName => self.read.month = Some(self.name(&MONTHS, true)? + 1),
            Element::Month(padding) => {
                let month = self.number(padding)?;
                self.read.month = Some((1..=12).contains(&month).then_some(month)?);
            }
            Element::WeekdayName => drop(self.name(&WEEKDAYS, false)?),
            Element::ShortWeekdayName => drop(self.name(&WEEKDAYS, true)?),
            Element::Day(padding) => {
                self.space(padding);
                self.read.day = Some(self.number(padding)?);
            }
            Element::YearDay(padding) => {
                self.space(padding);
                self.space(padding);
                let digits = self
                    .rest
                    .iter()
                    .take(3)
                    .take_while(|byte| byte.is_ascii_digit())
                    .count();
                if digits == 0 || padding == Padding::Zero && digits != 3 {
                    return None;
                }
                self.read.year_day = Some(to_int(self.take(digits)?)?);
            }
            Element::Hour => self.read.hour = self.number_below(Padding::None, 24)?,
            Element::Hour12(padding) => self.read.hour = self.number_below(padding, 13)?,
            Element::Minute(padding) => self.read.minute = self.number_below(padding, 60)?,
            Element::Second(padding) => {
                self.read.second = self.number_below(padding, 60)?;
                // A fraction may follow even where the layout has none.
                if !matches!(next(layout), (_, Some(Element::Fraction { .. }), _)) {
                    self.fraction()?;
                }
            }
            Element::Half { upper } => {
                let (morning, afternoon): (&[u8], &[u8]) = if upper {
                    (b"AM", b"PM")
                } else {
                    (b"am", b"pm")
                };
                let half = self.take(2)?;
                self.read.before_noon |= half == morning;
                self.read.after_noon |= half == afternoon;
                return (half == morning || half == afternoon).then_some(());
            }
            Element::Offset(how) => return self.offset(how),
            Element::ZoneName => return self.zone_name(),
            Element::Fraction { trimmed: true, .. } => self.fraction()?,
            Element::Fraction { digits, .. } => {
                let written = self.take(digits + 1)?;
                self.read.nanoseconds = to_nanoseconds(written)?;
            }
        }
        Some(())
    }

    fn take(&mut self, length: usize) -> Option<&'text [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn space(&mut self, padding: Padding) {
        if padding == Padding::Space
            && let [b' ', rest @ ..] = self.rest
        {
            self.rest = rest;
        }
    }

    /// One digit or two; two where zeros pad.
    fn number(&mut self, padding: Padding) -> Option<i64> {
        let digits = self
            .rest
            .iter()
            .take(2)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if digits == 0 || padding == Padding::Zero && digits == 1 {
            return None;
        }
        to_int(self.take(digits)?)
    }

    fn number_below(&mut self, padding: Padding, limit: i64) -> Option<i64> {
        self.number(padding).filter(|number| *number < limit)
    }

    /// A name, in any case.
    fn name(&mut self, names: &[&str], short: bool) -> Option<i64> {
        let starts = |name: &str| {
            let name = if short {
                name.get(..3).unwrap_or(name)
            } else {
                name
            };
            let found = self.rest.get(..name.len())?;
            found
                .eq_ignore_ascii_case(name.as_bytes())
                .then_some(name.len())
        };
        let (at, length) = names
            .iter()
            .enumerate()
            .find_map(|(at, name)| Some((at, starts(name)?)))?;
        self.take(length)?;
        i64::try_from(at).ok()
    }

    /// A point or comma and digits, as many as there are, if there are any.
    fn fraction(&mut self) -> Option<()> {
        if let [b'.' | b',', digits @ ..] = self.rest {
            let digits = digits
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            if digits > 0 {
                self.read.nanoseconds = to_nanoseconds(self.take(digits + 1)?)?;
            }
        }
        Some(())
    }

    fn offset(&mut self, how: Offset) -> Option<()> {
        if how.z
            && let [b'Z', rest @ ..] = self.rest
        {
            self.rest = rest;
            self.read.in_utc = true;
            return Some(());
        }
        let sign = match self.take(1)? {
            b"+" => 1,
            b"-" => -1,
            _ => return None,
        };
        let two_digits = |reader: &mut Self, behind_colon: bool, most: i64| {
            if behind_colon && reader.take(1)? != b":" {
                return None;
            }
            let digits = reader
                .take(2)
                .filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
            to_int(digits).filter(|number| *number <= most)
        };
        let hours = two_digits(self, false, 24)?;
        let minutes = if how.minutes {
            two_digits(self, how.colons, 60)?
        } else {
            0
        };
        let seconds = if how.seconds {
            two_digits(self, how.colons, 60)?
        } else {
            0
        };
        self.read.offset = Some(sign * ((hours * 60 + minutes) * 60 + seconds));
        Some(())
    }

    fn zone_name(&mut self) -> Option<()> {
        if self.rest.starts_with(b"UTC") {
            self.take(3)?;
            self.read.in_utc = true;
            return Some(());
        }
        // Of any other name Go does not know the distance, and of `GMT+3` it keeps it for show alone.
        self.take(zone_name_length(self.rest)?)?;
        Some(())
    }
}

/// How many bytes look like the abbreviation of a zone.
fn zone_name_length(text: &[u8]) -> Option<usize> {
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(rest) = text.strip_prefix(b"GMT") {
        return Some(3 + signed_hours_length(rest).unwrap_or_default());
    }
    if text.len() >= 3 && matches!(text.first(), Some(b'+' | b'-')) {
        return signed_hours_length(text);
    }
    let capitals = text
        .iter()
        .take(6)
        .take_while(|byte| byte.is_ascii_uppercase())
        .count();
    match capitals {
        5 if text.get(4) == Some(&b'T') => Some(5),
        4 if text.get(3) == Some(&b'T') || text.starts_with(b"WITA") => Some(4),
        3 => Some(3),
        _ => None,
    }
}

/// How long `+3` or `-03` is, of at most 23 hours.
fn signed_hours_length(text: &[u8]) -> Option<usize> {
    let [b'+' | b'-', rest @ ..] = text else {
        return None;
    };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let hours = rest
        .get(..digits)
        .filter(|digits| !digits.is_empty())
        .and_then(to_int)?;
    (hours <= 23).then_some(1 + digits)
}

/// An integer with or without a sign.
fn to_int(text: &[u8]) -> Option<i64> {
    let (digits, sign) = match text {
        [b'-', digits @ ..] => (digits, -1),
        [b'+', digits @ ..] | digits => (digits, 1),
    };
    digits
        .iter()
        .try_fold(0_i64, |sum, digit| {
            let digit = digit.is_ascii_digit().then(|| i64::from(digit - b'0'))?;
            sum.checked_mul(10)?.checked_add(digit)
        })
        .map(|number| sign * number)
}

/// What a point or comma and digits are in nanoseconds. Digits behind the ninth do not count.
fn to_nanoseconds(text: &[u8]) -> Option<i64> {
    let [b'.' | b',', digits @ ..] = text else {
        return None;
    };
    let digits = digits.get(..9).unwrap_or(digits);
    let number = to_int(digits).filter(|number| *number >= 0)?;
    Some(number * 10_i64.pow(9 - u32::try_from(digits.len()).ok()?))
}

/// Without the spaces at its start.
fn trim_spaces(text: &[u8]) -> &[u8] {
    let count = text.iter().take_while(|&&byte| byte == b' ').count();
    text.get(count..).unwrap_or_default()
}

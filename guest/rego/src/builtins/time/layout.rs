//! Layouts of Go's `time`: the reference moment `Mon Jan 2 15:04:05 MST 2006`, written as a moment should be.

/// What a part of a layout stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// `2006`, `06`.
    Year,
    ShortYear,
    /// `January`, `Jan`, `1`, `01`.
    MonthName,
    ShortMonthName,
    Month(Padding),
    /// `Monday`, `Mon`.
    WeekdayName,
    ShortWeekdayName,
    /// `2`, `_2`, `02`.
    Day(Padding),
    /// `__2`, `002`.
    YearDay(Padding),
    /// `15`.
    Hour,
    /// `3`, `03`.
    Hour12(Padding),
    /// `4`, `04`.
    Minute(Padding),
    /// `5`, `05`.
    Second(Padding),
    /// `PM`, `pm`.
    Half {
        upper: bool,
    },
    /// `MST`.
    ZoneName,
    /// `-0700` and the like.
    Offset(Offset),
    /// `.000`, `,000`, `.999`, `,999`.
    Fraction {
        digits: usize,
        comma: bool,
        trimmed: bool,
    },
}

/// How a number of fewer digits is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    None,
    Space,
    Zero,
}

/// How a zone's distance from UTC is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct Offset {
    /// Whether UTC is `Z`.
    pub z: bool,
    pub colons: bool,
    pub minutes: bool,
    pub seconds: bool,
}

const OFFSETS: [(&str, Offset); 5] = [
    (
        "070000",
        Offset {
            z: false,
            colons: false,
            minutes: true,
            seconds: true,
        },
    ),
    (
        "07:00:00",
        Offset {
            z: false,
            colons: true,
            minutes: true,
            seconds: true,
        },
    ),
    (
        "0700",
        Offset {
            z: false,
            colons: false,
            minutes: true,
            seconds: false,
        },
    ),
    (
        "07:00",
        Offset {
            z: false,
            colons: true,
            minutes: true,
            seconds: false,
        },
    ),
    (
        "07",
        Offset {
            z: false,
            colons: false,
            minutes: false,
            seconds: false,
        },
    ),
];

/// The text before the next element, the element, and the layout behind it.
pub fn next(layout: &str) -> (&str, Option<Element>, &str) {
    for (at, first) in layout.bytes().enumerate() {
        let rest = layout.get(at..).unwrap_or_default();
        let Some((element, skipped, length)) = element(first, rest) else {
            continue;
        };
        let prefix = layout.get(..at + skipped).unwrap_or_default();
        let suffix = layout.get(at + skipped + length..).unwrap_or_default();
        return (prefix, Some(element), suffix);
    }
    (layout, None, "")
}

/// The element at the start of a text, how much before it is literal, and how long it is.
fn element(first: u8, text: &str) -> Option<(Element, usize, usize)> {
    use Element as E;
    use Padding as P;
    let plain = |element, length| Some((element, 0, length));
    let starts = |prefix: &str| text.starts_with(prefix);
    let short_name = || !text.as_bytes().get(3).is_some_and(u8::is_ascii_lowercase);
    match first {
        b'J' if starts("January") => plain(E::MonthName, 7),
        b'J' if starts("Jan") && short_name() => plain(E::ShortMonthName, 3),
        b'M' if starts("Monday") => plain(E::WeekdayName, 6),
        b'M' if starts("Mon") && short_name() => plain(E::ShortWeekdayName, 3),
        b'M' if starts("MST") => plain(E::ZoneName, 3),
        b'0' => match text.as_bytes().get(1)? {
            b'1' => plain(E::Month(P::Zero), 2),
            b'2' => plain(E::Day(P::Zero), 2),
            b'3' => plain(E::Hour12(P::Zero), 2),
            b'4' => plain(E::Minute(P::Zero), 2),
            b'5' => plain(E::Second(P::Zero), 2),
            b'6' => plain(E::ShortYear, 2),
            _ if starts("002") => plain(E::YearDay(P::Zero), 3),
            _ => None,
        },
        b'1' if starts("15") => plain(E::Hour, 2),
        b'1' => plain(E::Month(P::None), 1),
        b'2' if starts("2006") => plain(E::Year, 4),
        b'2' => plain(E::Day(P::None), 1),
        b'_' if starts("_2006") => Some((E::Year, 1, 4)),
        b'_' if starts("_2") => plain(E::Day(P::Space), 2),
        b'_' if starts("__2") => plain(E::YearDay(P::Space), 3),
        b'3' => plain(E::Hour12(P::None), 1),
        b'4' => plain(E::Minute(P::None), 1),
        b'5' => plain(E::Second(P::None), 1),
        b'P' if starts("PM") => plain(E::Half { upper: true }, 2),
        b'p' if starts("pm") => plain(E::Half { upper: false }, 2),
        b'-' | b'Z' => {
            let digits = text.get(1..)?;
            let (written, offset) = OFFSETS
                .iter()
                .find(|(written, _)| digits.starts_with(written))?;
            plain(
                E::Offset(Offset {
                    z: first == b'Z',
                    ..*offset
                }),
                1 + written.len(),
            )
        }
        b'.' | b',' => {
            let digit = *text
                .as_bytes()
                .get(1)
                .filter(|digit| matches!(digit, b'0' | b'9'))?;
            let digits = text
                .bytes()
                .skip(1)
                .take_while(|&other| other == digit)
                .count();
            // Other digits behind these: no fraction.
            if text
                .as_bytes()
                .get(1 + digits)
                .is_some_and(u8::is_ascii_digit)
            {
                return None;
            }
            plain(
                E::Fraction {
                    digits,
                    comma: first == b',',
                    trimmed: digit == b'9',
                },
                1 + digits,
            )
        }
        _ => None,
    }
}

/// The layout a name stands for, or the layout itself.
pub fn named(layout: &str) -> &str {
    match layout {
        "ANSIC" => "Mon Jan _2 15:04:05 2006",
        "UnixDate" => "Mon Jan _2 15:04:05 MST 2006",
        "RubyDate" => "Mon Jan 02 15:04:05 -0700 2006",
        "RFC822" => "02 Jan 06 15:04 MST",
        "RFC822Z" => "02 Jan 06 15:04 -0700",
        "RFC850" => "Monday, 02-Jan-06 15:04:05 MST",
        "RFC1123" => "Mon, 02 Jan 2006 15:04:05 MST",
        "RFC1123Z" => "Mon, 02 Jan 2006 15:04:05 -0700",
        "RFC3339" => RFC3339,
        "RFC3339Nano" => RFC3339_NANO,
        other => other,
    }
}

pub const RFC3339: &str = "2006-01-02T15:04:05Z07:00";
pub const RFC3339_NANO: &str = "2006-01-02T15:04:05.999999999Z07:00";

//! Go's `fmt.Sprintf`, over what OPA passes to it.

mod argument;
mod float;
mod layout;

use argument::Argument;
use layout::Layout;

use super::BuiltinError;
use crate::value::Value;

/// A longer text is not made: a width of a million takes eight characters to ask for.
const LONGEST: usize = 16 << 20;

/// A format with its arguments in place.
///
/// # Errors
///
/// The text would have more than 16 MiB; OPA would make it.
pub fn print(format: &str, arguments: &[Value]) -> Result<String, BuiltinError> {
    let mut printer = Printer {
        format,
        at: 0,
        arguments,
        next: 0,
        reordered: false,
        good: true,
        out: String::with_capacity(format.len() + 16 * arguments.len()),
    };
    printer.run()?;
    Ok(printer.out)
}

struct Printer<'a> {
    format: &'a str,
    /// The next byte of the format.
    at: usize,
    arguments: &'a [Value],
    /// The next argument.
    next: usize,
    /// Whether an argument was asked for by its number.
    reordered: bool,
    /// Whether the directive's argument numbers are good.
    good: bool,
    out: String,
}

impl Printer<'_> {
    fn run(&mut self) -> Result<(), BuiltinError> {
        while let Some(rest) = self.format.get(self.at..).filter(|rest| !rest.is_empty()) {
            let plain = rest.find('%').unwrap_or(rest.len());
            self.out.push_str(rest.get(..plain).unwrap_or(rest));
            self.at += plain;
            if self.peek().is_none() {
                break;
            }
            self.at += 1;
            self.good = true;
            if !self.directive() {
                break;
            }
            if self.out.len() > LONGEST {
                return Err(BuiltinError::Failed(format!(
                    "a text longer than {LONGEST} bytes"
                )));
            }
        }
        if !self.reordered && self.next < self.arguments.len() {
            self.extra();
        }
        Ok(())
    }

    /// What follows a `%`. False if the format ends before it.
    fn directive(&mut self) -> bool {
        let mut layout = Layout::default();
        while let Some(byte) = self.peek() {
            match byte {
                b'#' => layout.sharp = true,
                b'0' => layout.zero = true,
                b'+' => layout.plus = true,
                b'-' => layout.minus = true,
                b' ' => layout.space = true,
                _ => break,
            }
            self.at += 1;
        }
        let mut indexed = self.argument_number();
        if self.peek() == Some(b'*') {
            self.at += 1;
            self.width_of_argument(&mut layout);
            indexed = false;
        } else {
            layout.width = self.number();
            self.good &= !(indexed && layout.width.is_some());
        }
        if self.peek() == Some(b'.') && self.at + 1 < self.format.len() {
            self.at += 1;
            self.good &= !indexed;
            indexed = self.argument_number();
            if self.peek() == Some(b'*') {
                self.at += 1;
                self.precision_of_argument(&mut layout);
                indexed = false;
            } else {
                layout.precision = Some(self.number().unwrap_or(0));
            }
        }
        if !indexed {
            self.argument_number();
        }
        let Some(verb) = self
            .format
            .get(self.at..)
            .and_then(|rest| rest.chars().next())
        else {
            self.out.push_str("%!(NOVERB)");
            return false;
        };
        self.at += verb.len_utf8();
        self.verb(verb, layout);
        true
    }

    fn verb(&mut self, verb: char, mut layout: Layout) {
        if verb == '%' {
            self.out.push('%');
            return;
        }
        if !self.good {
            self.bad(verb, "(BADINDEX)");
            return;
        }
        let Some(value) = self.arguments.get(self.next) else {
            self.bad(verb, "(MISSING)");
            return;
        };
        self.next += 1;
        if matches!(verb, 'v' | 'w') {
            layout.go_syntax();
        }
        Argument::of(value).write(verb, &layout, &mut self.out);
    }

    fn bad(&mut self, verb: char, what: &str) {
        self.out.push_str("%!");
        self.out.push(verb);
        self.out.push_str(what);
    }

    fn extra(&mut self) {
        self.out.push_str("%!(EXTRA ");
        let extra = self.arguments.get(self.next..).unwrap_or_default();
        for (at, value) in extra.iter().enumerate() {
            if at > 0 {
                self.out.push_str(", ");
            }
            let argument = Argument::of(value);
            self.out.push_str(argument.type_name());
            self.out.push('=');
            argument.write('v', &Layout::default(), &mut self.out);
        }
        self.out.push(')');
    }

    /// `*` as a width: the next argument, which may be negative to mean "flush left".
    fn width_of_argument(&mut self, layout: &mut Layout) {
        let width = self.int_argument();
        layout.width = width.map(|width| usize::try_from(width.unsigned_abs()).unwrap_or(0));
        match width {
            Some(..0) => {
                layout.minus = true;
                layout.zero = false;
            }
            Some(_) => {}
            None => self.out.push_str("%!(BADWIDTH)"),
        }
    }

    fn precision_of_argument(&mut self, layout: &mut Layout) {
        let precision = self.int_argument();
        layout.precision = precision.and_then(|precision| usize::try_from(precision).ok());
        if layout.precision.is_none() {
            self.out.push_str("%!(BADPREC)");
        }
    }

    fn int_argument(&mut self) -> Option<i64> {
        let value = self.arguments.get(self.next)?;
        self.next += 1;
        match Argument::of(value) {
            Argument::Int(int) if int.unsigned_abs() <= 1_000_000 => Some(int),
            _ => None,
        }
    }

    /// `[2]`: which argument is next. Whether there was one.
    fn argument_number(&mut self) -> bool {
        if self.peek() != Some(b'[') {
            return false;
        }
        self.reordered = true;
        let rest = self.format.get(self.at..).unwrap_or_default();
        let Some(end) = rest.find(']') else {
            self.good = false;
            self.at += 1;
            return false;
        };
        let number = rest.get(1..end).unwrap_or_default();
        self.at += end + 1;
        match read_number(number.as_bytes()) {
            Some((number, used)) if used == number_length(end) => {
                let index = number
                    .checked_sub(1)
                    .filter(|at| *at < self.arguments.len());
                match index {
                    Some(index) => self.next = index,
                    None => self.good = false,
                }
                true
            }
            _ => {
                self.good = false;
                false
            }
        }
    }

    /// Digits in the format. One that is too large eats the rest of it.
    fn number(&mut self) -> Option<usize> {
        let rest = self.format.as_bytes().get(self.at..).unwrap_or_default();
        match read_number(rest) {
            Some((number, used)) => {
                self.at += used;
                Some(number)
            }
            None if rest.first().is_some_and(u8::is_ascii_digit) => {
                self.at = self.format.len();
                None
            }
            None => None,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.format.as_bytes().get(self.at).copied()
    }
}

/// How many digits stand before the closing bracket at this place.
const fn number_length(end: usize) -> usize {
    end - 1
}

/// A number, and how many digits it has. `None` if there is none, or it is past ten million.
fn read_number(text: &[u8]) -> Option<(usize, usize)> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 {
        return None;
    }
    let number = text.iter().take(digits).try_fold(0_usize, |number, digit| {
        (number <= 1_000_000).then(|| number * 10 + usize::from(digit - b'0'))
    });
    number.map(|number| (number, digits))
}

#[cfg(test)]
mod tests {
    use crate::builtins::testing::call;

    /// What a format and its arguments, in JSON, come to.
    fn printed(format: &str, arguments: &str) -> String {
        let format = format!("{format:?}");
        let printed = call("sprintf", &[&format, arguments]);
        crate::json::read_json(&printed, 1)
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    }

    #[test]
    fn flags_widths_and_precisions_are_gos() {
        assert_eq!(
            printed("%5d|%-5d|%05d|%+d", "[1, 2, 3, 4]"),
            "    1|2    |00003|+4"
        );
        assert_eq!(
            printed("%6.2f|%08.3f|%e", "[5.5, -1.5, 12345.678]"),
            "  5.50|-001.500|1.234568e+04"
        );
        assert_eq!(
            printed("%.0f %.0f %g %v", "[2.5, 3.5, 1e21, 100000000.5]"),
            "2 4 1e+21 1.000000005e+08"
        );
        assert_eq!(
            printed("%6.3v|%-8q|%08s", r#"["abcdef", "a", "x"]"#),
            "   abc|\"a\"     |0000000x"
        );
        assert_eq!(printed("%[2]d %[1]d %*d", "[1, 2, 5]"), "2 1  5");
    }

    #[test]
    fn verbs_fit_the_kind_of_number() {
        assert_eq!(
            printed("%x %X %c %U %q", r#"[255, "hi", 233, 233, 120]"#),
            "ff 6869 é U+00E9 'x'"
        );
        assert_eq!(
            printed("%T %T %T", r"[1, 1.0, 12345678901234567890123]"),
            "int64 float64 *big.Int"
        );
        assert_eq!(
            printed(
                "%v %x",
                "[12345678901234567890123, 12345678901234567890123]"
            ),
            "12345678901234567890123 29d42b64e76714244cb"
        );
        assert_eq!(
            printed("%b %x", "[1.5, 1.5]"),
            "6755399441055744p-52 0x1.8p+00"
        );
        assert_eq!(printed("%v %v", "[1.0, 1e400]"), "1 1e400");
    }

    #[test]
    fn what_does_not_fit_is_said_in_place() {
        assert_eq!(
            printed("%d %s", "[1.5, 3]"),
            "%!d(float64=1.5) %!s(int64=3)"
        );
        assert_eq!(printed("%.2f", "[3]"), "%!f(int64=03)");
        assert_eq!(printed("%d", "[]"), "%!d(MISSING)");
        assert_eq!(printed("%d", "[1, 2]"), "1%!(EXTRA int64=2)");
        assert_eq!(
            printed("%q", "[12345678901234567890123]"),
            "%!q(big.Int=12345678901234567890123)"
        );
        assert_eq!(printed("%", "[]"), "%!(NOVERB)");
        assert_eq!(printed("%[5]d", "[1]"), "%!d(BADINDEX)");
    }

    #[test]
    fn collections_are_written_as_a_policy_writes_them() {
        assert_eq!(
            printed("%v %s", r#"[{"a": [1.50, "é"]}, {"set": []}]"#),
            "{\"a\": [1.50, \"é\"]} set()"
        );
    }

    #[test]
    fn the_length_limit_is_violated() {
        let format = "%1000000d".repeat(20);
        let ones = vec!["1"; 20].join(",");
        assert_eq!(
            call("sprintf", &[&format!("{format:?}"), &format!("[{ones}]")]),
            "builtin error"
        );
    }
}

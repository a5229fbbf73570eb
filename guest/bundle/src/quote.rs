//! User input inside a message.

/// Longest user input a message repeats, in characters.
const LONGEST: usize = 120;

/// The text in backticks, on one line, cut where it is long.
pub(crate) fn quote(text: &str) -> String {
    format!("`{}`", one_line(text))
}

/// The text on one line, cut where it is long.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::new();
    for (n, letter) in text.chars().enumerate() {
        if n == LONGEST {
            line.push('…');
            break;
        }
        if letter.is_control() {
            line.extend(letter.escape_default());
        } else {
            line.push(letter);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_stays_on_the_line() {
        assert_eq!(quote("a\nb\u{1b}"), r"`a\nb\u{1b}`");
    }

    #[test]
    fn length_obeyed() {
        assert_eq!(one_line(&"é".repeat(LONGEST)), "é".repeat(LONGEST));
    }

    #[test]
    fn length_violated() {
        assert_eq!(
            one_line(&"é".repeat(LONGEST + 1)),
            "é".repeat(LONGEST) + "…"
        );
    }
}

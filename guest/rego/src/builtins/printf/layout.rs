//! How an argument is laid out: flags, width and precision.

/// A directive without its verb.
#[expect(clippy::struct_excessive_bools, reason = "the flags are Go's")]
#[derive(Debug, Default, Clone, Copy)]
pub struct Layout {
    pub sharp: bool,
    pub zero: bool,
    pub plus: bool,
    pub minus: bool,
    pub space: bool,
    /// `%#v`: as Go would write it in a program.
    pub go: bool,
    /// `%+v`, which means something to wide integers only.
    pub fields: bool,
    pub width: Option<usize>,
    pub precision: Option<usize>,
}

impl Layout {
    /// `%v` reads two flags in its own way.
    pub fn go_syntax(&mut self) {
        self.go = std::mem::take(&mut self.sharp);
        self.fields = std::mem::take(&mut self.plus);
    }

    /// Writes a text, padded to the width.
    pub fn pad(&self, text: &str, out: &mut String) {
        let missing = self
            .width
            .map_or(0, |width| width.saturating_sub(text.chars().count()));
        if self.minus {
            out.push_str(text);
            self.fill(missing, out);
        } else {
            self.fill(missing, out);
            out.push_str(text);
        }
    }

    /// Writes a text, padded with spaces whatever the flags.
    pub fn pad_with_spaces(&self, text: &str, out: &mut String) {
        let spaces = Self {
            zero: false,
            ..*self
        };
        spaces.pad(text, out);
    }

    /// Writes padding.
    pub fn fill(&self, count: usize, out: &mut String) {
        let with = if self.zero && !self.minus { '0' } else { ' ' };
        out.extend(std::iter::repeat_n(with, count));
    }

    /// No more characters than the precision.
    pub fn cut<'text>(&self, text: &'text str) -> &'text str {
        let end = self
            .precision
            .and_then(|precision| text.char_indices().nth(precision));
        match end {
            Some((end, _)) => text.get(..end).unwrap_or(text),
            None => text,
        }
    }

    /// The sign of a number: `-`, or `+` or a space where a flag asks for one.
    pub const fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.plus, self.space) {
            (true, _, _) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            (false, false, false) => "",
        }
    }
}

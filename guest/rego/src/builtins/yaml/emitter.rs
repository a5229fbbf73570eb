//! Writes YAML in blocks, as the package's emitter lays it out.

/// A scalar, and how it should be written if it can.
pub enum Scalar<'text> {
    Plain(&'text str),
    DoubleQuoted(&'text str),
    Literal(&'text str),
}

/// The text so far, and where it stands.
#[derive(Debug)]
pub struct Emitter {
    out: String,
    column: usize,
    /// How far the present collection is indented; none outside of all.
    indent: Option<usize>,
    indents: Vec<Option<usize>>,
    /// Whether the last character written was a space, or stands for one.
    whitespace: bool,
    /// Whether the line has nothing but what indents.
    indention: bool,
    /// Whether the next scalar is a key that needs no `?`.
    simple_key: bool,
}

impl Default for Emitter {
    fn default() -> Self {
        Self {
            out: String::new(),
            column: 0,
            indent: None,
            indents: Vec::new(),
            whitespace: true,
            indention: true,
            simple_key: false,
        }
    }
}

impl Emitter {
    /// The text, with its last line ended.
    pub fn finish(mut self) -> String {
        self.write_indent();
        self.out
    }

    /// Begins a sequence or a mapping.
    pub fn begin(&mut self) {
        self.indents.push(self.indent);
        self.indent = Some(self.indent.map_or(0, |indent| indent + 2));
    }

    /// Ends what was begun.
    pub fn end(&mut self) {
        self.indent = self.indents.pop().flatten();
    }

    /// Begins an item of a sequence.
    pub fn item(&mut self) {
        self.write_indent();
        self.indicator("-", true, true);
    }

    /// Writes a key of a mapping; its value comes next.
    pub fn key(&mut self, key: &Scalar<'_>) {
        self.write_indent();
        let (Scalar::Plain(text) | Scalar::DoubleQuoted(text) | Scalar::Literal(text)) = key;
        if text.len() <= 128 && !text.chars().any(is_break) {
            self.simple_key = true;
            self.scalar(key);
            self.simple_key = false;
            self.indicator(":", false, false);
        } else {
            self.indicator("?", true, true);
            self.scalar(key);
            self.write_indent();
            self.indicator(":", true, true);
        }
    }

    /// Writes `[]` or `{}`.
    pub fn empty(&mut self, brackets: &str) {
        self.indicator(brackets, true, false);
    }

    /// Writes a scalar.
    pub fn scalar(&mut self, scalar: &Scalar<'_>) {
        let before = self.indent;
        self.indent = Some(self.indent.map_or(2, |indent| indent + 2));
        match *scalar {
            Scalar::Plain(text) => {
                let look = Look::of(text);
                if look.plain && !(text.is_empty() && self.simple_key) {
                    self.plain(text);
                } else if look.single_quoted {
                    self.single_quoted(text);
                } else {
                    self.double_quoted(text);
                }
            }
            Scalar::Literal(text) if !self.simple_key && Look::of(text).block => self.literal(text),
            Scalar::DoubleQuoted(text) | Scalar::Literal(text) => self.double_quoted(text),
        }
        self.indent = before;
    }

    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn put_break(&mut self, c: char) {
        self.out.push(c);
        self.column = 0;
        self.indention = true;
    }

    fn write_indent(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.indention || self.column > indent || self.column == indent && !self.whitespace {
            self.put_break('\n');
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace = true;
    }

    fn indicator(&mut self, indicator: &str, needs_space: bool, indents: bool) {
        if needs_space && !self.whitespace {
            self.put(' ');
        }
        indicator.chars().for_each(|c| self.put(c));
        self.whitespace = false;
        self.indention &= indents;
    }

    fn plain(&mut self, text: &str) {
        if !text.is_empty() && !self.whitespace {
            self.put(' ');
        }
        text.chars().for_each(|c| self.put(c));
        if !text.is_empty() {
            self.whitespace = false;
        }
        self.indention = false;
    }

    fn single_quoted(&mut self, text: &str) {
        self.indicator("'", true, false);
        let mut breaks = false;
        for c in text.chars() {
            if c == ' ' {
                self.put(c);
            } else if is_break(c) {
                if !breaks && c == '\n' {
                    self.put_break('\n');
                }
                self.put_break(c);
                breaks = true;
            } else {
                if breaks {
                    self.write_indent();
                }
                if c == '\'' {
                    self.put('\'');
                }
                self.put(c);
                self.indention = false;
                breaks = false;
            }
        }
        self.indicator("'", false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn double_quoted(&mut self, text: &str) {
        self.indicator("\"", true, false);
        // The package looks for the mark at the start of the text, not at the character.
        let marked = text.starts_with('\u{feff}');
        for c in text.chars() {
            if is_printable(c) && !marked && !is_break(c) && c != '"' && c != '\\' {
                self.put(c);
            } else {
                escape(c).chars().for_each(|c| self.put(c));
            }
        }
        self.indicator("\"", false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn literal(&mut self, text: &str) {
        self.indicator("|", true, false);
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.indicator("2", false, false);
        }
        let mut from_end = text.chars().rev();
        match (from_end.next().is_some_and(is_break), from_end.next()) {
            (false, _) => self.indicator("-", false, false),
            (true, None) => self.indicator("+", false, false),
            (true, Some(c)) if is_break(c) => self.indicator("+", false, false),
            _ => {}
        }
        self.put_break('\n');
        self.whitespace = true;
        let mut breaks = true;
        for c in text.chars() {
            if is_break(c) {
                self.put_break(c);
                breaks = true;
            } else {
                if breaks {
                    self.write_indent();
                }
                self.put(c);
                self.indention = false;
                breaks = false;
            }
        }
    }
}

/// How a text can be written in a block.
struct Look {
    plain: bool,
    single_quoted: bool,
    block: bool,
}

impl Look {
    fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self {
                plain: true,
                single_quoted: true,
                block: false,
            };
        }
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let (mut special, mut tabs, mut line_breaks) = (false, false, false);
        let (mut break_space, mut space_break) = (false, false);
        let (mut after_space, mut after_break, mut after_blank) = (false, false, true);
        let mut chars = text.chars().peekable();
        let mut first = true;
        while let Some(c) = chars.next() {
            let before_blank = chars.peek().is_none_or(|&next| matches!(next, ' ' | '\t'));
            indicators |= match c {
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
                | '@' | '`' => first,
                '#' => first || after_blank,
                '?' | '-' => first && before_blank,
                ':' => before_blank,
                _ => false,
            };
            if c == '\t' {
                tabs = true;
            } else if !is_printable(c) {
                special = true;
            }
            if c == ' ' {
                break_space |= after_break;
            } else if is_break(c) {
                line_breaks = true;
                space_break |= after_space;
            }
            after_space = c == ' ';
            after_break = is_break(c);
            after_blank = matches!(c, ' ' | '\t' | '\0') || is_break(c);
            first = false;
        }
        let is_edge = |c: char| c == ' ' || is_break(c);
        let edges = text.starts_with(is_edge) || text.ends_with(is_edge);
        let hard = space_break || tabs || special;
        Self {
            plain: !(edges || break_space || hard || line_breaks || indicators),
            single_quoted: !(break_space || hard),
            block: !(text.ends_with(' ') || space_break || special),
        }
    }
}

const fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

const fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

fn escape(c: char) -> String {
    match c {
        '\0' => "\\0".into(),
        '\u{7}' => "\\a".into(),
        '\u{8}' => "\\b".into(),
        '\t' => "\\t".into(),
        '\n' => "\\n".into(),
        '\u{b}' => "\\v".into(),
        '\u{c}' => "\\f".into(),
        '\r' => "\\r".into(),
        '\u{1b}' => "\\e".into(),
        '"' => "\\\"".into(),
        '\\' => "\\\\".into(),
        '\u{85}' => "\\N".into(),
        '\u{a0}' => "\\_".into(),
        '\u{2028}' => "\\L".into(),
        '\u{2029}' => "\\P".into(),
        '\0'..='\u{ff}' => format!("\\x{:02X}", u32::from(c)),
        '\u{100}'..='\u{ffff}' => format!("\\u{:04X}", u32::from(c)),
        _ => format!("\\U{:08X}", u32::from(c)),
    }
}

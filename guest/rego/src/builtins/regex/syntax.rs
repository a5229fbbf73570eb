//! The syntax of regular expressions, as Go's `regexp/syntax` reads it with Perl's flags.

use regex_syntax::hir::{ClassUnicode, Look};

use super::class::{self, fold, range};
use super::node::Node;

/// How deep groups and repetitions may nest. Go allows a thousand levels, which our stack may not hold.
const MAX_DEPTH: u32 = 250;
const MAX_REPEATS: u32 = 1000;

/// What is wrong with an expression.
pub type Fault = &'static str;

const PERL_FAULT: Fault = "invalid or unsupported Perl syntax";
const RANGE_FAULT: Fault = "invalid character class range";

/// A parsed expression, and the names of its groups by their index; the whole is group 0.
pub struct Parsed {
    pub node: Node,
    pub names: Vec<String>,
}

/// Reads an expression.
pub fn parse(text: &str) -> Result<Parsed, Fault> {
    let mut parser = Parser {
        rest: text,
        flags: Flags::default(),
        open: vec![Group::default()],
        names: vec![String::new()],
    };
    parser.expression()?;
    let [group] = <[Group; 1]>::try_from(parser.open).map_err(|_| "missing closing )")?;
    Ok(Parsed {
        node: group.finish()?.node,
        names: parser.names,
    })
}

#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "Go's flags")]
struct Flags {
    fold: bool,
    many_lines: bool,
    dot_is_any: bool,
    swap_greed: bool,
}

/// A node, and how deep it is.
struct Item {
    node: Node,
    depth: u32,
}

/// A group that was opened.
#[derive(Default)]
struct Group {
    /// Its number, if it captures.
    index: Option<u32>,
    /// What held before it, and holds again behind it.
    flags: Flags,
    alternatives: Vec<Item>,
    /// The alternative being read.
    items: Vec<Item>,
}

impl Group {
    fn end_alternative(&mut self) -> Result<(), Fault> {
        let items = std::mem::take(&mut self.items);
        self.alternatives.push(join(items, Node::Concat)?);
        Ok(())
    }

    fn finish(mut self) -> Result<Item, Fault> {
        self.end_alternative()?;
        let whole = join(self.alternatives, Node::Alternate)?;
        match self.index {
            Some(index) => deeper(whole, |what| Node::Capture {
                index,
                what: Box::new(what),
            }),
            None => Ok(whole),
        }
    }
}

fn join(mut items: Vec<Item>, how: fn(Vec<Node>) -> Node) -> Result<Item, Fault> {
    match (items.pop(), items.is_empty()) {
        (None, _) => Ok(Item {
            node: Node::Empty,
            depth: 1,
        }),
        (Some(item), true) => Ok(item),
        (Some(last), false) => {
            items.push(last);
            let depth = items
                .iter()
                .map(|item| item.depth)
                .max()
                .unwrap_or_default();
            let node = how(items.into_iter().map(|item| item.node).collect());
            deeper(Item { node, depth }, |node| node)
        }
    }
}

fn deeper(item: Item, wrap: impl FnOnce(Node) -> Node) -> Result<Item, Fault> {
    if item.depth >= MAX_DEPTH {
        return Err("expression nests too deeply");
    }
    Ok(Item {
        node: wrap(item.node),
        depth: item.depth + 1,
    })
}

struct Parser<'text> {
    rest: &'text str,
    flags: Flags,
    /// INVARIANT: never empty. The first is the whole expression.
    open: Vec<Group>,
    names: Vec<String>,
}

impl Parser<'_> {
    fn expression(&mut self) -> Result<(), Fault> {
        // A repetition right behind another one is a fault.
        let mut repeated = false;
        while let Some(c) = self.rest.chars().next() {
            let mut repeats = false;
            match c {
                '(' if self.rest.starts_with("(?") => self.perl_group()?,
                '(' => {
                    self.rest = skip(self.rest, 1);
                    self.open_capture(String::new());
                }
                '|' => {
                    self.rest = skip(self.rest, 1);
                    self.group()?.end_alternative()?;
                }
                ')' => {
                    self.rest = skip(self.rest, 1);
                    self.close()?;
                }
                '^' => self.look(
                    1,
                    if self.flags.many_lines {
                        Look::StartLF
                    } else {
                        Look::Start
                    },
                )?,
                '$' => self.look(
                    1,
                    if self.flags.many_lines {
                        Look::EndLF
                    } else {
                        Look::End
                    },
                )?,
                '.' => {
                    self.rest = skip(self.rest, 1);
                    let mut newline = range(0x0a, 0x0a);
                    newline.negate();
                    let any = if self.flags.dot_is_any {
                        range(0, 0x10_ffff)
                    } else {
                        newline
                    };
                    self.push(Node::Class(any))?;
                }
                '[' => self.class()?,
                '*' | '+' | '?' => {
                    self.rest = skip(self.rest, 1);
                    let (min, max) = match c {
                        '*' => (0, None),
                        '+' => (1, None),
                        _ => (0, Some(1)),
                    };
                    self.repeat(min, max, false, repeated)?;
                    repeats = true;
                }
                '{' => match parse_repeat(self.rest) {
                    Some((min, max, rest)) => {
                        self.rest = rest;
                        let max = match max {
                            Some(max) if max > MAX_REPEATS || min > max => {
                                return Err("invalid repeat count");
                            }
                            max => max,
                        };
                        if min > MAX_REPEATS {
                            return Err("invalid repeat count");
                        }
                        self.repeat(min, max, true, repeated)?;
                        repeats = true;
                    }
                    None => self.literal_from_rest(c)?,
                },
                '\\' => self.escape()?,
                c => self.literal_from_rest(c)?,
            }
            repeated = repeats;
        }
        Ok(())
    }

    fn group(&mut self) -> Result<&mut Group, Fault> {
        self.open.last_mut().ok_or("unexpected )")
    }

    fn push(&mut self, node: Node) -> Result<(), Fault> {
        self.group()?.items.push(Item { node, depth: 1 });
        Ok(())
    }

    fn look(&mut self, length: usize, look: Look) -> Result<(), Fault> {
        self.rest = skip(self.rest, length);
        self.push(Node::Look(look))
    }

    fn literal_from_rest(&mut self, c: char) -> Result<(), Fault> {
        self.rest = skip(self.rest, c.len_utf8());
        self.literal(u32::from(c))
    }

    fn literal(&mut self, code: u32) -> Result<(), Fault> {
        let class = self.folded(range(code, code));
        self.push(Node::Class(class))
    }

    fn folded(&self, class: ClassUnicode) -> ClassUnicode {
        if self.flags.fold { fold(class) } else { class }
    }

    fn open_capture(&mut self, name: String) {
        let index = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name);
        self.open.push(Group {
            index: Some(index),
            flags: self.flags,
            ..Group::default()
        });
    }

    fn close(&mut self) -> Result<(), Fault> {
        let group = self
            .open
            .pop()
            .filter(|_| !self.open.is_empty())
            .ok_or("unexpected )")?;
        self.flags = group.flags;
        let item = group.finish()?;
        self.group()?.items.push(item);
        Ok(())
    }

    /// `(?i)`, `(?i-s:…)`, `(?P<name>…)`, `(?<name>…)`.
    fn perl_group(&mut self) -> Result<(), Fault> {
        for (prefix, shortest) in [("(?P<", 5), ("(?<", 4)] {
            if self.rest.len() >= shortest
                && let Some(rest) = self.rest.strip_prefix(prefix)
            {
                let (name, rest) = rest.split_once('>').ok_or("invalid named capture")?;
                let fits = |c: char| c == '_' || c.is_ascii_alphanumeric();
                if name.is_empty() || !name.chars().all(fits) {
                    return Err("invalid named capture");
                }
                self.rest = rest;
                self.open_capture(name.to_owned());
                return Ok(());
            }
        }
        let mut flags = self.flags;
        let (mut wanted, mut seen) = (true, false);
        let mut chars = skip(self.rest, 2).chars();
        loop {
            match chars.next().ok_or(PERL_FAULT)? {
                'i' => flags.fold = wanted,
                'm' => flags.many_lines = wanted,
                's' => flags.dot_is_any = wanted,
                'U' => flags.swap_greed = wanted,
                '-' if wanted => {
                    (wanted, seen) = (false, false);
                    continue;
                }
                end @ (':' | ')') if wanted || seen => {
                    self.rest = chars.as_str();
                    if end == ':' {
                        self.open.push(Group {
                            flags: self.flags,
                            ..Group::default()
                        });
                    }
                    self.flags = flags;
                    return Ok(());
                }
                _ => return Err(PERL_FAULT),
            }
            seen = true;
        }
    }

    fn repeat(
        &mut self,
        min: u32,
        max: Option<u32>,
        counted: bool,
        repeated: bool,
    ) -> Result<(), Fault> {
        let mut greedy = !self.flags.swap_greed;
        if let Some(rest) = self.rest.strip_prefix('?') {
            self.rest = rest;
            greedy = !greedy;
        }
        if repeated {
            return Err("invalid nested repetition operator");
        }
        let what = self
            .group()?
            .items
            .pop()
            .ok_or("missing argument to repetition operator")?;
        let item = deeper(what, |what| Node::Repeat {
            what: Box::new(what),
            min,
            max,
            greedy,
            counted,
        })?;
        if counted
            && (min >= 2 || max.is_some_and(|max| max >= 2))
            && !item.node.repeats_within(MAX_REPEATS)
        {
            return Err("invalid repeat count");
        }
        self.group()?.items.push(item);
        Ok(())
    }

    fn escape(&mut self) -> Result<(), Fault> {
        match self.rest.chars().nth(1) {
            Some('A') => return self.look(2, Look::Start),
            Some('b') => return self.look(2, Look::WordAscii),
            Some('B') => return self.look(2, Look::WordAsciiNegate),
            Some('z') => return self.look(2, Look::End),
            Some('C') => return Err("invalid escape sequence"),
            Some('Q') => {
                let rest = skip(self.rest, 2);
                let (literal, rest) = rest.split_once("\\E").unwrap_or((rest, ""));
                self.rest = rest;
                return literal.chars().try_for_each(|c| self.literal(u32::from(c)));
            }
            _ => {}
        }
        if let Some(class) = self.class_escape()? {
            return self.push(Node::Class(class));
        }
        let (code, rest) = parse_escape(self.rest)?;
        self.rest = rest;
        self.literal(code)
    }

    /// `\d`, `\pL`, `\P{Greek}`.
    fn class_escape(&mut self) -> Result<Option<ClassUnicode>, Fault> {
        let mut chars = self.rest.chars();
        let (Some('\\'), Some(letter)) = (chars.next(), chars.next()) else {
            return Ok(None);
        };
        if !matches!(letter, 'p' | 'P') {
            let Some(class) = class::perl(letter) else {
                return Ok(None);
            };
            self.rest = chars.as_str();
            return Ok(Some(self.signed(class, letter.is_ascii_lowercase())));
        }
        let rest = chars.as_str();
        let (name, rest) = if let Some(rest) = rest.strip_prefix('{') {
            rest.split_once('}').ok_or(RANGE_FAULT)?
        } else {
            let length = rest.chars().next().map_or(0, char::len_utf8);
            rest.split_at_checked(length).ok_or(RANGE_FAULT)?
        };
        let (name, negated) = name
            .strip_prefix('^')
            .map_or((name, false), |name| (name, true));
        let class = class::unicode(name).ok_or(RANGE_FAULT)?;
        self.rest = rest;
        Ok(Some(self.signed(class, (letter == 'p') != negated)))
    }

    fn signed(&self, class: ClassUnicode, positive: bool) -> ClassUnicode {
        let mut class = self.folded(class);
        if !positive {
            class.negate();
        }
        class
    }

    fn class(&mut self) -> Result<(), Fault> {
        self.rest = skip(self.rest, 1);
        let negated = self.rest.starts_with('^');
        if negated {
            self.rest = skip(self.rest, 1);
        }
        let mut class = ClassUnicode::empty();
        let mut first = true;
        while first || !self.rest.starts_with(']') {
            first = false;
            class.union(&self.class_item()?);
        }
        self.rest = skip(self.rest, 1);
        if negated {
            class.negate();
        }
        self.push(Node::Class(class))
    }

    fn class_item(&mut self) -> Result<ClassUnicode, Fault> {
        if let Some((name, rest)) = self
            .rest
            .strip_prefix("[:")
            .and_then(|rest| rest.split_once(":]"))
        {
            let (name, positive) = name
                .strip_prefix('^')
                .map_or((name, true), |name| (name, false));
            let class = class::posix(name).ok_or("invalid character class range")?;
            self.rest = rest;
            return Ok(self.signed(class, positive));
        }
        if let Some(class) = self.class_escape()? {
            return Ok(class);
        }
        let low = self.class_char()?;
        let mut high = low;
        if let Some(rest) = self.rest.strip_prefix('-')
            && !rest.is_empty()
            && !rest.starts_with(']')
        {
            self.rest = rest;
            high = self.class_char()?;
            if high < low {
                return Err("invalid character class range");
            }
        }
        Ok(self.folded(range(low, high)))
    }

    fn class_char(&mut self) -> Result<u32, Fault> {
        let c = self.rest.chars().next().ok_or("missing closing ]")?;
        let (code, rest) = if c == '\\' {
            parse_escape(self.rest)?
        } else {
            (u32::from(c), skip(self.rest, c.len_utf8()))
        };
        self.rest = rest;
        Ok(code)
    }
}

fn skip(text: &str, bytes: usize) -> &str {
    text.get(bytes..).unwrap_or_default()
}

/// `{2}`, `{2,}`, `{2,3}`; everything else is no repetition but a literal brace.
fn parse_repeat(text: &str) -> Option<(u32, Option<u32>, &str)> {
    let (min, rest) = parse_int(text.strip_prefix('{')?)?;
    let (max, rest) = match rest.strip_prefix(',') {
        None => (Some(min), rest),
        Some(rest) if rest.starts_with('}') => (None, rest),
        Some(rest) => {
            let (max, rest) = parse_int(rest)?;
            (Some(max), rest)
        }
    };
    Some((min, max, rest.strip_prefix('}')?))
}

/// A number without needless zeros. Whatever is too large is as large as can be.
fn parse_int(text: &str) -> Option<(u32, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    if digits.is_empty() || digits.len() > 1 && digits.starts_with('0') {
        return None;
    }
    Some((digits.parse().unwrap_or(u32::MAX), rest))
}

/// The character a backslash and what follows it stand for.
fn parse_escape(text: &str) -> Result<(u32, &str), Fault> {
    const FAULT: Fault = "invalid escape sequence";
    let text = skip(text, 1);
    let c = text
        .chars()
        .next()
        .ok_or("trailing backslash at end of expression")?;
    let rest = skip(text, c.len_utf8());
    let is_octal = |text: &str| text.starts_with(|c| ('0'..='7').contains(&c));
    let code = match c {
        '0' => return Ok(parse_octal(text)),
        '1'..='7' if is_octal(rest) => return Ok(parse_octal(text)),
        'x' => return parse_hex(rest).ok_or(FAULT),
        'a' => 0x07,
        'f' => 0x0c,
        'n' => 0x0a,
        'r' => 0x0d,
        't' => 0x09,
        'v' => 0x0b,
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => u32::from(c),
        _ => return Err(FAULT),
    };
    Ok((code, rest))
}

/// Up to three digits.
fn parse_octal(text: &str) -> (u32, &str) {
    let digits = text
        .bytes()
        .take(3)
        .take_while(|digit| (b'0'..=b'7').contains(digit))
        .count();
    let (digits, rest) = text.split_at_checked(digits).unwrap_or((text, ""));
    (u32::from_str_radix(digits, 8).unwrap_or_default(), rest)
}

/// `41` or `{1F600}`.
fn parse_hex(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = match text.strip_prefix('{') {
        Some(text) => text.split_once('}')?,
        None => text.split_at_checked(2)?,
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let significant = digits.trim_start_matches('0');
    let code = if significant.is_empty() {
        0
    } else {
        u32::from_str_radix(significant, 16).ok()?
    };
    (code <= 0x10_ffff).then_some((code, rest))
}

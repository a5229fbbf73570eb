//! Whether two simple expressions have a text in common: characters, `.`, `[sets]`, each perhaps with `+` or `*`.
//!
//! The answers are those of the package that OPA uses (yashtewari/glob-intersection), which is not right about all
//! pairs.

use crate::builtins::BuiltinError;

/// Steps after which we give up: the package may take exponentially many.
const MAX_STEPS: u32 = 200_000;
/// How many flagged tokens may be entered inside another.
const MAX_DEPTH: u32 = 500;

/// Whether any text matches both expressions.
pub fn intersect(one: &str, other: &str) -> Result<bool, BuiltinError> {
    let (one, other) = (parse(one)?, parse(other)?);
    let Some((one, other)) = trim(&one, &other) else {
        return Ok(false);
    };
    Search { steps: 0, depth: 0 }.plain(one, other)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flag {
    None,
    Plus,
    Star,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Char(u32),
    Dot,
    /// Ranges of characters, sorted, none touching the next.
    Set(Vec<(u32, u32)>),
}

#[derive(Debug, Clone)]
struct Token {
    kind: Kind,
    flag: Flag,
}

impl Token {
    fn meets(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Dot, _) | (_, Kind::Dot) => true,
            (Kind::Char(one), Kind::Char(other)) => one == other,
            (Kind::Char(c), Kind::Set(set)) | (Kind::Set(set), Kind::Char(c)) => {
                set.iter().any(|(low, high)| low <= c && c <= high)
            }
            (Kind::Set(one), Kind::Set(other)) => one
                .iter()
                .any(|(low, high)| other.iter().any(|(start, end)| low <= end && start <= high)),
        }
    }
}

/// The tokens; of equal flagged ones in a row only one.
fn parse(text: &str) -> Result<Vec<Token>, BuiltinError> {
    let input: Vec<char> = text.chars().collect();
    let mut reader = Reader { input: &input };
    let mut tokens: Vec<Token> = Vec::new();
    while let Some((c, escaped)) = reader.next()? {
        let kind = match c {
            '.' if !escaped => Kind::Dot,
            '[' if !escaped => Kind::Set(reader.set()?),
            ']' | '+' | '*' if !escaped => return Err(invalid()),
            c => Kind::Char(u32::from(c)),
        };
        let flag = reader.flag()?;
        match tokens.last_mut() {
            Some(last) if last.flag != Flag::None && flag != Flag::None && last.kind == kind => {
                if flag == Flag::Plus {
                    last.flag = Flag::Plus;
                }
            }
            _ => tokens.push(Token { kind, flag }),
        }
    }
    Ok(tokens)
}

struct Reader<'input> {
    input: &'input [char],
}

impl Reader<'_> {
    /// The next character, and whether a backslash stood before it.
    fn next(&mut self) -> Result<Option<(char, bool)>, BuiltinError> {
        let (taken, rest) = match self.input {
            [] => return Ok(None),
            ['\\', c, rest @ ..] => ((*c, true), rest),
            ['\\'] => return Err(invalid()),
            [c, rest @ ..] => ((*c, false), rest),
        };
        self.input = rest;
        Ok(Some(taken))
    }

    fn flag(&mut self) -> Result<Flag, BuiltinError> {
        let flag = match self.input {
            ['+', ..] => Flag::Plus,
            ['*', ..] => Flag::Star,
            ['\\'] => return Err(invalid()),
            _ => return Ok(Flag::None),
        };
        self.next()?;
        Ok(flag)
    }

    fn set(&mut self) -> Result<Vec<(u32, u32)>, BuiltinError> {
        let mut ranges = Vec::new();
        let mut before = None;
        loop {
            match self.next()?.ok_or_else(invalid)? {
                (']', false) => return Ok(merged(ranges)),
                ('-', false) => {
                    let low = before.take().ok_or_else(invalid)?;
                    // Something must follow the end of the range.
                    if self.input.len() < 2 {
                        return Err(invalid());
                    }
                    match self.next()?.ok_or_else(invalid)? {
                        (']' | '-', false) => return Err(invalid()),
                        (high, _) if high < low => return Err(invalid()),
                        (high, _) => ranges.push((u32::from(low), u32::from(high))),
                    }
                }
                (c, _) => {
                    ranges.push((u32::from(c), u32::from(c)));
                    before = Some(c);
                }
            }
        }
    }
}

fn merged(mut ranges: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    ranges.sort_unstable();
    let mut out: Vec<(u32, u32)> = Vec::new();
    for (low, high) in ranges {
        match out.last_mut() {
            Some((_, end)) if low <= end.saturating_add(1) => *end = high.max(*end),
            _ => out.push((low, high)),
        }
    }
    out
}

fn invalid() -> BuiltinError {
    BuiltinError::Failed("the input provided is invalid".into())
}

/// Takes off what both begin and end with, but for one token at each side; `None` where these do not match.
fn trim<'a>(one: &'a [Token], other: &'a [Token]) -> Option<(&'a [Token], &'a [Token])> {
    let plain =
        |(one, other): &(&Token, &Token)| one.flag == Flag::None && other.flag == Flag::None;
    let mut left = 0;
    for (one, other) in one.iter().zip(other).take_while(plain) {
        if !one.meets(other) {
            return None;
        }
        left += 1;
    }
    let left = usize::saturating_sub(left, 1);
    let (one, other) = (one.get(left..)?, other.get(left..)?);
    let mut right = 0;
    for (one, other) in one.iter().rev().zip(other.iter().rev()).take_while(plain) {
        if !one.meets(other) {
            return None;
        }
        right += 1;
    }
    let right = usize::saturating_sub(right, 1);
    Some((
        one.get(..one.len() - right)?,
        other.get(..other.len() - right)?,
    ))
}

struct Search {
    steps: u32,
    depth: u32,
}

impl Search {
    fn step(&mut self) -> Result<(), BuiltinError> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err(BuiltinError::Failed(
                "these expressions are too costly to compare".into(),
            ));
        }
        Ok(())
    }

    fn plain(&mut self, one: &[Token], other: &[Token]) -> Result<bool, BuiltinError> {
        let (mut ones, mut others) = (one, other);
        while let ([one, rest @ ..], [other, other_rest @ ..]) = (ones, others) {
            self.step()?;
            match (one.flag, other.flag) {
                (Flag::None, Flag::None) if !one.meets(other) => return Ok(false),
                (Flag::None, Flag::None) => (ones, others) = (rest, other_rest),
                (Flag::None, _) => return self.flagged(others, ones),
                _ => return self.flagged(ones, others),
            }
        }
        Ok(ones.is_empty() && others.is_empty())
    }

    /// The first of `flagged` is.
    fn flagged(&mut self, flagged: &[Token], other: &[Token]) -> Result<bool, BuiltinError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(BuiltinError::Failed(
                "these expressions are too long to compare".into(),
            ));
        }
        let found = match flagged.first().map(|token| token.flag) {
            Some(Flag::Plus) => self.plus(flagged, other),
            _ => self.star(flagged, other),
        };
        self.depth -= 1;
        found
    }

    fn plus(&mut self, plussed: &[Token], other: &[Token]) -> Result<bool, BuiltinError> {
        let ([token, rest @ ..], [first, other_rest @ ..]) = (plussed, other) else {
            return Ok(false);
        };
        if !token.meets(first) {
            return Ok(false);
        }
        if self.star(plussed, other_rest)? {
            return Ok(true);
        }
        Ok(first.flag != Flag::None && self.plain(rest, other)?)
    }

    fn star(&mut self, starred: &[Token], other: &[Token]) -> Result<bool, BuiltinError> {
        let [token, rest @ ..] = starred else {
            return Ok(false);
        };
        let mut others = other;
        while let [first, other_rest @ ..] = others {
            self.step()?;
            if rest.first().is_some_and(|next| first.meets(next)) && self.plain(rest, others)? {
                return Ok(true);
            }
            if !first.meets(token) {
                return Ok(false);
            }
            others = other_rest;
        }
        Ok(rest.is_empty())
    }
}

//! The words of Rego, and which of them are keywords when.

use crate::module::Version;

/// A kind of token. What stands there is read from the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Illegal,
    Eof,
    Whitespace,
    Ident,
    Comment,

    Package,
    Import,
    As,
    Default,
    Else,
    Not,
    Some,
    With,
    Null,
    True,
    False,

    Number,
    String,
    /// The text of a template string up to `{`.
    TemplatePart,
    /// The text of a template string up to its end.
    TemplateEnd,
    /// The same two of a template string in backticks.
    RawTemplatePart,
    RawTemplateEnd,

    LBrack,
    RBrack,
    LBrace,
    RBrace,
    LParen,
    RParen,
    Comma,
    Colon,
    Add,
    Sub,
    Mul,
    Quo,
    Rem,
    /// `&`.
    And,
    /// `|`.
    Or,
    Unify,
    Equal,
    Assign,
    Neq,
    Gt,
    Lt,
    Gte,
    Lte,
    Dot,
    Semicolon,

    In,
    Every,
    Contains,
    If,
    /// The word `and`.
    LogicalAnd,
    /// The word `or`.
    LogicalOr,
}

impl Token {
    /// OPA's name for it. That of an operator is the name of the builtin function that it calls.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Illegal => "illegal",
            Self::Eof => "eof",
            Self::Whitespace => "whitespace",
            Self::Ident => "identifier",
            Self::Comment => "comment",
            Self::Package => "package",
            Self::Import => "import",
            Self::As => "as",
            Self::Default => "default",
            Self::Else => "else",
            Self::Not => "not",
            Self::Some => "some",
            Self::With => "with",
            Self::Null => "null",
            Self::True => "true",
            Self::False => "false",
            Self::Number => "number",
            Self::String => "string",
            Self::TemplatePart => "template-string-part",
            Self::TemplateEnd => "template-string-end",
            Self::RawTemplatePart => "raw-template-string-part",
            Self::RawTemplateEnd => "raw-template-string-end",
            Self::LBrack => "[",
            Self::RBrack => "]",
            Self::LBrace => "{",
            Self::RBrace => "}",
            Self::LParen => "(",
            Self::RParen => ")",
            Self::Comma => ",",
            Self::Colon => ":",
            Self::Add => "plus",
            Self::Sub => "minus",
            Self::Mul => "mul",
            Self::Quo => "div",
            Self::Rem => "rem",
            Self::And | Self::LogicalAnd => "and",
            Self::Or | Self::LogicalOr => "or",
            Self::Unify => "eq",
            Self::Equal => "equal",
            Self::Assign => "assign",
            Self::Neq => "neq",
            Self::Gt => "gt",
            Self::Lt => "lt",
            Self::Gte => "gte",
            Self::Lte => "lte",
            Self::Dot => ".",
            Self::Semicolon => ";",
            Self::In => "in",
            Self::Every => "every",
            Self::Contains => "contains",
            Self::If => "if",
        }
    }

    /// Whether a message calls it a keyword.
    pub(super) const fn is_keyword(self) -> bool {
        matches!(
            self,
            Self::Package
                | Self::Import
                | Self::As
                | Self::Default
                | Self::Else
                | Self::Not
                | Self::Some
                | Self::With
                | Self::Null
                | Self::True
                | Self::False
                | Self::In
                | Self::Every
                | Self::Contains
                | Self::If
                | Self::LogicalAnd
                | Self::LogicalOr
        )
    }
}

/// Keywords of every version, except `not`.
const ALWAYS: &[(&str, Token)] = &[
    ("package", Token::Package),
    ("import", Token::Import),
    ("as", Token::As),
    ("default", Token::Default),
    ("else", Token::Else),
    ("some", Token::Some),
    ("with", Token::With),
    ("null", Token::Null),
    ("true", Token::True),
    ("false", Token::False),
];

/// Keywords that modules import. `not` is always one; to import it changes what it means.
const FUTURE: &[(&str, Token)] = &[
    ("in", Token::In),
    ("every", Token::Every),
    ("contains", Token::Contains),
    ("if", Token::If),
    ("not", Token::Not),
    ("and", Token::LogicalAnd),
    ("or", Token::LogicalOr),
];

/// A set of the keywords that modules import: one bit each, in the order of [`FUTURE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Keywords(u8);

impl Keywords {
    const IN: Self = Self(1);
    const EVERY: Self = Self(1 << 1);
    const NOT: Self = Self(1 << 4);
    const LOGICAL: Self = Self(1 << 5 | 1 << 6);

    /// None of them.
    pub(super) const NONE: Self = Self(0);
    /// Each of them.
    pub(super) const ALL: Self = Self(0x7f);
    /// Those that `import rego.v1` brings, and that need no import in v1.
    pub(super) const V1: Self = Self(0xf);

    /// Those that a module of this version begins with.
    pub(super) const fn of(version: Version) -> Self {
        match version {
            Version::V0 => Self::NOT,
            Version::V1 => Self(Self::V1.0 | Self::NOT.0),
        }
    }

    /// The one of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let bit = FUTURE.iter().position(|(keyword, _)| *keyword == name)?;
        Some(Self(1 << bit))
    }

    /// These and those. `every` brings `in` with it.
    pub(super) const fn with(self, more: Self) -> Self {
        let all = self.0 | more.0;
        Self(if all & Self::EVERY.0 == 0 {
            all
        } else {
            all | Self::IN.0
        })
    }

    /// Whether `and` or `or` is among them.
    pub(super) const fn has_logical(self) -> bool {
        self.0 & Self::LOGICAL.0 != 0
    }

    /// The token that this word is while these are the keywords.
    pub(super) fn token(self, word: &str) -> Token {
        if let Some(bit) = FUTURE.iter().position(|(keyword, _)| *keyword == word) {
            return match FUTURE.get(bit) {
                Some((_, token)) if self.0 & 1 << bit != 0 => *token,
                _ => Token::Ident,
            };
        }
        ALWAYS
            .iter()
            .find(|(keyword, _)| *keyword == word)
            .map_or(Token::Ident, |(_, token)| *token)
    }

    /// Whether this word is a keyword while these are.
    pub(super) fn contain(self, word: &str) -> bool {
        self.token(word) != Token::Ident
    }
}

/// Whether this word is a keyword of the version, whatever is imported.
pub(super) fn is_keyword_of(version: Version, word: &str) -> bool {
    Keywords::of(version).contain(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_follow_version_and_imports() {
        let plain = Keywords::of(Version::V0);
        assert_eq!(Token::Ident, plain.token("in"));
        assert_eq!(Token::Not, plain.token("not"));
        let every = plain.with(Keywords::named("every").unwrap());
        assert_eq!(Token::Every, every.token("every"));
        assert_eq!(Token::In, every.token("in"));
        assert_eq!(Token::If, Keywords::of(Version::V1).token("if"));
        assert_eq!(Token::Ident, Keywords::of(Version::V1).token("or"));
        assert_eq!(Token::LogicalOr, Keywords::ALL.token("or"));
        assert_eq!(Token::Ident, Keywords::NONE.token("not"));
    }
}

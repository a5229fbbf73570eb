//! What can be wrong with a token by itself.

/// Something that can be wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenFault {
    Null,
    ByteOrderMark,
    NonBreakingSpace,
    Bang,
    Dollar,
    Fraction,
    Exponent,
    NumberFormat,
    OpenString,
    Escape,
}

impl TokenFault {
    /// What is wrong, and its cure.
    pub(super) const fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Null => ("illegal null character", "remove it"),
            Self::ByteOrderMark => (
                "illegal byte-order mark",
                "remove it: it may only be the first character of a file",
            ),
            Self::NonBreakingSpace => (
                "illegal non-breaking space character",
                "use a regular space instead",
            ),
            Self::Bang => (
                "illegal ! character",
                "write `!=` to compare, or `not` to negate",
            ),
            Self::Dollar => (
                "illegal $ character",
                "write it only directly before the quote of a template string",
            ),
            Self::Fraction => ("expected fraction", "write a digit behind the point"),
            Self::Exponent => ("expected exponent", "write a digit behind the `e`"),
            Self::NumberFormat => (
                "illegal number format",
                "separate the number from the name, or put the whole in quotes",
            ),
            Self::OpenString => (
                "non-terminated string",
                "close it, on the same line unless it is one in backticks",
            ),
            Self::Escape => (
                "illegal escape sequence",
                r#"write one of \\ \" \/ \b \f \n \r \t \uXXXX, or put the text in backticks"#,
            ),
        }
    }
}

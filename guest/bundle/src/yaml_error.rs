//! What can be wrong with a YAML text.

use std::fmt;

use saphyr_parser::Marker;

use crate::quote::{one_line, quote};

/// Why a text is not an acceptable YAML document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct YamlError {
    pub fault: YamlFault,
    /// First is 1.
    pub row: u32,
    /// In characters; first is 1.
    pub column: u32,
}

impl YamlError {
    pub(crate) fn new(fault: YamlFault, at: &Marker) -> Self {
        let small = |n| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            fault,
            row: small(at.line()),
            column: small(at.col().saturating_add(1)),
        }
    }
}

/// The kinds of [`YamlError`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum YamlFault {
    /// Not YAML; what the parser says.
    Syntax(String),
    /// A mapping names this key twice.
    DuplicateKey(String),
    /// This cannot be a key.
    Key(&'static str),
    /// This tag does not go with this text.
    Tag(String, String),
    /// A number that JSON lacks.
    NoNumber,
    /// `<<` with something else than mappings.
    Merge,
    /// `<<` with a mapping that has keys like `0x10`.
    MergedKey,
    /// An alias inside what it names.
    HoldsItself,
    /// A document after the first.
    SecondDocument,
    /// Nested too deeply.
    TooDeep,
    /// Too big once aliases are written out.
    TooManyAliases,
}

impl fmt::Display for YamlFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(what) => write!(f, "not YAML: {}", one_line(what)),
            Self::DuplicateKey(key) => {
                write!(f, "key {} is given twice in one mapping", quote(key))
            }
            Self::Key(what) => write!(f, "{what} cannot be a key"),
            Self::Tag(tag, text) => {
                write!(f, "{} is not what the tag {} says", quote(text), quote(tag))
            }
            Self::NoNumber => f.write_str("infinite, or not a number"),
            Self::Merge => f.write_str("`<<` stands before something else than mappings"),
            Self::MergedKey => f.write_str("`<<` stands before a mapping with a key like `0x10`"),
            Self::HoldsItself => f.write_str("an alias stands inside what it names"),
            Self::SecondDocument => f.write_str("a second document begins here"),
            Self::TooDeep => f.write_str("nested too deeply"),
            Self::TooManyAliases => f.write_str("too big once its aliases are written out"),
        }
    }
}

impl YamlFault {
    /// Whether a limit is exceeded, rather than the text at fault.
    pub(crate) const fn is_limit(&self) -> bool {
        matches!(self, Self::TooDeep | Self::TooManyAliases)
    }

    pub(crate) const fn cure(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "correct the YAML; strings with special characters need quotes",
            Self::DuplicateKey(_) => "give the key once; OPA would use the last one only",
            Self::Key(_) => "use a string as the key",
            Self::Tag(..) => "write the value without a tag",
            Self::NoNumber => "write a finite number, or put it in quotes",
            Self::Merge => "merge a mapping, or a sequence of mappings",
            Self::MergedKey => "put the merged mapping's keys in quotes",
            Self::HoldsItself => "write the value out",
            Self::SecondDocument => "keep one document a file; OPA would ignore the others",
            Self::TooDeep => "nest less deeply, or raise the limit `depth`",
            Self::TooManyAliases => "use fewer aliases, or raise the limit `unpacked`",
        }
    }
}

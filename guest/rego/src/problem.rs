//! Something wrong: what, where, and what to do about it.

use std::fmt;

/// What kind of thing went wrong. OPA's own word where OPA has one, so that callers who know OPA's
/// codes keep them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// A module is not Rego.
    RegoParse,
    /// A module cannot be compiled.
    RegoCompile,
    /// A call names a function that does not exist, or passes the wrong number of arguments.
    RegoType,
    /// A variable that nothing binds.
    RegoUnsafeVar,
    /// Rules that need their own value.
    RegoRecursion,
    /// Two values for one complete rule or function.
    EvalConflict,
    /// A builtin function failed on its operands.
    EvalBuiltin,
    /// A builtin function was given an operand of the wrong type.
    EvalType,
    /// The decision exceeded its limit on steps, values or depth.
    EvalCancel,
    /// The archive is damaged, or not an archive.
    BundleArchive,
    /// A limit on the bundle's size, or on the depth of its data, is exceeded.
    BundleTooLarge,
    /// `.manifest` is not what OPA's documentation says.
    BundleManifest,
    /// A data file is not JSON or YAML, or not an object at its root.
    BundleData,
    /// Two files of the bundle define the same path.
    BundleMerge,
    /// A file lies outside the manifest's roots.
    BundleRoots,
    /// The bundle is signed and this version cannot check signatures.
    BundleUntrusted,
    /// The instance already has a bundle, or has none.
    BundleState,
    /// Nothing in the bundle can ever be at this path.
    UnknownEntrypoint,
    /// The input is not JSON, or names a key twice.
    InputParse,
    /// The input exceeds its limit in bytes.
    InputTooLarge,
    /// The input exceeds its limit in nesting.
    InputTooDeep,
}

impl Code {
    /// The word that crosses the sandbox's border.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RegoParse => "rego_parse_error",
            Self::RegoCompile => "rego_compile_error",
            Self::RegoType => "rego_type_error",
            Self::RegoUnsafeVar => "rego_unsafe_var_error",
            Self::RegoRecursion => "rego_recursion_error",
            Self::EvalConflict => "eval_conflict_error",
            Self::EvalBuiltin => "eval_builtin_error",
            Self::EvalType => "eval_type_error",
            Self::EvalCancel => "eval_cancel_error",
            Self::BundleArchive => "bundle_archive_error",
            Self::BundleTooLarge => "bundle_too_large",
            Self::BundleManifest => "bundle_manifest_error",
            Self::BundleData => "bundle_data_error",
            Self::BundleMerge => "bundle_merge_error",
            Self::BundleRoots => "bundle_roots_error",
            Self::BundleUntrusted => "bundle_untrusted",
            Self::BundleState => "bundle_state_error",
            Self::UnknownEntrypoint => "unknown_entrypoint",
            Self::InputParse => "input_parse_error",
            Self::InputTooLarge => "input_too_large",
            Self::InputTooDeep => "input_too_deep",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A place in a file. A row or column of 0 means the whole file or row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The file's path in its bundle; empty where no file is to blame.
    pub file: String,
    /// First row is 1.
    pub row: u32,
    /// First column is 1.
    pub column: u32,
}

/// Something wrong, in one line each: what happened, where, and what would put it right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind of thing.
    pub code: Code,
    /// What happened, lower case, user input in backticks.
    pub message: String,
    /// Where.
    pub place: Place,
    /// What would put it right.
    pub cure: String,
}

impl Problem {
    /// A problem that no place is known for.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            place: Place::default(),
            cure: cure.into(),
        }
    }

    /// The same problem, in this file as a whole.
    #[must_use]
    pub fn in_file(self, file: impl Into<String>) -> Self {
        self.at(file, 0, 0)
    }

    /// The same problem, at this place.
    #[must_use]
    pub fn at(mut self, file: impl Into<String>, row: u32, column: u32) -> Self {
        self.place = Place {
            file: file.into(),
            row,
            column,
        };
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { file, row, column } = &self.place;
        if !file.is_empty() {
            write!(f, "{file}:")?;
            if *row > 0 {
                write!(f, "{row}:")?;
            }
            if *column > 0 {
                write!(f, "{column}:")?;
            }
            f.write_str(" ")?;
        }
        write!(f, "{}: {} ({})", self.code, self.message, self.cure)
    }
}

impl std::error::Error for Problem {}

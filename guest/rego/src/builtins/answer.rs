//! What a builtin function comes to.

/// A value, or `None` where it is undefined, or an error.
pub type Answer = Result<Option<crate::value::Value>, BuiltinError>;

/// Why a builtin function failed. In strict mode it ends the decision; else the call is undefined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuiltinError {
    /// `eval_type_error`: an operand of the wrong type, or with a wrong element. OPA's `ErrOperand`.
    Type(String),
    /// `eval_builtin_error`: every other failure.
    Failed(String),
    /// `eval_conflict_error`, raised by a builtin, as `object.union_n` and the like may.
    Conflict(String),
}

//! One annotation.

use crate::syntax::ast::Location;
use crate::value::{Object, Value};

/// What an annotation speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One rule.
    Rule,
    /// All rules of one name.
    Document,
    /// A package.
    Package,
    /// A package and all below it.
    Subpackages,
}

impl Scope {
    /// The scope of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        [Self::Rule, Self::Document, Self::Package, Self::Subpackages]
            .into_iter()
            .find(|scope| scope.name() == name)
    }

    /// OPA's word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Document => "document",
            Self::Package => "package",
            Self::Subpackages => "subpackages",
        }
    }

    /// Whether it stands above rules, not above packages.
    #[must_use]
    pub const fn is_of_rules(self) -> bool {
        matches!(self, Self::Rule | Self::Document)
    }
}

/// What an annotation stands above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The package of its module.
    Package,
    /// An import.
    Import,
    /// The rule of this number in its module.
    Rule(usize),
}

/// What one comment says about a rule or a package.
#[derive(Debug, Clone)]
pub struct Annotation {
    /// What it speaks of.
    pub scope: Scope,
    /// Number of the module.
    pub module: usize,
    /// The rule it stands above. None if that is a package.
    pub rule: Option<usize>,
    /// Of its first comment.
    pub at: Location,
    /// What it says, as `rego.metadata.rule` gives it, the scope left out.
    pub content: Object,
}

impl Annotation {
    /// What it says, as `rego.metadata.rule` gives it.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut content = self.content.clone();
        content.insert(Value::from("scope"), Value::from(self.scope.name()));
        Value::from(content)
    }
}

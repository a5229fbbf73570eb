//! The syntax tree of Rego, and what the compiler makes of it: it rewrites the tree in place.
//!
//! The shapes are OPA's (its package `ast`), so that each of OPA's rewritings has its counterpart here.

use std::sync::Arc;

use crate::module::Version;
use crate::value::{Number, Value};

/// A name or a text, shared.
pub type Name = Arc<str>;

/// Where something stands in the sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Location {
    /// Number of the module among those compiled together.
    pub module: u32,
    /// First row is 1.
    pub row: u32,
    /// First column is 1. Counted as OPA does, in characters.
    pub column: u32,
}

/// A module: one file of policy.
#[derive(Debug, Clone)]
pub struct Module {
    /// The file's path in its bundle.
    pub path: String,
    /// The dialect it is read in.
    pub version: Version,
    /// Its package.
    pub package: Package,
    /// Its imports.
    pub imports: Vec<Import>,
    /// Its rules, in source order.
    pub rules: Vec<Rule>,
    /// Its comments, in source order.
    pub comments: Vec<Comment>,
}

/// A comment: the text behind `#`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Without the `#`.
    pub text: String,
    /// Of the `#`.
    pub at: Location,
}

/// `package a.b`.
#[derive(Debug, Clone, PartialEq)]
pub struct Package {
    /// From `data` down: `data.a.b`. The head is a variable, the rest are texts.
    pub path: Ref,
    /// Of the keyword.
    pub at: Location,
}

/// `import data.a.b as c`.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// A reference.
    pub path: Term,
    /// The name given with `as`.
    pub alias: Option<Name>,
    /// Of the keyword.
    pub at: Location,
}

/// A rule: one definition. `else` branches hang below it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What it defines.
    pub head: Head,
    /// Its conditions. `true` where none was written.
    pub body: Body,
    /// What holds where this does not.
    pub otherwise: Option<Box<Rule>>,
    /// `default p := …`.
    pub default: bool,
    /// Whether no body was written.
    pub generated_body: bool,
    /// Of its first word.
    pub at: Location,
}

/// What a rule defines.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// `p`, `p.q[x]`. In a compiled rule from `data` down: `data.package.p.q[x]`.
    pub reference: Ref,
    /// The arguments: a function has at least one, or else empty parentheses are refused.
    pub args: Vec<Term>,
    /// The element of a partial set (`contains x`).
    pub key: Option<Term>,
    /// The value. A rule has a key or a value; OPA's `RuleKind` is multi-value where there is no value.
    pub value: Option<Term>,
    /// Whether `:=` was written.
    pub assign: bool,
    /// Whether the value was not written, and so is `true`.
    pub generated_value: bool,
    /// Of its first word.
    pub at: Location,
}

impl Head {
    /// Whether this rule adds to a set.
    #[must_use]
    pub const fn is_multi_value(&self) -> bool {
        self.value.is_none()
    }
}

/// Conditions that hold together, in order.
pub type Body = Vec<Expr>;

/// One condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What is asked.
    pub kind: ExprKind,
    /// Whether `not` stands before it.
    pub negated: bool,
    /// Its `with` modifiers, in order.
    pub with: Vec<With>,
    /// Whether the compiler made it.
    pub generated: bool,
    /// Whether it is an equality that was written `:=`: safety must not bind its right side through its left.
    pub from_assignment: bool,
    /// Of its first word.
    pub at: Location,
}

/// The kinds of [`Expr`].
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A term that must not be false or undefined.
    Term(Term),
    /// A call as a condition: operator (a reference), operands, and perhaps a last one that takes the
    /// result. `=`, `==`, `:=`, `<` and the like are calls of `eq`, `equal`, `assign`, `lt`.
    Call(Vec<Term>),
    /// `some x, y`, or `some x in xs`, `some k, v in xs`: then one symbol, a call of `internal.member_2`
    /// or `internal.member_3`.
    Some(Vec<Term>),
    /// `every k, v in xs { … }`.
    Every(Box<Every>),
    /// `not { … }`, and every `not` of a module that imports `future.keywords.not`.
    Not(Box<Nested>),
    /// `… and …`.
    And(Box<Pair>),
    /// `… or …`.
    Or(Box<Pair>),
}

/// `every`.
#[derive(Debug, Clone, PartialEq)]
pub struct Every {
    /// Absent where only the value is named.
    pub key: Option<Term>,
    /// The value's variable.
    pub value: Term,
    /// What is gone through.
    pub domain: Term,
    /// What must hold for each.
    pub body: Body,
    /// Of the keyword.
    pub at: Location,
}

/// A body of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Nested {
    /// The conditions.
    pub body: Body,
    /// Whether braces were written.
    pub explicit: bool,
    /// Where it begins.
    pub at: Location,
}

/// The two sides of `and` and `or`.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The left side.
    pub left: Nested,
    /// The right side.
    pub right: Nested,
    /// Of the left side, as in OPA.
    pub at: Location,
}

/// `with target as value`.
#[derive(Debug, Clone, PartialEq)]
pub struct With {
    /// A reference to input, data, or a function.
    pub target: Term,
    /// What stands there instead.
    pub value: Term,
    /// Of the keyword.
    pub at: Location,
}

/// A reference: its head (a variable; at first perhaps a call or a collection), then what stands behind the
/// dots and in the brackets.
pub type Ref = Vec<Term>;

/// A term, and where it stands.
#[derive(Debug, Clone)]
pub struct Term {
    /// What it is.
    pub node: Node,
    /// Of its first character.
    pub at: Location,
}

/// By what it is; the place does not count.
impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}

/// The kinds of [`Term`].
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text, escapes resolved.
    String(Name),
    /// A variable. `_` has a name of its own at each place (`$0`, `$1`, …), as OPA's parser gives it.
    Var(Name),
    /// A reference. `input` and `data` alone are references of one term, and so are the operators of calls.
    Ref(Ref),
    /// `[a, b]`.
    Array(Vec<Term>),
    /// `{a: b}`, as written.
    Object(Vec<(Term, Term)>),
    /// `{a, b}`, `set()`, as written.
    Set(Vec<Term>),
    /// `[a | …]`.
    ArrayComprehension(Box<Comprehension>),
    /// `{a | …}`.
    SetComprehension(Box<Comprehension>),
    /// `{k: v | …}`.
    ObjectComprehension(Box<ObjectComprehension>),
    /// `f(x)`, `a + b`: operator (a reference), then operands.
    Call(Vec<Term>),
    /// `$"a {b}"`.
    Template(Box<Template>),
}

/// `[term | body]`, `{term | body}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Comprehension {
    /// What each solution adds.
    pub term: Term,
    /// The conditions.
    pub body: Body,
}

/// `{key: value | body}`.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectComprehension {
    /// The key each solution adds.
    pub key: Term,
    /// Its value.
    pub value: Term,
    /// The conditions.
    pub body: Body,
}

/// A template string.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Texts and expressions, in order.
    pub parts: Vec<TemplatePart>,
    /// Whether it was written with backticks.
    pub raw: bool,
}

/// A part of a [`Template`].
#[derive(Debug, Clone, PartialEq)]
pub enum TemplatePart {
    /// A text.
    Text(Term),
    /// What stands in braces: one expression, perhaps with modifiers.
    Expr(Box<Expr>),
}

impl Node {
    /// OPA's word for a kind of term.
    #[must_use]
    pub const fn kind_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Var(_) => "var",
            Self::Ref(_) => "ref",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
            Self::Set(_) => "set",
            Self::ArrayComprehension(_) => "arraycomprehension",
            Self::SetComprehension(_) => "setcomprehension",
            Self::ObjectComprehension(_) => "objectcomprehension",
            Self::Call(_) => "call",
            Self::Template(_) => "templatestring",
        }
    }
}

impl Term {
    /// A term at a place.
    #[must_use]
    pub const fn new(node: Node, at: Location) -> Self {
        Self { node, at }
    }

    /// A variable.
    #[must_use]
    pub fn var(name: impl Into<Name>, at: Location) -> Self {
        Self::new(Node::Var(name.into()), at)
    }

    /// A text.
    #[must_use]
    pub fn string(text: impl Into<Name>, at: Location) -> Self {
        Self::new(Node::String(text.into()), at)
    }

    /// The operator of a call of a builtin function: `plus`, `json.marshal`.
    #[must_use]
    pub fn operator(name: &str, at: Location) -> Self {
        let mut parts = name.split('.');
        let head = Self::var(parts.next().unwrap_or_default(), at);
        let reference = std::iter::once(head)
            .chain(parts.map(|part| Self::string(part, at)))
            .collect();
        Self::new(Node::Ref(reference), at)
    }

    /// The variable's name, if this is one.
    #[must_use]
    pub fn as_var(&self) -> Option<&Name> {
        match &self.node {
            Node::Var(name) => Some(name),
            _ => None,
        }
    }

    /// The reference, if this is one.
    #[must_use]
    pub fn as_ref_term(&self) -> Option<&Ref> {
        match &self.node {
            Node::Ref(reference) => Some(reference),
            _ => None,
        }
    }

    /// The value, if it holds no variable, reference, call, comprehension or template.
    #[must_use]
    pub fn to_value(&self) -> Option<Value> {
        match &self.node {
            Node::Null => Some(Value::Null),
            Node::Bool(truth) => Some(Value::Bool(*truth)),
            Node::Number(number) => Some(Value::Number(number.clone())),
            Node::String(text) => Some(Value::String(text.clone())),
            Node::Array(items) => {
                let items: Option<Vec<_>> = items.iter().map(Self::to_value).collect();
                Some(Value::from(items?))
            }
            Node::Set(items) => {
                let items: Option<crate::value::Set> = items.iter().map(Self::to_value).collect();
                Some(Value::from(items?))
            }
            Node::Object(fields) => {
                let fields: Option<crate::value::Object> = fields
                    .iter()
                    .map(|(key, value)| Some((key.to_value()?, value.to_value()?)))
                    .collect();
                Some(Value::from(fields?))
            }
            _ => None,
        }
    }

    /// The term that stands for a value.
    #[must_use]
    pub fn of_value(value: &Value, at: Location) -> Self {
        let terms = |items: &[Value]| items.iter().map(|item| Self::of_value(item, at)).collect();
        let node = match value {
            Value::Null => Node::Null,
            Value::Bool(truth) => Node::Bool(*truth),
            Value::Number(number) => Node::Number(number.clone()),
            Value::String(text) => Node::String(text.clone()),
            Value::Array(items) => Node::Array(terms(items)),
            Value::Set(items) => Node::Set(terms(items.as_slice())),
            Value::Object(fields) => Node::Object(
                fields
                    .iter()
                    .map(|(key, value)| (Self::of_value(key, at), Self::of_value(value, at)))
                    .collect(),
            ),
        };
        Self::new(node, at)
    }
}

impl Expr {
    /// A plain condition.
    #[must_use]
    pub const fn new(kind: ExprKind, at: Location) -> Self {
        Self {
            kind,
            negated: false,
            with: Vec::new(),
            generated: false,
            from_assignment: false,
            at,
        }
    }

    /// The operator's name if this is a call of a builtin function, joined with dots: `eq`, `json.marshal`.
    #[must_use]
    pub fn operator(&self) -> Option<String> {
        match &self.kind {
            ExprKind::Call(terms) => operator_name(terms.first()?),
            _ => None,
        }
    }
}

/// The name that a reference of plain names spells: `json.marshal`, `data.p.f`.
#[must_use]
pub fn operator_name(operator: &Term) -> Option<String> {
    let reference = operator.as_ref_term()?;
    let mut name = reference.first()?.as_var()?.to_string();
    for part in reference.iter().skip(1) {
        let Node::String(part) = &part.node else {
            return None;
        };
        name.push('.');
        name.push_str(part);
    }
    Some(name)
}

//! The instructions.

use crate::builtins::Builtin;
use crate::plan::program::SetId;
use crate::syntax::ast::Location;
use crate::value::Value;

/// Where a variable's value lies in its rule's frame.
pub type Slot = usize;

/// Instructions that run one after the other. The first one that does not hold ends them.
pub type Block = Box<[Step]>;

/// How a value is made.
#[derive(Debug, Clone)]
pub enum Build {
    /// It is known.
    Const(Value),
    /// A variable has it.
    Slot(Slot),
    /// An array of these.
    Array(Box<[Build]>),
    /// An object of these.
    Object(Box<[(Build, Build)]>),
    /// A set of these.
    Set(Box<[Build]>),
}

/// How a value is taken apart.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// Anything.
    Any,
    /// Nothing: a set with a variable in it that has no value yet.
    Never,
    /// Anything but `false`.
    Truthy,
    /// Anything: a variable takes it.
    Bind(Slot),
    /// A value that equals this one.
    Same(Build),
    /// An array of these.
    Array(Box<[Pattern]>),
    /// An object of exactly these keys.
    Object(Box<[(Build, Pattern)]>),
}

/// A part of a reference behind its head.
#[derive(Debug, Clone)]
pub enum Hop {
    /// The value at this key.
    Key(Build),
    /// The value at each key that matches.
    Each(Pattern),
}

/// Where a reference begins.
#[derive(Debug, Clone)]
pub enum Root {
    /// The input.
    Input,
    /// A value at hand.
    Value(Build),
}

/// An instruction.
#[derive(Debug)]
pub enum Step {
    /// Never holds.
    Fail,
    /// Holds if the value matches.
    Unify(Build, Pattern),
    /// Looks a value up by keys that are known: holds if it is there and matches.
    Path(Root, Box<[Build]>, Pattern),
    /// Goes through all values that a reference can mean.
    Walk(Root, Box<[Hop]>, Pattern),
    /// Goes through the parts of a set or object that is written out, and on from them.
    Parts(Box<PartsStep>),
    /// Goes through all values that a reference into `data` can mean.
    Data(Box<DataStep>),
    /// Calls a builtin function.
    Call(Box<CallStep>),
    /// Calls a function of the policy.
    Apply(Box<ApplyStep>),
    /// Makes a collection of a body's solutions.
    Collect(Box<CollectStep>),
    /// Holds if the block does not.
    Not(Block),
    /// Holds if both do. Nothing they bind is seen outside.
    And(Block, Block),
    /// Holds if one does; the second is not tried if the first does.
    Or(Block, Block),
    /// Holds if the body does for each item of the domain.
    Every(Box<EveryStep>),
    /// Runs a block in another world, and what follows in this one.
    With(Box<WithStep>),
}

/// A reference into a set or object that is written out with variables: `{"a", x}[_]`.
///
/// OPA goes through such a one as it is written, in the order of its terms: two parts may turn out equal, and come
/// up twice then.
#[derive(Debug)]
pub struct PartsStep {
    /// Key and value of each part; of a set's they are the same.
    pub parts: Box<[(Build, Build)]>,
    /// What each key must match.
    pub key: Pattern,
    /// What stands behind it.
    pub hops: Box<[Hop]>,
    /// What the value must match.
    pub result: Pattern,
}

/// A reference into `data`.
#[derive(Debug)]
pub struct DataStep {
    /// What stands behind `data`.
    pub hops: Box<[Hop]>,
    /// What the value must match.
    pub result: Pattern,
    /// Where the rules are, if the way there is known.
    pub known: Option<Known>,
}

/// Rules that a reference is known to mean.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// The rules.
    pub set: SetId,
    /// How many hops lead to them.
    pub at: usize,
}

/// A call of a builtin function.
#[derive(Debug)]
pub struct CallStep {
    /// Which.
    pub builtin: &'static Builtin,
    /// The operands.
    pub args: Box<[Build]>,
    /// What the answer must match.
    pub result: Pattern,
    /// Where it stands.
    pub at: Location,
}

/// A call of a function of the policy.
#[derive(Debug)]
pub struct ApplyStep {
    /// Which.
    pub set: SetId,
    /// The arguments.
    pub args: Box<[Build]>,
    /// What the result must match.
    pub result: Pattern,
}

/// A comprehension.
#[derive(Debug)]
pub struct CollectStep {
    /// What it makes.
    pub what: Collection,
    /// The body.
    pub body: Block,
    /// How it is made once for all, if it is.
    pub correlated: Option<CorrelatedStep>,
    /// What the collection must match.
    pub result: Pattern,
    /// Whether nothing is evaluated where what it must match is of another kind: so with OPA where the
    /// comprehension stands on the right.
    pub guarded: bool,
    /// Where it stands.
    pub at: Location,
}

/// A comprehension whose solutions are found once and sorted by the variables around it.
#[derive(Debug)]
pub struct CorrelatedStep {
    /// What it makes, in a frame of its own.
    pub what: Collection,
    /// The body, in that frame.
    pub body: Block,
    /// The variables, in that frame.
    pub keys: Box<[Slot]>,
    /// The same variables in the rule's frame.
    pub wanted: Box<[Slot]>,
    /// How many slots its frame has.
    pub slots: usize,
}

/// What a comprehension makes.
#[derive(Debug)]
pub enum Collection {
    /// An array of these.
    Array(Build),
    /// A set of these.
    Set(Build),
    /// An object of these.
    Object(Build, Build),
}

/// `every`.
#[derive(Debug)]
pub struct EveryStep {
    /// What is gone through.
    pub domain: Build,
    /// Goes through the items that count, as a reference into the domain does.
    pub items: Block,
    /// What must hold for each.
    pub body: Block,
}

/// A block in another world.
#[derive(Debug)]
pub struct WithStep {
    /// What stands where, in order.
    pub changes: Box<[Change]>,
    /// The block.
    pub body: Block,
}

/// One `with`.
#[derive(Debug)]
pub enum Change {
    /// A place in the input.
    Input(Box<[Value]>, Build),
    /// A place in data.
    Data(Box<[Value]>, Build),
    /// A function, replaced by a value.
    Value(Callee, Build),
    /// A function, replaced by what lies at a place when it is called.
    Place(Callee, Place),
    /// A function, replaced by a function.
    Function(Callee, Callee),
}

/// A fixed place in a document.
#[derive(Debug)]
pub enum Place {
    /// In the input.
    Input(Box<[Build]>),
    /// In data.
    Data(DataStep),
}

/// What can be called.
#[derive(Debug, Clone, Copy)]
pub enum Callee {
    /// A builtin function.
    Builtin(&'static Builtin),
    /// A function of the policy.
    Rules(SetId),
}

impl PartialEq for Callee {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Builtin(one), Self::Builtin(other)) => one.name == other.name,
            (Self::Rules(one), Self::Rules(other)) => one == other,
            _ => false,
        }
    }
}

impl Pattern {
    /// Whether this is a variable that has no value yet.
    #[must_use]
    pub const fn is_variable(&self) -> bool {
        matches!(self, Self::Any | Self::Bind(_))
    }

    /// Whether a value is made from what this takes.
    #[must_use]
    pub fn gives_to(&self, build: &Build) -> bool {
        match (self, build) {
            (_, Build::Const(_)) | (Self::Any | Self::Never | Self::Truthy | Self::Same(_), _) => {
                false
            }
            (Self::Bind(slot), Build::Slot(other)) => slot == other,
            (Self::Array(items), _) => items.iter().any(|item| item.gives_to(build)),
            (Self::Object(fields), _) => fields.iter().any(|(_, value)| value.gives_to(build)),
            (Self::Bind(_), Build::Array(items) | Build::Set(items)) => {
                items.iter().any(|item| self.gives_to(item))
            }
            (Self::Bind(_), Build::Object(fields)) => fields
                .iter()
                .any(|(key, value)| self.gives_to(key) || self.gives_to(value)),
        }
    }
}

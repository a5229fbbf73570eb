//! Makes the plan of a policy.

use std::collections::HashSet;

use super::calm;
use super::correlated::Correlated;
use super::fold::Mocked;
use super::index::{self, Explained, Index};
use super::mask::Mask;
use super::program::{Kind, Node, NodeId, Program, RulePlan, RuleSet, SetId};
use super::step::Hop;
use crate::compile::Compiled;
use crate::compile::tree::Tree;
use crate::problem::{Code, Problem};
use crate::syntax::ast::{Location, Module, Rule};
use crate::value::Value;

/// What planning a part comes to.
pub(super) type Planned<T> = Result<T, Unplanned>;

/// Something that cannot be planned: the checks before should have refused it.
#[derive(Debug)]
pub(super) struct Unplanned {
    at: Location,
    what: String,
}

pub(super) fn unplanned(at: Location, what: impl Into<String>) -> Unplanned {
    Unplanned {
        at,
        what: what.into(),
    }
}

/// Plans a policy. It is kept beside the plan: an entry point that is resolved later may need more bodies.
pub struct Planner<'c> {
    modules: &'c [Module],
    tree: &'c Tree,
    pub(super) program: Program,
    /// Comprehensions that are evaluated once for all.
    pub(super) correlated: Correlated,
    /// Builtin functions that something else may stand for.
    pub(super) mocked: Mocked,
    /// The definition behind each number.
    pub(super) sources: Vec<&'c Rule>,
    /// Bodies that were asked for.
    asked: HashSet<(SetId, Mask)>,
    open: Vec<(SetId, Mask)>,
}

impl<'c> Planner<'c> {
    /// Plans all that a policy's rules need.
    ///
    /// # Errors
    ///
    /// What no order of evaluation can be found for.
    pub fn plan(
        compiled: &'c Compiled,
        base: Value,
        wanted: &[Vec<Hop>],
    ) -> Result<Program, Vec<Problem>> {
        let mut planner = Self::of(compiled, base);
        for set in 0..planner.program.sets.len() {
            planner.ask(set, Mask::NONE);
        }
        for hops in wanted {
            planner.ask_for(hops, None);
        }
        planner.plan_all()?;
        calm::mark(&mut planner.program);
        Ok(planner.program)
    }

    /// What the rule index can tell apart, of each path that has several definitions.
    pub fn explain(compiled: &'c Compiled) -> Vec<(Box<[Value]>, usize, Explained)> {
        let planner = Self::of(compiled, Value::Null);
        let sets = planner.program.sets.iter();
        let several = sets.filter(|set| set.members.len() > 1);
        let explain = |set: &RuleSet| {
            let definitions = set.members.iter();
            let definitions = definitions.filter_map(|id| planner.sources.get(*id).copied());
            let explained = index::explain(definitions, planner.tree);
            (set.path.clone(), set.members.len(), explained)
        };
        several.map(explain).collect()
    }

    /// The tree of all rules, none of them planned yet.
    fn of(compiled: &'c Compiled, base: Value) -> Self {
        let mut planner = Self {
            modules: &compiled.modules,
            tree: &compiled.tree,
            program: Program {
                base: Some(base),
                files: compiled
                    .modules
                    .iter()
                    .map(|module| module.path.clone())
                    .collect(),
                ..Program::default()
            },
            correlated: Correlated::of(compiled),
            mocked: Mocked::of(&compiled.modules),
            sources: Vec::new(),
            asked: HashSet::new(),
            open: Vec::new(),
        };
        planner.add_node(&compiled.tree, &mut Vec::new());
        planner
    }

    /// Asks for the bodies of a set's definitions where these parts of their heads are known.
    pub(super) fn ask(&mut self, set: SetId, known: Mask) {
        if self.asked.insert((set, known)) {
            self.open.push((set, known));
        }
    }

    /// The rules at a path.
    pub(super) fn set_at<'key>(
        &self,
        path: impl IntoIterator<Item = &'key Value>,
    ) -> Option<SetId> {
        let mut node = self.program.nodes.first()?;
        for key in path {
            node = self.program.nodes.get(*node.children.get(key)?)?;
        }
        node.set
    }

    /// How many arguments a function takes; absent where the rules are none.
    pub(super) fn function_arity(&self, set: SetId) -> Option<usize> {
        match self.program.sets.get(set)?.kind {
            Kind::Function(arity) => Some(arity),
            _ => None,
        }
    }

    fn plan_all(&mut self) -> Result<(), Vec<Problem>> {
        let mut problems = Vec::new();
        while let Some((set, known)) = self.open.pop() {
            let members = self.program.sets.get(set);
            let members = members.map(|set| set.members.clone()).unwrap_or_default();
            let depth = self.program.sets.get(set).map_or(0, |set| set.path.len());
            for id in members {
                let places = self
                    .sources
                    .get(id)
                    .map_or(0, |rule| Self::places(rule, depth));
                let known = known.first(places);
                let plan = self.program.rules.get(id);
                if plan.is_some_and(|plan| plan.variants.iter().any(|v| v.known == known)) {
                    continue;
                }
                if let Err(unplanned) = self.plan_rule(id, set, known) {
                    problems.push(self.problem(unplanned));
                }
            }
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }

    fn problem(&self, unplanned: Unplanned) -> Problem {
        let module = usize::try_from(unplanned.at.module).ok();
        let file = module.and_then(|module| self.modules.get(module));
        let file = file.map_or("", |module| module.path.as_str());
        let cure = "write the condition in an order in which every variable has a value";
        let problem = Problem::new(Code::RegoUnsafeVar, unplanned.what, cure);
        problem.at(file, unplanned.at.row, unplanned.at.column)
    }

    fn add_node(&mut self, tree: &Tree, path: &mut Vec<Value>) -> NodeId {
        let id = self.program.nodes.len();
        self.program.nodes.push(Node::default());
        let set = (!tree.rules.is_empty()).then(|| self.add_set(tree, path));
        let mut children = std::collections::BTreeMap::new();
        for (key, child) in &tree.children {
            path.push(key.clone());
            children.insert(key.clone(), self.add_node(child, path));
            path.pop();
        }
        let hidden = path.len() == 1 && path.first().and_then(Value::as_str) == Some("system");
        if let Some(node) = self.program.nodes.get_mut(id) {
            *node = Node {
                children,
                set,
                hidden,
            };
        }
        id
    }

    /// The rules at a place: where one has a head with variables, with all below it.
    fn add_set(&mut self, tree: &Tree, path: &[Value]) -> SetId {
        let mut rules = Vec::new();
        self.collect(tree, &mut rules);
        let depth = path.len();
        let dynamic = rules.iter().any(|rule| {
            let tail = rule.head.reference.get(depth + 1..).unwrap_or_default();
            tail.iter().any(|part| part.to_value().is_none())
        });
        if dynamic {
            for child in tree.children.values() {
                self.collect_all(child, &mut rules);
            }
        }
        let first = rules.first();
        let kind = match first {
            Some(rule) if !rule.head.args.is_empty() => Kind::Function(rule.head.args.len()),
            _ if dynamic => Kind::Object,
            Some(rule) if rule.head.is_multi_value() => Kind::Set,
            _ => Kind::Complete,
        };
        let mut members = Vec::new();
        let mut numbered = Vec::new();
        for rule in rules {
            numbered.push((self.sources.len(), rule));
            let mut branch = Some(rule);
            while let Some(rule) = branch {
                members.push(self.sources.len());
                self.sources.push(rule);
                self.program.rules.push(RulePlan::default());
                branch = rule.otherwise.as_deref();
            }
        }
        let set = self.program.sets.len();
        let places = numbered
            .iter()
            .map(|(_, rule)| Self::places(rule, depth))
            .max();
        self.program.sets.push(RuleSet {
            members,
            places: places.unwrap_or(0),
            calm: false,
            path: path.to_vec().into(),
            kind,
            index: Index::build(&numbered, self.tree),
        });
        set
    }

    fn collect(&self, tree: &Tree, rules: &mut Vec<&'c Rule>) {
        let found = tree.rules.iter().filter_map(|at| {
            let module = self.modules.get(at.module)?;
            module.rules.get(at.rule)
        });
        rules.extend(found);
    }

    fn collect_all(&self, tree: &Tree, rules: &mut Vec<&'c Rule>) {
        self.collect(tree, rules);
        for child in tree.children.values() {
            self.collect_all(child, rules);
        }
    }
}

//! Reading bodies for what they ask of places.

use std::collections::HashMap;

use super::constraint::{Constraint, Pattern, Test, is_scalar};
use super::findings::{Findings, Membership, Path};
use super::place::{Place, Places};
use super::reference::{Reference, Root, Spot};
use crate::compile::tree::Tree;
use crate::syntax::ast::{Body, Expr, ExprKind, Name, Node, Pair, Rule, Term, operator_name};

/// What local variables were found to be, by name.
pub type Constants<'rule> = HashMap<Name, &'rule Term>;

/// Reads the bodies of one set of rules.
pub struct Scan<'rule> {
    tree: &'rule Tree,
    /// The places met so far.
    pub places: Places,
    /// The arguments of the rule that is read.
    pub args: &'rule [Term],
    /// What was found in the scope that is read.
    pub findings: Findings,
}

impl<'rule> Scan<'rule> {
    /// Nothing read yet. Places that rules define, which the tree tells, are never asked.
    pub fn new(tree: &'rule Tree) -> Self {
        Self {
            tree,
            places: Places::default(),
            args: &[],
            findings: Findings::default(),
        }
    }

    /// What a rule asks for.
    pub fn rule(&mut self, rule: &'rule Rule) -> Findings {
        self.args = &rule.head.args;
        self.body(&rule.body, &mut Constants::new());
        let ranking = std::mem::take(&mut self.findings.ranking);
        let next = Findings {
            ranking,
            ..Findings::default()
        };
        std::mem::replace(&mut self.findings, next)
    }

    fn body(&mut self, body: &'rule Body, constants: &mut Constants<'rule>) {
        for expr in body {
            self.expr(expr, constants);
        }
    }

    fn expr(&mut self, expr: &'rule Expr, constants: &mut Constants<'rule>) {
        if expr.negated || !expr.with.is_empty() {
            return;
        }
        match &expr.kind {
            ExprKind::Term(term) => self.naked(term, constants),
            ExprKind::Call(terms) => self.call(terms, constants),
            ExprKind::And(pair) => {
                let (left, right) = self.sides(pair, constants);
                self.findings.require(left);
                self.findings.require(right);
            }
            ExprKind::Or(pair) => {
                let (mut left, right) = self.sides(pair, constants);
                // A side that asks for nothing holds for anything.
                if !left.is_empty() && !right.is_empty() {
                    left.extend(right);
                    self.findings.require(left);
                }
            }
            ExprKind::Some(_) | ExprKind::Every(_) | ExprKind::Not(_) => {}
        }
    }

    fn call(&mut self, terms: &'rule [Term], constants: &mut Constants<'rule>) {
        let Some((operator, operands)) = terms.split_first() else {
            return;
        };
        let name = operator_name(operator).unwrap_or_default();
        // One more operand takes the result, and then `false` is an answer too.
        match (name.as_str(), operands) {
            ("eq", [one, other, ..]) | ("equal", [one, other]) => {
                self.equality(one, other, constants);
            }
            ("glob.match", [pattern, delimiters, text]) => self.glob(pattern, delimiters, text),
            ("internal.member_2", [item, collection]) => self.member(item, collection, constants),
            ("startswith" | "endswith", [text, affix]) => {
                self.affix(&name, text, affix, constants);
            }
            ("strings.any_prefix_match" | "strings.any_suffix_match", [text, affixes]) => {
                self.any_affix(&name, text, affixes, constants);
            }
            _ => {}
        }
    }

    /// A reference alone: it has to be defined.
    fn naked(&mut self, term: &'rule Term, constants: &Constants<'rule>) {
        let Some(reference) = Reference::of(term, constants) else {
            return;
        };
        if !self.collection_key(term, &reference)
            && let Some(spot) = self.readable(reference)
        {
            self.ask(spot, Pattern::anything(), Test::Equal);
        }
    }

    /// `data.groups.staff[key]`: the collection has to have the key. Whether it is one.
    fn collection_key(&mut self, term: &'rule Term, reference: &Reference) -> bool {
        let Some(collection) = reference.collection() else {
            return false;
        };
        let last = term.as_ref_term().and_then(|terms| terms.last());
        if reference.root != Root::Data || self.is_virtual(&collection) {
            return false;
        }
        let key = match last.map(|last| &last.node) {
            Some(Node::Var(name)) if !reference.is_ground() => self.resolve(name),
            Some(Node::Ref(_)) => last
                .and_then(|last| Reference::of(last, &Constants::new()))
                .and_then(|key| self.readable(key)),
            _ => None,
        };
        let Some(key) = key else { return false };
        let key = self.places.intern(key.place, key.at);
        self.findings
            .insert_membership(Membership { key, collection });
        true
    }

    fn sides(&mut self, pair: &'rule Pair, constants: &Constants<'rule>) -> (Vec<Path>, Vec<Path>) {
        let left = self.side(&pair.left.body, constants);
        (left, self.side(&pair.right.body, constants))
    }

    /// The ways one side of `and` or `or` can hold; none if it asks for nothing.
    fn side(&mut self, body: &'rule Body, constants: &Constants<'rule>) -> Vec<Path> {
        let inner = Findings {
            outer: [&*self.findings.constraints, &*self.findings.outer].concat(),
            ..Findings::default()
        };
        let around = std::mem::replace(&mut self.findings, inner);
        // It is a scope of its own, and its sibling must not see what it binds.
        self.body(body, &mut constants.clone());
        let mut paths = std::mem::replace(&mut self.findings, around).paths();
        if paths.iter().all(Vec::is_empty) {
            return Vec::new();
        }
        for constraint in paths.iter_mut().flatten() {
            if constraint.wanted.is_var() {
                constraint.wanted = Pattern::anything();
            }
        }
        paths
    }

    /// Adds what is asked of a place.
    pub fn ask(&mut self, spot: Spot, wanted: Pattern, test: Test) {
        let place = self.places.intern(spot.place, spot.at);
        self.findings
            .insert(Constraint::tested(place, wanted, test));
    }

    /// The place a reference leads to, if it can be read before a rule is tried.
    pub fn readable(&self, reference: Reference) -> Option<Spot> {
        let spot = self.rooted(reference)?.into_spot()?;
        let readable = !matches!(spot.place, Place::Argument(_)) && !self.is_virtual(&spot.place);
        readable.then_some(spot)
    }

    /// The same reference, with its head's variable replaced by the place it stands for.
    pub fn rooted(&self, reference: Reference) -> Option<Reference> {
        let Root::Local(name) = &reference.root else {
            return Some(reference);
        };
        let spot = self.resolve(name)?;
        Some(reference.below(spot))
    }

    /// Whether rules define something at this place, below it, or above.
    fn is_virtual(&self, place: &Place) -> bool {
        let Place::Data(path) = place else {
            return false;
        };
        let mut tree = self.tree;
        for key in path {
            match tree.children.get(key) {
                None => return false,
                Some(child) if !child.rules.is_empty() => return true,
                Some(child) => tree = child,
            }
        }
        true
    }

    /// The place a variable stands for.
    pub fn resolve(&self, name: &Name) -> Option<Spot> {
        let Findings {
            constraints, outer, ..
        } = &self.findings;
        let known = constraints
            .iter()
            .chain(outer)
            .find(|constraint| matches!(&constraint.wanted, Pattern::Var(var) if var == name));
        if let Some(constraint) = known {
            return Some(Spot {
                place: self.places.get(constraint.place)?.clone(),
                at: self.places.location(constraint.place),
            });
        }
        let mut args = self.args.iter();
        let number = args.position(|arg| arg.as_var() == Some(name))?;
        Some(Spot {
            place: Place::Argument(number),
            at: None,
        })
    }
}

/// What an equality with this term asks for: scalars, variables, and arrays of such.
pub fn pattern(term: &Term) -> Option<Pattern> {
    let plain = |term: &Term| {
        matches!(term.node, Node::Var(_)) || term.to_value().as_ref().is_some_and(is_scalar)
    };
    let indexed = match &term.node {
        Node::Array(items) => items.iter().all(plain),
        _ => plain(term),
    };
    (indexed && !Reference::is_document(term)).then(|| Pattern::of(term))
}

//! All annotations, by what they speak of.

use std::collections::HashMap;

use super::annotation::{Annotation, Scope};
use crate::compile::graph::RuleId;
use crate::syntax::ast::{Location, Module, Node, Term};
use crate::syntax::shape::ground_prefix;
use crate::value::{Object, Value};

/// All annotations, by what they speak of: OPA's `AnnotationSet`.
#[derive(Debug, Default)]
pub struct AnnotationSet {
    all: Vec<Annotation>,
    /// By module and rule; the rules' own ones.
    of_rules: HashMap<(usize, usize), Vec<usize>>,
    /// By the package's path.
    of_packages: HashMap<Value, usize>,
    /// By the path of rules of one name, or of packages with all below them.
    of_paths: HashMap<Value, usize>,
}

impl AnnotationSet {
    /// The set, and each annotation that speaks of what another one speaks of, with the place of that one.
    #[must_use]
    pub fn of(
        all: Vec<Annotation>,
        modules: &[Module],
    ) -> (Self, Vec<(Scope, Location, Location)>) {
        let mut set = Self {
            all,
            ..Self::default()
        };
        let mut twice = Vec::new();
        for (number, annotation) in set.all.iter().enumerate() {
            let Some(path) = path_of(annotation, modules) else {
                continue;
            };
            let place = match (annotation.scope, annotation.rule) {
                (Scope::Rule, Some(rule)) => {
                    let key = (annotation.module, rule);
                    set.of_rules.entry(key).or_default().push(number);
                    continue;
                }
                (Scope::Package, _) => set.of_packages.entry(path),
                _ => set.of_paths.entry(path),
            };
            let first = *place.or_insert(number);
            if first != number
                && let Some(first) = set.all.get(first)
            {
                twice.push((annotation.scope, annotation.at, first.at));
            }
        }
        (set, twice)
    }

    /// What `rego.metadata.rule` is in a rule.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> Value {
        let own = self.own(id);
        let first = own.iter().min_by_key(|annotation| annotation.at);
        first.map_or_else(Value::new_object, |first| first.to_value())
    }

    /// What `rego.metadata.chain` is in a rule: from the rule outwards.
    #[must_use]
    pub fn chain(&self, id: RuleId, modules: &[Module]) -> Value {
        let mut own = self.own(id);
        own.sort_by_key(|annotation| std::cmp::Reverse(annotation.at));
        let rule_path = id.find(modules).map_or_else(
            || Value::from(Vec::new()),
            |rule| names(ground_prefix(&rule.head.reference)),
        );
        let mut links: Vec<Value> = own
            .iter()
            .map(|annotation| link(&rule_path, Some(annotation)))
            .collect();
        if links.is_empty() {
            links.push(link(&rule_path, None));
        }
        let package_path = modules.get(id.at.module).map_or_else(
            || Value::from(Vec::new()),
            |module| names(&module.package.path),
        );
        let around = [
            self.of_paths.get(&rule_path),
            self.of_packages.get(&package_path),
        ];
        for number in around.into_iter().flatten() {
            links.extend(self.link_of(*number, modules));
        }
        let mut above = package_path.as_array().unwrap_or_default();
        loop {
            if let Some(number) = self.of_paths.get(&Value::from(above.to_vec())) {
                links.extend(self.link_of(*number, modules));
            }
            match above.split_last() {
                Some((_, rest)) => above = rest,
                None => break,
            }
        }
        Value::from(links)
    }

    /// A rule's own annotations. `else` branches have none.
    fn own(&self, id: RuleId) -> Vec<&Annotation> {
        if id.branch > 0 {
            return Vec::new();
        }
        let numbers = self.of_rules.get(&(id.at.module, id.at.rule));
        numbers
            .into_iter()
            .flatten()
            .filter_map(|number| self.all.get(*number))
            .collect()
    }

    fn link_of(&self, number: usize, modules: &[Module]) -> Option<Value> {
        let annotation = self.all.get(number)?;
        Some(link(&path_of(annotation, modules)?, Some(annotation)))
    }
}

fn link(path: &Value, annotation: Option<&Annotation>) -> Value {
    let mut link = Object::default();
    link.insert(Value::from("path"), path.clone());
    if let Some(annotation) = annotation {
        link.insert(Value::from("annotations"), annotation.to_value());
    }
    Value::from(link)
}

/// The path below `data` of what an annotation speaks of.
fn path_of(annotation: &Annotation, modules: &[Module]) -> Option<Value> {
    let module = modules.get(annotation.module)?;
    match annotation.rule {
        Some(rule) => {
            let head = &module.rules.get(rule)?.head;
            Some(names(ground_prefix(&head.reference)))
        }
        None => Some(names(&module.package.path)),
    }
}

/// The parts below `data`, as texts.
fn names(reference: &[Term]) -> Value {
    let parts = reference.iter().skip(1).map(|part| match &part.node {
        Node::String(name) => Value::String(name.clone()),
        Node::Number(number) => Value::from(number.to_string()),
        Node::Bool(truth) => Value::from(truth.to_string()),
        _ => Value::from("null"),
    });
    Value::from(parts.collect::<Vec<_>>())
}

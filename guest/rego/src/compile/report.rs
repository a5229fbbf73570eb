//! How rules are named in messages.

use std::fmt::Write as _;

use crate::syntax::ast::{Node, Rule, Term};
use crate::syntax::shape::ground_prefix;

/// A rule's name: its head up to what is only known when it is evaluated.
#[must_use]
pub fn name_of(rule: &Rule) -> String {
    name_of_ref(ground_prefix(&rule.head.reference))
}

/// A reference without variables as a name.
#[must_use]
pub fn name_of_ref(reference: &[Term]) -> String {
    let mut name = String::new();
    for part in reference {
        match &part.node {
            Node::Var(part) | Node::String(part) => {
                if !name.is_empty() {
                    name.push('.');
                }
                name.push_str(part);
            }
            Node::Number(number) => {
                let _ = write!(name, "[{number}]");
            }
            _ => name.push_str("[…]"),
        }
    }
    name
}

//! Rules without a body: conditions that stand outside of rules.

use super::ast::{Body, Expr, ExprKind, Head, Location, Node, Ref, Rule, Term, operator_name};
use super::rule::{Written, rule, truth};

/// The rule that conditions make, outside of rules: `p := 1`, `p[1]`, `f(x) = 1`.
pub(super) fn rule_of(body: Body) -> Result<Written, String> {
    let [expr]: [Expr; 1] = body
        .try_into()
        .map_err(|_| "multiple expressions cannot be used for rule head")?;
    if !expr.with.is_empty() {
        return Err("expressions using with keyword cannot be used for rule head".to_owned());
    }
    if expr.negated {
        return Err("negated expressions cannot be used for rule head".to_owned());
    }
    let at = expr.at;
    let mut rule = match expr.kind {
        ExprKind::Some(_) => {
            return Err("`some` declarations cannot be used for rule head".to_owned());
        }
        ExprKind::Term(term) => rule_of_term(term)?,
        ExprKind::Call(terms) => rule_of_call(terms, at)?,
        ExprKind::Every(_) | ExprKind::Not(_) | ExprKind::And(_) | ExprKind::Or(_) => {
            return Err("expression cannot be used for rule head".to_owned());
        }
    };
    rule.generated_body = true;
    Ok(Written {
        rule,
        contains: false,
        ifs: vec![false],
    })
}

fn head(reference: Ref, at: Location) -> Head {
    Head {
        reference,
        args: Vec::new(),
        key: None,
        value: None,
        assign: false,
        generated_value: false,
        at,
    }
}

fn check_name(reference: &Ref) -> Result<(), String> {
    match reference.first().and_then(Term::as_var) {
        Some(_) => Ok(()),
        None => Err("invalid rule head: it must begin with a name".to_owned()),
    }
}

/// `p.q.r`, `p[x]`.
fn rule_of_term(term: Term) -> Result<Rule, String> {
    let at = term.at;
    let Node::Ref(mut reference) = term.node else {
        let kind = term.node.kind_name();
        return Err(format!("{kind} cannot be used for rule name"));
    };
    if reference.len() == 1 {
        return Err("refs cannot be used for rule head".to_owned());
    }
    check_name(&reference)?;
    let mut head = if reference.len() == 2 {
        let key = reference.pop();
        Head {
            key,
            ..head(reference, at)
        }
    } else {
        head(reference, at)
    };
    if head.key.is_none() {
        head.value = Some(Term::new(Node::Bool(true), at));
        head.generated_value = true;
    }
    Ok(rule(head, vec![truth(at)], at))
}

fn rule_of_call(terms: Vec<Term>, at: Location) -> Result<Rule, String> {
    let operator = terms.first().and_then(operator_name);
    let assign = operator.as_deref() == Some("assign");
    let mut terms = terms.into_iter();
    if assign || operator.as_deref() == Some("eq") {
        let (Some(left), Some(right)) = (terms.nth(1), terms.next()) else {
            return Err("assignment requires two operands".to_owned());
        };
        let mut rule = rule_of_equality(left, right, at)?;
        rule.head.assign = assign;
        return Ok(rule);
    }
    if operator.is_some_and(|name| crate::builtins::find(&name).is_some()) {
        return Err("rule name conflicts with built-in function".to_owned());
    }
    let name = terms.next();
    let args: Vec<_> = terms.collect();
    let (
        Some(Term {
            node: Node::Ref(reference),
            at,
        }),
        false,
    ) = (name, args.is_empty())
    else {
        return Err("rule argument list must take at least one argument".to_owned());
    };
    check_name(&reference)?;
    let head = Head {
        args,
        value: Some(Term::new(Node::Bool(true), at)),
        ..head(reference, at)
    };
    Ok(rule(head, vec![truth(at)], at))
}

/// `p = 1`, `p[x] = 1`, `f(x) = 1`.
fn rule_of_equality(left: Term, right: Term, at: Location) -> Result<Rule, String> {
    let kind = left.node.kind_name();
    let body = vec![truth(right.at)];
    let mut head = match left.node {
        Node::Var(_) => head(vec![left], at),
        Node::Ref(reference) => {
            check_name(&reference)?;
            let key = match reference.as_slice() {
                [_, key] => Some(key.clone()),
                _ => None,
            };
            Head {
                key,
                ..head(reference, at)
            }
        }
        Node::Call(terms) => {
            let mut terms = terms.into_iter();
            match terms.next().map(|operator| operator.node) {
                Some(Node::Ref(reference)) if check_name(&reference).is_ok() => Head {
                    args: terms.collect(),
                    ..head(reference, at)
                },
                _ => return Err(format!("{kind} cannot be used for rule name")),
            }
        }
        _ => return Err(format!("{kind} cannot be used for rule name")),
    };
    head.value = Some(right);
    Ok(rule(head, body, at))
}

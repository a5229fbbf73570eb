//! Programs to smaller ones that still show what they showed.

use super::json::Json;
use super::program::{Asked, Literal, Module, Program, Rule, Term};

/// Most programs that are tried.
const TRIES: usize = 4_000;

/// The smallest program that can be found for which `shows` is still true.
pub fn shrink(program: Program, mut shows: impl FnMut(&Program) -> bool) -> Program {
    let mut smallest = program;
    let mut tries = 0;
    'again: loop {
        for smaller in smaller_programs(&smallest) {
            tries += 1;
            if tries > TRIES {
                return smallest;
            }
            if shows(&smaller) {
                smallest = smaller;
                continue 'again;
            }
        }
        return smallest;
    }
}

/// The program, asked at one place with one input.
#[must_use]
pub fn narrowed(program: &Program, input: usize, place: &[String]) -> Program {
    Program {
        inputs: vec![program.inputs[input].clone()],
        asked: Asked::Place(place.to_vec()),
        ..program.clone()
    }
}

fn smaller_programs(program: &Program) -> Vec<Program> {
    let with = |modules| Program {
        modules,
        ..program.clone()
    };
    let mut found = Vec::new();
    if program.no_index {
        found.push(Program {
            no_index: false,
            ..program.clone()
        });
    }
    if program.modules.len() > 1 {
        found.extend(without_each(&program.modules).into_iter().map(with));
    }
    if program.inputs.len() > 1 {
        found.extend(
            without_each(&program.inputs)
                .into_iter()
                .map(|inputs| Program {
                    inputs,
                    ..program.clone()
                }),
        );
    }
    found.extend(
        each_smaller(&program.modules, fewer_rules)
            .into_iter()
            .map(with),
    );
    found.extend(
        each_smaller(&program.modules, smaller_modules)
            .into_iter()
            .map(with),
    );
    for data in Json::Object(program.data.clone()).smaller() {
        if let Json::Object(data) = data {
            found.push(Program {
                data,
                ..program.clone()
            });
        }
    }
    let inputs = each_smaller(&program.inputs, Json::smaller);
    found.extend(inputs.into_iter().map(|inputs| Program {
        inputs,
        ..program.clone()
    }));
    found
}

fn fewer_rules(module: &Module) -> Vec<Module> {
    let with = |rules| Module {
        rules,
        ..module.clone()
    };
    let mut found = Vec::new();
    let half = module.rules.len() / 2;
    if half > 1 {
        found.push(with(module.rules[half..].to_vec()));
        found.push(with(module.rules[..half].to_vec()));
    }
    found.extend(without_each(&module.rules).into_iter().map(with));
    found.extend(
        without_each(&module.imports)
            .into_iter()
            .map(|imports| Module {
                imports,
                ..module.clone()
            }),
    );
    found
}

fn smaller_modules(module: &Module) -> Vec<Module> {
    let rules = each_smaller(&module.rules, smaller_rules);
    let smaller = rules.into_iter().map(|rules| Module {
        rules,
        ..module.clone()
    });
    smaller.collect()
}

fn smaller_rules(rule: &Rule) -> Vec<Rule> {
    let mut found = Vec::new();
    let mut add = |change: &dyn Fn(&mut Rule)| {
        let mut changed = rule.clone();
        change(&mut changed);
        found.push(changed);
    };
    for otherwise in without_each(&rule.otherwise) {
        add(&|rule| rule.otherwise.clone_from(&otherwise));
    }
    if let Some((value, body)) = rule.otherwise.first() {
        add(&|rule| {
            rule.value.clone_from(value);
            rule.body.clone_from(body);
            rule.otherwise.remove(0);
        });
    }
    for body in smaller_bodies(&rule.body, rule.value.is_some() || rule.contains.is_some()) {
        add(&|rule| rule.body.clone_from(&body));
    }
    if rule.head.len() > 1 {
        add(&|rule| drop(rule.head.pop()));
    }
    for value in rule.value.iter().flat_map(smaller_terms) {
        add(&|rule| rule.value = Some(value.clone()));
    }
    if rule.value.is_some() && !rule.body.is_empty() && !rule.default {
        add(&|rule| rule.value = None);
    }
    for key in rule.contains.iter().flat_map(smaller_terms) {
        add(&|rule| rule.contains = Some(key.clone()));
    }
    for head in each_smaller(rule.head.get(1..).unwrap_or_default(), smaller_terms) {
        add(&|rule| {
            rule.head.truncate(1);
            rule.head.extend(head.clone());
        });
    }
    for arguments in rule
        .arguments
        .iter()
        .flat_map(|all| each_smaller(all, smaller_terms))
    {
        add(&|rule| rule.arguments = Some(arguments.clone()));
    }
    for otherwise in each_smaller(&rule.otherwise, smaller_branches) {
        add(&|rule| rule.otherwise.clone_from(&otherwise));
    }
    found
}

type Branch = (Option<Term>, Vec<Literal>);

fn smaller_branches((value, body): &Branch) -> Vec<Branch> {
    let bodies = smaller_bodies(body, value.is_some()).into_iter();
    let mut found: Vec<Branch> = bodies.map(|body| (value.clone(), body)).collect();
    for smaller in value.iter().flat_map(smaller_terms) {
        found.push((Some(smaller), body.clone()));
    }
    found
}

fn smaller_bodies(body: &[Literal], may_be_empty: bool) -> Vec<Vec<Literal>> {
    let mut found = Vec::new();
    if body.len() > 1 || may_be_empty {
        found.extend(without_each(body));
    }
    for (at, literal) in body.iter().enumerate() {
        // What a literal holds may stand in its place.
        let inner: &[Vec<Literal>] = match literal {
            Literal::NotBody(inner) | Literal::Every(_, _, _, inner) => std::slice::from_ref(inner),
            Literal::Logic(_, operands) => operands,
            _ => &[],
        };
        for inner in inner {
            let mut changed = body.to_vec();
            changed.splice(at..=at, inner.iter().cloned());
            found.push(changed);
        }
    }
    found.extend(each_smaller(body, smaller_literals));
    found
}

fn smaller_literals(literal: &Literal) -> Vec<Literal> {
    use Literal as L;
    match literal {
        L::Term(term) => smaller_terms(term).into_iter().map(L::Term).collect(),
        L::Assign(one, other) => smaller_pairs(one, other, L::Assign),
        L::Unify(one, other) => smaller_pairs(one, other, L::Unify),
        L::Some(names) => without_each(names).into_iter().map(L::Some).collect(),
        L::SomeIn(key, element, domain) => {
            let mut found = vec![];
            if key.is_some() {
                found.push(L::SomeIn(None, element.clone(), domain.clone()));
            }
            for domain in smaller_terms(domain) {
                found.push(L::SomeIn(key.clone(), element.clone(), domain));
            }
            found
        }
        L::Every(key, element, domain, body) => {
            let mut found = Vec::new();
            for body in smaller_bodies(body, false) {
                found.push(L::Every(key.clone(), element.clone(), domain.clone(), body));
            }
            for domain in smaller_terms(domain) {
                found.push(L::Every(key.clone(), element.clone(), domain, body.clone()));
            }
            found
        }
        L::Not(inner) => {
            let mut found = vec![(**inner).clone()];
            found.extend(
                smaller_literals(inner)
                    .into_iter()
                    .map(|inner| L::Not(Box::new(inner))),
            );
            found
        }
        L::NotBody(body) => smaller_bodies(body, false)
            .into_iter()
            .map(L::NotBody)
            .collect(),
        L::With(inner, replaced) => {
            let mut found = vec![(**inner).clone()];
            if replaced.len() > 1 {
                for replaced in without_each(replaced) {
                    found.push(L::With(inner.clone(), replaced));
                }
            }
            for smaller in smaller_literals(inner) {
                found.push(L::With(Box::new(smaller), replaced.clone()));
            }
            let smaller_value = |(target, value): &(String, Term)| {
                let values = smaller_terms(value).into_iter();
                values.map(|value| (target.clone(), value)).collect()
            };
            for replaced in each_smaller(replaced, smaller_value) {
                found.push(L::With(inner.clone(), replaced));
            }
            found
        }
        L::Logic(word, operands) => {
            let mut found = Vec::new();
            if operands.len() > 2 {
                found.extend(
                    without_each(operands)
                        .into_iter()
                        .map(|fewer| L::Logic(word, fewer)),
                );
            }
            let smaller = each_smaller(operands, |operand| smaller_bodies(operand, false));
            found.extend(smaller.into_iter().map(|operands| L::Logic(word, operands)));
            found
        }
    }
}

fn smaller_pairs<T>(one: &Term, other: &Term, make: fn(Term, Term) -> T) -> Vec<T> {
    let ones = smaller_terms(one)
        .into_iter()
        .map(|one| make(one, other.clone()));
    let others = smaller_terms(other)
        .into_iter()
        .map(|other| make(one.clone(), other));
    ones.chain(others).collect()
}

fn smaller_terms(term: &Term) -> Vec<Term> {
    use Term as T;
    let mut found = Vec::new();
    let plain = [
        T::Text("1".to_owned()),
        T::quoted("a"),
        T::Text("true".to_owned()),
    ];
    if !matches!(term, T::Text(_) | T::Var(_)) {
        found.extend(plain);
    } else if let T::Text(text) = term
        && text.len() > 3
    {
        found.extend(plain);
    }
    match term {
        T::Text(_) | T::Var(_) => {}
        T::Ref(root, parts) => {
            if let [front @ .., _] = &parts[..] {
                if !front.is_empty() {
                    found.push(T::Ref(root.clone(), front.to_vec()));
                }
                found.extend(
                    parts
                        .iter()
                        .filter(|part| !matches!(part, T::Text(_)))
                        .cloned(),
                );
            }
            found.extend(
                each_smaller(parts, smaller_terms)
                    .into_iter()
                    .map(|parts| T::Ref(root.clone(), parts)),
            );
        }
        T::Array(items) => found.extend(smaller_items(items, T::Array)),
        T::Set(items) => found.extend(smaller_items(items, T::Set)),
        T::Call(name, arguments) => {
            found.extend(arguments.iter().cloned());
            let smaller = each_smaller(arguments, smaller_terms).into_iter();
            found.extend(smaller.map(|arguments| T::Call(name.clone(), arguments)));
        }
        T::Object(fields) => {
            found.extend(fields.iter().map(|(_, value)| value.clone()));
            found.extend(without_each(fields).into_iter().map(T::Object));
            let smaller = |(key, value): &(Term, Term)| smaller_pairs(key, value, |k, v| (k, v));
            found.extend(each_smaller(fields, smaller).into_iter().map(T::Object));
        }
        T::Infix(operator, left, right) => {
            found.extend([(**left).clone(), (**right).clone()]);
            let make = |(left, right)| T::Infix(operator, Box::new(left), Box::new(right));
            found.extend(
                smaller_pairs(left, right, |l, r| (l, r))
                    .into_iter()
                    .map(make),
            );
        }
        T::ArrayOf(head, body) => {
            found.extend(smaller_closures(head, body, |head, body| {
                T::ArrayOf(Box::new(head), body)
            }));
        }
        T::SetOf(head, body) => {
            found.extend(smaller_closures(head, body, |head, body| {
                T::SetOf(Box::new(head), body)
            }));
        }
        T::ObjectOf(pair, body) => {
            for body in smaller_bodies(body, false) {
                found.push(T::ObjectOf(pair.clone(), body));
            }
            for pair in smaller_pairs(&pair.0, &pair.1, |k, v| (k, v)) {
                found.push(T::ObjectOf(Box::new(pair), body.clone()));
            }
        }
        T::Template(pieces) => {
            if pieces.len() > 2 {
                found.push(T::Template(pieces[1..].to_vec()));
            }
            let smaller = |(text, term): &(String, Option<Term>)| {
                let terms = term.iter().flat_map(smaller_terms);
                terms.map(|term| (text.clone(), Some(term))).collect()
            };
            found.extend(each_smaller(pieces, smaller).into_iter().map(T::Template));
        }
    }
    found
}

fn smaller_items(items: &[Term], make: fn(Vec<Term>) -> Term) -> Vec<Term> {
    let mut found = items.to_vec();
    found.extend(without_each(items).into_iter().map(make));
    found.extend(each_smaller(items, smaller_terms).into_iter().map(make));
    found
}

fn smaller_closures(
    head: &Term,
    body: &[Literal],
    make: fn(Term, Vec<Literal>) -> Term,
) -> Vec<Term> {
    let bodies = smaller_bodies(body, false).into_iter();
    let heads = smaller_terms(head).into_iter();
    bodies
        .map(|body| make(head.clone(), body))
        .chain(heads.map(|head| make(head, body.to_vec())))
        .collect()
}

/// The list without its first item, without its second, and so on.
fn without_each<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    let without = |at| {
        let mut fewer = items.to_vec();
        fewer.remove(at);
        fewer
    };
    (0..items.len()).map(without).collect()
}

/// The list with one item replaced by something smaller, in each way there is.
fn each_smaller<T: Clone>(items: &[T], smaller: impl Fn(&T) -> Vec<T>) -> Vec<Vec<T>> {
    let mut found = Vec::new();
    for (at, item) in items.iter().enumerate() {
        for smaller in smaller(item) {
            let mut changed = items.to_vec();
            changed[at] = smaller;
            found.push(changed);
        }
    }
    found
}

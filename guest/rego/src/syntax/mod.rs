//! Text to syntax tree, exactly as OPA reads it.

pub mod ast;
mod bare_rule;
mod collection;
pub mod compare;
mod depth;
mod escape;
mod fault;
mod group;
mod head;
mod import;
mod infix;
mod literal;
mod logical;
mod memory;
mod modules;
mod parser;
mod quantifier;
mod quoted;
mod reference;
mod rule;
mod scanner;
pub mod shape;
mod statement;
mod template;
mod term;
mod token;
mod token_fault;
pub mod visit;

use self::ast::Location;
use self::parser::Parser;
use crate::module::Module;
use crate::problem::{Code, Problem};

/// Reads a module. `number` is its number among those that are compiled together.
///
/// # Errors
/// What is wrong with the text, the first as OPA reports it: what cannot be read first, in the order of the text,
/// then what is wrong with what can be read.
pub fn parse(source: &Module, number: u32) -> Result<ast::Module, Vec<Problem>> {
    let mut parser = Parser::new(&source.source, number, source.version);
    let (statements, faults) = parser.statements();
    let made = modules::module(parser, &source.path, statements, faults.is_empty());
    let mut problems: Vec<_> = faults
        .into_iter()
        .map(|fault| problem(&source.path, fault.at, fault.message, fault.cure))
        .collect();
    match made {
        Ok(module) if problems.is_empty() => match depth::too_long(&module) {
            None => return Ok(module),
            Some((at, message, cure)) => {
                problems.push(problem(&source.path, at, message, cure));
            }
        },
        Ok(_) => {}
        Err(wrongs) => problems.extend(
            wrongs
                .into_iter()
                .map(|(at, message, cure)| problem(&source.path, at, message, cure)),
        ),
    }
    Err(problems)
}

fn problem(file: &str, at: Location, message: String, cure: String) -> Problem {
    Problem::new(Code::RegoParse, message, cure).at(file, at.row, at.column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::Version;

    fn read(version: Version, source: &str) -> Result<ast::Module, Vec<Problem>> {
        let source = Module {
            path: "a.rego".to_owned(),
            source: source.to_owned(),
            version,
        };
        parse(&source, 0)
    }

    fn rows(version: Version, source: &str) -> Vec<u32> {
        let problems = read(version, source).err().unwrap_or_default();
        problems.iter().map(|problem| problem.place.row).collect()
    }

    #[test]
    fn one_reading_finds_all_that_is_wrong() {
        let source = "package a\n\
            p if {\n  f(x\n}\n\
            q := {1: 2, 3}\n\
            r if { x == \"open }\n\
            fine := 1\n\
            s[1]\n";
        assert_eq!(vec![4, 5, 6, 8], rows(Version::V1, source));
    }

    #[test]
    fn a_missing_import_is_the_cure() {
        let problems = read(Version::V0, "package a\np { some x in [1] }\n").unwrap_err();
        assert_eq!(
            "write `import future.keywords.in` below the package",
            problems[0].cure
        );
        let problems = read(Version::V0, "package a\np if { true }\n").unwrap_err();
        assert_eq!(
            "write `import future.keywords.if` below the package",
            problems[0].cure
        );
    }

    #[test]
    fn brackets_mean_a_set_in_v0_and_an_object_with_if() {
        let set = &read(Version::V0, "package a\np[x] { x := 1 }")
            .unwrap()
            .rules[0];
        assert!(set.head.is_multi_value());
        assert_eq!(1, set.head.reference.len());
        let object = &read(Version::V1, "package a\np[x] if { x := 1 }")
            .unwrap()
            .rules[0];
        assert!(!object.head.is_multi_value());
        assert_eq!(2, object.head.reference.len());
    }

    #[test]
    fn braces_behind_if_are_a_body_unless_they_cannot_be() {
        let body = |source| read(Version::V1, source).unwrap().rules[0].body.clone();
        assert!(matches!(
            &body("package a\np if { true }")[0].kind,
            ast::ExprKind::Term(ast::Term {
                node: ast::Node::Bool(true),
                ..
            })
        ));
        assert_eq!(2, body("package a\np if { a; b }").len());
        assert!(matches!(
            &body("package a\np if {x | x := 1}")[0].kind,
            ast::ExprKind::Term(ast::Term {
                node: ast::Node::SetComprehension(_),
                ..
            })
        ));
    }

    #[test]
    fn wildcards_have_names_of_their_own() {
        let module = read(Version::V1, "package a\np if _ = [_, _]").unwrap();
        let text = format!("{:?}", module.rules[0].body);
        for name in ["$0", "$1", "$2"] {
            assert!(text.contains(name), "{name} in {text}");
        }
    }

    #[test]
    fn nesting_limit_obeyed() {
        let deep = format!("package a\np := {}{}", "[".repeat(250), "]".repeat(250));
        assert!(read(Version::V1, &deep).is_ok());
        let long = format!("package a\np := 1{}", " + 1".repeat(1000));
        assert!(read(Version::V1, &long).is_ok());
    }

    #[test]
    fn nesting_limit_violated() {
        for (open, close) in [
            ("[", "]"),
            ("{a: b | ", "}"),
            ("f(", ")"),
            ("(", ")"),
            ("$\"{", "}\""),
        ] {
            let deep = format!("package a\np := {}1{}", open.repeat(300), close.repeat(300));
            let problems = read(Version::V1, &deep).unwrap_err();
            assert!(
                problems[0].message.starts_with("nested deeper"),
                "{}",
                problems[0]
            );
        }
        for long in [" + 1".repeat(2000), " if false else := 2".repeat(2000)] {
            let problems = read(Version::V1, &format!("package a\np := 1{long}")).unwrap_err();
            assert!(
                problems[0].message.starts_with("more than 1024"),
                "{}",
                problems[0]
            );
        }
    }

    #[test]
    fn nesting_is_not_read_again_and_again() {
        let unit = "[a | b, [[a | b, c] | b, {[a | b, c]: b | x, ";
        let deep = format!("package a\np := {}", unit.repeat(20));
        assert!(read(Version::V1, &deep).is_err());
        let groups = format!(
            "package a\nimport rego.v2\np if {}x{}",
            "({a | ".repeat(60),
            "})".repeat(60)
        );
        assert!(read(Version::V1, &groups).is_ok());
    }

    #[test]
    fn reading_limit_violated() {
        // OPA reads this in exponential time.
        let unit = "a, b in a or ({if.x | ".repeat(60);
        let source = format!("package a\nimport future.keywords\np := {unit}");
        assert!(read(Version::V0, &source).is_err());
    }
}

//! Text to syntax tree, exactly as OPA reads it.

pub mod ast;
mod collection;
mod head;
mod import;
mod literal;
mod escape;
mod logical;
mod modules;
mod parser;
mod rule;
mod scanner;
mod statement;
mod template;
mod term;
mod token;

use self::ast::{Body, Location};
use self::parser::Parser;
use self::statement::{Scope, Statement};
use crate::module::{Module, Version};
use crate::problem::{Code, Problem};

/// Reads a module. `number` is its number among those that are compiled together.
///
/// # Errors
/// What is wrong with the text, the first as OPA reports it: what cannot be read first, in the order of the text,
/// then what is wrong with what can be read.
pub fn parse(source: &Module, number: u32) -> Result<ast::Module, Vec<Problem>> {
    let mut parser = Parser::new(&source.source, number, source.version);
    let (statements, faults) = parser.statements(Scope::Module);
    let made = modules::module(parser, &source.path, statements, faults.is_empty());
    let mut problems: Vec<_> = faults
        .into_iter()
        .map(|fault| problem(&source.path, fault.at, fault.message, fault.cure))
        .collect();
    match made {
        Ok(module) if problems.is_empty() => return Ok(module),
        Ok(_) => {}
        Err(wrongs) => problems.extend(
            wrongs
                .into_iter()
                .map(|(at, message, cure)| problem(&source.path, at, message, cure)),
        ),
    }
    Err(problems)
}

/// Reads a query: conditions, without rules around them. `number` stands for its module.
///
/// # Errors
/// What is wrong with the text, as [`parse`] has it. Its places name no file.
pub fn parse_query(text: &str, version: Version, number: u32) -> Result<Body, Vec<Problem>> {
    let mut parser = Parser::new(text, number, version);
    let (statements, faults) = parser.statements(Scope::Query);
    let mut problems: Vec<_> = faults
        .into_iter()
        .map(|fault| problem("", fault.at, fault.message, fault.cure))
        .collect();
    let mut body = Vec::new();
    for statement in statements {
        match statement {
            Statement::Body(more) => body.extend(more),
            other => problems.push(problem(
                "",
                other.at(),
                "expected a condition".to_owned(),
                "leave `package` and `import` out of a query".to_owned(),
            )),
        }
    }
    if problems.is_empty() {
        Ok(body)
    } else {
        Err(problems)
    }
}

fn problem(file: &str, at: Location, message: String, cure: String) -> Problem {
    Problem::new(Code::RegoParse, message, cure).at(file, at.row, at.column)
}

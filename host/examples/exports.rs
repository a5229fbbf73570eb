//! The last step of `just component`: two builds of the component have the same exports.
//!
//! `cargo run --release --example exports FIRST.wasm SECOND.wasm`

use std::error::Error;
use std::{env, fs};

use wasmtime::Engine;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Type};

fn main() -> Result<(), Box<dyn Error>> {
    let engine = Engine::default();
    let mut surfaces = Vec::new();
    for path in env::args().skip(1) {
        let component = Component::new(&engine, fs::read(&path)?)?;
        let surface = surface(&engine, &component);
        println!("{path}: {} lines", surface.len());
        surfaces.push(surface);
    }
    match surfaces.as_slice() {
        [first, second] if first == second => {
            for line in first {
                println!("  {line}");
            }
            println!("Both have the same exports.");
            Ok(())
        }
        [first, second] => {
            let only = |a: &[String], b: &[String]| {
                a.iter()
                    .filter(|line| !b.contains(line))
                    .cloned()
                    .collect::<Vec<_>>()
            };
            Err(format!(
                "only the first: {:?}; only the second: {:?}",
                only(first, second),
                only(second, first)
            )
            .into())
        }
        _ => Err("name two components".into()),
    }
}

/// Every export, one a line, functions with their types.
fn surface(engine: &Engine, component: &Component) -> Vec<String> {
    let ty = component.component_type();
    let mut lines = Vec::new();
    for (name, export) in ty.exports(engine) {
        list(engine, &format!("export {name}"), &export.ty, &mut lines);
    }
    lines.sort();
    lines
}

fn list(engine: &Engine, name: &str, item: &ComponentItem, lines: &mut Vec<String>) {
    match item {
        ComponentItem::ComponentInstance(instance) => {
            for (inner, export) in instance.exports(engine) {
                list(engine, &format!("{name} {inner}"), &export.ty, lines);
            }
            lines.push(name.to_owned());
        }
        ComponentItem::ComponentFunc(function) => {
            let takes: Vec<_> = function
                .params()
                .map(|(name, ty)| format!("{name}: {}", kind(&ty)))
                .collect();
            let gives: Vec<_> = function.results().map(|ty| kind(&ty)).collect();
            lines.push(format!(
                "{name}({}) -> {}",
                takes.join(", "),
                gives.join(", ")
            ));
        }
        _ => {}
    }
}

/// A type as WIT would write it, its records and enums spelled out.
fn kind(ty: &Type) -> String {
    match ty {
        Type::Record(record) => {
            let fields = record
                .fields()
                .map(|field| format!("{}: {}", field.name, kind(&field.ty)));
            format!("record {{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Type::Enum(cases) => format!("enum {{{}}}", cases.names().collect::<Vec<_>>().join(", ")),
        Type::List(list) => format!("list<{}>", kind(&list.ty())),
        Type::Option(option) => format!("option<{}>", kind(&option.ty())),
        Type::Result(result) => {
            let side = |ty: Option<Type>| ty.map_or("_".to_owned(), |ty| kind(&ty));
            format!("result<{}, {}>", side(result.ok()), side(result.err()))
        }
        plain => format!("{plain:?}").to_lowercase(),
    }
}

//! What the rule index can tell apart: for whoever wonders why a policy slows down as it grows.

use crate::compile::Compiled;
use crate::path::Path;
use crate::plan::Planner;
use crate::problem::Place;

/// The index of one path that has several definitions. One that the index cannot tell apart is tried for every
/// input, so that a decision's cost grows with how many of them there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleIndex {
    /// Where the rules lie: `mcp/gateway/allow`.
    pub rule: Path,
    /// How many definitions there are, `else` branches included.
    pub definitions: usize,
    /// What a look-up asks for, as `input.role ==`, sorted.
    pub asks: Vec<String>,
    /// The definitions that are tried for every input that has what they look at.
    pub tried: Vec<Tried>,
}

/// A definition that is tried for every input that has what it looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Where it stands.
    pub place: Place,
    /// Why none of its conditions is asked beforehand: one reason for each row that has one.
    pub reasons: Vec<String>,
}

/// Explains the index of a policy, path by path.
pub fn explain(compiled: &Compiled) -> Vec<RuleIndex> {
    let file = |module: u32| {
        let module = usize::try_from(module).ok();
        let module = module.and_then(|module| compiled.modules.get(module));
        module.map_or(String::new(), |module| module.path.clone())
    };
    let mut indexes = Vec::new();
    for (path, definitions, explained) in Planner::explain(compiled) {
        // A path with a key that is no text is no entry point, but is told as well as can be.
        let parts = path.iter().map(|key| match key.as_str() {
            Some(key) => key.to_owned(),
            None => key.to_string(),
        });
        indexes.push(RuleIndex {
            rule: Path::new(parts),
            definitions,
            asks: explained.asks,
            tried: explained
                .tried
                .into_iter()
                .map(|(at, reasons)| Tried {
                    place: Place {
                        file: file(at.module),
                        row: at.row,
                        column: at.column,
                    },
                    reasons,
                })
                .collect(),
        });
    }
    indexes.sort_by(|one, other| one.rule.cmp(&other.rule));
    indexes
}

#[cfg(test)]
mod tests {
    use crate::module::{Module, Version};
    use crate::policy::Policy;

    /// Each path with what is asked, and the rows that are tried with their reasons.
    fn explained(source: &str) -> Vec<String> {
        let module = Module {
            path: "p.rego".to_owned(),
            source: source.to_owned(),
            version: Version::V1,
        };
        let data = crate::read_json(r#"{"groups": {}}"#, 8).unwrap();
        let policy = Policy::compile(&[module], data).unwrap();
        let indexes = policy.explain_index();
        let tell = |index: &super::RuleIndex| {
            let tried = index.tried.iter();
            let tried: Vec<_> = tried
                .map(|tried| format!("{}: {}", tried.place.row, tried.reasons.join("; ")))
                .collect();
            let (rule, definitions) = (index.rule.to_string(), index.definitions);
            format!("{rule} {definitions} [{}] {tried:?}", index.asks.join(", "))
        };
        indexes.iter().map(tell).collect()
    }

    #[test]
    fn what_is_asked_is_told() {
        let found = explained(
            r#"package p
allow if { input.role == "admin"; input.action != "x" }
allow if { startswith(input.path, "/a"); "x" in input.tags }
allow if { input.owner }
allow if { data.groups[input.group] }
allow if glob.match("api:*", [":"], input.scope)
one := 1 if input.x
f(x) := 1 if x == 1
f(x) := 2 if x.y == 2
"#,
        );
        assert_eq!(
            found,
            [
                "p/allow 5 [input.action is there, input.group in data.groups, input.owner is there, \
                 input.path by its beginning, input.role ==, input.scope by glob.match, input.tags has] \
                 [\"4: it only has to be there\"]",
                "p/f 2 [argument 1 ==] [\"9: `==` compares no place of input or data, and no argument, \
                 with a constant\"]",
            ]
        );
    }

    #[test]
    fn why_a_definition_is_tried_is_told() {
        let found = explained(
            r#"package p
allow if lower(input.role) == "admin"
allow if input.level > 5
allow if not input.blocked
allow if other
allow if every x in input.list { x > 1 }
allow if input.a == input.b
allow if { input.n == 1 } else := false
allow if g(input.x)
allow if input.x == 1 with input.x as 1
default allow := false
other if input.n == 1
other if true
g(x) if x > 1
"#,
        );
        assert_eq!(
            found,
            [
                "p/allow 11 [input.level is there, input.list is there, input.n ==, input.role is there, \
                 input.x is there] [\"2: `lower` is not asked\", \"3: `>` is not asked\", \
                 \"4: what is negated is not asked\", \
                 \"5: a rule's value is known only when it is evaluated\", \"6: `every` is not asked\", \
                 \"7: `==` compares no place of input or data, and no argument, with a constant\", \
                 \"8: it has no condition\", \"9: a function of the policy is called\", \
                 \"10: `with` changes what is asked\"]",
                "p/other 2 [input.n ==] [\"13: it has no condition\"]"
            ]
        );
    }
}

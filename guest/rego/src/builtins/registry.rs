//! Every builtin function of OPA 1.22.2, by name.

use std::sync::LazyLock;

use super::Builtin;

/// The families, each in a file of its own.
const FAMILIES: &[&[Builtin]] = &[
    super::aggregates::BUILTINS,
    super::arithmetic::BUILTINS,
    super::arrays::BUILTINS,
    super::bits::BUILTINS,
    super::casts::BUILTINS,
    super::comparison::BUILTINS,
    super::crypto::BUILTINS,
    super::debug::BUILTINS,
    super::edits::BUILTINS,
    super::encoding::BUILTINS,
    super::glob::BUILTINS,
    super::graph::BUILTINS,
    super::graphql::BUILTINS,
    super::http::BUILTINS,
    super::json::BUILTINS,
    super::jwt::BUILTINS,
    super::kinds::BUILTINS,
    super::membership::BUILTINS,
    super::net::BUILTINS,
    super::objects::BUILTINS,
    super::providers::BUILTINS,
    super::random::BUILTINS,
    super::ranges::BUILTINS,
    super::reflection::BUILTINS,
    super::regex::BUILTINS,
    super::runtime::BUILTINS,
    super::semver::BUILTINS,
    super::sets::BUILTINS,
    super::strings::BUILTINS,
    super::templates::BUILTINS,
    super::time::BUILTINS,
    super::units::BUILTINS,
    super::uri::BUILTINS,
    super::uuid::BUILTINS,
    super::yaml::BUILTINS,
];

/// INVARIANT: sorted by name, each name once.
static SORTED: LazyLock<Vec<&'static Builtin>> = LazyLock::new(|| {
    let mut all: Vec<_> = FAMILIES.iter().copied().flatten().collect();
    all.sort_by_key(|builtin| builtin.name);
    all
});

/// The builtin function of this name: `plus`, `json.marshal`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Builtin> {
    let at = SORTED.binary_search_by_key(&name, |builtin| builtin.name);
    SORTED.get(at.ok()?).copied()
}

/// All builtin functions, sorted by name.
pub fn all() -> impl ExactSizeIterator<Item = &'static Builtin> {
    SORTED.iter().copied()
}

/// How many operands a function takes; absent if that varies.
pub fn arity(builtin: &Builtin) -> Option<usize> {
    let signature = crate::types::signature(builtin.declaration)?;
    signature.variadic.is_none().then_some(signature.args.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_of_opa_is_found_once() {
        assert_eq!(all().len(), 206);
        assert!(SORTED.is_sorted_by(|one, next| one.name < next.name));
        assert!(all().all(|builtin| find(builtin.name).is_some_and(|it| it.name == builtin.name)));
        assert!(find("no.such").is_none());
    }
}

//! Which Rego each module is written in.

use std::collections::BTreeMap;

use sark_policy_rego::Version;

use crate::glob::Glob;

/// The manifest's `rego_version` and `file_rego_versions`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Versions {
    /// Of modules that no pattern matches.
    pub default: Version,
    /// By pattern. Of several patterns that match, the first in sorted order counts, as in OPA.
    pub patterns: BTreeMap<String, Version>,
}

impl Versions {
    /// The version of each of these paths.
    ///
    /// # Errors
    ///
    /// Each malformed pattern, and what is wrong with it.
    pub(crate) fn of(&self, paths: &[&str]) -> Result<Vec<Version>, Vec<(String, &'static str)>> {
        let mut found = vec![None; paths.len()];
        let mut malformed = Vec::new();
        // One pattern at a time, so that only one takes memory.
        for (pattern, version) in &self.patterns {
            match Glob::new(pattern) {
                Ok(glob) => {
                    for (path, found) in paths.iter().zip(&mut found) {
                        // `opa build` names files `/a.rego` in an archive, `tar` names them `a.rego`,
                        // and OPA matches the name as it is: patterns come in both spellings.
                        if found.is_none()
                            && (glob.matches(&format!("/{path}")) || glob.matches(path))
                        {
                            *found = Some(*version);
                        }
                    }
                }
                Err(fault) => malformed.push((pattern.clone(), fault)),
            }
        }
        if !malformed.is_empty() {
            return Err(malformed);
        }
        Ok(found
            .into_iter()
            .map(|version| version.unwrap_or(self.default))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(patterns: &[(&str, Version)]) -> Versions {
        Versions {
            default: Version::V1,
            patterns: patterns
                .iter()
                .map(|(pattern, version)| ((*pattern).into(), *version))
                .collect(),
        }
    }

    #[test]
    fn the_first_pattern_in_sorted_order_counts() {
        let versions = versions(&[("/b/*", Version::V0), ("*", Version::V1)]);
        assert_eq!(versions.of(&["b/c.rego"]), Ok(vec![Version::V1]));
    }

    #[test]
    fn a_pattern_matches_with_or_without_the_slash_in_front() {
        let versions = versions(&[("/a.rego", Version::V0), ("b.rego", Version::V0)]);
        let found = versions.of(&["a.rego", "b.rego", "c.rego"]);
        assert_eq!(found, Ok(vec![Version::V0, Version::V0, Version::V1]));
    }

    #[test]
    fn every_malformed_pattern_is_named() {
        let malformed = versions(&[("[", Version::V0), ("{", Version::V0)])
            .of(&[])
            .unwrap_err();
        assert_eq!(malformed.len(), 2);
    }
}

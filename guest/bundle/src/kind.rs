//! What a file is for, told by its name alone, as in OPA.

use crate::path::base_name;

/// What a file in a bundle is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `*.rego`.
    Module,
    /// `*_test.rego`.
    Test,
    /// `data.json`.
    Json,
    /// `data.yaml`, `data.yml`.
    Yaml,
    /// `.manifest`, at the root.
    Manifest,
    /// What OPA would read as the manifest too, but nobody means as one: `a/.manifest`, `b.manifest`.
    StrayManifest,
    /// The manifest as a protocol buffer.
    BinaryManifest,
    /// `.signatures.json`.
    Signatures,
    /// `patch.json`: makes a bundle a change to an earlier one.
    Patch,
    /// Nothing to us or OPA: a README, or a policy compiled to wasm or a plan.
    Other,
}

impl Kind {
    pub(crate) fn of(path: &str) -> Self {
        let base = base_name(path);
        let (stem, extension) = base.rsplit_once('.').unwrap_or((base, ""));
        match base {
            ".signatures.json" => Self::Signatures,
            "patch.json" => Self::Patch,
            "data.json" => Self::Json,
            "data.yaml" | "data.yml" => Self::Yaml,
            _ if extension == "rego" && stem.ends_with("_test") => Self::Test,
            _ if extension == "rego" => Self::Module,
            _ if path == ".manifest" => Self::Manifest,
            _ if extension == "manifest" => Self::StrayManifest,
            _ if base.ends_with(".manifest.pb") => Self::BinaryManifest,
            _ => Self::Other,
        }
    }

    /// Whether the content matters, to decisions and so to the revision.
    pub(crate) const fn counts(self) -> bool {
        matches!(
            self,
            Self::Module | Self::Test | Self::Json | Self::Yaml | Self::Manifest
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_kinds() {
        let cases = [
            ("a/b.rego", Kind::Module),
            (".rego", Kind::Module),
            ("a/b_test.rego", Kind::Test),
            ("test.rego", Kind::Module),
            ("data.json", Kind::Json),
            ("a/data.yml", Kind::Yaml),
            ("a/data.yaml", Kind::Yaml),
            ("mydata.json", Kind::Other),
            ("a/other.yaml", Kind::Other),
            (".manifest", Kind::Manifest),
            ("a/.manifest", Kind::StrayManifest),
            ("a.manifest", Kind::StrayManifest),
            (".manifest.pb", Kind::BinaryManifest),
            (".signatures.json", Kind::Signatures),
            ("a/.signatures.json", Kind::Signatures),
            ("signatures.json", Kind::Other),
            ("a/patch.json", Kind::Patch),
            ("policy.wasm", Kind::Other),
            ("plan.json", Kind::Other),
            ("a.REGO", Kind::Other),
        ];
        for (path, kind) in cases {
            assert_eq!(Kind::of(path), kind, "{path}");
        }
    }
}

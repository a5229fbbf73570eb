//! A bundle, unpacked.

use sark_policy_rego::{Code, Module, Problem, Value, Version};

use crate::archive::{self, File, Files};
use crate::data::{Data, Notation};
use crate::kind::Kind;
use crate::limits::Limits;
use crate::manifest::{self, Manifest};
use crate::quote::quote;
use crate::revision;
use crate::roots::Roots;
use crate::text::{Mark, text};
use crate::tree::Tree;
use crate::yaml::Budget;

/// Most problems reported of one bundle. An attacker's could have a million.
const MOST_PROBLEMS: usize = 100;

/// What somebody sent: unpacked, its form checked, its policies not yet looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    revision: String,
    roots: Roots,
    modules: Vec<Module>,
    tests: Vec<Module>,
    data: Value,
    signed: bool,
}

impl Bundle {
    /// Unpacks an OPA bundle: a tar archive, gzipped or not.
    ///
    /// A bundle without any policy or data is one: with it, an operator takes policies away.
    ///
    /// # Errors
    ///
    /// All problems found, at least one and at most 100. If the archive is damaged or too big, that
    /// alone: nothing else about it could be trusted.
    pub fn unpack(archive: &[u8], limits: &Limits) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        match archive::unpack(archive, limits, &mut problems) {
            Ok(files) => Reader { limits, problems }
                .bundle(files)
                .map_err(|mut problems| {
                    problems.truncate(MOST_PROBLEMS);
                    problems
                }),
            Err(problem) => Err(vec![problem]),
        }
    }

    /// The manifest's revision, or else the SHA-256, in hex, of the names and contents of all files that
    /// count: the same folder has the same revision, however often it is packed.
    #[must_use]
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// The manifest's roots without slashes around them; `""`, which is everything, if it gives none.
    #[must_use]
    pub fn roots(&self) -> &[String] {
        self.roots.names()
    }

    /// Whether a path in `data` lies within the roots. A module's package has to, and this crate cannot
    /// check that, since it does not read Rego: give the package's path without `data` in front.
    #[must_use]
    pub fn within_roots(&self, path: &[String]) -> bool {
        self.roots.contain(path)
    }

    /// All `.rego` files but tests, sorted by path.
    #[must_use]
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// All `_test.rego` files, sorted by path.
    #[must_use]
    pub fn tests(&self) -> &[Module] {
        &self.tests
    }

    /// All data files, merged: an object.
    #[must_use]
    pub const fn data(&self) -> &Value {
        &self.data
    }

    /// Whether the bundle carries `.signatures.json`. Nothing here checks signatures.
    #[must_use]
    pub const fn is_signed(&self) -> bool {
        self.signed
    }
}

/// Reads one bundle, and collects its problems.
struct Reader<'limits> {
    limits: &'limits Limits,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn bundle(mut self, mut files: Files) -> Result<Bundle, Vec<Problem>> {
        let digest = revision::digest(&files);
        let manifest = match files.remove(manifest::PATH) {
            Some(file) => self.manifest(file),
            None => Some(Manifest::default()),
        };
        let signed = files.values().any(|file| file.kind == Kind::Signatures);
        let (mut modules, mut tests, mut data) = (Vec::new(), Vec::new(), Vec::new());
        let mut budget = Budget(self.limits.unpacked);
        for (path, File { kind, bytes }) in files {
            match kind {
                Kind::Module => modules.extend(self.module(path, bytes)),
                Kind::Test => tests.extend(self.module(path, bytes)),
                Kind::Json => data.extend(self.data(path, bytes, Notation::Json, &mut budget)),
                Kind::Yaml => data.extend(self.data(path, bytes, Notation::Yaml, &mut budget)),
                Kind::StrayManifest | Kind::BinaryManifest | Kind::Patch => {
                    self.unsupported(kind, path);
                }
                Kind::Manifest | Kind::Signatures | Kind::Other => {}
            }
        }
        if let Some(manifest) = &manifest {
            self.check_roots(&manifest.roots, &data);
            self.set_versions(manifest, modules.iter_mut().chain(&mut tests).collect());
        }
        let data = self.merge(data);
        match manifest {
            Some(manifest) if self.problems.is_empty() => Ok(Bundle {
                revision: manifest.revision.unwrap_or(digest),
                data: manifest.roots.cut(data),
                roots: manifest.roots,
                modules,
                tests,
                signed,
            }),
            _ => Err(self.problems),
        }
    }

    fn manifest(&mut self, file: File) -> Option<Manifest> {
        let text = text(
            manifest::PATH,
            file.bytes,
            Mark::Refused,
            Code::BundleManifest,
        );
        let read = text.map_err(|problem| vec![problem]);
        match read.and_then(|text| Manifest::read(&text, self.limits.depth)) {
            Ok(manifest) => Some(manifest),
            Err(problems) => {
                self.problems.extend(problems);
                None
            }
        }
    }

    fn module(&mut self, path: String, bytes: Vec<u8>) -> Option<Module> {
        let source = text(&path, bytes, Mark::Skipped, Code::RegoParse);
        let source = self.keep(source)?;
        let version = Version::default();
        Some(Module {
            path,
            source,
            version,
        })
    }

    fn data(
        &mut self,
        path: String,
        bytes: Vec<u8>,
        notation: Notation,
        budget: &mut Budget,
    ) -> Option<(String, Data)> {
        let mark = match notation {
            Notation::Json => Mark::Refused,
            Notation::Yaml => Mark::Skipped,
        };
        let text = text(&path, bytes, mark, Code::BundleData);
        let data =
            text.and_then(|text| Data::read(&path, &text, notation, self.limits.depth, budget));
        Some((path, self.keep(data)?))
    }

    fn keep<T>(&mut self, read: Result<T, Problem>) -> Option<T> {
        read.map_err(|problem| self.problems.push(problem)).ok()
    }

    fn unsupported(&mut self, kind: Kind, path: String) {
        let (code, message, cure) = match kind {
            Kind::Patch => (
                Code::BundleArchive,
                "`patch.json` makes this a delta bundle, a change to an earlier one",
                "send the whole bundle: an instance never has an earlier one",
            ),
            Kind::BinaryManifest => (
                Code::BundleManifest,
                "the manifest is a protocol buffer",
                "write the manifest as JSON, named `.manifest`",
            ),
            _ => (
                Code::BundleManifest,
                "OPA would read this file as the manifest, though it is not `.manifest` at the root",
                "move the manifest to the bundle's root and name it `.manifest`, or leave the file out",
            ),
        };
        self.problems
            .push(Problem::new(code, message, cure).in_file(path));
    }

    fn check_roots(&mut self, roots: &Roots, data: &[(String, Data)]) {
        for (file, data) in data {
            if let Some(path) = roots.first_outside(&data.folder, &data.value) {
                let message = format!("data at {} lies outside the manifest's roots", shown(&path));
                let cure =
                    "add it to the manifest's `roots`, or move the file to the folder of one";
                self.problems
                    .push(Problem::new(Code::BundleRoots, message, cure).in_file(file));
            }
        }
    }

    fn set_versions(&mut self, manifest: &Manifest, modules: Vec<&mut Module>) {
        let paths: Vec<&str> = modules.iter().map(|module| module.path.as_str()).collect();
        match manifest.versions.of(&paths) {
            Ok(versions) => {
                for (module, version) in modules.into_iter().zip(versions) {
                    module.version = version;
                }
            }
            Err(malformed) => {
                for (pattern, fault) in malformed {
                    let message =
                        format!("the pattern {} cannot be read: {fault}", quote(&pattern));
                    let cure = "correct it in `file_rego_versions`; `\\` makes a special character an ordinary one";
                    self.problems.push(manifest::problem(message, cure));
                }
            }
        }
    }

    fn merge(&mut self, data: Vec<(String, Data)>) -> Value {
        let mut tree = Tree::default();
        let mut files: Vec<String> = Vec::new();
        for (file, Data { folder, value }) in data {
            if let Err(conflict) = tree.insert(&folder, value, files.len()) {
                let first = files.get(conflict.first).map_or("", String::as_str);
                let message = format!(
                    "data at {} is in {} already",
                    shown(&conflict.path),
                    quote(first)
                );
                let cure = "define the path in one file; objects merge, nothing else does";
                self.problems
                    .push(Problem::new(Code::BundleMerge, message, cure).in_file(&file));
            }
            files.push(file);
        }
        tree.into_value()
    }
}

/// A path in `data`, as OPA writes it.
fn shown(path: &[String]) -> String {
    quote(&format!("/{}", path.join("/")))
}

//! `package` and `import`.

use super::ast::{Import, Location, Name, Node, Package, Ref, Term};
use super::parser::Parser;
use super::term::is_var;
use super::token::{Keywords, Token, is_keyword_of};
use crate::module::Version;

impl Parser<'_> {
    /// `package a.b`. Nothing, and nothing wrong, if the word begins a reference.
    pub(super) fn package(&mut self) -> Option<Package> {
        let at = self.at();
        if !self.begins_path() {
            return None;
        }
        let term = self.term()?;
        let mut parts = match term.node {
            Node::Var(_) => vec![term],
            Node::Ref(parts) => parts,
            _ => {
                self.unexpected("");
                return None;
            }
        };
        let head = parts.first_mut()?;
        let Node::Var(name) = &head.node else {
            let (at, kind) = (head.at, head.node.kind_name());
            self.refuse(
                at,
                format!("unexpected {kind}: expected var"),
                "begin the package's path with a name",
            );
            return None;
        };
        let root = Term::var("data", head.at);
        *head = Term::string(name.clone(), head.at);
        self.check_path(&parts)?;
        parts.insert(0, root);
        Some(Package { path: parts, at })
    }

    /// Goes past `package` or `import`, and to the path. Not if a reference begins here.
    fn begins_path(&mut self) -> bool {
        self.scan_space();
        if matches!(self.token(), Token::Dot | Token::LBrack) {
            return false;
        }
        if self.is(Token::Whitespace) {
            self.scan();
        }
        if self.is_name_in_refs(self.token()) {
            self.now.token = Token::Ident;
        }
        let found = self.is(Token::Ident);
        if !found {
            self.unexpected("a path");
        }
        found
    }

    fn check_path(&mut self, parts: &[Term]) -> Option<()> {
        let wrong = parts
            .iter()
            .skip(1)
            .find(|part| !matches!(part.node, Node::String(_)));
        let Some(wrong) = wrong else { return Some(()) };
        self.refuse(
            wrong.at,
            format!("unexpected {}: expected string", wrong.node.kind_name()),
            "write the path with names behind dots, or with texts in brackets",
        );
        None
    }

    /// `import a.b as c`, and where its alias stands. Nothing, and nothing wrong, if the word begins a reference.
    pub(super) fn import(&mut self) -> Option<(Import, Location)> {
        let at = self.at();
        if !self.begins_path() {
            return None;
        }
        let before = self.now;
        self.now.keywords = Keywords::NONE;
        let term = self.term();
        let Some(term) = term else {
            self.refuse(self.at(), "expected path", "write what to import");
            return None;
        };
        let term_at = term.at;
        let path = match term.node {
            Node::Var(_) => vec![term],
            Node::Ref(parts) => {
                let behind = std::mem::replace(&mut self.now, before);
                self.check_path(&parts)?;
                self.now = behind;
                parts
            }
            _ => {
                self.refuse(self.at(), "expected path", "write what to import");
                return None;
            }
        };
        self.now.keywords = before.keywords;
        let is_root = |root: &&str| path.first().is_some_and(|head| is_var(head, root));
        let roots = ["data", "input", "future", "rego"];
        let Some(root) = roots.into_iter().find(|root| is_root(root)) else {
            self.refuse(
                term_at,
                "unexpected import path, must begin with one of: data, future, input, rego",
                "write `data.` before the path of a package",
            );
            return None;
        };
        let mut alias_at = at;
        let alias = if self.is(Token::As) {
            self.scan();
            alias_at = self.at();
            Some(self.alias()?)
        } else {
            self.check_last_part(&path, root);
            None
        };
        let path = Term::new(Node::Ref(path), term_at);
        Some((Import { path, alias, at }, alias_at))
    }

    fn alias(&mut self) -> Option<Name> {
        if self.is(Token::Ident) {
            let alias = self.term()?;
            match &alias.node {
                Node::Var(name) => return Some(name.clone()),
                Node::Ref(parts) if parts.len() == 1 => {
                    self.refuse(
                        alias.at,
                        "unexpected import alias, must not be a reserved name",
                        "choose another name than `data` and `input`",
                    );
                    return None;
                }
                _ => {}
            }
        }
        self.unexpected("a name behind `as`");
        None
    }

    /// A path without alias gives the name of its last part, which no keyword can be.
    fn check_last_part(&mut self, path: &Ref, root: &str) {
        let Some(last) = path.last() else { return };
        let name = match &last.node {
            Node::Var(name) => name,
            Node::String(name) if root != "future" => name,
            _ => return,
        };
        if is_keyword_of(self.version, name) {
            self.refuse(
                last.at,
                format!("unexpected import path, must not end with a keyword, got: `{name}`"),
                "import a different path or use an alias",
            );
        }
    }

    /// Makes keywords of what `import future.keywords…` and `import rego.v1` name.
    pub(super) fn import_keywords(&mut self, import: &Import, alias_at: Location) {
        let Node::Ref(path) = &import.path.node else {
            return;
        };
        let Some(root) = path.first().and_then(Term::as_var) else {
            return;
        };
        let keywords = match &**root {
            "rego" => self.rego_keywords(import, alias_at, path),
            "future" => self.future_keywords(import, alias_at, path),
            _ => return,
        };
        if let Some((keywords, not_bodies)) = keywords {
            self.now.keywords = self.now.keywords.with(keywords);
            self.not_bodies |= not_bodies;
        }
        // The token here was read before its word was a keyword.
        if self.is(Token::Ident) && Keywords::named(self.text()).is_some() {
            self.now.token = self.now.keywords.token(self.text());
        }
    }

    fn rego_keywords(
        &mut self,
        import: &Import,
        alias_at: Location,
        path: &Ref,
    ) -> Option<(Keywords, bool)> {
        let keywords = match path_part(path, 1).filter(|_| path.len() == 2) {
            Some("v1") if self.version == Version::V1 => (Keywords::NONE, false),
            Some("v1") => (Keywords::V1, false),
            Some("v2") => (Keywords::ALL, true),
            _ => {
                self.refuse(
                    import.path.at,
                    "invalid import, must be one of: `rego.v1`, `rego.v2`",
                    "write `import rego.v1`",
                );
                return None;
            }
        };
        self.refuse_alias(import, alias_at, "rego")?;
        Some(keywords)
    }

    fn future_keywords(
        &mut self,
        import: &Import,
        alias_at: Location,
        path: &Ref,
    ) -> Option<(Keywords, bool)> {
        if path_part(path, 1) != Some("keywords") {
            self.refuse(
                import.path.at,
                "invalid import, must be `future.keywords`",
                "write `import future.keywords`, or `import future.keywords.in`",
            );
            return None;
        }
        self.refuse_alias(import, alias_at, "future")?;
        if path.len() != 3 {
            return Some((Keywords::ALL, true));
        }
        let keyword = path_part(path, 2).and_then(|name| Some((name, Keywords::named(name)?)));
        let Some((name, keyword)) = keyword else {
            self.refuse(
                import.path.at,
                "unexpected keyword, must be one of: and, contains, every, if, in, not, or",
                "write one of them behind `future.keywords.`",
            );
            return None;
        };
        Some((keyword, name == "not"))
    }

    fn refuse_alias(&mut self, import: &Import, at: Location, root: &str) -> Option<()> {
        if import.alias.is_none() {
            return Some(());
        }
        self.refuse(
            at,
            format!("`{root}` imports cannot be aliased"),
            "leave `as …` out",
        );
        None
    }
}

fn path_part(path: &Ref, position: usize) -> Option<&str> {
    match &path.get(position)?.node {
        Node::String(name) => Some(name),
        _ => None,
    }
}

//! References.

use super::mask::Mask;
use super::planner::{Planned, Planner, unplanned};
use super::program::NodeId;
use super::scope::Scope;
use super::step::{Build, DataStep, Hop, Known, PartsStep, Pattern, Root, Step};
use super::unify::Want;
use crate::syntax::ast::{Location, Node, Term};
use crate::value::Value;

impl Planner<'_> {
    /// All values that a reference can mean.
    pub(super) fn reference(
        &mut self,
        scope: &mut Scope,
        reference: &[Term],
        at: Location,
        want: Want,
        out: &mut Vec<Step>,
    ) -> Planned<()> {
        let Some((head, rest)) = reference.split_first() else {
            return Err(unplanned(at, "a reference without a head"));
        };
        let root = match &head.node {
            Node::Var(name) if &**name == "data" => None,
            Node::Var(name) if &**name == "input" => Some(Root::Input),
            // OPA's order may put a reference before what binds its head; then it finds nothing.
            Node::Var(name) if scope.bound(name).is_none() => {
                let hops = rest.iter().map(|part| Self::hop(scope, part));
                let _planned: Vec<_> = hops.collect::<Planned<_>>()?;
                want.pattern(scope)?;
                out.push(Step::Fail);
                return Ok(());
            }
            _ => Some(Root::Value(Self::build(scope, head)?)),
        };
        let hops: Planned<Vec<_>> = rest.iter().map(|part| Self::hop(scope, part)).collect();
        let hops = hops?;
        let result = want.pattern(scope)?;
        let Some(root) = root else {
            let known = self.program.known(&hops);
            self.ask_for(&hops, known);
            out.push(Step::Data(Box::new(DataStep {
                hops: hops.into(),
                result,
                known,
            })));
            return Ok(());
        };
        if let Some(parts) = parts(scope, &root)
            && matches!(hops.first(), Some(Hop::Each(_)))
        {
            let mut hops = hops.into_iter();
            let key = match hops.next() {
                Some(Hop::Each(key)) => key,
                _ => Pattern::Any,
            };
            out.push(Step::Parts(Box::new(PartsStep {
                parts,
                key,
                hops: hops.collect(),
                result,
            })));
            return Ok(());
        }
        let keys: Option<Vec<_>> = hops.iter().map(Hop::key).collect();
        out.push(match keys {
            Some(keys) => Step::Path(root, keys.into(), result),
            None => Step::Walk(root, hops.into(), result),
        });
        Ok(())
    }

    fn hop(scope: &mut Scope, part: &Term) -> Planned<Hop> {
        if Self::is_ground(scope, part) {
            Ok(Hop::Key(Self::build(scope, part)?))
        } else {
            Ok(Hop::Each(Self::pattern(scope, part)?))
        }
    }

    /// Asks for the bodies that a reference into `data` needs: those for what it knows of their heads.
    pub(super) fn ask_for(&mut self, hops: &[Hop], known: Option<Known>) {
        if let Some(Known { set, at }) = known {
            self.ask(set, mask(hops.get(at..).unwrap_or_default()));
            return;
        }
        let mut places: Vec<NodeId> = vec![0];
        for (at, hop) in hops.iter().enumerate() {
            let mut below: Vec<NodeId> = Vec::new();
            for place in places {
                let Some(node) = self.program.nodes.get(place) else {
                    continue;
                };
                match hop.constant() {
                    Some(key) => below.extend(node.children.get(key)),
                    None => below.extend(node.children.values()),
                }
            }
            let nodes = below
                .iter()
                .filter_map(|place| self.program.nodes.get(*place));
            let sets: Vec<_> = nodes.filter_map(|node| node.set).collect();
            for set in sets {
                self.ask(set, mask(hops.get(at + 1..).unwrap_or_default()));
            }
            places = below;
        }
    }
}

/// The parts of what a reference goes into, if that is a set or object written out with variables.
fn parts(scope: &Scope, root: &Root) -> Option<Box<[(Build, Build)]>> {
    let build = match root {
        Root::Value(Build::Slot(slot)) => scope.written(*slot)?,
        Root::Value(build) => build,
        Root::Input => return None,
    };
    match build {
        Build::Set(items) => Some(
            items
                .iter()
                .map(|item| (item.clone(), item.clone()))
                .collect(),
        ),
        Build::Object(fields)
            if fields
                .iter()
                .any(|(key, _)| !matches!(key, Build::Const(_))) =>
        {
            Some(fields.clone())
        }
        _ => None,
    }
}

/// Which of these hops are known. None where the first is not: then the rules are evaluated whole.
pub fn mask(hops: &[Hop]) -> Mask {
    if matches!(hops.first(), Some(Hop::Each(pattern)) if pattern.is_variable()) {
        return Mask::NONE;
    }
    let known = hops
        .iter()
        .enumerate()
        .filter(|(_, hop)| matches!(hop, Hop::Key(_)));
    known.fold(Mask::NONE, |mask, (place, _)| mask.with(place))
}

impl Hop {
    fn key(&self) -> Option<Build> {
        match self {
            Self::Key(build) => Some(build.clone()),
            Self::Each(_) => None,
        }
    }

    /// The key, if it is a constant.
    pub(super) fn constant(&self) -> Option<&Value> {
        match self {
            Self::Key(Build::Const(value)) => Some(value),
            _ => None,
        }
    }
}

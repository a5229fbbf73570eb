//! How far the parser may go.

use super::ast::{Location, Module};
use super::parser::Parser;

/// Most levels of brackets, calls, bodies and the like inside each other. OPA stops at some 10,000.
pub(super) const NESTING: u32 = 256;
/// Most levels of the tree that comes out: operators in a row nest without brackets.
pub(super) const HEIGHT: u32 = 1024;
/// Most tokens that are read for one statement, besides a hundred for each byte of the text: what is read again
/// counts again. Only texts made for it come near.
const READING: usize = 1_000_000;

/// The first package or head whose path has too many parts: rules lie in a tree as deep as their paths are long.
pub(super) fn too_long(module: &Module) -> Option<(Location, String, String)> {
    let package = (module.package.path.len(), module.package.at);
    let heads = module
        .rules
        .iter()
        .map(|rule| (rule.head.reference.len(), rule.at));
    let (_, at) = std::iter::once(package)
        .chain(heads)
        .find(|(parts, _)| *parts > HEIGHT as usize / 2)?;
    let message = format!("a path of more than {} parts", HEIGHT / 2);
    Some((at, message, "use a shorter path".to_owned()))
}

impl Parser<'_> {
    /// Goes a level deeper. Gives back what [`Self::leave`] wants.
    pub(super) fn enter(&mut self) -> Option<u32> {
        if self.nesting == NESTING {
            self.exceed(format!("nested deeper than {NESTING} levels"));
            return None;
        }
        if self.tokens_read > READING + self.source.len().saturating_mul(100) {
            self.exceed("nested in too many ways that it could be read".to_owned());
            return None;
        }
        self.nesting += 1;
        Some(std::mem::take(&mut self.height))
    }

    /// Comes back from a level.
    pub(super) fn leave(&mut self, outer: u32) {
        self.nesting -= 1;
        self.height = outer.max(self.height + 1);
    }

    /// Starts measuring the height of one operand. Gives back what [`Self::stack`] wants.
    pub(super) const fn measure(&mut self) -> u32 {
        std::mem::replace(&mut self.height, 0)
    }

    /// Puts an operator on top of two operands, the left one of this height.
    pub(super) fn stack(&mut self, left: u32) -> Option<()> {
        self.height = left.max(self.height) + 1;
        if self.height <= HEIGHT {
            return Some(());
        }
        self.exceed(format!("more than {HEIGHT} operators in a row"));
        None
    }

    /// Ends measuring an operand among others, the highest of which had this height.
    pub(super) fn measured(&mut self, outer: u32) {
        self.height = self.height.max(outer);
    }
}

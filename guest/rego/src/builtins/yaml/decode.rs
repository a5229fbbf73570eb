//! Nodes to values, as OPA makes JSON of them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::node::{Id, Kind, Node, Nodes, syntax};
use super::scalar::{Scalar, float_key, float_text, resolve};
use crate::builtins::json::MAX_DEPTH;
use crate::builtins::{BuiltinError, base64};
use crate::value::{Number, Object, Value};

/// How many nodes may be made of a document, those that aliases repeat counted each time.
const MAX_NODES: u64 = 1_000_000;

/// Reads the first document of a text; null where it has none.
pub fn read(text: &str) -> Result<Value, BuiltinError> {
    let mut nodes = Nodes::read(text)?;
    let Some(first) = nodes.first else {
        return Ok(Value::Null);
    };
    normalize(&mut nodes, first, &mut HashSet::new())?;
    let mut decoder = Decoder {
        nodes: &nodes,
        inside: HashSet::new(),
        made: 0,
        repeated: 0,
        aliases: 0,
        depth: 0,
    };
    decoder.value(first)
}

/// Mends what the package would refuse and OPA lets pass: repeated merge keys and keys given twice; and makes texts
/// of what looks like a time.
fn normalize(nodes: &mut Nodes, id: Id, seen: &mut HashSet<Id>) -> Result<(), BuiltinError> {
    let mut queue = vec![id];
    while let Some(id) = queue.pop() {
        if !seen.insert(id) {
            continue;
        }
        let Node { kind, tag, styled } = nodes.get(id)?.clone();
        match kind {
            Kind::Scalar(_) if tag == "!!timestamp" && !styled => nodes.retag(id, "!!str"),
            Kind::Scalar(_) => {}
            Kind::Alias(target) => queue.push(target),
            Kind::Sequence(items) => queue.extend(items),
            Kind::Mapping(fields) => {
                let fields = collapse_merge_keys(nodes, fields)?;
                let fields = drop_earlier_keys(nodes, fields)?;
                queue.extend(fields.iter().flat_map(|(key, value)| [*key, *value]));
                nodes.set(id, Kind::Mapping(fields));
            }
        }
    }
    Ok(())
}

fn is_merge_scalar(node: &Node) -> bool {
    matches!(node.kind, Kind::Scalar(_)) && node.tag == "!!merge"
}

fn collapse_merge_keys(
    nodes: &mut Nodes,
    fields: Vec<(Id, Id)>,
) -> Result<Vec<(Id, Id)>, BuiltinError> {
    let mut merged = Vec::new();
    for (key, value) in &fields {
        if is_merge_scalar(nodes.get(*key)?) {
            match &nodes.get(*value)?.kind {
                Kind::Sequence(items) => merged.extend(items),
                _ => merged.push(*value),
            }
        }
    }
    if merged.len() < 2 {
        return Ok(fields);
    }
    let all = nodes.add(Node {
        kind: Kind::Sequence(merged),
        tag: "!!seq".into(),
        styled: false,
    });
    let mut first = true;
    let mut out = Vec::with_capacity(fields.len());
    for (key, value) in fields {
        if !is_merge_scalar(nodes.get(key)?) {
            out.push((key, value));
        } else if std::mem::take(&mut first) {
            out.push((key, all));
        }
    }
    Ok(out)
}

/// Of keys that are the same in JSON the first keeps its place, and the last its value.
fn drop_earlier_keys(nodes: &Nodes, fields: Vec<(Id, Id)>) -> Result<Vec<(Id, Id)>, BuiltinError> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut out: Vec<(Id, Id)> = Vec::with_capacity(fields.len());
    for (key, value) in fields {
        let node = nodes.get(key)?;
        let name = match &node.kind {
            Kind::Scalar(text) if node.tag != "!!merge" => scalar(&node.tag, text)
                .ok()
                .and_then(|scalar| key_text(&scalar)),
            _ => None,
        };
        if let Some(name) = name {
            if let Some((_, earlier)) = places.get(&name).and_then(|place| out.get_mut(*place)) {
                *earlier = value;
                continue;
            }
            places.insert(name, out.len());
        }
        out.push((key, value));
    }
    Ok(out)
}

/// What a scalar is under its tag.
fn scalar(tag: &str, text: &str) -> Result<Scalar, BuiltinError> {
    if tag == "!!binary" {
        let bytes = base64::decode_standard(text)
            .ok_or_else(|| syntax("!!binary value contains invalid base64 data"))?;
        return Ok(Scalar::Text(go_text(&bytes)));
    }
    resolve(tag, text).ok_or_else(|| syntax(&format!("cannot decode `{text}` as a {tag}")))
}

/// Each byte that is no part of UTF-8 becomes U+FFFD on the way through JSON.
fn go_text(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    out
}

/// A scalar as a key in JSON; absent for what cannot be one.
fn key_text(scalar: &Scalar) -> Option<String> {
    match scalar {
        Scalar::Null | Scalar::Timestamp(_) => None,
        Scalar::Bool(truth) => Some(truth.to_string()),
        Scalar::Int(number) => Some(number.to_string()),
        Scalar::Float(number) => Some(float_key(*number)),
        Scalar::Text(text) => Some(text.clone()),
    }
}

/// A key while mappings are merged: `1` is not `"1"` yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Null,
    Bool(bool),
    Int(i128),
    Float(u64),
    Timestamp(String),
    Text(String),
}

impl Key {
    fn new(scalar: &Scalar) -> Self {
        match scalar {
            Scalar::Null => Self::Null,
            Scalar::Bool(truth) => Self::Bool(*truth),
            Scalar::Int(number) => Self::Int(*number),
            Scalar::Float(number) => Self::Float(number.to_bits()),
            Scalar::Timestamp(text) => Self::Timestamp(text.clone()),
            Scalar::Text(text) => Self::Text(text.clone()),
        }
    }

    fn text(&self) -> Option<String> {
        key_text(&match self {
            Self::Null => Scalar::Null,
            Self::Bool(truth) => Scalar::Bool(*truth),
            Self::Int(number) => Scalar::Int(*number),
            Self::Float(bits) => Scalar::Float(f64::from_bits(*bits)),
            Self::Timestamp(text) => Scalar::Timestamp(text.clone()),
            Self::Text(text) => Scalar::Text(text.clone()),
        })
    }
}

/// A mapping that is being made.
struct Mapping {
    fields: BTreeMap<Key, Value>,
    /// Whether all keys of the outermost mapping are texts: then those merged in are as they are written.
    of_texts: bool,
    /// While merging: the keys that came before, and count.
    taken: Option<BTreeSet<Key>>,
}

struct Decoder<'nodes> {
    nodes: &'nodes Nodes,
    /// The aliases that are being followed.
    inside: HashSet<Id>,
    made: u64,
    repeated: u64,
    aliases: u32,
    depth: u32,
}

impl<'nodes> Decoder<'nodes> {
    fn value(&mut self, id: Id) -> Result<Value, BuiltinError> {
        let node = self.count(id)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(BuiltinError::Failed(format!(
                "nested deeper than {MAX_DEPTH} levels"
            )));
        }
        let value = match &node.kind {
            Kind::Alias(target) => self.follow(id, |decoder| decoder.value(*target)),
            Kind::Scalar(text) => match scalar(&node.tag, text)? {
                Scalar::Null => Ok(Value::Null),
                Scalar::Bool(truth) => Ok(Value::Bool(truth)),
                Scalar::Int(number) => number_of(&number.to_string()),
                Scalar::Float(number) => {
                    number_of(&float_text(number).ok_or_else(|| syntax("not a number of JSON"))?)
                }
                Scalar::Timestamp(text) | Scalar::Text(text) => Ok(Value::from(text)),
            },
            Kind::Sequence(items) => items
                .iter()
                .map(|item| self.value(*item))
                .collect::<Result<Vec<_>, _>>()
                .map(Value::from),
            Kind::Mapping(fields) => self.mapping(fields),
        };
        self.depth -= 1;
        value
    }

    /// The node, counted. Documents that say little and repeat it much are refused as the package refuses them.
    fn count(&mut self, id: Id) -> Result<&'nodes Node, BuiltinError> {
        self.made += 1;
        self.repeated += u64::from(self.aliases > 0);
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let share = self.repeated as f64 / self.made as f64;
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let allowed = match self.made {
            ..=400_000 => 0.99,
            made => 0.99 - 0.89 * ((made - 400_000) as f64 / 3_600_000.0),
        };
        if self.repeated > 100 && self.made > 1000 && share > allowed || self.made > MAX_NODES {
            return Err(syntax("document contains excessive aliasing"));
        }
        self.nodes.get(id)
    }

    fn follow<T>(
        &mut self,
        alias: Id,
        action: impl FnOnce(&mut Self) -> Result<T, BuiltinError>,
    ) -> Result<T, BuiltinError> {
        if !self.inside.insert(alias) {
            return Err(syntax("an anchor's value contains itself"));
        }
        self.aliases += 1;
        let done = action(self);
        self.aliases -= 1;
        self.inside.remove(&alias);
        done
    }

    fn mapping(&mut self, fields: &[(Id, Id)]) -> Result<Value, BuiltinError> {
        let mut of_texts = true;
        for (key, _) in fields {
            of_texts &= matches!(self.nodes.tag(*key)?, "!!str" | "!!merge");
        }
        let mut mapping = Mapping {
            fields: BTreeMap::new(),
            of_texts,
            taken: None,
        };
        self.fill(&mut mapping, fields)?;
        let mut object = Vec::with_capacity(mapping.fields.len());
        for (key, value) in mapping.fields {
            let name = key.text().ok_or_else(|| syntax("unsupported map key"))?;
            object.push((Value::from(name), value));
        }
        Ok(Value::from(object.into_iter().collect::<Object>()))
    }

    fn fill(&mut self, mapping: &mut Mapping, fields: &[(Id, Id)]) -> Result<(), BuiltinError> {
        self.no_key_twice(fields)?;
        let mut merge = None;
        for (key, value) in fields {
            if self.is_merge(*key)? {
                merge = Some(*value);
                continue;
            }
            let Some(key) = self.key(*key, mapping.of_texts)? else {
                continue;
            };
            if mapping
                .taken
                .as_mut()
                .is_some_and(|taken| !taken.insert(key.clone()))
            {
                continue;
            }
            let value = self.value(*value)?;
            mapping.fields.insert(key, value);
        }
        let Some(merge) = merge else {
            return Ok(());
        };
        let outermost = mapping.taken.is_none();
        if outermost {
            let keys = fields.iter().map(|(key, _)| self.key(*key, false));
            mapping.taken = Some(
                keys.filter_map(Result::transpose)
                    .collect::<Result<_, _>>()?,
            );
        }
        self.merge(mapping, merge)?;
        if outermost {
            mapping.taken = None;
        }
        Ok(())
    }

    /// What the package finds given twice is so by kind and text alone.
    fn no_key_twice(&self, fields: &[(Id, Id)]) -> Result<(), BuiltinError> {
        let mut seen = HashSet::new();
        for (key, _) in fields {
            let look = match &self.nodes.get(*key)?.kind {
                Kind::Scalar(text) => (0, text.clone()),
                Kind::Sequence(_) => (1, String::new()),
                Kind::Mapping(_) => (2, String::new()),
                Kind::Alias(target) => (3, target.to_string()),
            };
            if !seen.insert(look) {
                return Err(syntax("mapping key already defined"));
            }
        }
        Ok(())
    }

    fn is_merge(&self, key: Id) -> Result<bool, BuiltinError> {
        let node = self.nodes.get(key)?;
        Ok(matches!(&node.kind, Kind::Scalar(text) if text == "<<") && node.tag == "!!merge")
    }

    /// The key, as it is written where texts are wanted. None where a text is wanted and it is null.
    fn key(&mut self, id: Id, as_text: bool) -> Result<Option<Key>, BuiltinError> {
        let node = self.count(id)?;
        match &node.kind {
            Kind::Alias(target) => self.follow(id, |decoder| decoder.key(*target, as_text)),
            Kind::Scalar(text) => {
                let scalar = scalar(&node.tag, text)?;
                Ok(match scalar {
                    Scalar::Null if as_text => None,
                    scalar @ Scalar::Text(_) => Some(Key::new(&scalar)),
                    _ if as_text => Some(Key::Text(text.clone())),
                    scalar => Some(Key::new(&scalar)),
                })
            }
            Kind::Sequence(_) | Kind::Mapping(_) => Err(syntax("invalid map key")),
        }
    }

    fn merge(&mut self, mapping: &mut Mapping, id: Id) -> Result<(), BuiltinError> {
        match &self.nodes.get(id)?.kind {
            Kind::Sequence(items) => items
                .iter()
                .try_for_each(|item| self.merge_mapping(mapping, *item)),
            _ => self.merge_mapping(mapping, id),
        }
    }

    fn merge_mapping(&mut self, mapping: &mut Mapping, id: Id) -> Result<(), BuiltinError> {
        let want_mapping = || syntax("map merge requires map or sequence of maps as the value");
        match &self.count(id)?.kind {
            Kind::Mapping(fields) => self.fill(mapping, fields),
            Kind::Alias(target) => {
                let Kind::Mapping(fields) = &self.nodes.get(*target)?.kind else {
                    return Err(want_mapping());
                };
                self.follow(id, |decoder| {
                    decoder.count(*target)?;
                    decoder.fill(mapping, fields)
                })
            }
            _ => Err(want_mapping()),
        }
    }
}

fn number_of(text: &str) -> Result<Value, BuiltinError> {
    Number::parse(text)
        .map(Value::Number)
        .ok_or_else(|| syntax("number out of range"))
}

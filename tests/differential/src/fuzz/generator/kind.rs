//! What a term is meant to be, and the functions that make one from others.

/// What a term is meant to be. It need not come out as that: inputs have gaps and wrong types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Number,
    /// A small integer, that no range or shift explodes on.
    Small,
    Text,
    Bool,
    Numbers,
    Texts,
    NumberSet,
    TextSet,
    /// Numbers by texts.
    NumberMap,
    /// An object with `name`, `size` and `tags`.
    Item,
    Any,
}

use Kind::{Any, Bool, Item, Number, NumberMap, NumberSet, Numbers, Small, Text, TextSet, Texts};

pub const KINDS: [Kind; 9] = [
    Number, Text, Bool, Numbers, Texts, NumberSet, TextSet, NumberMap, Any,
];

impl Kind {
    /// What iterating over it finds: keys and elements.
    pub const fn elements(self) -> Option<(Kind, Kind)> {
        match self {
            Numbers => Some((Small, Number)),
            Texts => Some((Small, Text)),
            NumberSet => Some((Number, Number)),
            TextSet => Some((Text, Text)),
            NumberMap => Some((Text, Number)),
            Any => Some((Any, Any)),
            _ => None,
        }
    }
}

/// A builtin function: its name, what it takes, what it makes.
pub struct Builtin(pub &'static str, pub &'static [Kind], pub Kind);

pub const BUILTINS: &[Builtin] = &[
    Builtin("abs", &[Number], Number),
    Builtin("ceil", &[Number], Number),
    Builtin("floor", &[Number], Number),
    Builtin("round", &[Number], Number),
    Builtin("sum", &[Numbers], Number),
    Builtin("sum", &[NumberSet], Number),
    Builtin("product", &[Numbers], Number),
    Builtin("max", &[Numbers], Number),
    Builtin("min", &[NumberSet], Number),
    Builtin("max", &[NumberSet], Number),
    Builtin("count", &[Texts], Number),
    Builtin("count", &[Text], Number),
    Builtin("count", &[NumberSet], Number),
    Builtin("count", &[NumberMap], Number),
    Builtin("count", &[Any], Number),
    Builtin("to_number", &[Text], Number),
    Builtin("to_number", &[Any], Number),
    Builtin("indexof", &[Text, Text], Number),
    Builtin("bits.and", &[Small, Small], Number),
    Builtin("bits.or", &[Small, Number], Number),
    Builtin("bits.xor", &[Small, Small], Number),
    Builtin("bits.negate", &[Number], Number),
    Builtin("bits.lsh", &[Number, Small], Number),
    Builtin("bits.rsh", &[Number, Small], Number),
    Builtin("strings.count", &[Text, Text], Number),
    Builtin("object.get", &[NumberMap, Text, Number], Number),
    Builtin("units.parse", &[Text], Number),
    Builtin("concat", &[Text, Texts], Text),
    Builtin("concat", &[Text, TextSet], Text),
    Builtin("lower", &[Text], Text),
    Builtin("upper", &[Text], Text),
    Builtin("replace", &[Text, Text, Text], Text),
    Builtin("substring", &[Text, Small, Small], Text),
    Builtin("trim", &[Text, Text], Text),
    Builtin("trim_left", &[Text, Text], Text),
    Builtin("trim_prefix", &[Text, Text], Text),
    Builtin("trim_suffix", &[Text, Text], Text),
    Builtin("trim_space", &[Text], Text),
    Builtin("strings.reverse", &[Text], Text),
    Builtin("json.marshal", &[Any], Text),
    Builtin("base64.encode", &[Text], Text),
    Builtin("base64.decode", &[Text], Text),
    Builtin("hex.encode", &[Text], Text),
    Builtin("urlquery.encode", &[Text], Text),
    Builtin("type_name", &[Any], Text),
    Builtin("max", &[Texts], Text),
    Builtin("contains", &[Text, Text], Bool),
    Builtin("startswith", &[Text, Text], Bool),
    Builtin("endswith", &[Text, Text], Bool),
    Builtin("is_number", &[Any], Bool),
    Builtin("is_string", &[Any], Bool),
    Builtin("is_array", &[Any], Bool),
    Builtin("is_set", &[Any], Bool),
    Builtin("is_object", &[Any], Bool),
    Builtin("is_null", &[Any], Bool),
    Builtin("is_boolean", &[Any], Bool),
    Builtin("strings.any_prefix_match", &[Text, Texts], Bool),
    Builtin("json.is_valid", &[Text], Bool),
    Builtin("object.subset", &[NumberMap, NumberMap], Bool),
    Builtin("object.subset", &[TextSet, TextSet], Bool),
    Builtin("split", &[Text, Text], Texts),
    Builtin("sort", &[Texts], Texts),
    Builtin("sort", &[TextSet], Texts),
    Builtin("array.concat", &[Texts, Texts], Texts),
    Builtin("array.slice", &[Texts, Small, Small], Texts),
    Builtin("array.reverse", &[Texts], Texts),
    Builtin("sort", &[NumberSet], Numbers),
    Builtin("sort", &[Numbers], Numbers),
    Builtin("array.concat", &[Numbers, Numbers], Numbers),
    Builtin("array.slice", &[Numbers, Small, Small], Numbers),
    Builtin("numbers.range", &[Small, Small], Numbers),
    Builtin("object.keys", &[NumberMap], TextSet),
    Builtin("object.union", &[NumberMap, NumberMap], NumberMap),
    Builtin("object.remove", &[NumberMap, Texts], NumberMap),
    Builtin("object.filter", &[NumberMap, TextSet], NumberMap),
    Builtin("json.unmarshal", &[Text], Any),
    Builtin("object.get", &[Any, Text, Any], Any),
    Builtin("object.get", &[Item, Texts, Any], Any),
    Builtin("json.filter", &[Item, Texts], Any),
    Builtin("json.remove", &[Item, Texts], Any),
];

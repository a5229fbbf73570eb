//! Inputs and data: mostly what the policies expect, with gaps and wrong types in between.

use std::collections::BTreeMap;

use super::dice::Dice;
use super::json::Json;

/// Names that keys, roles and users have.
pub const WORDS: [&str; 12] = [
    "admin", "alice", "bob", "dev", "read", "write", "a", "b", "", "x/y", "é", "10",
];

/// Numbers, at the edges and elsewhere, as they are written.
pub const NUMBERS: [&str; 36] = [
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
    "7",
    "10",
    "100",
    "-1",
    "-2",
    "-7",
    "0.1",
    "0.2",
    "0.5",
    "1.0",
    "1.5",
    "2.50",
    "-0.25",
    "1e3",
    "1e0",
    "2147483647",
    "4294967296",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "123456789012345678901234567890",
    "-9223372036854775808",
    "0.30000000000000004",
    "1e-7",
    "1.5e300",
    "3.14159265358979323846264338327950288",
    "1e22",
    "100000000000000000000000",
    "-0",
];

impl Dice {
    /// A word.
    pub fn word(&mut self) -> &'static str {
        self.one_of(&WORDS)
    }

    /// A number as it is written: mostly a small one.
    pub fn number(&mut self) -> &'static str {
        let small = self.percent(70);
        self.one_of(if small { &NUMBERS[..12] } else { &NUMBERS[..] })
    }

    fn number_value(&mut self) -> Json {
        Json::Number(self.number().to_owned())
    }

    fn text_value(&mut self) -> Json {
        Json::text(self.word())
    }

    /// Any value.
    pub fn value(&mut self, depth: usize) -> Json {
        match self.below(if depth == 0 { 6 } else { 9 }) {
            0 => Json::Null,
            1 => Json::Bool(self.percent(50)),
            2 | 3 => self.number_value(),
            4 | 5 => self.text_value(),
            6 | 7 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
            _ => Json::object((0..self.below(4)).map(|_| (self.word(), self.value(depth - 1)))),
        }
    }

    fn words(&mut self) -> Json {
        (0..self.below(4)).map(|_| self.text_value()).collect()
    }

    fn numbers(&mut self) -> Json {
        (0..self.below(5)).map(|_| self.number_value()).collect()
    }

    fn numbers_by_word(&mut self) -> Json {
        Json::object((0..self.below(4)).map(|_| (self.word(), self.number_value())))
    }

    fn item(&mut self) -> Json {
        let mut item = BTreeMap::new();
        self.field(&mut item, "name", Self::text_value);
        self.field(&mut item, "size", Self::number_value);
        self.field(&mut item, "tags", Self::words);
        Json::Object(item)
    }

    /// A field as it should be, or none, or anything.
    fn field(
        &mut self,
        fields: &mut BTreeMap<String, Json>,
        name: &str,
        value: impl Fn(&mut Self) -> Json,
    ) {
        let value = match self.below(20) {
            0 | 1 => return,
            2 => self.value(2),
            _ => value(self),
        };
        fields.insert(name.to_owned(), value);
    }

    /// A document with the fields that the generator's references know.
    fn document(&mut self) -> Json {
        let mut fields = BTreeMap::new();
        self.field(&mut fields, "user", Self::text_value);
        self.field(&mut fields, "role", Self::text_value);
        self.field(&mut fields, "path", |dice| {
            Json::text(format!("{}/{}", dice.word(), dice.word()))
        });
        self.field(&mut fields, "n", Self::number_value);
        self.field(&mut fields, "m", Self::number_value);
        self.field(&mut fields, "ok", |dice| Json::Bool(dice.percent(60)));
        self.field(&mut fields, "roles", Self::words);
        self.field(&mut fields, "list", Self::numbers);
        self.field(&mut fields, "limits", Self::numbers_by_word);
        self.field(&mut fields, "items", |dice| {
            (0..dice.below(4)).map(|_| dice.item()).collect()
        });
        self.field(&mut fields, "deep", |dice| {
            let inner = Json::object([("b", dice.value(2)), ("c", dice.number_value())]);
            Json::object([("a", inner)])
        });
        self.field(&mut fields, "any", |dice| dice.value(3));
        Json::Object(fields)
    }

    /// An input.
    pub fn input(&mut self) -> Json {
        match self.below(25) {
            0 => self.value(2),
            1 => Json::Object(BTreeMap::new()),
            _ => self.document(),
        }
    }

    /// The data of a bundle: `data.cfg` is a document.
    pub fn data(&mut self) -> BTreeMap<String, Json> {
        let mut data = BTreeMap::from([("cfg".to_owned(), self.document())]);
        if self.percent(20) {
            data.insert("base".to_owned(), self.value(2));
        }
        if self.percent(25) {
            // Beside and below what rules define.
            let below = Json::object([
                ("y", Json::object([("zz", self.value(1))])),
                ("zz", self.value(2)),
            ]);
            data.insert("lib".to_owned(), Json::object([("x", below)]));
        }
        if self.percent(15) {
            data.insert("p".to_owned(), Json::object([("zz", self.value(2))]));
        }
        data
    }
}

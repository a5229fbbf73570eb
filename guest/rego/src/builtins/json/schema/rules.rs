//! A compiled schema: what it asks of a value.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;

use num_bigint::BigInt;

use crate::builtins::regex::pattern::Pattern;
use crate::value::Number;

/// Why there is no answer.
#[derive(Debug)]
pub enum Fault {
    /// The schema is wrong; in gojsonschema's words.
    Invalid(String),
    /// We cannot tell as gojsonschema would.
    Beyond(String),
}

/// Where a schema is among all.
pub type Id = usize;

/// A schema and all those inside it.
#[derive(Debug, Default)]
pub struct Schema {
    pub all: Vec<Rules>,
}

impl Schema {
    pub fn get(&self, id: Id) -> Result<&Rules, Fault> {
        self.all
            .get(id)
            .ok_or_else(|| Fault::Beyond("a schema is missing".into()))
    }
}

/// What one schema asks.
#[derive(Debug, Default)]
pub struct Rules {
    /// A schema that is `true` or `false`.
    pub pass: Option<bool>,
    pub reference: Option<Id>,
    pub types: Vec<String>,
    pub properties: Vec<(String, Id)>,
    pub additional_properties: Option<Additional>,
    pub pattern_properties: Vec<(String, Rc<Pattern>, Id)>,
    pub property_names: Option<Id>,
    pub dependencies: BTreeMap<String, Dependency>,
    pub items: Vec<Id>,
    pub items_are_alike: bool,
    pub additional_items: Option<Additional>,
    pub multiple_of: Option<Limit>,
    pub minimum: Option<Limit>,
    pub exclusive_minimum: Option<Limit>,
    pub maximum: Option<Limit>,
    pub exclusive_maximum: Option<Limit>,
    pub min_length: Option<i64>,
    pub max_length: Option<i64>,
    pub pattern: Option<(String, Rc<Pattern>)>,
    pub format: String,
    pub min_properties: Option<i64>,
    pub max_properties: Option<i64>,
    pub required: Vec<String>,
    pub min_items: Option<i64>,
    pub max_items: Option<i64>,
    pub unique_items: bool,
    pub contains: Option<Id>,
    pub constant: Option<String>,
    pub enumeration: Option<Vec<String>>,
    pub one_of: Vec<Id>,
    pub any_of: Vec<Id>,
    pub all_of: Vec<Id>,
    pub not: Option<Id>,
    pub condition: Option<Id>,
    pub then: Option<Id>,
    pub otherwise: Option<Id>,
}

/// What holds for what no other rule speaks of.
#[derive(Debug, Clone, Copy)]
pub enum Additional {
    Allowed(bool),
    Schema(Id),
}

/// What must hold where a property is there.
#[derive(Debug)]
pub enum Dependency {
    Properties(Vec<String>),
    Schema(Id),
}

/// A number of any size and precision.
#[derive(Debug, Clone)]
pub struct Limit {
    digits: BigInt,
    /// Of ten.
    exponent: i64,
    /// As gojsonschema writes it.
    pub text: String,
}

impl Limit {
    pub fn new(number: &Number) -> Option<Self> {
        let text = number.to_string();
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((&text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let exponent: i64 = exponent.parse().ok()?;
        Some(Self {
            digits: format!("{whole}{fraction}").parse().ok()?,
            exponent: exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?,
            text: number.to_float().to_shortest_text(),
        })
    }

    pub fn is_positive(&self) -> bool {
        self.digits.sign() == num_bigint::Sign::Plus
    }

    pub fn is_integer(&self) -> bool {
        self.exponent >= 0
            || self.is_multiple_of(&Self {
                digits: BigInt::from(1),
                exponent: 0,
                text: String::new(),
            })
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        let (one, other) = self.aligned(other);
        one.cmp(&other)
    }

    pub fn is_multiple_of(&self, other: &Self) -> bool {
        let (one, other) = self.aligned(other);
        other != BigInt::ZERO && one % other == BigInt::ZERO
    }

    /// The digits of both by the same power of ten. Powers are bounded where numbers are read.
    fn aligned(&self, other: &Self) -> (BigInt, BigInt) {
        let lowest = self.exponent.min(other.exponent);
        let scaled = |limit: &Self| {
            let power = u32::try_from(limit.exponent - lowest).unwrap_or(u32::MAX);
            if limit.digits == BigInt::ZERO {
                BigInt::ZERO
            } else {
                &limit.digits * BigInt::from(10).pow(power)
            }
        };
        (scaled(self), scaled(other))
    }
}

//! Checks a document against a schema.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::canonical;
use super::format::has_format;
use super::rules::{Additional, Dependency, Fault, Id, Limit, Rules, Schema};
use crate::value::{Number, Object, Value};

/// How deep schemas may be applied inside another. A schema that refers to itself alone has no end.
const MAX_DEPTH: u32 = 128;

/// What is wrong with a place in a document.
#[derive(Debug, Clone)]
pub struct Error {
    pub kind: &'static str,
    /// The place: keys and indexes with points between them, `(Root)` for the whole.
    pub field: String,
    pub description: String,
}

/// All that is wrong with a document.
pub fn validate(schema: &Schema, document: &Value) -> Result<Vec<Error>, Fault> {
    let mut validator = Validator { schema, depth: 0 };
    let mut found = Found::default();
    validator.check(
        0,
        document,
        &Place {
            head: "(Root)",
            tail: None,
        },
        &mut found,
    )?;
    Ok(found.errors)
}

/// Where in the document we are.
struct Place<'place> {
    head: &'place str,
    tail: Option<&'place Place<'place>>,
}

impl<'place> Place<'place> {
    const fn inside(&'place self, head: &'place str) -> Self {
        Self {
            head,
            tail: Some(self),
        }
    }

    fn field(&self) -> String {
        let mut heads = vec![self.head];
        let mut place = self;
        while let Some(outer) = place.tail {
            heads.push(outer.head);
            place = outer;
        }
        heads.reverse();
        let context = heads.join(".");
        context
            .strip_prefix("(Root).")
            .map_or(context.clone(), str::to_owned)
    }
}

/// The errors of one schema, and how near the document came: the nearest of several is told of.
#[derive(Default)]
struct Found {
    errors: Vec<Error>,
    score: i64,
}

impl Found {
    const fn is_valid(&self) -> bool {
        self.errors.is_empty()
    }

    fn add(
        &mut self,
        kind: &'static str,
        place: &Place<'_>,
        description: impl FnOnce(&str) -> String,
    ) {
        let field = place.field();
        let description = description(&field);
        self.errors.push(Error {
            kind,
            field,
            description,
        });
        // One is added for every check that is done: what remains is -1.
        self.score -= 2;
    }

    fn merge(&mut self, other: Self) {
        self.errors.extend(other.errors);
        self.score += other.score;
    }

    /// Keeps the better of two; the earlier where they are equal.
    fn best(best: Option<Self>, other: Self) -> Self {
        match best {
            Some(best) if best.score >= other.score => best,
            _ => other,
        }
    }
}

struct Validator<'schema> {
    schema: &'schema Schema,
    depth: u32,
}

impl Validator<'_> {
    fn apart(&mut self, id: Id, value: &Value, place: &Place<'_>) -> Result<Found, Fault> {
        let mut found = Found::default();
        self.check(id, value, place, &mut found)?;
        Ok(found)
    }

    fn check(
        &mut self,
        mut id: Id,
        value: &Value,
        place: &Place<'_>,
        found: &mut Found,
    ) -> Result<(), Fault> {
        let mut rules = self.schema.get(id)?;
        let mut steps = 0;
        while let (None, Some(reference)) = (rules.pass, rules.reference) {
            id = reference;
            rules = self.schema.get(id)?;
            steps += 1;
            if steps > MAX_DEPTH {
                return Err(Fault::Beyond(
                    "a schema refers to itself without end".into(),
                ));
            }
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::Beyond(format!(
                "schemas apply deeper than {MAX_DEPTH} levels"
            )));
        }
        if let Some(pass) = rules.pass {
            if !pass {
                found.add("false", place, |_| "False always fails validation".into());
            }
        } else if let Some(given) = wrong_type(rules, value) {
            found.add("invalid_type", place, |_| {
                let expected = match rules.types.as_slice() {
                    [only] => only.clone(),
                    several => format!("[{}]", several.join(",")),
                };
                format!("Invalid type. Expected: {expected}, given: {given}")
            });
        } else {
            self.combinations(rules, value, place, found)?;
            match value {
                Value::Array(items) => self.array(rules, items, place, found)?,
                Value::Object(object) => self.object(rules, object, place, found)?,
                Value::Number(number) => check_number(rules, number, place, found),
                _ => {}
            }
            check_common(rules, value, place, found)?;
            match value {
                Value::String(text) => check_text(rules, text, place, found),
                Value::Object(object) => {
                    for (name, schema) in &rules.properties {
                        if let Some(value) = object.get_str(name) {
                            self.check(*schema, value, &place.inside(name), found)?;
                        }
                    }
                }
                _ => {}
            }
            found.score += 1;
        }
        self.depth -= 1;
        Ok(())
    }

    /// `anyOf`, `oneOf`, `allOf`, `not`, `dependencies`, `if`.
    fn combinations(
        &mut self,
        rules: &Rules,
        value: &Value,
        place: &Place<'_>,
        found: &mut Found,
    ) -> Result<(), Fault> {
        if !rules.any_of.is_empty() {
            let mut best = None;
            let mut valid = false;
            for schema in &rules.any_of {
                let one = self.apart(*schema, value, place)?;
                valid = one.is_valid();
                if valid {
                    break;
                }
                best = Some(Found::best(best, one));
            }
            if !valid {
                found.add("number_any_of", place, |_| {
                    "Must validate at least one schema (anyOf)".into()
                });
                found.merge(best.unwrap_or_default());
            }
        }
        if !rules.one_of.is_empty() {
            let mut best = None;
            let mut valid = 0;
            for schema in &rules.one_of {
                let one = self.apart(*schema, value, place)?;
                if one.is_valid() {
                    valid += 1;
                } else if valid == 0 {
                    best = Some(Found::best(best, one));
                }
            }
            if valid != 1 {
                found.add("number_one_of", place, |_| {
                    "Must validate one and only one schema (oneOf)".into()
                });
                if valid == 0 {
                    found.merge(best.unwrap_or_default());
                }
            }
        }
        let mut all = true;
        for schema in &rules.all_of {
            let one = self.apart(*schema, value, place)?;
            all &= one.is_valid();
            found.merge(one);
        }
        if !all {
            found.add("number_all_of", place, |_| {
                "Must validate all the schemas (allOf)".into()
            });
        }
        if let Some(schema) = rules.not
            && self.apart(schema, value, place)?.is_valid()
        {
            found.add("number_not", place, |_| {
                "Must not validate the schema (not)".into()
            });
        }
        self.dependencies(rules, value, place, found)?;
        self.condition(rules, value, place, found)?;
        found.score += 1;
        Ok(())
    }

    fn dependencies(
        &mut self,
        rules: &Rules,
        value: &Value,
        place: &Place<'_>,
        found: &mut Found,
    ) -> Result<(), Fault> {
        let Value::Object(object) = value else {
            return Ok(());
        };
        for (name, dependency) in &rules.dependencies {
            if object.get_str(name).is_none() {
                continue;
            }
            match dependency {
                Dependency::Schema(schema) => self.check(*schema, value, place, found)?,
                Dependency::Properties(names) => {
                    for name in names.iter().filter(|name| object.get_str(name).is_none()) {
                        found.add("missing_dependency", place, |_| {
                            format!("Has a dependency on {name}")
                        });
                    }
                }
            }
        }
        Ok(())
    }

    fn condition(
        &mut self,
        rules: &Rules,
        value: &Value,
        place: &Place<'_>,
        found: &mut Found,
    ) -> Result<(), Fault> {
        let Some(condition) = rules.condition else {
            return Ok(());
        };
        let (branch, kind, text) = if self.apart(condition, value, place)?.is_valid() {
            (
                rules.then,
                "condition_then",
                "Must validate \"then\" as \"if\" was valid",
            )
        } else {
            (
                rules.otherwise,
                "condition_else",
                "Must validate \"else\" as \"if\" was not valid",
            )
        };
        if let Some(branch) = branch {
            let one = self.apart(branch, value, place)?;
            if !one.is_valid() {
                found.add(kind, place, |_| text.to_owned());
                found.merge(one);
            }
        }
        Ok(())
    }

    fn array(
        &mut self,
        rules: &Rules,
        items: &[Value],
        place: &Place<'_>,
        found: &mut Found,
    ) -> Result<(), Fault> {
        for (index, item) in items.iter().enumerate() {
            let schema = match rules.items.as_slice() {
                [schema, ..] if rules.items_are_alike => Some(*schema),
                [] => None,
                schemas => match (schemas.get(index).copied(), rules.additional_items) {
                    (Some(schema), _) | (None, Some(Additional::Schema(schema))) => Some(schema),
                    (None, Some(Additional::Allowed(false))) if index == schemas.len() => {
                        let text = "No additional items allowed on array";
                        found.add("array_no_additional_items", place, |_| text.into());
                        None
                    }
                    _ => None,
                },
            };
            if let Some(schema) = schema {
                let one = self.apart(schema, item, &place.inside(&index.to_string()))?;
                found.merge(one);
            }
        }
        if let Some(least) = rules.min_items.filter(|least| length(items.len()) < *least) {
            found.add("array_min_items", place, |_| {
                format!("Array must have at least {least} items")
            });
        }
        if let Some(most) = rules.max_items.filter(|most| length(items.len()) > *most) {
            found.add("array_max_items", place, |_| {
                format!("Array must have at most {most} items")
            });
        }
        if rules.unique_items {
            let mut seen = HashMap::new();
            for (index, item) in items.iter().enumerate() {
                if let Some(earlier) = seen.insert(canonical(item)?, index) {
                    found.add("unique", place, |_| {
                        format!("array items[{earlier},{index}] must be unique")
                    });
                }
            }
        }
        if let Some(schema) = rules.contains {
            let mut best = None;
            let mut valid = false;
            for (index, item) in items.iter().enumerate() {
                let one = self.apart(schema, item, &place.inside(&index.to_string()))?;
                valid = one.is_valid();
                if valid {
                    break;
                }
                best = Some(Found::best(best, one));
            }
            if !valid {
                found.add("contains", place, |_| {
                    "At least one of the items must match".into()
                });
                found.merge(best.unwrap_or_default());
            }
        }
        found.score += 1;
        Ok(())
    }

    fn object(
        &mut self,
        rules: &Rules,
        object: &Object,
        place: &Place<'_>,
        found: &mut Found,
    ) -> Result<(), Fault> {
        if let Some(least) = rules
            .min_properties
            .filter(|least| length(object.len()) < *least)
        {
            found.add("array_min_properties", place, |_| {
                format!("Must have at least {least} properties")
            });
        }
        if let Some(most) = rules
            .max_properties
            .filter(|most| length(object.len()) > *most)
        {
            found.add("array_max_properties", place, |_| {
                format!("Must have at most {most} properties")
            });
        }
        for name in &rules.required {
            if object.get_str(name).is_some() {
                found.score += 1;
            } else {
                found.add("required", place, |_| format!("{name} is required"));
            }
        }
        for (name, value) in object.iter() {
            let name = name.as_str().unwrap_or_default();
            let mut spoken_of = rules.properties.iter().any(|(other, _)| other == name);
            let mut matched = false;
            for (_, _, schema) in rules
                .pattern_properties
                .iter()
                .filter(|(_, pattern, _)| pattern.is_match(name))
            {
                matched = true;
                let one = self.apart(*schema, value, &place.inside(name))?;
                found.merge(one);
            }
            found.score += i64::from(matched);
            spoken_of |= matched;
            match rules.additional_properties.filter(|_| !spoken_of) {
                Some(Additional::Allowed(false)) => {
                    found.add("additional_property_not_allowed", place, |_| {
                        format!("Additional property {name} is not allowed")
                    });
                }
                Some(Additional::Schema(schema)) => {
                    let one = self.apart(schema, value, &place.inside(name))?;
                    found.merge(one);
                }
                _ => {}
            }
        }
        if let Some(schema) = rules.property_names {
            for name in object.keys() {
                let one = self.apart(schema, name, place)?;
                if !one.is_valid() {
                    let name = name.as_str().unwrap_or_default();
                    found.add("invalid_property_name", place, |_| {
                        format!("Property name of \"{name}\" does not match")
                    });
                    found.merge(one);
                }
            }
        }
        found.score += 1;
        Ok(())
    }
}

/// The type a value has, if the schema allows others alone.
fn wrong_type(rules: &Rules, value: &Value) -> Option<&'static str> {
    let has = |name: &str| rules.types.iter().any(|other| other == name);
    if rules.types.is_empty() {
        return None;
    }
    let given = match value {
        Value::Number(number) => {
            let is_integer = Limit::new(number).is_some_and(|number| number.is_integer());
            if has("number") || is_integer && has("integer") {
                return None;
            }
            if is_integer { "integer" } else { "number" }
        }
        other => other.type_name(),
    };
    (!has(given) || matches!(value, Value::Number(_))).then_some(given)
}

fn check_common(
    rules: &Rules,
    value: &Value,
    place: &Place<'_>,
    found: &mut Found,
) -> Result<(), Fault> {
    if let Some(constant) = &rules.constant
        && canonical(value)? != *constant
    {
        found.add("const", place, |field| {
            format!("{field} does not match: {constant}")
        });
    }
    if let Some(allowed) = &rules.enumeration
        && !allowed.contains(&canonical(value)?)
    {
        found.add("enum", place, |field| {
            let mut text = format!("{field} must be one of the following: ");
            // Writing to a text cannot fail.
            let _ = write!(text, "{}", allowed.join(", "));
            text
        });
    }
    if let Value::String(text) = value
        && !has_format(text, &rules.format)?
    {
        found.add("format", place, |_| {
            format!("Does not match format '{}'", rules.format)
        });
    }
    found.score += 1;
    Ok(())
}

fn check_text(rules: &Rules, text: &str, place: &Place<'_>, found: &mut Found) {
    let count = || length(text.chars().count());
    if let Some(least) = rules.min_length.filter(|least| count() < *least) {
        found.add("string_gte", place, |_| {
            format!("String length must be greater than or equal to {least}")
        });
    }
    if let Some(most) = rules.max_length.filter(|most| count() > *most) {
        found.add("string_lte", place, |_| {
            format!("String length must be less than or equal to {most}")
        });
    }
    if let Some((pattern, _)) = rules
        .pattern
        .as_ref()
        .filter(|(_, compiled)| !compiled.is_match(text))
    {
        found.add("pattern", place, |_| {
            format!("Does not match pattern '{pattern}'")
        });
    }
    found.score += 1;
}

fn check_number(rules: &Rules, number: &Number, place: &Place<'_>, found: &mut Found) {
    let Some(number) = Limit::new(number) else {
        return;
    };
    if let Some(multiple) = rules
        .multiple_of
        .as_ref()
        .filter(|multiple| !number.is_multiple_of(multiple))
    {
        found.add("multiple_of", place, |_| {
            format!("Must be a multiple of {}", multiple.text)
        });
    }
    if let Some(limit) = rules
        .maximum
        .as_ref()
        .filter(|limit| number.compare(limit).is_gt())
    {
        found.add("number_lte", place, |_| {
            format!("Must be less than or equal to {}", limit.text)
        });
    }
    if let Some(limit) = rules
        .exclusive_maximum
        .as_ref()
        .filter(|limit| number.compare(limit).is_ge())
    {
        found.add("number_lt", place, |_| {
            format!("Must be less than {}", limit.text)
        });
    }
    if let Some(limit) = rules
        .minimum
        .as_ref()
        .filter(|limit| number.compare(limit).is_lt())
    {
        found.add("number_gte", place, |_| {
            format!("Must be greater than or equal to {}", limit.text)
        });
    }
    if let Some(limit) = rules
        .exclusive_minimum
        .as_ref()
        .filter(|limit| number.compare(limit).is_le())
    {
        found.add("number_gt", place, |_| {
            format!("Must be greater than {}", limit.text)
        });
    }
    found.score += 1;
}

fn length(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

//! Reads a schema.

use std::collections::HashMap;

use super::canonical;
use super::reference::Reference;
use super::rules::{Additional, Dependency, Fault, Id, Limit, Rules, Schema};
use crate::builtins::regex::pattern::Pattern;
use crate::value::{Object, Value};

/// How deep schemas may nest, those that references lead to included.
const MAX_DEPTH: u32 = 128;

/// Which draft a schema follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Draft {
    Four,
    Six,
    Seven,
    /// None in particular: the rules of all, as far as they agree.
    Hybrid,
}

/// Reads a schema and all that it refers to.
pub fn compile(document: &Value) -> Result<Schema, Fault> {
    let draft = draft_of(document)?;
    let mut compiler = Compiler {
        schema: Schema::default(),
        documents: HashMap::new(),
        references: HashMap::new(),
        depth: 0,
    };
    let document = compiler.resolve(document, &Reference::default(), draft)?;
    compiler.documents.insert(
        String::new(),
        Document {
            value: document.clone(),
            draft,
        },
    );
    compiler.schema(&document, draft.unwrap_or(Draft::Hybrid))?;
    Ok(compiler.schema)
}

/// The draft a document says it follows, if we know that.
fn draft_of(document: &Value) -> Result<Option<Draft>, Fault> {
    let object = match document {
        Value::Bool(_) => return Ok(None),
        Value::Object(object) => object,
        _ => return Err(Fault::Invalid("schema is invalid".into())),
    };
    match object.get_str("$schema") {
        None => Ok(None),
        Some(Value::String(url)) => {
            let url =
                Reference::parse(url).ok_or_else(|| Fault::Beyond("`$schema` is no URL".into()))?;
            Ok(match url.to_string().as_str() {
                "http://json-schema.org/draft-04/schema" => Some(Draft::Four),
                "http://json-schema.org/draft-06/schema" => Some(Draft::Six),
                "http://json-schema.org/draft-07/schema" => Some(Draft::Seven),
                _ => None,
            })
        }
        Some(_) => Err(Fault::Invalid("$schema must be of type string".into())),
    }
}

/// A document that references may lead into.
#[derive(Clone)]
struct Document {
    value: Value,
    draft: Option<Draft>,
}

struct Compiler {
    schema: Schema,
    documents: HashMap<String, Document>,
    /// The schemas that references led to.
    references: HashMap<String, Id>,
    depth: u32,
}

impl Compiler {
    /// The document with all references made absolute; what has an identifier becomes a document of its own.
    fn resolve(
        &mut self,
        value: &Value,
        base: &Reference,
        draft: Option<Draft>,
    ) -> Result<Value, Fault> {
        let object = match value {
            Value::Array(items) => {
                let items = items.iter().map(|item| self.resolve(item, base, draft));
                return items.collect::<Result<Vec<_>, _>>().map(Value::from);
            }
            Value::Object(object) => object,
            scalar => return Ok(scalar.clone()),
        };
        let key = if object.get_str("id").is_some() {
            "id"
        } else {
            "$id"
        };
        let own = object
            .get_str(key)
            .and_then(Value::as_str)
            .and_then(Reference::parse);
        let own = own.map(|own| base.inherit(&own));
        if let Some(own) = &own {
            // Held by a mark until it is whole.
            let mark = Document {
                value: Value::Null,
                draft,
            };
            if self.documents.insert(own.to_string(), mark).is_some() {
                return Err(Fault::Invalid(format!(
                    "Reference already exists: \"{own}\""
                )));
            }
        }
        let base = own.as_ref().unwrap_or(base);
        let mut resolved = Object::default();
        for (key, value) in object.iter() {
            let value = match (key.as_str().unwrap_or_default(), value) {
                // These hold schemas by names, and are none themselves.
                ("properties" | "dependencies" | "patternProperties", Value::Object(children)) => {
                    let children = children
                        .iter()
                        .map(|(key, child)| Ok((key.clone(), self.resolve(child, base, draft)?)));
                    Value::from(children.collect::<Result<Object, Fault>>()?)
                }
                ("const" | "enum" | "properties" | "dependencies" | "patternProperties", value) => {
                    value.clone()
                }
                ("$ref", Value::String(text)) => match Reference::parse(text) {
                    Some(reference) => Value::from(base.inherit(&reference).to_string()),
                    None => value.clone(),
                },
                (_, value) => self.resolve(value, base, draft)?,
            };
            resolved.insert(key.clone(), value);
        }
        let resolved = Value::from(resolved);
        if let Some(own) = &own {
            self.documents.insert(
                own.to_string(),
                Document {
                    value: resolved.clone(),
                    draft,
                },
            );
        }
        Ok(resolved)
    }

    /// The document a reference leads to.
    fn find(&self, text: &str, reference: &Reference) -> Result<Document, Fault> {
        if let Some(document) = self.documents.get(text) {
            return Ok(document.clone());
        }
        if let Some(document) = self
            .documents
            .get(&reference.without_fragment().to_string())
        {
            let value = reference.point(&document.value)?;
            return Ok(Document {
                value,
                draft: document.draft,
            });
        }
        if reference.is_canonical() {
            return Err(Fault::Beyond(format!(
                "the schema `{text}` is elsewhere, and none is fetched"
            )));
        }
        Err(Fault::Invalid(format!(
            "Reference {text} must be canonical"
        )))
    }

    /// Reads a schema; where it is among all.
    fn schema(&mut self, document: &Value, draft: Draft) -> Result<Id, Fault> {
        let id = self.reserve();
        self.read(id, document, draft)?;
        Ok(id)
    }

    fn reserve(&mut self) -> Id {
        self.schema.all.push(Rules::default());
        self.schema.all.len() - 1
    }

    fn read(&mut self, id: Id, document: &Value, draft: Draft) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::Beyond(format!(
                "schemas nest deeper than {MAX_DEPTH} levels"
            )));
        }
        let rules = match document {
            Value::Bool(pass) if draft >= Draft::Six => Rules {
                pass: Some(*pass),
                ..Rules::default()
            },
            Value::Object(object) => self.rules(object, draft)?,
            _ => {
                return Err(Fault::Invalid(
                    "Expected: Valid Schema, given: Invalid JSON".into(),
                ));
            }
        };
        if let Some(place) = self.schema.all.get_mut(id) {
            *place = rules;
        }
        self.depth -= 1;
        Ok(())
    }

    fn rules(&mut self, object: &Object, draft: Draft) -> Result<Rules, Fault> {
        let mut rules = Rules::default();
        let id = match draft {
            Draft::Four => "id",
            Draft::Hybrid if object.get_str("id").is_some() => "id",
            _ => "$id",
        };
        if let Some(text) = text(object, id)?
            && Reference::parse(text).is_none()
        {
            return Err(Fault::Beyond(format!("`{id}` is no URL")));
        }
        self.definitions(object, draft)?;
        text(object, "title")?;
        text(object, "description")?;
        if let Some(reference) = text(object, "$ref")? {
            let parsed = Reference::parse(reference)
                .ok_or_else(|| Fault::Beyond("`$ref` is no URL".into()))?;
            let known = self.references.get(&parsed.to_string()).copied();
            rules.reference = Some(known.map_or_else(|| self.refer(&parsed, draft), Ok)?);
            // What stands beside a reference is only read where that is known already.
            if known.is_none() {
                return Ok(rules);
            }
        }
        read_types(object, &mut rules)?;
        self.of_objects(object, draft, &mut rules)?;
        self.of_items(object, draft, &mut rules)?;
        of_numbers(object, draft, &mut rules)?;
        of_texts(object, &mut rules)?;
        of_sizes(object, &mut rules)?;
        if let Some(contains) = object.get_str("contains").filter(|_| draft >= Draft::Six) {
            rules.contains = Some(self.schema(contains, draft)?);
        }
        if let Some(constant) = object.get_str("const").filter(|_| draft >= Draft::Six) {
            rules.constant = Some(canonical(constant)?);
        }
        if let Some(values) = array(object, "enum")? {
            let mut allowed = Vec::with_capacity(values.len());
            for value in values {
                push_once(&mut allowed, canonical(value)?, "enum")?;
            }
            rules.enumeration = Some(allowed);
        }
        rules.one_of = self.list(object, "oneOf", draft)?;
        rules.any_of = self.list(object, "anyOf", draft)?;
        rules.all_of = self.list(object, "allOf", draft)?;
        rules.not = self.one(object, "not", draft)?;
        if draft >= Draft::Seven {
            rules.condition = self.one(object, "if", draft)?;
            rules.then = self.one(object, "then", draft)?;
            rules.otherwise = self.one(object, "else", draft)?;
        }
        Ok(rules)
    }

    fn refer(&mut self, reference: &Reference, draft: Draft) -> Result<Id, Fault> {
        let text = reference.to_string();
        let id = self.reserve();
        // Before it is read: it may refer to itself.
        self.references.insert(text.clone(), id);
        let document = self.find(&text, reference)?;
        if !matches!(document.value, Value::Bool(_) | Value::Object(_)) {
            return Err(Fault::Invalid("Valid Schema must be of type object".into()));
        }
        self.read(id, &document.value, document.draft.unwrap_or(draft))?;
        Ok(id)
    }

    fn definitions(&mut self, object: &Object, draft: Draft) -> Result<(), Fault> {
        let wrong = || invalid_type("Array Of Schemas", "definitions");
        match object.get_str("definitions") {
            None => Ok(()),
            Some(Value::Object(definitions)) => {
                definitions
                    .values()
                    .try_for_each(|definition| match definition {
                        Value::Bool(_) | Value::Object(_) => {
                            self.schema(definition, draft).map(|_| ())
                        }
                        _ => Err(wrong()),
                    })
            }
            Some(_) => Err(wrong()),
        }
    }

    fn list(&mut self, object: &Object, key: &str, draft: Draft) -> Result<Vec<Id>, Fault> {
        let schemas = array(object, key)?.unwrap_or_default();
        schemas
            .iter()
            .map(|schema| self.schema(schema, draft))
            .collect()
    }

    fn one(&mut self, object: &Object, key: &str, draft: Draft) -> Result<Option<Id>, Fault> {
        match object.get_str(key) {
            None => Ok(None),
            Some(schema @ (Value::Bool(_) | Value::Object(_))) => {
                self.schema(schema, draft).map(Some)
            }
            Some(_) => Err(Fault::Invalid(format!("{key} must be of an object"))),
        }
    }

    fn additional(
        &mut self,
        object: &Object,
        key: &str,
        draft: Draft,
    ) -> Result<Option<Additional>, Fault> {
        match object.get_str(key) {
            None => Ok(None),
            Some(Value::Bool(allowed)) => Ok(Some(Additional::Allowed(*allowed))),
            Some(schema @ Value::Object(_)) => {
                Ok(Some(Additional::Schema(self.schema(schema, draft)?)))
            }
            Some(_) => Err(invalid_type("boolean/Valid Schema", key)),
        }
    }

    fn of_objects(
        &mut self,
        object: &Object,
        draft: Draft,
        rules: &mut Rules,
    ) -> Result<(), Fault> {
        match object.get_str("properties") {
            None => {}
            Some(Value::Object(properties)) => {
                for (name, schema) in properties.iter() {
                    let name = name.as_str().unwrap_or_default().to_owned();
                    rules.properties.push((name, self.schema(schema, draft)?));
                }
            }
            Some(_) => return Err(Fault::Invalid("Properties must be of type object".into())),
        }
        rules.additional_properties = self.additional(object, "additionalProperties", draft)?;
        match object.get_str("patternProperties") {
            None => {}
            Some(Value::Object(properties)) => {
                for (name, schema) in properties.iter() {
                    let name = name.as_str().unwrap_or_default();
                    let pattern = Pattern::of(name)
                        .map_err(|_| Fault::Invalid(format!("Invalid regex pattern '{name}'")))?;
                    rules.pattern_properties.push((
                        name.to_owned(),
                        pattern,
                        self.schema(schema, draft)?,
                    ));
                }
            }
            Some(_) => return Err(invalid_type("Valid Schema", "patternProperties")),
        }
        match object
            .get_str("propertyNames")
            .filter(|_| draft >= Draft::Six)
        {
            None => {}
            Some(schema @ (Value::Bool(_) | Value::Object(_))) => {
                rules.property_names = Some(self.schema(schema, draft)?);
            }
            Some(_) => return Err(invalid_type("Valid Schema", "patternProperties")),
        }
        match object.get_str("dependencies") {
            None => Ok(()),
            Some(Value::Object(dependencies)) => {
                dependencies.iter().try_for_each(|(name, dependency)| {
                    if let Some(dependency) = self.dependency(dependency, draft)? {
                        rules
                            .dependencies
                            .insert(name.as_str().unwrap_or_default().to_owned(), dependency);
                    }
                    Ok(())
                })
            }
            Some(_) => Err(Fault::Invalid("dependencies must be of type object".into())),
        }
    }

    fn dependency(
        &mut self,
        dependency: &Value,
        draft: Draft,
    ) -> Result<Option<Dependency>, Fault> {
        let wrong =
            || Fault::Invalid("Dependency must be of type Schema Or Array Of Strings".into());
        match dependency {
            Value::Array(names) => {
                let names = names
                    .iter()
                    .map(|name| name.as_str().map(str::to_owned).ok_or_else(wrong));
                let names = names.collect::<Result<Vec<_>, _>>()?;
                Ok((!names.is_empty()).then_some(Dependency::Properties(names)))
            }
            Value::Bool(_) | Value::Object(_) => {
                Ok(Some(Dependency::Schema(self.schema(dependency, draft)?)))
            }
            _ => Err(wrong()),
        }
    }

    fn of_items(&mut self, object: &Object, draft: Draft, rules: &mut Rules) -> Result<(), Fault> {
        let wrong = || invalid_type("Valid Schema/Array Of Schemas", "items");
        match object.get_str("items") {
            None => {}
            Some(Value::Array(items)) => {
                for item in items.iter() {
                    if !matches!(item, Value::Bool(_) | Value::Object(_)) {
                        return Err(wrong());
                    }
                    rules.items.push(self.schema(item, draft)?);
                }
            }
            Some(items @ (Value::Bool(_) | Value::Object(_))) => {
                rules.items.push(self.schema(items, draft)?);
                rules.items_are_alike = true;
            }
            Some(_) => return Err(wrong()),
        }
        rules.additional_items = self.additional(object, "additionalItems", draft)?;
        Ok(())
    }
}

fn read_types(object: &Object, rules: &mut Rules) -> Result<(), Fault> {
    const TYPES: [&str; 7] = [
        "array", "boolean", "integer", "number", "null", "object", "string",
    ];
    let wrong = || invalid_type("type", "string/Array Of Strings");
    let names = match object.get_str("type") {
        None => return Ok(()),
        Some(name @ Value::String(_)) => std::slice::from_ref(name),
        Some(Value::Array(names)) => names,
        Some(_) => return Err(wrong()),
    };
    for name in names {
        let name = name.as_str().ok_or_else(wrong)?;
        if !TYPES.contains(&name) {
            return Err(Fault::Invalid(format!(
                "has a primitive type that is NOT VALID -- given: /{name}/ Expected valid values are:[{}]",
                TYPES.join(" ")
            )));
        }
        if rules.types.iter().any(|other| other == name) {
            return Err(Fault::Invalid(format!("{name} type is duplicated")));
        }
        rules.types.push(name.to_owned());
    }
    Ok(())
}

fn of_numbers(object: &Object, draft: Draft, rules: &mut Rules) -> Result<(), Fault> {
    if let Some(value) = object.get_str("multipleOf") {
        let limit = limit(value).ok_or_else(|| invalid_type("Number", "multipleOf"))?;
        if !limit.is_positive() {
            return Err(Fault::Invalid(
                "multipleOf must be strictly greater than 0".into(),
            ));
        }
        rules.multiple_of = Some(limit);
    }
    rules.minimum = bound(object, "minimum")?;
    rules.exclusive_minimum = exclusive(
        object,
        "exclusiveMinimum",
        "minimum",
        draft,
        &mut rules.minimum,
    )?;
    rules.maximum = bound(object, "maximum")?;
    rules.exclusive_maximum = exclusive(
        object,
        "exclusiveMaximum",
        "maximum",
        draft,
        &mut rules.maximum,
    )?;
    Ok(())
}

fn limit(value: &Value) -> Option<Limit> {
    Limit::new(value.as_number()?)
}

fn bound(object: &Object, key: &str) -> Result<Option<Limit>, Fault> {
    let wrong = || Fault::Invalid(format!("{key} must be of a Number"));
    object
        .get_str(key)
        .map(|value| limit(value).ok_or_else(wrong))
        .transpose()
}

/// An exclusive bound: in draft 4 a word about the inclusive one, which it takes the place of, else a number.
fn exclusive(
    object: &Object,
    key: &str,
    inclusive_key: &str,
    draft: Draft,
    inclusive: &mut Option<Limit>,
) -> Result<Option<Limit>, Fault> {
    let Some(value) = object.get_str(key) else {
        return Ok(None);
    };
    match (value, draft) {
        (Value::Bool(exclusive), Draft::Four | Draft::Hybrid) => {
            if inclusive.is_none() {
                return Err(Fault::Invalid(format!(
                    "{key} cannot be used without {inclusive_key}"
                )));
            }
            Ok(if *exclusive { inclusive.take() } else { None })
        }
        (_, Draft::Four) => Err(invalid_type("boolean", key)),
        (Value::Number(_), _) => Ok(limit(value)),
        (_, Draft::Hybrid) => Err(invalid_type("boolean/number", key)),
        _ => Err(invalid_type("number", key)),
    }
}

fn of_texts(object: &Object, rules: &mut Rules) -> Result<(), Fault> {
    rules.min_length = size(object, "minLength")?;
    rules.max_length = size(object, "maxLength")?;
    in_order(rules.min_length, rules.max_length, "minLength", "maxLength")?;
    if let Some(pattern) = text(object, "pattern")? {
        let compiled = Pattern::of(pattern)
            .map_err(|_| Fault::Invalid("pattern must be a valid regex".into()))?;
        rules.pattern = Some((pattern.to_owned(), compiled));
    }
    if let Some(format) = text(object, "format")? {
        format.clone_into(&mut rules.format);
    }
    Ok(())
}

fn of_sizes(object: &Object, rules: &mut Rules) -> Result<(), Fault> {
    rules.min_properties = size(object, "minProperties")?;
    rules.max_properties = size(object, "maxProperties")?;
    in_order(
        rules.min_properties,
        rules.max_properties,
        "minProperties",
        "maxProperties",
    )?;
    for name in array(object, "required")?.unwrap_or_default() {
        let name = name
            .as_str()
            .ok_or_else(|| invalid_type("string", "required"))?;
        push_once(&mut rules.required, name.to_owned(), "required")?;
    }
    rules.min_items = size(object, "minItems")?;
    rules.max_items = size(object, "maxItems")?;
    match object.get_str("uniqueItems") {
        None => {}
        Some(Value::Bool(unique)) => rules.unique_items = *unique,
        Some(_) => return Err(Fault::Invalid("uniqueItems must be of a boolean".into())),
    }
    Ok(())
}

fn push_once(list: &mut Vec<String>, item: String, key: &str) -> Result<(), Fault> {
    if list.contains(&item) {
        return Err(Fault::Invalid(format!("{key} items must be unique")));
    }
    list.push(item);
    Ok(())
}

fn size(object: &Object, key: &str) -> Result<Option<i64>, Fault> {
    let Some(value) = object.get_str(key) else {
        return Ok(None);
    };
    // Only as it is written without point and exponent.
    let number = value
        .as_number()
        .and_then(|number| number.to_string().parse::<i64>().ok());
    match number {
        None => Err(Fault::Invalid(format!("{key} must be of an integer"))),
        Some(..0) => Err(Fault::Invalid(format!(
            "{key} must be greater than or equal to 0"
        ))),
        size => Ok(size),
    }
}

fn in_order(
    least: Option<i64>,
    most: Option<i64>,
    least_key: &str,
    most_key: &str,
) -> Result<(), Fault> {
    match (least, most) {
        (Some(least), Some(most)) if least > most => Err(Fault::Invalid(format!(
            "{least_key} cannot be greater than {most_key}"
        ))),
        _ => Ok(()),
    }
}

fn text<'object>(object: &'object Object, key: &str) -> Result<Option<&'object str>, Fault> {
    let value = object.get_str(key);
    value
        .map(|value| value.as_str().ok_or_else(|| invalid_type("string", key)))
        .transpose()
}

fn array<'object>(object: &'object Object, key: &str) -> Result<Option<&'object [Value]>, Fault> {
    let wrong = || Fault::Invalid(format!("{key} must be of an array"));
    object
        .get_str(key)
        .map(|value| value.as_array().ok_or_else(wrong))
        .transpose()
}

fn invalid_type(expected: &str, given: &str) -> Fault {
    Fault::Invalid(format!(
        "Invalid type. Expected: {expected}, given: {given}"
    ))
}

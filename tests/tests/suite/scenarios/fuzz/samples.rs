//! Values as a schema wants them. Ids are those that replies have named, so that requests are about what
//! is there.

use std::collections::HashMap;

use proptest::{prelude::RngExt, test_runner::TestRng};
use serde_json::{Map, Value, json};

/// Ids by the name of their member, the newest last.
#[derive(Default)]
pub(super) struct Seen(HashMap<String, Vec<Value>>);

impl Seen {
    /// Remembers the ids in a reply.
    pub(super) fn learn(&mut self, reply: &Value) {
        const MOST: usize = 8;
        match reply {
            Value::Object(members) => {
                for (name, value) in members {
                    if name.ends_with("Id") && value.is_string() {
                        let ids = self.0.entry(name.clone()).or_default();
                        if !ids.contains(value) {
                            ids.push(value.clone());
                            ids.drain(..ids.len().saturating_sub(MOST));
                        }
                    }
                    self.learn(value);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn(item)),
            _ => {}
        }
    }

    fn any(&self, name: &str, rng: &mut TestRng) -> Option<Value> {
        let ids = self.0.get(name)?;
        Some(pick(ids, rng).clone())
    }
}

/// One of several, by chance.
pub(super) fn pick<'a, T>(from: &'a [T], rng: &mut TestRng) -> &'a T {
    &from[rng.random_range(0..from.len())]
}

/// A value for the member or parameter `name` that `schema`, of this document, allows.
pub(super) fn sample(
    document: &Value,
    (name, schema): (&str, &Value),
    seen: &Seen,
    rng: &mut TestRng,
) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let schema = document.pointer(reference.trim_start_matches('#')).unwrap();
        return sample(document, (name, schema), seen, rng);
    }
    // Seldom a new one: some are the caller's to choose.
    if name.ends_with("Id")
        && rng.random_bool(0.8)
        && let Some(id) = seen.any(name, rng)
    {
        return id;
    }
    if let Some(values) = schema["enum"].as_array() {
        return pick(values, rng).clone();
    }
    for any in ["oneOf", "anyOf"] {
        if let Some(schemas) = schema[any].as_array() {
            return sample(document, (name, pick(schemas, rng)), seen, rng);
        }
    }
    if let Some(schemas) = schema["allOf"].as_array() {
        let parts = schemas
            .iter()
            .map(|schema| sample(document, (name, schema), seen, rng));
        let members = parts.filter_map(|part| part.as_object().cloned()).flatten();
        return Value::Object(members.collect());
    }
    match kind(schema, rng).as_str() {
        "object" => object(document, schema, seen, rng),
        "array" => {
            let least = schema["minItems"].as_u64().unwrap_or(0);
            let most = schema["maxItems"].as_u64().unwrap_or(least + 2);
            let count = rng.random_range(least..=most.min(least + 2));
            (0..count)
                .map(|_| sample(document, (name, &schema["items"]), seen, rng))
                .collect()
        }
        "integer" | "number" => integer(schema, rng).into(),
        "boolean" => rng.random_bool(0.5).into(),
        "null" => Value::Null,
        _ => text(name, schema, rng).into(),
    }
}

/// One of the types that are allowed; seldom null where another is.
fn kind(schema: &Value, rng: &mut TestRng) -> String {
    match &schema["type"] {
        Value::Array(kinds) => {
            let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
            let null = kinds.contains(&"null") && rng.random_bool(0.1);
            let kinds: Vec<&str> = kinds
                .into_iter()
                .filter(|kind| (*kind == "null") == null)
                .collect();
            (*pick(&kinds, rng)).to_owned()
        }
        Value::String(kind) => kind.clone(),
        _ if schema["properties"].is_object() => "object".to_owned(),
        _ => "string".to_owned(),
    }
}

fn object(document: &Value, schema: &Value, seen: &Seen, rng: &mut TestRng) -> Value {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let mut object = Map::new();
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        if required.contains(&json!(name)) || rng.random_bool(0.4) {
            let value = sample(document, (name, schema), seen, rng);
            object.insert(name.clone(), value);
        }
    }
    object.into()
}

/// Small numbers mostly, and the ends of what is allowed.
fn integer(schema: &Value, rng: &mut TestRng) -> i64 {
    let least = schema["minimum"].as_i64().unwrap_or(0);
    let most = schema["maximum"].as_i64().unwrap_or(i64::MAX).max(least);
    match rng.random_range(0..6) {
        0 => least,
        1 => most,
        _ => rng.random_range(least..=most.min(least.saturating_add(100))),
    }
}

/// Unlike any other, since names must be; instants are far ahead, beginnings long past.
fn text(name: &str, schema: &Value, rng: &mut TestRng) -> String {
    if schema["format"] == "date-time" || name.ends_with("At") {
        let year = if name.starts_with("start") {
            2026
        } else {
            2098
        };
        return format!("{year}-01-01T00:00:00Z");
    }
    let text = format!("{:016x}", rng.random_range(0..u64::MAX));
    let most = schema["maxLength"].as_u64().unwrap_or(u64::MAX);
    text.chars().take(usize::try_from(most).unwrap()).collect()
}

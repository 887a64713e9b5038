//! Bodies that are no longer what they should be: one thing after the other is changed in a good one.

use proptest::{prelude::RngExt, test_runner::TestRng};
use serde_json::Value;

use super::samples::pick;

/// Text that stands in a body as it is, where JSON of our own could not have it: a private character,
/// its number, another one.
const RAW: (char, char) = ('\u{e000}', '\u{e001}');

const TEXTS: [&[u8]; 36] = [
    b"",
    b"null",
    b"true",
    b"tru",
    b"-0",
    b"00",
    b"-1",
    b"+1",
    b"1.",
    b"1.0",
    b"0.1",
    b"0x10",
    b"1e3",
    b"1e400",
    b"-1e-400",
    b"NaN",
    b"Infinity",
    b"2147483648",
    b"9223372036854775807",
    b"9223372036854775808",
    b"-9223372036854775809",
    b"18446744073709551616",
    b"[]",
    b"{}",
    b"'x'",
    b"\"\"",
    b"\" \"",
    b"\"1\"",
    b"\"\\ud800\"",
    b"\"\\u0000\\u001b\\u202e\"",
    b"\"\x00\x01\x1b\n\"",
    b"\"\xff\xfe\xc3\x28\"",
    b"\"\xf0\x9f\x8e\x9f\xef\xb8\x8f\"",
    b"\"2026-02-30T25:61:61Z\"",
    b"\"+275760-09-13T00:00:00.0000000000001Z\"",
    b"\"'; DROP TABLE coupons; --\"",
];

/// A value that is wrong nearly everywhere, as text.
fn odd(rng: &mut TestRng) -> Vec<u8> {
    let many = *pick(&[20, 127, 128, 129, 1_000, 10_000], rng);
    match rng.random_range(0..10) {
        0 => [b"[".repeat(many), b"]".repeat(many)].concat(),
        1 => [b"{\"a\":".repeat(many), b"1".to_vec(), b"}".repeat(many)].concat(),
        2 => [b"1".to_vec(), b"0".repeat(many)].concat(),
        3 => [b"\"".to_vec(), b"x".repeat(many), b"\"".to_vec()].concat(),
        4 => [b"[".to_vec(), b"1,".repeat(many), b"1]".to_vec()].concat(),
        _ => pick(&TEXTS, rng).to_vec(),
    }
}

/// A body, and what stands in it as it is.
pub(super) struct Body {
    json: Value,
    raw: Vec<Vec<u8>>,
}

impl Body {
    pub(super) fn new(json: Value) -> Self {
        let raw = Vec::new();
        Self { json, raw }
    }

    fn raw(&mut self, text: Vec<u8>) -> String {
        self.raw.push(text);
        format!("{}{}{}", RAW.0, self.raw.len() - 1, RAW.1)
    }

    /// Changes one thing.
    pub(super) fn mutate(&mut self, rng: &mut TestRng) {
        let mut objects = Vec::new();
        let mut nodes = Vec::new();
        list(&self.json, String::new(), &mut nodes, &mut objects);
        let kind = rng.random_range(0..9);
        if kind < 5 || objects.is_empty() {
            let odd = odd(rng);
            let value = Value::from(self.raw(odd));
            let place: &String = pick(&nodes, rng);
            *self.json.pointer_mut(place).unwrap() = value;
            return;
        }
        let place = pick(&objects, rng).clone();
        let object = self.json.pointer(&place).unwrap().as_object().unwrap();
        let names: Vec<String> = object.keys().cloned().collect();
        let name = match names.as_slice() {
            [] => "name".to_owned(),
            names => pick(names, rng).clone(),
        };
        let key = match kind {
            // Again.
            5 => self.raw(format!("{name:?}").into_bytes()),
            // By another name.
            6 => pick(
                &[name.to_uppercase(), format!("{name} "), String::new()],
                rng,
            )
            .clone(),
            // One that nobody knows.
            7 => (*pick(&["__proto__", "id", "role", "consumerId", "\u{0}"], rng)).to_owned(),
            _ => String::new(),
        };
        let object = self
            .json
            .pointer_mut(&place)
            .unwrap()
            .as_object_mut()
            .unwrap();
        let value = match kind {
            6 | 8 => object.remove(&name),
            _ => object.get(&name).cloned(),
        };
        if kind != 8 {
            object.insert(key, value.unwrap_or_default());
        }
    }

    /// As it is sent.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let text = self.json.to_string();
        let mut bytes = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once(RAW.0) {
            let (number, after) = after.split_once(RAW.1).unwrap();
            // Without the quotation marks around it.
            bytes.extend(&before.as_bytes()[..before.len() - 1]);
            bytes.extend(&self.raw[number.parse::<usize>().unwrap()]);
            rest = &after[1..];
        }
        bytes.extend(rest.as_bytes());
        bytes
    }
}

/// Where every value is, and where the objects are.
fn list(value: &Value, at: String, nodes: &mut Vec<String>, objects: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            objects.push(at.clone());
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                list(member, format!("{at}/{name}"), nodes, objects);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                list(item, format!("{at}/{index}"), nodes, objects);
            }
        }
        _ => {}
    }
    nodes.push(at);
}

/// Spoils the text of a body.
pub(super) fn spoil(body: &mut Vec<u8>, rng: &mut TestRng) {
    let at = rng.random_range(0..=body.len());
    match rng.random_range(0..7) {
        0 => body.truncate(at),
        1 => body.insert(at, *pick(b"\x00\x01\x1f\x7f\xff\xc3\"\\{}[],:", rng)),
        2 => body.extend(*pick(&[&b" {}"[..], b",", b"\x00", b"}"], rng)),
        3 => *body = [b"[", body.as_slice(), b"]"].concat(),
        4 => *body = [b"\xef\xbb\xbf", body.as_slice()].concat(),
        5 => *body = [b" ".repeat(*pick(&[1_000, 65_536], rng)), body.clone()].concat(),
        _ => body.clear(),
    }
}

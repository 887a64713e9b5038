//! Requests: a good one of an operation, and what can be wrong with it outside its body.

use adapter_http::Role;
use firstcome_tests::over_http::Tokens;
use proptest::{prelude::RngExt, test_runner::TestRng};
use serde_json::Value;

use super::{
    bodies::{self, Body},
    operations::{Operation, Parameter, Place},
    samples::{Seen, pick, sample},
};

const IDS: [&[u8]; 15] = [
    b"",
    b"x",
    b"-1",
    b".",
    b"..",
    b"%",
    b"%zz",
    b"%00",
    b"%2e%2e%2f",
    b"%C3%28",
    b"\x01",
    b"\xff",
    b"00000000-0000-0000-0000-000000000000",
    b"FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
    b"{01890a5d-ac96-774b-bcce-b302099a8057}",
];

const VALUES: [&[u8]; 17] = [
    b"",
    b"0",
    b"-1",
    b"201",
    b"1.0",
    b"1e3",
    b"99999999999999999999999",
    b"null",
    b"true",
    b"%",
    b"%00",
    b"%ff",
    b"+",
    b"%F0%9F%8E%9F",
    b"a&=&&b",
    b"\x01",
    b"\xff",
];

const HEADERS: [(&str, &[u8]); 19] = [
    ("content-type", b"text/plain"),
    ("content-type", b"application/json; charset=latin1"),
    ("content-type", b"\xff"),
    ("content-type", b""),
    ("content-encoding", b"gzip"),
    ("idempotency-key", b""),
    ("idempotency-key", b"a b"),
    ("idempotency-key", b"\xff\xfe"),
    ("idempotency-key", b"a\x01b"),
    ("idempotency-key", b"the same"),
    ("prefer", b"wait=-1"),
    ("prefer", b"wait=99999999999999999999999"),
    ("prefer", b"wait=, respond-async;;="),
    ("x-request-id", b"\xff"),
    ("authorization", b"Bearer "),
    ("authorization", b"Basic YTpi"),
    ("authorization", b"Bearer \xff.\xff.\xff"),
    ("accept", b"application/xml;q=x"),
    ("b ad", b"name"),
];

/// Who calls, in whatever role.
pub(super) const CALLERS: [&str; 2] = ["fuzz-0", "fuzz-1"];

/// A request in its parts, each of which may be any bytes.
pub(super) struct Request {
    method: String,
    path: Vec<u8>,
    query: Vec<u8>,
    headers: Vec<(String, Vec<u8>)>,
    body: Option<Vec<u8>>,
}

impl Request {
    /// A request as the document says that it should be, then changed so many times.
    pub(super) fn of(
        operation: &Operation,
        document: &Value,
        seen: &Seen,
        changes: usize,
        rng: &mut TestRng,
    ) -> Self {
        let mut request = Self {
            method: operation.method.clone(),
            path: operation.path.clone().into_bytes(),
            query: Vec::new(),
            headers: vec![("host".to_owned(), b"fuzz".to_vec())],
            body: None,
        };
        if let [_, ..] = operation.roles[..] {
            request.set_token(*pick(&operation.roles, rng), rng);
        }
        for parameter in &operation.parameters {
            if parameter.required || rng.random_bool(0.3) {
                let schema = (parameter.name.as_str(), &parameter.schema);
                let value = match sample(document, schema, seen, rng) {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                request.set(parameter, value.as_bytes());
            }
        }
        let schema = operation.body.as_ref();
        let mut body = schema.map(|schema| Body::new(sample(document, ("", schema), seen, rng)));
        let mut spoilt = false;
        for _ in 0..changes {
            match (rng.random_range(0..8), &mut body) {
                (0..4, Some(body)) => body.mutate(rng),
                (4, _) => spoilt = true,
                (5, _) if !operation.parameters.is_empty() => {
                    let parameter = pick(&operation.parameters, rng);
                    let value = match parameter.place {
                        Place::Path => pick(&IDS, rng),
                        Place::Query | Place::Header => pick(&VALUES, rng),
                    };
                    request.set(parameter, value);
                }
                (6, _) => request.change_target(rng),
                _ => request.change_headers(rng),
            }
        }
        if body.is_some() && !request.has("content-type") {
            request.add("content-type", b"application/json");
        }
        request.body = body.map(|body| body.bytes());
        if spoilt {
            bodies::spoil(request.body.get_or_insert_default(), rng);
        }
        request
    }

    fn set(&mut self, parameter: &Parameter, value: &[u8]) {
        let name = &parameter.name;
        match parameter.place {
            Place::Path => {
                let template = format!("{{{name}}}").into_bytes();
                let found = self
                    .path
                    .windows(template.len())
                    .position(|part| part == template);
                match found {
                    Some(at) => drop(self.path.splice(at..at + template.len(), value.to_vec())),
                    // It has its value already, at the end or before the next slash: more of it.
                    None => self.path.extend(value),
                }
            }
            Place::Query => {
                let name = name.as_bytes();
                let before: &[u8] = if self.query.is_empty() { b"" } else { b"&" };
                self.query.extend([before, name, b"=", value].concat());
            }
            Place::Header => self.add(name, value),
        }
    }

    fn add(&mut self, name: &str, value: &[u8]) {
        self.headers.push((name.to_owned(), value.to_vec()));
    }

    fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(one, _)| one == name)
    }

    fn set_token(&mut self, role: Role, rng: &mut TestRng) {
        let token = Tokens::default().token(pick::<&str>(&CALLERS, rng), role);
        self.add("authorization", format!("Bearer {token}").as_bytes());
    }

    fn change_target(&mut self, rng: &mut TestRng) {
        match rng.random_range(0..5) {
            0 => self.path.extend(*pick(
                &[&b"/"[..], b"//", b"/x", b"%00", b";x=1", b"#"],
                rng,
            )),
            1 => self
                .path
                .extend(b"x".repeat(*pick(&[1, 300, 8_000, 17_000], rng))),
            2 => self.query.extend(b"&unknown=1"),
            3 => self.query.extend(pick(&VALUES, rng).iter()),
            _ => self
                .query
                .extend(b"x".repeat(*pick(&[1, 3_000, 8_000, 17_000], rng))),
        }
    }

    fn change_headers(&mut self, rng: &mut TestRng) {
        // All may have been taken away already.
        let least = if self.headers.is_empty() { 2 } else { 0 };
        match rng.random_range(least..8) {
            0 => {
                let at = rng.random_range(0..self.headers.len());
                self.headers.remove(at);
            }
            1 => {
                let again = pick(&self.headers, rng).clone();
                self.headers.push(again);
            }
            2 => {
                self.headers.retain(|(name, _)| name != "authorization");
                let role = *pick(&Role::ALL, rng);
                self.set_token(role, rng);
            }
            3 => self.add("idempotency-key", &b"k".repeat(*pick(&[1, 255, 256], rng))),
            4 => (0..*pick(&[2, 50, 200], rng)).for_each(|_| self.add("x-many", b"x")),
            _ => {
                let (name, value) = *pick(&HEADERS, rng);
                self.headers.retain(|(one, _)| one != name);
                self.add(name, value);
            }
        }
    }

    /// As it goes over the wire.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = [self.method.as_bytes(), b" ", &self.path].concat();
        if !self.query.is_empty() {
            bytes.extend([b"?", self.query.as_slice()].concat());
        }
        bytes.extend(b" HTTP/1.1\r\n");
        for (name, value) in &self.headers {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        if let Some(body) = &self.body {
            bytes.extend(format!("content-length: {}\r\n", body.len()).as_bytes());
        }
        bytes.extend(b"\r\n");
        bytes.extend(self.body.iter().flatten());
        bytes
    }
}

//! The routes as the served document describes them.

use adapter_http::Role;
use serde_json::{Map, Value};

/// Where a parameter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
}

/// A parameter of an operation.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) required: bool,
    pub(super) schema: Value,
}

/// A method of a path, and what it takes.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) method: String,
    /// With its parameters' names in braces.
    pub(super) path: String,
    pub(super) parameters: Vec<Parameter>,
    /// The schema of its JSON body.
    pub(super) body: Option<Value>,
    /// Who may call it; nobody in particular when there are none.
    pub(super) roles: Vec<Role>,
}

impl Operation {
    /// All that the document has.
    pub(super) fn all(document: &Value) -> Vec<Self> {
        let paths = document["paths"].as_object().unwrap();
        let methods = paths.iter().flat_map(|(path, methods)| {
            methods.as_object().unwrap().iter().map(move |m| (path, m))
        });
        methods
            .map(|(path, (method, described))| Self::of(path, method, described))
            .collect()
    }

    fn of(path: &str, method: &str, described: &Value) -> Self {
        let empty = Vec::new();
        let list = |name: &str| described[name].as_array().unwrap_or(&empty);
        let body = &described["requestBody"]["content"]["application/json"]["schema"];
        Self {
            method: method.to_uppercase(),
            path: path.to_owned(),
            parameters: list("parameters").iter().map(parameter).collect(),
            body: body.is_object().then(|| body.clone()),
            roles: list("x-roles")
                .iter()
                .map(|role| role.as_str().unwrap().parse().unwrap())
                .collect(),
        }
    }
}

fn parameter(described: &Value) -> Parameter {
    Parameter {
        name: described["name"].as_str().unwrap().to_owned(),
        place: match described["in"].as_str().unwrap() {
            "path" => Place::Path,
            "query" => Place::Query,
            "header" => Place::Header,
            other => panic!("a parameter in {other}"),
        },
        required: described["required"] == true,
        schema: match &described["schema"] {
            Value::Null => Value::Object(Map::new()),
            schema => schema.clone(),
        },
    }
}

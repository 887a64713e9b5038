//! The routes that are served are the routes that are documented.

use std::collections::BTreeMap;

use serde_json::Value;

use super::*;

/// (method, path) → the roles that may call it; none for anyone.
type Permissions = BTreeMap<(String, String), Vec<String>>;

fn served() -> Permissions {
    let routes = routes();
    let count = routes.len();
    let table: Permissions = routes
        .into_iter()
        .map(|route| {
            let roles = match route.access {
                Access::Anyone => vec![],
                Access::Roles(roles) => roles.iter().map(ToString::to_string).collect(),
            };
            (
                (
                    route.method.to_string().to_lowercase(),
                    route.path.to_owned(),
                ),
                roles,
            )
        })
        .collect();
    assert_eq!(table.len(), count, "a route stands twice");
    table
}

fn documented() -> (Permissions, Value) {
    let document = serde_json::to_value(crate::openapi()).unwrap();
    let mut table = Permissions::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let roles = operation["x-roles"].as_array().cloned().unwrap_or_default();
            let roles = roles
                .iter()
                .map(|role| role.as_str().unwrap().to_owned())
                .collect();
            table.insert((method.clone(), path.clone()), roles);
        }
    }
    (table, document)
}

#[test]
fn what_is_served_is_what_is_documented_and_for_the_same_roles() {
    assert_eq!(served(), documented().0);
}

#[test]
fn the_document_is_openapi_3_1_and_every_reference_in_it_leads_somewhere() {
    let (_, document) = documented();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members
                    .values()
                    .for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 20);
    for reference in found {
        assert!(
            document
                .pointer(reference.trim_start_matches('#'))
                .is_some(),
            "{reference}"
        );
    }
}

#[test]
fn a_route_that_needs_a_token_says_so_and_only_that() {
    let (table, document) = documented();
    for ((method, path), roles) in table {
        let operation = &document["paths"][&path][&method];
        assert_eq!(
            operation["security"].is_array(),
            !roles.is_empty(),
            "{method} {path}"
        );
    }
}

#[test]
fn what_every_route_may_refuse_is_documented_at_every_route() {
    let (table, document) = documented();
    for ((method, path), roles) in table {
        let operation = &document["paths"][&path][&method];
        let mut expected = if roles.is_empty() {
            vec![]
        } else {
            vec!["401", "403", "500", "503"]
        };
        if operation["requestBody"].is_object() {
            expected.extend(["400", "408", "413", "415"]);
        }
        if operation["requestBody"].is_object() && method == "post" {
            expected.extend(["409", "422"]);
        }
        for status in expected {
            assert!(
                operation["responses"][status].is_object(),
                "{method} {path}: {status}"
            );
        }
    }
}

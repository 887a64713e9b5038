//! JSON and query strings, parsed; what is wrong with them, by field.

use domain::Page;
use serde::{Deserialize, de::DeserializeOwned};

use crate::{Code, Failure, Problem, models::invalid};

/// How many items a page has, unless asked otherwise.
const DEFAULT_LIMIT: u32 = 50;

/// A JSON object, whole and with no field unknown, missing or twice.
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    if body.trim_ascii_start().first() != Some(&b'{') {
        // Else a list would pass for an object whose fields come in order.
        return Err(refused("body", "must be a JSON object"));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let parsed = serde_path_to_error::deserialize(&mut json).map_err(|why| {
        let (path, why) = (why.path().to_string(), why.into_inner());
        explained(&path, &why.to_string())
    })?;
    json.end()
        .map_err(|_| refused("body", "has something after its end"))?;
    Ok(parsed)
}

/// A query string, with no name unknown or twice.
pub(super) fn query<T: DeserializeOwned>(query: &str) -> Result<T, Failure> {
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(pairs).map_err(|why| {
        let (path, why) = (why.path().to_string(), why.into_inner());
        explained(&path, &why.to_string())
    })
}

/// Finds the field's name: in the path, or where there is none yet, between the message's backticks.
fn explained(path: &str, why: &str) -> Failure {
    let why = why.split(" at line ").next().unwrap_or(why);
    let named = why.split('`').nth(1).unwrap_or("body");
    for (message, says) in [
        ("missing field", "is required"),
        ("unknown field", "is not known here"),
        ("duplicate field", "is there twice"),
    ] {
        if why.starts_with(message) {
            let within = path.rsplit_once('.').map(|(parents, _)| parents);
            let within = if message == "missing field" {
                Some(path)
            } else {
                within
            };
            return match within.filter(|parents| !parents.is_empty() && *parents != ".") {
                Some(parents) => refused(&format!("{parents}.{named}"), says),
                None => refused(named, says),
            };
        }
    }
    if matches!(path, "." | "?") {
        refused("body", why)
    } else {
        refused(path, why)
    }
}

fn refused(field: &str, why: &str) -> Failure {
    let problem = Problem::new(Code::BindError).field(field.to_owned());
    problem.detail(format!("{field}: {why}.")).into()
}

/// The names that every list understands.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PagingQuery {
    pub(crate) limit: Option<i64>,
    pub(crate) cursor: Option<String>,
}

/// A page that is asked for.
pub(crate) struct Paging<Id> {
    /// How many items the page has.
    pub(crate) limit: u32,
    after: Option<Id>,
}

impl<Id: std::str::FromStr + Copy> Paging<Id> {
    /// The page that is asked for.
    pub(crate) fn new(limit: Option<i64>, cursor: Option<&str>) -> Result<Self, Failure> {
        let limit = match limit.map(u32::try_from) {
            None => DEFAULT_LIMIT,
            Some(Ok(limit @ 1..=200)) => limit,
            Some(_) => return Err(invalid("limit", "must be from 1 to 200")),
        };
        let after = match cursor.map(str::parse) {
            None => None,
            Some(Ok(after)) => Some(after),
            Some(Err(_)) => return Err(invalid("cursor", "must be the nextCursor of a list")),
        };
        Ok(Self { limit, after })
    }

    /// What is to be read: one item more than the page has, to know whether there is a next.
    pub(crate) fn read(&self) -> Page<Id> {
        Page {
            after: self.after,
            limit: self.limit.saturating_add(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Sample {
        #[expect(dead_code, reason = "only parsed")]
        name: String,
        #[expect(dead_code, reason = "only parsed")]
        max_uses: Option<i64>,
        #[expect(dead_code, reason = "only parsed")]
        inner: Option<Box<Sample>>,
    }

    fn field(failure: Failure) -> String {
        let problem = failure.problem("");
        assert_eq!(problem.code(), Code::BindError);
        let document = serde_json::from_slice::<serde_json::Value>(&problem.body()).unwrap();
        document["field"].as_str().unwrap().to_owned()
    }

    #[rstest]
    #[case(r#""#, "body")]
    #[case(r#"null"#, "body")]
    #[case(r#"["a", 1]"#, "body")]
    #[case(r#"{"name":"a""#, "body")]
    #[case(r#"{"name":"a"} x"#, "body")]
    #[case(r#"{}"#, "name")]
    #[case(r#"{"maxUses":1}"#, "name")]
    #[case(r#"{"name":1}"#, "name")]
    #[case(r#"{"name":null}"#, "name")]
    #[case(r#"{"name":"a","name":"b"}"#, "name")]
    #[case(r#"{"name":"a","size":1}"#, "size")]
    #[case(r#"{"name":"a","maxUses":"1"}"#, "maxUses")]
    #[case(r#"{"name":"a","maxUses":1.5}"#, "maxUses")]
    #[case(r#"{"name":"a","maxUses":1e3}"#, "maxUses")]
    #[case(r#"{"name":"a","maxUses":9223372036854775808}"#, "maxUses")]
    #[case(r#"{"name":"a","inner":{"name":"b","maxUses":true}}"#, "inner.maxUses")]
    #[case(r#"{"name":"a","inner":{"maxUses":1}}"#, "inner.name")]
    #[case(r#"{"name":"a","inner":{"name":"b","size":1}}"#, "inner.size")]
    fn what_is_wrong_with_json_is_told_by_field(#[case] body: &str, #[case] expected: &str) {
        assert_eq!(
            field(json::<Sample>(body.as_bytes()).unwrap_err()),
            expected
        );
    }

    #[test]
    fn a_whole_object_is_parsed_and_null_is_as_good_as_absent() {
        assert!(json::<Sample>(br#" {"name":"a","maxUses":null} "#).is_ok());
    }

    #[test]
    fn nesting_has_an_end() {
        let deep = r#"{"name":"a","inner":"#.repeat(10_000);
        assert!(json::<Sample>(deep.as_bytes()).is_err());
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        assert!(json::<Sample>(b"{\"name\":\"\xff\"}").is_err());
    }

    #[rstest]
    #[case("limit=0", "limit")]
    #[case("limit=201", "limit")]
    #[case("limit=-1", "limit")]
    #[case("limit=a", "limit")]
    #[case("limit=1&limit=2", "limit")]
    #[case("cursor=x", "cursor")]
    #[case("page=2", "page")]
    fn what_is_wrong_with_a_query_is_told_by_name(#[case] text: &str, #[case] expected: &str) {
        let paging = query::<PagingQuery>(text)
            .and_then(|q| Paging::<domain::EventId>::new(q.limit, q.cursor.as_deref()));
        assert_eq!(field(paging.map(|_| ()).unwrap_err()), expected);
    }

    #[rstest]
    #[case("", 50)]
    #[case("limit=1", 1)]
    #[case("limit=200", 200)]
    fn a_page_has_50_items_or_1_to_200(#[case] text: &str, #[case] expected: u32) {
        let q = query::<PagingQuery>(text).unwrap();
        let paging = Paging::<domain::EventId>::new(q.limit, q.cursor.as_deref()).unwrap();
        assert_eq!(
            (paging.limit, paging.read().limit),
            (expected, expected + 1)
        );
    }
}

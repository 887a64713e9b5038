//! The `Idempotency-Key` header: what a key belongs to, and which requests are equal.

use domain::{
    Timestamp,
    ports::{KeyScope, KeyedRequest, RequestDigest},
};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Call;
use crate::{Code, Failure, Problem};

const HEADER: &str = "idempotency-key";

impl Call {
    /// The scope of the request's key: caller, method, full path and key. None without a key.
    pub(crate) fn key(&self) -> Result<Option<KeyScope>, Failure> {
        let mut given = self.headers.get_all(HEADER).iter();
        let Some(key) = given.next() else {
            return Ok(None);
        };
        let key = key.as_bytes();
        let valid = (1..=255).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic);
        if !valid || given.next().is_some() {
            let problem = Problem::new(Code::BindError).field("Idempotency-Key");
            let detail =
                "Idempotency-Key must be given once, as 1 to 255 visible ASCII characters.";
            return Err(problem.detail(detail).into());
        }
        let caller = self.caller()?.subject.as_str();
        let mut scope = Sha256::new();
        // None of the first three can contain a line feed, so no two scopes read alike.
        for part in [caller, self.method.as_str(), self.path.as_str()] {
            scope.update(part);
            scope.update("\n");
        }
        scope.update(key);
        Ok(Some(KeyScope(scope.finalize().into())))
    }

    /// The request with its key, if it has one. `body` is the parsed request.
    pub(crate) fn keyed<T>(
        &self,
        body: &impl Serialize,
        answer: fn(&T, Timestamp) -> Vec<u8>,
    ) -> Result<Option<KeyedRequest<T>>, Failure> {
        let Some(scope) = self.key()? else {
            return Ok(None);
        };
        Ok(Some(KeyedRequest {
            scope,
            digest: digest(body)?,
            answer,
        }))
    }
}

/// What is asked: by the parsed request, so that in whatever way it is spelled, equal is equal.
pub(crate) fn digest(body: &impl Serialize) -> Result<RequestDigest, Failure> {
    let body = serde_json::to_vec(body).map_err(|_| Failure::from(Code::ServerError))?;
    Ok(RequestDigest(Sha256::digest(body).into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Caller, Role,
        models::{CreateCouponBody, CreateEventBody},
    };
    use domain::ConsumerId;
    use hyper::{HeaderMap, Method, header::HeaderValue};
    use rstest::rstest;

    fn call(who: &str, path: &str, keys: &[&str]) -> Call {
        let mut headers = HeaderMap::new();
        for key in keys {
            headers.append(HEADER, HeaderValue::from_bytes(key.as_bytes()).unwrap());
        }
        Call {
            caller: Some(Caller {
                subject: ConsumerId::new(who).unwrap(),
                role: Role::Admin,
            }),
            method: Method::POST,
            path: path.to_owned(),
            parameter: 0..0,
            query: String::new(),
            headers,
            body: bytes::Bytes::new(),
            wait: None,
        }
    }

    #[rstest]
    #[case(&[""], false)]
    #[case(&["a"], true)]
    #[case(&["a b"], false)]
    #[case(&["ä"], false)]
    #[case(&["a", "a"], false)]
    fn a_key_is_given_once_and_visible(#[case] keys: &[&str], #[case] valid: bool) {
        assert_eq!(call("a", "/p", keys).key().is_ok(), valid);
    }

    #[test]
    fn a_key_has_at_most_255_characters() {
        assert!(call("a", "/p", &[&"k".repeat(255)]).key().is_ok());
        assert!(call("a", "/p", &[&"k".repeat(256)]).key().is_err());
    }

    #[test]
    fn a_key_belongs_to_its_caller_and_its_path() {
        let scope = |who, path, key| call(who, path, &[key]).key().unwrap();
        assert_eq!(scope("a", "/p", "k"), scope("a", "/p", "k"));
        assert_ne!(scope("a", "/p", "k"), scope("b", "/p", "k"));
        assert_ne!(scope("a", "/p", "k"), scope("a", "/q", "k"));
        assert_ne!(scope("a", "/p", "k"), scope("a", "/p", "l"));
    }

    #[test]
    fn equal_requests_are_equal_in_whatever_way_they_are_spelled() {
        let digest = |json: &str| {
            let body: CreateEventBody = serde_json::from_str(json).unwrap();
            let keyed = call("a", "/p", &["k"]).keyed::<()>(&body, |(), _| vec![]);
            keyed.unwrap().unwrap().digest
        };
        let one = digest(r#"{"name":"a","endsAt":"2026-01-01T00:00:00Z"}"#);
        assert_eq!(
            one,
            digest(r#"{"endsAt":"2026-01-01T09:00:00.000+09:00","startsAt":null,"name":"\u0061"}"#)
        );
        assert_ne!(
            one,
            digest(r#"{"name":"b","endsAt":"2026-01-01T00:00:00Z"}"#)
        );
    }

    #[test]
    fn a_default_is_the_same_request_written_out_or_left_out() {
        let digest = |more: &str| {
            let json = format!(
                r#"{{"name":"c","couponType":"USE_COUPON","discountPolicyId":"p","eventId":"e",
                "expiresAt":"2026-01-01T00:00:00Z","maximumUsage":1{more}}}"#
            );
            let body: CreateCouponBody = serde_json::from_str(&json).unwrap();
            let keyed = call("a", "/p", &["k"]).keyed::<()>(&body.with_defaults(), |(), _| vec![]);
            keyed.unwrap().unwrap().digest
        };
        assert_eq!(
            digest(""),
            digest(r#","redundantUsable":false,"perConsumerLimit":1"#)
        );
        assert_ne!(digest(""), digest(r#","perConsumerLimit":2"#));
    }
}

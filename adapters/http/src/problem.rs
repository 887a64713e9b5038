//! What a refusal looks like: a problem document (RFC 9457), the same from a route and from the
//! connection under it.
//!
//! A problem says what to do next. It must never carry a stack trace, SQL, a path or a token.

mod code;

use std::borrow::Cow;

use bytes::Bytes;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};

pub use code::Code;

/// A refusal: a [`Code`], and whatever else helps the caller.
///
/// Small to move about and, as long as it says nothing but its code, free of allocation.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    code: Code,
    retry_after: Option<u64>,
    more: Option<Box<More>>,
}

/// What only some problems say.
#[derive(Clone, Debug, Default, PartialEq)]
struct More {
    detail: Option<Cow<'static, str>>,
    field: Option<Cow<'static, str>>,
    members: Map<String, Value>,
    allow: Option<HeaderValue>,
    authenticate: Option<HeaderValue>,
}

/// The members that every problem has, and that [`Problem::member`] therefore refuses.
const OWN_MEMBERS: [&str; 6] = ["type", "title", "status", "detail", "code", "field"];

#[derive(Serialize)]
struct Document<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(flatten)]
    members: &'a Map<String, Value>,
}

impl Problem {
    /// A problem with its code's title, detail and, where the contract promises one, `Retry-After`.
    pub const fn new(code: Code) -> Self {
        Self {
            code,
            retry_after: code.retry_after(),
            more: None,
        }
    }

    /// Says what is wrong with this very request, and what to do next.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.more().detail = Some(detail.into());
        self
    }

    /// Names the field that is wrong.
    #[must_use]
    pub fn field(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.more().field = Some(field.into());
        self
    }

    /// Adds a member of its own, such as `issuedCouponId`. The members that every problem has can not
    /// be set this way: they stay as they are.
    #[must_use]
    pub fn member(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        if !OWN_MEMBERS.contains(&name) {
            self.more().members.insert(name.to_owned(), value.into());
        }
        self
    }

    /// Sets `Retry-After`, in seconds.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Sets `Allow`: the methods that the path takes.
    #[must_use]
    pub fn allow(mut self, methods: HeaderValue) -> Self {
        self.more().allow = Some(methods);
        self
    }

    /// Sets `WWW-Authenticate`. An `UNAUTHENTICATED` problem that does not says `Bearer`.
    #[must_use]
    pub fn authenticate(mut self, challenge: HeaderValue) -> Self {
        self.more().authenticate = Some(challenge);
        self
    }

    /// The code.
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The status.
    pub const fn status(&self) -> StatusCode {
        self.code.status()
    }

    fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    /// The headers of the reply, without those that belong to its transport.
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        let more = self.more.as_deref();
        if let Some(allow) = more.and_then(|more| more.allow.clone()) {
            headers.insert(ALLOW, allow);
        }
        match more.and_then(|more| more.authenticate.clone()) {
            Some(challenge) => {
                headers.insert(WWW_AUTHENTICATE, challenge);
            }
            None if self.code == Code::Unauthenticated => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            None => {}
        }
        headers
    }

    /// The body of the reply: JSON.
    pub(crate) fn body(&self) -> Bytes {
        let plain = Bytes::from_static(self.code.plain_json().as_bytes());
        let Some(more) = self.more.as_deref() else {
            return plain;
        };
        let document = Document {
            r#type: self.code.type_uri(),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            detail: more.detail.as_deref().unwrap_or(self.code.detail()),
            code: self.code,
            field: more.field.as_deref(),
            members: &more.members,
        };
        // Text and JSON values always serialise; should they not, the plain problem is still true.
        serde_json::to_vec(&document).map_or(plain, Bytes::from)
    }

    /// The reply as it goes over the wire of HTTP/1.1, for a connection that has no request to answer
    /// through. It says `Connection: close`.
    pub(crate) fn to_http1(&self) -> Vec<u8> {
        let (status, body) = (self.status(), self.body());
        let mut reply = format!(
            "HTTP/1.1 {} {}\r\nconnection: close\r\ncontent-length: {}\r\n",
            status.as_str(),
            status.canonical_reason().unwrap_or_default(),
            body.len(),
        )
        .into_bytes();
        let mut headers = self.headers();
        let now = jiff::Timestamp::now();
        if let Ok(date) =
            jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now)
            && let Ok(date) = HeaderValue::try_from(date)
        {
            headers.insert(hyper::header::DATE, date);
        }
        for (name, value) in &headers {
            reply.extend_from_slice(name.as_str().as_bytes());
            reply.extend_from_slice(b": ");
            reply.extend_from_slice(value.as_bytes());
            reply.extend_from_slice(b"\r\n");
        }
        reply.extend_from_slice(b"\r\n");
        reply.extend_from_slice(&body);
        reply
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl warp::Reply for Problem {
    fn into_response(self) -> warp::reply::Response {
        let mut response = warp::reply::Response::new(self.body().into());
        *response.status_mut() = self.status();
        *response.headers_mut() = self.headers();
        response
    }
}

#[cfg(test)]
mod tests;
